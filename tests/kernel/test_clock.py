"""Days and midnights where the tenant is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from holdfast.kernel import clock
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import transaction
from tests.conftest import new_tenant


def test_a_day_belongs_to_a_place() -> None:
    moment = datetime(2026, 3, 1, 3, 30, tzinfo=UTC)
    assert clock.local_day(moment, "America/Lima") == date(2026, 2, 28)
    assert clock.local_day(moment, "Asia/Tokyo") == date(2026, 3, 1)


def test_midnight_exists_even_where_clocks_skip_it() -> None:
    # Beirut moved its clocks forward at midnight of 26 March 2023, so that day began at one o'clock.
    assert clock.start_of(date(2023, 3, 26), "Asia/Beirut") == datetime(2023, 3, 25, 22, tzinfo=UTC)
    assert clock.start_of(date(2026, 11, 20), "America/Lima") == datetime(2026, 11, 20, 5, tzinfo=UTC)


def test_unknown_timezones_are_refused() -> None:
    assert clock.zone("America/Lima").key == "America/Lima"
    for name in ("Lima", "../../etc/passwd", ""):
        with pytest.raises(Invalid):
            clock.zone(name)


async def test_two_tenants_live_on_different_dates(database: Database) -> None:
    here = await new_tenant(database)
    ahead = await new_tenant(database, clock_offset=timedelta(days=92))
    async with transaction(database, here) as one, transaction(database, ahead) as other:
        assert timedelta(days=91, hours=23) < other.now - one.now < timedelta(days=92, hours=1)
