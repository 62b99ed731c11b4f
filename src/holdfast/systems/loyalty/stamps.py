"""Stamps: one visit, one stamp on one card, once, whoever sends it how often.

A stamp's id is made by whoever stamps, and its second arrival gives the first's stamp. A paired device also numbers its
stamps, and says how long each waited in its queue while there was no network; ``stamping`` says what follows from that.

What a device is answered is final, 4xx too: the same again later would be refused again. Only 401 and 403 (the pairing
is over), 408 and 429 say nothing about the stamp, as 5xx and silence do, and it stays in the queue.
"""

import math
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

from holdfast.kernel import crypto, ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page, listing
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, Problem, Unavailable
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.devices import devices
from holdfast.systems.loyalty import cards, members, programs, rewards, stamping

STAMP = grant("loyalty.stamp", "Stamp a member's card", roles=("owner", "manager", "staff"))
devices.lend(programs.READ, members.ENROLL, rewards.REDEEM, STAMP)

MOST_MINOR = 10**15
"""No visit costs more, in minor units; it keeps sums far from the end of what a bigint holds."""
MOST_WAITED = 30 * 86_400
"""Seconds; a device whose stamps waited for longer says so many."""


class Source(StrEnum):
    """Where a stamp came from."""

    counter = "counter"
    """Given when the member was there."""
    imported = "import"
    """Replayed from another system's history, at the date of the visit."""


class Stamp(Row):
    """A visit, and the stamp that was given for it. Meets L54."""

    table: ClassVar[str] = "loyalty_stamp"
    id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    place: int | None
    """Its place on the card, in the order in which stamps are spent; absent once it is voided."""
    stamps: int
    """How many stamps the card showed after it; 0 or more are left over when it completed a reward."""
    stamps_required: int
    reward_id: UUID | None
    """The reward that it completed."""
    transfer_id: UUID
    amount: Money | None
    source: Source
    stamped_at: datetime
    """When the member was there."""
    stamped_by_kind: str
    stamped_by: UUID | None
    """The person, API key or device that stamped."""
    site_id: UUID | None
    device_id: UUID | None
    """The paired device that it came from, whoever worked on it."""
    device_sequence: int | None
    waited_seconds: int | None
    """How long it waited in the device's queue, as the device says. ``stamped_at`` is what came of it."""
    voided_at: datetime | None
    voided_by: UUID | None
    void_reason: str | None


class New(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A stamp to be given. Exactly one of card, member, phone and code says to whom."""

    id: UUID
    """Made by the client, which sends the same again when it does not know whether the first arrived."""
    card_id: UUID | None = None
    member_id: UUID | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    code: Annotated[str, Meta(max_length=500)] | None = None
    """A check-in code, as the member's screen shows it."""
    program_id: UUID | None = None
    """With a member or a phone: which card is meant; of the oldest active program when absent."""
    amount: Money | None = None
    """What the visit cost, in the business's own currency."""
    site_id: UUID | None = None
    device_id: UUID | None = None
    """The device that sends it, with the proof that it is this device (``Holdfast-Device``)."""
    device_sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    """The device's number of it; numbers grow, may be skipped, and are never used again."""
    waited_seconds: Annotated[int, Meta(ge=0, le=MOST_WAITED)] = 0
    """How long it waited in the device's queue."""


class Visits(msgspec.Struct, frozen=True, kw_only=True):
    """What a stamp, or its voiding, changed of a card's or a member's first and last visit."""

    first_before: datetime | None
    last_before: datetime | None
    first: datetime | None
    last: datetime | None
    returned: bool = False
    """It was at risk, and this visit ended that."""


class Stamped(Event):
    """A card was stamped."""

    name: ClassVar[str] = "loyalty.stamps.stamped"
    subject: ClassVar[str | None] = "card_id"
    stamp_id: UUID
    card_id: UUID
    member_id: UUID
    program_id: UUID
    stamped_at: datetime
    stamps: int
    stamps_required: int
    reward_id: UUID | None
    amount: Money | None
    source: str
    site_id: UUID | None
    card: Visits
    member: Visits
    device_id: UUID | None = None


class TooSoon(Problem):
    """This card was stamped a moment ago; the program asks for more time between two stamps."""


class CodeUsed(Problem):
    """This code was used for a stamp already; the member's screen shows a fresh one."""


class AmountIsInAnotherCurrency(Invalid):
    """The amount is in another currency than the business works in."""


class StampReused(Problem):
    """Another stamp has this id."""


class SequenceReused(Problem):
    """Another stamp of this device has this sequence number."""


class OtherDevice(NotAllowed):
    """A stamp can name only the paired device that sends it."""


_TAKEN: dict[Any, type[Problem]] = {"loyalty_stamp_device_once": SequenceReused, "loyalty_check_in_once": CodeUsed}
"""What it means that a row of that key is there already; of any other, that the stamp's id is another's."""


async def stamp(
    tx: Tx,
    stamp_id: UUID,
    *,
    card_id: UUID,
    code: cards.CheckIn | None = None,
    amount: Money | None = None,
    site_id: UUID | None = None,
    device_id: UUID | None = None,
    device_sequence: int | None = None,
    waited_seconds: int = 0,
) -> tuple[Stamp, bool]:
    """Stamp a card; gives the stamp and whether it is new. Meets L31, X27.

    The same id again gives the same stamp and changes nothing. A full card earns its reward in the same moment; each
    stamp earns one reward at most.

    Args:
        tx: the transaction.
        stamp_id: made by the client.
        card_id: whose.
        code: the check-in code that the card was found by; it must be good at the moment of the visit, and works once.
        amount: what the visit cost, in the business's currency.
        site_id: where.
        device_id: the device that stamped, if it numbers its stamps; the one that the request comes from.
        device_sequence: its number of this stamp.
        waited_seconds: how long the stamp waited in the device's queue, as the device says.

    Raises:
        NotFound: this business has no such card.
        TooSoon: another stamp of the card is closer than the program's gap; ``retry_after`` says in how many seconds
            a stamp can be given, where it is not now.
        programs.Archived: the program gives no stamps any more.
        AmountIsInAnotherCurrency, Invalid: the amount cannot be what the visit cost.
        crypto.Expired, CodeUsed: the code was not good any more, or is another stamp's.
        OtherDevice, devices.NotPaired: the request does not come from this device, or its pairing is over.
        StampReused, SequenceReused: the id, or the device's number, belongs to another stamp.
    """
    tx.must(STAMP, site=site_id)
    if amount is not None and not 0 <= amount.minor <= MOST_MINOR:
        raise Invalid(f"An amount is from 0 to {MOST_MINOR} in minor units.", field="amount")
    if (device_id is None) != (device_sequence is None):
        raise Invalid("A device and its sequence number come together.", field="device_sequence")
    if device_id is None and waited_seconds:
        raise Invalid("Only a stamp of a paired device can have waited.", field="waited_seconds")
    if device_id is not None and device_id != tx.actor.device:
        raise OtherDevice
    visit = (tx.now, device_id, device_sequence, waited_seconds, None if code is None else code.made_at, card_id)
    arguments = (
        stamp_id,
        None if amount is None else amount.minor,
        None if amount is None else amount.currency,
        site_id,
        tx.actor.kind,
        tx.actor.id,
        tx.request_id,
        None if code is None else code.nonce,
        ids.new(),
        ids.new(),
        ids.new(),
        ids.new(),
        ids.new(),
    )
    expires_at = None if code is None else code.expires_at
    try:
        # The second attempt is for what ended between the first and the question why it failed, such as the gap, and
        # for a visit before the card's latest, which is judged once the card is locked.
        plain = device_id is None and code is None
        for locked in (False, True):
            statement = stamping.GIVE_NOW if plain and not locked else stamping.GIVE
            given = await tx.find(Stamp, statement, *visit, expires_at, locked, *arguments)
            if given is not None:
                return given, True
            earlier = await _earlier(tx, stamp_id, card_id)
            if earlier is not None:
                return earlier, False
            standing = await tx.find(stamping.Standing, stamping.STANDING, *visit)
            _explain(tx, standing, card_id, amount, expires_at)
    except Reused as refused:
        taken = _TAKEN.get(refused.extra.get("constraint"), StampReused)
        raise taken(f"It is {device_sequence}." if taken is SequenceReused else None) from None
    raise Unavailable


async def _earlier(tx: Tx, stamp_id: UUID, card_id: UUID) -> Stamp | None:
    """The stamp that this id was given before."""
    earlier = await tx.find(Stamp, "select * from loyalty_stamp where id = $1", stamp_id)
    if earlier is not None and earlier.card_id != card_id:
        raise StampReused
    return earlier


def _explain(
    tx: Tx, found: stamping.Standing | None, card_id: UUID, amount: Money | None, expires_at: datetime | None
) -> None:
    """Raise the problem that kept a stamp from being given, if it still does."""
    if found is None:
        raise NotFound(f"No card has the id {card_id}.")
    if found.status is programs.Status.archived:
        raise programs.Archived(f"It is called {found.name!r}.")
    if amount is not None and amount.currency != found.currency:
        raise AmountIsInAnotherCurrency(f"It works in {found.currency}.", field="amount")
    if found.at is None:
        raise devices.NotPaired
    if expires_at is not None and expires_at <= found.at:
        raise crypto.Expired
    gap = timedelta(seconds=found.stamp_gap_seconds)
    if found.stamped_at is None or not gap:
        return
    if abs(found.at - found.stamped_at) < gap or found.close:
        seconds = math.ceil((found.stamped_at + gap - tx.now).total_seconds())
        if seconds <= 0:
            raise TooSoon("It was for a visit in the past, too close to another.")
        raise TooSoon(f"Try again in {seconds} s.", retry_after=seconds, headers={"Retry-After": str(seconds)})


async def card_of(tx: Tx, new: New) -> tuple[UUID, cards.CheckIn | None]:
    """The card that a stamp is meant for, and the code that it was found by. A card and a code need no look-up.

    Raises:
        Invalid: not exactly one of card, member, phone and code was given.
        NotFound: there is no such member, or they have no card of the program.
        crypto.NotGenuine, cards.OtherBusiness: the code is not one of this business's.
        phones.NotAPhone: the number cannot exist.
    """
    named = [value for value in (new.card_id, new.member_id, new.phone, new.code) if value is not None]
    if len(named) != 1:
        raise Invalid("Exactly one of card_id, member_id, phone and code says whom to stamp.", field="card_id")
    if new.card_id is not None:
        return new.card_id, None
    if new.code is not None:
        code = cards.check_in(tx, new.code)
        return code.card_id, code
    tx.must(STAMP, site=new.site_id)
    # Whom a number or a member's oldest program meant may have changed since the stamp was sent the first time.
    earlier = await tx.find(UUID, "select card_id from loyalty_stamp where id = $1", new.id)
    if earlier is not None:
        return earlier, None
    member_id = new.member_id
    if new.phone is not None:
        member_id = (await members.by_phone(tx, new.phone)).id
    card_id = await tx.find(
        UUID,
        "select c.id from loyalty_card as c join loyalty_program as p on p.tenant_id = c.tenant_id "
        "and p.id = c.program_id where c.member_id = $1 and case when $2::uuid is null then p.status = 'active' "
        "else p.id = $2 end order by p.created_at, p.id limit 1",
        member_id,
        new.program_id,
    )
    if card_id is None:
        raise NotFound("This member has no card of that program.")
    return card_id, None


async def of_member(tx: Tx, member_id: UUID, page: Page) -> Listing[Stamp]:
    """A member's stamps on all cards, newest first, voided ones too.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    moment, last = page.after_moment()
    found = await tx.all(
        Stamp,
        "select * from loyalty_stamp where member_id = $1 and (stamped_at, id) < (coalesce($2, "
        "'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) "
        "order by stamped_at desc, id desc limit $4",
        member_id,
        moment,
        last,
        page.fetch,
    )
    return listing(page, found, lambda given: (given.stamped_at, given.id))
