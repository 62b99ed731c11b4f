"""Changes: what is refused, what still waits for the renewal, and what coupons take off which invoice."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.kernel.problems import Invalid
from holdfast.shared.billing import changes, coupons
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.periods import Interval
from holdfast.shared.billing.rating import Kind
from holdfast.shared.billing.subscriptions import Subscription
from tests.conftest import Open
from tests.shared.billing.conftest import Later, pen
from tests.shared.billing.test_subscriptions import FLAT, SEATS, Lived, bills, fresh, lived, plan, subscribed

__all__ = ["lived", "subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]
DEAR = NewPrice(kind=Kind.per_seat, label="Dear seat", amount=pen(5000))
DEAREST = NewPrice(kind=Kind.per_seat, label="Seat", amount=pen(2**53 - 1))


async def change(committed: Open, subscription: Subscription, **wanted: Any) -> Subscription:
    """Change it, as the preview says."""
    async with committed() as tx:
        return await changes.change(tx, subscription.id, changes.Wanted(**wanted))


@pytest.mark.parametrize("whole", ["old", "new"])
async def test_a_plan_that_is_not_charged_by_the_day_changes_at_renewal_only(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived, whole: str
) -> None:
    subscription = await subscribed(SEATS, plan_={"proration": "none" if whole == "old" else "daily"})
    await later(days=3)
    async with committed() as tx:
        other = (await plan(tx, DEAR, proration="none" if whole == "new" else "daily")).plan.id
    wants: list[dict[str, Any]] = [{"plan_id": other}, {"plan_id": other, "quantity": 3}]
    for wanted in [*wants, {"quantity": 500}] if whole == "old" else wants:
        async with committed() as tx:
            with pytest.raises(changes.OtherInterval):
                await changes.preview(tx, subscription.id, changes.Wanted(**wanted))
        with pytest.raises(changes.OtherInterval):
            await change(committed, subscription, **wanted)
    # What there is already is no change, and at renewal anything may.
    assert (await change(committed, subscription, quantity=1)).version == subscription.version
    await change(committed, subscription, plan_id=other, when="renewal")
    await lived(31)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(1000), pen(5000)]


async def test_in_a_trial_it_changes_at_once(subscribed: Subscribed, committed: Open) -> None:
    subscription = await subscribed(SEATS, plan_={"proration": "none"}, trial_days=14)
    assert (await change(committed, subscription, quantity=3)).quantity == 3


async def test_seats_that_change_now_leave_the_plan_that_is_to_come(
    subscribed: Subscribed, committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        other = (await plan(tx, DEAR)).plan.id
    await change(committed, subscription, plan_id=other, when="renewal")
    here = await change(committed, subscription, quantity=4)
    assert (here.quantity, here.next_plan_id, here.next_quantity) == (4, other, None)
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, changes.Wanted(quantity=2))
    assert foreseen.next is not None
    assert foreseen.next.total == pen(10000)
    await lived(31)
    assert (await bills(committed, subscription))[-1].total == pen(20000)


async def test_a_plan_that_changes_now_leaves_the_seats_that_are_to_come(
    subscribed: Subscribed, committed: Open
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        other = (await plan(tx, DEAR)).plan.id
        yearly = (await plan(tx, DEAR, interval=Interval.year)).plan.id
    await change(committed, subscription, quantity=1, when="renewal")
    here = await change(committed, subscription, plan_id=other)
    assert (here.quantity, here.next_plan_id, here.next_quantity) == (3, None, 1)
    assert (await change(committed, subscription, plan_id=yearly)).next_quantity == 1


async def test_a_period_of_another_length_keeps_the_seats_that_are_to_come(
    subscribed: Subscribed, committed: Open, later: Later
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        yearly = (await plan(tx, DEAR, interval=Interval.year)).plan.id
    await later(days=5)
    await change(committed, subscription, quantity=1, when="renewal")
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, changes.Wanted(plan_id=yearly))
    here = await change(committed, subscription, plan_id=yearly)
    assert (here.plan_id, here.quantity, here.next_quantity) == (yearly, 3, 1)
    assert foreseen.next is not None
    assert foreseen.next.total == pen(5000)


async def test_what_is_arranged_together_waits_together(subscribed: Subscribed, committed: Open) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        other = (await plan(tx, DEAR)).plan.id
    await change(committed, subscription, quantity=1, when="renewal")
    here = await change(committed, subscription, plan_id=other, when="renewal")
    assert (here.next_plan_id, here.next_quantity) == (other, 1)


@pytest.mark.parametrize("wanted", [{}, {"quantity": 3}, {"quantity": 3, "when": "renewal"}, {"when": "renewal"}])
async def test_as_it_is_means_that_nothing_is_to_come(
    subscribed: Subscribed, committed: Open, wanted: dict[str, Any]
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        other = (await plan(tx, DEAR)).plan.id
    await change(committed, subscription, plan_id=other, quantity=1, when="renewal")
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, changes.Wanted(**wanted))
    here = await change(committed, subscription, **wanted)
    assert (here.quantity, here.next_plan_id, here.next_price_ids, here.next_quantity) == (3, None, None, None)
    assert foreseen.next is not None
    assert foreseen.next.total == pen(3000)
    assert (await change(committed, subscription, **wanted)).version == here.version


async def test_an_amount_is_taken_off_periods_and_not_off_every_small_change(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived
) -> None:
    async with committed() as tx:
        await coupons.make(
            tx, coupons.New(code="FIVE", name="Five off", kind="amount", amount=pen(500), duration="forever")
        )
    subscription = await subscribed(SEATS, quantity=3, coupon="FIVE")
    await later(days=3)
    for quantity in (4, 5, 6):
        wanted = changes.Wanted(quantity=quantity)
        async with committed() as tx:
            foreseen = await changes.preview(tx, subscription.id, wanted)
            await changes.change(tx, subscription.id, wanted)
        bill = (await bills(committed, subscription))[-1]
        assert bill.discount == pen(0)
        assert foreseen.now is not None
        assert foreseen.now.total == bill.total
        assert foreseen.next is not None
        assert foreseen.next.discount == pen(500)
    await lived(31)
    last = (await bills(committed, subscription))[-1]
    assert (last.total, last.discount) == (pen(5500), pen(500))
    assert (await fresh(committed, subscription)).quantity == 6


@pytest.mark.parametrize(("days", "kind"), [(0, "now"), (5, "cut")])
async def test_a_coupon_that_is_used_up_now_takes_nothing_off_what_comes_next(
    subscribed: Subscribed, committed: Open, later: Later, days: int, kind: str
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        await coupons.make(tx, coupons.New(code="HALF", name="Half", kind="percent", basis_points=5000))
        await changes.use_coupon(tx, subscription.id, "HALF")
        yearly = (await plan(tx, DEAR, interval=Interval.year)).plan.id
    await later(days=days)
    wanted = changes.Wanted(quantity=4) if kind == "now" else changes.Wanted(plan_id=yearly)
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, wanted)
        await changes.change(tx, subscription.id, wanted)
        after = await changes.upcoming(tx, await tx.get(Subscription, subscription.id))
    assert foreseen.now is not None
    assert foreseen.now.discount.minor > 0
    assert foreseen.next is not None
    assert foreseen.next.discount == pen(0)
    assert after.next is not None
    assert foreseen.next.total == after.next.total


@pytest.mark.parametrize("when", ["now", "renewal"])
async def test_what_could_never_be_charged_is_refused(subscribed: Subscribed, committed: Open, when: str) -> None:
    subscription = await subscribed(FLAT, trial_days=14)
    async with committed() as tx:
        other = (await plan(tx, DEAREST)).plan.id
    with pytest.raises(Invalid):
        await change(committed, subscription, plan_id=other, quantity=1_000_000, when=when)
