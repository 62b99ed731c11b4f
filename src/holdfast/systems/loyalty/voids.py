"""Voids: taking back a stamp that should not have been given. Nothing is deleted; the books are reversed.

A stamp that is still on the card goes. A stamp that went into a reward takes that reward with it, as long as nobody
had the reward; the reward's other stamps return to the card, and if they still fill it, it earns again at once.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import transfers
from holdfast.systems.loyalty import cards, members, programs, rewards, stamps

VOID = grant("loyalty.void", "Take a stamp back", roles=("owner", "manager"))

Visits: TypeAlias = stamps.Visits
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class Voided(Event):
    """A stamp was taken back."""

    name: ClassVar[str] = "loyalty.stamps.voided"
    subject: ClassVar[str | None] = "card_id"
    stamp_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    stamped_at: datetime
    stamps: int
    """What the card shows now."""
    reward_id: UUID | None
    """The reward that was taken back with it."""
    amount: Money | None
    source: str
    card: Visits
    member: Visits


class AlreadyVoided(Problem):
    """This stamp was taken back already."""


class AlreadySpent(Problem):
    """This stamp went into a reward that is over, so it cannot be taken back any more."""


async def void(tx: Tx, stamp_id: UUID, *, reason: str) -> stamps.Stamp:
    """Take a stamp back. All in one transaction: the books, the reward it completed, the counters.

    Raises:
        NotFound: this business gave no such stamp.
        AlreadyVoided: it was taken back before.
        AlreadySpent: its reward was redeemed, or expired.
    """
    tx.must(VOID)
    stamp = await tx.get(stamps.Stamp, stamp_id)
    # The card's lock comes first, as when stamping, so the two wait for one another instead of deadlocking.
    card = await tx.get(cards.Card, stamp.card_id, lock=True)
    member = await tx.get(members.Member, stamp.member_id, lock=True)
    stamp = await tx.get(stamps.Stamp, stamp_id, lock=True)
    if stamp.place is None:
        raise AlreadyVoided(f"That was at {stamp.voided_at:%Y-%m-%d %H:%M} UTC.")
    place = stamp.place
    reward = await _reward_at(tx, card, place)
    if reward is not None:
        await rewards.cancel(tx, reward)
    await transfers.reverse(tx, stamp.transfer_id, code="loyalty.stamp.voided", reference_id=stamp.id)
    stamp = await tx.update(stamp, place=None, voided_at=tx.now, voided_by=tx.actor.id, void_reason=reason.strip())
    places = await _close_gap(tx, card, place) if reward is None else await _move_up(tx, card, reward)
    after = await _visits_of_card(tx, card.id)
    lasting = await _visits_of_member(tx, member.id)
    before, known = card, member
    card = await tx.update(
        card,
        places=places,
        visits=card.visits - 1,
        rewards=card.rewards - (0 if reward is None else 1),
        first_visit_at=after.first,
        last_visit_at=after.last,
        stamped_at=after.live,
    )
    await tx.update(member, visits=member.visits - 1, first_visit_at=lasting.first, last_visit_at=lasting.last)
    await tx.emit(
        Voided(
            stamp_id=stamp.id,
            card_id=card.id,
            member_id=card.member_id,
            program_id=card.program_id,
            stamped_at=stamp.stamped_at,
            stamps=card.stamps,
            reward_id=None if reward is None else reward.id,
            amount=stamp.amount,
            source=stamp.source.value,
            card=_changed(before, after),
            member=_changed(known, lasting),
        )
    )
    if reward is not None:
        program = await tx.get(programs.Program, card.program_id)
        while card.stamps >= program.stamps_required:
            card = await rewards.earn(tx, card, program)
    return stamp


async def _reward_at(tx: Tx, card: cards.Card, place: int) -> rewards.Reward | None:
    """The reward that the stamp of a place went into, locked; None while the stamp is on the card.

    Raises:
        AlreadySpent: the reward is over.
    """
    if place > card.spent:
        return None
    reward = await tx.one(
        rewards.Reward,
        "select * from loyalty_reward where card_id = $1 and status <> 'cancelled' and last_place >= $2 "
        "and last_place - stamps < $2 for update",
        card.id,
        place,
    )
    if reward.status is not rewards.Status.earned:
        raise AlreadySpent(f"The reward is {reward.status}.")
    return reward


async def _close_gap(tx: Tx, card: cards.Card, place: int) -> int:
    """The last stamp takes the place that fell free, so that the places on the card have no gap."""
    await tx.execute(
        "update loyalty_stamp set place = $3 where card_id = $1 and place = $2 and place > $3",
        card.id,
        card.places,
        place,
    )
    return card.places - 1


async def _move_up(tx: Tx, card: cards.Card, reward: rewards.Reward) -> int:
    """The other stamps of a reward that was taken back come after the last place, as if they were new."""
    moved = await tx.execute(
        "update loyalty_stamp as s set place = $4 + freed.turn from ("
        "select id, row_number() over (order by place) as turn from loyalty_stamp "
        "where card_id = $1 and place > $2 and place <= $3"
        ") as freed where s.id = freed.id",
        card.id,
        reward.last_place - reward.stamps,
        reward.last_place,
        card.places,
    )
    return card.places + moved


class _Span(msgspec.Struct):
    """The first and last visit that count, and the last that was stamped at the counter."""

    first: datetime | None
    last: datetime | None
    live: datetime | None = None


async def _visits_of_card(tx: Tx, card_id: UUID) -> _Span:
    return await tx.one(
        _Span,
        "select min(stamped_at) as first, max(stamped_at) as last, "
        "max(stamped_at) filter (where source = 'counter') as live from loyalty_stamp where card_id = $1 and place > 0",
        card_id,
    )


async def _visits_of_member(tx: Tx, member_id: UUID) -> _Span:
    return await tx.one(
        _Span,
        "select min(stamped_at) as first, max(stamped_at) as last from loyalty_stamp "
        "where member_id = $1 and voided_at is null",
        member_id,
    )


def _changed(before: cards.Card | members.Member, after: _Span) -> stamps.Visits:
    return stamps.Visits(
        first_before=before.first_visit_at,
        last_before=before.last_visit_at,
        first=after.first,
        last=after.last,
    )
