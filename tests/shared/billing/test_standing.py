"""Standing: what is paused because nobody paid goes on with the payment, and no day of it is charged twice."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import closing, dunning_policies, invoices, pausing, subscriptions
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.periods import Interval, nth
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import methods
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later, pen, sound
from tests.shared.billing.test_subscriptions import FLAT, Lived, bills, fresh, lived, subscribed, unbroken

__all__ = ["lived", "subscribed"]

Saved = Callable[..., Awaitable[methods.Method]]
Subscribed = Callable[..., Awaitable[Subscription]]


@pytest.fixture
async def unpaid(
    committed: Open, subscribed: Subscribed, saved: Saved, drain: Drain, later: Later
) -> tuple[Subscription, Invoice]:
    """A subscription that is paused because its first invoice is not paid."""
    async with committed() as tx:
        await dunning_policies.set_policy(
            tx, dunning_policies.Policy(retry_days=[1], grace_days=2, notices=False, outcome="pause", mails=False)
        )
    await saved("declined")
    subscription = await subscribed(FLAT)
    await drain()
    for _ in range(6):
        await later(days=1)
        await drain()
    subscription = await fresh(committed, subscription)
    assert (subscription.status, subscription.paused_unpaid) == (Status.paused, True)
    [invoice] = await bills(committed, subscription)
    return subscription, invoice


async def pay(committed: Open, drain: Drain, invoice: Invoice) -> None:
    """Pay an invoice at the counter."""
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", reference="till")
    await drain()


async def billed(committed: Open, subscription: Subscription) -> int:
    """What everything came to."""
    return sum(bill.total.minor for bill in await bills(committed, subscription))


@pytest.mark.meets("P31")
async def test_it_goes_on_as_soon_as_the_invoice_is_paid(
    unpaid: tuple[Subscription, Invoice],
    committed: Open,
    later: Later,
    lived: Lived,
    drain: Drain,
    database: Database,
    tenant: UUID,
) -> None:
    subscription, invoice = unpaid
    assert subscription.paused_on is not None
    used = (subscription.paused_on - subscription.started_on).days
    await later(days=3)
    await pay(committed, drain, invoice)
    here = await fresh(committed, subscription)
    assert (here.status, here.paused_unpaid, here.paused_on) == (Status.active, False, None)
    terms = await unbroken(committed, subscription)
    assert [term.kind for term in terms] == ["paid", "paused", "paid"]
    # Every day outside the pause is charged, once; half a minor unit may be rounded away in each of three invoices.
    whole = (nth(subscription.started_on, Interval.month, 1, 0).ends_on - subscription.started_on).days
    assert here.period_from is not None
    left = (nth(subscription.started_on, Interval.month, 1, 0).ends_on - here.period_from).days
    assert await billed(committed, subscription) == pytest.approx(3100 * (used + left) / whole, abs=2)
    await sound(committed, database, tenant)


async def test_another_invoice_that_is_late_keeps_it_paused(
    unpaid: tuple[Subscription, Invoice], committed: Open, drain: Drain
) -> None:
    subscription, invoice = unpaid
    async with committed() as tx:
        today = await subscriptions.today(tx)
        other = await invoices.issue(
            tx,
            invoices.Draft(
                customer_id=subscription.customer_id,
                currency="PEN",
                lines=[invoices.Line(description="A lost key", amount=pen(500))],
                subscription_id=subscription.id,
                due_on=today,
                collect=False,
            ),
        )
        await tx.update(await invoices.locked(tx, other.id), overdue=True)
    await pay(committed, drain, invoice)
    assert (await fresh(committed, subscription)).status is Status.paused
    await pay(committed, drain, other)
    assert (await fresh(committed, subscription)).status is Status.active


async def test_a_pause_that_somebody_wanted_is_not_ended_by_a_payment(
    subscribed: Subscribed, committed: Open, later: Later, drain: Drain, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT)
    await later(days=4)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    [invoice] = await bills(committed, subscription)
    await pay(committed, drain, invoice)
    assert (await fresh(committed, subscription)).status is Status.paused
    # What was paid after the pause began, for days that lie in it, is given back when it goes on.
    await later(days=3)
    async with committed() as tx:
        await pausing.resume(tx, subscription.id)
    here = await fresh(committed, subscription)
    assert here.period_from is not None
    whole = (nth(subscription.started_on, Interval.month, 1, 0).ends_on - subscription.started_on).days
    away = (here.period_from - (subscription.started_on + timedelta(days=5))).days
    assert await billed(committed, subscription) == pytest.approx(3100 * (whole - away) / whole, abs=2)
    await sound(committed, database, tenant)


@pytest.mark.parametrize(("away", "charged"), [(3, 1), (60, 2)])
async def test_what_is_not_charged_by_the_day_is_charged_whole_and_once(
    subscribed: Subscribed, committed: Open, later: Later, away: int, charged: int, database: Database, tenant: UUID
) -> None:
    subscription = await subscribed(FLAT, plan_={"proration": "none"})
    await later(days=4)
    async with committed() as tx:
        await pausing.pause(tx, subscription.id)
    await later(days=away)
    async with committed() as tx:
        await pausing.resume(tx, subscription.id)
    here = await fresh(committed, subscription)
    assert [bill.total for bill in await bills(committed, subscription)] == [pen(3100)] * charged
    start = subscription.started_on if charged == 1 else subscription.started_on + timedelta(days=4 + away)
    assert here.period_to == nth(start, Interval.month, 1, 0).ends_on
    assert [term.kind for term in await unbroken(committed, subscription)] == ["paid", "paused", "paid"]
    await sound(committed, database, tenant)
