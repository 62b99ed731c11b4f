"""Calls: providers are called here, each call between two transactions and with none open meanwhile.

The first transaction takes the attempt, which was written down before; the second stores the answer. Routes and
reactions run the same code: whoever takes an attempt makes its call, and the others find it taken. A process may die
at any line. Before the first commit nothing has happened; after it, the attempt is doubtful until the janitor has asked
the provider.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import telemetry
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, attempts, connections, customers, disputes, methods, payments, refunds
from holdfast.shared.payments.attempts import Kind, State, Whole
from holdfast.shared.payments.payments import Payment, Status

log = structlog.get_logger()

SECONDS = 60
"""The longest that a call may take; less than the lease of an attempt."""
FIRST_DOUBT = timedelta(seconds=20)
"""How long after a call whose answer never came the provider is asked for the first time."""
MOST_SENDINGS = 5
"""How often a call is sent under one key before it counts as failed."""

Opens: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction in the payment's tenant; of a route's caller, or of a reaction's job."""


class ProviderAway(Problem):
    """The payment provider cannot be reached at the moment; try again in a minute."""

    status = 503


class ProviderDeclined(Problem):
    """The payment provider refused this."""


class KeysRefused(Problem):
    """The payment provider does not accept the keys of this connection; somebody has to correct them."""


class NotOffered(Problem):
    """This payment provider has no such thing."""


class Unclear(Problem):
    """The payment provider did not answer. It is being asked what happened; look again in a minute."""

    status = 503


class Prepared(msgspec.Struct, kw_only=True):
    """What a call needs, read before it is made."""

    attempt: Whole
    connection: ports.Connection
    payment: Payment
    payer: ports.Payer
    method_ref: str | None = None
    refund: refunds.Refund | None = None
    dispute: disputes.Dispute | None = None

    @property
    def purchase(self) -> ports.Purchase:
        """What is paid, for the provider."""
        return ports.Purchase(
            payment_id=self.payment.id,
            amount=self.payment.amount,
            description=self.payment.description,
            payer=self.payer,
            capture=self.payment.capture,
            save_method=bool(self.attempt.request.get("save_method")),
            return_url=self.attempt.request.get("return_url"),
        )


Answer: TypeAlias = ports.Payment | ports.Order | ports.Checkout | ports.Refund | ports.Dispute


def adapter(connection: ports.Connection, database: Database) -> ports.Provider:
    """The adapter of a connection."""
    return connecting.adapter(connection, database=database)


def problem_of(failed: outcomes.CallFailed) -> Problem:
    """What whoever waits for the answer of a call is told when there is none."""
    match failed:
        case outcomes.Unknown():
            return Unclear()
        case outcomes.Transient():
            return ProviderAway()
        case outcomes.Rejected():
            return ProviderDeclined(failed.message[:500], provider_code=failed.code[:200])
        case outcomes.AuthFailed():
            return KeysRefused()
        case outcomes.Unsupported():
            return NotOffered()
    return ProviderAway()


async def guarded(provider: str, what: str, call: Any) -> Any:
    """Await a call to a provider, for so long and no longer; measured and logged.

    Raises:
        outcomes.CallFailed: it did not do what it was made for; ``Unknown`` when it took too long.
    """
    started, outcome = time.perf_counter(), "error"
    try:
        async with asyncio.timeout(SECONDS):
            answer = await call
        outcome = "done"
    except TimeoutError as late:
        outcome = "unknown"
        raise outcomes.Unknown(f"No answer within {SECONDS} seconds.") from late
    except outcomes.CallFailed as failed:
        outcome = type(failed).__name__.lower()
        raise
    else:
        return answer
    finally:
        telemetry.outside(f"payments.{provider}.{what}", outcome, started)


async def run(opens: Opens, database: Database, attempt_id: UUID) -> outcomes.CallFailed | None:
    """Make the call of an attempt, if nobody else has taken it; gives how it failed, if it did.

    What came of it is stored: the attempt, and what it is about, say so.
    """
    async with opens() as tx:
        attempt = await attempts.take(tx, attempt_id)
        if attempt is None:
            return None
        prepared = await _prepared(tx, attempt)
    failed: outcomes.CallFailed | None = None
    answer: Answer | None = None
    try:
        prepared = await _with_customer(opens, database, prepared)
        what = prepared.attempt.kind.value
        answer = await guarded(
            prepared.connection.provider, what, _made(adapter(prepared.connection, database), prepared)
        )
    except outcomes.CallFailed as error:
        failed = error
        if isinstance(error, outcomes.Rejected) and error.code == "idempotency_error" and prepared.attempt.sendings > 1:
            # The provider has had this call before, whatever it says about the repetition.
            failed = outcomes.Unknown(error.message)
    except Exception as error:
        # A fault of ours while we read the answer: the provider may have done it all the same.
        log.exception("payments.call_broke", attempt=str(attempt_id))
        failed = outcomes.Unknown(type(error).__name__)
        telemetry.report(error)
    async with opens() as tx:
        if answer is None:
            assert failed is not None  # noqa: S101 - one of the two is there
            await _store_failure(tx, prepared, failed)
        else:
            await store(tx, prepared, answer)
    return failed


async def _prepared(tx: Tx, attempt: Whole) -> Prepared:
    payment = await tx.get(Payment, attempt.payment_id)
    prepared = Prepared(
        attempt=attempt,
        payment=payment,
        connection=await connections.opened(tx, attempt.connection_id),
        payer=await customers.payer(tx, payment.customer_id, attempt.connection_id),
    )
    if attempt.method_id is not None:
        prepared.method_ref = (await methods.known(tx, attempt.method_id)).ref
    if attempt.refund_id is not None:
        prepared.refund = await tx.get(refunds.Refund, attempt.refund_id)
    if attempt.dispute_id is not None:
        prepared.dispute = await tx.get(disputes.Dispute, attempt.dispute_id)
    return prepared


async def known_payer(
    opens: Opens, database: Database, connection: ports.Connection, payer: ports.Payer
) -> ports.Payer:
    """A payer whom the provider knows by a name, which is stored (P22); unchanged where it keeps no customers."""
    provider = adapter(connection, database)
    if payer.ref is not None or not {"charge", "setup", "subscription"} & provider.abilities:
        return payer
    key = f"{payer.id}:{connection.id}:customer"
    try:
        ref: str = await guarded(connection.provider, "customer", provider.ensure_customer(payer, key=key))
    except outcomes.Unsupported:
        return payer
    except outcomes.Unknown as unknown:
        # A customer more moves no money; the same key makes the same one.
        raise outcomes.Transient(str(unknown)) from unknown
    async with opens() as tx:
        ref = await customers.keep_ref(tx, payer.id, connection.id, ref)
    return msgspec.structs.replace(payer, ref=ref)


async def _with_customer(opens: Opens, database: Database, prepared: Prepared) -> Prepared:
    if prepared.attempt.kind in (Kind.checkout, Kind.charge):
        prepared.payer = await known_payer(opens, database, prepared.connection, prepared.payer)
    return prepared


async def _made(provider: ports.Provider, prepared: Prepared) -> Answer:
    """The call itself."""
    attempt, payment = prepared.attempt, prepared.payment
    match attempt.kind:
        case Kind.order:
            return await provider.create_order(prepared.purchase, key=attempt.key)
        case Kind.checkout:
            paid = await _superseded(provider, prepared)
            return paid or await provider.open_checkout(prepared.purchase, key=attempt.key)
        case Kind.charge:
            paid = await _superseded(provider, prepared)
            return paid or await provider.charge(
                prepared.purchase, method_ref=prepared.method_ref or "", key=attempt.key
            )
        case Kind.capture:
            return await provider.capture(payment.provider_ref or "", payment.amount, key=attempt.key)
        case Kind.cancel:
            return await provider.cancel(payment.provider_ref or payment.checkout_ref or "", key=attempt.key)
        case Kind.refund:
            assert prepared.refund is not None  # noqa: S101 - a check of the table
            return await provider.refund(
                payment.provider_ref or "", prepared.refund.amount, refund_id=prepared.refund.id, key=attempt.key
            )
        case Kind.evidence:
            assert prepared.dispute is not None  # noqa: S101
            return await provider.submit_evidence(prepared.dispute.provider_ref, attempt.request, key=attempt.key)


async def _superseded(provider: ports.Provider, prepared: Prepared) -> ports.Payment | None:
    """Close what the payer may still be paying, so that nobody pays twice; gives what was paid already."""
    for ref in prepared.attempt.request.get("supersedes", ()):
        try:
            found = await provider.cancel(ref, key=f"{prepared.attempt.key}:{ref}"[:255])
        except (outcomes.Rejected, outcomes.Unsupported):
            try:
                found = await provider.fetch(ref)
            except (outcomes.Rejected, outcomes.Unsupported):
                continue
        if found.standing in ("captured", "authorized", "processing"):
            return found
    return None


async def store(tx: Tx, prepared: Prepared, answer: Answer) -> None:
    """Store what the provider answered; the attempt has succeeded."""
    attempt = prepared.attempt
    payment = await tx.get(Payment, attempt.payment_id, lock=True)
    state, code, message = State.succeeded, None, None
    if isinstance(answer, ports.Payment) and answer.standing == "failed":
        state = State.failed
        code, message = (answer.decline.code, answer.decline.message) if answer.decline else ("failed", None)
    if await attempts.end(tx, attempt.id, state, provider_ref=answer.ref, code=code, message=message) is None:
        # Somebody has looked after it meanwhile. What is told about money is true all the same.
        log.info("payments.answer_was_late", attempt=str(attempt.id), kind=attempt.kind.value)
    match answer:
        case ports.Payment():
            await answers.told(tx, prepared.connection, answer)
        case ports.Order():
            await _keep_order(tx, payment, prepared.connection.id, answer)
        case ports.Checkout():
            await _keep_checkout(tx, payment, prepared.connection.id, answer)
        case ports.Refund():
            await refunds.told(tx, payment, answer)
        case ports.Dispute():
            await disputes.told(tx, payment, answer)


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


async def _store_failure(tx: Tx, prepared: Prepared, failed: outcomes.CallFailed) -> None:
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
