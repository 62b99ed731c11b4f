"""The routes of signing in: what a stranger can learn, and every way to be signed in and out."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.people import persons
from holdfast.shared.sessions import codes, passwords
from tests import accounts, web
from tests.accounts import Account


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A visitor who is not signed in."""
    async with web.visitor(database, settings) as found:
        yield found


@pytest.fixture
async def account(database: Database) -> Account:
    """Somebody with an account."""
    return await accounts.new_account(database)


async def attempt(client: httpx2.AsyncClient, email: str, password: str) -> tuple[httpx2.Response, float]:
    """A sign-in, and how many seconds it took."""
    started = time.monotonic()
    answer = await client.post("/api/auth/login", json={"email": email, "password": password})
    return answer, time.monotonic() - started


@pytest.mark.meets("I57")
async def test_no_sign_in_tells_whether_an_account_exists(
    client: httpx2.AsyncClient, database: Database, account: Account
) -> None:
    """Unknown, wrong, blocked and imported accounts answer alike, byte by byte, and not before the same time."""
    imported = await accounts.new_account(database, password_hash=accounts.BCRYPT, verified=False)
    blocked = await accounts.new_account(database)
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, blocked.person, status=persons.Status.blocked)
    bodies = set()
    for email in (account.email, imported.email, blocked.email, "nobody@example.com", "no address at all"):
        answer, seconds = await attempt(client, email, "the wrong password")
        assert answer.status_code == 401
        body = answer.json()
        body.pop("request_id")
        bodies.add(str(body))
        assert seconds >= passwords.EVEN_SECONDS - 0.01
    assert len(bodies) == 1


async def test_the_time_of_a_sign_in_tells_nothing(
    client: httpx2.AsyncClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also without the even time, both ways do the same work: an unknown address is not answered much sooner."""
    monkeypatch.setattr(passwords, "EVEN_SECONDS", 0.0)
    known, unknown = [], []
    for _ in range(7):
        known.append((await attempt(client, account.email, "the wrong password"))[1])
        unknown.append((await attempt(client, "nobody@example.com", "the wrong password"))[1])
    # Without the work an unknown address would be answered in a few milliseconds; a busy machine blurs, not inverts.
    assert statistics.median(unknown) > statistics.median(known) / 3
    assert statistics.median(known) > statistics.median(unknown) / 3


async def test_registering_tells_nothing_either(client: httpx2.AsyncClient, account: Account) -> None:
    shapes = []
    for email in (account.email, f"p{ids.new().hex}@example.com"):
        wanted = {"email": email, "password": "cold brew at dawn", "name": "Eve"}
        started = time.monotonic()
        answer = await client.post("/api/auth/register", json=wanted)
        assert time.monotonic() - started >= passwords.EVEN_SECONDS - 0.01
        body = answer.json()
        assert len(body.pop("verification")) == 36
        headers = {name for name, _ in answer.headers.items()}
        shapes.append((answer.status_code, body, headers))
    assert shapes[0] == shapes[1]
    assert shapes[0][0] == 202


async def test_forgetting_tells_nothing_either(client: httpx2.AsyncClient, account: Account) -> None:
    answers = [
        await client.post("/api/auth/forgot-password", json={"email": email})
        for email in (account.email, "nobody@example.com", "no address at all")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}


@pytest.mark.meets("W48", "I133", "L94")
async def test_an_imported_account_is_verified_and_its_password_upgraded(
    client: httpx2.AsyncClient, database: Database
) -> None:
    imported = await accounts.new_account(database, password_hash=accounts.BCRYPT, verified=False)
    refused, _ = await attempt(client, imported.email, accounts.PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (403, "sessions.sessions.not-verified")
    async with transaction(database, ids.PLATFORM) as tx:
        code = await tx.one(codes.Code, "select * from session_code where email = $1", imported.email)
    proof = {"verification": refused.json()["verification"], "code": codes.number(code)}
    assert (await client.post("/api/auth/verify-email", json=proof)).status_code == 204
    for _ in range(2):
        await web.sign_in(client, imported)
        async with transaction(database, ids.PLATFORM) as tx:
            stored = await tx.one(
                str, "select password_hash from session_credential where person_id = $1", imported.person
            )
        assert stored.startswith("$argon2id$")


@pytest.mark.meets("I57")
async def test_the_blocked_are_told_so_only_with_their_password(
    client: httpx2.AsyncClient, database: Database, account: Account
) -> None:
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, account.person, status=persons.Status.blocked)
    answer, _ = await attempt(client, account.email, accounts.PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (403, "sessions.sessions.not-admitted")


@pytest.mark.meets("L90")
async def test_failed_sign_ins_are_limited_and_successes_are_not(
    database: Database, settings: Settings, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "EVEN_SECONDS", 0.0)
    async with web.visitor(database, settings, rate_limit_sign_ins=3) as client:
        for _ in range(4):
            assert (await attempt(client, account.email, accounts.PASSWORD))[0].status_code == 200
        statuses = [(await attempt(client, account.email, "the wrong password"))[0].status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        limited, _ = await attempt(client, account.email, accounts.PASSWORD)
        assert limited.status_code == 429
        assert int(limited.headers["retry-after"]) > 0


@pytest.mark.meets("W49", "T74")
async def test_a_browser_refreshes_with_its_cookie(client: httpx2.AsyncClient, account: Account) -> None:
    await web.sign_in(client, account, as_program=False)
    before = client.cookies["holdfast_session"]
    answer = await client.post("/api/auth/refresh")
    assert (answer.status_code, answer.json()["refresh_token"]) == (200, None)
    after = client.cookies["holdfast_session"]
    assert after != before
    assert (await client.get("/api/auth/me")).status_code == 200
    # A request of another tab that still carried the old cookie is told to sign in, and ends nothing.
    stale = {"Cookie": f"holdfast_session={before}"}
    client.cookies.clear()
    assert (await client.get("/api/auth/me", headers=stale)).status_code == 401
    assert (await client.get("/api/auth/me", headers={"Cookie": f"holdfast_session={after}"})).status_code == 200


@pytest.mark.meets("I59")
async def test_what_a_sign_in_is_answered_with(client: httpx2.AsyncClient, account: Account) -> None:
    answer = await web.sign_in(client, account)
    assert set(answer) == {
        "user",
        "tenant",
        "session",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
    }
    assert answer["user"]["email"] == account.email
    assert "password" not in str(answer)


@pytest.mark.meets("L9", "L10")
async def test_a_session_goes_on_at_another_process(
    client: httpx2.AsyncClient, database: Database, settings: Settings, account: Account
) -> None:
    """Two applications that share nothing but the database, as during a rolling update."""
    await web.sign_in(client, account, as_program=False)
    async with web.visitor(database, settings, log_level="warning") as elsewhere:
        elsewhere.cookies.update(client.cookies)
        assert (await elsewhere.get("/api/auth/me")).status_code == 200
        refreshed = await elsewhere.post("/api/auth/refresh")
        assert refreshed.status_code == 200
        client.headers["Authorization"] = f"Bearer {refreshed.json()['access_token']}"
        assert (await client.get("/api/auth/me")).status_code == 200
        elsewhere.headers["X-CSRF-Token"] = elsewhere.cookies["holdfast_csrf"]
        assert (await elsewhere.post("/api/auth/logout")).status_code == 204
        assert (await client.get("/api/auth/me")).status_code == 401


async def test_refreshes_at_once_give_one_answer_with_tokens(client: httpx2.AsyncClient, account: Account) -> None:
    token = (await web.sign_in(client, account))["refresh_token"]
    answers = await asyncio.gather(*(client.post("/api/auth/refresh", json={"refresh_token": token}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 409}


@pytest.mark.parametrize("body", [None, {"refresh_token": ""}, {"refresh_token": "x" * 70}])
async def test_what_is_no_refresh_token(client: httpx2.AsyncClient, body: dict[str, str] | None) -> None:
    answer = await client.post("/api/auth/refresh", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "sessions.sessions.session-over")


async def test_devices_are_listed_and_locked_out(
    client: httpx2.AsyncClient, database: Database, settings: Settings, account: Account
) -> None:
    mine = await web.sign_in(client, account)
    async with web.visitor(database, settings) as lost:
        theirs = await web.sign_in(lost, account, as_program=False)
        devices = (await client.get("/api/auth/sessions")).json()
        assert {device["id"]: device["current"] for device in devices} == {
            mine["session"]: True,
            theirs["session"]: False,
        }
        assert (await client.delete(f"/api/auth/sessions/{theirs['session']}")).status_code == 204
        assert (await client.delete(f"/api/auth/sessions/{theirs['session']}")).status_code == 404
        assert (await lost.get("/api/auth/me")).status_code == 401
    assert (await client.get("/api/auth/me")).status_code == 200


async def test_signing_out_clears_the_cookies(client: httpx2.AsyncClient, account: Account) -> None:
    await web.sign_in(client, account, as_program=False)
    session = client.cookies["holdfast_session"]
    assert (await client.post("/api/auth/logout")).status_code == 204
    assert "holdfast_session" not in client.cookies
    answer = await client.get("/api/auth/me", headers={"Cookie": f"holdfast_session={session}"})
    assert answer.status_code == 401


async def test_a_signed_out_session_is_forgotten_at_once_where_it_signed_out(
    database: Database, settings: Settings, account: Account
) -> None:
    async with web.visitor(database, settings, token_memory_seconds=60) as client:
        await web.sign_in(client, account)
        assert (await client.get("/api/auth/me")).status_code == 200
        assert (await client.post("/api/auth/logout")).status_code == 204
        assert (await client.get("/api/auth/me")).status_code == 401


async def test_a_program_with_a_key(client: httpx2.AsyncClient, database: Database, account: Account) -> None:
    """A key reads what its scopes allow, and touches nothing of the account."""
    async with web.visitor(database, database.settings) as owner:
        await web.sign_in(owner, account)
        opened = await owner.post(
            "/api/tenants", json={"name": "Aurora", "currency": "PEN", "timezone": "America/Lima", "country": "PE"}
        )
        tenant = opened.json()["id"]
        owner.headers["Holdfast-Tenant"] = tenant
        made = await owner.post("/api/auth/api-keys", json={"name": "Till", "scopes": ["tenants.read"]})
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store"), made.text
        key = made.json()
        assert "secret" not in str((await owner.get("/api/auth/api-keys")).json())

        client.headers["X-API-Key"] = key["secret"]
        assert (await client.get(f"/api/tenants/{tenant}")).json()["name"] == "Aurora"
        assert (await client.get("/api/auth/me")).json()["grants"] == ["tenants.read"]
        refused = [
            await client.patch(f"/api/tenants/{tenant}", json={"name": "Mine"}),
            await client.put("/api/auth/profile", json={"name": "Mine"}),
            await client.put(
                "/api/auth/change-password",
                json={"current_password": accounts.PASSWORD, "new_password": "cold brew at dawn"},
            ),
            await client.get("/api/auth/sessions"),
            await client.post("/api/auth/logout-all"),
            await client.post("/api/auth/logout"),
            await client.post("/api/auth/switch", json={"tenant": tenant}),
            await client.post("/api/auth/api-keys", json={"name": "More", "scopes": ["tenants.read"]}),
            await client.post(
                "/api/tenants", json={"name": "B", "currency": "PEN", "timezone": "America/Lima", "country": "PE"}
            ),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused)

        assert (await owner.delete(f"/api/auth/api-keys/{key['key']['id']}")).status_code == 204
        assert (await client.get(f"/api/tenants/{tenant}")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/auth/me"),
        ("PUT", "/api/auth/profile"),
        ("PUT", "/api/auth/change-password"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", f"/api/auth/sessions/{ids.new()}"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/logout-all"),
        ("POST", "/api/auth/switch"),
        ("GET", "/api/auth/api-keys"),
        ("POST", "/api/auth/api-keys"),
        ("DELETE", f"/api/auth/api-keys/{ids.new()}"),
        ("GET", "/api/tenants"),
        ("POST", "/api/tenants"),
        ("DELETE", f"/api/people/members/{ids.new()}"),
    ],
)
@pytest.mark.meets("I129", "P54")
async def test_nobody_gets_nothing(client: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path, json={})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/login", {}),
        ("/api/auth/login", {"email": "a@b.example", "password": 7}),
        ("/api/auth/login", {"email": "a@b.example", "password": "x", "client": "toaster"}),
        ("/api/auth/register", {"email": "nobody", "password": "cold brew at dawn", "name": "Ana"}),
        ("/api/auth/register", {"email": "a@b.example", "password": "short", "name": "Ana"}),
        ("/api/auth/register", {"email": "a@b.example", "password": "cold brew at dawn", "name": "\x00"}),
        ("/api/auth/verify-email", {"verification": "x", "code": "123456"}),
        ("/api/auth/verify-email", {"verification": str(ids.new()), "code": "\x00"}),
        ("/api/auth/verification-code", {"verification": 1}),
        ("/api/auth/accept-invitation", {"token": "nonsense"}),
        ("/api/auth/reset-password/nonsense", {"password": "cold brew at dawn"}),
    ],
)
async def test_a_malformed_request_is_a_problem_of_the_client(
    client: httpx2.AsyncClient, path: str, body: dict[str, object]
) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_an_address_with_a_nul_is_an_address_without_an_account(client: httpx2.AsyncClient) -> None:
    answer, _ = await attempt(client, "a\x00@example.com", "the wrong password")
    assert answer.status_code in (401, 422)


async def test_no_mailbox_in_production(database: Database, settings: Settings) -> None:
    async with web.visitor(database, settings, environment="production") as client:
        answer = await client.get("/api/sandbox/mail", params={"to": "ana@example.com"})
    assert answer.status_code == 404
