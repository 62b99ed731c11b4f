"""Joining: whoever is a customer subscribes by themselves, again too, and sees before what it costs."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Actor
from holdfast.shared.billing import catalog, ending, joining
from holdfast.shared.billing.catalog import New, NewPrice
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.rating import Kind
from holdfast.shared.payments import customers
from tests import accounts
from tests.conftest import Open
from tests.shared.billing.conftest import pen

Sold: TypeAlias = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def person(committed: Open, database: Database) -> Actor:
    """Somebody with an account who pays at the business."""
    account = await accounts.new_account(database)
    async with committed() as tx:
        await customers.ensure(tx, name="Ana Torres", person_id=account.person)
    return account.actor


@pytest.fixture
def sold(committed: Open) -> Sold:
    """``await sold(trial_days=14)`` is the id of a plan of S/ 31.00."""

    async def made(**changes: Any) -> UUID:
        price = NewPrice(kind=Kind.per_period, label="Parking", amount=pen(3100))
        values: dict[str, Any] = {"code": f"p{ids.new().hex[-12:]}", "name": "Parking", "currency": "PEN"}
        async with committed() as tx:
            return (await catalog.make(tx, New(prices=[price], **(values | changes)))).plan.id

    return made


async def test_what_is_shown_is_what_is_charged(committed: Open, person: Actor, sold: Sold) -> None:
    plan_id = await sold()
    async with committed(person) as tx:
        preview = await joining.previewed(tx, joining.Wanted(plan_id=plan_id))
    async with committed(person) as tx:
        made = await joining.join(tx, joining.Wanted(plan_id=plan_id))
    async with committed() as tx:
        invoice = await tx.one(Invoice, "select * from billing_invoice where subscription_id = $1", made.id)
    assert preview.now is not None
    assert invoice.total == preview.now.total == pen(3100)


async def test_the_same_request_twice_subscribes_once(committed: Open, person: Actor, sold: Sold) -> None:
    wanted = joining.Wanted(plan_id=await sold(), id=ids.new())
    async with committed(person) as tx:
        first = await joining.join(tx, wanted)
    async with committed(person) as tx:
        again = await joining.join(tx, wanted)
        count = await tx.one(int, "select count(*) from billing_invoice where subscription_id = $1", first.id)
    assert again.id == first.id
    assert count == 1


async def test_nobody_has_the_same_subscription_twice(committed: Open, person: Actor, sold: Sold) -> None:
    plan_id = await sold()
    async with committed(person) as tx:
        await joining.join(tx, joining.Wanted(plan_id=plan_id))
    async with committed(person) as tx:
        with pytest.raises(joining.HasIt):
            await joining.join(tx, joining.Wanted(plan_id=plan_id))


async def test_somebody_comes_back_and_has_no_second_trial(committed: Open, person: Actor, sold: Sold) -> None:
    plan_id = await sold(trial_days=14)
    async with committed(person) as tx:
        first = await joining.join(tx, joining.Wanted(plan_id=plan_id))
    async with committed() as tx:
        await ending.cancelled(tx, first.id, when="now")
    async with committed(person) as tx:
        again = await joining.join(tx, joining.Wanted(plan_id=plan_id))
    assert first.trial_ends_on is not None
    assert again.trial_ends_on is None
    assert again.status == "active"


async def test_only_what_customers_may_choose_is_chosen(
    committed: Open, person: Actor, sold: Sold, database: Database
) -> None:
    hidden, gone = await sold(public=False), await sold()
    async with committed() as tx:
        await catalog.change(tx, gone, catalog.Changes(active=False))
    async with committed(person) as tx:
        with pytest.raises(NotFound):
            await joining.join(tx, joining.Wanted(plan_id=hidden))
    async with committed(person) as tx:
        with pytest.raises(catalog.NotSold):
            await joining.join(tx, joining.Wanted(plan_id=gone))
    stranger = await accounts.new_account(database)
    async with committed(stranger.actor) as tx:
        with pytest.raises(NotFound):
            await joining.join(tx, joining.Wanted(plan_id=gone))
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from billing_subscription") == 0
