"""What follows from events and from the clock in billing."""

from holdfast.integrations.mail import sandbox
from holdfast.kernel import inbox, settings, telemetry
from holdfast.kernel.jobs import Outside, every, on
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    collection,
    dunning,
    ending,
    invoices,
    notices,
    provider_answers,
    provider_charges,
    provider_looks,
    provider_run,
    returns,
    runs,
    standing,
    subscriptions,
)
from holdfast.shared.payments import disputes, payments, refunds


@on(invoices.Issued)
async def collect(tx: Tx, event: invoices.Issued) -> None:
    """An invoice that is due at once is charged at once."""
    await collection.collect_when_due(tx, event.invoice_id)


@on(payments.Captured)
async def apply_payment(tx: Tx, event: payments.Captured) -> None:
    """Money that came for an invoice is counted."""
    await collection.apply(tx, event)


@on(refunds.Refunded, refunds.RefundFailed)
async def apply_refund(tx: Tx, event: refunds.Refunded | refunds.RefundFailed) -> None:
    """Money that went back, or came back after that, is counted."""
    await returns.apply(tx, event)


@on(disputes.Opened, disputes.Closed)
async def mark_disputed(tx: Tx, event: disputes.Opened | disputes.Closed) -> None:
    """An invoice whose payment is disputed says so."""
    await collection.dispute(tx, event)


@on(payments.Failed, payments.ActionRequired)
async def begin_dunning(tx: Tx, event: payments.Failed | payments.ActionRequired) -> None:
    """A charge that was declined is tried again by the business's schedule."""
    await dunning.declined(tx, event)


@on(invoices.Overdue)
async def dun_overdue(tx: Tx, event: invoices.Overdue) -> None:
    """Somebody who did not pay is asked to."""
    await dunning.overdue(tx, event)


@on(invoices.Paid, invoices.Voided, invoices.GivenUp)
async def end_dunning(tx: Tx, event: invoices.Paid | invoices.Voided | invoices.GivenUp) -> None:
    """Nobody is asked for what they do not owe."""
    await dunning.stop(tx, event)


@on(dunning.NoticeWanted, outside=True)
async def mail_notice(job: Outside, event: dunning.NoticeWanted) -> None:
    """The customer is written to, in their language."""
    async with job.transaction() as tx:
        notice = await notices.write(tx, event, public_url=settings.current().public_url)
    await _mail(job, notice)


@on(invoices.Issued, outside=True)
async def mail_invoice(job: Outside, event: invoices.Issued) -> None:
    """Whoever has to pay an invoice is sent it."""
    async with job.transaction() as tx:
        notice = await notices.announce(tx, event.invoice_id, public_url=settings.current().public_url)
    await _mail(job, notice)


@on(invoices.Paid, outside=True)
async def mail_receipt(job: Outside, event: invoices.Paid) -> None:
    """Whoever paid is thanked, with a receipt."""
    async with job.transaction() as tx:
        notice = await notices.thank(tx, event.invoice_id, public_url=settings.current().public_url)
    await _mail(job, notice)


async def _mail(job: Outside, notice: notices.Addressed | None) -> None:
    if notice is not None:
        await sandbox.Sandbox(job.transaction).send(notice.mail, idempotency_key=job.key)


@every("15m")
async def charge_due(tx: Tx) -> None:
    """Invoices whose day has come are charged."""
    await collection.charge_due(tx)


@every("15m")
async def mark_overdue(tx: Tx) -> None:
    """Invoices whose day is over are overdue."""
    await collection.mark_overdue(tx)


@every("15m")
async def dun(tx: Tx) -> None:
    """Steps of dunning whose time has come are taken."""
    await dunning.run(tx)


@on(runs.Due)
async def renew(tx: Tx, event: runs.Due) -> None:
    """A subscription whose day has come has its next period."""
    await runs.bill_or_park(tx, event.subscription_id)


@on(subscriptions.Started)
async def count_started(tx: Tx, event: subscriptions.Started) -> None:
    """New subscriptions are counted (P69)."""
    telemetry.SUBSCRIPTIONS_CREATED.add(tx.tenant)


@on(dunning.Started, dunning.Ended)
async def mark_past_due(tx: Tx, event: dunning.Started | dunning.Ended) -> None:
    """A subscription whose invoice is not paid says so, and no longer once it is."""
    if event.subscription_id is not None:
        await standing.follow(tx, event.subscription_id)


@on(invoices.Paid, invoices.Voided, invoices.GivenUp)
async def go_on_paid(tx: Tx, event: invoices.Paid | invoices.Voided | invoices.GivenUp) -> None:
    """What stood still because nobody paid goes on once nothing is owed for it."""
    if event.subscription_id is not None:
        await standing.settled(tx, event.subscription_id)


@on(invoices.Paid)
async def give_back_after_the_end(tx: Tx, event: invoices.Paid) -> None:
    """What is paid for days after a subscription's end is given back, as its plan says."""
    if event.subscription_id is not None:
        await ending.paid(tx, event.subscription_id)


@on(dunning.Exhausted)
async def carry_out(tx: Tx, event: dunning.Exhausted) -> None:
    """What a business decided to do when everything was tried."""
    if event.subscription_id is not None:
        await standing.exhausted(tx, event.subscription_id, event.invoice_id, event.outcome)


@on(provider_run.StartWanted, outside=True)
async def start_at_provider(job: Outside, event: provider_run.StartWanted) -> None:
    """The provider is asked to run a subscription."""
    await provider_run.start(job, event.subscription_id)


@on(provider_answers.EndWanted, outside=True)
async def end_at_provider(job: Outside, event: provider_answers.EndWanted) -> None:
    """The provider is asked to end a subscription."""
    await provider_run.end(job, event)


@on(provider_looks.LookWanted, outside=True)
async def look_at_provider(job: Outside, event: provider_looks.LookWanted) -> None:
    """The provider is asked how a subscription stands."""
    await provider_looks.look(job, event.subscription_id)


@on(inbox.Received, outside=True)
async def hear(job: Outside, event: inbox.Received) -> None:
    """A provider's message about a subscription is a reason to ask about it."""
    await provider_looks.hear(job, event)


@on(payments.Captured)
async def invoice_provider_payment(tx: Tx, event: payments.Captured) -> None:
    """What a provider took for a subscription becomes an invoice that is paid."""
    await provider_charges.invoice(tx, event)


@every("5m")
async def find_due(tx: Tx) -> None:
    """Subscriptions whose day has come are found."""
    await runs.find_due(tx)


@every("6h")
async def look_after_provider_run(tx: Tx) -> None:
    """What providers run is asked about, whatever messages were lost."""
    await provider_looks.look_after(tx)


@every("1h")
async def take_up_provider_run(tx: Tx) -> None:
    """What providers were to start or end, and have not said they did, is asked for again."""
    await provider_run.take_up(tx)
