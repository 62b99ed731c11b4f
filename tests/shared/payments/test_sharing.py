"""Sharing: two customers whom a provider takes for one, and persons whom a business may name."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import transaction
from holdfast.shared.payments import asking, connections, customers, methods, paying
from holdfast.shared.payments.customers import Customer
from tests import accounts
from tests.conftest import Open
from tests.shared.payments.conftest import call, charge
from tests.shared.payments.desk import BACK, answered
from tests.shared.payments.peer import Peer

ONE = "cust_of_both"


@pytest.fixture
async def both(committed: Open, customer: Customer, peer: Peer) -> tuple[Customer, Customer]:
    """Two customers with the same address, for whom the provider has one."""
    async with committed() as tx:
        other = await customers.ensure(tx, name="Luis Torres", email="ana@example.com")
    peer.customers |= {customer.id: ONE, other.id: ONE}
    return customer, other


@pytest.fixture
def kept(
    committed: Open, database: Database, connection: connections.Connection
) -> Callable[[Customer], Awaitable[list[str | None]]]:
    """``await kept(customer)`` asks the provider for their cards, and gives their last digits."""

    async def asked(customer: Customer) -> list[str | None]:
        async with committed() as tx:
            way = await connections.opened(tx, connection.id)
        return [one.last4 for one in await asking.saved_methods(committed, database, way, customer.id)]

    return asked


async def test_both_pay_on_a_page_and_by_a_saved_card(
    committed: Open, database: Database, peer: Peer, wanted: Any, both: tuple[Customer, Customer], connection: Any
) -> None:
    for customer in both:
        payment = await wanted(customer_id=customer.id)
        assert await paying.checkout(committed, database, payment.id, return_url=BACK)
        async with committed() as tx:
            assert await customers.ref(tx, customer.id, connection.id) == ONE
            told = ports.Method(ref=f"good_{customer.id.hex}", kind="card", brand="visa", last4="4242")
            method = await methods.remember(tx, customer.id, connection.id, told)
        paid = await charge(committed, database, (await wanted(customer_id=customer.id)).id, method.id)
        assert paid.status == "captured"
    async with committed() as tx:
        first, second = both
        assert await customers.of_ref(tx, connection.id, ONE) == first.id
        assert await customers.of_ref(tx, connection.id, ONE, ours=second.id) == second.id
        assert await customers.of_ref(tx, connection.id, ONE, ours=ids.new()) == first.id
        assert await customers.of_ref(tx, connection.id, "nobody") is None


async def test_nobody_is_handed_the_card_that_somebody_else_saved(
    committed: Open,
    database: Database,
    peer: Peer,
    wanted: Any,
    both: tuple[Customer, Customer],
    kept: Any,
    connection: connections.Connection,
) -> None:
    ana, luis = both
    for customer in both:
        async with committed() as tx:
            await customers.keep_ref(tx, customer.id, connection.id, ONE)
    payment = await wanted(customer_id=luis.id)
    await paying.checkout(committed, database, payment.id, return_url=BACK, save_method=True)
    shown = ports.Method(ref="shown", kind="card", brand="visa", last4="1111")
    told = peer.pay(next(iter(peer.sessions)), method=shown)
    peer.saved[ONE] = [ports.Method(ref="token_1", kind="card", brand="Visa", last4="1111")]
    # Nobody knows yet who it was, and the other one asks first.
    assert await kept(ana) == []
    assert await kept(luis) == []
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    await asking.about(committed, database, way, told.ref)
    assert await kept(ana) == []
    assert await kept(luis) == ["1111"]
    assert await kept(ana) == []
    # One that was saved before the two were taken for one stays with whoever has it.
    async with committed() as tx:
        before = ports.Method(ref="token_0", kind="upi")
        await methods.remember(tx, ana.id, connection.id, before)
    peer.saved[ONE].append(before)
    assert (await kept(ana), await kept(luis)) == ([None], ["1111"])
    peer.saved[ONE].clear()
    assert (await kept(ana), await kept(luis)) == ([], [])
    await call(committed, database, payment.id)


async def test_only_somebody_whom_the_business_knows_is_named_as_a_customer(
    owner: httpx2.AsyncClient, database: Database, committed: Open
) -> None:
    stranger, member, holder = [await accounts.new_account(database) for _ in range(3)]
    async with committed() as tx:
        tenant = tx.tenant
        await tx.execute(
            "insert into holdings_holding (id, person_id, kind, subject_id, business, title, added_at) "
            "values ($1, $2, 'loyalty.card', $3, 'Aurora', 'Ten coffees', $4)",
            ids.new(),
            holder.person,
            ids.new(),
            tx.now,
        )
    await accounts.employ(database, tenant, member, "customer")
    # Whoever is a member elsewhere is a stranger here all the same.
    async with transaction(database, ids.PLATFORM) as tx:
        assert await tx.find(type(tenant), "select id from people_person where id = $1", stranger.person)
    said = []
    for person in (stranger.person, ids.new()):
        answer = await owner.post("/api/payments/customers", json={"name": "Ana", "person_id": str(person)})
        assert answer.status_code == 422, answer.text
        assert "constraint" not in answer.text
        assert "fkey" not in answer.text
        said.append({name: value for name, value in answer.json().items() if name not in ("request_id", "instance")})
    assert said[0] == said[1]
    for account in (member, holder):
        made = await answered(owner, "POST", "/customers", {"name": "Ana", "person_id": str(account.person)})
        assert made["person_id"] == str(account.person)
