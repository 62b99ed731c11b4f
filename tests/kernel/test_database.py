"""The database: lean pools, safe roles, an embedded server that survives, migrations that may race."""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import pytest

from holdfast.kernel import embedded, ids, migrations
from holdfast.kernel.database import Addresses, Busy, Database, Pool, UnsafeRole
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from tests.conftest import SERVER, drop_database, make_database


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for a server of the test's own; short, because a socket's path may not be long."""
    folder = SERVER.parent / f"own-{os.getpid()}"
    yield folder
    embedded.destroy(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.meets("W68", "I143", "P44")
async def test_the_pool_waits_for_a_bounded_time_and_then_says_so(where: Addresses, settings: Settings) -> None:
    pool = Pool(where.app, size=2, settings=msgspec.structs.replace(settings, pool_wait_seconds=0.05))
    first, second = await pool.acquire(), await pool.acquire()
    with pytest.raises(Busy) as refused:
        await pool.acquire()
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    pool.release(first)
    assert await pool.acquire() is first
    pool.release(second)
    pool.release(first)
    assert await pool.acquire() is first, "the connection used last is used first"
    pool.release(first)
    await pool.close()


async def test_a_connection_left_in_a_transaction_is_not_handed_on(where: Addresses, settings: Settings) -> None:
    pool = Pool(where.app, size=1, settings=settings)
    connection = await pool.acquire()
    await connection.execute("begin")
    pool.release(connection)
    again = await pool.acquire()
    assert again is not connection
    pool.release(again)
    await pool.close()


async def test_what_only_reads_ends_with_the_next_or_by_itself(where: Addresses, settings: Settings) -> None:
    database = Database(where, msgspec.structs.replace(settings, pool_size=1))
    tenants = [ids.new(), ids.new()]
    seen = []
    for tenant in tenants:
        async with transaction(database, tenant, reading=True) as tx:
            seen.append(await tx.one(UUID, "select kernel_tenant()"))
            process = tx.connection.get_server_pid()
    assert seen == tenants, "the next transaction is bound to its own tenant"
    # Only the same role is told what a connection does.
    watching = await asyncpg.connect(where.app)
    async with asyncio.timeout(10):
        while await watching.fetchval("select state from pg_stat_activity where pid = $1", process) != "idle":
            await asyncio.sleep(0.01)
    await watching.close()
    async with transaction(database, tenants[0], reading=True) as tx:
        assert tx.connection.get_server_pid() == process
        assert await tx.one(int, "select count(*) from tenants_tenant") == 0
    async with database.app.connection() as connection:
        assert not connection.is_in_transaction(), "who asks for a connection gets one outside any transaction"
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with transaction(database, tenants[0], reading=True) as tx:
            await tx.execute("insert into kernel_sequence (name, value) values ('read', 1)")
    async with transaction(database, tenants[0]) as tx:
        assert await tx.execute("insert into kernel_sequence (name, value) values ('written', 1)") == 1
    await database.close()


async def test_an_unreachable_server_is_a_problem(settings: Settings) -> None:
    pool = Pool("postgresql://holdfast_app@/holdfast?host=/nowhere", size=1, settings=settings)
    with pytest.raises(Busy):
        await pool.acquire()
    assert pool.in_use == 0


@pytest.mark.meets("I139", "P61")
async def test_roles_that_escape_row_level_security_are_refused(where: Addresses, settings: Settings) -> None:
    name = where.app.partition("@/")[2].partition("?")[0]
    for role in ("postgres", "holdfast_owner"):
        unsafe = embedded.address(SERVER, role, name)
        database = Database(msgspec.structs.replace(where, app=unsafe, replica=unsafe), settings)
        with pytest.raises(UnsafeRole):
            await database.check_roles()
        await database.close()
    database = Database(where, settings)
    await database.check_roles()
    await database.close()


async def _answers(address: str) -> bool:
    try:
        connection = await asyncpg.connect(address)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


async def test_the_server_recovers_after_it_was_killed(folder: Path) -> None:
    embedded.start(folder)
    await embedded.prepare(folder)
    await embedded.prepare(folder)
    address = embedded.address(folder, "holdfast_owner", "holdfast")
    connection = await asyncpg.connect(address)
    await connection.execute("create table kept (word text)")
    await connection.execute("insert into kept values ('still here')")
    await connection.close()
    os.kill(int((folder / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    async with asyncio.timeout(30):
        # Until the machine has carried it out, somebody may still answer at the socket.
        while await _answers(address):
            await asyncio.sleep(0.05)
    embedded.start(folder)
    again = await asyncpg.connect(embedded.address(folder, "holdfast_owner", "holdfast"))
    assert await again.fetchval("select word from kept") == "still here"
    await again.close()
    embedded.stop(folder)
    embedded.start(folder)
    assert embedded.binary("pgbench").exists()


async def test_migrations_may_be_started_from_many_machines_at_once() -> None:
    name = f"race_{os.getpid()}"
    try:
        where = await make_database(name, migrated=False)
        assert where.owner is not None
        assert await migrations.current(where.owner) is None
        runs = await asyncio.gather(*(migrations.migrate(where.owner) for _ in range(4)))
        assert sorted(before or "" for before, _ in runs) == ["", *[migrations.head()] * 3]
        assert await migrations.current(where.owner) == migrations.head()
    finally:
        await drop_database(name)
