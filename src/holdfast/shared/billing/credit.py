"""Credit: what a customer has with the business, granted or paid beyond what was owed, and used for the next invoice.

A customer's credit is the balance of one guarded account per currency, so it is never used twice nor below zero.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from babel.numbers import is_currency

from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import books
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.ledger import accounts
from holdfast.shared.payments import customers


class Credit(Row):
    """Credit that a business granted."""

    table: ClassVar[str] = "billing_credit"
    id: UUID
    customer_id: UUID
    amount: Money
    reason: str
    granted_at: datetime
    by_kind: str
    by_id: UUID | None


class Granted(Event):
    """A business granted a customer credit."""

    name: ClassVar[str] = "billing.credit.granted"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    credit_id: UUID
    amount: Money


async def grant(
    tx: Tx,
    customer_id: UUID,
    *,
    amount: Money,
    reason: str,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Credit:
    """Grant a customer credit, which their next invoices use. With an id of the client's, twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such customer.
        Invalid: the amount is not positive, or the reason is empty or too long.
        Reused: the id was used for another amount or customer.
    """
    tx.must(MANAGE)
    tidy = " ".join(reason.split())
    if not 1 <= len(tidy) <= 500 or not tidy.isprintable():
        raise Invalid("Say in 1 to 500 printable characters why.", field="reason")
    if not 0 < amount.minor < 2**53 or not is_currency(amount.currency):
        raise Invalid("Credit is more than nothing, of a currency that there is.", field="amount")
    customer = await tx.get(customers.Customer, customer_id)
    credit = await tx.find(
        Credit,
        "insert into billing_credit (id, customer_id, amount_minor, amount_currency, reason, granted_at, by_kind, "
        "by_id) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning *",
        id or ids.new(),
        customer.id,
        amount.minor,
        amount.currency,
        tidy,
        tx.now,
        tx.actor.kind,
        tx.actor.id,
    )
    if credit is None:
        known = await tx.find(Credit, "select * from billing_credit where id = $1", id)
        if known is None or (known.customer_id, known.amount) != (customer.id, amount):
            raise Reused("This id was used for another credit.")
        return known
    await books.move(
        tx,
        credit.id,
        "credit_granted",
        debit=await books.account(tx, books.DISCOUNT, amount.currency),
        credit=await books.credit(tx, customer.id, amount.currency),
        amount=amount,
    )
    await tx.emit(Granted(customer_id=customer.id, credit_id=credit.id, amount=amount))
    return credit


async def available(tx: Tx, customer_id: UUID, currency: str, *, lock: bool = False) -> Money:
    """What a customer has in credit; locked until the transaction ends when asked, though there be none yet."""
    if lock:
        # Its account is opened here, since what does not exist cannot be locked, and would be opened out of order.
        account_id = await books.credit(tx, customer_id, currency)
        await accounts.lock(tx, account_id)
        return Money((await accounts.balance(tx, account_id)).available, currency)
    account = await accounts.find_account(tx, book=books.CREDIT, unit=currency, owner_id=customer_id)
    if account is None:
        return Money(0, currency)
    return Money((await accounts.balance(tx, account.id)).available, currency)


async def of(tx: Tx, customer_id: UUID) -> list[Money]:
    """What a customer has in credit, in each currency in which it is anything."""
    return await tx.all(
        Money,
        "select b.posted as minor, a.unit as currency from ledger_account as a "
        "join ledger_balance as b on b.account_id = a.id "
        "where a.tenant_id = kernel_tenant() and a.book = 'billing.credit' and a.owner_id = $1 and b.posted > 0 "
        "order by a.unit limit 50",
        customer_id,
    )


async def keep(tx: Tx, about: UUID, word: str, *, customer_id: UUID, amount: Money, reference_id: UUID) -> None:
    """What a customer paid beyond what they owe becomes their credit, once for what it is about."""
    if amount.minor > 0:
        await books.move(
            tx,
            about,
            word,
            debit=await books.receivable(tx, customer_id, amount.currency),
            credit=await books.credit(tx, customer_id, amount.currency),
            amount=amount,
            reference_id=reference_id,
        )


async def use(tx: Tx, about: UUID, word: str, *, customer_id: UUID, amount: Money, reference_id: UUID) -> None:
    """Credit goes into what a customer owes, once for what it is about.

    Raises:
        InsufficientFunds: there is less.
    """
    if amount.minor > 0:
        await books.move(
            tx,
            about,
            word,
            debit=await books.credit(tx, customer_id, amount.currency),
            credit=await books.receivable(tx, customer_id, amount.currency),
            amount=amount,
            reference_id=reference_id,
        )
