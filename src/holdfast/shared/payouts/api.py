"""Routes of wallets and payouts."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from holdfast.kernel.http import Route
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.shared.payouts import (
    destinations,
    earnings,
    entries,
    files,
    own,
    payouts,
    preferences,
    register,
    statements,
    wallets,
)
from holdfast.shared.payouts.entries import WalletEntry
from holdfast.shared.payouts.payouts import Payout, Status


class NewPayout(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be paid out."""

    wallet_id: UUID
    amount: Money
    destination_id: UUID
    id: UUID | None = None


class NewOwnPayout(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What I want to be paid out."""

    wallet_id: UUID | None = None
    """Of which wallet of mine; of the oldest when absent."""
    amount: Money
    destination_id: UUID
    id: UUID | None = None


class Rejection(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a payout is not made."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class NewFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file for the bank."""

    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$")]
    format: files.Format = "pain.001"


class Confirmation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the bank did with a payout."""

    outcome: Literal["paid", "failed", "returned"]
    trace: Annotated[str, Meta(max_length=200)] | None = None
    reason: Annotated[str, Meta(max_length=500)] | None = None


class NewDestination(destinations.New, kw_only=True, frozen=True):
    """A bank account of a wallet's party."""

    wallet_id: UUID


class Destinations(msgspec.Struct, frozen=True, kw_only=True):
    """Bank accounts."""

    items: list[destinations.Destination]


@get("/wallets", grant=wallets.READ, summary="Wallets with their balances")
async def list_wallets(caller: Caller, page: Page) -> Listing[wallets.Standing]:
    """What the business owes to each party: pending, available and held."""
    async with caller.transaction() as tx:
        return await wallets.wallets(tx, page)


@get("/wallets/{wallet_id:uuid}", grant=wallets.READ, summary="A wallet with its balances")
async def show_wallet(caller: Caller, wallet_id: UUID) -> wallets.Standing:
    """Pending, available, held, and what the party owes."""
    async with caller.transaction() as tx:
        return await wallets.standing(tx, wallet_id)


@get("/wallets/{wallet_id:uuid}/entries", grant=wallets.READ, summary="What moved in a wallet")
async def list_wallet_entries(caller: Caller, wallet_id: UUID, page: Page) -> Listing[WalletEntry]:
    """Newest first, with the balance after each entry."""
    async with caller.transaction() as tx:
        return await entries.of(tx, wallet_id, page)


@get("/wallets/{wallet_id:uuid}/earnings", grant=wallets.READ, summary="What a party earned")
async def list_wallet_earnings(caller: Caller, wallet_id: UUID, page: Page) -> Listing[earnings.Earning]:
    """Newest first, with the day from which on each can be paid out."""
    async with caller.transaction() as tx:
        return await earnings.of(tx, wallet_id, page)


@get("/wallets/{wallet_id:uuid}/statement", grant=wallets.READ, summary="A wallet's statement")
async def show_statement(caller: Caller, wallet_id: UUID, since: date, until: date) -> statements.Statement:
    """From a day up to another; opening and movements add up to closing."""
    async with caller.transaction() as tx:
        return await statements.of(tx, wallet_id, since=since, until=until)


@get("/destinations", grant=wallets.READ, summary="Bank accounts of a party")
async def list_destinations(caller: Caller, wallet: UUID) -> Destinations:
    """Masked; nobody is shown a whole number."""
    async with caller.transaction() as tx:
        return Destinations(items=await destinations.of(tx, wallet))


@post("/destinations", grant=wallets.REQUEST, summary="Name a bank account of a party")
async def create_destination(caller: Caller, data: NewDestination) -> destinations.Destination:
    """Its check digits are looked at; one that another party has as well is marked."""
    new = destinations.New(**{name: getattr(data, name) for name in destinations.New.__struct_fields__})
    async with caller.transaction() as tx:
        return await destinations.add_for(tx, data.wallet_id, new)


@delete("/destinations/{destination_id:uuid}", grant=wallets.REQUEST, summary="Use a bank account no more")
async def delete_destination(caller: Caller, destination_id: UUID) -> None:
    """Unless a payout is on its way there."""
    async with caller.transaction() as tx:
        await destinations.remove_for(tx, destination_id)


@get("/", grant=wallets.READ, summary="Payouts")
async def list_payouts(
    caller: Caller,
    page: Page,
    status: Annotated[Status | None, Parameter(description="Of one state")] = None,
    wallet: Annotated[UUID | None, Parameter(description="Of one wallet")] = None,
) -> Listing[register.Listed]:
    """The business's payouts, newest first."""
    async with caller.transaction() as tx:
        return await register.payouts(tx, page, status=status, wallet_id=wallet)


@post("/", grant=wallets.REQUEST, idempotency="required", summary="Ask for a payout")
async def create_payout(caller: Caller, data: NewPayout) -> Payout:
    """The amount is held from now on; somebody else approves it."""
    async with caller.transaction() as tx:
        return await payouts.request(
            tx, data.wallet_id, amount=data.amount, destination_id=data.destination_id, id=data.id
        )


@get("/{payout_id:uuid}", grant=wallets.READ, summary="A payout")
async def show_payout(caller: Caller, payout_id: UUID) -> register.Detail:
    """With whom it goes to and who approved it."""
    async with caller.transaction() as tx:
        return await register.detail(tx, payout_id)


@post("/{payout_id:uuid}/approval", grant=payouts.APPROVE, status_code=200, summary="Approve a payout")
async def create_approval(caller: Caller, payout_id: UUID) -> Payout:
    """With the last approval that it needs it leaves. Nobody approves what they asked for."""
    async with caller.transaction() as tx:
        return await payouts.approve(tx, payout_id)


@post("/{payout_id:uuid}/rejection", grant=payouts.APPROVE, status_code=200, summary="Reject a payout")
async def create_rejection(caller: Caller, payout_id: UUID, data: Rejection) -> Payout:
    """The amount is available again."""
    async with caller.transaction() as tx:
        return await payouts.reject(tx, payout_id, reason=data.reason)


@post("/{payout_id:uuid}/cancellation", grant=wallets.REQUEST, status_code=200, summary="Take a request back")
async def create_payout_cancellation(caller: Caller, payout_id: UUID) -> Payout:
    """As long as nobody has approved it."""
    async with caller.transaction() as tx:
        return await payouts.cancel(tx, payout_id)


@post("/{payout_id:uuid}/confirmation", grant=payouts.APPROVE, status_code=200, summary="Tell what the bank did")
async def create_confirmation(caller: Caller, payout_id: UUID, data: Confirmation) -> Payout:
    """For a payout that left in a file, or whose rail does not say what became of it."""
    async with caller.transaction() as tx:
        return await files.confirm(tx, payout_id, outcome=data.outcome, trace=data.trace, reason=data.reason)


@get("/files", grant=wallets.READ, summary="Files for the bank")
async def list_files(caller: Caller, page: Page) -> Listing[files.File]:
    """Newest first."""
    async with caller.transaction() as tx:
        return await files.files(tx, page)


@post("/files", grant=payouts.APPROVE, summary="Make a file for the bank")
async def create_file(caller: Caller, data: NewFile) -> files.File:
    """Of every approved payout of the currency that is in no file yet; a pain.001 of those that go to an IBAN."""
    async with caller.transaction() as tx:
        return await files.make(tx, currency=data.currency, format=data.format)


@get("/files/{file_id:uuid}/content", grant=payouts.APPROVE, media_type="application/octet-stream")
async def show_file_content(
    caller: Caller,
    file_id: UUID,
    holder: str,
    iban: str = "",
    bic: str = "",
    format: Annotated[files.Format | None, Parameter(description="Another than it was made in")] = None,  # noqa: A002
) -> Response[bytes]:
    """The file itself. The account that is paid from is put in and not kept."""
    payer = files.Payer(holder=holder, iban=iban, bic=bic)
    async with caller.transaction() as tx:
        file, content = await files.content(tx, file_id, payer, format=format)
    ending = "csv" if file.format == "csv" else "xml"
    return Response(
        content,
        headers={
            "Content-Disposition": f'attachment; filename="payouts-{file.number:06}.{ending}"',
            "Cache-Control": "no-store",
        },
    )


@get("/settings", grant=wallets.READ, summary="How payouts are made")
async def show_payout_settings(caller: Caller) -> preferences.Settings:
    """The least amount, the waiting time, who approves, and by which rail it leaves."""
    async with caller.transaction() as tx:
        return await preferences.settings(tx)


@put("/settings", grant=preferences.MANAGE, summary="Decide how payouts are made")
async def put_payout_settings(caller: Caller, data: preferences.Settings) -> preferences.Settings:
    """From now on; what was asked for before goes on as it began."""
    async with caller.transaction() as tx:
        return await preferences.decide(tx, data)


class NewOwnDestination(destinations.New, kw_only=True, frozen=True):
    """A bank account of mine."""

    wallet_id: UUID | None = None
    """Of which wallet of mine; of the oldest when absent."""


class OwnWallets(msgspec.Struct, frozen=True, kw_only=True):
    """What is mine at a business, one for each currency."""

    items: list[own.OwnWallet]


Which: TypeAlias = Annotated[UUID | None, Parameter(description="Which wallet of mine; the oldest when absent")]


@get("/wallets", signed_in=True, summary="My wallets")
async def list_own_wallets(caller: Caller, tenant_id: UUID) -> OwnWallets:
    """What this business owes me in each currency; empty for whoever earns nothing here."""
    async with caller.transaction(tenant_id) as tx:
        return OwnWallets(items=await own.shown_all(tx))


@get("/wallet", signed_in=True, summary="My wallet")
async def show_own_wallet(caller: Caller, tenant_id: UUID, wallet: Which = None) -> own.OwnWallet:
    """What this business owes me, and where it goes."""
    async with caller.transaction(tenant_id) as tx:
        return await own.shown(tx, await wallets.mine(tx, wallet))


@get("/wallet/entries", signed_in=True, summary="What moved in my wallet")
async def list_own_wallet_entries(
    caller: Caller, tenant_id: UUID, page: Page, wallet: Which = None
) -> Listing[WalletEntry]:
    """Newest first, with the balance after each entry."""
    async with caller.transaction(tenant_id) as tx:
        return await entries.moved(tx, await wallets.mine(tx, wallet), page)


@get("/wallet/earnings", signed_in=True, summary="What I earned")
async def list_own_wallet_earnings(
    caller: Caller, tenant_id: UUID, page: Page, wallet: Which = None
) -> Listing[earnings.Earning]:
    """Newest first, with the day from which on each can be paid out."""
    async with caller.transaction(tenant_id) as tx:
        return await earnings.listed(tx, await wallets.mine(tx, wallet), page)


@get("/wallet/statement", signed_in=True, summary="My wallet's statement")
async def show_own_statement(
    caller: Caller, tenant_id: UUID, since: date, until: date, wallet: Which = None
) -> statements.Statement:
    """From a day up to another; opening and movements add up to closing."""
    async with caller.transaction(tenant_id) as tx:
        return await statements.drawn(tx, await wallets.mine(tx, wallet), since=since, until=until)


@post("/wallet/destinations", signed_in=True, summary="Name a bank account of mine")
async def create_own_destination(caller: Caller, tenant_id: UUID, data: NewOwnDestination) -> destinations.Destination:
    """Its check digits are looked at."""
    async with caller.transaction(tenant_id) as tx:
        return await destinations.add(tx, await wallets.mine(tx, data.wallet_id), data)


@delete("/wallet/destinations/{destination_id:uuid}", signed_in=True, summary="Use a bank account of mine no more")
async def delete_own_destination(caller: Caller, tenant_id: UUID, destination_id: UUID) -> None:
    """Unless a payout is on its way there."""
    async with caller.transaction(tenant_id) as tx:
        await own.forget(tx, destination_id)


@get("/wallet/payouts", signed_in=True, summary="My payouts")
async def list_own_payouts(caller: Caller, tenant_id: UUID, page: Page, wallet: Which = None) -> Listing[own.OwnPayout]:
    """What was asked for and what became of it, newest first."""
    async with caller.transaction(tenant_id) as tx:
        return await own.listed(tx, await wallets.mine(tx, wallet), page)


@post("/wallet/payouts", signed_in=True, idempotency="required", summary="Ask for my money")
async def create_own_payout(caller: Caller, tenant_id: UUID, data: NewOwnPayout) -> own.OwnPayout:
    """The amount is held from now on; the business approves it."""
    async with caller.transaction(tenant_id) as tx:
        wallet = await wallets.mine(tx, data.wallet_id)
        return await own.ask(tx, wallet, amount=data.amount, destination_id=data.destination_id, id=data.id)


@post(
    "/wallet/payouts/{payout_id:uuid}/cancellation",
    signed_in=True,
    status_code=204,
    summary="Take my request back",
)
async def create_own_payout_cancellation(caller: Caller, tenant_id: UUID, payout_id: UUID) -> None:
    """As long as the business has not approved it."""
    async with caller.transaction(tenant_id) as tx:
        await own.take_back(tx, payout_id)


routes: list[Route] = [
    Router(
        "/api/payouts",
        route_handlers=[
            list_wallets,
            show_wallet,
            list_wallet_entries,
            list_wallet_earnings,
            show_statement,
            list_destinations,
            create_destination,
            delete_destination,
            list_payouts,
            create_payout,
            show_payout,
            create_approval,
            create_rejection,
            create_payout_cancellation,
            create_confirmation,
            list_files,
            create_file,
            show_file_content,
            show_payout_settings,
            put_payout_settings,
        ],
        tags=["payouts"],
    ),
    Router(
        "/api/own/{tenant_id:uuid}",
        route_handlers=[
            list_own_wallets,
            show_own_wallet,
            list_own_wallet_entries,
            list_own_wallet_earnings,
            show_own_statement,
            create_own_destination,
            delete_own_destination,
            list_own_payouts,
            create_own_payout,
            create_own_payout_cancellation,
        ],
        tags=["own"],
    ),
]
