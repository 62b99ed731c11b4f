"""Links: a page on which somebody pays one thing without signing in.

A link is signed and says for how long it is good. Nothing is stored: it carries the business and what is to be paid, in
the open, and cannot be changed. What kinds of things there are is said where they live: payments here, invoices where
invoices are.
"""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

import msgspec

from holdfast.kernel import crypto
from holdfast.kernel.money import Money
from holdfast.kernel.problems import NotFound
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import customers, payments
from holdfast.shared.payments.payments import Payment, Status
from holdfast.shared.tenants import brands

VALID_FOR = timedelta(days=30)
_PURPOSE = "payments.link"
_STAMP = 6
_EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says."""

    tenant: UUID
    kind: str
    """``payment``, ``invoice`` or another that was registered."""
    subject_id: UUID
    expires_at: datetime
    """By the tenant's clock."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an invoice, as its payer sees it."""

    description: str
    quantity: str
    amount: Money


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice, as its payer sees it."""

    number: str
    issued_on: str | None = None
    due_on: str | None = None
    lines: list[Line] = []


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid."""

    paid_at: datetime
    amount: Money
    refunded: Money
    method_kind: str | None = None
    method_brand: str | None = None
    method_last4: str | None = None
    reference: str


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever has the link sees: no more of the customer than their first name."""

    kind: str
    description: str
    amount: Money
    """What is still to be paid; what was paid once nothing is."""
    status: str
    """A payment's state, or ``paid``, ``void`` and the like of what is paid for."""
    payable: bool
    customer_name: str | None = None
    payment_id: UUID | None = None
    decline_message: str | None = None
    """Why the last attempt failed, for the payer, while it is not paid."""
    invoice: Bill | None = None
    receipt: Receipt | None = None
    business: brands.Brand | None = None
    """Filled in by the route."""


class Resolver(Protocol):
    """What a kind of link leads to. Both are called in a transaction of the tenant, on behalf of nobody."""

    def view(self, tx: Tx, subject_id: UUID) -> Awaitable[LinkView]:
        """What there is to see; raises NotFound when it is gone."""

    def payment(self, tx: Tx, subject_id: UUID) -> Awaitable[Payment]:
        """The payment that is to be paid now, made or made again when needed; raises ``payments.NotPayable``."""


class NoSuchLink(NotFound):
    """This link leads nowhere; ask the business for a new one."""


_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Say what links of a kind lead to; called once, where that kind lives.

    Raises:
        ValueError: the kind is registered already.
    """
    if _resolvers.setdefault(kind, resolver) is not resolver:
        raise ValueError(f"Two things are linked to as {kind}.")


async def make(tx: Tx, *, kind: str, subject_id: UUID, expires: datetime | None = None) -> str:
    """The token of a link; whoever has it may see and pay what it leads to, and nothing else."""
    until = expires or tx.now + VALID_FOR
    body = tx.tenant.bytes + subject_id.bytes + kind.encode()
    return crypto.sign(_PURPOSE, _stamp(until) + body, until)


def url(settings: Settings, token: str) -> str:
    """The address of a link's page."""
    return f"{settings.public_url.rstrip('/')}/pay/{token}"


def read(token: str, now: datetime) -> Link:
    """What a genuine link says. ``now`` is the real moment, or the tenant's once it is known.

    Raises:
        crypto.NotGenuine: it is not one of ours.
        crypto.Expired: it is over.
    """
    payload = crypto.verify(_PURPOSE, token, now)
    return Link(
        tenant=UUID(bytes=payload[_STAMP : _STAMP + 16]),
        kind=payload[_STAMP + 32 :].decode(),
        subject_id=UUID(bytes=payload[_STAMP + 16 : _STAMP + 32]),
        expires_at=_EARLIEST + timedelta(milliseconds=int.from_bytes(payload[:_STAMP])),
    )


def _stamp(moment: datetime) -> bytes:
    return int((moment - _EARLIEST).total_seconds() * 1000).to_bytes(_STAMP)


def resolver(link: Link) -> Resolver:
    """What a link leads to.

    Raises:
        NoSuchLink: nothing of that kind is known.
    """
    found = _resolvers.get(link.kind)
    if found is None:
        raise NoSuchLink
    return found


def still_good(tx: Tx, link: Link) -> None:
    """Stop unless the link is good by the tenant's clock.

    Raises:
        crypto.Expired: it is over.
    """
    if link.expires_at <= tx.now:
        raise crypto.Expired


def receipt(payment: Payment) -> Receipt | None:
    """What was paid by a payment, once it was."""
    if payment.captured_at is None:
        return None
    return Receipt(
        paid_at=payment.captured_at,
        amount=payment.captured,
        refunded=payment.refunded,
        method_kind=payment.method_kind,
        method_brand=payment.method_brand,
        method_last4=payment.method_last4,
        reference=str(payment.id)[-12:].upper(),
    )


def first_name(name: str) -> str:
    """What of a name a page without sign-in may show."""
    return name.split()[0]


class _Payments:
    """Links to payments."""

    kind: ClassVar[str] = "payment"

    async def view(self, tx: Tx, subject_id: UUID) -> LinkView:
        """A payment, as its payer sees it."""
        payment = await tx.get(Payment, subject_id)
        customer = await tx.get(customers.Customer, payment.customer_id)
        over = payment.expires_at is not None and payment.expires_at <= tx.now
        return LinkView(
            kind=self.kind,
            description=payment.description,
            amount=payment.amount,
            status="expired" if over and payment.status is Status.created else payments.shown(payment),
            payable=payment.status in payments.CHARGEABLE and not over,
            customer_name=first_name(customer.name),
            payment_id=payment.id,
            decline_message=payment.decline_message if payment.status is Status.failed else None,
            receipt=receipt(payment),
        )

    async def payment(self, tx: Tx, subject_id: UUID) -> Payment:
        """The payment itself."""
        return await tx.get(Payment, subject_id)


register(_Payments.kind, _Payments())
