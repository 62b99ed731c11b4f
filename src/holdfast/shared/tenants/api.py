"""Routes of the businesses: open one, see mine, change settings, show a logo, move the clock."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from msgspec import Meta

from holdfast.kernel import ids
from holdfast.kernel.http import Caller
from holdfast.kernel.problems import NotFound
from holdfast.shared.people import memberships
from holdfast.shared.tenants import brands, tenants


class Forward(msgspec.Struct, kw_only=True):
    """How far a clock is to be moved."""

    forward_seconds: Annotated[int, Meta(ge=1, le=3_153_600_000)]


@dataclass
class _OfPicture(Operation):
    """An operation whose body is a picture itself, and so nothing that the framework could read off the handler."""

    def __post_init__(self) -> None:
        picture = Schema(type=OpenAPIType.STRING, format="binary")  # type: ignore[arg-type] # any word may stand there
        self.request_body = RequestBody(
            content={kind: OpenAPIMediaType(schema=picture) for kind in ("image/png", "image/jpeg", "image/webp")},
            description="The picture itself, at most 1 MB.",
            required=True,
        )


def _acted_in(caller: Caller, tenant_id: UUID) -> None:
    # What the caller may do was looked up for the business they act in, and counts in no other.
    if caller.tenant != tenant_id or tenant_id == ids.PLATFORM:
        raise NotFound("Name the business in the Holdfast-Tenant header; you see it only if you belong to it.")


@post("/api/tenants", signed_in=True)
async def open_business(caller: Caller, data: tenants.New) -> tenants.Tenant:
    """Open a business; I am its owner. With an id of the client's making, sent twice it opens one."""
    async with caller.transaction(data.id or ids.new()) as tx:
        tenant = await tenants.open_business(tx, data)
    caller.forget(person=caller.actor.person)
    return tenant


@get("/api/tenants", signed_in=True)
async def mine(caller: Caller) -> list[memberships.Business]:
    """The businesses that I belong to, and as what."""
    async with caller.transaction(ids.PLATFORM) as tx:
        return await memberships.own(tx)


@get("/api/tenants/{tenant_id:uuid}", grant="tenants.read")
async def settings(caller: Caller, tenant_id: UUID) -> tenants.Tenant:
    """The settings of a business that I belong to."""
    _acted_in(caller, tenant_id)
    async with caller.transaction() as tx:
        return await tenants.settings(tx)


@patch("/api/tenants/{tenant_id:uuid}", grant="tenants.manage")
async def change(caller: Caller, tenant_id: UUID, data: tenants.Changes) -> tenants.Tenant:
    """Change settings of the business."""
    _acted_in(caller, tenant_id)
    async with caller.transaction() as tx:
        return await tenants.change(tx, data)


# What is put is what there is, so sent twice it is there once without a key.
@put(
    "/api/tenants/{tenant_id:uuid}/logo",
    grant="tenants.manage",
    idempotency="unused",
    max_body_bytes=brands.MOST_BYTES,
    operation_class=_OfPicture,
)
async def put_logo(request: Request[Any, Any, Any], caller: Caller, tenant_id: UUID) -> tenants.Tenant:
    """Show a logo: PNG, JPEG or WebP, at most 1 MB. It is drawn anew, at most 512 pixels wide and high."""
    _acted_in(caller, tenant_id)
    image = await brands.drawn(await request.body(), request.headers.get("content-type", ""))
    async with caller.transaction() as tx:
        return await brands.put_logo(tx, image)


@delete("/api/tenants/{tenant_id:uuid}/logo", grant="tenants.manage", status_code=200)
async def take_logo_away(caller: Caller, tenant_id: UUID) -> tenants.Tenant:
    """Show no logo any more; what was uploaded is forgotten."""
    _acted_in(caller, tenant_id)
    async with caller.transaction() as tx:
        return await tenants.change(tx, tenants.Changes(logo_url=None))


@get("/api/brands/{slug:str}", public=True)
async def show_brand(caller: Caller, slug: str) -> brands.Brand:
    """How a business looks to its customers, by its name in addresses."""
    async with caller.transaction(ids.PLATFORM) as tx:
        tenant = await brands.tenant_of(tx, slug)
    async with caller.transaction(tenant) as tx:
        return await brands.brand(tx)


@get("/api/brands/{tenant_id:uuid}/{name:str}", public=True, media_type="image/webp")
async def show_logo(caller: Caller, tenant_id: UUID, name: str) -> Response[bytes]:
    """A logo. What an address shows never changes, and it may stand on anybody's page."""
    async with caller.transaction(tenant_id) as tx:
        image = await brands.logo(tx, name)
    return Response(
        image,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": f'"{name}"',
            "Vary": "Origin",
        },
    )


@get("/api/tenants/{tenant_id:uuid}/clock", grant="tenants.read", summary="What time it is for the business")
async def show_clock(caller: Caller, tenant_id: UUID) -> tenants.Moment:
    """The business's moment, which differs from ours where its clock was moved, and whether its jobs have caught up."""
    _acted_in(caller, tenant_id)
    async with caller.transaction() as tx:
        return await tenants.moment(tx, movable=caller.database.settings.movable_clock)


@post("/api/tenants/{tenant_id:uuid}/clock", grant="tenants.clock")
async def move_clock(caller: Caller, tenant_id: UUID, data: Forward) -> tenants.Moment:
    """Move the business's clock forward, in demonstrations and tests: the time machine."""
    _acted_in(caller, tenant_id)
    async with caller.transaction() as tx:
        return await tenants.move_clock(
            tx,
            forward=timedelta(seconds=data.forward_seconds),
            movable=caller.database.settings.movable_clock,
        )


routes: list[Any] = [
    open_business,
    mine,
    settings,
    change,
    put_logo,
    take_logo_away,
    show_brand,
    show_logo,
    show_clock,
    move_clock,
]
