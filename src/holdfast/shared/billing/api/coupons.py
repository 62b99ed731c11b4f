"""Routes of coupons."""

from uuid import UUID

from litestar import get, patch, post

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.billing import coupons
from holdfast.shared.billing.grants import MANAGE, READ


@get("/coupons", grant=READ, summary="Coupons")
async def list_coupons(caller: Caller, page: Page) -> Listing[coupons.Coupon]:
    """The business's coupons, newest first."""
    async with caller.transaction() as tx:
        return await coupons.coupons(tx, page)


@post("/coupons", grant=MANAGE, summary="Make a coupon")
async def make_coupon(caller: Caller, data: coupons.New) -> coupons.Coupon:
    """Make a code that takes a percentage or an amount off. What it takes off never changes."""
    async with caller.transaction() as tx:
        return await coupons.make(tx, data)


@patch("/coupons/{coupon_id:uuid}", grant=MANAGE, summary="Change a coupon")
async def change_coupon(caller: Caller, coupon_id: UUID, data: coupons.Changes) -> coupons.Coupon:
    """Rename it, or change how often and until when it may be redeemed; who redeemed it keeps it."""
    async with caller.transaction() as tx:
        return await coupons.change(tx, coupon_id, data)


handlers = [list_coupons, make_coupon, change_coupon]
