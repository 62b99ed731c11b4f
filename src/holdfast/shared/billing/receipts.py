"""Receipts: money that comes for an invoice, from wherever, counted once.

What comes goes into the invoice as far as it is owed; the rest becomes the customer's credit. So two captures for one
invoice, a payment for one that was voided, or one that comes after cash did, never lose money: what is not needed here
is there for the next invoice, or to be given back.
"""

from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import books, credit, invoices, months, settlements
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import answers, attempts, payments
from holdfast.shared.payments.payments import Payment

_RECEIVING = (Status.open, Status.uncollectible)
BESIDE = (answers.SURPLUS, answers.MISMATCH)
"""The purposes of money that came beside another payment, whose id they name."""
BEING_PAID = frozenset({payments.Status.processing, payments.Status.unknown, payments.Status.authorized})
OVER = frozenset({payments.Status.captured, payments.Status.cancelled, payments.Status.expired})


async def receive(
    tx: Tx,
    invoice: Invoice,
    *,
    id: UUID,  # noqa: A002 - the column's name
    kind: settlements.Kind,
    amount: Money,
    source_id: UUID | None = None,
    reference: str | None = None,
) -> Invoice:
    """Count what came for an invoice, whose row is locked; the same id again counts nothing again.

    The books of where the money is were moved already: the customer owes that much less. Here it is settled what for.
    """
    wanted = max(invoice.owing, 0) if invoice.status in _RECEIVING and amount.currency == invoice.total.currency else 0
    taken = Money(min(amount.minor, wanted), amount.currency)
    over = amount - taken
    if not await settlements.note(
        tx, id, invoice.id, kind, amount=taken, over=over, source_id=source_id, reference=reference
    ):
        return invoice
    await credit.keep(tx, id, "overpaid", customer_id=invoice.customer_id, amount=over, reference_id=invoice.id)
    if kind != "credit":
        await months.add(tx, amount.currency, collected=amount.minor)
    return await _take(tx, invoice, id, taken, money=kind != "credit") if taken else invoice


async def _take(tx: Tx, invoice: Invoice, about: UUID, taken: Money, *, money: bool) -> Invoice:
    late = invoice.overdue or invoice.status is Status.uncollectible or await in_dunning(tx, invoice.id)
    if invoice.status is Status.uncollectible:
        await books.move(
            tx,
            about,
            "bad_debt_recovered",
            debit=await books.receivable(tx, invoice.customer_id, taken.currency),
            credit=await books.account(tx, books.BAD_DEBT, taken.currency),
            amount=taken,
            reference_id=invoice.id,
        )
    if late and money:
        # Credit that the business granted brings nothing in, whatever it settles.
        await months.add(tx, taken.currency, recovered=taken.minor)
    settled = invoice.owing == taken.minor
    return (
        await settle(tx, invoice, paid=invoice.paid + taken, late=late)
        if settled
        else await tx.update(invoice, paid=invoice.paid + taken, changed_at=tx.now)
    )


async def settle(
    tx: Tx,
    invoice: Invoice,
    *,
    paid: Money,
    credited: Money | None = None,
    returned: Money | None = None,
    late: bool = False,
) -> Invoice:
    """Nothing of an invoice is owed any more; pages on which it could still be paid are let go."""
    settled = await tx.update(
        invoice,
        paid=paid,
        credited=invoice.credited if credited is None else credited,
        returned=invoice.returned if returned is None else returned,
        status=Status.paid,
        overdue=False,
        charge_on=None,
        paid_at=tx.now,
        changed_at=tx.now,
    )
    await tx.emit(
        invoices.Paid(
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            subscription_id=invoice.subscription_id,
            total=invoice.total,
            recovered=late,
        )
    )
    for payment in await payments.for_purpose(tx, invoices.PURPOSE, invoice.id):
        await let_go(tx, payment)
    return settled


async def in_dunning(tx: Tx, invoice_id: UUID) -> bool:
    """Whether something was done already because an invoice was not paid."""
    found = await tx.find(
        UUID, "select id from billing_dunning where tenant_id = kernel_tenant() and invoice_id = $1", invoice_id
    )
    return found is not None


async def let_go(tx: Tx, payment: Payment) -> bool:
    """Have nobody pay a payment any more, if nobody is at it; gives whether it is, or will be, over.

    One that the provider knows of is over once the provider says so; what is paid until then is the customer's credit.
    """
    if payment.status in OVER:
        return True
    payment = await tx.get(Payment, payment.id, lock=True)
    if payment.status in BEING_PAID:
        return False
    live = await attempts.live(tx, payment.id)
    if payment.status in OVER or live is not None:
        return payment.status in OVER or (live is not None and live.kind is attempts.Kind.cancel)
    if payment.provider_ref is None and payment.checkout_ref is None:
        await payments.moved(tx, payment, payments.Status.cancelled)
    else:
        await attempts.want(tx, payment.id, attempts.Kind.cancel, connection_id=payment.connection_id)
    return True


async def stop_payments(tx: Tx, invoice_id: UUID) -> None:
    """Let every payment for an invoice go, before it is voided or given up.

    Raises:
        payments.BeingPaid: somebody is paying it at this moment.
    """
    for payment in await payments.for_purpose(tx, invoices.PURPOSE, invoice_id):
        if not await let_go(tx, payment):
            raise payments.BeingPaid


async def payments_of(tx: Tx, invoice_id: UUID) -> list[Payment]:
    """Every payment for an invoice, oldest first: those that were asked for it, and whatever else was counted for it.

    What a provider takes for a subscription is counted for the invoice that is made of it, and asked for by none.
    """
    return await tx.all(
        Payment,
        "select * from payments_payment where id in ("
        "select id from payments_payment where purpose = $2 and purpose_id = $1 union "
        "select source_id from billing_settlement where invoice_id = $1 and kind = 'payment') order by id limit 1000",
        invoice_id,
        invoices.PURPOSE,
    )


async def uncounted(tx: Tx, invoice_id: UUID) -> list[Payment]:
    """What providers took for an invoice, or beside a payment for it, and nobody has counted yet; oldest first."""
    return await tx.all(
        Payment,
        "with recursive own as (select id from payments_payment where purpose = $2 and purpose_id = $1 union "
        "select p.id from own join payments_payment as p on p.purpose = any($3::text[]) and p.purpose_id = own.id) "
        "select p.* from own join payments_payment as p on p.id = own.id where p.status = 'captured' "
        "and not exists (select from billing_settlement where source_id = p.id and kind = 'payment') "
        "order by p.id limit 1000",
        invoice_id,
        invoices.PURPOSE,
        list(BESIDE),
    )


async def use_credit(tx: Tx, invoice: Invoice, most: Money | None = None) -> Invoice:
    """Put what the customer has in credit, or at most so much of it, into an open invoice, whose row is locked."""
    available = await credit.available(tx, invoice.customer_id, invoice.total.currency, lock=True)
    used = min(available, invoice.due) if most is None else min(available, invoice.due, most)
    if not used:
        return invoice
    # The settlement's id says which use of credit it is, so that the books move once for each.
    about = ids.new()
    await credit.use(tx, about, "credit_used", customer_id=invoice.customer_id, amount=used, reference_id=invoice.id)
    return await receive(tx, invoice, id=about, kind="credit", amount=used)


def checked_amount(amount: Money, invoice: Invoice) -> Money:
    """An amount that may be counted for an invoice.

    Raises:
        Invalid: it is not positive, or of another currency.
    """
    if amount.currency != invoice.total.currency or not 0 < amount.minor < 2**53:
        raise Invalid(f"The amount is more than nothing, in {invoice.total.currency}.", field="amount")
    return amount


invoices.spent_by(use_credit)
