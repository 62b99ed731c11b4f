"""History: the business's payments as lists, and one payment with everything that happened to it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import clock, pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import attempts, customers, disputes, giving, refunds
from holdfast.shared.payments import payments as payments_
from holdfast.shared.payments.connections import READ
from holdfast.shared.payments.payments import Payment


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in a list."""

    id: UUID
    customer_id: UUID
    customer_name: str
    connection_id: UUID
    amount: Money
    captured: Money
    refunded: Money
    status: str
    shown: str
    """How it stands, refunds and disputes included."""
    disputed: bool
    description: str
    purpose: str
    purpose_id: UUID
    method_kind: str | None
    method_brand: str | None
    method_last4: str | None
    decline_code: str | None
    decline_message: str | None
    created_at: datetime
    captured_at: datetime | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a payment."""

    at: datetime
    kind: str
    """The event's name, such as ``payments.payment.captured``."""
    text_key: str
    """A key of the web application's texts."""
    by: str
    """Who did it: ``person``, ``platform`` and so on."""
    by_id: UUID | None = None
    details: dict[str, Any] = {}
    """Amounts and codes, never personal data."""


class Shown(Payment, kw_only=True, frozen=True):
    """A payment with what follows from it, as the API gives it."""

    shown: str
    """How it stands in one word, refunds and disputes included."""
    refundable: Money


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and everything about it."""

    payment: Shown
    customer: customers.Customer
    attempts: list[attempts.Attempt]
    refunds: list[refunds.Refund]
    disputes: list[disputes.Dispute]
    timeline: list[Moment]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payments a list holds."""

    status: str | None = None
    """A state, or ``refunded``, ``partially_refunded`` or ``disputed``."""
    customer_id: UUID | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None
    """What the description or the payer's name or address begins with, or a name that the provider has for it."""


class _Stored(Payment, kw_only=True, frozen=True):
    customer_name: str


class _Event(msgspec.Struct):
    at: datetime
    name: str
    actor_kind: str
    actor_id: UUID | None
    body: dict[str, Any]


EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
"""Between these is every moment that an id can begin with."""
_HIDDEN = frozenset({"payments.attempt.wanted", "payments.attempt.doubted", "payments.payment.overdue"})
"""What is of interest to the platform alone."""
_DETAILS = ("amount", "code", "status", "retry", "attempt", "reason", "refund_id", "dispute_id", "won", "returned")


def shown(payment: Payment, *, taken: int = 0) -> Shown:
    """A payment as the API gives it; ``taken`` is what disputes have taken of it."""
    fields = {name: getattr(payment, name) for name in Payment.__struct_fields__}
    return Shown(**fields, shown=payments_.shown(payment), refundable=giving.left(payment, taken))


async def seen(tx: Tx, payment: Payment) -> Shown:
    """``shown``, for a payment that may be disputed."""
    return shown(payment, taken=await giving.taken(tx, payment.id) if payment.disputed else 0)


def aware(moment: datetime | None, field: str) -> datetime | None:
    """A moment that a client gave, which must say of which timezone it is.

    Raises:
        Invalid: it does not.
    """
    if moment is not None and moment.tzinfo is None:
        raise Invalid("Give the moment with its timezone, such as 2026-11-02T10:00:00Z.", field=field)
    return moment


async def payments(tx: Tx, page: Page, wanted: Filter) -> Listing[Item]:
    """The business's payments, newest first.

    Since an id begins with its moment, a time that is asked for leaves out the months before and after it (P52).

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    return await _listed(tx, page, wanted)


async def own(tx: Tx, page: Page, customer_id: UUID) -> Listing[Item]:
    """A customer's payments, newest first; the caller has seen that it is theirs."""
    return await _listed(tx, page, Filter(customer_id=customer_id))


async def _listed(tx: Tx, page: Page, wanted: Filter) -> Listing[Item]:
    begun = " ".join((wanted.search or "").split())[:255].casefold()
    end = begun + "\U0010ffff"
    # Who and what is meant is looked up first, by indexes, so that no payer is read for a payment that is left out.
    payers = await tx.all(UUID, _PAYERS, begun, end) if begun else []
    named = await tx.all(UUID, _NAMED, (wanted.search or "").strip()) if begun else []
    # Ids are made by the real clock, which a tenant's may be ahead of.
    ahead: timedelta = max(tx.now - clock.now(), timedelta())
    since, until = _within(wanted.since), _within(wanted.until)
    found = await tx.all(
        _Stored,
        LISTING,
        page.after_id(),
        None if since is None else _within(since - ahead - timedelta(minutes=1)),
        since,
        until,
        wanted.status,
        wanted.customer_id,
        wanted.purpose,
        begun or None,
        end,
        payers,
        named,
        page.fetch,
    )
    placed = pages.listing(page, found, lambda payment: payment.id)
    return Listing(items=[_item(payment) for payment in placed.items], next=placed.next)


def _within(moment: datetime | None) -> datetime | None:
    """A moment as near as an id can say it: ids begin with milliseconds since 1970, and so do all payments."""
    return None if moment is None else min(max(moment, EARLIEST), LATEST)


def _item(payment: _Stored) -> Item:
    fields = {name: _value(getattr(payment, name)) for name in Item.__struct_fields__ if name != "shown"}
    return Item(**fields, shown=payments_.shown(payment))


def _value(value: Any) -> Any:
    return value.value if hasattr(value, "value") else value


async def detail(tx: Tx, payment_id: UUID) -> Detail:
    """A payment, its attempts, refunds and disputes, and all that happened to it.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        NotFound: there is no such payment.
    """
    tx.must(READ)
    payment = await tx.get(Payment, payment_id)
    return Detail(
        payment=await seen(tx, payment),
        customer=await tx.get(customers.Customer, payment.customer_id),
        attempts=await attempts.of_payment(tx, payment_id),
        refunds=await refunds.of_payment(tx, payment_id),
        disputes=await disputes.of_payment(tx, payment_id),
        timeline=await timeline(tx, payment_id),
    )


async def timeline(tx: Tx, payment_id: UUID) -> list[Moment]:
    """What happened to a payment, oldest first: its events."""
    found = await tx.all(
        _Event,
        "select at, name, actor_kind, actor_id, body from kernel_event "
        "where tenant_id = kernel_tenant() and subject_id = $1 order by xid, seq limit 500",
        payment_id,
    )
    return [
        Moment(
            at=event.at,
            kind=event.name,
            text_key=f"money.timeline.{event.name.removeprefix('payments.')}",
            by=event.actor_kind,
            by_id=event.actor_id,
            details={name: event.body[name] for name in _DETAILS if name in event.body},
        )
        for event in found
        if event.name not in _HIDDEN
    ]


_PAYERS = """
    (select id from payments_customer where tenant_id = kernel_tenant() and name_key >= $1 and name_key < $2 limit 500)
    union
    (select id from payments_customer where tenant_id = kernel_tenant()
        and lower(email) collate "C" >= $1 and lower(email) collate "C" < $2 limit 500)
"""
_NAMED = """
    select n.payment_id from payments_connection as c
    join payments_ref as n on n.tenant_id = c.tenant_id and n.connection_id = c.id
    where c.tenant_id = kernel_tenant() and n.ref = $1 limit 50
"""
LISTING = """
    select p.*, c.name as customer_name from payments_payment as p
    join payments_customer as c on c.tenant_id = p.tenant_id and c.id = p.customer_id
    where p.tenant_id = kernel_tenant()
        and p.id < coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        and p.id >= coalesce(payments_bound($2), '00000000-0000-0000-0000-000000000000'::uuid)
        and p.id < coalesce(payments_bound($4), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
        and ($3::timestamptz is null or p.created_at >= $3)
        and ($4::timestamptz is null or p.created_at < $4)
        and ($5::text is null or case $5
            when 'refunded' then p.refunded_minor > 0 and p.refunded_minor >= p.captured_minor
            when 'partially_refunded' then p.refunded_minor > 0 and p.refunded_minor < p.captured_minor
            when 'disputed' then p.disputed
            else p.status = $5 end)
        and ($6::uuid is null or p.customer_id = $6)
        and ($7::text is null or p.purpose = $7)
        and ($8::text is null or p.customer_id = any ($10) or p.id = any ($11)
            or (lower(p.description) collate "C" >= $8 and lower(p.description) collate "C" < $9))
    order by p.id desc limit $12
"""
