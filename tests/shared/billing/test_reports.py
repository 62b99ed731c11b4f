"""Reports: what subscriptions bring in a month, and how many are lost."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import recurring, reports
from tests.shared.billing.conftest import pen


async def bring(tx: Tx, month: int, subscription: UUID, minor: int) -> None:
    """What a subscription brings from the middle of a month of 2030 on."""
    tx.now = datetime(2030, month, 15, tzinfo=UTC)
    await recurring.note(tx, subscription, pen(minor))


@pytest.mark.meets("P69", "P72")
async def test_what_subscriptions_bring_is_kept_month_by_month(tx: Tx) -> None:
    first, second, third = ids.new(), ids.new(), ids.new()
    for month, subscription, minor in [
        (1, first, 1000),
        (1, first, 1000),
        (1, second, 500),
        (2, first, 1500),
        (2, third, 300),
        (3, second, 0),
        (3, first, 1200),
        (4, second, 700),
    ]:
        await bring(tx, month, subscription, minor)
    (report,) = await reports.revenue(tx, count=3)
    assert [month.month for month in report.months] == [date(2030, 2, 1), date(2030, 3, 1), date(2030, 4, 1)]
    assert [month.mrr for month in report.months] == [2300, 1500, 2200]
    assert [month.active for month in report.months] == [3, 2, 3]
    assert [month.churn for month in report.months] == [0.0, 0.3333, 0.0]
    february, march, april = report.months
    assert (february.mrr_new, february.mrr_more) == (300, 500)
    assert (march.mrr_less, march.mrr_lost, march.ended) == (300, 500, 1)
    assert (april.mrr_new, april.started) == (700, 1)


async def test_a_subscription_in_another_currency_is_another_one(tx: Tx) -> None:
    subscription = ids.new()
    await recurring.note(tx, subscription, pen(1000))
    await recurring.note(tx, subscription, Money(300, "EUR"))
    own, other = await reports.revenue(tx, count=1)
    assert (own.currency, own.months[0].mrr, own.months[0].active) == ("PEN", 0, 0)
    assert (other.currency, other.months[0].mrr, other.months[0].active) == ("EUR", 300, 1)


async def test_a_business_in_which_nothing_happened_has_a_report_too(tx: Tx) -> None:
    (report,) = await reports.revenue(tx, count=120)
    assert (report.outstanding, report.overdue, len(report.months)) == (0, 0, 120)
    assert report.months[-1].churn is None
    for count in (0, 121):
        with pytest.raises(Invalid):
            await reports.revenue(tx, count=count)
