"""The relay: every event, in order, handed on once, whoever leads and however the commits fall."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from holdfast.kernel import backlog, embedded, ids, queue, relay, worker
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.events import Cursor
from holdfast.kernel.jobs import Registry
from holdfast.kernel.relay import CursorAhead, OvertakenElsewhere, Relay
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import PLATFORM, Tx, begin, transaction
from holdfast.kernel.worker import NeverQuiet
from tests.conftest import SERVER, Drain, Open, drop_database, make_database, new_tenant
from tests.kernel.effects import Happened, Odd, make_table, note, noted, until, until_true

SECONDS = 60


@pytest.fixture(scope="module")
async def alone(settings: Settings, database_name: str) -> AsyncIterator[Database]:
    """A database of this file's own, whose relay nobody else drives."""
    name = f"{database_name}_relay"
    where = await make_database(name)
    await make_table(where)
    database = Database(where, settings)
    yield database
    await database.close()
    await drop_database(name)


async def relay_all(database: Database, *, until: int | None = None) -> int:
    """Relay until nothing is left, or so many events are handed on; gives how many were."""
    handed = 0
    async with asyncio.timeout(SECONDS), queue.connected(database) as connection:
        place = await relay.cursor(connection)
        while True:
            done = await relay.relay_batch(connection, place, movable_clock=True, limit=7)
            place, handed = done.cursor, handed + done.events
            if not done.events:
                if until is None or handed >= until:
                    return handed
                # Somebody's transaction in this server is older than the newest of these events.
                await asyncio.sleep(0.01)


async def lanes(database: Database, tenant: UUID, reaction: str) -> list[tuple[UUID, int, int]]:
    """The deliveries of a reaction in a tenant, in their order."""
    async with transaction(database, tenant) as tx:
        records = await tx.connection.fetch(
            "select lane, d.xid, d.seq from kernel_delivery d where reaction = $1 order by xid, seq", reaction
        )
    return [tuple(record) for record in records]


@pytest.fixture
async def registered(alone: Database) -> AsyncIterator[Registry]:
    """A registry with one reaction per subject and one per tenant."""
    registry = Registry()

    @registry.on(Happened, name="test.subject")
    async def by_subject(tx: Tx, event: Happened) -> None:
        await note(tx, "subject", event.number, event.thing_id)

    @registry.on(Happened, Odd, lane="tenant", name="test.tenant")
    async def by_tenant(tx: Tx, event: Happened | Odd) -> None:
        await note(tx, "tenant", event.number)

    async with alone.relay.connection() as connection:
        await relay.register(connection, registry)
    yield registry
    for name in registry.reactions:
        await backlog.forget(alone, name)


class TestOrder:
    async def test_what_commits_late_comes_first_all_the_same(self, alone: Database, registered: Registry) -> None:
        tenant, thing = await new_tenant(alone), ids.new()
        await relay_all(alone)
        async with alone.app.connection() as early, alone.app.connection() as late:
            # The first transaction takes its place in the order, and commits after the second.
            first = await begin(early, tenant=tenant, actor=PLATFORM, database=alone)
            await first.emit(Happened(thing_id=thing, number=1))
            second = await begin(late, tenant=tenant, actor=PLATFORM, database=alone)
            await second.emit(Happened(thing_id=thing, number=2))
            await late.execute("commit")
            assert await relay_all(alone) == 0
            state = await backlog.relay_state(alone)
            assert state.held_back
            assert not state.stands_still()
            assert state.stands_still(patience=timedelta())
            await early.execute("commit")
        assert await relay_all(alone, until=2) == 2
        ended = await _drain(alone, registered, tenant)
        assert ended == 4
        async with transaction(alone, tenant) as tx:
            assert await noted(tx, "subject") == [1, 2]
            assert await noted(tx, "tenant") == [1, 2]
        assert (await backlog.relay_state(alone)).waiting_since is None

    async def test_what_is_rolled_back_is_never_seen(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        async with alone.app.connection() as connection:
            undone = await begin(connection, tenant=tenant, actor=PLATFORM, database=alone)
            await undone.emit(Odd(number=1))
            await connection.execute("rollback")
        async with transaction(alone, tenant) as tx:
            await tx.emit(Odd(number=2))
        assert await relay_all(alone, until=1) == 1

    async def test_none_is_lost_while_many_commit_in_any_order(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        things = [ids.new() for _ in range(5)]
        choice = random.Random(20260501)
        writers, events = 8, 25

        async def write(writer: int) -> None:
            for number in range(events):
                pause, thing = choice.random() * 0.01, choice.choice(things)
                async with transaction(alone, tenant) as tx:
                    await tx.emit(Happened(thing_id=thing, number=writer * events + number))
                    await asyncio.sleep(pause)

        writing = asyncio.gather(*(write(writer) for writer in range(writers)))
        relaying = asyncio.create_task(relay_all(alone, until=writers * events))
        await writing
        assert await relaying == writers * events
        async with transaction(alone, tenant) as tx:
            stored = await tx.connection.fetch("select subject_id, xid, seq from kernel_event order by xid, seq")
        expected = [tuple(record) for record in stored]
        assert len(expected) == writers * events
        assert await lanes(alone, tenant, "test.subject") == expected
        assert await _drain(alone, registered, tenant) == 2 * writers * events
        async with transaction(alone, tenant) as tx:
            in_order = await tx.all(int, "select (body->>'number')::int from kernel_event order by xid, seq")
            assert await noted(tx, "tenant") == in_order


async def _drain(database: Database, registry: Registry, tenant: UUID) -> int:
    return (await worker.drain(database, registry, tenants=[tenant])).done


class TestBatches:
    async def test_a_batch_is_announced_once_with_its_cursor(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        await relay_all(alone)
        heard: list[str] = []
        async with queue.connected(alone) as listener, queue.connected(alone) as connection:
            await listener.add_listener(relay.CHANNEL, lambda *note: heard.append(str(note[3])))
            async with transaction(alone, tenant) as tx:
                for number in range(5):
                    await tx.emit(Odd(number=number))
            place = await relay.cursor(connection)
            done = await until(lambda: _some(connection, place))
            await until_true(lambda: bool(heard))
            await listener.execute("select 1")
        assert (done.events, done.deliveries, done.jobs) == (5, 5, 1)
        assert heard == [str(done.cursor)]
        assert Cursor.parse(heard[0]) == done.cursor == await _cursor(alone)

    async def test_a_relay_that_was_overtaken_changes_nothing(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        await relay_all(alone)
        before = await _cursor(alone)
        async with transaction(alone, tenant) as tx:
            await tx.emit(Odd(number=1))
        await relay_all(alone, until=1)
        async with alone.relay.connection() as connection:
            jobs = await connection.fetchval("select count(*) from pgqueuer")
            with pytest.raises(OvertakenElsewhere):
                await relay.relay_batch(connection, before, movable_clock=True)
            assert await connection.fetchval("select count(*) from pgqueuer") == jobs
        assert len(await lanes(alone, tenant, "test.tenant")) == 1

    async def test_a_relay_whose_connection_ends_inside_a_batch_leaves_nothing(
        self, alone: Database, registered: Registry
    ) -> None:
        tenant = await new_tenant(alone)
        await relay_all(alone)
        async with transaction(alone, tenant) as tx:
            await tx.emit(Odd(number=1))
        before = await _cursor(alone)
        connection: Connection = await asyncpg.connect(alone.where.relay)
        spot = connection.transaction()
        await spot.start()
        await until(lambda: _some(connection, before))
        connection.terminate()
        async with queue.connected(alone) as other:
            assert await relay.cursor(other) == before
            await until(lambda: _some(other, before))
        assert len(await lanes(alone, tenant, "test.tenant")) == 1

    async def test_a_reaction_that_stops_following_an_event_is_not_given_it(
        self, alone: Database, registered: Registry
    ) -> None:
        tenant = await new_tenant(alone)
        await relay_all(alone)
        narrowed = Registry()

        @narrowed.on(Happened, lane="tenant", name="test.tenant")
        async def by_tenant(tx: Tx, event: Happened) -> None: ...

        async with alone.relay.connection() as connection:
            await relay.register(connection, narrowed)
        async with transaction(alone, tenant) as tx:
            await tx.emit(Odd(number=1))
            await tx.emit(Happened(thing_id=ids.new(), number=2))
        await relay_all(alone, until=2)
        assert len(await lanes(alone, tenant, "test.tenant")) == 1


async def _cursor(database: Database) -> Cursor:
    async with database.relay.connection() as connection:
        return await relay.cursor(connection)


async def _some(connection: Connection, after: Cursor) -> relay.Relayed | None:
    done = await relay.relay_batch(connection, after, movable_clock=True)
    return done if done.events else None


class TestRestoring:
    async def test_events_restored_into_a_younger_server_are_followed_by_new_ones(
        self, settings: Settings, database_name: str
    ) -> None:
        name = f"{database_name}_restored"
        where = await make_database(name)
        database = Database(where, settings)
        try:
            tenant = await new_tenant(database)
            async with transaction(database, tenant) as tx:
                await tx.emit(Odd(number=1))
            await relay_all(database, until=1)
            # As it is after a restore: the data comes from a server that had counted far more transactions.
            older = await asyncpg.connect(embedded.address(SERVER, "postgres", name))
            await older.execute("update kernel_event set xid = xid + 7000000000000")
            await older.execute("update kernel_cursor set xid = xid + 7000000000000 where name = 'relay'")
            await older.close()
            with pytest.raises(CursorAhead):
                await relay_all(database)

            assert where.owner is not None
            owner = await asyncpg.connect(where.owner)
            await owner.execute("call kernel_rebase()")
            await owner.execute("call kernel_rebase()")
            await owner.close()
            async with transaction(database, tenant) as tx:
                await tx.emit(Odd(number=2))
            assert await relay_all(database, until=1) == 1
            tail = await backlog.tail(database, Cursor(), tenant=tenant)
            assert [msgspec.json.decode(event.body)["number"] for event in tail] == [1, 2]
        finally:
            await database.close()
            await drop_database(name)


class TestLeading:
    async def test_a_second_relay_waits_and_takes_over(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        stop = asyncio.Event()
        relays = [Relay(alone), Relay(alone)]

        async def emit(number: int) -> None:
            async with transaction(alone, tenant) as tx:
                await tx.emit(Odd(number=number))

        running = [asyncio.create_task(one.run(stop)) for one in relays]
        try:
            await until_true(lambda: any(one.leads for one in relays))
            assert [one.leads for one in relays].count(True) == 1
            await emit(1)
            await until(lambda: _count(alone, tenant, 1))
            # The leader's connection dies; whoever asks next leads.
            async with alone.relay.connection() as connection:
                await connection.execute(
                    "select pg_terminate_backend(pid) from pg_locks join pg_database b on b.oid = database "
                    "where locktype = 'advisory' and granted and datname = current_database()"
                )
            await emit(2)
            await until(lambda: _count(alone, tenant, 2))
            assert [one.leads for one in relays].count(True) == 1
        finally:
            stop.set()
            await asyncio.gather(*running)
        assert len(await lanes(alone, tenant, "test.tenant")) == 2

    async def test_a_lane_whose_job_was_lost_is_found_again(self, alone: Database, registered: Registry) -> None:
        tenant = await new_tenant(alone)
        await relay_all(alone)
        async with transaction(alone, tenant) as tx:
            await tx.emit(Odd(number=1))
        await relay_all(alone, until=1)
        async with queue.connected(alone) as connection:
            await relay.sweep(connection, movable_clock=True)
            jobs = "select count(*) from pgqueuer where payload = $1"
            payload = queue.payload(tenant, tenant)
            assert await connection.fetchval(jobs, payload) == 1
            await connection.execute("delete from pgqueuer where payload = $1", payload)
            await relay.sweep(connection, movable_clock=True)
            await relay.sweep(connection, movable_clock=True)
            assert await connection.fetchval(jobs, payload) == 1


async def _count(database: Database, tenant: UUID, count: int) -> bool:
    return len(await lanes(database, tenant, "test.tenant")) == count


async def test_draining_says_what_it_waits_for(drain: Drain, committed: Open, registry: Registry, tx: Tx) -> None:
    await tx.emit(Odd(number=1))
    async with committed() as other:
        await other.emit(Odd(number=2))
    with pytest.raises(NeverQuiet, match="held_back=True"):
        await drain(registry, seconds=0.3)


async def test_an_idle_relay_reads_one_row_of_however_many_events(alone: Database) -> None:
    """A remembered statement is planned without its arguments; it must look into the key all the same."""
    owner = await asyncpg.connect(alone.where.owner)
    undone = owner.transaction()
    await undone.start()
    try:
        await owner.execute("alter table kernel_event no force row level security")
        await owner.execute(
            "insert into kernel_event (id, tenant_id, name, body, actor_kind, at) "
            "select uuidv7(), uuidv7(), 'test.nothing', '{}', 'system', now() from generate_series(1, 20000)"
        )
        await owner.execute("set local plan_cache_mode = force_generic_plan")
        for sql, arguments in ((relay._ANY, (1, 1)), (relay._BATCH, (1, 1, 100, True))):
            plan = "\n".join(row[0] for row in await owner.fetch(f"explain {sql}", *arguments))
            assert "kernel_event_pkey" in plan, plan
            assert "Seq Scan on kernel_event" not in plan, plan
    finally:
        await undone.rollback()
        await owner.close()
