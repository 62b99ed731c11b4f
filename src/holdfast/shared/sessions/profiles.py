"""Profiles: what a signed-in person is told about themselves."""

from uuid import UUID

import msgspec

from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.tx import Actor, Tx
from holdfast.shared.people import memberships, persons


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with the address they sign in with."""

    id: UUID
    name: str
    email: str
    email_verified: bool
    phone: str | None
    locale: str
    address: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    status: persons.Status


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, where they act, and what they may do there."""

    user: User
    tenant: UUID
    """The business that this request acts in."""
    grants: list[str]
    """What may be done in that business by whoever asks: the person, or their API key."""
    sites: list[UUID]
    session: UUID | None
    businesses: list[memberships.Business]
    """Every business that the person belongs to."""


async def user(tx: Tx, person_id: UUID) -> User:
    """A person's own profile; runs in a transaction of the platform, of that person."""
    return await tx.one(
        User,
        "select p.id, p.name, c.email, c.verified_at is not null as email_verified, p.phone, p.locale, p.address, "
        "p.city, p.region, p.postal_code, p.country, p.status "
        "from people_person as p join session_credential as c on c.person_id = p.id where p.id = $1",
        person_id,
    )


async def me(tx: Tx, actor: Actor, tenant: UUID) -> Me:
    """Who is asking (I63); ``tx`` is theirs, in the platform's tenant, while ``tenant`` is where they act.

    Raises:
        NotSignedIn: no person is asking.
    """
    if actor.person is None:
        raise NotSignedIn
    return Me(
        user=await user(tx, actor.person),
        tenant=tenant,
        grants=sorted(actor.grants),
        sites=sorted(actor.sites),
        session=actor.session,
        businesses=await memberships.own(tx),
    )
