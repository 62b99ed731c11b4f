"""Roles that a business makes for itself: named sets of grants, beside the built-in owner, manager, staff, customer."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import auth, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, StillNeeded, Tx

auth.grant("people.roles", "Make, change and remove the business's own roles", roles=("owner",))

MOST = 100


class Role(Row):
    """A role of the business's own."""

    table: ClassVar[str] = "people_role"
    id: UUID
    name: str
    grants: list[str]
    created_at: datetime
    updated_at: datetime


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A grant that a role may hold, for the screen where roles are made."""

    name: str
    meaning: str
    held: bool
    """Whether the caller holds it, and so may give it."""


class Made(Event):
    """The business made a role."""

    name: ClassVar[str] = "people.roles.made"
    subject: ClassVar[str] = "role_id"
    role_id: UUID
    grants: list[str]


class Changed(Event):
    """A role's name or grants changed, for everybody who has it."""

    name: ClassVar[str] = "people.roles.changed"
    subject: ClassVar[str] = "role_id"
    role_id: UUID
    grants: list[str]


class Removed(Event):
    """A role that nobody had any more was removed."""

    name: ClassVar[str] = "people.roles.removed"
    subject: ClassVar[str] = "role_id"
    role_id: UUID


class NameTaken(Problem):
    """Another role has this name."""


class InUse(Problem):
    """Somebody has this role, had it, or was invited to it, so it cannot be removed."""


class TooManyRoles(Problem):
    """A business can have a hundred roles of its own."""


def checked_grants(tx: Tx, grants: list[str]) -> list[str]:
    """The grants of a role, each once, sorted.

    Raises:
        Invalid: there is none, or one is unknown.
        auth.MoreThanYouHold: the actor does not hold one of them.
    """
    wanted = sorted(set(grants))
    unknown = [name for name in wanted if not auth.known(name)]
    if unknown or not wanted:
        raise Invalid(
            f"There is no grant {unknown[0][:80]!r}." if unknown else "A role has at least one grant.", field="grants"
        )
    auth.must_hold(tx.actor, wanted)
    return wanted


def checked_name(name: str) -> str:
    """A role's name.

    Raises:
        Invalid: it is empty, too long, or the name of a built-in role.
    """
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 64 or not tidy.isprintable():
        raise Invalid("A role's name has 1 to 64 printable characters.", field="name")
    if tidy.lower() in (*auth.ROLES, "custom"):
        raise Invalid(f"Every business has a role {tidy.lower()} already.", field="name")
    return tidy


async def make(tx: Tx, *, name: str, grants: list[str]) -> Role:
    """Make a role.

    Raises:
        Invalid: the name or a grant is malformed or unknown.
        auth.MoreThanYouHold: it would hold more than its maker.
        NameTaken: there is one of that name.
        TooManyRoles: there are a hundred already.
    """
    tx.must("people.roles")
    wanted = checked_grants(tx, grants)
    tidy = checked_name(name)
    if await tx.one(int, "select count(*) from people_role") >= MOST:
        raise TooManyRoles
    try:
        role = await tx.insert(Role, id=ids.new(), name=tidy, grants=wanted, created_at=tx.now, updated_at=tx.now)
    except Reused:
        raise NameTaken from None
    await tx.emit(Made(role_id=role.id, grants=wanted))
    return role


async def change(tx: Tx, role_id: UUID, *, name: str | None = None, grants: list[str] | None = None) -> Role:
    """Change a role's name or grants.

    Raises:
        auth.MoreThanYouHold: the role holds, or would hold, more than the actor.
        Invalid, NameTaken, NotFound: as for ``make``.
    """
    tx.must("people.roles")
    role = await tx.get(Role, role_id, lock=True)
    auth.must_hold(tx.actor, role.grants)
    try:
        role = await tx.update(
            role,
            name=role.name if name is None else checked_name(name),
            grants=role.grants if grants is None else checked_grants(tx, grants),
            updated_at=tx.now,
        )
    except Reused:
        raise NameTaken from None
    await tx.emit(Changed(role_id=role.id, grants=role.grants))
    return role


async def remove(tx: Tx, role_id: UUID) -> None:
    """Remove a role that nobody has.

    Raises:
        InUse: a membership or an invitation points to it.
        auth.MoreThanYouHold: it holds more than the actor.
        NotFound: there is no such role here.
    """
    tx.must("people.roles")
    role = await tx.get(Role, role_id, lock=True)
    auth.must_hold(tx.actor, role.grants)
    try:
        await tx.delete(role)
    except StillNeeded:
        raise InUse from None
    await tx.emit(Removed(role_id=role_id))


async def every(tx: Tx) -> list[Role]:
    """The business's own roles, by name; there are a hundred at most."""
    tx.must("people.read")
    return await tx.all(Role, "select * from people_role order by lower(name) limit 100")


def grants(tx: Tx) -> list[Known]:
    """Every grant that exists, and whether the caller could give it."""
    tx.must("people.read")
    return [
        Known(
            name=name, meaning=declared.meaning, held=tx.actor.kind == "platform" or auth.holds(tx.actor.grants, name)
        )
        for name, declared in sorted(auth.GRANTS.items())
    ]


async def held(tx: Tx, role: str, role_id: UUID | None) -> frozenset[str]:
    """The grants of a built-in role, or of one of the business's own (``custom`` with its id).

    Raises:
        Invalid: the role is unknown, or the id is given without ``custom`` or left out with it.
    """
    if (role == "custom") != (role_id is not None) or role not in (*auth.ROLES, "custom"):
        raise Invalid("A role is owner, manager, staff, customer, or custom together with role_id.", field="role")
    if role_id is None:
        return auth.of_role(role)
    own = await tx.find(Role, "select * from people_role where id = $1 for share", role_id)
    if own is None:
        raise Invalid("There is no such role here.", field="role_id")
    return frozenset(own.grants)
