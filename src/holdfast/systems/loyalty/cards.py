"""Cards: a member's card of a program, the ledger account behind it, and the codes that a phone shows for it.

The places on a card are counted from 1 over its whole life. Places up to ``spent`` went into rewards; the others are
the stamps that the card shows.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import crypto, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts
from holdfast.systems.loyalty import programs

CODE_SECONDS = 60
"""How long a code on a member's screen is good; the screen asks for the next one before."""

_CHECK_IN = "loyalty.check-in"
_REWARD = "loyalty.reward"
_HOLDER = "loyalty.holder"
_HOLDER_DAYS = 3653
_MOMENT = 6
"""Bytes of a moment in milliseconds."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Card(Row):
    """A member's card of one program."""

    table: ClassVar[str] = "loyalty_card"
    id: UUID
    member_id: UUID
    program_id: UUID
    account_id: UUID
    places: int
    spent: int
    stamps: int
    """Stamps on the card now: ``places`` less ``spent``, and what the ledger holds for it."""
    visits: int
    rewards: int
    """Rewards ever earned with it and not taken back."""
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    visit_frequency_days: float | None
    """The mean number of days between visits, from the second visit on."""
    at_risk: bool
    opened_at: datetime


class Opened(Event):
    """A member got a card of a program."""

    name: ClassVar[str] = "loyalty.cards.opened"
    subject: ClassVar[str | None] = "card_id"
    card_id: UUID
    member_id: UUID
    program_id: UUID
    opened_at: datetime


class AtRisk(Event):
    """A card has not been used for too long."""

    name: ClassVar[str] = "loyalty.cards.at_risk"
    subject: ClassVar[str | None] = "card_id"
    card_id: UUID
    member_id: UUID
    program_id: UUID
    at_risk: bool
    """False when it was taken back without a visit, because the program now waits longer."""


class Code(msgspec.Struct, kw_only=True):
    """A short-lived code for a screen, to be shown as a QR code."""

    code: str
    expires_at: datetime


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a check-in code says: which card was on a screen, and when."""

    card_id: UUID
    made_at: datetime
    expires_at: datetime
    nonce: str
    """The code's own number, which no other code has."""


class OtherBusiness(Problem):
    """This code belongs to another business."""


class NotYours(Problem):
    """This card was given out anew, or the link to it is not genuine; ask the business for a new one."""

    status = 401


async def open(tx: Tx, member_id: UUID, program: programs.Program) -> tuple[Card, bool]:  # noqa: A001 - cards.open
    """The member's card of the program, made if there is none yet, and whether it was.

    The member's row is locked while this looks, so that two at once make one card. The caller has checked that the
    actor may do this.
    """
    await tx.one(UUID, "select id from loyalty_member where id = $1 for no key update", member_id)
    card = await of(tx, member_id, program.id)
    if card is not None:
        return card, False
    card_id = ids.new()
    account = await accounts.open_account(tx, book="loyalty.card", unit=programs.unit(program.id), owner_id=card_id)
    card = await tx.insert(
        Card, id=card_id, member_id=member_id, program_id=program.id, account_id=account.id, opened_at=tx.now
    )
    await tx.emit(Opened(card_id=card.id, member_id=member_id, program_id=program.id, opened_at=tx.now))
    return card, True


async def of(tx: Tx, member_id: UUID, program_id: UUID) -> Card | None:
    """The member's card of that program."""
    return await tx.find(
        Card, "select * from loyalty_card where member_id = $1 and program_id = $2", member_id, program_id
    )


# Codes. A check-in code finds the card at the counter, a reward code redeems one reward once. Both are signed, carry
# their business, and live a minute, so that a photograph of a screen is worth nothing.


def check_in_code(tx: Tx, card_id: UUID) -> Code:
    """A code that a stamper scans to stamp this card, once."""
    made = int(tx.now.timestamp() * 1000).to_bytes(_MOMENT)
    return _code(tx, _CHECK_IN, card_id.bytes + made + os.urandom(_MOMENT))


def check_in(tx: Tx, code: str) -> CheckIn:
    """What a check-in code says; needs no look-up. Whether it was good when it was scanned, who asks must judge.

    Raises:
        crypto.NotGenuine: it is not one of our codes.
        OtherBusiness: another business gave the card.
    """
    payload = _opened(tx, _CHECK_IN, code, _LONG_AGO)
    made = datetime.fromtimestamp(int.from_bytes(payload[16 : 16 + _MOMENT]) / 1000, UTC)
    return CheckIn(
        card_id=UUID(bytes=payload[:16]),
        made_at=made,
        expires_at=made + timedelta(seconds=CODE_SECONDS),
        nonce=payload[16:].hex(),
    )


def card_of_code(tx: Tx, code: str) -> UUID:
    """The card that a check-in code stands for, now; needs no look-up.

    Raises:
        crypto.NotGenuine: it is not one of our codes.
        crypto.Expired: it is older than a minute.
        OtherBusiness: another business gave the card.
    """
    return UUID(bytes=_opened(tx, _CHECK_IN, code, tx.now)[:16])


def reward_code(tx: Tx, reward_id: UUID) -> Code:
    """A code that a stamper scans to redeem this reward."""
    return _code(tx, _REWARD, reward_id.bytes + os.urandom(12))


def reward_of_code(tx: Tx, code: str) -> tuple[UUID, str]:
    """The reward that a code stands for, and the code's own number, which no other code has.

    Raises:
        crypto.NotGenuine: it is not one of our codes.
        crypto.Expired: it is older than a minute.
        OtherBusiness: another business owes the reward.
    """
    payload = _opened(tx, _REWARD, code, tx.now)
    return UUID(bytes=payload[:16]), payload[16:].hex()


def _code(tx: Tx, purpose: str, payload: bytes) -> Code:
    expires = tx.now + timedelta(seconds=CODE_SECONDS)
    return Code(code=crypto.sign(purpose, tx.tenant.bytes + payload, expires), expires_at=expires)


def _opened(tx: Tx, purpose: str, code: str, moment: datetime) -> bytes:
    payload = crypto.verify(purpose, code, moment)
    if payload[:16] != tx.tenant.bytes:
        raise OtherBusiness
    return payload[16:]


# A holder's token opens a member's own cards, without an account. It is given out at enrolment, lives for years, and
# ends when another is given out.


async def holder_token(tx: Tx, member_id: UUID) -> str:
    """The token with which a member sees their own cards: ``<business>.<signature>``."""
    return token_of(
        tx, member_id, await tx.one(int, "select card_token_version from loyalty_member where id = $1", member_id)
    )


def token_of(tx: Tx, member_id: UUID, version: int) -> str:
    """The same for who knows already how often the member's cards were given out."""
    payload = tx.tenant.bytes + member_id.bytes + version.to_bytes(4)
    signed = crypto.sign(_HOLDER, payload, tx.now + timedelta(days=_HOLDER_DAYS))
    return f"{tx.tenant.hex}.{signed}"


def tenant_of_token(token: str) -> UUID:
    """The business that a token claims to be of; ``holder`` then proves it.

    Raises:
        NotYours: it does not look like a token.
    """
    try:
        return UUID(hex=token.partition(".")[0])
    except ValueError:
        raise NotYours from None


async def holder(tx: Tx, token: str) -> UUID:
    """The member whose token it is.

    Raises:
        NotYours: it is not genuine, of another business, or another was given out since.
    """
    try:
        payload = crypto.verify(_HOLDER, token.partition(".")[2], tx.now)
    except (crypto.NotGenuine, crypto.Expired):
        raise NotYours from None
    member_id = UUID(bytes=payload[16:32])
    version = await tx.find(int, "select card_token_version from loyalty_member where id = $1", member_id)
    if payload[:16] != tx.tenant.bytes or version != int.from_bytes(payload[32:]):
        raise NotYours
    return member_id


async def own_card(tx: Tx, member_id: UUID, card_id: UUID) -> Card:
    """A card of this member.

    Raises:
        NotFound: it is somebody else's, or there is none.
    """
    card = await tx.get(Card, card_id)
    if card.member_id != member_id:
        raise NotFound(f"No card has the id {card_id}.")
    return card
