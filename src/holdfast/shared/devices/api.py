"""Routes of the devices: pair one, see them, revoke one; and what a device asks about itself."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response, get, patch, post
from msgspec import Meta

from holdfast.kernel import http, ids
from holdfast.kernel.http import Caller
from holdfast.kernel.http.csrf import cookie_value, device_cookie, device_cookie_name
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import NOBODY
from holdfast.shared.devices import devices

log = structlog.get_logger()

_NOT_STORED = {"Cache-Control": "no-store"}
Name = Annotated[str, Meta(max_length=1000)]


class NewDevice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A device to be paired."""

    name: Name
    id: UUID | None = None
    """Made by the client, so that the same request sent twice adds one device."""


class Renaming(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a device is to be called."""

    name: Name


class Pairing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The code that somebody read out."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]


class PairedDevice(msgspec.Struct, kw_only=True):
    """A device that was paired just now, and whose it is."""

    device: devices.Device
    tenant: devices.Business


class OwnDevice(msgspec.Struct, kw_only=True):
    """What a device knows of itself."""

    device: devices.Device
    tenant: devices.Business
    next_sequence: int
    """The number of what it does next; those before are taken, or were skipped."""


@get("/api/devices", grant=devices.READ)
async def list_devices(caller: Caller, page: Page) -> Listing[devices.Device]:
    """The devices of the business, newest first, revoked ones too."""
    async with caller.transaction() as tx:
        return await devices.devices(tx, page)


@post("/api/devices", grant=devices.MANAGE, idempotency="unused")
async def add_device(caller: Caller, data: NewDevice) -> Response[devices.Code]:
    """Add a device; the code that pairs it is shown this once, and is good for 15 minutes."""
    async with caller.transaction() as tx:
        code = await devices.add(tx, name=data.name, id=data.id)
    log.info("devices.added", device=str(code.device.id))
    return Response(code, headers=_NOT_STORED)


@post("/api/devices/{device_id:uuid}/pairing-code", grant=devices.MANAGE, idempotency="unused")
async def issue_code(caller: Caller, device_id: UUID) -> Response[devices.Code]:
    """A new code for a device. The device stays paired as it is until somebody uses the code."""
    async with caller.transaction() as tx:
        code = await devices.issue(tx, device_id)
    return Response(code, headers=_NOT_STORED)


# Twice is once by nature, and what is remembered is forgotten only after the commit, which a key would put off.
@post("/api/devices/{device_id:uuid}/revocation", grant=devices.MANAGE, idempotency="unused", status_code=200)
async def revoke_device(caller: Caller, device_id: UUID) -> devices.Device:
    """End a device's pairing. What waits in its queue stays there, and is sent once it is paired again."""
    async with caller.transaction() as tx:
        device = await devices.revoke(tx, device_id)
    caller.forget(device=device_id)
    log.info("devices.revoked", device=str(device_id))
    return device


@patch("/api/devices/{device_id:uuid}", grant=devices.MANAGE)
async def rename_device(caller: Caller, device_id: UUID, data: Renaming) -> devices.Device:
    """Call a device something else."""
    async with caller.transaction() as tx:
        return await devices.rename(tx, device_id, name=data.name)


@post("/api/devices/pairing", public=True, rate="sign_in", status_code=200)
async def pair_device(caller: Caller, data: Pairing) -> Response[PairedDevice]:
    """Pair this browser, by a code that the owner or a manager reads out. The cookie that it gets is the proof."""
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        tenant = await devices.business_of_code(tx, data.code)
    async with caller.transaction(tenant, actor=NOBODY) as tx:
        device, secret = await devices.pair(tx, data.code)
        business = await devices.business(tx)
    caller.forget(device=device.id)
    log.info("devices.paired", device=str(device.id), tenant=str(tenant))
    cookie = device_cookie(caller.database.settings, secret)
    return Response(PairedDevice(device=device, tenant=business), headers=_NOT_STORED, cookies=[cookie])


@get("/api/devices/me", signed_in=True)
async def show_own(caller: Caller, request: Request[Any, Any, Any]) -> Response[OwnDevice]:
    """What this device is, and whose; asked when its screen opens. Browsers keep its cookie for longer then."""
    settings = caller.database.settings
    async with caller.transaction() as tx:
        device = await devices.own(tx)
        business = await devices.business(tx)
    body = OwnDevice(device=device, tenant=business, next_sequence=device.last_sequence + 1)
    secret = cookie_value(request.headers.get("cookie"), device_cookie_name(settings)) or ""
    return Response(body, headers=_NOT_STORED, cookies=[device_cookie(settings, secret)])


routes: list[http.Route] = [
    list_devices,
    add_device,
    issue_code,
    revoke_device,
    rename_device,
    pair_device,
    show_own,
]
