"""The backlog: what waits, what is dead and why, how far the relay is behind; and replaying, forgetting, cleaning.

All of it is for whoever runs the platform, so it reads across tenants with the relay's role.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import clock, queue
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.events import Cursor

DONE_DAYS = 7
"""How long a delivery that is done is kept to be looked at."""
LOG_HOURS = 24
"""How long the queue's own history is kept."""
_CHUNK = 5000

_COUNTS = (
    "select reaction, state, count(*) as count, min(uuid_extract_timestamp(event_id)) as oldest_at "
    "from kernel_delivery where state <> 'done' or $1 group by reaction, state order by reaction, state"
)
_DEAD = (
    "select d.event_id, d.reaction, d.tenant_id, e.name, d.attempts, d.error, d.finished_at as died_at "
    "from kernel_delivery d join kernel_event e on e.xid = d.xid and e.seq = d.seq "
    "where d.state = 'dead' and ($1::text is null or d.reaction = $1) and ($2::uuid is null or d.tenant_id = $2) "
    "and ($3::uuid is null or d.event_id = $3) order by d.xid, d.seq, d.reaction limit $4"
)
_REPLAY = (
    "with revived as (update kernel_delivery set state = 'pending', attempts = 0, due_at = null, finished_at = null "
    "where state = 'dead' and ($1::text is null or reaction = $1) and ($2::uuid is null or tenant_id = $2) "
    "and ($3::uuid is null or event_id = $3) returning reaction, tenant_id, lane) "
    "select v.reaction, uuid_send(v.tenant_id) || uuid_send(v.lane) as payload, count(*) as deliveries, "
    "coalesce((select max(priority) from kernel_reaction where name = v.reaction), 0) as priority "
    "from revived v group by v.reaction, v.tenant_id, v.lane"
)
_ABANDONED = (
    "select r.name, max(r.seen_at) as seen_at, "
    "(select count(*) from kernel_delivery d where d.reaction = r.name and d.state = 'pending') as pending "
    "from kernel_reaction r where r.event <> 'clock' "
    "group by r.name having max(r.seen_at) < (select max(seen_at) from kernel_reaction) - $1::interval order by r.name"
)
_RELAY = (
    "select c.xid, c.seq, c.moved_at, (select moved_at from kernel_cursor where name = 'leader') as led_at, "
    "w.at as waiting_since, coalesce(w.held_back, false) as held_back from kernel_cursor c left join lateral ("
    "select e.stored_at as at, e.xid >= kernel_horizon() as held_back "
    "from kernel_event e where (e.xid, e.seq) > (c.xid, c.seq) order by e.xid, e.seq limit 1) w on true "
    "where c.name = 'relay'"
)
_TAIL = (
    "select id, tenant_id as tenant, xid, seq, at, name, subject_id as subject, actor_kind, actor_id, request_id, "
    "body::text as body from kernel_event where (xid, seq) > ($1, $2) and ($3::uuid is null or tenant_id = $3) "
    "and ($4::text is null or name ^@ $4) order by xid, seq limit $5"
)


class Count(msgspec.Struct, frozen=True):
    """How many deliveries of a reaction are in a state."""

    reaction: str
    state: str
    count: int
    oldest_at: datetime | None
    """When the oldest event of them was made."""


class DeadLetter(msgspec.Struct, frozen=True):
    """An event that a reaction could not handle, however often it tried."""

    event_id: UUID
    reaction: str
    tenant_id: UUID
    name: str
    """The event's kind."""
    attempts: int
    error: str | None
    """What went wrong and where; never the message, which may name a person."""
    died_at: datetime | None


class Abandoned(msgspec.Struct, frozen=True):
    """A reaction that the newest workers do not know: removed, or renamed. Its deliveries wait for ever."""

    name: str
    seen_at: datetime
    pending: int


class RelayState(msgspec.Struct, frozen=True, kw_only=True):
    """How the relay is doing."""

    cursor: Cursor
    moved_at: datetime
    led_at: datetime
    """When a relay last said that it leads."""
    waiting_since: datetime | None
    """When the oldest event was stored that the relay has not handed on; absent when there is none."""
    held_back: bool
    """Whether it waits for a transaction that is still open somewhere in the server."""

    def lag(self) -> timedelta:
        """How long the oldest event has waited."""
        return timedelta() if self.waiting_since is None else max(clock.now() - self.waiting_since, timedelta())

    def stands_still(self, patience: timedelta = timedelta(seconds=30)) -> bool:
        """Whether events wait and nobody has moved the cursor for a while."""
        return self.waiting_since is not None and clock.now() - max(self.moved_at, self.waiting_since) > patience


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is stored, of a kind that this release need not know."""

    id: UUID
    tenant: UUID
    xid: int
    seq: int
    at: datetime
    name: str
    subject: UUID | None
    actor_kind: str
    actor_id: UUID | None
    request_id: str | None
    body: str
    """JSON."""

    @property
    def cursor(self) -> Cursor:
        """The event's place in the order."""
        return Cursor(self.xid, self.seq)


async def _fetch(database: Database, sql: str, *args: Any) -> list[dict[str, Any]]:
    async with database.relay.connection() as connection:
        return [dict(record) for record in await connection.fetch(sql, *args)]


async def counts(database: Database, *, with_done: bool = False) -> list[Count]:
    """Deliveries per reaction and state; those that are done are many, and counted only when asked for."""
    return [Count(**row) for row in await _fetch(database, _COUNTS, with_done)]


async def dead(
    database: Database,
    *,
    reaction: str | None = None,
    tenant: UUID | None = None,
    event: UUID | None = None,
    limit: int = 100,
) -> list[DeadLetter]:
    """The dead letters, oldest first."""
    return [DeadLetter(**row) for row in await _fetch(database, _DEAD, reaction, tenant, event, limit)]


async def dead_count(database: Database) -> int:
    """How many dead letters there are."""
    (row,) = await _fetch(database, "select count(*) as count from kernel_delivery where state = 'dead'")
    return int(row["count"])


async def replay(
    database: Database, *, reaction: str | None = None, tenant: UUID | None = None, event: UUID | None = None
) -> int:
    """Bring dead letters back to life, all or those of a reaction, a tenant, an event; gives how many.

    They run again with a full set of attempts, before whatever else waits in their lanes.
    """
    async with queue.connected(database) as connection, connection.transaction():
        lanes = await connection.fetch(_REPLAY, reaction, tenant, event)
        await queue.enqueue(
            connection,
            [lane["reaction"] for lane in lanes],
            [lane["payload"] for lane in lanes],
            [lane["priority"] for lane in lanes],
        )
    return sum(lane["deliveries"] for lane in lanes)


async def abandoned(database: Database, *, silent: timedelta = timedelta(hours=1)) -> list[Abandoned]:
    """Reactions that other workers outlived by so much."""
    return [Abandoned(**row) for row in await _fetch(database, _ABANDONED, silent)]


async def forget(database: Database, reaction: str) -> int:
    """Give up a reaction that was removed from the code, with all that waits for it; gives how many deliveries."""
    async with database.relay.connection() as connection, connection.transaction():
        await connection.execute("delete from kernel_reaction where name = $1", reaction)
        await connection.execute("delete from pgqueuer where entrypoint = $1", reaction)
        tag = await connection.execute("delete from kernel_delivery where reaction = $1 and state <> 'done'", reaction)
    return int(tag.rsplit(" ", 1)[-1])


async def relay_state(database: Database) -> RelayState:
    """How the relay is doing, and whether it is held back."""
    (row,) = await _fetch(database, _RELAY)
    return RelayState(cursor=Cursor(row.pop("xid"), row.pop("seq")), **row)


async def relay_lag(database: Database) -> timedelta:
    """How long the oldest event has waited that was not handed on; zero when none waits."""
    return (await relay_state(database)).lag()


async def tail(
    database: Database,
    after: Cursor,
    *,
    tenant: UUID | None = None,
    prefix: str | None = None,
    limit: int = 100,
) -> list[Stored]:
    """The events after a cursor in their order, of all tenants or one, of all names or those that begin so.

    Unlike the relay this reads to the very end: an event of a transaction that is still open may come before those.
    """
    return [Stored(**row) for row in await _fetch(database, _TAIL, after.xid, after.seq, tenant, prefix, limit)]


async def last(database: Database) -> Cursor:
    """The cursor of the newest event."""
    rows = await _fetch(database, "select xid, seq from kernel_event order by xid desc, seq desc limit 1")
    return Cursor(**rows[0]) if rows else Cursor()


async def clean(connection: Connection, *, done: timedelta = timedelta(days=DONE_DAYS), most: int = 100_000) -> int:
    """Delete what nobody looks at any more: old deliveries that are done, and the queue's own history.

    Event ids are made in the order of time, so the primary key finds the old ones.
    """
    before = UUID(int=int((clock.now() - done).timestamp() * 1000) << 80)
    deleted = 0
    while deleted < most:
        tag = await connection.execute(
            "delete from kernel_delivery where (event_id, reaction) in (select event_id, reaction from kernel_delivery "
            "where event_id < $1 and state = 'done' order by event_id limit $2)",
            before,
            _CHUNK,
        )
        count = int(tag.rsplit(" ", 1)[-1])
        deleted += count
        if count < _CHUNK:
            break
    hours = timedelta(hours=LOG_HOURS)
    await connection.execute("delete from pgqueuer_log where created < now() - $1::interval", hours)
    await connection.execute("delete from pgqueuer_statistics where created < now() - 30 * $1::interval", hours)
    return deleted
