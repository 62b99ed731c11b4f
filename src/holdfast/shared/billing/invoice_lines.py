"""Invoice lines: what was charged or given back, with what discounts, taxes and credit notes took of it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.derivations import Derivation
from holdfast.kernel.money import Money
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.billing.totals import Totals


class InvoiceLine(Row):
    """A line of an invoice."""

    table: ClassVar[str] = "billing_invoice_line"
    id: UUID
    invoice_id: UUID
    place: int
    description: str
    quantity: int
    unit_amount: Money | None
    amount: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    credited: Money
    tax_basis_points: int
    tax_inclusive: bool
    price_id: UUID | None
    period_from: date | None
    period_to: date | None
    derivations: list[Derivation]


async def insert(tx: Tx, invoice_id: UUID, figures: Totals) -> None:
    """Write down the lines of a new invoice."""
    await tx.insert_many(
        InvoiceLine,
        [
            {
                "id": ids.new(),
                "invoice_id": invoice_id,
                "place": place,
                "description": figured.line.description,
                "quantity": figured.line.quantity,
                "unit_amount_minor": figured.line.unit_amount.minor if figured.line.unit_amount else None,
                "unit_amount_currency": figured.line.unit_amount.currency if figured.line.unit_amount else None,
                "amount": figured.line.amount,
                "discount": figured.discount,
                "net": figured.net,
                "tax": figured.tax,
                "total": figured.total,
                "credited": Money(0, figured.total.currency),
                "tax_basis_points": figured.line.tax_basis_points,
                "tax_inclusive": figured.line.tax_inclusive,
                "price_id": figured.line.price_id,
                "period_from": figured.line.period_from,
                "period_to": figured.line.period_to,
                "derivations": msgspec.to_builtins(figured.derivations),
            }
            for place, figured in enumerate(figures.lines)
        ],
    )


async def lines(tx: Tx, invoice_id: UUID) -> list[InvoiceLine]:
    """The lines of an invoice, in their order."""
    return await tx.all(
        InvoiceLine,
        "select * from billing_invoice_line where tenant_id = kernel_tenant() and invoice_id = $1 order by place "
        "limit 100",
        invoice_id,
    )
