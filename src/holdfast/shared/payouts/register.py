"""The register: payouts as those who run the business see them."""

from datetime import datetime
from uuid import UUID

import msgspec

from holdfast.kernel import pages
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import destinations
from holdfast.shared.payouts.payouts import Payout, Status
from holdfast.shared.payouts.wallets import READ, Wallet


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Who approved a payout."""

    person_id: UUID
    name: str | None
    at: datetime


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A payout with everything about it."""

    payout: Payout
    wallet: Wallet
    destination: destinations.Destination
    approvals: list[Approval]


class Listed(Payout, kw_only=True, frozen=True):
    """A payout in a list."""

    wallet_name: str
    holder: str
    masked: str
    file_number: int | None
    """The file for the bank that it left in, which somebody has to say the end of."""


async def detail(tx: Tx, payout_id: UUID) -> Detail:
    """A payout with everything about it.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        NotFound: there is none.
    """
    tx.must(READ)
    payout = await tx.get(Payout, payout_id)
    return Detail(
        payout=payout,
        wallet=await tx.get(Wallet, payout.wallet_id),
        destination=await tx.get(destinations.Destination, payout.destination_id),
        approvals=await tx.all(
            Approval,
            "select a.person_id, p.name, a.at from payouts_approval as a "
            "left join people_person as p on p.id = a.person_id where a.payout_id = $1 order by a.at",
            payout_id,
        ),
    )


async def payouts(
    tx: Tx, page: Page, *, status: Status | None = None, wallet_id: UUID | None = None
) -> Listing[Listed]:
    """The business's payouts, newest first.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    found = await tx.all(
        Listed,
        "select p.*, w.name as wallet_name, d.holder, d.masked, f.number as file_number from payouts_payout as p "
        "join payouts_wallet as w on w.tenant_id = p.tenant_id and w.id = p.wallet_id "
        "join payouts_destination as d on d.tenant_id = p.tenant_id and d.id = p.destination_id "
        "left join payouts_file_item as i on i.tenant_id = p.tenant_id and i.payout_id = p.id "
        "left join payouts_file as f on f.tenant_id = i.tenant_id and f.id = i.file_id "
        "where ($1::uuid is null or p.id < $1) and ($2::text is null or p.status = $2) "
        "and ($3::uuid is null or p.wallet_id = $3) order by p.id desc limit $4",
        page.after_id(),
        status,
        wallet_id,
        page.fetch,
    )
    return pages.listing(page, found, lambda one: one.id)
