"""Hooks: the messages that the sandbox sends us, really signed, to our own address for webhooks.

A message is written down in the transaction in which the thing happened, and posted by a job; it is tried again until
we take it, as a provider would. ``hold`` keeps messages back, so that somebody can lose them, repeat them or send them
in another order.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import httpx2
import msgspec

from holdfast.kernel import clock, ids, pages, signatures
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

SECONDS = 20.0
_STRIPE = signatures.TimedHex("stripe-signature", id_of=signatures.id_in_body("id"))
_RAZORPAY = signatures.PlainHex("x-razorpay-signature", id_of=signatures.id_in_header("x-razorpay-event-id"))

_transport: httpx2.AsyncBaseTransport | None = None
"""How messages travel, where they do not go over the network: a test's way into an application that it holds."""


class Delivery(Row):
    """A message of the sandbox's, and what we answered to it."""

    table: ClassVar[str] = "sandbox_pay_delivery"
    id: UUID
    connection_id: UUID
    provider: str
    message_id: str
    name: str
    subject_ref: str
    state: Literal["waiting", "delivered", "refused", "held"]
    sent: int
    answer: int | None
    """The status that we answered last."""
    made_at: datetime
    sent_at: datetime | None


class _Whole(Delivery, kw_only=True, frozen=True):
    body: bytes


class Wanted(Event):
    """A message is to be posted."""

    name: ClassVar[str] = "sandbox.payments.delivery_wanted"
    subject: ClassVar[str | None] = "delivery_id"
    delivery_id: UUID


class NotTaken(Exception):
    """We did not take the message; the sandbox tries again later."""


def through(transport: httpx2.AsyncBaseTransport | None) -> None:
    """Let messages travel through a transport of one's own; None is the network again."""
    global _transport
    _transport = transport


def event_id(dialect: str) -> str:
    """A name for a message."""
    return f"evt_{ids.new().hex}" if dialect == "stripe" else ids.new().hex


async def send(
    tx: Tx, connection_id: UUID, provider: str, message_id: str, name: str, body: dict[str, Any], *, about: str
) -> None:
    """Write a message down; it is posted once this is committed, unless messages are held back."""
    held = await tx.find(
        UUID,
        "select id from sandbox_pay_fault where connection_id = $1 and call = 'webhook' limit 1",
        connection_id,
    )
    delivery = ids.new()
    await tx.execute(
        "insert into sandbox_pay_delivery (id, connection_id, provider, message_id, name, subject_ref, body, state, "
        "made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        delivery,
        connection_id,
        provider,
        message_id,
        name,
        about,
        msgspec.json.encode(body),
        "waiting" if held is None else "held",
        tx.now,
    )
    if held is None:
        await tx.emit(Wanted(delivery_id=delivery))


async def again(tx: Tx, delivery_id: UUID) -> Delivery:
    """Post a message once more, or one that was held back.

    Raises:
        NotFound: there is no such message.
    """
    await tx.execute("update sandbox_pay_delivery set state = 'waiting' where id = $1", delivery_id)
    delivery = await tx.get(Delivery, delivery_id)
    await tx.emit(Wanted(delivery_id=delivery_id))
    return delivery


async def deliveries(tx: Tx, page: Page) -> Listing[Delivery]:
    """The messages, newest first."""
    found = await tx.all(
        Delivery,
        "select * from sandbox_pay_delivery where $1::uuid is null or id < $1 order by id desc limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda delivery: delivery.id)


async def prepared(tx: Tx, delivery_id: UUID) -> tuple[Delivery, bytes]:
    """A message with its body."""
    whole = await tx.get(_Whole, delivery_id)
    return whole, whole.body


def signed(provider: str, secret: str, body: bytes, message_id: str) -> dict[str, str]:
    """The headers of a message, as the real provider signs it."""
    if provider.endswith("razorpay"):
        return _RAZORPAY.sign(secret.encode(), body) | {"x-razorpay-event-id": message_id}
    return _STRIPE.sign(secret.encode(), body, at=clock.now())


async def post(tenant: UUID, delivery: Delivery, body: bytes, *, secret: str, public_url: str) -> int:
    """Post a message to our own address; gives the status of the answer.

    Raises:
        httpx2.HTTPError: nobody answered.
    """
    address = public_url.rstrip("/")
    headers = {"content-type": "application/json", **signed(delivery.provider, secret, body, delivery.message_id)}
    async with httpx2.AsyncClient(transport=_transport, timeout=SECONDS, trust_env=False) as client:
        answer = await client.post(
            f"{address}/api/webhooks/{delivery.provider}/{tenant}", content=body, headers=headers
        )
    return answer.status_code


async def noted(tx: Tx, delivery_id: UUID, status: int) -> None:
    """Note what we answered."""
    await tx.execute(
        "update sandbox_pay_delivery set state = $2, sent = sent + 1, answer = $3, sent_at = $4 where id = $1",
        delivery_id,
        "delivered" if 200 <= status < 300 else "refused",
        status,
        tx.now,
    )
