"""Preparing: what a call to a provider needs, read before it is made, while no transaction is open."""

from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import connections, customers, disputes, methods, refunds
from holdfast.shared.payments.attempts import Whole
from holdfast.shared.payments.payments import Payment


class Prepared(msgspec.Struct, kw_only=True):
    """What a call needs, read before it is made."""

    attempt: Whole
    connection: ports.Connection
    payment: Payment
    payer: ports.Payer
    superseded: list[tuple[ports.Connection, str]] = msgspec.field(default_factory=list)
    """What the payer may still be paying, and where; it is ended before the call is made."""
    answered_by: ports.Connection | None = None
    """Who answered, where it was not the one that was called."""
    method_ref: str | None = None
    refund: refunds.Refund | None = None
    dispute: disputes.Dispute | None = None

    @property
    def purchase(self) -> ports.Purchase:
        """What is paid, for the provider."""
        return ports.Purchase(
            payment_id=self.payment.id,
            attempt_id=self.attempt.id,
            amount=self.payment.amount,
            description=self.payment.description,
            payer=self.payer,
            capture=self.payment.capture,
            save_method=bool(self.attempt.request.get("save_method")),
            return_url=self.attempt.request.get("return_url"),
        )


async def prepared(tx: Tx, attempt: Whole) -> Prepared:
    """What the call of an attempt needs."""
    payment = await tx.get(Payment, attempt.payment_id)
    needed = Prepared(
        attempt=attempt,
        payment=payment,
        connection=await connections.opened(tx, attempt.connection_id),
        payer=await customers.payer(tx, payment.customer_id, attempt.connection_id),
    )
    for open_at in attempt.request.get("supersedes", ()):
        where = await connections.opened(tx, UUID(open_at["connection"]))
        needed.superseded.append((where, open_at["ref"]))
    if attempt.method_id is not None:
        needed.method_ref = (await methods.known(tx, attempt.method_id)).ref
    if attempt.refund_id is not None:
        needed.refund = await tx.get(refunds.Refund, attempt.refund_id)
    if attempt.dispute_id is not None:
        needed.dispute = await tx.get(disputes.Dispute, attempt.dispute_id)
    return needed
