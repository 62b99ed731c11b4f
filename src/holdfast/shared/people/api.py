"""Routes of the people who work for a business: members, invitations, roles."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, patch, post, put
from msgspec import Meta

from holdfast.kernel.http import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.people import invitations, memberships, organisations, roles

Line = Annotated[str, Meta(max_length=1000)]
Sites = Annotated[list[UUID], Meta(max_length=1000)]


class Placing(msgspec.Struct, kw_only=True):
    """The role and the sites of a member."""

    role: Line
    role_id: UUID | None = None
    sites: Sites | None = None


class NewInvitation(msgspec.Struct, kw_only=True):
    """Who is invited, and as what."""

    email: Line
    role: Line
    role_id: UUID | None = None
    sites: Sites = []


class NewRole(msgspec.Struct, kw_only=True):
    """A set of grants with a name."""

    name: Line
    grants: Annotated[list[Line], Meta(max_length=500)]


class RoleChanges(msgspec.Struct, kw_only=True):
    """What changes of a role; what is left out stays."""

    name: Line | None = None
    grants: Annotated[list[Line], Meta(max_length=500)] | None = None


@get("/api/people/members", grant="people.read")
async def members(caller: Caller, page: Page) -> Listing[memberships.Member]:
    """Who works here."""
    async with caller.transaction() as tx:
        return await memberships.staff(tx, page)


@get("/api/people/members/{membership_id:uuid}", grant="people.read")
async def member(caller: Caller, membership_id: UUID) -> memberships.Member:
    """Somebody who works here."""
    async with caller.transaction() as tx:
        return await memberships.one(tx, membership_id)


@patch("/api/people/members/{membership_id:uuid}", grant="people.manage")
async def change_member(caller: Caller, membership_id: UUID, data: Placing) -> memberships.Membership:
    """Give somebody another role, or other sites."""
    async with caller.transaction() as tx:
        changed = await memberships.change(tx, membership_id, role=data.role, role_id=data.role_id, sites=data.sites)
    caller.forget(person=changed.person_id)
    return changed


@delete("/api/people/members/{membership_id:uuid}", signed_in=True)
async def end_membership(caller: Caller, membership_id: UUID) -> None:
    """Let somebody go, or leave myself."""
    async with caller.transaction() as tx:
        ended = await memberships.end(tx, membership_id)
    caller.forget(person=ended.person_id)


@post("/api/people/invitations", grant="people.manage")
async def invite(caller: Caller, data: NewInvitation) -> invitations.Invitation:
    """Invite somebody to work here, by mail."""
    async with caller.transaction() as tx:
        return await invitations.invite(tx, email=data.email, role=data.role, role_id=data.role_id, sites=data.sites)


@get("/api/people/invitations", grant="people.read")
async def waiting(caller: Caller, page: Page) -> Listing[invitations.Invitation]:
    """Invitations that are still open."""
    async with caller.transaction() as tx:
        return await invitations.waiting(tx, page)


@delete("/api/people/invitations/{invitation_id:uuid}", grant="people.manage")
async def withdraw(caller: Caller, invitation_id: UUID) -> None:
    """Take an invitation back."""
    async with caller.transaction() as tx:
        await invitations.withdraw(tx, invitation_id)


@get("/api/people/grants", grant="people.read")
async def grants(caller: Caller) -> list[roles.Known]:
    """Everything that may be done here, for making roles."""
    async with caller.transaction() as tx:
        return roles.grants(tx)


@get("/api/people/roles", grant="people.read")
async def own_roles(caller: Caller) -> list[roles.Role]:
    """The business's own roles."""
    async with caller.transaction() as tx:
        return await roles.every(tx)


@post("/api/people/roles", grant="people.roles")
async def make_role(caller: Caller, data: NewRole) -> roles.Role:
    """Make a role out of grants that I hold."""
    async with caller.transaction() as tx:
        return await roles.make(tx, name=data.name, grants=data.grants)


@patch("/api/people/roles/{role_id:uuid}", grant="people.roles")
async def change_role(caller: Caller, role_id: UUID, data: RoleChanges) -> roles.Role:
    """Change what a role is called or holds, for everybody who has it."""
    async with caller.transaction() as tx:
        return await roles.change(tx, role_id, name=data.name, grants=data.grants)


@delete("/api/people/roles/{role_id:uuid}", grant="people.roles")
async def remove_role(caller: Caller, role_id: UUID) -> None:
    """Remove a role that nobody has."""
    async with caller.transaction() as tx:
        await roles.remove(tx, role_id)


@get("/api/people/organisations", grant=organisations.READ)
async def list_organisations(caller: Caller, page: Page) -> Listing[organisations.Organisation]:
    """The organisations that the business deals with."""
    async with caller.transaction() as tx:
        return await organisations.listing(tx, page)


@post("/api/people/organisations", grant=organisations.MANAGE)
async def add_organisation(caller: Caller, data: organisations.New) -> organisations.Organisation:
    """Deal with another organisation."""
    async with caller.transaction() as tx:
        return await organisations.add(tx, data)


@get("/api/people/organisations/{organisation_id:uuid}", grant=organisations.READ)
async def organisation(caller: Caller, organisation_id: UUID) -> organisations.Organisation:
    """One organisation."""
    async with caller.transaction() as tx:
        return await organisations.get(tx, organisation_id)


@patch("/api/people/organisations/{organisation_id:uuid}", grant=organisations.MANAGE)
async def change_organisation(
    caller: Caller, organisation_id: UUID, data: organisations.Changes
) -> organisations.Organisation:
    """Correct an organisation's details."""
    async with caller.transaction() as tx:
        return await organisations.change(tx, organisation_id, data)


@delete("/api/people/organisations/{organisation_id:uuid}", grant=organisations.MANAGE)
async def close_organisation(caller: Caller, organisation_id: UUID) -> None:
    """Stop dealing with an organisation; its past stays."""
    async with caller.transaction() as tx:
        await organisations.close(tx, organisation_id)


@get("/api/people/organisations/{organisation_id:uuid}/members", grant=organisations.READ)
async def organisation_members(caller: Caller, organisation_id: UUID, page: Page) -> Listing[memberships.Member]:
    """Who speaks for an organisation."""
    async with caller.transaction() as tx:
        return await organisations.people(tx, organisation_id, page)


@put(
    "/api/people/organisations/{organisation_id:uuid}/members/{membership_id:uuid}",
    grant=organisations.MANAGE,
    status_code=204,
)
async def affiliate(caller: Caller, organisation_id: UUID, membership_id: UUID) -> None:
    """Say that a member speaks for an organisation."""
    async with caller.transaction() as tx:
        await organisations.affiliate(tx, organisation_id, membership_id)


@delete("/api/people/organisations/{organisation_id:uuid}/members/{membership_id:uuid}", grant=organisations.MANAGE)
async def release(caller: Caller, organisation_id: UUID, membership_id: UUID) -> None:
    """Say that a member does not speak for an organisation any more."""
    async with caller.transaction() as tx:
        await organisations.release(tx, organisation_id, membership_id)


routes: list[Any] = [
    members,
    member,
    change_member,
    end_membership,
    invite,
    waiting,
    withdraw,
    grants,
    own_roles,
    make_role,
    change_role,
    remove_role,
    list_organisations,
    add_organisation,
    organisation,
    change_organisation,
    close_organisation,
    organisation_members,
    affiliate,
    release,
]
