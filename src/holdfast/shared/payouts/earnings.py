"""Earnings: what a party earned; pending until its day has come, then available, and taken back when it was not due.

What is taken back comes out of what is pending of it, else out of what is available; what is spent already is owed by
the party, and settled from what becomes available next.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid5

from holdfast.kernel import pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, transfers
from holdfast.shared.ledger.transfers import Leg
from holdfast.shared.payouts import preferences
from holdfast.shared.payouts.wallets import AVAILABLE, OWED, PENDING, READ, Wallet, account, expense, today


class Earning(Row):
    """Something that a party earned."""

    table: ClassVar[str] = "payouts_earning"
    id: UUID
    wallet_id: UUID
    amount: Money
    clawed: Money
    status: str
    code: str
    reference_id: UUID | None
    available_on: date
    created_at: datetime
    description: str | None
    """What it is for, in words for whoever earned it."""


class Credited(Event):
    """A party earned something."""

    name: ClassVar[str] = "payouts.wallet.credited"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID
    earning_id: UUID
    amount: Money


class Released(Event):
    """What a party earned can be paid out."""

    name: ClassVar[str] = "payouts.wallet.released"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID
    earning_id: UUID
    amount: Money


class ClawedBack(Event):
    """What a party earned was taken back, wholly or in part."""

    name: ClassVar[str] = "payouts.wallet.clawed_back"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID
    earning_id: UUID
    amount: Money
    owed: Money
    """The part that was spent already, and is taken from what comes next."""


async def credit(
    tx: Tx,
    wallet: Wallet,
    *,
    amount: Money,
    code: str,
    id: UUID,  # noqa: A002 - the column's name
    reference_id: UUID | None = None,
    available_on: date | None = None,
    funded_by: UUID | None = None,
    description: str | None = None,
) -> Earning:
    """A party earned an amount. The same id is the same earning.

    Args:
        tx: the transaction.
        wallet: whose.
        amount: more than nothing, in the wallet's currency.
        code: why, as a stable word such as ``livestock.commission``.
        id: of the earning, made by whoever says so.
        reference_id: what it is about.
        available_on: from when on it can be paid out; after the business's holding period when absent.
        funded_by: the account that pays for it; what the business gives to parties when absent.
        description: what it is for, in words for whoever earned it; cut at 200 characters.

    Raises:
        Invalid: the amount is not positive or of another currency.
    """
    if amount.minor <= 0 or amount.currency != wallet.currency:
        raise Invalid(f"An earning is more than nothing, in {wallet.currency}.", field="amount")
    if available_on is None:
        held_for = timedelta(days=(await preferences.settings(tx)).holding_days)
        available_on = await today(tx) + held_for
    earning = await tx.find(
        Earning,
        "insert into payouts_earning (id, wallet_id, amount_minor, amount_currency, clawed_currency, code, "
        "reference_id, available_on, created_at, description) values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9) "
        "on conflict (tenant_id, id) do nothing returning *",
        id,
        wallet.id,
        amount.minor,
        amount.currency,
        code,
        reference_id,
        available_on,
        tx.now,
        " ".join((description or "").split())[:200] or None,
    )
    if earning is None:
        return await tx.get(Earning, id)
    await transfers.transfer(
        tx,
        id=uuid5(id, "credited"),
        debit=funded_by or await expense(tx, wallet.currency),
        credit=await account(tx, PENDING, wallet),
        amount=amount,
        code=code,
        reference_id=reference_id or id,
    )
    await tx.emit(Credited(wallet_id=wallet.id, earning_id=id, amount=amount))
    if available_on <= await today(tx):
        return await release(tx, id)
    return earning


async def of(tx: Tx, wallet_id: UUID, page: Page) -> Listing[Earning]:
    """What a party earned, newest first.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        NotFound: there is no such wallet.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    return await listed(tx, await tx.get(Wallet, wallet_id), page)


async def listed(tx: Tx, wallet: Wallet, page: Page) -> Listing[Earning]:
    """``of`` for whoever has checked who asks."""
    found = await tx.all(
        Earning,
        "select * from payouts_earning where tenant_id = kernel_tenant() and wallet_id = $1 "
        "and ($2::uuid is null or id < $2) order by id desc limit $3",
        wallet.id,
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda one: one.id)


async def release(tx: Tx, earning_id: UUID) -> Earning:
    """Make an earning available; what the party owes is taken from it first. Twice is once.

    Raises:
        NotFound: there is no such earning.
    """
    earning = await tx.get(Earning, earning_id, lock=True)
    if earning.status == "available":
        return earning
    wallet = await tx.get(Wallet, earning.wallet_id, lock=True)
    left = earning.amount - earning.clawed
    pending, available = await account(tx, PENDING, wallet), await account(tx, AVAILABLE, wallet)
    if left.minor:
        owed_account = await account(tx, OWED, wallet)
        owed = (await accounts.balance(tx, owed_account)).posted
        settled = min(owed, left.minor)
        legs = [
            Leg(
                id=uuid5(earning_id, "released"),
                debit=pending,
                credit=available,
                amount=left,
                code="wallets.released",
                reference_id=earning_id,
            )
        ]
        if settled > 0:
            legs.append(
                Leg(
                    id=uuid5(earning_id, "settled"),
                    debit=available,
                    credit=owed_account,
                    amount=Money(settled, wallet.currency),
                    code="wallets.debt_settled",
                    reference_id=earning_id,
                )
            )
        await transfers.post(tx, legs, journal_id=uuid5(earning_id, "release"))
    earning = await tx.update(earning, status="available")
    await tx.emit(Released(wallet_id=wallet.id, earning_id=earning_id, amount=left))
    return earning


async def release_due(tx: Tx, limit: int = 200) -> int:
    """Make available what has waited long enough; gives how many."""
    due = await tx.all(
        UUID,
        "select id from payouts_earning where status = 'pending' and available_on <= $1 "
        "order by available_on, id limit $2 for update skip locked",
        await today(tx),
        limit,
    )
    for earning_id in due:
        await release(tx, earning_id)
    return len(due)


async def claw_back(
    tx: Tx,
    earning_id: UUID,
    *,
    amount: Money | None = None,
    id: UUID,  # noqa: A002 - the column's name
    code: str = "wallets.clawed_back",
) -> Earning:
    """Take back what a party earned, or a part of it. The same id takes back nothing more.

    It comes out of what is pending of it, else out of what is available; what is spent already is owed.

    Raises:
        NotFound: there is no such earning.
        Invalid: more than is left of it, or not positive.
    """
    earning = await tx.get(Earning, earning_id, lock=True)
    if await transfers.find_transfer(tx, uuid5(id, "clawed")) or await transfers.find_transfer(tx, uuid5(id, "owed")):
        return earning
    wallet = await tx.get(Wallet, earning.wallet_id, lock=True)
    left = earning.amount - earning.clawed
    taken = amount or left
    if taken.currency != wallet.currency or not 0 < taken.minor <= left.minor:
        raise Invalid(f"{left.format()} can be taken back.", field="amount")
    from_book = PENDING if earning.status == "pending" else AVAILABLE
    source = await account(tx, from_book, wallet)
    await accounts.lock(tx, source)
    there = (await accounts.balance(tx, source)).available if from_book == AVAILABLE else taken.minor
    back = min(there, taken.minor)
    gone = Money(taken.minor - back, wallet.currency)
    spent = await expense(tx, wallet.currency)
    legs: list[Leg] = []
    if back:
        legs.append(
            Leg(
                id=uuid5(id, "clawed"),
                debit=source,
                credit=spent,
                amount=Money(back, wallet.currency),
                code=code,
                reference_id=earning_id,
            )
        )
    if gone:
        legs.append(
            Leg(
                id=uuid5(id, "owed"),
                debit=await account(tx, OWED, wallet),
                credit=spent,
                amount=gone,
                code=code,
                reference_id=earning_id,
            )
        )
    await transfers.post(tx, legs, journal_id=uuid5(id, "claw_back"))
    earning = await tx.update(earning, clawed=earning.clawed + taken)
    await tx.emit(ClawedBack(wallet_id=wallet.id, earning_id=earning_id, amount=taken, owed=gone))
    return earning
