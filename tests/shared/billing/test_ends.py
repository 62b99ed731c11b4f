"""Ends: what is paid and not used is given back, whatever became of the subscription before, and as was foreseen."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.shared.billing import changes, closing, coupons, ending, invoices, parked, pausing, usage
from holdfast.shared.billing.periods import Interval, nth
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import connections
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later, pen, sound
from tests.shared.billing.test_subscriptions import FLAT, POWER, bills, lived, subscribed

__all__ = ["lived", "subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]


async def paid(committed: Open, subscription: Subscription, drain: Drain) -> None:
    """Pay everything that is open at the counter."""
    for bill in await bills(committed, subscription):
        if bill.due:
            async with committed() as tx:
                await closing.settle_outside(tx, bill.id, method="cash", reference="till")
    await drain()


def share(subscription: Subscription, used: int) -> int:
    """What so many days of the first month cost."""
    month = nth(subscription.started_on, Interval.month, 1, 0)
    return round(3100 * used / month.days)


@pytest.mark.parametrize("proration", ["daily", "none"])
@pytest.mark.parametrize("looked", ["paused", "parked"])
async def test_what_a_pause_left_over_is_given_back_at_the_end(
    subscribed: Subscribed,
    committed: Open,
    later: Later,
    drain: Drain,
    database: Database,
    tenant: UUID,
    proration: str,
    looked: str,
) -> None:
    subscription = await subscribed(FLAT, plan_={"proration": proration})
    await paid(committed, subscription, drain)
    await later(days=4)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
        if looked == "parked":
            await parked.park(tx, subscription.id, "Somebody has to look.")
    await later(days=3)
    async with committed() as tx:
        foreseen = await ending.preview(tx, subscription.id, when="now")
        over = await ending.cancel(tx, subscription.id, when="now")
    assert over.status is Status.cancelled
    billed = sum(bill.total.minor for bill in await bills(committed, subscription))
    assert billed == pytest.approx(share(subscription, 5), abs=1)
    assert (
        (foreseen.now.total.minor if foreseen.now else 0) == billed - 3100 if proration == "none" else not foreseen.now
    )
    await sound(committed, database, tenant)


async def test_what_a_pause_left_over_stays_where_the_plan_gives_nothing_back(
    subscribed: Subscribed, committed: Open, later: Later, drain: Drain
) -> None:
    subscription = await subscribed(FLAT, plan_={"proration": "none", "on_cancel": "none"})
    await paid(committed, subscription, drain)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await later(days=3)
    async with committed() as tx:
        await ending.cancel(tx, subscription.id, when="now")
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)]


async def test_what_nobody_paid_of_a_pause_is_not_given_back(
    subscribed: Subscribed, committed: Open, later: Later
) -> None:
    subscription = await subscribed(FLAT)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await later(days=3)
    async with committed() as tx:
        assert (await ending.preview(tx, subscription.id, when="now")).now is None
        await ending.cancel(tx, subscription.id, when="now")
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)]


async def test_a_preview_of_the_end_is_what_is_issued_with_its_coupon(
    subscribed: Subscribed, committed: Open, later: Later, drain: Drain, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT, POWER)
    await paid(committed, subscription, drain)
    async with committed() as tx:
        await coupons.make(
            tx, coupons.New(code="HALF", name="Half", kind="percent", basis_points=5000, duration="forever")
        )
        await changes.use_coupon(tx, subscription.id, "HALF")
    await later(days=10)
    async with committed() as tx:
        await usage.tell(tx, subscription.id, id=ids.new(), metric="kwh", quantity=150)
    async with committed() as tx:
        foreseen = await ending.preview(tx, subscription.id, when="now")
        await ending.cancel(tx, subscription.id, when="now")
    _, *last = await bills(committed, subscription)
    assert [bill.total.minor for bill in last] == [share(subscription, 10) - 3100, 325]
    assert foreseen.now is not None
    assert foreseen.now.total.minor == sum(bill.total.minor for bill in last)
    assert foreseen.now.discount == pen(325)
    async with committed() as tx:
        issued = [line.total for bill in last for line in await invoices.lines(tx, bill.id)]
    assert [one.total for one in foreseen.now.lines] == issued
    await sound(committed, database, tenant)


async def test_what_is_used_until_the_end_is_charged_though_its_clock_is_ahead(
    subscribed: Subscribed, committed: Open
) -> None:
    subscription = await subscribed(FLAT, POWER)
    async with committed() as tx:
        await usage.tell(
            tx, subscription.id, id=ids.new(), metric="kwh", quantity=100, at=tx.now + timedelta(minutes=10)
        )
        foreseen = await ending.preview(tx, subscription.id, when="now")
        await ending.cancel(tx, subscription.id, when="now")
        assert await tx.one(int, "select count(*) from billing_usage where period_id is null") == 0
    assert (await bills(committed, subscription))[-1].total == pen(500)
    assert foreseen.now is not None
    assert foreseen.now.total == pen(500)


async def test_what_is_paid_after_the_end_is_given_back_for_the_days_behind_it(
    subscribed: Subscribed,
    committed: Open,
    later: Later,
    drain: Drain,
    connection: connections.Connection,
    database: Database,
    tenant: UUID,
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=10)
    async with committed() as tx:
        # The first payment is still under way, so nothing is given back yet.
        await ending.cancel(tx, subscription.id, when="now")
    assert len(await bills(committed, subscription)) == 1
    await paid(committed, subscription, drain)
    for _ in range(2):
        async with committed() as tx:
            await ending.paid(tx, subscription.id)
    billed = [bill.total.minor for bill in await bills(committed, subscription)]
    assert len(billed) == 2
    assert sum(billed) == pytest.approx(share(subscription, 10), abs=1)
    await sound(committed, database, tenant)
