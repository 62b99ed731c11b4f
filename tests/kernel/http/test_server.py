"""A real server and raw sockets: bodies that are too large or too slow, and what is not HTTP at all."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.http import protocol
from holdfast.kernel.settings import Settings
from tests.conftest import Serve
from tests.kernel.http import jars

LETTERS = "/api/probe/letters"


@pytest.fixture
async def port(serve: Serve, database: Database, settings: Settings, table: None) -> AsyncIterator[int]:
    """The port of a server whose bodies must arrive within a second."""
    quick = msgspec.structs.replace(settings, body_seconds=1.0, max_body_bytes=65_536)
    async with serve(jars.build(database, quick), quick) as url:
        yield int(url.rsplit(":", 1)[1])


async def talk(port: int, *parts: bytes, finish: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are, and read one answer and what follows it until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        if finish:
            writer.write_eof()
        async with asyncio.timeout(20):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body
    finally:
        writer.close()


def head(*lines: str, path: str = LETTERS, method: str = "POST") -> bytes:
    """The head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: holdfast.test", *lines, "", ""]).encode("latin-1")


def problem(answer: tuple[int, dict[str, str], bytes], status: int) -> dict[str, Any]:
    """The problem of a raw answer."""
    assert answer[0] == status, answer
    assert answer[1]["content-type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(answer[2])
    assert found["status"] == status
    assert found["request_id"] == answer[1]["x-request-id"]
    return found


async def test_a_body_that_says_it_is_too_large_is_not_read(port: int) -> None:
    answer = await talk(port, head("Content-Type: application/json", "Content-Length: 5000"))
    assert problem(answer, 413)["detail"] == "At most 4096 bytes."
    assert answer[1]["connection"] == "close"
    # A route without a limit of its own has that of the settings.
    answer = await talk(port, head("Content-Length: 99999999999999999999", path="/api/probe/sign-in"))
    problem(answer, 400)
    answer = await talk(port, head("Content-Length: 65537", path="/api/probe/sign-in"))
    problem(answer, 413)


async def test_a_body_that_never_says_its_size_is_counted(port: int) -> None:
    chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
    answer = await talk(port, head("Transfer-Encoding: chunked", "Content-Type: application/json"), *[chunk] * 5)
    problem(answer, 413)
    body = b'{"a": "b"}'
    parts = [f"{len(body):x}\r\n".encode(), body, b"\r\n0\r\n\r\n"]
    answer = await talk(port, head("Transfer-Encoding: chunked", "Content-Type: application/json"), *parts)
    assert (answer[0], answer[2]) == (201, b'{"pages":1}')


async def test_a_body_that_drips_is_408(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started = asyncio.get_running_loop().time()
    writer.write(head("Content-Type: application/json", "Content-Length: 100"))
    answering = asyncio.create_task(reader.read())
    # One byte at a time keeps the connection busy, and helps nothing.
    while not answering.done():
        writer.write(b"x")
        # No divisor of the second after which the server closes, or the two would meet.
        await asyncio.wait({answering}, timeout=0.17)
    raw = answering.result()
    assert raw.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in raw
    assert asyncio.get_running_loop().time() - started < 15
    writer.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"rubbish\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost holdfast\r\n\r\n",
        b"POST /api/probe/letters HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /api/probe/letters HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /api/probe/letters HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_problem(port: int, raw: bytes) -> None:
    problem(await talk(port, raw), 400)


async def test_a_head_that_is_too_large_is_refused(port: int) -> None:
    problem(await talk(port, head(*[f"X-{n}: {'x' * 1000}" for n in range(70)], path="/health/live")), 431)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: a\r\n")
    answering = asyncio.create_task(reader.read())
    while not answering.done():
        writer.write(b"X: " + b"x" * 8000 + b"\r\n")
        await asyncio.wait({answering}, timeout=0.01)
    assert answering.result().startswith(b"HTTP/1.1 431 ")
    writer.close()
    problem(await talk(port, head(path="/health/live?" + "x" * 9000, method="GET")), 414)


async def test_a_head_that_never_ends_is_408(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    problem(await talk(port, b"GET /health/live HTTP/1.1\r\nHost: a\r\n"), 408)
    problem(await talk(port), 408)


async def test_a_connection_is_kept_between_requests(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for pause in (0, 0.8):
        # Longer than a head may take: an idle connection is no slow head.
        await asyncio.sleep(pause)
        writer.write(head(path="/health/live", method="GET"))
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(18) == b'{"status":"alive"}'
    writer.close()


async def test_a_client_that_leaves_in_the_middle_harms_nobody(port: int, database: Database) -> None:
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head("Content-Type: application/json", "Content-Length: 100") + b'{"a"')
        await writer.drain()
        writer.close()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/health/ready")).status_code == 200
    assert database.app.in_use == 0


async def test_headers_of_a_real_answer(port: int) -> None:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/api/v1/probe/letters", json={"a": "b"})
        assert answer.status_code == 201
        assert "server" not in answer.headers
        assert answer.headers["date"]
        answer = await client.request("HEAD", "/api/probe/hello")
        assert (answer.status_code, answer.content) == (405, b"")
        assert (await client.options("/api/probe/jars")).headers["allow"] == "GET, POST, OPTIONS"
