"""Savepoints: a part of a transaction that happens wholly or not at all, while the rest goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.kernel.tx import Tx


@asynccontextmanager
async def part(tx: Tx) -> AsyncIterator[None]:
    """Whatever the block wrote is taken back when it raises; what was written before it stays."""
    await tx.execute("savepoint billing_part")
    try:
        yield
    except BaseException:
        await tx.execute("rollback to savepoint billing_part")
        await tx.execute("release savepoint billing_part")
        raise
    await tx.execute("release savepoint billing_part")
