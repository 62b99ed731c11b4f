"""Schedules: clock work that fires once however many workers there are, by each tenant's own clock.

A row per schedule and tenant says when it is due next, by the tenant's clock, which in demo and test can be moved.
Every worker looks once a second for rows that are due and puts a job for each into the queue; the job locks the row,
and what it does and the row's next time are one transaction. A lost job costs a second, two jobs do no harm.

Cron expressions are read in the tenant's timezone. On the day on which the clocks go forward, what would fall into
the hour that is left out comes at its end; when they go back, a fixed time comes once and ``*`` keeps its pace.
"""

import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import structlog
from croniter import croniter

from holdfast.kernel import ids, queue, telemetry
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.jobs import Registry, Schedule
from holdfast.kernel.lanes import backoff_seconds, described, rolled_back
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import PLATFORM, Tx, begin, transaction

log = structlog.get_logger()

RUN_SECONDS = 5.0
"""How long one job may work through missed occurrences while others wait."""
LATE = timedelta(minutes=5)
"""A schedule that is overdue by more has stopped."""
_PAGE = 1000

# A tenant that was not there before, a schedule that was not, or one that was changed, or a tenant that moved.
_MISSING = (
    "select w.name, t.id as tenant_id, w.expression || case when w.zoned then ' ' || t.timezone else '' end as wanted, "
    "t.timezone, now() + case when $5 then t.clock_offset else '0' end as now "
    "from unnest($1::text[], $2::text[], $3::boolean[]) w (name, expression, zoned) cross join ("
    "select id, timezone, clock_offset, false as platform from tenants_tenant "
    "union all select '00000000-0000-0000-0000-000000000000', 'UTC', '0', true) t "
    "left join kernel_schedule s on s.tenant_id = t.id and s.name = w.name "
    "where t.platform = (w.name = any ($4)) and ($6::uuid[] is null or t.id = any ($6)) "
    "and s.expression is distinct from w.expression || case when w.zoned then ' ' || t.timezone else '' end limit $7"
)
_SET = (
    "insert into kernel_schedule (name, tenant_id, expression, next_at) "
    "select * from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[]) "
    "on conflict (tenant_id, name) do update set expression = excluded.expression, next_at = excluded.next_at, "
    "retry_at = null where kernel_schedule.expression <> excluded.expression"
)
_DUE = (
    "select s.name, s.tenant_id from kernel_schedule s left join tenants_tenant t on $2 and t.id = s.tenant_id "
    "where s.name = any ($1) and s.next_at <= now() + coalesce(t.clock_offset, '0') "
    "and (s.retry_at is null or s.retry_at <= now()) and ($3::uuid[] is null or s.tenant_id = any ($3)) "
    "order by s.next_at, s.name, s.tenant_id limit $4"
)
_CLAIM = (
    "select expression, next_at, failures from kernel_schedule where tenant_id = kernel_tenant() and name = $1 "
    "and next_at <= now() + $2 and (retry_at is null or retry_at <= now()) for update skip locked"
)
_FIRED = (
    "update kernel_schedule set next_at = $2, last_at = $3, finished_at = now(), retry_at = null, error = null, "
    "failures = 0 where tenant_id = kernel_tenant() and name = $1"
)
_FAILED = (
    "update kernel_schedule set next_at = $2, retry_at = now() + $3, error = $4, failures = failures + 1 "
    "where tenant_id = kernel_tenant() and name = $1 and next_at = $5"
)
_OFFSET = "select clock_offset from tenants_tenant where id = kernel_tenant()"
_TICK = "update kernel_cursor set moved_at = now() where name = 'clock' and moved_at < now() - interval '5 seconds'"
# A schedule counts while workers know it; those that were removed from the code stay behind silently.
_LISTING = (
    "select s.name, s.tenant_id, s.expression, s.next_at, s.last_at, s.finished_at, s.failures, s.error, "
    "greatest(now() + case when $1 then coalesce(t.clock_offset, '0') else '0' end - s.next_at, '0') as overdue "
    "from kernel_schedule s left join tenants_tenant t on t.id = s.tenant_id where s.name in ("
    "select name from kernel_reaction where event = 'clock' "
    "and seen_at > (select max(seen_at) from kernel_reaction) - interval '1 hour') "
    "and ($2::interval is null "
    "or s.next_at < now() + case when $1 then coalesce(t.clock_offset, '0') else '0' end - $2) "
    "and ($3::uuid is null or s.tenant_id = $3) order by s.next_at limit $4"
)


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule of a tenant. ``next_at`` and ``last_at`` are by the tenant's clock; ``finished_at`` is real."""

    name: str
    tenant_id: UUID
    expression: str
    """``every 300s`` or ``cron 0 3 * * * America/Lima``."""
    next_at: datetime
    last_at: datetime | None
    finished_at: datetime | None
    failures: int
    """Failed attempts since it last succeeded."""
    error: str | None
    overdue: timedelta


class Fired(msgspec.Struct, kw_only=True):
    """What a job did for a schedule of a tenant."""

    times: int = 0
    failed: bool = False
    more: bool = False
    """Whether occurrences are left that there was no time for."""


def next_after(schedule: Schedule, timezone: str, after: datetime) -> datetime:
    """The first occurrence after a moment, in UTC."""
    if schedule.interval is not None:
        return after + schedule.interval
    assert schedule.cron is not None  # noqa: S101 - a schedule has one or the other
    fixed_hour = "*" not in schedule.cron.split()[1]
    occurrences = croniter(schedule.cron, after.astimezone(ZoneInfo(timezone)))
    while True:
        found: datetime = occurrences.get_next(datetime)
        # The second of two equal hours, on the night on which the clocks go back, is no new occasion for a fixed time.
        if not (fixed_hour and found.utcoffset() != found.replace(fold=0).utcoffset()):
            return found.astimezone(UTC)


def _following(schedule: Schedule, timezone: str, due: datetime, now: datetime) -> datetime:
    """When the schedule is due next, once its occurrence ``due`` is dealt with."""
    if schedule.catch_up == "each":
        return next_after(schedule, timezone, due)
    if schedule.interval is not None:
        # The pace is kept, and what was missed in between is left out.
        return due + ((now - due) // schedule.interval + 1) * schedule.interval
    return next_after(schedule, timezone, max(due, now))


async def ensure(
    connection: Connection,
    registry: Registry,
    *,
    movable_clock: bool,
    tenants: Collection[UUID] | None = None,
) -> int:
    """Give every tenant a row for each of its schedules, and correct those that changed; gives how many."""
    wanted = list(registry.schedules.values())
    touched = 0
    while wanted:
        missing = await connection.fetch(
            _MISSING,
            [schedule.name for schedule in wanted],
            [schedule.expression for schedule in wanted],
            [schedule.cron is not None for schedule in wanted],
            [schedule.name for schedule in wanted if schedule.platform],
            movable_clock,
            None if tenants is None else list(tenants),
            _PAGE,
        )
        rows = [
            (row["name"], row["tenant_id"], row["wanted"], next_after(_of(registry, row), row["timezone"], row["now"]))
            for row in missing
        ]
        if rows:
            await connection.execute(_SET, *(list(column) for column in zip(*rows, strict=True)))
        touched += len(rows)
        if len(rows) < _PAGE:
            break
    return touched


def _of(registry: Registry, row: Any) -> Schedule:
    return registry.schedules[row["name"]]


async def due(
    connection: Connection, names: Iterable[str], *, movable_clock: bool, tenants: Collection[UUID] | None = None
) -> list[tuple[str, UUID]]:
    """Schedules and their tenants that are due, the longest overdue first."""
    among = None if tenants is None else list(tenants)
    found = await connection.fetch(_DUE, list(names), movable_clock, among, _PAGE)
    return [(row["name"], row["tenant_id"]) for row in found]


async def tick(database: Database, registry: Registry) -> int:
    """Put a job into the queue for each schedule that is due and has none; gives how many are due."""
    async with database.relay.connection() as connection:
        await connection.execute(_TICK)
        found = await due(connection, registry.schedules, movable_clock=database.settings.movable_clock)
    if found:
        async with queue.connected(database) as connection:
            await queue.enqueue(
                connection,
                [name for name, _ in found],
                [queue.payload(tenant) for _, tenant in found],
                [registry.schedules[name].priority for name, _ in found],
                keys=[f"{name}/{tenant}" for name, tenant in found],
            )
    return len(found)


async def fire(database: Database, schedule: Schedule, tenant: UUID, *, seconds: float = RUN_SECONDS) -> Fired:
    """Run what is due of a schedule for a tenant, each occurrence in one transaction with the row's next time."""
    fired = Fired()
    deadline = time.monotonic() + seconds
    async with database.app.connection() as connection:
        while not fired.failed:
            if time.monotonic() > deadline:
                fired.more = True
                break
            if not await _once(database, connection, schedule, tenant, fired):
                break
    return fired


async def _once(database: Database, connection: Connection, schedule: Schedule, tenant: UUID, fired: Fired) -> bool:
    """One occurrence, if one is due and no other worker is at it; gives whether there was one."""
    tx = await begin(connection, tenant=tenant, actor=PLATFORM, database=database)
    started, claim = time.monotonic(), None
    try:
        claim = await _claim(tx, database, schedule)
        if claim is None:
            await rolled_back(connection)
            return False
        if schedule.catch_up == "each":
            tx.now = claim["next_at"]
        await schedule.run(tx)
        await connection.execute(_FIRED, schedule.name, claim["following"], claim["next_at"])
        await connection.execute("commit")
    except Exception as error:
        await rolled_back(connection)
        if claim is None:
            raise
        failure = error
    except BaseException:
        await rolled_back(connection)
        raise
    else:
        fired.times += 1
        telemetry.job(schedule.name, time.monotonic() - started, "done")
        return True
    fired.failed = True
    telemetry.job(schedule.name, time.monotonic() - started, "retried")
    await _note_failure(database, schedule, tenant, claim, failure)
    return True


async def _claim(tx: Tx, database: Database, schedule: Schedule) -> dict[str, Any] | None:
    offset = timedelta()
    if database.settings.movable_clock and tx.tenant != ids.PLATFORM:
        offset = await tx.connection.fetchval(_OFFSET) or timedelta()
    row = await tx.connection.fetchrow(_CLAIM, schedule.name, offset)
    if row is None:
        return None
    timezone = row["expression"].rsplit(" ", 1)[-1] if schedule.cron else "UTC"
    return {**dict(row), "following": _following(schedule, timezone, row["next_at"], tx.now)}


async def _note_failure(
    database: Database, schedule: Schedule, tenant: UUID, claim: dict[str, Any], error: Exception
) -> None:
    """Try the occurrence again later; after the last attempt it is given up and the next one waited for."""
    attempt = claim["failures"] % database.settings.job_attempts + 1
    given_up = attempt >= database.settings.job_attempts
    text = described(error, schedule.run.__module__)
    delay = timedelta(seconds=backoff_seconds(attempt, first=database.settings.job_backoff_seconds))
    next_at = claim["following"] if given_up else claim["next_at"]
    async with transaction(database, tenant) as tx:
        await tx.connection.execute(_FAILED, schedule.name, next_at, delay, text, claim["next_at"])
    log.warning(
        "schedule.given_up" if given_up else "schedule.failed",
        schedule=schedule.name,
        tenant=str(tenant),
        attempt=attempt,
        error=text,
    )
    if given_up and not isinstance(error, Problem):
        telemetry.report(error)


async def planned(database: Database, *, tenant: UUID | None = None, limit: int = 1000) -> list[Planned]:
    """The schedules that workers know, the next first."""
    return await _listed(database, None, tenant, limit)


async def stopped(database: Database, *, late: timedelta = LATE, limit: int = 100) -> list[Planned]:
    """The schedules that should have fired long ago: no worker runs, or they fail and fail."""
    return await _listed(database, late, None, limit)


async def _listed(database: Database, late: timedelta | None, tenant: UUID | None, limit: int) -> list[Planned]:
    async with database.relay.connection() as connection:
        rows = await connection.fetch(_LISTING, database.settings.movable_clock, late, tenant, limit)
    return [Planned(**dict(row)) for row in rows]
