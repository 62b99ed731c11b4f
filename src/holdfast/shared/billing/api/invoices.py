"""Routes of invoices, and of what becomes of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import Parameter
from msgspec import Meta

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.shared.billing import archive, closing, collection, credit, credit_notes, explanations, invoices
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.lines import Draft, Line
from holdfast.shared.payments import links, paying, refunds
from holdfast.shared.payments.attempts import Kind

Text = Annotated[str, Meta(max_length=500)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Rate = Annotated[int, Meta(ge=0, le=10_000)]


class NewLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of an invoice that is written by hand."""

    description: Annotated[str, Meta(min_length=1, max_length=500)]
    unit_amount: Money
    """Below zero for something that is given back."""
    quantity: Count = 1
    tax_basis_points: Rate = 0
    tax_inclusive: bool = False
    discountable: bool = True
    period_from: date | None = None
    period_to: date | None = None


class NewInvoice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An invoice that is written by hand."""

    customer_id: UUID
    lines: Annotated[list[NewLine], Meta(min_length=1, max_length=100)]
    due_on: date | None = None
    memo: Annotated[str, Meta(max_length=2000)] | None = None
    coupon: Annotated[str, Meta(max_length=100)] | None = None
    collect: bool = False
    """Charge the customer's saved way to pay on the day it is due."""
    use_credit: bool = True
    id: UUID | None = None
    """Made by the client, so that the same request sent twice is one invoice."""


class Why(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why something is done."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class NewCreditNote(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What of an invoice is taken back: lines, an amount, or all that is left."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    lines: Annotated[list[credit_notes.Part], Meta(min_length=1, max_length=100)] | None = None
    amount: Money | None = None
    refund: bool = False
    """Give back what was paid; it is kept as the customer's credit otherwise."""
    id: UUID | None = None


class Outside(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Money that came by cash or bank transfer."""

    method: Literal["cash", "transfer"]
    reference: Annotated[str, Meta(max_length=255)] | None = None
    amount: Money | None = None
    """All that is due when absent."""
    id: UUID | None = None


class NewCredit(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Credit for a customer."""

    amount: Money
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    id: UUID | None = None


class InvoiceLink(msgspec.Struct, kw_only=True):
    """The link of an invoice's page."""

    url: str
    token: str
    expires_at: datetime


class Credits(msgspec.Struct, kw_only=True):
    """What a customer has in credit, per currency."""

    items: list[Money]


def _draft(data: NewInvoice) -> Draft:
    currency = data.lines[0].unit_amount.currency
    for line in data.lines:
        if abs(line.unit_amount.minor) * max(line.quantity, 1) >= 2**53:
            raise Invalid("This is more than a line can come to.", field="unit_amount")
    return Draft(
        customer_id=data.customer_id,
        currency=currency,
        lines=[
            Line(
                description=" ".join(line.description.split()),
                amount=line.unit_amount * line.quantity,
                quantity=line.quantity,
                unit_amount=line.unit_amount,
                tax_basis_points=line.tax_basis_points,
                tax_inclusive=line.tax_inclusive,
                discountable=line.discountable,
                period_from=line.period_from,
                period_to=line.period_to,
            )
            for line in data.lines
        ],
        due_on=data.due_on,
        memo=data.memo,
        collect=data.collect,
        use_credit=data.use_credit,
        id=data.id,
    )


@get("/invoices", grant=READ, summary="Invoices")
async def list_invoices(
    caller: Caller,
    page: Page,
    status: Annotated[invoices.Status | None, Parameter(description="Only those that stand so")] = None,
    customer: Annotated[UUID | None, Parameter(description="Only those of a customer")] = None,
    subscription: Annotated[UUID | None, Parameter(description="Only those of a subscription")] = None,
    overdue: Annotated[bool, Parameter(description="Only those whose day is over")] = False,
) -> Listing[archive.Listed]:
    """The business's invoices, newest first."""
    wanted = archive.Filter(status=status, customer_id=customer, subscription_id=subscription, overdue=overdue)
    async with caller.transaction() as tx:
        return await archive.listing(tx, page, wanted)


@post("/invoices", grant=MANAGE, idempotency="required", summary="Issue an invoice")
async def issue_invoice(caller: Caller, data: NewInvoice) -> invoices.Invoice:
    """Issue an invoice, with its number. With the same key twice is once, with an id of the client's for ever."""
    async with caller.transaction() as tx:
        return await archive.create(tx, _draft(data), coupon=data.coupon)


@get("/invoices/{invoice_id:uuid}", grant=READ, summary="An invoice")
async def show_invoice(caller: Caller, invoice_id: UUID) -> archive.Detail:
    """An invoice, its lines, what corrected and paid it, and what is done about it when nobody pays."""
    async with caller.transaction() as tx:
        return await archive.detail(tx, invoice_id)


@post("/invoices/{invoice_id:uuid}/void", grant=MANAGE, status_code=200, summary="Void an invoice")
async def void_invoice(caller: Caller, invoice_id: UUID, data: Why) -> invoices.Invoice:
    """Take an invoice back for which no money came; its number stays."""
    async with caller.transaction() as tx:
        return await closing.void(tx, invoice_id, reason=data.reason)


@post("/invoices/{invoice_id:uuid}/write-off", grant=MANAGE, status_code=200, summary="Give an invoice up")
async def write_off_invoice(caller: Caller, invoice_id: UUID, data: Why) -> invoices.Invoice:
    """What is owed becomes a loss. Money that comes anyway is still counted."""
    async with caller.transaction() as tx:
        return await closing.write_off(tx, invoice_id, reason=data.reason)


@post(
    "/invoices/{invoice_id:uuid}/settlement",
    grant=MANAGE,
    idempotency="required",
    status_code=200,
    summary="Money that came outside",
)
async def settle_invoice(caller: Caller, invoice_id: UUID, data: Outside) -> invoices.Invoice:
    """Count cash or a bank transfer; what is more than due becomes the customer's credit."""
    async with caller.transaction() as tx:
        return await closing.settle_outside(
            tx, invoice_id, method=data.method, reference=data.reference, amount=data.amount, id=data.id
        )


@post("/invoices/{invoice_id:uuid}/credit-notes", grant=MANAGE, idempotency="required", summary="Correct an invoice")
async def credit_invoice(caller: Caller, invoice_id: UUID, data: NewCreditNote) -> credit_notes.CreditNote:
    """Take back lines, an amount, or all that is left, with its tax."""
    async with caller.transaction() as tx:
        if data.refund:
            tx.must(refunds.REFUND)
        return await credit_notes.issue(
            tx,
            invoice_id,
            reason=data.reason,
            parts=data.lines,
            amount=data.amount,
            refund=data.refund,
            id=data.id,
        )


# The call to the provider comes after the decision is committed, so no answer can be kept with it.
@post(
    "/invoices/{invoice_id:uuid}/collection",
    grant=MANAGE,
    idempotency="unused",
    status_code=200,
    summary="Charge an invoice now",
)
async def collect_invoice(caller: Caller, invoice_id: UUID) -> archive.Detail:
    """Use the customer's credit, and charge their saved way to pay for the rest. One that is charged is not again."""
    async with caller.transaction() as tx:
        charged = await collection.collect(tx, invoice_id)
    if charged is not None:
        paid = await paying.made(caller.transaction, caller.database, charged.id, Kind.charge)
        async with caller.transaction() as tx:
            await collection.count(tx, paid)
    async with caller.transaction() as tx:
        return await archive.detail(tx, invoice_id)


@post(
    "/invoices/{invoice_id:uuid}/link",
    grant=MANAGE,
    idempotency="unused",
    status_code=200,
    summary="A link to an invoice's page",
)
async def make_invoice_link(caller: Caller, invoice_id: UUID) -> Response[InvoiceLink]:
    """Whoever has the link sees the invoice and can pay it, and nothing else."""
    async with caller.transaction() as tx:
        invoice = await tx.get(invoices.Invoice, invoice_id)
        until = tx.now + links.VALID_FOR
        token = await links.make(tx, kind="invoice", subject_id=invoice.id, expires=until)
    link = InvoiceLink(url=links.url(caller.database.settings, token), token=token, expires_at=until)
    return Response(link, headers={"Cache-Control": "no-store"})


@get("/explanations/{kind:str}/{subject_id:uuid}", grant=READ, summary="Why the amounts are what they are")
async def explain(caller: Caller, kind: str, subject_id: UUID) -> explanations.Explanation:
    """Every amount of an `invoice` or a `credit-note`, worked out once more from what went into it."""
    async with caller.transaction() as tx:
        return await explanations.of(tx, kind, subject_id)


@post("/customers/{customer_id:uuid}/credits", grant=MANAGE, idempotency="required", summary="Grant a customer credit")
async def grant_credit(caller: Caller, customer_id: UUID, data: NewCredit) -> credit.Credit:
    """Their next invoices use it."""
    async with caller.transaction() as tx:
        return await credit.grant(tx, customer_id, amount=data.amount, reason=data.reason, id=data.id)


@get("/customers/{customer_id:uuid}/credits", grant=READ, summary="What a customer has in credit")
async def show_credit(caller: Caller, customer_id: UUID) -> Credits:
    """What was granted, or paid beyond what was owed, and not used yet."""
    async with caller.transaction() as tx:
        return Credits(items=await credit.of(tx, customer_id))


handlers = [
    list_invoices,
    issue_invoice,
    show_invoice,
    void_invoice,
    write_off_invoice,
    settle_invoice,
    credit_invoice,
    collect_invoice,
    make_invoice_link,
    explain,
    grant_credit,
    show_credit,
]
