"""Fixtures: a real PostgreSQL for every test, one database per test process, one tenant per test."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
import uvloop

from holdfast.kernel import embedded, ids, migrations
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import PLATFORM, Actor, Tx, begin, transaction

ROOT = Path(__file__).parent.parent
SERVER = Path(os.environ.get("HOLDFAST_TEST_SERVER", ROOT / ".var" / "test" / "postgres"))

Open = Callable[..., AbstractAsyncContextManager[Tx]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], object]]:
    """Every test runs on uvloop, as the platform does."""
    return {"uvloop": uvloop.new_event_loop}


async def prepare_server() -> None:
    """Start the test server with settings that suit throw-away data and many test processes."""
    embedded.start(SERVER)
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", "postgres"))
    try:
        # Tests lose nothing that matters when the machine loses power.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 300"):
            await connection.execute(f"alter system set {setting}")
        await connection.execute("select pg_reload_conf()")
        restart = await connection.fetchval("show max_connections") != "300"
    finally:
        await connection.close()
    if restart:
        embedded.stop(SERVER)
        embedded.start(SERVER)


def pytest_configure(config: pytest.Config) -> None:
    """The first process prepares the server; the workers of xdist find it running."""
    if not hasattr(config, "workerinput"):
        asyncio.run(prepare_server())


async def make_database(name: str) -> Addresses:
    """A fresh, migrated database of the test server, with its addresses per role."""
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()
    await embedded.prepare(SERVER, name)
    owner = embedded.address(SERVER, "holdfast_owner", name)
    await migrations.migrate(owner)
    app = embedded.address(SERVER, "holdfast_app", name)
    return Addresses(
        app=app, direct=app, owner=owner, relay=embedded.address(SERVER, "holdfast_relay", name), replica=app
    )


async def drop_database(name: str) -> None:
    """Remove a database that ``make_database`` made."""
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings of the test environment; rate limits are off, their own tests turn them on."""
    return Settings(
        environment="test",
        rate_limit_requests=0,
        rate_limit_sign_ins=0,
        token_memory_seconds=0,
        log_level="error",
    )


@pytest.fixture(scope="session")
def database_name(worker_id: str) -> str:
    """The database of this test process."""
    return f"test_{worker_id}_{os.getpid()}"


@pytest.fixture(scope="session")
async def where(database_name: str) -> AsyncIterator[Addresses]:
    """The addresses of this process's database."""
    yield await make_database(database_name)
    await drop_database(database_name)


@pytest.fixture(scope="session")
async def database(where: Addresses, settings: Settings) -> AsyncIterator[Database]:
    """The pools that every test shares."""
    database_ = Database(where, settings)
    await database_.check_roles()
    yield database_
    await database_.close()


async def new_tenant(database: Database, *, name: str = "Café Aurora", **columns: object) -> UUID:
    """A committed tenant of its own, so that no test sees another's rows."""
    tenant = ids.new()
    async with transaction(database, tenant) as tx:
        await tx.execute(
            "insert into tenants_tenant (id, name, slug, currency, timezone, country, systems, created_at) "
            "values ($1, $2, $3, 'PEN', 'America/Lima', 'PE', '{loyalty}', $4)",
            tenant,
            name,
            f"t-{tenant}",
            tx.now,
        )
        for column, value in columns.items():
            await tx.execute(f"update tenants_tenant set {column} = $1", value)
    return tenant


@pytest.fixture
async def tenant(database: Database) -> UUID:
    """A tenant of the test's own."""
    return await new_tenant(database)


@pytest.fixture
async def other_tenant(database: Database) -> UUID:
    """A second tenant, to whom nothing of the first must show."""
    return await new_tenant(database, name="Otro Café")


@pytest.fixture
async def tx(database: Database, tenant: UUID) -> AsyncIterator[Tx]:
    """A transaction in the test's tenant by the platform itself; rolled back when the test ends."""
    async with database.app.connection() as connection:
        yield await begin(connection, tenant=tenant, actor=PLATFORM, database=database)
        await connection.execute("rollback")


@pytest.fixture
def committed(database: Database, tenant: UUID) -> Open:
    """``async with committed() as tx`` commits in the test's tenant; ``actor=`` and ``tenant=`` may be given."""

    @asynccontextmanager
    async def opened(actor: Actor = PLATFORM, tenant: UUID = tenant) -> AsyncIterator[Tx]:
        async with transaction(database, tenant, actor) as tx_:
            yield tx_

    return opened


@pytest.fixture(autouse=True)
def _no_stray_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's environment does not change what the tests show."""
    for name in list(os.environ):
        if name.startswith("HOLDFAST_") and name != "HOLDFAST_TEST_SERVER":
            monkeypatch.delenv(name)
