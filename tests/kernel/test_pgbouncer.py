"""PgBouncer in transaction mode: many clients share few server connections, and nothing of one reaches another.

It takes a PgBouncer of 1.21 or newer: the one that the variable ``PGBOUNCER`` names, or the one on the path.
"""

import asyncio
import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import asyncpg
import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.ledger import books
from holdfast.systems.loyalty import stamps
from tests import accounts, web
from tests.conftest import SERVER, new_tenant
from tests.kernel import listening
from tests.systems.loyalty import cafe

NEWEST_TOO_OLD = (1, 20)
SERVER_CONNECTIONS = 2
PORT = 6432


def _program() -> str:
    """A PgBouncer that keeps prepared statements in transaction mode; without one, nothing can be shown here."""
    program = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if program is None:
        pytest.skip("PgBouncer is not installed.")
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"PgBouncer (\d+)\.(\d+)", printed)
    assert version is not None, printed
    if (int(version[1]), int(version[2])) <= NEWEST_TOO_OLD:
        pytest.skip(f"{version[0]} forgets prepared statements; it takes 1.21 or newer.")
    return program


@pytest.fixture(scope="module")
def pooler(where: Addresses, database_name: str) -> Iterator[str]:
    """PgBouncer in front of the test's database; gives the address of the app's role through it."""
    program = _program()
    folder = SERVER.parent / f"b{os.getpid()}"
    folder.mkdir()
    (folder / "users").write_text('"holdfast_app" ""\n')
    host, port = (
        dict(part.split("=") for part in where.app.partition("?")[2].split("&"))[key] for key in ("host", "port")
    )
    user = "embedded_postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    (folder / "ini").write_text(
        f"[databases]\n{database_name} = host={host} port={port}\n"
        f"[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {folder}\nauth_type = trust\n"
        f"auth_file = {folder}/users\npool_mode = transaction\nmax_client_conn = 200\n"
        f"default_pool_size = {SERVER_CONNECTIONS}\nmax_prepared_statements = 512\nserver_reset_query =\n"
        + (f"user = {user}\n" if os.geteuid() == 0 else "")
    )
    shutil.chown(folder, user)
    log = (folder / "log").open("wb")
    process = subprocess.Popen([program, str(folder / "ini")], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while not (folder / f".s.PGSQL.{PORT}").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.02)
        yield f"postgresql://holdfast_app@/{database_name}?host={folder}&port={PORT}"
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def pooled(pooler: str, where: Addresses, settings: Settings) -> AsyncIterator[Database]:
    """Requests go through the pooler, listening and relaying past it, as the deployment page says."""
    found = Database(msgspec.structs.replace(where, app=pooler, replica=pooler), settings)
    await found.check_roles()
    yield found
    await found.close()


async def _backends(database: Database) -> int:
    """On how many server connections a burst of transactions ran."""

    async def one() -> int:
        async with database.app.connection() as connection, connection.transaction():
            await connection.execute("select pg_sleep(0.01)")
            found: int = await connection.fetchval("select pg_backend_pid()")
            return found

    return len(set(await asyncio.gather(*(one() for _ in range(3 * database.app.size)))))


async def test_tenants_share_server_connections_and_nothing_else(pooled: Database) -> None:
    assert await _backends(pooled) <= SERVER_CONNECTIONS
    tenants = [await new_tenant(pooled) for _ in range(4)]
    opened: dict[UUID, UUID] = {}
    for tenant in tenants:
        async with transaction(pooled, tenant) as tx:
            await cafe.program(tx)
            opened[tenant] = (await cafe.member(tx)).card.id

    async def stamp(tenant: UUID) -> None:
        async with transaction(pooled, tenant) as tx:
            await stamps.stamp(tx, ids.new(), card_id=opened[tenant])
            seen = await tx.all(UUID, "select distinct tenant_id from loyalty_stamp")
            assert seen == [tenant]

    await asyncio.gather(*(stamp(tenant) for tenant in tenants * 8))
    for tenant in tenants:
        async with books.snapshot(pooled, tenant) as tx:
            assert await tx.one(int, "select count(*) from loyalty_stamp") == 8
            assert (await books.verify(tx)).proven


async def test_no_tenant_stays_on_a_server_connection(pooled: Database, tenant: UUID) -> None:
    async with transaction(pooled, tenant) as tx:
        await cafe.program(tx)
    for _ in range(2 * SERVER_CONNECTIONS):
        async with pooled.app.connection() as connection:
            assert await connection.fetchval("select count(*) from loyalty_program") == 0


async def test_a_stamp_over_http_arrives_live(pooled: Database, settings: Settings, tenant: UUID) -> None:
    owner = await accounts.new_account(pooled)
    await accounts.employ(pooled, tenant, owner, "owner")
    async with transaction(pooled, tenant) as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
    await listening.relay(pooled)
    async with listening.hub(pooled) as hub, web.visitor(pooled, settings) as visitor:
        client = await listening.listen(hub, listening.holding(tenant), "/loyalty/stamps", tenant=tenant)
        await web.enter(visitor, pooled, owner)
        for status in (201, 200):
            stamp = {"id": str(card.id), "card_id": str(card.id)}
            assert (await visitor.post("/api/loyalty/stamps", json=stamp)).status_code == status
        await listening.relay(pooled)
        await client.got(1)
        assert [update["kind"] for _, update in client.updates] == ["loyalty.stamps.stamped"]
        await client.leave()


async def test_an_error_leaves_the_server_connection_usable(pooled: Database, tenant: UUID) -> None:
    for _ in range(2 * SERVER_CONNECTIONS):
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with transaction(pooled, tenant) as tx:
                await tx.connection.execute("select 1 / 0")
        async with transaction(pooled, tenant) as tx:
            assert await tx.one(int, "select 1") == 1
