"""Closing: an invoice ends without a provider: it is voided, given up, or was paid in another way."""

from typing import Literal
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import books, credit, invoices, months, receipts, redemptions, settlements
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.invoices import Invoice, NotOpen, Status


class NotVoidable(Problem):
    """Money has come for this invoice, or a credit note was issued; correct it with a credit note."""


def checked_reason(reason: str) -> str:
    """A reason, tidied.

    Raises:
        Invalid: it is empty, too long, or cannot be printed.
    """
    tidy = " ".join(reason.split())
    if not 1 <= len(tidy) <= 500 or not tidy.isprintable():
        raise Invalid("Say in 1 to 500 printable characters why.", field="reason")
    return tidy


async def void(tx: Tx, invoice_id: UUID, *, reason: str) -> Invoice:
    """Take an invoice back as if it had never been: the books, its coupons and the credit that it used. Twice is once.

    Its number stays, so that no number is missing.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such invoice.
        NotOpen: it is paid, or was given up.
        NotVoidable: money has come for it, or a credit note was issued.
        payments.BeingPaid: somebody is paying it at this moment.
        Invalid: the reason is empty or too long.
    """
    tx.must(MANAGE)
    tidy = checked_reason(reason)
    invoice = await invoices.locked(tx, invoice_id)
    if invoice.status is Status.void:
        return invoice
    if invoice.status is not Status.open:
        raise NotOpen(f"It is {invoice.status}.")
    came = await settlements.of_invoice(tx, invoice_id)
    if invoice.credited or any(settled.kind != "credit" for settled in came):
        raise NotVoidable
    await receipts.stop_payments(tx, invoice_id)
    # Coupons are locked before credit, as where an invoice is issued.
    await redemptions.give_back(tx, [taken.discount for taken in invoice.discounts if taken.amount])
    about = {"customer_id": invoice.customer_id}
    await books.issued(tx, invoice_id, net=invoice.net, tax=invoice.tax, word="voided", back=True, **about)
    await credit.keep(tx, invoice_id, "credit_given_back", amount=invoice.paid, reference_id=invoice_id, **about)
    invoice = await tx.update(
        invoice,
        status=Status.void,
        returned=invoice.paid,
        overdue=False,
        charge_on=None,
        reason=tidy,
        ended_at=tx.now,
        changed_at=tx.now,
    )
    await months.add(tx, invoice.total.currency, invoiced=-invoice.total.minor, invoices=-1)
    await tx.emit(invoices.Voided(invoice_id=invoice_id, subscription_id=invoice.subscription_id, **about))
    return invoice


async def write_off(tx: Tx, invoice_id: UUID, *, reason: str) -> Invoice:
    """Give up on an open invoice: what is owed becomes a loss. Money that comes anyway is still counted. Twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such invoice.
        NotOpen: nothing is owed.
        payments.BeingPaid: somebody is paying it at this moment.
        Invalid: the reason is empty or too long.
    """
    tx.must(MANAGE)
    tidy = checked_reason(reason)
    invoice = await invoices.locked(tx, invoice_id)
    if invoice.status is Status.uncollectible:
        return invoice
    if invoice.status is not Status.open:
        raise NotOpen(f"It is {invoice.status}.")
    await receipts.stop_payments(tx, invoice_id)
    lost = invoice.due
    await books.move(
        tx,
        invoice_id,
        "written_off",
        debit=await books.account(tx, books.BAD_DEBT, lost.currency),
        credit=await books.receivable(tx, invoice.customer_id, lost.currency),
        amount=lost,
    )
    invoice = await tx.update(
        invoice,
        status=Status.uncollectible,
        overdue=False,
        charge_on=None,
        reason=tidy,
        ended_at=tx.now,
        changed_at=tx.now,
    )
    await months.add(tx, lost.currency, written_off=lost.minor)
    await tx.emit(
        invoices.GivenUp(
            invoice_id=invoice_id,
            customer_id=invoice.customer_id,
            subscription_id=invoice.subscription_id,
            amount=lost,
        )
    )
    return invoice


async def settle_outside(
    tx: Tx,
    invoice_id: UUID,
    *,
    method: Literal["cash", "transfer"],
    reference: str | None = None,
    amount: Money | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Invoice:
    """Count money that came by cash or bank transfer: all that is due, or an amount, of which the rest is credit.

    With an id of the client's, twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such invoice.
        NotOpen: nothing is owed.
        Invalid: the amount is not positive or of another currency, or the reference is too long.
        Reused: the id was used for another settlement.
    """
    tx.must(MANAGE)
    if reference is not None and (len(reference) > 255 or not reference.isprintable()):
        raise Invalid("A reference has at most 255 printable characters.", field="reference")
    invoice = await invoices.locked(tx, invoice_id)
    if id is not None:
        known = await settlements.noted(tx, id)
        if known is not None:
            whole = known.amount + known.over
            if known.invoice_id != invoice_id or known.kind != method or (amount is not None and amount != whole):
                raise Reused("This id was used for another settlement.")
            return invoice
    if invoice.status not in (Status.open, Status.uncollectible):
        raise NotOpen(f"It is {invoice.status}.")
    due = Money(invoice.owing, invoice.total.currency)
    came = receipts.checked_amount(due if amount is None else amount, invoice)
    settlement_id = id or ids.new()
    await books.move(
        tx,
        settlement_id,
        f"settled_by_{method}",
        debit=await books.account(tx, books.OUTSIDE, came.currency),
        credit=await books.receivable(tx, invoice.customer_id, came.currency),
        amount=came,
        reference_id=invoice_id,
    )
    return await receipts.receive(tx, invoice, id=settlement_id, kind=method, amount=came, reference=reference)
