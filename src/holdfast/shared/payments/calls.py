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
from holdfast.shared.payments import attempts, customers, preparing, results
from holdfast.shared.payments.attempts import Kind, State, Whole
from holdfast.shared.payments.payments import Payment, Status
from holdfast.shared.payments.preparing import Prepared
from holdfast.shared.payments.results import Answer

log = structlog.get_logger()

SECONDS = 60
"""The longest that a call may take; less than the lease of an attempt."""
SUPERSEDED = "It was paid in another way meanwhile."

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
        if attempt is None or await _needless(tx, attempt):
            return None
        prepared = await preparing.prepared(tx, attempt)
    failed: outcomes.CallFailed | None = None
    answer: Answer | None = None
    try:
        prepared = await _with_customer(opens, database, prepared)
        what = prepared.attempt.kind.value
        answer = await guarded(prepared.connection.provider, what, _made(database, prepared))
    except outcomes.CallFailed as error:
        failed = error
        if _had_before(prepared.attempt, error):
            failed = outcomes.Unknown(str(error))
    except Exception as error:
        # A fault of ours while we read the answer: the provider may have done it all the same.
        log.exception("payments.call_broke", attempt=str(attempt_id))
        failed = outcomes.Unknown(type(error).__name__)
        telemetry.report(error)
    async with opens() as tx:
        if answer is None:
            assert failed is not None  # noqa: S101 - one of the two is there
            await results.store_failure(tx, prepared, failed)
        else:
            await results.store(tx, prepared, answer)
    return failed


def _had_before(attempt: Whole, error: outcomes.CallFailed) -> bool:
    """Whether the provider may have done this call before, whatever it says about the repetition.

    An attempt of which nobody knew what became of it was asked about; after that a refusal proves nothing.
    """
    if not isinstance(error, outcomes.Rejected) or attempt.sendings < 2:
        return False
    if isinstance(error, outcomes.Gone) and attempt.kind is Kind.cancel:
        # What is not there cannot be paid either.
        return False
    return attempt.asked > 0 or error.code == "idempotency_error"


async def _needless(tx: Tx, attempt: Whole) -> bool:
    """Whether the payer was faster: what is paid on a page is not charged as well."""
    if attempt.kind is not Kind.charge:
        return False
    payment = await tx.get(Payment, attempt.payment_id, lock=True)
    if payment.status not in (Status.authorized, Status.captured):
        return False
    return await attempts.end(tx, attempt.id, State.failed, code="superseded", message=SUPERSEDED) is not None


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


async def _made(database: Database, prepared: Prepared) -> Answer:
    """The call itself."""
    attempt, payment = prepared.attempt, prepared.payment
    provider = adapter(prepared.connection, database)
    match attempt.kind:
        case Kind.order:
            return await provider.create_order(prepared.purchase, key=attempt.key)
        case Kind.checkout:
            paid = await _superseded(database, prepared)
            return paid or await provider.open_checkout(prepared.purchase, key=attempt.key)
        case Kind.charge:
            paid = await _superseded(database, prepared)
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


async def _superseded(database: Database, prepared: Prepared) -> ports.Payment | None:
    """Close what the payer may still be paying, wherever it is, so that nobody pays twice; gives what was paid."""
    for connection, ref in prepared.superseded:
        provider = adapter(connection, database)
        try:
            found = await provider.cancel(ref, key=f"{prepared.attempt.key}:{ref}"[:255])
        except (outcomes.Rejected, outcomes.Unsupported):
            try:
                found = await provider.fetch(ref)
            except (outcomes.Rejected, outcomes.Unsupported):
                continue
        if found.standing in ("captured", "authorized", "processing"):
            prepared.answered_by = connection
            return found
    return None
