"""Fixtures: a real PostgreSQL for every test, one database per test process, one tenant per test."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import hypothesis
import msgspec
import pytest
import uvloop
from litestar import Litestar

from holdfast.kernel import backlog, embedded, ids, migrations, worker
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http.server import Server, listen
from holdfast.kernel.jobs import REGISTRY, Registry
from holdfast.kernel.lanes import Drained
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import PLATFORM, Actor, Tx, begin, transaction

ROOT = Path(__file__).parent.parent
# A server per test process: an open transaction anywhere in a server holds back the relay and the sealer of every
# database in it, so processes that share one would make each other wait.
SERVER = ROOT / ".var" / "test" / os.environ.get("PYTEST_XDIST_WORKER", "main")

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


_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: object) -> str | None:
    """A test's name holds no fresh id, so that every test process knows the test by the same name."""
    text = str(val) if isinstance(val, str | UUID) else ""
    return _ID.sub("id", text) if _ID.search(text) else None


# The machine may be busy, and an example that took long is no failure.
hypothesis.settings.register_profile("holdfast", deadline=None)
hypothesis.settings.load_profile("holdfast")


def pytest_configure(config: pytest.Config) -> None:
    """Every process that runs tests starts its server; the one that only hands them out needs none."""
    if not config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        asyncio.run(prepare_server())


async def make_database(name: str, *, migrated: bool = True) -> Addresses:
    """A fresh database of the test server, with its addresses per role; empty unless it is migrated."""
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()
    await embedded.prepare(SERVER, name)
    owner = embedded.address(SERVER, "holdfast_owner", name)
    if migrated:
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
        if name.startswith("HOLDFAST_"):
            monkeypatch.delenv(name)


Serve = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def serve() -> Serve:
    """``async with serve(app, settings) as url`` runs a real server on a free port for the length of the block."""

    @asynccontextmanager
    async def serving(app: Litestar, settings: Settings) -> AsyncIterator[str]:
        started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        local = msgspec.structs.replace(settings, host="127.0.0.1", port=0)
        running = Server(app, local, on_started=started.set_result)
        task = asyncio.create_task(running.serve(sockets=[listen(local)]))
        waited: set[asyncio.Future[Any]] = {task, started}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        try:
            if task.done():
                await task
            yield f"http://127.0.0.1:{started.result()}"
        finally:
            running.should_exit = True
            await task

    return serving


Drain = Callable[..., Awaitable[Drained]]


@pytest.fixture
async def registry(database: Database) -> AsyncIterator[Registry]:
    """A registry of the test's own, whose reactions are forgotten when the test ends."""
    registry_ = Registry()
    yield registry_
    for name in registry_.reactions:
        await backlog.forget(database, name)


@pytest.fixture
def drain(database: Database, tenant: UUID) -> Drain:
    """``await drain()`` relays, fires and reacts until nothing is left to do for the test's tenant.

    Another registry and other tenants may be given, and ``worker.drain``'s options. No transaction of the test may
    be open meanwhile, because the relay waits for it.
    """

    async def drained(
        registry: Registry = REGISTRY, *, tenants: Collection[UUID] | None = None, **options: bool | float
    ) -> Drained:
        among = [tenant] if tenants is None else tenants
        return await worker.drain(database, registry, tenants=among, **options)  # type: ignore[arg-type]

    return drained
