"""What tests of payouts say in a word: an amount, a bank account, what is in a wallet, that the books are sound."""

from uuid import UUID

from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.ledger import books
from holdfast.shared.payouts import destinations, wallets
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


async def there(committed: Open, wallet: Wallet) -> tuple[int, int, int, int]:
    """Pending, available, held, owed."""
    async with committed() as tx:
        now = await wallets.balances(tx, wallet)
    return now.pending.minor, now.available.minor, now.held.minor, now.owed.minor


async def proven(database: Database, tenant: UUID) -> None:
    """The books prove themselves."""
    async with books.snapshot(database, tenant) as tx:
        report = await books.verify(tx)
    assert report.proven, report.findings
