"""Lanes: one after the other, never beside one another, never forgotten, and later when that was asked for."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import deliveries, ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.jobs import Registry
from holdfast.kernel.lanes import Lane
from holdfast.kernel.tx import PLATFORM, LockedElsewhere, Tx, begin, transaction
from tests.conftest import Drain, Open
from tests.kernel.effects import Happened, happen, make_table, note


@pytest.fixture
async def effects(where: Addresses) -> None:
    """The table of effects."""
    await make_table(where)


@pytest.mark.usefixtures("effects")
class TestDelays:
    @pytest.mark.meets("L47")
    async def test_a_delayed_reaction_waits_by_the_tenants_clock(
        self, registry: Registry, committed: Open, drain: Drain
    ) -> None:
        @registry.on(Happened, delay="24h", name="test.later")
        async def react(tx: Tx, event: Happened) -> None:
            await note(tx, "later", event.number)

        await drain(registry)
        await happen(committed, 1)
        assert (await drain(registry)).done == 0
        async with committed() as tx:
            await tx.execute("update tenants_tenant set clock_offset = $1", timedelta(hours=23))
        assert (await drain(registry)).done == 0
        async with committed() as tx:
            await tx.execute("update tenants_tenant set clock_offset = $1", timedelta(hours=25))
        assert (await drain(registry)).done == 1


@pytest.mark.usefixtures("effects")
class TestLanes:
    async def test_a_lane_that_another_drains_is_left_alone_and_looked_at_again(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        running, go_on = asyncio.Event(), asyncio.Event()
        seen = []

        @registry.on(Happened, name="test.lane")
        async def react(tx: Tx, event: Happened) -> None:
            seen.append(event.number)
            running.set()
            await go_on.wait()

        await drain(registry)
        thing = await happen(committed, 1)
        await drain(Registry())
        reaction = registry.reactions["test.lane"]
        holder = asyncio.create_task(deliveries.drain_lane(database, reaction, tenant, thing))
        async with asyncio.timeout(20):
            await running.wait()
        # A second event comes while the holder is inside; its own wake-up finds the lane taken and goes away.
        await happen(committed, 2, thing=thing)
        await drain(Registry())
        assert (await deliveries.drain_lane(database, reaction, tenant, thing)).done == 0
        go_on.set()
        assert (await holder).done == 2
        assert seen == [1, 2]

    async def test_what_comes_between_the_last_look_and_the_release_is_seen_by_another_look(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        @registry.on(Happened, name="test.between")
        async def react(tx: Tx, event: Happened) -> None: ...

        await drain(registry)
        thing, reaction = ids.new(), registry.reactions["test.between"]
        lane = Lane(database=database, reaction=reaction, tenant=tenant, id=thing)
        async with database.app.connection() as connection:
            tx = await lane.begin(connection)
            assert await lane.head(tx, 1) == []
            # Now an event comes, and the worker that it wakes finds the lane taken.
            await happen(committed, 1, thing=thing)
            await drain(Registry())
            assert (await deliveries.drain_lane(database, reaction, tenant, thing)).done == 0
            assert await lane.release(connection)
            await lane.begin(connection)
            assert await lane.release(connection, [UUID(int=0)])
        assert (await drain(registry)).done == 1
        async with database.app.connection() as connection:
            await lane.begin(connection)
            assert not await lane.release(connection)

    async def test_a_lane_gives_way_to_others_after_a_while(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        @registry.on(Happened, name="test.long")
        async def react(tx: Tx, event: Happened) -> None:
            await asyncio.sleep(0.03)

        await drain(registry)
        thing = await happen(committed, 1, 2, 3, 4, 5)
        await drain(Registry())
        ended = await deliveries.drain_lane(database, registry.reactions["test.long"], tenant, thing, seconds=0.05)
        assert ended.again_seconds == 0
        assert 0 < ended.done < 5

    async def test_an_app_transaction_sees_no_delivery_of_another_tenant(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, other_tenant: UUID
    ) -> None:
        @registry.on(Happened, name="test.hidden")
        async def react(tx: Tx, event: Happened) -> None: ...

        await drain(registry)
        await happen(committed, 1)
        await drain(registry)
        async with transaction(database, other_tenant) as tx:
            assert await tx.one(int, "select count(*)::int from kernel_delivery") == 0
            assert await tx.execute("update kernel_delivery set state = 'dead'") == 0

    async def test_begin_takes_a_lock_or_nothing(self, database: Database, tenant: UUID) -> None:
        async with database.app.connection() as one, database.app.connection() as two:
            await begin(one, tenant=tenant, actor=PLATFORM, database=database, lock=-4711)
            with pytest.raises(LockedElsewhere):
                await begin(two, tenant=tenant, actor=PLATFORM, database=database, lock=-4711)
            assert not two.is_in_transaction()
            await one.execute("rollback")
            await begin(two, tenant=tenant, actor=PLATFORM, database=database, lock=-4711)
            await two.execute("rollback")
