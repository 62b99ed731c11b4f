"""Rewards: owed from the moment a card is full, and redeemed once, by a code on the member's screen.

A reward keeps the text and the price that were promised when it was earned. Its stamps left the card at that moment
(ledger: card to rewarded); redeeming moves nothing more.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import transfers
from holdfast.systems.loyalty import cards, programs

REDEEM = grant("loyalty.redeem", "Redeem a reward by the member's code", roles=("owner", "manager", "staff"))
REDEEM_WITHOUT_CODE = grant(
    "loyalty.redeem_without_code",
    "Redeem a reward for a member whose phone cannot show a code",
    roles=("owner", "manager"),
)


class Status(StrEnum):
    """Where a reward stands; all but the first are its end."""

    earned = "earned"
    redeemed = "redeemed"
    expired = "expired"
    cancelled = "cancelled"
    """Taken back, because a stamp that it was made of was voided."""


class Reward(Row):
    """What a member was promised, and whether they had it."""

    table: ClassVar[str] = "loyalty_reward"
    id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    reward: str
    stamps: int
    """How many stamps it was made of."""
    last_place: int
    """The last place on the card that it took; it took ``stamps`` places up to there."""
    transfer_id: UUID
    status: Status
    earned_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    """When it was redeemed, expired or was cancelled."""
    redemption_id: UUID | None
    redeemed_by_kind: str | None
    redeemed_by: UUID | None
    """The person, API key or device that redeemed it."""
    redeemed_site_id: UUID | None
    redeemed_device_id: UUID | None
    """The paired device that it was redeemed on, whoever worked on it."""


class Earned(Event):
    """A card was full, and a reward is owed."""

    name: ClassVar[str] = "loyalty.rewards.earned"
    subject: ClassVar[str | None] = "card_id"
    reward_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    stamps: int
    earned_at: datetime
    expires_at: datetime | None


class Redeemed(Event):
    """A member had their reward."""

    name: ClassVar[str] = "loyalty.rewards.redeemed"
    subject: ClassVar[str | None] = "card_id"
    reward_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    redeemed_at: datetime
    site_id: UUID | None
    device_id: UUID | None = None


class Expired(Event):
    """A reward was not redeemed in time."""

    name: ClassVar[str] = "loyalty.rewards.expired"
    subject: ClassVar[str | None] = "card_id"
    reward_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    expired_at: datetime


class Cancelled(Event):
    """A reward was taken back before it was redeemed."""

    name: ClassVar[str] = "loyalty.rewards.cancelled"
    subject: ClassVar[str | None] = "card_id"
    reward_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    stamps: int
    cancelled_at: datetime


class AlreadyRedeemed(Problem):
    """This reward was redeemed already."""


class NoLongerValid(Problem):
    """This reward expired before it was redeemed."""


class TakenBack(Problem):
    """This reward was taken back, because a stamp that it was made of was voided."""


class RedemptionReused(Problem):
    """Another redemption has this id."""


async def earn(tx: Tx, card: cards.Card, program: programs.Program) -> cards.Card:
    """A reward for a card that holds enough stamps: its oldest are spent. The caller holds the card's lock.

    Stamping does the same inside its one statement; this is for stamps that come back to a card.
    """
    reward_id = ids.new()
    transfer = await transfers.transfer(
        tx,
        debit=card.account_id,
        credit=program.rewarded_account_id,
        amount=program.stamps_required,
        unit=programs.unit(program.id),
        code="loyalty.reward",
        reference_id=reward_id,
    )
    card = await tx.update(card, spent=card.spent + program.stamps_required, rewards=card.rewards + 1)
    expires = None if program.reward_valid_days is None else tx.now + timedelta(days=program.reward_valid_days)
    await tx.insert(
        Reward,
        id=reward_id,
        card_id=card.id,
        member_id=card.member_id,
        program_id=program.id,
        reward=program.reward,
        stamps=program.stamps_required,
        last_place=card.spent,
        transfer_id=transfer.id,
        earned_at=tx.now,
        expires_at=expires,
    )
    await tx.emit(
        Earned(
            reward_id=reward_id,
            card_id=card.id,
            member_id=card.member_id,
            program_id=program.id,
            stamps=program.stamps_required,
            earned_at=tx.now,
            expires_at=expires,
        )
    )
    return card


async def cancel(tx: Tx, reward: Reward) -> None:
    """Take an earned reward back; its stamps return to the card's account. The caller holds both locks."""
    await transfers.reverse(tx, reward.transfer_id, code="loyalty.reward.cancelled", reference_id=reward.id)
    await tx.update(reward, status=Status.cancelled, ended_at=tx.now)
    await tx.emit(
        Cancelled(
            reward_id=reward.id,
            card_id=reward.card_id,
            member_id=reward.member_id,
            program_id=reward.program_id,
            stamps=reward.stamps,
            cancelled_at=tx.now,
        )
    )


async def redeem(tx: Tx, code: str, *, redemption_id: UUID | None = None, site_id: UUID | None = None) -> Reward:
    """Give a member what they earned, by the code that their screen shows. Once, however many scan it.

    Args:
        tx: the transaction.
        code: what was scanned.
        redemption_id: made by the stamper; the same again gets the same answer instead of ``AlreadyRedeemed``.
        site_id: where.

    Raises:
        crypto.NotGenuine, crypto.Expired: the code is not one of ours, or older than a minute.
        cards.OtherBusiness: another business owes the reward.
        AlreadyRedeemed, NoLongerValid, TakenBack: the reward is over.
        RedemptionReused: the redemption's id was used for another reward.
    """
    tx.must(REDEEM, site=site_id)
    reward_id, nonce = cards.reward_of_code(tx, code)
    return await _redeem(tx, reward_id, nonce, redemption_id, site_id)


async def redeem_without_code(
    tx: Tx, reward_id: UUID, *, redemption_id: UUID | None = None, site_id: UUID | None = None
) -> Reward:
    """Give a member what they earned although their phone shows nothing, on the word of who is responsible.

    Raises:
        NotFound: this business owes no such reward.
        AlreadyRedeemed, NoLongerValid, TakenBack: the reward is over.
        RedemptionReused: the redemption's id was used for another reward.
    """
    tx.must(REDEEM_WITHOUT_CODE, site=site_id)
    return await _redeem(tx, reward_id, None, redemption_id, site_id)


async def _redeem(
    tx: Tx, reward_id: UUID, nonce: str | None, redemption_id: UUID | None, site_id: UUID | None
) -> Reward:
    reward = await tx.get(Reward, reward_id, lock=True)
    if redemption_id is not None:
        if reward.redemption_id == redemption_id:
            return reward
        if await tx.find(UUID, "select id from loyalty_reward where redemption_id = $1", redemption_id) is not None:
            raise RedemptionReused
    match reward.status:
        case Status.redeemed:
            raise AlreadyRedeemed(f"That was at {reward.ended_at:%Y-%m-%d %H:%M} UTC.")
        case Status.cancelled:
            raise TakenBack
        case Status.expired:
            raise NoLongerValid(f"It was good until {reward.expires_at:%Y-%m-%d %H:%M} UTC.")
        case Status.earned:
            # The schedule that marks expired rewards may be late; what counts is the date on the reward.
            if reward.expires_at is not None and reward.expires_at <= tx.now:
                raise NoLongerValid(f"It was good until {reward.expires_at:%Y-%m-%d %H:%M} UTC.")
    reward = await tx.update(
        reward,
        status=Status.redeemed,
        ended_at=tx.now,
        redemption_id=redemption_id or ids.new(),
        redeemed_by_kind=tx.actor.kind,
        redeemed_by=tx.actor.id,
        redeemed_site_id=site_id,
        redeemed_device_id=tx.actor.device,
        code_nonce=nonce,
    )
    await tx.emit(
        Redeemed(
            reward_id=reward.id,
            card_id=reward.card_id,
            member_id=reward.member_id,
            program_id=reward.program_id,
            redeemed_at=tx.now,
            site_id=site_id,
            device_id=tx.actor.device,
        )
    )
    return reward


async def expire(tx: Tx) -> int:
    """Mark the rewards whose time is over, at most 500 at a time; gives how many. Idempotent."""
    over = await tx.all(
        Reward,
        "update loyalty_reward as r set status = 'expired', ended_at = r.expires_at where r.id = any (array("
        "select id from loyalty_reward where status = 'earned' and expires_at <= $1 order by expires_at limit 500 "
        "for update skip locked)) returning r.*",
        tx.now,
    )
    for reward in over:
        await tx.emit(
            Expired(
                reward_id=reward.id,
                card_id=reward.card_id,
                member_id=reward.member_id,
                program_id=reward.program_id,
                expired_at=reward.ended_at or tx.now,
            )
        )
    return len(over)


async def of_member(tx: Tx, member_id: UUID) -> list[Reward]:
    """The rewards of a member's cards, those still to be had first, then the newest; at most 200."""
    return await tx.all(
        Reward,
        "select r.* from loyalty_reward as r join loyalty_card as c on c.tenant_id = r.tenant_id and c.id = r.card_id "
        "where c.member_id = $1 order by (r.status = 'earned') desc, r.earned_at desc, r.id desc limit 200",
        member_id,
    )


async def get(tx: Tx, reward_id: UUID) -> Reward:
    """One reward.

    Raises:
        NotFound: this business owes no such reward.
    """
    tx.must(programs.READ)
    return await tx.get(Reward, reward_id)
