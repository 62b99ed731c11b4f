"""Routes of disputes."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import QueryParameter

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payments import connections, disputes, paying, refunds
from holdfast.shared.payments.attempts import Kind


@get("/disputes", grant=connections.READ, summary="Disputes")
async def list_disputes(
    caller: Caller,
    page: Page,
    open_only: Annotated[bool, QueryParameter(name="open", description="Only those that are not decided")] = False,
) -> Listing[disputes.Dispute]:
    """The business's disputes, newest first."""
    async with caller.transaction() as tx:
        return await disputes.disputes(tx, page, open_only=open_only)


@get("/disputes/{dispute_id:uuid}", grant=connections.READ, summary="A dispute")
async def show_dispute(caller: Caller, dispute_id: UUID) -> disputes.Dispute:
    """What the payer complains of, and what was answered."""
    async with caller.transaction() as tx:
        return await disputes.show(tx, dispute_id)


@post(
    "/disputes/{dispute_id:uuid}/evidence",
    grant=refunds.REFUND,
    idempotency="unused",
    status_code=200,
    summary="Answer a dispute",
)
async def submit_evidence(caller: Caller, dispute_id: UUID, data: disputes.Evidence) -> disputes.Dispute:
    """What speaks for the business goes to the provider."""
    async with caller.transaction() as tx:
        dispute = await disputes.answer(tx, dispute_id, data)
    await paying.made(caller.transaction, caller.database, dispute.payment_id, Kind.evidence)
    async with caller.transaction() as tx:
        return await tx.get(disputes.Dispute, dispute_id)


handlers = [list_disputes, show_dispute, submit_evidence]
