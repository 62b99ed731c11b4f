"""Routes of the reports."""

from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.systems.loyalty import activity, cohorts, programs, reports, staff

WindowDays = Annotated[int, Parameter(ge=1, le=366, description="Days that count as now")]


@get("/dashboard/metrics", grant=programs.READ, summary="How the business is doing")
async def show_metrics(
    caller: Caller,
    program_id: Annotated[UUID | None, Parameter(description="One program; all together when absent")] = None,
    window_days: WindowDays = 30,
) -> reports.Metrics:
    """Members, who is active and who is at risk, visits, rewards and retention; read from kept counts."""
    async with caller.transaction(replica=True) as tx:
        return await reports.metrics(tx, program_id=program_id, window_days=window_days)


@get("/dashboard/cohorts", grant=programs.READ, summary="Who came again")
async def show_cohorts(
    caller: Caller,
    months: Annotated[int, Parameter(ge=1, le=cohorts.MOST_MONTHS, description="How many cohorts")] = 12,
) -> cohorts.Retention:
    """Of those who came first in one month, how many came in each month after; and the retention curve of them all."""
    async with caller.transaction(replica=True) as tx:
        return await cohorts.retention(tx, months=months)


@get("/dashboard/staff", grant=programs.READ, summary="Who stamps")
async def list_staff(caller: Caller, window_days: WindowDays = 30) -> list[staff.Actor]:
    """Stamps given, taken back and rewards handed out, by person, device and API key, the busiest first.

    With `loyalty.manage` everybody is in it, without it the caller alone.
    """
    async with caller.transaction(replica=True) as tx:
        return await staff.report(tx, window_days=window_days)


@get("/activity", grant=programs.READ, summary="What happened last")
async def list_activity(caller: Caller, page: Page) -> Listing[activity.Happening]:
    """The latest stamps, enrolments, redemptions and voids, newest first, without what was imported."""
    async with caller.transaction() as tx:
        return await activity.latest(tx, page)


handlers = [show_metrics, show_cohorts, list_staff, list_activity]
