"""Jobs: what can be declared, and reactions that run once for each event, in order."""

from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.events import Event
from holdfast.kernel.jobs import Declined, Registry, duration
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from tests.conftest import Drain, Open
from tests.kernel.effects import Followed, Happened, Odd, happen, make_table, note, noted


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


class TestDeclaring:
    def test_a_name_is_given_or_derived(self) -> None:
        registry = Registry()

        @registry.on(Happened)
        async def first(tx: Tx, event: Happened) -> None: ...

        @registry.every("5m", name="things.second")
        async def second(tx: Tx) -> None: ...

        async def third(tx: Tx, event: Happened | Odd) -> None: ...

        third.__module__ = "holdfast.systems.loyalty.reactions"
        registry.on(Happened, Odd)(third)
        assert list(registry.reactions) == [f"{__name__}.first", "loyalty.third"]
        assert registry.reactions["loyalty.third"].events == ("test.things.happened", "test.oddities.occurred")
        assert list(registry.schedules) == ["things.second"]

    def test_a_name_belongs_to_one_job(self) -> None:
        registry = Registry()

        async def react(tx: Tx, event: Happened) -> None: ...

        async def tick(tx: Tx) -> None: ...

        registry.on(Happened, name="things.one")(react)
        with pytest.raises(Declined, match="Two jobs"):
            registry.every("1m", name="things.one")(tick)
        with pytest.raises(Declined, match="not a name"):
            registry.on(Happened, name="One thing'; drop table")(react)

    @pytest.mark.parametrize("text", ["5", "0m", "5 m", "-5m", "5w", "", "1.5h"])
    def test_a_duration_has_one_spelling(self, text: str) -> None:
        with pytest.raises(Declined):
            duration(text)

    @pytest.mark.parametrize("text", ["* * * *", "61 * * * *", "every day", "* * * * * *"])
    def test_a_cron_expression_has_five_fields(self, text: str) -> None:
        with pytest.raises(Declined):
            Registry().cron(text)


@pytest.mark.usefixtures("effects")
class TestReacting:
    async def test_each_event_has_one_effect_and_order_is_kept(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        @registry.on(Happened, name="test.once")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "once", event.number, event.thing_id)

        await drain(registry)
        await happen(committed, 1, 2, 3)
        assert (await drain(registry)).done == 3
        assert (await drain(registry)).done == 0
        async with committed() as tx:
            assert await noted(tx, "once") == [1, 2, 3]

    async def test_a_reaction_acts_in_its_events_tenant_and_knows_the_cause(
        self, registry: Registry, drain: Drain, committed: Open, tenant: UUID, other_tenant: UUID
    ) -> None:
        causes = []

        @registry.on(Happened, name="test.tenants")
        async def react(tx: Tx, event: Happened) -> None:
            causes.append((tx.tenant, tx.cause and tx.cause.tenant, tx.cause and tx.cause.event, tx.request_id))
            await note(tx, "tenants", event.number)

        await drain(registry)
        thing = await happen(committed, 7)
        async with committed(tenant=other_tenant) as tx:
            tx.request_id = "request-8"
            await tx.emit(Happened(thing_id=thing, number=8))
        assert (await drain(registry, tenants=[tenant, other_tenant])).done == 2
        assert causes == [
            (tenant, tenant, Happened(thing_id=thing, number=7), None),
            (other_tenant, other_tenant, Happened(thing_id=thing, number=8), "request-8"),
        ]
        async with committed() as tx:
            assert await noted(tx, "tenants") == [7]

    async def test_reactions_may_follow_from_reactions(self, registry: Registry, drain: Drain, committed: Open) -> None:
        @registry.on(Happened, name="test.first")
        async def first(tx: Tx, event: Happened) -> None:
            await tx.emit(Followed(thing_id=event.thing_id, number=event.number + 1))

        @registry.on(Followed, name="test.second")
        async def second(tx: Tx, event: Followed) -> None:
            await note(tx, "second", event.number)

        await drain(registry)
        await happen(committed, 1)
        assert (await drain(registry)).done == 2
        async with committed() as tx:
            assert await noted(tx, "second") == [2]

    async def test_one_reaction_may_follow_from_several_or_all_events(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        seen: list[str] = []

        @registry.on(Happened, Odd, name="test.two")
        async def two(tx: Tx, event: Happened | Odd) -> None:
            seen.append(f"two {event.number}")

        @registry.on(Event, name="test.every")
        async def every(tx: Tx, event: Event) -> None:
            seen.append(event.name)

        await drain(registry)
        async with committed() as tx:
            await tx.emit(Odd(number=1))
            await tx.emit(Followed(thing_id=ids.new()))
        await drain(registry)
        assert sorted(seen) == ["test.oddities.occurred", "test.things.followed", "two 1"]

    async def test_a_batch_takes_many_events_in_one_transaction(
        self, registry: Registry, drain: Drain, committed: Open
    ) -> None:
        sizes = []

        @registry.on(Happened, batch=4, lane="tenant", name="test.batch")
        async def react(tx: Tx, events: list[Happened]) -> None:
            sizes.append(len(events))
            # Who did each, where and when is known as well, in the same order.
            assert [cause.event for cause in tx.causes] == events
            assert {(cause.tenant, cause.actor_kind) for cause in tx.causes} == {(tx.tenant, "platform")}
            for event in events:
                await note(tx, "batch", event.number)

        await drain(registry)
        async with committed() as tx:
            for number in range(10):
                await tx.emit(Happened(thing_id=ids.new(), number=number))
        await drain(registry)
        assert sizes == [4, 4, 2]
        async with committed() as tx:
            assert await noted(tx, "batch") == list(range(10))

    async def test_a_commit_that_fails_leaves_no_effect_and_no_acknowledgement(
        self, registry: Registry, hasty: Database, committed: Open, tenant: UUID, drain: Drain
    ) -> None:
        @registry.on(Happened, name="test.refused")
        async def react(tx: Tx, event: Happened) -> None:
            # The constraint is deferred: every statement succeeds, and the commit fails.
            await note(tx, "refused", event.number)

        await drain(registry)
        thing = await happen(committed, -1)
        assert (await drain(registry)).failed == 1
        async with committed() as tx:
            assert await noted(tx, "refused") == []
            states = await tx.connection.fetch("select state, attempts, error from kernel_delivery")
        assert [(row["state"], row["attempts"]) for row in states] == [("pending", 1)]
        assert "test_refused" in states[0]["error"]
        assert (await drain(registry, impatient=True)).dead == 1
        await happen(committed, 1, thing=thing)
        assert (await drain(registry)).done == 1
