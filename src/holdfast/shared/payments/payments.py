"""Payments: one amount that a customer pays for one thing, from the intent to the money.

A payment is asked for by whoever needs it (``request``), which names its purpose; the same purpose and key is the same
payment. What becomes of it is told by the provider alone (``answers``): there is no command with which anybody could
declare a payment complete (X8). Its state moves by one table, and money is never taken back by a state: what is
captured stays captured, refunds and disputes stand beside it.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from babel.numbers import is_currency

from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.payments import connections
from holdfast.shared.payments.connections import READ
from holdfast.shared.payments.customers import TAKE

__all__ = ["READ", "TAKE"]

ASKED = "payments.asked"
"""The purpose of a payment that somebody asks for by hand."""


class Status(StrEnum):
    """Where a payment stands (I22)."""

    created = "created"
    requires_action = "requires_action"
    """The payer has to do something, such as 3-D Secure."""
    processing = "processing"
    unknown = "unknown"
    """The provider was asked to charge and never answered; it is being asked what happened."""
    authorized = "authorized"
    captured = "captured"
    failed = "failed"
    cancelled = "cancelled"
    expired = "expired"


_WATCHED = {Status.requires_action, Status.processing, Status.authorized}
FIRST_LOOK = timedelta(minutes=5)
"""How long a provider may say nothing before it is asked."""
_ENDS = {Status.authorized, Status.captured, Status.failed, Status.cancelled}

MOVES: dict[Status, frozenset[Status]] = {
    Status.created: frozenset({Status.requires_action, Status.processing, Status.unknown, Status.expired} | _ENDS),
    Status.requires_action: frozenset({Status.processing, Status.unknown, Status.expired} | _ENDS),
    Status.processing: frozenset({Status.requires_action, Status.unknown} | _ENDS),
    Status.unknown: frozenset({Status.requires_action, Status.processing} | _ENDS),
    # What is over may be tried again by a new attempt, and money that came anyway is believed.
    Status.failed: frozenset({Status.requires_action, Status.processing, Status.unknown, Status.expired} | _ENDS)
    - {Status.failed},
    Status.authorized: frozenset({Status.captured, Status.cancelled, Status.failed}),
    Status.cancelled: frozenset({Status.authorized, Status.captured}),
    Status.expired: frozenset({Status.authorized, Status.captured}),
    Status.captured: frozenset(),
}
"""From which state to which a payment may move; a move that is not here does not happen."""

CHARGEABLE = frozenset({Status.created, Status.failed, Status.requires_action})
"""States in which somebody may try to pay."""


class Payment(Row):
    """A payment (I21, I22). Never a word about a card but its brand and last four digits (P63)."""

    table: ClassVar[str] = "payments_payment"
    id: UUID
    customer_id: UUID
    connection_id: UUID
    amount: Money
    captured: Money
    """What the provider took; zero until then."""
    refunded: Money
    refunding: Money
    """What refunds that are under way will take."""
    status: Status
    disputed: bool
    """Whether a dispute about it is open or was lost."""
    capture: bool
    """False for one that is only authorized until somebody captures it."""
    description: str
    purpose: str
    """Why it exists, such as ``billing.invoice``."""
    purpose_id: UUID
    key: str
    provider_ref: str | None
    """The provider's id of the payment that counts for this one."""
    order_ref: str | None
    checkout_ref: str | None
    checkout_expires_at: datetime | None
    method_id: UUID | None
    method_kind: str | None
    method_brand: str | None
    method_last4: str | None
    decline_code: str | None
    decline_message: str | None
    decline_retry: bool | None
    attempts: int
    """How often somebody tried to pay it."""
    version: int
    """How often it changed; tells an answer that is older than what is stored."""
    created_at: datetime
    changed_at: datetime
    captured_at: datetime | None
    expires_at: datetime | None


def shown(payment: Payment) -> str:
    """The one word that says how a payment stands, refunds and disputes included."""
    if payment.disputed:
        return "disputed"
    if payment.refunded.minor and payment.refunded.minor >= payment.captured.minor:
        return "refunded"
    return "partially_refunded" if payment.refunded.minor else payment.status.value


def refundable(payment: Payment) -> Money:
    """What can still be given back."""
    return payment.captured - payment.refunded - payment.refunding


class Created(Event):
    """A payment is wanted."""

    name: ClassVar[str] = "payments.payment.created"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    customer_id: UUID
    amount: Money
    purpose: str
    purpose_id: UUID


class Moved(Event):
    """A payment is somewhere else on its way: processing, authorized, unknown, cancelled or expired."""

    name: ClassVar[str] = "payments.payment.moved"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    status: Status
    purpose: str
    purpose_id: UUID


class ActionRequired(Event):
    """The payer has to do something before the payment goes on."""

    name: ClassVar[str] = "payments.payment.action_required"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    customer_id: UUID
    purpose: str
    purpose_id: UUID


class Captured(Event):
    """The provider has the money."""

    name: ClassVar[str] = "payments.payment.captured"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    customer_id: UUID
    amount: Money
    captured_at: datetime
    purpose: str
    purpose_id: UUID
    method: str = "other"
    """Its kind, such as ``card``."""


class Failed(Event):
    """An attempt to pay failed. ``retry`` says whether the same way to pay may succeed later."""

    name: ClassVar[str] = "payments.payment.failed"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    purpose: str
    purpose_id: UUID
    attempt: int
    code: str
    retry: bool
    currency: str = ""
    method: str = "other"


class NotPayable(Problem):
    """This payment cannot be paid any more."""


class BeingPaid(Problem):
    """Somebody is paying this at the moment; wait until it is known what came of that."""


async def request(
    tx: Tx,
    *,
    customer_id: UUID,
    amount: Money,
    description: str,
    purpose: str,
    purpose_id: UUID,
    key: str,
    connection_id: UUID | None = None,
    capture: bool = True,
    expires_at: datetime | None = None,
    past: bool = False,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Payment:
    """Want a payment. The same purpose, purpose_id and key is the same payment, however often it is asked for.

    This asks for no grant: whoever calls it has checked its own.

    Args:
        tx: the transaction, in the payer's tenant.
        customer_id: who pays.
        amount: how much.
        description: what the payer reads.
        purpose: why, as a word of whoever asks, such as ``billing.invoice``.
        purpose_id: for what.
        key: tells several payments for one purpose apart.
        connection_id: through which provider; the default when absent.
        capture: False only authorizes.
        expires_at: until when it may be paid.
        past: it happened already, so a connection that is switched off by now is right too.
        id: a UUIDv7 that the caller made.

    Raises:
        Invalid: the amount is not positive, the description is empty or too long, or the id is no UUIDv7.
        NotFound: there is no such customer or connection.
        connections.NotConnected: there is no provider.
        Reused: the key was used for another amount or customer, or the id for another payment.
    """
    tidy = " ".join(description.split())[:500]
    if not tidy or not tidy.isprintable():
        raise Invalid("Say in printable characters what is paid for.", field="description")
    if not 0 < amount.minor < 2**53 or not is_currency(amount.currency):
        raise Invalid("An amount to pay is more than nothing, of a currency that there is.", field="amount")
    if id is not None and not _of_now(id, tx.now):
        raise Invalid("The id of a payment is a UUIDv7, which says when it was made.", field="id")
    payment_id = id or ids.new()
    new = await tx.find(
        UUID,
        "insert into payments_purpose (purpose, purpose_id, key, payment_id) values ($1, $2, $3, $4) "
        "on conflict do nothing returning payment_id",
        purpose,
        purpose_id,
        key,
        payment_id,
    )
    if new is None:
        return await _known(tx, purpose, purpose_id, key, amount=amount, customer_id=customer_id)
    connection = await connections.chosen(tx, connection_id, past=past)
    payment = await tx.insert(
        Payment,
        id=payment_id,
        customer_id=customer_id,
        connection_id=connection.id,
        amount=amount,
        captured=Money(0, amount.currency),
        refunded=Money(0, amount.currency),
        refunding=Money(0, amount.currency),
        capture=capture,
        description=tidy,
        purpose=purpose,
        purpose_id=purpose_id,
        key=key,
        created_at=tx.now,
        changed_at=tx.now,
        expires_at=expires_at,
    )
    await tx.emit(
        Created(payment_id=payment.id, customer_id=customer_id, amount=amount, purpose=purpose, purpose_id=purpose_id)
    )
    return payment


def _of_now(given: UUID, now: datetime) -> bool:
    """Whether an id is a UUIDv7 of no later day: rows of months to come would be in the way of their partitions."""
    latest = max(now, datetime.now(UTC)) + timedelta(days=1)
    return given.version == 7 and (given.int >> 80) <= latest.timestamp() * 1000


async def _known(tx: Tx, purpose: str, purpose_id: UUID, key: str, *, amount: Money, customer_id: UUID) -> Payment:
    payment = await of_purpose(tx, purpose, purpose_id, key)
    if payment is None or payment.amount != amount or payment.customer_id != customer_id:
        raise Reused("This key was used for another payment.")
    return payment


async def of_purpose(tx: Tx, purpose: str, purpose_id: UUID, key: str) -> Payment | None:
    """The payment that was asked for with that purpose and key."""
    return await tx.find(
        Payment,
        "select p.* from payments_purpose as w join payments_payment as p on p.id = w.payment_id "
        "where w.purpose = $1 and w.purpose_id = $2 and w.key = $3",
        purpose,
        purpose_id,
        key,
    )


async def for_purpose(tx: Tx, purpose: str, purpose_id: UUID) -> list[Payment]:
    """Every payment for one thing, oldest first."""
    return await tx.all(
        Payment,
        "select * from payments_payment where purpose = $1 and purpose_id = $2 order by id limit 1000",
        purpose,
        purpose_id,
    )


async def watch(tx: Tx, payment_id: UUID, *, soon: bool = False) -> None:
    """Have the provider asked in a while, should it not tell anything until then; or as soon as somebody can."""
    await tx.execute(
        "update payments_payment set looks = 0, look_at = now() + $2 where id = $1",
        payment_id,
        timedelta() if soon else FIRST_LOOK,
    )


async def moved(tx: Tx, payment: Payment, status: Status, **changes: Any) -> Payment:
    """Move a payment whose row is locked, if the table lets it, and say so; gives it unmoved otherwise.

    Money is told by ``answers`` alone, which emits what belongs to it.
    """
    if status is payment.status:
        return await tx.update(payment, version=payment.version + 1, changed_at=tx.now, **changes)
    if status not in MOVES[payment.status]:
        return payment
    payment = await tx.update(payment, status=status, version=payment.version + 1, changed_at=tx.now, **changes)
    if status in _WATCHED:
        await watch(tx, payment.id)
    about: dict[str, Any] = {"payment_id": payment.id, "purpose": payment.purpose, "purpose_id": payment.purpose_id}
    if status is Status.requires_action:
        await tx.emit(ActionRequired(customer_id=payment.customer_id, **about))
    elif status is Status.failed:
        await tx.emit(
            Failed(
                attempt=max(payment.attempts, 1),
                code=payment.decline_code or "failed",
                retry=payment.decline_retry is not False,
                currency=payment.amount.currency,
                method=payment.method_kind or "other",
                **about,
            )
        )
    elif status is not Status.captured:
        await tx.emit(Moved(status=status, **about))
    return payment
