"""What follows from events and from the clock in payments."""

from holdfast.kernel import inbox
from holdfast.kernel.jobs import Outside, cron, every, on
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import (
    asking,
    attempts,
    calls,
    comparing,
    connections,
    customers,
    figures,
    janitor,
    methods,
    payments,
    reconciliation,
    refunds,
    signals,
)


@on(attempts.Wanted, outside=True)
async def make_call(job: Outside, event: attempts.Wanted) -> None:
    """The call that was decided on is made, unless whoever decided is making it already."""
    await calls.run(job.transaction, job.database, event.attempt_id)


@on(inbox.Received, outside=True)
async def interpret(job: Outside, event: inbox.Received) -> None:
    """A provider's message is a reason to ask it."""
    if event.provider in connections.PROVIDERS:
        await signals.interpret(job.transaction, job.database, event.inbox_id)


@on(janitor.Doubted, outside=True)
async def settle(job: Outside, event: janitor.Doubted) -> None:
    """The provider is asked what became of a call."""
    await janitor.settle(job.transaction, job.database, event.attempt_id)


@on(janitor.Overdue, outside=True)
async def look(job: Outside, event: janitor.Overdue) -> None:
    """The provider is asked about a payment of which it has not told anything."""
    await janitor.look(job.transaction, job.database, event.payment_id)


@on(methods.Removed, outside=True)
async def forget(job: Outside, event: methods.Removed) -> None:
    """The provider forgets a way to pay that is not used any more."""
    await asking.forget(job.transaction, job.database, event.method_id, key=job.key)


@on(methods.Expected, outside=True)
async def keep_method(job: Outside, event: methods.Expected) -> None:
    """What somebody saved while they paid is kept here too."""
    async with job.transaction() as tx:
        connection = await connections.opened(tx, event.connection_id)
        ref = await customers.ref(tx, event.customer_id, event.connection_id)
    if ref is not None:
        await asking.saved_methods(job.transaction, job.database, connection, event.customer_id)


@on(payments.Captured, payments.Failed, refunds.Refunded, batch=200, lane="tenant")
async def count(tx: Tx, events: list[payments.Captured | payments.Failed | refunds.Refunded]) -> None:
    """The figures of the day follow (P70, P71)."""
    await figures.count(tx, events)
    figures.measure(tx.tenant, events)


@on(refunds.RefundFailed, batch=200, lane="tenant")
async def count_returned(tx: Tx, events: list[refunds.RefundFailed]) -> None:
    """What came back after it had counted as given back counts no more."""
    await figures.count(tx, events)


@on(reconciliation.Wanted, outside=True)
async def compare(job: Outside, event: reconciliation.Wanted) -> None:
    """Our payments, the books and the provider's list are compared (P75)."""
    await comparing.run(job.transaction, job.database, event.reconciliation_id)


@cron("30 3 * * *")
async def compare_every_night(tx: Tx) -> None:
    """Every active connection is compared each night."""
    await reconciliation.want_all(tx)


@every("1m")
async def look_after(tx: Tx) -> None:
    """What nobody looks after any more is found."""
    await janitor.look_after(tx)


@every("1d", platform=True)
async def make_parts(tx: Tx) -> None:
    """There is a part for the payments of the next months (P52)."""
    await tx.one(list[str], "select payments_make_parts(3)")
