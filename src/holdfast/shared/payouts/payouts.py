"""Payouts: money on its way from a wallet to a bank account.

A request holds the amount, so that it cannot be asked for twice (X7). Somebody else approves it, never who asked, and
above a limit two people do. It then leaves by the business's rail; what is paid is settled in the ledger, and whatever
else becomes of it releases the hold. A rejection says why (X12).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid5

from holdfast.integrations import payouts as ports
from holdfast.kernel import ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.ledger import accounts, holds, transfers
from holdfast.shared.payouts import destinations, preferences, wallets
from holdfast.shared.payouts.wallets import AVAILABLE, REQUEST, Wallet

APPROVE = grant("payouts.approve", "Approve and reject payouts that others asked for", roles=("owner", "manager"))

CLEARING = "payouts.clearing"
"""What has left by a rail."""


class Status(StrEnum):
    """Where a payout stands."""

    requested = "requested"
    approved = "approved"
    sending = "sending"
    unknown = "unknown"
    """The rail was asked and never answered; it is being asked what happened."""
    processing = "processing"
    paid = "paid"
    failed = "failed"
    returned = "returned"
    """It had been paid, and the bank sent it back."""
    rejected = "rejected"
    cancelled = "cancelled"


MOVES: dict[Status, frozenset[Status]] = {
    Status.requested: frozenset({Status.approved, Status.rejected, Status.cancelled}),
    Status.approved: frozenset({Status.sending, Status.paid, Status.failed, Status.rejected}),
    Status.sending: frozenset({Status.unknown, Status.processing, Status.paid, Status.failed, Status.approved}),
    Status.unknown: frozenset({Status.processing, Status.paid, Status.failed, Status.approved}),
    Status.processing: frozenset({Status.paid, Status.failed}),
    Status.paid: frozenset({Status.returned}),
    Status.failed: frozenset(),
    Status.returned: frozenset(),
    Status.rejected: frozenset(),
    Status.cancelled: frozenset(),
}
"""From which state to which a payout may move."""
_LETS_GO = frozenset({Status.failed, Status.rejected, Status.cancelled})


class Payout(Row):
    """Money on its way to a party's bank account."""

    table: ClassVar[str] = "payouts_payout"
    id: UUID
    wallet_id: UUID
    destination_id: UUID
    amount: Money
    status: Status
    approvals_needed: int
    approvals: int
    rail: preferences.RailName
    hold_id: UUID
    requested_by_kind: str
    requested_by: UUID | None
    decided_by: UUID | None
    reason: str | None
    """Why it was rejected, or why it failed."""
    provider_ref: str | None
    trace: str | None
    """The bank's own reference."""
    asked: int
    created_at: datetime
    changed_at: datetime
    ended_at: datetime | None


class Requested(Event):
    """Somebody asked for money to be paid out."""

    name: ClassVar[str] = "payouts.payout.requested"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID
    wallet_id: UUID
    amount: Money


class Approved(Event):
    """A payout has all the approval that it needs, and leaves."""

    name: ClassVar[str] = "payouts.payout.approved"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID
    wallet_id: UUID
    rail: str


class Moved(Event):
    """A payout is somewhere else on its way."""

    name: ClassVar[str] = "payouts.payout.moved"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID
    wallet_id: UUID
    status: Status


class OwnRequest(Problem):
    """Somebody else has to approve what you asked for."""

    status = 403


class NeedsPerson(Problem):
    """A payout is approved by a person, not by a program."""

    status = 403


class NotNow(Problem):
    """This payout cannot do that as it stands."""


class TooLittle(Problem):
    """This is less than is paid out at once."""


async def request(
    tx: Tx,
    wallet_id: UUID,
    *,
    amount: Money,
    destination_id: UUID,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Payout:
    """Ask for a payout: the amount is held from now on. The same id is the same request.

    Raises:
        NotAllowed: the actor lacks ``payouts.request``.
        NotFound: there is no such wallet, or no such account in it.
        Invalid: another currency, or nothing.
        TooLittle: less than the business pays out at once.
        InsufficientFunds: less is available.
        Reused: the id belongs to another request.
    """
    tx.must(REQUEST)
    return await asked_for(tx, wallet_id, amount=amount, destination_id=destination_id, id=id)


async def asked_for(
    tx: Tx,
    wallet_id: UUID,
    *,
    amount: Money,
    destination_id: UUID,
    id: UUID | None = None,  # noqa: A002
) -> Payout:
    """``request`` for whoever has checked who asks."""
    wallet = await tx.get(Wallet, wallet_id, lock=True)
    payout_id = id or ids.new()
    known = await tx.find(Payout, "select * from payouts_payout where id = $1", payout_id)
    if known is not None:
        if (known.wallet_id, known.amount, known.destination_id) != (wallet_id, amount, destination_id):
            raise Reused("This id was used for another payout.")
        return known
    if amount.currency != wallet.currency or amount.minor <= 0:
        raise Invalid(f"Ask for an amount in {wallet.currency}.", field="amount")
    decided = await preferences.settings(tx)
    if amount.minor < decided.minimum:
        raise TooLittle(f"At least {Money(decided.minimum, wallet.currency).format()}.")
    destination = await destinations.usable(tx, destination_id, wallet_id=wallet_id)
    hold = await holds.hold(
        tx,
        id=uuid5(payout_id, "hold"),
        debit=await wallets.account(tx, AVAILABLE, wallet),
        credit=await _clearing(tx, wallet.currency),
        amount=amount,
        code="payouts.held",
        reference_id=payout_id,
    )
    above = decided.two_approvals_above
    payout = await tx.insert(
        Payout,
        id=payout_id,
        wallet_id=wallet_id,
        destination_id=destination.id,
        amount=amount,
        approvals_needed=2 if above is not None and amount.minor > above else 1,
        rail=decided.rail,
        hold_id=hold.id,
        requested_by_kind=tx.actor.kind,
        requested_by=tx.actor.person or tx.actor.id,
        created_at=tx.now,
        changed_at=tx.now,
    )
    await tx.emit(Requested(payout_id=payout.id, wallet_id=wallet_id, amount=amount))
    return payout


async def _clearing(tx: Tx, currency: str) -> UUID:
    return (await accounts.open_account(tx, book=CLEARING, unit=currency, side="credit", guarded=False)).id


async def approve(tx: Tx, payout_id: UUID) -> Payout:
    """Approve a payout that somebody else asked for; with the last approval that it needs it leaves (X7).

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NeedsPerson: the actor is a program.
        OwnRequest: the actor asked for it.
        NotFound, NotNow: there is none, or it was decided.
    """
    tx.must(APPROVE)
    person = tx.actor.person
    if person is None or tx.actor.kind != "person":
        raise NeedsPerson
    payout = await tx.get(Payout, payout_id, lock=True)
    if payout.requested_by == person:
        raise OwnRequest
    mine = "select person_id from payouts_approval where payout_id = $1 and person_id = $2"
    if payout.status is not Status.requested:
        if await tx.find(UUID, mine, payout_id, person):
            return payout
        raise NotNow(f"It is {payout.status}.")
    new = await tx.execute(
        "insert into payouts_approval (payout_id, person_id, at) values ($1, $2, $3) on conflict do nothing",
        payout_id,
        person,
        tx.now,
    )
    if not new:
        return payout
    payout = await tx.update(payout, approvals=payout.approvals + 1, changed_at=tx.now)
    if payout.approvals < payout.approvals_needed:
        await tx.emit(Moved(payout_id=payout_id, wallet_id=payout.wallet_id, status=payout.status))
        return payout
    payout = await moved(tx, payout, Status.approved, decided_by=person)
    await tx.emit(Approved(payout_id=payout_id, wallet_id=payout.wallet_id, rail=payout.rail))
    return payout


async def reject(tx: Tx, payout_id: UUID, *, reason: str) -> Payout:
    """Reject a payout; the amount is available again (X7, X12).

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        Invalid: the reason is empty or too long.
        NotFound, NotNow: there is none, or it has left.
    """
    tx.must(APPROVE)
    if not 1 <= len(tidy := " ".join(reason.split())) <= 500:
        raise Invalid("Say in 1 to 500 characters why.", field="reason")
    payout = await tx.get(Payout, payout_id, lock=True)
    if payout.status not in (Status.requested, Status.approved):
        raise NotNow(f"It is {payout.status}.")
    return await moved(tx, payout, Status.rejected, reason=tidy, decided_by=tx.actor.person)


async def cancel(tx: Tx, payout_id: UUID) -> Payout:
    """Take a request back that nobody has approved.

    Raises:
        NotAllowed: the actor lacks ``payouts.request``.
        NotFound, NotNow: there is none, or it was decided.
    """
    tx.must(REQUEST)
    return await taken_back(tx, payout_id)


async def taken_back(tx: Tx, payout_id: UUID) -> Payout:
    """``cancel`` for whoever has checked who asks."""
    payout = await tx.get(Payout, payout_id, lock=True)
    if payout.status is Status.cancelled:
        return payout
    if payout.status is not Status.requested:
        raise NotNow(f"It is {payout.status}.")
    return await moved(tx, payout, Status.cancelled)


async def moved(tx: Tx, payout: Payout, status: Status, **changes: Any) -> Payout:
    """Move a locked payout, and what it holds; a move that the table does not have does not happen."""
    if status is payout.status or status not in MOVES[payout.status]:
        return payout
    if status is Status.paid:
        await holds.settle(tx, payout.hold_id, id=uuid5(payout.id, "paid"), code="payouts.paid")
    elif status in _LETS_GO:
        await holds.release(tx, payout.hold_id, id=uuid5(payout.id, "released"), code="payouts.released")
    elif status is Status.returned:
        await transfers.reverse(tx, uuid5(payout.id, "paid"), id=uuid5(payout.id, "returned"), code="payouts.returned")
    payout = await tx.update(
        payout,
        status=status,
        changed_at=tx.now,
        ended_at=tx.now if not MOVES[status] or status is Status.paid else None,
        **changes,
    )
    await tx.emit(Moved(payout_id=payout.id, wallet_id=payout.wallet_id, status=status))
    return payout


async def told(tx: Tx, payout_id: UUID, answer: ports.Payout) -> Payout:
    """Make true what a rail says of a payout."""
    payout = await tx.get(Payout, payout_id, lock=True)
    if answer.amount != payout.amount:
        raise Invalid("The rail tells another amount.")
    status = {
        "queued": Status.processing,
        "processing": Status.processing,
        "paid": Status.paid,
        "failed": Status.failed,
        "returned": Status.returned,
    }[answer.standing]
    if status is Status.returned and payout.status is not Status.paid:
        # It was paid and came back before anybody told of the first.
        payout = await moved(tx, payout, Status.paid, provider_ref=answer.ref, trace=answer.trace, due_at=None)
    return await moved(
        tx,
        payout,
        status,
        provider_ref=answer.ref,
        trace=answer.trace or payout.trace,
        reason=answer.reason or payout.reason,
        due_at=None,
    )
