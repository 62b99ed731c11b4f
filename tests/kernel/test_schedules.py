"""Schedules: once across many workers, by each tenant's timezone and clock, and noticed when they stop."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis
import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kernel import clock, ids, schedules, telemetry
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.jobs import Registry, Schedule
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from holdfast.kernel.worker import Worker
from tests.conftest import Drain, Open, new_tenant
from tests.kernel.effects import make_table, note, noted


async def _nothing(tx: Tx) -> None: ...


def cron(expression: str) -> Schedule:
    """A schedule of a cron expression."""
    registry = Registry()
    registry.cron(expression, name="test.cron")(_nothing)
    return registry.schedules["test.cron"]


def at(text: str) -> datetime:
    """A moment, written with its offset."""
    return datetime.fromisoformat(text).astimezone(UTC)


def occurrences(expression: str, timezone: str, after: str, count: int) -> list[datetime]:
    """The next occurrences after a moment."""
    schedule, moment, found = cron(expression), at(after), []
    for _ in range(count):
        moment = schedules.next_after(schedule, timezone, moment)
        found.append(moment)
    return found


class TestNextOccurrence:
    def test_a_cron_expression_is_read_where_the_tenant_is(self) -> None:
        assert occurrences("0 3 * * *", "America/Lima", "2026-05-01T12:00Z", 1) == [at("2026-05-02T03:00-05:00")]
        assert occurrences("0 3 * * *", "Asia/Tokyo", "2026-05-01T12:00Z", 1) == [at("2026-05-02T03:00+09:00")]
        assert occurrences("30 9 * * mon", "Asia/Kolkata", "2026-05-01T12:00Z", 1) == [at("2026-05-04T09:30+05:30")]

    def test_a_time_that_is_left_out_comes_at_the_end_of_the_gap(self) -> None:
        # On 8 March 2026 the clocks of New York go from 02:00 to 03:00.
        assert occurrences("30 2 * * *", "America/New_York", "2026-03-07T12:00Z", 2) == [
            at("2026-03-08T03:00-04:00"),
            at("2026-03-09T02:30-04:00"),
        ]
        assert occurrences("0 3 * * *", "America/New_York", "2026-03-07T12:00Z", 2) == [
            at("2026-03-08T03:00-04:00"),
            at("2026-03-09T03:00-04:00"),
        ]

    def test_a_time_that_comes_twice_is_taken_once(self) -> None:
        # On 1 November 2026 the hour from 01:00 to 02:00 comes twice.
        assert occurrences("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", 2) == [
            at("2026-11-01T01:30-04:00"),
            at("2026-11-02T01:30-05:00"),
        ]

    def test_an_expression_that_names_no_hour_keeps_its_pace(self) -> None:
        fall = occurrences("*/30 * * * *", "America/New_York", "2026-11-01T00:45-04:00", 6)
        assert [after - before for before, after in itertools.pairwise(fall)] == [timedelta(minutes=30)] * 5
        spring = occurrences("*/30 * * * *", "America/New_York", "2026-03-08T01:15-05:00", 4)
        assert [after - before for before, after in itertools.pairwise(spring)] == [timedelta(minutes=30)] * 3

    @hypothesis.settings(deadline=None, max_examples=60)
    @given(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made UTC below
        st.sampled_from(["0 3 * * *", "30 1 * * *", "30 2 * * *", "0 0 * * *", "15 4 * * sun"]),
        st.sampled_from(["America/New_York", "Europe/Madrid", "Australia/Lord_Howe", "America/Lima", "Asia/Tehran"]),
    )
    def test_a_daily_time_comes_once_on_each_day(self, start: datetime, expression: str, timezone: str) -> None:
        moment = start.replace(tzinfo=UTC)
        found = occurrences(expression, timezone, moment.isoformat(), 5)
        assert found[0] > moment
        assert found == sorted(set(found))
        days = [one.astimezone(clock.zone(timezone)).date() for one in found]
        assert len(set(days)) == len(days)
        step = 7 if expression.endswith("sun") else 1
        assert all((later - earlier).days == step for earlier, later in itertools.pairwise(days))


@pytest.fixture
async def effects(where: Addresses) -> None:
    """The table of effects."""
    await make_table(where)


async def move_clock(committed: Open, by: timedelta) -> None:
    """Move the tenant's clock forward."""
    async with committed() as tx:
        await tx.execute("update tenants_tenant set clock_offset = clock_offset + $1", by)


async def plan(committed: Open, name: str) -> dict[str, Any]:
    """The row of the tenant's schedule."""
    async with committed() as tx:
        row = await tx.connection.fetchrow("select * from kernel_schedule where name = $1", name)
    assert row is not None
    return dict(row)


@pytest.mark.usefixtures("effects")
class TestFiring:
    async def test_a_new_tenant_gets_its_rows_and_nothing_fires_before_its_time(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        @registry.every("5m", name="test.five")
        async def five(tx: Tx) -> None:
            await note(tx, "five", 1)

        assert (await drain(registry)).done == 0
        row = await plan(committed, "test.five")
        async with committed() as tx:
            assert await noted(tx, "five") == []
            assert timedelta(minutes=4) < row["next_at"] - tx.now <= timedelta(minutes=5)

    async def test_by_the_tenants_clock_what_was_missed_fires_once(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        @registry.every("1h", name="test.hourly")
        async def hourly(tx: Tx) -> None:
            await note(tx, "hourly", 1)

        await drain(registry)
        await move_clock(committed, timedelta(days=92))
        await drain(registry)
        await drain(registry)
        row = await plan(committed, "test.hourly")
        async with committed() as tx:
            assert await noted(tx, "hourly") == [1]
            assert timedelta(0) < row["next_at"] - tx.now <= timedelta(hours=1)

    async def test_or_once_for_each_time_that_was_missed(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        moments = []

        @registry.cron("0 3 * * *", name="test.each", catch_up="each")
        async def each(tx: Tx) -> None:
            moments.append(tx.now)

        await drain(registry)
        await move_clock(committed, timedelta(days=10))
        await drain(registry)
        assert len(moments) == 10
        assert all((one.hour, one.minute) == (8, 0) for one in moments)
        assert [later - earlier for earlier, later in itertools.pairwise(moments)] == [timedelta(days=1)] * 9

    async def test_each_tenant_by_its_own_timezone_and_a_move_is_noticed(
        self, registry: Registry, drain: Drain, database: Database, committed: Open, tenant: UUID
    ) -> None:
        registry.cron("0 3 * * *", name="test.zones")(_nothing)
        tokyo = await new_tenant(database, timezone="Asia/Tokyo")
        await drain(registry, tenants=[tenant, tokyo])
        planned = {
            one.tenant_id: one.next_at.hour for one in await schedules.planned(database) if one.name == "test.zones"
        }
        assert (planned[tenant], planned[tokyo]) == (8, 18)
        async with committed() as tx:
            await tx.execute("update tenants_tenant set timezone = 'Asia/Tokyo'")
        await drain(registry)
        assert [
            one.next_at.hour for one in await schedules.planned(database, tenant=tenant) if one.name == "test.zones"
        ] == [18]

    async def test_the_platform_has_schedules_of_its_own(
        self, registry: Registry, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        tenants: list[UUID] = []

        @registry.every("1m", platform=True, name="test.platform")
        async def once(tx: Tx) -> None:
            tenants.append(tx.tenant)

        await drain(registry, tenants=[tenant, ids.PLATFORM])
        async with database.relay.connection() as connection:
            await connection.execute(
                "update kernel_schedule set next_at = now() - interval '1 hour' where name = 'test.platform'"
            )
        await drain(registry, tenants=[tenant, ids.PLATFORM])
        assert tenants == [ids.PLATFORM]

    async def test_what_fails_is_tried_again_and_then_given_up_until_the_next_time(
        self, registry: Registry, committed: Open, where: Addresses, settings: Settings, drain: Drain, tenant: UUID
    ) -> None:
        @registry.every("1h", name="test.failing")
        async def failing(tx: Tx) -> None:
            await note(tx, "failing", 1)
            raise ValueError("Maria Quispe")

        database = Database(where, msgspec.structs.replace(settings, job_attempts=2, job_backoff_seconds=0.01))
        try:
            await drain(registry)
            await move_clock(committed, timedelta(hours=2))
            schedule = registry.schedules["test.failing"]
            assert (await schedules.fire(database, schedule, tenant)).failed
            due_still = await plan(committed, "test.failing")
            await asyncio.sleep(0.02)
            assert (await schedules.fire(database, schedule, tenant)).failed
            given_up = await plan(committed, "test.failing")
        finally:
            await database.close()
        async with committed() as tx:
            assert await noted(tx, "failing") == []
            assert due_still["next_at"] < tx.now < given_up["next_at"]
        assert given_up["failures"] == 2
        assert "ValueError" in str(given_up["error"])
        assert "Quispe" not in str(given_up["error"])

    async def test_at_once_in_many_places_it_fires_once(
        self, registry: Registry, drain: Drain, database: Database, committed: Open, tenant: UUID
    ) -> None:
        @registry.every("1h", name="test.racing")
        async def racing(tx: Tx) -> None:
            await note(tx, "racing", 1)
            await asyncio.sleep(0.02)

        await drain(registry)
        await move_clock(committed, timedelta(hours=2))
        fired = await asyncio.gather(
            *(schedules.fire(database, registry.schedules["test.racing"], tenant) for _ in range(8))
        )
        assert sum(one.times for one in fired) == 1
        async with committed() as tx:
            assert await noted(tx, "racing") == [1]


@pytest.fixture
async def workers_database(settings: Settings, where: Addresses) -> AsyncIterator[Callable[[], Database]]:
    """Databases with pools of their own, as each worker process has them."""
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(where, msgspec.structs.replace(settings, pool_size=4, job_concurrency=4)))
        return made[-1]

    yield make
    for database in made:
        await database.close()


@pytest.mark.usefixtures("effects")
class TestWorkers:
    async def test_many_workers_fire_a_schedule_once(
        self,
        registry: Registry,
        workers_database: Callable[[], Database],
        committed: Open,
        tenant: UUID,
    ) -> None:
        @registry.every("1h", name="test.workers")
        async def tick(tx: Tx) -> None:
            await note(tx, "workers", 1)

        stop = asyncio.Event()
        running = [asyncio.create_task(Worker(workers_database(), registry).run(stop)) for _ in range(4)]
        try:
            async with asyncio.timeout(60):
                for hours in (1, 2, 3):
                    await _until(committed, "select count(*) = 1 from kernel_schedule where name = 'test.workers'")
                    await move_clock(committed, timedelta(hours=1))
                    await _until(
                        committed,
                        f"select count(*) >= {hours} from test_effect where reaction = 'workers'",
                    )
        finally:
            stop.set()
            await asyncio.gather(*running)
        async with committed() as tx:
            assert await noted(tx, "workers") == [1, 1, 1]

    async def test_the_watchdog_reports_a_clock_that_stopped(
        self, registry: Registry, drain: Drain, committed: Open, database: Database, tenant: UUID
    ) -> None:
        registry.every("1h", name="test.stopped")(_nothing)
        await drain(registry)
        assert [one for one in await schedules.stopped(database) if one.name == "test.stopped"] == []
        # Two hours pass, and no worker runs.
        await move_clock(committed, timedelta(hours=2))
        (stopped,) = [one for one in await schedules.stopped(database) if one.name == "test.stopped"]
        assert stopped.tenant_id == tenant
        assert timedelta(minutes=59) < stopped.overdue < timedelta(minutes=61)
        with structlog.testing.capture_logs() as logs:
            await Worker(database, registry, relays=False).watch()
        assert [line["event"] for line in logs if line.get("schedule") == "test.stopped"] == ["schedule.stopped"]
        assert telemetry.CLOCK_LATE._value.get() > 3500
        await drain(registry)
        assert [one for one in await schedules.stopped(database) if one.name == "test.stopped"] == []


async def _until(committed: Open, question: str) -> None:
    while True:
        async with committed() as tx:
            if await tx.connection.fetchval(question):
                return
        await asyncio.sleep(0.05)
