"""Changes: another plan or other seats, each with a preview that the same code works out.

A change that counts at once gives back what was charged for the days that are left and charges the new terms for them,
on one invoice. Where the new periods have another length, the present one ends and the first of the new ones begins
today. A change at renewal costs nothing until then, and waits for it whatever else changes meanwhile, unless that is
the same thing: other seats take the place of seats that were to come, and a plan that of a plan. Plans that are not
charged by the day change at renewal only, since what holds at once would cost nothing.
"""

import contextlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec

from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    catalog,
    coupons,
    differences,
    discounts,
    invoices,
    owing,
    parked,
    periods,
    runs,
    steps,
    subscriptions,
    totals,
    usage,
)
from holdfast.shared.billing.catalog import Plan
from holdfast.shared.billing.differences import Difference
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
    """Plans that are not charged by the day change when a period ends; choose the next renewal."""


class OtherCurrency(Problem):
    """A subscription keeps its currency; cancel it and begin another."""


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
    waits = _waiting(subscription, wanted, work)
    if wanted.when == "renewal" or work.keeps(subscription):
        if waits == _waiting_now(subscription):
            return subscription
        what = "changes_at_renewal" if wanted.when == "renewal" else "stays"
        return await subscriptions.moved(tx, subscription, subscription.status, what, **waits)
    used: Mapping[UUID, int] = {}
    if work.begins and subscription.period_id is not None:
        used = await usage.close(tx, subscription, subscription.period_id, before=tx.now)
    lines = await differences.lines(tx, subscription, work, used)
    if work.price_ids != subscription.price_ids:
        await usage.keep_former(tx, subscription, until=tx.now)
    if work.cuts(subscription):
        return await _cut(tx, subscription, work, lines, waits)
    if lines:
        await invoices.issue(tx, await discounts.taken_off(tx, steps.draft(subscription, lines)))
    return await subscriptions.moved(
        tx,
        subscription,
        subscription.status,
        "changed",
        plan_id=work.plan.id,
        price_ids=work.price_ids,
        quantity=work.quantity,
        **waits,
        **await _lengthened(tx, subscription, work),
    )


def _waiting_now(subscription: Subscription) -> dict[str, Any]:
    """What is to change at renewal as things stand."""
    return {
        "next_plan_id": subscription.next_plan_id,
        "next_price_ids": subscription.next_price_ids,
        "next_quantity": subscription.next_quantity,
    }


def _waiting(subscription: Subscription, wanted: Wanted, work: Difference) -> dict[str, Any]:
    """What is to change at renewal after a change: what it does not name still waits, what it names takes its place.

    Whoever asks for what there is already wants nothing to change.
    """
    if work.keeps(subscription):
        return dict.fromkeys(_waiting_now(subscription))
    waits, later = _waiting_now(subscription), wanted.when == "renewal"
    if wanted.plan_id is not None:
        other = later and (work.plan.id, work.price_ids) != (subscription.plan_id, subscription.price_ids)
        waits["next_plan_id"] = work.plan.id if other else None
        waits["next_price_ids"] = work.price_ids if other else None
    if wanted.quantity is not None:
        waits["next_quantity"] = work.quantity if later and work.quantity != subscription.quantity else None
    return waits


async def _cut(
    tx: Tx, subscription: Subscription, work: Difference, lines: list[Line], waits: dict[str, Any]
) -> Subscription:
    """The present period ends today, and one of another length begins."""
    today = work.part.starts_on
    await tx.execute(
        "update billing_period set ends_on = $2, closed_at = $3 where id = $1", subscription.period_id, today, tx.now
    )
    subscription = await tx.update(subscription, period_to=today, price_ids=work.price_ids)
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
    subscription = await tx.update(await runs.begin(tx, subscription, step), **waits)
    await subscriptions.note(tx, subscription)
    return subscription


async def _lengthened(tx: Tx, subscription: Subscription, work: Difference) -> dict[str, Any]:
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
    after = msgspec.structs.replace(subscription, **_waiting(subscription, wanted, work))
    if wanted.when == "renewal" or work.keeps(subscription):
        return await upcoming(tx, after)
    used = await usage.counted(tx, subscription, before=tx.now) if work.begins else {}
    lines = await differences.lines(tx, subscription, work, used)
    after = msgspec.structs.replace(after, plan_id=work.plan.id, price_ids=work.price_ids, quantity=work.quantity)
    if work.begins:
        begins, ends = work.part.starts_on, work.part.ends_on
        after = msgspec.structs.replace(after, anchor_on=begins, period_from=begins, period_to=ends)
    elif work.anew and subscription.trial_ends_on is not None:
        after = msgspec.structs.replace(after, anchor_on=subscription.trial_ends_on)
    now = None
    if lines:
        # Where a period begins, the invoice is that period's own.
        period_id = steps.name_of(subscription, work.part.starts_on) if work.cuts(subscription) else None
        draft = steps.draft(subscription, lines, period_id=period_id)
        now = totals.totals(await discounts.taken_off(tx, draft))
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
    used = {} if settled else await usage.counted(tx, subscription, before=end)
    step = await steps.following(tx, subscription, used=used)
    following: totals.Totals | None = None
    # What comes to more than an invoice can is looked at when its day has come, and hides nothing else until then.
    with contextlib.suppress(Invalid):
        if step.lines:
            draft = steps.draft(subscription, step.lines, period_id=step.period_id)
            # A coupon that what is charged at once uses up takes nothing off what comes after it.
            following = totals.totals(await discounts.taken_off(tx, draft, after=now))
    return Preview(
        now=now,
        period=part,
        trial_ends_on=subscription.trial_ends_on,
        next=following,
        next_on=step.period.starts_on,
    )


async def _worked(tx: Tx, subscription: Subscription, wanted: Wanted) -> Difference:
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
    part = Period(today, period.ends_on)
    if anew:
        part = periods.nth(today, plan.interval, plan.interval_count, 0)
    work = Difference(
        plan=plan,
        prices=prices,
        quantity=quantity,
        part=part,
        anew=anew,
        costs=not trialing and part.days > 0 and plan.proration == "daily",
    )
    whole_only = "none" in (plan.proration, old_plan.proration)
    if whole_only and wanted.when == "now" and not trialing and not work.keeps(subscription):
        raise OtherInterval
    _check_totals(subscription, work)
    return work


def _check_totals(subscription: Subscription, work: Difference) -> None:
    """Stop terms that could be neither charged nor shown, such as a million seats at the highest price.

    Raises:
        Invalid: a period of them comes to more than an invoice can.
    """
    lines = steps.charges(work.prices, work.quantity, work.part, work.part)
    if lines:
        totals.totals(steps.draft(subscription, lines))


async def release(tx: Tx, subscription_id: UUID) -> Subscription:
    """Let a parked subscription go on as it was; what was missed is charged by the next run, once as it was seen.

    One that was paused is paused again. One that its customer cancelled meanwhile ends now, with its last invoice.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound, subscriptions.NotNow: there is none, or it is not parked.
    """
    tx.must(MANAGE)
    subscription = await subscriptions.locked(tx, subscription_id)
    if subscription.status is not Status.parked:
        raise subscriptions.NotNow(f"It is {subscription.status}.")
    released: dict[str, Any] = {
        "parked_reason": None,
        "parked_minor": None,
        "released_at": tx.now,
        "released_minor": await parked.amount(tx, subscription_id),
    }
    if subscription.ends_on is not None:
        # It is over for its customer already, so nothing waits for a run.
        ended_on = subscription.ends_on
        subscription = await tx.update(subscription, released_at=tx.now, released_minor=released["released_minor"])
        return await runs.finish_or_wait(tx, subscription, ended_on)
    before, pause = Status(subscription.parked_from or Status.active), parked.paused_from(subscription)
    start: date | None = subscription.period_to or subscription.started_on
    if before is Status.paused and pause is not None:
        released["paused_on"], start = pause, subscription.resumes_on
        if subscription.paused_unpaid and not await owing.late(tx, subscription_id):
            # What it waited for was paid while it was parked.
            start = await subscriptions.today(tx)
    elif before in (Status.active, Status.past_due):
        before = await owing.standing(tx, subscription_id)
    return await subscriptions.moved(
        tx,
        subscription,
        before,
        "released",
        parked_from=None,
        next_at=None if start is None else await subscriptions.start_of(tx, start),
        **released,
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
