"""A garage lives through fourteen months in a minute: renewals, declines, recoveries, both changes of the clocks."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from holdfast import app
from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox import hooks, numbers, state
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.kernel import clock, derivations, ids, worker
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.billing import catalog, dunning, ending, invoices, starting, subscriptions, usage
from holdfast.shared.billing.catalog import New, NewPrice
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.ledger import books
from holdfast.shared.payments import comparing, connections, customers, methods, reconciliation
from tests import web
from tests.conftest import new_tenant

TIMEZONE = "Europe/Madrid"
DAYS = 426
CARDS = {4: "5555555555554444", 200: "4000000000009995", 217: "4242424242424242"}
"""The cards of somebody whose bank says no now and then, by the day on which they begin to use them."""


def eur(minor: int) -> Money:
    """So many cents."""
    return Money(minor, "EUR")


@pytest.fixture
async def garage(database: Database, settings: Settings) -> AsyncIterator[UUID]:
    """A garage in Madrid, whose provider's messages come to our own door."""
    tenant = await new_tenant(database, name="Garaje Lavapiés", timezone=TIMEZONE, currency="EUR", country="ES")
    async with web.visitor(database, settings) as client:
        hooks.through(client._transport)
        yield tenant
        hooks.through(None)


async def driver(database: Database, tenant: UUID, name: str, number: str) -> customers.Customer:
    """Somebody who has saved a card that behaves as its number says."""
    async with transaction(database, tenant) as tx:
        connection = await connections.open_sandbox(tx)
        opened = await connections.opened(tx, connection.id)
        customer = await customers.ensure(tx, name=name, email=f"{name.lower()}@example.com")
        payer = await customers.payer(tx, customer.id, connection.id)
    ref = await Sandbox(opened, database).ensure_customer(payer, key=f"{customer.id}")
    await save(database, tenant, customer, connection.id, ref, number)
    return customer


async def save(
    database: Database, tenant: UUID, customer: customers.Customer, connection_id: UUID, ref: str, number: str
) -> None:
    """They type another card's number on the provider's page, and use that one from now on."""
    card = numbers.card(number)
    assert card is not None
    async with transaction(database, tenant) as tx:
        method = ports_method(card)
        await Place(tx, connection_id, "sandbox-stripe").save(ref, method, card.behaviour, "cs_page")
        await customers.keep_ref(tx, customer.id, connection_id, ref)
        kept = await methods.remember(tx, customer.id, connection_id, method)
        await methods.make_default(tx, kept.id)


def ports_method(card: numbers.Card) -> ports.Method:
    """A card as the provider tells it."""
    return ports.Method(
        ref=state.new_ref("stripe", "method"), kind="card", brand=card.brand, last4=card.digits[-4:], expires="2032-12"
    )


async def plans(tx: Tx) -> dict[str, UUID]:
    """What the garage sells."""
    vat: Any = {"tax_basis_points": 2100}
    sold = {
        "space": [NewPrice(kind=Kind.per_period, label="Space, day and night", amount=eur(9500), **vat)],
        "fleet": [NewPrice(kind=Kind.per_seat, label="Space of a fleet", amount=eur(7000), **vat)],
        "power": [
            NewPrice(kind=Kind.per_period, label="Space with a charger", amount=eur(12000), tax_inclusive=True, **vat),
            NewPrice(
                kind=Kind.tiered_usage, label="Power", metric="kwh", tiers=[Tier(up_to=100, unit=35), Tier(unit=29)]
            ),
        ],
    }
    made = {}
    for code, prices in sold.items():
        made[code] = (await catalog.make(tx, New(code=code, name=code, currency="EUR", prices=prices))).plan.id
    return made


@pytest.mark.meets("P24", "P26", "P69")
@pytest.mark.timeout(240)
async def test_fourteen_months_in_a_minute(garage: UUID, database: Database) -> None:
    tenant, began = garage, time.monotonic()
    good = await driver(database, tenant, "Good", "4242424242424242")
    broke = await driver(database, tenant, "Broke", "4000000000000341")
    silent = await driver(database, tenant, "Silent", "4000000000006975")
    async with transaction(database, tenant) as tx:
        sold = await plans(tx)
        running = [
            await starting.start(tx, starting.New(customer_id=good.id, plan_id=sold["space"], billing_day=31)),
            await starting.start(tx, starting.New(customer_id=good.id, plan_id=sold["fleet"], quantity=4)),
            await starting.start(tx, starting.New(customer_id=good.id, plan_id=sold["power"], trial_days=14)),
            await starting.start(tx, starting.New(customer_id=broke.id, plan_id=sold["space"])),
            await starting.start(tx, starting.New(customer_id=silent.id, plan_id=sold["space"])),
        ]
        leaving = await starting.start(tx, starting.New(customer_id=good.id, plan_id=sold["space"]))
        before = tx.now
    await worker.drain(database, app.registry, tenants=[tenant])
    offsets = set()
    for day in range(DAYS):
        async with transaction(database, tenant) as tx:
            await tx.execute("update tenants_tenant set clock_offset = clock_offset + interval '1 day'")
            if day % 30 == 10:
                await usage.tell(tx, running[2].id, id=ids.new(), metric="kwh", quantity=90 + day)
            if day == 200:
                await ending.cancelled(tx, leaving.id, when="end")
        if day in CARDS:
            async with transaction(database, tenant) as tx:
                connection = await connections.open_sandbox(tx)
                ref = await customers.ref(tx, broke.id, connection.id)
            assert ref is not None
            await save(database, tenant, broke, connection.id, ref, CARDS[day])
        await worker.drain(database, app.registry, tenants=[tenant])
    async with transaction(database, tenant) as tx:
        assert tx.now - before > timedelta(days=420)
        lived = await tx.all(Subscription, "select * from billing_subscription order by id")
        issued = await tx.all(Invoice, "select * from billing_invoice order by number")
        assert [int(bill.number.rpartition("-")[2]) for bill in issued if bill.number.startswith(str(before.year))]
        for subscription in lived:
            terms = (await subscriptions.terms(tx, subscription.id, 100))[::-1]
            for one, other in pairwise(terms):
                assert one.ends_on == other.starts_on
                offsets.add(clock.start_of(other.starts_on, TIMEZONE).hour)
            bills = [bill for bill in issued if bill.subscription_id == subscription.id]
            paid_terms = [term for term in terms if term.kind == "paid"]
            assert sorted(bill.period_id for bill in bills if bill.period_id) == sorted(term.id for term in paid_terms)
            for bill in bills:
                for line in await invoices.lines(tx, bill.id):
                    assert all(derivations.recompute(how) == how.result for how in line.derivations)
        recovered = await tx.all(dunning.Case, "select * from billing_dunning where state = 'recovered'")
        connection = await connections.open_sandbox(tx)
        run = await reconciliation.want(tx, connection.id, since=tx.now - timedelta(days=399), announce=False)
    # Midnight in Madrid is at 22 or at 23 o'clock UTC: the clocks went both ways.
    assert offsets == {22, 23}
    assert {subscription.status for subscription in lived} <= {Status.active, Status.cancelled, Status.past_due}
    assert sum(subscription.status is Status.cancelled for subscription in lived) == 1
    assert len(recovered) >= 2, "Nobody who could not pay paid later."
    assert all(bill.status == "paid" for bill in issued if bill.customer_id != broke.id)
    done = await comparing.run(lambda: transaction(database, tenant), database, run.id)
    assert (done.status, done.standing) == ("clean", 0)
    assert done.compared > 50
    async with books.snapshot(database, tenant) as tx:
        assert (await books.verify(tx)).proven
    assert time.monotonic() - began < 200, "It is no minute on this machine any more."
