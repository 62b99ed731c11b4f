"""Changes: another plan or other seats, each with a preview that the same code works out.

A change that counts at once gives back what was charged for the days that are left and charges the new terms for them,
on one invoice. Where the new periods have another length, the present one ends and the first of the new ones begins
today. A change at renewal costs nothing until then.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
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
    """Days of this plan are not given back, so one with periods of another length begins when this period ends."""


class OtherCurrency(Problem):
    """A subscription keeps its currency; cancel it and begin another."""


class _Change(msgspec.Struct, kw_only=True):
    """A change, worked out."""

    plan: Plan
    prices: list[Price]
    quantity: int
    part: Period
    """The days for which the new terms are charged."""
    anew: bool
    """Whether the periods have another length from now on."""
    costs: bool
    """Whether there is anything to give back or to charge."""

    @property
    def begins(self) -> bool:
        """Whether a period of another length begins at once, and with it what was used until now is charged."""
        return self.anew and self.costs

    @property
    def price_ids(self) -> list[UUID]:
        """The prices that hold from then on."""
        return [price.id for price in self.prices]

    def keeps(self, subscription: Subscription) -> bool:
        """Whether it is what there is already."""
        return (self.plan.id, self.price_ids, self.quantity) == (
            subscription.plan_id,
            subscription.price_ids,
            subscription.quantity,
        )


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
    if wanted.when == "renewal":
        return await subscriptions.moved(
            tx,
            subscription,
            subscription.status,
            "changes_at_renewal",
            next_plan_id=work.plan.id,
            next_price_ids=work.price_ids,
            next_quantity=work.quantity,
        )
    if work.keeps(subscription):
        return subscription
    used: Mapping[UUID, int] = {}
    if work.begins and subscription.period_id is not None:
        used = await usage.close(tx, subscription.id, subscription.period_id, before=tx.now)
    lines = await _lines(tx, subscription, work, used)
    if work.begins and work.part.starts_on > subscriptions.present(subscription).starts_on:
        return await _cut(tx, subscription, work, lines)
    if lines:
        draft = steps.draft(subscription, lines)
        await invoices.issue(tx, await runs.with_discounts(tx, subscription, draft))
    return await subscriptions.moved(
        tx,
        subscription,
        subscription.status,
        "changed",
        plan_id=work.plan.id,
        price_ids=work.price_ids,
        quantity=work.quantity,
        next_plan_id=None,
        next_price_ids=None,
        next_quantity=None,
        **await _lengthened(tx, subscription, work),
    )


async def _cut(tx: Tx, subscription: Subscription, work: _Change, lines: list[Line]) -> Subscription:
    """The present period ends today, and one of another length begins."""
    today = work.part.starts_on
    await tx.execute(
        "update billing_period set ends_on = $2, closed_at = $3 where id = $1", subscription.period_id, today, tx.now
    )
    subscription = await tx.update(subscription, period_to=today)
    step = steps.Step(
        period_id=steps.name_of(subscription, today),
        kind="paid",
        period=work.part,
        anchor_on=today,
        plan=work.plan,
        prices=work.prices,
        quantity=work.quantity,
        lines=lines,
    )
    return await runs.begin(tx, subscription, step)


async def _lengthened(tx: Tx, subscription: Subscription, work: _Change) -> dict[str, Any]:
    """What changes in a subscription whose present period gets another length: a trial, or one that began today."""
    if not work.anew:
        return {}
    if not work.costs:
        return {"anchor_on": subscription.trial_ends_on}
    await tx.execute(
        "update billing_period set ends_on = $2, plan_id = $3, quantity = $4 where id = $1",
        subscription.period_id,
        work.part.ends_on,
        work.plan.id,
        work.quantity,
    )
    return {
        "anchor_on": work.part.starts_on,
        "period_to": work.part.ends_on,
        "next_at": await subscriptions.start_of(tx, work.part.ends_on),
    }


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
    if wanted.when == "renewal":
        after = msgspec.structs.replace(
            subscription,
            next_plan_id=work.plan.id,
            next_price_ids=work.price_ids,
            next_quantity=work.quantity,
        )
        return await upcoming(tx, after)
    if work.keeps(subscription):
        return await upcoming(tx, subscription)
    used = await usage.counted(tx, subscription.id, before=tx.now) if work.begins else {}
    lines = await _lines(tx, subscription, work, used)
    after = msgspec.structs.replace(
        subscription,
        plan_id=work.plan.id,
        price_ids=work.price_ids,
        quantity=work.quantity,
        next_plan_id=None,
        next_price_ids=None,
        next_quantity=None,
    )
    if work.begins:
        begins, ends = work.part.starts_on, work.part.ends_on
        after = msgspec.structs.replace(after, anchor_on=begins, period_from=begins, period_to=ends)
    elif work.anew and subscription.trial_ends_on is not None:
        after = msgspec.structs.replace(after, anchor_on=subscription.trial_ends_on)
    now = None
    if lines:
        draft = steps.draft(subscription, lines)
        now = totals.totals(await runs.with_discounts(tx, subscription, draft))
    return await upcoming(tx, after, now=now, part=work.part if now else None, settled=work.begins)


async def upcoming(
    tx: Tx,
    subscription: Subscription,
    *,
    now: totals.Totals | None = None,
    part: Period | None = None,
    settled: bool = False,
) -> Preview:
    """What is charged next, and when, as things stand; nothing where nothing comes.

    Args:
        tx: the transaction.
        subscription: whose.
        now: what is charged at once.
        part: the days for which that is charged.
        settled: whether what was used so far is charged at once too.
    """
    if subscription.status not in RUNNING or subscription.period_to is None or subscription.cancel_at_end:
        return Preview(now=now, period=part)
    end = await subscriptions.start_of(tx, subscription.period_to)
    used = {} if settled else await usage.counted(tx, subscription.id, before=end)
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
    trial = subscription.trial_ends_on
    trialing = trial is not None and period.ends_on <= trial
    anew = not plan.as_long_as(old_plan)
    if anew and wanted.when == "now" and not trialing and "none" in (plan.proration, old_plan.proration):
        raise OtherInterval
    part = Period(today, period.ends_on)
    if anew:
        part = periods.nth(today, plan.interval, plan.interval_count, 0)
    return _Change(
        plan=plan,
        prices=prices,
        quantity=quantity,
        part=part,
        anew=anew,
        costs=not trialing and part.days > 0 and plan.proration == "daily",
    )


async def _lines(tx: Tx, subscription: Subscription, work: _Change, used: Mapping[UUID, int]) -> list[Line]:
    """What is given back of the old terms and charged of the new ones, and what was used until now."""
    period = subscriptions.present(subscription)
    today = work.part.starts_on
    old = await catalog.prices(tx, subscription.price_ids)
    until_now = msgspec.structs.replace(subscription, period_to=max(today, period.starts_on + timedelta(days=1)))
    lines: list[Line] = []
    if work.begins:
        lines += await steps.unused(tx, subscription, Period(today, period.ends_on), paid_only=False)
        lines += steps.charges(work.prices, work.quantity, work.part, work.part)
    elif work.costs:
        lines += await _difference(tx, subscription, old, work, period)
    return lines + await steps.arrears(tx, used, until_now)


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
