"""Owing: whether a subscription has an invoice that was not paid in time."""

from typing import Literal
from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing.subscriptions import Status


async def owes(tx: Tx, subscription_id: UUID) -> bool:
    """Whether an invoice of a subscription is open that was not paid in time."""
    return await tx.one(
        bool,
        "select exists (select from billing_invoice as i join billing_dunning as d on d.invoice_id = i.id "
        "where i.subscription_id = $1 and i.status = 'open' and d.state in ('active', 'exhausted'))",
        subscription_id,
    )


async def late(tx: Tx, subscription_id: UUID) -> bool:
    """Whether the day of an open invoice of a subscription is over."""
    return await tx.one(
        bool,
        "select exists (select from billing_invoice where subscription_id = $1 and status = 'open' and overdue)",
        subscription_id,
    )


async def standing(tx: Tx, subscription_id: UUID) -> Literal[Status.active, Status.past_due]:
    """Where a subscription stands that runs: past due while something is owed."""
    return Status.past_due if await owes(tx, subscription_id) else Status.active
