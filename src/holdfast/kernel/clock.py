"""The clock, and its offset per tenant: the time machine of demo mode.

Nothing else asks what time it is. A command reads ``tx.now``; a schedule is due by its tenant's clock. In demo and
test mode a tenant's clock can be moved forward, and production code then lives through a quarter in a minute.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from holdfast.kernel.problems import Invalid


def now(offset: timedelta = timedelta()) -> datetime:
    """The present moment in UTC, moved by a tenant's offset."""
    return datetime.now(UTC) + offset


@cache
def _known() -> frozenset[str]:
    # Reading the machine's list of timezones takes milliseconds, and it does not change while we run.
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The timezone of that IANA name.

    Raises:
        Invalid: there is no such timezone.
    """
    if name not in _known():
        raise Invalid(f"{name!r} is not an IANA timezone such as America/Lima.", field="timezone")
    return ZoneInfo(name)


def local_day(moment: datetime, timezone: str) -> date:
    """The calendar day of a moment where the tenant is."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def start_of(day: date, timezone: str) -> datetime:
    """The first moment of a calendar day where the tenant is, in UTC; also right on days without a midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)
