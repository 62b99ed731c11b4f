"""Periods of another length: by the month today and by the year from now on, with every day charged once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import derivations, ids
from holdfast.kernel.database import Database
from holdfast.shared.billing import changes, ending, invoices, starting, subscriptions, usage
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.periods import Interval, Period, nth
from holdfast.shared.billing.subscriptions import Status, Subscription
from tests.conftest import Open
from tests.shared.billing.conftest import Later, pen, sound
from tests.shared.billing.test_subscriptions import (
    FLAT,
    POWER,
    Lived,
    bills,
    fresh,
    lived,
    plan,
    subscribed,
    unbroken,
)

__all__ = ["lived", "subscribed"]

YEAR = NewPrice(kind=FLAT.kind, label="Parking for a year", amount=pen(31000))
Subscribed = Callable[..., Awaitable[Subscription]]


async def of_a_year(committed: Open, *prices: NewPrice, **values: str) -> changes.Wanted:
    """What somebody wants who would rather pay by the year."""
    async with committed() as tx:
        return changes.Wanted(plan_id=(await plan(tx, *prices or (YEAR,), interval=Interval.year, **values)).plan.id)


async def foreseen_and_done(
    committed: Open, subscription: Subscription, wanted: changes.Wanted
) -> tuple[starting.Preview, Invoice]:
    """Change, having looked at what it costs: the invoice is what was foreseen, line by line."""
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
    return foreseen, bill


async def test_a_year_begins_today_and_the_rest_of_the_month_is_given_back(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT)
    assert subscription.period_to is not None
    month = (subscription.period_to - subscription.started_on).days
    await later(days=10)
    foreseen, bill = await foreseen_and_done(committed, subscription, await of_a_year(committed))
    today = subscription.started_on + timedelta(days=10)
    year = nth(today, Interval.year, 1, 0)
    assert foreseen.period == year
    assert bill.total == pen(31000 - round(3100 * (month - 10) / month))
    assert (foreseen.next_on, foreseen.next and foreseen.next.total) == (year.ends_on, pen(31000))
    changed = await fresh(committed, subscription)
    assert (changed.period_from, changed.period_to, changed.anchor_on) == (today, year.ends_on, today)
    terms = await unbroken(committed, subscription)
    assert [Period(term.starts_on, term.ends_on) for term in terms] == [Period(subscription.started_on, today), year]
    await lived(400)
    assert [one.total for one in await bills(committed, subscription)][2:] == [pen(31000)]
    await sound(committed, database, tenant)


async def test_on_its_first_day_the_period_itself_is_lengthened(
    subscribed: Subscribed, committed: Open, lived: Lived, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT)
    _, bill = await foreseen_and_done(committed, subscription, await of_a_year(committed))
    assert bill.total == pen(31000 - 3100)
    [term] = await unbroken(committed, subscription)
    year = nth(subscription.started_on, Interval.year, 1, 0)
    assert (term.starts_on, term.ends_on, term.plan_id) == (
        year.starts_on,
        year.ends_on,
        (await fresh(committed, subscription)).plan_id,
    )
    await lived(370)
    assert [one.total for one in await bills(committed, subscription)] == [pen(3100), pen(27900), pen(31000)]
    await sound(committed, database, tenant)


async def test_from_the_year_to_the_month_and_back_on_one_day_costs_nothing(
    subscribed: Subscribed, committed: Open, later: Later, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(YEAR, plan_={"interval": Interval.year})
    await later(days=73)
    async with committed() as tx:
        month = changes.Wanted(plan_id=(await plan(tx, FLAT)).plan.id)
    _, back = await foreseen_and_done(committed, subscription, month)
    assert back.total.minor < 0
    assert back.due == pen(0)
    await foreseen_and_done(committed, subscription, changes.Wanted(plan_id=subscription.plan_id))
    # Seventy-three days are a fifth of a year, and the year that begins today is a whole one.
    year = nth(subscription.started_on, Interval.year, 1, 0)
    over = round(31000 * 73 / year.days)
    assert sum(one.total.minor for one in await bills(committed, subscription)) == pytest.approx(over + 31000, abs=1)
    assert len(await unbroken(committed, subscription)) == 2
    await sound(committed, database, tenant)


async def test_in_a_trial_it_costs_nothing_and_the_year_begins_after_it(
    subscribed: Subscribed, committed: Open, lived: Lived
) -> None:
    subscription = await subscribed(FLAT, trial_days=14)
    wanted = await of_a_year(committed)
    async with committed() as tx:
        foreseen = await changes.preview(tx, subscription.id, wanted)
        await changes.change(tx, subscription.id, wanted)
    assert (foreseen.now, foreseen.next_on) == (None, subscription.trial_ends_on)
    assert foreseen.next is not None
    assert foreseen.next.total == pen(31000)
    await lived(15)
    assert [one.total for one in await bills(committed, subscription)] == [pen(31000)]
    assert subscription.trial_ends_on is not None
    year = nth(subscription.trial_ends_on, Interval.year, 1, 0)
    assert (await fresh(committed, subscription)).period_to == year.ends_on


async def test_at_renewal_a_whole_year_begins(subscribed: Subscribed, committed: Open, lived: Lived) -> None:
    subscription = await subscribed(FLAT)
    assert subscription.period_to is not None
    year = nth(subscription.period_to, Interval.year, 1, 0)
    wanted = await of_a_year(committed)
    async with committed() as tx:
        at_renewal = changes.Wanted(plan_id=wanted.plan_id, when="renewal")
        foreseen = await changes.preview(tx, subscription.id, at_renewal)
        await changes.change(tx, subscription.id, at_renewal)
    assert foreseen.next is not None
    assert (foreseen.next.total, foreseen.next_on) == (pen(31000), year.starts_on)
    await lived(40)
    assert [one.total for one in await bills(committed, subscription)] == [pen(3100), pen(31000)]
    assert (await fresh(committed, subscription)).period_to == year.ends_on


@pytest.mark.parametrize("whole", ["old", "new"])
async def test_what_is_not_charged_by_the_day_waits_for_its_renewal(
    subscribed: Subscribed, committed: Open, whole: str
) -> None:
    subscription = await subscribed(FLAT, plan_={"proration": "none"} if whole == "old" else None)
    wanted = await of_a_year(committed, proration="none" if whole == "new" else "daily")
    async with committed() as tx:
        with pytest.raises(changes.OtherInterval):
            await changes.change(tx, subscription.id, wanted)
    assert len(await bills(committed, subscription)) == 1


@pytest.mark.parametrize("way", ["year", "month", "cancel"])
async def test_what_was_used_under_the_old_terms_is_charged_by_them(
    subscribed: Subscribed, committed: Open, later: Later, lived: Lived, way: str
) -> None:
    subscription = await subscribed(FLAT, POWER)
    await later(days=3)
    async with committed() as tx:
        await usage.tell(tx, subscription.id, id=ids.new(), metric="kwh", quantity=150)
    await later(minutes=1)
    if way == "cancel":
        async with committed() as tx:
            foreseen = await ending.preview(tx, subscription.id, when="now")
            over = await ending.cancel(tx, subscription.id, when="now")
        assert over.status is Status.cancelled
        assert foreseen.now is not None
        assert [one.line.amount for one in foreseen.now.lines][-1] == pen(650)
    elif way == "year":
        await foreseen_and_done(committed, subscription, await of_a_year(committed))
    else:
        async with committed() as tx:
            wanted = changes.Wanted(plan_id=(await plan(tx, FLAT)).plan.id)
        await foreseen_and_done(committed, subscription, wanted)
        # Nobody counts it any more, and what was counted is on the next invoice.
        await lived(32)
    last = (await bills(committed, subscription))[-1]
    async with committed() as tx:
        power = [line for line in await invoices.lines(tx, last.id) if line.quantity == 150]
        assert await tx.one(int, "select count(*) from billing_usage where period_id is null") == 0
    assert [line.amount for line in power] == [pen(650)]


async def test_what_is_told_after_the_last_invoice_is_refused(subscribed: Subscribed, committed: Open) -> None:
    subscription = await subscribed(FLAT, POWER)
    told = ids.new()
    async with committed() as tx:
        await usage.tell(tx, subscription.id, id=told, metric="kwh", quantity=7)
    async with committed() as tx:
        await ending.cancel(tx, subscription.id, when="now")
    async with committed() as tx:
        assert (await usage.tell(tx, subscription.id, id=told, metric="kwh", quantity=7)).period_id is not None
        with pytest.raises(subscriptions.NotNow):
            await usage.tell(tx, subscription.id, id=ids.new(), metric="kwh", quantity=7)


async def test_two_who_change_at_once_change_once(
    subscribed: Subscribed, committed: Open, later: Later, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=10)
    wanted = await of_a_year(committed)

    async def one() -> Subscription:
        async with committed() as tx:
            return await changes.change(tx, subscription.id, wanted)

    done = await asyncio.gather(*(one() for _ in range(4)))
    assert {each.version for each in done} == {done[0].version}
    assert len(await bills(committed, subscription)) == 2
    assert len(await unbroken(committed, subscription)) == 2
    await sound(committed, database, tenant)
