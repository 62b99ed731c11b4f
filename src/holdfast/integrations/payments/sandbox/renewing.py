"""Renewing: subscriptions that the sandbox runs by the business's clock, as a provider does by its own."""

import calendar
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone, Rejected
from holdfast.integrations.payments.sandbox import clients, dealing, hooks, shapes, state
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.integrations.payments.sandbox.state import Renewing, Saved
from holdfast.kernel import ids
from holdfast.kernel.tx import Tx

_AT_ONCE = 50


def moved(anchor: datetime, plan: ports.Plan, periods: int) -> datetime:
    """So many periods after the anchor; a day that the month does not have is its last."""
    count = plan.interval_count * periods
    if plan.interval in ("day", "week"):
        return anchor + timedelta(days=count * (7 if plan.interval == "week" else 1))
    months = count * (12 if plan.interval == "year" else 1)
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, calendar.monthrange(year, month + 1)[1]))


async def begin(
    place: Place,
    ref: str,
    payer: ports.Payer,
    plan: ports.Plan,
    *,
    method_ref: str | None,
    subscription_id: UUID,
    url: Callable[[str], str],
) -> None:
    """Begin a subscription, and charge its first period.

    Raises:
        Rejected: the customer or the price is not known here.
    """
    if payer.ref is None or plan.ref is None:
        raise Rejected("resource_missing", "The customer or the price is not known here.")
    now = place.tx.now
    subscription = ports.Subscription(
        ref=ref,
        customer_ref=payer.ref,
        plan_ref=plan.ref,
        standing="incomplete",
        period_start=now,
        period_end=moved(now, plan, 1),
        subscription_id=subscription_id,
        at=now,
    )
    kept = Renewing(subscription=subscription, plan=plan, payer_id=payer.id, method_ref=method_ref, anchor=now)
    await _charge(place, kept, url(ref))


async def _charge(place: Place, kept: Renewing, url: str) -> None:
    """Charge a period, and tell what came of it."""
    subscription = kept.subscription
    paid = await _paid(place, kept, url)
    good = paid is not None and paid.standing == "captured"
    first = kept.periods == 1
    standing: ports.Standing | str = "active" if good else "incomplete" if first else "past_due"
    subscription = msgspec.structs.replace(
        subscription,
        standing=standing,
        latest_payment_ref=paid.ref if paid is not None else subscription.latest_payment_ref,
        at=place.tx.now,
    )
    await _keep(place, msgspec.structs.replace(kept, subscription=subscription), paid=good)


async def _paid(place: Place, kept: Renewing, url: str) -> ports.Payment | None:
    if kept.method_ref is None:
        return None
    found = await state.find(place.tx, place.id, kept.method_ref)
    if found is None or found.kind != "method" or found.read(Saved).gone:
        return None
    saved = found.read(Saved)
    payer = ports.Payer(id=kept.payer_id, ref=kept.subscription.customer_ref)
    fresh = place.fresh(
        dealing.purchase_of(kept.plan, payer),
        saved.behaviour,
        saved.method,
        ref=state.new_ref(place.dialect, "payment"),
        subscription_ref=kept.subscription.ref,
    )
    # It is for nothing of ours until somebody says so.
    unnamed = msgspec.structs.replace(fresh.payment, payment_id=None, attempt_id=None)
    fresh = msgspec.structs.replace(fresh, payment=unnamed)
    return (await place.attempt(fresh, present=False, action_url=url)).payment


async def _keep(place: Place, kept: Renewing, *, paid: bool | None) -> None:
    subscription = kept.subscription
    await state.put(place.tx, place.id, subscription.ref, "subscription", kept, our_id=subscription.subscription_id)
    message = hooks.event_id(place.dialect)
    name, body = shapes.subscription(place.dialect, subscription, paid=paid, event_id=message, at=place.tx.now)
    await hooks.send(place.tx, place.id, place.provider, message, name, body, about=subscription.ref)


async def stop(place: Place, ref: str, *, at_period_end: bool) -> None:
    """End a subscription now, or say that it is not renewed.

    Raises:
        Gone: there is none.
    """
    found = await state.find(place.tx, place.id, ref, lock=True)
    if found is None or found.kind != "subscription":
        raise Gone("resource_missing", "There is no such subscription.")
    kept = found.read(Renewing)
    if kept.subscription.standing == "cancelled":
        return
    change = {"cancel_at_period_end": True} if at_period_end else {"standing": "cancelled"}
    subscription = msgspec.structs.replace(kept.subscription, at=place.tx.now, **change)
    await _keep(place, msgspec.structs.replace(kept, subscription=subscription), paid=None)


async def due(tx: Tx, public_url: str) -> int:
    """Renew what is due at the tenant's connections; gives how many were."""
    providers = await clients.all_of(tx)
    found = await tx.all(
        state.Object,
        "select * from sandbox_pay_object where kind = 'subscription' "
        "and state -> 'subscription' ->> 'standing' in ('active', 'past_due', 'trialing') "
        "and (state -> 'subscription' ->> 'period_end')::timestamptz <= $1 "
        "order by seq limit $2 for update skip locked",
        tx.now,
        _AT_ONCE,
    )
    for one in found:
        provider = providers.get(one.connection_id)
        if provider is not None:
            await _renew(Place(tx, one.connection_id, provider), one.read(Renewing), public_url)
    return len(found)


async def _renew(place: Place, kept: Renewing, public_url: str) -> None:
    subscription = kept.subscription
    if subscription.cancel_at_period_end:
        over = msgspec.structs.replace(subscription, standing="cancelled", at=place.tx.now)
        await _keep(place, msgspec.structs.replace(kept, subscription=over), paid=None)
        return
    periods = kept.periods + 1
    subscription = msgspec.structs.replace(
        subscription,
        period_start=subscription.period_end,
        period_end=moved(kept.anchor, kept.plan, periods),
    )
    kept = msgspec.structs.replace(kept, subscription=subscription, periods=periods)
    await _charge(place, kept, f"{public_url}/sandbox/pay/{place.tx.tenant}/{ids.new()}")
