"""Routes of the businesses: open one, see mine, change settings, move the clock."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, patch, post
from msgspec import Meta

from holdfast.kernel import ids
from holdfast.kernel.http import Caller
from holdfast.kernel.problems import NotFound
from holdfast.shared.people import memberships
from holdfast.shared.tenants import tenants


class Forward(msgspec.Struct, kw_only=True):
    """How far a clock is to be moved."""

    forward_seconds: Annotated[int, Meta(ge=1, le=3_153_600_000)]


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


routes: list[Any] = [open_business, mine, settings, change, move_clock]
