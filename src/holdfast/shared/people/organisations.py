"""Organisations: the companies, cooperatives and authorities that a business deals with, and their people.

An organisation belongs to the business that deals with it. Its people are members of that business, so that they sign
in, are let go and hold grants as anybody else; the affiliation says for whom they speak (X2).
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from holdfast.kernel import auth, ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.people import memberships, persons

READ = auth.grant("people.organisations.read", "See the organisations and who is of them", roles=("owner", "manager"))
MANAGE = auth.grant(
    "people.organisations.manage", "Add organisations, change them, and say who is of them", roles=("owner", "manager")
)


class Organisation(Row):
    """A company, a cooperative or an authority that the business deals with."""

    table: ClassVar[str] = "people_organisation"
    id: UUID
    name: str
    registration: str | None
    """Its number in the register of its country, such as a RUC or a KvK number."""
    email: str | None
    phone: str | None
    country: str
    created_at: datetime
    closed_at: datetime | None
    """When the business stopped dealing with it; nothing that refers to it is lost."""


class New(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an organisation is added with."""

    name: str
    country: str
    registration: str | None = None
    email: str | None = None
    phone: str | None = None
    id: UUID | None = None
    """Made by the client, so that the same request sent twice adds one."""


class Changes(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes of an organisation; what is left out stays, null takes away."""

    name: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    registration: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET


class Added(Event):
    """The business deals with another organisation."""

    name: ClassVar[str] = "people.organisations.added"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID


class Changed(Event):
    """Details of an organisation changed."""

    name: ClassVar[str] = "people.organisations.changed"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID
    fields: list[str]


class Closed(Event):
    """The business stopped dealing with an organisation."""

    name: ClassVar[str] = "people.organisations.closed"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID


class Affiliated(Event):
    """Somebody speaks for an organisation."""

    name: ClassVar[str] = "people.organisations.affiliated"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID
    membership_id: UUID


class Released(Event):
    """Somebody does not speak for an organisation any more."""

    name: ClassVar[str] = "people.organisations.released"
    subject: ClassVar[str] = "organisation_id"
    organisation_id: UUID
    membership_id: UUID


class AlreadyKnown(Problem):
    """You deal with an organisation of this registration number already."""


class AlreadyClosed(Problem):
    """You do not deal with this organisation any more."""


def _checked(values: dict[str, Any], country: str) -> dict[str, Any]:
    """The values as they are stored; ``country`` is where a phone number without prefix would be."""
    checked = dict(values)
    if checked.get("name") is not None:
        checked["name"] = persons.checked_name(checked["name"])
    if checked.get("registration") is not None:
        tidy = " ".join(checked["registration"].split())
        if not 1 <= len(tidy) <= 64 or not tidy.isprintable():
            raise Invalid("Write 1 to 64 printable characters.", field="registration")
        checked["registration"] = tidy
    if checked.get("email") is not None:
        email = checked["email"].strip().lower()
        if not 3 <= len(email) <= 254 or "@" not in email.strip("@") or not email.isprintable() or " " in email:
            raise Invalid("This is not an e-mail address.", field="email")
        checked["email"] = email
    if checked.get("phone") is not None:
        checked["phone"] = persons.checked_phone(checked["phone"], country)
    return checked


async def add(tx: Tx, new: New) -> Organisation:
    """Deal with an organisation; the same client-made id again gives the same one.

    Raises:
        AlreadyKnown: another open one has this registration number in this country.
        Invalid: a value is malformed.
    """
    tx.must(MANAGE)
    country = persons.checked_country(new.country)
    values = _checked(msgspec.structs.asdict(new), country)
    organisation_id = new.id or ids.new()
    try:
        organisation = await tx.find(
            Organisation,
            "insert into people_organisation (id, name, registration, email, phone, country, created_at) "
            "values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning *",
            organisation_id,
            values["name"],
            values["registration"],
            values["email"],
            values["phone"],
            country,
            tx.now,
        )
    except Reused as refused:
        raise AlreadyKnown(f"Its number is {values['registration']}.") from refused
    if organisation is None:
        return await tx.get(Organisation, organisation_id)
    await tx.emit(Added(organisation_id=organisation.id))
    return organisation


async def change(tx: Tx, organisation_id: UUID, changes: Changes) -> Organisation:
    """Correct an organisation's details.

    Raises:
        NotFound: there is none.
        AlreadyClosed: the business does not deal with it any more.
        AlreadyKnown: another open one has this registration number in this country.
        Invalid: a value is malformed.
    """
    tx.must(MANAGE)
    organisation = await _open(tx, organisation_id)
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
    if "country" in given:
        given["country"] = persons.checked_country(given["country"])
    checked = _checked(given, given.get("country", organisation.country))
    changed = {name: value for name, value in checked.items() if getattr(organisation, name) != value}
    if not changed:
        return organisation
    try:
        organisation = await tx.update(organisation, **changed)
    except Reused as refused:
        raise AlreadyKnown from refused
    await tx.emit(Changed(organisation_id=organisation.id, fields=sorted(changed)))
    return organisation


async def close(tx: Tx, organisation_id: UUID) -> Organisation:
    """Stop dealing with an organisation; its people and its past stay where they are.

    Raises:
        NotFound: there is none.
        AlreadyClosed: it was closed before.
    """
    tx.must(MANAGE)
    organisation = await tx.update(await _open(tx, organisation_id), closed_at=tx.now)
    await tx.emit(Closed(organisation_id=organisation.id))
    return organisation


async def affiliate(tx: Tx, organisation_id: UUID, membership_id: UUID) -> None:
    """Say that a member of the business speaks for the organisation; saying it again changes nothing.

    Raises:
        NotFound: there is no such organisation or member.
        AlreadyClosed: the business does not deal with the organisation any more.
    """
    tx.must(MANAGE)
    await _open(tx, organisation_id)
    await tx.get(memberships.Membership, membership_id)
    added = await tx.execute(
        "insert into people_affiliation (organisation_id, membership_id, since) values ($1, $2, $3) "
        "on conflict do nothing",
        organisation_id,
        membership_id,
        tx.now,
    )
    if added:
        await tx.emit(Affiliated(organisation_id=organisation_id, membership_id=membership_id))


async def release(tx: Tx, organisation_id: UUID, membership_id: UUID) -> None:
    """Say that a member does not speak for the organisation any more; their membership stays.

    Raises:
        NotFound: there is no such organisation.
    """
    tx.must(MANAGE)
    await tx.get(Organisation, organisation_id)
    removed = await tx.execute(
        "delete from people_affiliation where organisation_id = $1 and membership_id = $2",
        organisation_id,
        membership_id,
    )
    if removed:
        await tx.emit(Released(organisation_id=organisation_id, membership_id=membership_id))


async def get(tx: Tx, organisation_id: UUID) -> Organisation:
    """One organisation, closed or not.

    Raises:
        NotFound: there is none.
    """
    tx.must(READ)
    return await tx.get(Organisation, organisation_id)


async def listing(tx: Tx, page: Page) -> Listing[Organisation]:
    """The organisations that the business deals with, in the order in which they were added."""
    tx.must(READ)
    found = await tx.all(
        Organisation,
        "select * from people_organisation where closed_at is null and ($1::uuid is null or id > $1) "
        "order by id limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda organisation: organisation.id)


async def people(tx: Tx, organisation_id: UUID, page: Page) -> Listing[memberships.Member]:
    """Who speaks for an organisation, among those who still belong to the business.

    Raises:
        NotFound: there is no such organisation.
    """
    tx.must(READ)
    await tx.get(Organisation, organisation_id)
    found = await tx.all(
        memberships.Member,
        "select m.id, m.person_id, p.name, p.phone, m.email, m.role, m.role_id, r.name as role_name, m.sites, "
        "m.created_at from people_affiliation as a join people_membership as m "
        "on m.tenant_id = a.tenant_id and m.id = a.membership_id join people_person as p on p.id = m.person_id "
        "left join people_role as r on r.tenant_id = m.tenant_id and r.id = m.role_id "
        "where a.organisation_id = $1 and m.ended_at is null and ($2::uuid is null or m.id > $2) "
        "order by m.id limit $3",
        organisation_id,
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda member: member.id)


async def _open(tx: Tx, organisation_id: UUID) -> Organisation:
    organisation = await tx.get(Organisation, organisation_id, lock=True)
    if organisation.closed_at is not None:
        raise AlreadyClosed
    return organisation
