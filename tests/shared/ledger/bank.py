"""A small bank for the tests of the ledger: an issuer that may go below zero, and wallets that may not."""

from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, transfers
from holdfast.shared.ledger.accounts import Account
from holdfast.shared.ledger.transfers import Transfer

UNIT = "PEN"


async def issuer(tx: Tx, unit: str = UNIT) -> Account:
    """The tenant's account from which everything comes; unguarded, so everybody may post to it at once."""
    return await accounts.open_account(tx, book="bank.issuer", unit=unit, side="debit", guarded=False)


async def wallet(tx: Tx, amount: int = 0, *, unit: str = UNIT, owner_id: UUID | None = None) -> Account:
    """A guarded account with something in it."""
    opened = await accounts.open_account(tx, book="bank.wallet", unit=unit, owner_id=owner_id or ids.new())
    if amount:
        await fund(tx, opened, amount)
    return opened


async def fund(tx: Tx, account: Account, amount: int) -> Transfer:
    """Put something into a wallet."""
    source = await issuer(tx, account.unit)
    return await transfers.transfer(
        tx, debit=source.id, credit=account.id, amount=amount, unit=account.unit, code="bank.deposit"
    )


async def pay(tx: Tx, payer: Account, payee: Account, amount: int, *, id: UUID | None = None) -> Transfer:  # noqa: A002
    """Move an amount of soles from one wallet to another."""
    return await transfers.transfer(
        tx, debit=payer.id, credit=payee.id, amount=Money(amount, "PEN"), code="bank.payment", id=id
    )


async def held(tx: Tx, account: Account) -> tuple[int, int, int]:
    """What an account has: posted, held, available."""
    now = await accounts.balance(tx, account.id)
    return now.posted, now.held, now.available
