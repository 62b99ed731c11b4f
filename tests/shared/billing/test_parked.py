"""Parked: what is far too much or far too late waits until somebody has looked, and goes on once they have."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    changes,
    closing,
    ending,
    invoices,
    joining,
    parked,
    pausing,
    runs,
    subscriptions,
    usage,
)
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.rating import Kind
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.ledger import rules
from holdfast.shared.payments import customers, methods
from tests import accounts
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later, pen, sound
from tests.shared.billing.test_subscriptions import FLAT, POWER, Lived, bills, fresh, lived, plan, subscribed, unbroken

__all__ = ["lived", "subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]
FAR_TOO_MUCH = 10**9


async def used(committed: Open, subscription: Subscription, quantity: int) -> UUID:
    """Somebody used so much; the id of what was told."""
    told = ids.new()
    async with committed() as tx:
        await usage.tell(tx, subscription.id, id=told, metric="kwh", quantity=quantity)
    return told


@pytest.fixture
async def suspicious(subscribed: Subscribed, committed: Open, lived: Lived) -> tuple[Subscription, UUID]:
    """A subscription that is parked because of what was used, and the id of that."""
    subscription = await subscribed(FLAT, POWER)
    told = await used(committed, subscription, FAR_TOO_MUCH)
    await lived(32)
    subscription = await fresh(committed, subscription)
    assert subscription.status is Status.parked
    return subscription, told


async def test_what_is_far_too_much_is_not_charged_when_it_is_cancelled(
    suspicious: tuple[Subscription, UUID],
    committed: Open,
    saved: Callable[..., Awaitable[methods.Method]],
    lived: Lived,
    database: Database,
    tenant: UUID,
) -> None:
    subscription, _ = suspicious
    await saved()
    async with committed() as tx:
        foreseen = await ending.previewed(tx, subscription.id, when="now")
        here = await ending.cancelled(tx, subscription.id, when="now")
        again = await ending.cancelled(tx, subscription.id, when="now")
        today = await subscriptions.today(tx)
    assert foreseen.now is None
    assert (here.status, here.ends_on, again.version) == (Status.parked, today, here.version)
    # It is over for its customer: nothing is counted, changed or kept any more, and days bring nothing.
    with pytest.raises(subscriptions.NotNow):
        await used(committed, subscription, 1)
    async with committed() as tx:
        with pytest.raises(subscriptions.NotNow):
            await ending.kept(tx, subscription.id)
    await lived(70)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)]
    async with committed() as tx:
        greatest = await tx.one(int, "select coalesce(max(amount_minor), 0)::bigint from payments_payment")
    assert greatest <= 3100
    await sound(committed, database, tenant)


async def test_one_that_runs_is_cancelled_at_once_and_what_is_far_too_much_waits(
    subscribed: Subscribed, committed: Open, later: Later, drain: Drain, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT, POWER)
    [bill] = await bills(committed, subscription)
    async with committed() as tx:
        await closing.settle_outside(tx, bill.id, method="cash", reference="till")
    await drain()
    await later(days=10)
    told = await used(committed, subscription, FAR_TOO_MUCH)
    async with committed() as tx:
        foreseen = await ending.previewed(tx, subscription.id, when="now")
        here = await ending.cancelled(tx, subscription.id, when="now")
    assert here.ends_on is not None
    back = (await bills(committed, subscription))[-1]
    assert back.total.minor < 0
    assert foreseen.now is not None
    assert foreseen.now.total == back.total
    # Somebody looks, takes back what was told by mistake, and lets it end on the day on which it was cancelled.
    async with committed() as tx:
        await usage.withdraw(tx, subscription.id, told)
    await later(days=5)
    async with committed() as tx:
        over = await changes.release(tx, subscription.id)
    assert (over.status, over.ended_on, over.ends_on) == (Status.cancelled, here.ends_on, None)
    assert len(await bills(committed, subscription)) == 2
    await sound(committed, database, tenant)


async def test_what_was_far_too_much_is_charged_at_the_end_once_it_is_released(
    suspicious: tuple[Subscription, UUID], committed: Open
) -> None:
    subscription, _ = suspicious
    async with committed() as tx:
        await ending.cancelled(tx, subscription.id, when="now")
    async with committed() as tx:
        over = await changes.release(tx, subscription.id)
    assert over.status is Status.cancelled
    assert (await bills(committed, subscription))[-1].total.minor > FAR_TOO_MUCH


async def test_one_that_ends_with_its_period_is_looked_at_and_then_ends(
    subscribed: Subscribed, committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, POWER)
    async with committed() as tx:
        await ending.cancelled(tx, subscription.id, when="end")
    await used(committed, subscription, FAR_TOO_MUCH)
    await lived(32)
    assert (await fresh(committed, subscription)).status is Status.parked
    assert len(await bills(committed, subscription)) == 1
    async with committed() as tx:
        await changes.release(tx, subscription.id)
    await lived(1)
    over = await fresh(committed, subscription)
    assert (over.status, over.ended_on) == (Status.cancelled, subscription.period_to)
    assert (await bills(committed, subscription))[-1].total.minor > FAR_TOO_MUCH


async def test_whoever_cancelled_a_parked_one_may_come_back(committed: Open, database: Database) -> None:
    account = await accounts.new_account(database)
    async with committed() as tx:
        await customers.ensure(tx, name="Ana Torres", person_id=account.person)
    async with committed() as tx:
        sold = await plan(tx, FLAT, POWER)
    wanted = joining.Wanted(plan_id=sold.plan.id)
    async with committed(account.actor) as tx:
        first = await joining.join(tx, wanted)
    await used(committed, first, FAR_TOO_MUCH)
    async with committed() as tx:
        assert (await ending.cancelled(tx, first.id, when="now")).ends_on is not None
    async with committed(account.actor) as tx:
        assert (await joining.join(tx, wanted)).id != first.id


async def test_released_it_is_charged_once_as_it_was_seen(
    suspicious: tuple[Subscription, UUID], committed: Open, lived: Lived
) -> None:
    subscription, _ = suspicious
    async with committed() as tx:
        await changes.release(tx, subscription.id)
    await lived(1)
    here = await fresh(committed, subscription)
    assert here.status in subscriptions.RUNNING
    [_, bill] = await bills(committed, subscription)
    assert bill.total.minor > FAR_TOO_MUCH
    # What was let go on counts once: a hundred times as much is looked at again.
    await used(committed, subscription, FAR_TOO_MUCH * 100)
    await lived(31)
    assert (await fresh(committed, subscription)).status is Status.parked
    assert len(await bills(committed, subscription)) == 2


async def test_more_than_was_seen_is_looked_at_again(suspicious: tuple[Subscription, UUID], committed: Open) -> None:
    subscription, _ = suspicious
    async with committed() as tx:
        await changes.release(tx, subscription.id)
        await usage.tell(tx, subscription.id, id=ids.new(), metric="kwh", quantity=1000, at=tx.now - timedelta(days=10))
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.parked


async def test_what_was_told_by_mistake_is_withdrawn(
    suspicious: tuple[Subscription, UUID], committed: Open, lived: Lived
) -> None:
    subscription, told = suspicious
    async with committed() as tx:
        gone = await usage.withdraw(tx, subscription.id, told)
        assert (await usage.withdraw(tx, subscription.id, told)).withdrawn_at == gone.withdrawn_at
        assert await usage.counted(tx, subscription) == {}
        await changes.release(tx, subscription.id)
        events = await tx.one(int, "select count(*) from kernel_event where name = 'billing.usage.withdrawn'")
    assert events == 1
    await lived(1)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)] * 2


async def test_missed_periods_are_charged_once_somebody_released_them(
    subscribed: Subscribed, committed: Open, later: Later
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=31 * 24)
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.parked
    async with committed() as tx:
        await changes.release(tx, subscription.id)
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    here = await fresh(committed, subscription)
    assert here.status is Status.active
    assert len(await bills(committed, subscription)) >= 24
    await unbroken(committed, subscription)


async def test_one_that_was_paused_is_paused_again(subscribed: Subscribed, committed: Open, later: Later) -> None:
    subscription = await subscribed(FLAT)
    await later(days=4)
    async with committed() as tx:
        before = await pausing.pause(tx, subscription.id, resumes_on=await subscriptions.today(tx) + timedelta(days=90))
        await parked.park(tx, subscription.id, "Somebody has to look.")
    await later(days=60)
    async with committed() as tx:
        here = await changes.release(tx, subscription.id)
        await runs.bill_or_park(tx, subscription.id)
    assert (here.status, here.paused_on, here.next_at) == (Status.paused, before.paused_on, before.next_at)
    assert len(await bills(committed, subscription)) == 1
    await later(days=31)
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.active
    assert [term.kind for term in await unbroken(committed, subscription)] == ["paid", "paused", "paid"]


PASSING = [
    asyncpg.DeadlockDetectedError("deadlock detected"),
    asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
    asyncpg.TooManyConnectionsError("too many"),
    asyncpg.ConnectionDoesNotExistError("connection was closed"),
    rules.Contended(),
]


@pytest.mark.parametrize("trouble", PASSING, ids=lambda error: type(error).__name__)
async def test_passing_trouble_parks_nobody(
    subscribed: Subscribed, committed: Open, later: Later, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=32)

    async def away(tx: Tx, draft: object) -> None:
        raise trouble

    monkeypatch.setattr(invoices, "issue", away)
    with pytest.raises(type(trouble)):
        async with committed() as tx:
            await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.active


async def test_a_statement_that_takes_too_long_parks_nobody(
    subscribed: Subscribed, committed: Open, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=32)

    async def slow(tx: Tx, draft: object) -> None:
        await tx.execute("set local statement_timeout = 20")
        await tx.execute("select pg_sleep(5)")

    monkeypatch.setattr(invoices, "issue", slow)
    with pytest.raises(asyncpg.QueryCanceledError):
        async with committed() as tx:
            await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.active


async def test_its_customer_reads_a_sentence_and_no_error(
    subscribed: Subscribed, committed: Open, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=32)

    async def broken(tx: Tx, draft: object) -> None:
        raise KeyError("secret_column")

    monkeypatch.setattr(invoices, "issue", broken)
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    here = await fresh(committed, subscription)
    assert here.status is Status.parked
    assert here.parked_reason is not None
    assert "secret" not in here.parked_reason
    assert here.parked_reason.endswith(".")


async def test_the_month_is_not_held_before_the_invoice_of_the_run(
    subscribed: Subscribed, committed: Open, later: Later
) -> None:
    subscription = await subscribed(FLAT, plan_={"proration": "none"})
    await later(days=4)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await later(days=40)
    async with committed() as tx:
        await tx.execute(
            "insert into billing_month (month, currency) values ($1, 'PEN') on conflict do nothing",
            (await subscriptions.today(tx)).replace(day=1),
        )
    async with committed() as tx:
        locked = await subscriptions.locked(tx, subscription.id)
        await runs.go_on(tx, locked, await subscriptions.today(tx))
        async with committed() as other:
            await other.all(UUID, "select tenant_id from billing_month for update nowait")
        await runs.bill(tx, subscription.id)
        assert (await subscriptions.detail(tx, subscription.id)).monthly == pen(3100)
        noted = await tx.one(int, "select monthly_minor from billing_recurring where subscription_id = $1", locked.id)
    assert noted == 3100


async def test_one_that_goes_on_while_it_owes_is_past_due(
    subscribed: Subscribed, committed: Open, lived: Lived, later: Later, drain: Drain
) -> None:
    subscription = await subscribed(FLAT)
    await lived(3)
    assert (await fresh(committed, subscription)).status is Status.past_due
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await later(days=1)
    async with committed() as tx:
        assert (await pausing.resume(tx, subscription.id)).status is Status.past_due
    for bill in await bills(committed, subscription):
        if bill.due:
            async with committed() as tx:
                await closing.settle_outside(tx, bill.id, method="cash", reference="till")
    await drain()
    assert (await fresh(committed, subscription)).status is Status.active


async def test_what_is_more_than_an_invoice_can_be_hides_nothing_and_stops_no_end(
    subscribed: Subscribed, committed: Open
) -> None:
    dear = NewPrice(kind=Kind.metered, label="Power", metric="kwh", amount=pen(2**53 - 1))
    subscription = await subscribed(FLAT, dear)
    told = await used(committed, subscription, 10**12)
    async with committed() as tx:
        foreseen = await changes.upcoming(tx, await tx.get(Subscription, subscription.id))
        assert (foreseen.next, foreseen.next_on) == (None, subscription.period_to)
        assert (await ending.previewed(tx, subscription.id, when="now")).now is None
        here = await ending.cancelled(tx, subscription.id, when="now")
    assert (here.status, here.ends_on) == (Status.parked, subscription.started_on)
    async with committed() as tx:
        assert (await changes.release(tx, subscription.id)).status is Status.parked
        await usage.withdraw(tx, subscription.id, told)
        assert (await changes.release(tx, subscription.id)).status is Status.cancelled


@pytest.mark.parametrize("paid", [True, False])
async def test_one_that_waited_for_its_payment_goes_on_if_that_came_while_it_was_parked(
    subscribed: Subscribed, committed: Open, later: Later, drain: Drain, paid: bool
) -> None:
    subscription = await subscribed(FLAT)
    [bill] = await bills(committed, subscription)
    await later(days=3)
    async with committed() as tx:
        await tx.execute("update billing_invoice set overdue = true")
        await pausing.paused(tx, subscription.id, unpaid=True)
        await parked.park(tx, subscription.id, "Somebody has to look.")
    await later(days=3)
    if paid:
        async with committed() as tx:
            await closing.settle_outside(tx, bill.id, method="cash", reference="till")
        await drain()
    async with committed() as tx:
        assert (await changes.release(tx, subscription.id)).status is Status.paused
    async with committed() as tx:
        await runs.bill_or_park(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is (Status.active if paid else Status.paused)
