"""Stamps: one visit, one stamp, once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.tx import NOBODY, Tx, transaction
from holdfast.shared.ledger import transfers
from holdfast.systems.loyalty import cards, members, phones, programs, rewards, stamps
from tests.conftest import Open
from tests.systems.loyalty import cafe


async def numbers(tx: Tx) -> dict[str, int]:
    """How many rows there are of everything that a stamp writes."""
    return {
        table: await tx.one(int, sql)
        for table, sql in {
            "stamps": "select count(*) from loyalty_stamp",
            "transfers": "select count(*) from ledger_transfer",
            "rewards": "select count(*) from loyalty_reward",
            "events": "select count(*) from kernel_event where tenant_id = kernel_tenant()",
            "places": "select coalesce(sum(places), 0)::bigint from loyalty_card",
            "visits": "select coalesce(sum(visits), 0)::bigint from loyalty_member",
        }.items()
    }


@pytest.mark.meets("L31", "L54")
async def test_a_stamp(tx: Tx) -> None:
    program = await cafe.program(tx)
    enrolled = await cafe.member(tx)
    before = len(await cafe.told(tx))
    stamp_id, site = ids.new(), ids.new()
    given, new = await stamps.stamp(tx, stamp_id, card_id=enrolled.card.id, amount=Money(1250, "PEN"), site_id=site)
    assert new
    assert (given.id, given.card_id, given.member_id, given.program_id) == (
        stamp_id, enrolled.card.id, enrolled.member.id, program.id,
    )  # fmt: skip
    assert (given.place, given.stamps, given.stamps_required, given.reward_id) == (1, 1, 3, None)
    assert (given.amount, given.site_id) == (Money(1250, "PEN"), site)
    assert (given.device_id, given.device_sequence, given.waited_seconds) == (None, None, None)
    assert (given.stamped_at, given.stamped_by_kind, given.source) == (tx.now, "platform", stamps.Source.counter)
    moved = await tx.get(transfers.Transfer, given.transfer_id)
    assert (moved.debit_id, moved.credit_id, moved.amount, moved.code, moved.reference_id) == (
        program.issued_account_id, enrolled.card.account_id, 1, "loyalty.stamp", stamp_id,
    )  # fmt: skip
    visits = stamps.Visits(first_before=None, last_before=None, first=tx.now, last=tx.now)
    assert (await cafe.told(tx))[before:] == [
        stamps.Stamped(
            stamp_id=stamp_id, card_id=enrolled.card.id, member_id=enrolled.member.id, program_id=program.id,
            stamped_at=tx.now, stamps=1, stamps_required=3, reward_id=None, amount=Money(1250, "PEN"), source="counter",
            site_id=site, card=visits, member=visits,
        )
    ]  # fmt: skip
    card = await tx.get(cards.Card, enrolled.card.id)
    assert (card.stamps, card.visits, card.first_visit_at, card.last_visit_at) == (1, 1, tx.now, tx.now)
    member = await members.get(tx, enrolled.member.id)
    assert (member.visits, member.last_visit_at, member.visit_frequency_days) == (1, tx.now, None)
    await cafe.sound(tx)


async def test_a_full_card_earns(tx: Tx) -> None:
    program = await cafe.program(tx, stamps_required=3, reward_valid_days=30)
    card = (await cafe.member(tx)).card
    given = await cafe.stamp(tx, card.id, 4)
    assert [(one.stamps, one.reward_id is not None) for one in given] == [
        (1, False), (2, False), (0, True), (1, False),
    ]  # fmt: skip
    (reward,) = await cafe.rewards_of(tx, card.id)
    assert (reward.id, reward.reward, reward.stamps, reward.status) == (
        given[2].reward_id, "Free coffee", 3, rewards.Status.earned,
    )  # fmt: skip
    assert (reward.earned_at, reward.expires_at) == (tx.now, tx.now + timedelta(days=30))
    moved = await tx.get(transfers.Transfer, reward.transfer_id)
    assert (moved.debit_id, moved.credit_id, moved.amount, moved.reference_id) == (
        card.account_id, program.rewarded_account_id, 3, reward.id,
    )  # fmt: skip
    earned = [event for event in await cafe.told(tx) if isinstance(event, rewards.Earned)]
    assert earned == [
        rewards.Earned(
            reward_id=reward.id, card_id=card.id, member_id=card.member_id, program_id=program.id, stamps=3,
            earned_at=tx.now, expires_at=reward.expires_at,
        )
    ]  # fmt: skip
    await cafe.sound(tx)


async def test_the_same_id_is_the_same_stamp(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamps_required=2, stamp_gap_seconds=60)
        card = (await cafe.member(tx)).card
        other = (await cafe.member(tx)).card
        first, _ = await stamps.stamp(tx, ids.new(), card_id=card.id)
        before = await numbers(tx)
    async with committed() as tx:
        assert await stamps.stamp(tx, first.id, card_id=card.id, amount=Money(1, "PEN")) == (first, False)
        assert await numbers(tx) == before
        with pytest.raises(stamps.StampReused):
            await stamps.stamp(tx, first.id, card_id=other.id)
        assert await numbers(tx) == before


async def test_another_business_may_use_the_same_id(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        mine = (await cafe.member(tx)).card
        (given,) = await cafe.stamp(tx, mine.id)
    async with committed(tenant=other_tenant) as tx:
        await cafe.program(tx)
        theirs = (await cafe.member(tx)).card
        with pytest.raises(NotFound):
            await stamps.stamp(tx, ids.new(), card_id=mine.id)
        assert (await stamps.stamp(tx, given.id, card_id=theirs.id))[1]
        assert (await numbers(tx))["stamps"] == 1


async def test_two_stamps_need_the_gap_between_them(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamp_gap_seconds=60)
        card = (await cafe.member(tx)).card
        await cafe.stamp(tx, card.id)
        before = await numbers(tx)
    async with committed() as tx:
        with pytest.raises(stamps.TooSoon) as refused:
            await cafe.stamp(tx, card.id)
        seconds = refused.value.extra["retry_after"]
        assert 1 <= seconds <= 60
        assert refused.value.headers == {"Retry-After": str(seconds)}
        assert await numbers(tx) == before
        await tx.execute("update loyalty_card set stamped_at = stamped_at - interval '59 seconds'")
        with pytest.raises(stamps.TooSoon):
            await cafe.stamp(tx, card.id)
        await tx.execute("update loyalty_card set stamped_at = stamped_at - interval '1 second'")
        assert len(await cafe.stamp(tx, card.id)) == 1


async def test_at_once_one_card_gets_every_stamp(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamps_required=4)
        card = (await cafe.member(tx)).card

    async def stamp(stamp_id: UUID) -> tuple[stamps.Stamp, bool]:
        async with transaction(database, tenant) as tx:
            return await stamps.stamp(tx, stamp_id, card_id=card.id)

    given = await asyncio.gather(*(stamp(ids.new()) for _ in range(30)))
    assert sorted(one.place or 0 for one, _ in given) == list(range(1, 31))
    async with committed() as tx:
        assert (await tx.get(cards.Card, card.id)).stamps == 2
        assert len(await cafe.rewards_of(tx, card.id)) == 7
        await cafe.sound(tx)


@pytest.mark.parametrize("gap", [0, 60])
async def test_at_once_one_id_is_one_stamp(database: Database, tenant: UUID, committed: Open, gap: int) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamp_gap_seconds=gap)
        card = (await cafe.member(tx)).card
    for _ in range(5):
        stamp_id = ids.new()

        async def stamp(stamp_id: UUID = stamp_id) -> tuple[stamps.Stamp, bool]:
            async with transaction(database, tenant) as tx:
                return await stamps.stamp(tx, stamp_id, card_id=card.id)

        answers = await asyncio.gather(*(stamp() for _ in range(8)))
        assert len({one.id for one, _ in answers}) == 1
        assert len({one.place for one, _ in answers}) == 1
        assert sum(new for _, new in answers) == 1
        async with committed() as tx:
            await tx.execute("update loyalty_card set stamped_at = stamped_at - interval '1 hour'")
    async with committed() as tx:
        assert (await numbers(tx))["stamps"] == (await numbers(tx))["transfers"] - len(
            await cafe.rewards_of(tx, card.id)
        )
        assert (await numbers(tx))["stamps"] == 5
        await cafe.sound(tx)


async def test_at_once_with_a_gap_one_wins(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamp_gap_seconds=60)
        card = (await cafe.member(tx)).card

    async def stamp() -> bool:
        try:
            async with transaction(database, tenant) as tx:
                return (await stamps.stamp(tx, ids.new(), card_id=card.id))[1]
        except stamps.TooSoon:
            return False

    assert sum(await asyncio.gather(*(stamp() for _ in range(12)))) == 1
    async with committed() as tx:
        assert (await numbers(tx))["stamps"] == 1
        await cafe.sound(tx)


async def test_one_id_between_other_stamps_is_still_one(database: Database, tenant: UUID, committed: Open) -> None:
    # The card remembers its last stamp only. When another came between, the stamps' own key refuses the double, and
    # the caller, who asks again, finds the stamp.
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
    stamp_id = ids.new()

    async def stamp(this: UUID) -> bool:
        async with transaction(database, tenant) as tx:
            return (await stamps.stamp(tx, this, card_id=card.id))[1]

    outcomes = await asyncio.gather(
        *(stamp(stamp_id if turn % 2 else ids.new()) for turn in range(24)), return_exceptions=True
    )
    assert all(outcome in (True, False) or isinstance(outcome, stamps.StampReused) for outcome in outcomes)
    assert sum(outcome is True for outcome in outcomes) == 13
    assert not await stamp(stamp_id)
    async with committed() as tx:
        assert (await numbers(tx))["stamps"] == 13
        await cafe.sound(tx)


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        (Money(100, "USD"), stamps.AmountIsInAnotherCurrency),
        (Money(-1, "PEN"), Invalid),
        (Money(2**70, "PEN"), Invalid),
    ],
)
async def test_an_amount_must_make_sense(tx: Tx, amount: Money, problem: type[Exception]) -> None:
    await cafe.program(tx)
    card = (await cafe.member(tx)).card
    before = await numbers(tx)
    with pytest.raises(problem) as refused:
        await stamps.stamp(tx, ids.new(), card_id=card.id, amount=amount)
    assert ("1000000000000000" in str(refused.value)) == (problem is Invalid)
    assert await numbers(tx) == before
    assert (await stamps.stamp(tx, ids.new(), card_id=card.id, amount=Money(0, "PEN")))[0].amount == Money(0, "PEN")


async def test_stamping_takes_its_grant(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
    site = ids.new()
    async with committed(actor=NOBODY) as tx:
        with pytest.raises(NotSignedIn):
            await cafe.stamp(tx, card.id)
    async with committed(actor=cafe.actor("loyalty.read")) as tx:
        with pytest.raises(NotAllowed):
            await cafe.stamp(tx, card.id)
        assert (await numbers(tx))["stamps"] == 0
    person = cafe.actor("loyalty.stamp")
    async with committed(actor=person) as tx:
        (given,) = await cafe.stamp(tx, card.id)
        assert (given.stamped_by_kind, given.stamped_by) == ("person", person.id)
        assert (await stamps.stamp(tx, ids.new(), card_id=card.id, site_id=site))[0].site_id == site


async def test_who_is_meant_is_said_in_one_of_four_ways(tx: Tx) -> None:
    coffee = await cafe.program(tx)
    enrolled = await cafe.member(tx)
    lunch = await cafe.program(tx)
    other = await members.enroll(
        tx, members.New(phone=enrolled.member.phone or "", name="Ana", consent=cafe.CONSENT, program_id=lunch.id)
    )

    async def meant(**said: object) -> UUID:
        return (await stamps.card_of(tx, stamps.New(id=ids.new(), **said)))[0]  # type: ignore[arg-type]

    assert await meant(card_id=enrolled.card.id) == enrolled.card.id
    assert await meant(member_id=enrolled.member.id) == enrolled.card.id
    assert await meant(member_id=enrolled.member.id, program_id=lunch.id) == other.card.id
    assert await meant(phone=(enrolled.member.phone or "")[3:], program_id=coffee.id) == enrolled.card.id
    assert await meant(code=cards.check_in_code(tx, other.card.id).code) == other.card.id
    for said in ({}, {"card_id": enrolled.card.id, "member_id": enrolled.member.id}):
        with pytest.raises(Invalid):
            await meant(**said)
    with pytest.raises(NotFound):
        await meant(member_id=ids.new())
    with pytest.raises(NotFound):
        await meant(phone="999999999")
    with pytest.raises(phones.NotAPhone):
        await meant(phone="1")
    with pytest.raises(crypto.NotGenuine):
        await meant(code="made-up")


async def test_a_code_is_good_for_a_minute_and_for_one_business(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        code = cards.check_in_code(tx, card.id)
        assert code.expires_at == tx.now + timedelta(seconds=60)
        assert cards.card_of_code(tx, code.code) == card.id
        with pytest.raises(crypto.NotGenuine):
            cards.reward_of_code(tx, code.code)
        tx.now += timedelta(seconds=60)
        with pytest.raises(crypto.Expired):
            cards.card_of_code(tx, code.code)
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(cards.OtherBusiness):
            cards.card_of_code(tx, code.code)


async def test_a_members_stamps_come_newest_first(tx: Tx) -> None:
    await cafe.program(tx)
    enrolled = await cafe.member(tx)
    given = []
    for _ in range(5):
        tx.now += timedelta(hours=1)
        given += await cafe.stamp(tx, enrolled.card.id)
    found: list[stamps.Stamp] = []
    after = None
    while True:
        page = await stamps.of_member(tx, enrolled.member.id, Page(after=after, limit=2))
        found += page.items
        after = page.next
        if after is None:
            break
    assert found == given[::-1]
    member = await members.get(tx, enrolled.member.id)
    assert member.visit_frequency_days == pytest.approx(1 / 24, abs=0.01)


async def test_no_card_no_stamp(tx: Tx) -> None:
    await cafe.program(tx)
    with pytest.raises(NotFound):
        await cafe.stamp(tx, ids.new())
    with pytest.raises(NotFound):
        await programs.get(tx, ids.new())
