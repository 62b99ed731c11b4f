"""Voids: a stamp is taken back, and with it what it led to."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotAllowed, NotFound
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.ledger import transfers
from holdfast.systems.loyalty import cards, members, rewards, stamps, voids
from tests.conftest import Open
from tests.systems.loyalty import cafe


async def test_a_stamp_on_the_card_is_taken_back(tx: Tx) -> None:
    await cafe.program(tx, stamps_required=5)
    enrolled = await cafe.member(tx)
    given = await cafe.stamp(tx, enrolled.card.id, 3)
    voided = await voids.void(tx, given[0].id, reason=" Stamped twice ")
    assert (voided.place, voided.voided_at, voided.void_reason) == (None, tx.now, "Stamped twice")
    reversal = await tx.one(
        transfers.Transfer, "select * from ledger_transfer where reverses_id = $1", given[0].transfer_id
    )
    assert (reversal.amount, reversal.code, reversal.reference_id) == (1, "loyalty.stamp.voided", given[0].id)
    card = await tx.get(cards.Card, enrolled.card.id)
    assert (card.stamps, card.visits) == (2, 2)
    assert (await members.get(tx, enrolled.member.id)).visits == 2
    event = (await cafe.told(tx))[-1]
    assert isinstance(event, voids.Voided)
    assert (event.stamp_id, event.stamps, event.reward_id) == (given[0].id, 2, None)
    # The card goes on as if that visit had never been.
    last = await cafe.stamp(tx, card.id, 3)
    assert [(one.stamps, one.reward_id is not None) for one in last] == [(3, False), (4, False), (0, True)]
    await cafe.sound(tx)


async def test_the_reward_goes_with_its_stamp(tx: Tx) -> None:
    await cafe.program(tx, stamps_required=3)
    card = (await cafe.member(tx)).card
    given = await cafe.stamp(tx, card.id, 3)
    await voids.void(tx, given[1].id, reason="Not there")
    (reward,) = await cafe.rewards_of(tx, card.id)
    assert (reward.status, reward.ended_at) == (rewards.Status.cancelled, tx.now)
    with pytest.raises(rewards.TakenBack):
        await rewards.redeem_without_code(tx, reward.id)
    after = await tx.get(cards.Card, card.id)
    assert (after.stamps, after.visits, after.rewards) == (2, 2, 0)
    cancelled = [event for event in await cafe.told(tx) if isinstance(event, rewards.Cancelled)]
    assert [(event.reward_id, event.stamps) for event in cancelled] == [(reward.id, 3)]
    await cafe.sound(tx)
    (next_one,) = await cafe.stamp(tx, card.id)
    assert next_one.reward_id not in (None, reward.id)
    await cafe.sound(tx)


async def test_enough_other_stamps_earn_again(tx: Tx) -> None:
    await cafe.program(tx, stamps_required=3)
    card = (await cafe.member(tx)).card
    given = await cafe.stamp(tx, card.id, 5)
    await voids.void(tx, given[0].id, reason="Mistake")
    found = await cafe.rewards_of(tx, card.id)
    assert sorted(reward.status for reward in found) == ["cancelled", "earned"]
    assert (await tx.get(cards.Card, card.id)).stamps == 1
    await cafe.sound(tx)


async def test_a_stamp_of_a_redeemed_reward_stays(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamps_required=2)
        card = (await cafe.member(tx)).card
        given = await cafe.stamp(tx, card.id, 5)
        first, _ = sorted(await cafe.rewards_of(tx, card.id), key=lambda reward: reward.last_place)
        await rewards.redeem_without_code(tx, first.id)
    async with committed() as tx:
        before = await tx.get(cards.Card, card.id), len(await cafe.told(tx))
        for stamp in given[:2]:
            with pytest.raises(voids.AlreadySpent):
                await voids.void(tx, stamp.id, reason="Too late")
        assert (await tx.get(cards.Card, card.id), len(await cafe.told(tx))) == before
        # Stamps of the reward that nobody had yet can still go. The first takes the reward with it, its neighbour and
        # the one on the card earn another, and the second takes that.
        await voids.void(tx, given[2].id, reason="In time")
        await voids.void(tx, given[4].id, reason="In time")
        assert [reward.status for reward in await cafe.rewards_of(tx, card.id)].count(rewards.Status.cancelled) == 2
        assert (await tx.get(cards.Card, card.id)).stamps == 1
        await cafe.sound(tx)


async def test_a_stamp_is_taken_back_once(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        (given,) = await cafe.stamp(tx, card.id)
        await voids.void(tx, given.id, reason="Mistake")
        with pytest.raises(voids.AlreadyVoided):
            await voids.void(tx, given.id, reason="Mistake")
        assert await tx.all(int, "select count(*) from ledger_transfer") == [2]
        # The same id does not bring it back: it is the same stamp, and that one is voided.
        again, new = await stamps.stamp(tx, given.id, card_id=card.id)
        assert (new, again.voided_at) == (False, tx.now)
        await cafe.sound(tx)


async def test_after_a_mistake_the_gap_does_not_count(tx: Tx) -> None:
    await cafe.program(tx, stamp_gap_seconds=3600)
    card = (await cafe.member(tx)).card
    (given,) = await cafe.stamp(tx, card.id)
    with pytest.raises(stamps.TooSoon):
        await cafe.stamp(tx, card.id)
    await voids.void(tx, given.id, reason="Wrong card")
    await cafe.stamp(tx, card.id)
    await cafe.sound(tx)


async def test_voiding_takes_its_grant(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        (given,) = await cafe.stamp(tx, card.id)
    async with committed(actor=cafe.actor("loyalty.read", "loyalty.stamp")) as tx:
        with pytest.raises(NotAllowed):
            await voids.void(tx, given.id, reason="Mine")
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(NotFound):
            await voids.void(tx, given.id, reason="Theirs")
    async with committed() as tx:
        assert (await tx.get(stamps.Stamp, given.id)) == given


async def test_at_once_stamps_voids_and_redemptions_agree(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamps_required=3)
        card = (await cafe.member(tx)).card
        given = await cafe.stamp(tx, card.id, 9)
        owed = await cafe.rewards_of(tx, card.id)

    async def stamp() -> None:
        async with transaction(database, tenant) as tx:
            await cafe.stamp(tx, card.id)

    async def void(stamp_id: UUID) -> None:
        async with transaction(database, tenant) as tx:
            await voids.void(tx, stamp_id, reason="At once")

    async def redeem(reward_id: UUID) -> None:
        async with transaction(database, tenant) as tx:
            await rewards.redeem_without_code(tx, reward_id)

    outcomes = await asyncio.gather(
        *(stamp() for _ in range(5)),
        *(void(one.id) for one in given),
        *(void(one.id) for one in given[:3]),
        *(redeem(one.id) for one in owed),
        return_exceptions=True,
    )
    expected = (voids.AlreadySpent, voids.AlreadyVoided, rewards.TakenBack)
    assert all(outcome is None or isinstance(outcome, expected) for outcome in outcomes), outcomes
    async with committed() as tx:
        await cafe.sound(tx)
        found = await tx.get(cards.Card, card.id)
        had = await cafe.rewards_of(tx, card.id)
        assert found.visits // 3 == sum(reward.status is not rewards.Status.cancelled for reward in had)
