"""The relay: reads new events in their order and hands each to the reactions that follow from it.

One relay leads, by an advisory lock that its session holds; others wait, and the first to ask after the leader's
connection ended takes over. A batch is one transaction on that same connection, so a leader that lost its lock has
lost its batch as well: the deliveries, the jobs that wake the workers, the cursor and one notification to the live
hubs come into being together or not at all.

The cursor is ``(xid, seq)`` and never passes the oldest transaction that is still open, because what that one wrote
would come before the cursor and never be read. The price: a transaction that writes and stays open holds every
delivery back, in the whole server. The watchdog tells.
"""

import asyncio
import time

import msgspec
import structlog

from holdfast.kernel import backlog, queue, telemetry
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.events import Cursor
from holdfast.kernel.jobs import Registry

log = structlog.get_logger()

CHANNEL = "holdfast_events"
"""Where each batch is announced, with the cursor it ends at."""
BATCH = 1000
SHORTEST_WAIT_SECONDS = 0.005
LONGEST_WAIT_SECONDS = 0.04
"""How long an idle relay sleeps between two looks: the latency that nobody notices, at 25 looks a second."""
STANDBY_SECONDS = 0.5
SWEEP_SECONDS = 10.0
BEAT_SECONDS = 5.0
CLEAN_SECONDS = 600.0

LEAD = "select pg_try_advisory_lock(hashtextextended('holdfast.relay', 0))"
_CURSOR = (
    "select xid, seq, xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + kernel_xid_offset() as ahead "
    "from kernel_cursor where name = 'relay'"
)
_BEAT = "update kernel_cursor set moved_at = now() where name = 'leader'"
# Only the first of them is looked at, in the order of the key: whether there is any at all could be answered by reading
# the whole table, which a remembered plan would do.
_ANY = (
    "select coalesce((select e.xid < kernel_horizon() from kernel_event as e where (e.xid, e.seq) > ($1, $2) "
    "order by e.xid, e.seq limit 1), false)"
)
_BATCH = """
with batch as (
    select id, tenant_id, xid, seq, name, subject_id, stored_at
    from kernel_event
    where (xid, seq) > ($1, $2) and xid < kernel_horizon()
    order by xid, seq
    limit $3
), delivered as (
    insert into kernel_delivery (event_id, reaction, tenant_id, lane, xid, seq, due_at)
    select
        b.id, r.name, b.tenant_id,
        case r.lane when 'subject' then coalesce(b.subject_id, b.tenant_id) else b.tenant_id end,
        b.xid, b.seq,
        case when r.delay is not null then now() + r.delay + case when $4 then coalesce(
            (select clock_offset from tenants_tenant where id = b.tenant_id), '0'
        ) else '0' end end
    from batch b join kernel_reaction r on r.event = b.name or r.event = '*'
    on conflict do nothing
    returning reaction, tenant_id, lane
), lanes as (
    select d.reaction, uuid_send(d.tenant_id) || uuid_send(d.lane) as payload, r.priority, r.delay
    from (select distinct reaction, tenant_id, lane from delivered) d
    join (select distinct on (name) name, priority, delay from kernel_reaction) r on r.name = d.reaction
), last as (
    select xid, seq from batch order by xid desc, seq desc limit 1
), moved as (
    update kernel_cursor set xid = last.xid, seq = last.seq, moved_at = now()
    from last where name = 'relay' and kernel_cursor.xid = $1 and kernel_cursor.seq = $2
    returning true
)
select
    last.xid, last.seq, exists (select from moved) as moved,
    pg_notify('holdfast_events', last.xid || '-' || last.seq),
    (select count(*) from batch) as events, (select count(*) from delivered) as deliveries,
    (select extract(epoch from clock_timestamp() - min(stored_at))::float8 from batch) as lag_seconds,
    (select array_agg(reaction) from lanes) as reactions, (select array_agg(payload) from lanes) as payloads,
    (select array_agg(priority) from lanes) as priorities, (select array_agg(delay) from lanes) as delays
from last
"""
# Lanes whose head is due and for which no job stands: it was lost, or the tenant's clock was moved.
_FORGOTTEN = """
select h.reaction, uuid_send(h.tenant_id) || uuid_send(h.lane) as payload, r.priority
from (
    select distinct on (tenant_id, reaction, lane) tenant_id, reaction, lane, due_at
    from kernel_delivery where state = 'pending' order by tenant_id, reaction, lane, xid, seq
) h
join (select name, max(priority) as priority from kernel_reaction group by name) r on r.name = h.reaction
left join tenants_tenant t on $1 and t.id = h.tenant_id
where (h.due_at is null or h.due_at <= now() + coalesce(t.clock_offset, '0')) and not exists (
    select from pgqueuer q
    where q.entrypoint = h.reaction and q.payload = uuid_send(h.tenant_id) || uuid_send(h.lane)
        and (q.status = 'picked' or q.status = 'queued' and q.execute_after <= now())
)
limit 10000
"""
_REGISTER = (
    "insert into kernel_reaction (name, event, priority, lane, delay, seen_at) "
    "select *, now() from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::interval[]) "
    "on conflict (name, event) do update set priority = excluded.priority, lane = excluded.lane, "
    "delay = excluded.delay, seen_at = now()"
)
_UNREGISTER = (
    "delete from kernel_reaction k where k.name = any ($1) and not exists ("
    "select from unnest($1::text[], $2::text[]) w (name, event) where w.name = k.name and w.event = k.event)"
)


class CursorAhead(Exception):
    """The relay's cursor is ahead of the server's transactions: the data was restored into another server.

    New events would come before the cursor and never be read, so the relay stands still until ``kernel_rebase()``
    was called, as ``holdfast restore`` does.
    """


class OvertakenElsewhere(Exception):
    """Another relay moved the cursor; this one gives up the batch and reads the cursor anew."""


class Relayed(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch did."""

    cursor: Cursor
    events: int = 0
    deliveries: int = 0
    jobs: int = 0
    lag_seconds: float = 0.0


async def register(connection: Connection, registry: Registry) -> None:
    """Tell every relay which reactions there are, and which schedules the watchdog may expect to see."""
    rows = [
        (reaction.name, event, reaction.priority, reaction.lane, reaction.delay)
        for reaction in registry.reactions.values()
        for event in dict.fromkeys(reaction.events)
    ]
    rows += [(schedule.name, "clock", schedule.priority, "tenant", None) for schedule in registry.schedules.values()]
    if rows:
        # Workers that start together take the rows in the same order, and so never wait for one another in a ring.
        columns = [list(column) for column in zip(*sorted(rows, key=lambda row: row[:2]), strict=True)]
        async with connection.transaction():
            await connection.execute(_REGISTER, *columns)
            await connection.execute(_UNREGISTER, *columns[:2])


async def cursor(connection: Connection) -> Cursor:
    """How far the relay has come.

    Raises:
        CursorAhead: no transaction of this server can have written what the cursor points to.
    """
    record = await connection.fetchrow(_CURSOR)
    if record is None or record["ahead"]:
        raise CursorAhead
    return Cursor(record["xid"], record["seq"])


async def relay_batch(
    connection: Connection, after: Cursor, *, movable_clock: bool, limit: int = BATCH, wake: bool = True
) -> Relayed:
    """Hand on the next events after the cursor, in one transaction; ``events`` is 0 when there are none.

    ``wake=False`` makes deliveries without jobs, for whoever runs the deliveries itself.

    Raises:
        OvertakenElsewhere: the cursor was not where it was expected; nothing was changed.
    """
    if not await connection.fetchval(_ANY, after.xid, after.seq):
        return Relayed(cursor=after)
    async with connection.transaction():
        record = await connection.fetchrow(_BATCH, after.xid, after.seq, limit, movable_clock)
        assert record is not None  # noqa: S101 - an event that was below the horizon stays below it
        if not record["moved"]:
            raise OvertakenElsewhere
        reactions = record["reactions"] or []
        if wake and reactions:
            await queue.enqueue(
                connection, reactions, record["payloads"], record["priorities"], delays=record["delays"]
            )
    telemetry.relay(record["events"], record["lag_seconds"])
    return Relayed(
        cursor=Cursor(record["xid"], record["seq"]),
        events=record["events"],
        deliveries=record["deliveries"],
        jobs=len(reactions) if wake else 0,
        lag_seconds=record["lag_seconds"],
    )


async def sweep(connection: Connection, *, movable_clock: bool) -> int:
    """Wake workers for lanes with something due that no job stands for; gives how many there were."""
    async with connection.transaction():
        forgotten = await connection.fetch(_FORGOTTEN, movable_clock)
        await queue.enqueue(
            connection,
            [lane["reaction"] for lane in forgotten],
            [lane["payload"] for lane in forgotten],
            [lane["priority"] for lane in forgotten],
        )
    return len(forgotten)


class Relay:
    """One candidate for the lead; several may run at once, in several processes."""

    def __init__(self, database: Database, *, wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._database = database
        self._wait_seconds = wait_seconds
        self.leads = False

    async def run(self, stop: asyncio.Event) -> None:
        """Lead, or wait for the lead, until told to stop; a lost connection is made anew."""
        pause = STANDBY_SECONDS
        while not stop.is_set():
            try:
                await self._candidate(stop)
                pause = STANDBY_SECONDS
            except OvertakenElsewhere:
                log.warning("relay.overtaken")
            except CursorAhead as error:
                log.exception("relay.cursor_ahead", reason=str(CursorAhead.__doc__).split("\n")[0])
                telemetry.report(error)
                pause = 30.0
            except Exception as error:
                # Whatever a dying connection raises, and the driver has more than one family of errors for it.
                log.warning("relay.interrupted", error=type(error).__name__)
                pause = STANDBY_SECONDS
            finally:
                self.leads = False
            await _wait(stop, pause)

    async def _candidate(self, stop: asyncio.Event) -> None:
        async with queue.connected(self._database) as connection:
            while not await connection.fetchval(LEAD):
                if await _wait(stop, STANDBY_SECONDS):
                    return
            self.leads = True
            log.info("relay.leads")
            await self._lead(connection, stop)

    async def _lead(self, connection: Connection, stop: asyncio.Event) -> None:
        movable = self._database.settings.movable_clock
        place = await cursor(connection)
        wait = SHORTEST_WAIT_SECONDS
        chores = _Chores()
        while not stop.is_set():
            done = await relay_batch(connection, place, movable_clock=movable)
            place = done.cursor
            await chores.do(connection, movable_clock=movable)
            if done.events:
                wait = SHORTEST_WAIT_SECONDS
                if done.events >= BATCH:
                    continue
            if not await _wait(stop, wait) and not done.events:
                wait = min(wait * 2, self._wait_seconds)


class _Chores:
    """What the leader does beside relaying, now and then."""

    def __init__(self) -> None:
        self._next_beat = self._next_sweep = self._next_cleaning = 0.0

    async def do(self, connection: Connection, *, movable_clock: bool) -> None:
        now = time.monotonic()
        if now >= self._next_beat:
            await connection.execute(_BEAT)
            self._next_beat = now + BEAT_SECONDS
        if now >= self._next_sweep:
            found = await sweep(connection, movable_clock=movable_clock)
            if found:
                log.info("relay.swept", lanes=found)
            # A sweep of a long backlog costs; it takes at most a twentieth of the relay's time.
            self._next_sweep = now + max(SWEEP_SECONDS, 20 * (time.monotonic() - now))
        if now >= self._next_cleaning:
            await backlog.clean(connection)
            self._next_cleaning = now + CLEAN_SECONDS


async def _wait(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep, or wake when told to stop; gives whether that was so."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
