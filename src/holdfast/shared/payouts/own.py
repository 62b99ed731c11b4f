"""What a party sees of its own wallets at a business, and takes back; that the wallet is theirs is checked here."""

from datetime import datetime
from uuid import UUID

import msgspec

from holdfast.kernel import pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import destinations, payouts, preferences, wallets
from holdfast.shared.payouts.payouts import Status
from holdfast.shared.payouts.wallets import Wallet
from holdfast.shared.people import persons


class OwnWallet(msgspec.Struct, frozen=True, kw_only=True):
    """What is mine at a business."""

    wallet: Wallet
    balances: wallets.Balances
    destinations: list[destinations.Destination]
    minimum: Money
    """The least that is paid out at once."""


class OwnPayout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout of mine, without who at the business did what."""

    id: UUID
    amount: Money
    status: Status
    holder: str
    masked: str
    reason: str | None
    """Why it was rejected, or why it failed."""
    trace: str | None
    """The bank's own reference."""
    created_at: datetime
    changed_at: datetime


_LISTED = (
    "select p.id, p.amount_minor, p.amount_currency, p.status, d.holder, d.masked, p.reason, p.trace, "
    "p.created_at, p.changed_at from payouts_payout as p "
    "join payouts_destination as d on d.tenant_id = p.tenant_id and d.id = p.destination_id "
)


async def shown(tx: Tx, wallet: Wallet) -> OwnWallet:
    """A wallet of the acting person's own, with what can be done with it."""
    decided = await preferences.settings(tx)
    return OwnWallet(
        wallet=wallet,
        balances=await wallets.balances(tx, wallet),
        destinations=await destinations.listed(tx, wallet.id),
        minimum=Money(decided.minimum, wallet.currency),
    )


async def shown_all(tx: Tx) -> list[OwnWallet]:
    """``shown`` for every wallet of the acting person at this business, oldest first, in as many statements as for one.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    found = await wallets.standings_of_mine(tx)
    if not found:
        return []
    decided = await preferences.settings(tx)
    accounts = await destinations.listed_of(tx, [one.wallet.id for one in found])
    return [
        OwnWallet(
            wallet=one.wallet,
            balances=one.balances,
            destinations=accounts.get(one.wallet.id, []),
            minimum=Money(decided.minimum, one.wallet.currency),
        )
        for one in found
    ]


async def ask(tx: Tx, wallet: Wallet, *, amount: Money, destination_id: UUID, id: UUID | None = None) -> OwnPayout:  # noqa: A002
    """Ask for a payout of the acting person's own wallet; raises what ``payouts.asked_for`` does."""
    payout = await payouts.asked_for(tx, wallet.id, amount=amount, destination_id=destination_id, id=id)
    return await tx.one(OwnPayout, _LISTED + "where p.tenant_id = kernel_tenant() and p.id = $1", payout.id)


async def listed(tx: Tx, wallet: Wallet, page: Page) -> Listing[OwnPayout]:
    """The payouts of a wallet, newest first.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    found = await tx.all(
        OwnPayout,
        _LISTED + "where p.tenant_id = kernel_tenant() and p.wallet_id = $1 and ($2::uuid is null or p.id < $2) "
        "order by p.id desc limit $3",
        wallet.id,
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda one: one.id)


async def take_back(tx: Tx, payout_id: UUID) -> None:
    """Take back a payout of the acting person's own that nobody has approved.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: they have none of that id.
        NotNow: it was decided.
    """
    found = await tx.find(
        UUID,
        "select p.id from payouts_payout as p "
        "join payouts_wallet as w on w.tenant_id = p.tenant_id and w.id = p.wallet_id "
        "where p.tenant_id = kernel_tenant() and p.id = $1 and w.person_id = $2",
        payout_id,
        persons.in_person(tx),
    )
    if found is None:
        raise NotFound(f"You have no payout with the id {payout_id}.")
    await payouts.taken_back(tx, found)


async def forget(tx: Tx, destination_id: UUID) -> None:
    """Use a bank account of the acting person's own no more.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: they have none of that id.
        StillNeeded: a payout is on its way there.
    """
    wallet_id = await tx.find(
        UUID,
        "select d.wallet_id from payouts_destination as d "
        "join payouts_wallet as w on w.tenant_id = d.tenant_id and w.id = d.wallet_id "
        "where d.tenant_id = kernel_tenant() and d.id = $1 and d.active and w.person_id = $2",
        destination_id,
        persons.in_person(tx),
    )
    if wallet_id is None:
        raise NotFound(f"You have no bank account with the id {destination_id}.")
    await destinations.remove(tx, destination_id, wallet_id=wallet_id)
