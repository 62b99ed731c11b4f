"""Returns: money of an invoice that goes back to the customer, and money that then comes back after all.

A refund that belongs to a credit note was counted when the note was issued. One that was made without a note, here or
at the provider, first takes back what the customer had paid too much, and gets a credit note for the rest, so that
nobody is asked again for what they were given back.
"""

from uuid import UUID, uuid5

import msgspec

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import books, collection, credit, credit_notes, months, settlements
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.ledger import transfers
from holdfast.shared.payments import refunds


class _Turns(msgspec.Struct, frozen=True):
    """How often a refund of an invoice went, came back after that, and was kept because it never went."""

    gone: int
    back: int
    kept: bool

    @property
    def is_gone(self) -> bool:
        """Whether the money is counted as gone."""
        return self.gone > self.back

    @property
    def again(self) -> bool:
        """Whether the customer was credited for it, before it goes."""
        return self.back > 0 or (self.kept and self.gone == 0)


async def apply(tx: Tx, event: refunds.Refunded | refunds.RefundFailed) -> None:
    """A refund arrived, failed, or was sent back by the customer's bank: count it, each time once.

    Raises:
        collection.NotInvoicedYet: what it gives back has no invoice yet.
    """
    invoice = await collection.invoice_of(tx, event.payment_id, event.purpose, event.purpose_id)
    if invoice is None:
        return
    # What goes back came before, also when its job is the later one of the two.
    invoice = await collection.counted(tx, invoice)
    refund = await tx.get(refunds.Refund, event.refund_id)
    noted = refund.key.startswith(credit_notes.REFUND_KEY)
    turns = await _turns(tx, event.refund_id)
    if isinstance(event, refunds.RefundFailed):
        if turns.is_gone if event.returned else (noted and turns.gone == 0):
            await _back(tx, invoice, event, turns)
        return
    if turns.is_gone:
        return
    if turns.again:
        back = await _gone_again(tx, invoice, event, turns)
    else:
        back = Money(0, event.amount.currency) if noted else await _unannounced(tx, invoice, event)
    await settlements.note(
        tx,
        uuid5(_about(event.refund_id, turns.gone), "refunded"),
        invoice.id,
        "refund",
        amount=-event.amount if turns.again and turns.gone == 0 else back - event.amount,
        over=-back,
        source_id=event.refund_id,
    )
    await months.add(tx, event.amount.currency, refunded=event.amount.minor)


def _about(refund_id: UUID, turn: int) -> UUID:
    """What the entries of a refund's turn are about: the refund itself, or its turn where it went before."""
    return uuid5(refund_id, f"turn {turn}") if turn else refund_id


async def _turns(tx: Tx, refund_id: UUID) -> _Turns:
    return await tx.one(
        _Turns,
        "select count(*) filter (where kind = 'refund') as gone, "
        "count(*) filter (where kind = 'returned' and id <> $2) as back, "
        "coalesce(bool_or(id = $2), false) as kept from billing_settlement "
        "where tenant_id = kernel_tenant() and source_id = $1 and kind in ('refund', 'returned')",
        refund_id,
        uuid5(refund_id, "kept"),
    )


async def _back(tx: Tx, invoice: Invoice, event: refunds.RefundFailed, turns: _Turns) -> None:
    """What the customer did not get, though they were to, is their credit."""
    if not await settlements.note(
        tx,
        uuid5(_about(event.refund_id, turns.back), "returned") if event.returned else uuid5(event.refund_id, "kept"),
        invoice.id,
        "returned",
        amount=Money(0, event.amount.currency),
        over=event.amount,
        source_id=event.refund_id,
    ):
        return
    present = await _present(tx, invoice, event, turns)
    await credit.keep(
        tx,
        _about(event.refund_id, turns.gone),
        "refund_kept",
        customer_id=invoice.customer_id,
        amount=event.amount - present,
        reference_id=invoice.id,
    )
    if event.returned:
        await months.add(tx, event.amount.currency, refunded=-event.amount.minor)


async def _gone_again(tx: Tx, invoice: Invoice, event: refunds.Refunded, turns: _Turns) -> Money:
    """A refund that became credit has gone after all: the credit goes with it, and what is spent of it is a present."""
    available = await credit.available(tx, invoice.customer_id, event.amount.currency, lock=True)
    back = Money(min(available.minor, event.amount.minor), event.amount.currency)
    await credit.use(
        tx,
        _about(event.refund_id, turns.gone),
        "refund_gone_again",
        customer_id=invoice.customer_id,
        amount=back,
        reference_id=invoice.id,
    )
    await _give_beyond(tx, invoice, event, event.amount - back, turns.gone)
    return event.amount


async def _give_beyond(tx: Tx, invoice: Invoice, event: refunds.Refunded, amount: Money, turn: int) -> None:
    """What the customer had spent already, and got back all the same, is a present of the business."""
    await books.move(
        tx,
        _about(event.refund_id, turn),
        "given_beyond",
        debit=await books.account(tx, books.DISCOUNT, amount.currency),
        credit=await books.receivable(tx, invoice.customer_id, amount.currency),
        amount=amount,
        reference_id=invoice.id,
    )


async def _unannounced(tx: Tx, invoice: Invoice, event: refunds.Refunded) -> Money:
    """Money went back without a credit note: out of what was too much, then off the invoice; gives the first.

    Of several payments for an invoice, it does not matter which of them goes back: what was paid too much goes first.
    """
    over = max(await settlements.over(tx, invoice.id, event.amount.currency), 0)
    available = await credit.available(tx, invoice.customer_id, event.amount.currency, lock=True)
    back = Money(min(over, available.minor, event.amount.minor), event.amount.currency)
    await credit.use(
        tx,
        event.refund_id,
        "overpaid_returned",
        customer_id=invoice.customer_id,
        amount=back,
        reference_id=invoice.id,
    )
    left = event.amount - back
    if left and left.currency == invoice.total.currency:
        refund = await tx.get(refunds.Refund, event.refund_id)
        note_id: UUID = uuid5(event.refund_id, "credit-note")
        note = await credit_notes.for_refund(tx, invoice, amount=left, reason=refund.reason, id=note_id)
        left = left if note is None else left - note.total
    await _give_beyond(tx, invoice, event, left, 0)
    return back


async def _present(tx: Tx, invoice: Invoice, event: refunds.RefundFailed, turns: _Turns) -> Money:
    """Take back what of a refund was a present, since it did not arrive; gives how much that was."""
    turn = max(turns.gone - 1, 0)
    given = await transfers.find_transfer(tx, uuid5(_about(event.refund_id, turn), "given_beyond"))
    present = Money(given.amount if given else 0, event.amount.currency)
    await books.move(
        tx,
        _about(event.refund_id, turn),
        "given_beyond_returned",
        debit=await books.receivable(tx, invoice.customer_id, present.currency),
        credit=await books.account(tx, books.DISCOUNT, present.currency),
        amount=present,
        reference_id=invoice.id,
    )
    return present
