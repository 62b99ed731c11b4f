"""Disputes: a payer complains to their bank, and the provider takes the money until that is decided.

Before that a bank may only inquire. An inquiry is shown and answered like a dispute, but it takes no money, so it moves
nothing in the books until it becomes one. The business answers with evidence.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import attempts, postings
from holdfast.shared.payments.connections import READ
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.refunds import REFUND


class Standing(StrEnum):
    """Where a dispute stands."""

    needs_response = "needs_response"
    under_review = "under_review"
    won = "won"
    lost = "lost"


MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.needs_response: frozenset({Standing.under_review, Standing.won, Standing.lost}),
    Standing.under_review: frozenset({Standing.won, Standing.lost}),
    Standing.won: frozenset(),
    Standing.lost: frozenset(),
}
"""From which state to which a dispute may move."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What speaks for the business."""

    explanation: str
    customer_communication: str | None = None
    service_date: str | None = None
    """``2026-11-02``."""


class Dispute(Row):
    """A payment that its payer does not accept."""

    table: ClassVar[str] = "payments_dispute"
    id: UUID
    payment_id: UUID
    customer_id: UUID
    connection_id: UUID
    provider_ref: str
    amount: Money
    reason: str
    status: Standing
    withdrawn: bool
    """Whether the provider took the money for it; False for an inquiry."""
    due_at: datetime | None
    """Until when the provider takes evidence."""
    evidence: Evidence | None
    evidence_at: datetime | None
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None


class Opened(Event):
    """A payer complained; the money is gone until it is decided."""

    name: ClassVar[str] = "payments.dispute.opened"
    subject: ClassVar[str] = "payment_id"
    dispute_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount: Money
    reason: str
    due_at: datetime | None
    purpose: str
    purpose_id: UUID


class Inquired(Event):
    """A payer's bank asks about a payment, or has stopped asking; the money stays where it is."""

    name: ClassVar[str] = "payments.dispute.inquired"
    subject: ClassVar[str] = "payment_id"
    dispute_id: UUID
    payment_id: UUID
    amount: Money
    reason: str
    over: bool


class Answered(Event):
    """Evidence goes to the provider."""

    name: ClassVar[str] = "payments.dispute.answered"
    subject: ClassVar[str] = "payment_id"
    dispute_id: UUID
    payment_id: UUID


class Closed(Event):
    """A dispute was decided."""

    name: ClassVar[str] = "payments.dispute.closed"
    subject: ClassVar[str] = "payment_id"
    dispute_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount: Money
    won: bool
    purpose: str
    purpose_id: UUID


class Decided(Problem):
    """This dispute was decided; nothing can be added to it."""


class BeingAnswered(Problem):
    """The evidence that was given before is on its way; wait until it has arrived."""


async def of_ref(tx: Tx, connection_id: UUID, ref: str, *, lock: bool = False) -> Dispute | None:
    """The dispute that a provider calls so, if we know it; locked for a change when asked."""
    if lock:
        return await tx.find(
            Dispute,
            "select * from payments_dispute where connection_id = $1 and provider_ref = $2 for update",
            connection_id,
            ref,
        )
    return await tx.find(
        Dispute, "select * from payments_dispute where connection_id = $1 and provider_ref = $2", connection_id, ref
    )


def differs(known: Dispute | None, dispute: ports.Dispute) -> bool:
    """Whether the provider says what we do not know, whether ``told`` can make it true or not."""
    if known is None or (dispute.withdrawn and not known.withdrawn):
        return True
    standing = Standing(dispute.standing)
    # Evidence that we gave may not have been looked at there, which is no difference yet.
    return standing is not known.status and (standing in MOVES[known.status] or known.closed_at is not None)


async def told(tx: Tx, payment: Payment, dispute: ports.Dispute) -> Dispute:
    """What the provider says of a dispute. The payment's row is locked, so it is opened and decided once."""
    known = await of_ref(tx, payment.connection_id, dispute.ref, lock=True)
    if known is None:
        known = await _open(tx, payment, dispute)
    elif dispute.withdrawn and not known.withdrawn:
        known = await _escalate(tx, payment, known, dispute)
    standing = Standing(dispute.standing)
    if standing is known.status or standing not in MOVES[known.status]:
        return known
    return await _move(tx, payment, known, standing)


async def _open(tx: Tx, payment: Payment, dispute: ports.Dispute) -> Dispute:
    opened = await tx.insert(
        Dispute,
        id=ids.new(),
        payment_id=payment.id,
        customer_id=payment.customer_id,
        connection_id=payment.connection_id,
        provider_ref=dispute.ref,
        amount=dispute.amount,
        reason=dispute.reason[:200],
        status=Standing.needs_response,
        withdrawn=dispute.withdrawn,
        due_at=dispute.due_at,
        opened_at=tx.now,
        changed_at=tx.now,
    )
    if opened.withdrawn:
        await _take(tx, payment, opened)
    else:
        await _tell_inquiry(tx, opened)
    return opened


async def _escalate(tx: Tx, payment: Payment, inquiry: Dispute, dispute: ports.Dispute) -> Dispute:
    """An inquiry has become a dispute: now the money is gone. It begins anew, even one that seemed to be over."""
    escalated = await tx.update(
        inquiry,
        amount=dispute.amount,
        reason=dispute.reason[:200],
        status=Standing.needs_response,
        withdrawn=True,
        due_at=dispute.due_at,
        changed_at=tx.now,
        closed_at=None,
    )
    await _take(tx, payment, escalated)
    return escalated


async def _take(tx: Tx, payment: Payment, opened: Dispute) -> None:
    """The provider has taken the money."""
    await postings.disputed(tx, opened.id, "opened", connection_id=opened.connection_id, amount=opened.amount)
    await _mark(tx, payment.id)
    await tx.emit(
        Opened(
            dispute_id=opened.id,
            payment_id=payment.id,
            customer_id=payment.customer_id,
            amount=opened.amount,
            reason=opened.reason,
            due_at=opened.due_at,
            purpose=payment.purpose,
            purpose_id=payment.purpose_id,
        )
    )


async def _tell_inquiry(tx: Tx, inquiry: Dispute) -> None:
    await tx.emit(
        Inquired(
            dispute_id=inquiry.id,
            payment_id=inquiry.payment_id,
            amount=inquiry.amount,
            reason=inquiry.reason,
            over=inquiry.closed_at is not None,
        )
    )


async def _move(tx: Tx, payment: Payment, dispute: Dispute, standing: Standing) -> Dispute:
    closed = standing in (Standing.won, Standing.lost)
    dispute = await tx.update(
        dispute, status=standing, changed_at=tx.now, closed_at=tx.now if closed else dispute.closed_at
    )
    if not closed:
        return dispute
    if not dispute.withdrawn:
        # What was never taken comes back to nobody.
        await _tell_inquiry(tx, dispute)
        return dispute
    won = standing is Standing.won
    await postings.disputed(
        tx, dispute.id, "won" if won else "lost", connection_id=dispute.connection_id, amount=dispute.amount
    )
    await _mark(tx, payment.id)
    await tx.emit(
        Closed(
            dispute_id=dispute.id,
            payment_id=payment.id,
            customer_id=payment.customer_id,
            amount=dispute.amount,
            won=won,
            purpose=payment.purpose,
            purpose_id=payment.purpose_id,
        )
    )
    return dispute


async def _mark(tx: Tx, payment_id: UUID) -> None:
    """A payment is disputed while a dispute that took its money is not won."""
    await tx.execute(
        "update payments_payment set version = version + 1, changed_at = $2, disputed = exists ("
        "select from payments_dispute where payment_id = $1 and withdrawn and status <> 'won') where id = $1",
        payment_id,
        tx.now,
    )


async def answer(tx: Tx, dispute_id: UUID, evidence: Evidence) -> Dispute:
    """Give evidence; it is sent to the provider once this is committed.

    Raises:
        NotFound: there is no such dispute.
        Decided: it is over.
        BeingAnswered: other evidence is on its way.
        Invalid: the evidence is empty or too long.
    """
    tx.must(REFUND)
    for field, text in msgspec.structs.asdict(evidence).items():
        if text is not None and not 1 <= len(text.strip()) <= 10_000:
            raise Invalid("Write 1 to 10,000 characters.", field=field)
    seen = await tx.get(Dispute, dispute_id)
    await tx.get(Payment, seen.payment_id, lock=True)
    dispute = await tx.get(Dispute, dispute_id, lock=True)
    if dispute.closed_at is not None:
        raise Decided
    under_way = await tx.find(
        UUID,
        "select id from payments_attempt where dispute_id = $1 and state in ('wanted', 'sent', 'unknown') limit 1",
        dispute_id,
    )
    if under_way is not None:
        raise BeingAnswered
    dispute = await tx.update(dispute, evidence=evidence, evidence_at=tx.now, changed_at=tx.now)
    await attempts.want(
        tx,
        dispute.payment_id,
        attempts.Kind.evidence,
        connection_id=dispute.connection_id,
        dispute_id=dispute.id,
        request=msgspec.to_builtins(evidence),
    )
    await tx.emit(Answered(dispute_id=dispute.id, payment_id=dispute.payment_id))
    return dispute


async def of_payment(tx: Tx, payment_id: UUID) -> list[Dispute]:
    """Every dispute of a payment, oldest first."""
    return await tx.all(
        Dispute, "select * from payments_dispute where payment_id = $1 order by opened_at, id limit 100", payment_id
    )


async def show(tx: Tx, dispute_id: UUID) -> Dispute:
    """A dispute.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        NotFound: there is no such dispute.
    """
    tx.must(READ)
    return await tx.get(Dispute, dispute_id)


async def disputes(tx: Tx, page: Page, *, open_only: bool = False) -> Listing[Dispute]:
    """The business's disputes, newest first.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    moment, last = page.after_moment()
    found = await tx.all(Dispute, WAITING if open_only else _EVERY, moment, last, page.fetch)
    return pages.listing(page, found, lambda dispute: (dispute.opened_at, dispute.id))


_EVERY = """
    select * from payments_dispute where (opened_at, id) < (coalesce($1, 'infinity'::timestamptz),
        coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by opened_at desc, id desc limit $3
"""
WAITING = """
    select * from payments_dispute where closed_at is null and (opened_at, id) < (
        coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by opened_at desc, id desc limit $3
"""
