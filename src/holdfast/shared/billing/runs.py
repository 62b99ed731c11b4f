"""Runs: subscriptions are renewed when their day has come, each in a transaction of its own.

A run looks at state and takes no input, so that one which was missed heals itself: every period that should have begun
meanwhile begins, in order, once. Two schedulers at once find the row locked and the period there. A subscription that
cannot be renewed is parked with the reason and stops nobody else; so is one that would be charged far too often or far
too much, because a customer forgives a late invoice and not a wrong one. Somebody who has looked releases it, and what
they have seen is let through once (``parked``).

What a subscription brings in is noted at the end of a run: the row of the month is taken after whatever its invoices
take, as everywhere, so that two runs never wait for each other.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid5

import asyncpg
import structlog

from holdfast.kernel import savepoints, telemetry
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem, Unavailable
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    catalog,
    discounts,
    invoices,
    owing,
    parked,
    rating,
    steps,
    subscriptions,
    totals,
    usage,
)
from holdfast.shared.billing.catalog import Plan
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.lines import Draft
from holdfast.shared.billing.periods import Interval, Period
from holdfast.shared.billing.steps import Step
from holdfast.shared.billing.subscriptions import RUNNING, Status, Subscription

log = structlog.get_logger()

MOST_MISSED = {Interval.day: 400, Interval.week: 60, Interval.month: 18, Interval.year: 3}
"""So many periods may have been missed; more are looked at by somebody before anybody is charged for them."""
MOST_TIMES = 10
"""An invoice of more than so many times the greatest of the last ones is looked at first."""
_CLAIM = timedelta(minutes=10)
_PASSING = (
    asyncpg.TransactionRollbackError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresConnectionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InterfaceError,
    OSError,
    Unavailable,
)
"""What says nothing about a subscription: two met in the database, it was too busy, or it was away."""
_UNEXPECTED = "Something unexpected stood in the way; it was recorded, and nothing was charged."


class Due(Event):
    """The day of a subscription has come."""

    name: ClassVar[str] = "billing.subscription.due"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID


class Suspicious(Problem):
    """This would be charged far too often or far too much."""

    def __init__(self, detail: str | None = None, *, minor: int | None = None) -> None:
        """``minor`` is what an invoice would come to, where that is too much."""
        super().__init__(detail)
        self.minor = minor


async def find_due(tx: Tx, limit: int = 500) -> int:
    """Tell of the subscriptions whose day has come; each is told once in ten minutes. Gives how many."""
    found = await tx.all(
        UUID,
        "update billing_subscription set claimed_until = now() + $2 where id = any (array("
        "select id from billing_subscription where next_at <= $1 and (claimed_until is null or claimed_until < now()) "
        "order by next_at, id limit $3 for update skip locked)) returning id",
        tx.now,
        _CLAIM,
        limit,
    )
    for subscription_id in found:
        await tx.emit(Due(subscription_id=subscription_id))
    return len(found)


async def bill_or_park(tx: Tx, subscription_id: UUID) -> None:
    """Renew a subscription whose day has come, or park it with the reason why that is not possible.

    Raises:
        Unavailable, asyncpg.PostgresError: the database could not; the job is tried again.
    """
    try:
        async with savepoints.part(tx):
            await bill(tx, subscription_id)
    except Exception as error:
        # A value that cannot be sent is the driver's error as well, and no better the next time.
        if isinstance(error, _PASSING) and not isinstance(error, ValueError):
            raise
        log.warning("billing.parked", subscription=str(subscription_id), error=type(error).__name__)
        reason = str(error)
        if not isinstance(error, Problem):
            # The customer reads the reason, so what nobody wrote for a reader is told to those who run the platform.
            telemetry.report(error)
            reason = _UNEXPECTED
        minor = error.minor if isinstance(error, Suspicious) else None
        await parked.park(tx, subscription_id, reason, minor=minor)


async def bill(tx: Tx, subscription_id: UUID) -> int:
    """Begin every period of a subscription that should have begun by now; gives how many.

    Raises:
        Suspicious: there are too many, or one costs too much.
    """
    subscription = await subscriptions.locked(tx, subscription_id)
    released = (await parked.approval(tx, subscription_id)).released_at
    begun, missed = 0, 0
    while subscription.next_at is not None and subscription.next_at <= tx.now:
        plan = await tx.get(Plan, subscription.plan_id)
        missed += released is None or subscription.next_at > released
        if missed > MOST_MISSED[plan.interval]:
            raise Suspicious(f"More than {MOST_MISSED[plan.interval]} periods were missed.")
        subscription = await step(tx, subscription)
        begun += 1
    await subscriptions.note(tx, subscription)
    # What was let go on counts for one run that charges something.
    await tx.execute(
        "update billing_subscription set claimed_until = null, "
        "released_minor = case when $2 then null else released_minor end where id = $1",
        subscription_id,
        begun > 0,
    )
    return begun


async def step(tx: Tx, subscription: Subscription) -> Subscription:
    """What comes next for a locked subscription: it goes on again, ends, or has its next period."""
    if subscription.status is Status.paused:
        return await go_on(tx, subscription, subscription.resumes_on or await subscriptions.today(tx))
    if subscription.status not in RUNNING:
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    if subscription.cancel_at_end and subscription.period_to is not None:
        return await finish(tx, subscription, subscription.period_to)
    end = await subscriptions.start_of(tx, subscription.period_to or subscription.started_on)
    used = await _close(tx, subscription, before=end)
    return await begin(tx, subscription, await steps.following(tx, subscription, used=used))


async def _close(tx: Tx, subscription: Subscription, *, before: datetime | None) -> dict[UUID, int]:
    """Close the present period, with what was used before a moment, or with all that was told until now."""
    if subscription.period_id is None or subscription.period_to is None:
        return {}
    await tx.execute(
        "update billing_period set closed_at = $2 where id = $1 and closed_at is null", subscription.period_id, tx.now
    )
    return await usage.close(tx, subscription, subscription.period_id, before=before)


async def begin(tx: Tx, subscription: Subscription, next_: Step) -> Subscription:
    """Begin a period of a locked subscription, and charge it; whoever calls notes what it brings in after that."""
    price_ids = [price.id for price in next_.prices]
    if price_ids != subscription.price_ids:
        start = await subscriptions.start_of(tx, next_.period.starts_on)
        await usage.keep_former(tx, subscription, until=start)
    subscription = await tx.update(
        subscription,
        plan_id=next_.plan.id,
        price_ids=price_ids,
        quantity=next_.quantity,
        anchor_on=next_.anchor_on,
        next_plan_id=None,
        next_price_ids=None,
        next_quantity=None,
    )
    await subscriptions.term(tx, subscription, next_.period_id, next_.period, next_.kind)
    invoice = await _charge(tx, subscription, next_)
    status = Status.trialing if next_.kind == "trial" else subscription.status
    if status is Status.trialing and next_.kind == "paid":
        status = Status.active
    subscription = await subscriptions.moved(
        tx,
        subscription,
        status,
        "renewed",
        noting=False,
        period_id=next_.period_id,
        period_from=next_.period.starts_on,
        period_to=next_.period.ends_on,
        next_at=await subscriptions.start_of(tx, next_.period.ends_on),
    )
    await tx.emit(
        subscriptions.Renewed(
            subscription_id=subscription.id,
            period_id=next_.period_id,
            starts_on=next_.period.starts_on,
            ends_on=next_.period.ends_on,
            invoice_id=None if invoice is None else invoice.id,
        )
    )
    return subscription


async def _charge(tx: Tx, subscription: Subscription, next_: Step) -> Invoice | None:
    """The invoice of a period; none where there is nothing to charge."""
    if not next_.lines:
        return None
    draft = await discounts.taken_off(tx, steps.draft(subscription, next_.lines, period_id=next_.period_id))
    await keep_bounds(tx, subscription, totals.totals(draft).total)
    return await invoices.issue(tx, draft)


async def keep_bounds(tx: Tx, subscription: Subscription, total: Money) -> None:
    """Stop an invoice that is far greater than those before it, unless somebody has seen and released as much.

    Raises:
        Suspicious: it is.
    """
    greatest = await tx.one(
        int,
        "select coalesce(max(total_minor), 0)::bigint from (select total_minor from billing_invoice "
        "where subscription_id = $1 and status <> 'void' order by issued_at desc limit 12) as latest",
        subscription.id,
    )
    promised = 0
    for price in await catalog.prices(tx, subscription.price_ids):
        if price.kind in rating.IN_ADVANCE or price.kind is rating.Kind.one_off:
            promised += rating.amount(price.rate, subscription.quantity).result * 2
    bound = max(greatest, promised) * MOST_TIMES
    if not bound or total.minor <= bound:
        return
    if total.minor > ((await parked.approval(tx, subscription.id)).released_minor or 0):
        raise Suspicious(f"{total.format()} is more than {MOST_TIMES} times what it was before.", minor=total.minor)


async def last_draft(tx: Tx, subscription: Subscription, used: Mapping[UUID, int]) -> Draft | None:
    """The last invoice of a subscription, for what was used and not charged yet; none where nothing was."""
    lines = await steps.arrears(tx, used, subscription)
    if not lines or subscription.period_id is None:
        return None
    return await discounts.taken_off(tx, steps.draft(subscription, lines))


async def finish(tx: Tx, subscription: Subscription, ended_on: date) -> Subscription:
    """End a locked subscription, and charge what was used and not charged yet.

    Raises:
        Suspicious: that is far too much.
    """
    # No other run comes after this one, so whatever was told until now is charged.
    draft = await last_draft(tx, subscription, await _close(tx, subscription, before=None))
    if draft is not None:
        await keep_bounds(tx, subscription, totals.totals(draft).total)
        await invoices.issue(tx, draft)
    subscription = await subscriptions.moved(
        tx,
        subscription,
        Status.cancelled,
        "ended",
        ended_on=ended_on,
        ends_on=None,
        next_at=None,
        paused_on=None,
        resumes_on=None,
        paused_unpaid=False,
        parked_reason=None,
        parked_from=None,
        parked_minor=None,
        claimed_until=None,
    )
    await tx.emit(subscriptions.Ended(subscription_id=subscription.id, customer_id=subscription.customer_id))
    return subscription


async def finish_or_wait(tx: Tx, subscription: Subscription, ended_on: date) -> Subscription:
    """``finish``; where what is charged last is far too much, or more than an invoice can be, somebody looks first.

    It is over for its customer either way: nothing more is charged or counted from that day on.
    """
    try:
        async with savepoints.part(tx):
            return await finish(tx, subscription, ended_on)
    except (Suspicious, Invalid) as problem:
        minor = problem.minor if isinstance(problem, Suspicious) else None
        return await parked.with_end(tx, subscription, str(problem), ends_on=ended_on, minor=minor)


async def give_back(tx: Tx, subscription: Subscription, rest: Period, *, paid_only: bool) -> None:
    """Give back what was charged for days that are not used, on an invoice of its own; nothing where nothing was."""
    lines = await steps.unused(tx, subscription, rest, paid_only=paid_only)
    if lines:
        await invoices.issue(tx, steps.draft(subscription, lines))


async def go_on(tx: Tx, subscription: Subscription, day: date) -> Subscription:
    """A paused subscription goes on from a day: the time in between is written down as paused, and not charged.

    What was charged for days from the pause on, and not given back when it began because nobody had paid it, is given
    back now: the days that are left of it are charged anew. Where nothing is charged by the day, what is left of the
    period that was charged is used up first; otherwise a whole one begins. Whoever calls notes what it brings in, once
    its next period is charged.
    """
    assert subscription.paused_on is not None  # noqa: S101 - a constraint of the table
    start = max(day, subscription.paused_on)
    if start > subscription.paused_on:
        away = Period(subscription.paused_on, start)
        period_id = uuid5(subscription.id, f"paused {away.starts_on.isoformat()}")
        await subscriptions.term(tx, subscription, period_id, away, "paused")
    changes: dict[str, Any] = {"period_to": start}
    end = await steps.charged_until(tx, subscription)
    if (await tx.get(Plan, subscription.plan_id)).proration == "daily":
        if end is not None and end > subscription.paused_on:
            await give_back(tx, subscription, Period(subscription.paused_on, end), paid_only=False)
    elif end is not None and end > start:
        changes = await _rest_of(tx, subscription, Period(start, end))
    else:
        changes["anchor_on"] = start
    return await subscriptions.moved(
        tx,
        subscription,
        await owing.standing(tx, subscription.id),
        "resumed",
        noting=False,
        paused_on=None,
        resumes_on=None,
        paused_unpaid=False,
        next_at=await subscriptions.start_of(tx, changes["period_to"]),
        **changes,
    )


async def _rest_of(tx: Tx, subscription: Subscription, rest: Period) -> dict[str, Any]:
    """What is left of a period that was charged whole is a period too, and costs nothing more."""
    await tx.execute("update billing_period set closed_at = $2 where id = $1", subscription.period_id, tx.now)
    term = await subscriptions.term(tx, subscription, steps.name_of(subscription, rest.starts_on), rest, "paid")
    return {"period_id": term.id, "period_from": rest.starts_on, "period_to": rest.ends_on}
