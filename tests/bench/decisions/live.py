"""Decision 0009: one listening connection per process, or one per client."""

import asyncio
import statistics
import time

import asyncpg

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds


async def _reached(address: str, listeners: int) -> float:
    """Milliseconds until the last of that many listening connections hears of a notification; the median of 50."""
    heard: asyncio.Queue[float] = asyncio.Queue()

    def hear(*_: object) -> None:
        heard.put_nowait(time.perf_counter())

    connections: list[Connection] = [await asyncpg.connect(address) for _ in range(listeners)]
    for connection in connections:
        await connection.add_listener("facts", hear)
    sender = await asyncpg.connect(address)
    delays: list[float] = []
    for _ in range(50):
        started = time.perf_counter()
        await sender.execute("notify facts, '1-1'")
        delays.append(max([await heard.get() for _ in range(listeners)]) - started)
    for connection in connections:
        await connection.remove_listener("facts", hear)
    await asyncio.gather(*(connection.close() for connection in [sender, *connections]))
    return statistics.median(delays) * 1000


async def measure() -> dict[str, float]:
    """Milliseconds from NOTIFY to the last listener, for two processes and for eighty clients of their own."""
    address = await rounds.fresh("live")
    return {
        "milliseconds to 2 listening processes": await _reached(address, 2),
        "milliseconds to 80 listening clients": await _reached(address, 80),
    }
