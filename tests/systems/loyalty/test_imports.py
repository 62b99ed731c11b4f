"""Imports: years of visits from a file, replayed as if each had been stamped on its day."""

import asyncio
import csv
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from holdfast.demo import cafes
from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.tx import transaction
from holdfast.shared.ledger import books
from holdfast.systems.loyalty import history, imports, members, programs, reports, rewards, stamps
from tests.conftest import Open, new_tenant
from tests.systems.loyalty import cafe

CDNOW = Path(str(cafes.HISTORY))
LINES = CDNOW.read_text().splitlines()
REQUIRED = 5


def purchases() -> Counter[str]:
    """How often each customer of the real file came."""
    with CDNOW.open() as lines:
        return Counter(row["customer_id"] for row in csv.DictReader(lines))


async def opened(database: Database, tenant: UUID, **promise: object) -> programs.Program:
    """A program to import into."""
    async with transaction(database, tenant) as tx:
        return await cafe.program(tx, **({"stamps_required": REQUIRED} | promise))


async def all_there(database: Database, tenant: UUID) -> None:
    """Assert that the real file is in, wholly, once."""
    came = purchases()
    owed = sum(times // REQUIRED for times in came.values())
    assert (len(came), came.total()) == (2357, 6919)
    async with transaction(database, tenant) as tx:
        assert await tx.one(int, "select count(*) from loyalty_member") == 2357
        assert await tx.one(int, "select count(*) from loyalty_stamp") == 6919
        assert await tx.one(int, "select count(*) from loyalty_reward") == owed
        issued = await tx.one(int, "select count(*) from ledger_transfer where code = 'loyalty.stamp'")
        held = await tx.one(int, "select sum(posted)::bigint from ledger_balance")
        assert (issued, held) == (6919, 6919 - owed * REQUIRED)
        most, times = came.most_common(1)[0]
        assert await tx.one(int, "select visits from loyalty_member where external_id = $1", most) == times
        spent = await tx.one(int, "select sum(amount_minor)::bigint from loyalty_stamp where amount_currency = 'USD'")
        assert spent == sum(Money.of(row["amount_usd"], "USD").minor for row in csv.DictReader(LINES))
        await cafe.sound(tx)
    async with books.snapshot(database, tenant) as tx:
        report = await books.verify(tx)
        assert report.proven, report


async def test_the_real_file(database: Database, tenant: UUID) -> None:
    program = await opened(database, tenant)
    foreseen = await imports.import_visits(database, tenant, program.id, CDNOW, dry_run=True)
    async with transaction(database, tenant) as tx:
        assert await tx.one(int, "select count(*) from loyalty_member") == 0
    steps: list[tuple[int, int]] = []
    done = await imports.import_visits(
        database, tenant, program.id, CDNOW, progress=lambda now, of: steps.append((now, of))
    )
    assert msgspec.structs.replace(foreseen, dry_run=False) == done
    assert (done.lines, done.rejected, done.visits_added, done.members_added) == (6919, [], 6919, 2357)
    assert steps[-1] == (6919, 6919)
    assert steps == sorted(steps)
    await all_there(database, tenant)
    again = await imports.import_visits(database, tenant, program.id, CDNOW)
    assert (again.visits_added, again.visits_known, again.members_added, again.rewards_earned) == (0, 6919, 0, 0)
    await all_there(database, tenant)
    await cafe.deliver(database, tenant)
    async with transaction(database, tenant) as tx:
        assert await cafe.counted(tx) == await cafe.recounted(tx)
        metrics = await reports.metrics(tx)
        assert (metrics.members, metrics.visits, metrics.active) == (2357, 6919, 0)
        first = await tx.one(
            datetime, "select min(stamped_at) from loyalty_stamp s join loyalty_member m on m.id = s.member_id "
            "where m.external_id = '0001'",
        )  # fmt: skip
        assert first == datetime(1997, 1, 1, 5, tzinfo=UTC)


async def test_an_import_that_is_killed_is_finished_by_the_next(
    database: Database, where: Addresses, tenant: UUID
) -> None:
    program = await opened(database, tenant)
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _IMPORT, str(where.app), str(where.relay), str(tenant), str(program.id), str(CDNOW),
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert killed.stdout is not None
    async with asyncio.timeout(90):
        while (line := await killed.stdout.readline()).strip() != b"2000":
            assert line, "The import ended before it could be killed."
        os.kill(killed.pid, signal.SIGKILL)
        assert await killed.wait() == -signal.SIGKILL
    async with transaction(database, tenant) as tx:
        # What the killed process was in the middle of ends with its connection; wait for that, not for the clock.
        await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"loyalty.import.{tenant}")
        reached = await tx.one(int, "select count(*) from loyalty_stamp")
        assert 2000 <= reached < 6919
        assert reached % 200 == 0
        await cafe.sound(tx)
    rest = await imports.import_visits(database, tenant, program.id, CDNOW)
    assert (rest.visits_known, rest.visits_added) == (reached, 6919 - reached)
    await all_there(database, tenant)


_IMPORT = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.systems.loyalty import imports

async def main():
    app, relay, tenant, program, file = sys.argv[1:]
    where = Addresses(app=app, direct=app, owner=None, relay=relay, replica=app)
    database = Database(where, Settings(environment="test", log_level="error"))
    show = lambda done, total: print(done, flush=True)
    await imports.import_visits(database, UUID(tenant), UUID(program), Path(file), progress=show, batch=200)

asyncio.run(main())
"""


async def test_two_imports_at_once_add_everything_once(database: Database, tenant: UUID, tmp_path: Path) -> None:
    program = await opened(database, tenant)
    file = tmp_path / "some.csv"
    file.write_text("\n".join(LINES[:400]))
    both = await asyncio.gather(
        *(imports.import_visits(database, tenant, program.id, file, batch=50) for _ in range(2))
    )
    assert sum(report.visits_added for report in both) == 399
    async with transaction(database, tenant) as tx:
        await cafe.sound(tx)


async def test_the_counter_goes_on_while_an_import_runs(database: Database, tenant: UUID, tmp_path: Path) -> None:
    program = await opened(database, tenant)
    file = tmp_path / "some.csv"
    file.write_text("\n".join(LINES[:400]))
    await imports.import_visits(database, tenant, program.id, file)
    later = file.read_text().replace("-01,", "-02,")
    file.write_text(later)
    async with transaction(database, tenant) as tx:
        cards = await tx.all(UUID, "select id from loyalty_card order by id limit 40")

    async def stamp(card_id: UUID) -> None:
        async with transaction(database, tenant) as tx:
            await stamps.stamp(tx, ids.new(), card_id=card_id)

    report, _ = await asyncio.gather(
        imports.import_visits(database, tenant, program.id, file, batch=20),
        asyncio.gather(*(stamp(card_id) for card_id in cards)),
    )
    assert report.visits_added > 0
    async with transaction(database, tenant) as tx:
        await cafe.sound(tx)


async def test_replayed_visits_are_as_if_stamped(database: Database, tmp_path: Path) -> None:
    """The same visits, once imported and once stamped one by one on their days, leave the same cards."""
    rows = [("7", day) for day in (1, 2, 2, 3, 5, 8)] + [("8", day) for day in (1, 9)]
    file = tmp_path / "visits.csv"
    file.write_text("customer_id,date\n" + "".join(f"{who},2026-03-0{day}\n" for who, day in rows))
    imported, stamped = await new_tenant(database), await new_tenant(database)
    program = await opened(database, imported, stamps_required=3, reward_valid_days=3650)
    await imports.import_visits(database, imported, program.id, file, batch=3)
    await opened(database, stamped, stamps_required=3, reward_valid_days=3650)
    async with transaction(database, stamped) as tx:
        by_name: dict[str, UUID] = {}
        for who, day in sorted(rows, key=lambda row: row[1]):
            tx.now = datetime(2026, 3, day, 5, tzinfo=UTC)
            if who not in by_name:
                by_name[who] = (await cafe.member(tx, name=who)).card.id
            await cafe.stamp(tx, by_name[who])
    seen = []
    for tenant in (imported, stamped):
        await cafe.deliver(database, tenant)
        async with transaction(database, tenant) as tx:
            await cafe.sound(tx)
            seen.append([await tx.connection.fetch(sql) for sql in (_CARDS_SEEN, _REWARDS_SEEN, _DAYS_SEEN)])
    assert seen[0] == seen[1]
    assert len(seen[0][1]) == 2


_CARDS_SEEN = """
    select m.name, m.visits, m.first_visit_at, m.last_visit_at, m.visit_frequency_days, c.places, c.spent, c.stamps,
        c.rewards, c.first_visit_at, c.last_visit_at, c.opened_at, m.enrolled_at
    from loyalty_card c join loyalty_member m on m.id = c.member_id order by m.name
"""
_DAYS_SEEN = f"select day, {cafe.COLUMNS} from loyalty_day order by {', '.join(map(str, range(1, 11)))}"
_REWARDS_SEEN = (
    "select reward, stamps, last_place, status, earned_at, expires_at from loyalty_reward order by earned_at"
)


async def test_lines_that_cannot_be_used_are_told_with_their_reason(
    database: Database, tenant: UUID, tmp_path: Path
) -> None:
    program = await opened(database, tenant)
    file = tmp_path / "visits.csv"
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    file.write_text(
        "﻿Phone;Name;Date;Amount\n"
        "987 654 321;Ana Quispe;2026-01-05;12.50\n"
        "12345;Nobody;2026-01-05;1\n"
        ";Nobody;2026-01-05;1\n"
        "912345678;Luz;05/01/2026;1\n"
        "912345678;Luz;;1\n"
        f"912345678;Luz;{tomorrow:%Y-%m-%d};1\n"
        "912345678;Luz;1823-01-01;1\n"
        "912345678;Luz;2026-01-06;a lot\n"
        "912345678;Luz;2026-01-06;12.345\n"
        "912345678;Luz\n"
        "\n"
        "+51 987654321;Ana Q;2026-01-06T08:30;\n"
    )
    report = await imports.import_visits(database, tenant, program.id, file)
    assert (report.lines, report.visits_added, report.members_added) == (11, 2, 1)
    reasons = {one.line: one.reason for one in report.rejected}
    assert sorted(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    for line, word in {3: "telephone", 4: "customer", 5: "date", 6: "date", 7: "future", 8: "1900", 9: "amount",
                       10: "decimals", 11: "cells"}.items():  # fmt: skip
        assert word in reasons[line], (line, reasons[line])
    async with transaction(database, tenant) as tx:
        found = await tx.all(stamps.Stamp, "select * from loyalty_stamp order by stamped_at")
        assert [one.amount for one in found] == [Money(1250, "PEN"), None]
        assert [one.stamped_at for one in found] == [
            datetime(2026, 1, 5, 5, tzinfo=UTC), datetime(2026, 1, 6, 13, 30, tzinfo=UTC),
        ]  # fmt: skip
        assert [one.source for one in found] == [stamps.Source.imported] * 2


async def test_a_member_of_the_counter_is_the_customer_of_the_file(
    database: Database, tenant: UUID, tmp_path: Path
) -> None:
    program = await opened(database, tenant, stamps_required=2)
    async with transaction(database, tenant) as tx:
        enrolled = await cafe.member(tx, name="Ana")
        await cafe.stamp(tx, enrolled.card.id)
    file = tmp_path / "visits.csv"
    file.write_text(
        f"customer_id,phone,date\nx1,{enrolled.member.phone},2025-01-05\nx2,{enrolled.member.phone},2025-01-05\n"
    )
    report = await imports.import_visits(database, tenant, program.id, file)
    assert (report.members_added, report.visits_added, report.rewards_earned) == (1, 2, 1)
    async with transaction(database, tenant) as tx:
        # The first id of the file that has the number is theirs from now on; the other is somebody else's, without it.
        mine = await members.get(tx, enrolled.member.id)
        assert (mine.external_id, mine.visits) == ("x1", 2)
        other = await tx.one(members.Member, "select * from loyalty_member where external_id = 'x2'")
        assert (other.phone, other.visits, other.source) == (None, 1, members.Source.imported)
        await cafe.sound(tx)
    assert (await imports.import_visits(database, tenant, program.id, file)).visits_added == 0


@pytest.mark.parametrize(
    "text", ["", "date\n", "customer_id\n1\n", "phone,amount\n", "customer_id,date\n1,2020-01-01\n\xff"]
)
async def test_a_file_that_is_no_history_is_refused(
    database: Database, tenant: UUID, tmp_path: Path, text: str
) -> None:
    program = await opened(database, tenant)
    file = tmp_path / "visits.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(history.NotAHistory):
        await imports.import_visits(database, tenant, program.id, file)
    with pytest.raises(history.NotAHistory):
        await imports.import_visits(database, tenant, program.id, tmp_path / "nowhere.csv")


async def test_importing_takes_its_grant(database: Database, tenant: UUID, committed: Open) -> None:
    program = await opened(database, tenant)
    with pytest.raises(NotAllowed):
        await imports.import_visits(database, tenant, program.id, CDNOW, actor=cafe.actor("loyalty.stamp"))
    async with committed() as tx:
        await programs.change(tx, program.id, programs.Change(status=programs.Status.archived))
    with pytest.raises(programs.Archived):
        await imports.import_visits(database, tenant, program.id, CDNOW)
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from loyalty_stamp") == 0
        assert await rewards.expire(tx) == 0
