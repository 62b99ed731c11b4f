"""Routes of the reports of billing."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.params import Parameter

from holdfast.kernel.http.caller import Caller
from holdfast.shared.billing import reports
from holdfast.shared.billing.grants import READ


class RevenueReport(msgspec.Struct, kw_only=True):
    """Revenue per currency, the business's own first."""

    items: list[reports.Revenue]


@get("/reports/revenue", grant=READ, summary="Revenue, month by month")
async def show_revenue(
    caller: Caller, months: Annotated[int, Parameter(description="How many months, the present one included")] = 12
) -> RevenueReport:
    """What was collected, is outstanding, failed and was recovered, and what subscriptions bring, month by month."""
    async with caller.transaction(replica=True) as tx:
        return RevenueReport(items=await reports.revenue(tx, count=months))


handlers = [show_revenue]
