"""Standing: what becomes of a subscription when its invoices are not paid.

Events about invoices may come in any order, and late. So nothing here follows from an event alone: whoever hears one
looks what is owed at the moment. One that a provider runs stands as the provider says, whatever is owed.
"""

from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import ending, invoices, owing, pausing, subscriptions
from holdfast.shared.billing.dunning_policies import Outcome
from holdfast.shared.billing.subscriptions import Status, Subscription


async def follow(tx: Tx, subscription_id: UUID) -> None:
    """A subscription is past due while an invoice of it is open that was not paid in time, and active after that.

    Raises:
        NotFound: there is no such subscription.
    """
    await _followed(tx, await subscriptions.locked(tx, subscription_id))


async def _followed(tx: Tx, subscription: Subscription) -> None:
    if subscription.owner == "provider":
        return
    owes = await owing.owes(tx, subscription.id)
    if owes and subscription.status in (Status.active, Status.trialing):
        await subscriptions.moved(tx, subscription, Status.past_due, "past_due")
    elif not owes and subscription.status is Status.past_due:
        await subscriptions.moved(tx, subscription, Status.active, "paid_up")


async def settled(tx: Tx, subscription_id: UUID) -> None:
    """An invoice was paid, taken back or given up: what stood still for it goes on, unless another is late.

    Raises:
        NotFound: there is no such subscription.
    """
    subscription = await subscriptions.locked(tx, subscription_id)
    if (
        subscription.status is Status.paused
        and subscription.paused_unpaid
        and not await owing.late(tx, subscription_id)
    ):
        subscription = await pausing.resumed(tx, subscription)
    await _followed(tx, subscription)


async def exhausted(tx: Tx, subscription_id: UUID, invoice_id: UUID, outcome: Outcome) -> None:
    """Everything was tried for an invoice: the subscription ends, pauses, or goes on, as the business decided.

    Nothing happens when the invoice is not open any more, nor to a subscription that a provider runs.

    Raises:
        NotFound: there is no such invoice or subscription.
    """
    # The invoice is locked before its subscription, so that it is paid before this or after it.
    invoice = await invoices.locked(tx, invoice_id)
    subscription = await subscriptions.locked(tx, subscription_id)
    if invoice.status is not invoices.Status.open or subscription.owner == "provider":
        return
    if outcome == "cancel":
        await ending.cancelled(tx, subscription_id, when="now")
    elif outcome == "pause" and subscription.status in (Status.active, Status.past_due):
        try:
            await pausing.paused(tx, subscription_id, unpaid=True)
        except pausing.NotPausable:
            # A plan that knows no pause ends instead of running on unpaid.
            await ending.cancelled(tx, subscription_id, when="now")
