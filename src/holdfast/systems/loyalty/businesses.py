"""Businesses, as loyalty sees them: the tenant's own settings, and what it promises by default."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.tenants import tenants
from holdfast.systems.loyalty import programs


class RewardStructure(msgspec.Struct, kw_only=True):
    """What the default program promises: the oldest active one."""

    program_id: UUID
    stamps_required: int
    reward: str


class Business(msgspec.Struct, kw_only=True):
    """A business with its default program. Meets L29, L52."""

    id: UUID
    name: str
    slug: str
    email: str | None
    phone: str | None
    logo_url: str | None
    country: str
    currency: str
    timezone: str
    reward_structure: RewardStructure | None
    """Absent until the business opens a program."""
    inactivity_threshold_days: int | None


class RewardChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the default program promises from now on."""

    stamps_required: programs.StampsRequired | UnsetType = UNSET
    reward: programs.Reward | UnsetType = UNSET


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes of a business; absent fields stay."""

    name: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    email: Annotated[str, Meta(max_length=320)] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    logo_url: Annotated[str, Meta(max_length=2008)] | UnsetType | None = UNSET
    reward_structure: RewardChange | UnsetType = UNSET
    inactivity_threshold_days: programs.Days | UnsetType = UNSET


def must_be(tx: Tx, business_id: UUID) -> None:
    """Stop unless it is the business that the caller acts in.

    Raises:
        NotFound: it is another.
    """
    if business_id != tx.tenant:
        raise NotFound(f"No business has the id {business_id}.")


async def get(tx: Tx, business_id: UUID) -> Business:
    """The business that the caller acts in.

    Raises:
        NotFound: it is another.
    """
    must_be(tx, business_id)
    tx.must(programs.READ)
    return _business(await tx.get(tenants.Tenant, business_id), await programs.default(tx))


async def change(tx: Tx, business_id: UUID, change: Change) -> Business:
    """Change the business's settings, or what its default program promises.

    Raises:
        NotFound: it is another business.
        programs.NoProgram: a promise is to change, and there is no active program.
        Invalid: a setting is malformed.
    """
    must_be(tx, business_id)
    tx.must(programs.READ)
    settings = {
        name: value for name in ("name", "email", "phone", "logo_url") if (value := getattr(change, name)) is not UNSET
    }
    if settings:
        await tenants.change(tx, tenants.Changes(**settings))
    promise = programs.Change(inactivity_days=change.inactivity_threshold_days)
    if isinstance(change.reward_structure, RewardChange):
        promise.stamps_required = change.reward_structure.stamps_required
        promise.reward = change.reward_structure.reward
    if promise != programs.Change():
        program = await programs.joinable(tx, None)
        await programs.change(tx, program.id, promise)
    return await get(tx, business_id)


async def named(tx: Tx, name: str) -> UUID:
    """The id of the business that a public page names, by its id or its slug. Needs no grant, and proves nothing.

    Raises:
        NotFound: there is none.
    """
    try:
        return UUID(name)
    except ValueError:
        found = await tx.find(UUID, "select tenants_of_slug($1)", name)
    if found is None:
        raise NotFound("There is no such business.")
    return found


def _business(tenant: tenants.Tenant, program: programs.Program | None) -> Business:
    return Business(
        id=tenant.id,
        name=tenant.name,
        slug=tenant.slug,
        email=tenant.email,
        phone=tenant.phone,
        logo_url=tenant.logo_url,
        country=tenant.country,
        currency=tenant.currency,
        timezone=tenant.timezone,
        reward_structure=None
        if program is None
        else RewardStructure(program_id=program.id, stamps_required=program.stamps_required, reward=program.reward),
        inactivity_threshold_days=None if program is None else program.inactivity_days,
    )
