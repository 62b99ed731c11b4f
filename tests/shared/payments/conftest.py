"""Fixtures of payments: a provider in the process, and somebody who pays."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast import app
from holdfast.integrations.payments import connecting
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.ledger import accounts
from holdfast.shared.payments import (
    calls,
    charging,
    comparing,
    connections,
    customers,
    methods,
    payments,
    postings,
    reconciliation,
)
from tests import accounts as people
from tests import web
from tests.conftest import Open
from tests.shared.payments.peer import Peer

# Importing the application mounts the reactions and the schedules.
REACTING = app.reacting


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    """The provider that every connection leads to."""
    found = Peer()
    monkeypatch.setattr(connecting, "adapter", lambda connection, *, database: found)
    return found


@pytest.fixture
async def connection(committed: Open) -> connections.Connection:
    """The tenant's connection."""
    async with committed() as tx:
        return await connections.open_sandbox(tx)


@pytest.fixture
async def customer(committed: Open) -> customers.Customer:
    """Somebody who pays."""
    async with committed() as tx:
        return await customers.ensure(tx, name="Ana Torres", email="ana@example.com")


@pytest.fixture
def wanted(committed: Open, customer: customers.Customer) -> Callable[..., Awaitable[payments.Payment]]:
    """``await wanted(1250)`` is a payment of S/ 12.50 that the customer is to pay."""

    async def made(minor: int = 1250, **changes: Any) -> payments.Payment:
        values: dict[str, Any] = {
            "customer_id": customer.id,
            "amount": Money(minor, "PEN"),
            "description": "Ten coffees",
            "purpose": payments.ASKED,
            "purpose_id": ids.new(),
            "key": "1",
        }
        async with committed() as tx:
            return await payments.request(tx, **(values | changes))

    return made


@pytest.fixture
def saved(
    committed: Open, connection: connections.Connection, customer: customers.Customer, peer: Peer
) -> Callable[..., Awaitable[methods.Method]]:
    """``await saved("declined")`` is a saved card that behaves so."""

    async def made(name: str = "good") -> methods.Method:
        ref = peer.customers.setdefault(customer.id, f"cus_{ids.new().hex}")
        told = peer.save(ref, name)
        async with committed() as tx:
            await customers.keep_ref(tx, customer.id, connection.id, ref)
            return await methods.remember(tx, customer.id, connection.id, told)

    return made


@pytest.fixture
def charged(
    committed: Open,
    database: Database,
    wanted: Callable[..., Awaitable[payments.Payment]],
    saved: Callable[..., Awaitable[methods.Method]],
) -> Callable[..., Awaitable[payments.Payment]]:
    """``await charged("declined")`` is a payment for which a saved card was charged."""

    async def made(name: str = "good", minor: int = 1250, **changes: Any) -> payments.Payment:
        payment, method = await wanted(minor, **changes), await saved(name)
        return await charge(committed, database, payment.id, method.id)

    return made


@pytest.fixture
async def compared(
    committed: Open, database: Database, tenant: UUID, connection: connections.Connection, peer: Peer
) -> Callable[..., Awaitable[reconciliation.Whole]]:
    """``await compared()`` compares the last days, and gives what was found."""

    def opens() -> AbstractAsyncContextManager[Tx]:
        return transaction(database, tenant)

    async def made() -> reconciliation.Whole:
        async with committed() as tx:
            wanted = await reconciliation.want(tx, connection.id, announce=False)
        await comparing.run(opens, database, wanted.id)
        async with committed() as tx:
            return await reconciliation.whole(tx, wanted.id)

    return made


async def charge(committed: Open, database: Database, payment_id: UUID, method_id: UUID) -> payments.Payment:
    """Charge a payment, as a route does: decided, called, answered."""
    async with committed() as tx:
        await charging.charge(tx, payment_id, method_id=method_id)
    await call(committed, database, payment_id)
    async with committed() as tx:
        return await tx.get(payments.Payment, payment_id)


async def call(committed: Open, database: Database, payment_id: UUID) -> None:
    """Make every call that waits for the payment."""
    async with committed() as tx:
        waiting = await tx.all(
            UUID, "select id from payments_attempt where payment_id = $1 and state = 'wanted' order by id", payment_id
        )
    for attempt_id in waiting:
        await calls.run(committed, database, attempt_id)


async def balance(committed: Open, book: str, owner_id: UUID | None, currency: str = "PEN") -> int:
    """What an account of payments holds."""
    async with committed() as tx:
        account = await postings.account(tx, book, currency, owner_id)
        return (await accounts.balance(tx, account)).posted


@pytest.fixture
async def owner(database: Database, settings: Settings, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of the business, at the console."""
    account = await people.new_account(database)
    await people.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        yield client


@pytest.fixture
async def visitor(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who has not signed in."""
    async with web.visitor(database, settings) as client:
        yield client
