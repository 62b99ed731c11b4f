"""Entries: what came into a wallet and what went out, each with what it was for."""

from uuid import UUID

import msgspec

from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts
from holdfast.shared.payouts.wallets import AVAILABLE, READ, Wallet, opened

ABOUT = (
    "(select description from payouts_earning where tenant_id = kernel_tenant() and id = t.reference_id union all "
    "select d.masked from payouts_payout as p join payouts_destination as d "
    "on d.tenant_id = p.tenant_id and d.id = p.destination_id "
    "where p.tenant_id = kernel_tenant() and p.id = t.reference_id limit 1)"
)
"""What something was for: the words of an earning, or a payout's masked bank account; of ``t.reference_id``."""


class WalletEntry(accounts.Entry, kw_only=True, frozen=True):
    """An entry of a wallet's account."""

    about: str | None
    """What was earned, or the masked account that a payout goes to."""


class _About(msgspec.Struct, frozen=True):
    id: UUID
    about: str | None


async def of(tx: Tx, wallet_id: UUID, page: Page) -> Listing[WalletEntry]:
    """What is available in a wallet, newest first, with the balance after each entry.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        NotFound: there is no such wallet.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    return await moved(tx, await tx.get(Wallet, wallet_id), page)


async def moved(tx: Tx, wallet: Wallet, page: Page) -> Listing[WalletEntry]:
    """``of`` for whoever has checked who asks."""
    account_id = await opened(tx, AVAILABLE, wallet)
    if account_id is None:
        return Listing(items=[])
    listed = await accounts.entries(tx, account_id, page)
    about = await _about(tx, {entry.reference_id for entry in listed.items if entry.reference_id})
    return Listing(
        items=[
            WalletEntry(
                **{name: getattr(entry, name) for name in accounts.Entry.__struct_fields__},
                about=about.get(entry.reference_id) if entry.reference_id else None,
            )
            for entry in listed.items
        ],
        next=listed.next,
    )


async def _about(tx: Tx, references: set[UUID]) -> dict[UUID, str | None]:
    found = await tx.all(
        _About,
        "select t.reference_id as id, " + ABOUT + " as about from unnest($1::uuid[]) as t (reference_id)",
        list(references),
    )
    return {one.id: one.about for one in found}
