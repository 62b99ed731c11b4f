"""The thin way: a route on the hot list answers as it would have through the web framework."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from holdfast.kernel import http, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import Caller, thin
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars


@post("/api/probe/odd", grant="probe.fill")
async def odd(caller: Caller, data: jars.NewJar) -> Response[dict[str, str]]:
    """Choose status and headers."""
    return Response({"label": data.label}, status_code=202, headers={"Location": "/elsewhere"})


def twin(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The same function with the same rules at another address, the thin way."""
    (path,) = handler.paths
    decorate: Any = get if "GET" in handler.http_methods else post
    made: HTTPRouteHandler = decorate(path.replace("/probe", "/thin"), thin=True, **handler.opt)(handler.fn)
    return made


@pytest.fixture
async def client(
    database: Database, settings: Settings, table: None, tenant: UUID
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application that has the jars' routes both ways."""
    twins = [twin(handler) for handler in (jars.create, jars.jar, jars.put_coins, odd)]
    app = http.application(database, settings, routes=[*jars.ROUTES, odd, *twins], authenticate=jars.Doorkeeper())
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as found:
        found.headers["Authorization"] = f"Bearer {jars.token(tenant)}"
        yield found


VARYING = ("x-request-id", "etag", "ratelimit-remaining", "ratelimit-reset")


def shown(response: httpx2.Response) -> tuple[int, dict[str, str], Any]:
    """What must be the same both ways."""
    headers = {name: value for name, value in response.headers.items() if name not in VARYING}
    body = response.json() if response.content else None
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in ("id", "request_id", "instance")}
    return response.status_code, headers, body


async def test_both_ways_give_the_same_answers(client: httpx2.AsyncClient) -> None:
    requests: list[tuple[int, str, str, dict[str, Any]]] = [
        (201, "POST", "/jars", {"json": {"label": "Tips", "coins": 3}}),
        (422, "POST", "/jars", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        (422, "POST", "/jars", {"json": {"label": ""}}),
        (422, "POST", "/jars", {"json": {"label": "Tips", "coins": "3"}}),
        (415, "POST", "/jars", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
        (413, "POST", "/jars", {"content": b" " * 3_000_000, "headers": {"Content-Type": "application/json"}}),
        (401, "POST", "/jars", {"json": {"label": "Tips"}, "headers": {"Authorization": ""}}),
        (404, "GET", f"/jars/{ids.new()}", {}),
        (404, "GET", "/jars/nothing", {}),
        (202, "POST", "/odd", {"json": {"label": "Tips"}}),
        (202, "POST", "/odd", {"json": {"label": "é" * 90}, "headers": {"Accept-Encoding": "gzip"}}),
    ]
    for status, method, path, options in requests:
        usual = await client.request(method, f"/api/probe{path}", **options)
        fast = await client.request(method, f"/api/thin{path}", **options)
        assert (status, shown(usual)) == (fast.status_code, shown(fast)), f"{method} {path} {usual.text} {fast.text}"
    assert (await client.post("/api/thin/jars", content=b"")).status_code == 422, "no body is no JSON"


async def test_keys_and_validators_work_the_thin_way(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/api/thin/jars", json={"label": "Tips"})).json()
    address = f"/api/thin/jars/{made['id']}"
    key = {"Idempotency-Key": str(ids.new())}
    assert (await client.post(f"{address}/coins", json={"coins": 5})).status_code == 422, "it requires a key"
    first = await client.post(f"{address}/coins", json={"coins": 5}, headers=key)
    again = await client.post(f"{address}/coins", json={"coins": 5}, headers=key)
    other = await client.post(f"{address}/coins", json={"coins": 6}, headers=key)
    assert (first.status_code, again.json(), other.status_code) == (201, first.json(), 422)
    assert again.headers["idempotency-replayed"] == "true"
    full = await client.post(f"{address}/coins", json={"coins": 999}, headers={"Idempotency-Key": str(ids.new())})
    assert (full.status_code, full.json()["room"]) == (409, 995)
    read = await client.get(address)
    assert read.json()["coins"] == 5
    unchanged = await client.get(address, headers={"If-None-Match": read.headers["etag"]})
    assert unchanged.status_code == 304


def test_a_handler_that_takes_more_is_refused() -> None:
    with pytest.raises(thin.Unfit):
        thin.plan(jars.listing)
