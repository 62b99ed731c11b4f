"""Comparing: a reconciliation is made, in short transactions with the provider asked in between and none open then.

It may die anywhere and be made again: it repairs only what still differs, and writes nothing down twice.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, calls, connections, findings, payments, postings, reconciliation, refunds
from holdfast.shared.payments.findings import Booked, Kind, Record
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.reconciliation import Reconciliation

log = structlog.get_logger()

_BATCH = 100
_MOST_PAGES = 10_000
"""A provider whose list never ends is broken."""
_SAFE: frozenset[Kind] = frozenset({"behind", "stranger", "refunds", "ledger"})
"""What a repair is tried for."""

Opens: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]


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
        compared = await _compare(opens, _Asking(calls.adapter(connection, database), connection), made)
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


async def _compare(opens: Opens, asking: _Asking, made: Reconciliation) -> int:
    """Go through both lists; gives how many payments were compared."""
    named: set[UUID] = set()
    compared, cursor = 0, None
    for _ in range(_MOST_PAGES):
        batch = await asking.page(made, cursor)
        async with opens() as tx:
            records = await _records(tx, made.connection_id, batch.payments)
        for record in records:
            if record.ours is not None:
                named.add(record.ours.id)
            await _judge(opens, asking, made, record)
        compared += len(records)
        cursor = batch.next
        if cursor is None:
            break
    else:
        raise outcomes.Rejected("endless", "The provider's list does not end.")
    after = UUID(int=0)
    while True:
        async with opens() as tx:
            held = await _held(tx, made, after)
        for payment in held:
            after = payment.id
            if payment.id not in named and payment.provider_ref is not None:
                compared += 1
                theirs = await asking.payment(payment.provider_ref)
                async with opens() as tx:
                    record = await _record(tx, payment.id, theirs)
                await _judge(opens, asking, made, record)
        if len(held) < _BATCH:
            return compared


async def _records(tx: Tx, connection_id: UUID, told: Sequence[ports.Payment]) -> list[Record]:
    """The three records of each payment of a page, by three statements whatever its length."""
    ours = await tx.all(
        _Named,
        "select r.ref, p.* from payments_ref as r join payments_payment as p on p.id = r.payment_id "
        "where r.connection_id = $1 and r.ref = any ($2)",
        connection_id,
        [payment.ref for payment in told],
    )
    by_ref = {named.ref: _plain(named) for named in ours}
    unnamed = [payment.payment_id for payment in told if payment.ref not in by_ref and payment.payment_id is not None]
    by_id = {
        payment.id: payment
        for payment in await tx.all(Payment, "select * from payments_payment where id = any ($1)", unnamed)
    }
    matched = [by_ref.get(one.ref) or (by_id.get(one.payment_id) if one.payment_id else None) for one in told]
    booked = await _booked(tx, [payment.id for payment in matched if payment is not None])
    return [
        Record(ours=payment, booked=booked.get(payment.id, Booked()) if payment else Booked(), theirs=theirs)
        for payment, theirs in zip(matched, told, strict=True)
    ]


async def _record(tx: Tx, payment_id: UUID, theirs: ports.Payment | None) -> Record:
    booked = await _booked(tx, [payment_id])
    return Record(ours=await tx.get(Payment, payment_id), booked=booked.get(payment_id, Booked()), theirs=theirs)


class _Named(Payment, kw_only=True, frozen=True):
    ref: str


def _plain(named: _Named) -> Payment:
    return Payment(**{name: getattr(named, name) for name in Payment.__struct_fields__})


class _Sums(msgspec.Struct):
    payment_id: UUID
    captured: int
    refunded: int


async def _booked(tx: Tx, payment_ids: list[UUID]) -> dict[UUID, Booked]:
    """What the ledger holds of payments: what was captured for each, and given back by its refunds."""
    sums = await tx.all(
        _Sums,
        "select w.id as payment_id, coalesce((select sum(t.amount) from ledger_transfer as t "
        "where t.tenant_id = kernel_tenant() and t.reference_id = w.id and t.code = 'payments.captured'), 0)::bigint "
        "as captured, coalesce((select sum(case t.code when 'payments.refunded' then t.amount else -t.amount end) "
        "from payments_refund as r join ledger_transfer as t on t.tenant_id = kernel_tenant() "
        "and t.reference_id = r.id and t.code in ('payments.refunded', 'payments.refund_returned') "
        "where r.payment_id = w.id), 0)::bigint as refunded from unnest($1::uuid[]) as w (id)",
        payment_ids,
    )
    return {each.payment_id: Booked(captured=each.captured, refunded=each.refunded) for each in sums}


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


async def _judge(opens: Opens, asking: _Asking, made: Reconciliation, record: Record) -> None:
    """Look at one payment, make true what can safely be, and write down what was found."""
    live = asking.connection.mode == "live"
    found = findings.differences(record, live=live)
    if not found:
        return
    if _SAFE.intersection(found):
        standing = await _repaired(opens, asking, record, live=live)
    else:
        standing = found
    async with opens() as tx:
        await reconciliation.note(tx, made, record, found, standing)


async def _repaired(opens: Opens, asking: _Asking, record: Record, *, live: bool) -> list[Kind]:
    """Tell what the provider says to whoever believes it, book what is not booked; gives what still differs."""
    theirs = record.theirs
    given_back = await asking.refunds(theirs.ref) if theirs is not None and theirs.refunded.minor else []
    async with opens() as tx:
        payment = record.ours
        if theirs is not None:
            try:
                payment = await answers.told(tx, asking.connection, theirs)
            except answers.Stale:
                # It is moving at this moment; the next comparison sees where it went.
                return []
        assert payment is not None  # noqa: S101 - a record has one or the other
        payment = await tx.get(Payment, payment.id, lock=True)
        for refund in given_back:
            await refunds.told(tx, payment, refund)
        await book(tx, payment.id)
    async with opens() as tx:
        return findings.differences(await _record(tx, payment.id, theirs), live=live)


async def book(tx: Tx, payment_id: UUID) -> None:
    """Book what a payment and its refunds moved, where that was not done; nothing is booked twice."""
    payment = await tx.get(Payment, payment_id, lock=True)
    about = {"customer_id": payment.customer_id, "connection_id": payment.connection_id}
    if payment.status is payments.Status.captured:
        await postings.captured(tx, payment.id, amount=payment.captured, **about)
    for refund in await refunds.of_payment(tx, payment_id):
        if refund.status is refunds.Standing.succeeded:
            await postings.refunded(tx, refund.id, amount=refund.amount, **about)
