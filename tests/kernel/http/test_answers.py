"""What every answer carries: security headers, validators, compression; and the pages of lists."""

import gzip
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids, pages
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid
from tests.kernel.http.conftest import OpenClient
from tests.kernel.http.test_problems import problem


@pytest.mark.meets("I126", "I132", "L95")
async def test_security_headers_are_on_every_answer(opened: OpenClient) -> None:
    async with opened(public_url="https://holdfast.example") as client:
        for path in ("/api/probe/hello", "/api/nothing", "/api/probe/broken", "/health/live", "/api/probe/me"):
            headers = (await client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["strict-transport-security"].startswith("max-age=31536000")
            assert "permissions-policy" in headers
            assert "server" not in headers
            assert "x-powered-by" not in headers


async def test_no_hsts_without_tls(nobody: httpx2.AsyncClient) -> None:
    assert "strict-transport-security" not in (await nobody.get("/api/probe/hello")).headers


@pytest.mark.meets("I145")
async def test_large_answers_are_compressed_for_who_takes_it(nobody: httpx2.AsyncClient) -> None:
    async def fetch(size: int, accepted: str) -> tuple[httpx2.Response, bytes]:
        request = nobody.build_request("GET", f"/api/probe/hello?size={size}", headers={"Accept-Encoding": accepted})
        answer = await nobody.send(request, stream=True)
        return answer, b"".join([part async for part in answer.aiter_raw()])

    answer, raw = await fetch(50_000, "br, gzip;q=0.8")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) == int(answer.headers["content-length"]) < 1000
    assert len(gzip.decompress(raw)) > 50_000
    assert "Accept-Encoding" in answer.headers["vary"]
    for size, accepted in ((50_000, "identity"), (50_000, "gzip;q=0"), (50_000, ""), (10, "gzip")):
        answer, raw = await fetch(size, accepted)
        assert "content-encoding" not in answer.headers
        assert len(raw) == int(answer.headers["content-length"])


async def test_a_read_is_revalidated_instead_of_sent_again(client: httpx2.AsyncClient) -> None:
    jar = (await client.post("/api/probe/jars", json={"label": "a"})).json()["id"]
    path = f"/api/probe/jars/{jar}"
    first = await client.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await client.post(f"{path}/coins", json={"coins": 1}, headers={"Idempotency-Key": "k"})
    changed = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    assert (await client.get("/api/nothing")).headers["cache-control"] == "no-store"


@pytest.mark.meets("P47", "I146")
async def test_a_list_comes_in_pages_by_key(client: httpx2.AsyncClient) -> None:
    made = [(await client.post("/api/probe/jars", json={"label": str(n)})).json()["id"] for n in range(7)]
    seen: list[str] = []
    query = "limit=3"
    for late in range(3):
        page = (await client.get(f"/api/probe/jars?{query}")).json()
        seen += [jar["id"] for jar in page["items"]]
        # A row that is added meanwhile neither hides nor repeats another.
        if late < 2:
            await client.post("/api/probe/jars", json={"label": "late"})
        query = f"limit=3&after={page['next']}"
    assert page["next"] is None
    assert seen[:7] == made
    assert len(set(seen)) == len(seen) == 9
    for bad in ("limit=0", "limit=201", "limit=x", "after=rubbish", "after=%00", "after=IjUi", f"after={'W' * 2000}"):
        problem(await client.get(f"/api/probe/jars?{bad}"), 422)


def test_cursors_are_opaque_and_typed() -> None:
    key = (datetime(2026, 11, 20, 12, tzinfo=UTC), ids.new())
    page = Page(after=pages.cursor(key))
    assert page.after_moment() == key
    assert Page().after_moment() == (None, None)
    assert Page().after_id() is None
    with pytest.raises(Invalid):
        page.position(UUID)
    with pytest.raises(Invalid):
        Page(after="[" * 500).after_id()
    rows = [1, 2, 3]
    assert pages.listing(Page(limit=2), rows, key=lambda row: row).items == [1, 2]
    assert Page(limit=2, after=pages.listing(Page(limit=2), rows, key=lambda row: row).next).position(int) == 2
    assert pages.listing(Page(limit=3), rows, key=lambda row: row).next is None
    assert Page(limit=200).fetch == 201
