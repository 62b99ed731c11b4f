"""Reports: the dashboard's numbers."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotAllowed, NotFound
from holdfast.kernel.tx import Tx, transaction
from holdfast.systems.loyalty import history, replays, reports, rewards, risk, voids
from tests.conftest import Open
from tests.systems.loyalty import cafe

LIMA = ZoneInfo("America/Lima")


@pytest.mark.meets("L33", "L102")
async def test_the_dashboard(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx, stamps_required=2, inactivity_days=14)
        # Old came twice long ago and again now, Lost only long ago, New today.
        tx.now -= timedelta(days=100)
        old, lost = await cafe.member(tx), await cafe.member(tx)
        await cafe.stamp(tx, old.card.id)
        await cafe.stamp(tx, lost.card.id, 2)
        await cafe.stamp(tx, old.card.id)
    async with committed() as tx:
        await cafe.stamp(tx, old.card.id)
        new = await cafe.member(tx)
        await cafe.stamp(tx, new.card.id)
        (owed,) = await cafe.rewards_of(tx, old.card.id)
        await rewards.redeem_without_code(tx, owed.id)
        await risk.review(tx)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        for program_id in (None, program.id):
            metrics = await reports.metrics(tx, program_id=program_id)
            assert (metrics.members, metrics.active, metrics.at_risk) == (3, 2, 1)
            assert (metrics.visits, metrics.visits_in_window, metrics.visits_today) == (6, 2, 2)
            assert (metrics.rewards_earned, metrics.rewards_redeemed, metrics.rewards_open) == (2, 1, 1)
            assert (metrics.new_visitors, metrics.retention_rate) == (1, 0.5)
            assert len(metrics.days) == 30
            assert metrics.days[-1] == reports.Day(
                day=tx.now.astimezone(LIMA).date(), visits=2, enrolled=1, first_visits=1, rewards_earned=0,
                rewards_redeemed=1,
            )  # fmt: skip
            hour = tx.now.astimezone(LIMA).hour
            assert [one.today for one in metrics.hours] == [2 if one.hour == hour else 0 for one in metrics.hours]
        longer = await reports.metrics(tx, window_days=200)
        assert (longer.active, longer.retention_rate) == (3, None)
        assert await cafe.counted(tx) == await cafe.recounted(tx)


@pytest.mark.meets("L33", "L102")
async def test_the_window_before_is_there_to_compare_with(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx, stamps_required=2)
        now = tx.now
        tx.now = now - timedelta(days=19)
        ana = (await cafe.member(tx)).card.id
        await cafe.stamp(tx, ana, 2)
        tx.now = now - timedelta(days=10)
        bea = (await cafe.member(tx)).card.id
        await cafe.stamp(tx, bea)
        for card in (ana, ana, ana):
            await cafe.stamp(tx, card)
        (owed, later) = await cafe.rewards_of(tx, ana)
        await rewards.redeem_without_code(tx, owed.id)
        tx.now = now - timedelta(days=9)
        await rewards.redeem_without_code(tx, later.id)
        await cafe.stamp(tx, bea)
        tx.now = now
        await cafe.stamp(tx, (await cafe.member(tx)).card.id)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        ten = await reports.metrics(tx, window_days=10)
        assert (ten.visits_in_window, ten.new_visitors, ten.enrolled_in_window) == (2, 1, 1)
        assert (ten.rewards_redeemed_in_window, ten.rewards_redeemed) == (1, 2)
        assert ten.before == reports.Before(visits=6, new_visitors=2, enrolled=2, rewards_redeemed=1)
        one = await reports.metrics(tx, window_days=1)
        assert one.before == reports.Before(visits=0, new_visitors=0, enrolled=0, rewards_redeemed=0)
        # Of the eleven days before the latest eleven, only the later nine are the business's.
        assert (await reports.metrics(tx, window_days=11)).before is None


async def test_a_day_is_the_businesss_own(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        tx.now = tx.now.astimezone(LIMA).replace(hour=23, minute=30) - timedelta(days=2)
        late = tx.now.date()
        card = (await cafe.member(tx)).card
        await cafe.stamp(tx, card.id)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        days = {day.day: day.visits for day in (await reports.metrics(tx)).days}
        assert days[late] == 1
        kept, made = await cafe.hours(tx)
        assert kept == made
        assert {hour for _, _, hour in kept} == {23}


async def test_imported_visits_count_for_their_hour_where_it_is_known(
    database: Database, tenant: UUID, committed: Open
) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        day = tx.now.astimezone(LIMA).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
        visits = [
            history.Visit(id=ids.new(), line=1, external_id="a", phone=None, name=None, at=at, amount=None)
            for at in (day, day + timedelta(hours=9, minutes=30), day + timedelta(hours=9, minutes=45))
        ]
        await replays.replay(tx, program.id, visits)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        metrics = await reports.metrics(tx)
        assert {one.hour: one.visits for one in metrics.hours if one.visits} == {9: 2}
        assert metrics.visits == 3
        await voids.void(tx, visits[1].id, reason="Test")
        told = [event for event in await cafe.told(tx) if isinstance(event, voids.Voided)]
        await reports.record(tx, told)
        kept, made = await cafe.hours(tx)
        assert kept == made
        assert kept.total() == 2, "One visit, once for its program and once for the business."


async def test_an_empty_business_has_a_dashboard(tx: Tx) -> None:
    metrics = await reports.metrics(tx)
    assert (metrics.members, metrics.visits, metrics.retention_rate, metrics.before) == (0, 0, None, None)
    assert [hour.hour for hour in metrics.hours] == list(range(24))
    with pytest.raises(NotFound):
        await reports.metrics(tx, program_id=tx.tenant)


async def test_the_dashboard_takes_its_grant(committed: Open) -> None:
    async with committed(actor=cafe.actor("loyalty.stamp")) as tx:
        with pytest.raises(NotAllowed):
            await reports.metrics(tx)


async def test_the_dashboard_reads_counts_alone(database: Database, tenant: UUID) -> None:
    async with transaction(database, tenant) as tx:
        program = await cafe.program(tx)
        visits = [
            history.Visit(
                id=UUID(int=number + (tenant.int & 2**64 - 1 << 64)), line=number, external_id=f"c{number % 50}",
                phone=None, name=None, at=tx.now - timedelta(days=400 - number), amount=None,
            )
            for number in range(400)
        ]  # fmt: skip
        await replays.replay(tx, program.id, visits)
    await cafe.deliver(database, tenant)
    statements: list[str] = []
    async with transaction(database, tenant) as tx:
        with tx.connection.query_logger(lambda record: statements.append(record.query)):
            metrics = await reports.metrics(tx)
            await tx.execute("select 1")
        assert metrics.visits == 400
        assert await cafe.counted(tx) == await cafe.recounted(tx)
    assert statements
    assert not [sql for sql in statements if "loyalty_stamp" in sql or "loyalty_member" in sql]
