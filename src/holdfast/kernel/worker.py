"""The worker: a process that relays events, wakes by the queue, drains lanes, fires schedules, and watches all that.

Any number may run. Killed at any moment it loses nothing and does nothing twice; asked to stop (SIGTERM) it finishes
what runs, gives back what it took and did not begin, and is gone before its deadline.
"""

import asyncio
import contextlib
import heapq
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import structlog
from pgqueuer import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job

from holdfast.kernel import backlog, deliveries, queue, relay, schedules, telemetry
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.events import Cursor
from holdfast.kernel.jobs import REGISTRY, Reaction, Registry
from holdfast.kernel.lanes import Drained, backoff_seconds

log = structlog.get_logger()

STOP_SECONDS = 15.0
"""How long what runs may take to finish once the worker was asked to stop."""
TICK_SECONDS = 1.0
ENSURE_SECONDS = 10.0
WATCH_SECONDS = 15.0
LONGEST_SLEEP_SECONDS = 5.0
"""How long an idle worker sleeps when nobody wakes it; after that it looks for jobs of workers that died."""

_SEEN = "update kernel_reaction set seen_at = now() where name = any ($1)"
# Every lane of these reactions whose head is due, the one that has waited longest first.
_READY = (
    "select h.reaction, h.tenant_id, h.lane from ("
    "select distinct on (tenant_id, reaction, lane) * from kernel_delivery where state = 'pending' "
    "and reaction = any ($1) and ($2::uuid[] is null or tenant_id = any ($2)) "
    "order by tenant_id, reaction, lane, xid, seq) h left join tenants_tenant t on $3 and t.id = h.tenant_id "
    "where h.due_at is null or h.due_at <= now() + coalesce(t.clock_offset, '0') order by h.xid, h.seq, h.reaction"
)
_NEWEST = (
    "select xid, seq from kernel_event where $1::uuid[] is null or tenant_id = any ($1) "
    "order by xid desc, seq desc limit 1"
)
_HURRY = (
    "update kernel_delivery set due_at = null where state = 'pending' and due_at is not null "
    "and reaction = any ($1) and ($2::uuid[] is null or tenant_id = any ($2))"
)


class Gate:
    """Lets at most so many through at once; of those who wait, the highest priority first, then the first who came."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._waiting: list[tuple[int, int, asyncio.Future[bool]]] = []
        self._count = 0
        self.closed = False

    @asynccontextmanager
    async def entered(self, priority: int) -> AsyncIterator[bool]:
        """Wait for a place; gives False, and no place, once the gate is closed."""
        inside = await self._enter(priority)
        try:
            yield inside
        finally:
            if inside:
                self._leave()

    async def _enter(self, priority: int) -> bool:
        if self.closed:
            return False
        if self._free > 0:
            self._free -= 1
            return True
        self._count += 1
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (-priority, self._count, place))
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.result():
                self._leave()
            raise

    def _leave(self) -> None:
        while self._waiting:
            _, _, place = heapq.heappop(self._waiting)
            if not place.done():
                place.set_result(True)
                return
        self._free += 1

    def close(self) -> None:
        """Let nobody in any more."""
        self.closed = True
        waiting, self._waiting = self._waiting, []
        for _, _, place in waiting:
            if not place.done():
                place.set_result(False)


class Worker:
    """One worker of a process."""

    def __init__(self, database: Database, registry: Registry = REGISTRY, *, relays: bool = True) -> None:
        self._database = database
        self._registry = registry
        self._relay = relay.Relay(database) if relays else None
        self._concurrency = min(database.settings.job_concurrency, database.app.size)
        self._gate = Gate(self._concurrency)
        self._running: set[asyncio.Task[float | None]] = set()

    @property
    def stopping(self) -> bool:
        """Whether nothing new is begun any more."""
        return self._gate.closed

    async def run(self, stop: asyncio.Event, *, deadline_seconds: float = STOP_SECONDS) -> None:
        """Work until told to stop, then finish what runs, for at most the deadline."""
        await self._announce(stop)
        async with asyncio.TaskGroup() as group:
            if self._relay is not None:
                group.create_task(self._relay.run(stop))
            group.create_task(self._work(stop, deadline_seconds))
            group.create_task(self._repeat(stop, TICK_SECONDS, self._tick))
            group.create_task(self._repeat(stop, ENSURE_SECONDS, self._ensure))
            group.create_task(self._repeat(stop, WATCH_SECONDS, self.watch))

    async def _announce(self, stop: asyncio.Event) -> None:
        """Register, however long the database is away; events must not be relayed before the reactions are known."""
        while not stop.is_set():
            try:
                async with self._database.relay.connection() as connection:
                    await relay.register(connection, self._registry)
            except Exception as error:
                log.warning("worker.waits_for_database", error=type(error).__name__)
                await _pause(stop, 1.0)
            else:
                log.info(
                    "worker.started", reactions=len(self._registry.reactions), schedules=len(self._registry.schedules)
                )
                return

    async def _work(self, stop: asyncio.Event, deadline_seconds: float) -> None:
        """Keep a queue manager running; one that lost the database is replaced."""
        while not stop.is_set():
            try:
                async with queue.pool(self._database) as pool:
                    manager = self._manager(Queries.from_asyncpg_pool(pool))
                    await self._manage(manager, stop, deadline_seconds)
            except Exception as error:
                # Whatever the library raises, and it raises what the driver does, a worker starts again.
                log.warning("worker.interrupted", error=type(error).__name__)
                await _pause(stop, random.uniform(0.5, 1.5))  # noqa: S311 - jitter

    def _manager(self, queries: Queries) -> QueueManager:
        manager = QueueManager(queries)
        for reaction in self._registry.reactions.values():
            manager.entrypoint(reaction.name, concurrency_limit=reaction.concurrency)(self._perform)
        for schedule in self._registry.schedules.values():
            manager.entrypoint(schedule.name)(self._perform)
        return manager

    async def _manage(self, manager: QueueManager, stop: asyncio.Event, deadline_seconds: float) -> None:
        # A few more are taken than run, so that nobody waits for the queue; the rest is left for other workers.
        batch = 2 * self._concurrency
        silent = timedelta(seconds=self._database.settings.job_heartbeat_seconds)
        managing = asyncio.create_task(
            manager.run(
                dequeue_timeout=min(timedelta(seconds=LONGEST_SLEEP_SECONDS), silent / 2),
                batch_size=batch,
                max_concurrent_tasks=2 * batch,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=silent,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({managing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                self._gate.close()
                manager.shutdown.set()
                await asyncio.wait({managing}, timeout=deadline_seconds)
                for task in list(self._running):
                    task.cancel()
                await asyncio.wait({managing}, timeout=STOP_SECONDS)
            if managing.done():
                managing.result()
        finally:
            stopping.cancel()
            managing.cancel()
            await asyncio.wait({managing, stopping})

    async def _perform(self, job: Job) -> None:
        """What the queue calls for a job.

        Raises:
            RetryRequested: the lane must be looked at again, then.
        """
        task = asyncio.create_task(self._attempt(job))
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)
        again = 0.0 if task.cancelled() else task.result()
        if again is not None:
            raise RetryRequested(timedelta(seconds=again))

    async def _attempt(self, job: Job) -> float | None:
        """Gives the seconds after which the job must come again, or None when it is through."""
        async with self._gate.entered(job.priority) as inside:
            if not inside:
                return 0.0
            tenant, lane = queue.meant(job.payload)
            try:
                reaction: Reaction | None = self._registry.reactions.get(job.entrypoint)
                if reaction is not None:
                    drained = await deliveries.drain_lane(self._database, reaction, tenant, lane)
                    return drained.again_seconds
                fired = await schedules.fire(self._database, self._registry.schedules[job.entrypoint], tenant)
            except Exception as error:
                # Reactions that fail are dealt with further down; this is trouble with the database itself.
                log.warning("job.interrupted", reaction=job.entrypoint, error=type(error).__name__)
                return backoff_seconds(min(job.attempts + 1, 6), first=self._database.settings.job_backoff_seconds)
            return 0.0 if fired.more else None

    async def _tick(self) -> None:
        if self._registry.schedules:
            await schedules.tick(self._database, self._registry)

    async def _ensure(self) -> None:
        async with self._database.relay.connection() as connection:
            await schedules.ensure(connection, self._registry, movable_clock=self._database.settings.movable_clock)

    async def watch(self) -> None:
        """The watchdog: a clock that stopped, a relay that stands still, reactions that nobody knows any more."""
        async with self._database.relay.connection() as connection:
            await connection.execute(_SEEN, sorted({*self._registry.reactions, *self._registry.schedules}))
        late = await schedules.stopped(self._database)
        telemetry.CLOCK_LATE.set(max((schedule.overdue.total_seconds() for schedule in late), default=0.0))
        for name in sorted({schedule.name for schedule in late}):
            of_name = [schedule for schedule in late if schedule.name == name]
            log.error("schedule.stopped", schedule=name, tenants=len(of_name), since=str(of_name[0].next_at))
        state = await backlog.relay_state(self._database)
        if state.stands_still():
            telemetry.RELAY_LAG.set(state.lag().total_seconds())
            log.error("relay.stands_still", seconds=round(state.lag().total_seconds()), held_back=state.held_back)
        for reaction in await backlog.abandoned(self._database):
            log.warning("reaction.abandoned", reaction=reaction.name, pending=reaction.pending)

    async def _repeat(self, stop: asyncio.Event, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do it now and again; never more than a tenth of the time, and whatever happens."""
        while not stop.is_set():
            started = time.monotonic()
            try:
                await do()
            except Exception as error:
                log.warning("worker.interrupted", error=type(error).__name__)
            took = time.monotonic() - started
            await _pause(stop, max(seconds, 10 * took) * random.uniform(0.8, 1.2))  # noqa: S311 - jitter


class NeverQuiet(Exception):
    """Events are still waiting, or something still runs, when the time is up; the message says what."""


async def drain(
    database: Database,
    registry: Registry = REGISTRY,
    *,
    tenants: Collection[UUID] | None = None,
    clockwork: bool = True,
    impatient: bool = False,
    seconds: float = 60.0,
) -> Drained:
    """Relay, fire and react in this process until nothing is left to do; for tests, stories and the time machine.

    It works beside running workers. What is due later stays: a retry, a delayed reaction, a schedule.

    Args:
        database: whose events.
        registry: whose reactions and schedules.
        tenants: only these tenants' events and schedules; all when absent.
        clockwork: fire schedules that are due as well.
        impatient: take what is due later for due now, so that what keeps failing becomes a dead letter at once.
        seconds: how long it may take.

    Raises:
        NeverQuiet: it took longer, because of a transaction that stays open or reactions that call one another.
    """
    among = None if tenants is None else list(tenants)
    names = list(registry.reactions)
    movable = database.settings.movable_clock
    total = Drained()
    try:
        async with asyncio.timeout(seconds), queue.connected(database) as connection:
            await relay.register(connection, registry)
            while True:
                await _catch_up(connection, among, movable)
                if impatient:
                    await connection.execute(_HURRY, names, among)
                lanes = await connection.fetch(_READY, names, among, movable)
                before = (total.done, total.failed)
                for lane in lanes:
                    reaction = registry.reactions[lane["reaction"]]
                    drained = await deliveries.drain_lane(database, reaction, lane["tenant_id"], lane["lane"])
                    total.done, total.failed = total.done + drained.done, total.failed + drained.failed
                    total.dead += drained.dead
                fired = await _fire_all(database, registry, connection, among) if clockwork else 0
                if not lanes and not fired:
                    return total
                if (total.done, total.failed) == before and not fired:
                    # Another worker holds the lanes, or a rate says to wait.
                    await asyncio.sleep(0.01)
    except TimeoutError:
        state = await backlog.relay_state(database)
        raise NeverQuiet(f"After {seconds:g} s: {state}, {total}.") from None


async def _catch_up(connection: Connection, tenants: list[UUID] | None, movable_clock: bool) -> None:
    """Hand on every event that is committed by now, or wait until the relay that leads has done so."""
    newest = await connection.fetchrow(_NEWEST, tenants)
    goal = Cursor() if newest is None else Cursor(newest["xid"], newest["seq"])
    while (place := await relay.cursor(connection)) < goal:
        moved = False
        if await connection.fetchval(relay.LEAD):
            with contextlib.suppress(relay.OvertakenElsewhere):
                done = await relay.relay_batch(connection, place, movable_clock=movable_clock, wake=False)
                moved = done.events > 0
            await connection.execute("select pg_advisory_unlock_all()")
        if not moved:
            await asyncio.sleep(0.005)


async def _fire_all(database: Database, registry: Registry, connection: Connection, tenants: list[UUID] | None) -> int:
    movable = database.settings.movable_clock
    await schedules.ensure(connection, registry, movable_clock=movable, tenants=tenants)
    fired = 0
    for name, tenant in await schedules.due(connection, registry.schedules, movable_clock=movable, tenants=tenants):
        fired += (await schedules.fire(database, registry.schedules[name], tenant)).times
    return fired


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
