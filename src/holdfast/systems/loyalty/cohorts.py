"""Cohorts: of those who came first in one month, how many came again in each month after.

Two tables are kept. One has a row per member and month in which they came, the other counts them per cohort and month,
and is all that the report reads. Both follow from the stamps alone: whenever something happened to a member's stamps,
all their months are counted again and the difference is written. So it does not matter in which order events come, how
often, or whether a visit of last year is imported or taken back today.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeAlias

import msgspec

from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import programs, reports, stamps, voids

MOST_MONTHS = 60

Counted: TypeAlias = stamps.Stamped | voids.Voided


class Cohort(msgspec.Struct, kw_only=True):
    """Those who came first in one month."""

    month: date
    """The first day of the month, in the business's own calendar."""
    members: int
    returned: list[int]
    """How many of them came in that month (all), in the month after, and so on to the present month, which is not over
    yet."""


class Point(msgspec.Struct, kw_only=True):
    """A point of the retention curve."""

    month_number: int
    """How many months after the month of the first visit; 0 is that month itself."""
    share: float
    """Of those whose month of that number is over, how many came in it."""
    members: int
    """How many those are."""


class Retention(msgspec.Struct, kw_only=True):
    """Who came again, by cohorts and as one curve."""

    as_of: datetime
    months: int
    cohorts: list[Cohort]
    """Oldest first; a month in which nobody came for the first time has none."""
    curve: list[Point]
    """Of all these cohorts together. Months that are not over are left out, since they would bend it down."""


class _Count(msgspec.Struct):
    cohort: date
    month: date
    members: int


async def record(tx: Tx, events: Iterable[Counted]) -> None:
    """Count the months of these events' members again. Idempotent, and right in whatever order events come."""
    members = sorted({event.member_id for event in events})
    # Two that count at once would both write the same difference; the second waits, and then finds none left.
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"loyalty.cohorts.{tx.tenant}")
    await tx.execute(_RECOUNT, members)


async def retention(tx: Tx, *, months: int = 12) -> Retention:
    """Who came again, of the cohorts of the latest months. Reads counts alone. Meets L103.

    Args:
        tx: the transaction; the replica's will do.
        months: how many cohorts, that of the present month included; at most ``MOST_MONTHS``.
    """
    tx.must(programs.READ)
    present = tx.now.astimezone(await reports.zone(tx)).date().replace(day=1)
    came: dict[date, dict[int, int]] = defaultdict(dict)
    for count in await tx.all(_Count, _COUNTS, present, months - 1):
        came[count.cohort][_between(count.cohort, count.month)] = count.members
    cohorts = [
        Cohort(
            month=month,
            members=numbers.get(0, 0),
            returned=[numbers.get(number, 0) for number in range(_between(month, present) + 1)],
        )
        for month, numbers in sorted(came.items())
    ]
    return Retention(as_of=tx.now, months=months, cohorts=cohorts, curve=_curve(cohorts))


def _between(earlier: date, later: date) -> int:
    """How many months lie between two months."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def _curve(cohorts: list[Cohort]) -> list[Point]:
    curve = [Point(month_number=0, share=1.0, members=sum(cohort.members for cohort in cohorts))] if cohorts else []
    # The last number of every cohort is of the present month.
    for number in range(1, max((len(cohort.returned) - 1 for cohort in cohorts), default=0)):
        over = [cohort for cohort in cohorts if len(cohort.returned) - 1 > number]
        members = sum(cohort.members for cohort in over)
        share = round(sum(cohort.returned[number] for cohort in over) / members, 4)
        curve.append(Point(month_number=number, share=share, members=members))
    return curve


# $1 members. What is in the table and what the stamps say meet in one statement, so both are of one moment.
_RECOUNT = """
    with made as (
        select distinct s.member_id, date_trunc('month', s.stamped_at at time zone t.timezone)::date as month
        from loyalty_stamp as s join tenants_tenant as t on t.id = s.tenant_id
        where s.member_id = any ($1::uuid[]) and s.voided_at is null
    ), kept as (
        select member_id, month from loyalty_month where member_id = any ($1)
    ), gone as (
        delete from loyalty_month as m using (select * from kept except select * from made) as wrong
        where m.member_id = wrong.member_id and m.month = wrong.month
    ), come as (
        insert into loyalty_month (member_id, month)
        select * from made except select * from kept order by member_id, month
    ), moved as (
        select cohort, month, sum(number)::bigint as number
        from (
            select min(month) over (partition by member_id) as cohort, month, -1 as number from kept
            union all
            select min(month) over (partition by member_id), month, 1 from made
        ) as counted
        group by cohort, month having sum(number) <> 0
    )
    insert into loyalty_cohort as known (cohort, month, members)
    select cohort, month, number from moved order by cohort, month
    on conflict (tenant_id, cohort, month) do update set members = known.members + excluded.members
"""
_COUNTS = """
    select cohort, month, members from loyalty_cohort
    where members > 0
        and cohort >= ($1::date - $2::int * interval '1 month')::date
    order by cohort, month
"""
