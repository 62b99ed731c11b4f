"""Routes of the ledger."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter

from holdfast.kernel.http.caller import Caller
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.ledger import accounts, books
from holdfast.shared.ledger.accounts import Entry, Standing
from holdfast.shared.ledger.books import UnitBalance
from holdfast.shared.ledger.proof import Anchor, Report


class Verification(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the books are to be proven against."""

    anchor: Anchor | None = None
    """The end of the chain of an earlier report, kept outside."""


@get("/accounts", grant="ledger.read", summary="Accounts with their balances")
async def list_accounts(
    caller: Caller,
    page: Page,
    book: Annotated[str | None, Parameter(description="Of one book, such as `loyalty.card`", max_length=100)] = None,
    unit: Annotated[str | None, Parameter(description="That count one unit, such as `PEN`", max_length=100)] = None,
    owner: Annotated[UUID | None, Parameter(description="That belong to one owner")] = None,
) -> Listing[Standing]:
    """The tenant's accounts, oldest first."""
    async with caller.transaction(replica=True) as tx:
        return await accounts.listing(tx, page, book=book, unit=unit, owner_id=owner)


@get("/accounts/{account_id:uuid}/entries", grant="ledger.read", summary="An account's statement")
async def list_entries(caller: Caller, account_id: UUID, page: Page) -> Listing[Entry]:
    """What moved on an account, newest first, with the balance after each entry."""
    async with caller.transaction(replica=True) as tx:
        return await accounts.statement(tx, account_id, page)


@get("/trial-balance", grant="ledger.read", summary="Trial balance")
async def show_trial_balance(caller: Caller) -> list[UnitBalance]:
    """Debits and credits of every book, per unit; in sound books they are equal."""
    async with caller.transaction(replica=True) as tx:
        return await books.trial_balance(tx)


@post("/verification", grant="ledger.verify", status_code=200, summary="Prove the books")
async def create_verification(caller: Caller, data: Verification) -> Report:
    """Recompute every balance and the hash chain; proves the books or names the rows that break them."""
    async with books.snapshot(caller.database, caller.tenant, caller.actor) as tx:
        return await books.verify(tx, anchor=data.anchor)


routes = [Router("/api/ledger", route_handlers=[list_accounts, list_entries, show_trial_balance, create_verification])]
