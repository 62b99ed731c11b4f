"""Devices: a browser that a business paired acts for the business, without anybody who signs in on it.

Somebody who is responsible adds a device and gets a code for it, which is typed in on the device once. From then on the
device proves itself by a secret, which its browser keeps in a cookie that no script reads. The secret says in the open
which business and device it claims to be of, so it is looked up under that business and finds nothing of another. Of
code and secret only hashes are kept; that of the code is keyed, because a code is short enough to be guessed by whoever
stole the table. Both are found by their hashes, so no answer takes longer the closer a guess was.

A code is a number of 40 bits, good for 15 minutes and once. An address may try only a few in that time, so nobody
finds one by trying. A new code leaves the device as it is until somebody pairs with it, which ends the secret before;
revoking ends it at once, and the code too.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import auth, crypto, ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotSignedIn, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.tenants import brands

READ = auth.grant("devices.read", "See the devices that are paired", roles=("owner", "manager", "staff"))
MANAGE = auth.grant(
    "devices.manage", "Pair devices that work at the counter by themselves, and revoke them", roles=("owner", "manager")
)

CODE_FOR = timedelta(minutes=15)
"""How long a pairing code is good."""
MOST = 500
"""Devices of a business that are not revoked."""
_CODE = "devices.pairing"
_LENGTH = 8
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: the first three look like digits, and are read as those; the last makes words."""
_READ_AS = str.maketrans("ILO", "110")

_lent: set[str] = set()


def lend(*grants: str) -> None:
    """Let the devices that are paired from now on do this; a system says it where it works at a counter."""
    _lent.update(grants)


class Status(StrEnum):
    """Whether a device acts for the business."""

    waiting = "waiting"
    """For somebody to type its first code in."""
    paired = "paired"
    revoked = "revoked"


class Device(Row):
    """A browser of the business's, without what proves it."""

    table: ClassVar[str] = "devices_device"
    id: UUID
    name: str
    status: Status
    grants: list[str]
    """What it may do when nobody has signed in on it."""
    created_at: datetime
    created_by: UUID | None
    paired_at: datetime | None
    """When it was paired the last time."""
    revoked_at: datetime | None
    last_seen_at: datetime | None
    """To the minute."""
    last_sequence: int
    """The highest number that it gave to what it did; 0 before it did anything."""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A device with the code that pairs it, which is shown this once."""

    device: Device
    code: str
    """Such as ``7KQ4-M2XD``; however it is typed, spaces, hyphens and small letters do not matter."""
    expires_at: datetime


class Business(brands.Brand, frozen=True, kw_only=True):
    """The business that a device is of, as its screens show it."""

    systems: list[str]


class Paired(Event):
    """Somebody typed a device's code in, and it acts for the business from now on."""

    name: ClassVar[str] = "devices.devices.paired"
    subject: ClassVar[str | None] = "device_id"
    device_id: UUID


class Added(Event):
    """A device was added; it is still to be paired."""

    name: ClassVar[str] = "devices.devices.added"
    subject: ClassVar[str | None] = "device_id"
    device_id: UUID
    grants: list[str]


class CodeIssued(Event):
    """A device that was there before got a new code."""

    name: ClassVar[str] = "devices.devices.code_issued"
    subject: ClassVar[str | None] = "device_id"
    device_id: UUID
    grants: list[str]


class Renamed(Event):
    """A device got another name."""

    name: ClassVar[str] = "devices.devices.renamed"
    subject: ClassVar[str | None] = "device_id"
    device_id: UUID


class Revoked(Event):
    """A device does not act for the business any more."""

    name: ClassVar[str] = "devices.devices.revoked"
    subject: ClassVar[str | None] = "device_id"
    device_id: UUID


class NotPaired(NotSignedIn):
    """This device is not paired any more. Ask the owner or a manager for a new pairing code."""


class WrongCode(Problem):
    """The code is not right, or it has expired, or it was used; ask for a new one."""

    status = 422


class TooManyDevices(Problem):
    """Five hundred devices are enough; revoke those that are not used any more."""


def claimed(secret: str) -> tuple[UUID, UUID] | None:
    """The business and the device that a secret says it is of; to be believed once its hash was found there."""
    open_part = crypto.carried(secret, carrying=32)
    return None if open_part is None else (UUID(bytes=open_part[:16]), UUID(bytes=open_part[16:]))


async def add(tx: Tx, *, name: str, id: UUID | None = None) -> Code:  # noqa: A002 - the column's name
    """Add a device, to be paired by the code that comes with it. The same id and name again is the same device.

    Raises:
        Invalid: the name is malformed.
        auth.MoreThanYouHold: a device could do something that the actor may not.
        TooManyDevices: the business has five hundred.
        Reused: another device has this id.
    """
    tx.must(MANAGE)
    tidy = _name(name)
    grants = await _grants(tx)
    number = await tx.one(int, "select count(*) from devices_device where status <> 'revoked'")
    if number >= MOST:
        raise TooManyDevices
    device = await tx.find(
        Device,
        "insert into devices_device (id, name, grants, created_at, created_by) values ($1, $2, $3, $4, $5) "
        "on conflict (tenant_id, id) do nothing returning *",
        id or ids.new(),
        tidy,
        grants,
        tx.now,
        tx.actor.id,
    )
    if device is not None:
        await tx.emit(Added(device_id=device.id, grants=grants))
        return await _code(tx, device, grants)
    known = await tx.get(Device, id or ids.PLATFORM, lock=True)
    if known.name != tidy:
        raise Reused("Another device has this id.")
    return await _code(tx, known, grants)


async def issue(tx: Tx, device_id: UUID) -> Code:
    """A new code for a device, such as one that was wiped, or revoked by mistake. Codes given out before are void.

    Raises:
        NotFound: the business has no such device.
        auth.MoreThanYouHold: a device could do something that the actor may not.
    """
    tx.must(MANAGE)
    grants = await _grants(tx)
    device = await tx.get(Device, device_id, lock=True)
    await tx.emit(CodeIssued(device_id=device.id, grants=grants))
    return await _code(tx, device, grants)


async def _code(tx: Tx, device: Device, grants: list[str]) -> Code:
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    expires = tx.now + CODE_FOR
    device = await tx.update(device, grants=grants, code_hash=_hashes(text)[0], code_expires_at=expires)
    return Code(device=device, code=f"{text[:4]}-{text[4:]}", expires_at=expires)


async def _grants(tx: Tx) -> list[str]:
    """What a device may do; whoever lets it must be allowed to do it, as far as the business has that switched on."""
    on = await tx.one(list[str], "select systems from tenants_tenant where id = $1", tx.tenant)
    auth.must_hold(tx.actor, [grant for grant in _lent if grant.partition(".")[0] in on])
    return sorted(_lent)


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 100 or not tidy.isprintable():
        raise Invalid("A device's name has 1 to 100 printable characters.", field="name")
    return tidy


def _hashes(typed: str) -> list[bytes]:
    """What is kept of a code, however it is typed: by the signing secret, then by those that were used before."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum()).translate(_READ_AS)
    return [hmac.digest(key, plain.encode(), "sha256") for key in crypto.ring().signing(_CODE).values()]


async def business_of_code(tx: Tx, code: str) -> UUID:
    """The business that gave a code out; in a transaction of the platform, since nobody knows the business yet.

    Raises:
        WrongCode: none did.
    """
    found = await tx.find(UUID, "select devices_of_code($1) as id", _hashes(code))
    if found is None:
        raise WrongCode
    return found


async def pair(tx: Tx, code: str) -> tuple[Device, str]:
    """Pair the device that a code is for; gives its secret, which is shown this once. Every earlier secret is void.

    A code works once: of two that come at the same moment, one gets the device.

    Raises:
        WrongCode: the code is not one of this business's, or is over.
    """
    hashes = _hashes(code)
    device_id = await tx.find(
        UUID,
        "select id from devices_device where code_hash = any ($1) and code_expires_at > $2 for update",
        hashes,
        tx.now,
    )
    if device_id is None:
        raise WrongCode
    secret = crypto.random_token(carrying=tx.tenant.bytes + device_id.bytes)
    device = await tx.one(
        Device,
        "update devices_device set secret_hash = $2, paired_at = $3, revoked_at = null, code_hash = null, "
        "code_expires_at = null where id = $1 returning *",
        device_id,
        crypto.digest(secret),
        tx.now,
    )
    await tx.emit(Paired(device_id=device.id))
    return device, secret


async def revoke(tx: Tx, device_id: UUID) -> Device:
    """End a device's pairing, and void its code. Twice is once.

    Raises:
        NotFound: the business has no such device.
    """
    tx.must(MANAGE)
    device = await tx.get(Device, device_id, lock=True)
    if device.status is not Status.revoked:
        await tx.emit(Revoked(device_id=device.id))
    return await tx.update(
        device, revoked_at=device.revoked_at or tx.now, secret_hash=None, code_hash=None, code_expires_at=None
    )


async def rename(tx: Tx, device_id: UUID, *, name: str) -> Device:
    """Call a device something else.

    Raises:
        NotFound: the business has no such device.
        Invalid: the name is malformed.
    """
    tx.must(MANAGE)
    tidy = _name(name)
    device = await tx.get(Device, device_id, lock=True)
    if device.name == tidy:
        return device
    device = await tx.update(device, name=tidy)
    await tx.emit(Renamed(device_id=device.id))
    return device


async def devices(tx: Tx, page: Page) -> Listing[Device]:
    """The devices of the business, newest first, revoked ones too.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    moment, last = page.after_moment()
    found = await tx.all(
        Device,
        "select * from devices_device where (created_at, id) < (coalesce($1, 'infinity'::timestamptz), "
        "coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) order by created_at desc, id desc limit $3",
        moment,
        last,
        page.fetch,
    )
    return pages.listing(page, found, lambda device: (device.created_at, device.id))


async def own(tx: Tx) -> Device:
    """The device that the request comes from.

    Raises:
        NotPaired: it comes from none.
    """
    device = None
    if tx.actor.device is not None:
        device = await tx.find(Device, "select * from devices_device where id = $1", tx.actor.device)
    if device is None:
        raise NotPaired
    return device


async def touch(tx: Tx, device_id: UUID) -> None:
    """Note that a device was seen, to the minute."""
    await tx.execute(
        "update devices_device set last_seen_at = $2 "
        "where id = $1 and (last_seen_at is null or last_seen_at < $2::timestamptz - interval '1 minute')",
        device_id,
        tx.now,
    )


async def business(tx: Tx) -> Business:
    """The business that the transaction is bound to, as a device shows it."""
    return await tx.one(
        Business,
        "select id as tenant_id, slug, name, logo_url, accent, languages, country, currency, timezone, systems "
        "from tenants_tenant where id = $1",
        tx.tenant,
    )
