"""A process to be killed: ``python -m tests.chaos.process KIND``, with the database's addresses on standard input.

It says on standard output how far it is, and the test kills it there. Kinds:

* ``command``: stores an effect and an event, says so, and never commits;
* ``worker N``: N ordinary workers, each with its own pools and a relay that may lead;
* ``unfinished``: a worker whose reaction stops for ever after its effect and before its commit;
* ``unacknowledged``: a worker that stops for ever after a reaction's commit and before its job leaves the queue;
* ``calling``: a worker that stops for ever after an outside call and before its outcome is stored.
"""

import asyncio
import sys
from uuid import UUID

import msgspec
import structlog
import uvloop
from pgqueuer.domain.models import Job

from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.jobs import Outside, Registry
from holdfast.kernel.processes import stop_on_signals
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.kernel.worker import Worker
from tests.kernel.effects import Happened, note

SETTINGS = Settings(
    environment="test", pool_size=2, job_concurrency=2, job_heartbeat_seconds=1.0, job_backoff_seconds=0.05
)
REACTIONS = ("chaos.single", "chaos.batch", "chaos.outside")


class Told(msgspec.Struct):
    """What the test tells the process."""

    where: Addresses
    tenant: UUID


def say(word: str) -> None:
    """Tell the test how far we are."""
    print(word, flush=True)


def registry() -> Registry:
    """A reaction of each sort, all with an effect for each event."""
    registry_ = Registry()

    @registry_.on(Happened, name="chaos.single")
    async def single(tx: Tx, event: Happened) -> None:
        await note(tx, "single", event.number, event.thing_id)

    @registry_.on(Happened, batch=10, lane="tenant", name="chaos.batch")
    async def batch(tx: Tx, events: list[Happened]) -> None:
        for event in events:
            await note(tx, "batch", event.number, event.thing_id)

    @registry_.on(Happened, outside=True, name="chaos.outside")
    async def outside(job: Outside, event: Happened) -> None:
        await asyncio.sleep(0.001)
        async with job.outcome() as tx:
            await note(tx, "outside", event.number, event.thing_id)

    return registry_


async def command(told: Told) -> None:
    """A command that never commits."""
    async with transaction(Database(told.where, SETTINGS), told.tenant) as tx:
        await note(tx, "command", 1)
        await tx.emit(Happened(thing_id=told.tenant, number=1))
        say("inserted")
        await asyncio.sleep(3600)


class Unacknowledged(Worker):
    """A worker that freezes between the effect's commit and the queue's acknowledgement."""

    async def _attempt(self, job: Job) -> float | None:
        await super()._attempt(job)
        say("committed")
        await asyncio.sleep(3600)
        return None


def freezing(kind: str) -> Registry:
    """A registry whose reaction stops for ever."""
    registry_ = Registry()
    if kind == "unfinished":

        @registry_.on(Happened, name="chaos.single")
        async def single(tx: Tx, event: Happened) -> None:
            await note(tx, "single", event.number, event.thing_id)
            say("inside")
            await asyncio.sleep(3600)

    else:

        @registry_.on(Happened, outside=True, name="chaos.outside")
        async def outside(job: Outside, event: Happened) -> None:
            async with job.transaction() as tx:
                await note(tx, "call", job.attempt, event.thing_id)
            say("called")
            await asyncio.sleep(3600)

    return registry_


async def main(kind: str, count: int, told: Told) -> None:
    """Be that process."""
    stop = asyncio.Event()
    if kind == "command":
        await command(told)
    elif kind == "worker":
        stop_on_signals(stop)
        workers = [Worker(Database(told.where, SETTINGS), registry()) for _ in range(count)]
        running = [asyncio.create_task(worker.run(stop)) for worker in workers]
        say("started")
        await asyncio.gather(*running)
        say("stopped")
    elif kind == "unacknowledged":
        only = Registry()
        only.reactions["chaos.single"] = registry().reactions["chaos.single"]
        await Unacknowledged(Database(told.where, SETTINGS), only).run(stop)
    else:
        await Worker(Database(told.where, SETTINGS), freezing(kind)).run(stop)


if __name__ == "__main__":
    # The test reads words from standard output, and not all the time; logs would fill the pipe and stop the worker.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(
        main(
            sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1, msgspec.json.decode(sys.stdin.read(), type=Told)
        )
    )
