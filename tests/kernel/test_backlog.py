"""The backlog: what fails is retried, becomes visible, can be replayed; what nobody needs is deleted."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import backlog, deliveries, ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.events import Event
from holdfast.kernel.jobs import Registry
from holdfast.kernel.lanes import backoff_seconds
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from tests.conftest import Drain, Open
from tests.kernel.effects import Happened, Odd, happen, make_table, note, noted


class Mood(Problem):
    """Not today."""


@pytest.fixture
async def effects(where: Addresses) -> None:
    """The table of effects."""
    await make_table(where)


@pytest.fixture
async def hasty(where: Addresses, settings: Settings) -> AsyncIterator[Database]:
    """A database whose reactions die after three attempts with short delays."""
    database = Database(where, msgspec.structs.replace(settings, job_attempts=3, job_backoff_seconds=0.01))
    yield database
    await database.close()


def test_delays_grow_until_an_hour() -> None:
    delays = [backoff_seconds(attempt, first=1.0) for attempt in range(1, 30)]
    assert all(later > earlier for earlier, later in itertools.pairwise(delays[:11]))
    assert max(delays) <= 3600 * 1.25


@pytest.mark.usefixtures("effects")
class TestFailing:
    @pytest.mark.meets("L45", "L46")
    async def test_retried_with_growing_delay_then_dead_seen_replayed_and_done(
        self, registry: Registry, hasty: Database, committed: Open, tenant: UUID, drain: Drain
    ) -> None:
        broken = True

        @registry.on(Happened, name="test.broken")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "broken", event.number)
            if broken and event.number == 2:
                raise ValueError("Maria Quispe has no number")

        await drain(registry)
        thing = await happen(committed, 1, 2, 3)
        reaction = registry.reactions["test.broken"]
        await drain(Registry())
        waits = []
        for _ in range(2):
            ended = await deliveries.drain_lane(hasty, reaction, tenant, thing)
            assert ended.again_seconds is not None
            assert (ended.failed, ended.dead) == (1, 0)
            waits.append(ended.again_seconds)
            # Nothing overtakes the one that failed, and before its time nothing happens.
            async with committed() as tx:
                assert await noted(tx, "broken") == [1]
            await asyncio.sleep(ended.again_seconds)
        assert waits[1] > waits[0]

        # The third attempt is its last; the lane goes on.
        ended = await deliveries.drain_lane(hasty, reaction, tenant, thing)
        assert (ended.done, ended.dead) == (1, 1)
        async with committed() as tx:
            assert await noted(tx, "broken") == [1, 3]

        (letter,) = await backlog.dead(hasty, tenant=tenant)
        assert (letter.reaction, letter.name, letter.attempts) == ("test.broken", "test.things.happened", 3)
        assert letter.error is not None
        assert letter.error.startswith(f"ValueError in {__name__}.react, line ")
        assert "Quispe" not in letter.error
        assert any(count.reaction == "test.broken" and count.state == "dead" for count in await backlog.counts(hasty))
        assert await backlog.dead_count(hasty) >= 1

        broken = False
        assert await backlog.replay(hasty, reaction="test.other", tenant=tenant) == 0
        assert await backlog.replay(hasty, event=letter.event_id) == 1
        assert (await drain(registry)).done == 1
        assert await backlog.dead(hasty, tenant=tenant) == []
        async with committed() as tx:
            assert await noted(tx, "broken") == [1, 3, 2]

    async def test_one_that_spoils_a_batch_is_found_and_the_others_are_done(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        @registry.on(Happened, batch=10, lane="tenant", attempts=3, name="test.spoilt")
        async def react(tx: Tx, events: list[Happened]) -> None:
            for event in events:
                await note(tx, "spoilt", event.number)
                if event.number == 3:
                    raise Mood

        await drain(registry)
        await happen(committed, 1, 2, 3, 4, 5)
        await drain(registry, impatient=True)
        async with committed() as tx:
            assert await noted(tx, "spoilt") == [1, 2, 4, 5]
        (letter,) = await backlog.dead(database, tenant=tenant)
        assert letter.error is not None
        assert "mood" in letter.error

    async def test_an_event_of_a_kind_that_is_not_known_here_waits(
        self, registry: Registry, committed: Open, drain: Drain, tenant: UUID
    ) -> None:
        seen = []

        @registry.on(Event, name="test.newer")
        async def react(tx: Tx, event: Event) -> None:
            seen.append(event.name)

        await drain(registry)
        async with committed() as tx:
            await tx.execute(
                "insert into kernel_event (id, name, body, actor_kind, at) values ($1, $2, $3, $4, $5)",
                ids.new(),
                "test.things.invented",
                {"wing": 1},
                "platform",
                tx.now,
            )
            await tx.emit(Odd())
        await drain(registry)
        async with committed() as tx:
            rows = await tx.connection.fetch("select state, attempts, error from kernel_delivery order by xid, seq")
        assert seen == []
        assert [(row["state"], row["attempts"]) for row in rows] == [("pending", 0), ("pending", 0)]
        assert rows[0]["error"].endswith("UnknownKind")

    async def test_an_event_that_cannot_be_read_becomes_a_dead_letter(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        @registry.on(Happened, lane="tenant", name="test.unreadable")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "unreadable", event.number)

        await drain(registry)
        async with committed() as tx:
            await tx.execute(
                "insert into kernel_event (id, name, body, actor_kind, at) values ($1, $2, $3, $4, $5)",
                ids.new(),
                Happened.name,
                {"thing_id": "nonsense"},
                "platform",
                tx.now,
            )
            await tx.emit(Happened(thing_id=ids.new(), number=2))
        await drain(registry, impatient=True)
        async with committed() as tx:
            assert await noted(tx, "unreadable") == [2]
        (letter,) = await backlog.dead(database, tenant=tenant)
        assert letter.error == "msgspec.ValidationError"


@pytest.mark.usefixtures("effects")
class TestBacklog:
    async def test_old_deliveries_that_are_done_are_deleted_and_nothing_else(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        @registry.on(Happened, attempts=1, name="test.kept")
        async def react(tx: Tx, event: Happened) -> None:
            if event.number == 2:
                raise Mood

        await drain(registry)
        await happen(committed, 1)
        await happen(committed, 2)
        await drain(registry)
        async with database.relay.connection() as connection:
            await backlog.clean(connection)
            states = "select state from kernel_delivery where tenant_id = $1 order by state"
            assert [row["state"] for row in await connection.fetch(states, tenant)] == ["dead", "done"]
            assert await backlog.clean(connection, done=timedelta(seconds=-60)) >= 1
            assert [row["state"] for row in await connection.fetch(states, tenant)] == ["dead"]

    async def test_a_reaction_that_was_removed_is_named_and_can_be_forgotten(
        self, committed: Open, drain: Drain, database: Database, tenant: UUID, registry: Registry
    ) -> None:
        @registry.on(Happened, name="test.removed")
        async def react(tx: Tx, event: Happened) -> None:
            raise Mood

        await drain(registry)
        await happen(committed, 1)
        await drain(registry)
        async with database.relay.connection() as connection:
            await connection.execute(
                "update kernel_reaction set seen_at = now() - interval '1 day' where name = 'test.removed'"
            )
        await drain(Registry())
        registry.reactions["test.present"] = msgspec.structs.replace(
            registry.reactions.pop("test.removed"), name="test.present"
        )
        await drain(registry)
        assert [(one.name, one.pending) for one in await backlog.abandoned(database) if one.name == "test.removed"] == [
            ("test.removed", 1)
        ]
        assert await backlog.forget(database, "test.removed") == 1
        assert [one for one in await backlog.abandoned(database) if one.name == "test.removed"] == []

    async def test_the_tail_shows_events_in_order(self, committed: Open, database: Database, tenant: UUID) -> None:
        start = await backlog.last(database)
        await happen(committed, 1, 2)
        async with committed() as tx:
            await tx.emit(Odd(number=3))
        tail = await backlog.tail(database, start, tenant=tenant)
        assert [msgspec.json.decode(event.body)["number"] for event in tail] == [1, 2, 3]
        named = await backlog.tail(database, start, tenant=tenant, prefix="test.oddities")
        assert [event.name for event in named] == ["test.oddities.occurred"]
        assert await backlog.tail(database, tail[-1].cursor, tenant=tenant) == []
