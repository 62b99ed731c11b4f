"""Returns: money of an invoice that goes back to the customer, and money that then comes back after all.

A refund that belongs to a credit note was counted when the note was issued. One that was made without a note, here or
at the provider, first takes back what the customer had paid too much, and gets a credit note for the rest, so that
nobody is asked again for what they were given back.
"""

from uuid import UUID, uuid5

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import books, collection, credit, credit_notes, months, settlements
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.ledger import transfers
from holdfast.shared.payments import refunds


async def apply(tx: Tx, event: refunds.Refunded | refunds.RefundFailed) -> None:
    """A refund arrived, failed, or was sent back by the customer's bank: count it, once.

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
    if isinstance(event, refunds.RefundFailed):
        if event.returned or noted:
            await _back(tx, invoice, event)
        return
    about = uuid5(event.refund_id, "refunded")
    if await settlements.noted(tx, about) is not None:
        return
    back = Money(0, event.amount.currency) if noted else await _unannounced(tx, invoice, event)
    await settlements.note(
        tx,
        about,
        invoice.id,
        "refund",
        amount=back - event.amount,
        over=-back,
        source_id=event.refund_id,
    )
    await months.add(tx, event.amount.currency, refunded=event.amount.minor)


async def _back(tx: Tx, invoice: Invoice, event: refunds.RefundFailed) -> None:
    """What the customer did not get, though they were to, is their credit."""
    if not await settlements.note(
        tx,
        uuid5(event.refund_id, "returned"),
        invoice.id,
        "returned",
        amount=Money(0, event.amount.currency),
        over=event.amount,
        source_id=event.refund_id,
    ):
        return
    await credit.keep(
        tx,
        event.refund_id,
        "refund_kept",
        customer_id=invoice.customer_id,
        amount=event.amount - await _present(tx, invoice, event),
        reference_id=invoice.id,
    )
    if event.returned:
        await months.add(tx, event.amount.currency, refunded=-event.amount.minor)


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
    # What the customer had spent already, and got back all the same, is a present of the business.
    await books.move(
        tx,
        event.refund_id,
        "given_beyond",
        debit=await books.account(tx, books.DISCOUNT, left.currency),
        credit=await books.receivable(tx, invoice.customer_id, left.currency),
        amount=left,
        reference_id=invoice.id,
    )
    return back


async def _present(tx: Tx, invoice: Invoice, event: refunds.RefundFailed) -> Money:
    """Take back what of a refund was a present, since it did not arrive; gives how much that was."""
    given = await transfers.find_transfer(tx, uuid5(event.refund_id, "given_beyond"))
    present = Money(given.amount if given else 0, event.amount.currency)
    await books.move(
        tx,
        event.refund_id,
        "given_beyond_returned",
        debit=await books.receivable(tx, invoice.customer_id, present.currency),
        credit=await books.account(tx, books.DISCOUNT, present.currency),
        amount=present,
        reference_id=invoice.id,
    )
    return present
