"""Charging: a saved way to pay is charged while the customer is away."""

from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.payments import attempts, methods, payments
from holdfast.shared.payments.payments import Payment, Status


async def charge(tx: Tx, payment_id: UUID, *, method_id: UUID) -> Payment:
    """Ask for a charge of a saved way to pay while the customer is away; the call is made once this is committed.

    A payment that is paid, or that is being charged, stays as it is. This asks for no grant, as ``request``.

    Raises:
        NotFound: there is no such payment, or the customer has no such method.
        NotPayable: it was cancelled or has expired.
        BeingPaid: the payer is at the provider's page, or another call is under way.
    """
    payment = await tx.get(Payment, payment_id, lock=True)
    if payment.status in (Status.captured, Status.authorized):
        return payment
    live = await attempts.live(tx, payment_id)
    if live is not None and live.kind is attempts.Kind.charge:
        return payment
    if live is not None or payment.status is Status.processing:
        raise payments.BeingPaid
    if payment.status not in payments.CHARGEABLE:
        raise payments.NotPayable(f"It is {payment.status}.")
    if payment.expires_at is not None and payment.expires_at <= tx.now:
        raise payments.NotPayable("It has expired.")
    method = await methods.usable(tx, method_id, customer_id=payment.customer_id)
    supersedes = unfinished(payment)
    payment = await tx.update(payment, connection_id=method.connection_id, attempts=payment.attempts + 1)
    await attempts.want(
        tx,
        payment_id,
        attempts.Kind.charge,
        connection_id=method.connection_id,
        number=payment.attempts,
        method_id=method.id,
        request={"supersedes": supersedes},
    )
    # Words of the provider about an earlier attempt do not count for this one.
    return await payments.moved(
        tx,
        payment,
        Status.processing,
        provider_ref=None,
        checkout_ref=None,
        checkout_url=None,
        checkout_expires_at=None,
        method_id=method.id,
        method_kind=method.kind,
        method_brand=method.brand,
        method_last4=method.last4,
    )


def unfinished(payment: Payment) -> list[dict[str, str]]:
    """What the payer may still be paying, and at which provider: it is ended before anything else is tried."""
    refs = (payment.checkout_ref, payment.provider_ref)
    return [{"connection": str(payment.connection_id), "ref": ref} for ref in refs if ref is not None]
