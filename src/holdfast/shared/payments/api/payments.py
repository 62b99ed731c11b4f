"""Routes of payments: ask for one, see them, charge, capture, let go. None of them declares a payment complete (X8)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import Parameter
from msgspec import Meta

from holdfast.kernel import ids
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payments import asking, connections, figures, history, links, paying, payments
from holdfast.shared.payments.api.customers import PageToGo, ReturnTo
from holdfast.shared.payments.attempts import Kind


class NewPayment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A payment to ask for."""

    customer_id: UUID
    amount: Money
    description: Annotated[str, Meta(min_length=1, max_length=500)]
    capture: bool = True
    """False only authorizes."""
    connection_id: UUID | None = None
    expires_at: datetime | None = None
    id: UUID | None = None
    """A UUIDv7 made by the client, so that the same request sent twice asks once."""


class Proof(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the provider's script gave the payer's browser. It is checked, and then the provider is asked."""

    order_ref: Annotated[str, Meta(min_length=1, max_length=255)]
    payment_ref: Annotated[str, Meta(min_length=1, max_length=255)]
    signature: Annotated[str, Meta(min_length=1, max_length=500)]


class WithMethod(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which saved way to pay is charged."""

    method_id: UUID


class Going(ReturnTo, kw_only=True, forbid_unknown_fields=True):
    """Where the payer comes back to, and whether their way to pay is kept."""

    save_method: bool = False


class PayLink(msgspec.Struct, kw_only=True):
    """A link with which one payment is seen and paid without signing in."""

    url: str
    token: str
    expires_at: datetime


class Summaries(msgspec.Struct, kw_only=True):
    """Figures per currency, the business's own first."""

    items: list[figures.Summary]


@get("", grant=connections.READ, summary="Payments")
async def list_payments(
    caller: Caller,
    page: Page,
    status: Annotated[str | None, Parameter(description="A state, refunded or disputed", max_length=40)] = None,
    customer: Annotated[UUID | None, Parameter(description="Of this customer")] = None,
    purpose: Annotated[str | None, Parameter(description="Such as billing.invoice", max_length=100)] = None,
    since: Annotated[datetime | None, Parameter(description="Asked for at or after this")] = None,
    until: Annotated[datetime | None, Parameter(description="Asked for before this")] = None,
    search: Annotated[str | None, Parameter(description="Start of a name or description", max_length=100)] = None,
) -> Listing[history.Item]:
    """The business's payments, newest first."""
    wanted = history.Filter(
        status=status,
        customer_id=customer,
        purpose=purpose,
        since=history.aware(since, "since"),
        until=history.aware(until, "until"),
        search=search,
    )
    async with caller.transaction() as tx:
        return await history.payments(tx, page, wanted)


@get("/summary", grant=connections.READ, summary="What was collected")
async def show_summary(
    caller: Caller, days: Annotated[int, Parameter(description="How many days, today included")] = 30
) -> Summaries:
    """What was collected, given back and declined, day by day, and what is under way; per currency."""
    async with caller.transaction() as tx:
        return Summaries(items=await figures.summary(tx, days=days))


@post("", grant=payments.TAKE, summary="Ask for a payment")
async def create_payment(caller: Caller, data: NewPayment) -> history.Shown:
    """Ask for a payment. With an id of the client's, or an idempotency key, twice is once."""
    payment_id = data.id or ids.new()
    async with caller.transaction() as tx:
        tx.must(payments.TAKE)
        payment = await payments.request(
            tx,
            customer_id=data.customer_id,
            amount=data.amount,
            description=data.description,
            purpose=payments.ASKED,
            purpose_id=payment_id,
            key="1",
            connection_id=data.connection_id,
            capture=data.capture,
            expires_at=history.aware(data.expires_at, "expires_at"),
            id=payment_id,
        )
        return history.shown(payment)


@get("/{payment_id:uuid}", grant=connections.READ, summary="A payment")
async def show_payment(caller: Caller, payment_id: UUID) -> history.Detail:
    """A payment, its attempts, refunds and disputes, and all that happened to it."""
    async with caller.transaction() as tx:
        return await history.detail(tx, payment_id)


@post(
    "/{payment_id:uuid}/checkout",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="A page where a payment is paid",
)
async def open_checkout(caller: Caller, payment_id: UUID, data: Going) -> PageToGo:
    """The provider's page; while it is open, the same one each time, so that nobody pays twice."""
    url = await paying.checkout(
        caller.transaction,
        caller.database,
        payment_id,
        return_url=data.return_url,
        save_method=data.save_method,
    )
    return PageToGo(url=url)


@post(
    "/{payment_id:uuid}/order",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="An order for the provider's own script",
)
async def create_order(caller: Caller, payment_id: UUID) -> paying.Order:
    """What a page needs to take the payment with the provider's script; the same order each time."""
    return await paying.order(caller.transaction, caller.database, payment_id)


@post(
    "/{payment_id:uuid}/verification",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Check what the provider's script gave",
)
async def verify_payment(caller: Caller, payment_id: UUID, data: Proof) -> history.Shown:
    """The provider's signature is checked with our own order, and then the provider is asked (X8)."""
    payment = await paying.verify(
        caller.transaction,
        caller.database,
        payment_id,
        order_ref=data.order_ref,
        payment_ref=data.payment_ref,
        signature=data.signature,
    )
    async with caller.transaction() as tx:
        return await history.seen(tx, payment)


@post(
    "/{payment_id:uuid}/charge",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Charge a saved way to pay",
)
async def charge_payment(caller: Caller, payment_id: UUID, data: WithMethod) -> history.Shown:
    """Charge a saved way to pay. A payment that is paid, or being charged, is not charged again."""
    async with caller.transaction() as tx:
        await paying.charge(tx, payment_id, method_id=data.method_id)
    payment = await paying.made(caller.transaction, caller.database, payment_id, Kind.charge)
    async with caller.transaction() as tx:
        return await history.seen(tx, payment)


@post(
    "/{payment_id:uuid}/capture",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Take what was authorized",
)
async def capture_payment(caller: Caller, payment_id: UUID) -> history.Shown:
    """Take the money that was authorized; twice is once."""
    async with caller.transaction() as tx:
        await paying.want_capture(tx, payment_id)
    payment = await paying.made(caller.transaction, caller.database, payment_id, Kind.capture)
    async with caller.transaction() as tx:
        return await history.seen(tx, payment)


@post(
    "/{payment_id:uuid}/cancellation",
    grant=payments.TAKE,
    idempotency="unused",
    status_code=200,
    summary="Let a payment go",
)
async def cancel_payment(caller: Caller, payment_id: UUID) -> history.Shown:
    """Let a payment go that was not paid; twice is once."""
    async with caller.transaction() as tx:
        await paying.cancel(tx, payment_id)
    return history.shown(await paying.made(caller.transaction, caller.database, payment_id, Kind.cancel))


@post(
    "/{payment_id:uuid}/refresh",
    grant=connections.READ,
    idempotency="unused",
    status_code=200,
    summary="Ask the provider how a payment stands",
)
async def refresh_payment(caller: Caller, payment_id: UUID) -> history.Shown:
    """The provider is asked, and what it says is made true."""
    payment = await asking.payment(caller.transaction, caller.database, payment_id)
    async with caller.transaction() as tx:
        return await history.seen(tx, payment)


@post("/{payment_id:uuid}/link", grant=payments.TAKE, status_code=200, summary="A link to pay with")
async def create_link(caller: Caller, payment_id: UUID) -> PayLink:
    """A link with which the payment is seen and paid without signing in; good for thirty days."""
    async with caller.transaction() as tx:
        tx.must(payments.TAKE)
        await tx.get(payments.Payment, payment_id)
        until = tx.now + links.VALID_FOR
        token = await links.make(tx, kind="payment", subject_id=payment_id, expires=until)
    return PayLink(url=links.url(caller.database.settings, token), token=token, expires_at=until)


handlers = [
    list_payments,
    show_summary,
    create_payment,
    show_payment,
    open_checkout,
    create_order,
    verify_payment,
    charge_payment,
    capture_payment,
    cancel_payment,
    refresh_payment,
    create_link,
]
