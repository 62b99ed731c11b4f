"""Routes of what a business does about invoices that are not paid."""

from litestar import get, put

from holdfast.kernel.http.caller import Caller
from holdfast.shared.billing import dunning_policies
from holdfast.shared.billing.grants import MANAGE, READ


@get("/dunning", grant=READ, summary="What is done about invoices that are not paid")
async def show_dunning(caller: Caller) -> dunning_policies.Policy:
    """When charges are tried again, whether customers are written to, and what becomes of the subscription."""
    async with caller.transaction() as tx:
        return await dunning_policies.shown_policy(tx)


@put("/dunning", grant=MANAGE, summary="Decide what is done about invoices that are not paid")
async def set_dunning(caller: Caller, data: dunning_policies.Policy) -> dunning_policies.Policy:
    """For invoices that are not paid from now on; what is under way goes on as it began."""
    async with caller.transaction() as tx:
        return await dunning_policies.set_policy(tx, data)


handlers = [show_dunning, set_dunning]
