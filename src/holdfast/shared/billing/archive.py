"""The archive: invoices as lists, and one with everything that belongs to it."""

from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import credit, credit_notes, dunning, invoices, receipts, redemptions, settlements
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.invoices import Draft, Invoice, InvoiceLine, Status
from holdfast.shared.payments import customers, history


class Listed(Invoice, kw_only=True, frozen=True):
    """An invoice in a list, with its customer's name as it was on the day."""

    customer_name: str


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with everything that belongs to it."""

    invoice: Invoice
    lines: list[InvoiceLine]
    credit_notes: list[credit_notes.CreditNote]
    settlements: list[settlements.Settlement]
    payments: list[history.Shown]
    dunning: dunning.Standing | None
    credit: Money
    """What the customer has in credit, in the invoice's currency."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which invoices are asked for."""

    status: Status | None = None
    customer_id: UUID | None = None
    subscription_id: UUID | None = None
    overdue: bool = False


async def create(tx: Tx, draft: Draft, *, coupon: str | None = None) -> Invoice:
    """``invoices.issue`` by hand, with a coupon's code when there is one.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        coupons.NoSuchCoupon, coupons.NotRedeemable, coupons.RedeemedAlready: the coupon takes nothing off.
        coupons.OtherCurrency: it takes off an amount of another currency.
    """
    tx.must(MANAGE)
    # Whoever asks twice at once would redeem the coupon twice, so the second waits here already.
    if coupon is not None and await invoices.issued(tx, draft) is None:
        taken = await redemptions.for_invoice(tx, coupon, customer_id=draft.customer_id, currency=draft.currency)
        draft = msgspec.structs.replace(draft, discounts=[taken])
    return await invoices.issue(tx, draft)


async def detail(tx: Tx, invoice_id: UUID) -> Detail:
    """An invoice with everything that belongs to it, for those who may see it.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        NotFound: there is no such invoice.
    """
    tx.must(READ)
    return await whole(tx, await tx.get(Invoice, invoice_id))


async def whole(tx: Tx, invoice: Invoice) -> Detail:
    """What belongs to an invoice; asks for no grant."""
    return Detail(
        invoice=invoice,
        lines=await invoices.lines(tx, invoice.id),
        credit_notes=await credit_notes.of_invoice(tx, invoice.id),
        settlements=await settlements.of_invoice(tx, invoice.id),
        payments=[history.shown(one) for one in await receipts.payments_of(tx, invoice.id)],
        dunning=await dunning.of_invoice(tx, invoice.id),
        credit=await credit.available(tx, invoice.customer_id, invoice.total.currency),
    )


async def listing(tx: Tx, page: Page, wanted: Filter) -> Listing[Listed]:
    """The business's invoices, newest first. Each filter alone is served by an index of its own.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    conditions: list[Any] = [page.after_id(), page.fetch, wanted.customer_id, wanted.subscription_id]
    status = None if wanted.status is None else wanted.status.value
    # One statement per way in, so that each is planned for the index that serves it.
    if wanted.overdue:
        found = await tx.all(Listed, _OVERDUE, *conditions, status)
    elif wanted.customer_id is not None:
        found = await tx.all(Listed, _OF_CUSTOMER, *conditions, status)
    elif wanted.subscription_id is not None:
        found = await tx.all(Listed, _OF_SUBSCRIPTION, *conditions[:2], wanted.subscription_id, status)
    elif status is not None:
        found = await tx.all(Listed, _OF_STATUS, *conditions[:2], status)
    else:
        found = await tx.all(Listed, _ALL, *conditions[:2])
    return pages.listing(page, found, lambda invoice: invoice.id)


async def own(tx: Tx, page: Page) -> Listing[Invoice]:
    """What the acting person was sent by this business, newest first, as they may see it.

    Raises:
        NotFound: they are no customer of it.
        Invalid: the cursor was not made by this list.
    """
    customer = await customers.mine(tx)
    found = await tx.all(
        Invoice,
        "select * from billing_invoice where tenant_id = kernel_tenant() and customer_id = $1 "
        "and ($2::uuid is null or id < $2) order by id desc limit $3",
        customer.id,
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, [without_notes(invoice) for invoice in found], lambda invoice: invoice.id)


def without_notes(invoice: Invoice) -> Invoice:
    """An invoice without what the staff wrote about it for themselves: why they voided it or gave it up."""
    return msgspec.structs.replace(invoice, reason=None)


_OVERDUE = """
    select i.*, i.buyer ->> 'name' as customer_name from billing_invoice as i
    where i.tenant_id = kernel_tenant() and i.overdue and ($1::uuid is null or i.id < $1)
        and ($3::uuid is null or i.customer_id = $3) and ($4::uuid is null or i.subscription_id = $4)
        and ($5::text is null or i.status = $5)
    order by i.id desc limit $2
"""
_OF_CUSTOMER = """
    select i.*, i.buyer ->> 'name' as customer_name from billing_invoice as i
    where i.tenant_id = kernel_tenant() and i.customer_id = $3 and ($1::uuid is null or i.id < $1)
        and ($4::uuid is null or i.subscription_id = $4) and ($5::text is null or i.status = $5)
    order by i.id desc limit $2
"""
_OF_SUBSCRIPTION = """
    select i.*, i.buyer ->> 'name' as customer_name from billing_invoice as i
    where i.tenant_id = kernel_tenant() and i.subscription_id = $3 and ($1::uuid is null or i.id < $1)
        and ($4::text is null or i.status = $4)
    order by i.id desc limit $2
"""
_OF_STATUS = """
    select i.*, i.buyer ->> 'name' as customer_name from billing_invoice as i
    where i.tenant_id = kernel_tenant() and i.status = $3 and ($1::uuid is null or i.id < $1)
    order by i.id desc limit $2
"""
_ALL = """
    select i.*, i.buyer ->> 'name' as customer_name from billing_invoice as i
    where i.tenant_id = kernel_tenant() and ($1::uuid is null or i.id < $1)
    order by i.id desc limit $2
"""
