"""Answers: what a provider says about a payment, made true here. The only place where a payment becomes money (X8).

Webhooks, polls, the janitor and the answers of calls all end here, several at once and in any order. Each locks the
payment, and the table of moves decides: what is known already happens no second time, and what is older than what is
known does not happen at all. A provider may hold several payments for one of ours (a card that was declined, then
another); only one of them counts, and money that came by another is kept beside it, as a payment of its own.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import payments as ports
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import attempts, customers, methods, payments, postings
from holdfast.shared.payments.payments import Payment, Status

log = structlog.get_logger()

ADOPTED = "payments.adopted"
"""The purpose of a payment that began at the provider, and that nobody here expected."""
SURPLUS = "payments.surplus"
"""The purpose of money that came for a payment that was paid already."""
MISMATCH = "payments.mismatch"
"""The purpose of money that names a payment of ours of another amount or currency."""

_MONEY = (Status.authorized, Status.captured)
_FIRM = (Status.processing, Status.authorized)
_LOCK = "select pg_advisory_xact_lock(hashtextextended('payments.adopt' || $1::uuid::text || $2, 0))"


class Stale(Exception):
    """The payment has changed since the provider was asked, so it must be asked once more."""


class OtherMode(Problem):
    """A test payment is not believed where live ones are taken, nor the other way about (P64)."""


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment that began at the provider is for."""

    purpose: str
    purpose_id: UUID
    customer_id: UUID | None = None
    description: str | None = None


Claims: TypeAlias = Callable[[Tx, UUID, ports.Payment], Awaitable[Belonging | None]]
"""Says what a provider's payment on a connection is for, if it knows."""

_claims: list[Claims] = []


def claim(claims: Claims) -> None:
    """Let a part of the platform recognise payments that began at a provider, such as those of its subscriptions."""
    if claims not in _claims:
        _claims.append(claims)


async def told(
    tx: Tx, connection: ports.Connection, answer: ports.Payment, *, seen: int | None = None, own: bool = False
) -> Payment:
    """Make true what the provider says about a payment; gives ours, which is adopted when there was none.

    Args:
        tx: the transaction.
        connection: who says so.
        answer: what it says.
        seen: the payment's version from before the provider was asked; without it the answer is believed to be new.
        own: it is the answer to the last call that was made for the payment, under whatever name.

    Raises:
        Stale: the payment changed meanwhile, and the answer is not about money.
        OtherMode: it is a test payment on a live connection, or the other way about.
    """
    _keep_mode(connection.mode, answer)
    payment = await _ours(tx, connection.id, answer)
    if payment is None:
        return await adopt(tx, connection.id, answer)
    status = Status(answer.standing)
    if answer.amount != payment.amount:
        log.warning("payments.mismatch", payment=str(payment.id), ref=answer.ref)
        return await _beside(tx, connection.id, answer, payment, MISMATCH)
    if status is Status.captured and payment.status is Status.captured and payment.provider_ref != answer.ref:
        log.warning("payments.surplus", payment=str(payment.id), ref=answer.ref)
        return await _beside(tx, connection.id, answer, payment, SURPLUS)
    new = await _name(tx, connection.id, answer.ref, payment.id)
    if status is not Status.captured and payment.status in _FIRM and payment.provider_ref not in (None, answer.ref):
        # Of two tries, the one that got further counts, unless the other one is money.
        return payment
    if status not in _MONEY:
        if not own and (
            connection.id != payment.connection_id
            or (not new and payment.provider_ref != answer.ref)
            or await _of_older_try(tx, payment, answer)
        ):
            # It is about a try that another one has replaced.
            return payment
        if seen is not None and payment.version != seen:
            raise Stale
    return await _apply(tx, payment, connection.id, answer, status)


async def _of_older_try(tx: Tx, payment: Payment, answer: ports.Payment) -> bool:
    """Whether a charge is under way, or of unknown state, and this is about another try than that."""
    if answer.attempt_id is None:
        return False
    live = await attempts.live(tx, payment.id)
    return live is not None and live.kind is attempts.Kind.charge and live.id != answer.attempt_id


def _keep_mode(mode: str, answer: ports.Payment) -> None:
    if answer.live != (mode == "live"):
        log.warning("payments.other_mode", ref=answer.ref, live=answer.live)
        raise OtherMode


async def _name(tx: Tx, connection_id: UUID, ref: str, payment_id: UUID) -> bool:
    """Note what the provider calls a payment; gives whether that is new."""
    added = await tx.execute(
        "insert into payments_ref (connection_id, ref, kind, payment_id) values ($1, $2, 'payment', $3) "
        "on conflict do nothing",
        connection_id,
        ref,
        payment_id,
    )
    return added > 0


async def _ours(tx: Tx, connection_id: UUID, answer: ports.Payment) -> Payment | None:
    """Our payment, locked: the one that has this name, whose id it carries, or whose order it pays."""
    found = await tx.find(
        UUID,
        "select payment_id from payments_ref where connection_id = $1 and ref = $2",
        connection_id,
        answer.ref,
    )
    if found is None and answer.payment_id is not None:
        found = await tx.find(UUID, "select id from payments_payment where id = $1", answer.payment_id)
    if found is None and answer.order_ref is not None:
        found = await tx.find(
            UUID,
            "select payment_id from payments_ref where connection_id = $1 and ref = $2",
            connection_id,
            answer.order_ref,
        )
    return None if found is None else await tx.get(Payment, found, lock=True)


async def _apply(tx: Tx, payment: Payment, connection_id: UUID, answer: ports.Payment, status: Status) -> Payment:
    unfinished = payment.status not in (*_MONEY, Status.cancelled)
    if status is Status.cancelled and unfinished and not await _asked_to_let_go(tx, payment.id):
        return await _give_up(tx, payment, answer)
    if status not in payments.MOVES[payment.status] and status is not payment.status:
        return payment
    # Whoever has the money, or the promise of it, is the one that gives it back.
    changes: dict[str, Any] = {
        "provider_ref": answer.ref,
        "action_url": answer.action_url,
        "connection_id": connection_id,
    }
    if answer.method is not None:
        changes |= {
            "method_kind": answer.method.kind[:50],
            "method_brand": answer.method.brand,
            "method_last4": answer.method.last4,
        }
    if answer.decline is not None:
        changes |= {
            "decline_code": answer.decline.code[:200],
            "decline_message": answer.decline.message[:500],
            "decline_retry": answer.decline.retry,
        }
    same = status is payment.status and all(
        getattr(payment, name, value) == value for name, value in changes.items() if name != "action_url"
    )
    if status is Status.captured:
        payment = await _capture(tx, payment, answer, changes)
    elif not same:
        payment = await payments.moved(tx, payment, status, **changes)
    await _end_attempt(tx, payment, answer)
    if payment.status is Status.authorized and payment.capture:
        await want_capture(tx, payment)
    return payment


async def _asked_to_let_go(tx: Tx, payment_id: UUID) -> bool:
    found = await tx.find(
        UUID, "select id from payments_attempt where payment_id = $1 and kind = 'cancel' limit 1", payment_id
    )
    return found is not None


async def _give_up(tx: Tx, payment: Payment, answer: ports.Payment) -> Payment:
    """The provider let go of a try that nobody here wanted to end: a page that was closed, a bank that never answered.

    That ends the try alone, so the payment can be paid on another page, or charged again.
    """
    over: dict[str, Any] = {}
    if payment.provider_ref == answer.ref:
        over["provider_ref"] = None
    if payment.checkout_ref is not None and payment.checkout_ref == answer.order_ref:
        over |= {"checkout_ref": None, "checkout_url": None, "checkout_expires_at": None}
    if payment.status in payments.CHARGEABLE:
        return await payments.moved(tx, payment, payment.status, **over) if over else payment
    decline = answer.decline or ports.Decline(code="cancelled", message="The provider let go of the payment.")
    payment = await payments.moved(
        tx,
        payment,
        Status.failed,
        decline_code=decline.code[:200],
        decline_message=decline.message[:500],
        decline_retry=decline.retry,
        **over,
    )
    await _end_attempt(tx, payment, answer)
    return payment


async def _capture(tx: Tx, payment: Payment, answer: ports.Payment, changes: dict[str, Any]) -> Payment:
    """The provider has the money: the state, the books and the event, in one transaction."""
    if payment.status is Status.captured:
        return payment
    amount = answer.captured if answer.captured.minor > 0 else answer.amount
    payment = await tx.update(
        payment,
        status=Status.captured,
        captured=amount,
        captured_at=tx.now,
        look_at=None,
        changed_at=tx.now,
        version=payment.version + 1,
        **changes,
    )
    await postings.captured(
        tx, payment.id, customer_id=payment.customer_id, connection_id=payment.connection_id, amount=amount
    )
    if answer.customer_ref is not None and await _saves(tx, payment.id):
        await tx.emit(methods.Expected(customer_id=payment.customer_id, connection_id=payment.connection_id))
    await tx.emit(
        payments.Captured(
            payment_id=payment.id,
            customer_id=payment.customer_id,
            amount=amount,
            captured_at=tx.now,
            purpose=payment.purpose,
            purpose_id=payment.purpose_id,
            method=payment.method_kind or "other",
        )
    )
    return payment


async def _saves(tx: Tx, payment_id: UUID) -> bool:
    """Whether the payer was asked on the page to keep their way to pay."""
    return await tx.one(
        bool,
        "select exists (select from payments_attempt where payment_id = $1 and kind = 'checkout' "
        "and request -> 'save_method' = 'true')",
        payment_id,
    )


async def want_capture(tx: Tx, payment: Payment) -> attempts.Attempt | None:
    """Ask for the money that was authorized, unless somebody is at it; the payment's row is locked."""
    if await attempts.live(tx, payment.id) is not None:
        return None
    return await attempts.want(tx, payment.id, attempts.Kind.capture, connection_id=payment.connection_id)


async def _end_attempt(tx: Tx, payment: Payment, answer: ports.Payment) -> None:
    """A charge whose answer never came has ended, now that the provider tells how.

    Of another try nothing follows for it: it may have been made as well, which the janitor finds out.
    """
    if payment.status in (Status.processing, Status.unknown):
        return
    live = await attempts.live(tx, payment.id)
    if live is None or live.kind is not attempts.Kind.charge or live.state is not attempts.State.unknown:
        return
    if answer.attempt_id == live.id or (answer.attempt_id is None and payment.status not in _MONEY):
        await attempts.end(tx, live.id, attempts.State.succeeded, provider_ref=answer.ref)


async def adopt(
    tx: Tx,
    connection_id: UUID,
    answer: ports.Payment,
    *,
    customer_id: UUID | None = None,
    purpose: str | None = None,
    purpose_id: UUID | None = None,
    description: str | None = None,
) -> Payment:
    """Ours for a payment that began at the provider, made when there is none, with its state and its money.

    Whoever says what it is for is believed, also later about one that nobody knew the purpose of.
    """
    _keep_mode(await tx.one(str, "select mode from payments_connection where id = $1", connection_id), answer)
    await tx.execute(_LOCK, connection_id, answer.ref)
    known = await tx.find(
        UUID, "select payment_id from payments_ref where connection_id = $1 and ref = $2", connection_id, answer.ref
    )
    if purpose is None or purpose_id is None:
        belonging = await _claimed(tx, connection_id, answer)
    else:
        belonging = Belonging(purpose=purpose, purpose_id=purpose_id, customer_id=customer_id, description=description)
    if known is None:
        return await _take_in(tx, connection_id, answer, belonging)
    payment = await tx.get(Payment, known, lock=True)
    if payment.purpose == ADOPTED != belonging.purpose:
        payment = await _recognised(tx, payment, belonging)
    return await _apply(tx, payment, connection_id, answer, Status(answer.standing))


async def _recognised(tx: Tx, payment: Payment, belonging: Belonging) -> Payment:
    """Somebody knows by now what an adopted payment is for, and perhaps who paid it."""
    payer = belonging.customer_id or payment.customer_id
    if payer != payment.customer_id and payment.captured.minor > payment.refunded.minor:
        await postings.reassigned(
            tx, payment.id, before=payment.customer_id, after=payer, amount=payment.captured - payment.refunded
        )
    if payer != payment.customer_id:
        await tx.execute(
            "update payments_refund set customer_id = $2 where payment_id = $1 and ended_at is null",
            payment.id,
            payer,
        )
    return await tx.update(
        payment,
        purpose=belonging.purpose,
        purpose_id=belonging.purpose_id,
        customer_id=payer,
        version=payment.version + 1,
    )


async def _take_in(tx: Tx, connection_id: UUID, answer: ports.Payment, belonging: Belonging) -> Payment:
    payment = await payments.request(
        tx,
        customer_id=belonging.customer_id or await _payer(tx, connection_id, answer),
        amount=answer.amount,
        description=belonging.description or "Paid at the provider",
        purpose=belonging.purpose,
        purpose_id=belonging.purpose_id,
        key=f"provider:{answer.ref}"[:255],
        connection_id=connection_id,
        past=True,
    )
    # The payment first and its name after it, as everywhere: the other way about two answers wait for each other.
    payment = await tx.get(Payment, payment.id, lock=True)
    # A name that was another payment's, such as that of a declined attempt which was paid after all, is this one's now.
    await tx.execute(
        "insert into payments_ref (connection_id, ref, kind, payment_id) values ($1, $2, 'payment', $3) "
        "on conflict (tenant_id, connection_id, ref) do update set payment_id = excluded.payment_id",
        connection_id,
        answer.ref,
        payment.id,
    )
    return await _apply(tx, payment, connection_id, answer, Status(answer.standing))


async def _beside(tx: Tx, connection_id: UUID, answer: ports.Payment, of: Payment, purpose: str) -> Payment:
    """A payment of its own for money that came beside another payment; nothing for what is no money."""
    if Status(answer.standing) is not Status.captured:
        return of
    belonging = Belonging(purpose=purpose, purpose_id=of.id, customer_id=of.customer_id, description=of.description)
    return await _take_in(tx, connection_id, answer, belonging)


async def _claimed(tx: Tx, connection_id: UUID, answer: ports.Payment) -> Belonging:
    for claims in _claims:
        belonging = await claims(tx, connection_id, answer)
        if belonging is not None:
            return belonging
    return Belonging(purpose=ADOPTED, purpose_id=connection_id)


async def _payer(tx: Tx, connection_id: UUID, answer: ports.Payment) -> UUID:
    """Who paid at the provider: the customer that it names, or one who is known by that name alone."""
    if answer.customer_ref is not None:
        known = await customers.of_ref(tx, connection_id, answer.customer_ref)
        if known is not None:
            return known
    reference = f"provider:{connection_id}:{answer.customer_ref or answer.ref}"[:255]
    customer = await customers.ensure(tx, name="Customer of the provider", reference=reference)
    if answer.customer_ref is not None:
        await customers.keep_ref(tx, customer.id, connection_id, answer.customer_ref)
    return customer.id
