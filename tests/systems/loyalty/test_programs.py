"""Programs: opening, changing, archiving."""

from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.problems import NotAllowed, NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts
from holdfast.systems.loyalty import cards, programs, rewards, stamps
from tests.conftest import Open
from tests.systems.loyalty import cafe


@pytest.mark.meets("L52")
async def test_a_program_is_opened_with_its_accounts(tx: Tx) -> None:
    program = await programs.open(tx, programs.New(name="Coffee", stamps_required=10, reward="A free coffee"))
    assert (program.inactivity_days, program.stamp_gap_seconds, program.reward_valid_days) == (14, 60, None)
    issued = await tx.get(accounts.Account, program.issued_account_id)
    rewarded = await tx.get(accounts.Account, program.rewarded_account_id)
    assert (issued.book, issued.side, issued.guarded) == ("loyalty.issued", "debit", False)
    assert (rewarded.book, rewarded.side, rewarded.guarded) == ("loyalty.rewarded", "credit", False)
    assert issued.unit == rewarded.unit == f"stamp:{program.id}"
    assert await cafe.told(tx) == [programs.Opened(program_id=program.id, stamps_required=10)]


@pytest.mark.parametrize("required", [1, 51, 2.5, "10"])
def test_the_threshold_has_limits(required: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"name": "Coffee", "stamps_required": required, "reward": "Coffee"}, programs.New)


async def test_two_active_programs_have_two_names(committed: Open) -> None:
    async with committed() as tx:
        first = await cafe.program(tx, name="Coffee")
    with pytest.raises(programs.NameTaken):
        async with committed() as tx:
            await cafe.program(tx, name="COFFEE")
    async with committed() as tx:
        assert len(await programs.listing(tx)) == 1
        assert await tx.all(UUID, "select owner_id from ledger_account") == [first.id, first.id]
        await programs.change(tx, first.id, programs.Change(status=programs.Status.archived))
        second = await cafe.program(tx, name="Coffee")
        assert [program.id for program in await programs.listing(tx)] == [second.id, first.id]


async def test_a_changed_threshold_counts_for_rewards_to_come(tx: Tx) -> None:
    program = await cafe.program(tx, stamps_required=3)
    card = (await cafe.member(tx)).card
    await cafe.stamp(tx, card.id, 3 + 2)
    await programs.change(tx, program.id, programs.Change(stamps_required=2, reward="A cake"))
    # The card holds two, which is enough now; nothing happens until the next visit, which earns one reward.
    assert (await tx.get(cards.Card, card.id)).stamps == 2
    assert [reward.reward for reward in await cafe.rewards_of(tx, card.id)] == ["Free coffee"]
    (last,) = await cafe.stamp(tx, card.id)
    assert (last.stamps, last.reward_id is not None) == (1, True)
    earned = await cafe.rewards_of(tx, card.id)
    assert [(reward.reward, reward.stamps) for reward in earned] == [("Free coffee", 3), ("A cake", 2)]
    await cafe.sound(tx)


async def test_what_does_not_change_is_not_told(tx: Tx) -> None:
    program = await cafe.program(tx)
    before = len(await cafe.told(tx))
    same = await programs.change(tx, program.id, programs.Change(name=program.name, reward_valid_days=None))
    assert same == program
    assert len(await cafe.told(tx)) == before
    changed = await programs.change(tx, program.id, programs.Change(stamps_required=7))
    assert (await cafe.told(tx))[before:] == [
        programs.Changed(program_id=program.id, stamps_required=7, status="active")
    ]
    assert changed.stamps_required == 7


async def test_an_archived_program_gives_nothing_and_still_owes(tx: Tx) -> None:
    program = await cafe.program(tx, stamps_required=2)
    enrolled = await cafe.member(tx)
    await cafe.stamp(tx, enrolled.card.id, 2)
    await programs.change(tx, program.id, programs.Change(status=programs.Status.archived))
    with pytest.raises(programs.Archived):
        await stamps.stamp(tx, ids.new(), card_id=enrolled.card.id)
    with pytest.raises(programs.NoProgram):
        await cafe.member(tx)
    with pytest.raises(programs.Archived):
        await cafe.member(tx, program_id=program.id)
    (owed,) = await cafe.rewards_of(tx, enrolled.card.id)
    assert (await rewards.redeem_without_code(tx, owed.id)).status is rewards.Status.redeemed
    await cafe.sound(tx)


async def test_managing_takes_its_grant(committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
    async with committed(actor=cafe.actor("loyalty.read", "loyalty.stamp")) as tx:
        assert await programs.get(tx, program.id) == program
        with pytest.raises(NotAllowed):
            await cafe.program(tx)
        with pytest.raises(NotAllowed):
            await programs.change(tx, program.id, programs.Change(name="Other"))
    async with committed() as tx:
        assert await programs.listing(tx) == [program]


async def test_another_business_sees_nothing(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
    async with committed(tenant=other_tenant) as tx:
        assert await programs.listing(tx) == []
        with pytest.raises(NotFound):
            await programs.get(tx, program.id)
