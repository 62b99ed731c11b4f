"""What follows from the clock: registrations that nobody completed are forgotten, with the passwords in them."""

from holdfast.kernel.jobs import every
from holdfast.kernel.tx import Tx
from holdfast.shared.accounts import registrations


@every("1h", platform=True)
async def forget_registrations(tx: Tx) -> None:
    """Registrations that were not completed within a day are deleted."""
    await registrations.forget_expired(tx)
