"""Tenants: a business opens, says where it is and in what money it reckons, and switches systems on."""

import re
import unicodedata
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from babel.core import get_global
from babel.numbers import is_currency

from holdfast.kernel import auth, clock, ids, jobs
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.people import invitations, memberships, persons

auth.grant("tenants.read", "See the business's settings", roles=("owner", "manager", "staff"))
auth.grant("tenants.manage", "Change the business's settings and switch systems on and off", roles=("owner",))
auth.grant("tenants.clock", "Move the business's clock forward, where the installation allows it", roles=("owner",))

SYSTEMS = ("livestock", "loyalty", "parking", "telecom", "warranty")
"""The systems that a business can switch on."""
MOST_FORWARD = timedelta(days=36_500)
_JURISDICTION = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")


class Tenant(Row):
    """A business and its settings."""

    table: ClassVar[str] = "tenants_tenant"
    id: UUID
    name: str
    slug: str
    """Its name in addresses of public pages; given once, never changed."""
    email: str | None
    phone: str | None
    tax_id: str | None
    """Its number with the tax authority, as it stands on its invoices."""
    address: str | None
    """Where it is registered, on one line or several."""
    logo_url: str | None
    """An https address of a picture, or the path of the logo that was uploaded (``brands.put_logo``)."""
    accent: str | None
    """The colour of its pages and cards, ``#rrggbb`` in lower case; the platform's own when absent."""
    currency: str
    """ISO 4217."""
    timezone: str
    """IANA, such as America/Lima."""
    country: str
    """ISO 3166-1 alpha-2."""
    languages: list[str]
    """What its customers read; the first is the default."""
    jurisdiction: str
    """The profile of rules that it trades under."""
    systems: list[str]
    clock_offset: timedelta
    """How far its clock was moved forward; zero in production."""
    created_at: datetime


class Opened(Event):
    """A business came to the platform."""

    name: ClassVar[str] = "tenants.tenants.opened"
    subject: ClassVar[str] = "tenant_id"
    tenant_id: UUID
    currency: str
    country: str
    systems: list[str]


class Changed(Event):
    """A business changed its settings."""

    name: ClassVar[str] = "tenants.tenants.changed"
    subject: ClassVar[str] = "tenant_id"
    tenant_id: UUID
    fields: list[str]
    """Which settings changed; not their values."""


class ClockMoved(Event):
    """The business's clock was moved forward: the time machine of demonstrations and tests."""

    name: ClassVar[str] = "tenants.clock.moved"
    subject: ClassVar[str] = "tenant_id"
    tenant_id: UUID
    forward_ms: int
    to: datetime


class NoTimeMachine(NotFound):
    """This installation has no clock that could be moved; only demonstrations and tests have one."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What time it is for a business."""

    now: datetime
    clock_offset: timedelta
    movable: bool
    """Whether this installation lets a business move its clock."""
    working: bool
    """Whether something that is due by this clock has still to be done."""


class New(msgspec.Struct, kw_only=True, frozen=True):
    """What it takes to open a business."""

    name: str
    currency: str
    timezone: str
    country: str
    languages: list[str] = msgspec.field(default_factory=lambda: ["en"])
    jurisdiction: str = "default"
    systems: list[str] = []
    email: str | None = None
    phone: str | None = None
    id: UUID | None = None
    """Made by the client, so that the same request sent twice opens one business."""


class Changes(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """Settings to change; what is left out stays, null takes away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    tax_id: str | msgspec.UnsetType | None = msgspec.UNSET
    address: str | msgspec.UnsetType | None = msgspec.UNSET
    logo_url: str | msgspec.UnsetType | None = msgspec.UNSET
    accent: str | msgspec.UnsetType | None = msgspec.UNSET
    currency: str | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    country: str | msgspec.UnsetType = msgspec.UNSET
    languages: list[str] | msgspec.UnsetType = msgspec.UNSET
    jurisdiction: str | msgspec.UnsetType = msgspec.UNSET
    systems: list[str] | msgspec.UnsetType = msgspec.UNSET


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 255 or not tidy.isprintable():
        raise Invalid("A business's name has 1 to 255 printable characters.", field="name")
    return tidy


def _currency(code: str) -> str:
    if not is_currency(code.upper()) or code.upper() not in _current_currencies():
        raise Invalid(f"{code[:40]!r} is not an ISO 4217 currency such as PEN.", field="currency")
    return code.upper()


@cache
def _current_currencies() -> set[str]:
    """Currencies that are legal tender somewhere today; the library also knows those of the past."""
    return {entry[0] for known in get_global("territory_currencies").values() for entry in known if entry[2] is None}


def _languages(tags: list[str]) -> list[str]:
    if not 1 <= len(tags) <= 20:
        raise Invalid("Name 1 to 20 languages.", field="languages")
    return list(dict.fromkeys(persons.checked_locale(tag, "languages") for tag in tags))


def _jurisdiction(name: str) -> str:
    if not _JURISDICTION.fullmatch(name):
        raise Invalid("A jurisdiction is named like in or pe-lima.", field="jurisdiction")
    return name


def _systems(names: list[str]) -> list[str]:
    unknown = sorted(set(names) - set(SYSTEMS))
    if unknown:
        raise Invalid(f"There is no system {unknown[0][:40]!r}; there are {', '.join(SYSTEMS)}.", field="systems")
    return sorted(set(names))


def _tax_id(number: str) -> str:
    tidy = " ".join(number.split())
    if not 1 <= len(tidy) <= 40 or not tidy.isprintable():
        raise Invalid("A tax number has 1 to 40 printable characters.", field="tax_id")
    return tidy


def _address(lines: str) -> str:
    tidy = "\n".join(" ".join(line.split()) for line in lines.splitlines() if line.strip())
    if not 1 <= len(tidy) <= 500 or not tidy.replace("\n", "").isprintable():
        raise Invalid("An address has 1 to 500 printable characters.", field="address")
    return tidy


def _logo(address: str) -> str:
    if not re.fullmatch(r"https://[!-~]{1,2000}", address):
        raise Invalid("Give the https address of a picture.", field="logo_url")
    return address


def _accent(colour: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise Invalid("A colour is written like #b4532a.", field="accent")
    return colour.lower()


_CHECKS: dict[str, Any] = {
    "name": _name,
    "email": invitations.checked_email,
    "phone": persons.checked_phone,
    "tax_id": _tax_id,
    "address": _address,
    "logo_url": _logo,
    "accent": _accent,
    "currency": _currency,
    "timezone": lambda name: str(clock.zone(name)),
    "country": persons.checked_country,
    "languages": _languages,
    "jurisdiction": _jurisdiction,
    "systems": _systems,
}


def _checked(settings: New | Changes, known: Tenant | None = None) -> dict[str, Any]:
    """Every setting that was given and is not what is known already, in the spelling that is stored.

    Raises:
        Invalid: one is malformed; its field is named.
    """
    given = {name: getattr(settings, name, msgspec.UNSET) for name in _CHECKS}
    return {
        name: None if value is None else _CHECKS[name](value)
        for name, value in given.items()
        # A form sends back what it was shown, such as the address of an uploaded logo, which nobody could type.
        if value is not msgspec.UNSET and (known is None or value != getattr(known, name))
    }


def slug_of(name: str) -> str:
    """A name as it may stand in an address: ``Café Aurora`` is ``cafe-aurora``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:48].strip("-") or "business"


async def _free_slug(tx: Tx, values: dict[str, Any]) -> Tenant:
    """Insert the business under the first free slug made of its name."""
    base = slug_of(values["name"])
    for slug in (base, *(f"{base}-{ids.new().hex[-6:]}" for _ in range(4))):
        found = await tx.find(
            Tenant,
            "insert into tenants_tenant (id, name, slug, email, phone, currency, timezone, country, languages, "
            "jurisdiction, systems, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
            "on conflict (slug) do nothing returning *",
            tx.tenant,
            values["name"],
            slug,
            values["email"],
            values["phone"],
            values["currency"],
            values["timezone"],
            values["country"],
            values["languages"],
            values["jurisdiction"],
            values["systems"],
            tx.now,
        )
        if found is not None:
            return found
    raise Reused("No free name was found for the business's pages; try again.")


async def open_business(tx: Tx, new: New) -> Tenant:
    """Open a business, with the signed-in person as its owner, in one go.

    ``tx`` is bound to the new tenant's id. Sent again with the same id by the same owner, it gives the business back.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        Invalid: a setting is malformed.
        Reused: somebody else's business has this id.
    """
    person_id = persons.in_person(tx)
    if tx.tenant == ids.PLATFORM:
        raise Reused("The platform itself has this id.")
    values = _checked(new)
    known = await tx.find(
        Tenant,
        "select t.* from tenants_tenant as t where t.id = $1 and exists (select from people_membership as m "
        "where m.tenant_id = t.id and m.person_id = $2 and m.role = 'owner' and m.ended_at is null)",
        tx.tenant,
        person_id,
    )
    if known is not None:
        return known
    tenant = await _free_slug(tx, values)
    email = await tx.find(str, "select email from session_credential where person_id = $1", person_id)
    await tx.emit(Opened(tenant_id=tenant.id, currency=tenant.currency, country=tenant.country, systems=tenant.systems))
    await memberships.join(tx, person_id=person_id, email=email, role="owner")
    return tenant


async def settings(tx: Tx) -> Tenant:
    """The settings of the business that the transaction is bound to."""
    tx.must("tenants.read")
    return await tx.get(Tenant, tx.tenant)


async def change(tx: Tx, changes: Changes) -> Tenant:
    """Change settings of the business that the transaction is bound to.

    Raises:
        Invalid: a value is malformed.
    """
    tx.must("tenants.manage")
    tenant = await tx.get(Tenant, tx.tenant, lock=True)
    changed = {name: value for name, value in _checked(changes, tenant).items() if getattr(tenant, name) != value}
    if "logo_url" in changed:
        # Who takes a logo away, or shows one from elsewhere, wants what was uploaded gone.
        await tx.execute("delete from tenants_logo")
    return await store(tx, tenant, changed)


async def store(tx: Tx, tenant: Tenant, changed: dict[str, Any]) -> Tenant:
    """Store settings that were checked and differ; the caller holds the business's lock and the grant."""
    if not changed:
        return tenant
    tenant = await tx.update(tenant, **changed)
    await tx.emit(Changed(tenant_id=tenant.id, fields=sorted(changed)))
    return tenant


async def move_clock(tx: Tx, *, forward: timedelta, movable: bool) -> Moment:
    """Move the business's clock forward: whatever is due by then becomes due, and production code lives through it.

    Args:
        tx: bound to the business.
        forward: how far; clocks never go back, since what happened stays in the past.
        movable: whether this installation allows it (``Settings.movable_clock``).

    Raises:
        NoTimeMachine: this installation does not.
        Invalid: not forward, or more than a hundred years altogether.
    """
    if not movable:
        raise NoTimeMachine
    tx.must("tenants.clock")
    tenant = await tx.get(Tenant, tx.tenant, lock=True)
    if forward <= timedelta() or tenant.clock_offset + forward > MOST_FORWARD:
        raise Invalid("A clock moves forward only, and a hundred years at most.", field="forward_seconds")
    tenant = await tx.update(tenant, clock_offset=tenant.clock_offset + forward)
    now = clock.now(tenant.clock_offset)
    await tx.emit(ClockMoved(tenant_id=tenant.id, forward_ms=int(forward.total_seconds() * 1000), to=now))
    return Moment(now=now, clock_offset=tenant.clock_offset, movable=True, working=True)


async def set_back(tx: Tx, *, by: timedelta, movable: bool) -> None:
    """Let a business that was just opened begin in the past, so that a demonstration can live up to today.

    Raises:
        NoTimeMachine: this installation has no clock that could be moved.
        Invalid: the business has books already; what happened stays where it happened.
    """
    if not movable:
        raise NoTimeMachine
    tx.must("tenants.clock")
    changed = await tx.execute(
        "update tenants_tenant set clock_offset = -$1::interval where id = kernel_tenant() and clock_offset = '0' "
        "and not exists (select from ledger_account where tenant_id = kernel_tenant())",
        by,
    )
    if not changed:
        raise Invalid("Only a business that has done nothing yet can begin in the past.")


async def moment(tx: Tx, *, movable: bool) -> Moment:
    """What time it is for the business, and whether its jobs have caught up with it.

    Raises:
        NotAllowed: the actor lacks ``tenants.read``.
    """
    tx.must("tenants.read")
    offset = await tx.one(timedelta, "select clock_offset from tenants_tenant where id = kernel_tenant()")
    working = await tx.one(
        bool,
        "select exists (select from kernel_delivery where tenant_id = kernel_tenant() and state = 'pending' "
        "and (due_at is null or due_at <= $1)) or exists (select from kernel_schedule as s "
        "where s.tenant_id = kernel_tenant() and s.next_at <= $1 "
        # A schedule that no release has any more stays behind and is never done.
        "and s.name = any ($2))",
        tx.now,
        list(jobs.REGISTRY.schedules),
    )
    return Moment(now=tx.now, clock_offset=offset, movable=movable, working=working)
