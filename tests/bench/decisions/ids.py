"""Decision 0007: random ids (version 4) or ids in the order of time (version 7)."""

import time

import asyncpg

from tests.bench.decisions import rounds

ROWS = 1_000_000


async def measure() -> dict[str, float]:
    """Rows inserted per second in batches into a table that holds a million, and the size of its index."""
    address = await rounds.fresh("ids")
    connection = await asyncpg.connect(address)
    await connection.execute("set synchronous_commit = off")
    found: dict[str, float] = {}
    for version in (4, 7):
        await connection.execute(f"create table v{version} (id uuid primary key, note text)")
        await connection.execute("checkpoint")
        start = await connection.fetchval("select pg_current_wal_lsn()::text")
        started = time.monotonic()
        for _ in range(ROWS // 1000):
            await connection.execute(
                f"insert into v{version} select uuidv{version}(), 'x' from generate_series(1, 1000)"
            )
        found[f"version {version}: rows per second"] = ROWS / (time.monotonic() - started)
        size = await connection.fetchval(f"select pg_relation_size('v{version}_pkey')")
        log = await connection.fetchval("select pg_current_wal_lsn() - $1::text::pg_lsn", start)
        found[f"version {version}: index in MB"] = size / 1e6
        found[f"version {version}: log written in MB"] = float(log) / 1e6
    await connection.close()
    return found
