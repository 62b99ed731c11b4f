"""Paying: what somebody waits for while they look at the screen: a page to pay on, an order, an answer at once.

Each is decided and written down in one transaction and called after it (``calls``), so that whoever closes the screen
leaves nothing undone that was begun.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from holdfast.integrations import outcomes
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, asking, attempts, calls, charging, connections, methods, payments
from holdfast.shared.payments.attempts import Kind, State
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.payments import BeingPaid, NotPayable, Payment, Status

_MARGIN = timedelta(minutes=1)
_LONGEST = 2000
_CLICKS = 20
_BETWEEN_CLICKS = 0.2
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of ours needs to take a payment with the provider's own script."""

    order_ref: str
    client: dict[str, Any]
    """Nothing that is secret."""


class NotSigned(Problem):
    """The provider did not sign this; the payment stays as it is."""

    status = 422


class NotCapturable(Problem):
    """Only an authorized payment can be captured."""


class NotCancellable(Problem):
    """Only a payment that was not paid yet can be cancelled."""


class OtherOrder(Problem):
    """This belongs to another order, or is of another amount; the payment stays as it is."""

    status = 422


def checked_return(url: str, settings: Settings) -> str:
    """An address that the payer may be sent back to: one of this installation, never somebody else's.

    Raises:
        Invalid: it is of another site.
    """
    plain = len(url) <= _LONGEST and url.isascii() and url.isprintable() and " " not in url
    if plain and url.startswith("/") and not url.startswith("//") and "\\" not in url:
        return settings.public_url.rstrip("/") + url
    try:
        parts = urlsplit(url if plain else "")
        # The port is read to see that it is one.
        host = parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        parts, host = urlsplit(""), None
    origin = f"{parts.scheme}://{parts.netloc}"
    ours = {settings.public_url.rstrip("/"), *(one.rstrip("/") for one in settings.allowed_origins)}
    local = settings.environment != "production" and host in _LOOPBACK and parts.scheme in ("http", "https")
    if not plain or not (origin in ours or local):
        raise Invalid("Give an address of this site to come back to.", field="return_url")
    return url


class Opening(BeingPaid):
    """The page is being opened at this moment, by another click of the same payer; ask again."""


_Result = TypeVar("_Result")


async def _patiently(ask: Callable[[], Awaitable[_Result]]) -> _Result:
    """Ask for a page; while somebody else is opening it, wait for theirs."""
    for _ in range(_CLICKS):
        try:
            return await ask()
        except Opening:
            await asyncio.sleep(_BETWEEN_CLICKS)
    return await ask()


async def checkout(
    opens: Opens, database: Database, payment_id: UUID, *, return_url: str, save_method: bool = False
) -> str:
    """The address of a page where the payer pays. One that is open already is given again, so that nobody pays twice.

    Raises:
        NotFound: there is no such payment.
        NotPayable: it is paid, or over.
        BeingPaid: it is being charged.
        Invalid: the address to return to is none of this site's.
        calls.ProviderAway, calls.ProviderDeclined, calls.KeysRefused, calls.NotOffered, calls.Unclear: no page.
    """
    request = {"return_url": checked_return(return_url, database.settings), "save_method": save_method}
    return await _patiently(lambda: _checkout(opens, database, payment_id, request))


async def _checkout(opens: Opens, database: Database, payment_id: UUID, request: dict[str, Any]) -> str:
    async with opens() as tx:
        payment = await _payable(tx, payment_id)
        open_page = await _open_page(tx, payment)
        if open_page is not None:
            return open_page
        attempt_id = await _opening(tx, payment, Kind.checkout, request)
    await _run(opens, database, attempt_id)
    async with opens() as tx:
        # In this order, because another click's call may end between the two: then its page is seen by the second.
        taken = await attempts.live(tx, payment_id) is not None
        found = await tx.find(
            _Page, "select checkout_url as url, status from payments_payment where id = $1", payment_id
        )
    if found is None or found.url is None:
        if taken:
            raise Opening
        raise NotPayable if found and found.status in (Status.captured, Status.authorized) else calls.Unclear
    return found.url


class _Page(msgspec.Struct):
    url: str | None
    status: Status


async def order(opens: Opens, database: Database, payment_id: UUID) -> Order:
    """What a page of ours needs to take the payment with the provider's own script; the same each time.

    Raises:
        NotFound: there is no such payment.
        NotPayable: it is paid, or over.
        BeingPaid: it is being charged.
        calls.ProviderAway, calls.ProviderDeclined, calls.KeysRefused, calls.NotOffered, calls.Unclear: there is none.
    """
    return await _patiently(lambda: _order(opens, database, payment_id))


async def _order(opens: Opens, database: Database, payment_id: UUID) -> Order:
    async with opens() as tx:
        payment = await _payable(tx, payment_id)
        attempt_id = None if payment.order_ref else await _opening(tx, payment, Kind.order, {})
    if attempt_id is not None:
        await _run(opens, database, attempt_id)
    async with opens() as tx:
        taken = await attempts.live(tx, payment_id) is not None
        made = await tx.find(
            Order,
            "select order_ref, order_client as client from payments_payment "
            "where id = $1 and order_ref is not null and order_client is not null",
            payment_id,
        )
    if made is None:
        raise Opening if taken else calls.Unclear
    return made


async def _payable(tx: Tx, payment_id: UUID) -> Payment:
    payment = await tx.get(Payment, payment_id, lock=True)
    if payment.status in (Status.processing, Status.unknown):
        raise BeingPaid
    if payment.status not in payments.CHARGEABLE or (payment.expires_at and payment.expires_at <= tx.now):
        raise NotPayable(f"It is {payment.status}.")
    return payment


async def _open_page(tx: Tx, payment: Payment) -> str | None:
    """The page that the payer was given before, while it is open."""
    if payment.checkout_ref is None:
        return None
    if payment.checkout_expires_at is not None and payment.checkout_expires_at <= tx.now + _MARGIN:
        return None
    return await tx.find(str, "select checkout_url from payments_payment where id = $1", payment.id)


async def _opening(tx: Tx, payment: Payment, kind: Kind, request: dict[str, Any]) -> UUID:
    """The attempt that opens a page or an order: a new one, or the one whose answer never came."""
    live = await attempts.live(tx, payment.id)
    if live is not None:
        if live.kind is kind and live.state is State.sent:
            raise Opening
        if live.kind is not kind or not (live.state is State.wanted or await attempts.again(tx, live)):
            raise BeingPaid
        return live.id
    # What the payer may still be doing elsewhere is ended first, and no word about it counts after that.
    unfinished = charging.unfinished(payment) if kind is Kind.checkout else []
    number = await tx.one(
        int,
        "update payments_payment set openings = openings + 1, provider_ref = null where id = $1 returning openings",
        payment.id,
    )
    attempt = await attempts.want(
        tx,
        payment.id,
        kind,
        connection_id=payment.connection_id,
        number=number,
        request=request | {"supersedes": unfinished},
    )
    return attempt.id


async def _run(opens: Opens, database: Database, attempt_id: UUID) -> None:
    failed = await calls.run(opens, database, attempt_id)
    if failed is not None:
        raise calls.problem_of(failed) from failed


async def verify(
    opens: Opens, database: Database, payment_id: UUID, *, order_ref: str, payment_ref: str, signature: str
) -> Payment:
    """What the provider's script gave the payer's browser, checked against our own order, and then asked (I21).

    The signature only says that it is worth asking; what is believed is the provider's own answer (X8).

    Raises:
        NotFound: there is no such payment.
        OtherOrder: it is not our order that was paid, or not this amount.
        NotSigned: the provider did not sign it.
        calls.ProviderAway, calls.KeysRefused, calls.Unclear: the provider does not say.
    """
    async with opens() as tx:
        payment = await tx.get(Payment, payment_id)
        connection = await connections.opened(tx, payment.connection_id)
    if payment.order_ref is None or payment.order_ref != order_ref:
        raise OtherOrder
    provider = calls.adapter(connection, database)
    try:
        if not provider.verify_checkout(order_ref=payment.order_ref, payment_ref=payment_ref, signature=signature):
            raise NotSigned
        answer = await calls.guarded(connection.provider, "fetch", provider.fetch(payment_ref))
        if answer.order_ref != payment.order_ref or answer.amount != payment.amount:
            raise OtherOrder
        await asking.about(opens, database, connection, payment_ref)
    except outcomes.CallFailed as failed:
        raise calls.problem_of(failed) from failed
    async with opens() as tx:
        return await tx.get(Payment, payment_id)


async def made(opens: Opens, database: Database, payment_id: UUID, kind: Kind) -> Payment:
    """Make the calls of a kind that were decided on for a payment, for whoever waits; gives it as it then is.

    What cannot be made now is made later, and of a charge or a refund the payment says how it stands. Only when a call
    leaves everything as it was, whoever waits is told why.

    Raises:
        calls.ProviderDeclined, calls.KeysRefused, calls.NotOffered: nothing was captured, let go or answered.
    """
    async with opens() as tx:
        waiting = await tx.all(
            UUID,
            "select id from payments_attempt where payment_id = $1 and kind = $2 and state = 'wanted' order by id "
            "limit 20",
            payment_id,
            kind.value,
        )
    failures = [await calls.run(opens, database, attempt_id) for attempt_id in waiting]
    async with opens() as tx:
        payment = await tx.get(Payment, payment_id)
    if kind in (Kind.capture, Kind.cancel, Kind.evidence) and payment.status is not Status.cancelled:
        for failed in failures:
            if isinstance(failed, outcomes.Rejected | outcomes.Unsupported | outcomes.AuthFailed):
                raise calls.problem_of(failed) from failed
    return payment


async def want_capture(tx: Tx, payment_id: UUID) -> Payment:
    """Take the money that was authorized.

    Raises:
        NotFound: there is no such payment.
        NotCapturable: nothing is authorized.
        BeingPaid: another call is under way.
    """
    tx.must(payments.TAKE)
    payment = await tx.get(Payment, payment_id, lock=True)
    if payment.status is Status.captured:
        return payment
    if payment.status is not Status.authorized:
        raise NotCapturable(f"It is {payment.status}.")
    if await answers.want_capture(tx, payment) is None:
        raise BeingPaid
    return payment


async def cancel(tx: Tx, payment_id: UUID) -> Payment:
    """Let a payment go: at once when the provider knows nothing of it, and otherwise once it says so.

    Raises:
        NotFound: there is no such payment.
        NotCancellable: it is paid, or over.
        BeingPaid: a call is under way.
    """
    tx.must(payments.TAKE)
    payment = await tx.get(Payment, payment_id, lock=True)
    if payment.status is Status.cancelled:
        return payment
    if payment.status not in (Status.created, Status.requires_action, Status.authorized, Status.failed):
        raise NotCancellable(f"It is {payment.status}.")
    if await attempts.live(tx, payment_id) is not None:
        raise BeingPaid
    if payment.provider_ref is None and payment.checkout_ref is None:
        return await payments.moved(tx, payment, Status.cancelled)
    await attempts.want(tx, payment_id, Kind.cancel, connection_id=payment.connection_id)
    return payment


async def charge(tx: Tx, payment_id: UUID, *, method_id: UUID) -> Payment:
    """``payments.charge``, for those who may take payments and for the payer's own card.

    Raises:
        NotAllowed: the actor is neither.
    """
    payment = await tx.get(Payment, payment_id)
    await methods.may(tx, payment.customer_id)
    return await charging.charge(tx, payment_id, method_id=method_id)
