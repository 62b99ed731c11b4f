"""A café for tests: what every test of loyalty needs to have first, and what it looks at in the end."""

import asyncio
import itertools
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from holdfast.kernel import events, ids
from holdfast.kernel.database import Database
from holdfast.kernel.jobs import REGISTRY
from holdfast.kernel.tx import PLATFORM, Actor, Tx, transaction
from holdfast.systems.loyalty import members, programs, reactions, rewards, stamps

CONSENT = members.Consent(version="2026-05 es", channel="counter")
_numbers = itertools.count(910_000_000)

COLUMNS = (
    "enrolled, visits, first_visits, last_visits, at_risk, rewards_earned, rewards_redeemed, rewards_expired, "
    "rewards_cancelled"
)


def phone() -> str:
    """A Peruvian mobile number that no test had before."""
    return str(next(_numbers))


def actor(*grants: str) -> Actor:
    """Somebody who holds these grants."""
    person = ids.new()
    return Actor(kind="person", id=person, person=person, grants=frozenset(grants))


async def program(tx: Tx, **changes: Any) -> programs.Program:
    """A program of three stamps without a gap, unless told otherwise."""
    promise: dict[str, Any] = {
        "name": f"Card {ids.new()}",
        "stamps_required": 3,
        "reward": "Free coffee",
        "stamp_gap_seconds": 0,
    }
    return await programs.open(tx, programs.New(**(promise | changes)))


async def member(tx: Tx, *, name: str = "Ana Quispe", program_id: UUID | None = None) -> members.Enrollment:
    """A member with a card."""
    return await members.enroll(tx, members.New(phone=phone(), name=name, consent=CONSENT, program_id=program_id))


async def stamp(tx: Tx, card_id: UUID, times: int = 1) -> list[stamps.Stamp]:
    """So many stamps on a card."""
    return [(await stamps.stamp(tx, ids.new(), card_id=card_id))[0] for _ in range(times)]


async def until_waiting(tx: Tx, number: int) -> None:
    """Until so many other transactions wait for a lock."""
    while (
        await tx.one(
            int,
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        < number
    ):
        await asyncio.sleep(0.01)


async def rewards_of(tx: Tx, card_id: UUID) -> list[rewards.Reward]:
    """The rewards of a card, oldest first."""
    return await tx.all(
        rewards.Reward, "select * from loyalty_reward where card_id = $1 order by earned_at, id", card_id
    )


async def told(tx: Tx) -> list[events.Event]:
    """What loyalty told in this tenant, in order."""
    return [recorded.event for recorded in await recorded_events(tx)]


async def recorded_events(tx: Tx) -> list[events.Recorded]:
    """What loyalty told in this tenant, in order, and by whom."""
    found = await tx.connection.fetch(
        f"select {events.COLUMNS} from kernel_event where tenant_id = $1 and name like 'loyalty.%' order by xid, seq",
        tx.tenant,
    )
    return [recorded for row in found if (recorded := events.recorded(row)) is not None]


async def deliver(database: Database, tenant: UUID) -> None:
    """Run loyalty's own reactions on everything that the tenant's events told, once each, as a worker would."""
    async with transaction(database, tenant, PLATFORM) as tx:
        happened = await recorded_events(tx)
    for reaction in REGISTRY.reactions.values():
        if reaction.run.__module__ != reactions.__name__:
            continue
        mine = [recorded for recorded in happened if recorded.event.name in reaction.events]
        for start in range(0, len(mine), reaction.batch):
            async with transaction(database, tenant, PLATFORM) as tx:
                tx.causes = mine[start : start + reaction.batch]
                await reaction.run(tx, [recorded.event for recorded in tx.causes])


async def counted(tx: Tx) -> dict[tuple[UUID, date], dict[str, int]]:
    """The kept counts per program and day, without the days on which all are zero; changes of at_risk summed up."""
    rows = await tx.connection.fetch(f"select program_id, day, {COLUMNS} from loyalty_day")
    return _tidy([dict(row) for row in rows])


async def recounted(tx: Tx) -> dict[tuple[UUID, date], dict[str, int]]:
    """The same counts, made from stamps, members, cards and rewards."""
    return _tidy([dict(row) for row in await tx.connection.fetch(_RECOUNT)])


async def hours(tx: Tx) -> tuple[Counter[Any], Counter[Any]]:
    """The kept visits per hour, and the same made from stamps."""
    kept = await tx.connection.fetch("select program_id, day, hour, visits from loyalty_hour where visits <> 0")
    made = await tx.connection.fetch(_RECOUNT_HOURS)
    return (
        Counter({(row["program_id"], row["day"], row["hour"]): row["visits"] for row in kept}),
        Counter({(row["program_id"], row["day"], row["hour"]): row["visits"] for row in made}),
    )


def _tidy(rows: list[dict[str, Any]]) -> dict[tuple[UUID, date], dict[str, int]]:
    found: dict[tuple[UUID, date], dict[str, int]] = {}
    for row in rows:
        whose, day = row.pop("program_id"), row.pop("day")
        # The flags are counted as changes per day, of which only the sum says something.
        at_risk = row.pop("at_risk")
        flags = found.setdefault((whose, date.min), {"at_risk": 0})
        flags["at_risk"] += at_risk
        if any(row.values()):
            found[whose, day] = row
    return {key: row for key, row in found.items() if any(row.values())}


_RECOUNT = """
with zone as (select timezone as name from tenants_tenant where id = kernel_tenant()),
nobody as (select '00000000-0000-0000-0000-000000000000'::uuid as id),
facts (program_id, moment, what, number) as (
    select nobody.id, enrolled_at, 'enrolled', 1 from loyalty_member, nobody
    union all select program_id, opened_at, 'enrolled', 1 from loyalty_card
    union all select program_id, stamped_at, 'visits', 1 from loyalty_stamp where voided_at is null
    union all select nobody.id, stamped_at, 'visits', 1 from loyalty_stamp, nobody where voided_at is null
    union all select program_id, min(stamped_at), 'first_visits', 1 from loyalty_stamp
        where voided_at is null group by card_id, program_id
    union all select program_id, max(stamped_at), 'last_visits', 1 from loyalty_stamp
        where voided_at is null group by card_id, program_id
    union all select nobody.id, min(stamped_at), 'first_visits', 1 from loyalty_stamp, nobody
        where voided_at is null group by member_id, nobody.id
    union all select nobody.id, max(stamped_at), 'last_visits', 1 from loyalty_stamp, nobody
        where voided_at is null group by member_id, nobody.id
    union all select program_id, now(), 'at_risk', 1 from loyalty_card where at_risk
    union all select nobody.id, now(), 'at_risk', 1 from loyalty_member, nobody where at_risk
    union all select whose, earned_at, 'rewards_earned', 1 from loyalty_reward, nobody,
        lateral (values (program_id), (nobody.id)) as two (whose)
    union all select whose, ended_at, 'rewards_' || status, 1 from loyalty_reward, nobody,
        lateral (values (program_id), (nobody.id)) as two (whose) where status <> 'earned'
)
select program_id, (moment at time zone zone.name)::date as day,
    count(*) filter (where what = 'enrolled') as enrolled,
    count(*) filter (where what = 'visits') as visits,
    count(*) filter (where what = 'first_visits') as first_visits,
    count(*) filter (where what = 'last_visits') as last_visits,
    count(*) filter (where what = 'at_risk') as at_risk,
    count(*) filter (where what = 'rewards_earned') as rewards_earned,
    count(*) filter (where what = 'rewards_redeemed') as rewards_redeemed,
    count(*) filter (where what = 'rewards_expired') as rewards_expired,
    count(*) filter (where what = 'rewards_cancelled') as rewards_cancelled
from facts, zone group by 1, 2
"""
_RECOUNT_HOURS = """
select whose as program_id, (stamped_at at time zone t.timezone)::date as day,
    extract(hour from stamped_at at time zone t.timezone)::int as hour, count(*) as visits
from loyalty_stamp as s join tenants_tenant as t on t.id = s.tenant_id,
    lateral (values (s.program_id), ('00000000-0000-0000-0000-000000000000'::uuid)) as two (whose)
where voided_at is null and (source = 'counter' or (stamped_at at time zone t.timezone)::time <> '00:00')
group by 1, 2, 3
"""


async def sound(tx: Tx) -> None:
    """Assert that stamps, cards, rewards and ledger of the tenant agree with one another."""
    # Right after an import the planner still knows of a few rows alone, and would loop over thousands of them.
    await tx.execute("select set_config('statement_timeout', '60s', true), set_config('enable_nestloop', 'off', true)")
    wrong = await tx.connection.fetch(_WRONG)
    assert not wrong, [dict(row) for row in wrong]


# What is expected of a card and a member, from stamps and rewards, beside what they and the ledger say.
_WRONG = """
with s as (
    select s.card_id, count(*) as live, min(s.stamped_at) as first_at, max(s.stamped_at) as last_at,
        count(*) filter (where s.place > c.spent) as on_card,
        min(s.place) filter (where s.place > c.spent) as first_place, max(s.place) as last_place
    from loyalty_stamp as s join loyalty_card as c on c.id = s.card_id
    where s.voided_at is null group by s.card_id
), r as (
    select card_id, sum(stamps) as spent, count(*) as rewards
    from loyalty_reward where status <> 'cancelled' group by card_id
), v as (
    select member_id, count(*) as live, min(stamped_at) as first_at, max(stamped_at) as last_at
    from loyalty_stamp where voided_at is null group by member_id
)
select c.id, c.places, c.spent, c.stamps, c.visits, c.rewards, b.posted, s.live, s.on_card, s.first_place, s.last_place
from loyalty_card as c
join loyalty_member as m on m.id = c.member_id
left join ledger_balance as b on b.account_id = c.account_id
left join s on s.card_id = c.id
left join r on r.card_id = c.id
left join v on v.member_id = m.id
where c.stamps is distinct from b.posted or b.held <> 0
    or c.stamps <> coalesce(s.live, 0) - coalesce(r.spent, 0) or c.stamps <> coalesce(s.on_card, 0)
    or c.visits <> coalesce(s.live, 0) or c.rewards <> coalesce(r.rewards, 0)
    or (c.stamps > 0 and (s.first_place <> c.spent + 1 or s.last_place <> c.places))
    or c.first_visit_at is distinct from s.first_at or c.last_visit_at is distinct from s.last_at
    or m.visits <> coalesce(v.live, 0)
    or m.first_visit_at is distinct from v.first_at or m.last_visit_at is distinct from v.last_at
"""
