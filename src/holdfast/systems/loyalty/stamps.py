"""Stamps: one visit, one stamp on one card, once, whoever sends it how often.

Stamping is the platform's hottest command and is one statement (``_STAMP``). It works in this order, and the order is
what makes it safe:

1. It updates the card, on conditions. Two stamps for one card meet here: the second waits, and PostgreSQL then judges
   the conditions again on the card as the first left it. Everything that two stamps could disagree about is therefore
   kept on the card's own row: the last stamp, its moment, the counters. What other tables hold is seen as it was when
   the statement began, which is why the card remembers the last stamp's id although the stamps' key forbids doubles.
2. From the updated card follow the member's visits, the stamp, the ledger's transfers, a reward if the card is full,
   and the events, each written once.

When the conditions fail nothing was written, and a second statement finds out why.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import Meta

from holdfast.kernel import ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page, listing
from holdfast.kernel.problems import Invalid, NotFound, Problem, Unavailable
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.systems.loyalty import cards, members, programs

STAMP = grant("loyalty.stamp", "Stamp a member's card", roles=("owner", "manager", "staff"))

MOST_MINOR = 10**15
"""No visit costs more, in minor units; it keeps sums far from the end of what a bigint holds."""


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
    stamped_by_kind: str
    stamped_by: UUID | None
    """The person, API key or device that stamped."""
    site_id: UUID | None
    device_id: UUID | None
    device_sequence: int | None
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
    device_sequence: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


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


class TooSoon(Problem):
    """This card was stamped a moment ago; the program asks for more time between two stamps."""


class AmountIsInAnotherCurrency(Invalid):
    """The amount is in another currency than the business works in."""


class StampReused(Problem):
    """Another stamp has this id."""


class SequenceReused(Problem):
    """Another stamp of this device has this sequence number."""


async def stamp(
    tx: Tx,
    stamp_id: UUID,
    *,
    card_id: UUID,
    amount: Money | None = None,
    site_id: UUID | None = None,
    device_id: UUID | None = None,
    device_sequence: int | None = None,
) -> tuple[Stamp, bool]:
    """Stamp a card; gives the stamp and whether it is new. Meets L31, X27.

    The same id again gives the same stamp and changes nothing. A full card earns its reward in the same moment; each
    stamp earns one reward at most.

    Args:
        tx: the transaction.
        stamp_id: made by the client.
        card_id: whose.
        amount: what the visit cost, in the business's currency.
        site_id: where.
        device_id: the device that stamped, if it numbers its stamps.
        device_sequence: its number of this stamp.

    Raises:
        NotFound: this business has no such card.
        TooSoon: the program's gap between two stamps is not over; ``retry_after`` says in how many seconds it is.
        programs.Archived: the program gives no stamps any more.
        AmountIsInAnotherCurrency, Invalid: the amount cannot be what the visit cost.
        StampReused, SequenceReused: the id, or the device's number, belongs to another stamp.
    """
    tx.must(STAMP, site=site_id)
    if amount is not None and not 0 <= amount.minor <= MOST_MINOR:
        raise Invalid(f"An amount is from 0 to {MOST_MINOR} in minor units.", field="amount")
    if (device_id is None) != (device_sequence is None):
        raise Invalid("A device and its sequence number come together.", field="device_sequence")
    arguments = (
        stamp_id,
        card_id,
        tx.now,
        None if amount is None else amount.minor,
        None if amount is None else amount.currency,
        site_id,
        device_id,
        device_sequence,
        tx.actor.kind,
        tx.actor.id,
        tx.request_id,
        ids.new(),
        ids.new(),
        ids.new(),
        ids.new(),
        ids.new(),
    )
    try:
        # The second attempt is for what ended between the first and the question why it failed, such as the gap.
        for _ in range(2):
            given = await tx.find(Stamp, _STAMP, *arguments)
            if given is not None:
                return given, True
            earlier = await _earlier(tx, stamp_id, card_id)
            if earlier is not None:
                return earlier, False
            await _explain(tx, card_id, amount)
    except Reused as refused:
        if refused.extra.get("constraint") == "loyalty_stamp_device_once":
            raise SequenceReused(f"It is {device_sequence}.") from None
        raise StampReused from None
    raise Unavailable


async def _earlier(tx: Tx, stamp_id: UUID, card_id: UUID) -> Stamp | None:
    """The stamp that this id was given before."""
    earlier = await tx.find(Stamp, "select * from loyalty_stamp where id = $1", stamp_id)
    if earlier is not None and earlier.card_id != card_id:
        raise StampReused
    return earlier


class _Standing(msgspec.Struct):
    """What can stand in a stamp's way."""

    status: programs.Status
    name: str
    stamp_gap_seconds: int
    stamped_at: datetime | None
    currency: str


async def _explain(tx: Tx, card_id: UUID, amount: Money | None) -> None:
    """Raise the problem that kept a stamp from being given, if it still does."""
    found = await tx.find(
        _Standing,
        "select p.status, p.name, p.stamp_gap_seconds, c.stamped_at, t.currency from loyalty_card as c "
        "join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id "
        "join tenants_tenant as t on t.id = c.tenant_id where c.id = $1",
        card_id,
    )
    if found is None:
        raise NotFound(f"No card has the id {card_id}.")
    if found.status is programs.Status.archived:
        raise programs.Archived(f"It is called {found.name!r}.")
    if amount is not None and amount.currency != found.currency:
        raise AmountIsInAnotherCurrency(f"It works in {found.currency}.", field="amount")
    if found.stamped_at is not None and found.stamp_gap_seconds:
        left = (found.stamped_at + timedelta(seconds=found.stamp_gap_seconds) - tx.now).total_seconds()
        if left > 0:
            seconds = int(left) + 1
            raise TooSoon(f"Try again in {seconds} s.", retry_after=seconds, headers={"Retry-After": str(seconds)})


async def card_of(tx: Tx, new: New) -> UUID:
    """The card that a stamp is meant for; needs no look-up when the client names it or scanned its code.

    Raises:
        Invalid: not exactly one of card, member, phone and code was given.
        NotFound: there is no such member, or they have no card of the program.
        crypto.NotGenuine, crypto.Expired, cards.OtherBusiness: the code is not good here and now.
        phones.NotAPhone: the number cannot exist.
    """
    named = [value for value in (new.card_id, new.member_id, new.phone, new.code) if value is not None]
    if len(named) != 1:
        raise Invalid("Exactly one of card_id, member_id, phone and code says whom to stamp.", field="card_id")
    if new.card_id is not None:
        return new.card_id
    if new.code is not None:
        return cards.card_of_code(tx, new.code)
    tx.must(STAMP, site=new.site_id)
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
    return card_id


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


# $1 stamp, $2 card, $3 now, $4 $5 amount, $6 site, $7 $8 device and its number, $9 $10 actor, $11 request,
# $12 transfer of the stamp, $13 reward, $14 transfer of the reward, $15 $16 events.
_STAMP = """
with card as (
    update loyalty_card as c
    set places = c.places + 1,
        spent = c.spent + case when c.places + 1 - c.spent >= p.stamps_required then p.stamps_required else 0 end,
        rewards = c.rewards + case when c.places + 1 - c.spent >= p.stamps_required then 1 else 0 end,
        visits = c.visits + 1,
        first_visit_at = least(c.first_visit_at, $3),
        last_visit_at = greatest(c.last_visit_at, $3),
        stamped_at = $3,
        last_stamp_id = $1,
        at_risk = false
    from loyalty_program as p
    where c.id = $2
        and p.tenant_id = c.tenant_id and p.id = c.program_id and p.status = 'active'
        and c.last_stamp_id is distinct from $1
        and (
            p.stamp_gap_seconds = 0
            or c.stamped_at is null
            or c.stamped_at + p.stamp_gap_seconds * interval '1 second' <= $3
        )
        and not exists (select from loyalty_stamp as s where s.id = $1)
        and ($5::text is null or exists (select from tenants_tenant as t where t.currency = $5))
    returning new.id, new.member_id, new.program_id, new.account_id, new.places, new.spent, new.stamps,
        old.first_visit_at as first_before, old.last_visit_at as last_before, new.first_visit_at as first_visit_at,
        new.last_visit_at as last_visit_at, old.at_risk as returned, new.spent > old.spent as earned,
        p.stamps_required, p.reward, p.issued_account_id, p.rewarded_account_id,
        $3 + p.reward_valid_days * interval '1 day' as expires_at
), member as (
    update loyalty_member as m
    set visits = m.visits + 1,
        first_visit_at = least(m.first_visit_at, $3),
        last_visit_at = greatest(m.last_visit_at, $3),
        at_risk = false
    from card
    where m.id = card.member_id
    returning old.first_visit_at as first_before, old.last_visit_at as last_before,
        new.first_visit_at as first_visit_at, new.last_visit_at as last_visit_at, old.at_risk as returned
), moved as (
    insert into ledger_transfer (id, debit_id, credit_id, amount, unit, code, reference_id, at)
    select $12::uuid, issued_account_id, id_of_card, 1::bigint, unit, 'loyalty.stamp', $1::uuid, $3::timestamptz
    from (select issued_account_id, account_id as id_of_card, 'stamp:' || program_id as unit from card) as given
    union all
    select $14, account_id, rewarded_account_id, stamps_required, 'stamp:' || program_id, 'loyalty.reward', $13, $3
    from card where earned
), reward as (
    insert into loyalty_reward (
        id, card_id, member_id, program_id, reward, stamps, last_place, transfer_id, earned_at, expires_at
    )
    select $13, id, member_id, program_id, reward, stamps_required, spent, $14, $3, expires_at
    from card where earned
), told as (
    insert into kernel_event (id, name, subject_id, body, actor_kind, actor_id, request_id, at)
    select $15::uuid, 'loyalty.stamps.stamped', card.id, jsonb_build_object(
        'stamp_id', $1, 'card_id', card.id, 'member_id', card.member_id, 'program_id', card.program_id,
        'stamped_at', $3, 'stamps', card.stamps, 'stamps_required', card.stamps_required,
        'reward_id', case when card.earned then $13::uuid end,
        'amount', case when $4::bigint is not null then jsonb_build_object('minor', $4, 'currency', $5) end,
        'source', 'counter', 'site_id', $6::uuid,
        'card', jsonb_build_object(
            'first_before', card.first_before, 'last_before', card.last_before,
            'first', card.first_visit_at, 'last', card.last_visit_at, 'returned', card.returned
        ),
        'member', jsonb_build_object(
            'first_before', member.first_before, 'last_before', member.last_before,
            'first', member.first_visit_at, 'last', member.last_visit_at, 'returned', member.returned
        )
    ), $9::text, $10::uuid, $11::text, $3
    from card, member
    union all
    select $16, 'loyalty.rewards.earned', card.id, jsonb_build_object(
        'reward_id', $13, 'card_id', card.id, 'member_id', card.member_id, 'program_id', card.program_id,
        'stamps', card.stamps_required, 'earned_at', $3, 'expires_at', card.expires_at
    ), $9, $10, $11, $3
    from card where earned
)
insert into loyalty_stamp (
    id, card_id, member_id, program_id, place, stamps, stamps_required, reward_id, transfer_id, amount_minor,
    amount_currency, stamped_at, stamped_by_kind, stamped_by, site_id, device_id, device_sequence
)
select $1, id, member_id, program_id, places, stamps, stamps_required, case when earned then $13::uuid end, $12, $4,
    $5, $3, $9, $10, $6, $7, $8
from card
returning *
"""
