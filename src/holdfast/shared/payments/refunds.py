"""Refunds: giving money back, in part or whole, never more than was captured.

A refund sets its amount aside on the payment in one statement, so that of two who give back the same money at the same
moment one is refused. It counts as given back once the provider says so; until then it is requested, pending, or of
unknown state. What was refunded at the provider, without us, is taken over as it is. What a dispute has taken cannot be
given back as well: the payer would have the money twice.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from holdfast.integrations import payments as ports
from holdfast.kernel import ids, pages
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.payments import attempts, giving
from holdfast.shared.payments.connections import READ
from holdfast.shared.payments.payments import Payment, Status, refundable

REFUND = grant("payments.refund", "Give money back and answer disputes", roles=("owner", "manager"))


class Standing(StrEnum):
    """Where a refund stands."""

    requested = "requested"
    unknown = "unknown"
    """The provider was asked and never answered; it is being asked what happened."""
    pending = "pending"
    """The provider is at it."""
    succeeded = "succeeded"
    failed = "failed"


MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.requested: frozenset({Standing.unknown, Standing.pending, Standing.succeeded, Standing.failed}),
    Standing.unknown: frozenset({Standing.pending, Standing.succeeded, Standing.failed}),
    Standing.pending: frozenset({Standing.succeeded, Standing.failed}),
    # The customer's bank may send it back weeks later.
    Standing.succeeded: frozenset({Standing.failed}),
    # A sending whose answer never came may have happened after all, though the next one was refused.
    Standing.failed: frozenset({Standing.pending, Standing.succeeded}),
}
"""From which state to which a refund may move."""


class Refund(Row):
    """Money on its way back to a customer."""

    table: ClassVar[str] = "payments_refund"
    id: UUID
    payment_id: UUID
    customer_id: UUID
    connection_id: UUID
    amount: Money
    status: Standing
    reason: str
    key: str
    provider_ref: str | None
    adopted: bool
    """Whether it was made at the provider, without us."""
    error_code: str | None
    error_message: str | None
    requested_by_kind: str
    requested_by: UUID | None
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None


class Requested(Event):
    """Somebody decided to give money back."""

    name: ClassVar[str] = "payments.refund.requested"
    subject: ClassVar[str] = "payment_id"
    refund_id: UUID
    payment_id: UUID
    amount: Money


class Refunded(Event):
    """The provider gave money back."""

    name: ClassVar[str] = "payments.refund.succeeded"
    subject: ClassVar[str] = "payment_id"
    refund_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount: Money
    purpose: str
    purpose_id: UUID
    method: str = "other"


class RefundFailed(Event):
    """A refund did not arrive. ``returned`` says that it had counted as given back before."""

    name: ClassVar[str] = "payments.refund.failed"
    subject: ClassVar[str] = "payment_id"
    refund_id: UUID
    payment_id: UUID
    customer_id: UUID
    amount: Money
    purpose: str
    purpose_id: UUID
    code: str
    returned: bool
    method: str = "other"


class Moved(Event):
    """A refund is pending at the provider, or of unknown state."""

    name: ClassVar[str] = "payments.refund.moved"
    subject: ClassVar[str] = "payment_id"
    refund_id: UUID
    payment_id: UUID
    status: Standing


class TooMuch(Problem):
    """This is more than can still be given back of this payment."""


class Disputed(TooMuch):
    """The payer's bank has taken this money because of a dispute; given back as well, it would be paid out twice."""


class NotPaid(Problem):
    """Only what was paid can be given back."""


async def request(
    tx: Tx,
    payment_id: UUID,
    *,
    amount: Money | None,
    reason: str,
    key: str,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Refund:
    """Give back an amount, or all that is left; the provider is asked once this is committed.

    The same key again is the same refund. Whoever runs at once with it cannot give the same money back. This asks for
    no grant: whoever calls it has checked its own, as ``give_back`` does.

    Raises:
        NotFound: there is no such payment.
        NotPaid: it was not captured.
        TooMuch: less is left of it.
        Disputed: so much is left of it only because a dispute took the rest.
        Invalid: the amount is not positive or of another currency, or the reason is empty or too long.
        Reused: the key was used for another amount.
    """
    tidy = " ".join(reason.split())
    if not 1 <= len(tidy) <= 500 or not tidy.isprintable():
        raise Invalid("Say in 1 to 500 printable characters why.", field="reason")
    if not 1 <= len(key) <= 255:
        raise Invalid("A key has 1 to 255 characters.", field="key")
    payment = await tx.get(Payment, payment_id, lock=True)
    known = await tx.find(Refund, "select * from payments_refund where payment_id = $1 and key = $2", payment_id, key)
    if known is not None:
        if amount is not None and amount != known.amount:
            raise Reused("This key was used for a refund of another amount.")
        return known
    if payment.status is not Status.captured:
        raise NotPaid(f"It is {payment.status}.")
    taken = await giving.taken(tx, payment_id)
    left = giving.left(payment, taken)
    wanted = amount or left
    if wanted.currency != payment.amount.currency:
        raise Invalid(f"The payment is in {payment.amount.currency}.", field="amount")
    if amount is not None and amount.minor <= 0:
        raise Invalid("Give back more than nothing.", field="amount")
    if not await giving.reserve(tx, payment_id, wanted, taken=taken):
        only_disputed = taken > 0 and wanted.minor <= refundable(payment).minor
        raise (Disputed if only_disputed else TooMuch)(f"{left.format()} can be given back.")
    refund = await tx.insert(
        Refund,
        id=id or ids.new(),
        payment_id=payment_id,
        customer_id=payment.customer_id,
        connection_id=payment.connection_id,
        amount=wanted,
        reason=tidy,
        key=key,
        requested_by_kind=tx.actor.kind,
        requested_by=tx.actor.id,
        created_at=tx.now,
        changed_at=tx.now,
    )
    await tx.emit(Requested(refund_id=refund.id, payment_id=payment_id, amount=wanted))
    await attempts.want(
        tx,
        payment_id,
        attempts.Kind.refund,
        connection_id=payment.connection_id,
        refund_id=refund.id,
        key=str(refund.id),
    )
    return refund


async def give_back(tx: Tx, payment_id: UUID, *, amount: Money | None, reason: str, key: str) -> Refund:
    """``request``, for those who may give money back.

    Raises:
        NotAllowed: the actor lacks ``payments.refund``.
    """
    tx.must(REFUND)
    return await request(tx, payment_id, amount=amount, reason=reason, key=key)


async def settle(
    tx: Tx, refund: Refund, payment: Payment, standing: Standing, *, code: str | None = None, message: str | None = None
) -> Refund:
    """Move a refund as the provider says, and its money in the ledger; the rows of both are locked.

    A move that the table does not have does not happen, so whoever comes twice or late changes nothing.
    """
    before = refund.status
    if standing is before or standing not in MOVES[before]:
        return refund
    ended = standing in (Standing.succeeded, Standing.failed)
    if before is Standing.failed:
        # It happened after all, so what was let go is set aside once more, whatever is left by now.
        await giving.set_aside(tx, payment.id, refund.amount)
    refund = await tx.update(
        refund,
        status=standing,
        customer_id=payment.customer_id if before is Standing.failed else refund.customer_id,
        changed_at=tx.now,
        ended_at=tx.now if ended else None,
        error_code=code,
        error_message=None if message is None else message[:500],
    )
    moves: dict[str, Any] = {
        "customer_id": refund.customer_id,
        "connection_id": refund.connection_id,
        "amount": refund.amount,
    }
    about: dict[str, Any] = {
        "refund_id": refund.id,
        "payment_id": payment.id,
        "customer_id": refund.customer_id,
        "amount": refund.amount,
        "purpose": payment.purpose,
        "purpose_id": payment.purpose_id,
        "method": payment.method_kind or "other",
    }
    if standing is Standing.succeeded:
        await giving.count(tx, payment.id, "refunded", refund.amount)
        await giving.book(tx, refund.id, gone=True, **moves)
        await tx.emit(Refunded(**about))
    elif standing is Standing.failed:
        returned = before is Standing.succeeded
        await giving.count(tx, payment.id, "returned" if returned else "released", refund.amount)
        if returned:
            await giving.book(tx, refund.id, gone=False, **moves)
        await tx.emit(RefundFailed(code=code or "failed", returned=returned, **about))
    else:
        await tx.emit(Moved(refund_id=refund.id, payment_id=payment.id, status=standing))
    return refund


async def told(tx: Tx, payment: Payment, refund: ports.Refund) -> Refund:
    """What the provider says of a refund: of one of ours, or of one that was made there (adopted).

    The payment's row is locked, so two who are told the same adopt it once.
    """
    ours = await tx.find(
        Refund,
        "select * from payments_refund where connection_id = $1 and provider_ref = $2 and payment_id = $3 for update",
        payment.connection_id,
        refund.ref,
        payment.id,
    )
    named = ours is not None
    if ours is None and refund.refund_id is not None:
        ours = await tx.find(
            Refund,
            "select * from payments_refund where id = $1 and payment_id = $2 and provider_ref is null for update",
            refund.refund_id,
            payment.id,
        )
        if ours is not None:
            ours = await tx.update(ours, provider_ref=refund.ref)
    if ours is None:
        if refund.standing == "failed":
            # Nothing of it ever counted here.
            return await _adopt(tx, payment, refund, reserve=False)
        ours = await _adopt(tx, payment, refund, reserve=True)
    elif named and ours.status is Standing.failed and tx.now - ours.changed_at < attempts.LEASE:
        # The provider said itself that it failed, and this answer may be older than that one.
        return ours
    return await settle(tx, ours, payment, Standing(refund.standing))


async def _adopt(tx: Tx, payment: Payment, refund: ports.Refund, *, reserve: bool) -> Refund:
    """A refund that was made at the provider. It is set aside whatever is left, because it has happened."""
    if reserve:
        await giving.set_aside(tx, payment.id, refund.amount)
    return await tx.insert(
        Refund,
        id=ids.new(),
        payment_id=payment.id,
        customer_id=payment.customer_id,
        connection_id=payment.connection_id,
        amount=refund.amount,
        status=Standing.requested if reserve else Standing.failed,
        reason="Made at the provider",
        key=f"provider:{refund.ref}",
        provider_ref=refund.ref,
        adopted=True,
        requested_by_kind="provider",
        created_at=tx.now,
        changed_at=tx.now,
        ended_at=None if reserve else tx.now,
    )


async def of_payment(tx: Tx, payment_id: UUID) -> list[Refund]:
    """Every refund of a payment, oldest first."""
    return await tx.all(
        Refund, "select * from payments_refund where payment_id = $1 order by created_at, id limit 500", payment_id
    )


async def refunds(tx: Tx, page: Page, *, status: str | None = None) -> Listing[Refund]:
    """The business's refunds, newest first.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    moment, last = page.after_moment()
    if status is None:
        found = await tx.all(Refund, _EVERY, moment, last, page.fetch)
    else:
        found = await tx.all(Refund, BY_STATUS, moment, last, page.fetch, status)
    return pages.listing(page, found, lambda refund: (refund.created_at, refund.id))


_EVERY = """
    select * from payments_refund where (created_at, id) < (coalesce($1, 'infinity'::timestamptz),
        coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by created_at desc, id desc limit $3
"""
BY_STATUS = """
    select * from payments_refund where status = $4 and (created_at, id) < (coalesce($1, 'infinity'::timestamptz),
        coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by created_at desc, id desc limit $3
"""
