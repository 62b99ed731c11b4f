"""Postings: what payments, refunds and disputes move in the ledger, each exactly once.

A transfer's id follows from the row that it is about and a word, so that whoever posts again moves nothing again. The
accounts are opened when they are first needed; none of them is guarded, since each says how things stand at somebody
else's and cannot forbid it.
"""

from typing import Literal
from uuid import UUID, uuid5

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import accounts, transfers

CLEARING = "payments.clearing"
"""Money that is at a provider, by connection."""
RECEIVABLE = "payments.receivable"
"""What a customer owes; below zero is credit that they have with us."""
DISPUTED = "payments.disputed"
"""Money that a provider has taken back until a dispute is over, by connection."""
LOSSES = "payments.losses"
"""Money that lost disputes have cost."""


async def account(tx: Tx, book: str, currency: str, owner_id: UUID | None = None) -> UUID:
    """The account of that book, currency and owner, opened when there is none."""
    opened = await accounts.open_account(tx, book=book, unit=currency, owner_id=owner_id, side="debit", guarded=False)
    return opened.id


async def captured(tx: Tx, payment_id: UUID, *, customer_id: UUID, connection_id: UUID, amount: Money) -> None:
    """A customer paid: the money is at the provider, and they owe that much less."""
    await _move(
        tx,
        id=uuid5(payment_id, "captured"),
        debit=await account(tx, CLEARING, amount.currency, connection_id),
        credit=await account(tx, RECEIVABLE, amount.currency, customer_id),
        amount=amount,
        code="payments.captured",
        reference_id=payment_id,
    )


async def reassigned(tx: Tx, payment_id: UUID, *, before: UUID, after: UUID, amount: Money) -> None:
    """What was paid turns out to be another customer's."""
    await _move(
        tx,
        id=uuid5(payment_id, f"reassigned {after}"),
        debit=await account(tx, RECEIVABLE, amount.currency, before),
        credit=await account(tx, RECEIVABLE, amount.currency, after),
        amount=amount,
        code="payments.reassigned",
        reference_id=payment_id,
    )


async def disputed(
    tx: Tx, dispute_id: UUID, step: Literal["opened", "won", "lost"], *, connection_id: UUID, amount: Money
) -> None:
    """A dispute takes the money away from the provider's account, and its end gives it back or writes it off."""
    clearing = await account(tx, CLEARING, amount.currency, connection_id)
    disputed_ = await account(tx, DISPUTED, amount.currency, connection_id)
    match step:
        case "opened":
            debit, credit = disputed_, clearing
        case "won":
            debit, credit = clearing, disputed_
        case "lost":
            debit, credit = await account(tx, LOSSES, amount.currency), disputed_
    await _move(
        tx,
        id=uuid5(dispute_id, step),
        debit=debit,
        credit=credit,
        amount=amount,
        code=f"payments.dispute_{step}",
        reference_id=dispute_id,
    )


async def _move(
    tx: Tx,
    *,
    id: UUID,  # noqa: A002 - the column's name
    debit: UUID,
    credit: UUID,
    amount: Money,
    code: str,
    reference_id: UUID,
) -> None:
    await transfers.transfer(tx, id=id, debit=debit, credit=credit, amount=amount, code=code, reference_id=reference_id)
