"""Activity: what happened last in the business, for the feed of the live dashboard.

The four kinds are read each from an index of its own table, newest first, and merged; what was imported is left out.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from holdfast.kernel.pages import Listing, Page, listing
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import programs

Kind = Literal["enrolled", "redeemed", "stamped", "voided"]


class Happening(msgspec.Struct, kw_only=True):
    """A stamp, a stamp that was taken back, an enrolment, or a reward that was had."""

    kind: Kind
    id: UUID
    """Of the stamp, the member or the reward; unique together with the kind."""
    at: datetime
    member_id: UUID
    member: str
    """The member's name."""
    program: str | None
    """The program's name; for an enrolment that of the first card."""
    stamps: int | None
    """For a stamp: what the card showed after it."""
    stamps_required: int | None
    reward: str | None
    """What was had, or for a stamp what it earned."""
    by: UUID | None
    """The person, device or API key; absent when a customer enrolled by themselves."""
    by_name: str | None


async def latest(tx: Tx, page: Page) -> Listing[Happening]:
    """The latest stamps, voids, enrolments and redemptions, newest first. Meets L28.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    tx.must(programs.READ)
    moment, kind, last = page.position(tuple[datetime, Kind, UUID]) or (None, None, None)
    found = await tx.all(Happening, _LATEST, moment, kind, last, page.fetch)
    return listing(page, found, lambda one: (one.at, one.kind, one.id))


# $1 $2 $3 the moment, kind and id where the page before ended, $4 how many. Each kind gives as many as the page holds,
# so that reading costs the same however much happened. Without a page before, everything is before infinity, and what
# the kind and id are compared with does not matter.
_LATEST = """
    with latest as (
        (
            select 'stamped' as kind, stamped_at as at, id, member_id, program_id, stamps, stamps_required, reward_id,
                stamped_by as by_id
            from loyalty_stamp
            where source = 'counter' and stamped_at <= coalesce($1::timestamptz, 'infinity')
                and (stamped_at, 'stamped', id) < (coalesce($1, 'infinity'), $2::text, $3::uuid)
            order by stamped_at desc, id desc limit $4
        )
        union all
        (
            select 'voided', voided_at, id, member_id, program_id, null, null, null, voided_by
            from loyalty_stamp
            where voided_at is not null and voided_at <= coalesce($1::timestamptz, 'infinity')
                and (voided_at, 'voided', id) < (coalesce($1, 'infinity'), $2::text, $3::uuid)
            order by voided_at desc, id desc limit $4
        )
        union all
        (
            select 'redeemed', ended_at, id, member_id, program_id, null, null, id, redeemed_by
            from loyalty_reward
            where status = 'redeemed' and ended_at <= coalesce($1::timestamptz, 'infinity')
                and (ended_at, 'redeemed', id) < (coalesce($1, 'infinity'), $2::text, $3::uuid)
            order by ended_at desc, id desc limit $4
        )
        union all
        (
            select 'enrolled', enrolled_at, id, id, (
                    select c.program_id from loyalty_card as c
                    where c.tenant_id = m.tenant_id and c.member_id = m.id order by c.opened_at, c.id limit 1
                ), null, null, null, (
                    select e.actor_id from kernel_event as e
                    where e.tenant_id = m.tenant_id and e.subject_id = m.id and e.name = 'loyalty.members.enrolled'
                    order by e.xid, e.seq limit 1
                )
            from loyalty_member as m
            where source <> 'import' and enrolled_at <= coalesce($1::timestamptz, 'infinity')
                and (enrolled_at, 'enrolled', id) < (coalesce($1, 'infinity'), $2::text, $3::uuid)
            order by enrolled_at desc, id desc limit $4
        )
        order by at desc, kind desc, id desc limit $4
    )
    select l.kind, l.id, l.at, l.member_id, m.name as member, p.name as program, l.stamps, l.stamps_required, r.reward,
        l.by_id as by, named.name as by_name
    from latest as l
    join loyalty_member as m on m.id = l.member_id
    left join loyalty_program as p on p.id = l.program_id
    left join loyalty_reward as r on r.id = l.reward_id
    left join loyalty_actor as named on named.id = l.by_id
    order by l.at desc, l.kind desc, l.id desc
"""
