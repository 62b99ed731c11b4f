"""The worker: what is urgent first, no more at once than allowed, and gone in good order when asked."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from holdfast.kernel import backlog, ids, queue, relay
from holdfast.kernel.database import Database
from holdfast.kernel.jobs import Registry
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.kernel.worker import Gate, Worker
from tests.conftest import drop_database, make_database, new_tenant
from tests.kernel.effects import Happened, make_table, note, noted, until, until_true

SECONDS = 60


@pytest.fixture(scope="module")
async def alone(settings: Settings, database_name: str) -> AsyncIterator[Database]:
    """A database of this file's own, in which no other worker is at work."""
    name = f"{database_name}_worker"
    where = await make_database(name)
    await make_table(where)
    database = Database(where, settings)
    yield database
    await database.close()
    await drop_database(name)


class TestWorker:
    @pytest.mark.meets("L43")
    async def test_what_is_urgent_runs_first(self, alone: Database) -> None:
        registry, ran = Registry(), []

        @registry.on(Happened, priority=1, name="test.third")
        async def analytics(tx: Tx, event: Happened) -> None:
            ran.append("analytics")

        @registry.on(Happened, priority=3, name="test.first")
        async def campaign(tx: Tx, event: Happened) -> None:
            ran.append("campaign")

        @registry.on(Happened, priority=2, name="test.second")
        async def passes(tx: Tx, event: Happened) -> None:
            ran.append("passes")

        async with alone.relay.connection() as connection:
            await relay.register(connection, registry)
        tenant = await new_tenant(alone)
        async with transaction(alone, tenant) as tx:
            for _ in range(10):
                await tx.emit(Happened(thing_id=ids.new()))
        await until(lambda: _relayed(alone))
        one_at_a_time = Database(alone.where, Settings(environment="test", job_concurrency=1, pool_size=2))
        stop = asyncio.Event()
        running = asyncio.create_task(Worker(one_at_a_time, registry, relays=False).run(stop))
        try:
            await until_true(lambda: len(ran) == 30)
        finally:
            stop.set()
            await running
            await one_at_a_time.close()
            for name in registry.reactions:
                await backlog.forget(alone, name)
        assert ran == ["campaign"] * 10 + ["passes"] * 10 + ["analytics"] * 10

    async def test_a_reaction_with_a_concurrency_runs_no_oftener_at_once(self, alone: Database) -> None:
        registry = Registry()
        now, most, ran = 0, 0, 0

        @registry.on(Happened, concurrency=2, name="test.narrow")
        async def react(tx: Tx, event: Happened) -> None:
            nonlocal now, most, ran
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now, ran = now - 1, ran + 1

        tenant = await new_tenant(alone)
        stop = asyncio.Event()
        workers = [Database(alone.where, Settings(environment="test", pool_size=4)) for _ in range(2)]
        running = [asyncio.create_task(Worker(one, registry).run(stop)) for one in workers]
        try:
            await _known(alone, registry)
            async with transaction(alone, tenant) as tx:
                for _ in range(20):
                    await tx.emit(Happened(thing_id=ids.new()))
            await until_true(lambda: ran == 20)
        finally:
            stop.set()
            await asyncio.gather(*running)
            for one in workers:
                await one.close()
            await backlog.forget(alone, "test.narrow")
        assert (ran, most) == (20, 2)

    async def test_asked_to_stop_it_finishes_what_runs_and_gives_back_the_rest(self, alone: Database) -> None:
        registry = Registry()
        started, finish = asyncio.Event(), asyncio.Event()

        @registry.on(Happened, name="test.stopping")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "stopping", event.number)
            started.set()
            await finish.wait()

        tenant = await new_tenant(alone)
        stop = asyncio.Event()
        small = Database(alone.where, Settings(environment="test", job_concurrency=1, pool_size=2))
        worker = Worker(small, registry)
        running = asyncio.create_task(worker.run(stop, deadline_seconds=30))
        try:
            await _known(alone, registry)
            async with transaction(alone, tenant) as tx:
                for number in range(4):
                    await tx.emit(Happened(thing_id=ids.new(), number=number))
            async with asyncio.timeout(SECONDS):
                await started.wait()
                stop.set()
                await until_true(lambda: worker.stopping)
                finish.set()
                await running
        finally:
            stop.set()
            await asyncio.wait({running})
            await small.close()
        async with transaction(alone, tenant) as tx:
            assert len(await noted(tx, "stopping")) == 1
        async with alone.relay.connection() as connection:
            waiting = await connection.fetch("select status::text from pgqueuer where entrypoint = 'test.stopping'")
        assert [row["status"] for row in waiting] == ["queued"] * 3
        await backlog.forget(alone, "test.stopping")

    async def test_past_its_deadline_what_runs_is_given_up_and_nothing_of_it_stays(self, alone: Database) -> None:
        registry = Registry()
        started = asyncio.Event()

        @registry.on(Happened, name="test.endless")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "endless", event.number)
            started.set()
            await asyncio.sleep(3600)

        tenant = await new_tenant(alone)
        stop = asyncio.Event()
        running = asyncio.create_task(Worker(alone, registry).run(stop, deadline_seconds=0.05))
        await _known(alone, registry)
        async with transaction(alone, tenant) as tx:
            await tx.emit(Happened(thing_id=ids.new(), number=1))
        async with asyncio.timeout(SECONDS):
            await started.wait()
            stop.set()
            await running
        async with transaction(alone, tenant) as tx:
            assert await noted(tx, "endless") == []
        async with alone.relay.connection() as connection:
            waiting = await connection.fetch("select status::text from pgqueuer where entrypoint = 'test.endless'")
        assert [row["status"] for row in waiting] == ["queued"]
        await backlog.forget(alone, "test.endless")


async def _relayed(database: Database) -> bool:
    """Hand on what waits, and say whether the ten events that the test needs are all handed on."""
    async with queue.connected(database) as connection:
        await relay.relay_batch(connection, await relay.cursor(connection), movable_clock=True)
        return bool(await connection.fetchval("select count(*) = 30 from kernel_delivery where state = 'pending'"))


async def _known(database: Database, registry: Registry) -> None:
    """Wait until the workers have told of their reactions."""

    async def ask() -> bool:
        async with database.relay.connection() as connection:
            count = await connection.fetchval(
                "select count(*) from kernel_reaction where name = any ($1)", list(registry.reactions)
            )
        return bool(count == len(registry.reactions))

    await until(ask)


class TestGate:
    async def test_the_urgent_go_first_and_no_place_is_lost(self) -> None:
        gate, order = Gate(1), []

        async def enter(name: str, priority: int) -> None:
            async with gate.entered(priority):
                order.append(name)

        async with gate.entered(0):
            waiting = [asyncio.create_task(enter(name, priority)) for name, priority in (("b", 1), ("c", 1), ("a", 9))]
            gone = asyncio.create_task(enter("gone", 99))
            await asyncio.sleep(0)
            gone.cancel()
        await asyncio.gather(*waiting)
        assert order == ["a", "b", "c"]
        async with gate.entered(0) as inside:
            assert inside

    async def test_closed_it_lets_nobody_in(self) -> None:
        gate = Gate(1)

        async def enter() -> bool:
            async with gate.entered(0) as inside:
                return inside

        async with gate.entered(0):
            waiting = asyncio.create_task(enter())
            await asyncio.sleep(0)
            gate.close()
            assert not await waiting
        assert not await enter()
