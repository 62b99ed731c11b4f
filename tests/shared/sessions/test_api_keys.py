"""API keys: a program does part of what its person may do, in one business."""

from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import auth, crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http.caller import Credentials
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.people import memberships, persons
from holdfast.shared.sessions import api_keys
from holdfast.shared.sessions.authentication import authenticate
from tests import accounts
from tests.conftest import Open


async def made(database: Database, tenant: UUID, actor: Actor, scopes: list[str]) -> api_keys.Made:
    """A committed key."""
    async with transaction(database, tenant, actor) as tx:
        return await api_keys.create(tx, name="Till", scopes=scopes)


async def test_a_key_acts_for_its_person_in_its_business(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    key = await made(database, tenant, owner, ["people.read", "tenants.read"])
    assert key.secret.startswith("hf_")
    assert key.secret.endswith(key.key.hint)
    for shown in (Credentials(api_key=key.secret), Credentials(bearer=key.secret)):
        identity = await authenticate(database, shown)
        assert (identity.tenant, identity.actor.kind, identity.actor.id) == (tenant, "api_key", key.key.id)
        assert (identity.actor.person, identity.actor.session) == (owner.person, None)
        assert identity.actor.grants == {"people.read", "tenants.read"}
    elsewhere = await authenticate(database, Credentials(api_key=key.secret, tenant=other_tenant))
    assert (elsewhere.tenant, elsewhere.actor.grants) == (other_tenant, frozenset())
    async with transaction(database, tenant) as tx:
        stored = await tx.get(api_keys.ApiKey, key.key.id)
        assert stored.last_used_at is not None
        assert await tx.all(bytes, "select key_hash from session_api_key") == [crypto.digest(key.secret)]
        assert await tx.all(UUID, "select id from session_api_key where name like $1", f"%{key.secret[3:]}%") == []


async def test_a_key_shrinks_with_its_person(database: Database, tenant: UUID) -> None:
    await accounts.member(database, tenant, "owner")
    manager, membership = await accounts.member(database, tenant, "manager")
    key = await made(database, tenant, manager, ["people.read", "tenants.read"])
    async with transaction(database, tenant) as tx:
        await memberships.change(tx, membership.id, role="staff")
    assert (await authenticate(database, Credentials(api_key=key.secret))).actor.grants == {"tenants.read"}
    async with transaction(database, tenant) as tx:
        await memberships.end(tx, membership.id)
    assert (await authenticate(database, Credentials(api_key=key.secret))).actor.grants == frozenset()
    assert manager.person is not None
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, manager.person, status=persons.Status.blocked)
    with pytest.raises(NotSignedIn):
        await authenticate(database, Credentials(api_key=key.secret))


async def test_a_key_that_is_revoked_or_over_is_refused(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    revoked = await made(database, tenant, owner, ["people.read"])
    async with committed(actor=owner) as tx:
        over = await api_keys.create(tx, name="Till", scopes=["people.read"], expires_at=tx.now + timedelta(minutes=1))
        await api_keys.revoke(tx, revoked.key.id)
        assert (await api_keys.revoke(tx, revoked.key.id)).revoked_at is not None
        assert [key.id for key in (await api_keys.keys(tx, Page())).items] == [over.key.id]
    assert (await authenticate(database, Credentials(api_key=over.secret))).until == over.key.expires_at
    async with committed() as tx:
        await tx.execute("update session_api_key set expires_at = now() where id = $1", over.key.id)
    for key in (revoked, over):
        with pytest.raises(NotSignedIn):
            await authenticate(database, Credentials(api_key=key.secret))


async def test_what_a_key_cannot_be(committed: Open, database: Database, tenant: UUID) -> None:
    manager, _ = await accounts.member(database, tenant, "manager")
    staff, _ = await accounts.member(database, tenant, "staff")
    async with committed(actor=manager) as tx:
        with pytest.raises(auth.MoreThanYouHold):
            await api_keys.create(tx, name="Till", scopes=["tenants.manage"])
        for scopes in ([], ["no.such"]):
            with pytest.raises(Invalid):
                await api_keys.create(tx, name="Till", scopes=scopes)
        with pytest.raises(Invalid):
            await api_keys.create(tx, name=" ", scopes=["people.read"])
        with pytest.raises(Invalid):
            await api_keys.create(tx, name="Till", scopes=["people.read"], expires_at=tx.now)
        assert (await api_keys.keys(tx, Page())).items == []
    async with committed(actor=staff) as tx:
        with pytest.raises(NotAllowed):
            await api_keys.create(tx, name="Till", scopes=["tenants.read"])


async def test_a_key_makes_no_keys(database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    key = await made(database, tenant, owner, ["sessions.keys", "people.read"])
    actor = (await authenticate(database, Credentials(api_key=key.secret))).actor
    with pytest.raises(NotAllowed):
        await made(database, tenant, actor, ["people.read"])


async def test_keys_are_seen_and_revoked_by_their_person_and_the_owner(
    committed: Open, database: Database, tenant: UUID
) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    first, _ = await accounts.member(database, tenant, "manager")
    second, _ = await accounts.member(database, tenant, "manager")
    mine = await made(database, tenant, first, ["people.read"])
    theirs = await made(database, tenant, second, ["people.read"])
    async with committed(actor=first) as tx:
        assert [key.id for key in (await api_keys.keys(tx, Page())).items] == [mine.key.id]
        with pytest.raises(NotFound):
            await api_keys.revoke(tx, theirs.key.id)
    async with committed(actor=owner) as tx:
        assert [key.id for key in (await api_keys.keys(tx, Page())).items] == [mine.key.id, theirs.key.id]
        assert (await api_keys.revoke(tx, theirs.key.id)).revoked_at is not None


async def test_enough_is_enough(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    async with committed(actor=owner) as tx:
        for _ in range(api_keys.MOST):
            await api_keys.create(tx, name="Till", scopes=["people.read"])
        with pytest.raises(api_keys.TooManyKeys):
            await api_keys.create(tx, name="Till", scopes=["people.read"])
