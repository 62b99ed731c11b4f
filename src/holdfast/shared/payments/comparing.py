"""Comparing: a reconciliation is made, in short transactions with the provider asked in between and none open then.

It may die anywhere and be made again: it repairs only what still differs, and writes nothing down twice. What cannot be
compared or repaired is written down with the reason, and the rest goes on.
"""

from collections.abc import Awaitable, Iterable, Sequence
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import amounts
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import calls, connections, disputes, findings, judging, reconciliation
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.findings import Evidence, Record
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.reconciliation import Reconciliation

log = structlog.get_logger()

_BATCH = 100
_MOST_PAGES = 10_000
"""A provider whose list never ends is broken."""


async def run(opens: Opens, database: Database, run_id: UUID) -> Reconciliation:
    """Make a comparison that was asked for, and store what it found; one that is made already is left as it is."""
    async with opens() as tx:
        await tx.execute(
            "update payments_reconciliation set status = 'running' where id = $1 and status = 'wanted'", run_id
        )
        made = await tx.get(Reconciliation, run_id)
        connection = await connections.opened(tx, made.connection_id)
    if made.finished_at is not None:
        return made
    try:
        compared = await _Comparison(opens, _Asking(calls.adapter(connection, database), connection), made).make()
    except outcomes.CallFailed as failed:
        log.warning("payments.reconciliation_failed", run=str(run_id), error=type(failed).__name__)
        async with opens() as tx:
            return await reconciliation.finish(tx, made, compared=0, error=str(calls.problem_of(failed)))
    async with opens() as tx:
        return await reconciliation.finish(tx, made, compared=compared)


class _Asking:
    """A provider that is asked with a limit on each question."""

    def __init__(self, provider: ports.Provider, connection: ports.Connection) -> None:
        self.connection = connection
        self._provider = provider

    async def page(self, made: Reconciliation, cursor: str | None) -> ports.Batch:
        listing = self._provider.listing(since=made.since, until=made.until, cursor=cursor)
        batch: ports.Batch = await calls.guarded(self.connection.provider, "listing", listing)
        return batch

    async def payment(self, ref: str) -> ports.Payment | None:
        """A payment by the provider's name; None when it knows none."""
        try:
            found: ports.Payment = await calls.guarded(self.connection.provider, "fetch", self._provider.fetch(ref))
        except outcomes.Gone:
            return None
        return found

    async def refunds(self, ref: str) -> Sequence[ports.Refund]:
        found: Sequence[ports.Refund] = await calls.guarded(
            self.connection.provider, "refunds", self._provider.refunds(ref)
        )
        return found

    async def refunded(self, made: Reconciliation) -> Sequence[str]:
        """Payments, however old, of which a refund was made in the time."""
        if "refund" not in self._provider.abilities:
            return ()
        asked = self._provider.refunded(since=made.since, until=made.until)
        found: Sequence[str] = await calls.guarded(self.connection.provider, "refunded", asked)
        return found

    async def complaints(self, made: Reconciliation) -> ports.Complaints:
        """Disputes that were opened in the time."""
        if "dispute" not in self._provider.abilities:
            return ports.Complaints(disputes=())
        asked = self._provider.complaints(since=made.since, until=made.until)
        found: ports.Complaints = await calls.guarded(self.connection.provider, "complaints", asked)
        return found

    async def disputes(self, ref: str) -> Sequence[ports.Dispute]:
        """Every dispute of a payment; none when the provider does not know it any more."""
        try:
            found: Sequence[ports.Dispute] = await calls.guarded(
                self.connection.provider, "disputes", self._provider.disputes(ref)
            )
        except outcomes.Gone:
            return ()
        return found


class _Comparison:
    """A comparison that is being made."""

    def __init__(self, opens: Opens, asking: _Asking, made: Reconciliation) -> None:
        self._opens = opens
        self._asking = asking
        self._made = made
        self._live = asking.connection.mode == "live"
        self._listed: set[str] = set()
        """Names of payments that were compared."""
        self._met: set[UUID] = set()
        """Payments of ours whose counterpart was compared."""
        self._compared = 0

    async def make(self) -> int:
        """Go through every list, the provider's before ours; gives how many payments were compared."""
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            batch = await self._asking.page(self._made, cursor)
            await self._compare(batch.payments)
            for ref, payment_id in batch.unreadable.items():
                self._listed.add(ref)
                await self._unreadable(Evidence(subject=ref, payment_id=payment_id))
            cursor = batch.next
            if cursor is None:
                break
        else:
            raise outcomes.Rejected("endless", "The provider's list does not end.")
        # What happened in the time to older payments: nothing else would ever find what was not heard of it.
        complaints = await self._asking.complaints(self._made)
        await self._compare_older(await self._asking.refunded(self._made))
        await self._compare_older(told.payment_ref for told in complaints.disputes)
        await self._compare_disputes(complaints)
        await self._compare_held()
        return self._compared

    async def _compare(self, told: Sequence[ports.Payment]) -> None:
        async with self._opens() as tx:
            records = await judging.records(tx, self._made.connection_id, told)
        for record in records:
            await self._judged(record)

    async def _judged(self, record: Record) -> None:
        if record.theirs is not None:
            self._listed.add(record.theirs.ref)
            if record.ours is not None and record.ours.provider_ref == record.theirs.ref:
                self._met.add(record.ours.id)
        self._compared += 1
        await self._each(findings.of_record(record), self._judge(record))

    async def _each(self, evidence: Evidence, step: Awaitable[None]) -> None:
        """Compare one thing; what goes wrong with it is written down, and the others are compared all the same."""
        try:
            await step
        except (Problem, amounts.Unreadable) as odd:
            log.warning("payments.not_comparable", subject=evidence.subject, error=type(odd).__name__)
            await self._unreadable(evidence, str(odd))

    async def _unreadable(self, evidence: Evidence, problem: str | None = None) -> None:
        async with self._opens() as tx:
            await reconciliation.note(tx, self._made, evidence, ["unreadable"], ["unreadable"], problem=problem)

    async def _judge(self, record: Record) -> None:
        """Look at one payment, make true what can safely be, and write down what was found."""
        found = findings.differences(record, live=self._live)
        if not found:
            return
        standing, problem = found, None
        if judging.safe(found):
            theirs = record.theirs
            asks = theirs is not None and (theirs.refunded.minor > 0 or "refunds" in found)
            given = await self._asking.refunds(theirs.ref) if theirs is not None and asks else ()
            try:
                standing = await judging.repaired(self._opens, self._asking.connection, record, given, live=self._live)
            except Problem as refused:
                problem = str(refused)
        async with self._opens() as tx:
            await reconciliation.note(tx, self._made, findings.of_record(record), found, standing, problem=problem)

    async def _compare_older(self, refs: Iterable[str]) -> None:
        """Compare payments that the provider's list did not name, though something happened to them in the time."""
        for ref in dict.fromkeys(refs):
            if ref and ref not in self._listed:
                await self._each(Evidence(subject=ref), self._compare_named(ref))

    async def _compare_named(self, ref: str) -> None:
        theirs = await self._asking.payment(ref)
        if theirs is not None:
            await self._compare([theirs])

    async def _compare_disputes(self, complaints: ports.Complaints) -> None:
        """Compare what was opened in the time, and whatever is open here."""
        for ref in complaints.unreadable:
            await self._unreadable(Evidence(subject=ref))
        asked = {told.ref for told in complaints.disputes}
        for told in complaints.disputes:
            await self._each(Evidence(subject=told.ref), self._judge_dispute(told))
        after = UUID(int=0)
        while True:
            async with self._opens() as tx:
                waiting = await _waiting(tx, self._made.connection_id, after)
            for one in waiting:
                after = one.id
                if one.provider_ref not in asked and one.payment_ref is not None:
                    await self._each(Evidence(subject=one.provider_ref), self._ask_dispute(one.payment_ref, asked))
            if len(waiting) < _BATCH:
                return

    async def _ask_dispute(self, payment_ref: str, asked: set[str]) -> None:
        for told in await self._asking.disputes(payment_ref):
            if told.ref not in asked:
                asked.add(told.ref)
                await self._judge_dispute(told)

    async def _judge_dispute(self, told: ports.Dispute) -> None:
        """Look at one dispute, and take in what we do not know of it."""
        async with self._opens() as tx:
            known = await disputes.of_ref(tx, self._made.connection_id, told.ref)
            if not disputes.differs(known, told):
                return
            payment = await judging.disputed(tx, self._made.connection_id, told)
            still = payment is None or disputes.differs(await disputes.told(tx, payment, told), told)
            evidence = findings.of_dispute(known, told, None if payment is None else payment.id)
            await reconciliation.note(tx, self._made, evidence, ["dispute"], ["dispute"] if still else [])

    async def _compare_held(self) -> None:
        """Compare what we hold for paid in the time, and the provider did not name."""
        after = UUID(int=0)
        while True:
            async with self._opens() as tx:
                held = await _held(tx, self._made, after)
            for payment in held:
                after = payment.id
                if payment.id not in self._met and payment.provider_ref is not None:
                    evidence = Evidence(subject=payment.provider_ref, payment_id=payment.id)
                    await self._each(evidence, self._compare_ours(payment.id, payment.provider_ref))
            if len(held) < _BATCH:
                return

    async def _compare_ours(self, payment_id: UUID, ref: str) -> None:
        theirs = await self._asking.payment(ref)
        async with self._opens() as tx:
            record = await judging.record(tx, payment_id, theirs)
        await self._judged(record)


class _Open(msgspec.Struct):
    """An open dispute, and what the provider calls the payment."""

    id: UUID
    provider_ref: str
    payment_ref: str | None


async def _waiting(tx: Tx, connection_id: UUID, after: UUID) -> list[_Open]:
    """Disputes that are open here, in the order of ids: the message that one was decided may have been lost."""
    return await tx.all(
        _Open,
        "select d.id, d.provider_ref, p.provider_ref as payment_ref from payments_dispute as d "
        "join payments_payment as p on p.tenant_id = d.tenant_id and p.id = d.payment_id "
        "where d.connection_id = $1 and d.closed_at is null and d.id > $2 order by d.id limit $3",
        connection_id,
        after,
        _BATCH,
    )


async def _held(tx: Tx, made: Reconciliation, after: UUID) -> list[Payment]:
    """What we hold for paid on the connection in the time, in the order of ids."""
    return await tx.all(
        Payment,
        "select * from payments_payment where connection_id = $1 and id > $2 and captured_at >= $3 "
        "and captured_at < $4 order by id limit $5",
        made.connection_id,
        after,
        made.since,
        made.until,
        _BATCH,
    )
