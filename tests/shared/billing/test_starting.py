"""Starting: what could not be charged, shown or kept is refused before anything is written."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.kernel.problems import Invalid, NotFound
from holdfast.shared.billing import changes, coupons, pricing, starting
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import connections, customers, methods
from tests.conftest import Open
from tests.shared.billing.conftest import pen
from tests.shared.billing.test_changes import DEAREST
from tests.shared.billing.test_subscriptions import FLAT, plan, subscribed

__all__ = ["subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]
Saved = Callable[..., Awaitable[methods.Method]]


async def test_the_card_of_somebody_else_is_not_used(
    committed: Open, subscribed: Subscribed, customer: customers.Customer, saved: Saved
) -> None:
    method = await saved()
    async with committed() as tx:
        other = await customers.ensure(tx, name="Luis Vega", email="luis@example.com")
        sold = await plan(tx, FLAT)
        new = starting.New(customer_id=other.id, plan_id=sold.plan.id, method_id=method.id)
        for asked in (starting.preview, starting.start):
            with pytest.raises(NotFound):
                await asked(tx, new)
    assert (await subscribed(FLAT, method_id=method.id)).method_id == method.id
    async with committed() as tx:
        await methods.remove(tx, method.id)
    with pytest.raises(methods.Unusable):
        await subscribed(FLAT, method_id=method.id)


async def test_a_card_that_another_provider_keeps_is_not_promised(
    committed: Open, subscribed: Subscribed, saved: Saved, connection: connections.Connection
) -> None:
    method = await saved()
    made = await subscribed(FLAT, method_id=method.id, owner="provider")
    assert (made.method_id, made.connection_id) == (method.id, connection.id)
    async with committed() as tx:
        other = await connections.open_sandbox(tx, "sandbox-razorpay")
    with pytest.raises(Invalid, match="Another provider"):
        await subscribed(FLAT, method_id=method.id, owner="provider", connection_id=other.id)


@pytest.mark.parametrize(
    ("plan_", "values", "field"),
    [
        ({"trial_days": 14}, {}, "trial_days"),
        ({}, {"trial_days": 7}, "trial_days"),
        ({}, {"coupon": "HALF"}, "coupon"),
        ({}, {"billing_day": 5}, "billing_day"),
    ],
)
async def test_a_provider_is_not_said_to_do_what_it_does_not(
    committed: Open,
    customer: customers.Customer,
    connection: connections.Connection,
    plan_: dict[str, Any],
    values: dict[str, Any],
    field: str,
) -> None:
    async with committed() as tx:
        await coupons.make(tx, coupons.New(code="HALF", name="Half", kind="percent", basis_points=5000))
        sold = await plan(tx, FLAT, **plan_)
        new = starting.New(customer_id=customer.id, plan_id=sold.plan.id, owner="provider", **values)
        for asked in (starting.preview, starting.start):
            with pytest.raises(Invalid) as refused:
                await asked(tx, new)
            assert refused.value.extra["errors"][0].field == field


async def test_a_provider_runs_a_plan_whose_trial_is_not_asked_for(
    committed: Open, subscribed: Subscribed, connection: connections.Connection
) -> None:
    made = await subscribed(FLAT, plan_={"trial_days": 14}, trial_days=0, owner="provider")
    assert (made.owner, made.trial_ends_on) == ("provider", None)


@pytest.mark.parametrize("trial_days", [0, 14])
async def test_what_could_never_be_charged_is_not_begun(
    committed: Open, subscribed: Subscribed, trial_days: int
) -> None:
    with pytest.raises(Invalid):
        await subscribed(DEAREST, quantity=1_000_000, trial_days=trial_days)
    made = await subscribed(FLAT, trial_days=trial_days)
    async with committed() as tx:
        assert (await changes.upcoming(tx, made)).next is not None


@pytest.mark.parametrize(
    ("price", "field"),
    [
        (NewPrice(kind=Kind.per_seat, label="Seat", amount=pen(100), per=10), "prices.0.per"),
        (NewPrice(kind=Kind.per_period, label="Flat", amount=pen(100), per=10), "prices.0.per"),
        (NewPrice(kind=Kind.tiered_usage, label="Power", metric="kwh", tiers=[Tier(unit=3)], per=10), "prices.0.per"),
        (NewPrice(kind=Kind.tiered_seats, label="Seats", tiers=[Tier(unit=3)], amount=pen(9)), "prices.0.amount"),
    ],
)
async def test_what_a_price_would_not_do_is_refused(committed: Open, price: NewPrice, field: str) -> None:
    async with committed() as tx:
        with pytest.raises(Invalid) as refused:
            await plan(tx, price)
        assert refused.value.extra["errors"][0].field == field
        sold = await plan(tx, FLAT)
        with pytest.raises(Invalid):
            await pricing.replace(tx, sold.plan.id, pricing.Replacement(prices=[price]))


async def test_a_price_is_given_back_as_it_was_read(committed: Open) -> None:
    tiers = NewPrice(kind=Kind.tiered_seats, label="Seats", tiers=[Tier(unit=3)], amount=pen(0))
    metered = NewPrice(kind=Kind.metered, label="Messages", metric="messages", amount=pen(5), per=1000)
    async with committed() as tx:
        assert len((await plan(tx, tiers, metered)).prices) == 2
