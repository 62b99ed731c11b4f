"""Risk: who has not come for too long, and who came back."""

from datetime import timedelta

import pytest

from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import cards, members, programs, risk
from tests.systems.loyalty import cafe


async def flags(tx: Tx, enrolled: members.Enrollment) -> tuple[bool, bool]:
    """Whether the card and the member are at risk."""
    card = await tx.get(cards.Card, enrolled.card.id)
    return card.at_risk, (await members.get(tx, enrolled.member.id)).at_risk


@pytest.mark.meets("L50")
async def test_who_stays_away_is_flagged_until_the_next_stamp(tx: Tx) -> None:
    program = await cafe.program(tx, inactivity_days=14)
    enrolled = await cafe.member(tx)
    await cafe.stamp(tx, enrolled.card.id)
    tx.now += timedelta(days=14, seconds=-1)
    assert await risk.review(tx) == 0
    tx.now += timedelta(seconds=1)
    assert await risk.review(tx) == 2
    assert await flags(tx, enrolled) == (True, True)
    assert await risk.review(tx) == 0
    assert (await cafe.told(tx))[-2:] == [
        cards.AtRisk(
            card_id=enrolled.card.id, member_id=enrolled.member.id, program_id=program.id, at_risk=True
        ),
        members.AtRisk(member_id=enrolled.member.id, at_risk=True),
    ]  # fmt: skip
    await cafe.stamp(tx, enrolled.card.id)
    assert await flags(tx, enrolled) == (False, False)
    event = (await cafe.told(tx))[-1]
    assert (event.card.returned, event.member.returned) == (True, True)  # type: ignore[attr-defined]


async def test_who_never_came_is_flagged_too(tx: Tx) -> None:
    await cafe.program(tx, inactivity_days=5)
    enrolled = await cafe.member(tx)
    tx.now += timedelta(days=5)
    await risk.review(tx)
    assert await flags(tx, enrolled) == (True, True)


async def test_a_known_rhythm_counts_before_the_programs_days(tx: Tx) -> None:
    await cafe.program(tx, inactivity_days=30)
    daily, weekly = await cafe.member(tx), await cafe.member(tx)
    for day in range(22):
        await cafe.stamp(tx, daily.card.id)
        if day % 7 == 0:
            await cafe.stamp(tx, weekly.card.id)
        tx.now += timedelta(days=1)
    tx.now += timedelta(days=3)
    await risk.review(tx)
    assert await flags(tx, daily) == (True, True)
    assert await flags(tx, weekly) == (False, False)
    tx.now += timedelta(days=10)
    await risk.review(tx)
    assert await flags(tx, weekly) == (True, True)


async def test_a_program_that_waits_longer_takes_flags_back(tx: Tx) -> None:
    program = await cafe.program(tx, inactivity_days=5)
    enrolled = await cafe.member(tx)
    tx.now += timedelta(days=6)
    await risk.review(tx)
    await programs.change(tx, program.id, programs.Change(inactivity_days=10))
    assert await risk.review(tx) == 2
    assert await flags(tx, enrolled) == (False, False)
    assert [event.at_risk for event in await cafe.told(tx) if isinstance(event, members.AtRisk)] == [True, False]


async def test_a_member_is_at_risk_when_every_card_is(tx: Tx) -> None:
    coffee = await cafe.program(tx, inactivity_days=5)
    lunch = await cafe.program(tx, inactivity_days=20)
    enrolled = await cafe.member(tx, program_id=coffee.id)
    await members.enroll(
        tx,
        members.New(phone=enrolled.member.phone or "", name="Ana", consent=cafe.CONSENT, program_id=lunch.id),
    )
    tx.now += timedelta(days=6)
    await risk.review(tx)
    assert await flags(tx, enrolled) == (True, False)
    tx.now += timedelta(days=14)
    await risk.review(tx)
    assert await flags(tx, enrolled) == (True, True)
    await programs.change(tx, lunch.id, programs.Change(status=programs.Status.archived))
    await programs.change(tx, coffee.id, programs.Change(status=programs.Status.archived))
    await risk.review(tx)
    assert await flags(tx, enrolled) == (False, False)
