"""Attempts: every call to a provider that concerns a payment, written down before it is made and after it was answered.

An attempt is *wanted* in the transaction that decides on it, *sent* in a transaction of its own before the call, and
*succeeded*, *failed* or *unknown* in the one that stores the answer. Whoever dies in between leaves behind what was
about to happen: an attempt that stayed ``sent`` is as doubtful as one whose answer never came, and the janitor asks the
provider before anything is tried again.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

LEASE = timedelta(seconds=150)
"""How long whoever makes a call is believed to live: the payer made known and the call itself take less together."""
UNTAKEN = timedelta(seconds=60)
"""When somebody looks after an attempt that nobody took."""


class Kind(StrEnum):
    """What a provider is asked for."""

    order = "order"
    checkout = "checkout"
    charge = "charge"
    capture = "capture"
    cancel = "cancel"
    refund = "refund"
    evidence = "evidence"


class State(StrEnum):
    """How far an attempt is."""

    wanted = "wanted"
    sent = "sent"
    unknown = "unknown"
    """Nobody knows whether the provider did it."""
    succeeded = "succeeded"
    """It was answered; what the answer is, the payment says."""
    failed = "failed"
    """It was refused, and nothing happened."""


class Attempt(Row):
    """A call to a provider. ``sent_at`` is by the real clock, the other moments are by the tenant's."""

    table: ClassVar[str] = "payments_attempt"
    id: UUID
    payment_id: UUID
    refund_id: UUID | None
    dispute_id: UUID | None
    method_id: UUID | None
    connection_id: UUID
    kind: Kind
    number: int
    state: State
    provider_ref: str | None
    error_code: str | None
    error_message: str | None
    sendings: int
    """How often it was sent under its one key."""
    asked: int
    """How often the provider was asked what became of it."""
    made_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class Whole(Attempt, kw_only=True, frozen=True):
    """An attempt with what it takes to make the call."""

    key: str
    request: dict[str, Any]


class Wanted(Event):
    """A provider is to be called, as soon as this is committed."""

    name: ClassVar[str] = "payments.attempt.wanted"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    attempt_id: UUID
    kind: Kind


async def want(
    tx: Tx,
    payment_id: UUID,
    kind: Kind,
    *,
    connection_id: UUID,
    number: int = 1,
    key: str | None = None,
    method_id: UUID | None = None,
    refund_id: UUID | None = None,
    dispute_id: UUID | None = None,
    request: dict[str, Any] | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Attempt:
    """Write down that a provider is to be called; the payment's row is locked."""
    attempt_id = id or ids.new()
    attempt = await tx.one(
        Attempt,
        "insert into payments_attempt (id, payment_id, refund_id, dispute_id, method_id, connection_id, kind, number, "
        "key, request, made_at, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + $12) returning *",
        attempt_id,
        payment_id,
        refund_id,
        dispute_id,
        method_id,
        connection_id,
        kind.value,
        number,
        key or str(attempt_id),
        request or {},
        tx.now,
        UNTAKEN,
    )
    await tx.emit(Wanted(payment_id=payment_id, attempt_id=attempt.id, kind=kind))
    return attempt


async def take(tx: Tx, attempt_id: UUID) -> Whole | None:
    """Begin an attempt: of all who want to make the call, one gets it. None for the others."""
    return await tx.find(
        Whole,
        "update payments_attempt set state = 'sent', sendings = sendings + 1, sent_at = now(), due_at = now() + $2 "
        "where id = $1 and state = 'wanted' returning *",
        attempt_id,
        LEASE,
    )


async def again(tx: Tx, attempt: Attempt) -> bool:
    """Let an attempt be sent once more under its key, because the provider knows nothing of it."""
    changed = await tx.execute(
        "update payments_attempt set state = 'wanted', due_at = now() + $3 "
        "where id = $1 and state in ('sent', 'unknown') and sendings = $2",
        attempt.id,
        attempt.sendings,
        UNTAKEN,
    )
    return changed > 0


async def doubtful(tx: Tx, attempt: Attempt, *, wait: timedelta, message: str) -> bool:
    """Nobody knows what became of it; somebody asks after a while."""
    changed = await tx.execute(
        "update payments_attempt set state = 'unknown', due_at = now() + $2, error_code = 'unknown', "
        "error_message = $3 where id = $1 and state in ('sent', 'unknown')",
        attempt.id,
        wait,
        message[:500],
    )
    return changed > 0


async def end(
    tx: Tx,
    attempt_id: UUID,
    state: State,
    *,
    provider_ref: str | None = None,
    code: str | None = None,
    message: str | None = None,
) -> Attempt | None:
    """Note what came of an attempt, once: None when that is known already."""
    return await tx.find(
        Attempt,
        "update payments_attempt set state = $2, provider_ref = coalesce($3, provider_ref), error_code = $4, "
        "error_message = $5, ended_at = $6, due_at = null "
        "where id = $1 and state in ('wanted', 'sent', 'unknown') returning *",
        attempt_id,
        state.value,
        provider_ref,
        code,
        None if message is None else message[:500],
        tx.now,
    )


async def live(tx: Tx, payment_id: UUID) -> Attempt | None:
    """The call that is under way, or doubtful, for the payment itself; refunds and disputes have their own."""
    return await tx.find(
        Attempt,
        "select * from payments_attempt where payment_id = $1 and kind in ('order', 'checkout', 'charge', 'capture', "
        "'cancel') and state in ('wanted', 'sent', 'unknown')",
        payment_id,
    )


async def of_payment(tx: Tx, payment_id: UUID) -> list[Attempt]:
    """Every attempt for a payment, oldest first."""
    return await tx.all(
        Attempt, "select * from payments_attempt where payment_id = $1 order by id limit 500", payment_id
    )


class Due(msgspec.Struct):
    """An attempt that somebody has to look after."""

    id: UUID
    payment_id: UUID
    state: State


async def overdue(tx: Tx, limit: int) -> list[Due]:
    """Attempts that nobody took, whose worker is dead, or that nobody knows the end of, the longest due first."""
    return await tx.all(
        Due,
        "select id, payment_id, state from payments_attempt where state in ('wanted', 'sent', 'unknown') "
        "and due_at <= now() order by due_at, id limit $1",
        limit,
    )


async def postpone(tx: Tx, attempt_id: UUID, wait: timedelta) -> bool:
    """Look after an attempt, and keep the others away for a while: of all who try, one does."""
    changed = await tx.execute(
        "update payments_attempt set due_at = now() + $2, asked = asked + 1 "
        "where id = $1 and state in ('sent', 'unknown') and due_at <= now()",
        attempt_id,
        wait,
    )
    return changed > 0
