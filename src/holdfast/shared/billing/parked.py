"""Parked: subscriptions that would be charged wrongly, and are not charged at all until somebody has looked.

Whoever releases one has seen why it was parked: the periods that were due by then are charged however many they are,
and the run that follows may come to as much as what they saw. What comes after that is checked as before.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import subscriptions
from holdfast.shared.billing.subscriptions import Status, Subscription


class Parked(Event):
    """A subscription is not charged until somebody has looked at it."""

    name: ClassVar[str] = "billing.subscription.parked"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    reason: str


async def park(tx: Tx, subscription_id: UUID, reason: str, *, minor: int | None = None) -> Subscription:
    """Charge a subscription no more until somebody has looked; whoever parks twice changes nothing.

    Args:
        tx: the transaction.
        subscription_id: which.
        reason: why, in words that its customer may read.
        minor: what the invoice would have come to, where that was far too much.
    """
    subscription = await subscriptions.locked(tx, subscription_id)
    if Status.parked not in subscriptions.MOVES[subscription.status]:
        return subscription
    return await _parked(tx, subscription, "parked", reason, minor, parked_from=subscription.status)


async def with_end(
    tx: Tx, subscription: Subscription, reason: str, *, ends_on: date, minor: int | None = None
) -> Subscription:
    """End a locked subscription for its customer, while what it charges last waits until somebody has looked."""
    before = subscription.parked_from or subscription.status
    return await _parked(tx, subscription, "ends", reason, minor, parked_from=before, ends_on=ends_on)


async def _parked(
    tx: Tx, subscription: Subscription, word: str, reason: str, minor: int | None, **changes: Any
) -> Subscription:
    subscription = await subscriptions.moved(
        tx,
        subscription,
        Status.parked,
        word,
        parked_reason=reason[:500],
        parked_minor=minor,
        released_minor=None,
        paused_on=None,
        next_at=None,
        claimed_until=None,
        **changes,
    )
    await tx.emit(Parked(subscription_id=subscription.id, reason=reason[:500]))
    return subscription


def paused_from(subscription: Subscription) -> date | None:
    """The first day of the pause of one that is paused, or was when it was parked: where its period was cut."""
    if Status.paused in (subscription.status, subscription.parked_from):
        return subscription.paused_on or subscription.period_to
    return None


class Approval(msgspec.Struct, frozen=True):
    """What somebody let go on."""

    released_at: datetime | None
    """Periods that were due by then are charged, however many they are."""
    released_minor: int | None
    """The run that follows may come to so much."""


async def amount(tx: Tx, subscription_id: UUID) -> int | None:
    """What the invoice would have come to for which a subscription is parked; None where it is parked for more."""
    return await tx.find(int, "select parked_minor from billing_subscription where id = $1", subscription_id)


async def approval(tx: Tx, subscription_id: UUID) -> Approval:
    """What somebody let go on of a subscription, and is not charged yet."""
    return await tx.one(
        Approval, "select released_at, released_minor from billing_subscription where id = $1", subscription_id
    )
