"""A request that comes from a device: who acts, in which business, and when that ends."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http.caller import Credentials, Remembered
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.tx import transaction
from holdfast.shared.devices import devices
from holdfast.shared.people import memberships
from holdfast.shared.sessions import api_keys, credentials, sessions
from holdfast.shared.sessions.authentication import authenticate
from tests import accounts, tablets
from tests.conftest import Open

AT_THE_COUNTER = {"loyalty.enroll", "loyalty.read", "loyalty.redeem", "loyalty.stamp"}


def shown(tablet: tablets.Tablet, **others: object) -> Credentials:
    """What a browser on the device shows."""
    return msgspec.structs.replace(Credentials(device=tablet.id, device_secret=tablet.secret), **others)


async def cookie(database: Database, account: accounts.Account) -> str:
    """A browser's session of somebody."""
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        secret = await credentials.secret_of(tx, account.email)
        assert secret is not None
        issued = await sessions.open(tx, secret, client=sessions.Client.browser, device=None, days=30)
    return issued.refresh_token


async def test_a_device_acts_by_itself(database: Database, tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    identity = await authenticate(database, shown(tablet))
    actor = identity.actor
    assert (identity.tenant, actor.kind, actor.id, actor.device) == (tenant, "device", tablet.id, tablet.id)
    assert (actor.person, actor.session, actor.sites) == (None, None, frozenset())
    assert actor.grants == AT_THE_COUNTER


async def test_a_device_may_do_nothing_elsewhere(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    await accounts.employ(database, other_tenant, owner, "owner")
    for others in ({}, {"cookie": await cookie(database, owner)}):
        identity = await authenticate(database, shown(tablet, tenant=other_tenant, **others))
        assert (identity.tenant, identity.actor.grants) == (other_tenant, frozenset())
    assert (await authenticate(database, shown(tablet, tenant=tenant))).actor.grants == AT_THE_COUNTER


async def test_a_device_loses_a_system_that_its_business_switches_off(committed: Open, database: Database) -> None:
    async with committed() as tx:
        tablet = await tablets.paired(tx)
        await tx.execute("update tenants_tenant set systems = '{parking}'")
    assert (await authenticate(database, shown(tablet))).actor.grants == frozenset()


async def test_only_its_own_secret_proves_a_device(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    mine, second = await tablets.tablet(database, tenant), await tablets.tablet(database, tenant)
    theirs = await tablets.tablet(database, other_tenant)
    forged = crypto.random_token(carrying=tenant.bytes + mine.id.bytes)
    moved = crypto.random_token(carrying=other_tenant.bytes + mine.id.bytes)
    for secret in (None, "", "nonsense", "é", forged, moved, second.secret, theirs.secret, mine.secret[:-1]):
        with pytest.raises(devices.NotPaired):
            await authenticate(database, shown(mine, device_secret=secret))
    waiting = await tablets.tablet(database, tenant)
    async with transaction(database, tenant) as tx:
        await devices.revoke(tx, waiting.id)
        await devices.issue(tx, waiting.id)
    for secret in (waiting.secret, crypto.random_token(carrying=tenant.bytes + waiting.id.bytes)):
        with pytest.raises(devices.NotPaired):
            await authenticate(database, shown(waiting, device_secret=secret))


async def test_a_new_pairing_ends_the_one_before(database: Database, tenant: UUID, committed: Open) -> None:
    tablet = await tablets.tablet(database, tenant)
    async with committed() as tx:
        code = await devices.issue(tx, tablet.id)
    # Nobody has used the code yet.
    assert (await authenticate(database, shown(tablet))).actor.id == tablet.id
    async with committed() as tx:
        device, secret = await devices.pair(tx, code.code)
    with pytest.raises(devices.NotPaired):
        await authenticate(database, shown(tablet))
    assert (await authenticate(database, shown(tablets.Tablet(device, secret)))).actor.id == tablet.id


async def test_whoever_works_there_acts_on_the_device(database: Database, tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    staff = await accounts.new_account(database)
    await accounts.employ(database, tenant, staff, "staff")
    identity = await authenticate(database, shown(tablet, cookie=await cookie(database, staff)))
    actor = identity.actor
    assert (identity.tenant, actor.kind, actor.id, actor.device) == (tenant, "person", staff.person, tablet.id)
    assert actor.session is not None
    assert "loyalty.stamp" in actor.grants
    assert "devices.read" in actor.grants
    assert identity.until is not None


async def test_a_key_acts_on_a_device_as_a_person_does(database: Database, tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    owner, _ = await accounts.member(database, tenant, "owner")
    async with transaction(database, tenant, owner) as tx:
        made = await api_keys.create(tx, name="Till", scopes=["loyalty.stamp"])
    actor = (await authenticate(database, shown(tablet, api_key=made.secret))).actor
    assert (actor.kind, actor.id, actor.device) == ("api_key", made.key.id, tablet.id)
    assert actor.grants == {"loyalty.stamp"}


async def test_a_customer_or_a_stranger_leaves_the_device_to_act(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    tablet = await tablets.tablet(database, tenant)
    customer, stranger = await accounts.new_account(database), await accounts.new_account(database)
    await accounts.employ(database, tenant, customer, "customer")
    await accounts.employ(database, other_tenant, stranger, "owner")
    for account in (customer, stranger):
        actor = (await authenticate(database, shown(tablet, cookie=await cookie(database, account)))).actor
        assert (actor.kind, actor.id, actor.person) == ("device", tablet.id, None)
        assert actor.grants == AT_THE_COUNTER


async def test_a_session_that_is_over_leaves_the_device_to_act(
    database: Database, tenant: UUID, committed: Open
) -> None:
    tablet = await tablets.tablet(database, tenant)
    staff = await accounts.new_account(database)
    membership = await accounts.employ(database, tenant, staff, "staff")
    session = await cookie(database, staff)
    async with committed() as tx:
        await memberships.end(tx, membership.id)
    for left_behind in (session, "nonsense"):
        assert (await authenticate(database, shown(tablet, cookie=left_behind))).actor.kind == "device"
    # A program's token is no left-over: whoever sends it wants to know that it is over.
    for others in ({"bearer": "nonsense"}, {"api_key": "hf_nonsense"}):
        with pytest.raises(NotSignedIn) as refused:
            await authenticate(database, shown(tablet, **others))
        assert not isinstance(refused.value, devices.NotPaired)


async def test_a_person_is_not_let_in_by_a_device_that_is_not_paired(database: Database, tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    async with transaction(database, tenant) as tx:
        await devices.revoke(tx, tablet.id)
    with pytest.raises(devices.NotPaired):
        await authenticate(database, shown(tablet, cookie=await cookie(database, owner)))


async def test_a_device_is_seen_once_a_minute(database: Database, tenant: UUID, committed: Open) -> None:
    tablet = await tablets.tablet(database, tenant)

    async def seen() -> object:
        async with committed() as tx:
            return (await tx.get(devices.Device, tablet.id)).last_seen_at

    await authenticate(database, shown(tablet))
    first = await seen()
    assert first is not None
    await authenticate(database, shown(tablet))
    assert await seen() == first
    async with committed() as tx:
        await tx.execute("update devices_device set last_seen_at = last_seen_at - $1::interval", timedelta(seconds=61))
        before = await tx.get(devices.Device, tablet.id)
    await authenticate(database, shown(tablet))
    assert await seen() != before.last_seen_at


def test_what_is_remembered_tells_devices_and_people_apart() -> None:
    one, other, tenant = ids.new(), ids.new(), ids.new()
    different = {
        Remembered.digest(credentials)
        for credentials in (
            Credentials(cookie="a"),
            Credentials(cookie="a", device=one, device_secret="s"),
            Credentials(cookie="a", device=other, device_secret="s"),
            Credentials(cookie="a", device=one, device_secret="t"),
            Credentials(device=one, device_secret="s"),
            Credentials(device=one),
            Credentials(device=one, device_secret="s", tenant=tenant),
            Credentials(device=one, cookie="None"),
        )
    }
    assert len(different) == 8
