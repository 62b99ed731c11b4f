"""What follows from the clock in the ledger."""

from holdfast.kernel.jobs import every
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import seals


@every("1m")
async def seal(tx: Tx) -> None:
    """Append what was committed since the last minute to the tenant's hash chain."""
    await seals.seal(tx)
