"""Fixtures of billing: those of payments, invoices that are quickly made, and a clock that is moved."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import pytest

from holdfast import app
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.billing import invoices
from holdfast.shared.billing.invoices import Draft, Invoice, Line
from holdfast.shared.ledger import accounts, books
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.payments.conftest import connection, customer, peer, saved

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
