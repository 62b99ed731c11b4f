"""Subscriptions: begin, renew, change, pause, end; every day is charged once, and a preview is what is charged."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from holdfast.kernel import derivations, ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    catalog,
    changes,
    closing,
    ending,
    invoices,
    pausing,
    runs,
    starting,
    subscriptions,
    usage,
)
from holdfast.shared.billing.catalog import New, NewPrice
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.periods import Interval, nth
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import customers
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later, pen, sound

FLAT = NewPrice(kind=Kind.per_period, label="Parking", amount=pen(3100))
SEATS = NewPrice(kind=Kind.per_seat, label="Seat", amount=pen(1000))
POWER = NewPrice(
    kind=Kind.tiered_usage,
    label="Power",
    metric="kwh",
    tiers=[Tier(up_to=100, unit=5), Tier(unit=3)],
)


Lived: TypeAlias = Callable[[int], Awaitable[None]]


async def plan(tx: Tx, *prices: NewPrice, **changes_: Any) -> catalog.Whole:
    """A plan of those prices."""
    values: dict[str, Any] = {"code": f"p{ids.new().hex[-12:]}", "name": "Parking", "currency": "PEN"}
    return await catalog.make(tx, New(prices=list(prices) or [FLAT], **(values | changes_)))


@pytest.fixture
def subscribed(committed: Open, customer: customers.Customer) -> Callable[..., Awaitable[Subscription]]:
    """``await subscribed(FLAT, quantity=2)`` is a subscription to a plan of those prices."""

    async def made(*prices: NewPrice, plan_: dict[str, Any] | None = None, **values: Any) -> Subscription:
        async with committed() as tx:
            sold = await plan(tx, *prices, **(plan_ or {}))
            return await starting.start(tx, starting.New(customer_id=customer.id, plan_id=sold.plan.id, **values))

    return made


@pytest.fixture
def lived(later: Later, drain: Drain) -> Callable[[int], Awaitable[None]]:
    """``await lived(30)`` is thirty days later, with everything done that was due."""

    async def through(days: int) -> None:
        # A schedule that nobody has seen begins now, and not in the past.
        await drain()
        await later(days=days)
        await drain()

    return through


async def bills(committed: Open, subscription: Subscription) -> list[Invoice]:
    """Its invoices, oldest first."""
    async with committed() as tx:
        return await tx.all(
            Invoice,
            "select * from billing_invoice where subscription_id = $1 order by issued_at, number",
            subscription.id,
        )


async def fresh(committed: Open, subscription: Subscription) -> Subscription:
    """As it is now."""
    async with committed() as tx:
        return await tx.get(Subscription, subscription.id)


async def unbroken(committed: Open, subscription: Subscription) -> list[subscriptions.Term]:
    """Its periods, oldest first, which follow one another without gap or overlap."""
    async with committed() as tx:
        terms = (await subscriptions.terms(tx, subscription.id, 1000))[::-1]
    for one, other in pairwise(terms):
        assert one.ends_on == other.starts_on
    return terms


@pytest.mark.meets("P21", "P23", "P24", "P31")
async def test_a_customer_subscribes_and_is_renewed(
    subscribed: Callable[..., Awaitable[Subscription]],
    committed: Open,
    database: Database,
    tenant: UUID,
    lived: Lived,
) -> None:
    subscription = await subscribed(FLAT)
    assert subscription.status is Status.active
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)]
    await lived(65)
    issued = await bills(committed, subscription)
    assert [bill.total for bill in issued] == [pen(3100)] * 3
    assert len({bill.period_id for bill in issued}) == 3
    assert [term.kind for term in await unbroken(committed, subscription)] == ["paid"] * 3
    await sound(committed, database, tenant)


@pytest.mark.parametrize(("inclusive", "monthly"), [(False, 12100), (True, 10000)])
async def test_what_it_brings_in_a_month_is_without_the_tax_in_its_price(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, inclusive: bool, monthly: int
) -> None:
    price = NewPrice(
        kind=Kind.per_period, label="Parking", amount=pen(12100), tax_basis_points=2100, tax_inclusive=inclusive
    )
    subscription = await subscribed(price)
    async with committed() as tx:
        assert (await subscriptions.detail(tx, subscription.id)).monthly == pen(monthly)


async def test_a_run_that_comes_twice_charges_once(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, later: Later
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=40)
    for _ in range(3):
        async with committed() as tx:
            await runs.bill_or_park(tx, subscription.id)
    assert len(await bills(committed, subscription)) == 2


async def test_a_first_period_to_the_chosen_day_is_charged_by_the_day(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open
) -> None:
    async with committed() as tx:
        today = await subscriptions.today(tx)
    day = (today + timedelta(days=10)).day
    subscription = await subscribed(FLAT, billing_day=day)
    [bill] = await bills(committed, subscription)
    assert subscription.period_to == today + timedelta(days=10)
    async with committed() as tx:
        [line] = await invoices.lines(tx, bill.id)
    assert line.derivations[0].rule == "billing.proration"
    assert line.derivations[0].inputs["days"] == 10
    assert derivations.recompute(line.derivations[0]) == bill.total.minor


async def test_a_trial_costs_nothing_until_it_ends(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, trial_days=14)
    assert subscription.status is Status.trialing
    assert await bills(committed, subscription) == []
    await lived(15)
    subscription = await fresh(committed, subscription)
    assert subscription.status is Status.active
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)]
    assert [term.kind for term in await unbroken(committed, subscription)] == ["trial", "paid"]


async def test_more_seats_are_charged_for_the_days_that_are_left_and_the_preview_says_so(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, later: Later, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(SEATS, quantity=2)
    await later(days=10)
    wanted = changes.Wanted(quantity=5)
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, wanted)
    async with committed() as tx:
        await changes.change(tx, subscription.id, wanted)
    bill = (await bills(committed, subscription))[-1]
    assert foreseen.now is not None
    assert (bill.total, bill.net, bill.tax) == (foreseen.now.total, foreseen.now.net, foreseen.now.tax)
    async with committed() as tx:
        lines = await invoices.lines(tx, bill.id)
    assert [line.amount for line in lines] == [one.line.amount for one in foreseen.now.lines]
    assert all(derivations.recompute(line.derivations[0]) == line.amount.minor for line in lines)
    assert lines[0].amount.minor < 0 < lines[1].amount.minor
    assert foreseen.next is not None
    assert foreseen.next.total == pen(5000)
    await sound(committed, database, tenant)


async def test_a_change_there_and_back_costs_nothing(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, later: Later
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    await later(days=7)
    for quantity in (9, 1, 3):
        async with committed() as tx:
            await changes.change(tx, subscription.id, changes.Wanted(quantity=quantity))
    assert sum(bill.total.minor for bill in await bills(committed, subscription)) == 3000


async def test_a_change_at_renewal_waits(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(SEATS, quantity=3)
    async with committed() as tx:
        await changes.change(tx, subscription.id, changes.Wanted(quantity=1, when="renewal"))
    assert (await fresh(committed, subscription)).quantity == 3
    await lived(32)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3000), pen(1000)]


async def test_a_pause_is_not_charged_and_leaves_no_gap(
    subscribed: Callable[..., Awaitable[Subscription]],
    committed: Open,
    later: Later,
    lived: Lived,
    database: Database,
    tenant: UUID,
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=5)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await lived(90)
    assert len(await bills(committed, subscription)) == 1
    async with committed() as tx:
        await pausing.resume(tx, subscription.id)
    terms = await unbroken(committed, subscription)
    assert [term.kind for term in terms] == ["paid", "paused", "paid"]
    # Nobody has paid the first invoice, and it goes on as it was.
    assert (await fresh(committed, subscription)).status is Status.past_due
    await sound(committed, database, tenant)


async def test_what_is_used_is_charged_once_by_its_tiers(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, POWER)
    told = ids.new()
    async with committed() as tx:
        for _ in range(2):
            await usage.tell(tx, subscription.id, id=told, metric="kwh", quantity=150)
        with pytest.raises(Invalid):
            await usage.tell(tx, subscription.id, id=ids.new(), metric="litres", quantity=1)
    await lived(70)
    assert [bill.total.minor for bill in await bills(committed, subscription)] == [3100, 3100 + 500 + 150, 3100]


async def test_cancelling_now_gives_back_what_is_paid_and_not_used(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, later: Later, drain: Drain
) -> None:
    subscription = await subscribed(FLAT)
    [bill] = await bills(committed, subscription)
    async with committed() as tx:
        await closing.settle_outside(tx, bill.id, method="cash", reference="till")
    await drain()
    await later(days=10)
    async with committed() as tx:
        foreseen = await ending.preview(tx, subscription.id, when="now")
    async with committed() as tx:
        over = await ending.cancel(tx, subscription.id, when="now")
        assert (await ending.cancel(tx, subscription.id, when="now")).version == over.version
    assert over.status is Status.cancelled
    back = (await bills(committed, subscription))[-1]
    assert back.total.minor < 0
    assert foreseen.now is not None
    assert foreseen.now.total == back.total


async def test_cancelling_at_the_end_can_be_taken_back(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, lived: Lived
) -> None:
    one, other = await subscribed(FLAT), await subscribed(FLAT)
    async with committed() as tx:
        for subscription in (one, other):
            await ending.cancel(tx, subscription.id, when="end")
        await ending.keep(tx, other.id)
    await lived(40)
    assert (await fresh(committed, one)).status is Status.cancelled
    assert (await fresh(committed, other)).status is not Status.cancelled


async def test_far_too_much_is_parked_and_stops_nobody_else(
    subscribed: Callable[..., Awaitable[Subscription]], committed: Open, lived: Lived
) -> None:
    bad, good = await subscribed(FLAT, POWER), await subscribed(FLAT)
    async with committed() as tx:
        await usage.tell(tx, bad.id, id=ids.new(), metric="kwh", quantity=10**9)
    await lived(32)
    bad = await fresh(committed, bad)
    assert bad.status is Status.parked
    assert bad.parked_reason is not None
    assert len(await bills(committed, bad)) == 1
    assert len(await bills(committed, good)) == 2


async def test_periods_keep_the_end_of_the_month() -> None:
    starts = [nth(date(2026, 1, 31), Interval.month, 1, number).starts_on for number in range(5)]
    assert starts == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
