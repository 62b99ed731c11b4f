"""Stamping: the one statement that gives a stamp, and the one that tells what is in its way.

Stamping is the platform's hottest command and is one statement: ``GIVE``, or ``GIVE_NOW``, which is the same without
what only devices and check-in codes need. It works in this order, and the order is what makes it safe:

1. It finds the moment of the visit: now, unless the stamp waited in a device's queue.
2. It updates the card, on conditions. Two stamps for one card meet here: the second waits, and PostgreSQL then judges
   the conditions again on the card as the first left it. Everything that two stamps could disagree about is therefore
   kept on the card's own row: the last stamp, the latest moment, the counters. What other tables hold is seen as it was
   when the statement began, which is why the card remembers the last stamp's id although the stamps' key forbids
   doubles.
3. From the updated card follow the member's visits, the stamp, the ledger's transfers, a reward if the card is full,
   the events, the use of a check-in code and the device's count, each written once.

When the conditions fail nothing was written, and ``STANDING`` finds out why. It locks the card, because a visit before
the card's latest is judged by the stamps around it, which only then cannot change between the look and the stamp.

The moment of a visit. A device's clock is not trusted, and of what it says only how long the stamp waited counts. A
device sends what it did in the order of its numbers, so a visit is never before the visit with the number below, nor
before the device was paired, nor before the check-in code was made, and never in the future. Within the time that is
left the device was away, and nobody knows better. A number that comes late, because two connections emptied the queue
at once, finds its place all the same.
"""

from datetime import datetime

import msgspec

from holdfast.systems.loyalty import programs


class Standing(msgspec.Struct, frozen=True):
    """What can stand in a stamp's way, and when its visit was."""

    status: programs.Status
    name: str
    stamp_gap_seconds: int
    currency: str
    stamped_at: datetime | None
    """The latest visit that was stamped on the card."""
    at: datetime | None
    """The moment of this visit; absent when the device is not paired any more."""
    close: bool
    """Another stamp of the card is closer to it than the program allows."""


# $1 now, $2 $3 device and its number of the stamp, $4 how long it waited, $5 when the check-in code was made.
_WAITED = """visit as materialized (
    select case when $2::uuid is null then $1::timestamptz else (
        select least($1, greatest(
            $1 - $4::bigint * interval '1 second',
            $5::timestamptz,
            d.paired_at,
            (
                select s.stamped_at from loyalty_stamp as s
                where s.device_id = d.id and s.device_sequence < $3::bigint
                order by s.device_sequence desc limit 1
            )
        ))
        from devices_device as d where d.id = $2 and d.status = 'paired'
    ) end as at
)"""

# The stamps of a card that are closer to a visit than the gap between two.
_CLOSE = """exists (
    select from loyalty_stamp as n
    where n.member_id = c.member_id and n.card_id = c.id and n.source = 'counter' and n.voided_at is null
        and n.stamped_at > visit.at - p.stamp_gap_seconds * interval '1 second'
        and n.stamped_at < visit.at + p.stamp_gap_seconds * interval '1 second'
)"""

# As above, and $6 card.
STANDING = f"""with {_WAITED}
select p.status, p.name, p.stamp_gap_seconds, t.currency, c.stamped_at, visit.at, {_CLOSE} as close
from visit cross join loyalty_card as c
join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
join tenants_tenant as t on t.id = c.tenant_id
where c.id = $6
for no key update of c
"""

# As above, and $7 when the code expires, $8 whether the card is locked, $9 stamp, $10 $11 amount, $12 site,
# $13 $14 actor, $15 request, $16 the code's own number, $17 transfer of the stamp, $18 reward, $19 transfer of the
# reward, $20 $21 events.
_CARD = """, card as (
    update loyalty_card as c
    set places = c.places + 1,
        spent = c.spent + case when c.places + 1 - c.spent >= p.stamps_required then p.stamps_required else 0 end,
        rewards = c.rewards + case when c.places + 1 - c.spent >= p.stamps_required then 1 else 0 end,
        visits = c.visits + 1,
        first_visit_at = least(c.first_visit_at, visit.at),
        last_visit_at = greatest(c.last_visit_at, visit.at),
        stamped_at = greatest(c.stamped_at, visit.at),
        last_stamp_id = $9,
        at_risk = false
    from visit cross join loyalty_program as p
    where c.id = $6
        and p.tenant_id = c.tenant_id and p.id = c.program_id and p.status = 'active'
        and visit.at is not null
        and ($7::timestamptz is null or visit.at < $7)
        and c.last_stamp_id is distinct from $9
        and (
            p.stamp_gap_seconds = 0
            or c.stamped_at is null
            or c.stamped_at + p.stamp_gap_seconds * interval '1 second' <= visit.at
"""
_AROUND = f"""            or ($8 and not {_CLOSE})
"""
_GIVEN = """        )
        and not exists (select from loyalty_stamp as s where s.id = $9)
        and ($11::text is null or exists (select from tenants_tenant as t where t.currency = $11))
    returning new.id, new.member_id, new.program_id, new.account_id, new.places, new.spent, new.stamps, visit.at,
        old.first_visit_at as first_before, old.last_visit_at as last_before, new.first_visit_at as first_visit_at,
        new.last_visit_at as last_visit_at, old.at_risk as returned, new.spent > old.spent as earned,
        p.stamps_required, p.reward, p.issued_account_id, p.rewarded_account_id,
        $1 + p.reward_valid_days * interval '1 day' as expires_at
), member as (
    update loyalty_member as m
    set visits = m.visits + 1,
        first_visit_at = least(m.first_visit_at, card.at),
        last_visit_at = greatest(m.last_visit_at, card.at),
        at_risk = false
    from card
    where m.id = card.member_id
    returning old.first_visit_at as first_before, old.last_visit_at as last_before,
        new.first_visit_at as first_visit_at, new.last_visit_at as last_visit_at, old.at_risk as returned
), moved as (
    insert into ledger_transfer (id, debit_id, credit_id, amount, unit, code, reference_id, at)
    select $17::uuid, issued_account_id, id_of_card, 1::bigint, unit, 'loyalty.stamp', $9::uuid, $1
    from (select issued_account_id, account_id as id_of_card, 'stamp:' || program_id as unit from card) as given
    union all
    select $19, account_id, rewarded_account_id, stamps_required, 'stamp:' || program_id, 'loyalty.reward', $18, $1
    from card where earned
), reward as (
    insert into loyalty_reward (
        id, card_id, member_id, program_id, reward, stamps, last_place, transfer_id, earned_at, expires_at
    )
    select $18, id, member_id, program_id, reward, stamps_required, spent, $19, $1, expires_at
    from card where earned
)"""
_OF_DEVICE = """, used as (
    insert into loyalty_check_in (nonce, stamp_id) select $16, $9 from card where $16::text is not null
), counted as (
    update devices_device as d set last_sequence = $3 from card where d.id = $2 and d.last_sequence < $3
)"""
_TOLD = """, told as (
    insert into kernel_event (id, name, subject_id, body, actor_kind, actor_id, request_id, at)
    select $20::uuid, 'loyalty.stamps.stamped', card.id, jsonb_build_object(
        'stamp_id', $9, 'card_id', card.id, 'member_id', card.member_id, 'program_id', card.program_id,
        'stamped_at', card.at, 'stamps', card.stamps, 'stamps_required', card.stamps_required,
        'reward_id', case when card.earned then $18::uuid end,
        'amount', case when $10::bigint is not null then jsonb_build_object('minor', $10, 'currency', $11) end,
        'source', 'counter', 'site_id', $12::uuid, 'device_id', $2::uuid,
        'card', jsonb_build_object(
            'first_before', card.first_before, 'last_before', card.last_before,
            'first', card.first_visit_at, 'last', card.last_visit_at, 'returned', card.returned
        ),
        'member', jsonb_build_object(
            'first_before', member.first_before, 'last_before', member.last_before,
            'first', member.first_visit_at, 'last', member.last_visit_at, 'returned', member.returned
        )
    ), $13::text, $14::uuid, $15::text, $1
    from card, member
    union all
    select $21, 'loyalty.rewards.earned', card.id, jsonb_build_object(
        'reward_id', $18, 'card_id', card.id, 'member_id', card.member_id, 'program_id', card.program_id,
        'stamps', card.stamps_required, 'earned_at', $1, 'expires_at', card.expires_at
    ), $13, $14, $15, $1
    from card where earned
)
insert into loyalty_stamp (
    id, card_id, member_id, program_id, place, stamps, stamps_required, reward_id, transfer_id, amount_minor,
    amount_currency, stamped_at, stamped_by_kind, stamped_by, site_id, device_id, device_sequence, waited_seconds
)
select $9, id, member_id, program_id, places, stamps, stamps_required, case when earned then $18::uuid end, $17, $10,
    $11, at, $13, $14, $12, $2, $3, case when $2 is not null then $4::bigint end
from card
returning *
"""

# A stamp that did not wait, by a card, a member or a number.
_NOW = """visit as (
    select $1::timestamptz as at
    where $2::uuid is null and $5::timestamptz is null and $8::boolean is not null and $16::text is null
)"""
GIVE_NOW = f"with {_NOW}{_CARD}{_GIVEN}{_TOLD}"
GIVE = f"with {_WAITED}{_CARD}{_AROUND}{_GIVEN}{_OF_DEVICE}{_TOLD}"
