"""Whatever a client sends, and whatever goes wrong, the answer is a problem that says what to do."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids
from tests.kernel.http import jars
from tests.kernel.http.conftest import OpenClient


def problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The problem of an answer, after checking what every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"] == f"/docs/problems#{body['code']}"
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.meets("T11")
async def test_a_rule_that_was_kept_is_409_with_its_own_members(client: httpx2.AsyncClient) -> None:
    jar = (await client.post("/api/probe/jars", json={"label": "a", "coins": 990})).json()
    answer = await client.post(
        f"/api/probe/jars/{jar['id']}/coins", json={"coins": 20}, headers={"Idempotency-Key": "k"}
    )
    found = problem(answer, 409)
    assert found["title"] == "The jar is full."
    assert found["detail"] == "It holds 990."
    assert found["room"] == 10
    assert (await client.get(f"/api/probe/jars/{jar['id']}")).json()["coins"] == 990


@pytest.mark.meets("W58", "P40", "P57", "I135", "L88")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "label"),
        ({"label": ""}, "label"),
        ({"label": "x" * 101}, "label"),
        ({"label": 5}, "label"),
        ({"label": "a", "coins": "5"}, "coins"),
        ({"label": "a", "coins": 1.5}, "coins"),
        ({"label": "a", "coins": None}, "coins"),
        ({"label": "a", "opened_at": "yesterday"}, "opened_at"),
        ({"label": "a", "opened_at": "2026-02-30T00:00:00Z"}, "opened_at"),
        ({"label": "a", "twin_id": "7"}, "twin_id"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
async def test_a_body_of_the_wrong_shape_names_the_field(client: httpx2.AsyncClient, body: Any, field: str) -> None:
    found = problem(await client.post("/api/probe/jars", json=body), 422)
    errors = [error["field"] for error in found["errors"]]
    # msgspec names the missing member in the message, and the object that misses it in the path.
    assert field in errors


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'{"label": "a"',
        b'{"label": "\xff\xfe"}',
        b'{"label": "a", "coins": NaN}',
        b'{"label": "a", "coins": Infinity}',
        b'{"label": "\\ud800"}',
        b"[" * 100_000,
        b'{"label":' * 50_000,
        b'{"label": "a", "coins": 99999999999999999999}',
        b'{"label": "a", "coins": -9223372036854775809}',
        b'{"label": "a", "coins": 1e400}',
        b'{"label": "a\\u0000b"}',
        b'{"label": "a", "opened_at": "0001-01-01T00:00:00+14:00"}',
        b'{"label": "a", "opened_at": "9999-12-31T23:59:59-14:00"}',
        b'{"label": "a", "opened_at": "99999-01-01T00:00:00Z"}',
        b'{"label": "a", "twin_id": "00000000-0000-0000-0000-00000000000g"}',
    ],
)
@pytest.mark.meets("I134", "I135")
async def test_a_malformed_body_is_422_never_500(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/probe/jars", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422)


@pytest.mark.parametrize(
    "query",
    [
        "coins=99999999999999999999",
        "coins=NaN",
        "coins=1.5",
        "coins=",
        "label=a%00b",
        "opened_after=0001-01-01T00:00:00%2B14:00",
        "opened_after=2026-13-01T00:00:00Z",
        "opened_after=2026-12-01T00:00:00",
        "opened_after=2026-12-01",
        "opened_after=-1",
        "opened_after=1.2",
    ],
)
async def test_a_malformed_query_is_422_never_500(client: httpx2.AsyncClient, query: str) -> None:
    problem(await client.get(f"/api/probe/search?{query}"), 422)


@pytest.mark.meets("W59", "I134")
@pytest.mark.parametrize("label", ["'; drop table probe_jar; --", "\\", "%", "😀", "a" * 5000, "‮", "%FF"])
async def test_text_is_only_ever_text(client: httpx2.AsyncClient, label: str) -> None:
    assert (await client.get("/api/probe/search", params={"label": label})).json() == []
    assert (await client.get("/api/probe/jars")).status_code == 200


async def test_raw_bytes_in_a_query_are_only_text(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/probe/search?label=%ff%fe")
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize("jar_id", ["7", "x", "%00", "a" * 3000, "..", "%F0%28%8C%28", f"{ids.new()}x"])
async def test_a_bad_id_in_a_path_is_no_address(client: httpx2.AsyncClient, jar_id: str) -> None:
    answer = await client.get(f"/api/probe/jars/{jar_id}")
    assert answer.status_code in (404, 422), answer.text
    problem(answer, answer.status_code)


async def test_what_is_not_yours_is_404(client: httpx2.AsyncClient, opened: OpenClient, other_tenant: UUID) -> None:
    jar = (await client.post("/api/probe/jars", json={"label": "a"})).json()
    async with opened() as other:
        other.headers["Authorization"] = f"Bearer {jars.token(other_tenant)}"
        problem(await other.get(f"/api/probe/jars/{jar['id']}"), 404)
        assert (await other.get("/api/probe/jars")).json() == {"items": [], "next": None}


async def test_unknown_addresses_and_methods(client: httpx2.AsyncClient) -> None:
    problem(await client.get("/api/nothing"), 404)
    answer = await client.request("PUT", "/api/probe/jars")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST, OPTIONS"
    problem(await client.request("BREW", "/api/probe/jars"), 405)
    problem(await client.get("/api/probe/search?label=" + "x" * 9000), 414)


async def test_other_media_types_are_refused(client: httpx2.AsyncClient) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await client.post("/api/probe/jars", content=b'{"label":"a"}', headers={"Content-Type": media_type})
        problem(answer, 415)


@pytest.mark.parametrize(
    ("state", "status"), [("slow", 503), ("40001", 503), ("40P01", 503), ("57P01", 503), ("53300", 503), ("25006", 503)]
)
async def test_a_busy_database_is_503_with_retry_after(nobody: httpx2.AsyncClient, state: str, status: int) -> None:
    answer = await nobody.get(f"/api/probe/database/{state}")
    problem(answer, status)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.meets("T10")
async def test_the_unexpected_tells_nothing(nobody: httpx2.AsyncClient) -> None:
    for path in ("/api/probe/broken", "/api/probe/database/XX000"):
        answer = await nobody.get(path)
        found = problem(answer, 500)
        assert "Ana" not in answer.text
        assert "Zero" not in answer.text
        assert "detail" not in found


async def test_a_commit_that_fails_is_told_and_stores_nothing(client: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Idempotency-Key": "commit-1"}):
        answer = await client.post("/api/probe/jars", json={"label": "a", "twin_id": str(ids.new())}, headers=headers)
        problem(answer, 404)
    assert (await client.get("/api/probe/jars")).json()["items"] == []
    # The key was not spent: the corrected request goes through with it.
    answer = await client.post("/api/probe/jars", json={"label": "a"}, headers={"Idempotency-Key": "commit-1"})
    assert answer.status_code == 201


async def test_the_request_id_is_the_clients_or_new(nobody: httpx2.AsyncClient) -> None:
    given = await nobody.get("/api/probe/hello", headers={"X-Request-Id": "client-chosen-1"})
    assert given.headers["x-request-id"] == "client-chosen-1"
    for bad in ("short", "x" * 200, "with space in it"):
        answer = await nobody.get("/api/probe/hello", headers={"X-Request-Id": bad})
        assert UUID(answer.headers["x-request-id"]).version == 7


@pytest.mark.meets("L41")
async def test_version_one_is_the_same_address(client: httpx2.AsyncClient) -> None:
    jar = (await client.post("/api/v1/probe/jars", json={"label": "a"})).json()
    first = await client.get(f"/api/v1/probe/jars/{jar['id']}")
    second = await client.get(f"/api/probe/jars/{jar['id']}")
    assert first.status_code == 200
    assert first.json() == second.json()
    problem(await client.get("/api/v2/probe/jars"), 404)
    problem(await client.get("/api/v1nothing"), 404)
