"""Steps: what comes next for a subscription, and what it costs. A preview reads it, a run carries it out.

Nothing is changed here. Whoever charges passes in what was used, which they have closed in the same transaction;
whoever only looks passes in what would be.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from holdfast.kernel.derivations import Value
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, periods, rating
from holdfast.shared.billing.catalog import Plan, Price
from holdfast.shared.billing.lines import Draft, Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import Subscription


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The next period of a subscription."""

    period_id: UUID
    kind: Literal["trial", "paid"]
    period: Period
    anchor_on: date
    """The day from which this period and those after it are counted."""
    plan: Plan
    prices: list[Price]
    quantity: int
    lines: list[Line]


async def following(tx: Tx, subscription: Subscription, *, used: Mapping[UUID, int]) -> Step:
    """The period that comes next, with what is charged for it and for what was used before it."""
    plan, prices, quantity = await _terms(tx, subscription)
    start = subscription.period_to or subscription.started_on
    trial = subscription.trial_ends_on
    period_id = name_of(subscription, start)
    if trial is not None and start < trial:
        return Step(
            period_id=period_id,
            kind="trial",
            period=Period(start, trial),
            anchor_on=subscription.anchor_on,
            plan=plan,
            prices=prices,
            quantity=quantity,
            lines=[],
        )
    anchor, interval, count = await _anchor(tx, subscription, plan, start), plan.interval, plan.interval_count
    whole = periods.whole(anchor, interval, count, start)
    period = periods.following(anchor, interval, count, start)
    first = not await tx.one(
        bool,
        "select exists (select from billing_period where subscription_id = $1 and kind = 'paid')",
        subscription.id,
    )
    lines = charges(prices, quantity, period, whole if plan.proration == "daily" else period, first=first)
    lines += await arrears(tx, used, subscription)
    return Step(
        period_id=period_id,
        kind="paid",
        period=period,
        anchor_on=anchor,
        plan=plan,
        prices=prices,
        quantity=quantity,
        lines=lines,
    )


def name_of(subscription: Subscription, start: date) -> UUID:
    """The id of the period that begins on a day: the same whoever works it out, and however often."""
    return uuid5(subscription.id, f"period {start.isoformat()}")


async def _anchor(tx: Tx, subscription: Subscription, plan: Plan, start: date) -> date:
    """From when periods are counted; those of another length are counted from the first of them."""
    if plan.id == subscription.plan_id:
        return subscription.anchor_on
    return subscription.anchor_on if plan.as_long_as(await tx.get(Plan, subscription.plan_id)) else start


async def _terms(tx: Tx, subscription: Subscription) -> tuple[Plan, list[Price], int]:
    """The plan, prices and quantity that hold from the next period on."""
    plan = await tx.get(Plan, subscription.next_plan_id or subscription.plan_id)
    prices = await catalog.prices(tx, subscription.next_price_ids or subscription.price_ids)
    return plan, prices, subscription.next_quantity or subscription.quantity


def charges(prices: list[Price], quantity: int, part: Period, whole: Period, *, first: bool = False) -> list[Line]:
    """What is charged in advance for some days of a period; with ``first``, what is charged once as well."""
    lines = [
        rating.line(price.rate, quantity if price.kind in rating.OF_SEATS else 1, part, whole)
        for price in prices
        if price.kind in rating.IN_ADVANCE
    ]
    if first:
        lines += [rating.line(price.rate, 1, part, part) for price in prices if price.kind is rating.Kind.one_off]
    return lines


async def arrears(tx: Tx, used: Mapping[UUID, int], subscription: Subscription) -> list[Line]:
    """What is charged for what was used in the period that ends, by price."""
    if not used or subscription.period_from is None or subscription.period_to is None:
        return []
    trial = subscription.trial_ends_on
    if trial is not None and subscription.period_to <= trial:
        # What is used in a trial is part of the trial.
        return []
    over = Period(subscription.period_from, subscription.period_to)
    return [rating.line(price.rate, used[price.id], over, over) for price in await catalog.prices(tx, list(used))]


class _Charged(msgspec.Struct):
    price_id: UUID
    amount: int
    quantity: int
    days: int
    of: int


async def unused(tx: Tx, subscription: Subscription, part: Period, *, paid_only: bool) -> list[Line]:
    """What gives back what was charged in advance for days that are not used, discounts and earlier credits counted.

    What a credit note took back is not given back once more.

    Args:
        tx: the transaction.
        subscription: whose.
        part: the days.
        paid_only: only what was paid is given back; what is still owed stays owed, and what is disputed goes back by
            the dispute.
    """
    found = await tx.all(
        _Charged,
        "select l.price_id, l.amount_minor - l.discount_minor - coalesce((select sum("
        "case when l.tax_inclusive then n.total_minor else n.net_minor end) from billing_credit_note_line as n "
        "where n.line_id = l.id), 0)::bigint as amount, l.quantity, "
        "(least(l.period_to, $3::date) - greatest(l.period_from, $2::date))::bigint as days, "
        "(l.period_to - l.period_from)::bigint as of "
        "from billing_invoice as i join billing_invoice_line as l on l.invoice_id = i.id "
        "join billing_price as p on p.id = l.price_id and p.kind in ('per_period', 'per_seat', 'tiered_seats') "
        "where i.subscription_id = $1 and l.period_from < $3 and l.period_to > $2 and l.period_from < l.period_to "
        "and ((i.status = 'paid' and not ($4 and i.disputed)) or (i.status = 'open' and not $4)) "
        "order by i.issued_at, l.place",
        subscription.id,
        part.starts_on,
        part.ends_on,
        paid_only,
    )
    lines: list[Line] = []
    for price in await catalog.prices(tx, list({each.price_id for each in found})):
        own = [each for each in found if each.price_id == price.id]
        charged: list[Value] = [{"amount": each.amount, "days": each.days, "of": each.of} for each in own]
        line = rating.unused(price.rate, charged, own[-1].quantity, part)
        if line is not None:
            lines.append(line)
    if paid_only and sum(line.amount.minor for line in lines) >= 0:
        # What was given back of an invoice that is still owed went into it, so nothing that was paid is left.
        return []
    return lines


async def charged_until(tx: Tx, subscription: Subscription) -> date | None:
    """The day up to which anything was charged in advance and not credited; None when nothing was."""
    return await tx.find(
        date,
        "select l.period_to from billing_invoice as i join billing_invoice_line as l on l.invoice_id = i.id "
        "join billing_price as p on p.id = l.price_id and p.kind in ('per_period', 'per_seat', 'tiered_seats') "
        "where i.subscription_id = $1 and i.status in ('paid', 'open') and l.period_to is not null "
        "and (l.credited_minor <> l.total_minor or l.total_minor = 0) order by l.period_to desc limit 1",
        subscription.id,
    )


def draft(subscription: Subscription, lines: list[Line], *, period_id: UUID | None = None) -> Draft:
    """An invoice for a subscription. A period has one by constraint; the others are issued under the row's lock."""
    return Draft(
        customer_id=subscription.customer_id,
        currency=subscription.currency,
        lines=lines,
        subscription_id=subscription.id,
        period_id=period_id,
    )
