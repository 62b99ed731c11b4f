"""Figures of months: what is lost is counted of what there was, and what is recovered is money."""

import pytest

from holdfast.kernel import ids
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import closing, credit, invoices, receipts, reports
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.conftest import Bill, pen
from tests.shared.billing.test_reports import bring


@pytest.mark.meets("P72")
async def test_whoever_comes_and_goes_within_a_month_is_not_lost_of_those_there_were(tx: Tx) -> None:
    stays, comes, goes = ids.new(), ids.new(), ids.new()
    for subscription in (stays, goes):
        await bring(tx, 1, subscription, 1000)
    for _ in range(3):
        await bring(tx, 2, passing := ids.new(), 1000)
        await bring(tx, 2, passing, 0)
    await bring(tx, 2, comes, 700)
    # Whoever stops and begins again in one month was there when it began, once.
    for minor in (0, 1000, 0):
        await bring(tx, 2, goes, minor)
    await bring(tx, 3, comes, 0)
    (report,) = await reports.revenue(tx, count=3)
    _, february, march = report.months
    assert (february.ended, february.churn, february.active) == (5, 0.5, 2)
    assert (march.ended, march.churn, march.active) == (1, 0.5, 1)


@pytest.mark.parametrize(("granted", "recovered"), [(1000, 0), (400, 600), (0, 1000)])
async def test_only_money_recovers_what_was_late(
    bill: Bill, committed: Open, customer: customers.Customer, granted: int, recovered: int
) -> None:
    invoice = await bill(1000)
    async with committed() as tx:
        await tx.execute("update billing_invoice set overdue = true where id = $1", invoice.id)
        if granted:
            await credit.grant(tx, customer.id, amount=pen(granted), reason="Sorry")
        invoice = await receipts.use_credit(tx, await invoices.locked(tx, invoice.id))
    if invoice.due:
        async with committed() as tx:
            await closing.settle_outside(tx, invoice.id, method="cash")
    async with committed() as tx:
        assert await tx.one(int, "select sum(recovered)::bigint from billing_month") == recovered
