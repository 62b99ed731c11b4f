"""Routes with which a signed-in person subscribes, for the first time or again."""

from uuid import UUID

from litestar import post

from holdfast.kernel.http.caller import Caller
from holdfast.shared.billing import joining, starting
from holdfast.shared.billing.subscriptions import Subscription


@post("/subscriptions", signed_in=True, summary="Subscribe to a plan that I may choose")
async def create_own_subscription(caller: Caller, tenant_id: UUID, data: joining.Wanted) -> Subscription:
    """The first period begins at once, and is charged where it costs something."""
    async with caller.transaction(tenant_id) as tx:
        return await joining.join(tx, data)


@post(
    "/subscriptions/preview",
    signed_in=True,
    idempotency="unused",
    status_code=200,
    summary="What subscribing costs me",
)
async def preview_own_subscription(caller: Caller, tenant_id: UUID, data: joining.Wanted) -> starting.Preview:
    """The first invoice and the one after, worked out by the code that charges."""
    async with caller.transaction(tenant_id) as tx:
        return await joining.previewed(tx, data)


own = [create_own_subscription, preview_own_subscription]
