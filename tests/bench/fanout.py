"""How long from a NOTIFY to the last of many live clients: ``python -m tests.bench.fanout [STREAMS]``.

The api is a process of its own; the streams are plain sockets of this one, which shares the machine with it and with
PostgreSQL. What is measured, per round: the relay's step alone, and from before the command that emits until after
the last client has its update (commit, relay, NOTIFY, read, fan-out, write, read).
"""

import asyncio
import sys
import time
from typing import cast
from uuid import UUID

import uvloop

from holdfast.kernel import ids, topics
from holdfast.kernel.database import Database
from holdfast.kernel.http.live import PATH
from holdfast.kernel.settings import Settings
from tests.conftest import drop_database, make_database, new_tenant, prepare_server
from tests.kernel.http.test_live import ROOM, Process, serving
from tests.kernel.listening import emit, relay

ROUNDS = 100


class Stream(asyncio.Protocol):
    """One client, which only counts."""

    def __init__(self, board: "Board", request: bytes) -> None:
        self._board = board
        self._request = request
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Subscribe."""
        # uvloop's transports are not subclasses of asyncio's, so this cannot be an assertion.
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count an opened stream, or an update."""
        if b"retry:" in data:
            self._board.opened += 1
        if b"data:" in data:
            self._board.arrived()


class Board:
    """How many clients are there, and how many have the update."""

    def __init__(self) -> None:
        self.opened = 0
        self._missing = 0
        self._done = asyncio.Event()
        self.first = self.last = 0.0

    def expect(self, count: int) -> None:
        """A round begins."""
        self._missing = count
        self.first = 0.0
        self._done.clear()

    def arrived(self) -> None:
        """One client has its update."""
        self.last = time.perf_counter()
        self.first = self.first or self.last
        self._missing -= 1
        if self._missing == 0:
            self._done.set()

    async def complete(self) -> None:
        """Wait until every client has it."""
        async with asyncio.timeout(30):
            await self._done.wait()


def percentile(values: list[float], share: float) -> float:
    """A percentile, in milliseconds."""
    return sorted(values)[round(share * (len(values) - 1))] * 1000


async def measure(database: Database, tenant: UUID, server: Process, streams: int) -> None:
    """Open the streams, run the rounds, print the percentiles."""
    board = Board()
    topic = topics.of_tenant(tenant, ROOM)
    request = (
        f"GET {PATH}?topic={topic} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {tenant}:shouting.read\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    for _ in range(streams):
        await loop.create_connection(lambda: Stream(board, request), "127.0.0.1", server.port)
    while board.opened < streams:
        await asyncio.sleep(0.05)
    spent = await server.metric("process_cpu_seconds_total")
    whole: list[float] = []
    since_notify: list[float] = []
    for number in range(ROUNDS):
        board.expect(streams)
        began = time.perf_counter()
        await emit(database, tenant, number)
        await relay(database)
        notified = time.perf_counter()
        await board.complete()
        whole.append(board.last - began)
        since_notify.append(board.last - notified)
        await asyncio.sleep(0.02)
    for what, values in (("NOTIFY to last client", since_notify), ("commit to last client", whole)):
        print(f"{streams} streams, {what}: p50 {percentile(values, 0.5):.1f} ms, p95 {percentile(values, 0.95):.1f} ms")
    spent = await server.metric("process_cpu_seconds_total") - spent
    print(f"{streams} streams, processor time of the api per update: {spent / ROUNDS * 1000:.1f} ms")


async def main(streams: int) -> None:
    """Prepare a database and a process of their own, and measure."""
    await prepare_server()
    name = f"fanout_{ids.new().hex}"
    where = await make_database(name)
    # Without a memory for tokens every stream is somebody else's, and nobody has too many.
    settings = Settings(
        environment="test", rate_limit_requests=0, rate_limit_sign_ins=0, token_memory_seconds=0, log_level="error"
    )
    database = Database(where, settings)
    try:
        tenant = await new_tenant(database)
        async with serving(where, settings) as server:
            await measure(database, tenant, server, streams)
    finally:
        await database.close()
        await drop_database(name)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
