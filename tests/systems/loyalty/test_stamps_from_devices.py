"""Stamps that waited in a device's queue: when the visit was, what is refused, and that nothing is given twice."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.devices import devices
from holdfast.shared.ledger import transfers
from holdfast.systems.loyalty import cards, history, members, programs, replays, rewards, stamps, voids
from tests import tablets
from tests.conftest import Open
from tests.systems.loyalty import cafe

HOUR = timedelta(hours=1)


async def placed(tx: Tx, tablet: tablets.Tablet, number: int, waited: timedelta = timedelta()) -> datetime:
    """When the visit was, of a stamp on a card of its own."""
    return (await tablets.send(tx, tablet, number, (await cafe.member(tx)).card.id, waited)).stamped_at


@pytest.mark.meets("L54")
async def test_what_waited_is_a_visit_of_then(tx: Tx) -> None:
    program = await cafe.program(tx, stamps_required=2, reward_valid_days=30)
    card = (await cafe.member(tx)).card
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    before = len(await cafe.told(tx))
    first = await tablets.send(tx, tablet, 3, card.id, 5 * HOUR)
    assert (first.stamped_at, first.waited_seconds) == (tx.now - 5 * HOUR, 5 * 3600)
    assert (first.stamped_by_kind, first.stamped_by) == ("device", tablet.id)
    assert (first.device_id, first.device_sequence) == (tablet.id, 3)
    second = await tablets.send(tx, tablet, 4, card.id, 2 * HOUR)
    assert second.stamped_at == tx.now - 2 * HOUR
    # Books, events and rewards are of the moment at which the business learnt of it.
    assert (await tx.get(transfers.Transfer, second.transfer_id)).at == tx.now
    (reward,) = await cafe.rewards_of(tx, card.id)
    assert (reward.earned_at, reward.expires_at) == (tx.now, tx.now + timedelta(days=program.reward_valid_days or 0))
    told = [event for event in (await cafe.told(tx))[before:] if isinstance(event, stamps.Stamped)]
    assert [(event.stamped_at, event.device_id) for event in told] == [
        (first.stamped_at, tablet.id),
        (second.stamped_at, tablet.id),
    ]
    assert set(await tx.all(datetime, "select at from kernel_event where name = 'loyalty.stamps.stamped' limit 9")) == {
        tx.now
    }
    found = await tx.get(cards.Card, card.id)
    assert (found.first_visit_at, found.last_visit_at) == (first.stamped_at, second.stamped_at)
    assert (await tx.get(devices.Device, tablet.id)).last_sequence == 4
    await cafe.sound(tx)


async def test_a_device_that_is_online_stamps_now(tx: Tx) -> None:
    await cafe.program(tx)
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    for number in range(3):
        tx.now += timedelta(seconds=7)
        assert await placed(tx, tablet, number) == tx.now
    assert (await tx.get(devices.Device, tablet.id)).last_sequence == 2


async def test_no_visit_is_in_the_future(tx: Tx) -> None:
    await cafe.program(tx)
    tablet = await tablets.paired(tx)
    # The clock of this process is behind that of the one which paired the device.
    tx.now -= timedelta(seconds=5)
    assert await placed(tx, tablet, 1) == tx.now
    tx.now -= timedelta(seconds=5)
    assert await placed(tx, tablet, 2, HOUR) == tx.now


async def test_a_whole_queue_keeps_its_hours(tx: Tx) -> None:
    await cafe.program(tx)
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    opened = tx.now
    assert await placed(tx, tablet, 1) == opened
    # The network is away from now on; the queue is sent eight hours later, and sending takes a while.
    tx.now += 8 * HOUR
    for number in range(2, 9):
        tx.now += timedelta(seconds=3)
        visit = opened + (number - 1) * HOUR
        assert await placed(tx, tablet, number, tx.now - visit) == visit


async def test_a_device_moves_no_visit_before_its_pairing_or_its_last(tx: Tx) -> None:
    await cafe.program(tx)
    tablet = await tablets.paired(tx, ago=3 * HOUR)
    most = timedelta(seconds=stamps.MOST_WAITED)
    assert await placed(tx, tablet, 1, most) == tx.now - 3 * HOUR
    assert await placed(tx, tablet, 2, HOUR) == tx.now - HOUR
    # Its clock went back: what it says now is before what it said before, and cannot be.
    assert await placed(tx, tablet, 3, 2 * HOUR) == tx.now - HOUR
    tx.now += 4 * HOUR
    live = await placed(tx, tablet, 10)
    assert live == tx.now
    tx.now += 5 * HOUR
    assert await placed(tx, tablet, 11, most) == live
    # A number that comes late finds its place between its neighbours' all the same.
    assert await placed(tx, tablet, 7, 8 * HOUR) == tx.now - 8 * HOUR
    assert await placed(tx, tablet, 6, most) == tx.now - 10 * HOUR


async def test_a_new_pairing_is_the_earliest_again(tx: Tx) -> None:
    await cafe.program(tx)
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    await placed(tx, tablet, 1, 20 * HOUR)
    device, secret = await devices.pair(tx, (await devices.issue(tx, tablet.id)).code)
    paired_at = tx.now
    tx.now += 2 * HOUR
    assert await placed(tx, tablets.Tablet(device, secret), 2, 10 * HOUR) == paired_at


async def test_the_gap_is_the_distance_between_two_visits(tx: Tx) -> None:
    await cafe.program(tx, stamp_gap_seconds=600)
    card = (await cafe.member(tx)).card
    one, other = await tablets.paired(tx, ago=24 * HOUR), await tablets.paired(tx, ago=24 * HOUR)
    gap = timedelta(minutes=10)

    async def refused(tablet: tablets.Tablet, number: int, waited: timedelta) -> stamps.TooSoon:
        with pytest.raises(stamps.TooSoon) as problem:
            await tablets.send(tx, tablet, number, card.id, waited)
        return problem.value

    await tablets.send(tx, one, 1, card.id)
    latest = tx.now
    # Two visits of other hours, which arrive after a later one, from another device.
    await tablets.send(tx, other, 1, card.id, 5 * HOUR)
    await tablets.send(tx, other, 2, card.id, 2 * HOUR)
    # Too close to the latest, to the one before, and to the one after.
    assert (await refused(other, 3, gap - timedelta(seconds=1))).extra["retry_after"] == 600
    too_close = 2 * HOUR - gap + timedelta(seconds=1)
    assert (await refused(other, 3, too_close)).extra["retry_after"] == 600
    tx.now += HOUR
    # Somebody at the counter could be stamped now, so there is nothing to wait for.
    gone = await refused(one, 2, HOUR - gap + timedelta(seconds=1))
    assert (gone.extra, gone.headers) == ({}, {})
    tx.now -= HOUR
    # As far from both neighbours as the program asks.
    await tablets.send(tx, other, 3, card.id, 2 * HOUR - gap)
    await tablets.send(tx, other, 4, card.id, gap)
    found = await tx.get(cards.Card, card.id)
    assert (found.visits, found.last_visit_at, found.first_visit_at) == (5, latest, latest - 5 * HOUR)
    assert await tx.one(datetime, "select stamped_at from loyalty_card") == latest
    await cafe.sound(tx)


async def test_what_was_taken_back_or_imported_is_in_nobodys_way(tx: Tx) -> None:
    program = await cafe.program(tx, stamp_gap_seconds=600)
    enrolled = await cafe.member(tx)
    await tx.update(enrolled.member, external_id="m1")
    tablet, other = await tablets.paired(tx, ago=72 * HOUR), await tablets.paired(tx, ago=72 * HOUR)
    await tablets.send(tx, other, 1, enrolled.card.id)
    mistake = await tablets.send(tx, tablet, 1, enrolled.card.id, 5 * HOUR)
    await voids.void(tx, mistake.id, reason="Mistake")
    visit = history.Visit(
        id=ids.new(), line=1, external_id="m1", phone=None, name=None, at=tx.now - 5 * HOUR, amount=None
    )
    await replays.replay(tx, program.id, [visit])
    assert (await tablets.send(tx, tablet, 2, enrolled.card.id, 5 * HOUR)).stamped_at == tx.now - 5 * HOUR
    await cafe.sound(tx)


async def test_at_once_visits_of_the_past_keep_their_gap(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamp_gap_seconds=600)
        card = (await cafe.member(tx)).card
        fleet = [await tablets.paired(tx, ago=24 * HOUR) for _ in range(8)]
        await cafe.stamp(tx, card.id)

    async def late(tablet: tablets.Tablet) -> bool:
        try:
            async with transaction(database, tenant) as tx:
                await tablets.send(tx, tablet, 1, card.id, 5 * HOUR)
        except stamps.TooSoon:
            return False
        return True

    assert sum(await asyncio.gather(*(late(tablet) for tablet in fleet))) == 1
    async with committed() as tx:
        await cafe.sound(tx)


async def test_a_visit_of_the_past_is_judged_by_what_came_while_it_waited(
    database: Database, tenant: UUID, committed: Open
) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamp_gap_seconds=600)
        card = (await cafe.member(tx)).card
        one, other = await tablets.paired(tx, ago=24 * HOUR), await tablets.paired(tx, ago=24 * HOUR)
        await cafe.stamp(tx, card.id)

    async def late() -> None:
        async with transaction(database, tenant) as tx:
            await tablets.send(tx, other, 1, card.id, 5 * HOUR)

    async with committed() as tx:
        await tablets.send(tx, one, 1, card.id, 5 * HOUR)
        # Its statement begins before this transaction ends, and so cannot see the stamp that it must not come close to.
        second = asyncio.create_task(late())
        await cafe.until_waiting(tx, 1)
    with pytest.raises(stamps.TooSoon):
        await second
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from loyalty_stamp") == 2
        await cafe.sound(tx)


async def test_a_stamp_names_only_the_device_that_sends_it(tx: Tx) -> None:
    await cafe.program(tx)
    card = (await cafe.member(tx)).card
    tablet, other = await tablets.paired(tx), await tablets.paired(tx)
    person = cafe.actor("loyalty.stamp")
    for actor in (person, other.actor, msgspec.structs.replace(person, device=other.id)):
        tx.actor = actor
        with pytest.raises(stamps.OtherDevice):
            await stamps.stamp(tx, ids.new(), card_id=card.id, device_id=tablet.id, device_sequence=1)
    for actor in (person, tablet.actor):
        tx.actor = actor
        with pytest.raises(Invalid):
            await stamps.stamp(tx, ids.new(), card_id=card.id, waited_seconds=1)
    for half in ({"device_id": tablet.id}, {"device_sequence": 1}):
        with pytest.raises(Invalid):
            await stamps.stamp(tx, ids.new(), card_id=card.id, **half)
    tx.actor = msgspec.structs.replace(person, device=tablet.id)
    given, _ = await stamps.stamp(tx, ids.new(), card_id=card.id, device_id=tablet.id, device_sequence=1)
    assert (given.stamped_by_kind, given.stamped_by, given.device_id) == ("person", person.id, tablet.id)


async def test_a_device_numbers_each_stamp_once(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        tablet, other = await tablets.paired(tx), await tablets.paired(tx)
        await tablets.send(tx, tablet, 1, card.id)
        await tablets.send(tx, other, 1, card.id)
    with pytest.raises(stamps.SequenceReused):
        async with committed() as tx:
            await tablets.send(tx, tablet, 1, card.id)
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from loyalty_stamp") == 2
        await cafe.sound(tx)


async def test_a_device_that_is_not_paired_any_more_gives_no_stamp(tx: Tx) -> None:
    await cafe.program(tx)
    card = (await cafe.member(tx)).card
    tablet = await tablets.paired(tx, ago=HOUR)
    await tablets.send(tx, tablet, 1, card.id)
    await devices.revoke(tx, tablet.id)
    with pytest.raises(devices.NotPaired):
        await tablets.send(tx, tablet, 2, card.id, HOUR)
    nowhere = tablets.Tablet(msgspec.structs.replace(tablet.device, id=ids.new()), "")
    with pytest.raises(devices.NotPaired):
        await tablets.send(tx, nowhere, 2, card.id)
    assert (await tx.get(devices.Device, tablet.id)).last_sequence == 1
    assert await tx.one(int, "select count(*) from loyalty_stamp") == 1


async def test_what_is_refused_says_why(tx: Tx) -> None:
    program = await cafe.program(tx)
    card = (await cafe.member(tx)).card
    tablet = await tablets.paired(tx, ago=HOUR)
    await programs.change(tx, program.id, programs.Change(status=programs.Status.archived))
    with pytest.raises(programs.Archived):
        await tablets.send(tx, tablet, 1, card.id, HOUR)
    assert (await tx.get(devices.Device, tablet.id)).last_sequence == 0


async def test_a_number_that_moved_on_meant_whom_it_meant(tx: Tx) -> None:
    await cafe.program(tx)
    enrolled, other = await cafe.member(tx), await cafe.member(tx)
    tx.actor = Actor(kind="platform")
    asked = stamps.New(id=ids.new(), phone=enrolled.member.phone)

    async def give() -> tuple[stamps.Stamp, bool]:
        card_id, code = await stamps.card_of(tx, asked)
        return await stamps.stamp(tx, asked.id, card_id=card_id, code=code)

    given, new = await give()
    assert new
    moved = str(enrolled.member.phone)
    await members.change(tx, enrolled.member.id, members.Change(phone=cafe.phone()))
    assert await give() == (given, False)
    await members.change(tx, other.member.id, members.Change(phone=moved))
    assert await give() == (given, False)
    assert given.card_id == enrolled.card.id


async def test_a_reward_tells_where_it_was_redeemed(tx: Tx) -> None:
    await cafe.program(tx, stamps_required=2)
    card = (await cafe.member(tx)).card
    await cafe.stamp(tx, card.id, 2)
    tablet = await tablets.paired(tx)
    (reward,) = await cafe.rewards_of(tx, card.id)
    assert (reward.redeemed_by_kind, reward.redeemed_device_id) == (None, None)
    tx.actor = tablet.actor
    had = await rewards.redeem(tx, cards.reward_code(tx, reward.id).code)
    assert (had.redeemed_by_kind, had.redeemed_by, had.redeemed_device_id) == ("device", tablet.id, tablet.id)
    told = (await cafe.told(tx))[-1]
    assert isinstance(told, rewards.Redeemed)
    assert told.device_id == tablet.id


@pytest.mark.parametrize("problem", [stamps.TooSoon, stamps.CodeUsed, stamps.SequenceReused, crypto.Expired])
def test_a_refusal_is_final_and_the_end_of_a_pairing_is_not(problem: type[Problem]) -> None:
    kept_in_the_queue = {401, 403, 408, 429}
    assert problem.status not in kept_in_the_queue
    assert 400 <= problem.status < 500
    assert {devices.NotPaired.status, stamps.OtherDevice.status} <= kept_in_the_queue
