"""Routes of subscriptions, for whoever runs the business and for whoever subscribed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, changes, ending, pausing, roster, starting, subscriptions, usage
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import customers


class Pause(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How long to pause."""

    resumes_on: date | None = None
    """Until somebody says so when absent."""


class Cancellation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """When to end."""

    when: ending.When = "end"


class Used(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Something that a customer used."""

    id: UUID
    """Made by whoever counts, so that telling twice counts once."""
    metric: str
    quantity: int
    at: datetime | None = None


class CouponCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A coupon to use."""

    code: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, and what comes next."""

    detail: subscriptions.Detail
    upcoming: starting.Preview


async def _shown(tx: Tx, detail: subscriptions.Detail) -> Shown:
    return Shown(detail=detail, upcoming=await changes.upcoming(tx, detail.subscription))


@get("/subscriptions", grant=READ, summary="Subscriptions")
async def list_subscriptions(
    caller: Caller,
    page: Page,
    status: Annotated[Status | None, Parameter(description="Of one state")] = None,
    customer: Annotated[UUID | None, Parameter(description="Of one customer")] = None,
    plan: Annotated[UUID | None, Parameter(description="Of one plan")] = None,
) -> Listing[subscriptions.Listed]:
    """The business's subscriptions, newest first."""
    async with caller.transaction() as tx:
        return await subscriptions.listing(tx, page, status=status, customer_id=customer, plan_id=plan)


@post("/subscriptions", grant=MANAGE, summary="Subscribe a customer")
async def create_subscription(caller: Caller, data: starting.New) -> Subscription:
    """The first period begins at once, and is charged where it costs something."""
    async with caller.transaction() as tx:
        return await starting.start(tx, data)


@post("/subscriptions/preview", grant=MANAGE, idempotency="unused", status_code=200, summary="What subscribing costs")
async def preview_subscription(caller: Caller, data: starting.New) -> starting.Preview:
    """The first invoice and the one after, worked out by the code that charges."""
    async with caller.transaction() as tx:
        return await starting.preview(tx, data)


@get("/subscriptions/{subscription_id:uuid}", grant=READ, summary="A subscription")
async def show_subscription(caller: Caller, subscription_id: UUID) -> Shown:
    """A subscription with its periods, and what is charged next."""
    async with caller.transaction() as tx:
        return await _shown(tx, await subscriptions.detail(tx, subscription_id))


@post("/subscriptions/{subscription_id:uuid}/changes", grant=MANAGE, status_code=200, summary="Change plan or seats")
async def create_change(caller: Caller, subscription_id: UUID, data: changes.Wanted) -> Subscription:
    """At once, for the days that are left, or at renewal."""
    async with caller.transaction() as tx:
        return await changes.change(tx, subscription_id, data)


@post(
    "/subscriptions/{subscription_id:uuid}/changes/preview",
    grant=MANAGE,
    idempotency="unused",
    status_code=200,
    summary="What a change costs",
)
async def preview_change(caller: Caller, subscription_id: UUID, data: changes.Wanted) -> starting.Preview:
    """What would be charged or given back, worked out by the code that does it."""
    async with caller.transaction() as tx:
        return await changes.preview(tx, subscription_id, data)


@post("/subscriptions/{subscription_id:uuid}/pause", grant=MANAGE, status_code=200, summary="Pause")
async def create_pause(caller: Caller, subscription_id: UUID, data: Pause) -> Subscription:
    """From tomorrow on nothing is charged."""
    async with caller.transaction() as tx:
        return await pausing.pause(tx, subscription_id, resumes_on=data.resumes_on)


@post("/subscriptions/{subscription_id:uuid}/resumption", grant=MANAGE, status_code=200, summary="Go on")
async def create_resumption(caller: Caller, subscription_id: UUID) -> Subscription:
    """A paused subscription goes on today."""
    async with caller.transaction() as tx:
        return await pausing.resume(tx, subscription_id)


@post("/subscriptions/{subscription_id:uuid}/cancellation", grant=MANAGE, status_code=200, summary="Cancel")
async def create_cancellation(caller: Caller, subscription_id: UUID, data: Cancellation) -> Subscription:
    """Now, or at the end of the period."""
    async with caller.transaction() as tx:
        return await ending.cancel(tx, subscription_id, when=data.when)


@post(
    "/subscriptions/{subscription_id:uuid}/cancellation/preview",
    grant=MANAGE,
    idempotency="unused",
    status_code=200,
    summary="What cancelling gives back",
)
async def preview_cancellation(caller: Caller, subscription_id: UUID, data: Cancellation) -> starting.Preview:
    """Worked out by the code that does it."""
    async with caller.transaction() as tx:
        return await ending.preview(tx, subscription_id, when=data.when)


@delete(
    "/subscriptions/{subscription_id:uuid}/cancellation", grant=MANAGE, status_code=200, summary="Keep it after all"
)
async def delete_cancellation(caller: Caller, subscription_id: UUID) -> Subscription:
    """A subscription that was to end with its period goes on."""
    async with caller.transaction() as tx:
        return await ending.keep(tx, subscription_id)


@get("/subscriptions/{subscription_id:uuid}/usage", grant=READ, summary="What was used and is not charged yet")
async def list_usage(caller: Caller, subscription_id: UUID, page: Page) -> Listing[usage.Usage]:
    """The latest first; what was told by mistake can be taken back."""
    async with caller.transaction() as tx:
        return await usage.uncharged(tx, subscription_id, page)


@post("/subscriptions/{subscription_id:uuid}/usage", grant=MANAGE, summary="Count what was used")
async def create_usage(caller: Caller, subscription_id: UUID, data: Used) -> usage.Usage:
    """Charged when its period is closed; the same id again counts nothing more."""
    async with caller.transaction() as tx:
        return await usage.tell(tx, subscription_id, id=data.id, metric=data.metric, quantity=data.quantity, at=data.at)


@delete(
    "/subscriptions/{subscription_id:uuid}/usage/{usage_id:uuid}",
    grant=MANAGE,
    status_code=200,
    summary="Take back what was told by mistake",
)
async def delete_usage(caller: Caller, subscription_id: UUID, usage_id: UUID) -> usage.Usage:
    """Something that was used is not charged after all; what is on an invoice already is credited there."""
    async with caller.transaction() as tx:
        return await usage.withdraw(tx, subscription_id, usage_id)


@post("/subscriptions/{subscription_id:uuid}/release", grant=MANAGE, status_code=200, summary="Let a parked one go on")
async def create_release(caller: Caller, subscription_id: UUID) -> Subscription:
    """What was missed is charged by the next run."""
    async with caller.transaction() as tx:
        return await changes.release(tx, subscription_id)


@post("/subscriptions/{subscription_id:uuid}/coupon", grant=MANAGE, status_code=200, summary="Use a coupon")
async def create_coupon_use(caller: Caller, subscription_id: UUID, data: CouponCode) -> Subscription:
    """It is taken off the next invoices."""
    async with caller.transaction() as tx:
        return await changes.use_coupon(tx, subscription_id, data.code)


async def _mine(tx: Tx, subscription_id: UUID) -> Subscription:
    """The subscription, if it is the acting person's own."""
    own = await customers.mine(tx)
    subscription = await tx.get(Subscription, subscription_id)
    if subscription.customer_id != own.id:
        raise NotFound(f"You have no subscription with the id {subscription_id}.")
    return subscription


async def _choosable(tx: Tx, plan_id: UUID | None, own: Subscription) -> None:
    """Stop unless customers may choose the plan themselves, or have it."""
    if plan_id not in (None, own.plan_id) and not (await tx.get(catalog.Plan, plan_id)).public:
        raise NotFound(f"No plan has the id {plan_id}.")


@get("/subscriptions", signed_in=True, summary="My subscriptions")
async def list_own(caller: Caller, tenant_id: UUID, page: Page) -> Listing[subscriptions.Detail]:
    """What I have subscribed to at this business, newest first."""
    async with caller.transaction(tenant_id) as tx:
        return await roster.of_customer(tx, (await customers.mine(tx)).id, page)


@get("/subscriptions/{subscription_id:uuid}", signed_in=True, summary="A subscription of mine")
async def show_own(caller: Caller, tenant_id: UUID, subscription_id: UUID) -> Shown:
    """What it costs, and what is charged next."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, subscription_id)
        return await _shown(tx, await subscriptions.whole(tx, await tx.get(Subscription, subscription_id)))


@post(
    "/subscriptions/{subscription_id:uuid}/changes/preview",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="What a change of mine costs",
)
async def preview_own_change(
    caller: Caller, tenant_id: UUID, subscription_id: UUID, data: changes.Wanted
) -> starting.Preview:
    """What would be charged or given back, worked out by the code that does it."""
    async with caller.transaction(tenant_id) as tx:
        await _choosable(tx, data.plan_id, await _mine(tx, subscription_id))
        return await changes.previewed(tx, subscription_id, data)


@post("/subscriptions/{subscription_id:uuid}/changes", signed_in=True, status_code=200, summary="Change what I have")
async def create_own_change(
    caller: Caller, tenant_id: UUID, subscription_id: UUID, data: changes.Wanted
) -> Subscription:
    """Another plan or other seats, at once or at renewal."""
    async with caller.transaction(tenant_id) as tx:
        await _choosable(tx, data.plan_id, await _mine(tx, subscription_id))
        return await changes.changed(tx, subscription_id, data)


@post(
    "/subscriptions/{subscription_id:uuid}/cancellation/preview",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="What cancelling mine gives back",
)
async def preview_own_cancellation(
    caller: Caller, tenant_id: UUID, subscription_id: UUID, data: Cancellation
) -> starting.Preview:
    """Worked out by the code that does it."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, subscription_id)
        return await ending.previewed(tx, subscription_id, when=data.when)


@post("/subscriptions/{subscription_id:uuid}/cancellation", signed_in=True, status_code=200, summary="Cancel mine")
async def create_own_cancellation(
    caller: Caller, tenant_id: UUID, subscription_id: UUID, data: Cancellation
) -> Subscription:
    """Now, or at the end of the period."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, subscription_id)
        return await ending.cancelled(tx, subscription_id, when=data.when)


@delete(
    "/subscriptions/{subscription_id:uuid}/cancellation", signed_in=True, status_code=200, summary="Keep mine after all"
)
async def delete_own_cancellation(caller: Caller, tenant_id: UUID, subscription_id: UUID) -> Subscription:
    """A subscription of mine that was to end with its period goes on."""
    async with caller.transaction(tenant_id) as tx:
        await _mine(tx, subscription_id)
        return await ending.kept(tx, subscription_id)


handlers = [
    list_subscriptions,
    create_subscription,
    preview_subscription,
    show_subscription,
    create_change,
    preview_change,
    create_pause,
    create_resumption,
    create_cancellation,
    preview_cancellation,
    delete_cancellation,
    list_usage,
    create_usage,
    delete_usage,
    create_release,
    create_coupon_use,
]
own = [
    list_own,
    show_own,
    preview_own_change,
    create_own_change,
    preview_own_cancellation,
    create_own_cancellation,
    delete_own_cancellation,
]
