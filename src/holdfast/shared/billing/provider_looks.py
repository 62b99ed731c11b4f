"""Provider looks: providers are asked how the subscriptions that they run stand, and what they took for them.

A webhook is a reason to ask; so is time that went by, whatever messages were lost. What is missing between two looks
is looked for in the provider's list of payments.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import clock, inbox
from holdfast.kernel.events import Event
from holdfast.kernel.jobs import Outside
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import provider_answers, provider_charges, subscriptions
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import answers, asking, calls, connections

log = structlog.get_logger()

REFUSED = (outcomes.Rejected, outcomes.AuthFailed, outcomes.Unsupported)
"""Answers that another try at once does not change."""
_TURNS = 5
"""How often the provider is asked when the subscription changes meanwhile."""
_MOST_PAGES = 200
_MARGIN = timedelta(days=1)


class LookWanted(Event):
    """The provider is to be asked how a subscription stands."""

    name: ClassVar[str] = "billing.subscription.look_wanted"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID


class _Before(msgspec.Struct):
    """A subscription from before the provider was asked."""

    subscription: Subscription
    connection: ports.Connection
    ref: str
    timezone: str


async def explain(tx: Tx, subscription_id: UUID, reason: str) -> Subscription:
    """Write down why the provider did not do what was asked of it, in words."""
    subscription = await subscriptions.locked(tx, subscription_id)
    return await tx.update(subscription, provider_error=reason[:500])


async def look(job: Outside, subscription_id: UUID) -> None:
    """Ask the provider how a subscription stands, and take over what it took for it since.

    Raises:
        outcomes.CallFailed: the provider is away; the job tries again.
    """
    for _ in range(_TURNS):
        async with job.transaction() as tx:
            before = await _before(tx, subscription_id)
        if before is None:
            return
        provider = calls.adapter(before.connection, job.database)
        try:
            answer: ports.Subscription = await calls.guarded(
                before.connection.provider, "subscription", provider.subscription(before.ref)
            )
        except REFUSED as refused:
            async with job.transaction() as tx:
                await _unknown(tx, subscription_id, refused)
            return
        # The money first: whether something was missed is known only until the answer is stored.
        await take(job, before.connection, [*await _missed(job, before, answer), answer.latest_payment_ref])
        try:
            async with job.transaction() as tx:
                await provider_answers.told(tx, subscription_id, answer, seen=before.subscription.version)
        except provider_answers.Stale:
            continue
        return
    log.warning("billing.kept_changing", subscription=str(subscription_id))


async def _before(tx: Tx, subscription_id: UUID) -> _Before | None:
    subscription = await tx.get(Subscription, subscription_id)
    if subscription.connection_id is None or subscription.provider_ref is None:
        return None
    return _Before(
        subscription=subscription,
        connection=await connections.opened(tx, subscription.connection_id),
        ref=subscription.provider_ref,
        timezone=await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant),
    )


async def _unknown(tx: Tx, subscription_id: UUID, refused: outcomes.CallFailed) -> None:
    """The provider does not say how it stands. What is over here, and what it knows nothing of, is over there."""
    subscription = await explain(tx, subscription_id, f"The provider does not say how it stands: {refused}")
    if subscription.status is Status.cancelled and isinstance(refused, outcomes.Gone):
        await tx.update(subscription, provider_ended_at=tx.now, end_wanted=None, provider_error=None)


async def _missed(job: Outside, before: _Before, answer: ports.Subscription) -> list[str]:
    """Payments of periods that began and ended since somebody looked; the oldest first."""
    known = before.subscription.period_to
    if known is None or answer.period_start is None or clock.local_day(answer.period_start, before.timezone) <= known:
        return []
    provider = calls.adapter(before.connection, job.database)
    since, until = clock.start_of(known, before.timezone) - _MARGIN, answer.period_start + _MARGIN
    found: list[ports.Payment] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        listing = provider.listing(since=since, until=until, cursor=cursor)
        batch: ports.Batch = await calls.guarded(before.connection.provider, "listing", listing)
        found += [one for one in batch.payments if _may_be_for(one, answer)]
        cursor = batch.next
        if cursor is None:
            break
    return [one.ref for one in sorted(found, key=lambda one: one.at)]


def _may_be_for(payment: ports.Payment, subscription: ports.Subscription) -> bool:
    """Whether a payment that began at the provider may be for a subscription; asking about it tells."""
    if payment.payment_id is not None or payment.standing != "captured":
        return False
    if payment.subscription_ref is not None:
        return payment.subscription_ref == subscription.ref
    return payment.customer_ref == subscription.customer_ref


async def take(job: Outside, connection: ports.Connection, refs: Sequence[str | None]) -> None:
    """Take payments over that a provider took, by its names for them. One that cannot be is no reason to stop.

    Raises:
        outcomes.CallFailed: the provider is away or does not answer.
    """
    for ref in dict.fromkeys(refs):
        try:
            if ref is not None:
                await asking.about(job.transaction, job.database, connection, ref)
        except (*REFUSED, answers.OtherMode) as refused:
            log.warning("billing.not_taken_over", ref=ref, error=type(refused).__name__)


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
        if await _named(job, connection, signal.ref):
            return


async def _named(job: Outside, connection: ports.Connection, ref: str) -> bool:
    """Whether a subscription that nobody here knows by its name is one whose start was never answered; it is then."""
    async with job.transaction() as tx:
        waiting = await tx.one(
            bool,
            "select exists (select from billing_subscription where owner = 'provider' and provider_ended_at is null "
            "and provider_ref is null and start_sent_at is not null and connection_id = $1)",
            connection.id,
        )
    if not waiting:
        return False
    provider = calls.adapter(connection, job.database)
    try:
        answer: ports.Subscription = await calls.guarded(
            connection.provider, "subscription", provider.subscription(ref)
        )
    except REFUSED:
        return False
    async with job.transaction() as tx:
        ours = await tx.find(
            UUID,
            "select id from billing_subscription where id = $1 and connection_id = $2 and provider_ref is null",
            answer.subscription_id,
            connection.id,
        )
        if ours is None:
            return False
        await provider_answers.told(tx, ours, answer)
    await take(job, connection, [answer.latest_payment_ref])
    return True


# Chosen once: as a subquery it may be asked for each row anew, and then takes more than the limit.
_LONGEST_AGO = """
    with chosen as materialized (
        select id from billing_subscription
        where owner = 'provider' and provider_ref is not null and provider_ended_at is null
        order by looked_at nulls first, id limit $2 for update skip locked
    )
    update billing_subscription as s set looked_at = $1 from chosen where s.id = chosen.id returning s.id
"""


async def look_after(tx: Tx, limit: int = 200) -> None:
    """Once in a while every subscription that a provider runs is asked about, whatever messages were lost.

    Those that were not asked about for longest come first, and those that are over here until they are over there.
    """
    found = await tx.all(
        UUID,
        _LONGEST_AGO,
        tx.now,
        limit,
    )
    for subscription_id in found:
        await tx.emit(LookWanted(subscription_id=subscription_id))


answers.claim(provider_charges.claim)
