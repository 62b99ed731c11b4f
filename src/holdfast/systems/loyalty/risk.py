"""Risk: who has not come for too long. A reconciler looks at every card and member, and sets or takes back the flag.

A card is at risk when it was not used for the program's ``inactivity_days``; a card whose rhythm is known (four visits
or more) already when it was silent for twice its own mean gap, but never before three days. A member is at risk when
all their cards of active programs are. The next stamp takes both flags away at once.
"""

from holdfast.kernel.tx import Tx

_AT_ONCE = 5000
"""Flags of one kind that one review changes; the rest are the next one's, so that no stamp waits long for it."""


async def review(tx: Tx) -> int:
    """Set and take back the flags that are wrong, of 5,000 cards and members at most; gives how many. Meets L50.

    Idempotent, and without memory: what one review leaves, or misses because somebody was being stamped, the next sees.
    """
    flagged = await tx.execute(_CARDS, tx.now, tx.actor.kind, tx.actor.id, tx.request_id, _AT_ONCE)
    return flagged + await tx.execute(_MEMBERS, tx.now, tx.actor.kind, tx.actor.id, tx.request_id, _AT_ONCE)


# $1 now, $2 $3 actor, $4 request, $5 how many at once. Every statement tells what it changed, so that the rollups count
# exactly the flags that there are.
_CARDS = """
with wrong as (
    select c.id
    from loyalty_card as c
    join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
    where c.at_risk <> (
        p.status = 'active'
        and coalesce(c.last_visit_at, c.opened_at) + least(
            p.inactivity_days, case when c.visits >= 4 then greatest(3, 2 * c.visit_frequency_days) end
        ) * interval '1 day' <= $1
    )
    order by c.id limit $5
    for no key update of c
), changed as (
    update loyalty_card as c set at_risk = not c.at_risk from wrong where c.id = wrong.id
    returning c.id, c.member_id, c.program_id, new.at_risk
)
insert into kernel_event (id, name, subject_id, body, actor_kind, actor_id, request_id, at)
select uuidv7(), 'loyalty.cards.at_risk', id,
    jsonb_build_object('card_id', id, 'member_id', member_id, 'program_id', program_id, 'at_risk', at_risk),
    $2, $3, $4, $1
from changed
"""
_MEMBERS = """
with wrong as (
    select m.id
    from loyalty_member as m
    where m.at_risk <> coalesce((
        select bool_and(c.at_risk)
        from loyalty_card as c
        join loyalty_program as p on p.tenant_id = c.tenant_id and p.id = c.program_id
        where c.tenant_id = m.tenant_id and c.member_id = m.id and p.status = 'active'
    ), false)
    order by m.id limit $5
    for no key update of m
), changed as (
    update loyalty_member as m set at_risk = not m.at_risk from wrong where m.id = wrong.id
    returning m.id, new.at_risk
)
insert into kernel_event (id, name, subject_id, body, actor_kind, actor_id, request_id, at)
select uuidv7(), 'loyalty.members.at_risk', id, jsonb_build_object('member_id', id, 'at_risk', at_risk), $2, $3, $4, $1
from changed
"""
