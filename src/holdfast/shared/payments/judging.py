"""Judging: the three records of a payment are read beside each other, and what can safely be made true is."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, findings, giving, payments, postings, refunds
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.findings import Booked, Kind, Record
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.refunds import Refund

_SAFE: frozenset[Kind] = frozenset({"behind", "stranger", "refunds", "ledger"})
"""What a repair is tried for."""


def safe(found: Sequence[Kind]) -> bool:
    """Whether what differs may be repaired by telling what the provider says; another amount waits for somebody."""
    return not _SAFE.isdisjoint(found) and "amount" not in found


async def records(tx: Tx, connection_id: UUID, told: Sequence[ports.Payment]) -> list[Record]:
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


async def record(tx: Tx, payment_id: UUID, theirs: ports.Payment | None) -> Record:
    """The three records of one payment.

    Raises:
        NotFound: there is no such payment.
    """
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


async def disputed(tx: Tx, connection_id: UUID, dispute: ports.Dispute) -> Payment | None:
    """The payment that a dispute is about, locked, if it is one whose money we hold."""
    found = await tx.find(
        UUID,
        "select payment_id from payments_ref where connection_id = $1 and ref = $2",
        connection_id,
        dispute.payment_ref,
    )
    payment = None if found is None else await tx.get(Payment, found, lock=True)
    if payment is None or payment.status is not payments.Status.captured:
        return None
    return payment if payment.provider_ref == dispute.payment_ref else None


async def repaired(
    opens: Opens, connection: ports.Connection, record_: Record, given: Sequence[ports.Refund], *, live: bool
) -> list[Kind]:
    """Tell what the provider says to whoever believes it, book what is not booked; gives what still differs.

    Args:
        opens: opens a transaction of the payment's tenant.
        connection: who says so.
        record_: the three records as they were read.
        given: the provider's refunds of the payment.
        live: whether the connection is one for live money.

    Raises:
        Problem: a rule was kept; nothing was changed.
    """
    theirs = record_.theirs
    async with opens() as tx:
        payment = record_.ours
        if theirs is not None:
            try:
                payment = await answers.told(tx, connection, theirs)
            except answers.Stale:
                # It is moving at this moment; the next comparison sees where it went.
                return []
        assert payment is not None  # noqa: S101 - a record has one or the other
        payment = await tx.get(Payment, payment.id, lock=True)
        if theirs is not None and payment.provider_ref == theirs.ref:
            for refund in given:
                await refunds.told(tx, payment, refund)
        await book(tx, payment.id)
    async with opens() as tx:
        return findings.differences(await record(tx, payment.id, theirs), live=live)


async def book(tx: Tx, payment_id: UUID) -> None:
    """Book what a payment and its refunds moved, where that was not done; nothing is booked twice.

    What is booked stays as it was booked, even under another customer: a payment may be recognised later.

    Raises:
        NotFound: there is no such payment.
    """
    payment = await tx.get(Payment, payment_id, lock=True)
    booked = (await _booked(tx, [payment_id]))[payment_id]
    if payment.status is payments.Status.captured and booked.captured == 0:
        await postings.captured(
            tx,
            payment.id,
            customer_id=payment.customer_id,
            connection_id=payment.connection_id,
            amount=payment.captured,
        )
    ended = await tx.all(
        Refund,
        "select * from payments_refund where payment_id = $1 and status in ('succeeded', 'failed') "
        "order by created_at, id limit 500 for update",
        payment_id,
    )
    for refund in ended:
        await giving.book(
            tx,
            refund.id,
            gone=refund.status is refunds.Standing.succeeded,
            customer_id=refund.customer_id,
            connection_id=refund.connection_id,
            amount=refund.amount,
        )
