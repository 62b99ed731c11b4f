"""The trickle: a counter at which everything happens now and then, by everybody who works there."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from holdfast import app
from holdfast.demo import trickle
from holdfast.demo.cafes import AURORA, Person
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import accounts
from tests.conftest import Open, Serve
from tests.systems.loyalty import cafe


async def test_everything_happens_and_it_ends_when_told(
    database: Database,
    settings: Settings,
    tenant: UUID,
    committed: Open,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trickle, "PASSWORD", accounts.PASSWORD)
    monkeypatch.setattr(trickle, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(trickle, "_MISTAKEN", 0.2)
    people = []
    for role in ("owner", "manager", "staff"):
        account = await accounts.new_account(database)
        await accounts.employ(database, tenant, account, role)
        people.append(Person(role, account.email, role))
    async with committed() as tx:
        await cafe.program(tx, stamps_required=2)
    async with serve(app.application(database, settings), settings) as address:
        counter = trickle.Trickle(address, msgspec.structs.replace(AURORA, people=tuple(people)), str(tenant))
        working = asyncio.create_task(counter.run())
        wanted = ("stamps", "members", "rewards", "redeemed", "voided")
        async with asyncio.timeout(60):
            while not all(counter.done[what] for what in wanted) and not working.done():
                await asyncio.sleep(0.01)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert counter.done["unreachable"] == 0
    assert counter.median_ms > 0
    async with committed() as tx:
        by = await tx.all(UUID, "select distinct stamped_by from loyalty_stamp where stamped_by_kind = 'person'")
        assert len(by) > 1
        assert await tx.one(int, "select count(*) from loyalty_stamp where voided_at is not null") > 0
        assert await tx.one(int, "select count(*) from loyalty_reward where status = 'redeemed'") > 0


async def test_a_counter_that_cannot_reach_the_api_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trickle, "PAUSE_SECONDS", 0.001)
    counter = trickle.Trickle("http://127.0.0.1:1", AURORA, "00000000-0000-0000-0000-000000000001")
    working = asyncio.create_task(counter.run())
    async with asyncio.timeout(30):
        while counter.done["unreachable"] < 3:
            await asyncio.sleep(0.01)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
