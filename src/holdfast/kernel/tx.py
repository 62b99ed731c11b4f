"""Tx: one database transaction for one tenant. First argument of every command and query.

It says who acts, for whom and when, holds the connection, and reads and writes typed rows. Only a route (or the CLI),
a job and the relay open one; a command never commits, so whatever it did happens wholly or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from holdfast.kernel import clock, events, ids, rows
from holdfast.kernel.database import Connection, Database, Pool
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn, Problem
from holdfast.kernel.rows import Row

if TYPE_CHECKING:
    from holdfast.kernel.events import Event, Recorded

R = TypeVar("R", bound=Row)
T = TypeVar("T")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts: a person, an API key, a device, or the platform itself."""

    kind: str = "nobody"
    """``nobody``, ``person``, ``api_key``, ``device`` or ``platform``."""
    id: UUID | None = None
    """The person, key or device; absent for nobody and for the platform."""
    person: UUID | None = None
    """The signed-in person, when there is one; decides which rows are their own."""
    session: UUID | None = None
    device: UUID | None = None
    """The paired device that the request comes from, whoever acts on it."""
    grants: frozenset[str] = frozenset()
    """What the actor may do here, such as ``loyalty.stamp``; ``loyalty.read@own`` is limited to the actor's own
    rows and ``loyalty.stamp@site`` to the actor's sites."""
    dormant: frozenset[str] = frozenset()
    """What the actor's role holds in systems that are switched off here: of no use, and still theirs to pass on."""
    sites: frozenset[UUID] = frozenset()

    def may(self, grant: str, *, site: UUID | None = None, owner: UUID | None = None) -> bool:
        """Whether the actor holds the grant for the tenant, for this site, or for what this person owns."""
        if self.kind == "platform" or grant in self.grants:
            return True
        if site is not None and site in self.sites and f"{grant}@site" in self.grants:
            return True
        return owner is not None and owner == self.person and f"{grant}@own" in self.grants


NOBODY = Actor()
PLATFORM = Actor(kind="platform")


class Reused(Problem):
    """Something with this id, name or number exists already."""


class StillNeeded(Problem):
    """Something else depends on this, so it cannot be removed or pointed elsewhere."""


class Tx:
    """One transaction, in one tenant, by one actor, at one moment.

    Attributes:
        tenant: whose data the database lets this transaction see and change.
        actor: who acts.
        now: the tenant's present moment in UTC; a command asks no other clock.
        connection: the asyncpg connection, for the rare statement that the methods here do not cover.
        cause: in a reaction, the recorded event that it follows from.
        causes: in a reaction that takes batches, the recorded events, in the order of the events that it is given.
    """

    __slots__ = ("actor", "cause", "causes", "connection", "now", "request_id", "tenant")

    def __init__(
        self,
        connection: Connection,
        *,
        tenant: UUID,
        actor: Actor,
        now: datetime,
        request_id: str | None = None,
        cause: "Recorded | None" = None,
    ) -> None:
        self.connection = connection
        self.tenant = tenant
        self.actor = actor
        self.now = now
        self.request_id = request_id
        self.cause = cause
        self.causes: Sequence[Recorded] = ()

    def must(self, grant: str, *, site: UUID | None = None, owner: UUID | None = None) -> None:
        """Stop unless the actor holds the grant, tenant-wide, for ``site``, or for what ``owner`` owns.

        Raises:
            NotSignedIn: nobody is signed in.
            NotAllowed: the actor lacks the grant.
        """
        if self.actor.may(grant, site=site, owner=owner):
            return
        if self.actor.kind == "nobody":
            raise NotSignedIn
        raise NotAllowed(f"It takes the grant {grant}.", grant=grant)

    async def get(self, cls: type[R], id: UUID, *, lock: bool = False) -> R:  # noqa: A002 - the column's name
        """The row of that id, locked for a change when asked.

        Raises:
            NotFound: there is none in this tenant.
        """
        statement = f"select * from {cls.table} where id = $1{' for update' if lock else ''}"
        record = await self.connection.fetchrow(statement, id)
        if record is None:
            raise NotFound(f"No {cls.__name__.lower()} has the id {id}.")
        return rows.decoder(cls, tuple(record.keys()))(record)

    async def find(self, cls: type[T], sql: str, *args: Any) -> T | None:
        """The first row of a statement as a ``cls`` (a struct, or ``int``, ``str``, ``UUID`` … for one column)."""
        record = await self._fetchrow(sql, args)
        return None if record is None else rows.decoder(cls, tuple(record.keys()))(record)

    async def one(self, cls: type[T], sql: str, *args: Any) -> T:
        """As ``find``, where there must be a row.

        Raises:
            NotFound: there is none.
        """
        found = await self.find(cls, sql, *args)
        if found is None:
            raise NotFound
        return found

    async def all(self, cls: type[T], sql: str, *args: Any) -> list[T]:
        """Every row of a statement; give it a limit."""
        try:
            return rows.decode_all(cls, await self.connection.fetch(sql, *args))
        except asyncpg.PostgresError as error:
            raise _problem(error) from error

    async def execute(self, sql: str, *args: Any) -> int:
        """Run a statement; gives the number of rows it touched."""
        try:
            tag = await self.connection.execute(sql, *args)
        except asyncpg.PostgresError as error:
            raise _problem(error) from error
        last = tag.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    async def insert(self, cls: type[R], **values: Any) -> R:
        """Insert a row and give it back with what the database filled in.

        Raises:
            Reused: a unique column has this value already.
        """
        encoded = rows.encode(values)
        record = await self._fetchrow(rows.insert_statement(cls.table, tuple(encoded)), tuple(encoded.values()))
        assert record is not None  # noqa: S101 - an insert without conflict clause returns its row or raises
        return rows.decoder(cls, tuple(record.keys()))(record)

    async def insert_many(self, cls: type[Row], values: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows that have the same fields, in one exchange with the server.

        Raises:
            Reused: a unique column has one of these values already; no row is inserted.
        """
        encoded = [rows.encode(dict(row)) for row in values]
        if not encoded:
            return
        names = tuple(encoded[0])
        statement = rows.insert_statement(cls.table, names).removesuffix(" returning *")
        try:
            await self.connection.executemany(statement, [[row[name] for name in names] for row in encoded])
        except asyncpg.PostgresError as error:
            raise _problem(error) from error

    async def update(self, row: R, **changes: Any) -> R:
        """Change columns of a row and give back the row as it then is.

        Raises:
            NotFound: the row is gone.
        """
        encoded = rows.encode(changes)
        statement = rows.update_statement(row.table, tuple(encoded))
        record = await self._fetchrow(statement, (row.id, *encoded.values()))  # type: ignore[attr-defined]
        if record is None:
            raise NotFound
        return rows.decoder(type(row), tuple(record.keys()))(record)

    async def delete(self, row: Row) -> None:
        """Remove a row. Most nouns never do: corrections are new rows.

        Raises:
            StillNeeded: another row points to it.
        """
        await self.execute(f"delete from {row.table} where id = $1", row.id)  # type: ignore[attr-defined]

    async def emit(self, event: "Event") -> None:
        """Store an event in this transaction; the relay delivers it once the transaction is committed."""
        await self.connection.execute(events.INSERT, *events.stored(self, event))

    async def _fetchrow(self, sql: str, args: tuple[Any, ...]) -> asyncpg.Record | None:
        try:
            return await self.connection.fetchrow(sql, *args)
        except asyncpg.PostgresError as error:
            raise _problem(error) from error


def _problem(error: asyncpg.PostgresError) -> Exception:
    """What a constraint says, as a problem; other database errors stay as they are."""
    match error:
        case asyncpg.UniqueViolationError():
            return Reused(constraint=error.constraint_name)
        case asyncpg.ForeignKeyViolationError():
            if "is still referenced" in (error.detail or ""):
                return StillNeeded(constraint=error.constraint_name)
            return NotFound("Something that this refers to does not exist here.", constraint=error.constraint_name)
        case asyncpg.CheckViolationError() | asyncpg.NotNullViolationError():
            return Invalid(f"A rule of the data was broken: {error.constraint_name or error.column_name}.")
        case asyncpg.DataError():
            return Invalid("A value is out of the range that can be stored.")
        case _:
            return error


@lru_cache(maxsize=4096)
def _binding(tenant: UUID, person: UUID | None, seconds: float) -> str:
    # One simple query, so one round trip. UUID and float print no quote, so nothing can be injected.
    return (
        f"set local holdfast.tenant = '{tenant}'; set local holdfast.person = '{person or ''}'; "
        f"set local statement_timeout = {int(seconds * 1000)}"
    )


_OFFSET = "select clock_offset from tenants_tenant where id = $1"


class LockedElsewhere(Exception):
    """Another transaction holds the advisory lock under which this one was to begin."""


async def begin(
    connection: Connection,
    *,
    tenant: UUID,
    actor: Actor,
    database: Database,
    request_id: str | None = None,
    cause: "Recorded | None" = None,
    lock: int | None = None,
    opening: LiteralString = "begin",
) -> Tx:
    """Begin a transaction on a connection and bind it to a tenant; the caller commits or rolls back.

    With ``lock``, only if that advisory lock is free; it is taken in the same round trip, before the first snapshot,
    so that everything its last holder committed is seen.

    Raises:
        LockedElsewhere: the lock is taken; no transaction is open then.
    """
    statements = f"{opening}; {_binding(tenant, actor.person, database.settings.statement_seconds)}"
    if lock is None:
        await connection.execute(statements)
    elif await connection.execute(f"{statements}; select 1 where pg_try_advisory_xact_lock({lock:d})") != "SELECT 1":
        await connection.execute("rollback")
        raise LockedElsewhere
    offset = timedelta()
    if database.settings.movable_clock and tenant != ids.PLATFORM:
        offset = await connection.fetchval(_OFFSET, tenant) or timedelta()
    return Tx(connection, tenant=tenant, actor=actor, now=clock.now(offset), request_id=request_id, cause=cause)


class _Transaction(AbstractAsyncContextManager[Tx]):
    """What ``transaction`` gives: a class, because a generator costs several times as much."""

    __slots__ = ("_actor", "_cause", "_connection", "_database", "_pool", "_reading", "_request_id", "_tenant")

    def __init__(
        self,
        database: Database,
        tenant: UUID,
        actor: Actor,
        request_id: str | None,
        cause: "Recorded | None",
        pool: Pool,
        reading: bool,
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._actor = actor
        self._request_id = request_id
        self._cause = cause
        self._pool = pool
        self._reading = reading

    async def __aenter__(self) -> Tx:
        self._connection, unfinished = await self._pool.take()
        try:
            return await begin(
                self._connection,
                tenant=self._tenant,
                actor=self._actor,
                database=self._database,
                request_id=self._request_id,
                cause=self._cause,
                opening=_OPENINGS[unfinished, self._reading],
            )
        except BaseException:
            await self._roll_back()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            await self._roll_back()
        elif self._reading:
            self._pool.release(self._connection, unfinished=True)
        else:
            try:
                await self._connection.execute("commit")
            except asyncpg.PostgresError as refused:
                raise _problem(refused) from refused
            finally:
                self._pool.release(self._connection)

    async def _roll_back(self) -> None:
        try:
            if not self._connection.is_closed():
                await self._connection.execute("rollback")
        finally:
            self._pool.release(self._connection)


_OPENINGS: dict[tuple[bool, bool], LiteralString] = {
    (False, False): "begin",
    (False, True): "begin read only",
    (True, False): "commit; begin",
    (True, True): "commit; begin read only",
}
"""By whether the connection's last transaction is still to be ended, and whether the new one only reads."""


def transaction(
    database: Database,
    tenant: UUID,
    actor: Actor = PLATFORM,
    *,
    request_id: str | None = None,
    cause: "Recorded | None" = None,
    pool: Pool | None = None,
    reading: bool = False,
) -> AbstractAsyncContextManager[Tx]:
    """A transaction for the length of a block: committed when the block ends well, rolled back otherwise.

    Args:
        database: the pools.
        tenant: whose data it sees.
        actor: who acts.
        request_id: names the request in events.
        cause: the event that it follows from.
        pool: the replica's for a report; everything else uses the application's.
        reading: it changes nothing, which the database sees to; it then ends without waiting for the server.
    """
    return _Transaction(database, tenant, actor, request_id, cause, pool or database.app, reading)
