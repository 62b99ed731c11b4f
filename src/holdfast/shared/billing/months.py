"""Months: what was invoiced, collected and lost in each month of the business's own calendar, kept as it happens.

Each command adds to its month in its own transaction, so a figure is never behind, and a report over years reads as
many rows as there are months.
"""

from datetime import date
from typing import ClassVar

from holdfast.kernel import clock
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.tenants import tenants


class Month(Row):
    """A month in one currency, in minor units."""

    table: ClassVar[str] = "billing_month"
    month: date
    """Its first day."""
    currency: str
    invoiced: int
    """What invoices of the month come to, those that were voided taken away in the month in which they were."""
    invoices: int
    collected: int
    """Money that came for invoices."""
    refunded: int
    credited: int
    """What credit notes took back."""
    written_off: int
    failed: int
    """What was not paid when it was due, or could not be charged."""
    recovered: int
    """What came after that."""
    mrr_new: int
    mrr_more: int
    mrr_less: int
    mrr_lost: int
    started: int
    """Subscriptions that began to bring something in."""
    ended: int
    churned: int
    """Of those that ended, the ones that had brought something in before the month."""


async def today(tx: Tx) -> date:
    """The present day where the business is."""
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    return clock.local_day(tx.now, timezone)


async def business(tx: Tx) -> tenants.Tenant:
    """The business itself, for its timezone, its currency and its name."""
    return await tx.get(tenants.Tenant, tx.tenant)


async def add(
    tx: Tx,
    currency: str,
    *,
    invoiced: int = 0,
    invoices: int = 0,
    collected: int = 0,
    refunded: int = 0,
    credited: int = 0,
    written_off: int = 0,
    failed: int = 0,
    recovered: int = 0,
) -> None:
    """Add to the figures of the present month."""
    await tx.execute(
        "insert into billing_month as kept (month, currency, invoiced, invoices, collected, refunded, credited, "
        "written_off, failed, recovered) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
        "on conflict (tenant_id, month, currency) do update set invoiced = kept.invoiced + excluded.invoiced, "
        "invoices = kept.invoices + excluded.invoices, collected = kept.collected + excluded.collected, "
        "refunded = kept.refunded + excluded.refunded, credited = kept.credited + excluded.credited, "
        "written_off = kept.written_off + excluded.written_off, failed = kept.failed + excluded.failed, "
        "recovered = kept.recovered + excluded.recovered",
        (await today(tx)).replace(day=1),
        currency,
        invoiced,
        invoices,
        collected,
        refunded,
        credited,
        written_off,
        failed,
        recovered,
    )


async def move(tx: Tx, currency: str, *, delta: int, kind: str, since: date | None = None) -> None:
    """Add a change of what subscriptions bring in a month: ``new``, ``more``, ``less`` or ``lost``.

    ``since`` is from when one that is lost brought something in; None is long ago.
    """
    month = (await today(tx)).replace(day=1)
    await tx.execute(
        "insert into billing_month as kept (month, currency, mrr_new, mrr_more, mrr_less, mrr_lost, started, ended, "
        "churned) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "on conflict (tenant_id, month, currency) do update set mrr_new = kept.mrr_new + excluded.mrr_new, "
        "mrr_more = kept.mrr_more + excluded.mrr_more, mrr_less = kept.mrr_less + excluded.mrr_less, "
        "mrr_lost = kept.mrr_lost + excluded.mrr_lost, started = kept.started + excluded.started, "
        "ended = kept.ended + excluded.ended, churned = kept.churned + excluded.churned",
        month,
        currency,
        *(abs(delta) if kind == name else 0 for name in ("new", "more", "less", "lost")),
        int(kind == "new"),
        int(kind == "lost"),
        int(kind == "lost" and (since is None or since < month)),
    )


async def kept(tx: Tx, since: date) -> list[Month]:
    """The months from a day on, oldest first."""
    return await tx.all(
        Month,
        "select * from billing_month where tenant_id = kernel_tenant() and month >= $1 order by month, currency "
        "limit 2000",
        since,
    )


def nothing(month: date) -> Month:
    """A month in which nothing happened."""
    fields = [name for name in Month.__struct_fields__ if name not in ("month", "currency")]
    return Month(month=month, currency="", **dict.fromkeys(fields, 0))
