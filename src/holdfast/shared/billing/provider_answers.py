"""Provider answers: what a provider says of a subscription that it runs is made true here.

Nobody believes an answer that is older than what is known by the time it arrives (``Stale``). Whatever was cancelled
here stays cancelled, and is ended at the provider as well, however late the provider tells that it runs.
"""

from datetime import timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel import clock
from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, provider_charges, steps, subscriptions
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import Status, Subscription

KEY_HOLDS = timedelta(hours=20)
"""How long a provider surely knows the key of a start; Stripe a day. After that it would begin another subscription."""
_STANDING = {
    "incomplete": Status.incomplete,
    "trialing": Status.trialing,
    "active": Status.active,
    "past_due": Status.past_due,
    "paused": Status.past_due,
    "cancelled": Status.cancelled,
}


class EndWanted(Event):
    """A subscription is to be ended at the provider."""

    name: ClassVar[str] = "billing.subscription.end_wanted"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    at_period_end: bool


class Stale(Exception):
    """The subscription has changed since the provider was asked, so it must be asked once more."""


class Run(msgspec.Struct, kw_only=True):
    """How far a subscription is with its provider."""

    start_sent: bool
    """Whether the provider was asked to start it, and may have."""
    start_expired: bool
    """Whether that is so long ago that the provider may not know the key any more."""
    end_wanted: Literal["now", "period_end"] | None
    """How it is to be ended, while the provider has not said that it is."""
    over: bool
    """Whether the provider said that it is over."""


async def run_of(tx: Tx, subscription_id: UUID) -> Run:
    """How far a subscription is with its provider.

    Raises:
        NotFound: there is no such subscription.
    """
    return await tx.one(
        Run,
        "select start_sent_at is not null as start_sent, "
        "coalesce(start_sent_at < $2, false) as start_expired, "
        "end_wanted, provider_ended_at is not null as over from billing_subscription where id = $1",
        subscription_id,
        tx.now - KEY_HOLDS,
    )


async def told(tx: Tx, subscription_id: UUID, answer: ports.Subscription, *, seen: int | None = None) -> Subscription:
    """Make true what the provider says of a subscription.

    Args:
        tx: the transaction.
        subscription_id: ours.
        answer: what the provider says.
        seen: our version from before the provider was asked; without it the answer is believed to be new.

    Raises:
        NotFound: there is no such subscription.
        Stale: it changed meanwhile.
    """
    subscription = await subscriptions.locked(tx, subscription_id)
    if seen is not None and subscription.version != seen:
        raise Stale
    run = await run_of(tx, subscription_id)
    if subscription.status is Status.cancelled:
        return await _after_the_end(tx, subscription, run, answer)
    status = _STANDING[answer.standing]
    if status is not subscription.status and status not in subscriptions.MOVES[subscription.status]:
        status = subscription.status
    over = status is Status.cancelled
    wanted = None if over or (run.end_wanted == "period_end" and answer.cancel_at_period_end) else run.end_wanted
    changes: dict[str, Any] = {
        "provider_ref": answer.ref,
        "cancel_at_end": answer.cancel_at_period_end or wanted is not None,
    }
    if wanted is None:
        # While an end is wanted, why it was refused stays to be read.
        changes["provider_error"] = None
    if over:
        changes["ended_on"] = await subscriptions.today(tx)
    changes |= await _period(tx, subscription, answer)
    if wanted != run.end_wanted or over:
        await tx.update(subscription, end_wanted=wanted, provider_ended_at=tx.now if over else None)
    if status is subscription.status and all(getattr(subscription, key) == value for key, value in changes.items()):
        return subscription
    subscription = await subscriptions.moved(tx, subscription, status, "told", **changes)
    if over:
        await tx.emit(subscriptions.Ended(subscription_id=subscription.id, customer_id=subscription.customer_id))
    return subscription


async def _after_the_end(tx: Tx, subscription: Subscription, run: Run, answer: ports.Subscription) -> Subscription:
    """Ours is over: nothing of it moves any more, and the provider's is to end if it has not."""
    changes: dict[str, Any] = {}
    if subscription.provider_ref is None:
        # It was cancelled while it was started; what was charged for it at the start is found by this name.
        changes["provider_ref"] = answer.ref
    if answer.standing == "cancelled":
        if not run.over:
            changes |= {"provider_ended_at": tx.now, "end_wanted": None, "provider_error": None}
    elif run.end_wanted != "now":
        changes["end_wanted"] = "now"
        await tx.emit(EndWanted(subscription_id=subscription.id, at_period_end=False))
    return await tx.update(subscription, **changes) if changes else subscription


async def _period(tx: Tx, subscription: Subscription, answer: ports.Subscription) -> dict[str, Any]:
    """Write down the period in which the provider has the subscription, and those before it that nobody told of."""
    if answer.period_start is None or answer.period_end is None:
        return {}
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    starts_on = clock.local_day(answer.period_start, timezone)
    ends_on = clock.local_day(answer.period_end, timezone)
    known = subscription.period_to
    if starts_on >= ends_on or (known is not None and ends_on <= known):
        return {}
    news: list[Period] = []
    if known is not None and known < starts_on:
        plan = await tx.get(catalog.Plan, subscription.plan_id)
        anchor = await provider_charges.first_day(tx, subscription.id) or known
        missed = provider_charges.parts(anchor, plan, Period(known, starts_on))
        news = [*missed[:-1], Period(missed[-1].starts_on, starts_on)]
    news.append(Period(starts_on if known is None else max(starts_on, known), ends_on))
    for period in news:
        term = await subscriptions.term(tx, subscription, steps.name_of(subscription, period.starts_on), period, "paid")
    return {"period_id": term.id, "period_from": term.starts_on, "period_to": term.ends_on}
