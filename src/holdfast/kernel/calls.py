"""Calls: reactions that call an outside service, in two transactions with the call between them.

No transaction is open while the service is waited for. The first transaction takes the delivery for a while (a
lease, renewed while the call runs); the one that stores the outcome marks it done. When a worker dies in between,
the call is made again with the same key, which the service must know as an idempotency key; the outcome is stored
once whatever happens.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from uuid import UUID

import structlog

from holdfast.kernel import telemetry
from holdfast.kernel.database import Connection
from holdfast.kernel.events import Recorded
from holdfast.kernel.lanes import Lane, Outcome, Waiting, rolled_back
from holdfast.kernel.tx import LockedElsewhere, Tx, transaction

log = structlog.get_logger()

_TAKE = (
    "update kernel_delivery set attempts = attempts + 1, due_at = now() + $3 "
    "where tenant_id = kernel_tenant() and reaction = $1 and event_id = $2 and state = 'pending'"
)
_RENEW = (
    "update kernel_delivery set due_at = now() + $3 "
    "where tenant_id = kernel_tenant() and reaction = $1 and event_id = $2 and state = 'pending' and attempts = $4"
)
_DONE = (
    "update kernel_delivery set state = 'done', finished_at = now(), error = null "
    "where tenant_id = kernel_tenant() and reaction = $1 and event_id = $2 and state = 'pending'"
)


class DoneElsewhere(Exception):
    """Another worker has stored the outcome, because this one was silent for longer than its lease."""


class Call:
    """One attempt of a reaction that calls an outside service; the ``Outside`` that the reaction is given."""

    def __init__(self, lane: Lane, waiting: Waiting, recorded: Recorded) -> None:
        self._lane = lane
        self.cause = recorded
        self.tenant: UUID = lane.tenant
        self.database = lane.database
        self.key = f"{recorded.id}:{lane.reaction.name}"
        self.attempt = waiting.attempts + 1
        self.done = False

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction in the event's tenant, for reading and for notes along the way."""
        return transaction(self._lane.database, self.tenant, request_id=self.cause.request_id, cause=self.cause)

    @asynccontextmanager
    async def outcome(self) -> AsyncIterator[Tx]:
        """The transaction that stores what came of the call and marks the delivery done.

        Raises:
            DoneElsewhere: the outcome is stored already; what this attempt wrote is rolled back.
        """
        async with self.transaction() as tx:
            if await tx.connection.execute(_DONE, self._lane.reaction.name, self.cause.id) == "UPDATE 0":
                raise DoneElsewhere
            yield tx
        self.done = True

    async def renew(self, seconds: float) -> None:
        """Keep the lease as long as the call runs."""
        while True:
            await asyncio.sleep(seconds / 3)
            # A renewal that fails is tried again before the lease ends.
            with contextlib.suppress(Exception):
                async with self.transaction() as tx:
                    lease = self._lane.offset + timedelta(seconds=seconds)
                    await tx.connection.execute(_RENEW, self._lane.reaction.name, self.cause.id, lease, self.attempt)


async def _take(lane: Lane, connection: Connection) -> Waiting | None:
    """The lane's head, taken for as long as a silent worker is believed to live; None when nothing is due.

    Raises:
        LockedElsewhere: another worker is choosing from the lane.
    """
    tx = await lane.begin(connection)
    try:
        head = await lane.head(tx, 1)
        if not head:
            return None
        if head[0].recorded is not None:
            lease = lane.offset + timedelta(seconds=lane.database.settings.job_heartbeat_seconds)
            await connection.execute(_TAKE, lane.reaction.name, head[0].event_id, lease)
        return head[0]
    except BaseException:
        await rolled_back(connection)
        raise


async def step(lane: Lane) -> bool:
    """Run the head of the lane, if it is due; gives whether there is more."""
    async with lane.database.app.connection() as connection:
        try:
            waiting = await _take(lane, connection)
        except LockedElsewhere:
            return False
        more = await lane.release(connection)
    if waiting is None:
        lease = lane.database.settings.job_heartbeat_seconds
        if not more and lane.wait is not None and lane.wait.total_seconds() <= lease:
            # The head is leased to a worker that may be dead by now, and nobody else may come for it.
            lane.drained.again_seconds = lane.wait.total_seconds()
        return more
    if waiting.recorded is None:
        assert waiting.unreadable is not None  # noqa: S101 - one of the two is there
        return await lane.failed([waiting], waiting.unreadable) != "retried"
    started = time.monotonic()
    outcome = await _attempt(lane, waiting, Call(lane, waiting, waiting.recorded))
    telemetry.job(lane.reaction.name, time.monotonic() - started, outcome)
    return outcome != "retried"


async def _attempt(lane: Lane, waiting: Waiting, call: Call) -> Outcome:
    renewing = asyncio.create_task(call.renew(lane.database.settings.job_heartbeat_seconds))
    try:
        await lane.reaction.run(call, call.cause.event)
        if not call.done:
            async with call.outcome():
                pass
    except DoneElsewhere:
        return "done"
    except Exception as error:
        if call.done:
            log.warning("job.failed_after_outcome", reaction=lane.reaction.name, event_id=str(call.cause.id))
        else:
            return await lane.failed([waiting], error, counted=True)
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})
    lane.drained.done += 1
    return "done"
