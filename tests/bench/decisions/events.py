"""Decision 0003: what a bare sequence loses, and what a NOTIFY in every transaction costs."""

import asyncio
import random

import asyncpg

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds

_TABLE = (
    "create table fact (xid bigint not null default pg_current_xact_id()::text::bigint, "
    "seq bigint generated always as identity, primary key (xid, seq))"
)
_BY_SEQ = "select xid, seq from fact where seq > $2 and $1::bigint is not null order by seq limit 1000"
_BY_XID = (
    "select xid, seq from fact where (xid, seq) > ($1, $2) "
    "and xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint order by xid, seq limit 1000"
)


async def _read(address: str, sql: str, done: asyncio.Event) -> int:
    """How many rows a reader sees that moves its cursor to the last row of each page."""
    connection = await asyncpg.connect(address)
    xid = seq = seen = idle = 0
    while idle < 20:
        page = await connection.fetch(sql, xid, seq)
        if page:
            xid, seq = page[-1]["xid"], page[-1]["seq"]
            seen += len(page)
        elif done.is_set():
            idle += 1
        await asyncio.sleep(0.002)
    await connection.close()
    return seen


async def lost(address: str, *, writers: int = 16, each: int = 200) -> dict[str, float]:
    """How many of the rows that writers commit at their own pace each kind of reader never sees."""
    done = asyncio.Event()
    readers = [asyncio.create_task(_read(address, sql, done)) for sql in (_BY_SEQ, _BY_XID)]

    async def write(number: int) -> None:
        connection = await asyncpg.connect(address)
        pace = random.Random(number)
        for _ in range(each):
            async with connection.transaction():
                await connection.execute("insert into fact default values")
                await asyncio.sleep(pace.random() * 0.01)
        await connection.close()

    await asyncio.gather(*(write(number) for number in range(writers)))
    done.set()
    by_seq, by_xid = await asyncio.gather(*readers)
    written = writers * each
    return {"rows written": written, "lost by sequence": written - by_seq, "lost by (xid, seq)": written - by_xid}


async def measure() -> dict[str, float]:
    """Lost rows, then commits per second with and without a NOTIFY in each."""
    address = await rounds.fresh("events")
    connection = await asyncpg.connect(address)
    await connection.execute(_TABLE)
    await connection.close()
    found = await lost(address)

    async def quiet(connection: Connection, _: int) -> None:
        await connection.execute("begin; insert into fact default values; commit")

    async def loud(connection: Connection, number: int) -> None:
        await connection.execute(f"begin; insert into fact default values; notify facts, '{number}'; commit")

    without, with_notify = await rounds.compare(address, quiet, loud, connections=32)
    return {**found, "commits without NOTIFY": without, "commits that NOTIFY": with_notify}
