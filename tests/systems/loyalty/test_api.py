"""The routes of loyalty: who may use them, and what they are answered."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import auth, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import factory
from holdfast.kernel.http.caller import Credentials, Identity
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor, transaction
from holdfast.systems.loyalty import api, members, programs
from tests.conftest import Drain
from tests.systems.loyalty import cafe

CONSENT = {"version": "2026-05 es", "channel": "poster"}


class Opened:
    """A café that is open: its program, a member and a client."""

    def __init__(self, tenant: UUID, program: programs.Program, enrolled: members.Enrollment) -> None:
        self.tenant = tenant
        self.program = program
        self.member = enrolled.member
        self.card = enrolled.card


async def _authenticate(database: Database, credentials: Credentials) -> Identity:
    """A bearer token of these tests is a role and a tenant."""
    role, _, tenant = (credentials.bearer or "").partition(":")
    if role not in auth.ROLES:
        raise NotSignedIn
    actor = Actor(kind="person", id=ids.new(), person=ids.new(), grants=auth.of_role(role))
    return Identity(tenant=UUID(tenant), actor=actor)


@pytest.fixture
async def opened(database: Database, tenant: UUID) -> Opened:
    """A café with a program of three stamps and a member."""
    async with transaction(database, tenant) as tx:
        return Opened(tenant, await cafe.program(tx), await cafe.member(tx))


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application that has loyalty's routes alone."""
    app = factory.application(database, settings, routes=api.routes, authenticate=_authenticate)
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type] # Litestar types its scope more narrowly
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test/api/loyalty") as found:
        yield found


def as_(role: str, tenant: UUID) -> dict[str, str]:
    """The headers of somebody with that role."""
    return {"Authorization": f"Bearer {role}:{tenant}"}


ROUTES = [
    ("GET", "/businesses/{tenant}", "staff"),
    ("PATCH", "/businesses/{tenant}", "owner"),
    ("GET", "/businesses/{tenant}/customers", "staff"),
    ("GET", "/customers/lookup?phone={phone}", "staff"),
    ("GET", "/customers/{member}", "staff"),
    ("PATCH", "/customers/{member}", "staff"),
    ("POST", "/customers/{member}/card-token", "manager"),
    ("GET", "/customers/{member}/stamps", "staff"),
    ("GET", "/programs", "staff"),
    ("POST", "/programs", "manager"),
    ("GET", "/programs/{program}", "staff"),
    ("PATCH", "/programs/{program}", "manager"),
    ("POST", "/stamps", "staff"),
    ("POST", "/stamps/{nothing}/void", "manager"),
    ("POST", "/redemptions", "staff"),
    ("POST", "/rewards/{nothing}/redemption", "manager"),
    ("GET", "/dashboard/metrics", "staff"),
]
BODIES: dict[str, dict[str, Any]] = {
    "/programs": {"name": "Another", "stamps_required": 5, "reward": "Tea"},
    "/stamps": {"id": "01890000-0000-7000-8000-000000000001", "card_id": "{card}"},
    "/stamps/{nothing}/void": {"reason": "Mistake"},
    "/redemptions": {"code": "x"},
}


async def ask(
    client: httpx2.AsyncClient, opened: Opened, method: str, path: str, headers: dict[str, str]
) -> httpx2.Response:
    """One request, its path and body filled in."""
    body = {
        name: value.format(card=opened.card.id) if isinstance(value, str) else value
        for name, value in BODIES.get(path, {}).items()
    }
    full = path.format(
        tenant=opened.tenant, phone=(opened.member.phone or "")[1:], member=opened.member.id, program=opened.program.id,
        nothing=ids.new(),
    )  # fmt: skip
    return await client.request(method, full, headers=headers, json=None if method == "GET" else body)


@pytest.mark.parametrize(("method", "path", "role"), ROUTES)
async def test_who_may_use_a_route(
    client: httpx2.AsyncClient, opened: Opened, other_tenant: UUID, method: str, path: str, role: str
) -> None:
    assert (await ask(client, opened, method, path, {})).status_code == 401
    assert (await ask(client, opened, method, path, as_("customer", opened.tenant))).status_code == 403
    if role != "staff":
        assert (await ask(client, opened, method, path, as_("staff", opened.tenant))).status_code == 403
    stranger = await ask(client, opened, method, path, as_("owner", other_tenant))
    own_things = {"/programs", "/redemptions", "/dashboard/metrics"}
    assert stranger.status_code in ({200, 201, 422} if path in own_things else {404, 422})
    if stranger.status_code in (200, 201) and method == "GET":
        assert str(opened.program.id) not in stranger.text
    allowed = await ask(client, opened, method, path, as_(role, opened.tenant))
    assert allowed.status_code not in (401, 403, 405, 500), allowed.text
    assert (allowed.status_code in (200, 201)) == ("nothing" not in path and path != "/redemptions"), allowed.text


@pytest.mark.meets("L29", "L52")
async def test_a_business_shows_and_changes_what_it_promises(client: httpx2.AsyncClient, opened: Opened) -> None:
    address, owner = f"/businesses/{opened.tenant}", as_("owner", opened.tenant)
    shown = (await client.get(address, headers=owner)).json()
    assert shown["reward_structure"] == {
        "program_id": str(opened.program.id), "stamps_required": 3, "reward": "Free coffee",
    }  # fmt: skip
    assert (shown["inactivity_threshold_days"], shown["currency"]) == (14, "PEN")
    change = {"name": "Café Nuevo", "reward_structure": {"stamps_required": 8}, "inactivity_threshold_days": 21}
    changed = await client.patch(address, headers=owner, json=change)
    assert changed.status_code == 200
    assert changed.json()["reward_structure"]["stamps_required"] == 8
    assert changed.json() | {"reward_structure": None} == shown | {
        "name": "Café Nuevo", "inactivity_threshold_days": 21, "reward_structure": None,
    }  # fmt: skip
    wrong = await client.patch(address, headers=owner, json={"reward_structure": {"stamps_required": 1}})
    assert wrong.status_code == 422
    assert (await client.get(address, headers=owner)).json() == changed.json()


@pytest.mark.meets("L30", "L38")
async def test_a_customer_enrols_from_a_poster_and_ends_on_their_card(
    client: httpx2.AsyncClient, opened: Opened, database: Database
) -> None:
    async with transaction(database, opened.tenant) as tx:
        slug = await tx.one(str, "select slug from tenants_tenant where id = kernel_tenant()")
    number = cafe.phone()
    body = {"business": slug, "phone": number, "name": "Luz Huamán", "consent": CONSENT}
    joined = await client.post("/enrollments", json=body)
    assert joined.status_code == 201, joined.text
    assert joined.json()["member"]["source"] == "poster"
    mine = {"Holdfast-Card": joined.json()["token"]}
    own = (await client.get("/card", headers=mine)).json()
    assert (own["name"], own["business"], own["cards"][0]["stamps"]) == ("Luz Huamán", "Café Aurora", 0)
    # Whoever types the number again learns that it is known, and nothing else.
    again = await client.post("/enrollments", json=body | {"name": "Somebody", "business": str(opened.tenant)})
    assert (again.status_code, again.json()) == (200, {"new": False, "member": None, "card": None, "token": None})
    staff = as_("staff", opened.tenant)
    known = await client.post("/enrollments", json=body | {"business": None}, headers=staff)
    assert (known.status_code, known.json()["member"]["name"], known.json()["token"]) == (200, "Luz Huamán", None)
    code = await client.post("/card/codes", json={"card_id": own["cards"][0]["id"]}, headers=mine)
    found = await client.get("/customers/lookup", params={"code": code.json()["code"]}, headers=staff)
    assert found.json()["phone"] == f"+51{number}"
    assert (await client.get("/card")).status_code in (401, 422)
    assert (await client.get("/card", headers={"Holdfast-Card": "x" * 40})).status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"phone": "12"}, 422),
        ({"consent": None}, 422),
        ({"name": "  "}, 422),
        ({"birthday": "2999-01-01"}, 422),
        ({"business": "no-such-place"}, 404),
        ({"business": None}, 422),
        ({"program_id": "01890000-0000-7000-8000-000000000001"}, 404),
        ({"unknown": 1}, 422),
    ],
)
async def test_an_enrolment_that_cannot_be(
    client: httpx2.AsyncClient, opened: Opened, change: dict[str, Any], status: int
) -> None:
    body = {"business": str(opened.tenant), "phone": cafe.phone(), "name": "Luz", "consent": CONSENT} | change
    refused = await client.post("/enrollments", json=body)
    assert refused.status_code == status, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    listed = await client.get(f"/businesses/{opened.tenant}/customers", headers=as_("staff", opened.tenant))
    assert [one["id"] for one in listed.json()["items"]] == [str(opened.member.id)]


@pytest.mark.meets("L31", "L38")
async def test_a_stamp_sent_twice_is_answered_twice_the_same(client: httpx2.AsyncClient, opened: Opened) -> None:
    staff = as_("staff", opened.tenant)
    body = {"id": str(ids.new()), "card_id": str(opened.card.id), "amount": {"minor": 850, "currency": "PEN"}}
    first = await client.post("/stamps", json=body, headers=staff)
    second = await client.post("/stamps", json=body, headers=staff)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert (first.json()["stamps"], first.json()["amount"]) == (1, {"minor": 850, "currency": "PEN"})
    phone = {"id": str(ids.new()), "phone": opened.member.phone}
    assert (await client.post("/stamps", json=phone, headers=staff)).json()["stamps"] == 2
    shown = await client.get(f"/customers/{opened.member.id}", headers=staff)
    assert (shown.json()["cards"][0]["stamps"], len(shown.json()["stamps"])) == (2, 2)
    assert shown.json()["stamps"][1] == first.json()


async def test_stamps_sent_many_times_at_once_are_all_answered(client: httpx2.AsyncClient, opened: Opened) -> None:
    staff = as_("staff", opened.tenant)
    stamp_ids = [str(ids.new()) for _ in range(6)]
    answers = await asyncio.gather(
        *(
            client.post("/stamps", json={"id": stamp_id, "card_id": str(opened.card.id)}, headers=staff)
            for _ in range(4)
            for stamp_id in stamp_ids
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 18 + [201] * 6
    by_id: dict[str, set[str]] = {}
    for answer in answers:
        by_id.setdefault(answer.json()["id"], set()).add(answer.text)
    assert set(by_id) == set(stamp_ids)
    assert all(len(texts) == 1 for texts in by_id.values())


async def test_a_stamp_too_soon_says_when(client: httpx2.AsyncClient, opened: Opened) -> None:
    owner = as_("owner", opened.tenant)
    await client.patch(f"/programs/{opened.program.id}", json={"stamp_gap_seconds": 600}, headers=owner)
    assert (
        await client.post("/stamps", json={"id": str(ids.new()), "card_id": str(opened.card.id)}, headers=owner)
    ).status_code == 201
    soon = await client.post("/stamps", json={"id": str(ids.new()), "card_id": str(opened.card.id)}, headers=owner)
    assert (soon.status_code, soon.json()["code"]) == (409, "loyalty.stamps.too-soon")
    assert 590 <= soon.json()["retry_after"] <= 600
    assert soon.headers["retry-after"] == str(soon.json()["retry_after"])


@pytest.mark.parametrize(
    "change",
    [
        {"id": "nonsense"},
        {"id": None},
        {"amount": {"minor": 1.5, "currency": "PEN"}},
        {"amount": {"minor": 2**80, "currency": "PEN"}},
        {"amount": {"minor": 1, "currency": "USD"}},
        {"device_sequence": 5},
        {"phone": "987654321"},
        {"card_id": None},
        {"device_id": "01890000-0000-7000-8000-000000000001", "device_sequence": 2**70},
    ],
)
async def test_a_stamp_that_cannot_be(client: httpx2.AsyncClient, opened: Opened, change: dict[str, Any]) -> None:
    staff = as_("staff", opened.tenant)
    body = {"id": str(ids.new()), "card_id": str(opened.card.id)} | change
    refused = await client.post("/stamps", json=body, headers=staff)
    assert refused.status_code == 422, refused.text
    listed = await client.get(f"/customers/{opened.member.id}/stamps", headers=staff)
    assert listed.json() == {"items": [], "next": None}


@pytest.mark.meets("L36")
async def test_customers_are_listed_and_found(client: httpx2.AsyncClient, opened: Opened, database: Database) -> None:
    async with transaction(database, opened.tenant) as tx:
        for name in ("Beatriz Soto", "Carla Rojas"):
            await cafe.member(tx, name=name)
    address, staff = f"/businesses/{opened.tenant}/customers", as_("staff", opened.tenant)
    first = (await client.get(address, params={"limit": 2}, headers=staff)).json()
    rest = (await client.get(address, params={"limit": 2, "after": first["next"]}, headers=staff)).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["Carla Rojas", "Beatriz Soto", "Ana Quispe"]
    assert rest["next"] is None
    found = (await client.get(address, params={"search": "soto"}, headers=staff)).json()
    assert [one["name"] for one in found["items"]] == ["Beatriz Soto"]
    assert (await client.get(address, params={"at_risk": True}, headers=staff)).json()["items"] == []
    for wrong in ({"limit": 201}, {"after": "x"}, {"program_id": "x"}, {"search": "x" * 101}):
        assert (await client.get(address, params=wrong, headers=staff)).status_code == 422


@pytest.mark.meets("L33", "L38", "L102")
async def test_the_dashboard_follows(client: httpx2.AsyncClient, opened: Opened, drain: Drain) -> None:
    staff = as_("staff", opened.tenant)
    for _ in range(4):
        await client.post("/stamps", json={"id": str(ids.new()), "card_id": str(opened.card.id)}, headers=staff)
    await drain()
    shown = (await client.get("/dashboard/metrics", headers=staff)).json()
    assert (shown["members"], shown["active"], shown["at_risk"], shown["visits"], shown["visits_today"]) == (
        1,
        1,
        0,
        4,
        4,
    )
    assert (shown["rewards_earned"], shown["rewards_open"], shown["retention_rate"]) == (1, 1, None)
    one = (await client.get("/dashboard/metrics", params={"program_id": str(opened.program.id)}, headers=staff)).json()
    assert one["visits"] == 4
