"""Recurring revenue: what each subscription brings in a month, and how that changes (P69, P72).

Whoever keeps subscriptions notes what one brings in whenever that may have changed; the same figure again changes
nothing. Months keep the sums, so what the business earns a month, and what it loses, is known without adding up
subscriptions.
"""

from datetime import date
from uuid import UUID

import msgspec

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import months


class _Before(msgspec.Struct):
    monthly: Money
    since: date | None


async def note(tx: Tx, subscription_id: UUID, monthly: Money) -> None:
    """A subscription brings in so much a month from now on; nothing when it is paused or over."""
    day = await months.today(tx)
    await tx.execute(
        "insert into billing_recurring (subscription_id, monthly_minor, monthly_currency, changed_at) "
        "values ($1, 0, $2, $3) on conflict do nothing",
        subscription_id,
        monthly.currency,
        tx.now,
    )
    kept = await tx.one(
        _Before,
        "select monthly_minor, monthly_currency, since from billing_recurring where subscription_id = $1 for update",
        subscription_id,
    )
    before = kept.monthly
    if before == monthly:
        return
    begins = not before.minor or before.currency != monthly.currency
    await tx.execute(
        "update billing_recurring set monthly_minor = $2, monthly_currency = $3, changed_at = $4, since = $5 "
        "where subscription_id = $1",
        subscription_id,
        monthly.minor,
        monthly.currency,
        tx.now,
        day if begins else kept.since,
    )
    if before.currency != monthly.currency:
        if before.minor:
            await months.move(tx, before.currency, delta=before.minor, kind="lost", since=kept.since)
        before = Money(0, monthly.currency)
    delta = monthly.minor - before.minor
    if not delta:
        return
    if not before.minor:
        kind = "new"
    elif not monthly.minor:
        kind = "lost"
    else:
        kind = "more" if delta > 0 else "less"
    await months.move(tx, monthly.currency, delta=delta, kind=kind, since=kept.since)
