"""Routes of the customers who pay, and of their saved ways to pay."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import Parameter
from msgspec import Meta

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payments import connections, customers, methods, setting_up

Text = Annotated[str, Meta(max_length=500)]


class NewCustomer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody who pays."""

    name: Text
    email: Text | None = None
    phone: Text | None = None
    reference: Text | None = None
    """What you call them; the same reference is the same customer."""
    tax_id: Text | None = None
    language: Text | None = None
    person_id: UUID | None = None
    id: UUID | None = None
    """Made by the client, so that the same request sent twice adds one customer."""


class ReturnTo(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the payer comes back to."""

    return_url: Annotated[str, Meta(min_length=1, max_length=2000)]


class PageToGo(msgspec.Struct, kw_only=True):
    """A page of the provider's."""

    url: str


class MethodList(msgspec.Struct, kw_only=True):
    """Saved ways to pay, the default first."""

    items: list[methods.Method]


@get("/customers", grant=connections.READ, summary="Customers who pay")
async def list_payers(
    caller: Caller,
    page: Page,
    search: Annotated[str | None, Parameter(description="Start of a name or address", max_length=100)] = None,
) -> Listing[customers.Customer]:
    """Who pays at the business, by name."""
    async with caller.transaction() as tx:
        return await customers.customers(tx, page, search=search)


@post("/customers", grant=customers.TAKE, summary="Add a customer who pays")
async def add_payer(caller: Caller, data: NewCustomer) -> customers.Customer:
    """Add a customer; one of the same id or reference stays as it is."""
    async with caller.transaction() as tx:
        return await customers.add(tx, **msgspec.structs.asdict(data))


@get("/customers/{customer_id:uuid}", grant=connections.READ, summary="A customer who pays")
async def show_payer(caller: Caller, customer_id: UUID) -> customers.Customer:
    """Who it is."""
    async with caller.transaction() as tx:
        return await customers.show(tx, customer_id)


@patch("/customers/{customer_id:uuid}", grant=customers.TAKE, summary="Correct a customer who pays")
async def change_payer(caller: Caller, customer_id: UUID, data: customers.Changes) -> customers.Customer:
    """Name, addresses, tax number and language."""
    async with caller.transaction() as tx:
        return await customers.change(tx, customer_id, data)


@get("/customers/{customer_id:uuid}/methods", grant=connections.READ, summary="A customer's saved ways to pay")
async def list_methods(caller: Caller, customer_id: UUID) -> MethodList:
    """What a customer has saved, the default first."""
    async with caller.transaction() as tx:
        await customers.show(tx, customer_id)
        return MethodList(items=await methods.of(tx, customer_id))


@post(
    "/customers/{customer_id:uuid}/methods/setup",
    grant=customers.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Let a customer save a way to pay",
)
async def set_up_method(caller: Caller, customer_id: UUID, data: ReturnTo) -> PageToGo:
    """A page of the provider's where a way to pay is saved; card data never passes through here (P63)."""
    url = await setting_up.set_up(caller.transaction, caller.database, customer_id, return_url=data.return_url)
    return PageToGo(url=url)


@post(
    "/customers/{customer_id:uuid}/methods/refresh",
    grant=customers.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Ask the provider for a customer's ways to pay",
)
async def refresh_methods(caller: Caller, customer_id: UUID) -> MethodList:
    """What the provider keeps for them now."""
    return MethodList(items=await setting_up.refreshed_methods(caller.transaction, caller.database, customer_id))


@delete("/methods/{method_id:uuid}", grant=customers.TAKE, idempotency="unused", summary="Remove a saved way to pay")
async def remove_method(caller: Caller, method_id: UUID) -> None:
    """It is used no more, and the provider forgets it."""
    async with caller.transaction() as tx:
        await methods.remove(tx, method_id)


@post(
    "/methods/{method_id:uuid}/default", grant=customers.TAKE, status_code=200, summary="Make a way to pay the default"
)
async def make_default(caller: Caller, method_id: UUID) -> methods.Method:
    """The customer pays so unless somebody says otherwise."""
    async with caller.transaction() as tx:
        return await methods.make_default(tx, method_id)


handlers = [
    list_payers,
    add_payer,
    show_payer,
    change_payer,
    list_methods,
    set_up_method,
    refresh_methods,
    remove_method,
    make_default,
]
