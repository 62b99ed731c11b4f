"""Live over HTTP: two real api processes, and an independent reader of server-sent events as their client."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.kernel import ids, subscriptions, topics
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.events import Cursor
from holdfast.kernel.http.live import COOKIE, PATH
from holdfast.kernel.settings import Settings
from tests.conftest import ROOT
from tests.kernel.listening import SECONDS, emit, relay, until

ROOM = "/shouting/shouts"


class Process:
    """An api process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS)

    async def metric(self, name: str) -> float:
        """The value of a metric, as an operator sees it."""
        lines = (await self.client.get("/metrics")).text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)

    async def reaches(self, name: str, value: float) -> None:
        """Wait until a metric has a value."""
        async with asyncio.timeout(SECONDS):
            while await self.metric(name) != value:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(where: Addresses, settings: Settings, **changes: Any) -> AsyncIterator[Process]:
    """A process that serves."""
    own = msgspec.structs.replace(settings, port=0, **changes)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kernel.http.live_server",
        msgspec.json.encode(where).decode(),
        msgspec.json.encode(own).decode(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), SECONDS))
        found = Process(process, port)
        async with found.client:
            yield found
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        # The transport closes its pipes on the next turns of the loop.
        process._transport.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
async def servers(where: Addresses, settings: Settings) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes on one database."""
    async with serving(where, settings) as one, serving(where, settings) as other:
        yield one, other


class Listener:
    """A client of a stream, by ``httpx2.EventSource``: nothing of ours takes part in reading."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.events: list[httpx2.ServerSentEvent] = []
        self.broken: Exception | None = None
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for event in httpx2.EventSource(self.response):
                if event.data:
                    self.events.append(event)
        except httpx2.TransportError as error:
            self.broken = error

    @property
    def numbers(self) -> list[int]:
        """The numbers that were shouted."""
        return [message["body"]["number"] for message in self.messages]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the updates say."""
        return [msgspec.json.decode(event.data) for event in self.events]

    async def got(self, count: int) -> None:
        """Wait for so many updates."""
        await until(lambda: len(self.events) >= count)


@asynccontextmanager
async def listening(server: Process, tenant: UUID, *wanted: str, **options: Any) -> AsyncIterator[Listener]:
    """A stream over a connection of its own."""
    params = {"topic": [topics.of_tenant(tenant, text) for text in wanted or (ROOM,)], **options.pop("params", {})}
    options.setdefault("headers", {}).setdefault("Authorization", f"Bearer {tenant}:shouting.read")
    async with (
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=None) as client,
        client.stream("GET", PATH, params=params, **options) as response,
    ):
        assert response.status_code == 200, await response.aread()
        listener = Listener(response)
        try:
            yield listener
        finally:
            listener.task.cancel()
            await asyncio.gather(listener.task, return_exceptions=True)


@pytest.mark.meets("T81")
async def test_two_processes_serve_each_others_clients(
    database: Database, tenant: UUID, servers: tuple[Process, Process]
) -> None:
    one, other = servers
    async with listening(one, tenant) as left, listening(other, tenant, f"{ROOM}/{{id}}") as right:
        for number in range(20):
            await emit(database, tenant, number)
            await relay(database)
        await left.got(20)
        await right.got(20)
        assert left.numbers == right.numbers == list(range(20))
        assert [event.id for event in left.events] == [event.id for event in right.events]
        assert {event.event for event in left.events} == {"message"}
        assert set(left.messages[0]) == {"kind", "subject", "tenant", "at", "body"}


async def test_a_killed_process_loses_nothing(
    database: Database, tenant: UUID, where: Addresses, settings: Settings, servers: tuple[Process, Process]
) -> None:
    """The client of a process that dies goes to another with its last id."""
    async with serving(where, settings) as doomed, listening(doomed, tenant) as before:
        await emit(database, tenant, 1, 2)
        await relay(database)
        await before.got(2)
        doomed.process.kill()
        await asyncio.wait_for(before.task, SECONDS)
    assert before.broken is not None
    await emit(database, tenant, 3)
    await relay(database)
    last = before.events[-1].id
    async with listening(servers[0], tenant, headers={"Last-Event-ID": last}) as after:
        assert after.response.headers["last-event-id"] == last
        await emit(database, tenant, 4)
        await relay(database)
        await after.got(2)
        assert after.numbers == [3, 4]


async def test_a_stopping_process_sends_its_clients_elsewhere(
    tenant: UUID, where: Addresses, settings: Settings
) -> None:
    async with serving(where, settings) as stopping, listening(stopping, tenant) as listener:
        stopping.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(listener.task, SECONDS)
        # The stream ended as a complete answer, so the browser reconnects quietly.
        assert listener.broken is None
        await asyncio.wait_for(stopping.process.wait(), 15)


@pytest.mark.parametrize("name", ["Last-Event-ID", "lastEventID"])
async def test_the_last_id_may_be_a_parameter(
    database: Database, tenant: UUID, servers: tuple[Process, Process], name: str
) -> None:
    last = str(await relay(database))
    await emit(database, tenant, 1)
    await relay(database)
    async with listening(servers[1], tenant, params={name: last}) as listener:
        await listener.got(1)
        assert listener.response.headers["last-event-id"] == last


async def test_a_page_hands_out_its_cursor(database: Database, tenant: UUID, servers: tuple[Process, Process]) -> None:
    await emit(database, tenant, 1)
    cursor = await relay(database)
    signed_in = {"Authorization": f"Bearer {tenant}:shouting.read"}
    async with asyncio.timeout(SECONDS):
        while True:
            page = await servers[0].client.get("/api/page", headers=signed_in)
            last = page.links["mercure"]["last-event-id"]
            if (Cursor.parse(last) or Cursor()) >= cursor:
                break
    assert page.json() == 1
    assert page.links["mercure"]["url"] == PATH
    await emit(database, tenant, 2)
    await relay(database)
    async with listening(servers[1], tenant, params={"lastEventID": last}) as listener:
        await listener.got(1)
        assert listener.numbers == [2]


async def test_the_stream_is_never_compressed_or_stored(tenant: UUID, servers: tuple[Process, Process]) -> None:
    async with listening(servers[0], tenant, headers={"Accept-Encoding": "gzip"}) as listener:
        headers = listener.response.headers
        assert headers["content-type"] == "text/event-stream"
        assert "content-encoding" not in headers
        assert "no-store" in headers["cache-control"]
        assert headers["x-accel-buffering"] == "no"
        assert Cursor.parse(headers["last-event-id"]) is not None


@pytest.mark.parametrize("place", ["header", "parameter", "cookie"])
async def test_a_token_may_be_shown_in_three_places(
    database: Database, tenant: UUID, servers: tuple[Process, Process], place: str
) -> None:
    shout = ids.new()
    token = subscriptions.subscriber_token(tenant, [f"{ROOM}/{shout}"])
    shown: dict[str, Any] = {
        "header": {"headers": {"Authorization": f"Bearer {token}"}},
        "parameter": {"params": {"authorization": token}, "headers": {"Authorization": ""}},
        "cookie": {"headers": {"Cookie": f"{COOKIE}={token}", "Authorization": ""}},
    }[place]
    async with listening(servers[0], tenant, **shown) as listener:
        await emit(database, tenant, 1)
        await emit(database, tenant, 2, shout=shout)
        await relay(database)
        await listener.got(1)
        # The room was asked for, and of it only the token's own subject may be heard.
        assert listener.numbers == [2]


async def refused(server: Process, tenant: UUID, bearer: str | None, *wanted: str, **params: str) -> tuple[int, str]:
    """The status and code with which a subscription is refused."""
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    query = {"topic": [topics.of_tenant(tenant, text) for text in wanted], **params}
    answer = await server.client.get(PATH, params=query, headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_private_topics_refuse_others(tenant: UUID, other_tenant: UUID, servers: tuple[Process, Process]) -> None:
    server = servers[0]
    assert await refused(server, tenant, None, ROOM) == (401, "problems.not-signed-in")
    assert await refused(server, tenant, f"{other_tenant}:shouting.read", ROOM) == (404, "problems.not-found")
    assert await refused(server, tenant, f"{tenant}:loyalty.read", ROOM) == (403, "problems.not-allowed")
    token = subscriptions.subscriber_token(tenant, [f"{ROOM}/{ids.new()}"])
    assert await refused(server, tenant, token, f"{ROOM}/{ids.new()}") == (403, "problems.not-allowed")
    assert await refused(server, other_tenant, token, ROOM) == (403, "problems.not-allowed")
    expired = subscriptions.subscriber_token(tenant, [ROOM], seconds=-1)
    assert await refused(server, tenant, expired, ROOM) == (401, "problems.not-signed-in")
    assert await refused(server, tenant, None, ROOM, authorization=expired) == (401, "problems.not-signed-in")
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    assert await refused(server, tenant, forged, ROOM) == (401, "problems.not-signed-in")


async def test_topics_are_asked_for_properly(tenant: UUID, servers: tuple[Process, Process]) -> None:
    bearer = f"{tenant}:shouting.read"
    unusable = (400, "subscriptions.unusable-topics")
    assert await refused(servers[0], tenant, bearer) == unusable
    assert await refused(servers[0], tenant, bearer, *(f"/{number}" for number in range(51))) == unusable
    assert await refused(servers[0], tenant, bearer, "/a\x00") == unusable
    assert await refused(servers[0], tenant, bearer, "/" + "a" * 600) == unusable


async def test_nothing_is_published_by_post(tenant: UUID, servers: tuple[Process, Process]) -> None:
    answer = await servers[0].client.post(PATH, data={"topic": "/a", "data": "b"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.meets("W97")
async def test_the_gauge_follows_who_comes_and_goes(tenant: UUID, servers: tuple[Process, Process]) -> None:
    server = servers[0]
    await server.reaches("live_connections", 0)
    async with listening(server, tenant), listening(server, tenant):
        await server.reaches("live_connections", 2)
    await server.reaches("live_connections", 0)


async def test_a_token_that_expires_ends_its_stream(tenant: UUID, servers: tuple[Process, Process]) -> None:
    token = subscriptions.subscriber_token(tenant, [ROOM], seconds=2)
    async with listening(servers[0], tenant, headers={"Authorization": f"Bearer {token}"}) as listener:
        await asyncio.wait_for(listener.task, SECONDS)
        assert listener.broken is None
    assert await refused(servers[0], tenant, token, ROOM) == (401, "problems.not-signed-in")


async def test_a_client_that_takes_nothing_is_dropped(
    database: Database, tenant: UUID, where: Addresses, settings: Settings
) -> None:
    """Its connection fills, then its queue, and then it is let go; whoever reads is not disturbed."""
    async with serving(where, settings, live_queue=64) as server, listening(server, tenant) as quick:
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            stuck.connect(("127.0.0.1", server.port))
            topic = topics.of_tenant(tenant, ROOM)
            stuck.sendall(
                f"GET {PATH}?topic={topic} HTTP/1.1\r\nHost: here\r\n"
                f"Authorization: Bearer {tenant}:shouting.read\r\n\r\n".encode()
            )
            await server.reaches("live_connections", 2)
            count = 0
            async with asyncio.timeout(SECONDS):
                while await server.metric("live_dropped_total") == 0:
                    # No more at once than a queue holds, so that only a client that takes nothing can be too slow.
                    await emit(database, tenant, *range(count, count + 50))
                    await relay(database)
                    count += 50
                    await quick.got(count)
            await server.reaches("live_connections", 1)
            assert quick.numbers == list(range(count))
