"""Parts: payments are parted by the month that their ids begin with, and a plan reads the parts that it needs."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from holdfast.kernel import ids, jobs
from holdfast.kernel.database import Database
from holdfast.kernel.tx import transaction
from holdfast.shared.payments import history, reactions
from holdfast.shared.payments.payments import Payment
from tests.conftest import Open

Wanted = Callable[..., Awaitable[Payment]]


async def parts(committed: Open, statement: str, *arguments: object) -> set[str]:
    """The parts that the plan of a statement reads."""
    async with committed() as tx:
        lines = await tx.connection.fetch(f"explain (costs off) {statement}", *arguments)
    return set(re.findall(r"payment_(?:\d{4}_\d\d|default)(?= |$)", "\n".join(line[0] for line in lines)))


def at(moment: datetime) -> UUID:
    """The least id of a moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


async def test_a_bound_is_the_least_id_of_its_moment(committed: Open) -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    async with committed() as tx:
        assert await tx.one(UUID, "select payments_bound($1)", moment) == at(moment)
        fresh = ids.new()
        now = await tx.one(datetime, "select clock_timestamp()")
        assert await tx.one(UUID, "select payments_bound($1)", now - timedelta(seconds=5)) < fresh
        assert await tx.one(UUID, "select payments_bound($1)", now + timedelta(seconds=5)) > fresh


@pytest.mark.meets("P52")
async def test_a_payment_is_in_the_part_of_its_month(committed: Open, wanted: Wanted) -> None:
    payment = await wanted()
    async with committed() as tx:
        month = await tx.one(str, "select to_char(now() at time zone 'UTC', 'YYYY_MM')")
        part = await tx.one(
            str,
            "select c.relname::text from payments_payment as p join pg_class as c on c.oid = p.tableoid "
            "where p.id = $1",
            payment.id,
        )
    assert part == f"payment_{month}"


@pytest.mark.meets("P52")
async def test_a_plan_reads_only_the_parts_of_the_time_that_is_asked_for(committed: Open, database: Database) -> None:
    async with committed() as tx:
        now = await tx.one(datetime, "select now()")
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    everything = await parts(committed, "select * from payments_payment")
    assert len(everything) >= 4
    month = await parts(
        committed, "select * from payments_payment where id >= $1 and id < $2", at(first), at(following)
    )
    assert month == {f"payment_{first:%Y_%m}"}
    one = await parts(committed, "select * from payments_payment where id = $1", ids.new())
    assert one == {f"payment_{first:%Y_%m}"}
    arguments: tuple[object, ...] = (None, first, first, following, None, None, None, None, None, [], [], 51)
    assert await parts(committed, history.LISTING, *arguments) == {f"payment_{first:%Y_%m}"}


@pytest.mark.meets("P52")
async def test_parts_are_made_ahead_by_a_schedule_and_once(database: Database) -> None:
    schedule = jobs.REGISTRY.schedules["payments.make_parts"]
    assert schedule.platform
    async with transaction(database, ids.PLATFORM) as tx:
        made = await tx.one(list[str], "select payments_make_parts(7)")
        assert await tx.one(list[str], "select payments_make_parts(7)") == []
        await reactions.make_parts(tx)
        held = await tx.one(int, "select count(*) from pg_inherits where inhparent = 'payments_payment'::regclass")
    assert len(made) == 4
    assert held == 8 + 1


async def test_nobody_reads_around_the_policies(committed: Open) -> None:
    async with committed() as tx:
        readable = await tx.all(
            str,
            "select c.relname::text from pg_inherits as i join pg_class as c on c.oid = i.inhrelid "
            "where i.inhparent = 'payments_payment'::regclass and (has_table_privilege(c.oid, 'select') "
            "or not c.relrowsecurity or not c.relforcerowsecurity)",
        )
        assert readable == []
        assert not await tx.one(bool, "select has_schema_privilege('payments_parts', 'usage')")
