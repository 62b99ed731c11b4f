"""Routes of the page on which somebody pays one thing without signing in. The link is all that it takes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import msgspec
from litestar import Response, get, post

from holdfast.kernel import clock
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.tx import NOBODY, Tx
from holdfast.shared.payments import asking, links, paying
from holdfast.shared.payments.api.customers import PageToGo, ReturnTo
from holdfast.shared.tenants import brands

# A link opens what it leads to, so no cache may keep the answer.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def _opens(caller: Caller, link: links.Link) -> Callable[[], AbstractAsyncContextManager[Tx]]:
    """Opens transactions of the link's business on behalf of nobody, whoever else the caller may be."""
    return lambda: caller.transaction(link.tenant, actor=NOBODY)


async def _view(caller: Caller, link: links.Link) -> links.LinkView:
    async with _opens(caller, link)() as tx:
        links.still_good(tx, link)
        view = await links.resolver(link).view(tx, link.subject_id)
        return msgspec.structs.replace(view, business=await brands.brand(tx))


@get("/links/{token:str}", public=True, summary="What a link asks to be paid")
async def show_link(caller: Caller, token: str) -> Response[links.LinkView]:
    """What there is to pay, to whom, and the receipt once it is paid."""
    link = links.read(token, clock.now())
    return Response(await _view(caller, link), headers=_PRIVATE)


@post(
    "/links/{token:str}/checkout",
    public=True,
    idempotency="unused",
    status_code=200,
    summary="A page where a link's amount is paid",
)
async def open_link_checkout(caller: Caller, token: str, data: ReturnTo) -> Response[PageToGo]:
    """The provider's page; while it is open, the same one each time."""
    link = links.read(token, clock.now())
    opens = _opens(caller, link)
    async with opens() as tx:
        links.still_good(tx, link)
        payment = await links.resolver(link).payment(tx, link.subject_id)
    url = await paying.checkout(opens, caller.database, payment.id, return_url=data.return_url)
    return Response(PageToGo(url=url), headers=_PRIVATE)


@post(
    "/links/{token:str}/refresh",
    public=True,
    idempotency="unused",
    status_code=200,
    summary="Ask whether a link's amount was paid",
)
async def refresh_link(caller: Caller, token: str) -> Response[links.LinkView]:
    """The provider is asked, for a payer who came back from its page before its message did."""
    link = links.read(token, clock.now())
    view = await _view(caller, link)
    if view.payment_id is not None and view.receipt is None:
        await asking.payment(_opens(caller, link), caller.database, view.payment_id)
        view = await _view(caller, link)
    return Response(view, headers=_PRIVATE)


handlers = [show_link, open_link_checkout, refresh_link]
