"""Earnings: what a party earned; pending until its day has come, then available, and taken back when it was not due.

What is taken back comes out of what is pending of it, else out of what is available; what is spent already is owed by
the party, and settled from what becomes available next. Whoever changes an earning locks its wallet first.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid5

import asyncpg
import structlog

from holdfast.kernel import pages, savepoints
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, rules, transfers
from holdfast.shared.ledger.transfers import Leg
from holdfast.shared.payouts import preferences
from holdfast.shared.payouts.wallets import AVAILABLE, OWED, PENDING, READ, Wallet, account, expense, opened, today

log = structlog.get_logger()

AT_ONCE = 200
"""Earnings of a wallet that one transaction releases."""


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


class Due(Event):
    """The day of some of a party's earnings has come."""

    name: ClassVar[str] = "payouts.wallet.due"
    subject: ClassVar[str | None] = "wallet_id"
    wallet_id: UUID


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
    # An insert would hold the wallet a little, which two who then want the whole of it would wait for in each other.
    await tx.get(Wallet, wallet.id, lock=True)
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
    wallet, earning = await _locked(tx, earning_id)
    if earning.status == "available":
        return earning
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


async def _locked(tx: Tx, earning_id: UUID) -> tuple[Wallet, Earning]:
    wallet = await tx.find(
        Wallet,
        "select * from payouts_wallet where id = (select wallet_id from payouts_earning where id = $1) for update",
        earning_id,
    )
    if wallet is None:
        raise NotFound(f"No earning has the id {earning_id}.")
    return wallet, await tx.get(Earning, earning_id, lock=True)


async def find_due(tx: Tx, limit: int = 1000) -> int:
    """Tell of the wallets in which something has waited long enough; gives how many."""
    count, after, day = 0, UUID(int=0), await today(tx)
    while True:
        found = await tx.all(
            UUID,
            "select distinct wallet_id from payouts_earning where status = 'pending' and available_on <= $1 "
            "and wallet_id > $2 order by wallet_id limit $3",
            day,
            after,
            limit,
        )
        for wallet_id in found:
            await tx.emit(Due(wallet_id=wallet_id))
        count += len(found)
        if len(found) < limit:
            return count
        after = found[-1]


async def release_due(tx: Tx, wallet_id: UUID) -> int:
    """Make available what has waited long enough in a wallet; gives how much of it could be.

    An earning that cannot be released stays pending and stops no other.

    Raises:
        NotFound: there is no such wallet.
    """
    await tx.get(Wallet, wallet_id, lock=True)
    due = await tx.all(
        UUID,
        "select id from payouts_earning where wallet_id = $1 and status = 'pending' and available_on <= $2 "
        "order by id limit $3",
        wallet_id,
        await today(tx),
        AT_ONCE,
    )
    released = 0
    for earning_id in due:
        try:
            async with savepoints.part(tx):
                await release(tx, earning_id)
        except (asyncpg.TransactionRollbackError, rules.Contended):
            # Two met in the database; the job is tried again.
            raise
        except Exception as error:
            log.warning("payouts.not_released", earning=str(earning_id), error=type(error).__name__)
        else:
            released += 1
    if released and len(due) == AT_ONCE:
        await tx.emit(Due(wallet_id=wallet_id))
    return released


async def settle_debt(tx: Tx, wallet: Wallet, *, id: UUID, reference_id: UUID | None = None) -> Money:  # noqa: A002
    """Take what a party owes from what is available to it, as far as that goes; gives how much. Twice is once.

    Raises:
        NotFound: there is no such wallet.
    """
    await tx.get(Wallet, wallet.id, lock=True)
    owed_account, available = await opened(tx, OWED, wallet), await opened(tx, AVAILABLE, wallet)
    if owed_account is None or available is None or await transfers.find_transfer(tx, id) is not None:
        return Money(0, wallet.currency)
    await accounts.lock(tx, available)
    owed = (await accounts.balance(tx, owed_account)).posted
    settled = Money(max(0, min(owed, (await accounts.balance(tx, available)).available)), wallet.currency)
    if settled.minor:
        await transfers.transfer(
            tx,
            id=id,
            debit=available,
            credit=owed_account,
            amount=settled,
            code="wallets.debt_settled",
            reference_id=reference_id,
        )
    return settled


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
    wallet, earning = await _locked(tx, earning_id)
    if await transfers.find_transfer(tx, uuid5(id, "clawed")) or await transfers.find_transfer(tx, uuid5(id, "owed")):
        return earning
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
