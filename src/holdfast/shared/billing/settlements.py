"""Settlements: what paid an invoice, each thing once: a payment, credit, cash, a transfer; and what went back."""

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

from holdfast.kernel.money import Money
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

Kind: TypeAlias = Literal["payment", "credit", "cash", "transfer", "refund", "returned"]


class Settlement(Row):
    """Something that went into an invoice, or came back out of it."""

    table: ClassVar[str] = "billing_settlement"
    id: UUID
    invoice_id: UUID
    kind: Kind
    amount: Money
    """What of it counts for the invoice; below zero for what was given back."""
    over: Money
    """What was more than the invoice needed, and became the customer's credit."""
    source_id: UUID | None
    """The payment or the refund."""
    reference: str | None
    """What the business noted, such as the number of a bank statement."""
    at: datetime
    by_kind: str
    by_id: UUID | None


async def note(
    tx: Tx,
    id: UUID,  # noqa: A002 - the column's name
    invoice_id: UUID,
    kind: Kind,
    *,
    amount: Money,
    over: Money | None = None,
    source_id: UUID | None = None,
    reference: str | None = None,
) -> bool:
    """Write down what settled an invoice; gives whether that is new, so that whoever asks twice settles once."""
    added = await tx.execute(
        "insert into billing_settlement (id, invoice_id, kind, amount_minor, amount_currency, over_minor, "
        "over_currency, source_id, reference, at, by_kind, by_id) "
        "values ($1, $2, $3, $4, $5, $6, $5, $7, $8, $9, $10, $11) on conflict do nothing",
        id,
        invoice_id,
        kind,
        amount.minor,
        amount.currency,
        over.minor if over else 0,
        source_id,
        reference,
        tx.now,
        tx.actor.kind,
        tx.actor.id,
    )
    return added > 0


async def noted(tx: Tx, id: UUID) -> Settlement | None:  # noqa: A002 - the column's name
    """The settlement of that id, if it was written down."""
    return await tx.find(Settlement, "select * from billing_settlement where id = $1", id)


async def of_invoice(tx: Tx, invoice_id: UUID) -> list[Settlement]:
    """What settled an invoice, in the order in which it did."""
    return await tx.all(
        Settlement,
        "select * from billing_settlement where tenant_id = kernel_tenant() and invoice_id = $1 order by at, id "
        "limit 1000",
        invoice_id,
    )


async def over_of(tx: Tx, payment_id: UUID) -> int:
    """What of a payment was not needed for its invoice and was not given back since, in minor units.

    A refund of it that did not arrive is not needed either: it was credited, and became the customer's credit.
    """
    return await tx.one(
        int,
        "select coalesce(sum(over_minor), 0)::bigint from billing_settlement "
        "where tenant_id = kernel_tenant() and kind in ('payment', 'refund', 'returned') and source_id in "
        "(select $1::uuid union all select id from payments_refund where tenant_id = kernel_tenant() "
        "and payment_id = $1)",
        payment_id,
    )


async def over(tx: Tx, invoice_id: UUID, currency: str) -> int:
    """``over_of`` for all payments of an invoice that were in that currency."""
    return await tx.one(
        int,
        "select coalesce(sum(over_minor), 0)::bigint from billing_settlement "
        "where tenant_id = kernel_tenant() and kind in ('payment', 'refund', 'returned') and invoice_id = $1 "
        "and over_currency = $2",
        invoice_id,
        currency,
    )
