"""The way out: an answer is completed, committed, compressed and given its headers before a byte is sent."""

import asyncio
import hashlib
import zlib
from collections.abc import Sequence
from typing import Any

import structlog

from holdfast.kernel.http import errors
from holdfast.kernel.http.exchange import Answer, Exchange

log = structlog.get_logger()

COMPRESS_FROM = 1024
"""Bytes below which compression costs more than it saves."""
_COMPRESS_IN_THREAD = 262_144
_TEXT = (b"application/json", b"application/problem+json", b"text/", b"image/svg+xml", b"application/javascript")
_BODILESS = (204, 304)

RawHeaders = list[tuple[bytes, bytes]]


class Reply:
    """The ``send`` of a request.

    An answer in one piece is held until its transaction is committed; if the commit fails, a problem is sent in its
    place. A stream (server-sent events, files) passes through as it comes.

    Attributes:
        status: what was answered; 0 until something was.
        started: the first byte is on its way, so the answer can no longer change.
        streamed: the answer came in pieces.
    """

    __slots__ = (
        "_chunks",
        "_exchange",
        "_extra",
        "_method",
        "_send",
        "_start",
        "settle",
        "started",
        "status",
        "streamed",
    )

    def __init__(self, exchange: Exchange, send: Any, *, method: str, extra: "Any") -> None:
        self._exchange = exchange
        self._send = send
        self._method = method
        self._extra = extra
        self._start: Any = None
        self._chunks: list[bytes] = []
        self.status = 0
        self.started = False
        self.streamed = False

    async def __call__(self, message: Any) -> None:
        """Take a message of the application."""
        kind = message["type"]
        if kind == "http.response.start":
            self._start = message
            return
        if kind != "http.response.body" or self._start is None:
            await self._send(message)
            return
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        if more and self._exchange.deferred is None:
            start, self._start = self._start, None
            await self._begin(start["status"], list(start["headers"]), streamed=True)
            await self._send(message)
            return
        self._chunks.append(body)
        if not more:
            start, self._start = self._start, None
            headers = [(name.lower(), value) for name, value in start["headers"]]
            await self.complete(Answer(start["status"], headers, b"".join(self._chunks)))

    async def complete(self, answer: Answer) -> None:
        """Send an answer that is whole, once whatever it depends on is committed."""
        deferred, self._exchange.deferred = self._exchange.deferred, None
        if deferred is not None:
            if self._exchange.refused:
                await deferred.abandon()
            else:
                try:
                    await deferred.settle(answer)
                except Exception as error:
                    answer = errors.answer(self._exchange, error)
        answer = await finished(answer, self._method, self._exchange)
        await self._begin(answer.status, answer.headers, streamed=False)
        await self._send({"type": "http.response.body", "body": b"" if self._method == "HEAD" else answer.body})

    async def _begin(self, status: int, headers: RawHeaders, *, streamed: bool) -> None:
        self.status = status
        self.streamed = streamed
        present = {name for name, _ in headers}
        extra: Sequence[tuple[bytes, bytes]] = await self._extra(status, present, streamed)
        headers.extend(extra)
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


async def finished(answer: Answer, method: str, exchange: Exchange) -> Answer:
    """The answer with its validator, compressed where that pays, with its true length.

    An answer that sets a cookie or must not be stored is never compressed: its length would tell an attacker who can
    make part of it something about the secret in the rest.
    """
    headers = {name: value for name, value in answer.headers if name != b"set-cookie"}
    repeated = [(name, value) for name, value in answer.headers if name == b"set-cookie"]
    body = answer.body
    status = answer.status
    if status == 200 and method == "GET" and b"cache-control" not in headers:
        headers[b"cache-control"] = b"private, no-cache"
        if b"etag" not in headers:
            headers[b"etag"] = b'W/"%s"' % hashlib.sha256(body).hexdigest()[:24].encode()
    if status == 200 and method == "GET" and b"etag" in headers and _matches(exchange, headers[b"etag"]):
        kept = [(name, value) for name, value in headers.items() if name not in (b"content-length", b"content-type")]
        return Answer(304, [*kept, *repeated], b"")
    secret = bool(repeated) or b"no-store" in headers.get(b"cache-control", b"")
    compressible = len(body) >= COMPRESS_FROM and headers.get(b"content-type", b"").startswith(_TEXT)
    if compressible and not secret and b"content-encoding" not in headers:
        _vary(headers, b"Accept-Encoding")
        if _takes_gzip(exchange.headers.get(b"accept-encoding", b"")):
            body = _gzip(body) if len(body) < _COMPRESS_IN_THREAD else await asyncio.to_thread(_gzip, body)
            headers[b"content-encoding"] = b"gzip"
    if status in _BODILESS:
        headers.pop(b"content-length", None)
    else:
        headers[b"content-length"] = b"%d" % len(body)
    return Answer(status, [*headers.items(), *repeated], body)


def _vary(headers: dict[bytes, bytes], name: bytes) -> None:
    known = headers.get(b"vary")
    headers[b"vary"] = name if known is None else known + b", " + name


def _matches(exchange: Exchange, etag: bytes) -> bool:
    wanted = exchange.headers.get(b"if-none-match")
    if wanted is None:
        return False
    bare = etag.removeprefix(b"W/")
    return any(tag.strip() == b"*" or tag.strip().removeprefix(b"W/") == bare for tag in wanted.split(b","))


def _takes_gzip(accepted: bytes) -> bool:
    for part in accepted.split(b","):
        name, _, weight = part.strip().partition(b";")
        if name.strip().lower() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(5, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
