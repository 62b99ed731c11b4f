"""Postings: what a payout does in the ledger: held, let go, paid by settling its hold, late, or back again.

Whoever calls these has locked the payout's wallet. What becomes available again settles first what the party owes.
"""

from uuid import UUID, uuid5

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, holds, transfers
from holdfast.shared.ledger.transfers import Leg
from holdfast.shared.payouts import earnings, wallets
from holdfast.shared.payouts.wallets import AVAILABLE, OWED, Wallet

CLEARING = "payouts.clearing"
"""What has left by a rail."""


async def hold(tx: Tx, wallet: Wallet, payout_id: UUID, amount: Money) -> UUID:
    """Hold what a payout asks for; gives the hold.

    Raises:
        InsufficientFunds: less is available.
    """
    held = await holds.hold(
        tx,
        id=uuid5(payout_id, "hold"),
        debit=await wallets.account(tx, AVAILABLE, wallet),
        credit=await _clearing(tx, wallet.currency),
        amount=amount,
        code="payouts.held",
        reference_id=payout_id,
    )
    return held.id


async def paid(tx: Tx, payout_id: UUID, hold_id: UUID) -> None:
    """What was held has left.

    Raises:
        AlreadySettled: the hold has ended.
    """
    await holds.settle(tx, hold_id, id=uuid5(payout_id, "paid"), code="payouts.paid")


async def let_go(tx: Tx, wallet: Wallet, payout_id: UUID, hold_id: UUID) -> None:
    """What was held is available again, less what the party owes.

    Raises:
        AlreadySettled: the hold has ended.
    """
    await holds.release(tx, hold_id, id=uuid5(payout_id, "released"), code="payouts.released")
    await earnings.settle_debt(tx, wallet, id=uuid5(payout_id, "settled after release"), reference_id=payout_id)


async def paid_late(tx: Tx, wallet: Wallet, payout_id: UUID, amount: Money) -> Money:
    """What was let go has left after all: it is taken from what is available, and the rest is owed. Gives the rest.

    Raises:
        IdReused: it was booked with other amounts.
    """
    available = await wallets.account(tx, AVAILABLE, wallet)
    await accounts.lock(tx, available)
    there = min((await accounts.balance(tx, available)).available, amount.minor)
    gone = Money(amount.minor - there, amount.currency)
    parts = [(available, there, "paid late"), (await wallets.account(tx, OWED, wallet), gone.minor, "paid and owed")]
    clearing = await _clearing(tx, wallet.currency)
    legs = [
        Leg(
            id=uuid5(payout_id, name),
            debit=source,
            credit=clearing,
            amount=Money(minor, amount.currency),
            code="payouts.paid_late",
            reference_id=payout_id,
        )
        for source, minor, name in parts
        if minor
    ]
    await transfers.post(tx, legs, journal_id=uuid5(payout_id, "late"))
    return gone


async def came_back(tx: Tx, wallet: Wallet, payout_id: UUID, amount: Money) -> None:
    """What was paid came back: it is available again, less what the party owes."""
    back, code = uuid5(payout_id, "returned"), "payouts.returned"
    if await transfers.find_transfer(tx, uuid5(payout_id, "paid")) is not None:
        await transfers.reverse(tx, uuid5(payout_id, "paid"), id=back, code=code)
    else:
        # It was paid late, in part perhaps as a debt, which may be settled by now: all of it is available, and settles
        # what is left of the debt.
        await transfers.transfer(
            tx,
            id=back,
            debit=await _clearing(tx, wallet.currency),
            credit=await wallets.account(tx, AVAILABLE, wallet),
            amount=amount,
            code=code,
            reference_id=payout_id,
        )
    await earnings.settle_debt(tx, wallet, id=uuid5(payout_id, "settled after return"), reference_id=payout_id)


async def _clearing(tx: Tx, currency: str) -> UUID:
    return (await accounts.open_account(tx, book=CLEARING, unit=currency, side="credit", guarded=False)).id
