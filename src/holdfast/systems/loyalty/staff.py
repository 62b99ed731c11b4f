"""Staff: who stamps, how much of it is taken back, and who hands rewards out; read from counts per day and actor.

The counts follow from events, each counted once. A stamp counts for whoever gave it, on the day of the visit; when it
is taken back, by whomever, that counts on the same day for the same giver, so that the two can be compared.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from holdfast.kernel.events import Recorded
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import programs, reports, rewards, stamps, voids

_ACTING = ("person", "device", "api_key")
"""Who can be named. What the platform does by itself, such as an import, is nobody's work at the counter."""


class Actor(msgspec.Struct, kw_only=True):
    """What a person, a device or an API key did in the window."""

    kind: str
    """``person``, ``device`` or ``api_key``."""
    id: UUID
    name: str | None
    """Absent for somebody whom the business no longer knows."""
    stamps: int
    """Stamps given, those that were taken back included."""
    stamps_today: int
    voided: int
    """Of the stamps given in the window, how many were taken back since, by whomever."""
    rewards_redeemed: int
    last_at: datetime | None
    """When they last stamped or handed out a reward."""


class _Done(msgspec.Struct):
    """What somebody did on a day."""

    stamps: int = 0
    voided: int = 0
    rewards_redeemed: int = 0
    last_at: datetime | None = None

    def acted(self, at: datetime) -> None:
        """They were there at that moment."""
        self.last_at = at if self.last_at is None else max(self.last_at, at)


class _Giver(msgspec.Struct):
    id: UUID
    kind: str
    by: UUID | None


async def record(tx: Tx, causes: Iterable[Recorded]) -> None:
    """Add what these events tell of who did what. Each event must come here once, in any order."""
    zone = await reports.zone(tx)
    happened = list(causes)
    taken_back = [one.event.stamp_id for one in happened if isinstance(one.event, voids.Voided)]
    givers = {giver.id: giver for giver in (await tx.all(_Giver, _GIVERS, taken_back) if taken_back else ())}
    days: dict[tuple[date, str, UUID], _Done] = {}

    def done(at: datetime, kind: str, by: UUID | None) -> _Done:
        if by is None or kind not in _ACTING:
            return _Done()
        return days.setdefault((at.astimezone(zone).date(), kind, by), _Done())

    for one in happened:
        match one.event:
            case stamps.Stamped(source="counter", stamped_at=at):
                stamped = done(at, one.actor_kind, one.actor_id)
                stamped.stamps += 1
                stamped.acted(at)
            case voids.Voided(source="counter", stamped_at=at, stamp_id=stamp_id):
                giver = givers[stamp_id]
                done(at, giver.kind, giver.by).voided += 1
            case rewards.Redeemed(redeemed_at=at):
                redeemed = done(at, one.actor_kind, one.actor_id)
                redeemed.rewards_redeemed += 1
                redeemed.acted(at)
    # Rows are taken in order of their keys, so that two that count at once never deadlock.
    rows = [(*key, *msgspec.structs.astuple(row)) for key, row in sorted(days.items(), key=lambda item: item[0])]
    if rows:
        await tx.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def report(tx: Tx, *, window_days: int = 30) -> list[Actor]:
    """What everybody did at the counter in the latest days, the busiest first; at most 200.

    Whoever manages the programs sees everybody. Anybody else sees themselves: how much one stamps is no secret from
    oneself, and what colleagues do is for whoever is responsible.

    Args:
        tx: the transaction; the replica's will do.
        window_days: the days that count as now, today included.
    """
    tx.must(programs.READ)
    today = tx.now.astimezone(await reports.zone(tx)).date()
    everybody = tx.actor.may(programs.MANAGE)
    return await tx.all(Actor, _REPORT, today, window_days, everybody, tx.actor.id)


_GIVERS = "select id, stamped_by_kind as kind, stamped_by as by from loyalty_stamp where id = any ($1)"
_ADD = """
    insert into loyalty_staff_day as known (day, actor_kind, actor_id, stamps, voided, rewards_redeemed, last_at)
    select * from unnest(
        $1::date[], $2::text[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[]
    )
    on conflict (tenant_id, day, actor_kind, actor_id) do update set
        stamps = known.stamps + excluded.stamps,
        voided = known.voided + excluded.voided,
        rewards_redeemed = known.rewards_redeemed + excluded.rewards_redeemed,
        last_at = greatest(known.last_at, excluded.last_at)
"""
_REPORT = """
    select done.kind, done.id, named.name, done.stamps, done.stamps_today, done.voided, done.rewards_redeemed,
        done.last_at
    from (
        select actor_kind as kind, actor_id as id, sum(stamps)::bigint as stamps,
            coalesce(sum(stamps) filter (where day = $1), 0)::bigint as stamps_today, sum(voided)::bigint as voided,
            sum(rewards_redeemed)::bigint as rewards_redeemed, max(last_at) as last_at
        from loyalty_staff_day
        where day > $1::date - $2::int and ($3::boolean or actor_id = $4)
        group by actor_kind, actor_id
    ) as done
    left join loyalty_actor as named on named.id = done.id
    order by done.stamps desc, done.last_at desc nulls last, done.id limit 200
"""
