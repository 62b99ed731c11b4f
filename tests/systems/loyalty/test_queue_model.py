"""Whatever order a device's queue arrives in, and however often: nothing is lost, nothing is given twice."""

import asyncio
import contextlib
import random
from datetime import datetime, timedelta
from uuid import UUID

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.devices import devices
from holdfast.systems.loyalty import cards, stamps
from tests import tablets, web
from tests.conftest import new_tenant
from tests.systems.loyalty import cafe

REQUIRED = 3
_waits = st.one_of(st.integers(0, 3), st.integers(0, 7_200), st.sampled_from([86_400, stamps.MOST_WAITED]))


class Queue:
    """What a device did while there was no network, and what became of it."""

    def __init__(self, database: Database, tenant: UUID) -> None:
        self.database = database
        self.tenant = tenant
        self.tablet: tablets.Tablet
        self.now: datetime
        self.cards: list[UUID] = []
        self.items: list[stamps.New] = []
        self.outcome: dict[UUID, str] = {}
        """What each stamp was answered the first time: its problem, or nothing when it was given."""

    async def open(self, waits: list[tuple[int, int]], *, gap: int) -> None:
        """A café with three cards and a device; each stamp is on one of the cards, and waited for so long."""
        async with transaction(self.database, self.tenant) as tx:
            await cafe.program(tx, stamps_required=REQUIRED, stamp_gap_seconds=gap)
            self.cards = [(await cafe.member(tx)).card.id for _ in range(3)]
            self.tablet = await tablets.paired(tx, ago=timedelta(hours=30))
            self.now = tx.now
        self.items = [
            stamps.New(
                id=ids.new(), card_id=self.cards[who], device_id=self.tablet.id, device_sequence=number,
                waited_seconds=waited,
            )
            for number, (who, waited) in enumerate(waits, start=1)
        ]  # fmt: skip

    async def deliver(self, number: int) -> None:
        """Send one stamp, and hold every later answer against the first."""
        item = self.items[number % len(self.items)]
        try:
            async with transaction(self.database, self.tenant, self.tablet.actor) as tx:
                tx.now = self.now
                card_id, _ = await stamps.card_of(tx, item)
                stamp, new = await stamps.stamp(
                    tx, item.id, card_id=card_id, device_id=item.device_id, device_sequence=item.device_sequence,
                    waited_seconds=item.waited_seconds,
                )  # fmt: skip
        except stamps.TooSoon as refused:
            assert self.outcome.get(item.id) != "", "It was given, and cannot be refused any more."
            self.outcome[item.id] = refused.code()
            return
        assert new == (self.outcome.get(item.id) != "")
        assert stamp.id == item.id
        self.outcome[item.id] = ""

    async def agrees(self) -> None:
        """Cards, rewards and books hold what was given, and nothing else."""
        accepted = {stamp_id for stamp_id, problem in self.outcome.items() if not problem}
        async with transaction(self.database, self.tenant) as tx:
            assert set(await tx.all(UUID, "select id from loyalty_stamp limit 1000")) == accepted
            for card_id in self.cards:
                mine = sum(item.card_id == card_id for item in self.items if item.id in accepted)
                card = await tx.get(cards.Card, card_id)
                assert (card.visits, card.rewards, card.stamps) == (mine, mine // REQUIRED, mine % REQUIRED)
            highest = max((item.device_sequence or 0 for item in self.items if item.id in accepted), default=0)
            assert (await tx.get(devices.Device, self.tablet.id)).last_sequence == highest
            await cafe.sound(tx)

    async def places(self) -> list[float]:
        """How many seconds ago each visit was, in the order of the device's numbers."""
        async with transaction(self.database, self.tenant) as tx:
            return await tx.all(
                float,
                "select extract(epoch from $1 - stamped_at)::float8 from loyalty_stamp "
                "order by device_sequence limit 99",
                self.now,
            )


@given(
    waits=st.lists(st.tuples(st.integers(0, 2), _waits), min_size=1, max_size=8),
    order=st.lists(st.integers(0, 7), max_size=16),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_in_any_order_and_however_often(
    database: Database, waits: list[tuple[int, int]], order: list[int]
) -> None:
    queue = Queue(database, await new_tenant(database))
    await queue.open(waits, gap=0)
    for number in [*order, *range(len(waits)), *order]:
        await queue.deliver(number)
    assert set(queue.outcome.values()) == {""}
    await queue.agrees()
    assert all(0 <= ago <= 30 * 3600 for ago in await queue.places())


@given(
    waits=st.lists(st.tuples(st.integers(0, 1), _waits), min_size=2, max_size=8),
    order=st.lists(st.integers(0, 7), max_size=10),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_its_clock_says_the_gap_is_kept(
    database: Database, waits: list[tuple[int, int]], order: list[int]
) -> None:
    queue = Queue(database, await new_tenant(database))
    await queue.open(waits, gap=600)
    for number in [*order, *range(len(waits)), *order]:
        await queue.deliver(number)
    await queue.agrees()
    async with transaction(database, queue.tenant) as tx:
        assert not await tx.one(
            bool,
            "select exists (select from loyalty_stamp as a join loyalty_stamp as b on b.card_id = a.card_id "
            "and b.id > a.id and abs(extract(epoch from a.stamped_at - b.stamped_at)) < 600)",
        )


@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(600, 4_000)), min_size=2, max_size=8),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_of_a_clock_that_is_right_every_visit_is_kept_in_any_order(
    database: Database, steps: list[tuple[int, int]], chance: random.Random
) -> None:
    whole = sum(step for _, step in steps)
    waits = [(who, whole - sum(step for _, step in steps[:turn])) for turn, (who, _) in enumerate(steps)]
    queue = Queue(database, await new_tenant(database))
    await queue.open(waits, gap=600)
    order = [*range(len(waits)), *range(len(waits))]
    chance.shuffle(order)
    for number in order:
        await queue.deliver(number)
    assert set(queue.outcome.values()) == {""}
    assert await queue.places() == [waited for _, waited in waits]
    await queue.agrees()


async def test_the_model_can_fail(database: Database, tenant: UUID) -> None:
    queue = Queue(database, tenant)
    await queue.open([(0, 60), (1, 30)], gap=0)
    await queue.deliver(0)
    await queue.agrees()
    async with transaction(database, tenant) as tx:
        await stamps.stamp(tx, ids.new(), card_id=queue.cards[0])
    with pytest.raises(AssertionError):
        await queue.agrees()


async def test_a_process_that_dies_again_and_again_loses_and_doubles_nothing(database: Database, tenant: UUID) -> None:
    queue = Queue(database, tenant)
    await queue.open([(turn % 3, 3600 - turn * 60) for turn in range(12)], gap=0)

    async def deliver(number: int) -> None:
        item = queue.items[number]
        async with transaction(database, tenant, queue.tablet.actor) as tx:
            await stamps.stamp(
                tx, item.id, card_id=item.card_id or ids.PLATFORM, device_id=item.device_id,
                device_sequence=item.device_sequence, waited_seconds=item.waited_seconds,
            )  # fmt: skip

    for number in range(12):
        # The answer is lost at any moment: before, during and after the statement, and around the commit.
        for patience in (0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await deliver(number)
        await deliver(number)
        queue.outcome[queue.items[number].id] = ""
    await queue.agrees()
    assert await queue.places() != []


@pytest.mark.parametrize("connections", [2, 5])
async def test_the_same_queue_over_several_connections_at_once(
    database: Database, settings: Settings, tenant: UUID, connections: int
) -> None:
    queue = Queue(database, tenant)
    await queue.open([(turn % 3, 7_200 - turn * 600) for turn in range(9)], gap=60)
    answers: list[list[tuple[int, str]]] = []

    async def empty() -> None:
        async with web.visitor(database, settings) as browser:
            mine: list[tuple[int, str]] = []
            for item in queue.items:
                body = msgspec.to_builtins(item)
                given = await browser.post("/api/loyalty/stamps", json=body, headers=queue.tablet.headers)
                mine.append((given.status_code, given.json()["id"]))
            answers.append(mine)

    await asyncio.gather(*(empty() for _ in range(connections)))
    for turn, item in enumerate(queue.items):
        statuses = [mine[turn][0] for mine in answers]
        assert sorted(statuses) == [200] * (connections - 1) + [201]
        assert {mine[turn][1] for mine in answers} == {str(item.id)}
        queue.outcome[item.id] = ""
    await queue.agrees()


async def test_at_once_a_stamp_with_another_between_is_answered_alike(
    database: Database, settings: Settings, tenant: UUID
) -> None:
    queue = Queue(database, tenant)
    await queue.open([(0, 60), (0, 30)], gap=0)
    answers: list[asyncio.Task[httpx2.Response]] = []
    async with web.visitor(database, settings) as browser:
        async with transaction(database, tenant) as tx:
            # The card remembers the last stamp alone, so when both arrivals of the first wait, and the second comes
            # between, only the stamps' own key tells that the first is there.
            await tx.execute("select 1 from loyalty_card where id = $1 for update", queue.cards[0])
            for turn, item in enumerate((queue.items[0], queue.items[1], queue.items[0]), start=1):
                body = msgspec.to_builtins(item)
                sending = browser.post("/api/loyalty/stamps", json=body, headers=queue.tablet.headers)
                answers.append(asyncio.create_task(sending))
                await cafe.until_waiting(tx, turn)
        assert [(await answer).status_code for answer in answers] == [201, 201, 200]
    queue.outcome = dict.fromkeys((item.id for item in queue.items), "")
    await queue.agrees()


@pytest.mark.meets("L54")
async def test_a_pairing_that_ends_while_the_queue_is_sent_keeps_the_rest_of_it(
    database: Database, settings: Settings, tenant: UUID
) -> None:
    queue = Queue(database, tenant)
    await queue.open([(turn % 3, 7_200 - turn * 600) for turn in range(6)], gap=60)
    answered: dict[UUID, httpx2.Response] = {}

    async with web.visitor(database, settings) as browser:
        headers = queue.tablet.headers

        async def flush() -> None:
            """As the stamper does: in order, what is not answered for good stays, and the first such one ends it."""
            for item in queue.items:
                if item.id not in answered:
                    body = msgspec.to_builtins(item)
                    answer = await browser.post("/api/loyalty/stamps", json=body, headers=headers)
                    if answer.status_code in (401, 403):
                        return
                    answered[item.id] = answer
                    if len(answered) == 3:
                        async with transaction(database, tenant) as tx:
                            await devices.revoke(tx, queue.tablet.id)

        await flush()
        assert [answer.status_code for answer in answered.values()] == [201] * 3
        await flush()
        assert len(answered) == 3
        async with transaction(database, tenant) as tx:
            _, secret = await devices.pair(tx, (await devices.issue(tx, queue.tablet.id)).code)
        headers = {**headers, "Cookie": f"holdfast_device={secret}"}
        await flush()
        assert [answer.status_code for answer in answered.values()] == [201] * 6
    queue.outcome = dict.fromkeys(answered, "")
    await queue.agrees()


async def test_a_problem_in_the_middle_of_a_queue_is_told_and_passed_over(
    database: Database, settings: Settings, tenant: UUID
) -> None:
    queue = Queue(database, tenant)
    await queue.open([(0, 3_000), (0, 2_999), (1, 2_000), (1, 1_000)], gap=60)
    async with web.visitor(database, settings) as browser:
        codes = []
        for item in queue.items:
            answer = await browser.post(
                "/api/loyalty/stamps", json=msgspec.to_builtins(item), headers=queue.tablet.headers
            )
            codes.append(answer.json().get("code"))
            if answer.status_code == 201:
                queue.outcome[item.id] = ""
                assert answer.json()["waited_seconds"] == item.waited_seconds
    assert codes == [None, "loyalty.stamps.too-soon", None, None]
    await queue.agrees()
