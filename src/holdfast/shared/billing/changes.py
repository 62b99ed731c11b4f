"""Changes: another plan or other seats, a pause, an end; each with a preview that the same code works out.

A change that counts at once gives back what was charged for the days that are left and charges the new terms for them,
on one invoice. A change at renewal costs nothing until then.
"""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    catalog,
    coupons,
    invoices,
    periods,
    rating,
    runs,
    steps,
    subscriptions,
    totals,
    usage,
)
from holdfast.shared.billing.catalog import Plan, Price
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.starting import MOST_SEATS, Preview
from holdfast.shared.billing.subscriptions import RUNNING, Status, Subscription


class Wanted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is to change."""

    plan_id: UUID | None = None
    quantity: int | None = None
    when: Literal["now", "renewal"] = "now"


class OtherInterval(Problem):
    """A plan of another interval or currency can only begin when this period ends; change at renewal."""


class OtherCurrency(Problem):
    """A subscription keeps its currency; cancel it and begin another."""


class NotPausable(Problem):
    """This plan cannot be paused."""


class _Change(msgspec.Struct, kw_only=True):
    """A change, worked out."""

    plan: Plan
    prices: list[Price]
    quantity: int
    part: Period
    lines: list[Line]


async def change(tx: Tx, subscription_id: UUID, wanted: Wanted) -> Subscription:
    """Change plan or seats, at once or at renewal.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such subscription or plan.
        subscriptions.NotNow: it is paused, parked or over.
        subscriptions.RunByProvider: a provider runs it.
        catalog.NotSold, OtherInterval, OtherCurrency, Invalid: it cannot be changed to that.
    """
    tx.must(MANAGE)
    return await changed(tx, subscription_id, wanted)


async def changed(tx: Tx, subscription_id: UUID, wanted: Wanted) -> Subscription:
    """``change`` for whoever has checked who asks."""
    subscription = await subscriptions.locked(tx, subscription_id)
    work = await _worked(tx, subscription, wanted)
    prices = [price.id for price in work.prices]
    if wanted.when == "renewal":
        return await subscriptions.moved(
            tx,
            subscription,
            subscription.status,
            "changes_at_renewal",
            next_plan_id=work.plan.id,
            next_price_ids=prices,
            next_quantity=work.quantity,
        )
    if (work.plan.id, prices, work.quantity) == (
        subscription.plan_id,
        subscription.price_ids,
        subscription.quantity,
    ):
        return subscription
    if work.lines:
        draft = steps.draft(subscription, work.lines)
        await invoices.issue(tx, await runs.with_discounts(tx, subscription, draft))
    return await subscriptions.moved(
        tx,
        subscription,
        subscription.status,
        "changed",
        plan_id=work.plan.id,
        price_ids=prices,
        quantity=work.quantity,
        next_plan_id=None,
        next_price_ids=None,
        next_quantity=None,
    )


async def preview(tx: Tx, subscription_id: UUID, wanted: Wanted) -> Preview:
    """What a change would cost, worked out by the code that charges it.

    Raises:
        as ``change``.
    """
    tx.must(MANAGE)
    return await previewed(tx, subscription_id, wanted)


async def previewed(tx: Tx, subscription_id: UUID, wanted: Wanted) -> Preview:
    """``preview`` for whoever has checked who asks."""
    subscription = await tx.get(Subscription, subscription_id)
    work = await _worked(tx, subscription, wanted)
    now = None
    if work.lines and wanted.when == "now":
        draft = steps.draft(subscription, work.lines)
        now = totals.totals(await runs.with_discounts(tx, subscription, draft))
    after = msgspec.structs.replace(
        subscription,
        next_plan_id=work.plan.id,
        next_price_ids=[price.id for price in work.prices],
        next_quantity=work.quantity,
    )
    return await upcoming(tx, after, now=now, part=work.part if now else None)


async def upcoming(
    tx: Tx, subscription: Subscription, *, now: totals.Totals | None = None, part: Period | None = None
) -> Preview:
    """What is charged next, and when, as things stand; nothing where nothing comes."""
    if subscription.status not in RUNNING or subscription.period_to is None or subscription.cancel_at_end:
        return Preview(now=now, period=part)
    used = await usage.counted(tx, subscription.id, before=subscription.period_to)
    step = await steps.following(tx, subscription, used=used)
    draft = steps.draft(subscription, step.lines)
    return Preview(
        now=now,
        period=part,
        trial_ends_on=subscription.trial_ends_on,
        next=totals.totals(await runs.with_discounts(tx, subscription, draft)) if step.lines else None,
        next_on=step.period.starts_on,
    )


async def _worked(tx: Tx, subscription: Subscription, wanted: Wanted) -> _Change:
    subscriptions.engine_only(subscription)
    if subscription.status not in RUNNING:
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    quantity = subscription.quantity if wanted.quantity is None else wanted.quantity
    if not 1 <= quantity <= MOST_SEATS:
        raise Invalid(f"There are 1 to {MOST_SEATS:,} seats.", field="quantity")
    period = subscriptions.present(subscription)
    today = min(max(await subscriptions.today(tx), period.starts_on), period.ends_on)
    part = Period(today, period.ends_on)
    old_plan = await tx.get(Plan, subscription.plan_id)
    old = await catalog.prices(tx, subscription.price_ids)
    plan, prices = old_plan, old
    if wanted.plan_id is not None and wanted.plan_id != old_plan.id:
        sold = await catalog.whole(tx, wanted.plan_id)
        plan, prices = sold.plan, sold.prices
        if not plan.active:
            raise catalog.NotSold
        if plan.currency != subscription.currency:
            raise OtherCurrency
        same = (plan.interval, plan.interval_count) == (old_plan.interval, old_plan.interval_count)
        if wanted.when == "now" and not same:
            raise OtherInterval
    work = _Change(plan=plan, prices=prices, quantity=quantity, part=part, lines=[])
    trial = subscription.trial_ends_on
    trialing = trial is not None and period.ends_on <= trial
    if wanted.when == "now" and plan.proration == "daily" and part.days and not trialing:
        work.lines = await _difference(tx, subscription, old, work, period)
    return work


async def _difference(
    tx: Tx, subscription: Subscription, old: list[Price], work: _Change, period: Period
) -> list[Line]:
    """What is given back of the old terms and charged of the new ones for the days that are left."""
    kept = {
        price.id
        for price in work.prices
        if price in old and (price.kind not in rating.OF_SEATS or work.quantity == subscription.quantity)
    }
    back = await steps.unused(tx, subscription, work.part, paid_only=False)
    whole = await _grid(tx, subscription, period)
    charged = steps.charges([price for price in work.prices if price.id not in kept], work.quantity, work.part, whole)
    return [line for line in back if line.price_id not in kept] + charged


async def _grid(tx: Tx, subscription: Subscription, period: Period) -> Period:
    """The whole period on the grid of which the present one may be a part."""
    plan = await tx.get(Plan, subscription.plan_id)
    return periods.whole(subscription.anchor_on, plan.interval, plan.interval_count, period.starts_on)


async def pause(tx: Tx, subscription_id: UUID, *, resumes_on: date | None = None) -> Subscription:
    """Pause from tomorrow on; days that are paid and not used are given back where the plan says so.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound, subscriptions.NotNow, subscriptions.RunByProvider: there is none, or it cannot be paused now.
        NotPausable: the plan cannot.
        Invalid: it would go on before it was paused.
    """
    tx.must(MANAGE)
    return await paused(tx, subscription_id, resumes_on=resumes_on)


async def paused(tx: Tx, subscription_id: UUID, *, resumes_on: date | None = None) -> Subscription:
    """``pause`` for whoever has checked who asks, or as dunning decides."""
    subscription = await subscriptions.locked(tx, subscription_id)
    subscriptions.engine_only(subscription)
    if subscription.status is Status.paused:
        return subscription
    if subscription.status not in (Status.active, Status.past_due):
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    plan = await tx.get(Plan, subscription.plan_id)
    if not plan.pausable:
        raise NotPausable
    period = subscriptions.present(subscription)
    cut = min(max(await subscriptions.today(tx), period.starts_on) + timedelta(days=1), period.ends_on)
    if resumes_on is not None and resumes_on <= cut:
        raise Invalid("It goes on after the day on which the pause begins.", field="resumes_on")
    rest = Period(cut, period.ends_on)
    if rest.days:
        if plan.proration == "daily":
            await _give_back(tx, subscription, rest)
        await tx.execute("update billing_period set ends_on = $2 where id = $1", subscription.period_id, cut)
    return await subscriptions.moved(
        tx,
        subscription,
        Status.paused,
        "paused",
        paused_on=cut,
        resumes_on=resumes_on,
        period_to=cut,
        next_at=None if resumes_on is None else await subscriptions.start_of(tx, resumes_on),
    )


async def resume(tx: Tx, subscription_id: UUID) -> Subscription:
    """Go on today; what is left of the period is charged by the day where the plan says so.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound, subscriptions.NotNow: there is none, or it is not paused.
    """
    tx.must(MANAGE)
    subscription = await subscriptions.locked(tx, subscription_id)
    if subscription.status in RUNNING:
        return subscription
    if subscription.status is not Status.paused:
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    await runs.go_on(tx, subscription, await subscriptions.today(tx))
    await runs.bill(tx, subscription_id)
    return await tx.get(Subscription, subscription_id)


async def _give_back(tx: Tx, subscription: Subscription, rest: Period) -> None:
    lines = await steps.unused(tx, subscription, rest, paid_only=True)
    if lines:
        await invoices.issue(tx, steps.draft(subscription, lines))


async def release(tx: Tx, subscription_id: UUID) -> Subscription:
    """Let a parked subscription go on as it was; what was missed is charged by the next run.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound, subscriptions.NotNow: there is none, or it is not parked.
    """
    tx.must(MANAGE)
    subscription = await subscriptions.locked(tx, subscription_id)
    if subscription.status is not Status.parked:
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    before = Status(subscription.parked_from or Status.active)
    start = subscription.period_to or subscription.started_on
    return await subscriptions.moved(
        tx,
        subscription,
        Status.active if before is Status.paused else before,
        "released",
        parked_reason=None,
        parked_from=None,
        next_at=await subscriptions.start_of(tx, start),
    )


async def use_coupon(tx: Tx, subscription_id: UUID, code: str) -> Subscription:
    """Take a coupon off the next invoices of a subscription.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such subscription.
        Invalid, coupons.NoSuchCoupon, coupons.NotRedeemable, coupons.RedeemedAlready: the coupon cannot be used.
    """
    tx.must(MANAGE)
    subscription = await subscriptions.locked(tx, subscription_id)
    await coupons.redeem(tx, code, customer_id=subscription.customer_id, subscription_id=subscription_id)
    return await subscriptions.moved(tx, subscription, subscription.status, "coupon")
