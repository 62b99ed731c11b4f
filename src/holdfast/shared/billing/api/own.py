"""Routes of what a signed-in person owes, pays and earns at businesses."""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
import structlog
from litestar import get, post
from msgspec import Meta

from holdfast.kernel import ids
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.billing import archive, collection, explanations, invoices, own
from holdfast.shared.payments import customers, methods, paying
from holdfast.shared.payments.attempts import Kind
from holdfast.shared.payouts import wallets

AT_ONCE = 3
"""Businesses that one request asks at the same time, so that it leaves connections to the others."""
SECONDS = 5.0

log = structlog.get_logger()


class Accounts(msgspec.Struct, kw_only=True):
    """The businesses that somebody pays, or that pay them."""

    items: list[own.Account]


class ComingBack(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where I come back to from the provider's page."""

    return_url: Annotated[str, Meta(min_length=1, max_length=2000)]


class PayPage(msgspec.Struct, kw_only=True):
    """A page of the provider's."""

    url: str


class WithOwnMethod(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A saved way to pay."""

    method_id: UUID


@get("/api/own/accounts", signed_in=True, summary="Where I pay or earn", tags=["own"])
async def list_own_accounts(caller: Caller) -> Accounts:
    """Every business whose customer I am or at which I have a wallet, with what I owe and what I have there."""
    async with caller.transaction(ids.PLATFORM) as tx:
        paid = [one.tenant_id for one in await customers.own_everywhere(tx)]
        found = dict.fromkeys([*paid, *await wallets.own_everywhere(tx)])
    gate = asyncio.Semaphore(AT_ONCE)
    asked = await asyncio.gather(*(_account(caller, gate, tenant) for tenant in found))
    return Accounts(items=[account for account in asked if account is not None])


async def _account(caller: Caller, gate: asyncio.Semaphore, tenant: UUID) -> own.Account | None:
    """How I stand at one business; whatever goes wrong there does not hide the others."""
    async with gate:
        try:
            async with asyncio.timeout(SECONDS), caller.transaction(tenant) as tx:
                return await own.account(tx)
        except Exception as error:
            log.warning("billing.account_unavailable", tenant=str(tenant), exc_info=error)
            return None


@get("/invoices", signed_in=True, summary="My invoices")
async def list_own_invoices(caller: Caller, tenant_id: UUID, page: Page) -> Listing[invoices.Invoice]:
    """What this business sent me, newest first."""
    async with caller.transaction(tenant_id) as tx:
        return await archive.own(tx, page)


@get("/invoices/{invoice_id:uuid}", signed_in=True, summary="An invoice of mine")
async def show_own_invoice(caller: Caller, tenant_id: UUID, invoice_id: UUID) -> own.OwnInvoice:
    """An invoice of mine, its lines, and what corrected and paid it."""
    async with caller.transaction(tenant_id) as tx:
        return await own.shown(tx, invoice_id)


@get("/invoices/{invoice_id:uuid}/explanation", signed_in=True, summary="Why my invoice is what it is")
async def explain_own_invoice(caller: Caller, tenant_id: UUID, invoice_id: UUID) -> explanations.Explanation:
    """Every amount of it, worked out once more from what went into it."""
    async with caller.transaction(tenant_id) as tx:
        found = await own.invoice(tx, invoice_id)
        return await explanations.of_invoice(tx, found.id)


@post(
    "/invoices/{invoice_id:uuid}/checkout",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="A page where I pay an invoice",
)
async def open_own_checkout(caller: Caller, tenant_id: UUID, invoice_id: UUID, data: ComingBack) -> PayPage:
    """The provider's page; while it is open, the same one each time, so that I do not pay twice."""
    async with caller.transaction(tenant_id) as tx:
        payment = await collection.payment_for(tx, await own.invoice(tx, invoice_id, lock=True))
    url = await paying.checkout(
        lambda: caller.transaction(tenant_id), caller.database, payment.id, return_url=data.return_url
    )
    return PayPage(url=url)


@post(
    "/invoices/{invoice_id:uuid}/payment",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="Pay an invoice of mine with a saved way to pay",
)
async def pay_own_invoice(caller: Caller, tenant_id: UUID, invoice_id: UUID, data: WithOwnMethod) -> own.OwnInvoice:
    """Pay what is due. One that is paid, or being paid, is not paid again."""
    async with caller.transaction(tenant_id) as tx:
        invoice = await own.invoice(tx, invoice_id, lock=True)
        await methods.usable(tx, data.method_id, customer_id=invoice.customer_id)
        payment = await collection.charge(tx, invoice, data.method_id)
    paid = await paying.made(lambda: caller.transaction(tenant_id), caller.database, payment.id, Kind.charge)
    async with caller.transaction(tenant_id) as tx:
        await collection.count(tx, paid)
        return await own.shown(tx, invoice_id)


handlers = [list_own_invoices, show_own_invoice, explain_own_invoice, open_own_checkout, pay_own_invoice]
everywhere = [list_own_accounts]
