"""The ledger's routes: who may read the books, and what they are answered."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import auth, ids
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.http import factory
from holdfast.kernel.http.caller import Credentials, Identity
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor
from holdfast.shared.ledger import api
from tests.shared.ledger import sound
from tests.shared.ledger.sound import Sound, spoil

PATHS = [
    ("GET", "/api/ledger/accounts"),
    ("GET", "/api/ledger/accounts/{payer}/entries"),
    ("GET", "/api/ledger/trial-balance"),
    ("POST", "/api/ledger/verification"),
]


async def _authenticate(database: Database, credentials: Credentials) -> Identity:
    """A bearer token of these tests is a role and a tenant."""
    role, _, tenant = (credentials.bearer or "").partition(":")
    if role not in auth.ROLES:
        raise NotSignedIn
    actor = Actor(kind="person", id=ids.new(), person=ids.new(), grants=auth.of_role(role))
    return Identity(tenant=UUID(tenant), actor=actor)


@pytest.fixture
async def kept(database: Database, tenant: UUID) -> Sound:
    """Sound books of the test's tenant."""
    return await sound.keep(database, tenant)


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application that has the ledger's routes alone."""
    app = factory.application(database, settings, routes=api.routes, authenticate=_authenticate)
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type] # Litestar types its scope more narrowly
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as found:
        yield found


def _as(role: str, tenant: UUID) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}:{tenant}"}


async def _ask(client: httpx2.AsyncClient, method: str, path: str, kept: Sound, **options: Any) -> httpx2.Response:
    if method == "POST":
        options.setdefault("json", {})
    return await client.request(method, path.format(payer=kept.payer.id), **options)


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_owners_and_managers_read_the_books_and_nobody_else(
    client: httpx2.AsyncClient, kept: Sound, method: str, path: str
) -> None:
    for role in ("owner", "manager"):
        assert (await _ask(client, method, path, kept, headers=_as(role, kept.tenant))).status_code == 200
    for role in ("staff", "customer"):
        assert (await _ask(client, method, path, kept, headers=_as(role, kept.tenant))).status_code == 403
    assert (await _ask(client, method, path, kept)).status_code == 401


async def test_another_tenant_sees_nothing(client: httpx2.AsyncClient, kept: Sound, other_tenant: UUID) -> None:
    headers = _as("owner", other_tenant)
    assert (await client.get("/api/ledger/accounts", headers=headers)).json() == {"items": [], "next": None}
    entries = await client.get(f"/api/ledger/accounts/{kept.payer.id}/entries", headers=headers)
    assert entries.status_code == 404
    assert (await client.get("/api/ledger/trial-balance", headers=headers)).json() == []
    assert (await client.post("/api/ledger/verification", json={}, headers=headers)).json()["transfers"] == 0


async def test_accounts_are_listed_with_balances(client: httpx2.AsyncClient, kept: Sound) -> None:
    headers = _as("owner", kept.tenant)
    first = (await client.get("/api/ledger/accounts?limit=2", headers=headers)).json()
    second = (await client.get(f"/api/ledger/accounts?limit=2&after={first['next']}", headers=headers)).json()
    assert len(first["items"]) == 2
    assert second["next"] is None
    by_id = {account["id"]: account for account in [*first["items"], *second["items"]]}
    payer = by_id[str(kept.payer.id)]
    assert (payer["posted"], payer["held"], payer["available"], payer["unit"]) == (956, 20, 936, "PEN")
    filtered = await client.get(f"/api/ledger/accounts?owner={kept.payer.owner_id}&unit=PEN", headers=headers)
    assert [account["id"] for account in filtered.json()["items"]] == [str(kept.payer.id)]


async def test_entries_are_paged(client: httpx2.AsyncClient, kept: Sound) -> None:
    headers, path = _as("manager", kept.tenant), f"/api/ledger/accounts/{kept.payer.id}/entries"
    page = (await client.get(path, params={"limit": 4}, headers=headers)).json()
    seen = page["items"]
    while page["next"]:
        page = (await client.get(path, params={"limit": 4, "after": page["next"]}, headers=headers)).json()
        seen += page["items"]
    assert len(seen) == 11
    assert (seen[0]["id"], seen[0]["balance"]) == (str(kept.tail.id), 956)
    assert (seen[-1]["change"], seen[-1]["balance"]) == (1000, 1000)
    assert "xid" not in seen[0]


@pytest.mark.parametrize("query", ["?after=nonsense", "?limit=0", "?limit=201", "?owner=me"])
async def test_a_malformed_question_is_told_so(client: httpx2.AsyncClient, kept: Sound, query: str) -> None:
    headers = _as("owner", kept.tenant)
    answer = await client.get(f"/api/ledger/accounts{query}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_the_books_are_proven_over_http(client: httpx2.AsyncClient, kept: Sound, superuser: Connection) -> None:
    headers = _as("owner", kept.tenant)
    anchor = {"position": kept.anchor.position, "hash": kept.anchor.hash}
    report = (await client.post("/api/ledger/verification", json={"anchor": anchor}, headers=headers)).json()
    assert report["proven"] is True
    assert report["anchor"] == anchor
    assert (report["accounts"], report["transfers"], report["unsealed"], report["findings"]) == (3, 12, 1, [])

    await spoil(superuser, "update ledger_transfer set code = 'bank.gift' where id = $1", kept.paid.id)
    broken = (await client.post("/api/ledger/verification", json={}, headers=headers)).json()
    assert broken["proven"] is False
    (finding,) = broken["findings"]
    assert (finding["kind"], finding["table"], finding["id"]) == ("altered", "ledger_transfer", str(kept.paid.id))
    wrong = {"anchor": {"position": "first"}}
    assert (await client.post("/api/ledger/verification", json=wrong, headers=headers)).status_code == 422
