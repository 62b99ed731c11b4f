"""Customers and their saved ways to pay."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound
from holdfast.kernel.tx import Actor
from holdfast.shared.payments import asking, connections, customers, methods
from holdfast.shared.payments.customers import Customer
from holdfast.shared.payments.methods import Method
from tests import accounts
from tests.conftest import Drain, Open
from tests.shared.payments.peer import Peer

Saved = Callable[..., Awaitable[Method]]


async def test_a_reference_is_one_customer(committed: Open) -> None:
    async def ensure() -> Customer:
        async with committed() as tx:
            return await customers.ensure(tx, name="Luis  Vega", reference="driver:7")

    found = await asyncio.gather(*(ensure() for _ in range(6)))
    assert len({one.id for one in found}) == 1
    assert found[0].name == "Luis Vega"
    async with committed() as tx:
        again = await customers.ensure(tx, name="Another", id=found[0].id)
    assert again == found[0]


@pytest.mark.parametrize("values", [{"name": " "}, {"email": "no"}, {"phone": "12"}, {"tax_id": ""}, {"reference": ""}])
async def test_a_customer_must_make_sense(committed: Open, values: dict[str, Any]) -> None:
    given: dict[str, Any] = {"name": "Luis"} | values
    async with committed() as tx:
        with pytest.raises(Invalid):
            await customers.ensure(tx, **given)


async def test_customers_are_found_by_name_and_address(committed: Open) -> None:
    async with committed() as tx:
        for name, email in [("Ana Torres", "torres@example.com"), ("Berta", None), ("Luis", "ana@example.com")]:
            await customers.ensure(tx, name=name, email=email)
        listed = await customers.customers(tx, Page(limit=2))
        rest = await customers.customers(tx, Page(after=listed.next, limit=2))
        found = await customers.customers(tx, Page(), search="ANA")
    assert [one.name for one in listed.items + rest.items] == ["Ana Torres", "Berta", "Luis"]
    assert rest.next is None
    assert [one.name for one in found.items] == ["Ana Torres", "Luis"]


async def test_a_person_finds_themselves(committed: Open, database: Database) -> None:
    account = await accounts.new_account(database)
    async with committed() as tx:
        customer = await customers.ensure(tx, name="Ana", person_id=account.person)
    async with committed(account.actor) as tx:
        assert (await customers.mine(tx)).id == customer.id
    async with committed(account.actor, tenant=ids.PLATFORM) as tx:
        assert [one.id for one in await customers.own_everywhere(tx)] == [customer.id]
    stranger = await accounts.new_account(database)
    async with committed(stranger.actor) as tx:
        with pytest.raises(NotFound):
            await customers.mine(tx)


async def test_details_are_corrected(committed: Open, customer: Customer) -> None:
    async with committed() as tx:
        changed = await customers.change(
            tx, customer.id, customers.Changes(name="Ana María", email=None, tax_id="20123456789")
        )
    assert (changed.name, changed.email, changed.tax_id) == ("Ana María", None, "20123456789")
    async with committed(Actor(kind="person")) as tx:
        with pytest.raises(NotAllowed):
            await customers.change(tx, customer.id, customers.Changes(name="X"))


async def test_the_first_method_is_the_default_and_there_is_one(
    committed: Open, customer: Customer, connection: connections.Connection, peer: Peer
) -> None:
    told = [peer.save("cus_1") for _ in range(4)]

    async def remember(one: ports.Method) -> Method:
        async with committed() as tx:
            return await methods.remember(tx, customer.id, connection.id, one)

    await asyncio.gather(*(remember(one) for one in told * 2))
    async with committed() as tx:
        kept = await methods.of(tx, customer.id)
        assert len(kept) == 4
        assert [one.is_default for one in kept] == [True, False, False, False]
        changed = await methods.make_default(tx, kept[3].id)
        assert changed.is_default
        default = await methods.default(tx, customer.id)
    assert default is not None
    assert default.id == kept[3].id


async def test_a_removed_method_is_forgotten_by_the_provider_and_stays_removed(
    committed: Open,
    database: Database,
    drain: Drain,
    saved: Saved,
    customer: Customer,
    connection: connections.Connection,
    peer: Peer,
) -> None:
    first, second = await saved(), await saved()
    async with committed() as tx:
        known = await methods.known(tx, first.id)
        await methods.remove(tx, first.id)
        await methods.remove(tx, first.id)
        with pytest.raises(methods.Unusable):
            await methods.usable(tx, first.id, customer_id=customer.id)
        default = await methods.default(tx, customer.id)
    assert default is not None
    assert default.id == second.id
    async with committed() as tx:
        # An older list of the provider's still has it.
        await methods.remember(tx, customer.id, connection.id, ports.Method(ref=known.ref, kind="card"))
        assert [one.id for one in await methods.of(tx, customer.id)] == [second.id]
    await drain()
    assert peer.times("forget") == 1
    assert known.ref not in {one.ref for one in peer.saved[peer.customers[customer.id]]}


async def test_our_list_becomes_the_providers(
    committed: Open,
    database: Database,
    saved: Saved,
    customer: Customer,
    connection: connections.Connection,
    peer: Peer,
) -> None:
    first = await saved()
    ref = peer.customers[customer.id]
    peer.saved[ref] = []
    new = peer.save(ref)
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    kept = await asking.saved_methods(committed, database, way, customer.id)
    assert [(one.last4, one.is_default) for one in kept] == [("4242", True)]
    assert kept[0].id != first.id
    async with committed() as tx:
        assert (await methods.known(tx, kept[0].id)).ref == new.ref


async def test_only_the_payer_and_who_takes_payments_touch_a_method(committed: Open, saved: Saved) -> None:
    method = await saved()
    for grants in (frozenset({"payments.read"}), frozenset[str]()):
        async with committed(Actor(kind="person", person=ids.new(), grants=grants)) as tx:
            with pytest.raises(NotAllowed):
                await methods.remove(tx, method.id)
            with pytest.raises(NotAllowed):
                await methods.make_default(tx, method.id)
