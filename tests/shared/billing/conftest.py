"""Fixtures of billing: those of payments, invoices that are quickly made, and a clock that is moved."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import pytest

from holdfast import app
from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.billing import collection, invoices
from holdfast.shared.billing.invoices import PURPOSE, Draft, Invoice, Line
from holdfast.shared.ledger import accounts, books
from holdfast.shared.payments import answers, connections, customers, payments
from tests.conftest import Open
from tests.shared.payments.conftest import connection, customer, peer, saved
from tests.shared.payments.peer import Peer

__all__ = ["connection", "customer", "peer", "saved"]

# Importing the application mounts the reactions and the schedules.
REACTING = app.reacting

Bill: TypeAlias = Callable[..., Awaitable[Invoice]]
Balance: TypeAlias = Callable[..., Awaitable[int]]
Later: TypeAlias = Callable[..., Awaitable[None]]


def pen(minor: int) -> Money:
    """So many céntimos."""
    return Money(minor, "PEN")


def line(minor: int, rate: int = 0, **changes: Any) -> Line:
    """A line of that amount and tax."""
    return Line(description="Ten coffees", amount=pen(minor), tax_basis_points=rate, **changes)


@pytest.fixture
def bill(committed: Open, customer: customers.Customer) -> Bill:
    """``await bill(1000)`` is an invoice of S/ 10.00 that nobody collects; fields of the draft may be given."""

    async def made(minor: int = 1000, rate: int = 0, **changes: Any) -> Invoice:
        values: dict[str, Any] = {
            "customer_id": customer.id,
            "currency": "PEN",
            "lines": [line(minor, rate)],
            "collect": False,
        }
        async with committed() as tx:
            return await invoices.issue(tx, Draft(**(values | changes)))

    return made


@pytest.fixture
def subscribed(committed: Open, customer: customers.Customer) -> Callable[..., Awaitable[tuple[UUID, list[UUID]]]]:
    """``await subscribed(3)`` is a subscription of the customer with three days for periods, and their ids."""

    async def made(periods: int = 1) -> tuple[UUID, list[UUID]]:
        subscription, plan, first = ids.new(), ids.new(), date(2026, 1, 1)
        period_ids = [ids.new() for _ in range(periods)]
        async with committed() as tx:
            await tx.execute(_PLAN, plan, tx.now)
            await tx.execute(_SUBSCRIPTION, subscription, customer.id, plan, first, tx.now)
            for n, period_id in enumerate(period_ids):
                days = (first + timedelta(days=n), first + timedelta(days=n + 1))
                follows = days[0] if n else None
                await tx.execute(_PERIOD, period_id, subscription, n + 1, *days, follows, plan, tx.now)
        return subscription, period_ids

    return made


_PLAN = """
    insert into billing_plan (id, code, name, currency, interval, created_at, changed_at)
    values ($1, 'daily', 'Daily', 'PEN', 'day', $2, $2)
"""
_SUBSCRIPTION = """
    insert into billing_subscription (id, customer_id, plan_id, price_ids, quantity, currency, status, anchor_on,
        started_on, created_at, changed_at)
    values ($1, $2, $3, '{}', 1, 'PEN', 'active', $4, $4, $5, $5)
"""
_PERIOD = """
    insert into billing_period (id, subscription_id, owner, number, kind, starts_on, ends_on, follows_on, plan_id,
        quantity, created_at)
    values ($1, $2, 'engine', $3, 'paid', $4, $5, $6, $7, 1, $8)
"""


@pytest.fixture
def again(committed: Open) -> Callable[[UUID], Awaitable[Invoice]]:
    """``await again(invoice.id)`` is the invoice as it is now."""

    async def found(invoice_id: UUID) -> Invoice:
        async with committed() as tx:
            return await tx.get(Invoice, invoice_id)

    return found


@pytest.fixture
def balance(committed: Open) -> Balance:
    """``await balance("billing.credit", customer.id)`` is what an account holds; 0 for one that was never opened."""

    async def held(book: str, owner_id: UUID | None = None, currency: str = "PEN") -> int:
        async with committed() as tx:
            account = await accounts.find_account(tx, book=book, unit=currency, owner_id=owner_id)
            return 0 if account is None else (await accounts.balance(tx, account.id)).posted

    return held


@pytest.fixture
def later(committed: Open) -> Later:
    """``await later(days=1)`` moves the tenant's clock forward."""

    async def moved(**forward: float) -> None:
        async with committed() as tx:
            await tx.execute("update tenants_tenant set clock_offset = clock_offset + $1", timedelta(**forward))

    return moved


async def payment_of(committed: Open, invoice_id: UUID) -> payments.Payment:
    """The newest payment for an invoice."""
    async with committed() as tx:
        return (await payments.for_purpose(tx, PURPOSE, invoice_id))[-1]


@pytest.fixture
def pay(
    committed: Open, database: Database, peer: Peer, connection: connections.Connection
) -> Callable[..., Awaitable[payments.Payment]]:
    """``await pay(invoice)`` pays an invoice at the provider's page; what it tells is believed, and not yet counted."""

    async def paid(invoice: Invoice) -> payments.Payment:
        async with committed() as tx:
            payment = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        async with committed() as tx:
            opened = await connections.opened(tx, connection.id)
            payer = await customers.payer(tx, payment.customer_id, connection.id)
            purchase = purchase_of(payment, payer)
            return await answers.told(tx, opened, peer.put(peer.made(purchase, "captured")))

    return paid


def purchase_of(payment: payments.Payment, payer: ports.Payer) -> ports.Purchase:
    """A payment as the provider knows it."""
    return ports.Purchase(
        payment_id=payment.id,
        amount=payment.amount,
        description=payment.description,
        payer=payer,
    )


class _Owing(msgspec.Struct):
    owner_id: UUID
    unit: str
    receivable: int
    due: int


async def sound(committed: Open, database: Database, tenant: UUID) -> None:
    """The books prove themselves, and what every customer owes is what their open invoices ask for."""
    async with books.snapshot(database, tenant) as tx:
        report = await books.verify(tx)
    assert report.proven, report.findings
    async with committed() as tx:
        owing = await tx.all(_Owing, _OWING)
    assert not owing, owing


_OWING = """
    with owed as (
        select customer_id, total_currency as unit, sum(due_minor) as due from billing_invoice group by 1, 2
    )
    select a.owner_id, a.unit, ledger_sum(a) as receivable, coalesce(o.due, 0)::bigint as due from ledger_account as a
    left join owed as o on o.customer_id = a.owner_id and o.unit = a.unit
    where a.book = 'payments.receivable' and ledger_sum(a) <> coalesce(o.due, 0)
"""
