"""Giving: what a refund does to its payment and to the books, each time that it goes and each time that it comes back.

A refund may go more than once: one that failed happened after all, or a bank sent it back and then took it. So a
posting is named by the refund and by how often it went before, and whoever posts again moves nothing again, because the
books are asked first how they stand. The rows of the payment and of the refund are locked.
"""

from typing import Literal
from uuid import UUID, uuid5

import msgspec

from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import transfers
from holdfast.shared.payments import postings
from holdfast.shared.payments.payments import Payment, refundable


async def taken(tx: Tx, payment_id: UUID) -> int:
    """What open and lost disputes have taken of a payment, in minor units: it cannot be given back a second time."""
    return await tx.one(
        int,
        "select coalesce(sum(amount_minor), 0)::bigint from payments_dispute "
        "where payment_id = $1 and withdrawn and status <> 'won'",
        payment_id,
    )


def left(payment: Payment, taken: int) -> Money:
    """What can still be given back of a payment, once disputes have taken so much of it; never less than nothing."""
    return Money(max(refundable(payment).minor - taken, 0), payment.amount.currency)


async def reserve(tx: Tx, payment_id: UUID, amount: Money, *, taken: int = 0) -> bool:
    """Set an amount aside, in one statement; False when not so much is left."""
    reserved = await tx.execute(
        "update payments_payment set refunding_minor = refunding_minor + $2, version = version + 1 "
        "where id = $1 and status = 'captured' and $2 > 0 "
        "and refunded_minor + refunding_minor + $2 + $3 <= captured_minor",
        payment_id,
        amount.minor,
        taken,
    )
    return reserved > 0


async def set_aside(tx: Tx, payment_id: UUID, amount: Money) -> None:
    """Set an amount aside whatever is left, because it was given back already."""
    await tx.execute(
        "update payments_payment set refunding_minor = refunding_minor + $2, version = version + 1 where id = $1",
        payment_id,
        amount.minor,
    )


async def count(tx: Tx, payment_id: UUID, what: Literal["refunded", "returned", "released"], amount: Money) -> None:
    """Count what was set aside as given back, or no more; or what was given back as returned."""
    refunded = {"refunded": amount.minor, "returned": -amount.minor, "released": 0}[what]
    refunding = 0 if what == "returned" else -amount.minor
    await tx.execute(
        "update payments_payment set refunded_minor = refunded_minor + $2, refunding_minor = refunding_minor + $3, "
        "version = version + 1, changed_at = $4 where id = $1",
        payment_id,
        refunded,
        refunding,
        tx.now,
    )


class _Times(msgspec.Struct):
    gone: int
    back: int


async def book(tx: Tx, refund_id: UUID, *, gone: bool, customer_id: UUID, connection_id: UUID, amount: Money) -> None:
    """Have the books say that a refund's money is gone, or that it is not; nothing moves where they say so already."""
    times = await tx.one(
        _Times,
        "select count(*) filter (where code = 'payments.refunded') as gone, "
        "count(*) filter (where code = 'payments.refund_returned') as back from ledger_transfer "
        "where tenant_id = kernel_tenant() and reference_id = $1 "
        "and code in ('payments.refunded', 'payments.refund_returned')",
        refund_id,
    )
    if gone is (times.gone > times.back):
        return
    clearing = await postings.account(tx, postings.CLEARING, amount.currency, connection_id)
    receivable = await postings.account(tx, postings.RECEIVABLE, amount.currency, customer_id)
    word, turn = ("refunded", times.gone) if gone else ("returned", times.back)
    await transfers.transfer(
        tx,
        id=uuid5(refund_id, f"{word} {turn}" if turn else word),
        debit=receivable if gone else clearing,
        credit=clearing if gone else receivable,
        amount=amount,
        code="payments.refunded" if gone else "payments.refund_returned",
        reference_id=refund_id,
    )
