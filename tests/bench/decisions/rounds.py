"""What the measurements share: an embedded server of their own, and interleaved rounds whose medians are compared."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import asyncpg

from holdfast.kernel import embedded
from holdfast.kernel.database import Connection

FOLDER = Path(__file__).parents[3] / ".var" / "decisions" / "postgres"
Work: TypeAlias = Callable[[Connection, int], Awaitable[object]]
"""One unit of work on a connection; the number counts them."""


async def fresh(name: str) -> str:
    """An empty database of that name; gives its superuser's address."""
    embedded.start(FOLDER)
    connection = await asyncpg.connect(embedded.address(FOLDER, "postgres", "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()
    await embedded.prepare(FOLDER, name)
    return embedded.address(FOLDER, "postgres", name)


async def per_second(address: str, work: Work, *, connections: int = 16, seconds: float = 2.0) -> float:
    """How often the work is done per second by that many connections at once."""
    pool = await asyncio.gather(*(asyncpg.connect(address) for _ in range(connections)))
    until = time.monotonic() + seconds
    done = 0

    async def busy(connection: Connection) -> None:
        nonlocal done
        while time.monotonic() < until:
            await work(connection, done)
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(busy(connection) for connection in pool))
    rate = done / (time.monotonic() - started)
    await asyncio.gather(*(connection.close() for connection in pool))
    return rate


async def compare(
    address: str, *works: Work, connections: int = 16, rounds: int = 5, seconds: float = 2.0
) -> list[float]:
    """Medians per second of several ways to do the same, measured in turns so that a busy machine is fair to all."""
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for index, work in enumerate(works):
            rates[index].append(await per_second(address, work, connections=connections, seconds=seconds))
    return [statistics.median(rate) for rate in rates]
