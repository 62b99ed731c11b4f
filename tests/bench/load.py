"""A load generator: raw HTTP/1.1 over kept-alive sockets, small enough not to be what is measured."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import msgspec


class Result(msgspec.Struct, frozen=True):
    """What one run measured; latencies in milliseconds."""

    requests: int
    failures: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Successful requests per second."""
        return (self.requests - self.failures) / self.seconds


class _Client(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self, make: Callable[[], bytes], until: float, latencies: list[float]) -> None:
        self.make = make
        self.until = until
        self.latencies = latencies
        self.failures = 0
        self.buffer = b""
        self.sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's, so this cannot be an assertion.
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        if self.sent >= self.until:
            self.transport.close()
            return
        self.transport.write(self.make())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 : lower.find(b"\r", at) if lower.find(b"\r", at) > 0 else None]) if at >= 0 else 0
        if len(rest) < length:
            return
        self.latencies.append((time.perf_counter() - self.sent) * 1000)
        if not head.startswith(b"HTTP/1.1 2"):
            self.failures += 1
        self.buffer = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def run(host: str, port: int, make: Callable[[], bytes], *, connections: int, seconds: float) -> Result:
    """Send requests over ``connections`` sockets for ``seconds`` and measure each answer."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    started = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: _Client(make, started + seconds, latencies), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.done for client in clients))
    elapsed = time.perf_counter() - started
    latencies.sort()
    return Result(
        requests=len(latencies),
        failures=sum(client.failures for client in clients),
        seconds=elapsed,
        p50_ms=percentile(latencies, 50),
        p95_ms=percentile(latencies, 95),
        p99_ms=percentile(latencies, 99),
    )


def percentile(ordered: list[float], share: float) -> float:
    """The value below which ``share`` per cent of an ordered list lies; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else 0.0


def request(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
