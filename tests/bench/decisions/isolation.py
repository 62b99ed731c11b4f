"""Decision 0010: how a test gets data of its own."""

import statistics
import time
from collections.abc import Awaitable, Callable

import asyncpg

from holdfast.kernel import embedded, ids, migrations
from tests.bench.decisions import rounds


async def _milliseconds(work: Callable[[], Awaitable[object]], times: int = 7) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


async def measure() -> dict[str, float]:
    """Milliseconds to begin a test with clean data, in five ways."""
    address = await rounds.fresh("isolation")
    await migrations.migrate(embedded.address(rounds.FOLDER, "holdfast_owner", "isolation"))
    server = await asyncpg.connect(embedded.address(rounds.FOLDER, "postgres", "postgres"))
    tables = await asyncpg.connect(address)
    listed = await tables.fetch(
        "select format('%I', relname) as name from pg_class "
        "where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    names = ", ".join(record["name"] for record in listed if record["name"] != "kernel_migration")

    async def tenant() -> None:
        new = ids.new()
        await tables.execute(
            "insert into tenants_tenant (id, name, slug, currency, timezone, country, created_at) "
            "values ($1, 'Café', $2, 'PEN', 'America/Lima', 'PE', now())",
            new,
            f"t-{new}",
        )

    async def rolled_back() -> None:
        await tables.execute("begin; set local holdfast.tenant = ''; rollback")

    async def truncated() -> None:
        await tables.execute(f"set session_replication_role = replica; truncate {names} cascade")

    found = {
        "milliseconds, a transaction rolled back": await _milliseconds(rolled_back),
        "milliseconds, a tenant of its own": await _milliseconds(tenant),
        "milliseconds, every table truncated": await _milliseconds(truncated),
    }
    await tables.close()

    async def copied() -> None:
        await server.execute("drop database if exists isolation_copy with (force)")
        await server.execute("create database isolation_copy template isolation")

    async def migrated() -> None:
        await rounds.fresh("isolation_new")
        await migrations.migrate(embedded.address(rounds.FOLDER, "holdfast_owner", "isolation_new"))

    found["milliseconds, a database copied from a template"] = await _milliseconds(copied)
    found["milliseconds, a database migrated"] = await _milliseconds(migrated, times=3)
    await server.close()
    return found
