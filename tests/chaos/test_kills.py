"""Real processes, really killed: nothing is lost, nothing happens twice, and the order of each lane is kept."""

import asyncio
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import backlog, ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from tests.chaos.process import REACTIONS, Told
from tests.conftest import drop_database, make_database, new_tenant
from tests.kernel.effects import Happened, make_table, noted, until

SEED = 20260501


@pytest.fixture
async def alone(settings: Settings, database_name: str) -> AsyncIterator[Database]:
    """A database of the test's own, whose workers are the processes that it starts."""
    name = f"{database_name}_chaos"
    where = await make_database(name)
    await make_table(where)
    database = Database(where, settings)
    yield database
    await database.close()
    await drop_database(name)


class Processes:
    """The processes that a test started; none outlives it."""

    def __init__(self, where: Addresses, tenant: UUID) -> None:
        self._told = msgspec.json.encode(Told(where, tenant))
        self.running: list[Process] = []

    async def start(self, *kind: str, until: str | None) -> Process:
        """Start a process and, if there is one, wait until it says the word."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.process", *kind, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        self.running.append(process)
        assert process.stdin is not None
        process.stdin.write(self._told)
        process.stdin.close()
        if until is not None:
            await self.said(process, until)
        return process

    async def said(self, process: Process, word: str) -> None:
        """Wait until the process says the word."""
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while (line := await process.stdout.readline()).strip() != word.encode():
                assert line, f"The process ended before it said {word!r}."

    async def kill(self, process: Process) -> None:
        """SIGKILL: no handler runs, no connection says goodbye."""
        self.running.remove(process)
        if process.returncode is None:
            process.kill()
            await process.wait()

    async def end(self) -> None:
        """Kill what is left."""
        for process in list(self.running):
            await self.kill(process)


@pytest.fixture
async def tenant(alone: Database) -> UUID:
    """A tenant in the database of the test's own."""
    return await new_tenant(alone)


@pytest.fixture
async def processes(alone: Database, tenant: UUID) -> AsyncIterator[Processes]:
    """Processes, all killed when the test ends."""
    started = Processes(alone.where, tenant)
    yield started
    await started.end()


async def effects(database: Database, tenant: UUID, reaction: str) -> list[int]:
    """The effects of a reaction, in the order in which they happened."""
    async with transaction(database, tenant) as tx:
        return await noted(tx, reaction)


async def emit(database: Database, tenant: UUID, number: int, thing: UUID | None = None) -> None:
    """Store an event in a transaction of its own."""
    async with transaction(database, tenant) as tx:
        await tx.emit(Happened(thing_id=thing or ids.new(), number=number))


async def nothing_waits(database: Database) -> bool:
    """Whether every event was handed on, every delivery is done, and the queue is empty."""
    async with database.relay.connection() as connection:
        return bool(
            await connection.fetchval(
                "select not exists (select from kernel_delivery where state <> 'done') "
                "and not exists (select from pgqueuer) and not exists (select from kernel_event e, kernel_cursor c "
                "where c.name = 'relay' and (e.xid, e.seq) > (c.xid, c.seq))"
            )
        )


async def test_a_command_killed_before_its_commit_leaves_nothing(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    process = await processes.start("command", until="inserted")
    await processes.kill(process)

    async def ended() -> bool:
        async with alone.relay.connection() as connection:
            return bool(
                await connection.fetchval(
                    "select not exists (select from pg_stat_activity where datname = current_database() "
                    "and usename = 'holdfast_app' and state = 'idle in transaction')"
                )
            )

    await until(ended)
    assert await effects(alone, tenant, "command") == []
    async with transaction(alone, tenant) as tx:
        assert await tx.one(int, "select count(*)::int from kernel_event") == 0
    await processes.start("worker", "1", until="started")
    await emit(alone, tenant, 2)
    await until(lambda: nothing_waits(alone))
    assert await effects(alone, tenant, "single") == [2]


@pytest.mark.meets("L42", "T86")
async def test_a_worker_killed_after_the_effect_and_before_the_acknowledgement_does_not_do_it_twice(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    starting = asyncio.create_task(processes.start("unacknowledged", until="committed"))
    await until(lambda: known(alone, "chaos.single"))
    await emit(alone, tenant, 1)
    doomed = await starting
    assert await effects(alone, tenant, "single") == [1]
    await processes.kill(doomed)
    async with alone.relay.connection() as connection:
        left = await connection.fetch("select status::text from pgqueuer")
    assert [row["status"] for row in left] == ["picked"]

    await processes.start("worker", "1", until="started")
    await until(lambda: nothing_waits(alone))
    assert await effects(alone, tenant, "single") == [1]


async def test_a_worker_killed_before_its_commit_did_nothing_and_another_does_it(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    starting = asyncio.create_task(processes.start("unfinished", until="inside"))
    await until(lambda: known(alone, "chaos.single"))
    await emit(alone, tenant, 1)
    await processes.kill(await starting)
    assert await effects(alone, tenant, "single") == []
    await processes.start("worker", "1", until="started")
    await until(lambda: nothing_waits(alone))
    assert await effects(alone, tenant, "single") == [1]


async def test_a_worker_killed_after_an_outside_call_calls_again_and_stores_the_outcome_once(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    starting = asyncio.create_task(processes.start("calling", until="called"))
    await until(lambda: known(alone, "chaos.outside"))
    await emit(alone, tenant, 1)
    await processes.kill(await starting)
    await processes.start("worker", "1", until="started")
    await until(lambda: nothing_waits(alone))
    assert await effects(alone, tenant, "call") == [1]
    assert await effects(alone, tenant, "outside") == [1]


async def known(database: Database, reaction: str) -> bool:
    """Whether a worker has told that it knows the reaction."""
    async with database.relay.connection() as connection:
        return bool(await connection.fetchval("select exists (select from kernel_reaction where name = $1)", reaction))


async def stream(database: Database, tenants: list[UUID], enough: Callable[[int], bool], pause: float) -> int:
    """Store events of many tenants and things, from several writers at once, until there are enough; gives how many."""
    choice = random.Random(SEED)
    things = {tenant: [ids.new() for _ in range(5)] for tenant in tenants}
    stored = 0

    async def write() -> None:
        nonlocal stored
        while not enough(stored):
            number, stored = stored, stored + 1
            tenant = choice.choice(tenants)
            await emit(database, tenant, number, choice.choice(things[tenant]))
            await asyncio.sleep(choice.random() * pause)

    await asyncio.gather(*(write() for _ in range(4)))
    return stored


async def exactly_once(database: Database, tenants: list[UUID], count: int) -> None:
    """Every event had its effect once in each reaction, and in each lane they came in order."""
    seen: dict[str, Counter[int]] = {reaction: Counter() for reaction in REACTIONS}
    for tenant in tenants:
        async with transaction(database, tenant) as tx:
            stored = await tx.connection.fetch(
                "select subject_id, (body->>'number')::bigint as number from kernel_event order by xid, seq"
            )
            found = await tx.connection.fetch("select reaction, thing_id, number from test_effect order by seq")
        for reaction in REACTIONS:
            of_reaction = [row for row in found if f"chaos.{row['reaction']}" == reaction]
            seen[reaction].update(row["number"] for row in of_reaction)
            for thing in {row["subject_id"] for row in stored}:
                expected = [row["number"] for row in stored if row["subject_id"] == thing]
                assert [row["number"] for row in of_reaction if row["thing_id"] == thing] == expected
    for reaction in REACTIONS:
        assert seen[reaction] == Counter(range(count)), reaction
    assert await backlog.dead_count(database) == 0


async def test_two_relays_and_ten_workers_give_each_event_one_effect_per_reaction(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    tenants = [tenant, *[await new_tenant(alone) for _ in range(7)]]
    await asyncio.gather(*(processes.start("worker", "5", until="started") for _ in range(2)))
    await until(lambda: known(alone, "chaos.single"))
    count = await stream(alone, tenants, lambda stored: stored >= 400, pause=0.005)
    await until(lambda: nothing_waits(alone), seconds=100)
    await exactly_once(alone, tenants, count)


async def test_whoever_is_killed_whenever_each_event_has_one_effect_per_reaction(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    tenants = [tenant, *[await new_tenant(alone) for _ in range(3)]]
    choice = random.Random(SEED)
    await asyncio.gather(*(processes.start("worker", "1", until="started") for _ in range(3)))
    await until(lambda: known(alone, "chaos.single"))
    kills = 0
    streaming = asyncio.create_task(stream(alone, tenants, lambda stored: stored >= 200 and kills == 6, pause=0.1))
    for kill in range(6):
        await asyncio.sleep(choice.uniform(0.05, 0.5))
        await processes.kill(choice.choice(processes.running))
        kills = kill + 1
        await processes.start("worker", "1", until=None)
    count = await streaming
    await until(lambda: nothing_waits(alone), seconds=100)
    await exactly_once(alone, tenants, count)


async def test_asked_to_stop_a_worker_is_gone_and_has_left_nothing_half_done(
    alone: Database, tenant: UUID, processes: Processes
) -> None:
    process = await processes.start("worker", "2", until="started")
    await until(lambda: known(alone, "chaos.single"))
    count = await stream(alone, [tenant], lambda stored: stored >= 40, pause=0)
    process.terminate()
    await processes.said(process, "stopped")
    async with asyncio.timeout(30):
        assert await process.wait() == 0
    async with alone.relay.connection() as connection:
        assert await connection.fetchval("select count(*) from pgqueuer where status = 'picked'") == 0
    await processes.start("worker", "1", until="started")
    await until(lambda: nothing_waits(alone))
    await exactly_once(alone, [tenant], count)
