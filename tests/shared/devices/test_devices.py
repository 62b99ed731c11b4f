"""Devices: a code that pairs once, a secret that ends, and who may say so."""

import asyncio
import string
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import auth, crypto, events, ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Actor, Reused, Tx, transaction
from holdfast.shared.devices import devices
from holdfast.shared.devices.devices import Status
from tests import accounts, tablets
from tests.conftest import Open


async def told(tx: Tx, device_id: UUID) -> list[str]:
    """What happened to a device, in order."""
    return await tx.all(
        str, "select name from kernel_event where subject_id = $1 order by xid, seq limit 100", device_id
    )


@pytest.fixture
async def rotated(settings: Settings) -> AsyncIterator[Settings]:
    """The settings once their secret was changed, for whoever calls ``crypto.use``."""
    yield msgspec.structs.replace(
        settings, secret="a-newer-secret-of-32-characters!", previous_secrets=[settings.secret]
    )
    crypto.use(settings)


async def test_a_device_is_added_paired_revoked_and_paired_again(tx: Tx) -> None:
    added = await devices.add(tx, name="  Counter   left ")
    device = added.device
    assert (device.name, device.status, device.last_sequence) == ("Counter left", Status.waiting, 0)
    assert device.grants == ["loyalty.enroll", "loyalty.read", "loyalty.redeem", "loyalty.stamp"]
    assert (device.created_at, device.paired_at, device.revoked_at, device.last_seen_at) == (tx.now, None, None, None)
    assert added.expires_at == tx.now + timedelta(minutes=15)

    tx.now += timedelta(minutes=14)
    device, secret = await devices.pair(tx, added.code)
    assert (device.status, device.paired_at) == (Status.paired, tx.now)
    assert devices.claimed(secret) == (tx.tenant, device.id)

    tx.now += timedelta(days=1)
    device = await devices.revoke(tx, device.id)
    assert (device.status, device.revoked_at) == (Status.revoked, tx.now)
    assert await devices.revoke(tx, device.id) == device

    again = await devices.issue(tx, device.id)
    assert again.device.status is Status.revoked
    device, other = await devices.pair(tx, again.code)
    assert (device.status, device.revoked_at, device.paired_at) == (Status.paired, None, tx.now)
    assert other != secret
    assert await told(tx, device.id) == [
        "devices.devices.added",
        "devices.devices.paired",
        "devices.devices.revoked",
        "devices.devices.code_issued",
        "devices.devices.paired",
    ]


async def test_a_code_is_short_clear_and_typed_in_any_way(tx: Tx) -> None:
    for typed in (str.lower, str.upper, lambda code: code.replace("-", " ").lower(), lambda code: f" {code}\t"):
        added = await devices.add(tx, name="Counter")
        assert len(added.code) == 9
        assert not set(added.code) & set("ILOU" + string.ascii_lowercase)
        assert (await devices.pair(tx, typed(added.code)))[0].id == added.device.id
    added = await devices.add(tx, name="Counter")
    misread = added.code.replace("0", "O").replace("1", "l")
    assert (await devices.pair(tx, misread))[0].id == added.device.id


async def test_a_code_works_once_and_for_fifteen_minutes(tx: Tx) -> None:
    added = await devices.add(tx, name="Counter")
    tx.now += timedelta(minutes=15)
    with pytest.raises(devices.WrongCode):
        await devices.pair(tx, added.code)
    fresh = await devices.issue(tx, added.device.id)
    with pytest.raises(devices.WrongCode):
        await devices.pair(tx, added.code)
    await devices.pair(tx, fresh.code)
    for wrong in (fresh.code, "", "ÄÖÜ", "0000-0000", "\x00", fresh.code + "0"):
        with pytest.raises(devices.WrongCode):
            await devices.pair(tx, wrong)
    voided = await devices.issue(tx, added.device.id)
    await devices.revoke(tx, added.device.id)
    with pytest.raises(devices.WrongCode):
        await devices.pair(tx, voided.code)


async def test_the_business_of_a_code_is_found_without_knowing_it(
    database: Database, committed: Open, other_tenant: UUID
) -> None:
    async with committed() as tx:
        added = await devices.add(tx, name="Counter")
        here = tx.tenant
    async with transaction(database, ids.PLATFORM, NOBODY) as tx:
        assert await devices.business_of_code(tx, added.code.lower()) == here
        with pytest.raises(devices.WrongCode):
            await devices.business_of_code(tx, "0000-0000")
        # The function tells whose a code is; the devices themselves stay hidden.
        assert await tx.all(UUID, "select id from devices_device limit 10") == []
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(devices.WrongCode):
            await devices.pair(tx, added.code)
        for command in (devices.issue, devices.revoke):
            with pytest.raises(NotFound):
                await command(tx, added.device.id)
        assert (await devices.devices(tx, Page())).items == []


async def test_nothing_that_is_stored_pairs_or_proves_a_device(committed: Open) -> None:
    async with committed() as tx:
        waiting = await devices.add(tx, name="Waiting")
        tablet = await tablets.paired(tx)
    async with committed() as tx:
        stored = await tx.connection.fetch("select to_jsonb(d)::text as row from devices_device as d")
        plain = waiting.code.replace("-", "")
        assert len(stored) == 2
        for record in stored:
            for shown in (plain, waiting.code, tablet.secret, crypto.digest(plain).hex()):
                assert shown not in record["row"]
        assert await tx.all(bytes, "select secret_hash from devices_device where secret_hash is not null") == [
            crypto.digest(tablet.secret)
        ]
        bodies = await tx.connection.fetch(f"select {events.COLUMNS} from kernel_event where tenant_id = $1", tx.tenant)
        assert bodies
        assert not [row for row in bodies if plain in str(row["body"]) or tablet.secret in str(row["body"])]


async def test_a_code_outlives_a_change_of_the_secret(tx: Tx, rotated: Settings) -> None:
    added = await devices.add(tx, name="Counter")
    crypto.use(rotated)
    assert (await devices.pair(tx, added.code))[0].id == added.device.id


async def test_at_once_a_code_pairs_one(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        added = await devices.add(tx, name="Counter")

    async def pair() -> str | None:
        try:
            async with transaction(database, tenant, NOBODY) as tx:
                return (await devices.pair(tx, added.code))[1]
        except devices.WrongCode:
            return None

    won = [secret for secret in await asyncio.gather(*(pair() for _ in range(8))) if secret is not None]
    assert len(won) == 1
    async with committed() as tx:
        assert await tx.one(bytes, "select secret_hash from devices_device") == crypto.digest(won[0])


async def test_the_same_id_adds_one_device(database: Database, tenant: UUID, committed: Open) -> None:
    device_id = ids.new()

    async def add(name: str) -> devices.Code:
        async with transaction(database, tenant) as tx:
            return await devices.add(tx, name=name, id=device_id)

    made = await asyncio.gather(*(add("Counter") for _ in range(6)))
    assert {code.device.id for code in made} == {device_id}
    async with committed() as tx:
        assert await told(tx, device_id) == ["devices.devices.added"]
        working = [
            code for code in made if await tx.find(UUID, "select devices_of_code($1)", devices._hashes(code.code))
        ]
        assert len(working) == 1
        await devices.pair(tx, working[0].code)
    with pytest.raises(Reused):
        await add("Something else")
    # Sent once more after it was paired, it changes nothing about the pairing until somebody uses the new code.
    assert (await add("Counter")).device.status is Status.paired


async def test_a_device_is_renamed(tx: Tx) -> None:
    device = (await devices.add(tx, name="Counter")).device
    assert (await devices.rename(tx, device.id, name="Till 2")).name == "Till 2"
    assert (await devices.rename(tx, device.id, name=" Till  2 ")).name == "Till 2"
    assert (await told(tx, device.id)).count("devices.devices.renamed") == 1
    for wrong in ("", "  ", "x" * 101, "a\x00b", "\u202e"):
        with pytest.raises(Invalid):
            await devices.rename(tx, device.id, name=wrong)
        with pytest.raises(Invalid):
            await devices.add(tx, name=wrong)
    with pytest.raises(NotFound):
        await devices.rename(tx, ids.new(), name="Nobody")


async def test_devices_are_listed_newest_first_in_pages(tx: Tx) -> None:
    made = []
    for number in range(5):
        tx.now += timedelta(seconds=number % 2)
        made.append((await devices.add(tx, name=f"Device {number}")).device)
    found: list[devices.Device] = []
    after = None
    while True:
        page = await devices.devices(tx, Page(after=after, limit=2))
        found += page.items
        after = page.next
        if after is None:
            break
    expected = sorted(made, key=lambda device: (device.created_at, device.id), reverse=True)
    assert [device.id for device in found] == [device.id for device in expected]


async def test_who_may_pair_and_who_may_look(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    manager, _ = await accounts.member(database, tenant, "manager")
    staff, _ = await accounts.member(database, tenant, "staff")
    customer, _ = await accounts.member(database, tenant, "customer")
    for actor in (owner, manager):
        async with committed(actor=actor) as tx:
            device = (await devices.add(tx, name="Counter")).device
            assert device.created_by == actor.person
            await devices.issue(tx, device.id)
            await devices.revoke(tx, device.id)
    refused: list[tuple[Actor, type[Exception]]] = [(staff, NotAllowed), (customer, NotAllowed), (NOBODY, NotSignedIn)]
    tablet = await tablets.tablet(database, tenant)
    refused.append((tablet.actor, NotAllowed))
    for actor, problem in refused:
        async with committed(actor=actor) as tx:
            with pytest.raises(problem):
                await devices.add(tx, name="Counter")
            for command in (devices.issue, devices.revoke):
                with pytest.raises(problem):
                    await command(tx, device.id)
            with pytest.raises(problem):
                await devices.rename(tx, device.id, name="Mine")
    async with committed(actor=staff) as tx:
        assert len((await devices.devices(tx, Page())).items) == 3
    async with committed(actor=customer) as tx:
        with pytest.raises(NotAllowed):
            await devices.devices(tx, Page())


async def test_nobody_lends_a_device_what_they_may_not_do(committed: Open) -> None:
    half = Actor(kind="person", id=ids.new(), person=ids.new(), grants=frozenset({"devices.manage", "loyalty.read"}))
    async with committed(actor=half) as tx:
        with pytest.raises(auth.MoreThanYouHold):
            await devices.add(tx, name="Counter")
    async with committed() as tx:
        await tx.execute("update tenants_tenant set systems = '{}'")
    async with committed(actor=half) as tx:
        # Where loyalty is switched off nobody holds its grants, and neither does a device until it is switched on.
        assert (await devices.add(tx, name="Counter")).device.status is Status.waiting


async def test_enough_is_enough(committed: Open) -> None:
    async with committed() as tx:
        await tx.execute(
            "insert into devices_device (id, name, grants, created_at) "
            "select gen_random_uuid(), 'Device', '{}', $1 from generate_series(1, $2)",
            tx.now,
            devices.MOST,
        )
        with pytest.raises(devices.TooManyDevices):
            await devices.add(tx, name="One more")
        some = await tx.one(UUID, "select id from devices_device limit 1")
        await devices.revoke(tx, some)
        await devices.add(tx, name="One more")
