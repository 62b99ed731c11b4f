"""The database: addresses, lean pools, and the check that row-level security really binds us."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import msgspec
import structlog

from holdfast.kernel import embedded, telemetry
from holdfast.kernel.problems import Unavailable
from holdfast.kernel.settings import Settings

log = structlog.get_logger()

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


UNFINISHED_SECONDS = 0.02
"""For how long a transaction that only read may stay open after its last statement."""


class Addresses(msgspec.Struct, frozen=True):
    """Where the database is, per role."""

    app: str
    direct: str
    owner: str | None
    relay: str
    replica: str


class UnsafeRole(Exception):
    """The application would connect as a role that row-level security does not bind."""


class Busy(Unavailable):
    """Every database connection is in use; try again in a moment."""

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


async def addresses(settings: Settings, *, database: str = "holdfast") -> Addresses:
    """The addresses from the settings; without any, of the embedded PostgreSQL, which is started for it."""
    if settings.database_url is not None:
        return Addresses(
            app=settings.database_url,
            direct=settings.database_direct_url or settings.database_url,
            owner=settings.database_owner_url,
            relay=settings.database_relay_url or settings.database_direct_url or settings.database_url,
            replica=settings.database_replica_url or settings.database_url,
        )
    folder = Path(settings.data_dir) / "postgres"
    await asyncio.to_thread(embedded.start, folder)
    await embedded.prepare(folder, database)
    app = embedded.address(folder, "holdfast_app", database)
    return Addresses(
        app=app,
        direct=app,
        owner=embedded.address(folder, "holdfast_owner", database),
        relay=embedded.address(folder, "holdfast_relay", database),
        replica=settings.database_replica_url or app,
    )


def _decode(value: str) -> Any:
    return msgspec.json.decode(value)


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode, decoder=_decode)


async def connect(address: str, *, settings: Settings) -> Connection:
    """One connection outside any pool: for LISTEN, for session locks, for maintenance."""
    connection = await asyncpg.connect(address, timeout=settings.connect_seconds)
    await _prepare(connection)
    return connection


class _Timed(asyncpg.Connection):
    """A connection that times its statements; asyncpg's own query loggers cost three times as much."""

    slow_ms = 500

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        """As asyncpg's."""
        started = time.perf_counter()
        try:
            tag: str = await super().execute(query, *args, timeout=timeout)
            return tag
        finally:
            telemetry.query(time.perf_counter() - started, query, slow_ms=self.slow_ms)

    async def executemany(self, command: str, args: Any, *, timeout: float | None = None) -> None:
        """As asyncpg's."""
        started = time.perf_counter()
        try:
            await super().executemany(command, args, timeout=timeout)
        finally:
            telemetry.query(time.perf_counter() - started, command, slow_ms=self.slow_ms)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        """As asyncpg's."""
        started = time.perf_counter()
        try:
            return await super().fetch(query, *args, **options)
        finally:
            telemetry.query(time.perf_counter() - started, query, slow_ms=self.slow_ms)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        """As asyncpg's."""
        started = time.perf_counter()
        try:
            return await super().fetchval(query, *args, **options)
        finally:
            telemetry.query(time.perf_counter() - started, query, slow_ms=self.slow_ms)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        """As asyncpg's."""
        started = time.perf_counter()
        try:
            return await super().fetchrow(query, *args, **options)
        finally:
            telemetry.query(time.perf_counter() - started, query, slow_ms=self.slow_ms)


class Pool:
    """A lean pool: last in first out, no reset query when a connection comes back, a bounded wait.

    asyncpg's pool asks the server to reset each returned connection. Ours is only ever used inside transactions and
    changes only transaction-local settings, so there is nothing to reset and a round trip is saved.

    Another is saved where transactions only read: nothing waits for their end, so it travels with the beginning of the
    next one on the connection. If none follows within ``UNFINISHED_SECONDS``, the pool ends it.
    """

    def __init__(self, address: str, *, size: int, settings: Settings, name: str = "app") -> None:
        self.address = address
        self.size = size
        self.name = name
        self._settings = settings
        self._idle: list[Connection] = []
        self._slots = asyncio.Semaphore(size)
        self._closed = False
        self._unfinished: dict[Connection, float] = {}
        self._finishing: asyncio.Task[None] | None = None
        self.in_use = 0

    async def _open(self) -> Connection:
        settings = self._settings
        connection = await asyncpg.connect(
            self.address,
            timeout=settings.connect_seconds,
            # Prepared statements are cached per connection; 0 would be needed only for old PgBouncers, and
            # PgBouncer 1.21 and later keep them in transaction mode (max_prepared_statements).
            statement_cache_size=512,
            command_timeout=None,
            connection_class=_Timed,
        )
        await _prepare(connection)
        connection.slow_ms = settings.slow_query_ms
        return connection

    async def acquire(self) -> Connection:
        """A connection outside any transaction, within the bounded wait.

        Raises:
            Busy: none came free in time, or the server cannot be reached.
        """
        connection, unfinished = await self.take()
        if unfinished:
            try:
                await connection.execute("commit")
            except BaseException:
                self.release(connection)
                raise
        return connection

    async def take(self) -> tuple[Connection, bool]:
        """A connection, and whether a transaction that only read is still open on it, which the caller must end.

        Raises:
            Busy: none came free in time, or the server cannot be reached.
        """
        if self._slots.locked():
            try:
                async with asyncio.timeout(self._settings.pool_wait_seconds):
                    await self._slots.acquire()
            except TimeoutError:
                telemetry.POOL_EXHAUSTED.labels(self.name).inc()
                raise Busy from None
        else:
            # Comes back at once, so it needs no timer.
            await self._slots.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                unfinished = self._unfinished.pop(connection, None) is not None
                if not connection.is_closed():
                    break
            else:
                connection, unfinished = await self._open(), False
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            self._slots.release()
            log.warning("database.unreachable", error=type(error).__name__)
            raise Busy("The database cannot be reached.") from error
        except BaseException:
            self._slots.release()
            raise
        self.in_use += 1
        return connection, unfinished

    def release(self, connection: Connection, *, unfinished: bool = False) -> None:
        """Give a connection back; one that is closed or still inside a transaction is thrown away.

        ``unfinished`` says that the transaction only read, so that its end may wait.
        """
        self.in_use -= 1
        if self._closed or connection.is_closed() or (connection.is_in_transaction() and not unfinished):
            connection.terminate()
        else:
            self._idle.append(connection)
            if unfinished:
                self._unfinished[connection] = time.monotonic()
                if self._finishing is None:
                    self._finishing = asyncio.get_running_loop().create_task(self._finish())
        self._slots.release()

    async def _finish(self) -> None:
        """End what only read and was followed by nothing, so that no idle connection holds a lock or a snapshot."""
        try:
            while self._unfinished:
                await asyncio.sleep(UNFINISHED_SECONDS)
                before = time.monotonic() - UNFINISHED_SECONDS
                for connection in [each for each, since in self._unfinished.items() if since <= before]:
                    if self._unfinished.pop(connection, None) is not None:
                        self._idle.remove(connection)
                        await self._commit(connection)
        finally:
            self._finishing = None

    async def _commit(self, connection: Connection) -> None:
        await self._slots.acquire()
        self.in_use += 1
        try:
            await connection.execute("commit")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("database.connection_lost", error=type(error).__name__)
        finally:
            self.release(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the length of a block, given back however the block ends."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    async def close(self) -> None:
        """Close every idle connection; those in use close when they come back."""
        self._closed = True
        self._unfinished.clear()
        if self._finishing is not None:
            self._finishing.cancel()
            await asyncio.gather(self._finishing, return_exceptions=True)
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.close(timeout=5) for connection in idle), return_exceptions=True)


class Database:
    """The pools of one process: the application's, the relay's, and the replica's for reports."""

    def __init__(self, where: Addresses, settings: Settings) -> None:
        self.where = where
        self.settings = settings
        self.app = Pool(where.app, size=settings.pool_size, settings=settings, name="app")
        self.relay = Pool(where.relay, size=max(2, settings.pool_size), settings=settings, name="relay")
        self.replica = (
            Pool(where.replica, size=settings.pool_size, settings=settings, name="replica")
            if where.replica != where.app
            else self.app
        )

    async def check_roles(self) -> None:
        """Refuse roles that row-level security does not bind.

        Raises:
            UnsafeRole: the role is a superuser, bypasses row-level security, or owns a table.
        """
        for pool in {self.app, self.relay, self.replica}:
            async with pool.connection() as connection:
                role = await connection.fetchrow(
                    "select rolname as name, rolsuper or rolbypassrls as unbound, exists (select from pg_class "
                    "where relowner = pg_roles.oid and relkind in ('r', 'p')) as owner "
                    "from pg_roles where rolname = current_user"
                )
            if role is None or role["unbound"] or role["owner"]:
                raise UnsafeRole(
                    f"{role['name'] if role else 'The role'} is a superuser, bypasses row-level security or owns "
                    "tables; connect as a role such as holdfast_app, to which nothing belongs."
                )

    async def close(self) -> None:
        """Close every pool."""
        for pool in {self.app, self.relay, self.replica}:
            await pool.close()


@asynccontextmanager
async def opened(settings: Settings, *, database: str = "holdfast") -> AsyncIterator[Database]:
    """The database for the length of a process, its roles checked."""
    database_ = Database(await addresses(settings, database=database), settings)
    try:
        started = time.monotonic()
        await database_.check_roles()
        log.debug("database.opened", seconds=round(time.monotonic() - started, 3))
        yield database_
    finally:
        await database_.close()
