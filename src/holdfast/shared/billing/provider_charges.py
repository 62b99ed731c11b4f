"""Provider charges: what a provider took for a subscription that it runs, and the invoice that each of them becomes.

The provider's clock says for which period a charge was, so that one that is heard of late, or after the next, still
stands for its own. What the provider took is what is billed, also where that is not what was agreed.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel import clock, derivations
from holdfast.kernel.derivations import Link, Step, Worked
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, collection, invoices, periods, rating, steps, subscriptions
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import answers, customers, payments

PURPOSE = "billing.subscription"
"""The purpose of a payment that a provider took for a subscription."""
_STARTING = timedelta(days=1)
"""How long after a start was sent a charge of an unknown subscription of the same customer counts for it."""


def any_period(plan: catalog.Plan) -> Period:
    """A period as long as the plan's, for what has none yet."""
    return periods.nth(date(2024, 1, 1), plan.interval, plan.interval_count, 0)


async def price(tx: Tx, subscription: Subscription) -> Money:
    """What a period of a subscription that a provider runs was agreed to cost, with its tax."""
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    agreed = (await catalog.prices(tx, subscription.price_ids))[0]
    period = any_period(plan)
    return invoices.totals(steps.draft(subscription, [rating.line(agreed.rate, 1, period, period)])).total


def parts(anchor: date, plan: catalog.Plan, span: Period) -> list[Period]:
    """The periods of a plan, counted from an anchor, that begin in a span of days; the first begins with it."""
    found: list[Period] = []
    day = span.starts_on
    while day < span.ends_on:
        found.append(periods.following(anchor, plan.interval, plan.interval_count, day))
        day = found[-1].ends_on
    return found


async def first_day(tx: Tx, subscription_id: UUID) -> date | None:
    """The day on which the first period of a subscription began; None when it has none."""
    return await tx.find(
        date,
        "select starts_on from billing_period where subscription_id = $1 order by starts_on limit 1",
        subscription_id,
    )


async def claim(tx: Tx, connection_id: UUID, told: ports.Payment) -> answers.Belonging | None:
    """A payment that a provider took for a subscription belongs to it."""
    if told.subscription_ref is None:
        return None
    subscription = await tx.find(
        Subscription,
        "select * from billing_subscription where connection_id = $1 and provider_ref = $2",
        connection_id,
        told.subscription_ref,
    ) or await _being_started(tx, connection_id, told.customer_ref)
    if subscription is None:
        return None
    await tx.execute(
        "insert into billing_provider_charge (connection_id, ref, subscription_id, at) values ($1, $2, $3, $4) "
        "on conflict do nothing",
        connection_id,
        told.ref,
        subscription.id,
        told.at,
    )
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    return answers.Belonging(
        purpose=PURPOSE,
        purpose_id=subscription.id,
        customer_id=subscription.customer_id,
        description=plan.name,
    )


async def _being_started(tx: Tx, connection_id: UUID, customer_ref: str | None) -> Subscription | None:
    """The customer's subscription whose start the provider has not answered yet: a message may be faster."""
    payer = None if customer_ref is None else await customers.of_ref(tx, connection_id, customer_ref)
    if payer is None:
        return None
    return await tx.find(
        Subscription,
        "select * from billing_subscription where customer_id = $1 and connection_id = $2 and provider_ref is null "
        "and start_sent_at > $3 order by start_sent_at desc limit 1",
        payer,
        connection_id,
        tx.now - _STARTING,
    )


async def invoice(tx: Tx, event: payments.Captured) -> None:
    """A payment that a provider took for a subscription becomes an invoice, which is paid already (P26)."""
    if event.purpose != PURPOSE:
        return
    subscription = await subscriptions.locked(tx, event.purpose_id)
    payment = await tx.get(payments.Payment, event.payment_id)
    at = await tx.find(
        datetime,
        "select at from billing_provider_charge where connection_id = $1 and ref = $2",
        payment.connection_id,
        payment.provider_ref,
    )
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    period = await _paid_for(tx, subscription, clock.local_day(at or event.captured_at, timezone))
    line = await _line(tx, subscription, period, event.amount)
    draft = steps.draft(subscription, [line])
    made = await invoices.issue(
        tx, msgspec.structs.replace(draft, currency=event.amount.currency, collect=False, use_credit=False)
    )
    await collection.apply(tx, msgspec.structs.replace(event, purpose=invoices.PURPOSE, purpose_id=made.id))


async def _line(tx: Tx, subscription: Subscription, period: Period, taken: Money) -> Line:
    """The line of what a provider took: as agreed, or by its own amount where that is another one."""
    agreed = (await catalog.prices(tx, subscription.price_ids))[0].rate
    line = rating.line(agreed, 1, period, period)
    promised = await price(tx, subscription)
    if promised == taken:
        return line
    derivation = derivations.derive(
        "billing.provider_charge",
        1,
        {"agreed": promised.minor, "agreed_currency": promised.currency, "charged": taken.minor},
        unit=taken.currency,
        rounding="none",
        links=[Link(kind="billing.price", id=str(agreed.id), label=agreed.label)],
    )
    # The provider charges with the tax in it, so that is how much of its amount is tax.
    return msgspec.structs.replace(
        line, amount=taken, unit_amount=None, tax_inclusive=True, discountable=False, derivation=derivation
    )


@derivations.rule("billing.provider_charge", 1)
def _charged(inputs: Mapping[str, Any]) -> Worked:
    """What the provider charged, tax included, instead of what was agreed."""
    return Worked(
        result=inputs["charged"],
        steps=[
            Step(label="derivation.agreed", value=inputs["agreed"], detail=inputs["agreed_currency"]),
            Step(label="derivation.charged", value=inputs["charged"]),
        ],
    )


async def _paid_for(tx: Tx, subscription: Subscription, day: date) -> Period:
    """The period that was paid for on a day: the one it is in, or the latest before it when that is paid already."""
    known = await tx.all(
        Period,
        "select starts_on, ends_on from billing_period where subscription_id = $1 order by starts_on desc limit 100",
        subscription.id,
    )
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    anchor = await first_day(tx, subscription.id) or day
    after = known[0].ends_on if known else day
    # The money may be faster than the provider's word about the period.
    told = [*reversed(known), *(parts(anchor, plan, Period(after, day + timedelta(days=1))) if day >= after else [])]
    past = [period for period in told if period.starts_on <= day] or told[:1]
    charged = await tx.all(
        date,
        "select distinct l.period_from from billing_invoice as i join billing_invoice_line as l on l.invoice_id = i.id "
        "where i.subscription_id = $1 and i.status <> 'void' and l.period_from = any ($2)",
        subscription.id,
        [period.starts_on for period in past],
    )
    return next((period for period in reversed(past) if period.starts_on not in charged), past[-1])
