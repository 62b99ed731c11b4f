"""Pauses: a subscription that is not charged for a while, and goes on where it stopped."""

from datetime import date, timedelta
from uuid import UUID

from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import runs, subscriptions
from holdfast.shared.billing.catalog import Plan
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import RUNNING, Status, Subscription


class NotPausable(Problem):
    """This plan cannot be paused."""


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


async def paused(
    tx: Tx, subscription_id: UUID, *, resumes_on: date | None = None, unpaid: bool = False
) -> Subscription:
    """``pause`` for whoever has checked who asks, or as dunning decides: then it goes on with the payment."""
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
            await runs.give_back(tx, subscription, rest, paid_only=True)
        await tx.execute("update billing_period set ends_on = $2 where id = $1", subscription.period_id, cut)
    return await subscriptions.moved(
        tx,
        subscription,
        Status.paused,
        "paused",
        paused_on=cut,
        resumes_on=resumes_on,
        paused_unpaid=unpaid,
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
    return await resumed(tx, subscription)


async def resumed(tx: Tx, subscription: Subscription) -> Subscription:
    """``resume`` of a paused one, which is locked, for whoever has checked who asks, or as its payment decides."""
    await runs.go_on(tx, subscription, await subscriptions.today(tx))
    await runs.bill(tx, subscription.id)
    return await tx.get(Subscription, subscription.id)
