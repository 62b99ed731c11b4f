"""What follows in loyalty: the dashboard's counts, the flags of who is at risk, and the end of rewards."""

from holdfast.kernel.jobs import every, on
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import cards, cohorts, members, reports, rewards, risk, staff, stamps, voids

_BATCH = 500


@on(stamps.Stamped, voids.Voided, batch=_BATCH, lane="tenant")
async def count_visits(tx: Tx, events: list[stamps.Stamped | voids.Voided]) -> None:
    """The dashboard counts visits given and taken back."""
    await reports.record(tx, events)


@on(members.Enrolled, cards.Opened, batch=_BATCH, lane="tenant")
async def count_members(tx: Tx, events: list[members.Enrolled | cards.Opened]) -> None:
    """The dashboard counts members and cards."""
    await reports.record(tx, events)


@on(members.AtRisk, cards.AtRisk, batch=_BATCH, lane="tenant")
async def count_at_risk(tx: Tx, events: list[members.AtRisk | cards.AtRisk]) -> None:
    """The dashboard counts who is at risk."""
    await reports.record(tx, events)


@on(rewards.Earned, rewards.Redeemed, batch=_BATCH, lane="tenant")
async def count_rewards(tx: Tx, events: list[rewards.Earned | rewards.Redeemed]) -> None:
    """The dashboard counts rewards earned and redeemed."""
    await reports.record(tx, events)


@on(rewards.Expired, rewards.Cancelled, batch=_BATCH, lane="tenant")
async def count_lost_rewards(tx: Tx, events: list[rewards.Expired | rewards.Cancelled]) -> None:
    """The dashboard counts rewards that ended without being had."""
    await reports.record(tx, events)


@on(stamps.Stamped, voids.Voided, batch=_BATCH, lane="tenant")
async def count_months(tx: Tx, events: list[stamps.Stamped | voids.Voided]) -> None:
    """Retention counts the months in which members came."""
    await cohorts.record(tx, events)


@on(stamps.Stamped, voids.Voided, rewards.Redeemed, batch=_BATCH, lane="tenant")
async def count_staff(tx: Tx, _: list[stamps.Stamped | voids.Voided | rewards.Redeemed]) -> None:
    """The report on staff counts what everybody did at the counter."""
    await staff.record(tx, tx.causes)


@every("15m")
async def flag_who_is_at_risk(tx: Tx) -> None:
    """Who has not come for too long is flagged."""
    await risk.review(tx)


@every("15m")
async def expire_rewards(tx: Tx) -> None:
    """Rewards that were not had in time end."""
    while await rewards.expire(tx):
        pass
