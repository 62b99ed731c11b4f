"""The queue: PgQueuer, on connections of the relay's role. A job wakes a worker for one lane, or for one schedule."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
from pgqueuer import Queries

from holdfast.kernel import ids
from holdfast.kernel.database import Connection, Database

CONNECTIONS = 4
"""Of a worker to its queue: one listens, the others ask and report."""


def payload(tenant: UUID, lane: UUID = ids.PLATFORM) -> bytes:
    """What a job carries: 32 bytes, the tenant and the lane."""
    return tenant.bytes + lane.bytes


def meant(payload: bytes | None) -> tuple[UUID, UUID]:
    """The tenant and the lane of a job."""
    content = payload or bytes(32)
    return UUID(bytes=content[:16]), UUID(bytes=content[16:32])


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[Connection]:
    """A connection of the relay's role for the length of a block.

    It has not our encoding of JSON, because the queue's library brings its own: jobs put into the queue on a
    connection of our pools could not be read.
    """
    connection: Connection = await asyncpg.connect(
        database.where.relay, timeout=database.settings.connect_seconds, command_timeout=60
    )
    try:
        yield connection
    finally:
        # A connection that does not close in time, or is broken, is cut; what it says then is of no use.
        try:
            await connection.close(timeout=2)
        except Exception:
            connection.terminate()


@asynccontextmanager
async def pool(database: Database) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """The pool that the queue's library works with; nothing is changed on its connections, so nothing is reset."""

    async def unchanged(_: Any) -> None:
        return

    made: asyncpg.Pool[asyncpg.Record] = await asyncpg.create_pool(
        database.where.relay,
        min_size=1,
        max_size=CONNECTIONS,
        reset=unchanged,
        timeout=database.settings.connect_seconds,
        command_timeout=60,
    )
    try:
        yield made
    finally:
        try:
            async with asyncio.timeout(5):
                await made.close()
        except Exception:
            made.terminate()


async def enqueue(
    connection: Connection,
    names: Sequence[str],
    payloads: Sequence[bytes],
    priorities: Sequence[int],
    *,
    delays: Sequence[timedelta | None] | None = None,
    keys: Sequence[str] | None = None,
) -> None:
    """Wake workers for those lanes or schedules, on a connection of ``connected``, in the transaction open on it.

    With ``keys`` a job is left out while another of the same key waits or runs.
    """
    if names:
        await Queries.from_asyncpg_connection(connection).enqueue(
            list(names),
            list(payloads),
            list(priorities),
            list(delays) if delays is not None else None,
            list(keys) if keys is not None else None,
            on_conflict="skip",
        )
