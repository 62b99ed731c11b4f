"""Authentication: what a request shows, turned into who sends it and what they may do there.

One look-up, in the platform's tenant and under the person that the credential names: row-level security then shows
that person's sessions, keys, memberships and roles and nobody else's, and a credential that names somebody else finds
nothing. A device is looked up in the business that its secret names, where nothing of another business shows. The web
layer remembers the answer for ``token_memory_seconds`` at most.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

import msgspec

from holdfast.kernel import auth, crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http.caller import Credentials, Identity
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.tx import NOBODY, Actor, transaction
from holdfast.shared.devices import devices
from holdfast.shared.sessions import api_keys, sessions
from holdfast.shared.tenants import tenants

_TOUCH_AFTER = timedelta(minutes=1)


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """A good session or key, and the person's place in the business that is acted in."""

    id: UUID
    tenant: UUID
    until: datetime | None
    role: str | None
    role_grants: list[str] | None
    sites: list[UUID] | None
    systems: list[str] | None
    """The systems that the business has switched on."""
    scopes: list[str] | None = None
    last_used_at: datetime | None = None

    def of_role(self) -> frozenset[str]:
        """What the person's role holds, in every system; nothing where they are no member."""
        if self.role is None:
            return frozenset()
        return frozenset(self.role_grants or ()) if self.role == "custom" else auth.of_role(self.role)

    def held(self) -> frozenset[str]:
        """What the person may do there: nothing where they are no member, or in a system that is switched off."""
        return _switched_on(self.of_role(), self.systems)

    def dormant(self) -> frozenset[str]:
        """What the person could do there if every system were switched on."""
        return self.of_role() - self.held()


class _Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A device whose secret was right."""

    grants: list[str]
    last_seen_at: datetime | None
    systems: list[str]


def _switched_on(grants: Iterable[str], systems: list[str] | None) -> frozenset[str]:
    """These grants without those of systems that the business has not switched on."""
    off = frozenset(tenants.SYSTEMS).difference(systems or ())
    return frozenset(grant for grant in grants if grant.partition(".")[0] not in off)


async def authenticate(database: Database, credentials: Credentials) -> Identity:
    """Who sends a request (T75, I60): by bearer token, API key or session cookie, the first that is there.

    In a tenant that the person does not belong to they hold no grants, and row-level security shows them nothing. A
    request that says which device it comes from must prove that; the person acts there if they may do anything for the
    device's business, and otherwise the device does.

    Raises:
        NotSignedIn: the credential is not genuine, has expired or was revoked, or the person may not sign in.
        devices.NotPaired: the device is not paired, or not any more.
    """
    if credentials.device is None:
        return await _shown(database, credentials)
    identity = await _by_device(database, credentials)
    if credentials.tenant not in (None, identity.tenant):
        # A device acts in its own business; elsewhere it may do nothing.
        actor = msgspec.structs.replace(identity.actor, grants=frozenset())
        return Identity(tenant=credentials.tenant or ids.PLATFORM, actor=actor)
    somebody = await _at_the_device(database, credentials, identity.tenant)
    if somebody is None:
        return identity
    return msgspec.structs.replace(somebody, actor=msgspec.structs.replace(somebody.actor, device=credentials.device))


async def _shown(database: Database, credentials: Credentials) -> Identity:
    if credentials.bearer is not None:
        if credentials.bearer.startswith(api_keys.PREFIX):
            return await _by_key(database, credentials.bearer, credentials.tenant)
        return await _by_token(database, credentials.bearer, credentials.tenant)
    if credentials.api_key is not None:
        return await _by_key(database, credentials.api_key, credentials.tenant)
    if credentials.cookie is not None:
        return await _by_cookie(database, credentials.cookie, credentials.tenant)
    return Identity(tenant=credentials.tenant or ids.PLATFORM, actor=NOBODY)


async def _by_device(database: Database, credentials: Credentials) -> Identity:
    tenant, device_id = devices.claimed(credentials.device_secret or "") or (ids.PLATFORM, None)
    if device_id is None or device_id != credentials.device:
        raise devices.NotPaired
    async with transaction(database, tenant, NOBODY) as tx:
        paired = await tx.find(
            _Paired,
            "select d.grants, d.last_seen_at, t.systems from devices_device as d "
            "join tenants_tenant as t on t.id = d.tenant_id where d.id = $1 and d.secret_hash = $2",
            device_id,
            crypto.digest(credentials.device_secret or ""),
        )
        if paired is None:
            raise devices.NotPaired
        if paired.last_seen_at is None or paired.last_seen_at < tx.now - _TOUCH_AFTER:
            await devices.touch(tx, device_id)
    grants = _switched_on(paired.grants, paired.systems)
    return Identity(tenant=tenant, actor=Actor(kind="device", id=device_id, device=device_id, grants=grants))


async def _at_the_device(database: Database, credentials: Credentials, tenant: UUID) -> Identity | None:
    """Who has signed in on a device, if they may do more for its business than a customer may.

    Raises:
        NotSignedIn: a token or key is over. A cookie that is over is left behind by whoever was there before.
    """
    try:
        somebody = await _shown(database, msgspec.structs.replace(credentials, tenant=tenant))
    except NotSignedIn:
        if credentials.cookie is None or credentials.bearer is not None or credentials.api_key is not None:
            raise
        return None
    works_here = any(not grant.endswith("@own") for grant in somebody.actor.grants)
    return somebody if works_here else None


async def _by_token(database: Database, token: str, tenant: UUID | None) -> Identity:
    claims = auth.read(database.settings, token)
    async with transaction(database, ids.PLATFORM, _only(claims.person)) as tx:
        place = await tx.find(
            _Place,
            "select s.id, w.tenant, s.expires_at as until, m.role, r.grants as role_grants, m.sites, t.systems "
            "from session_session as s join session_credential as c on c.person_id = s.person_id "
            "join people_person as p on p.id = s.person_id cross join lateral (select $3::uuid as tenant) as w "
            "left join people_membership as m "
            "on m.person_id = s.person_id and m.tenant_id = w.tenant and m.ended_at is null "
            "left join people_role as r on r.tenant_id = m.tenant_id and r.id = m.role_id "
            "left join tenants_tenant as t on t.id = m.tenant_id "
            "where s.id = $1 and s.person_id = $2 and s.ended_at is null and s.expires_at > $4 "
            "and s.token_version = c.token_version and p.status = 'active'",
            claims.session,
            claims.person,
            tenant or claims.tenant,
            tx.now,
        )
    if place is None:
        _refuse()
    until = claims.expires_at if place.until is None else min(place.until, claims.expires_at)
    return _person(claims.person, place, until)


async def _by_cookie(database: Database, token: str, tenant: UUID | None) -> Identity:
    person_id = sessions.claimed_person(token)
    if person_id is None:
        _refuse()
    async with transaction(database, ids.PLATFORM, _only(person_id)) as tx:
        place = await tx.find(
            _Place,
            "select s.id, w.tenant, s.expires_at as until, m.role, r.grants as role_grants, m.sites, t.systems "
            "from session_refresh as f join session_session as s on s.id = f.session_id "
            "join session_credential as c on c.person_id = s.person_id "
            "join people_person as p on p.id = s.person_id "
            "cross join lateral (select coalesce($3, s.acts_in) as tenant) as w "
            "left join people_membership as m "
            "on m.person_id = s.person_id and m.tenant_id = w.tenant and m.ended_at is null "
            "left join people_role as r on r.tenant_id = m.tenant_id and r.id = m.role_id "
            "left join tenants_tenant as t on t.id = m.tenant_id "
            "where f.token_hash = $1 and f.used_at is null and s.person_id = $2 and s.client = 'browser' "
            "and s.ended_at is null and s.expires_at > $4 "
            "and s.token_version = c.token_version and p.status = 'active'",
            crypto.digest(token),
            person_id,
            tenant,
            tx.now,
        )
    if place is None:
        _refuse()
    return _person(person_id, place, place.until)


async def _by_key(database: Database, secret: str, tenant: UUID | None) -> Identity:
    person_id = api_keys.claimed_person(secret)
    if person_id is None:
        _refuse()
    async with transaction(database, ids.PLATFORM, _only(person_id)) as tx:
        now = tx.now
        place = await tx.find(
            _Place,
            "select k.id, k.tenant_id as tenant, k.expires_at as until, m.role, r.grants as role_grants, m.sites, "
            "t.systems, k.scopes, k.last_used_at from session_api_key as k "
            "join people_person as p on p.id = k.person_id "
            "left join people_membership as m "
            "on m.person_id = k.person_id and m.tenant_id = k.tenant_id and m.ended_at is null "
            "left join people_role as r on r.tenant_id = m.tenant_id and r.id = m.role_id "
            "left join tenants_tenant as t on t.id = m.tenant_id "
            "where k.key_hash = $1 and k.person_id = $2 and k.revoked_at is null "
            "and (k.expires_at is null or k.expires_at > $3) and p.status = 'active'",
            crypto.digest(secret),
            person_id,
            now,
        )
    if place is None:
        _refuse()
    if place.last_used_at is None or place.last_used_at < now - _TOUCH_AFTER:
        async with transaction(database, place.tenant) as tx:
            await api_keys.touch(tx, place.id)
    # A key acts in its own business; elsewhere it may do nothing.
    elsewhere = tenant is not None and tenant != place.tenant
    return Identity(
        tenant=tenant or place.tenant,
        actor=Actor(
            kind="api_key",
            id=place.id,
            person=person_id,
            grants=frozenset() if elsewhere else auth.narrowed(place.held(), place.scopes or ()),
            dormant=frozenset() if elsewhere else auth.narrowed(place.dormant(), place.scopes or ()),
            sites=frozenset() if elsewhere else frozenset(place.sites or ()),
        ),
        until=place.until,
    )


def _only(person_id: UUID) -> Actor:
    """Somebody who is claimed to be this person: sees that person's rows, and may do nothing."""
    return Actor(kind="nobody", person=person_id)


def _person(person_id: UUID, place: _Place, until: datetime | None) -> Identity:
    actor = Actor(
        kind="person",
        id=person_id,
        person=person_id,
        session=place.id,
        grants=place.held(),
        dormant=place.dormant(),
        sites=frozenset(place.sites or ()),
    )
    return Identity(tenant=place.tenant, actor=actor, until=until)


def _refuse() -> NoReturn:
    raise NotSignedIn("The session or key is not known here, or it is over.")
