"""Memberships: who belongs to a business, in which role, at which of its sites."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import auth, ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import roles

auth.grant("people.read", "See who works here, the roles and the open invitations", roles=("owner", "manager"))
auth.grant("people.manage", "Invite people to work here, change their roles, let them go", roles=("owner", "manager"))


class Membership(Row):
    """One person's place in one business."""

    table: ClassVar[str] = "people_membership"
    id: UUID
    person_id: UUID
    email: str | None
    """The address under which the business knows the person."""
    role: str
    """``owner``, ``manager``, ``staff``, ``customer``, or ``custom`` for one of the business's own."""
    role_id: UUID | None
    sites: list[UUID]
    """Where grants with the scope ``@site`` hold."""
    created_at: datetime
    ended_at: datetime | None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works here, as the list of staff shows them."""

    id: UUID
    person_id: UUID
    name: str
    phone: str | None
    email: str | None
    role: str
    role_id: UUID | None
    role_name: str | None
    sites: list[UUID]
    created_at: datetime


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A business that a person belongs to, and as what."""

    tenant: UUID
    name: str
    slug: str
    logo_url: str | None
    accent: str | None
    systems: list[str]
    country: str
    currency: str
    timezone: str
    languages: list[str]
    role: str
    role_name: str | None
    membership_id: UUID


class Joined(Event):
    """Somebody became a member of the business, or came back."""

    name: ClassVar[str] = "people.memberships.joined"
    subject: ClassVar[str] = "membership_id"
    membership_id: UUID
    person_id: UUID
    role: str
    role_id: UUID | None = None


class Changed(Event):
    """A member's role or sites changed."""

    name: ClassVar[str] = "people.memberships.changed"
    subject: ClassVar[str] = "membership_id"
    membership_id: UUID
    person_id: UUID
    role: str
    role_id: UUID | None = None


class Ended(Event):
    """A member left, or was let go."""

    name: ClassVar[str] = "people.memberships.ended"
    subject: ClassVar[str] = "membership_id"
    membership_id: UUID
    person_id: UUID


class LastOwner(Problem):
    """A business always has an owner; make somebody else one first."""


class AlreadyMember(Problem):
    """This person works here already."""


async def join(
    tx: Tx,
    *,
    person_id: UUID,
    email: str | None,
    role: str,
    role_id: UUID | None = None,
    sites: list[UUID] | None = None,
) -> Membership:
    """Make a person a member; a customer who starts to work here keeps their membership.

    Who may do this is decided by the command that leads here: opening a business, an invitation, an enrolment.

    Raises:
        AlreadyMember: the person works here already; a customer who joins as one again is simply given back.
        Invalid: the role is unknown.
        NotFound: there is no such person.
    """
    await roles.held(tx, role, role_id)
    # A second join of the same person waits here for the first, so that exactly one of them counts.
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"people.join {tx.tenant} {person_id}")
    known = await tx.find(Membership, "select * from people_membership where person_id = $1 for update", person_id)
    if known is not None and known.ended_at is None:
        if role == "customer":
            return known
        if known.role != "customer":
            raise AlreadyMember
    fields = {"email": email, "role": role, "role_id": role_id, "sites": sorted(set(sites or ()))}
    if known is None:
        member = await tx.insert(Membership, id=ids.new(), person_id=person_id, created_at=tx.now, **fields)
    else:
        member = await tx.update(known, ended_at=None, **fields)
    await tx.emit(Joined(membership_id=member.id, person_id=person_id, role=role, role_id=role_id))
    return member


async def _locked(tx: Tx, membership_id: UUID) -> tuple[Membership, int]:
    """A current member, and how many owners there are; whoever wants to change owners waits for one another."""
    owners = await tx.all(
        UUID, "select id from people_membership where role = 'owner' and ended_at is null order by id for update"
    )
    member = await tx.find(
        Membership, "select * from people_membership where id = $1 and ended_at is null for update", membership_id
    )
    if member is None:
        raise NotFound("Nobody who works here has this id.")
    # Nobody takes rights from somebody who holds more than they do.
    auth.must_hold(tx.actor, await roles.held(tx, member.role, member.role_id))
    return member, len(owners)


async def change(
    tx: Tx, membership_id: UUID, *, role: str, role_id: UUID | None = None, sites: list[UUID] | None = None
) -> Membership:
    """Give a member another role, or other sites (``None`` leaves them).

    Raises:
        LastOwner: the only owner would stop being one.
        auth.MoreThanYouHold: the old or the new role holds more than the actor.
        Invalid: the role is unknown.
        NotFound: no current member has this id.
    """
    tx.must("people.manage")
    member, owners = await _locked(tx, membership_id)
    auth.must_hold(tx.actor, await roles.held(tx, role, role_id))
    if member.role == "owner" and role != "owner" and owners == 1:
        raise LastOwner
    member = await tx.update(
        member, role=role, role_id=role_id, sites=member.sites if sites is None else sorted(set(sites))
    )
    await tx.emit(Changed(membership_id=member.id, person_id=member.person_id, role=role, role_id=role_id))
    return member


async def end(tx: Tx, membership_id: UUID) -> Membership:
    """Let a member go, or leave oneself. What they did stays in the books under their name.

    Raises:
        LastOwner: the only owner cannot leave.
        auth.MoreThanYouHold: the member holds more than the actor.
        NotFound: no current member has this id.
    """
    person = await tx.find(UUID, "select person_id from people_membership where id = $1", membership_id)
    if tx.actor.kind != "person" or tx.actor.person != person:
        tx.must("people.manage")
    member, owners = await _locked(tx, membership_id)
    if member.role == "owner" and owners == 1:
        raise LastOwner
    member = await tx.update(member, ended_at=tx.now)
    await tx.emit(Ended(membership_id=member.id, person_id=member.person_id))
    return member


async def staff(tx: Tx, page: Page) -> Listing[Member]:
    """Everybody who works here, in the order in which they came."""
    tx.must("people.read")
    members = await tx.all(
        Member,
        "select m.id, m.person_id, p.name, p.phone, m.email, m.role, m.role_id, r.name as role_name, m.sites, "
        "m.created_at from people_membership as m join people_person as p on p.id = m.person_id "
        "left join people_role as r on r.id = m.role_id "
        "where m.ended_at is null and m.role <> 'customer' and ($1::uuid is null or m.id > $1) order by m.id limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, members, lambda member: member.id)


async def one(tx: Tx, membership_id: UUID) -> Member:
    """Somebody who works here.

    Raises:
        NotFound: no current member of the staff has this id.
    """
    tx.must("people.read")
    return await tx.one(
        Member,
        "select m.id, m.person_id, p.name, p.phone, m.email, m.role, m.role_id, r.name as role_name, m.sites, "
        "m.created_at from people_membership as m join people_person as p on p.id = m.person_id "
        "left join people_role as r on r.id = m.role_id "
        "where m.id = $1 and m.ended_at is null and m.role <> 'customer'",
        membership_id,
    )


async def own(tx: Tx) -> list[Business]:
    """The businesses of the signed-in person; runs in a transaction of the platform, where they see all of theirs."""
    return await tx.all(
        Business,
        "select m.tenant_id as tenant, t.name, t.slug, t.logo_url, t.accent, t.systems, t.country, t.currency, "
        "t.timezone, t.languages, m.role, r.name as role_name, m.id as membership_id "
        "from people_membership as m join tenants_tenant as t on t.id = m.tenant_id "
        "left join people_role as r on r.tenant_id = m.tenant_id and r.id = m.role_id "
        "where m.person_id = $1 and m.ended_at is null order by m.created_at, m.id limit 200",
        tx.actor.person,
    )
