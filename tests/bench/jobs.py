"""How many deliveries a second are relayed and drained: ``python -m tests.bench.jobs [EVENTS] [WORKERS]``.

Everything shares the machine: PostgreSQL, the worker processes, this one. Three loads, each of so many events: lanes
of one event each with a no-op reaction (a job and a transaction for every event), one long lane in batches of 200,
and 200 lanes of many events one by one. The relay is measured alone before.
"""

import asyncio
import logging
import os
import sys
import time
from uuid import UUID

import msgspec
import structlog
import uvloop

from holdfast.kernel import queue, relay
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.jobs import Registry
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.kernel.worker import Worker
from tests.conftest import drop_database, make_database, new_tenant, prepare_server
from tests.kernel.effects import Followed, Happened, Odd

LIMIT_SECONDS = 600


def registry() -> Registry:
    """One reaction per load."""
    registry_ = Registry()

    @registry_.on(Happened, name="bench.one")
    async def one(tx: Tx, event: Happened) -> None: ...

    @registry_.on(Odd, batch=200, lane="tenant", name="bench.batch")
    async def batch(tx: Tx, events: list[Odd]) -> None: ...

    @registry_.on(Followed, name="bench.lanes")
    async def lanes(tx: Tx, event: Followed) -> None: ...

    return registry_


async def store(database: Database, tenant: UUID, kind: str, count: int) -> None:
    """Store events as fast as the server can; ``many`` subjects, ``none`` or 200 of them."""
    subject = {"one": "gen_random_uuid()", "batch": "null::uuid", "lanes": "md5((n % 200)::text)::uuid"}[kind]
    name = {"one": Happened.name, "batch": Odd.name, "lanes": Followed.name}[kind]
    async with transaction(database, tenant) as tx:
        await tx.connection.execute("set local statement_timeout = 0")
        await tx.connection.execute(
            "insert into kernel_event (id, name, subject_id, body, actor_kind, at) "
            f"select uuidv7(), '{name}', subject, "
            "case when subject is null then jsonb_build_object('number', n) "
            "else jsonb_build_object('thing_id', subject, 'number', n) end, 'platform', now() "
            f"from (select n, {subject} as subject from generate_series(1, {count}) n) made"
        )


async def relayed(database: Database) -> float:
    """Relay all that waits, alone, with jobs; gives the seconds."""
    async with queue.connected(database) as connection:
        place = await relay.cursor(connection)
        started = time.perf_counter()
        while (done := await relay.relay_batch(connection, place, movable_clock=False)).events:
            place = done.cursor
        return time.perf_counter() - started


async def drained(database: Database) -> float:
    """Wait until nothing is pending; gives the moment."""
    async with database.relay.connection() as connection, asyncio.timeout(LIMIT_SECONDS):
        while await connection.fetchval("select exists (select from kernel_delivery where state = 'pending')"):
            await asyncio.sleep(0.02)
    return time.perf_counter()


async def work(where: str) -> None:
    """A worker process, until it is killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    settings = Settings(environment="production", job_concurrency=10)
    database = Database(msgspec.json.decode(where, type=Addresses), settings)
    await Worker(database, registry()).run(asyncio.Event())


async def main(events: int, workers: int) -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    await prepare_server()
    name = f"bench_jobs_{os.getpid()}"
    where = await make_database(name)
    database = Database(where, Settings(environment="production"))
    try:
        tenant = await new_tenant(database)
        async with queue.connected(database) as connection:
            await relay.register(connection, registry())
        print(f"{events} events, {workers} worker processes, load of the machine before: {os.getloadavg()[0]:.1f}")
        for kind in ("one", "lanes", "batch"):
            await store(database, tenant, kind, events)
            seconds = await relayed(database)
            print(f"{kind:6} relayed {events / seconds:10,.0f}/s", flush=True)
            processes = [
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.bench.jobs", "work", msgspec.json.encode(where).decode()
                )
                for _ in range(workers)
            ]
            async with database.relay.connection() as connection:
                while await connection.fetchval(
                    "select not exists (select from kernel_delivery where state = 'done' and reaction = $1)",
                    f"bench.{kind}",
                ):
                    await asyncio.sleep(0.005)
            started = time.perf_counter()
            print(f"{kind:6} drained {events / (await drained(database) - started):10,.0f}/s", flush=True)
            for process in processes:
                process.kill()
                await process.wait()
    finally:
        await database.close()
        await drop_database(name)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        uvloop.run(work(sys.argv[2]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:]]
        uvloop.run(main(*(numbers + [20_000, 2][len(numbers) :])))
