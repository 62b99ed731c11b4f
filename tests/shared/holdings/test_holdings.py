"""Holdings: one person's list across businesses, whatever becomes of the businesses in it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
import structlog.testing

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Actor, Tx, transaction
from holdfast.shared.holdings import api, holdings
from holdfast.shared.holdings.holdings import Holding
from tests import accounts, web
from tests.accounts import Account
from tests.conftest import Open, new_tenant

PASS = "parking.pass"


class Passes:
    """A system with a kind of its own: it knows some passes, counts how often it is asked, and can be made to fail."""

    def __init__(self) -> None:
        self.asked: list[tuple[UUID, int]] = []
        self.gone: set[UUID] = set()
        self.broken: set[UUID] = set()
        self.slow: set[UUID] = set()
        self.at_once = 0
        self.most_at_once = 0

    async def describe(self, tx: Tx, subject_ids: Sequence[UUID]) -> dict[UUID, Holding]:
        """What the passes of a business are now."""
        self.asked.append((tx.tenant, len(subject_ids)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if tx.tenant in self.broken:
                await tx.execute("select 1 / 0")
            await asyncio.sleep(60 if tx.tenant in self.slow else 0.01)
        finally:
            self.at_once -= 1
        return {
            subject: Holding(title=f"Bay {number}", done=1, of=3, unit="days", link="/pass")
            for number, subject in enumerate(subject_ids)
            if subject not in self.gone
        }


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Passes:
    """The other system, for the length of a test."""
    found = Passes()
    monkeypatch.setitem(holdings.KINDS, PASS, found.describe)
    return found


@pytest.fixture
async def ana(database: Database) -> Account:
    """Somebody with an account."""
    return await accounts.new_account(database)


@pytest.fixture
async def client(database: Database, settings: Settings, ana: Account) -> AsyncIterator[httpx2.AsyncClient]:
    """Ana, signed in."""
    async with web.visitor(database, settings) as visitor:
        await web.enter(visitor, database, ana)
        yield visitor


async def business(database: Database, name: str, **columns: object) -> UUID:
    """A business that has parking."""
    return await new_tenant(database, name=name, **({"systems": ["parking"]} | columns))


async def keep(database: Database, tenant: UUID, who: Account, subject: UUID | None = None) -> holdings.Kept:
    """Somebody keeps a pass."""
    async with transaction(database, tenant, who.actor) as tx:
        kept, _ = await holdings.add(tx, PASS, subject or ids.new(), title="Bay")
    return kept


async def listed(client: httpx2.AsyncClient, **params: str) -> list[dict[str, Any]]:
    """Somebody's list."""
    answer = await client.get("/api/holdings", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def told(tx: Tx) -> list[str]:
    """The names of what happened in a business, in order."""
    return await tx.all(
        str, "select name from kernel_event where tenant_id = kernel_tenant() order by xid, seq limit 99"
    )


def test_a_kind_is_declared_once(passes: Passes) -> None:
    assert holdings.kind(PASS, holdings.KINDS[PASS]) == PASS
    with pytest.raises(TypeError):
        holdings.kind(PASS, Passes().describe)


async def test_what_is_kept_twice_is_kept_once(tx: Tx, ana: Account) -> None:
    tx.actor = ana.actor
    subject = ids.new()
    first, new = await holdings.add(tx, PASS, subject, title="Bay 4")
    assert (new, first.person_id, first.business, first.title) == (True, ana.person, "Café Aurora", "Bay 4")
    again, new = await holdings.add(tx, PASS, subject, title="B" * 400)
    assert (new, again.id, again.added_at, again.title) == (False, first.id, first.added_at, "B" * 300)
    assert await told(tx) == ["holdings.holdings.added"]


async def test_kept_at_once_it_is_kept_once(database: Database, tenant: UUID, ana: Account, passes: Passes) -> None:
    subject = ids.new()
    kept = await asyncio.gather(*(keep(database, tenant, ana, subject) for _ in range(6)))
    assert len({one.id for one in kept}) == 1
    async with transaction(database, tenant) as tx:
        assert await told(tx) == ["holdings.holdings.added"]


@pytest.mark.parametrize(("actor", "problem"), [(NOBODY, NotSignedIn), (Actor(kind="api_key"), NotAllowed)])
async def test_only_a_person_keeps_anything(tx: Tx, actor: Actor, problem: type[Exception]) -> None:
    tx.actor = msgspec.structs.replace(actor, id=ids.new())
    with pytest.raises(problem):
        await holdings.add(tx, PASS, ids.new(), title="Bay")
    with pytest.raises(problem):
        await holdings.remove(tx, ids.new())
    with pytest.raises(problem):
        await holdings.business_of(tx, ids.new())


async def test_one_list_across_businesses(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes
) -> None:
    north = await business(database, "North Garage", accent="#aa3311")
    south = await business(database, "South Garage")
    first, second, third = [await keep(database, tenant, ana) for tenant in (north, south, north)]
    assert await listed(client) == [
        {
            "id": str(kept.id), "kind": PASS, "subject_id": str(kept.subject_id), "tenant_id": str(tenant),
            "business": name, "logo_url": None, "accent": accent, "title": title, "subtitle": None,
            "done": 1, "of": 3, "unit": "days", "ready": False, "link": "/pass",
            "added_at": kept.added_at.isoformat().replace("+00:00", "Z"), "unavailable": False,
        }
        for kept, tenant, name, accent, title in (
            (third, north, "North Garage", "#aa3311", "Bay 0"),
            (second, south, "South Garage", None, "Bay 0"),
            (first, north, "North Garage", "#aa3311", "Bay 1"),
        )
    ]  # fmt: skip
    # Each business is asked once for all of a kind.
    assert sorted(passes.asked) == sorted([(north, 2), (south, 1)])


async def test_nobody_sees_what_another_keeps(
    client: httpx2.AsyncClient, database: Database, settings: Settings, ana: Account, passes: Passes
) -> None:
    garage = await business(database, "North Garage")
    kept = await keep(database, garage, ana)
    other = await accounts.new_account(database, name="Eva")
    await accounts.employ(database, garage, other, "owner")
    async with web.visitor(database, settings) as eva:
        assert (await eva.get("/api/holdings")).status_code == 401
        assert (await eva.delete(f"/api/holdings/{kept.id}")).status_code == 401
        await web.enter(eva, database, other)
        assert await listed(eva) == []
        assert (await eva.delete(f"/api/holdings/{kept.id}")).status_code == 404
        own = {"Holdfast-Tenant": str(garage)}
        assert (await eva.delete(f"/api/holdings/{kept.id}", headers=own)).status_code == 404
    assert [one["id"] for one in await listed(client)] == [str(kept.id)]


async def test_taken_out_of_the_list(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes
) -> None:
    garage = await business(database, "North Garage")
    kept, other = await keep(database, garage, ana), await keep(database, garage, ana)
    answers = await asyncio.gather(*(client.delete(f"/api/holdings/{kept.id}") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    assert [one["id"] for one in await listed(client)] == [str(other.id)]
    assert (await client.delete(f"/api/holdings/{ids.new()}")).status_code == 404
    async with transaction(database, garage) as tx:
        assert (await told(tx))[2:] == ["holdings.holdings.removed"]


async def test_given_out_anew_nobody_keeps_it(database: Database, committed: Open, ana: Account, tenant: UUID) -> None:
    subject, other = ids.new(), ids.new()
    eva = await accounts.new_account(database)
    for who, what in ((ana, subject), (eva, subject), (eva, other)):
        await keep(database, tenant, who, what)
    async with committed() as tx:
        await holdings.let_go(tx, PASS, subject)
        left = await tx.all(UUID, "select subject_id from holdings_holding limit 9")
        assert left == [other]
        assert (await told(tx))[3:] == ["holdings.holdings.removed"] * 2


async def test_what_is_gone_or_switched_off_is_left_out(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes
) -> None:
    garage, closed = await business(database, "Open"), await business(database, "Closed", systems=["loyalty"])
    kept, gone = await keep(database, garage, ana), await keep(database, garage, ana)
    await keep(database, closed, ana)
    passes.gone.add(gone.subject_id)
    assert [one["id"] for one in await listed(client)] == [str(kept.id)]
    assert passes.asked == [(garage, 2)]
    # Left out is not forgotten: switched on again, it is there again.
    async with transaction(database, closed) as tx:
        await tx.execute("update tenants_tenant set systems = '{parking}'")
    assert len(await listed(client)) == 2


async def test_a_kind_that_this_release_does_not_know_is_left_out(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(database, await business(database, "North Garage"), ana)
    monkeypatch.delitem(holdings.KINDS, PASS)
    assert await listed(client) == []


@pytest.mark.parametrize("trouble", ["broken", "slow"])
async def test_one_business_in_trouble_does_not_take_the_list_down(
    client: httpx2.AsyncClient,
    database: Database,
    ana: Account,
    passes: Passes,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.5)
    well, ill = await business(database, "Well"), await business(database, "Ill")
    for tenant in (well, ill):
        await keep(database, tenant, ana)
    getattr(passes, trouble).add(ill)
    with structlog.testing.capture_logs() as logs:
        found = await listed(client)
    assert [(one["business"], one["title"], one["unavailable"]) for one in found] == [
        ("Ill", "Bay", True),
        ("Well", "Bay 0", False),
    ]
    assert found[0]["link"] is None
    assert [(line["tenant"], line["kind"]) for line in logs if line["event"] == "holdings.unavailable"] == [
        (str(ill), PASS)
    ]
    # The connection that was in trouble is none the worse for it.
    getattr(passes, trouble).clear()
    assert not any(one["unavailable"] for one in await listed(client))


async def test_few_businesses_are_asked_at_once(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes
) -> None:
    for number in range(8):
        await keep(database, await business(database, f"Garage {number}"), ana)
    assert len(await listed(client)) == 8
    assert passes.most_at_once == api.AT_ONCE < database.settings.pool_size


async def test_a_long_list_comes_in_pages(
    client: httpx2.AsyncClient, database: Database, ana: Account, passes: Passes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 3)
    garage = await business(database, "North Garage")
    kept = [str((await keep(database, garage, ana)).id) for _ in range(7)]
    found: list[str] = []
    after: str | None = ""
    for _ in range(3):
        answer = (await client.get("/api/holdings", params={"after": after})).json()
        found += [one["id"] for one in answer["items"]]
        after = answer["next"]
    assert (found, after) == (kept[::-1], None)
    assert (await client.get("/api/holdings", params={"after": "x"})).status_code == 422


async def test_nothing_is_removed_in_another_business(tx: Tx, ana: Account, database: Database, passes: Passes) -> None:
    kept = await keep(database, await business(database, "Elsewhere"), ana)
    tx.actor = ana.actor
    with pytest.raises(NotFound):
        await holdings.remove(tx, kept.id)
