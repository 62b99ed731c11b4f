"""Rewards: redeemed once, in time, by the right business."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotAllowed, NotFound
from holdfast.kernel.tx import Tx, transaction
from holdfast.systems.loyalty import cards, customers, rewards
from tests.conftest import Open
from tests.systems.loyalty import cafe


async def owed(tx: Tx, **promise: object) -> rewards.Reward:
    """A reward that a member has just earned."""
    program = await cafe.program(tx, stamps_required=2, **promise)
    card = (await cafe.member(tx, program_id=program.id)).card
    await cafe.stamp(tx, card.id, 2)
    (reward,) = await cafe.rewards_of(tx, card.id)
    return reward


async def test_a_code_redeems_its_reward(tx: Tx) -> None:
    reward = await owed(tx)
    code = cards.reward_code(tx, reward.id)
    site = ids.new()
    redeemed = await rewards.redeem(tx, code.code, site_id=site)
    assert (redeemed.id, redeemed.status, redeemed.ended_at, redeemed.redeemed_site_id) == (
        reward.id, rewards.Status.redeemed, tx.now, site,
    )  # fmt: skip
    assert (await cafe.told(tx))[-1] == rewards.Redeemed(
        reward_id=reward.id, card_id=reward.card_id, member_id=reward.member_id, program_id=reward.program_id,
        redeemed_at=tx.now, site_id=site,
    )  # fmt: skip
    before = len(await cafe.told(tx))
    for again in (code, cards.reward_code(tx, reward.id)):
        with pytest.raises(rewards.AlreadyRedeemed):
            await rewards.redeem(tx, again.code)
    assert len(await cafe.told(tx)) == before
    await cafe.sound(tx)


async def test_a_stamper_may_ask_twice(tx: Tx) -> None:
    reward = await owed(tx)
    code = cards.reward_code(tx, reward.id)
    redemption = ids.new()
    first = await rewards.redeem(tx, code.code, redemption_id=redemption)
    assert await rewards.redeem(tx, code.code, redemption_id=redemption) == first
    with pytest.raises(rewards.AlreadyRedeemed):
        await rewards.redeem(tx, code.code, redemption_id=ids.new())
    other = await owed(tx)
    with pytest.raises(rewards.RedemptionReused):
        await rewards.redeem(tx, cards.reward_code(tx, other.id).code, redemption_id=redemption)
    assert (await rewards.get(tx, other.id)).status is rewards.Status.earned


async def test_at_once_one_redemption_wins(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        reward = await owed(tx)
        codes = [cards.reward_code(tx, reward.id).code for _ in range(3)]

    async def redeem(code: str) -> str:
        try:
            async with transaction(database, tenant) as tx:
                await rewards.redeem(tx, code)
        except rewards.AlreadyRedeemed:
            return "refused"
        return "redeemed"

    outcomes = await asyncio.gather(*(redeem(codes[turn % 3]) for turn in range(12)))
    assert outcomes.count("redeemed") == 1
    async with committed() as tx:
        assert sum(isinstance(event, rewards.Redeemed) for event in await cafe.told(tx)) == 1


async def test_a_code_is_ours_fresh_and_for_here(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        reward = await owed(tx)
        code = cards.reward_code(tx, reward.id).code
        for wrong in ("", "x", code[:-1] + ("A" if code[-1] != "A" else "B"), cards.check_in_code(tx, reward.id).code):
            with pytest.raises(crypto.NotGenuine):
                await rewards.redeem(tx, wrong)
        tx.now += timedelta(seconds=cards.CODE_SECONDS)
        with pytest.raises(crypto.Expired):
            await rewards.redeem(tx, code)
        assert (await rewards.get(tx, reward.id)) == reward
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(cards.OtherBusiness):
            await rewards.redeem(tx, code)


async def test_a_reward_ends_on_its_day(tx: Tx) -> None:
    reward = await owed(tx, reward_valid_days=10)
    kept = await owed(tx)
    assert await rewards.expire(tx) == 0
    tx.now += timedelta(days=10)
    with pytest.raises(rewards.NoLongerValid):
        await rewards.redeem(tx, cards.reward_code(tx, reward.id).code)
    assert await rewards.expire(tx) == 1
    assert await rewards.expire(tx) == 0
    ended = await rewards.get(tx, reward.id)
    assert (ended.status, ended.ended_at) == (rewards.Status.expired, reward.expires_at)
    assert (await rewards.get(tx, kept.id)) == kept
    assert isinstance((await cafe.told(tx))[-1], rewards.Expired)
    with pytest.raises(rewards.NoLongerValid):
        await rewards.redeem_without_code(tx, reward.id)
    await cafe.sound(tx)


async def test_redeeming_takes_its_grant(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        reward = await owed(tx)
        code = cards.reward_code(tx, reward.id).code
    async with committed(actor=cafe.actor("loyalty.read", "loyalty.stamp")) as tx:
        with pytest.raises(NotAllowed):
            await rewards.redeem(tx, code)
    async with committed(actor=cafe.actor("loyalty.redeem")) as tx:
        with pytest.raises(NotAllowed):
            await rewards.redeem_without_code(tx, reward.id)
        assert (await rewards.redeem(tx, code)).redeemed_by == tx.actor.id
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(NotFound):
            await rewards.redeem_without_code(tx, reward.id)


@pytest.mark.meets("L38", "P46")
async def test_a_customer_with_everything_is_one_statement(tx: Tx) -> None:
    reward = await owed(tx)
    await cafe.stamp(tx, reward.card_id)
    statements: list[str] = []
    with tx.connection.query_logger(lambda record: statements.append(record.query)):
        found = await customers.get(tx, reward.member_id)
        await asyncio.sleep(0)
    assert len(statements) == 1
    assert (found.visits, found.rewards, len(found.stamps)) == (3, [reward], 3)
    (card,) = found.cards
    assert (card.id, card.stamps, card.stamps_required, card.reward) == (reward.card_id, 1, 2, "Free coffee")
    assert await customers.find(tx, phone=found.phone) == found
    assert await customers.find(tx, code=cards.check_in_code(tx, card.id).code) == found
    with pytest.raises(NotFound):
        await customers.get(tx, ids.new())


async def test_a_member_sees_and_uses_their_own(tx: Tx) -> None:
    reward = await owed(tx)
    stranger = await cafe.member(tx)
    token = await cards.holder_token(tx, reward.member_id)
    own = await customers.own(tx, token)
    assert (own.tenant_id, own.business, own.name) == (tx.tenant, "Café Aurora", "Ana Quispe")
    assert [card.id for card in own.cards] == [reward.card_id]
    assert [(one.id, one.reward) for one in own.rewards] == [(reward.id, "Free coffee")]
    check_in = await customers.own_code(tx, token, card_id=reward.card_id)
    assert cards.card_of_code(tx, check_in.code) == reward.card_id
    code = await customers.own_code(tx, token, reward_id=reward.id)
    with pytest.raises(NotFound):
        await customers.own_code(tx, token, card_id=stranger.card.id)
    assert (await rewards.redeem(tx, code.code)).id == reward.id
    assert (await customers.own(tx, token)).rewards == []
    with pytest.raises(NotFound):
        await customers.own_code(tx, token, reward_id=reward.id)
    for wrong in ("", "x.y", token[:-1], await _of(tx, stranger.member.id, token)):
        with pytest.raises(cards.NotYours):
            await customers.own(tx, wrong)


async def _of(tx: Tx, member_id: UUID, token: str) -> str:
    """A genuine signature, of another purpose, in a token's place."""
    return f"{token.partition('.')[0]}.{cards.check_in_code(tx, member_id).code}"
