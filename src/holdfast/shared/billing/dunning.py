"""Dunning: what happens when an invoice is not paid: charges that are tried again, notices, and an end.

Each business says on which days after the first failure it tries again, how long it then waits, whether its customers
are written to, and what becomes of the subscription. A case keeps the schedule with which it began. Steps are written
down under a rule that lets each happen once; a charge that was declined for good is not tried again unless the customer
has another way to pay, and they are told at once.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

import msgspec
import structlog

from holdfast.kernel import ids, savepoints
from holdfast.kernel.events import Event
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import collection, dunning_policies, invoices, months, receipts
from holdfast.shared.billing.dunning_policies import Outcome
from holdfast.shared.billing.invoices import PURPOSE, Invoice
from holdfast.shared.payments import payments

log = structlog.get_logger()

_BUSY = timedelta(hours=1)
_SOON = timedelta(days=1)


class State(StrEnum):
    """Where a case stands."""

    active = "active"
    recovered = "recovered"
    """The invoice was paid."""
    stopped = "stopped"
    """The invoice was voided or given up."""
    exhausted = "exhausted"
    """Everything was tried; the outcome has been carried out."""


class Case(Row):
    """An invoice that was not paid, and how far its schedule is."""

    table: ClassVar[str] = "billing_dunning"
    id: UUID
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    state: State
    retry_days: list[int]
    grace_days: int
    notices: bool
    outcome: Outcome
    step: int
    """How many steps are done."""
    next_at: datetime | None
    refused_method_id: UUID | None
    decline_code: str | None
    started_at: datetime
    ended_at: datetime | None


class Step(Row):
    """A step of a case."""

    table: ClassVar[str] = "billing_dunning_step"
    id: UUID
    dunning_id: UUID
    kind: Literal["retry", "notice", "final"]
    number: int
    at: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its steps."""

    case: Case
    steps: list[Step]


class Started(Event):
    """An invoice was not paid, and something is done about it from now on."""

    name: ClassVar[str] = "billing.dunning.started"
    subject: ClassVar[str] = "invoice_id"
    dunning_id: UUID
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None


class Stepped(Event):
    """A step was taken: the charge was tried again, or could not be."""

    name: ClassVar[str] = "billing.dunning.step"
    subject: ClassVar[str] = "invoice_id"
    dunning_id: UUID
    invoice_id: UUID
    subscription_id: UUID | None
    number: int
    charged: bool


class NoticeWanted(Event):
    """A customer is to be written to about an invoice that is not paid."""

    name: ClassVar[str] = "billing.dunning.notice_wanted"
    subject: ClassVar[str] = "invoice_id"
    dunning_id: UUID
    invoice_id: UUID
    number: int
    about: Literal["retry", "act", "final"]
    """``retry`` tells when it is tried again, ``act`` that they have to do something, ``final`` what happened."""


class Exhausted(Event):
    """Everything was tried; whoever keeps the subscription carries the outcome out."""

    name: ClassVar[str] = "billing.dunning.exhausted"
    subject: ClassVar[str] = "invoice_id"
    dunning_id: UUID
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    outcome: Outcome


class Ended(Event):
    """Nothing more is done about an invoice: it was paid, voided or given up."""

    name: ClassVar[str] = "billing.dunning.ended"
    subject: ClassVar[str] = "invoice_id"
    dunning_id: UUID
    invoice_id: UUID
    subscription_id: UUID | None
    recovered: bool


async def of_invoice(tx: Tx, invoice_id: UUID) -> Standing | None:
    """The case of an invoice with its steps, if there is one."""
    case = await tx.find(
        Case, "select * from billing_dunning where tenant_id = kernel_tenant() and invoice_id = $1", invoice_id
    )
    if case is None:
        return None
    steps = await tx.all(
        Step,
        "select * from billing_dunning_step where tenant_id = kernel_tenant() and dunning_id = $1 order by at, id "
        "limit 200",
        case.id,
    )
    return Standing(case=case, steps=steps)


async def declined(tx: Tx, event: payments.Failed | payments.ActionRequired) -> None:
    """A charge for an invoice was declined, or needs its payer: a case begins, or goes on."""
    if event.purpose != PURPOSE:
        return
    invoice = await tx.find(Invoice, "select * from billing_invoice where id = $1 for update", event.purpose_id)
    if invoice is None or invoice.status is not invoices.Status.open or invoice.due_on > await months.today(tx):
        return
    payment = await tx.get(payments.Payment, event.payment_id)
    if payment.method_id is None:
        # The payer is at a page themselves, and sees what happened there.
        return
    failed = isinstance(event, payments.Failed)
    code, again = (event.code, event.retry) if isinstance(event, payments.Failed) else ("action_required", False)
    case = await tx.find(
        Case,
        "select * from billing_dunning where tenant_id = kernel_tenant() and invoice_id = $1 for update",
        invoice.id,
    )
    if case is None:
        case = await start(tx, invoice)
    if case is None or case.state is not State.active:
        return
    case = await tx.update(case, refused_method_id=None if again else payment.method_id, decline_code=code[:200])
    method = await collection.method_for(tx, invoice)
    again = failed and method is not None and method.id != case.refused_method_id and case.step < len(case.retry_days)
    await _notify(tx, case, "retry" if again else "act")


async def overdue(tx: Tx, event: invoices.Overdue) -> None:
    """Nobody paid an invoice by its day, and nothing was charged for it: a case begins.

    While a bank is moving the money nobody is asked for it; should it not arrive, ``run`` begins the case.
    """
    await _begin(tx, event.invoice_id)


async def _begin(tx: Tx, invoice_id: UUID) -> None:
    invoice = await collection.counted(tx, await invoices.locked(tx, invoice_id))
    if invoice.status is not invoices.Status.open or await _being_paid(tx, invoice):
        return
    case = await start(tx, invoice)
    if case is not None:
        await _notify(tx, case, "act")


async def _being_paid(tx: Tx, invoice: Invoice) -> bool:
    known = await payments.for_purpose(tx, PURPOSE, invoice.id)
    return any(payment.status in receipts.BEING_PAID for payment in known)


async def _by_provider(tx: Tx, invoice: Invoice) -> bool:
    """Whether a provider runs its subscription; then it is the provider who asks for the money, and never we."""
    owner = await tx.find(str, "select owner from billing_subscription where id = $1", invoice.subscription_id)
    return owner == "provider"


async def start(tx: Tx, invoice: Invoice) -> Case | None:
    """Begin a case for an open invoice, whose row is locked; None when it has one, or a provider sees to it."""
    if await _by_provider(tx, invoice):
        return None
    rules = await dunning_policies.policy(tx)
    case = await tx.find(
        Case,
        "insert into billing_dunning (id, invoice_id, customer_id, subscription_id, retry_days, grace_days, notices, "
        "outcome, next_at, started_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "on conflict (tenant_id, invoice_id) do nothing returning *",
        ids.new(),
        invoice.id,
        invoice.customer_id,
        invoice.subscription_id,
        rules.retry_days,
        rules.grace_days,
        rules.notices,
        rules.outcome,
        await dunning_policies.upcoming(tx, tx.now, rules.retry_days, rules.grace_days, done=0),
        tx.now,
    )
    if case is None:
        return None
    await months.add(tx, invoice.due.currency, failed=invoice.due.minor)
    await tx.emit(
        Started(
            dunning_id=case.id,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            subscription_id=invoice.subscription_id,
        )
    )
    return case


async def _notify(tx: Tx, case: Case, about: Literal["retry", "act", "final"]) -> None:
    """Have the customer written to, once for each step."""
    if case.notices and await _once(tx, case, "notice", case.step):
        await tx.emit(NoticeWanted(dunning_id=case.id, invoice_id=case.invoice_id, number=case.step, about=about))


async def _once(tx: Tx, case: Case, kind: Literal["retry", "notice", "final"], number: int) -> bool:
    """Write a step down; gives whether it had not been."""
    added = await tx.execute(
        "insert into billing_dunning_step (id, dunning_id, kind, number, at) values ($1, $2, $3, $4, $5) "
        "on conflict do nothing",
        ids.new(),
        case.id,
        kind,
        number,
        tx.now,
    )
    return added > 0


async def run(tx: Tx, limit: int = 100) -> int:
    """Take every step whose time has come; a reconciler. Gives how many cases it looked at.

    Each case is a savepoint of its own, so that one that cannot be treated does not hold the others up. Cases of what
    is overdue begin here when that had to wait.
    """
    waited = await tx.all(UUID, _WAITED, PURPOSE, [status.value for status in receipts.BEING_PAID], limit)
    for invoice_id in waited:
        await _begin(tx, invoice_id)
    due = await tx.all(
        _Due,
        "select id, invoice_id from billing_dunning where tenant_id = kernel_tenant() and state = 'active' "
        "and next_at <= $1 order by next_at, id limit $2",
        tx.now,
        limit,
    )
    for one in due:
        try:
            async with savepoints.part(tx):
                await _step(tx, one)
        except Exception as error:
            log.exception("billing.dunning_failed", dunning=str(one.id), error=type(error).__name__)
            await tx.execute("update billing_dunning set next_at = $2 where id = $1", one.id, tx.now + _BUSY)
    return len(due)


_WAITED = """
    select i.id from billing_invoice as i where i.overdue
    and not exists (select from billing_dunning as d where d.invoice_id = i.id)
    and not exists (select from billing_subscription as s where s.id = i.subscription_id and s.owner = 'provider')
    and not exists (select from payments_payment as p
        where p.purpose = $1 and p.purpose_id = i.id and p.status = any ($2))
    order by i.id limit $3
"""


class _Due(msgspec.Struct):
    id: UUID
    invoice_id: UUID


async def _step(tx: Tx, due: _Due) -> None:
    # The invoice is locked before its case, as everywhere.
    invoice = await invoices.locked(tx, due.invoice_id)
    case = await tx.get(Case, due.id, lock=True)
    if case.state is not State.active or case.next_at is None or case.next_at > tx.now:
        return
    # What was captured a moment ago is counted first, so that nobody is charged again for it.
    invoice = await collection.counted(tx, invoice)
    if invoice.status is not invoices.Status.open or await _by_provider(tx, invoice):
        await _end(tx, case, recovered=invoice.status is invoices.Status.paid)
        return
    if await _being_paid(tx, invoice):
        await tx.update(case, next_at=tx.now + _BUSY)
        return
    # A step that was late by little keeps the rhythm; after a long silence, the days between the steps are kept.
    base = case.next_at if tx.now - case.next_at < _SOON else tx.now
    if case.step >= len(case.retry_days):
        await _exhaust(tx, case)
        return
    number = case.step + 1
    next_at = await dunning_policies.upcoming(tx, base, case.retry_days, case.grace_days, done=number)
    case = await tx.update(case, step=number, next_at=next_at)
    if await _once(tx, case, "retry", number):
        await _retry(tx, case, invoice)


async def _retry(tx: Tx, case: Case, invoice: Invoice) -> None:
    invoice = await receipts.use_credit(tx, invoice)
    charged = False
    if invoice.status is invoices.Status.open:
        method = await collection.method_for(tx, invoice)
        if method is not None and method.id != case.refused_method_id:
            charged = await collection.try_charge(tx, invoice, method.id)
        if not charged:
            await _notify(tx, case, "act")
    await tx.emit(
        Stepped(
            dunning_id=case.id,
            invoice_id=invoice.id,
            subscription_id=case.subscription_id,
            number=case.step,
            charged=charged,
        )
    )


async def _exhaust(tx: Tx, case: Case) -> None:
    case = await tx.update(case, state=State.exhausted, step=case.step + 1, next_at=None, ended_at=tx.now)
    if not await _once(tx, case, "final", case.step):
        return
    await _notify(tx, case, "final")
    await tx.emit(
        Exhausted(
            dunning_id=case.id,
            invoice_id=case.invoice_id,
            customer_id=case.customer_id,
            subscription_id=case.subscription_id,
            outcome=case.outcome,
        )
    )


async def stop(tx: Tx, event: invoices.Paid | invoices.Voided | invoices.GivenUp) -> None:
    """Nothing more is to be done about an invoice."""
    case = await tx.find(
        Case,
        "select * from billing_dunning where tenant_id = kernel_tenant() and invoice_id = $1 and state = 'active' "
        "for update",
        event.invoice_id,
    )
    if case is not None:
        await _end(tx, case, recovered=isinstance(event, invoices.Paid))


async def _end(tx: Tx, case: Case, *, recovered: bool) -> None:
    state = State.recovered if recovered else State.stopped
    await tx.update(case, state=state, next_at=None, ended_at=tx.now)
    await tx.emit(
        Ended(
            dunning_id=case.id,
            invoice_id=case.invoice_id,
            subscription_id=case.subscription_id,
            recovered=recovered,
        )
    )
