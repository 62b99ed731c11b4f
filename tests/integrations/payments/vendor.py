"""A provider's computer on this machine: it answers what a test tells it to, goes wrong when told, notes requests.

It speaks plain HTTP, one request per connection, and knows nothing of any provider.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

Fault: TypeAlias = Literal["hangs", "hangs_up", "breaks_off"]
"""It hears the request, and never answers; or closes the line; or closes it in the middle of its answer."""


class Asked(msgspec.Struct, frozen=True):
    """A request that came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body, as a form."""
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        """The body, as JSON."""
        return msgspec.json.decode(self.body)


class _Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Vendor:
    """``async with Vendor() as vendor`` serves on a free port of this machine."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.came = asyncio.Event()
        self.fault: Fault | None = None
        self.url = ""
        self._answers: defaultdict[tuple[str, str], list[_Answer]] = defaultdict(list)
        self._stopped = asyncio.Event()

    def answers(
        self, method: str, path: str, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Say what comes back; the last answer that was given for a path is given again and again."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self._answers[method, path].append(_Answer(status, headers or {}, raw))

    def last(self, method: str, path: str) -> Asked:
        """The newest request of a kind."""
        return [asked for asked in self.asked if (asked.method, asked.path) == (method, path)][-1]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers.get("content-length") or 0))
            parts = urlsplit(target)
            self.asked.append(Asked(method, parts.path, dict(parse_qsl(parts.query)), headers, body))
            self.came.set()
            if self.fault == "hangs":
                await self._stopped.wait()
            if self.fault in (None, "breaks_off"):
                writer.write(self._told(method, parts.path, whole=self.fault is None))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _told(self, method: str, path: str, *, whole: bool) -> bytes:
        known = self._answers[method, path]
        missing = _Answer(404, {}, b'{"error": {"message": "There is no such thing.", "description": "Not here."}}')
        answer = (known.pop(0) if len(known) > 1 else known[0]) if known else missing
        length = len(answer.body) + (0 if whole else 100)
        lines = [f"HTTP/1.1 {answer.status} Told", f"content-length: {length}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + answer.body
