"""Routes of the catalogue: plans and their prices."""

from uuid import UUID

from litestar import get, patch, post, put

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.billing import catalog, pricing
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.payments import customers


@get("/plans", grant=READ, summary="Plans with their prices")
async def list_plans(caller: Caller, page: Page) -> Listing[catalog.Whole]:
    """The business's plans, newest first."""
    async with caller.transaction() as tx:
        return await catalog.plans(tx, page)


@post("/plans", grant=MANAGE, summary="Make a plan")
async def create_plan(caller: Caller, data: catalog.New) -> catalog.Whole:
    """A plan with its prices, which customers can subscribe to from now on."""
    async with caller.transaction() as tx:
        return await catalog.make(tx, data)


@get("/plans/{plan_id:uuid}", grant=READ, summary="A plan with its prices")
async def show_plan(caller: Caller, plan_id: UUID) -> catalog.Whole:
    """A plan, and the prices that a new subscription gets."""
    async with caller.transaction() as tx:
        return await catalog.whole(tx, plan_id)


@patch("/plans/{plan_id:uuid}", grant=MANAGE, summary="Change a plan")
async def change_plan(caller: Caller, plan_id: UUID, data: catalog.Changes) -> catalog.Whole:
    """What it is called and whether it is sold; what was promised to whoever has it stays."""
    async with caller.transaction() as tx:
        return await catalog.change(tx, plan_id, data)


@post("/plans/{plan_id:uuid}/prices", grant=MANAGE, summary="Add a price to a plan")
async def create_price(caller: Caller, plan_id: UUID, data: catalog.NewPrice) -> catalog.Whole:
    """A price for whoever subscribes from now on."""
    async with caller.transaction() as tx:
        return await catalog.add_price(tx, plan_id, data)


@get("/plans/{plan_id:uuid}/prices", grant=READ, summary="What a plan costs and has cost")
async def list_prices(caller: Caller, plan_id: UUID) -> pricing.History:
    """Its present prices and its earlier ones, and how many subscriptions have each."""
    async with caller.transaction() as tx:
        return await pricing.history(tx, plan_id)


@put("/plans/{plan_id:uuid}/prices", grant=MANAGE, summary="Change all prices of a plan at once")
async def replace_prices(caller: Caller, plan_id: UUID, data: pricing.Replacement) -> catalog.Whole:
    """For whoever subscribes from now on; a price that is given as it was stays, and the others are retired."""
    async with caller.transaction() as tx:
        return await pricing.replace(tx, plan_id, data)


@post("/prices/{price_id:uuid}/retirement", grant=MANAGE, status_code=200, summary="Sell a price to nobody new")
async def retire_price(caller: Caller, price_id: UUID) -> catalog.Price:
    """Whoever has it keeps it."""
    async with caller.transaction() as tx:
        return await catalog.retire(tx, price_id)


@get("/plans", signed_in=True, summary="Plans that I may choose")
async def list_own_plans(caller: Caller, tenant_id: UUID, page: Page) -> Listing[catalog.Whole]:
    """What a customer of this business may change to."""
    async with caller.transaction(tenant_id) as tx:
        await customers.mine(tx)
        return await catalog.plans(tx, page, public=True)


handlers = [list_plans, create_plan, show_plan, change_plan, create_price, list_prices, replace_prices, retire_price]
own = [list_own_plans]
