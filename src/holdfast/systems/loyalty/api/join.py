"""The public page on which a guest becomes a member: HTML, and a form that works without any script.

Whoever sends the form acts as nobody, whichever session their browser happens to carry: a café's owner who tries the
poster joins as any guest does. The gate has refused what another site's page sends.
"""

import hashlib
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from litestar import HttpMethod, Request, Response, post, route

from holdfast.kernel import ids, telemetry
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http import html, idempotency
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.problems import NotFound, Problem, TooLarge, TooSlow
from holdfast.kernel.tx import NOBODY, Tx
from holdfast.systems.loyalty import businesses, cards, holding, joining, members, programs, welcome
from holdfast.systems.loyalty.joining import Form, Shop
from holdfast.systems.loyalty.welcome import Around, Asked, Page

AnyRequest: TypeAlias = Request[Any, Any, Any]


@route("/join/{slug:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], public=True, include_in_schema=False)
async def show_join(request: AnyRequest, caller: Caller, slug: str) -> Response[bytes]:
    """The page behind a business's poster. Meets L25."""
    around = _around(request, caller, _asked(request))
    shop = await _shop(caller, slug)
    return _answer(welcome.message("missing", around) if shop is None else welcome.form_page(around, shop))


# The number of the attempt stands in the form, so the header of that purpose is of no use here.
@post(
    "/join/{slug:str}",
    public=True,
    idempotency="unused",
    max_body_bytes=joining.MOST_BYTES,
    include_in_schema=False,
)
async def join(request: AnyRequest, caller: Caller, slug: str) -> Response[bytes]:
    """On to the new member's card; or the page again, with what is wrong beside its field."""
    asked = _asked(request)
    around = _around(request, caller, asked)
    shop = await _shop(caller, slug)
    if shop is None:
        return _answer(welcome.message("missing", around))
    try:
        body = await request.body()
        form = joining.read(request.headers.get("content-type", ""), body)
    except (joining.Unreadable, TooLarge, TooSlow) as problem:
        page = welcome.message("unreadable", around, shop=shop, status=problem.status)
        return _answer(page, headers=problem.headers)
    # The language that the consent was read in, which may have been chosen since the address was opened.
    asked = Asked(program=asked.program, lang=form.value("lang") or asked.lang, accepted=asked.accepted)
    around = _around(request, caller, asked)
    new = joining.checked(form, shop, welcome.language(asked, shop.languages))
    if new is None:
        return _answer(welcome.form_page(around, shop, form))
    token = None
    try:
        async with _once(request, caller, shop, form, body) as tx:
            enrollment = await members.join(tx, new)
            if enrollment.new:
                token = await cards.holder_token(tx, enrollment.member.id)
    except Problem as problem:
        # The business may have changed what it gives since the form was opened.
        shop = await _shop(caller, slug)
        if shop is None:
            return _answer(welcome.message("missing", around))
        if not joining.note(form, problem, shop):
            raise
        return _answer(welcome.form_page(around, shop, form))
    if token is None:
        # Nobody has shown that the number is theirs, so it opens nothing.
        page = welcome.message("known", around, shop=shop, phone=new.phone)
        return _answer(page, headers={"Cache-Control": "no-store"})
    telemetry.CUSTOMERS_ENROLLED.add(shop.id)
    link = holding.LINK + token
    return _answer(welcome.message("ready", around, shop=shop, link=link), headers={"Location": link})


def _asked(request: AnyRequest) -> Asked:
    return Asked(
        program=str(request.query_params.get("program", ""))[:64],
        lang=str(request.query_params.get("lang", ""))[:35],
        accepted=request.headers.get("accept-language", ""),
    )


def _around(request: AnyRequest, caller: Caller, asked: Asked) -> Around:
    return Around(asked=asked, head=html.tags(request, welcome.ENTRY), public_url=caller.database.settings.public_url)


async def _shop(caller: Caller, slug: str) -> Shop | None:
    """The business that the address names, or None where nobody can join anything."""
    try:
        async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
            # Slugs are written small, and who types one off a poster may not.
            tenant = await businesses.named(tx, slug.lower())
        async with caller.transaction(tenant, actor=NOBODY) as tx:
            return await joining.shop(tx)
    except (NotFound, programs.SwitchedOff):
        return None


def _once(request: AnyRequest, caller: Caller, shop: Shop, form: Form, body: bytes) -> AbstractAsyncContextManager[Tx]:
    """A transaction that a form sent twice goes through once: the second time, the first answer comes again.

    Without it, an impatient thumb would lose the card: its first request makes the member and is answered to nobody,
    its second finds a number that is known, and opens nothing.
    """
    key = joining.attempt_key(form, body)
    if key is None:
        return caller.transaction(shop.id, actor=NOBODY)
    exchange = exchanges.of(request.scope)
    exchange.key = key
    digest = hashlib.sha256(body).digest()
    return idempotency.keyed(caller.database, exchange, tenant=shop.id, actor=NOBODY, request_hash=digest)


def _answer(page: Page, *, headers: dict[str, str] | None = None) -> Response[bytes]:
    # Of a form that comes from a page without referrer, browsers say that it comes from nowhere, and the gate refuses.
    found = {"Referrer-Policy": "same-origin", "Vary": "Accept-Language", **(headers or {})}
    return html.page(page.html, status=page.status, policy=page.policy, headers=found)


handlers = [show_join, join]
