"""Asking: the provider is asked how something stands, and what it says is made true.

Nobody who asks believes an answer that is older than what is known by the time it arrives: such an answer is thrown
away and the provider asked again.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, calls, connections, customers, disputes, methods, refunds
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.payments import Payment, Status

log = structlog.get_logger()

_TURNS = 5
"""How often the provider is asked when the payment changes meanwhile."""


class _Before(msgspec.Struct):
    """A payment from before the provider was asked."""

    version: int
    refunded: int
    waiting: bool
    """Whether a refund of it is under way."""


async def about(
    opens: Opens,
    database: Database,
    connection: ports.Connection,
    ref: str,
    *,
    with_refunds: bool = False,
    with_disputes: bool = False,
) -> Payment | None:
    """Ask about a payment by any name that the provider has for it, and make true what it says; gives ours.

    Args:
        opens: opens a transaction of the payment's tenant.
        database: the pools.
        connection: whom to ask.
        ref: the payment, order or checkout.
        with_refunds: also when nothing seems to have changed about them.
        with_disputes: ask for its disputes too.

    Raises:
        outcomes.CallFailed: the provider does not say.
        answers.OtherMode: what it says is of another mode.
    """
    provider = calls.adapter(connection, database)
    for _ in range(_TURNS):
        async with opens() as tx:
            before = await _before(tx, connection.id, ref)
        answer: ports.Payment = await calls.guarded(connection.provider, "fetch", provider.fetch(ref))
        if before is None and answer.payment_id is not None and answer.standing not in ("authorized", "captured"):
            # A name that is new says only now which payment it is about, so what is believed is asked after that.
            async with opens() as tx:
                before = await _version(tx, answer.payment_id)
            if before is not None:
                answer = await calls.guarded(connection.provider, "fetch", provider.fetch(ref))
        given: Sequence[ports.Refund] = ()
        if with_refunds or before is None or before.waiting or answer.refunded.minor != before.refunded:
            given = await calls.guarded(connection.provider, "refunds", _refunds(provider, answer))
        complaints: Sequence[ports.Dispute] = ()
        if with_disputes and "dispute" in provider.abilities:
            complaints = await calls.guarded(connection.provider, "disputes", provider.disputes(answer.ref))
        try:
            async with opens() as tx:
                payment = await answers.told(tx, connection, answer, seen=before.version if before else None)
                return await _told_more(tx, payment, answer, given, complaints)
        except answers.Stale:
            continue
    log.warning("payments.kept_changing", ref=ref)
    return None


async def _refunds(provider: ports.Provider, answer: ports.Payment) -> Sequence[ports.Refund]:
    if answer.standing != "captured":
        return ()
    return await provider.refunds(answer.ref)


async def _told_more(
    tx: Tx,
    payment: Payment,
    answer: ports.Payment,
    given: Sequence[ports.Refund],
    complaints: Sequence[ports.Dispute],
) -> Payment:
    if payment.status is not Status.captured or payment.provider_ref != answer.ref:
        return payment
    for refund in given:
        await refunds.told(tx, await tx.get(Payment, payment.id), refund)
    for complaint in complaints:
        await disputes.told(tx, payment, complaint)
    return await tx.get(Payment, payment.id)


async def _before(tx: Tx, connection_id: UUID, ref: str) -> _Before | None:
    payment_id = await tx.find(
        UUID, "select payment_id from payments_ref where connection_id = $1 and ref = $2", connection_id, ref
    )
    return None if payment_id is None else await _version(tx, payment_id)


async def _version(tx: Tx, payment_id: UUID) -> _Before | None:
    return await tx.find(
        _Before,
        "select p.version, p.refunded_minor as refunded, exists (select from payments_refund as r "
        "where r.payment_id = p.id and r.status in ('requested', 'unknown', 'pending')) as waiting "
        "from payments_payment as p where p.id = $1",
        payment_id,
    )


async def payment(opens: Opens, database: Database, payment_id: UUID) -> Payment:
    """Ask about one of our payments, by every name that its provider may have for it; gives it as it then is.

    Raises:
        NotFound: there is no such payment.
        calls.ProviderAway, calls.KeysRefused, calls.Unclear: the provider does not say.
    """
    async with opens() as tx:
        ours = await tx.get(Payment, payment_id)
        connection = await connections.opened(tx, ours.connection_id)
    refs = [ref for ref in (ours.provider_ref, ours.checkout_ref, ours.order_ref) if ref is not None]
    try:
        for ref in refs:
            try:
                await about(opens, database, connection, ref, with_refunds=True, with_disputes=True)
                break
            except (outcomes.Gone, outcomes.Unsupported):
                # A page that nobody has paid on yet; another name may tell more.
                continue
    except outcomes.CallFailed as failed:
        raise calls.problem_of(failed) from failed
    async with opens() as tx:
        return await tx.get(Payment, payment_id)


async def saved_methods(
    opens: Opens, database: Database, connection: ports.Connection, customer_id: UUID
) -> list[methods.Method]:
    """Ask what ways to pay a provider keeps for a customer, and keep the same here.

    Raises:
        outcomes.CallFailed: the provider does not say.
    """
    async with opens() as tx:
        ref = await customers.ref(tx, customer_id, connection.id)
        asked_at = tx.now
    if ref is not None:
        provider = calls.adapter(connection, database)
        try:
            told = await calls.guarded(connection.provider, "methods", provider.methods(ref))
        except outcomes.Unsupported:
            told = None
        if told is not None:
            async with opens() as tx:
                return await methods.synchronise(tx, customer_id, connection.id, told, asked_at=asked_at)
    async with opens() as tx:
        return await methods.of(tx, customer_id)


async def forget(opens: Opens, database: Database, method_id: UUID, *, key: str) -> None:
    """Have the provider forget a way to pay that was removed here.

    Raises:
        outcomes.CallFailed: it did not say that it has; asking again with the same key is harmless.
    """
    async with opens() as tx:
        method = await methods.known(tx, method_id)
        connection = await connections.opened(tx, method.connection_id)
    provider = calls.adapter(connection, database)
    try:
        await calls.guarded(connection.provider, "forget", provider.forget(method.ref, key=key))
    except (outcomes.Gone, outcomes.Unsupported):
        log.info("payments.nothing_to_forget", method=str(method_id))
