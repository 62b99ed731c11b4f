"""Books: what invoices, credit and what becomes of them move in the ledger, each exactly once.

The id of a transfer follows from the row that it is about and a word, so whoever posts again moves nothing again. For
every customer, what is receivable is at all times what their open invoices still ask for (payments that were asked for
by hand, without an invoice, aside): what is paid beyond that becomes credit in the same transaction.
"""

from uuid import UUID, uuid5

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, transfers
from holdfast.shared.ledger.accounts import Side
from holdfast.shared.ledger.transfers import Leg
from holdfast.shared.payments import postings

REVENUE = "billing.revenue"
TAX = "billing.tax"
DISCOUNT = "billing.discount"
"""What granted credit costs."""
CREDIT = "billing.credit"
"""What a customer has in credit; never below zero."""
BAD_DEBT = "billing.bad_debt"
OUTSIDE = "payments.cash"
"""Money that came by cash or bank transfer, without a provider."""

_BOOKS: dict[str, tuple[Side, bool]] = {
    REVENUE: ("credit", False),
    TAX: ("credit", False),
    DISCOUNT: ("debit", False),
    CREDIT: ("credit", True),
    BAD_DEBT: ("debit", False),
    OUTSIDE: ("debit", False),
    postings.RECEIVABLE: ("debit", False),
}


async def account(tx: Tx, book: str, currency: str, owner_id: UUID | None = None) -> UUID:
    """The account of that book, currency and owner, opened when there is none."""
    side, guarded = _BOOKS[book]
    found = await accounts.open_account(tx, book=book, unit=currency, owner_id=owner_id, side=side, guarded=guarded)
    return found.id


async def receivable(tx: Tx, customer_id: UUID, currency: str) -> UUID:
    """The account of what a customer owes."""
    return await account(tx, postings.RECEIVABLE, currency, customer_id)


async def credit(tx: Tx, customer_id: UUID, currency: str) -> UUID:
    """The account of what a customer has in credit."""
    return await account(tx, CREDIT, currency, customer_id)


async def issued(
    tx: Tx, invoice_id: UUID, *, customer_id: UUID, net: Money, tax: Money, word: str = "issued", back: bool = False
) -> None:
    """A customer owes an invoice: revenue and tax. ``back`` takes it back, for a void invoice or a credit note."""
    owing = await receivable(tx, customer_id, net.currency)
    legs: list[Leg] = []
    for book, amount in ((REVENUE, net), (TAX, tax)):
        if not amount.minor:
            continue
        earned = await account(tx, book, amount.currency)
        forth = (amount.minor > 0) != back
        legs.append(
            Leg(
                debit=owing if forth else earned,
                credit=earned if forth else owing,
                amount=Money(abs(amount.minor), amount.currency),
                code=f"billing.{word}",
                reference_id=invoice_id,
                id=uuid5(invoice_id, f"{word}:{book}"),
            )
        )
    if legs:
        await transfers.post(tx, legs, journal_id=uuid5(invoice_id, word))


async def move(
    tx: Tx,
    about: UUID,
    word: str,
    *,
    debit: UUID,
    credit: UUID,
    amount: Money,
    reference_id: UUID | None = None,
) -> None:
    """Move an amount once for what it is about; nothing when it is nothing."""
    if amount.minor > 0:
        await transfers.transfer(
            tx,
            id=uuid5(about, word),
            debit=debit,
            credit=credit,
            amount=amount,
            code=f"billing.{word}",
            reference_id=reference_id or about,
        )
