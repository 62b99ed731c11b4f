"""Routes of what a signed-in person pays at a business: their saved ways to pay, and their payments."""

from uuid import UUID

from litestar import delete, get, post

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import customers, history, methods, setting_up
from holdfast.shared.payments.api.customers import MethodList, PageToGo, ReturnTo


async def _mine(tx: Tx, method_id: UUID) -> None:
    """Stop unless the method is the acting person's own."""
    own = await customers.mine(tx)
    method = await tx.get(methods.Method, method_id)
    if method.customer_id != own.id:
        raise NotFound(f"You have no method with the id {method_id}.")


@get("/methods", signed_in=True, summary="My saved ways to pay")
async def list_own_methods(caller: Caller, tenant_id: UUID) -> MethodList:
    """What I have saved at this business, the default first."""
    async with caller.transaction(tenant_id) as tx:
        return MethodList(items=await methods.of(tx, (await customers.mine(tx)).id))


@post("/methods/setup", signed_in=True, idempotency="unused", status_code=200, summary="Save a way to pay of my own")
async def set_up_own_method(caller: Caller, tenant_id: UUID, data: ReturnTo) -> PageToGo:
    """A page of the provider's where I save a way to pay."""
    async with caller.transaction(tenant_id) as tx:
        own = await customers.mine(tx)
    url = await setting_up.set_up(
        lambda: caller.transaction(tenant_id), caller.database, own.id, return_url=data.return_url
    )
    return PageToGo(url=url)


@post(
    "/methods/refresh",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="Ask the provider for my saved ways to pay",
)
async def refresh_own_methods(caller: Caller, tenant_id: UUID) -> MethodList:
    """For a payer who came back from the provider's page before its message did."""
    async with caller.transaction(tenant_id) as tx:
        own = await customers.mine(tx)
    found = await setting_up.refreshed_methods(lambda: caller.transaction(tenant_id), caller.database, own.id)
    return MethodList(items=found)


@delete("/methods/{method_id:uuid}", signed_in=True, idempotency="unused", summary="Remove a saved way to pay of mine")
async def remove_own_method(caller: Caller, tenant_id: UUID, method_id: UUID) -> None:
    """It is used no more, and the provider forgets it."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, method_id)
        await methods.remove(tx, method_id)


@post(
    "/methods/{method_id:uuid}/default",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="Pay so from now on",
)
async def make_own_default(caller: Caller, tenant_id: UUID, method_id: UUID) -> methods.Method:
    """I pay so unless I say otherwise."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, method_id)
        return await methods.make_default(tx, method_id)


@get("/payments", signed_in=True, summary="My payments")
async def list_own_payments(caller: Caller, tenant_id: UUID, page: Page) -> Listing[history.Item]:
    """What I paid at this business, newest first."""
    async with caller.transaction(tenant_id) as tx:
        return await history.own(tx, page, (await customers.mine(tx)).id)


handlers = [
    list_own_methods,
    set_up_own_method,
    refresh_own_methods,
    remove_own_method,
    make_own_default,
    list_own_payments,
]
