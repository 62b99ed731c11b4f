"""Ending: a subscription is cancelled now or at the end of its period, and until then may be kept after all."""

from typing import Literal, TypeAlias
from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import invoices, provider_run, runs, steps, subscriptions, totals, usage
from holdfast.shared.billing.catalog import Plan
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.starting import Preview
from holdfast.shared.billing.subscriptions import RUNNING, Status, Subscription

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
    if when == "end" and subscription.status in RUNNING and subscription.period_to is not None:
        if subscription.cancel_at_end:
            return subscription
        return await subscriptions.moved(tx, subscription, subscription.status, "cancels", cancel_at_end=True)
    lines, today = await _rest(tx, subscription)
    if lines:
        draft = steps.draft(subscription, lines)
        await invoices.issue(tx, draft)
    return await runs.finish(tx, subscription, today.starts_on)


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
    if subscription.status is Status.cancelled:
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
    lines, rest = await _rest(tx, subscription)
    used = await usage.counted(tx, subscription_id, before=tx.now)
    lines += await steps.arrears(tx, used, subscription)
    if not lines:
        return Preview(now=None, period=None)
    return Preview(now=totals.totals(steps.draft(subscription, lines)), period=rest)


async def _rest(tx: Tx, subscription: Subscription) -> tuple[list[Line], Period]:
    """What is given back when it ends today, and the days that are left."""
    today = await subscriptions.today(tx)
    if subscription.period_to is None or subscription.period_from is None or today >= subscription.period_to:
        return [], Period(today, today)
    start = max(today, subscription.period_from)
    rest = Period(start, subscription.period_to)
    plan = await tx.get(Plan, subscription.plan_id)
    if plan.on_cancel == "none" or not rest.days:
        return [], rest
    return await steps.unused(tx, subscription, rest, paid_only=True), rest
