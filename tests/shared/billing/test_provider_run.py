"""Subscriptions that the provider runs: confirmed at once, started and charged there, and kept here as it tells."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast import app
from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox import hooks, numbers, state
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.kernel.settings import Settings
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import connections, customers, methods
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import sound

REACTING = app.reacting


@pytest.fixture
async def owner(database: Database, settings: Settings, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of a garage, whose provider's messages come to our own door."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        client.headers["Holdfast-Tenant"] = str(tenant)
        hooks.through(client._transport)
        yield client
        hooks.through(None)


async def driver(committed: Open, database: Database, number: str = "4242424242424242") -> customers.Customer:
    """Somebody who has saved a card at the provider."""
    card = numbers.card(number)
    assert card is not None
    async with committed() as tx:
        connection = await connections.open_sandbox(tx)
        opened = await connections.opened(tx, connection.id)
        customer = await customers.ensure(tx, name="Ana Torres", email="ana@example.com")
        payer = await customers.payer(tx, customer.id, connection.id)
    ref = await Sandbox(opened, database).ensure_customer(payer, key=str(customer.id))
    async with committed() as tx:
        method = ports.Method(ref=state.new_ref("stripe", "method"), kind="card", brand="visa", last4=number[-4:])
        await Place(tx, connection.id, "sandbox-stripe").save(ref, method, card.behaviour, "page")
        await customers.keep_ref(tx, customer.id, connection.id, ref)
        kept = await methods.remember(tx, customer.id, connection.id, method)
        await methods.make_default(tx, kept.id)
    return customer


async def subscribe(client: httpx2.AsyncClient, customer: customers.Customer, **more: Any) -> dict[str, Any]:
    """A driver subscribes to a pass that the provider renews; the answer confirms it."""
    price = {
        "kind": "per_period",
        "label": "Pass",
        "amount": {"minor": 9500, "currency": "PEN"},
        "tax_basis_points": 1800,
    }
    body = {"code": "pass", "name": "Pass", "currency": "PEN", "prices": [price]}
    plan = (await client.post("/api/billing/plans", json=body)).json()["plan"]
    wanted = {"customer_id": str(customer.id), "plan_id": plan["id"], "owner": "provider"} | more
    answer = await client.post("/api/billing/subscriptions", json=wanted)
    assert answer.status_code == 201, answer.text
    confirmed: dict[str, Any] = answer.json()
    return confirmed


@pytest.mark.meets("P21", "P22", "P23", "P24", "P25", "P26")
async def test_the_provider_starts_it_charges_it_and_renews_it(
    owner: httpx2.AsyncClient, committed: Open, database: Database, tenant: UUID, drain: Drain
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    assert (confirmed["owner"], confirmed["status"]) == ("provider", "incomplete")
    await drain()
    async with committed() as tx:
        subscription = await tx.get(Subscription, UUID(confirmed["id"]))
        issued = await tx.all(Invoice, "select * from billing_invoice")
    assert (subscription.status, subscription.next_at) == (Status.active, None)
    assert subscription.provider_ref is not None
    assert [(bill.status, bill.total.minor) for bill in issued] == [("paid", 11210)]
    for _ in range(2):
        async with committed() as tx:
            await tx.execute("update tenants_tenant set clock_offset = clock_offset + $1", timedelta(days=32))
        await drain()
    async with committed() as tx:
        issued = await tx.all(Invoice, "select * from billing_invoice order by number")
        payments_made = await tx.one(int, "select count(*) from payments_payment where status = 'captured'")
    assert [bill.status for bill in issued] == ["paid"] * 3
    assert payments_made == 3
    await sound(committed, database, tenant)


@pytest.mark.meets("P23")
async def test_one_of_the_two_owns_a_subscription_and_never_both(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain
) -> None:
    customer = await driver(committed, database)
    confirmed = await subscribe(owner, customer)
    await drain()
    async with committed() as tx:
        with pytest.raises(Invalid, match="billing_subscription_one_owner"):
            await tx.execute("update billing_subscription set next_at = now() where id = $1", UUID(confirmed["id"]))


async def test_it_is_ended_at_the_provider(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain
) -> None:
    customer = await driver(committed, database)
    confirmed = await subscribe(owner, customer)
    await drain()
    ended = await owner.post(f"/api/billing/subscriptions/{confirmed['id']}/cancellation", json={"when": "now"})
    assert ended.status_code == 200, ended.text
    await drain()
    async with committed() as tx:
        assert (await tx.get(Subscription, UUID(confirmed["id"]))).status is Status.cancelled
