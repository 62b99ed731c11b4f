"""Staff: who stamps, how much of it is taken back, who hands rewards out."""

import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.sessions import api_keys
from holdfast.systems.loyalty import history, replays, rewards, staff, stamps, voids
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.systems.loyalty import cafe

LIMA = ZoneInfo("America/Lima")
ROOT = Path(__file__).parents[3]


async def employed(database: Database, tenant: UUID, role: str, name: str) -> Actor:
    """Somebody of that name who works here."""
    account = await accounts.new_account(database, name=name)
    await accounts.employ(database, tenant, account, role)
    actor, _ = await accounts.member(database, tenant, role)
    return Actor(kind="person", id=account.person, person=account.person, grants=actor.grants)


async def stamp_as(database: Database, tenant: UUID, actor: Actor, card_id: UUID, *, days_ago: int = 0) -> stamps.Stamp:
    """A stamp by somebody, some days ago."""
    async with transaction(database, tenant, actor) as tx:
        tx.now -= timedelta(days=days_ago)
        return (await stamps.stamp(tx, ids.new(), card_id=card_id))[0]


@pytest.mark.meets("L33")
async def test_who_did_what(database: Database, tenant: UUID, committed: Open, drain: Drain) -> None:
    elena = await employed(database, tenant, "owner", "Elena")
    bruno = await employed(database, tenant, "manager", "Bruno")
    nayra = await employed(database, tenant, "staff", "Nayra")
    async with committed() as tx:
        await cafe.program(tx, stamps_required=3)
        card = (await cafe.member(tx)).card.id
    for days_ago in (40, 20, 20, 0, 0):
        last = await stamp_as(database, tenant, nayra, card, days_ago=days_ago)
    mistaken = await stamp_as(database, tenant, bruno, card)
    async with committed(actor=elena) as tx:
        await voids.void(tx, mistaken.id, reason="Test")
    async with committed(actor=bruno) as tx:
        (owed, *_) = await cafe.rewards_of(tx, card)
        await rewards.redeem_without_code(tx, owed.id)
        redeemed_at = tx.now
    await drain()
    async with committed(actor=elena) as tx:
        found = await staff.report(tx)
        assert [(one.kind, one.id, one.name) for one in found] == [
            ("person", nayra.id, "Nayra"),
            ("person", bruno.id, "Bruno"),
        ]
        assert [(one.stamps, one.stamps_today, one.voided, one.rewards_redeemed) for one in found] == [
            (4, 2, 0, 0),
            (1, 1, 1, 1),
        ]
        assert [one.last_at for one in found] == [last.stamped_at, redeemed_at]
        assert [one.stamps for one in await staff.report(tx, window_days=41)] == [5, 1]
        assert [one.stamps for one in await staff.report(tx, window_days=1)] == [2, 1]


async def test_who_does_not_manage_sees_themselves(database: Database, tenant: UUID, committed: Open) -> None:
    nayra, ximena = [await employed(database, tenant, "staff", name) for name in ("Nayra", "Ximena")]
    manager = await employed(database, tenant, "manager", "Bruno")
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card.id
    await stamp_as(database, tenant, nayra, card)
    await cafe.deliver(database, tenant)
    for actor, seen in ((nayra, ["Nayra"]), (ximena, []), (manager, ["Nayra"])):
        async with committed(actor=actor) as tx:
            assert [one.name for one in await staff.report(tx)] == seen
    async with committed(actor=cafe.actor("loyalty.stamp")) as tx:
        with pytest.raises(NotAllowed):
            await staff.report(tx)


async def test_keys_and_devices_have_their_names_and_the_forgotten_none(
    database: Database, tenant: UUID, committed: Open
) -> None:
    owner = await employed(database, tenant, "owner", "Elena")
    async with committed(actor=owner) as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card.id
        made = await api_keys.create(tx, name="The till", scopes=["loyalty.stamp"])
        tablet = ids.new()
        await tx.execute(
            "insert into devices_device (id, name, grants, created_at) values ($1, 'Tablet', '{}', $2)", tablet, tx.now
        )
    grants = frozenset({"loyalty.stamp"})
    till = Actor(kind="api_key", id=made.key.id, person=owner.person, grants=grants)
    devices = [Actor(kind="device", id=device, grants=grants) for device in (tablet, ids.new())]
    for actor in (till, till, till, devices[0], devices[0], devices[1]):
        await stamp_as(database, tenant, actor, card)
    await cafe.deliver(database, tenant)
    async with committed(actor=owner) as tx:
        found = [(one.kind, one.name, one.stamps) for one in await staff.report(tx)]
    assert found == [("api_key", "The till", 3), ("device", "Tablet", 2), ("device", None, 1)]


async def test_the_platform_and_imports_are_nobodys_work(database: Database, tenant: UUID, committed: Open) -> None:
    owner = await employed(database, tenant, "owner", "Elena")
    async with committed(actor=owner) as tx:
        program = await cafe.program(tx)
        visit = history.Visit(
            id=ids.new(), line=1, external_id="a", phone=None, name=None, at=tx.now - timedelta(days=1), amount=None
        )
        await replays.replay(tx, program.id, [visit])
    async with committed() as tx:
        await cafe.stamp(tx, (await cafe.member(tx)).card.id)
    async with committed(actor=owner) as tx:
        await voids.void(tx, visit.id, reason="Test")
    await cafe.deliver(database, tenant)
    async with committed(actor=owner) as tx:
        assert await staff.report(tx) == []


async def test_a_day_is_the_businesss_own(database: Database, tenant: UUID, committed: Open) -> None:
    nayra = await employed(database, tenant, "staff", "Nayra")
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card.id
        late = tx.now.astimezone(LIMA).replace(hour=23, minute=30) - timedelta(days=2)
    async with committed(actor=nayra) as tx:
        tx.now = late
        await cafe.stamp(tx, card)
    await cafe.deliver(database, tenant)
    async with committed() as tx:
        assert await tx.connection.fetchval("select day from loyalty_staff_day") == late.date()


async def counted(tx: Tx) -> Counter[Any]:
    """The kept counts, of every day and actor."""
    rows = await tx.connection.fetch(
        "select day, actor_kind, actor_id, stamps, voided, rewards_redeemed, last_at from loyalty_staff_day"
    )
    return Counter(tuple(row) for row in rows)


async def recounted(tx: Tx) -> Counter[Any]:
    """The same, made from stamps and rewards; whoever redeemed is a person here."""
    return Counter(tuple(row) for row in await tx.connection.fetch(_RECOUNT))


_RECOUNT = """
select day, kind, by, sum(stamps)::bigint, sum(voided)::bigint, sum(redeemed)::bigint, max(at)
from (
    select (stamped_at at time zone 'America/Lima')::date as day, stamped_by_kind as kind, stamped_by as by,
        1 as stamps, (voided_at is not null)::int as voided, 0 as redeemed, stamped_at as at
    from loyalty_stamp where source = 'counter'
    union all
    select (ended_at at time zone 'America/Lima')::date, 'person', redeemed_by, 0, 0, 1, ended_at
    from loyalty_reward where status = 'redeemed'
) as facts
where by is not null group by 1, 2, 3
"""


async def busy(database: Database, tenant: UUID, committed: Open) -> None:
    """Some hundred things at the counter, by three people, over ten days."""
    chance = random.Random(5)
    people = [await employed(database, tenant, "manager", name) for name in ("Ana", "Bea", "Cruz")]
    async with committed() as tx:
        program = await cafe.program(tx, stamps_required=3)
        cards = [(await cafe.member(tx, program_id=program.id)).card.id for _ in range(6)]
    for days_ago in range(10, 0, -1):
        async with committed(actor=chance.choice(people)) as tx:
            tx.now -= timedelta(days=days_ago, hours=chance.randrange(24))
            for _ in range(chance.randrange(1, 12)):
                (given,) = await cafe.stamp(tx, chance.choice(cards))
                if chance.random() < 0.2 and given.reward_id is None:
                    await voids.void(tx, given.id, reason="Model")
                elif given.reward_id is not None and chance.random() < 0.7:
                    await rewards.redeem_without_code(tx, given.reward_id)


async def test_the_counts_equal_a_recount(database: Database, tenant: UUID, committed: Open, drain: Drain) -> None:
    await busy(database, tenant, committed)
    await drain()
    async with committed() as tx:
        assert await counted(tx) == await recounted(tx)
        assert sum(row[4] for row in await counted(tx)) > 0
        assert sum(row[5] for row in await counted(tx)) > 0


async def test_the_migration_counts_what_was_handed_on_before(
    database: Database, tenant: UUID, committed: Open, drain: Drain, where: Addresses
) -> None:
    await busy(database, tenant, committed)
    await drain()
    async with committed(actor=await employed(database, tenant, "owner", "Elena")) as tx:
        expected = await counted(tx)
        # What the relay has not read is left to the reaction.
        await cafe.stamp(tx, (await cafe.member(tx)).card.id)
    script = (ROOT / "migrations" / "versions" / "0010_cohorts.sql").read_text()
    block = script[script.index("do $$") : script.index("$$;") + 3]
    owner = await asyncpg.connect(where.owner)
    try:
        opened = owner.transaction()
        await opened.start()
        await owner.execute("truncate loyalty_month, loyalty_cohort, loyalty_staff_day")
        await owner.execute(block)
        await owner.execute(f"set local holdfast.tenant = '{tenant}'")
        found = await counted(Tx(owner, tenant=tenant, actor=tx.actor, now=tx.now))
        await opened.rollback()
    finally:
        await owner.close()
    assert found == expected


async def test_the_report_is_one_statement_over_counts(database: Database, tenant: UUID, committed: Open) -> None:
    await busy(database, tenant, committed)
    await cafe.deliver(database, tenant)
    statements: list[str] = []
    async with committed() as tx:
        with tx.connection.query_logger(lambda record: statements.append(record.query)):
            assert await staff.report(tx)
            await tx.execute("select 1")
    assert len([sql for sql in statements if "loyalty_staff_day" in sql]) == 1
    assert not [sql for sql in statements if "loyalty_stamp" in sql or "loyalty_member" in sql]


async def test_staff_over_http(
    database: Database, settings: Settings, tenant: UUID, committed: Open, drain: Drain
) -> None:
    account = await accounts.new_account(database, name="Nayra")
    await accounts.employ(database, tenant, account, "staff")
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card.id
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        stamp = {"id": str(ids.new()), "card_id": str(card)}
        assert (await client.post("/api/loyalty/stamps", json=stamp)).status_code == 201
        await drain()
        answer = await client.get("/api/loyalty/dashboard/staff", params={"window_days": 7})
        assert answer.status_code == 200, answer.text
        (me,) = answer.json()
        assert (me["kind"], me["id"], me["name"], me["stamps"]) == ("person", str(account.person), "Nayra", 1)
        assert (await client.get("/api/loyalty/dashboard/staff?window_days=0")).status_code == 422
