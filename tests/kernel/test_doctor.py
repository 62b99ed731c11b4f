"""The doctor says in sentences what is wrong, and what to do about it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from holdfast.kernel import doctor, embedded, ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import PLATFORM, begin, transaction
from tests.conftest import SERVER, drop_database, make_database, new_tenant
from tests.kernel.effects import Odd


@pytest.fixture
async def installation(settings: Settings) -> AsyncIterator[Settings]:
    """Settings of an installation with a database of its own."""
    name = f"sick_{os.getpid()}"
    where = await make_database(name)
    yield msgspec.structs.replace(
        settings, database_url=where.app, database_owner_url=where.owner, database_relay_url=where.relay
    )
    await drop_database(name)


async def findings(settings: Settings) -> dict[str, doctor.Finding]:
    """What the doctor finds through the database."""
    return {found.what: found async for found in doctor.look_at_database(settings)}


def address(settings: Settings, role: str) -> str:
    """The installation's database as another role."""
    return (settings.database_url or "").replace("holdfast_app", role, 1)


async def test_a_healthy_installation_gets_no_advice(installation: Settings) -> None:
    found = await findings(installation)
    assert set(found) == {"Roles", "Migrations", "Clock", "Relay", "Dead letters", "Schedules"}
    assert all(each.healthy for each in found.values()), found
    assert doctor.look_at_vault(installation).healthy


async def test_a_database_that_cannot_be_reached_ends_the_visit(installation: Settings) -> None:
    nowhere = msgspec.structs.replace(installation, database_url="postgresql://holdfast_app@/holdfast?host=/nowhere")
    found = await findings(nowhere)
    assert [(what, each.healthy) for what, each in found.items()] == [("Database", False)]


async def test_an_unsafe_role_and_missing_tables_are_named(installation: Settings) -> None:
    unsafe = msgspec.structs.replace(installation, database_url=address(installation, "postgres"))
    assert "superuser" in (await findings(unsafe))["Roles"].detail
    connection = await asyncpg.connect(address(installation, "holdfast_owner"))
    await connection.execute("drop table kernel_migration")
    await connection.close()
    found = await findings(installation)
    assert set(found) == {"Roles", "Migrations"}
    assert "holdfast migrate" in found["Migrations"].advice


async def test_whoever_holds_the_relay_back_is_told_of(installation: Settings) -> None:
    name = f"sick_{os.getpid()}"
    urls = {role: embedded.address(SERVER, f"holdfast_{role}", name) for role in ("app", "owner", "relay")}
    database = Database(Addresses(direct=urls["app"], replica=urls["app"], **urls), installation)
    tenant = await new_tenant(database)
    async with database.app.connection() as open_one:
        early = await begin(open_one, tenant=tenant, actor=PLATFORM, database=database)
        await early.emit(Odd(number=1))
        async with transaction(database, tenant) as tx:
            await tx.emit(Odd(number=2))
        relay = (await findings(installation))["Relay"]
        assert "held back by a transaction" in relay.detail
        assert "pg_stat_activity" in relay.advice
        await open_one.execute("rollback")
    assert "held back" not in (await findings(installation))["Relay"].detail
    await database.close()


async def test_dead_letters_and_late_schedules_are_counted(installation: Settings) -> None:
    connection = await asyncpg.connect(address(installation, "postgres"))
    await connection.execute(
        "insert into kernel_delivery (event_id, reaction, tenant_id, lane, xid, seq, state) "
        "values ($1, 'test.broken', $2, $2, 1, 1, 'dead')",
        ids.new(),
        ids.PLATFORM,
    )
    await connection.execute(
        "insert into kernel_reaction (name, event, priority, lane) values ('test.late', 'clock', 0, 'tenant')"
    )
    await connection.execute(
        "insert into kernel_schedule (name, tenant_id, expression, next_at) "
        "values ('test.late', $1, 'every 60s', now() - interval '1 hour')",
        ids.PLATFORM,
    )
    await connection.close()
    found = await findings(installation)
    assert (found["Dead letters"].healthy, found["Dead letters"].detail) == (False, "1")
    assert (found["Schedules"].healthy, found["Schedules"].detail) == (False, "test.late")


def test_a_folder_that_is_too_deep_for_a_socket_is_named(settings: Settings, tmp_path: Path) -> None:
    deep = msgspec.structs.replace(settings, data_dir=str(tmp_path / ("x" * 120)))
    found = {each.what: each for each in doctor.look_at_machine(deep)}
    assert found["Python"].healthy
    assert not found["Socket path"].healthy
