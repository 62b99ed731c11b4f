"""Collection: asking for the money of an invoice, and counting what the providers say came, or went back.

An invoice has one payment at a time that is to be paid, of exactly what is due; when the amount due changes, the
payment is let go and another takes its place. Whatever is captured anyway is counted (``receipts``).
"""

from datetime import timedelta
from uuid import UUID, uuid5

import asyncpg
import structlog

from holdfast.kernel import savepoints
from holdfast.kernel.money import Money
from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import books, invoices, months, receipts
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.invoices import PURPOSE, Invoice, NotOpen, Status
from holdfast.shared.payments import charging, connections, disputes, methods, payments
from holdfast.shared.payments.payments import Payment

log = structlog.get_logger()

_BY_PROVIDER = "billing.subscription"
"""The purpose of what providers take for subscriptions, which ``provider_charges`` knows and this cannot import."""


class NothingSaved(Problem):
    """This customer has saved no way to pay; send them the link of the invoice."""


class NotInvoicedYet(Exception):
    """What a provider took for a subscription has no invoice yet, so whoever asks for it comes again."""


async def payment_for(tx: Tx, invoice: Invoice) -> Payment:
    """The payment with which an invoice, whose row is locked, is to be paid now; made when there is none.

    Raises:
        NotOpen: nothing is due, or what is was captured a moment ago.
        payments.BeingPaid: somebody is paying another amount of it at this moment.
        connections.NotConnected: there is no provider.
    """
    # They are read before what was captured is counted. One that is captured in between is seen as it was before, and
    # taken up again or let go under its lock; the other way about it would be neither, and asked for once more.
    known = await payments.for_purpose(tx, PURPOSE, invoice.id)
    invoice = await counted(tx, invoice)
    if invoice.status is not Status.open or not invoice.due:
        raise NotOpen(f"It is {invoice.status}.")
    for payment in reversed(known):
        if payment.status in receipts.OVER:
            continue
        if payment.amount == invoice.due or payment.status in receipts.BEING_PAID:
            return payment
        if not await receipts.let_go(tx, payment):
            raise payments.BeingPaid
    return await payments.request(
        tx,
        customer_id=invoice.customer_id,
        amount=invoice.due,
        description=f"Invoice {invoice.number}",
        purpose=PURPOSE,
        purpose_id=invoice.id,
        key=str(len(known) + 1),
    )


async def collect(tx: Tx, invoice_id: UUID) -> Payment | None:
    """Pay an open invoice with the customer's credit, and charge their way to pay for the rest.

    Gives the payment that is charged; None when credit was enough, or money that had come already and was counted now.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such invoice.
        NotOpen: nothing is due.
        NothingSaved: the customer has saved no way to pay.
        payments.BeingPaid: somebody is paying it at this moment.
    """
    tx.must(MANAGE)
    invoice = await invoices.locked(tx, invoice_id)
    if invoice.status is not Status.open:
        raise NotOpen(f"It is {invoice.status}.")
    invoice = await counted(tx, invoice)
    if invoice.status is Status.open:
        invoice = await receipts.use_credit(tx, invoice)
    if invoice.status is Status.paid:
        return None
    method = await method_for(tx, invoice)
    if method is None:
        raise NothingSaved
    return await charge(tx, invoice, method.id)


async def method_for(tx: Tx, invoice: Invoice) -> methods.Method | None:
    """How an invoice is charged: as its subscription says, and otherwise by the customer's default."""
    own = await tx.find(
        methods.Method,
        "select m.* from billing_subscription as s join payments_method as m on m.id = s.method_id "
        "where s.id = $1 and m.customer_id = $2 and m.removed_at is null",
        invoice.subscription_id,
        invoice.customer_id,
    )
    if own is not None:
        return own
    return await methods.default(tx, invoice.customer_id)


async def charge(tx: Tx, invoice: Invoice, method_id: UUID) -> Payment:
    """Charge a saved way to pay for what is due of an invoice, whose row is locked.

    Raises:
        NotOpen, payments.BeingPaid, connections.NotConnected: as ``payment_for``.
        NotFound, methods.Unusable: the customer has no such way to pay.
    """
    payment = await payment_for(tx, invoice)
    payment = await charging.charge(tx, payment.id, method_id=method_id)
    await tx.update(invoice, charge_on=None, changed_at=tx.now)
    return payment


async def collect_when_due(tx: Tx, invoice_id: UUID) -> bool:
    """Charge an invoice whose day has come, if there is a way; gives whether that was asked for.

    Without a saved way to pay, or with one that cannot be used now, it waits for the customer, and for dunning once it
    is overdue.
    """
    invoice = await invoices.locked(tx, invoice_id)
    if invoice.status is not Status.open or invoice.charge_on is None or invoice.charge_on > await months.today(tx):
        return False
    invoice = await counted(tx, invoice)
    if invoice.status is not Status.open:
        return False
    method = await method_for(tx, invoice)
    if method is None:
        await tx.update(invoice, charge_on=None)
        return False
    return await try_charge(tx, invoice, method.id)


async def try_charge(tx: Tx, invoice: Invoice, method_id: UUID) -> bool:
    """Charge if it can be asked for; nothing is changed when it cannot."""
    try:
        # A savepoint, since half of what was written before a problem must not stay.
        async with savepoints.part(tx):
            await charge(tx, invoice, method_id)
    except _REFUSALS as problem:
        log.info("billing.not_charged", invoice=str(invoice.id), reason=problem.code())
        await tx.update(invoice, charge_on=None)
        return False
    return True


_REFUSALS = (
    NotOpen,
    payments.BeingPaid,
    payments.NotPayable,
    connections.NotConnected,
    methods.Unusable,
    NotFound,
)


async def charge_due(tx: Tx, limit: int = 200) -> int:
    """Charge invoices whose day has come; a reconciler. Gives how many were asked for.

    Each invoice is a savepoint of its own: one that cannot be treated is tried again the next day, and does not hold
    the others up.
    """
    due = await tx.all(
        UUID,
        "select id from billing_invoice where tenant_id = kernel_tenant() and charge_on <= $1 order by charge_on, id "
        "limit $2",
        await months.today(tx),
        limit,
    )
    return sum([await _collect_apart(tx, invoice_id) for invoice_id in due])


async def _collect_apart(tx: Tx, invoice_id: UUID) -> bool:
    try:
        async with savepoints.part(tx):
            return await collect_when_due(tx, invoice_id)
    except asyncpg.TransactionRollbackError:
        # Two met in the database; the job is tried again.
        raise
    except Exception as error:
        log.exception("billing.charge_failed", invoice=str(invoice_id), error=type(error).__name__)
        tomorrow = await months.today(tx) + timedelta(days=1)
        await tx.execute(
            "update billing_invoice set charge_on = $2 where id = $1 and charge_on is not null", invoice_id, tomorrow
        )
        return False


async def mark_overdue(tx: Tx, limit: int = 500) -> int:
    """Say of open invoices whose day is over that they are overdue, once; a reconciler. Gives how many were."""
    found = await tx.all(
        Invoice,
        "update billing_invoice set overdue = true, changed_at = $3 where id = any (array("
        "select id from billing_invoice where tenant_id = kernel_tenant() and status = 'open' and not overdue "
        "and due_on < $1 order by due_on, id limit $2 for update skip locked)) "
        "and status = 'open' and not overdue returning *",
        await months.today(tx),
        limit,
        tx.now,
    )
    for invoice in found:
        await tx.emit(
            invoices.Overdue(
                invoice_id=invoice.id,
                customer_id=invoice.customer_id,
                subscription_id=invoice.subscription_id,
                due=invoice.due,
            )
        )
    return len(found)


async def invoice_of(tx: Tx, payment_id: UUID, purpose: str, purpose_id: UUID) -> Invoice | None:
    """The invoice that a payment is for, locked: its own, that of the payment beside which money came, or the one for
    which it was counted.

    Raises:
        NotInvoicedYet: a provider took it for a subscription, and its invoice comes.
    """
    if purpose in receipts.BESIDE:
        beside = await tx.find(Payment, "select * from payments_payment where id = $1", purpose_id)
        return None if beside is None else await invoice_of(tx, beside.id, beside.purpose, beside.purpose_id)
    if purpose == PURPOSE:
        return await tx.find(Invoice, "select * from billing_invoice where id = $1 for update", purpose_id)
    found = await tx.find(
        Invoice,
        "select i.* from billing_settlement as s join billing_invoice as i on i.id = s.invoice_id "
        "where s.source_id = $1 and s.kind = 'payment' order by s.at, s.id limit 1 for update of i",
        payment_id,
    )
    if found is None and purpose == _BY_PROVIDER:
        raise NotInvoicedYet
    return found


async def apply(tx: Tx, event: payments.Captured) -> None:
    """A provider has money for an invoice: count it, once."""
    await _count(tx, event.payment_id, event.customer_id, event.amount, event.purpose, event.purpose_id)


async def count(tx: Tx, payment: Payment) -> None:
    """``apply`` for whoever waits for the answer; what follows from the event then finds it counted."""
    if payment.status is payments.Status.captured:
        await _count(tx, payment.id, payment.customer_id, payment.captured, payment.purpose, payment.purpose_id)


async def counted(tx: Tx, invoice: Invoice) -> Invoice:
    """Count what was captured for an invoice, whose row is locked, and not counted yet; gives it as it then is.

    A provider's word and its place in the books are two transactions. Whoever asks for money looks here first, so that
    nobody is charged for what they have paid; what follows from the event then finds it counted.
    """
    for payment in await receipts.uncounted(tx, invoice.id):
        invoice = await _received(tx, invoice, payment.id, payment.customer_id, payment.captured)
    return invoice


async def _count(tx: Tx, payment_id: UUID, customer_id: UUID, amount: Money, purpose: str, purpose_id: UUID) -> None:
    if purpose == _BY_PROVIDER:
        # It is counted for the invoice that is made of it.
        return
    invoice = await invoice_of(tx, payment_id, purpose, purpose_id)
    if invoice is not None:
        await _received(tx, invoice, payment_id, customer_id, amount)


async def _received(tx: Tx, invoice: Invoice, payment_id: UUID, customer_id: UUID, amount: Money) -> Invoice:
    if customer_id != invoice.customer_id:
        # Somebody else paid, so it is the invoice's customer who owes less.
        await books.move(
            tx,
            payment_id,
            "paid_for_another",
            debit=await books.receivable(tx, customer_id, amount.currency),
            credit=await books.receivable(tx, invoice.customer_id, amount.currency),
            amount=amount,
            reference_id=invoice.id,
        )
    return await receipts.receive(
        tx, invoice, id=uuid5(payment_id, "captured"), kind="payment", amount=amount, source_id=payment_id
    )


async def dispute(tx: Tx, event: disputes.Opened | disputes.Closed) -> None:
    """A payer complained about what they paid, or that was decided."""
    invoice = await invoice_of(tx, event.payment_id, event.purpose, event.purpose_id)
    if invoice is not None:
        disputed = not (isinstance(event, disputes.Closed) and event.won)
        await tx.update(invoice, disputed=disputed, changed_at=tx.now)
