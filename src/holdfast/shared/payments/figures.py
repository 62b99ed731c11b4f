"""Figures: what was collected, given back and declined, day by day, and how many payments succeed (P70, P71).

Days are the business's own. They are counted as it happens, in the order of events, so that a figure costs the same
whatever the number of payments; what is under way is counted when somebody asks, by an index of what is open.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import clock, telemetry
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import payments, refunds
from holdfast.shared.payments.connections import READ

MOST_DAYS = 366
Counted: TypeAlias = payments.Captured | payments.Failed | refunds.Refunded | refunds.RefundFailed


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day, in minor units."""

    on: date
    collected: int
    refunded: int
    failed: int
    """Attempts that were declined."""
    succeeded: int


class ByMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of way to pay."""

    method: str
    collected: int
    succeeded: int
    failed: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one currency, in minor units."""

    currency: str
    collected: int
    refunded: int
    failed_count: int
    succeeded_count: int
    success_rate: float | None
    """Of the attempts that ended, how many were paid; None when there were none."""
    pending: int
    """What is wanted and may still be paid, now."""
    unknown: int
    """What the provider is being asked about, now."""
    disputed: int
    """What open disputes are about, now."""
    by_day: list[Day]
    by_method: list[ByMethod]


class _Kept(msgspec.Struct):
    day: date
    currency: str
    method: str
    collected: int
    refunded: int
    succeeded: int
    failed: int


class _Open(msgspec.Struct):
    currency: str
    pending: int
    unknown: int
    disputed: int


async def count(tx: Tx, events: Sequence[Counted]) -> None:
    """Add what happened to its days. Each event is counted once, by the reaction that follows from it."""
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    rows: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for event, cause in zip(events, tx.causes, strict=True):
        day = clock.local_day(cause.at, timezone)
        match event:
            case payments.Captured():
                found = rows[day, event.amount.currency, event.method]
                found[0] += event.amount.minor
                found[2] += 1
            case refunds.Refunded():
                rows[day, event.amount.currency, event.method][1] += event.amount.minor
            case refunds.RefundFailed(returned=True):
                # It had counted as given back, perhaps on another day; the days add up to what is gone.
                rows[day, event.amount.currency, event.method][1] -= event.amount.minor
            case payments.Failed():
                rows[day, event.currency, event.method][3] += 1
    ordered = sorted(rows.items())
    await tx.execute(
        "insert into payments_day (day, currency, method, collected, refunded, succeeded, failed) "
        "select * from unnest($1::date[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], "
        "$7::bigint[]) on conflict (tenant_id, day, currency, method) do update set "
        "collected = payments_day.collected + excluded.collected, "
        "refunded = payments_day.refunded + excluded.refunded, "
        "succeeded = payments_day.succeeded + excluded.succeeded, failed = payments_day.failed + excluded.failed",
        [key[0] for key, _ in ordered],
        [key[1] for key, _ in ordered],
        [key[2] for key, _ in ordered],
        *([numbers[place] for _, numbers in ordered] for place in range(4)),
    )


def measure(tenant: UUID, events: Sequence[Counted]) -> None:
    """Tell the operators' metrics: payments by outcome (P70), and revenue by business (P71)."""
    for event in events:
        match event:
            case payments.Captured():
                telemetry.PAYMENTS.labels("succeeded").inc()
                telemetry.REVENUE.add(tenant, event.amount.minor)
            case payments.Failed():
                telemetry.PAYMENTS.labels("failed").inc()
            case refunds.Refunded():
                telemetry.PAYMENTS.labels("refunded").inc()


async def summary(tx: Tx, *, days: int = 30) -> list[Summary]:
    """The last days and what is under way, per currency; the business's own currency is there in any case.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: it is asked for no day, or for more than a year.
    """
    tx.must(READ)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"Ask for 1 to {MOST_DAYS} days.", field="days")
    tenant = await tx.one(_Place, "select timezone, currency from tenants_tenant where id = $1", tx.tenant)
    today = clock.local_day(tx.now, tenant.timezone)
    first = today - timedelta(days=days - 1)
    kept = await tx.all(
        _Kept,
        "select day, currency, method, collected, refunded, succeeded, failed from payments_day "
        "where day >= $1 order by day",
        first,
    )
    open_ = {one.currency: one for one in await tx.all(_Open, _OPEN)}
    found = {tenant.currency, *(one.currency for one in kept), *open_}
    # The business's own currency comes first.
    ordered = sorted(found, key=lambda currency: (currency != tenant.currency, currency))
    return [
        _summed(currency, [one for one in kept if one.currency == currency], open_.get(currency), first, days)
        for currency in ordered
    ]


class _Place(msgspec.Struct):
    timezone: str
    currency: str


def _summed(currency: str, kept: list[_Kept], open_: _Open | None, first: date, days: int) -> Summary:
    by_day = {first + timedelta(days=n): [0, 0, 0, 0] for n in range(days)}
    by_method: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in kept:
        if one.day in by_day:
            numbers = (one.collected, one.refunded, one.failed, one.succeeded)
            by_day[one.day] = [a + b for a, b in zip(by_day[one.day], numbers, strict=True)]
            numbers_of = (one.collected, one.succeeded, one.failed)
            by_method[one.method] = [a + b for a, b in zip(by_method[one.method], numbers_of, strict=True)]
    collected, refunded, failed, succeeded = (sum(day[place] for day in by_day.values()) for place in range(4))
    ended = failed + succeeded
    return Summary(
        currency=currency,
        collected=collected,
        refunded=refunded,
        failed_count=failed,
        succeeded_count=succeeded,
        success_rate=round(succeeded / ended, 4) if ended else None,
        pending=open_.pending if open_ else 0,
        unknown=open_.unknown if open_ else 0,
        disputed=open_.disputed if open_ else 0,
        by_day=[
            Day(on=day, collected=numbers[0], refunded=numbers[1], failed=numbers[2], succeeded=numbers[3])
            for day, numbers in by_day.items()
        ],
        by_method=[
            ByMethod(method=method, collected=numbers[0], succeeded=numbers[1], failed=numbers[2])
            for method, numbers in sorted(by_method.items(), key=lambda item: -item[1][0])
        ],
    )


_OPEN = """
    select currency, sum(pending)::bigint as pending, sum(unknown)::bigint as unknown, sum(disputed)::bigint as disputed
    from (
        select amount_currency as currency,
            case when status <> 'unknown' then amount_minor else 0 end as pending,
            case when status = 'unknown' then amount_minor else 0 end as unknown, 0 as disputed
        from payments_payment
        where tenant_id = kernel_tenant()
            and status in ('created', 'requires_action', 'processing', 'authorized', 'unknown')
        union all
        select amount_currency, 0, 0, amount_minor from payments_dispute where closed_at is null and withdrawn
    ) as waiting group by currency
"""
