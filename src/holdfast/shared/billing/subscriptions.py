"""Subscriptions: what a customer has agreed to pay for again and again, and the periods of their life with it.

A subscription is renewed by our engine or by a provider, never by both; a constraint sees to that. Its periods follow
one another without a gap; what each costs is worked out by ``steps`` and charged by ``runs``.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import clock, pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, months, rating, recurring
from holdfast.shared.billing.catalog import Plan, Price
from holdfast.shared.billing.grants import READ
from holdfast.shared.billing.periods import Period

Owner: TypeAlias = Literal["engine", "provider"]


class Status(StrEnum):
    """Where a subscription stands."""

    incomplete = "incomplete"
    """The provider that is to run it has not taken it yet, or its first payment failed."""
    trialing = "trialing"
    active = "active"
    past_due = "past_due"
    """An invoice is not paid, and something is done about it."""
    paused = "paused"
    parked = "parked"
    """It would be charged wrongly, so it is not charged at all until somebody has looked."""
    cancelled = "cancelled"


MOVES: dict[Status, frozenset[Status]] = {
    Status.incomplete: frozenset({Status.active, Status.trialing, Status.past_due, Status.cancelled}),
    Status.trialing: frozenset({Status.active, Status.past_due, Status.paused, Status.parked, Status.cancelled}),
    Status.active: frozenset({Status.past_due, Status.paused, Status.parked, Status.cancelled}),
    Status.past_due: frozenset({Status.active, Status.paused, Status.parked, Status.cancelled}),
    Status.paused: frozenset({Status.active, Status.past_due, Status.parked, Status.cancelled}),
    Status.parked: frozenset({Status.trialing, Status.active, Status.past_due, Status.paused, Status.cancelled}),
    Status.cancelled: frozenset(),
}
"""From which state to which a subscription may move."""

RUNNING = (Status.trialing, Status.active, Status.past_due)


class Subscription(Row):
    """What a customer pays for again and again (P24, P31)."""

    table: ClassVar[str] = "billing_subscription"
    id: UUID
    customer_id: UUID
    plan_id: UUID
    price_ids: list[UUID]
    """The prices that were promised; those of the plan on the day."""
    quantity: int
    currency: str
    status: Status
    owner: Owner
    connection_id: UUID | None
    method_id: UUID | None
    provider_ref: str | None
    provider_error: str | None
    """Why the provider did not take it."""
    reference: str | None
    anchor_on: date
    """The day from which its periods are counted."""
    started_on: date
    trial_ends_on: date | None
    period_id: UUID | None
    period_from: date | None
    period_to: date | None
    """The day after the last of the present period."""
    next_at: datetime | None
    """When the engine looks after it next."""
    cancel_at_end: bool
    paused_on: date | None
    resumes_on: date | None
    paused_unpaid: bool
    """Whether it is paused because an invoice is not paid; it goes on when that is."""
    ended_on: date | None
    ends_on: date | None
    """The day on which it was cancelled, while what was used last is still to be looked at."""
    next_plan_id: UUID | None
    next_price_ids: list[UUID] | None
    next_quantity: int | None
    parked_reason: str | None
    parked_from: str | None
    version: int
    created_at: datetime
    changed_at: datetime


class Term(Row):
    """A period of a subscription's life."""

    table: ClassVar[str] = "billing_period"
    id: UUID
    subscription_id: UUID
    owner: Owner
    number: int
    kind: Literal["trial", "paid", "paused"]
    starts_on: date
    ends_on: date
    follows_on: date | None
    plan_id: UUID
    quantity: int
    closed_at: datetime | None
    created_at: datetime


class Started(Event):
    """A customer subscribed (P69)."""

    name: ClassVar[str] = "billing.subscription.started"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    customer_id: UUID
    plan_id: UUID
    owner: Owner


class Renewed(Event):
    """A period of a subscription began."""

    name: ClassVar[str] = "billing.subscription.renewed"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    period_id: UUID
    starts_on: date
    ends_on: date
    invoice_id: UUID | None


class Changed(Event):
    """A subscription changed: its plan, its seats, or where it stands."""

    name: ClassVar[str] = "billing.subscription.changed"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    status: Status
    what: str


class Ended(Event):
    """A subscription is over."""

    name: ClassVar[str] = "billing.subscription.ended"
    subject: ClassVar[str | None] = "subscription_id"
    subscription_id: UUID
    customer_id: UUID


class NotNow(Problem):
    """This subscription cannot do that as it stands."""


class RunByProvider(Problem):
    """The payment provider runs this subscription; it can only be cancelled here."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription with everything about it."""

    subscription: Subscription
    plan: Plan
    prices: list[Price]
    periods: list[Term]
    """The latest first, two dozen at most."""
    monthly: Money
    """What it brings in a month, without tax and discounts."""


class Listed(Subscription, kw_only=True, frozen=True):
    """A subscription in a list."""

    plan_name: str
    customer_name: str


async def locked(tx: Tx, subscription_id: UUID) -> Subscription:
    """A subscription, locked for a change.

    Raises:
        NotFound: there is none.
    """
    return await tx.get(Subscription, subscription_id, lock=True)


async def moved(
    tx: Tx, subscription: Subscription, status: Status, what: str, *, noting: bool = True, **changes: Any
) -> Subscription:
    """Move a locked subscription, and say so.

    Without ``noting``, whoever calls notes what it brings in themselves, after the last invoice of the transaction:
    the row of the month comes after everything that an invoice locks but its number.

    Raises:
        NotNow: the table has no such move.
    """
    if status is not subscription.status and status not in MOVES[subscription.status]:
        raise NotNow(f"It is {subscription.status}.")
    subscription = await tx.update(
        subscription, status=status, version=subscription.version + 1, changed_at=tx.now, **changes
    )
    if noting:
        await note(tx, subscription)
    await tx.emit(Changed(subscription_id=subscription.id, status=status, what=what))
    return subscription


async def note(tx: Tx, subscription: Subscription) -> None:
    """Note what a subscription brings in a month from now on."""
    await recurring.note(tx, subscription.id, await monthly(tx, subscription))


async def monthly(tx: Tx, subscription: Subscription) -> Money:
    """What a subscription brings in a month: what is charged in advance, for a month, without tax and discounts."""
    plan = await tx.get(Plan, subscription.plan_id)
    return monthly_of(subscription, plan, await catalog.prices(tx, subscription.price_ids))


def monthly_of(subscription: Subscription, plan: Plan, prices: list[Price]) -> Money:
    """``monthly`` for whoever has its plan and its prices."""
    running = subscription.status in (Status.active, Status.past_due)
    rates = [price.rate for price in prices] if running else []
    minor = rating.monthly(rates, subscription.quantity, plan.interval, plan.interval_count)
    return Money(minor, subscription.currency)


def present(subscription: Subscription) -> Period:
    """The period in which a subscription is.

    Raises:
        NotNow: it has none yet.
    """
    if subscription.period_from is None or subscription.period_to is None:
        raise NotNow("It has not begun yet.")
    return Period(subscription.period_from, subscription.period_to)


async def start_of(tx: Tx, day: date) -> datetime:
    """When a day begins for the business."""
    return clock.start_of(day, await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant))


async def term(
    tx: Tx,
    subscription: Subscription,
    period_id: UUID,
    period: Period,
    kind: Literal["trial", "paid", "paused"],
) -> Term:
    """Write the next period of a subscription down; the table refuses a gap, an overlap, and the same one twice."""
    last = await tx.find(
        _Last,
        "select number, ends_on from billing_period where subscription_id = $1 order by ends_on desc limit 1",
        subscription.id,
    )
    return await tx.insert(
        Term,
        id=period_id,
        subscription_id=subscription.id,
        owner=subscription.owner,
        number=1 if last is None else last.number + 1,
        kind=kind,
        starts_on=period.starts_on,
        ends_on=period.ends_on,
        follows_on=None if last is None else period.starts_on,
        plan_id=subscription.plan_id,
        quantity=subscription.quantity,
        created_at=tx.now,
    )


class _Last(msgspec.Struct):
    number: int
    ends_on: date


async def terms(tx: Tx, subscription_id: UUID, limit: int = 24) -> list[Term]:
    """The latest periods of a subscription, the last first."""
    return await tx.all(
        Term,
        "select * from billing_period where subscription_id = $1 order by ends_on desc limit $2",
        subscription_id,
        limit,
    )


async def whole(tx: Tx, subscription: Subscription) -> Detail:
    """A subscription with everything about it."""
    return Detail(
        subscription=subscription,
        plan=await tx.get(Plan, subscription.plan_id),
        prices=await catalog.prices(tx, subscription.price_ids),
        periods=await terms(tx, subscription.id),
        monthly=await monthly(tx, subscription),
    )


async def detail(tx: Tx, subscription_id: UUID) -> Detail:
    """``whole``, for those who may see what is billed.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        NotFound: there is no such subscription.
    """
    tx.must(READ)
    return await whole(tx, await tx.get(Subscription, subscription_id))


async def listing(
    tx: Tx,
    page: Page,
    *,
    status: Status | None = None,
    customer_id: UUID | None = None,
    plan_id: UUID | None = None,
) -> Listing[Listed]:
    """The business's subscriptions, newest first.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    first = [page.after_id(), page.fetch]
    # One statement per way in, so that each is planned for the index that serves it.
    if customer_id is not None:
        found = await tx.all(Listed, _OF_CUSTOMER, *first, customer_id, status, plan_id)
    elif plan_id is not None:
        found = await tx.all(Listed, _OF_PLAN, *first, plan_id, status)
    elif status is not None:
        found = await tx.all(Listed, _OF_STATUS, *first, status)
    else:
        found = await tx.all(Listed, _ALL, *first)
    return pages.listing(page, found, lambda one: one.id)


_ALL = """
    select s.*, p.name as plan_name, c.name as customer_name from (
        select * from billing_subscription
        where tenant_id = kernel_tenant() and ($1::uuid is null or id < $1) order by id desc limit $2
    ) as s join billing_plan as p on p.id = s.plan_id join payments_customer as c on c.id = s.customer_id
    order by s.id desc
"""
_PAGE = "order by id desc limit"
_OF_STATUS = _ALL.replace(_PAGE, f"and status = $3 {_PAGE}")
_OF_PLAN = _ALL.replace(_PAGE, f"and plan_id = $3 and ($4::text is null or status = $4) {_PAGE}")
_OF_CUSTOMER = _ALL.replace(
    _PAGE,
    f"and customer_id = $3 and ($4::text is null or status = $4) and ($5::uuid is null or plan_id = $5) {_PAGE}",
)


def engine_only(subscription: Subscription) -> None:
    """Stop what only our engine's subscriptions can do.

    Raises:
        RunByProvider: a provider runs it.
    """
    if subscription.owner == "provider":
        raise RunByProvider


async def today(tx: Tx) -> date:
    """The present day where the business is."""
    return await months.today(tx)
