"""What tests of payouts say in a word: an amount, and a bank account."""

from holdfast.kernel.money import Money
from holdfast.shared.payouts import destinations
from holdfast.shared.payouts.wallets import Wallet
from tests.conftest import Open

IBAN = "ES9121000418450200051332"


def eur(minor: int) -> Money:
    """So many cents."""
    return Money(minor, "EUR")


async def account(committed: Open, wallet: Wallet, **fields: str) -> destinations.Destination:
    """A bank account of the wallet's party."""
    new = destinations.New(holder="Ana Torres", country="ES", **fields or {"iban": IBAN})
    async with committed() as tx:
        return await destinations.add(tx, wallet, new)
