"""Deliveries: running a lane's reactions, each in a transaction that also marks its delivery done."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

from holdfast.kernel import calls, telemetry
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.jobs import Reaction
from holdfast.kernel.lanes import Drained, Lane, Waiting, rolled_back
from holdfast.kernel.tx import LockedElsewhere, Tx

LANE_SECONDS = 5.0
"""How long one job may stay in a lane while others wait."""
_PATIENCE = timedelta(seconds=0.25)
"""How long a run waits for its turn under a rate; when it would be longer, its job goes back to the queue."""

_TURN = (
    "update kernel_reaction set next_call_at = greatest(next_call_at, now()) + $2::interval "
    "where name = $1 and next_call_at <= now() + $3::interval returning next_call_at - $2::interval - now()"
)
_NEXT_TURN = "select max(next_call_at) - now() from kernel_reaction where name = $1"


async def drain_lane(
    database: Database, reaction: Reaction, tenant: UUID, lane: UUID, *, seconds: float = LANE_SECONDS
) -> Drained:
    """Run what is due in a lane, in order, until nothing is, or another holds it, or the time is up.

    A reaction that fails is noted and tried again later; only trouble with the database itself is raised.
    """
    here = Lane(database=database, reaction=reaction, tenant=tenant, id=lane)
    deadline = time.monotonic() + seconds
    more = True
    while more and here.drained.again_seconds is None:
        if time.monotonic() > deadline:
            # Other lanes wait as well; this one goes to the end of the queue.
            here.drained.again_seconds = 0.0
        elif reaction.rate is not None and (wait := await turn(database, reaction)) > 0:
            here.drained.again_seconds = wait
        elif reaction.outside:
            more = await calls.step(here)
        else:
            async with database.app.connection() as connection:
                more = await _step(here, connection)
    return here.drained


async def turn(database: Database, reaction: Reaction) -> float:
    """Take a turn under the reaction's rate, across all workers, and wait for it if it comes soon.

    Gives 0 when the run may start, otherwise the seconds after which to ask again.
    """
    assert reaction.rate is not None  # noqa: S101 - only asked for those with a rate
    async with database.relay.connection() as connection:
        step = timedelta(seconds=1 / reaction.rate)
        wait: timedelta | None = await connection.fetchval(_TURN, reaction.name, step, _PATIENCE)
        if wait is None:
            wait = await connection.fetchval(_NEXT_TURN, reaction.name)
            return 0.0 if wait is None else max(wait.total_seconds() - _PATIENCE.total_seconds(), 0.01)
    await asyncio.sleep(max(wait.total_seconds(), 0.0))
    return 0.0


async def _step(lane: Lane, connection: Connection) -> bool:
    """Run the head of the lane, if it is due, in one transaction; gives whether there is more."""
    try:
        tx = await lane.begin(connection)
    except LockedElsewhere:
        return False
    head: list[Waiting] = []
    started = time.monotonic()
    try:
        head = await lane.head(tx, lane.reaction.batch)
        if head:
            await _run(lane.reaction, tx, head)
        more = await lane.release(connection, [waiting.event_id for waiting in head])
    except Exception as error:
        await rolled_back(connection)
        if not head:
            raise
        failure = error
    except BaseException:
        await rolled_back(connection)
        raise
    else:
        if head:
            lane.drained.done += len(head)
            telemetry.job(lane.reaction.name, time.monotonic() - started, "done")
        return more
    outcome = await lane.failed(head, failure)
    telemetry.job(lane.reaction.name, time.monotonic() - started, outcome)
    return outcome != "retried"


async def _run(reaction: Reaction, tx: Tx, head: list[Waiting]) -> None:
    """Call the reaction with what it takes.

    Raises:
        UnknownKind: this release does not know the event.
        msgspec.ValidationError: the event's body is not of its shape.
    """
    recorded = [waiting.recorded for waiting in head if waiting.recorded is not None]
    if not recorded:
        assert head[0].unreadable is not None  # noqa: S101 - one of the two is there
        raise head[0].unreadable
    if reaction.batched:
        tx.causes = recorded
        await reaction.run(tx, [one.event for one in recorded])
        return
    tx.cause, tx.request_id = recorded[0], recorded[0].request_id
    await reaction.run(tx, recorded[0].event)
