"""Who may use a route: grants, signed-in callers, remembered identities, cookie sessions and other origins."""

from datetime import timedelta
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.kernel import clock, http, ids
from holdfast.kernel.http import Credentials, Identity, Remembered, csrf
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor
from tests.kernel.http import jars
from tests.kernel.http.conftest import OpenClient
from tests.kernel.http.test_problems import problem


def bearer(token: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_a_route_opens_to_its_grant_alone(nobody: httpx2.AsyncClient, tenant: UUID) -> None:
    path = "/api/probe/jars"
    answer = await nobody.get(path)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(await nobody.get(path, headers=bearer("rubbish")), 401)
    assert problem(await nobody.get(path, headers=bearer(jars.token(tenant, "other"))), 403)["detail"] == (
        "It takes the grant probe.read."
    )
    for grant in ("probe.read", "probe.read@own", "probe.read@site"):
        assert (await nobody.get(path, headers=bearer(jars.token(tenant, grant)))).status_code == 200
    # A scoped grant opens the route; the command still asks for the whole.
    jar = (await nobody.post(path, json={"label": "a"}, headers=bearer(jars.token(tenant)))).json()
    answer = await nobody.post(
        f"{path}/{jar['id']}/coins",
        json={"coins": 1},
        headers={**bearer(jars.token(tenant, "probe.fill@own")), "Idempotency-Key": "k"},
    )
    problem(answer, 403)


async def test_signed_in_and_public_routes(nobody: httpx2.AsyncClient, tenant: UUID) -> None:
    problem(await nobody.get("/api/probe/me"), 401)
    assert (await nobody.get("/api/probe/me", headers=bearer(jars.token(tenant, "x")))).json()["kind"] == "person"
    assert (await nobody.get("/api/probe/me", headers={"X-API-Key": jars.token(tenant)})).json()["kind"] == "api_key"
    assert (await nobody.get("/api/probe/hello")).json()["hello"] == "nobody"
    assert (await nobody.get("/api/probe/hello", headers=bearer(jars.token(tenant)))).json()["hello"] == "person"
    # A stale token must not keep anybody from signing in again.
    assert (await nobody.get("/api/probe/hello", headers=bearer("stale"))).json()["hello"] == "nobody"


async def test_a_route_that_declares_nothing_opens_to_nobody(nobody: httpx2.AsyncClient, tenant: UUID) -> None:
    problem(await nobody.get("/api/probe/undeclared"), 401)
    problem(await nobody.get("/api/probe/undeclared", headers=bearer(jars.token(tenant))), 403)


async def test_the_tenant_is_the_headers_or_the_credentials(
    nobody: httpx2.AsyncClient, tenant: UUID, other_tenant: UUID
) -> None:
    headers = bearer(jars.token(tenant))
    assert (await nobody.get("/api/probe/me", headers=headers)).json()["tenant"] == str(tenant)
    headers["Holdfast-Tenant"] = str(other_tenant)
    assert (await nobody.get("/api/probe/me", headers=headers)).json()["tenant"] == str(other_tenant)
    for bad in ("7", "%00", f"{other_tenant}x", "é"):
        raw = [(b"authorization", headers["Authorization"].encode()), (b"holdfast-tenant", bad.encode("latin-1"))]
        problem(await nobody.get("/api/probe/me", headers=raw), 422)


async def test_an_identity_is_verified_once_and_forgotten_at_sign_out(opened: OpenClient, tenant: UUID) -> None:
    doorkeeper = jars.Doorkeeper()
    async with opened(doorkeeper, token_memory_seconds=30) as client:
        mine, other = bearer(jars.token(tenant)), bearer(jars.token(tenant))
        for _ in range(3):
            await client.get("/api/probe/me", headers=mine)
            await client.get("/api/probe/me", headers=other)
        assert doorkeeper.asked == 2
        await client.get("/api/probe/me", headers={**mine, "Holdfast-Tenant": str(tenant)})
        assert doorkeeper.asked == 3
        await client.post("/api/probe/sign-out", headers=mine)
        await client.get("/api/probe/me", headers=mine)
        await client.get("/api/probe/me", headers=other)
        assert doorkeeper.asked == 4


async def test_bad_credentials_are_never_remembered(opened: OpenClient) -> None:
    doorkeeper = jars.Doorkeeper()
    async with opened(doorkeeper, token_memory_seconds=30) as client:
        for _ in range(3):
            problem(await client.get("/api/probe/me", headers=bearer("bad")), 401)
        assert doorkeeper.asked == 3


def test_what_is_remembered_is_bounded_in_time_and_number() -> None:
    def identity(**changes: object) -> Identity:
        actor = Actor(kind="person", id=ids.new(), person=ids.new(), session=ids.new())
        return msgspec.structs.replace(Identity(tenant=ids.new(), actor=actor), **changes)

    remembered = Remembered(30, size=3)
    for number in range(5):
        remembered.put(bytes([number]), identity())
    assert len(remembered) == 3
    assert remembered.get(bytes([0])) is None
    assert remembered.get(bytes([4])) is not None
    expired = identity(until=clock.now() - timedelta(seconds=1))
    remembered.put(b"expired", expired)
    assert remembered.get(b"expired") is None
    one = identity()
    remembered.put(b"one", one)
    remembered.forget(session=one.actor.session)
    assert remembered.get(b"one") is None
    digests = {
        Remembered.digest(credentials)
        for credentials in (
            Credentials(bearer="a"),
            Credentials(cookie="a"),
            Credentials(api_key="a"),
            Credentials(bearer="a", tenant=ids.PLATFORM),
        )
    }
    assert len(digests) == 4


@pytest.mark.meets("W60", "I127")
async def test_a_cookie_session_changes_nothing_without_its_token(
    nobody: httpx2.AsyncClient, tenant: UUID, settings: Settings
) -> None:
    session = jars.token(tenant)
    headers = {"Cookie": f"other=1; holdfast_session={session}"}
    token = csrf.token(settings, session)
    body = {"label": "a"}
    assert (await nobody.get("/api/probe/jars", headers=headers)).status_code == 200
    for extra in ({}, {"X-CSRF-Token": "guess"}, {"X-CSRF-Token": csrf.token(settings, "another session")}):
        refused = await nobody.post("/api/probe/jars", json=body, headers={**headers, **extra})
        assert problem(refused, 403)["code"] == "http.errors.cross-site"
    proven = {**headers, "X-CSRF-Token": token}
    for elsewhere in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        problem(await nobody.post("/api/probe/jars", json=body, headers={**proven, **elsewhere}), 403)
    assert (await nobody.get("/api/probe/jars", headers=headers)).json()["items"] == []
    for here in ({}, {"Origin": "http://holdfast.test"}, {"Sec-Fetch-Site": "same-origin"}):
        answer = await nobody.post("/api/probe/jars", json=body, headers={**proven, **here})
        assert answer.status_code == 201
    # A bearer token is not sent by browsers of their own accord, so it needs no proof.
    answer = await nobody.post("/api/probe/jars", json=body, headers=bearer(session))
    assert answer.status_code == 201


async def test_another_site_cannot_sign_a_browser_in(nobody: httpx2.AsyncClient) -> None:
    good = {"password": "open sesame"}
    problem(await nobody.post("/api/probe/sign-in", json=good, headers={"Origin": "https://evil.example"}), 403)
    assert (await nobody.post("/api/probe/sign-in", json=good)).status_code == 200


@pytest.mark.meets("W49")
def test_session_cookies_are_out_of_reach_of_scripts_and_plain_http(settings: Settings) -> None:
    secure = msgspec.structs.replace(settings, public_url="https://holdfast.example")
    session, token = http.session_cookies(secure, "value", max_age_seconds=60)
    header = session.to_header(header="")
    assert header.startswith("__Host-holdfast_session=value")
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=60"):
        assert attribute in header
    assert "Domain" not in header
    assert "HttpOnly" not in token.to_header(header="")
    assert all(cookie.max_age == 0 for cookie in http.cleared_cookies(secure))


@pytest.mark.meets("W52", "I131", "P58")
async def test_other_origins_are_allowed_by_name(opened: OpenClient, tenant: UUID) -> None:
    friend, stranger = "https://shop.example", "https://shop.example.evil.test"
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with opened(allowed_origins=[friend]) as client:
        preflight = await client.options("/api/probe/jars", headers={"Origin": friend, **asks})
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == friend
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]
        answer = await client.get("/api/probe/hello", headers={"Origin": friend})
        assert answer.headers["access-control-allow-origin"] == friend
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Origin" in answer.headers["vary"]
        # Problems must be readable over there as well.
        assert "access-control-allow-origin" in (await client.get("/api/no", headers={"Origin": friend})).headers
        for origin in (stranger, "null"):
            preflight = await client.options("/api/probe/jars", headers={"Origin": origin, **asks})
            answer = await client.get("/api/probe/hello", headers={"Origin": origin})
            for found in (preflight, answer):
                assert "access-control-allow-origin" not in found.headers
            assert "access-control-allow-methods" not in preflight.headers
