"""Live: every committed event reaches whoever may hear it, once and in order, through any process."""

import asyncio
import random
from collections import Counter
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from holdfast.kernel import live
from holdfast.kernel.database import Database
from holdfast.kernel.events import Cursor
from holdfast.kernel.problems import TooMany, Unavailable
from holdfast.kernel.subscriptions import HEARTBEAT
from holdfast.kernel.tx import NOBODY, begin, transaction
from tests.kernel.listening import SHOUT, Shouted, Whispered, emit, holding, hub, listen, relay, relay_once, told, until

ROOM = "/shouting/shouts"


async def test_an_update_reaches_those_who_listen(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    async with hub(database) as here:
        access = holding(tenant)
        exact = await listen(here, access, ROOM, tenant=tenant)
        template = await listen(here, access, f"{ROOM}/{{id}}", tenant=tenant)
        everything = await listen(here, access, "*")
        twice = await listen(here, access, f"{ROOM}/{{id}}", ROOM, tenant=tenant)
        elsewhere = await listen(here, access, "/shouting/whispers", tenant=tenant)
        stranger = await listen(here, holding(other_tenant), "*")
        [shout] = await emit(database, tenant, 7)
        await relay(database)
        for client in (exact, template, everything, twice):
            await client.got(1)
        [(id_, data)] = exact.updates
        assert Cursor.parse(id_) == here.position
        assert data.pop("at").endswith("Z")
        assert data == {
            "kind": SHOUT,
            "subject": str(shout),
            "tenant": str(tenant),
            "body": {"shout_id": str(shout), "number": 7},
        }
        await emit(database, other_tenant, 8)
        await relay(database)
        await stranger.got(1)
        assert stranger.numbers == [8]
        assert [client.numbers for client in (template, everything, twice)] == [[7], [7], [7]]
        assert elsewhere.updates == []


async def test_processes_serve_each_others_clients(database: Database, tenant: UUID) -> None:
    async with hub(database) as one, hub(database) as other:
        clients = [await listen(here, holding(tenant), ROOM, tenant=tenant) for here in (one, other)]
        for number in range(5):
            await emit(database, tenant, number)
            await relay(database)
        for client in clients:
            await client.got(5)
            assert client.numbers == [0, 1, 2, 3, 4]


async def test_events_that_commit_late_come_in_order(database: Database, tenant: UUID) -> None:
    async with hub(database) as here, database.app.connection() as connection:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        slow = await begin(connection, tenant=tenant, actor=NOBODY, database=database)
        await slow.emit(Shouted(shout_id=tenant, number=1))
        await emit(database, tenant, 2)
        await told(here, await relay_once(database))
        # The second committed, but the first may still come before it.
        assert client.updates == []
        await connection.execute("commit")
        await emit(database, tenant, 3)
        await relay(database)
        await client.got(3)
        assert client.numbers == [1, 2, 3]


async def test_many_writers_and_no_update_lost_or_out_of_order(database: Database, tenant: UUID) -> None:
    count, writers = 40, 6
    chance = random.Random(7)

    async def write(writer: int) -> None:
        for number in range(count):
            async with transaction(database, tenant) as tx:
                await tx.emit(Shouted(shout_id=tenant, number=writer * count + number))
                await asyncio.sleep(chance.random() / 200)

    async with hub(database) as here:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(write(writer)) for writer in range(writers)]
            while not all(task.done() for task in tasks):
                await relay_once(database)
                await asyncio.sleep(chance.random() / 100)
        await relay(database)
        await client.got(count * writers)
        assert Counter(client.numbers) == Counter(range(count * writers))
        cursors = [Cursor.parse(id_) or Cursor() for id_ in client.ids]
        assert cursors == sorted(cursors)


@pytest.mark.parametrize("recent", [5, 2_000], ids=["from the table", "from memory"])
async def test_clients_that_come_and_go_miss_nothing_and_hear_nothing_twice(
    database: Database, tenant: UUID, recent: int
) -> None:
    """Clients leave at random and return with their last id, while events flow."""
    count = 300
    chance = random.Random(recent)
    limits = live.Limits(recent=recent)

    async def write() -> None:
        for number in range(0, count, 3):
            await emit(database, tenant, number, number + 1, number + 2)
            await relay(database)

    async def wander(hubs: list[live.Hub], start: str) -> list[str]:
        heard: list[str] = []
        last = start
        while len(heard) < count:
            client = await listen(chance.choice(hubs), holding(tenant), ROOM, tenant=tenant, last=last)
            assert client.stream.last_event_id == last
            # Its connection breaks after so many, whatever else was on its way.
            taken = chance.randint(1, min(40, count - len(heard)))
            await client.got(taken)
            await client.leave()
            heard += client.ids[:taken]
            last = heard[-1]
            # Whatever happens now is history when it comes back.
            await asyncio.sleep(chance.random() / 10)
        return heard

    async with hub(database, limits=limits) as one, hub(database, limits=limits) as other:
        start = str(await relay(database))
        async with asyncio.TaskGroup() as group:
            wanderers = [group.create_task(wander([one, other], start)) for _ in range(4)]
            group.create_task(write())
        everything = await listen(one, holding(tenant), ROOM, tenant=tenant, last=start)
        await everything.got(count)
        assert everything.numbers == list(range(count))
        for wanderer in wanderers:
            assert wanderer.result() == everything.ids


async def test_a_page_hands_out_the_cursor_that_came_with_its_data(database: Database, tenant: UUID) -> None:
    async with hub(database) as here:
        await emit(database, tenant, 1)
        await told(here, await relay(database))
        cursor = here.position
        # Here the page reads. What follows must reach it, though it subscribes only later.
        await emit(database, tenant, 2)
        await told(here, await relay(database))
        client = await listen(here, holding(tenant), ROOM, tenant=tenant, last=str(cursor))
        await client.got(1)
        assert client.numbers == [2]


async def test_a_cursor_from_a_process_that_was_ahead(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHANNEL", "another_channel")
    async with hub(database) as behind:
        await emit(database, tenant, 1)
        ahead = await relay(database)
        client = await listen(behind, holding(tenant), ROOM, tenant=tenant, last=str(ahead))
        assert client.stream.last_event_id == str(ahead)
        assert behind.position is not None
        assert behind.position < ahead
        await emit(database, tenant, 2)
        await relay(database)
        async with database.relay.connection() as connection:
            await connection.execute("notify another_channel")
        await client.got(1)
        assert client.numbers == [2]


async def test_history_from_the_earliest(database: Database, tenant: UUID) -> None:
    async with hub(database) as here:
        await emit(database, tenant, *range(3))
        await told(here, await relay(database))
        client = await listen(here, holding(tenant), ROOM, tenant=tenant, last="earliest")
        await client.got(3)
        assert client.numbers == [0, 1, 2]
        assert client.stream.last_event_id == "earliest"


@pytest.mark.parametrize("unknown", ["nonsense", "99999999999999-1", "1-x", "é"])
async def test_an_unknown_id_is_told_apart_and_gets_everything(database: Database, tenant: UUID, unknown: str) -> None:
    """A client whose cursor means nothing here must notice that it may have lost something."""
    async with hub(database) as here:
        await emit(database, tenant, 1)
        await told(here, await relay(database))
        client = await listen(here, holding(tenant), ROOM, tenant=tenant, last=unknown)
        await client.got(1)
        assert client.stream.last_event_id == "earliest"


async def test_a_replay_is_bounded_and_says_what_it_left_out(database: Database, tenant: UUID) -> None:
    async with hub(database, live_history=4, limits=live.Limits(recent=1)) as here:
        start = str(await relay(database))
        await emit(database, tenant, *range(10))
        await told(here, await relay(database))
        everything = await listen(here, holding(tenant), "*", last=start)
        await everything.got(4)
        assert everything.numbers == [6, 7, 8, 9]
        left_out = everything.stream.last_event_id
        assert left_out not in (start, "earliest", *everything.ids)
        # The id that it names is the update just before; asking with it loses nothing.
        complete = await listen(here, holding(tenant), "*", last=left_out)
        await complete.got(4)
        assert (complete.ids, complete.stream.last_event_id) == (everything.ids, left_out)


async def test_a_replay_looks_only_at_its_own_tenant_room_and_subject(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    async with hub(database, live_history=2, limits=live.Limits(recent=1)) as here:
        start = str(await relay(database))
        [mine, *_] = await emit(database, tenant, 1, 2)
        await emit(database, other_tenant, *range(10))
        async with transaction(database, tenant) as tx:
            for _ in range(5):
                await tx.emit(Whispered())
        await told(here, await relay(database))
        room = await listen(here, holding(tenant), ROOM, tenant=tenant, last=start)
        await room.got(2)
        one = await listen(here, holding(tenant), f"{ROOM}/{mine}", tenant=tenant, last=start)
        await one.got(1)
        assert (room.numbers, one.numbers) == ([1, 2], [1])
        # Ten updates of another tenant and five of another room are no loss to these two.
        assert {room.stream.last_event_id, one.stream.last_event_id} == {start}


async def test_a_slow_client_is_dropped_and_the_others_are_not(database: Database, tenant: UUID) -> None:
    async with hub(database, live_queue=8) as here:
        dropped = REGISTRY.get_sample_value("live_dropped_total") or 0
        quick = await listen(here, holding(tenant), ROOM, tenant=tenant)
        slow = await here.subscribe(holding(tenant), quick.stream.subscription.selectors, last_event_id=None)
        chunks = slow.chunks()
        await anext(chunks)
        taking = asyncio.create_task(anext(chunks))
        await until(lambda: not taking.done())
        await emit(database, tenant, *range(9))
        await relay(database)
        # It takes its first chunk and then nothing more, while twenty others come.
        await taking
        for number in range(9, 29):
            await emit(database, tenant, number)
            await relay(database)
        await quick.got(29)
        assert quick.numbers == list(range(29))
        assert slow.subscription.closed == "slow"
        assert (REGISTRY.get_sample_value("live_dropped_total") or 0) == dropped + 1
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)
        slow.close()


async def test_a_long_page_does_not_overflow_a_quick_client(database: Database, tenant: UUID) -> None:
    async with hub(database, live_queue=40) as here:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        await emit(database, tenant, *range(1_200))
        await relay(database)
        await client.got(1_200)
        assert client.numbers == list(range(1_200))


async def test_nothing_is_lost_when_the_listening_connection_dies(database: Database, tenant: UUID) -> None:
    async with hub(database) as here:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        for number in range(4):
            async with database.relay.connection() as connection:
                ended = await connection.fetch(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = 'holdfast live' and datname = current_database()"
                )
            assert ended
            await emit(database, tenant, number)
            await relay(database)
            await client.got(number + 1)
        assert client.numbers == [0, 1, 2, 3]
        assert client.stream.subscription.closed is None


async def test_a_lost_notification_costs_a_moment(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHANNEL", "another_channel")
    async with hub(database, poll_seconds=0.05) as here:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        await emit(database, tenant, 1)
        await relay(database)
        await client.got(1)


async def test_a_database_that_went_back_in_time(database: Database, tenant: UUID) -> None:
    async with hub(database) as here:
        await told(here, await relay(database))
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        assert here.position is not None
        here._position = Cursor(here.position.xid + 1_000, 1)
        await emit(database, tenant, 1)
        await relay(database)
        await client.ended()
        assert client.stream.subscription.closed == "rewound"
        client = await listen(here, holding(tenant), ROOM, tenant=tenant, last=str(Cursor(2**40, 1)))
        await client.got(1)
        assert client.stream.last_event_id == "earliest"


@pytest.mark.meets("W97")
async def test_the_count_of_connections_is_a_metric(database: Database, tenant: UUID) -> None:
    before = REGISTRY.get_sample_value("live_connections") or 0
    async with hub(database) as here:
        clients = [await listen(here, holding(tenant), ROOM, tenant=tenant) for _ in range(3)]
        assert REGISTRY.get_sample_value("live_connections") == before + 3
        await clients[0].leave()
        assert REGISTRY.get_sample_value("live_connections") == before + 2
        here.drain()
        for client in clients[1:]:
            await client.ended()
            client.stream.close()
        assert here.connections == 0
        assert REGISTRY.get_sample_value("live_connections") == before


async def test_a_silent_stream_has_heartbeats(database: Database, tenant: UUID) -> None:
    assert HEARTBEAT.startswith(b":")
    async with hub(database, live_heartbeat_seconds=0.02) as here:
        client = await listen(here, holding(tenant), ROOM, tenant=tenant)
        await until(lambda: client.comments >= 3)
        assert client.updates == []


async def test_streams_are_limited_per_person_and_process(database: Database, tenant: UUID) -> None:
    access = holding(tenant)
    async with hub(database, limits=live.Limits(streams_each=2, streams=3)) as here:
        clients = [await listen(here, access, "*") for _ in range(2)]
        with pytest.raises(TooMany):
            await listen(here, access, "*")
        await listen(here, holding(tenant, "/a"), "*")
        with pytest.raises(Unavailable):
            await listen(here, holding(tenant, "/b"), "*")
        await clients[0].leave()
        await listen(here, access, "*")
        here.drain()
        with pytest.raises(live.Stopping):
            await listen(here, access, "*")


async def test_a_hub_without_its_database_says_so(database: Database, tenant: UUID) -> None:
    here = live.Hub(database)
    with pytest.raises(Unavailable):
        await listen(here, holding(tenant), "*")
