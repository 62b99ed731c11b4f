"""Usage: what a customer used, told by whoever counts it, each once; charged when its period is closed.

Whoever tells makes the id, so that telling twice counts once. What is told late, after its period was closed, is
charged with the next; by which prices was decided when it was told, whatever the plan is by then.
"""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import subscriptions
from holdfast.shared.billing.grants import MANAGE

_AHEAD = timedelta(minutes=10)


class Usage(Row):
    """Something that was used."""

    table: ClassVar[str] = "billing_usage"
    id: UUID
    subscription_id: UUID
    metric: str
    quantity: int
    price_ids: list[UUID]
    """The prices by which it is charged."""
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
        subscriptions.NotNow: it is over, and its last invoice is written.
        Invalid: it counts nothing of that name, the quantity is not positive, or it is in the future.
        Reused: the id belongs to something else that was used.
    """
    tx.must(MANAGE)
    at = at or tx.now
    if not 1 <= quantity <= 10**12:
        raise Invalid("Something was used at least once.", field="quantity")
    if at > tx.now + _AHEAD:
        raise Invalid("What is used later is told later.", field="at")
    # Shared with others who tell, and kept from the end of the subscription until this is written.
    status = await tx.one(str, "select status from billing_subscription where id = $1 for share", subscription_id)
    if status == "cancelled":
        known = await tx.find(Usage, "select * from billing_usage where id = $1", id)
        if known is None:
            raise subscriptions.NotNow("It is over, and its last invoice is written.")
        return _same(known, subscription_id, metric, quantity)
    counted = await tx.all(_Counted, _COUNTED, subscription_id)
    price_ids = [each.price_id for each in counted if each.metric == metric]
    if not price_ids:
        names = sorted({each.metric for each in counted})
        told = f" It counts {', '.join(names)}." if names else ""
        raise Invalid(f"This subscription counts nothing of that name.{told}", field="metric")
    new = await tx.find(
        Usage,
        "insert into billing_usage (id, subscription_id, metric, quantity, price_ids, at, told_at) "
        "values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, id) do nothing returning *",
        id,
        subscription_id,
        metric,
        quantity,
        price_ids,
        at,
        tx.now,
    )
    if new is not None:
        return new
    return _same(
        await tx.one(Usage, "select * from billing_usage where id = $1", id), subscription_id, metric, quantity
    )


def _same(known: Usage, subscription_id: UUID, metric: str, quantity: int) -> Usage:
    """What was told before by this id, if it is the same."""
    if (known.subscription_id, known.metric, known.quantity) != (subscription_id, metric, quantity):
        raise Reused("This id was used for something else.")
    return known


class _Counted(msgspec.Struct):
    price_id: UUID
    metric: str


_COUNTED = """
    select p.id as price_id, p.metric from billing_subscription as s
    join billing_price as p on p.id = any (s.price_ids) and p.metric is not null
    where s.id = $1 order by p.id
"""


class _Sum(msgspec.Struct):
    price_id: UUID
    quantity: int


async def counted(tx: Tx, subscription_id: UUID, *, before: datetime) -> dict[UUID, int]:
    """What was used before a moment and is not charged yet, by price."""
    found = await tx.all(
        _Sum,
        "select price_id, sum(quantity)::bigint as quantity from billing_usage, unnest(price_ids) as price_id "
        "where subscription_id = $1 and period_id is null and at < $2 group by price_id order by price_id",
        subscription_id,
        before,
    )
    return {each.price_id: each.quantity for each in found}


async def close(tx: Tx, subscription_id: UUID, period_id: UUID, *, before: datetime) -> dict[UUID, int]:
    """Charge what was used before a moment with a period: gives it by price, and nobody gets it a second time."""
    found = await tx.all(
        _Sum,
        "with closed as (update billing_usage set period_id = $2 where subscription_id = $1 and period_id is null "
        "and at < $3 returning price_ids, quantity) "
        "select price_id, sum(quantity)::bigint as quantity from closed, unnest(price_ids) as price_id "
        "group by price_id order by price_id",
        subscription_id,
        period_id,
        before,
    )
    return {each.price_id: each.quantity for each in found}
