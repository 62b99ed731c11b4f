"""Provider-run subscriptions: renewed and charged by the payment provider's clock, kept here as it tells (P19-P26).

Our engine never renews one, which a constraint sees to. It is started and ended at the provider by outside calls with
keys; what becomes of it is asked, when a webhook gives a reason to and once in a while anyway. Each of its payments is
taken over as a payment of ours, and becomes an invoice that is paid already.
"""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID, uuid5

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import clock, inbox
from holdfast.kernel.events import Event
from holdfast.kernel.jobs import Outside
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, collection, invoices, periods, rating, steps, subscriptions
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import answers, asking, calls, connections, customers, methods, payments

log = structlog.get_logger()

PURPOSE = "billing.subscription"
"""The purpose of a payment that a provider took for a subscription."""
_STANDING = {
    "incomplete": Status.incomplete,
    "trialing": Status.trialing,
    "active": Status.active,
    "past_due": Status.past_due,
    "paused": Status.past_due,
    "cancelled": Status.cancelled,
}


class StartWanted(Event):
    """A subscription is to be started at the provider."""

    name: ClassVar[str] = "billing.subscription.start_wanted"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID


class EndWanted(Event):
    """A subscription is to be ended at the provider."""

    name: ClassVar[str] = "billing.subscription.end_wanted"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    at_period_end: bool


class LookWanted(Event):
    """The provider is to be asked how a subscription stands."""

    name: ClassVar[str] = "billing.subscription.look_wanted"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID


async def values(tx: Tx, plan_id: UUID, connection_id: UUID | None, *, quantity: int) -> dict[str, Any]:
    """What is different of a subscription that a provider runs.

    Raises:
        Invalid: the plan has a price that no provider runs.
        NotFound, connections.NotConnected: there is no such connection.
    """
    sold = await catalog.whole(tx, plan_id)
    if len(sold.prices) != 1 or sold.prices[0].kind is not rating.Kind.per_period or quantity != 1:
        raise Invalid("A provider runs plans of one fixed price; let our engine renew this one.", field="owner")
    connection = await connections.chosen(tx, connection_id)
    return {
        "status": Status.incomplete,
        "connection_id": connection.id,
        "next_at": None,
        "trial_ends_on": None,
    }


async def want(tx: Tx, subscription: Subscription) -> None:
    """Ask the provider to take a subscription, once this is committed."""
    await tx.emit(StartWanted(subscription_id=subscription.id))


async def want_end(tx: Tx, subscription: Subscription, *, at_period_end: bool) -> Subscription:
    """Ask the provider to end a subscription, once this is committed."""
    if subscription.provider_ref is None:
        return await subscriptions.moved(
            tx, subscription, Status.cancelled, "ended", ended_on=await subscriptions.today(tx)
        )
    await tx.emit(EndWanted(subscription_id=subscription.id, at_period_end=at_period_end))
    return await subscriptions.moved(tx, subscription, subscription.status, "cancels", cancel_at_end=True)


class _Ready(msgspec.Struct):
    subscription: Subscription
    connection: ports.Connection
    payer: ports.Payer
    plan: ports.Plan
    method_ref: str | None


async def _ready(tx: Tx, subscription_id: UUID) -> _Ready | None:
    subscription = await tx.get(Subscription, subscription_id)
    if subscription.connection_id is None or subscription.status is Status.cancelled:
        return None
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    price = (await catalog.prices(tx, subscription.price_ids))[0]
    draft = steps.draft(
        subscription,
        [rating.line(price.rate, 1, _any_period(plan), _any_period(plan))],
    )
    method = await methods.default(tx, subscription.customer_id)
    method_id = subscription.method_id or (method.id if method is not None else None)
    return _Ready(
        subscription=subscription,
        connection=await connections.opened(tx, subscription.connection_id),
        payer=await customers.payer(tx, subscription.customer_id, subscription.connection_id),
        plan=ports.Plan(
            price_id=price.id,
            name=plan.name,
            # The provider charges with the tax in it; the invoice takes it apart again.
            amount=invoices.totals(draft).total,
            interval=plan.interval.value,
            interval_count=plan.interval_count,
        ),
        method_ref=None if method_id is None else (await methods.known(tx, method_id)).ref,
    )


def _any_period(plan: catalog.Plan) -> Period:
    return periods.nth(date(2024, 1, 1), plan.interval, plan.interval_count, 0)


async def start(job: Outside, subscription_id: UUID) -> None:
    """Start a subscription at the provider: the customer, the price, and the subscription itself, each once (P22-P23).

    Raises:
        outcomes.CallFailed: the provider is away or did not answer; the job tries again under the same keys.
    """
    async with job.transaction() as tx:
        ready = await _ready(tx, subscription_id)
    if ready is None or ready.subscription.provider_ref is not None:
        return
    provider = calls.adapter(ready.connection, job.database)
    name = ready.connection.provider
    try:
        payer = await calls.known_payer(job.transaction, job.database, ready.connection, ready.payer)
        # The price is the same for everybody who has it, and so is its key.
        key = f"{ready.plan.price_id}:{ready.connection.id}:plan"
        plan_ref = await calls.guarded(name, "plan", provider.ensure_plan(ready.plan, key=key))
        told = await calls.guarded(
            name,
            "subscribe",
            provider.start(
                payer,
                msgspec.structs.replace(ready.plan, ref=plan_ref),
                method_ref=ready.method_ref,
                subscription_id=subscription_id,
                key=f"{subscription_id}:start",
            ),
        )
    except (outcomes.Rejected, outcomes.AuthFailed, outcomes.Unsupported) as refused:
        async with job.outcome() as tx:
            subscription = await subscriptions.locked(tx, subscription_id)
            await tx.update(subscription, provider_error=str(refused)[:500])
        return
    async with job.outcome() as tx:
        await _told(tx, subscription_id, told)
    await _take_payment(job, subscription_id, told)


async def end(job: Outside, event: EndWanted) -> None:
    """End a subscription at the provider.

    Raises:
        outcomes.CallFailed: the provider is away or did not answer; the job tries again under the same key.
    """
    async with job.transaction() as tx:
        subscription = await tx.get(Subscription, event.subscription_id)
        if subscription.connection_id is None or subscription.provider_ref is None:
            return
        connection = await connections.opened(tx, subscription.connection_id)
    provider = calls.adapter(connection, job.database)
    told = await calls.guarded(
        connection.provider,
        "unsubscribe",
        provider.stop(subscription.provider_ref, at_period_end=event.at_period_end, key=job.key),
    )
    async with job.outcome() as tx:
        await _told(tx, subscription.id, told)


async def look(job: Outside, subscription_id: UUID) -> None:
    """Ask the provider how a subscription stands, and take its newest payment over."""
    async with job.transaction() as tx:
        subscription = await tx.get(Subscription, subscription_id)
        if subscription.connection_id is None or subscription.provider_ref is None:
            return
        connection = await connections.opened(tx, subscription.connection_id)
    provider = calls.adapter(connection, job.database)
    told = await calls.guarded(connection.provider, "subscription", provider.subscription(subscription.provider_ref))
    async with job.transaction() as tx:
        await _told(tx, subscription_id, told)
    await _take_payment(job, subscription_id, told)


async def _take_payment(job: Outside, subscription_id: UUID, told: ports.Subscription) -> None:
    if told.latest_payment_ref is None:
        return
    async with job.transaction() as tx:
        subscription = await tx.get(Subscription, subscription_id)
        assert subscription.connection_id is not None  # noqa: S101 - a constraint of the table
        connection = await connections.opened(tx, subscription.connection_id)
    await asking.about(job.transaction, job.database, connection, told.latest_payment_ref)


async def _told(tx: Tx, subscription_id: UUID, told: ports.Subscription) -> Subscription:
    """Make true what the provider says of a subscription."""
    subscription = await subscriptions.locked(tx, subscription_id)
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    status = _STANDING[told.standing]
    if status is not subscription.status and status not in subscriptions.MOVES[subscription.status]:
        status = subscription.status
    changes: dict[str, Any] = {
        "provider_ref": told.ref,
        "provider_error": None,
        "cancel_at_end": told.cancel_at_period_end,
    }
    if status is Status.cancelled:
        changes["ended_on"] = await subscriptions.today(tx)
    if told.period_start is not None and told.period_end is not None:
        start, finish = clock.local_day(told.period_start, timezone), clock.local_day(told.period_end, timezone)
        if start < finish:
            changes |= await _period(tx, subscription, Period(start, finish))
    same = status is subscription.status and all(getattr(subscription, key) == value for key, value in changes.items())
    if same:
        return subscription
    return await subscriptions.moved(tx, subscription, status, "told", **changes)


async def _period(tx: Tx, subscription: Subscription, period: Period) -> dict[str, Any]:
    """Write the period down in which the provider has the subscription; one that was missed is part of it."""
    start = period.starts_on
    if subscription.period_to is not None and subscription.period_to != start:
        if period.ends_on <= subscription.period_to:
            return {}
        start = subscription.period_to
    period_id = uuid5(subscription.id, f"period {start.isoformat()}")
    await subscriptions.term(tx, subscription, period_id, Period(start, period.ends_on), "paid")
    return {"period_id": period_id, "period_from": start, "period_to": period.ends_on}


async def claim(tx: Tx, connection_id: UUID, told: ports.Payment) -> answers.Belonging | None:
    """A payment that a provider took for a subscription belongs to it."""
    if told.subscription_ref is None:
        return None
    subscription = await tx.find(
        Subscription,
        "select * from billing_subscription where connection_id = $1 and provider_ref = $2",
        connection_id,
        told.subscription_ref,
    )
    if subscription is None:
        return None
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    return answers.Belonging(
        purpose=PURPOSE,
        purpose_id=subscription.id,
        customer_id=subscription.customer_id,
        description=plan.name,
    )


async def invoice(tx: Tx, event: payments.Captured) -> None:
    """A payment that a provider took for a subscription becomes an invoice, which is paid already (P26)."""
    if event.purpose != PURPOSE:
        return
    subscription = await subscriptions.locked(tx, event.purpose_id)
    prices = await catalog.prices(tx, subscription.price_ids)
    if not prices or subscription.period_from is None or subscription.period_to is None:
        period = Period(await subscriptions.today(tx), periods.moved(await subscriptions.today(tx), _DAY, 1))
    else:
        period = Period(subscription.period_from, subscription.period_to)
    line = rating.line(prices[0].rate, 1, period, period)
    draft = steps.draft(subscription, [line])
    made = await invoices.issue(tx, msgspec.structs.replace(draft, collect=False, use_credit=False))
    await collection.apply(tx, msgspec.structs.replace(event, purpose=invoices.PURPOSE, purpose_id=made.id))


_DAY = periods.Interval.day


async def hear(job: Outside, event: inbox.Received) -> None:
    """A provider's message about a subscription is a reason to ask about it."""
    if event.provider not in connections.PROVIDERS:
        return
    async with job.transaction() as tx:
        message = await inbox.message(tx, event.inbox_id)
        ways = await connections.opened_of(tx, message.provider)
    for connection in ways:
        signal = connecting.adapter(connection, database=job.database).read(message.headers, message.body)
        if signal.kind != "subscription" or signal.ref is None:
            return
        async with job.transaction() as tx:
            found = await tx.find(
                UUID,
                "select id from billing_subscription where connection_id = $1 and provider_ref = $2",
                connection.id,
                signal.ref,
            )
        if found is not None:
            await look(job, found)
            return


async def look_after(tx: Tx, limit: int = 200) -> None:
    """Once in a while every subscription that a provider runs is asked about, whatever messages were lost."""
    found = await tx.all(
        UUID,
        "select id from billing_subscription where owner = 'provider' and provider_ref is not null "
        "and status in ('incomplete', 'trialing', 'active', 'past_due') order by changed_at limit $1",
        limit,
    )
    for subscription_id in found:
        await tx.emit(LookWanted(subscription_id=subscription_id))


answers.claim(claim)
