"""Results: what came of a call to a provider is stored: the attempt, and what it was about, say so."""

from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, attempts, disputes, payments, refunds
from holdfast.shared.payments.attempts import Kind, State
from holdfast.shared.payments.payments import Payment, Status
from holdfast.shared.payments.preparing import Prepared

log = structlog.get_logger()

FIRST_DOUBT = timedelta(seconds=20)
"""How long after a call whose answer never came the provider is asked for the first time."""
MOST_SENDINGS = 5
"""How often a call is sent under one key before it counts as failed."""

Answer: TypeAlias = ports.Payment | ports.Order | ports.Checkout | ports.Refund | ports.Dispute


async def store(tx: Tx, prepared: Prepared, answer: Answer) -> None:
    """Store what the provider answered; the attempt has succeeded."""
    attempt = prepared.attempt
    payment = await tx.get(Payment, attempt.payment_id, lock=True)
    state, code, message = State.succeeded, None, None
    if isinstance(answer, ports.Payment) and answer.standing == "failed":
        state = State.failed
        code, message = (answer.decline.code, answer.decline.message) if answer.decline else ("failed", None)
    late = await attempts.end(tx, attempt.id, state, provider_ref=answer.ref, code=code, message=message) is None
    if late:
        # Somebody has looked after it meanwhile. What is told about money is true all the same.
        log.info("payments.answer_was_late", attempt=str(attempt.id), kind=attempt.kind.value)
    match answer:
        case ports.Payment():
            await _believe(tx, prepared, payment, answer)
        case ports.Order():
            await _keep_order(tx, payment, prepared.connection.id, answer)
        case ports.Checkout() if late:
            # The payer was given another page by now; this one is known by name, should somebody pay on it.
            await _keep_name(tx, payment.id, prepared.connection.id, "checkout", answer.ref)
        case ports.Checkout():
            await _keep_checkout(tx, payment, prepared.connection.id, answer)
        case ports.Refund():
            await refunds.told(tx, payment, answer)
        case ports.Dispute():
            await disputes.told(tx, payment, answer)


async def _believe(tx: Tx, prepared: Prepared, payment: Payment, answer: ports.Payment) -> None:
    """Make a call's own answer true. Of what others were told about the same try meanwhile, nobody knows the order."""
    told_already = payment.provider_ref == answer.ref
    try:
        await answers.told(
            tx,
            prepared.answered_by or prepared.connection,
            answer,
            seen=prepared.payment.version if told_already else None,
            own=payment.provider_ref is None,
        )
    except answers.Stale:
        await payments.watch(tx, payment.id, soon=True)


async def _keep_order(tx: Tx, payment: Payment, connection_id: UUID, order: ports.Order) -> None:
    await _keep_name(tx, payment.id, connection_id, "order", order.ref)
    await tx.update(
        payment,
        order_ref=order.ref,
        order_client=dict(order.client),
        connection_id=connection_id,
        version=payment.version + 1,
    )
    await payments.watch(tx, payment.id)


async def _keep_checkout(tx: Tx, payment: Payment, connection_id: UUID, checkout: ports.Checkout) -> None:
    await _keep_name(tx, payment.id, connection_id, "checkout", checkout.ref)
    await tx.update(
        payment,
        checkout_ref=checkout.ref,
        checkout_url=checkout.url,
        checkout_expires_at=checkout.expires_at,
        connection_id=connection_id,
        version=payment.version + 1,
    )
    await payments.watch(tx, payment.id)


async def _keep_name(tx: Tx, payment_id: UUID, connection_id: UUID, kind: str, ref: str) -> None:
    await tx.execute(
        "insert into payments_ref (connection_id, ref, kind, payment_id) values ($1, $2, $3, $4) "
        "on conflict do nothing",
        connection_id,
        ref,
        kind,
        payment_id,
    )


async def store_failure(tx: Tx, prepared: Prepared, failed: outcomes.CallFailed) -> None:
    """Store that a call did not do what it was made for, and whether it may be sent once more."""
    attempt = prepared.attempt
    payment = await tx.get(Payment, attempt.payment_id, lock=True)
    code, message = _said(failed)
    if isinstance(failed, outcomes.Unknown):
        if await attempts.doubtful(tx, attempt, wait=FIRST_DOUBT, message=message):
            await _doubt(tx, prepared, payment)
        return
    waits = attempt.kind in (Kind.order, Kind.checkout)
    if isinstance(failed, outcomes.Transient) and not waits and attempt.sendings < MOST_SENDINGS:
        # Nothing happened, so the same call is made again in a while; the janitor sees to it.
        await attempts.again(tx, attempt)
        return
    if await attempts.end(tx, attempt.id, State.failed, code=code, message=message) is not None:
        await refused(tx, attempt, payment, code=code, message=message, retry=not isinstance(failed, outcomes.Rejected))


def _said(failed: outcomes.CallFailed) -> tuple[str, str]:
    """The code and the sentence of a failed call."""
    match failed:
        case outcomes.Gone():
            return "gone", failed.message
        case outcomes.Rejected():
            return failed.code, failed.message
        case outcomes.AuthFailed():
            return "keys_refused", "The provider does not accept our keys."
        case outcomes.Unsupported():
            return "unsupported", "The provider has no such thing."
        case outcomes.Transient():
            return "unavailable", "The provider could not be reached."
    return "unknown", str(failed) or "The provider did not answer."


async def _doubt(tx: Tx, prepared: Prepared, payment: Payment) -> None:
    """What the attempt was about is of unknown state."""
    if prepared.attempt.kind is Kind.charge:
        await payments.moved(tx, payment, Status.unknown)
    elif prepared.refund is not None:
        refund = await tx.get(refunds.Refund, prepared.refund.id, lock=True)
        await refunds.settle(tx, refund, payment, refunds.Standing.unknown)


async def refused(tx: Tx, attempt: attempts.Attempt, payment: Payment, *, code: str, message: str, retry: bool) -> None:
    """What follows for the payment or refund from an attempt that failed for good; the payment's row is locked."""
    if attempt.kind is Kind.cancel and code in ("gone", "unsupported") and payment.provider_ref is None:
        # The provider has nothing that could be let go; should money come all the same, it is believed.
        await payments.moved(tx, payment, Status.cancelled)
    elif attempt.kind is Kind.charge and payment.status in (Status.processing, Status.unknown):
        await payments.moved(
            tx,
            payment,
            Status.failed,
            decline_code=code[:200],
            decline_message=message[:500],
            decline_retry=retry,
        )
    elif attempt.refund_id is not None:
        refund = await tx.get(refunds.Refund, attempt.refund_id, lock=True)
        if refund.status in (refunds.Standing.requested, refunds.Standing.unknown):
            await refunds.settle(tx, refund, payment, refunds.Standing.failed, code=code, message=message)
