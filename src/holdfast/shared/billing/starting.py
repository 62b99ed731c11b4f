"""Starting: a customer subscribes, and the first period begins in the same transaction; or only looks what it costs."""

from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import catalog, coupons, provider_run, runs, steps, subscriptions, totals
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.periods import Interval, Period
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.billing.totals import Totals
from holdfast.shared.payments import customers, methods

MOST_SEATS = 1_000_000


class New(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a customer subscribes to."""

    customer_id: UUID
    plan_id: UUID
    quantity: int = 1
    """Seats."""
    trial_days: int | None = None
    """The plan's own when absent."""
    billing_day: int | None = None
    """The day of the month on which it is renewed; the day on which it begins when absent."""
    coupon: str | None = None
    owner: Literal["engine", "provider"] = "engine"
    """``provider`` lets the payment provider renew and charge it."""
    connection_id: UUID | None = None
    """Which provider, where one runs it; the default when absent."""
    method_id: UUID | None = None
    reference: str | None = None
    """The caller's own name for it; the same one again is the same subscription."""
    id: UUID | None = None


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What something would cost, worked out by the code that charges."""

    now: Totals | None
    """What is charged at once; nothing when absent."""
    period: Period | None
    trial_ends_on: date | None = None
    next: Totals | None = None
    """What the next whole period costs."""
    next_on: date | None = None


async def start(tx: Tx, new: New) -> Subscription:
    """A customer subscribes; the first period begins at once. With an id or a reference, twice is once (P20-P25).

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such customer, plan or connection.
        catalog.NotSold: the plan is not sold any more.
        Invalid: the quantity, the trial or the day of the month makes no sense, or the coupon's code; it would come to
            more than an invoice can; or a provider is to run it with a trial, a coupon or a day that it does not know.
        methods.Unusable: the way to pay was removed.
        coupons.NoSuchCoupon, coupons.NotRedeemable: the coupon cannot be used.
        Reused: the id or reference belongs to another subscription.
    """
    tx.must(MANAGE)
    return await started(tx, new)


async def started(tx: Tx, new: New) -> Subscription:
    """``start`` for whoever has checked who asks."""
    known = await _known(tx, new)
    if known is not None:
        return known
    subscription = await _insert(tx, new)
    if new.coupon:
        await coupons.redeem(tx, new.coupon, customer_id=new.customer_id, subscription_id=subscription.id)
    await tx.emit(
        subscriptions.Started(
            subscription_id=subscription.id,
            customer_id=new.customer_id,
            plan_id=new.plan_id,
            owner=new.owner,
        )
    )
    if new.owner == "provider":
        await provider_run.want(tx, subscription)
    else:
        await runs.bill(tx, subscription.id)
    return await tx.get(Subscription, subscription.id)


async def preview(tx: Tx, new: New) -> Preview:
    """What it would cost to subscribe: the first invoice, and the one after.

    Raises:
        as ``start``.
    """
    tx.must(MANAGE)
    return await previewed(tx, new)


async def previewed(tx: Tx, new: New) -> Preview:
    """``preview`` for whoever has checked who asks."""
    unsaved = _unsaved(await _values(tx, new))
    first = await steps.following(tx, unsaved, used={})
    coupon = None if new.coupon is None else await coupons.usable(tx, new.coupon)
    taken = []
    if coupon is not None:
        coupons.fits(coupon, unsaved.currency)
        taken = [coupons.discount(coupon, ids.new())]
    now = None
    if first.lines:
        draft = steps.draft(unsaved, first.lines, period_id=first.period_id)
        now = totals.totals(msgspec.structs.replace(draft, discounts=taken))
    second = await steps.following(tx, _after(unsaved, first), used={})
    # What is charged once is charged with the first period that is paid.
    lines = second.lines if first.kind == "trial" else [one for one in second.lines if one.price_id not in _once(first)]
    if coupon is not None and coupon.times == 1 and now is not None and any(one.amount for one in now.discounts):
        taken = []
    draft = steps.draft(unsaved, lines, period_id=second.period_id)
    return Preview(
        now=now,
        period=first.period,
        trial_ends_on=unsaved.trial_ends_on,
        next=totals.totals(msgspec.structs.replace(draft, discounts=taken)) if lines else None,
        next_on=first.period.ends_on,
    )


def _after(subscription: Subscription, step: steps.Step) -> Subscription:
    """A subscription as it is once a period of it has begun."""
    return msgspec.structs.replace(subscription, period_from=step.period.starts_on, period_to=step.period.ends_on)


async def _check_totals(tx: Tx, subscription: Subscription) -> None:
    """Stop what could be neither charged nor shown, such as a million seats at the highest price.

    Raises:
        Invalid: the first period that is paid comes to more than an invoice can.
    """
    step = await steps.following(tx, subscription, used={})
    if step.kind == "trial":
        step = await steps.following(tx, _after(subscription, step), used={})
    if step.lines:
        totals.totals(steps.draft(subscription, step.lines))


def _once(step: steps.Step) -> set[UUID]:
    return {price.id for price in step.prices if price.kind == "one_off"}


async def _known(tx: Tx, new: New) -> Subscription | None:
    known = await tx.find(
        Subscription,
        "select * from billing_subscription where id = $1 or reference = $2 limit 1",
        new.id,
        new.reference,
    )
    if known is not None and (known.customer_id, known.owner) != (new.customer_id, new.owner):
        raise Reused("This id or reference belongs to another subscription.")
    return known


async def _values(tx: Tx, new: New) -> dict[str, Any]:
    """A subscription's columns as it begins."""
    if not 1 <= new.quantity <= MOST_SEATS:
        raise Invalid(f"There are 1 to {MOST_SEATS:,} seats.", field="quantity")
    await tx.get(customers.Customer, new.customer_id)
    sold = await catalog.whole(tx, new.plan_id)
    if not sold.plan.active:
        raise catalog.NotSold
    trial_days = sold.plan.trial_days if new.trial_days is None else new.trial_days
    if not 0 <= trial_days <= 730:
        raise Invalid("A trial lasts two years at most.", field="trial_days")
    if new.owner == "provider":
        _check_provider(new, trial_days)
    today = await subscriptions.today(tx)
    paid_from = today + timedelta(days=trial_days)
    values: dict[str, Any] = {
        "id": new.id or ids.new(),
        "customer_id": new.customer_id,
        "plan_id": sold.plan.id,
        "price_ids": [price.id for price in sold.prices],
        "quantity": new.quantity,
        "currency": sold.plan.currency,
        "status": Status.trialing if trial_days else Status.active,
        "anchor_on": _anchor(paid_from, sold.plan, new.billing_day),
        "started_on": today,
        "trial_ends_on": paid_from if trial_days else None,
        "reference": new.reference,
        "next_at": await subscriptions.start_of(tx, today),
        "created_at": tx.now,
        "changed_at": tx.now,
    }
    if new.owner == "provider":
        values |= await provider_run.values(tx, new.plan_id, new.connection_id, quantity=new.quantity)
    if new.method_id is not None:
        values["method_id"] = await _method(tx, new.method_id, new.customer_id, values.get("connection_id"))
    return values


def _check_provider(new: New, trial_days: int) -> None:
    """Stop what a provider would not do, instead of promising it.

    Raises:
        Invalid: there is a trial, a coupon or a day of the month.
    """
    if new.coupon is not None:
        raise Invalid("A provider takes no coupon off; let our engine renew this one.", field="coupon")
    if trial_days:
        raise Invalid(
            "A provider knows no trial; ask for one of no days, or let our engine renew it.", field="trial_days"
        )
    if new.billing_day is not None:
        raise Invalid("A provider renews on the day on which it begins.", field="billing_day")


async def _method(tx: Tx, method_id: UUID, customer_id: UUID, connection_id: UUID | None) -> UUID:
    """A way to pay of the customer's own, kept by the provider that is to charge it where one runs the subscription.

    Raises:
        NotFound, methods.Unusable: the customer has none of that id, or it was removed.
        Invalid: another provider keeps it.
    """
    method = await methods.usable(tx, method_id, customer_id=customer_id)
    if connection_id is not None and method.connection_id != connection_id:
        raise Invalid("Another provider keeps this way to pay.", field="method_id")
    return method.id


def _anchor(paid_from: date, plan: catalog.Plan, billing_day: int | None) -> date:
    if billing_day is None:
        return paid_from
    if plan.interval is not Interval.month:
        raise Invalid("Only what is renewed by the month has a day of the month.", field="billing_day")
    if not 1 <= billing_day <= 31:
        raise Invalid("A month has days 1 to 31.", field="billing_day")
    # January has every day that a month can have, so counting from there never loses one.
    return date(paid_from.year, 1, billing_day)


def _unsaved(values: dict[str, Any]) -> Subscription:
    """A subscription that is never stored: the same struct is worked on that would have been read back."""
    fields: dict[str, Any] = dict.fromkeys(Subscription.__struct_fields__)
    fields |= {"owner": "engine", "cancel_at_end": False, "version": 0}
    return Subscription(**fields | values)


async def _insert(tx: Tx, new: New) -> Subscription:
    values = await _values(tx, new)
    await _check_totals(tx, _unsaved(values))
    if new.reference is not None and not (1 <= len(new.reference) <= 255 and new.reference.isprintable()):
        raise Invalid("A reference has 1 to 255 printable characters.", field="reference")
    return await tx.insert(Subscription, owner=new.owner, **values)
