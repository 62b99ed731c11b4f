"""Cohorts: who came again, counted from the stamps and never wrong for long."""

import asyncio
import contextlib
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.systems.loyalty import cohorts, history, replays, stamps, voids
from tests import accounts, web
from tests.conftest import Drain, Open, new_tenant
from tests.systems.loyalty import cafe

LIMA = ZoneInfo("America/Lima")
ROOT = Path(__file__).parents[3]

Kept = tuple[Counter[Any], Counter[Any]]


async def kept(tx: Tx) -> Kept:
    """The kept months of members, and the kept counts."""
    months = await tx.connection.fetch("select member_id, month from loyalty_month")
    counts = await tx.connection.fetch("select cohort, month, members from loyalty_cohort where members <> 0")
    return (
        Counter((row["member_id"], row["month"]) for row in months),
        Counter({(row["cohort"], row["month"]): row["members"] for row in counts}),
    )


async def recounted(tx: Tx) -> Kept:
    """The same, worked out here from every stamp that counts."""
    zone = ZoneInfo(await tx.one(str, "select timezone from tenants_tenant where id = kernel_tenant()"))
    months: Counter[Any] = Counter()
    for row in await tx.connection.fetch("select member_id, stamped_at from loyalty_stamp where voided_at is null"):
        months[row["member_id"], row["stamped_at"].astimezone(zone).date().replace(day=1)] = 1
    firsts: dict[UUID, date] = {}
    for member, month in months:
        firsts[member] = min(month, firsts.get(member, month))
    return months, Counter((firsts[member], month) for member, month in months)


async def visits(tx: Tx, program_id: UUID, who: str, *moments: datetime) -> None:
    """Past visits of somebody, as an import brings them."""
    made = [
        history.Visit(id=ids.new(), line=1, external_id=who, phone=None, name=None, at=at, amount=None)
        for at in sorted(moments)
    ]
    await replays.replay(tx, program_id, made)


def back(now: datetime, months: int, day: int = 10, hour: int = 12) -> datetime:
    """A moment so many months ago, on the clock of Lima."""
    local = now.astimezone(LIMA)
    month = local.year * 12 + local.month - 1 - months
    return datetime(month // 12, month % 12 + 1, day, hour, tzinfo=LIMA)


@pytest.mark.meets("L103")
async def test_cohorts_and_their_curve(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        now = tx.now
        # Three came first four months ago; one of them came again after one, two of them after two months.
        await visits(tx, program.id, "a", back(now, 4), back(now, 4, 12), back(now, 3), back(now, 2), back(now, 2, 20))
        await visits(tx, program.id, "b", back(now, 4), back(now, 2))
        await visits(tx, program.id, "c", back(now, 4))
        # One came first two months ago, and again in the month after.
        await visits(tx, program.id, "d", back(now, 2), back(now, 1))
        new = await cafe.member(tx, program_id=program.id)
        await cafe.stamp(tx, new.card.id, 2)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        found = await cohorts.retention(tx)
        first = now.astimezone(LIMA).date().replace(day=1)
        assert [(one.members, one.returned) for one in found.cohorts] == [
            (3, [3, 1, 2, 0, 0]),
            (1, [1, 1, 0]),
            (1, [1]),
        ]
        assert [one.month for one in found.cohorts] == [back(now, 4, 1).date(), back(now, 2, 1).date(), first]
        # Four months ago has three months after it that are over, two months ago one.
        assert [(point.month_number, point.share, point.members) for point in found.curve] == [
            (0, 1.0, 5),
            (1, 0.5, 4),
            (2, 0.6667, 3),
            (3, 0.0, 3),
        ]
        assert [one.members for one in (await cohorts.retention(tx, months=3)).cohorts] == [1, 1]
        assert [one.month for one in (await cohorts.retention(tx, months=1)).cohorts] == [first]
        assert await kept(tx) == await recounted(tx)


async def test_a_month_is_the_businesss_own(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        # In Lima it is still May, in UTC June already.
        await visits(tx, program.id, "late", datetime(2026, 6, 1, 4, 59, tzinfo=UTC))
        await visits(tx, program.id, "early", datetime(2026, 6, 1, 5, 0, tzinfo=UTC))
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        months = await tx.all(date, "select month from loyalty_month order by month")
        assert months == [date(2026, 5, 1), date(2026, 6, 1)]


async def test_a_business_without_visits_has_no_cohorts(tx: Tx, committed: Open) -> None:
    found = await cohorts.retention(tx)
    assert (found.cohorts, found.curve, found.months) == ([], [], 12)
    async with committed(actor=cafe.actor("loyalty.stamp")) as stamping:
        with pytest.raises(NotAllowed):
            await cohorts.retention(stamping)


async def test_the_worker_keeps_them(committed: Open, drain: Drain) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        await visits(tx, program.id, "old", back(tx.now, 3))
        card = (await cafe.member(tx, program_id=program.id)).card
        (given,) = await cafe.stamp(tx, card.id)
    await drain()
    async with committed() as tx:
        assert await kept(tx) == await recounted(tx)
        assert len((await kept(tx))[0]) == 2
        await voids.void(tx, given.id, reason="Test")
    await drain()
    async with committed() as tx:
        assert await kept(tx) == await recounted(tx)
        assert len((await kept(tx))[0]) == 1


_steps = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.integers(0, 3), st.integers(0, 400)),
        st.tuples(st.just("stamp"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("void"), st.integers(0, 3), st.integers(0, 30)),
        st.tuples(st.just("deliver"), st.integers(0, 4), st.integers(0, 2**16)),
    ),
    min_size=3,
    max_size=25,
)


class Street:
    """Four members whose events reach the counts in whatever order, and more than once."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        self.program: UUID
        self.cards: list[UUID] = []

    async def open(self, tx: Tx) -> None:
        """The program and its members."""
        self.program = (await cafe.program(tx)).id
        for turn in range(4):
            enrolled = await cafe.member(tx, program_id=self.program)
            await tx.update(enrolled.member, external_id=f"m{turn}")
            self.cards.append(enrolled.card.id)

    async def step(self, tx: Tx, what: str, who: int, number: int) -> None:
        """One thing that happens."""
        match what:
            case "visit":
                await visits(tx, self.program, f"m{who}", tx.now - timedelta(days=number))
            case "stamp":
                await stamps.stamp(tx, ids.new(), card_id=self.cards[who])
            case "void":
                given = await tx.all(
                    UUID, "select id from loyalty_stamp where card_id = $1 and voided_at is null", self.cards[who]
                )
                if given:
                    with contextlib.suppress(voids.AlreadySpent):
                        await voids.void(tx, sorted(given)[number % len(given)], reason="Model")
            case "deliver":
                await cohorts.record(tx, await self.some(tx, who, number))

    async def some(self, tx: Tx, share: int, seed: int) -> list[cohorts.Counted]:
        """Some of what happened so far, in any order, some of it twice."""
        told: list[Any] = [event for event in await cafe.told(tx) if isinstance(event, cohorts.Counted)]
        return random.Random(seed).choices(told, k=share * 4) if told else []


@pytest.mark.meets("L103")
@given(steps=_steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happens_the_counts_equal_a_recount(database: Database, steps: list[Any]) -> None:
    street = Street(await new_tenant(database))
    async with transaction(database, street.tenant) as tx:
        await street.open(tx)
    for what, who, number in steps:
        async with transaction(database, street.tenant) as tx:
            await street.step(tx, what, who, number)
    async with transaction(database, street.tenant) as tx:
        told: list[Any] = [event for event in await cafe.told(tx) if isinstance(event, cohorts.Counted)]
        random.Random(len(steps)).shuffle(told)
        await cohorts.record(tx, told)
        assert await kept(tx) == await recounted(tx)
        before = await kept(tx)
        await cohorts.record(tx, told)
        assert await kept(tx) == before


async def test_one_event_of_a_member_mends_what_others_missed(tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        await visits(tx, program.id, "a", *(back(tx.now, months) for months in range(5)))
        await visits(tx, program.id, "b", back(tx.now, 2))
        told: list[Any] = [event for event in await cafe.told(tx) if isinstance(event, cohorts.Counted)]
        await cohorts.record(tx, told[2:3])
        assert await kept(tx) != await recounted(tx), "Nobody told of b."
        await cohorts.record(tx, told[-1:])
        assert await kept(tx) == await recounted(tx)


async def test_many_at_once_neither_wait_for_one_another_for_ever_nor_count_twice(
    database: Database, tenant: UUID, committed: Open
) -> None:
    chance = random.Random(11)
    async with committed() as tx:
        program = await cafe.program(tx)
        for who in range(40):
            moments = [tx.now - timedelta(days=chance.randrange(500)) for _ in range(10)]
            await visits(tx, program.id, f"m{who}", *moments)
    async with committed() as tx:
        told: list[Any] = [event for event in await cafe.told(tx) if isinstance(event, cohorts.Counted)]

    async def count() -> None:
        mine = random.Random(ids.new().int).sample(told, 300)
        async with transaction(database, tenant) as tx:
            await cohorts.record(tx, mine)

    await asyncio.gather(*(count() for _ in range(8)))
    async with committed() as tx:
        await cohorts.record(tx, told)
        assert await kept(tx) == await recounted(tx)


async def test_a_batch_is_a_few_statements(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        made = [
            history.Visit(
                id=ids.new(), line=1, external_id=f"m{number % 700}", phone=None, name=None,
                at=tx.now - timedelta(days=1000 - number % 900), amount=None,
            )
            for number in range(2000)
        ]  # fmt: skip
        await replays.replay(tx, program.id, sorted(made, key=lambda visit: visit.at))
        told: list[Any] = [event for event in await cafe.told(tx) if isinstance(event, cohorts.Counted)]
    statements: list[str] = []
    async with committed() as tx:
        with tx.connection.query_logger(lambda record: statements.append(record.query)):
            await cohorts.record(tx, told)
            await tx.execute("select 1")
        assert len(statements) <= 3
        assert await kept(tx) == await recounted(tx)


@pytest.mark.meets("L103")
async def test_the_report_reads_counts_alone(database: Database, tenant: UUID, committed: Open) -> None:
    """Of 20,000 members with 60,000 months, the report reads the 90 counts."""
    async with committed() as tx:
        month = back(tx.now, 0, 1).date()
        await tx.execute(
            "insert into loyalty_member (id, external_id, name, name_key, source, enrolled_at) "
            "select gen_random_uuid(), 'e' || n, 'Ana', 'ana', 'import', $1 from generate_series(1, 20000) as n",
            tx.now,
        )
        await tx.execute(
            "insert into loyalty_month (member_id, month) select id, ($1::date - n * interval '1 month')::date "
            "from loyalty_member, generate_series(0, 2) as n",
            month,
        )
        await tx.execute(
            "insert into loyalty_cohort (cohort, month, members) "
            "select ($1::date - a * interval '1 month')::date, ($1::date - b * interval '1 month')::date, 100 "
            "from generate_series(0, 11) as a, generate_series(0, 11) as b where b <= a",
            month,
        )
        statements: list[str] = []
        with tx.connection.query_logger(lambda record: statements.append(record.query)):
            found = await cohorts.retention(tx)
            await tx.execute("select 1")
        assert [one.members for one in found.cohorts] == [100] * 12
        read = [sql for sql in statements if "loyalty" in sql]
        assert len(read) == 1
        plans = [row[0] for row in await tx.connection.fetch(f"explain analyze {read[0]}", month, 11)]
        assert "loyalty_cohort" in "".join(plans)
        assert not [line for line in plans if "loyalty_month" in line or "loyalty_member" in line]


async def test_the_migration_counts_what_was_there_before(
    tenant: UUID, committed: Open, drain: Drain, where: Addresses
) -> None:
    """The block that the migration ends with, run on a business whose counts were forgotten."""
    async with committed() as tx:
        program = await cafe.program(tx)
        for who in range(5):
            await visits(tx, program.id, f"m{who}", *(back(tx.now, who + n, 1) for n in (1, 2, 4)))
    await drain()
    script = (ROOT / "migrations" / "versions" / "0010_cohorts.sql").read_text()
    block = script[script.index("do $$") : script.index("$$;") + 3]
    owner = await asyncpg.connect(where.owner)
    try:
        transaction_ = owner.transaction()
        await transaction_.start()
        await owner.execute("truncate loyalty_month, loyalty_cohort, loyalty_staff_day, loyalty_hour")
        await owner.execute(block)
        await owner.execute(f"set local holdfast.tenant = '{tenant}'")
        forgotten = Tx(owner, tenant=tenant, actor=tx.actor, now=tx.now)
        found, (hours, _) = await kept(forgotten), await cafe.hours(forgotten)
        await transaction_.rollback()
    finally:
        await owner.close()
    async with committed() as tx:
        assert found == await recounted(tx)
        assert len(found[0]) == 15
        assert hours == (await cafe.hours(tx))[1]
        assert hours.total() == 30


async def test_cohorts_over_http(
    database: Database, settings: Settings, tenant: UUID, committed: Open, drain: Drain
) -> None:
    staff = await accounts.new_account(database)
    await accounts.employ(database, tenant, staff, "staff")
    async with committed() as tx:
        program = await cafe.program(tx)
        await visits(tx, program.id, "a", back(tx.now, 2), back(tx.now, 1))
    await drain()
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, staff)
        answer: httpx2.Response = await client.get("/api/loyalty/dashboard/cohorts", params={"months": 6})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["months"] == 6
        assert told["cohorts"] == [
            {"month": back(datetime.now(UTC), 2, 1).date().isoformat(), "members": 1, "returned": [1, 1, 0]}
        ]
        assert told["curve"] == [
            {"month_number": 0, "share": 1.0, "members": 1},
            {"month_number": 1, "share": 1.0, "members": 1},
        ]
        for months in (0, 61, "x"):
            assert (await client.get(f"/api/loyalty/dashboard/cohorts?months={months}")).status_code == 422
