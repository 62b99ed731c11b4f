"""Usage: charged by the prices that held when it was used, and not at all when that was in a trial."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from holdfast.kernel import ids
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound
from holdfast.kernel.tx import Actor
from holdfast.shared.billing import changes, usage
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.rating import Kind
from holdfast.shared.billing.subscriptions import Subscription
from tests.conftest import Open
from tests.shared.billing.conftest import Later, pen
from tests.shared.billing.test_subscriptions import FLAT, POWER, Lived, bills, lived, plan, subscribed

__all__ = ["lived", "subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]
DEARER = NewPrice(kind=Kind.metered, label="Power", metric="kwh", amount=pen(50))


async def told(
    committed: Open, subscription: Subscription, quantity: int = 100, *, ago: timedelta = timedelta()
) -> usage.Usage:
    """So much was used, a while ago."""
    async with committed() as tx:
        return await usage.tell(tx, subscription.id, id=ids.new(), metric="kwh", quantity=quantity, at=tx.now - ago)


async def test_what_is_used_in_a_trial_is_not_charged_however_late_it_is_told(
    subscribed: Subscribed, committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, POWER, trial_days=14)
    await told(committed, subscription)
    await lived(16)
    await told(committed, subscription, ago=timedelta(days=5))
    await told(committed, subscription, 10, ago=timedelta(days=1))
    async with committed() as tx:
        foreseen = await changes.upcoming(tx, await tx.get(Subscription, subscription.id))
    await lived(31)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100), pen(3150)]
    assert foreseen.next is not None
    assert foreseen.next.total == pen(3150)
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from billing_usage where period_id is null") == 0


async def test_a_moment_without_its_timezone_is_refused(subscribed: Subscribed, committed: Open) -> None:
    subscription = await subscribed(FLAT, POWER)
    async with committed() as tx:
        with pytest.raises(Invalid) as refused:
            await usage.tell(
                tx,
                subscription.id,
                id=ids.new(),
                metric="kwh",
                quantity=1,
                at=datetime(2026, 1, 1),  # noqa: DTZ001
            )
    assert refused.value.extra["errors"][0].field == "at"


@pytest.mark.parametrize("when", ["now", "renewal"])
async def test_what_was_used_before_a_change_is_taken_after_it(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived, when: str
) -> None:
    subscription = await subscribed(FLAT, POWER)
    await later(days=20)
    async with committed() as tx:
        other = (await plan(tx, FLAT)).plan.id
        await changes.change(tx, subscription.id, changes.Wanted(plan_id=other, when=when))  # type: ignore[arg-type]
    await lived(12)
    async with committed() as tx:
        now = await tx.get(Subscription, subscription.id)
    assert now.plan_id == other
    used = await told(committed, subscription, ago=timedelta(days=14))
    assert used.price_ids
    # Since the change nobody counts it any more.
    with pytest.raises(Invalid):
        await told(committed, subscription)
    await lived(31)
    assert (await bills(committed, subscription))[-1].total == pen(3100 + 500)


async def test_what_was_used_before_a_change_is_charged_as_it_was_then(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, POWER)
    await later(days=5)
    async with committed() as tx:
        other = await plan(tx, FLAT, DEARER)
        await changes.change(tx, subscription.id, changes.Wanted(plan_id=other.plan.id))
    await later(days=1)
    await told(committed, subscription, 100, ago=timedelta(days=3))
    await told(committed, subscription, 100)
    await lived(31)
    assert (await bills(committed, subscription))[-1].total == pen(3100 + 500 + 5000)


async def test_what_counts_it_now_is_enough_where_nothing_did_before(
    subscribed: Subscribed, committed: Open, later: Later
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=5)
    async with committed() as tx:
        other = await plan(tx, FLAT, POWER)
        await changes.change(tx, subscription.id, changes.Wanted(plan_id=other.plan.id))
    assert (await told(committed, subscription, ago=timedelta(minutes=1))).price_ids == [other.prices[1].id]


async def test_only_what_is_not_charged_yet_is_withdrawn_by_those_who_may(
    subscribed: Subscribed, committed: Open, lived: Lived
) -> None:
    subscription, other = await subscribed(FLAT, POWER), await subscribed(FLAT, POWER)
    charged = await told(committed, subscription)
    await lived(32)
    mistaken = await told(committed, subscription)
    async with committed() as tx:
        with pytest.raises(usage.ChargedAlready):
            await usage.withdraw(tx, subscription.id, charged.id)
        with pytest.raises(NotFound):
            await usage.withdraw(tx, other.id, mistaken.id)
        listed = await usage.uncharged(tx, subscription.id, Page())
        assert [used.id for used in listed.items] == [mistaken.id]
    async with committed(Actor(kind="person", grants=frozenset({"billing.read"}))) as tx:
        with pytest.raises(NotAllowed):
            await usage.withdraw(tx, subscription.id, mistaken.id)
    async with committed() as tx:
        assert (await usage.withdraw(tx, subscription.id, mistaken.id)).withdrawn_at is not None
        assert (await usage.uncharged(tx, subscription.id, Page())).items == []
        # Told again by the same id, it is what was withdrawn.
        again = await usage.tell(tx, subscription.id, id=mistaken.id, metric="kwh", quantity=100)
        assert again.withdrawn_at is not None
    await lived(32)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100), pen(3600), pen(3100)]


async def test_what_is_not_charged_yet_is_listed_page_by_page(subscribed: Subscribed, committed: Open) -> None:
    subscription = await subscribed(FLAT, POWER)
    told_ = [(await told(committed, subscription, ago=timedelta(hours=hours))).id for hours in (1, 3, 2)]
    async with committed() as tx:
        first = await usage.uncharged(tx, subscription.id, Page(limit=2))
        second = await usage.uncharged(tx, subscription.id, Page(after=first.next, limit=2))
    assert [used.id for used in first.items + second.items] == [told_[0], told_[2], told_[1]]
