"""Decision 0004: one job per event, or one per lane that drains what waits in it."""

import asyncio
import time

import asyncpg

from holdfast.kernel.database import Connection
from tests.bench.decisions import rounds

EVENTS = 4000
LANES = 100
_TABLES = """
create table job (id bigint generated always as identity primary key, lane bigint, event bigint, taken boolean);
create index job_free on job (id) where taken is null;
create table delivery (lane bigint, event bigint, done boolean not null default false, primary key (lane, event));
create index delivery_waiting on delivery (lane, event) where not done;
create table effect (event bigint primary key);
"""


async def _per_event(connection: Connection) -> bool:
    job = await connection.fetchrow(
        "update job set taken = true where id = (select id from job where taken is null order by id "
        "for update skip locked limit 1) returning id, event"
    )
    if job is None:
        return False
    async with connection.transaction():
        await connection.execute("insert into effect values ($1)", job["event"])
    await connection.execute("delete from job where id = $1", job["id"])
    return True


async def _per_lane(connection: Connection) -> bool:
    job = await connection.fetchrow(
        "update job set taken = true where id = (select id from job where taken is null order by id "
        "for update skip locked limit 1) returning id, lane"
    )
    if job is None:
        return False
    while True:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", job["lane"])
            waiting = await connection.fetch(
                "select event from delivery where lane = $1 and not done order by event limit 200", job["lane"]
            )
            if not waiting:
                break
            numbers = [row["event"] for row in waiting]
            await connection.execute("insert into effect select unnest($1::bigint[])", numbers)
            await connection.execute(
                "update delivery set done = true where lane = $1 and event = any($2::bigint[])", job["lane"], numbers
            )
    await connection.execute("delete from job where id = $1", job["id"])
    return True


async def _drained(address: str, lanes: bool) -> float:
    """Events per second that eight workers get done."""
    setup = await asyncpg.connect(address)
    await setup.execute("truncate job, delivery, effect")
    if lanes:
        await setup.execute(f"insert into delivery select n % {LANES}, n from generate_series(1, {EVENTS}) n")
        await setup.execute(f"insert into job (lane) select n from generate_series(0, {LANES - 1}) n")
    else:
        await setup.execute(f"insert into job (event) select n from generate_series(1, {EVENTS}) n")
    workers = await asyncio.gather(*(asyncpg.connect(address) for _ in range(8)))

    async def work(connection: Connection) -> None:
        while await (_per_lane if lanes else _per_event)(connection):
            pass

    started = time.monotonic()
    await asyncio.gather(*(work(connection) for connection in workers))
    rate = EVENTS / (time.monotonic() - started)
    assert await setup.fetchval("select count(*) from effect") == EVENTS
    await asyncio.gather(*(connection.close() for connection in [setup, *workers]))
    return rate


async def measure() -> dict[str, float]:
    """Events drained per second, by a job each and by a job per lane; medians of three turns."""
    address = await rounds.fresh("jobs")
    connection = await asyncpg.connect(address)
    await connection.execute(_TABLES)
    await connection.close()
    turns = [(await _drained(address, False), await _drained(address, True)) for _ in range(3)]
    return {
        "a job per event": sorted(turn[0] for turn in turns)[1],
        "a job per lane, in batches of 200": sorted(turn[1] for turn in turns)[1],
    }
