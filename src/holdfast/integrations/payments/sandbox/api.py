"""Routes of the sandbox: the page on which somebody pays, and what whoever tries things out may look at and do."""

from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import HttpMethod, Request, Response, Router, get, post, route
from litestar.params import Parameter

from holdfast.integrations.outcomes import CallFailed
from holdfast.integrations.payments.sandbox import books, hooks
from holdfast.integrations.payments.sandbox import page as pages
from holdfast.kernel.auth import grant
from holdfast.kernel.http import html
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.tx import NOBODY, Tx

LOOK = grant("sandbox.payments", "See and move what is in the payment sandbox", roles=("owner", "manager"))
_MOST_BYTES = 4096


class NotNow(Problem):
    """The sandbox cannot do this with it as it stands."""


class Deed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to happen in the sandbox."""

    what: Literal["settle", "fail", "dispute", "refund", "win", "lose"]


class Held(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether messages are held back."""

    held: bool


def _only_where_there_is_one(caller: Caller) -> None:
    if caller.database.settings.environment == "production":
        raise NotFound


def _inside(caller: Caller, tenant: UUID) -> AbstractAsyncContextManager[Tx]:
    """A transaction of the sandbox's: whoever pays is nobody to us."""
    _only_where_there_is_one(caller)
    return caller.transaction(tenant, actor=NOBODY)


def _answer(shown: pages.Shown, lang: str) -> Response[bytes]:
    if shown.onward is not None:
        return Response(b"", status_code=303, headers={"Location": shown.onward, "Cache-Control": "no-store"})
    return html.page(
        pages.render(shown, lang=lang),
        status=shown.status,
        policy=pages.POLICY,
        headers={"Cache-Control": "no-store"},
    )


AnyRequest = Request[Any, Any, Any]


@route(
    "/sandbox/pay/{tenant_id:uuid}/{ref:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    public=True,
    include_in_schema=False,
)
async def show_page(request: AnyRequest, caller: Caller, tenant_id: UUID, ref: str) -> Response[bytes]:
    """The page on which somebody pays, saves a card, or answers their bank."""
    lang = pages.language(request.headers.get("accept-language", ""))
    async with _inside(caller, tenant_id) as tx:
        shown = await pages.show(tx, ref[:200], lang=lang)
    return _answer(shown, lang)


@post(
    "/sandbox/pay/{tenant_id:uuid}/{ref:str}",
    public=True,
    idempotency="unused",
    max_body_bytes=_MOST_BYTES,
    include_in_schema=False,
)
async def act(request: AnyRequest, caller: Caller, tenant_id: UUID, ref: str) -> Response[bytes]:
    """Pay, save, or answer; then on to where the payer came from."""
    lang = pages.language(request.headers.get("accept-language", ""))
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=20))
    async with _inside(caller, tenant_id) as tx:
        shown = await pages.act(tx, ref[:200], form, lang=lang)
    return _answer(shown, lang)


@get("/payments", grant=LOOK, summary="What the payment sandbox keeps")
async def list_payments(caller: Caller, page: Page) -> Listing[books.Charge]:
    """Payments in the sandbox, newest first, with their refunds and disputes."""
    _only_where_there_is_one(caller)
    async with caller.transaction() as tx:
        return await books.charges(tx, page)


@post("/payments/{ref:str}/deeds", grant=LOOK, summary="Let something happen in the payment sandbox")
async def create_deed(caller: Caller, ref: str, data: Deed) -> books.Charge:
    """Settle what is on its way or let it fail, dispute or refund what is paid, decide a dispute."""
    _only_where_there_is_one(caller)
    async with caller.transaction() as tx:
        try:
            return await books.do(tx, ref, data.what)
        except CallFailed as failed:
            raise NotNow(str(failed)) from failed


@get("/deliveries", grant=LOOK, summary="Messages that the payment sandbox sent us")
async def list_deliveries(caller: Caller, page: Page) -> Listing[hooks.Delivery]:
    """The sandbox's webhooks, newest first, with what we answered."""
    _only_where_there_is_one(caller)
    async with caller.transaction() as tx:
        return await hooks.deliveries(tx, page)


@post("/deliveries/{delivery_id:uuid}/again", grant=LOOK, summary="Deliver a message once more")
async def create_delivery(
    caller: Caller,
    delivery_id: UUID,
    times: Annotated[int, Parameter(description="How often", ge=1, le=5)] = 1,
) -> hooks.Delivery:
    """Post a message again, or one that was held back."""
    _only_where_there_is_one(caller)
    async with caller.transaction() as tx:
        for _ in range(times - 1):
            await hooks.again(tx, delivery_id)
        return await hooks.again(tx, delivery_id)


@post("/hold", grant=LOOK, status_code=200, summary="Hold messages back, or let them go")
async def create_hold(caller: Caller, data: Held) -> Held:
    """While messages are held back, somebody may lose, repeat or reorder them."""
    _only_where_there_is_one(caller)
    async with caller.transaction() as tx:
        await books.hold(tx, held=data.held)
    return data


routes: list[Any] = [
    show_page,
    act,
    Router(
        "/api/sandbox",
        route_handlers=[list_payments, create_deed, list_deliveries, create_delivery, create_hold],
        tags=["sandbox"],
    ),
]
