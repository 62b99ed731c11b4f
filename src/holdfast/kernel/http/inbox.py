"""The address of inbound webhooks: ``POST /api/webhooks/{provider}/{tenant}``."""

from typing import Any
from uuid import UUID

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from holdfast.kernel import clock, inbox
from holdfast.kernel.http.caller import Caller


# The id in the message is the provider's own key for repetitions, so an Idempotency-Key has nothing to add.
@post(
    "/api/webhooks/{provider:str}/{tenant_id:uuid}",
    public=True,
    idempotency="unused",
    status_code=202,
    summary="Take a message of an outside service",
)
async def receive(request: Request[Any, Any, Any], caller: Caller, provider: str, tenant_id: UUID) -> inbox.Receipt:
    """Store a signed message as it came and answer at once; a repetition is answered the same way."""
    body = await request.body()
    async with caller.transaction(tenant=tenant_id) as tx:
        return await inbox.receive(tx, provider, request.headers, body, at=clock.now())


routes: list[HTTPRouteHandler] = [receive]
