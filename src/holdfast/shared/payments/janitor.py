"""The janitor: finds out what became of calls whose answer never came, before anything is tried again.

It looks for attempts that nobody took, whose worker is dead, or whose answer was lost, and for payments of which the
provider should have told something by now. For each it asks the provider. Only when the provider has been asked twice
and knows nothing is the same call made once more, under the same key.
"""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.database import Database
from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, asking, attempts, calls, connections, disputes, payments, refunds, results
from holdfast.shared.payments.attempts import Attempt, Kind, State
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.payments import Payment, Status

log = structlog.get_logger()

AT_ONCE = 200
"""Attempts and payments of a tenant that one round looks after."""
ASKS = 2
"""How often the provider must have been asked, and known nothing, before a call is made again."""
FIRST_WAIT = timedelta(seconds=45)
LONGEST_WAIT = timedelta(hours=1)
MOST_LOOKS = 20
_DONE = {
    Kind.capture: frozenset({Status.captured, Status.cancelled, Status.failed}),
    Kind.cancel: frozenset({Status.captured, Status.cancelled, Status.expired}),
}
"""Where a payment is when a capture or a cancellation is no longer needed."""
_LATE = timedelta(hours=1)
"""How far the provider's clock may be from ours."""


class Doubted(Event):
    """Nobody knows what became of a call; the provider is to be asked."""

    name: ClassVar[str] = "payments.attempt.doubted"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID
    attempt_id: UUID


class Overdue(Event):
    """The provider has not told anything of a payment for a while; it is to be asked."""

    name: ClassVar[str] = "payments.payment.overdue"
    subject: ClassVar[str] = "payment_id"
    payment_id: UUID


async def look_after(tx: Tx) -> int:
    """Find what nobody looks after, and have the provider asked; gives how much there was. Safe beside itself."""
    found = 0
    for due in await attempts.overdue(tx, AT_ONCE):
        if due.state is State.wanted:
            attempt = await _claimed(tx, due.id)
            if attempt is not None:
                found += 1
                await tx.emit(attempts.Wanted(payment_id=attempt.payment_id, attempt_id=attempt.id, kind=attempt.kind))
        elif await attempts.postpone(tx, due.id, await _wait(tx, due.id)):
            found += 1
            await tx.emit(Doubted(payment_id=due.payment_id, attempt_id=due.id))
    late = await tx.all(
        UUID,
        "update payments_payment set looks = looks + 1, look_at = case when looks < $2 then "
        "now() + least($3::interval * power(2, looks), interval '1 day') end "
        "where id = any (array(select id from payments_payment where look_at <= now() order by look_at limit $1 "
        "for update skip locked)) returning id",
        AT_ONCE,
        MOST_LOOKS,
        payments.FIRST_LOOK,
    )
    for payment_id in late:
        await tx.emit(Overdue(payment_id=payment_id))
    return found + len(late)


async def _claimed(tx: Tx, attempt_id: UUID) -> Attempt | None:
    """An attempt that nobody took, announced once more and left alone for a while."""
    return await tx.find(
        Attempt,
        "update payments_attempt set due_at = now() + $2 where id = $1 and state = 'wanted' and due_at <= now() "
        "returning *",
        attempt_id,
        attempts.UNTAKEN,
    )


async def _wait(tx: Tx, attempt_id: UUID) -> timedelta:
    asked = await tx.one(int, "select asked from payments_attempt where id = $1", attempt_id)
    return min(FIRST_WAIT * (1 << min(asked, 10)), LONGEST_WAIT)


class _Doubtful(msgspec.Struct, kw_only=True):
    """What is known of a call whose answer never came."""

    attempt: Attempt
    payment: Payment
    connection: ports.Connection
    known: list[str]
    """Names that the provider has for the payment, as far as we were told."""


async def settle(opens: Opens, database: Database, attempt_id: UUID) -> None:
    """Ask the provider what became of a call, and make that true; or make the call again when it knows nothing.

    Raises:
        outcomes.CallFailed: the provider does not say; it is asked again later.
    """
    async with opens() as tx:
        doubtful = await _read(tx, attempt_id)
    if doubtful is None:
        return
    provider = calls.adapter(doubtful.connection, database)
    match doubtful.attempt.kind:
        case Kind.charge:
            settled = await _charge(opens, provider, doubtful)
        case Kind.capture | Kind.cancel:
            settled = await _moved(opens, database, doubtful)
        case Kind.refund:
            settled = await _refund(opens, provider, doubtful)
        case Kind.evidence:
            settled = await _evidence(opens, provider, doubtful)
        case Kind.order | Kind.checkout:
            # Nobody was given the page, so nobody pays on it.
            async with opens() as tx:
                await attempts.end(tx, attempt_id, State.failed, code="unknown", message="The answer never came.")
            settled = True
    if not settled and doubtful.attempt.asked >= ASKS:
        await _again(opens, database, doubtful)


async def _read(tx: Tx, attempt_id: UUID) -> _Doubtful | None:
    attempt = await tx.get(Attempt, attempt_id)
    if attempt.state not in (State.sent, State.unknown):
        return None
    return _Doubtful(
        attempt=attempt,
        payment=await tx.get(Payment, attempt.payment_id),
        connection=await connections.opened(tx, attempt.connection_id),
        known=await tx.all(str, "select ref from payments_ref where payment_id = $1 limit 1000", attempt.payment_id),
    )


async def _charge(opens: Opens, provider: ports.Provider, doubtful: _Doubtful) -> bool:
    """Whether the provider has a payment that carries our id and that we were not told of."""
    since: datetime = (doubtful.attempt.sent_at or doubtful.attempt.made_at) - _LATE
    found = await calls.guarded(doubtful.connection.provider, "find", provider.find(doubtful.payment.id, since=since))
    current = doubtful.payment.provider_ref
    own = doubtful.attempt.id
    new = [
        one
        for one in found
        if one.attempt_id == own or (one.attempt_id is None and (one.ref not in doubtful.known or one.ref == current))
    ]
    for answer in new:
        async with opens() as tx:
            await tx.get(Payment, doubtful.payment.id, lock=True)
            await attempts.end(tx, doubtful.attempt.id, State.succeeded, provider_ref=answer.ref)
            await answers.told(tx, doubtful.connection, answer)
    if new:
        return True
    async with opens() as tx:
        payment = await tx.get(Payment, doubtful.payment.id, lock=True)
        if payment.provider_ref is None or payment.status in (Status.authorized, Status.captured):
            # Nothing was told about this try; what paid meanwhile, if anything did, was another one.
            return False
        # A webhook was faster than we are: what the provider said since the call began is about this attempt.
        await attempts.end(tx, doubtful.attempt.id, State.succeeded, provider_ref=payment.provider_ref)
    return True


async def _moved(opens: Opens, database: Database, doubtful: _Doubtful) -> bool:
    """Whether the payment is where the call was to bring it, or anywhere else that is final."""
    ref = doubtful.payment.provider_ref or doubtful.payment.checkout_ref
    if ref is None:
        return False
    try:
        payment = await asking.about(opens, database, doubtful.connection, ref)
    except outcomes.Gone:
        payment = None
    if payment is None or payment.status not in _DONE[doubtful.attempt.kind]:
        return False
    async with opens() as tx:
        await tx.get(Payment, doubtful.payment.id, lock=True)
        await attempts.end(tx, doubtful.attempt.id, State.succeeded, provider_ref=ref)
    return True


async def _refund(opens: Opens, provider: ports.Provider, doubtful: _Doubtful) -> bool:
    """Whether the provider has a refund that carries our id."""
    ref = doubtful.payment.provider_ref or ""
    told = await calls.guarded(doubtful.connection.provider, "refunds", provider.refunds(ref))
    ours = next((one for one in told if one.refund_id == doubtful.attempt.refund_id), None)
    if ours is None:
        return False
    async with opens() as tx:
        payment = await tx.get(Payment, doubtful.payment.id, lock=True)
        await attempts.end(tx, doubtful.attempt.id, State.succeeded, provider_ref=ours.ref)
        await refunds.told(tx, payment, ours)
    return True


async def _evidence(opens: Opens, provider: ports.Provider, doubtful: _Doubtful) -> bool:
    """Whether the provider is past waiting for evidence."""
    ref = doubtful.payment.provider_ref or ""
    told = await calls.guarded(doubtful.connection.provider, "disputes", provider.disputes(ref))
    async with opens() as tx:
        payment = await tx.get(Payment, doubtful.payment.id, lock=True)
        attempt = await tx.get(Attempt, doubtful.attempt.id)
        for complaint in told:
            dispute = await disputes.told(tx, payment, complaint)
            if dispute.id == attempt.dispute_id and dispute.status is not disputes.Standing.needs_response:
                await attempts.end(tx, attempt.id, State.succeeded, provider_ref=complaint.ref)
                return True
    return False


async def _again(opens: Opens, database: Database, doubtful: _Doubtful) -> None:
    """The provider knows nothing of the call: it is made once more under its key, or given up."""
    attempt = doubtful.attempt
    if attempt.kind is Kind.charge and await _paid_otherwise(opens, attempt):
        return
    if attempt.sendings < results.MOST_SENDINGS:
        async with opens() as tx:
            renewed = await attempts.again(tx, attempt)
        if renewed:
            log.info("payments.sent_again", attempt=str(attempt.id), kind=attempt.kind.value)
            await calls.run(opens, database, attempt.id)
        return
    async with opens() as tx:
        payment = await tx.get(Payment, attempt.payment_id, lock=True)
        message = "The provider never answered, and knows nothing of it."
        if await attempts.end(tx, attempt.id, State.failed, code="never_arrived", message=message) is not None:
            log.warning("payments.gave_up", attempt=str(attempt.id), kind=attempt.kind.value)
            await results.refused(tx, attempt, payment, code="never_arrived", message=message, retry=True)


async def _paid_otherwise(opens: Opens, attempt: Attempt) -> bool:
    """Whether the payment was paid in another way, so that a charge nobody knows of is not made once more."""
    async with opens() as tx:
        payment = await tx.get(Payment, attempt.payment_id, lock=True)
        if payment.status not in (Status.authorized, Status.captured):
            return False
        await attempts.end(tx, attempt.id, State.failed, code="superseded", message=calls.SUPERSEDED)
    return True


async def look(opens: Opens, database: Database, payment_id: UUID) -> Payment:
    """Ask about a payment of which nothing was told; one that nobody can pay any more has expired."""
    payment = await asking.payment(opens, database, payment_id)
    async with opens() as tx:
        payment = await tx.get(Payment, payment_id, lock=True)
        over = payment.expires_at is not None and payment.expires_at <= tx.now
        at_page = payment.checkout_expires_at is not None and payment.checkout_expires_at > tx.now
        if over and not at_page and await attempts.live(tx, payment_id) is None:
            payment = await payments.moved(tx, payment, Status.expired)
        if payment.status not in (Status.created, Status.requires_action, Status.processing, Status.authorized):
            await tx.execute("update payments_payment set look_at = null where id = $1", payment_id)
    return payment
