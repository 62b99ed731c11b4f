"""Provider-run subscriptions: renewed and charged by the payment provider's clock, kept here as it tells (P19-P26).

Our engine never renews one, which a constraint sees to. It is started and ended at the provider by outside calls with
keys; what becomes of it is asked, when a webhook gives a reason to and once in a while anyway. Each of its payments is
taken over as a payment of ours, and becomes an invoice that is paid already (``provider_charges``).

A start or an end that nobody knows to have happened is asked for again, until the provider has said that it did.
"""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.events import Event
from holdfast.kernel.jobs import Outside
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, provider_answers, provider_charges, provider_looks, rating, subscriptions
from holdfast.shared.billing.provider_answers import EndWanted
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import calls, connections, customers, methods

log = structlog.get_logger()

_PATIENCE = timedelta(hours=1)
"""How long the provider has to answer before it is asked for the same again."""


class StartWanted(Event):
    """A subscription is to be started at the provider."""

    name: ClassVar[str] = "billing.subscription.start_wanted"
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
    """Ask the provider to end a subscription, whose row is locked, once this is committed. Twice is once.

    One that the provider has not answered for yet is over here at once; should it be there, it is ended as soon as the
    provider tells of it.
    """
    run = await provider_answers.run_of(tx, subscription.id)
    if subscription.provider_ref is None:
        subscription = await subscriptions.moved(
            tx,
            subscription,
            Status.cancelled,
            "ended",
            ended_on=await subscriptions.today(tx),
            provider_ended_at=None if run.start_sent else tx.now,
        )
        await tx.emit(subscriptions.Ended(subscription_id=subscription.id, customer_id=subscription.customer_id))
        return subscription
    wanted = "period_end" if at_period_end else "now"
    if run.end_wanted in (wanted, "now") or (at_period_end and subscription.cancel_at_end):
        return subscription
    await tx.emit(EndWanted(subscription_id=subscription.id, at_period_end=at_period_end))
    return await subscriptions.moved(
        tx, subscription, subscription.status, "cancels", cancel_at_end=True, end_wanted=wanted
    )


class _Ready(msgspec.Struct):
    subscription: Subscription
    run: provider_answers.Run
    connection: ports.Connection
    payer: ports.Payer
    plan: ports.Plan
    method: methods.Known | None


async def _ready(tx: Tx, subscription_id: UUID) -> _Ready | None:
    """What a start needs; None where nothing is to be started.

    Raises:
        NotFound, methods.Unusable: the way to pay is of another customer or connection, or was removed.
    """
    subscription = await tx.get(Subscription, subscription_id)
    run = await provider_answers.run_of(tx, subscription_id)
    if subscription.connection_id is None or run.over:
        return None
    if subscription.status is Status.cancelled and not run.start_sent:
        return None
    plan = await tx.get(catalog.Plan, subscription.plan_id)
    return _Ready(
        subscription=subscription,
        run=run,
        connection=await connections.opened(tx, subscription.connection_id),
        payer=await customers.payer(tx, subscription.customer_id, subscription.connection_id),
        plan=ports.Plan(
            price_id=subscription.price_ids[0],
            name=plan.name,
            # The provider charges with the tax in it; the invoice takes it apart again.
            amount=await provider_charges.price(tx, subscription),
            interval=plan.interval.value,
            interval_count=plan.interval_count,
        ),
        method=await _method(tx, subscription, run),
    )


async def _method(tx: Tx, subscription: Subscription, run: provider_answers.Run) -> methods.Known | None:
    """How the provider is to charge: as was chosen, or by the customer's default where it is this provider's."""
    if run.start_sent:
        # Under one key the provider is asked for the same, whatever became of the way to pay since.
        return None if subscription.method_id is None else await methods.known(tx, subscription.method_id)
    if subscription.method_id is None:
        method = await methods.default(tx, subscription.customer_id)
        if method is None or method.connection_id != subscription.connection_id:
            return None
        return await methods.known(tx, method.id)
    method = await methods.usable(tx, subscription.method_id, customer_id=subscription.customer_id)
    if method.connection_id != subscription.connection_id:
        raise NotFound("This way to pay is kept by another provider.")
    return await methods.known(tx, method.id)


async def start(job: Outside, subscription_id: UUID) -> None:
    """Start a subscription at the provider: the customer, the price, and the subscription itself, each once (P22-P23).

    Raises:
        outcomes.CallFailed: the provider is away or did not answer; the job tries again under the same keys.
    """
    try:
        async with job.transaction() as tx:
            ready = await _ready(tx, subscription_id)
    except (NotFound, methods.Unusable) as problem:
        async with job.outcome() as tx:
            await provider_looks.explain(tx, subscription_id, str(problem))
        return
    if ready is None:
        return
    if ready.subscription.provider_ref is not None:
        # It was started, and this job died before it knew of the first payment.
        await provider_looks.look(job, subscription_id)
        return
    if ready.run.start_expired:
        async with job.outcome() as tx:
            await provider_looks.explain(tx, subscription_id, "The provider never said whether it started this.")
        return
    try:
        answer = await _started(job, ready)
    except provider_looks.REFUSED as refused:
        async with job.outcome() as tx:
            await _not_started(tx, ready, refused)
        return
    if answer is not None:
        async with job.transaction() as tx:
            await provider_answers.told(tx, subscription_id, answer)
        await provider_looks.take(job, ready.connection, [answer.latest_payment_ref])


async def _started(job: Outside, ready: _Ready) -> ports.Subscription | None:
    """The calls of a start; None when it was cancelled before the last of them."""
    provider = calls.adapter(ready.connection, job.database)
    name = ready.connection.provider
    payer = await calls.known_payer(job.transaction, job.database, ready.connection, ready.payer)
    # The price is the same for everybody who has it, and so is its key.
    key = f"{ready.plan.price_id}:{ready.connection.id}:plan"
    plan_ref = await calls.guarded(name, "plan", provider.ensure_plan(ready.plan, key=key))
    async with job.transaction() as tx:
        if not await _sending(tx, ready):
            return None
    answer: ports.Subscription = await calls.guarded(
        name,
        "subscribe",
        provider.start(
            payer,
            msgspec.structs.replace(ready.plan, ref=plan_ref),
            method_ref=None if ready.method is None else ready.method.ref,
            subscription_id=ready.subscription.id,
            key=f"{ready.subscription.id}:start",
        ),
    )
    return answer


async def _sending(tx: Tx, ready: _Ready) -> bool:
    """Write down that the provider is asked now, so that whoever cancels knows; gives whether it still is to be."""
    subscription = await subscriptions.locked(tx, ready.subscription.id)
    if (await provider_answers.run_of(tx, subscription.id)).start_sent:
        return True
    if subscription.status is Status.cancelled:
        return False
    method_id = subscription.method_id if ready.method is None else ready.method.id
    await tx.update(subscription, start_sent_at=tx.now, method_id=method_id)
    return True


async def _not_started(tx: Tx, ready: _Ready, refused: outcomes.CallFailed) -> None:
    """The provider did not take it: say why. Whatever an earlier call may have begun is not forgotten by that."""
    subscription = await provider_looks.explain(tx, ready.subscription.id, str(refused))
    plainly = isinstance(refused, outcomes.Rejected) and refused.code != "idempotency_error"
    if plainly or not ready.run.start_sent:
        over = tx.now if subscription.status is Status.cancelled else None
        await tx.update(subscription, start_sent_at=None, provider_ended_at=over)


async def end(job: Outside, event: EndWanted) -> None:
    """End a subscription at the provider. A refusal is told on its row, and the provider asked again in a while.

    Raises:
        outcomes.CallFailed: the provider is away or did not answer; the job tries again under the same key.
    """
    async with job.transaction() as tx:
        subscription = await tx.get(Subscription, event.subscription_id)
        run = await provider_answers.run_of(tx, subscription.id)
        if subscription.connection_id is None or subscription.provider_ref is None or run.over:
            return
        connection = await connections.opened(tx, subscription.connection_id)
    provider = calls.adapter(connection, job.database)
    stop = provider.stop(subscription.provider_ref, at_period_end=event.at_period_end, key=job.key)
    refusal: outcomes.CallFailed | None = None
    try:
        await calls.guarded(connection.provider, "unsubscribe", stop)
    except provider_looks.REFUSED as refused:
        refusal = refused
    if refusal is None and event.at_period_end:
        async with job.transaction() as tx:
            await tx.execute(
                "update billing_subscription set end_wanted = null where id = $1 and end_wanted = 'period_end'",
                subscription.id,
            )
    # Another who ended it was perhaps faster, so what is so is asked, and not taken from this call.
    await provider_looks.look(job, subscription.id)
    if refusal is not None:
        async with job.outcome() as tx:
            if (await provider_answers.run_of(tx, subscription.id)).end_wanted is not None:
                await provider_looks.explain(tx, subscription.id, f"The provider did not end it: {refusal}")


_UNANSWERED = """
    with chosen as materialized (
        select id from billing_subscription
        where owner = 'provider' and provider_ended_at is null and (provider_ref is null or end_wanted is not null)
        and changed_at <= $2 and (looked_at is null or looked_at <= $2)
        and (provider_ref is not null or start_sent_at > $3
            or (provider_error is null and (status = 'incomplete' or start_sent_at is not null)))
        order by changed_at, id limit $4 for update skip locked
    )
    update billing_subscription as s set looked_at = $1 from chosen where s.id = chosen.id
    returning s.id, s.provider_ref, s.end_wanted
"""


async def take_up(tx: Tx, limit: int = 200) -> None:
    """Ask again for starts and ends that providers have not answered, such as those whose job died; a reconciler."""
    found = await tx.all(
        _Unanswered,
        _UNANSWERED,
        tx.now,
        tx.now - _PATIENCE,
        tx.now - provider_answers.KEY_HOLDS,
        limit,
    )
    for one in found:
        if one.provider_ref is None:
            await tx.emit(StartWanted(subscription_id=one.id))
        else:
            await tx.emit(EndWanted(subscription_id=one.id, at_period_end=one.end_wanted == "period_end"))


class _Unanswered(msgspec.Struct):
    id: UUID
    provider_ref: str | None
    end_wanted: str | None
