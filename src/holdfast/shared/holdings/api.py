"""Routes of the one list of everything that a person holds."""

import asyncio
from collections import defaultdict
from typing import Annotated, Any
from uuid import UUID

import structlog
from litestar import Response, delete, get
from litestar.params import Parameter

from holdfast.kernel import ids
from holdfast.kernel.http import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import transaction
from holdfast.shared.holdings import holdings

PAGE = 100
"""Holdings of one page."""
AT_ONCE = 3
"""Businesses that one request asks at the same time, so that it leaves connections to the others."""
SECONDS = 5.0
"""For how long a business may be asked before its holdings count as unavailable."""

log = structlog.get_logger()


@get("/api/holdings", signed_in=True, summary="What I hold")
async def list_holdings(
    caller: Caller,
    after: Annotated[str | None, Parameter(description="The `next` of the page before", max_length=1000)] = None,
) -> Response[Listing[holdings.Item]]:
    """Everything that I keep in my account, across businesses, newest first; a hundred to a page."""
    async with caller.transaction(ids.PLATFORM) as tx:
        page = await holdings.own(tx, Page(after=after, limit=PAGE))
    groups: dict[tuple[UUID, str], list[holdings.Kept]] = defaultdict(list)
    for kept in page.items:
        groups[kept.tenant_id, kept.kind].append(kept)
    gate = asyncio.Semaphore(AT_ONCE)
    asked = await asyncio.gather(*(_asked(caller, gate, group) for group in groups.values()))
    found = {item.id: item for items in asked for item in items}
    # The links open what they lead to, so no cache may keep them.
    return Response(
        Listing(items=[found[kept.id] for kept in page.items if kept.id in found], next=page.next),
        headers={"Cache-Control": "no-store"},
    )


async def _asked(caller: Caller, gate: asyncio.Semaphore, kept: list[holdings.Kept]) -> list[holdings.Item]:
    """What holdings of one kind and business are now. Whatever goes wrong there costs only these their details."""
    async with gate:
        try:
            async with asyncio.timeout(SECONDS), caller.transaction(kept[0].tenant_id) as tx:
                return await holdings.described(tx, kept)
        except Exception as error:
            log.warning(
                "holdings.unavailable",
                tenant=str(kept[0].tenant_id),
                kind=kept[0].kind,
                error=type(error).__name__,
                exc_info=error,
            )
            return [holdings.unavailable(one) for one in kept]


@delete("/api/holdings/{holding_id:uuid}", signed_in=True, idempotency="unused", summary="Stop keeping a holding")
async def remove_holding(caller: Caller, holding_id: UUID) -> None:
    """Out of my list; the thing itself stays what it is."""
    async with transaction(caller.database, ids.PLATFORM, caller.actor, reading=True) as tx:
        tenant = await holdings.business_of(tx, holding_id)
    async with caller.transaction(tenant) as tx:
        await holdings.remove(tx, holding_id)


routes: list[Any] = [list_holdings, remove_holding]
