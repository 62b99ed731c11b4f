"""Payments: the ports through which money is taken, and the words that every provider's answer is put into.

A provider is reached by a ``Connection``, which a business has one of per provider. Its adapter speaks the provider's
protocol and knows nothing of our states: it gives back what the provider says, as the structs below. Card data never
passes through here (P63): people give it to the provider's own page, and we hold the provider's name for it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel.money import Money

Mode: TypeAlias = Literal["test", "live"]
ProviderName: TypeAlias = Literal["sandbox-stripe", "sandbox-razorpay", "stripe", "razorpay"]
Ability: TypeAlias = Literal[
    "order", "checkout", "capture", "refund", "dispute", "charge", "setup", "subscription", "portal"
]
Standing: TypeAlias = Literal["requires_action", "processing", "authorized", "captured", "failed", "cancelled"]
"""Where a payment stands at the provider. ``captured`` is money; ``authorized`` is a promise of it."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A business's way to a provider, with the secrets opened; never stored, logged or sent in this form."""

    id: UUID
    tenant: UUID
    provider: ProviderName
    mode: Mode
    credentials: Mapping[str, str]
    """By the adapter's own names, such as ``secret_key`` and ``webhook_secret``."""
    base_url: str | None = None
    """Another address of the provider, for offline peers in tests."""

    def __repr__(self) -> str:
        return f"Connection({self.provider} {self.mode} {self.id})"


class Payer(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays, as far as a provider needs to know."""

    id: UUID
    """Our customer."""
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    ref: str | None = None
    """The provider's id of the customer, once there is one."""


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay that the provider keeps for a customer."""

    ref: str
    kind: str
    """``card``, ``upi``, ``netbanking``, ``wallet`` or another word of the provider's."""
    brand: str | None = None
    last4: str | None = None
    expires: str | None = None
    """``2027-05``, for cards."""


class Decline(msgspec.Struct, frozen=True, kw_only=True):
    """Why a payment failed."""

    code: str
    """The provider's own word, such as ``insufficient_funds``."""
    message: str
    """A sentence for the payer."""
    retry: bool = True
    """Whether the same method may succeed later; a stolen card will not."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as the provider tells it."""

    ref: str
    payment_ref: str
    amount: Money
    standing: Literal["pending", "succeeded", "failed"]
    refund_id: UUID | None = None
    """Ours, which we sent along; None for a refund that was made at the provider."""
    at: datetime


DisputeStanding: TypeAlias = Literal["needs_response", "under_review", "won", "lost"]


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A payer's complaint to their bank, as the provider tells it."""

    ref: str
    payment_ref: str
    amount: Money
    reason: str
    standing: DisputeStanding
    withdrawn: bool = True
    """Whether the provider took the money for it; False for an inquiry, which only asks."""
    due_at: datetime | None = None
    at: datetime


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the provider tells it."""

    ref: str
    """The provider's id: ``pi_…``, ``pay_…``."""
    standing: Standing
    amount: Money
    captured: Money
    refunded: Money
    payment_id: UUID | None = None
    """Ours, which we sent along as metadata or notes; None for a payment that did not begin here."""
    attempt_id: UUID | None = None
    """Which try of ours it came from, sent along in the same way; None where the provider does not say."""
    order_ref: str | None = None
    """The order, link or checkout session that it belongs to."""
    customer_ref: str | None = None
    method: Method | None = None
    decline: Decline | None = None
    action_url: str | None = None
    """Where the payer goes on, such as for 3-D Secure."""
    subscription_ref: str | None = None
    """The provider-run subscription that it was made for."""
    live: bool = False
    at: datetime


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of ours needs to take a payment with the provider's own script."""

    ref: str
    amount: Money
    client: Mapping[str, str]
    """What the page is given: ``key_id``, ``client_secret`` and the like; nothing that is secret."""


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the provider's where the payer pays, or saves a way to pay."""

    ref: str
    url: str
    expires_at: datetime | None = None


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid."""

    payment_id: UUID
    attempt_id: UUID | None = None
    """Which try this is, so that what the provider says of an older one is not taken for its answer."""
    amount: Money
    description: str
    payer: Payer
    capture: bool = True
    """False only authorizes; ``capture`` takes the money later."""
    save_method: bool = False
    return_url: str | None = None
    """Where the payer comes back to, whatever happened; needed for a checkout."""


def names(purchase: Purchase) -> dict[str, str]:
    """Our ids, as metadata or notes that a provider keeps with what it makes for a purchase."""
    ours = {"holdfast_payment": str(purchase.payment_id)}
    return ours if purchase.attempt_id is None else ours | {"holdfast_attempt": str(purchase.attempt_id)}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A price that a provider-run subscription charges."""

    price_id: UUID
    name: str
    amount: Money
    interval: Literal["day", "week", "month", "year"]
    interval_count: int = 1
    ref: str | None = None
    """The provider's price or plan, once there is one."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that the provider runs."""

    ref: str
    customer_ref: str
    plan_ref: str
    standing: Literal["incomplete", "trialing", "active", "past_due", "paused", "cancelled"]
    period_start: datetime | None = None
    period_end: datetime | None = None
    cancel_at_period_end: bool = False
    subscription_id: UUID | None = None
    latest_payment_ref: str | None = None
    at: datetime


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook is about. It is a reason to ask the provider, and nothing in it is believed about money."""

    kind: Literal["payment", "refund", "dispute", "checkout", "setup", "subscription", "other"]
    name: str
    """The provider's own, such as ``payment_intent.succeeded``."""
    ref: str | None = None
    """The object to fetch: the payment for payments, refunds and disputes."""
    object_ref: str | None = None
    """The refund or dispute itself."""
    payment_id: UUID | None = None
    live: bool | None = None
    at: datetime | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the provider's records, oldest or newest first as the provider has it."""

    payments: Sequence[Payment]
    unreadable: Mapping[str, UUID | None] = {}
    """Records that cannot be understood: the provider's names for them, each with our id where it carries one."""
    next: str | None = None


class Complaints(msgspec.Struct, frozen=True, kw_only=True):
    """Disputes of any payments."""

    disputes: Sequence[Dispute]
    unreadable: Sequence[str] = ()
    """The provider's names for those that cannot be understood."""


class OneOff(Protocol):
    """Single payments. Every call that moves something takes a key, under which a repetition moves nothing again."""

    async def create_order(self, purchase: Purchase, *, key: str) -> Order:
        """Something that a page of ours can take a payment for."""

    async def open_checkout(self, purchase: Purchase, *, key: str) -> Checkout:
        """A hosted page where the payer pays."""

    def verify_checkout(self, *, order_ref: str, payment_ref: str, signature: str) -> bool:
        """Whether the provider signed that this payment belongs to this order."""

    async def capture(self, ref: str, amount: Money, *, key: str) -> Payment:
        """Take what was authorized."""

    async def cancel(self, ref: str, *, key: str) -> Payment:
        """Let an authorized or unfinished payment go."""

    async def refund(self, ref: str, amount: Money, *, refund_id: UUID, key: str) -> Refund:
        """Give an amount back."""


class Recurring(Protocol):
    """Customers whose way to pay is kept at the provider and charged while they are away."""

    async def ensure_customer(self, payer: Payer, *, key: str) -> str:
        """The provider's id of a customer, made when there is none."""

    async def open_setup(self, payer: Payer, *, return_url: str, key: str) -> Checkout:
        """A hosted page where a way to pay is saved."""

    async def methods(self, customer_ref: str) -> Sequence[Method]:
        """What is saved for a customer."""

    async def forget(self, method_ref: str, *, key: str) -> None:
        """Remove a saved way to pay; nothing happens when it is gone already."""

    async def charge(self, purchase: Purchase, *, method_ref: str, key: str) -> Payment:
        """Charge a saved way to pay. A decline is a ``Payment`` that failed, not an exception."""


class Records(Protocol):
    """What the provider has written down; asking changes nothing."""

    async def fetch(self, ref: str) -> Payment:
        """A payment by the provider's id (also by an order's or checkout's, which gives its newest payment)."""

    async def find(self, payment_id: UUID, *, since: datetime) -> Sequence[Payment]:
        """Every payment that carries our id: what became of a call whose answer never came."""

    async def refunds(self, ref: str) -> Sequence[Refund]:
        """Every refund of a payment."""

    async def disputes(self, ref: str) -> Sequence[Dispute]:
        """Every dispute of a payment."""

    async def listing(self, *, since: datetime, until: datetime, cursor: str | None = None) -> Batch:
        """What was paid in a time, page by page; for reconciliation."""

    async def refunded(self, *, since: datetime, until: datetime) -> Sequence[str]:
        """Names of the payments, however old, of which a refund was made in a time."""

    async def complaints(self, *, since: datetime, until: datetime) -> Complaints:
        """Disputes that were opened in a time, of payments however old."""

    async def submit_evidence(self, dispute_ref: str, evidence: Mapping[str, str], *, key: str) -> Dispute:
        """Answer a dispute."""


class ProviderRun(Protocol):
    """Subscriptions that the provider renews and charges by its own clock (P19-P25)."""

    async def ensure_plan(self, plan: Plan, *, key: str) -> str:
        """The provider's id of a price, made when there is none."""

    async def start(
        self, payer: Payer, plan: Plan, *, method_ref: str | None, subscription_id: UUID, key: str
    ) -> Subscription:
        """Begin a subscription; ``payer.ref`` and ``plan.ref`` are there."""

    async def stop(self, ref: str, *, at_period_end: bool, key: str) -> Subscription:
        """End a subscription now or at the end of its period."""

    async def subscription(self, ref: str) -> Subscription:
        """How a subscription stands."""

    async def portal(self, customer_ref: str, *, return_url: str) -> str:
        """A page of the provider's where a customer manages what is theirs."""


class Provider(OneOff, Recurring, Records, ProviderRun, Protocol):
    """An adapter: everything above; what its provider does not have raises ``Unsupported``."""

    abilities: frozenset[Ability]
    """What its provider has."""

    async def check(self) -> str:
        """Ask the provider who we are; gives the account's name. Raises ``AuthFailed``."""

    def read(self, headers: Mapping[str, str], body: bytes) -> Signal:
        """What a verified webhook is about; a kind that nobody here understands is ``other``."""

    async def close(self) -> None:
        """Let go of its connections."""
