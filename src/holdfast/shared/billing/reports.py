"""Reports: what came in, what did not, and what subscriptions bring, month by month (P69-P72).

Months are kept as things happen; what is outstanding is read from an index of open invoices, of which there are few, so
a report costs the same whatever the number of invoices.
"""

from datetime import date, timedelta

import msgspec

from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import months
from holdfast.shared.billing.grants import READ

MOST_MONTHS = 120


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A month in one currency, in minor units."""

    month: date
    invoiced: int
    invoices: int
    collected: int
    outstanding: int
    """What invoices of the month still ask for, now."""
    failed: int
    recovered: int
    refunded: int
    credited: int
    written_off: int
    mrr: int
    """What subscriptions bring in a month, at the end of it; for the present month, now."""
    mrr_new: int
    mrr_more: int
    mrr_less: int
    mrr_lost: int
    active: int
    """Subscriptions that bring something in, at the end of it."""
    started: int
    ended: int
    churn: float | None
    """Which part of the subscriptions that there were at its beginning ended in it; None when there were none."""


class Revenue(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one currency, in minor units."""

    currency: str
    outstanding: int
    """What all open invoices ask for, now."""
    overdue: int
    months: list[Month]


class _Open(msgspec.Struct):
    month: date
    currency: str
    due: int


class _Late(msgspec.Struct):
    currency: str
    due: int


class _Before(msgspec.Struct):
    mrr: int
    active: int


async def revenue(tx: Tx, *, count: int = 12) -> list[Revenue]:
    """The last months, the present one included, per currency; the business's own comes first and is always there.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        Invalid: it is asked for no month, or for more than ten years.
    """
    tx.must(READ)
    if not 1 <= count <= MOST_MONTHS:
        raise Invalid(f"Ask for 1 to {MOST_MONTHS} months.", field="months")
    own = (await months.business(tx)).currency
    names = _last(await months.today(tx), count)
    kept = {(one.currency, one.month): one for one in await months.kept(tx, names[0])}
    open_ = await tx.all(_Open, _OUTSTANDING)
    late = {one.currency: one.due for one in await tx.all(_Late, _OVERDUE)}
    currencies = {own, *(currency for currency, _ in kept), *(one.currency for one in open_)}
    found: list[Revenue] = []
    for currency in sorted(currencies, key=lambda name: (name != own, name)):
        outstanding = {one.month: one.due for one in open_ if one.currency == currency}
        before = await tx.one(_Before, _RECURRING_BEFORE, names[0], currency)
        found.append(
            Revenue(
                currency=currency,
                outstanding=sum(outstanding.values()),
                overdue=late.get(currency, 0),
                months=_months(names, {name: kept.get((currency, name)) for name in names}, outstanding, before),
            )
        )
    return found


def _last(today: date, count: int) -> list[date]:
    """The first days of the last months, oldest first."""
    found = [today.replace(day=1)]
    while len(found) < count:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _months(
    names: list[date], kept: dict[date, months.Month | None], outstanding: dict[date, int], before: _Before
) -> list[Month]:
    found: list[Month] = []
    mrr, active = before.mrr, before.active
    for name in names:
        one = kept[name] or months.nothing(name)
        # Months from before this was kept count whoever ended, so that more may have than there were.
        churn = round(min(one.churned, active) / active, 4) if active else None
        mrr += one.mrr_new + one.mrr_more - one.mrr_less - one.mrr_lost
        active += one.started - one.ended
        found.append(
            Month(
                month=name,
                invoiced=one.invoiced,
                invoices=one.invoices,
                collected=one.collected,
                outstanding=outstanding.get(name, 0),
                failed=one.failed,
                recovered=one.recovered,
                refunded=one.refunded,
                credited=one.credited,
                written_off=one.written_off,
                mrr=mrr,
                mrr_new=one.mrr_new,
                mrr_more=one.mrr_more,
                mrr_less=one.mrr_less,
                mrr_lost=one.mrr_lost,
                active=active,
                started=one.started,
                ended=one.ended,
                churn=churn,
            )
        )
    return found


_OUTSTANDING = """
    select date_trunc('month', issued_on::timestamp)::date as month, due_currency as currency,
        sum(due_minor)::bigint as due
    from billing_invoice where tenant_id = kernel_tenant() and status = 'open' group by 1, 2
"""
_OVERDUE = """
    select due_currency as currency, sum(due_minor)::bigint as due
    from billing_invoice where tenant_id = kernel_tenant() and overdue group by 1
"""
_RECURRING_BEFORE = """
    select coalesce(sum(mrr_new + mrr_more - mrr_less - mrr_lost), 0)::bigint as mrr,
        coalesce(sum(started - ended), 0)::bigint as active
    from billing_month where tenant_id = kernel_tenant() and month < $1 and currency = $2
"""
