"""Standing: what becomes of a subscription when its invoices are not paid."""

from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import ending, pausing, subscriptions
from holdfast.shared.billing.dunning_policies import Outcome
from holdfast.shared.billing.subscriptions import Status


async def follow(tx: Tx, subscription_id: UUID, *, due: bool) -> None:
    """A subscription is past due while something is done about an invoice of it, and active again after that."""
    subscription = await subscriptions.locked(tx, subscription_id)
    if due and subscription.status in (Status.active, Status.trialing):
        await subscriptions.moved(tx, subscription, Status.past_due, "past_due")
    elif not due and subscription.status is Status.past_due and not await _owes(tx, subscription_id):
        await subscriptions.moved(tx, subscription, Status.active, "paid_up")


async def _owes(tx: Tx, subscription_id: UUID) -> bool:
    return await tx.one(
        bool,
        "select exists (select from billing_dunning as d join billing_invoice as i on i.id = d.invoice_id "
        "where i.subscription_id = $1 and d.state = 'active')",
        subscription_id,
    )


async def paid(tx: Tx, subscription_id: UUID) -> None:
    """What was paused because nobody paid goes on as soon as everything that is late is paid."""
    subscription = await subscriptions.locked(tx, subscription_id)
    if subscription.status is Status.paused and subscription.paused_unpaid and not await _late(tx, subscription_id):
        await pausing.resumed(tx, subscription)


async def _late(tx: Tx, subscription_id: UUID) -> bool:
    return await tx.one(
        bool,
        "select exists (select from billing_invoice where subscription_id = $1 and status = 'open' and overdue)",
        subscription_id,
    )


async def exhausted(tx: Tx, subscription_id: UUID, outcome: Outcome) -> None:
    """Everything was tried: the subscription ends, pauses, or goes on, as the business decided."""
    subscription = await subscriptions.locked(tx, subscription_id)
    if outcome == "cancel":
        await ending.cancelled(tx, subscription_id, when="now")
    elif outcome == "pause" and subscription.status in (Status.active, Status.past_due):
        try:
            await pausing.paused(tx, subscription_id, unpaid=True)
        except pausing.NotPausable:
            # A plan that knows no pause ends instead of running on unpaid.
            await ending.cancelled(tx, subscription_id, when="now")
