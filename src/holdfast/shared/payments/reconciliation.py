"""Reconciliation: our payments, the ledger and the provider's own list, compared three ways (P75).

A comparison goes through what the provider says was paid in a time, and through what we hold for paid in the same time
and the provider did not name. What can safely be made true is: whatever the provider tells is told to ``answers`` and
``refunds``, which everything else passes through as well. What cannot is written down with what each of the three has,
for somebody to look at. It runs every night for every active connection, and whenever it is asked for.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec
import structlog

from holdfast.kernel import ids, pages
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import connections
from holdfast.shared.payments.connections import READ
from holdfast.shared.payments.findings import Evidence, Finding, Kind

log = structlog.get_logger()

RECONCILE = grant("payments.reconcile", "Compare the books with the payment providers", roles=("owner", "manager"))

NIGHTLY = timedelta(days=3)
"""How far back a night looks; a provider may take a day or two to write something down."""
LONGEST = timedelta(days=400)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Before this no provider has anything, and a moment cannot be counted back from."""
INTERRUPTED = timedelta(hours=1)
"""A comparison that takes longer was interrupted."""
Status: TypeAlias = Literal["wanted", "running", "clean", "found", "failed"]


class Reconciliation(Row):
    """A comparison of one connection over a time."""

    table: ClassVar[str] = "payments_reconciliation"
    id: UUID
    connection_id: UUID
    since: datetime
    until: datetime
    asked_by_kind: str
    asked_by: UUID | None
    status: Status
    """``clean`` when nothing differs any more, ``found`` when something waits for somebody."""
    compared: int
    """Payments that were compared."""
    repaired: int
    standing: int
    """Findings that are not repaired."""
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class Wanted(Event):
    """A comparison was asked for."""

    name: ClassVar[str] = "payments.reconciliation.wanted"
    subject: ClassVar[str] = "reconciliation_id"
    reconciliation_id: UUID
    connection_id: UUID


class Finished(Event):
    """A comparison is done."""

    name: ClassVar[str] = "payments.reconciliation.finished"
    subject: ClassVar[str] = "reconciliation_id"
    reconciliation_id: UUID
    connection_id: UUID
    status: Status
    compared: int
    repaired: int
    standing: int


class Running(Problem):
    """This connection is being compared already; wait for the result."""


class Whole(msgspec.Struct, kw_only=True, frozen=True):
    """A comparison with what it found."""

    run: Reconciliation
    findings: list[Finding]


async def want(
    tx: Tx,
    connection_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    announce: bool = True,
) -> Reconciliation:
    """Ask for a comparison; it is made once this is committed.

    Args:
        tx: the transaction.
        connection_id: of what.
        since: from when on; three days ago when absent.
        until: up to when; now when absent.
        announce: False where whoever asks makes it themselves, as the command line does.

    Raises:
        NotAllowed: the actor lacks ``payments.reconcile``.
        NotFound: there is no such connection.
        Invalid: the time is empty or longer than 400 days.
        Running: another comparison of the connection is under way.
    """
    tx.must(RECONCILE)
    until = until or tx.now
    if until < EARLIEST:
        raise Invalid("A comparison looks at a time in which there were payments.", field="until")
    since = since or until - NIGHTLY
    if not since < until <= tx.now + timedelta(minutes=5):
        raise Invalid("A comparison looks at a time that has passed.", field="since")
    if until - since > LONGEST:
        raise Invalid("A comparison looks at 400 days at most.", field="since")
    await tx.get(connections.Connection, connection_id)
    # Whoever made it died, and nobody goes on.
    await tx.execute(
        "update payments_reconciliation set status = 'failed', error = 'It was interrupted.', finished_at = $2 "
        "where connection_id = $1 and status in ('wanted', 'running') and created_at < $3",
        connection_id,
        tx.now,
        tx.now - INTERRUPTED,
    )
    run = await tx.find(
        Reconciliation,
        "insert into payments_reconciliation (id, connection_id, since, until, asked_by_kind, asked_by, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, connection_id) "
        "where status in ('wanted', 'running') do nothing returning *",
        ids.new(),
        connection_id,
        since,
        until,
        tx.actor.kind,
        tx.actor.id,
        tx.now,
    )
    if run is None:
        raise Running
    if announce:
        await tx.emit(Wanted(reconciliation_id=run.id, connection_id=connection_id))
    return run


async def want_all(tx: Tx) -> None:
    """Ask for a comparison of every active connection that is not being compared."""
    for connection in await connections.listing(tx):
        if connection.active:
            try:
                await want(tx, connection.id)
            except Running:
                continue


async def runs(tx: Tx, page: Page) -> Listing[Reconciliation]:
    """The business's comparisons, newest first.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    moment, last = page.after_moment()
    found = await tx.all(
        Reconciliation,
        "select * from payments_reconciliation where (created_at, id) < (coalesce($1, 'infinity'::timestamptz), "
        "coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) order by created_at desc, id desc limit $3",
        moment,
        last,
        page.fetch,
    )
    return pages.listing(page, found, lambda run: (run.created_at, run.id))


async def whole(tx: Tx, run_id: UUID) -> Whole:
    """A comparison with its findings, what stands before what was repaired; a thousand at most.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        NotFound: there is no such comparison.
    """
    tx.must(READ)
    return Whole(
        run=await tx.get(Reconciliation, run_id),
        findings=await tx.all(
            Finding,
            "select * from payments_finding where reconciliation_id = $1 order by repaired, kind, subject limit 1000",
            run_id,
        ),
    )


async def note(
    tx: Tx,
    made: Reconciliation,
    evidence: Evidence,
    found: Sequence[Kind],
    standing: Sequence[Kind],
    *,
    problem: str | None = None,
) -> None:
    """Write down what a comparison found, and what of that still stands and why; made again, it is once."""
    for kind in dict.fromkeys([*found, *standing]):
        await tx.execute(
            "insert into payments_finding (id, reconciliation_id, kind, subject, payment_id, ours, ledger, theirs, "
            "repaired, problem, found_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict on "
            "constraint payments_finding_once do update set repaired = excluded.repaired, problem = excluded.problem",
            ids.new(),
            made.id,
            kind,
            evidence.subject[:255],
            evidence.payment_id,
            evidence.ours,
            evidence.ledger,
            evidence.theirs,
            kind not in standing,
            problem if kind in standing else None,
            tx.now,
        )


async def finish(tx: Tx, made: Reconciliation, *, compared: int, error: str | None = None) -> Reconciliation:
    """End a comparison, by what it found."""
    done = await tx.find(
        Reconciliation,
        "update payments_reconciliation as r set compared = $2, repaired = f.repaired, standing = f.standing, "
        "error = $3, finished_at = $4, status = case when $3::text is not null then 'failed' "
        "when f.standing > 0 then 'found' else 'clean' end from (select count(*) filter (where repaired) as repaired, "
        "count(*) filter (where not repaired) as standing from payments_finding where reconciliation_id = $1) as f "
        "where r.id = $1 and r.status = 'running' returning r.*",
        made.id,
        compared,
        error,
        tx.now,
    )
    if done is None:
        return await tx.get(Reconciliation, made.id)
    await tx.emit(
        Finished(
            reconciliation_id=done.id,
            connection_id=done.connection_id,
            status=done.status,
            compared=done.compared,
            repaired=done.repaired,
            standing=done.standing,
        )
    )
    return done
