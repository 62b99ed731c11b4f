"""Answers: what a rail says of a payout, made true here."""

from uuid import UUID

import structlog

from holdfast.integrations import payouts as ports
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import destinations, payouts
from holdfast.shared.payouts.payouts import Sent, Status

log = structlog.get_logger()


async def told(tx: Tx, payout_id: UUID, answer: ports.Payout, *, sending: int | None = None) -> Sent:
    """Make true what a rail says of a payout.

    Args:
        tx: the transaction.
        payout_id: which.
        answer: what the rail says.
        sending: how often it had been sent when the rail was asked; that it failed is believed of the newest alone.

    Raises:
        NotFound: there is no such payout.
        Invalid: the rail tells another amount.
    """
    payout = await payouts.locked(tx, Sent, payout_id)
    if answer.amount != payout.amount:
        raise Invalid("The rail tells another amount.")
    status = {
        "queued": Status.processing,
        "processing": Status.processing,
        "paid": Status.paid,
        "failed": Status.failed,
        "returned": Status.returned,
    }[answer.standing]
    if status is Status.failed and sending is not None and sending != payout.sendings:
        log.info("payouts.told_late", payout=str(payout_id))
        return payout
    if answer.destination_ref and payout.rail_connection_id is not None:
        await destinations.called(tx, payout.destination_id, answer.destination_ref, payout.rail_connection_id)
    trace = answer.trace or payout.trace
    if status is Status.returned and payout.status is not Status.paid:
        # It was paid and came back before anybody told of the first.
        payout = await payouts.moved(tx, payout, Status.paid, provider_ref=answer.ref, trace=trace, reason=None)
    # Why it failed is of no use once it is paid.
    reason = answer.reason or (None if status is Status.paid else payout.reason)
    return await payouts.moved(tx, payout, status, provider_ref=answer.ref, trace=trace, reason=reason)
