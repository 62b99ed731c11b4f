"""Savepoints: a part of a transaction that happens wholly or not at all, while the rest goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.kernel.tx import Tx


@asynccontextmanager
async def part(tx: Tx) -> AsyncIterator[None]:
    """Whatever the block wrote is taken back when it raises, its events with it; what was written before it stays."""
    connection = tx.connection
    await connection.execute("savepoint part")
    try:
        yield
    except BaseException:
        # Of a connection that is gone nothing can be taken back, and how it went is what whoever waits is to hear.
        if not connection.is_closed():
            await connection.execute("rollback to savepoint part; release savepoint part")
        raise
    await connection.execute("release savepoint part")
