"""Calls: outside services are called outside transactions, with a key, and their outcome is stored once."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel import deliveries, ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.jobs import Outside, Registry
from tests.conftest import Drain, Open
from tests.kernel.effects import Happened, happen, make_table, note, noted


@pytest.fixture
async def effects(where: Addresses) -> None:
    """The table of effects."""
    await make_table(where)


@pytest.mark.usefixtures("effects")
class TestOutside:
    async def test_the_call_is_outside_any_transaction_and_its_outcome_is_stored_once(
        self, registry: Registry, committed: Open, drain: Drain, tenant: UUID
    ) -> None:
        keys: list[tuple[str, int]] = []

        @registry.on(Happened, outside=True, name="test.call")
        async def react(job: Outside, event: Happened) -> None:
            async with job.transaction() as tx:
                assert tx.tenant == job.tenant == tenant
                await note(tx, "intent", event.number)
            keys.append((job.key, job.attempt))
            if job.attempt == 1:
                raise TimeoutError
            async with job.outcome() as tx:
                await note(tx, "outcome", event.number)

        await drain(registry)
        await happen(committed, 5)
        assert (await drain(registry)).failed == 1
        assert (await drain(registry, impatient=True)).done == 1
        assert [attempt for _, attempt in keys] == [1, 2]
        assert keys[0][0] == keys[1][0]
        assert keys[0][0].endswith(":test.call")
        async with committed() as tx:
            assert await noted(tx, "intent") == [5, 5]
            assert await noted(tx, "outcome") == [5]

    async def test_one_without_outcome_is_done_all_the_same(
        self, registry: Registry, committed: Open, drain: Drain
    ) -> None:
        calls = []

        @registry.on(Happened, outside=True, name="test.told")
        async def react(job: Outside, event: Happened) -> None:
            calls.append(event.number)

        await drain(registry)
        await happen(committed, 1, 2)
        assert (await drain(registry)).done == 2
        assert (await drain(registry)).done == 0
        assert calls == [1, 2]

    async def test_what_is_being_called_is_not_called_beside_it(
        self, registry: Registry, committed: Open, drain: Drain, database: Database, tenant: UUID
    ) -> None:
        calling, answer = asyncio.Event(), asyncio.Event()
        calls = []

        @registry.on(Happened, outside=True, name="test.slow")
        async def react(job: Outside, event: Happened) -> None:
            calls.append(event.number)
            calling.set()
            await answer.wait()

        await drain(registry)
        thing = await happen(committed, 1, 2)
        await drain(Registry())
        reaction = registry.reactions["test.slow"]
        first = asyncio.create_task(deliveries.drain_lane(database, reaction, tenant, thing))
        async with asyncio.timeout(20):
            await calling.wait()
        ended = await deliveries.drain_lane(database, reaction, tenant, thing)
        # It comes back when the lease is over, in case that the other one is dead.
        assert (ended.done, calls) == (0, [1])
        assert ended.again_seconds is not None
        assert 0 < ended.again_seconds <= database.settings.job_heartbeat_seconds
        answer.set()
        assert (await first).done == 2
        assert calls == [1, 2]

    async def test_an_outcome_that_another_stored_is_not_stored_again(
        self, registry: Registry, committed: Open, drain: Drain, tenant: UUID
    ) -> None:
        @registry.on(Happened, outside=True, name="test.overtaken")
        async def react(job: Outside, event: Happened) -> None:
            # As if the lease ran out while this worker was frozen, and another one finished.
            async with committed() as tx:
                await tx.execute("update kernel_delivery set state = 'done' where reaction = 'test.overtaken'")
            async with job.outcome() as tx:
                await note(tx, "overtaken", event.number)

        await drain(registry)
        await happen(committed, 1)
        await drain(registry)
        async with committed() as tx:
            assert await noted(tx, "overtaken") == []

    async def test_a_rate_holds_across_workers(
        self, registry: Registry, committed: Open, drain: Drain, database: Database
    ) -> None:
        times: list[float] = []

        @registry.on(Happened, outside=True, rate=20, name="test.rated")
        async def react(job: Outside, event: Happened) -> None:
            times.append(asyncio.get_running_loop().time())

        await drain(registry)
        async with committed() as tx:
            for number in range(8):
                await tx.emit(Happened(thing_id=ids.new(), number=number))
        await asyncio.gather(drain(registry), drain(registry))
        assert len(times) == 8
        assert max(times) - min(times) >= 7 / 20 * 0.9
