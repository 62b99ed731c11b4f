"""Lists and reports of many invoices: each is served by an index, and none reads the whole table."""

from typing import Any

import asyncpg

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses
from holdfast.shared.billing import archive, reports
from holdfast.shared.payments import customers
from tests.conftest import Open

MANY = 20_000


async def test_lists_and_reports_are_served_by_indexes(
    committed: Open, customer: customers.Customer, where: Addresses
) -> None:
    async with committed() as tx:
        await tx.execute(_INVOICES, MANY, customer.id)
    connection = await asyncpg.connect(where.owner)
    await connection.execute("analyze billing_invoice")
    await connection.close()
    own = ids.new()
    asked: dict[str, tuple[str, list[Any], str]] = {
        "all": (archive._ALL, [None, 51], "billing_invoice_key"),
        "status": (archive._OF_STATUS, [None, 51, "open"], "billing_invoice_status"),
        "overdue": (archive._OVERDUE, [None, 51, None, None, None], "billing_invoice_overdue"),
        "customer": (archive._OF_CUSTOMER, [None, 51, own, None, None], "billing_invoice_customer"),
        "subscription": (archive._OF_SUBSCRIPTION, [None, 51, own, None], "billing_invoice_period_once"),
        "outstanding": (reports._OUTSTANDING, [], "Index"),
        "late": (reports._OVERDUE, [], "billing_invoice_overdue"),
    }
    async with committed() as tx:
        for name, (sql, arguments, index) in asked.items():
            lines = await tx.connection.fetch(f"explain {sql}", *arguments)
            plan = "\n".join(row[0] for row in lines)
            assert index in plan, f"{name}: {plan}"
            assert "Seq Scan on billing_invoice" not in plan, f"{name}: {plan}"


_INVOICES = """
    insert into billing_invoice (
        id, number, customer_id, subscription_id, status, subtotal_minor, subtotal_currency, discount_minor,
        discount_currency, net_minor, net_currency, tax_minor, tax_currency, total_minor, total_currency, paid_minor,
        paid_currency, returned_currency, credited_currency, issued_on, due_on, overdue, seller, buyer, taxes,
        discounts, derivations, issued_at, changed_at, paid_at
    )
    select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '2020-' || lpad(n::text, 6, '0'), $2,
        null, case when n % 50 = 0 then 'open' else 'paid' end, 100, 'PEN', 0, 'PEN', 100, 'PEN', 0, 'PEN',
        100, 'PEN', case when n % 50 = 0 then 0 else 100 end, 'PEN', 'PEN', 'PEN',
        date '2020-01-01' + (n / 30)::int, date '2020-01-01' + (n / 30)::int, n % 100 = 0, '{"name": "A"}',
        '{"name": "B"}', '[]', '[]', '[]', now(), now(), now()
    from generate_series(1, $1::bigint) as n
"""
