"""A plan's prices changed at once: new subscriptions cost the new ones, and what was promised is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import httpx2
import msgspec
import pytest

from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.shared.billing import catalog, ending, pricing, starting, subscriptions
from holdfast.shared.billing.catalog import New, NewPrice, Whole
from holdfast.shared.billing.pricing import History, Replacement
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.conftest import pen
from tests.shared.payments.conftest import owner, visitor

__all__ = ["owner", "visitor"]

FLAT = NewPrice(kind=Kind.per_period, label="Parking", amount=pen(3100))
DEARER = NewPrice(kind=Kind.per_period, label="Parking", amount=pen(3500))
POWER = NewPrice(
    kind=Kind.tiered_usage, label="Power", metric="kwh", tiers=[Tier(up_to=100, unit=5), Tier(unit=3, flat=100)]
)

Replace: TypeAlias = Callable[..., Awaitable[Whole]]
Begin: TypeAlias = Callable[[], Awaitable[Subscription]]


@pytest.fixture
async def sold(committed: Open) -> Whole:
    """A plan of a fixed amount and what is used."""
    async with committed() as tx:
        return await catalog.make(tx, New(code="parking", name="Parking", currency="PEN", prices=[FLAT, POWER]))


@pytest.fixture
def replaced(committed: Open, sold: Whole) -> Replace:
    """``await replaced(DEARER)`` gives the plan these prices and no others."""

    async def made(*prices: NewPrice) -> Whole:
        async with committed() as tx:
            return await pricing.replace(tx, sold.plan.id, Replacement(prices=list(prices)))

    return made


@pytest.fixture
def begun(committed: Open, sold: Whole, customer: customers.Customer) -> Begin:
    """``await begun()`` is another subscription to the plan."""

    async def made() -> Subscription:
        async with committed() as tx:
            return await starting.start(tx, starting.New(customer_id=customer.id, plan_id=sold.plan.id))

    return made


async def told(committed: Open, sold: Whole) -> History:
    """The plan's prices of today and before."""
    async with committed() as tx:
        return await pricing.history(tx, sold.plan.id)


async def monthly(committed: Open, subscription: Subscription) -> Money:
    """What a subscription brings in a month."""
    async with committed() as tx:
        return (await subscriptions.detail(tx, subscription.id)).monthly


async def test_new_subscriptions_cost_the_new_price_and_others_keep_theirs(
    committed: Open, sold: Whole, replaced: Replace, begun: Begin
) -> None:
    before = await begun()
    now = await replaced(DEARER, POWER)
    after = await begun()
    assert await monthly(committed, before) == pen(3100)
    assert await monthly(committed, after) == pen(3500)
    assert {price.label: price.amount for price in now.prices} == {"Parking": pen(3500), "Power": pen(0)}
    shared = [price for price in now.prices if price.label == "Power"]
    assert shared == [price for price in sold.prices if price.label == "Power"], "what did not change stays"


async def test_the_history_says_who_has_which_price(
    committed: Open, sold: Whole, replaced: Replace, begun: Begin
) -> None:
    assert [price.subscriptions for price in (await told(committed, sold)).prices] == [0, 0]
    await begun()
    over = await begun()
    await replaced(DEARER, POWER)
    await begun()
    async with committed() as tx:
        await ending.cancel(tx, over.id, when="now")
    history = await told(committed, sold)
    assert history.subscriptions == 2, "what is over counts no more"
    assert [(price.label, price.amount, price.retired_at is None, price.subscriptions) for price in history.prices] == [
        ("Power", pen(0), True, 2),
        ("Parking", pen(3500), True, 1),
        ("Parking", pen(3100), False, 1),
    ]


async def test_the_same_prices_change_nothing(committed: Open, sold: Whole, replaced: Replace) -> None:
    assert (await replaced(FLAT, POWER)).prices == sold.prices
    once = await replaced(FLAT, FLAT)
    assert [price.amount for price in once.prices] == [pen(3100)] * 2, "the same price twice is two prices"
    assert (await replaced(FLAT, FLAT)).prices == once.prices
    async with committed() as tx:
        said = await tx.one(int, "select count(*) from kernel_event where name = 'billing.plan.changed'")
    assert said == 1


@pytest.mark.parametrize(
    ("prices", "field"),
    [
        ([], "prices"),
        ([FLAT] * 21, "prices"),
        ([FLAT, NewPrice(kind=Kind.per_seat, label="Seat", amount=pen(-1))], "prices.1.amount"),
        ([NewPrice(kind=Kind.per_seat, label="Seat", amount=Money(100, "USD"))], "prices.0.amount"),
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(
    committed: Open, sold: Whole, replaced: Replace, prices: list[NewPrice], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await replaced(*prices)
    assert [error.field for error in refused.value.extra["errors"]] == [field]
    async with committed() as tx:
        assert await catalog.prices_of(tx, sold.plan.id) == sold.prices


async def test_of_two_who_change_the_prices_at_once_the_second_is_told(committed: Open, sold: Whole) -> None:
    seen = [price.id for price in sold.prices]

    async def change(label: str) -> Whole:
        price = msgspec.structs.replace(DEARER, label=label)
        async with committed() as tx:
            return await pricing.replace(tx, sold.plan.id, Replacement(prices=[price], instead_of=seen))

    outcomes = await asyncio.gather(change("Space"), change("Bay"), return_exceptions=True)
    [refused] = [one for one in outcomes if isinstance(one, BaseException)]
    [done] = [one for one in outcomes if not isinstance(one, BaseException)]
    assert isinstance(refused, pricing.Overtaken)
    # The first may say it again, as somebody does whose answer was lost.
    again = await change(done.prices[0].label)
    assert [price.id for price in again.prices] == [price.id for price in done.prices]


async def test_there_are_no_prices_of_no_plan(committed: Open, customer: customers.Customer) -> None:
    async with committed() as tx:
        with pytest.raises(NotFound):
            await pricing.history(tx, customer.id)


async def test_over_http(owner: httpx2.AsyncClient, sold: Whole) -> None:
    path = f"/api/billing/plans/{sold.plan.id}/prices"
    price: dict[str, Any] = {"kind": "per_period", "label": "Parking", "amount": {"minor": 4000, "currency": "PEN"}}
    answer = await owner.put(path, json={"prices": [price]})
    assert answer.status_code == 200, answer.text
    assert [one["amount"]["minor"] for one in answer.json()["prices"]] == [4000]
    told = (await owner.get(path)).json()
    assert (told["subscriptions"], [one["retired_at"] is None for one in told["prices"]]) == (0, [True, False, False])
