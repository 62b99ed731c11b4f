"""Routes of reconciliation: our payments, the books and the provider's list, compared."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get, post

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payments import connections, history, reconciliation


class NewReconciliation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be compared."""

    connection_id: UUID
    since: datetime | None = None
    """Three days ago when absent."""
    until: datetime | None = None


@get("/reconciliations", grant=connections.READ, summary="Comparisons with the providers")
async def list_reconciliations(caller: Caller, page: Page) -> Listing[reconciliation.Reconciliation]:
    """The business's comparisons, newest first."""
    async with caller.transaction() as tx:
        return await reconciliation.runs(tx, page)


@post("/reconciliations", grant=reconciliation.RECONCILE, summary="Compare with a provider now")
async def create_reconciliation(caller: Caller, data: NewReconciliation) -> reconciliation.Reconciliation:
    """It is made at once by a job; ask for it again to see what it found."""
    since, until = history.aware(data.since, "since"), history.aware(data.until, "until")
    async with caller.transaction() as tx:
        return await reconciliation.want(tx, data.connection_id, since=since, until=until)


@get("/reconciliations/{reconciliation_id:uuid}", grant=connections.READ, summary="A comparison and its findings")
async def show_reconciliation(caller: Caller, reconciliation_id: UUID) -> reconciliation.Whole:
    """What stands comes before what was repaired."""
    async with caller.transaction() as tx:
        return await reconciliation.whole(tx, reconciliation_id)


handlers = [list_reconciliations, create_reconciliation, show_reconciliation]
