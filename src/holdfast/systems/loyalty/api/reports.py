"""Routes of the reports."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from holdfast.kernel.http.caller import Caller
from holdfast.systems.loyalty import programs, reports


@get("/dashboard/metrics", grant=programs.READ, summary="How the business is doing")
async def show_metrics(
    caller: Caller,
    program_id: Annotated[UUID | None, Parameter(description="One program; all together when absent")] = None,
    window_days: Annotated[int, Parameter(ge=1, le=366, description="Days that count as now")] = 30,
) -> reports.Metrics:
    """Members, who is active and who is at risk, visits, rewards and retention; read from kept counts."""
    async with caller.transaction(replica=True) as tx:
        return await reports.metrics(tx, program_id=program_id, window_days=window_days)


handlers = [show_metrics]
