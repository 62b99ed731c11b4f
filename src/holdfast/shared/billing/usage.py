"""Usage: what a customer used, told by whoever counts it, each once; charged when its period is closed.

Whoever tells makes the id, so that telling twice counts once. What is told late, after its period was closed, is
charged with the next.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import clock
from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing.grants import MANAGE

_AHEAD = timedelta(minutes=10)


class Usage(Row):
    """Something that was used."""

    table: ClassVar[str] = "billing_usage"
    id: UUID
    subscription_id: UUID
    metric: str
    quantity: int
    at: datetime
    period_id: UUID | None
    """The period with which it was charged."""
    told_at: datetime


async def tell(
    tx: Tx,
    subscription_id: UUID,
    *,
    id: UUID,  # noqa: A002 - the column's name
    metric: str,
    quantity: int,
    at: datetime | None = None,
) -> Usage:
    """Count what a customer used. The same id again counts nothing more.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such subscription.
        Invalid: it counts nothing of that name, the quantity is not positive, or it is in the future.
        Reused: the id belongs to something else that was used.
    """
    tx.must(MANAGE)
    at = at or tx.now
    if not 1 <= quantity <= 10**12:
        raise Invalid("Something was used at least once.", field="quantity")
    if at > tx.now + _AHEAD:
        raise Invalid("What is used later is told later.", field="at")
    counted = await tx.one(
        list[str],
        "select coalesce((select array_agg(distinct p.metric) from billing_price as p where p.id = any (s.price_ids) "
        "and p.metric is not null), '{}') from billing_subscription as s where s.id = $1",
        subscription_id,
    )
    if metric not in counted:
        told = f" It counts {', '.join(counted)}." if counted else ""
        raise Invalid(f"This subscription counts nothing of that name.{told}", field="metric")
    new = await tx.find(
        Usage,
        "insert into billing_usage (id, subscription_id, metric, quantity, at, told_at) "
        "values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, id) do nothing returning *",
        id,
        subscription_id,
        metric,
        quantity,
        at,
        tx.now,
    )
    if new is not None:
        return new
    known = await tx.one(Usage, "select * from billing_usage where id = $1", id)
    if (known.subscription_id, known.metric, known.quantity) != (subscription_id, metric, quantity):
        raise Reused("This id was used for something else.")
    return known


class _Sum(msgspec.Struct):
    metric: str
    quantity: int


async def counted(tx: Tx, subscription_id: UUID, *, before: date) -> dict[str, int]:
    """What was used before a day and is not charged yet, by metric."""
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    found = await tx.all(
        _Sum,
        "select metric, sum(quantity)::bigint as quantity from billing_usage where subscription_id = $1 "
        "and period_id is null and at < $2 group by metric order by metric",
        subscription_id,
        clock.start_of(before, timezone),
    )
    return {each.metric: each.quantity for each in found}


async def close(tx: Tx, subscription_id: UUID, period_id: UUID, *, before: date) -> dict[str, int]:
    """Charge what was used before a day with a period: gives it by metric, and nobody gets it a second time."""
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    found = await tx.all(
        _Sum,
        "with closed as (update billing_usage set period_id = $2 where subscription_id = $1 and period_id is null "
        "and at < $3 returning metric, quantity) "
        "select metric, sum(quantity)::bigint as quantity from closed group by metric order by metric",
        subscription_id,
        period_id,
        clock.start_of(before, timezone),
    )
    return {each.metric: each.quantity for each in found}
