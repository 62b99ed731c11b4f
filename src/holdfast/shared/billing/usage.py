"""Usage: what a customer used, told by whoever counts it, each once; charged when its period is closed.

Whoever tells makes the id, so that telling twice counts once. What is told late, after its period was closed, is
charged with the next, by the prices that held when it was used, whatever the plan is by then. What was used in a trial
is part of the trial, whenever it is told. What was told by mistake is withdrawn as long as it is not charged.
"""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import subscriptions
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.subscriptions import Subscription

_AHEAD = timedelta(minutes=10)
"""So far may the clock of whoever counts be ahead of ours."""


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
    withdrawn_at: datetime | None
    """When somebody said that it was told by mistake; it is not charged then."""


class Withdrawn(Event):
    """Something that was told by mistake is not charged."""

    name: ClassVar[str] = "billing.usage.withdrawn"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    usage_id: UUID
    metric: str
    quantity: int


class ChargedAlready(Problem):
    """This was charged already; credit the invoice instead."""


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
        Invalid: it counts nothing of that name, the quantity is not positive, or the moment has no timezone or is in
            the future.
        Reused: the id belongs to something else that was used.
    """
    tx.must(MANAGE)
    at = at or tx.now
    if not 1 <= quantity <= 10**12:
        raise Invalid("Something was used at least once.", field="quantity")
    if at.tzinfo is None:
        raise Invalid("Say the moment with its timezone, such as 2026-01-31T12:00:00Z.", field="at")
    if at > tx.now + _AHEAD:
        raise Invalid("What is used later is told later.", field="at")
    # Shared with others who tell, and kept from the end of the subscription until this is written.
    over = await tx.one(
        bool,
        "select status = 'cancelled' or ends_on is not null from billing_subscription where id = $1 for share",
        subscription_id,
    )
    if over:
        known = await tx.find(Usage, "select * from billing_usage where id = $1", id)
        if known is None:
            raise subscriptions.NotNow("It is over, and its last invoice is written.")
        return _same(known, subscription_id, metric, quantity)
    price_ids = await _prices(tx, subscription_id, metric, at)
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
    former: bool


# What counted something when it was used comes before what counts it now.
_COUNTED = """
    select p.id as price_id, p.metric, true as former from (
        select price_ids from billing_former_prices where subscription_id = $1 and until > $2 order by until, id limit 1
    ) as f join billing_price as p on p.id = any (f.price_ids) and p.metric is not null
    union all
    select p.id, p.metric, false from billing_subscription as s
    join billing_price as p on p.id = any (s.price_ids) and p.metric is not null where s.id = $1
    order by 3 desc, 1
"""


async def _prices(tx: Tx, subscription_id: UUID, metric: str, at: datetime) -> list[UUID]:
    """The prices by which something is charged that was used at a moment: those that held then, or those of now.

    Raises:
        Invalid: none of them counts it.
    """
    counted = await tx.all(_Counted, _COUNTED, subscription_id, at)
    own = [each for each in counted if each.metric == metric]
    if own:
        return [each.price_id for each in own if each.former == own[0].former]
    names = sorted({each.metric for each in counted})
    told = f" It counts {', '.join(names)}." if names else ""
    raise Invalid(f"This subscription counts nothing of that name.{told}", field="metric")


async def keep_former(tx: Tx, subscription: Subscription, *, until: datetime) -> None:
    """Write down by which prices is charged what was used before a moment, since others hold from then on."""
    await tx.execute(
        "insert into billing_former_prices (id, subscription_id, price_ids, until) values ($1, $2, $3, $4)",
        ids.new(),
        subscription.id,
        subscription.price_ids,
        until,
    )


async def withdraw(tx: Tx, subscription_id: UUID, usage_id: UUID) -> Usage:
    """Take back something that was told by mistake and is not charged yet. Twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: nothing of that id was told of this subscription.
        ChargedAlready: it is on an invoice, or was part of a period that is over.
    """
    tx.must(MANAGE)
    used = await tx.get(Usage, usage_id, lock=True)
    if used.subscription_id != subscription_id:
        raise NotFound(f"Nothing was told of this subscription with the id {usage_id}.")
    if used.withdrawn_at is not None:
        return used
    if used.period_id is not None:
        raise ChargedAlready
    used = await tx.update(used, withdrawn_at=tx.now)
    await tx.emit(
        Withdrawn(subscription_id=subscription_id, usage_id=usage_id, metric=used.metric, quantity=used.quantity)
    )
    return used


async def uncharged(tx: Tx, subscription_id: UUID, page: Page) -> Listing[Usage]:
    """What was told of a subscription and is not charged yet, the latest first.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        NotFound: there is no such subscription.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    await tx.get(Subscription, subscription_id)
    found = await tx.all(
        Usage,
        "select * from billing_usage where subscription_id = $1 and period_id is null and withdrawn_at is null "
        "and ($2::timestamptz is null or (at, id) < ($2, $3)) order by at desc, id desc limit $4",
        subscription_id,
        *page.after_moment(),
        page.fetch,
    )
    return pages.listing(page, found, lambda used: (used.at, used.id))


class _Sum(msgspec.Struct):
    price_id: UUID
    quantity: int


async def counted(tx: Tx, subscription: Subscription, *, before: datetime | None = None) -> dict[UUID, int]:
    """What was used and is not charged yet, by price: before a moment, or whatever was told until now."""
    found = await tx.all(
        _Sum,
        "select price_id, sum(quantity)::bigint as quantity from billing_usage, unnest(price_ids) as price_id "
        "where subscription_id = $1 and period_id is null and withdrawn_at is null and at < $2 "
        "and ($3::timestamptz is null or at >= $3) group by price_id order by price_id",
        subscription.id,
        before or _until(tx),
        await _trial_over(tx, subscription),
    )
    return {each.price_id: each.quantity for each in found}


async def close(
    tx: Tx, subscription: Subscription, period_id: UUID, *, before: datetime | None = None
) -> dict[UUID, int]:
    """Charge what ``counted`` gives with a period: gives it by price, and nobody gets it a second time.

    What was used in a trial is closed with it and charged to nobody, however late it was told.
    """
    found = await tx.all(
        _Sum,
        "with closed as (update billing_usage set period_id = $2 where subscription_id = $1 and period_id is null "
        "and withdrawn_at is null and at < $3 returning price_ids, quantity, at) "
        "select price_id, sum(quantity)::bigint as quantity from closed, unnest(price_ids) as price_id "
        "where $4::timestamptz is null or at >= $4 group by price_id order by price_id",
        subscription.id,
        period_id,
        before or _until(tx),
        await _trial_over(tx, subscription),
    )
    return {each.price_id: each.quantity for each in found}


def _until(tx: Tx) -> datetime:
    """The moment before which everything is that can have been told until now."""
    return tx.now + _AHEAD + timedelta(microseconds=1)


async def _trial_over(tx: Tx, subscription: Subscription) -> datetime | None:
    """When a subscription's trial ends; None where it had none."""
    trial = subscription.trial_ends_on
    return None if trial is None else await subscriptions.start_of(tx, trial)
