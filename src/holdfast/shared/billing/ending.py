"""Ending: a subscription is cancelled now or at the end of its period, and until then may be kept after all."""

import contextlib
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import invoices, parked, provider_run, runs, steps, subscriptions, totals, usage
from holdfast.shared.billing.catalog import Plan
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.starting import Preview
from holdfast.shared.billing.subscriptions import RUNNING, Status, Subscription
from holdfast.shared.billing.totals import Tax, Totals

When: TypeAlias = Literal["now", "end"]


async def cancel(tx: Tx, subscription_id: UUID, *, when: When) -> Subscription:
    """Cancel a subscription. Twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is none.
    """
    tx.must(MANAGE)
    return await cancelled(tx, subscription_id, when=when)


async def cancelled(tx: Tx, subscription_id: UUID, *, when: When) -> Subscription:
    """``cancel`` for whoever has checked who asks, or as dunning decides."""
    subscription = await subscriptions.locked(tx, subscription_id)
    if subscription.status is Status.cancelled:
        return subscription
    if subscription.owner == "provider":
        return await provider_run.want_end(tx, subscription, at_period_end=when == "end")
    if subscription.ends_on is not None:
        return subscription
    if when == "end" and subscription.status in RUNNING and subscription.period_to is not None:
        if subscription.cancel_at_end:
            return subscription
        return await subscriptions.moved(tx, subscription, subscription.status, "cancels", cancel_at_end=True)
    today = await subscriptions.today(tx)
    lines = await _rest(tx, subscription, today)
    if lines:
        await invoices.issue(tx, steps.draft(subscription, lines))
    return await runs.finish_or_wait(tx, subscription, today)


async def paid(tx: Tx, subscription_id: UUID) -> None:
    """What is paid after a subscription was cancelled, for days after its end, is given back as its plan says.

    A payment that was under way when it was cancelled, or one that came late, paid for the whole period. Twice is once,
    since what was given back is counted.
    """
    subscription = await subscriptions.locked(tx, subscription_id)
    over = subscription.ended_on or subscription.ends_on
    if over is None or subscription.owner == "provider" or subscription.period_to is None:
        return
    # The pause of one that was cancelled while it was paused began where its period was cut.
    rest = await _charged_from(tx, subscription, min(over, subscription.period_to))
    plan = await tx.get(Plan, subscription.plan_id)
    if plan.on_cancel == "credit" and rest is not None:
        await runs.give_back(tx, subscription, rest, paid_only=True)


async def keep(tx: Tx, subscription_id: UUID) -> Subscription:
    """Keep a subscription that was to end with its period.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is none.
        subscriptions.NotNow: it is over.
    """
    tx.must(MANAGE)
    return await kept(tx, subscription_id)


async def kept(tx: Tx, subscription_id: UUID) -> Subscription:
    """``keep`` for whoever has checked who asks."""
    subscription = await subscriptions.locked(tx, subscription_id)
    subscriptions.engine_only(subscription)
    if subscription.status is Status.cancelled or subscription.ends_on is not None:
        raise subscriptions.NotNow("It is over.")
    if not subscription.cancel_at_end:
        return subscription
    return await subscriptions.moved(tx, subscription, subscription.status, "kept", cancel_at_end=False)


async def preview(tx: Tx, subscription_id: UUID, *, when: When) -> Preview:
    """What cancelling gives back or charges, worked out by the code that does it.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is none.
    """
    tx.must(MANAGE)
    return await previewed(tx, subscription_id, when=when)


async def previewed(tx: Tx, subscription_id: UUID, *, when: When) -> Preview:
    """``preview`` for whoever has checked who asks."""
    subscription = await tx.get(Subscription, subscription_id)
    if when == "end" or subscription.owner == "provider" or subscription.status is Status.cancelled:
        return Preview(now=None, period=None, next_on=subscription.period_to)
    if subscription.ends_on is not None:
        return Preview(now=None, period=None)
    today = await subscriptions.today(tx)
    parts: list[Totals] = []
    lines = await _rest(tx, subscription, today)
    if lines:
        parts.append(totals.totals(steps.draft(subscription, lines)))
    draft = await runs.last_draft(tx, subscription, await usage.counted(tx, subscription))
    if draft is not None:
        # What is far too much is not charged until somebody has looked.
        with contextlib.suppress(runs.Suspicious, Invalid):
            last = totals.totals(draft)
            await runs.keep_bounds(tx, subscription, last.total)
            parts.append(last)
    if not parts:
        return Preview(now=None, period=None)
    return Preview(now=_together(parts), period=await _days(tx, subscription, today))


def _together(parts: list[Totals]) -> Totals:
    """What several invoices that are issued at once come to."""
    whole = parts[0]
    for part in parts[1:]:
        whole = Totals(
            subtotal=whole.subtotal + part.subtotal,
            discount=whole.discount + part.discount,
            net=whole.net + part.net,
            tax=whole.tax + part.tax,
            total=whole.total + part.total,
            lines=[*whole.lines, *part.lines],
            taxes=_taxes([*whole.taxes, *part.taxes]),
            discounts=[*whole.discounts, *part.discounts],
            derivations=[*whole.derivations, *part.derivations],
        )
    return whole


def _taxes(found: list[Tax]) -> list[Tax]:
    """Each rate of tax once."""
    rates: dict[tuple[int, bool], Tax] = {}
    for tax in found:
        known = rates.get((tax.basis_points, tax.inclusive))
        if known is not None:
            tax = msgspec.structs.replace(tax, net=known.net + tax.net, tax=known.tax + tax.tax)
        rates[tax.basis_points, tax.inclusive] = tax
    return list(rates.values())


async def _rest(tx: Tx, subscription: Subscription, today: date) -> list[Line]:
    """What is given back when it ends today: what is paid of the days that are left, or that a pause left over."""
    plan = await tx.get(Plan, subscription.plan_id)
    days = await _days(tx, subscription, today)
    if plan.on_cancel == "none" or not days.days:
        return []
    return await steps.unused(tx, subscription, days, paid_only=True)


async def _days(tx: Tx, subscription: Subscription, today: date) -> Period:
    """The days that are left when it ends today; none where everything that was charged is used."""
    pause = parked.paused_from(subscription)
    if pause is not None:
        # Its period was cut where the pause began, and what was charged goes on behind that.
        return await _charged_from(tx, subscription, min(today, pause)) or Period(today, today)
    if subscription.period_to is None or subscription.period_from is None or today >= subscription.period_to:
        return Period(today, today)
    return Period(max(today, subscription.period_from), subscription.period_to)


async def _charged_from(tx: Tx, subscription: Subscription, day: date) -> Period | None:
    """The days from one on, and not before its present period, that anything was charged for."""
    start = max(day, subscription.period_from or day)
    end = await steps.charged_until(tx, subscription)
    return Period(start, end) if end is not None and end > start else None
