"""Wallets: what a business owes to a party, pending, available and held, as the ledger has it.

A balance never goes below zero, and no figure is kept beside the ledger. What comes in is in ``earnings``,
what goes out in ``payouts``.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import clock, ids, pages
from holdfast.kernel.auth import grant
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts
from holdfast.shared.people import persons

READ = grant("payouts.read", "See wallets and payouts", roles=("owner", "manager"))
REQUEST = grant("payouts.request", "Ask for payouts and name bank accounts", roles=("owner", "manager"))

PENDING = "wallets.pending"
AVAILABLE = "wallets.available"
OWED = "wallets.owed"
"""What a party has to give back, by wallet."""
EXPENSE = "payouts.expense"
"""What the business has given to parties."""


class Wallet(Row):
    """A party's wallet in one currency."""

    table: ClassVar[str] = "payouts_wallet"
    id: UUID
    kind: str
    """What the party is, such as ``agent`` or ``garage_owner``."""
    party_id: UUID
    name: str
    currency: str
    person_id: UUID | None
    created_at: datetime


class Balances(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a wallet."""

    pending: Money
    available: Money
    """What can be paid out now."""
    held: Money
    """What payouts that are under way have set aside."""
    owed: Money
    """What the party has to give back."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet with its balances."""

    wallet: Wallet
    balances: Balances


async def open_wallet(
    tx: Tx, *, kind: str, party_id: UUID, name: str, currency: str, person_id: UUID | None = None
) -> Wallet:
    """The wallet of a party, opened when there is none; safe to run at once with itself.

    Raises:
        Invalid: the kind, the name or the currency is malformed.
    """
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 255:
        raise Invalid("A wallet's name has 1 to 255 characters.", field="name")
    await tx.execute(
        "insert into payouts_wallet (id, kind, party_id, name, currency, person_id, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint payouts_wallet_once do nothing",
        ids.new(),
        kind,
        party_id,
        tidy,
        currency.upper(),
        person_id,
        tx.now,
    )
    return await tx.one(
        Wallet,
        "select * from payouts_wallet where kind = $1 and party_id = $2 and currency = $3",
        kind,
        party_id,
        currency.upper(),
    )


async def account(tx: Tx, book: str, wallet: Wallet) -> UUID:
    """A wallet's account in the ledger."""
    guarded = book != OWED
    opened = await accounts.open_account(
        tx, book=book, unit=wallet.currency, owner_id=wallet.id, side="credit" if guarded else "debit", guarded=guarded
    )
    return opened.id


async def expense(tx: Tx, currency: str) -> UUID:
    """The account of what the business has given to parties."""
    return (await accounts.open_account(tx, book=EXPENSE, unit=currency, side="debit", guarded=False)).id


async def opened(tx: Tx, book: str, wallet: Wallet) -> UUID | None:
    """A wallet's account in the ledger, if anything was ever booked to it; for whoever only looks, and opens none."""
    found = await accounts.find_account(tx, book=book, unit=wallet.currency, owner_id=wallet.id)
    return None if found is None else found.id


async def balances(tx: Tx, wallet: Wallet) -> Balances:
    """What is in a wallet."""
    nothing = accounts.Balance(posted=0, held=0, available=0)
    found = {}
    for book in (PENDING, AVAILABLE, OWED):
        account_id = await opened(tx, book, wallet)
        found[book] = nothing if account_id is None else await accounts.balance(tx, account_id)
    return Balances(
        pending=Money(found[PENDING].posted, wallet.currency),
        available=Money(found[AVAILABLE].available, wallet.currency),
        held=Money(found[AVAILABLE].held, wallet.currency),
        owed=Money(found[OWED].posted, wallet.currency),
    )


async def standing(tx: Tx, wallet_id: UUID) -> Standing:
    """A wallet with its balances.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        NotFound: there is no such wallet.
    """
    tx.must(READ)
    wallet = await tx.get(Wallet, wallet_id)
    return Standing(wallet=wallet, balances=await balances(tx, wallet))


class _Placed(Wallet, kw_only=True, frozen=True):
    pending: int
    available: int
    held: int
    owed: int


_PLACED = (
    "select w.*, coalesce(p.posted, 0)::bigint as pending, coalesce(a.posted - a.held, 0)::bigint as available, "
    "coalesce(a.held, 0)::bigint as held, coalesce((select ledger_sum(o) from ledger_account as o "
    "where o.tenant_id = w.tenant_id and o.owner_id = w.id and o.book = 'wallets.owed'), 0)::bigint as owed "
    "from payouts_wallet as w "
    "left join (ledger_account as pa join ledger_balance as p on p.account_id = pa.id) "
    "on pa.tenant_id = w.tenant_id and pa.owner_id = w.id and pa.book = 'wallets.pending' "
    "left join (ledger_account as aa join ledger_balance as a on a.account_id = aa.id) "
    "on aa.tenant_id = w.tenant_id and aa.owner_id = w.id and aa.book = 'wallets.available' "
)


async def wallets(tx: Tx, page: Page) -> Listing[Standing]:
    """The business's wallets with their balances, oldest first.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    found = await tx.all(
        _Placed,
        _PLACED + "where $1::uuid is null or w.id > $1 order by w.id limit $2",
        page.after_id(),
        page.fetch,
    )
    listed = pages.listing(page, found, lambda one: one.id)
    return Listing(items=[_standing(one) for one in listed.items], next=listed.next)


def _standing(placed: _Placed) -> Standing:
    return Standing(
        wallet=Wallet(**{name: getattr(placed, name) for name in Wallet.__struct_fields__}),
        balances=Balances(
            **{name: Money(getattr(placed, name), placed.currency) for name in ("pending", "available", "held", "owed")}
        ),
    )


async def all_mine(tx: Tx) -> list[Wallet]:
    """The acting person's wallets at this business, oldest first: one for each currency that they earn in.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    return await tx.all(
        Wallet,
        "select * from payouts_wallet where tenant_id = kernel_tenant() and person_id = $1 order by id limit 20",
        persons.in_person(tx),
    )


async def standings_of_mine(tx: Tx) -> list[Standing]:
    """``all_mine`` with their balances, in one statement.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    found = await tx.all(
        _Placed,
        _PLACED + "where w.tenant_id = kernel_tenant() and w.person_id = $1 order by w.id limit 20",
        persons.in_person(tx),
    )
    return [_standing(one) for one in found]


async def mine(tx: Tx, wallet_id: UUID | None = None) -> Wallet:
    """The acting person's wallet of that id at this business, or their oldest.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: they have none.
    """
    found = await tx.find(
        Wallet,
        "select * from payouts_wallet where tenant_id = kernel_tenant() and person_id = $1 "
        "and ($2::uuid is null or id = $2) order by id limit 1",
        persons.in_person(tx),
        wallet_id,
    )
    if found is None:
        raise NotFound("You have no such wallet here." if wallet_id else "You have no wallet here.")
    return found


async def own_everywhere(tx: Tx) -> list[UUID]:
    """The businesses at which the signed-in person has a wallet; runs in a transaction of the platform.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    return await tx.all(
        UUID,
        "select distinct tenant_id from payouts_wallet where person_id = $1 order by tenant_id limit 200",
        persons.in_person(tx),
    )


async def today(tx: Tx) -> date:
    """The present day where the business is."""
    return clock.local_day(tx.now, await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant))
