"""Routes of refunds."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import HeaderParameter, Parameter
from msgspec import Meta

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payments import connections, paying, refunds
from holdfast.shared.payments.attempts import Kind

Key = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        description="Made by the client; the same key again is the same refund",
        min_length=1,
        max_length=200,
    ),
]


class NewRefund(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Money to give back."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    amount: Money | None = None
    """All that is left when absent."""


@get("/refunds", grant=connections.READ, summary="Refunds")
async def list_refunds(
    caller: Caller,
    page: Page,
    status: Annotated[str | None, Parameter(description="A state", max_length=40)] = None,
) -> Listing[refunds.Refund]:
    """The business's refunds, newest first."""
    async with caller.transaction() as tx:
        return await refunds.refunds(tx, page, status=status)


# The key names the refund itself, for ever, so the kernel's own memory of a day has nothing to add.
@post("/{payment_id:uuid}/refunds", grant=refunds.REFUND, idempotency="unused", summary="Give money back")
async def create_refund(caller: Caller, payment_id: UUID, key: Key, data: NewRefund) -> refunds.Refund:
    """Give back an amount, or all that is left; never more than was paid. The answer says how far the provider is."""
    async with caller.transaction() as tx:
        refund = await refunds.give_back(tx, payment_id, amount=data.amount, reason=data.reason, key=key)
    await paying.made(caller.transaction, caller.database, payment_id, Kind.refund)
    async with caller.transaction() as tx:
        return await tx.get(refunds.Refund, refund.id)


handlers = [list_refunds, create_refund]
