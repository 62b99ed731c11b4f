"""Lanes: the events of one subject (or one tenant) on their way to one reaction, in order, one after the other.

A lane is drained by whoever holds its advisory lock. Each delivery, or batch of them, runs in a transaction of its
own in the event's tenant, and that same transaction marks it done: there is either the effect and the mark, or
neither, whenever the process dies.

A wake-up cannot be lost. Whoever finds the lock taken goes away, and may have come for a delivery that the holder
has not seen; so the holder looks again after it let the lock go, with a snapshot taken then. If the holder dies in
between, its job in the queue is still unfinished and is given to another.
"""

import hashlib
import random
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec
import structlog

from holdfast.kernel import events, ids, telemetry
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.events import Recorded
from holdfast.kernel.jobs import Reaction
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import PLATFORM, Tx, begin, transaction

log = structlog.get_logger()

LONGEST_BACKOFF_SECONDS = 3600.0
UNKNOWN_KIND_SECONDS = 30.0
"""How long an event waits whose kind this release does not know; a newer worker will know it."""

_HEAD = (
    "select d.event_id, d.attempts, d.due_at - now() - $4 as wait, "
    "e.id, e.tenant_id, e.xid, e.seq, e.at, e.actor_kind, e.actor_id, e.request_id, e.name, e.body "
    "from kernel_delivery d join kernel_event e on e.xid = d.xid and e.seq = d.seq "
    "where d.tenant_id = kernel_tenant() and d.reaction = $1 and d.lane = $2 and d.state = 'pending' "
    "order by d.xid, d.seq limit $3"
)
_OFFSET = "select clock_offset from tenants_tenant where id = kernel_tenant()"

# What ends a run goes to the server as one simple query, because the simple protocol is the only one that takes
# several statements in one round trip. It knows no arguments: the ids are UUIDs and the reaction's name was checked
# when it was declared, so nothing can be injected. The last statement runs after the commit, with a snapshot of its
# own, and says whether the lane has more that is due.
_DONE = (
    "update kernel_delivery set state = 'done', finished_at = now(), attempts = attempts + 1, error = null "
    "where tenant_id = '{tenant}' and reaction = '{reaction}' and event_id in ({done}) and state = 'pending'; "
)
_LOOK = (
    "commit; set local holdfast.tenant = '{tenant}'; select 1 from (select due_at from kernel_delivery "
    "where tenant_id = '{tenant}' and reaction = '{reaction}' and lane = '{lane}' and state = 'pending' "
    "order by xid, seq limit 1) head where due_at is null or due_at <= now() + interval '{offset} microseconds'"
)

_FAILED = (
    "update kernel_delivery set attempts = attempts + $3, error = $4, due_at = now() + $5, "
    "state = case when $6 then 'dead' else 'pending' end, finished_at = case when $6 then now() end "
    "where tenant_id = kernel_tenant() and reaction = $1 and event_id = any($2) and state = 'pending'"
)


Outcome = Literal["done", "dead", "retried"]


class UnknownKind(Exception):
    """The event's kind is not known to this release."""


class Drained(msgspec.Struct, kw_only=True):
    """How the draining of a lane ended."""

    done: int = 0
    failed: int = 0
    dead: int = 0
    again_seconds: float | None = None
    """When the lane must be looked at again; absent when nothing is left, or another holds it."""


class Waiting(msgspec.Struct, frozen=True):
    """A delivery that is due."""

    event_id: UUID
    attempts: int
    recorded: Recorded | None
    """Absent for a kind of event, or a shape of it, that this release cannot read."""
    unreadable: Exception | None = None


class Lane(msgspec.Struct, kw_only=True):
    """A lane that is being drained, and what has come of it so far."""

    database: Database
    reaction: Reaction
    tenant: UUID
    id: UUID
    offset: timedelta = timedelta()
    """How far the tenant's clock is ahead."""
    wait: timedelta | None = None
    """How long until the lane's head is due, when it was looked at and was not."""
    drained: Drained = msgspec.field(default_factory=Drained)

    @property
    def key(self) -> int:
        """The lane's advisory lock: 64 bits, so that two lanes share one once in a blue moon, which costs a wait."""
        named = f"{self.reaction.name}/{self.tenant}/{self.id}".encode()
        return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)

    @property
    def most_attempts(self) -> int:
        """Attempts before a delivery of this reaction is dead."""
        return self.reaction.attempts or self.database.settings.job_attempts

    async def begin(self, connection: Connection) -> Tx:
        """A transaction under the lane's lock.

        Raises:
            LockedElsewhere: another drains the lane.
        """
        tx = await begin(connection, tenant=self.tenant, actor=PLATFORM, database=self.database, lock=self.key)
        if self.database.settings.movable_clock and self.tenant != ids.PLATFORM:
            self.offset = await connection.fetchval(_OFFSET) or timedelta()
        return tx

    async def head(self, tx: Tx, limit: int) -> list[Waiting]:
        """The first deliveries of the lane, as far as they are due and may run together.

        One that failed runs alone, so that it cannot spoil a batch twice.
        """
        found: list[Waiting] = []
        self.wait = None
        for record in await tx.connection.fetch(_HEAD, self.reaction.name, self.id, limit, self.offset):
            wait = record["wait"]
            if wait is not None and wait > timedelta():
                self.wait = None if found else wait
                break
            if found and record["attempts"]:
                break
            waiting = _waiting(record)
            if found and waiting.recorded is None:
                break
            found.append(waiting)
            if waiting.attempts or waiting.recorded is None:
                break
        return found

    async def release(self, connection: Connection, done: Sequence[UUID] = ()) -> bool:
        """Mark what is done, commit, let the lock go, look again: gives whether the lane's head is due."""
        query = (_DONE + _LOOK if done else _LOOK).format(
            reaction=self.reaction.name,
            tenant=self.tenant,
            lane=self.id,
            offset=self.offset // timedelta(microseconds=1),
            done=", ".join(f"'{event_id}'" for event_id in done),
        )
        return await connection.execute(query) == "SELECT 1"

    async def failed(self, waiting: Sequence[Waiting], error: Exception, *, counted: bool = False) -> Outcome:
        """Note a failed attempt: another comes after a delay, or the delivery is dead.

        ``counted`` says that the attempt was counted when it began. A batch is never dead as a whole; its members
        are tried one by one before that.
        """
        attempt = waiting[0].attempts + 1
        dead = attempt >= self.most_attempts and len(waiting) == 1
        delay = backoff_seconds(attempt, first=self.database.settings.job_backoff_seconds)
        text = described(error, self.reaction.run.__module__)
        if isinstance(error, UnknownKind):
            attempt, dead, counted, delay = waiting[0].attempts, False, True, UNKNOWN_KIND_SECONDS
        async with transaction(self.database, self.tenant) as tx:
            touched = await tx.connection.execute(
                _FAILED,
                self.reaction.name,
                [one.event_id for one in waiting],
                0 if counted else 1,
                text,
                self.offset + timedelta(seconds=delay),
                dead,
            )
        if touched == "UPDATE 0":
            # The commit had arrived before the connection broke, or somebody else was faster.
            return "done"
        self.drained.failed += 1
        self.drained.dead += dead
        if not dead:
            self.drained.again_seconds = delay
        log.warning(
            "job.dead" if dead else "job.failed",
            reaction=self.reaction.name,
            tenant=str(self.tenant),
            event_id=str(waiting[0].event_id),
            attempt=attempt,
            error=text,
        )
        if dead and not isinstance(error, Problem):
            telemetry.report(error)
        return "dead" if dead else "retried"


def _waiting(record: asyncpg.Record) -> Waiting:
    try:
        recorded = events.recorded(record)
    except msgspec.ValidationError as error:
        return Waiting(record["event_id"], record["attempts"], None, error)
    unknown = None if recorded else UnknownKind(record["name"])
    return Waiting(record["event_id"], record["attempts"], recorded, unknown)


def backoff_seconds(attempt: int, *, first: float) -> float:
    """The delay after that many failed attempts: doubling, a quarter of jitter either way, about an hour at most."""
    return min(first * 2.0 ** (attempt - 1), LONGEST_BACKOFF_SECONDS) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter


def described(error: BaseException, module: str) -> str:
    """What went wrong and where in the reaction's package, without the message, which may name a person."""
    kind = type(error)
    text = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, Problem):
        text += f" ({error.code()})"
    if isinstance(error, asyncpg.PostgresError):
        constraint = error.as_dict().get("constraint_name")
        text += f" ({error.sqlstate}{f' {constraint}' if constraint else ''})"
    return text + _place(error.__traceback__, module.split(".")[0])


def _place(traceback: TracebackType | None, package: str) -> str:
    """The innermost line of the package, outside the machinery that carries every reaction."""
    machinery = (__name__, "holdfast.kernel.tx", "holdfast.kernel.deliveries", "holdfast.kernel.calls")
    place = ""
    while traceback is not None:
        where = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if where.split(".")[0] == package and where not in machinery:
            place = f" in {where}.{traceback.tb_frame.f_code.co_name}, line {traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


async def rolled_back(connection: Connection) -> None:
    """End a transaction in which something failed; a connection that broke is cut, which ends it as well."""
    if connection.is_closed():
        return
    try:
        if connection.is_in_transaction():
            await connection.execute("rollback")
    except Exception:
        connection.terminate()
