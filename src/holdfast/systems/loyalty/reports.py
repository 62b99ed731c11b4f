"""Reports: what the dashboard shows, read from counts that reactions keep, so it costs the same for ten members or a
hundred thousand.

``record`` adds what events changed to the counts per day and hour; ``metrics`` reads them. The counts equal a recount
of stamps, cards, members and rewards as soon as every event was delivered.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Annotated, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import cards, members, programs, rewards, stamps, voids

WHOLE = UUID(int=0)
"""Stands for all programs together: what is counted is then members instead of cards."""

WindowDays = Annotated[int, Meta(ge=1, le=366)]

Counted: TypeAlias = (
    stamps.Stamped
    | voids.Voided
    | members.Enrolled
    | members.AtRisk
    | cards.Opened
    | cards.AtRisk
    | rewards.Earned
    | rewards.Redeemed
    | rewards.Expired
    | rewards.Cancelled
)

COUNTS = (
    "enrolled",
    "visits",
    "first_visits",
    "last_visits",
    "at_risk",
    "rewards_earned",
    "rewards_redeemed",
    "rewards_expired",
    "rewards_cancelled",
)


class Day(msgspec.Struct):
    """One day of the business's calendar."""

    day: date
    visits: int
    enrolled: int
    first_visits: int
    rewards_earned: int
    rewards_redeemed: int


class Hour(msgspec.Struct):
    """One hour of the business's day."""

    hour: int
    """0 to 23, on the business's clock."""
    today: int
    visits: int
    """In the whole window."""


class Before(msgspec.Struct):
    """The window of the same length that ended where the present one begins, to compare with."""

    visits: int
    new_visitors: int
    enrolled: int
    rewards_redeemed: int


class _Totals(msgspec.Struct):
    since: date | None
    members: int
    active: int
    at_risk: int
    visits: int
    visits_today: int
    visits_in_window: int
    visitors: int
    newcomers: int
    enrolled_in_window: int
    rewards_earned: int
    rewards_redeemed: int
    rewards_redeemed_in_window: int
    rewards_expired: int
    visits_before: int
    newcomers_before: int
    enrolled_before: int
    rewards_redeemed_before: int


class Metrics(msgspec.Struct, kw_only=True):
    """How a business, or one of its programs, is doing."""

    as_of: datetime
    today: date
    window_days: int
    program_id: UUID | None
    members: int
    """Members, or for one program its cards."""
    active: int
    """Those who came within the window."""
    at_risk: int
    visits: int
    visits_today: int
    visits_in_window: int
    new_visitors: int
    """Those whose first visit was within the window."""
    enrolled_in_window: int
    rewards_earned: int
    """Ever, less those that were taken back."""
    rewards_redeemed: int
    rewards_redeemed_in_window: int
    rewards_expired: int
    rewards_open: int
    retention_rate: float | None
    """Of those who had come before the window began, the share who came again within it; absent without any."""
    before: Before | None
    """Absent while less than two windows are known, because then there is nothing fair to compare with."""
    days: list[Day]
    hours: list[Hour]


class Counts:
    """What a list of events adds to the counts, by program and day of a timezone."""

    def __init__(self, zone: ZoneInfo, today: date) -> None:
        self.zone = zone
        self.today = today
        self.days: dict[tuple[UUID, date], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
        self.hours: dict[tuple[UUID, date, int], int] = defaultdict(int)

    def take(self, event: Counted) -> None:
        """Add one event."""
        match event:
            case stamps.Stamped() | voids.Voided():
                self._visit(event, 1 if isinstance(event, stamps.Stamped) else -1)
            case members.Enrolled():
                self.days[WHOLE, self._day(event.enrolled_at)]["enrolled"] += 1
            case cards.Opened():
                self.days[event.program_id, self._day(event.opened_at)]["enrolled"] += 1
            case members.AtRisk():
                self.days[WHOLE, self.today]["at_risk"] += 1 if event.at_risk else -1
            case cards.AtRisk():
                self.days[event.program_id, self.today]["at_risk"] += 1 if event.at_risk else -1
            case rewards.Earned():
                self._both(event.program_id, event.earned_at, "rewards_earned")
            case rewards.Redeemed():
                self._both(event.program_id, event.redeemed_at, "rewards_redeemed")
            case rewards.Expired():
                self._both(event.program_id, event.expired_at, "rewards_expired")
            case rewards.Cancelled():
                self._both(event.program_id, event.cancelled_at, "rewards_cancelled")

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _both(self, program_id: UUID, at: datetime, count: str, number: int = 1) -> None:
        for whose in (program_id, WHOLE):
            self.days[whose, self._day(at)][count] += number

    def _visit(self, event: stamps.Stamped | voids.Voided, number: int) -> None:
        self._both(event.program_id, event.stamped_at, "visits", number)
        local = event.stamped_at.astimezone(self.zone)
        # A file that tells of days alone has every visit at midnight, which is no hour of a visit.
        if event.source != stamps.Source.imported or local.time() != time():
            for whose in (event.program_id, WHOLE):
                self.hours[whose, local.date(), local.hour] += number
        for whose, visits in ((event.program_id, event.card), (WHOLE, event.member)):
            self._move(whose, "first_visits", visits.first_before, visits.first)
            self._move(whose, "last_visits", visits.last_before, visits.last)
            if visits.returned:
                self.days[whose, self.today]["at_risk"] -= 1

    def _move(self, whose: UUID, count: str, before: datetime | None, after: datetime | None) -> None:
        if before is not None:
            self.days[whose, self._day(before)][count] -= 1
        if after is not None:
            self.days[whose, self._day(after)][count] += 1


async def record(tx: Tx, events: Iterable[Counted]) -> None:
    """Add what these events changed to the counts. Each event must come here once, in any order. Meets L20, L102."""
    here = await zone(tx)
    counts = Counts(here, tx.now.astimezone(here).date())
    for event in events:
        counts.take(event)
    # Rows are taken in order of their keys, so that two reactions that count at once never deadlock.
    days = sorted((key, added) for key, added in counts.days.items() if any(added.values()))
    if days:
        await tx.execute(
            _ADD_DAYS,
            [program_id for (program_id, _), _ in days],
            [day for (_, day), _ in days],
            *([added[count] for _, added in days] for count in COUNTS),
        )
    hours = sorted((key, added) for key, added in counts.hours.items() if added)
    if hours:
        await tx.execute(
            _ADD_HOURS,
            [program_id for (program_id, _, _), _ in hours],
            [day for (_, day, _), _ in hours],
            [hour for (_, _, hour), _ in hours],
            [added for _, added in hours],
        )


async def metrics(tx: Tx, *, program_id: UUID | None = None, window_days: int = 30) -> Metrics:
    """The dashboard of the whole business, or of one program. Meets L33, L38, L102.

    Args:
        tx: the transaction; the replica's will do.
        program_id: one program; all of them together when absent.
        window_days: the days that count as now, today included.

    Raises:
        NotFound: this business has no such program.
    """
    tx.must(programs.READ)
    if program_id is not None:
        await programs.get(tx, program_id)
    today = tx.now.astimezone(await zone(tx)).date()
    whose = program_id or WHOLE
    totals = await tx.one(_Totals, _TOTALS, whose, today, window_days)
    earlier = totals.visitors - totals.newcomers
    return Metrics(
        as_of=tx.now,
        today=today,
        window_days=window_days,
        program_id=program_id,
        members=totals.members,
        active=totals.active,
        at_risk=totals.at_risk,
        visits=totals.visits,
        visits_today=totals.visits_today,
        visits_in_window=totals.visits_in_window,
        new_visitors=totals.newcomers,
        enrolled_in_window=totals.enrolled_in_window,
        rewards_earned=totals.rewards_earned,
        rewards_redeemed=totals.rewards_redeemed,
        rewards_redeemed_in_window=totals.rewards_redeemed_in_window,
        rewards_expired=totals.rewards_expired,
        rewards_open=totals.rewards_earned - totals.rewards_redeemed - totals.rewards_expired,
        retention_rate=round((totals.active - totals.newcomers) / earlier, 4) if earlier else None,
        before=_before(totals, today - timedelta(days=2 * window_days - 1)),
        days=await tx.all(Day, _DAYS, whose, today, window_days),
        hours=await tx.all(Hour, _HOURS, whose, today, window_days),
    )


def _before(totals: _Totals, first: date) -> Before | None:
    """The window before, if its first day was one of the business's."""
    if totals.since is None or totals.since > first:
        return None
    return Before(
        visits=totals.visits_before,
        new_visitors=totals.newcomers_before,
        enrolled=totals.enrolled_before,
        rewards_redeemed=totals.rewards_redeemed_before,
    )


async def zone(tx: Tx) -> ZoneInfo:
    """The business's timezone, by whose calendar everything is counted."""
    return ZoneInfo(await tx.one(str, "select timezone from tenants_tenant where id = kernel_tenant()"))


_ADD_DAYS = """
    insert into loyalty_day as known (
        program_id, day, enrolled, visits, first_visits, last_visits, at_risk, rewards_earned, rewards_redeemed,
        rewards_expired, rewards_cancelled
    )
    select * from unnest(
        $1::uuid[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::bigint[], $11::bigint[]
    )
    on conflict (tenant_id, program_id, day) do update set
        enrolled = known.enrolled + excluded.enrolled,
        visits = known.visits + excluded.visits,
        first_visits = known.first_visits + excluded.first_visits,
        last_visits = known.last_visits + excluded.last_visits,
        at_risk = known.at_risk + excluded.at_risk,
        rewards_earned = known.rewards_earned + excluded.rewards_earned,
        rewards_redeemed = known.rewards_redeemed + excluded.rewards_redeemed,
        rewards_expired = known.rewards_expired + excluded.rewards_expired,
        rewards_cancelled = known.rewards_cancelled + excluded.rewards_cancelled
"""
_ADD_HOURS = """
    insert into loyalty_hour as known (program_id, day, hour, visits)
    select * from unnest($1::uuid[], $2::date[], $3::bigint[], $4::bigint[])
    on conflict (tenant_id, program_id, day, hour) do update set visits = known.visits + excluded.visits
"""
_TOTALS = """
    select
        min(day) as since,
        coalesce(sum(enrolled), 0)::bigint as members,
        coalesce(sum(last_visits) filter (where day > $2::date - $3::int), 0)::bigint as active,
        coalesce(sum(at_risk), 0)::bigint as at_risk,
        coalesce(sum(visits), 0)::bigint as visits,
        coalesce(sum(visits) filter (where day = $2), 0)::bigint as visits_today,
        coalesce(sum(visits) filter (where day > $2 - $3), 0)::bigint as visits_in_window,
        coalesce(sum(first_visits), 0)::bigint as visitors,
        coalesce(sum(first_visits) filter (where day > $2 - $3), 0)::bigint as newcomers,
        coalesce(sum(enrolled) filter (where day > $2 - $3), 0)::bigint as enrolled_in_window,
        coalesce(sum(rewards_earned - rewards_cancelled), 0)::bigint as rewards_earned,
        coalesce(sum(rewards_redeemed), 0)::bigint as rewards_redeemed,
        coalesce(sum(rewards_redeemed) filter (where day > $2 - $3), 0)::bigint as rewards_redeemed_in_window,
        coalesce(sum(rewards_expired), 0)::bigint as rewards_expired,
        coalesce(sum(visits) filter (where day > $2 - 2 * $3 and day <= $2 - $3), 0)::bigint as visits_before,
        coalesce(sum(first_visits) filter (where day > $2 - 2 * $3 and day <= $2 - $3), 0)::bigint as newcomers_before,
        coalesce(sum(enrolled) filter (where day > $2 - 2 * $3 and day <= $2 - $3), 0)::bigint as enrolled_before,
        coalesce(sum(rewards_redeemed) filter (where day > $2 - 2 * $3 and day <= $2 - $3), 0)::bigint
            as rewards_redeemed_before
    from loyalty_day where program_id = $1
"""
_DAYS = """
    select calendar.day, coalesce(d.visits, 0) as visits, coalesce(d.enrolled, 0) as enrolled,
        coalesce(d.first_visits, 0) as first_visits, coalesce(d.rewards_earned, 0) as rewards_earned,
        coalesce(d.rewards_redeemed, 0) as rewards_redeemed
    from (
        select moment::date as day
        from generate_series(($2::date - $3::int + 1)::timestamp, $2::date::timestamp, interval '1 day') as moment
    ) as calendar
    left join (
        select * from loyalty_day where program_id = $1 and day > $2 - $3 and day <= $2
    ) as d on d.day = calendar.day
    order by calendar.day
"""
_HOURS = """
    select calendar.hour, coalesce(h.today, 0) as today, coalesce(h.visits, 0) as visits
    from generate_series(0, 23) as calendar (hour)
    left join (
        select hour, coalesce(sum(visits) filter (where day = $2), 0)::bigint as today, sum(visits)::bigint as visits
        from loyalty_hour where program_id = $1 and day > $2::date - $3::int and day <= $2 group by hour
    ) as h on h.hour = calendar.hour
    order by calendar.hour
"""
