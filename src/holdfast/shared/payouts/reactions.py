"""What follows from events and from the clock in payouts."""

from holdfast.kernel.jobs import Outside, every, on
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import earnings, payouts, sending


@on(payouts.Approved, outside=True)
async def send(job: Outside, event: payouts.Approved) -> None:
    """An approved payout is given to its rail."""
    await sending.send(job.transaction, job.database, event.payout_id)


@on(sending.Doubted, outside=True)
async def settle(job: Outside, event: sending.Doubted) -> None:
    """The rail is asked what became of a payout."""
    await sending.settle(job.transaction, job.database, event.payout_id)


@every("1m")
async def look_after(tx: Tx) -> None:
    """Payouts that nobody looks after any more are found."""
    await sending.look_after(tx)


@every("1h")
async def release_earnings(tx: Tx) -> None:
    """Wallets in which something has waited long enough are found."""
    await earnings.find_due(tx)


@on(earnings.Due)
async def release_due(tx: Tx, event: earnings.Due) -> None:
    """What has waited long enough can be paid out, each wallet's in a transaction of its own."""
    await earnings.release_due(tx, event.wallet_id)
