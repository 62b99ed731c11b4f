"""Rosters: lists of subscriptions take few statements, however long, and each way in has its index."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from holdfast.kernel.database import Addresses
from holdfast.kernel.pages import Page
from holdfast.shared.billing import catalog, roster, subscriptions
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.test_subscriptions import FLAT, POWER, SEATS, plan, subscribed

__all__ = ["subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]
MANY = 20_000


async def test_a_customer_sees_everything_about_each_page_by_page(
    committed: Open, subscribed: Subscribed, customer: customers.Customer
) -> None:
    made = [
        await subscribed(FLAT),
        await subscribed(SEATS, POWER, quantity=3),
        await subscribed(FLAT, SEATS, trial_days=14),
    ]
    async with committed() as tx:
        whole = [await subscriptions.whole(tx, await tx.get(Subscription, one.id)) for one in reversed(made)]
        first = await roster.of_customer(tx, customer.id, Page(limit=2))
        second = await roster.of_customer(tx, customer.id, Page(after=first.next, limit=2))
    assert [*first.items, *second.items] == whole
    assert second.next is None
    async with committed() as tx:
        asked: list[str] = []
        with tx.connection.query_logger(lambda record: asked.append(record.query)):
            await roster.of_customer(tx, customer.id, Page())
    assert len(asked) == 4


async def test_lists_of_subscriptions_are_served_by_indexes(
    committed: Open, customer: customers.Customer, where: Addresses
) -> None:
    async with committed() as tx:
        sold = await plan(tx, FLAT)
        await tx.execute(_SUBSCRIPTIONS, MANY, customer.id, sold.plan.id)
    connection = await asyncpg.connect(where.owner)
    await connection.execute("analyze billing_subscription")
    await connection.close()
    asked: dict[str, tuple[str, list[Any], str]] = {
        "all": (subscriptions._ALL, [None, 51], "billing_subscription_key"),
        "status": (subscriptions._OF_STATUS, [None, 51, "parked"], "billing_subscription_status"),
        "plan": (subscriptions._OF_PLAN, [None, 51, customer.id, None], "billing_subscription_plan"),
        "customer": (subscriptions._OF_CUSTOMER, [None, 51, sold.plan.id, None, None], "billing_subscription_customer"),
    }
    async with committed() as tx:
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        for name, (sql, arguments, index) in asked.items():
            lines = await tx.connection.fetch(f"explain {sql}", *arguments)
            found = "\n".join(row[0] for row in lines)
            assert index in found, f"{name}: {found}"
            assert "Seq Scan on billing_subscription" not in found, f"{name}: {found}"


async def test_a_list_holds_what_was_asked_for(
    committed: Open, subscribed: Subscribed, customer: customers.Customer
) -> None:
    one, other = await subscribed(FLAT), await subscribed(SEATS, trial_days=14)
    async with committed() as tx:
        plans = await tx.all(catalog.Plan, "select * from billing_plan")

        async def ids(**wanted: Any) -> list[Any]:
            return [found.id for found in (await subscriptions.listing(tx, Page(), **wanted)).items]

        assert len(plans) == 2
        assert await ids() == [other.id, one.id]
        assert await ids(status=Status.trialing) == [other.id]
        assert await ids(plan_id=one.plan_id) == [one.id]
        assert await ids(plan_id=one.plan_id, status=Status.trialing) == []
        assert await ids(customer_id=customer.id) == [other.id, one.id]
        assert await ids(customer_id=customer.id, plan_id=one.plan_id, status=Status.active) == [one.id]
        assert await ids(customer_id=one.plan_id) == []


_SUBSCRIPTIONS = """
    insert into billing_subscription (id, customer_id, plan_id, price_ids, quantity, currency, status, anchor_on,
        started_on, ended_on, created_at, changed_at)
    select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, $3, '{}', 1, 'PEN',
        case when n % 50 = 0 then 'active' else 'cancelled' end, date '2020-01-01', date '2020-01-01',
        case when n % 50 = 0 then null else date '2020-02-01' end, now(), now()
    from generate_series(1, $1::bigint) as n
"""
