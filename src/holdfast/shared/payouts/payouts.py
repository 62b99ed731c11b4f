"""Payouts: money on its way from a wallet to a bank account.

A request holds the amount, so that it cannot be asked for twice (X7). Somebody else approves it, never who asked, and
above a limit two people do. It then leaves by the business's rail; what is paid is settled in the ledger, and whatever
else becomes of it releases the hold. A rejection says why (X12).

Whoever changes a payout locks its wallet first, then the payout, then earnings, then accounts of the ledger.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid5

from holdfast.kernel import events, ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.payouts import destinations, earnings, postings, preferences
from holdfast.shared.payouts.wallets import REQUEST, Wallet

APPROVE = grant("payouts.approve", "Approve and reject payouts that others asked for", roles=("owner", "manager"))


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
    # One whose answer was lost is never merely approved again: somebody could reject it after it was paid.
    Status.unknown: frozenset({Status.sending, Status.processing, Status.paid, Status.failed}),
    Status.processing: frozenset({Status.paid, Status.failed}),
    Status.paid: frozenset({Status.returned}),
    # A rail may say of what it told had failed that it is paid.
    Status.failed: frozenset({Status.paid}),
    Status.returned: frozenset(),
    Status.rejected: frozenset(),
    Status.cancelled: frozenset(),
}
"""From which state to which a payout may move."""
_LETS_GO = frozenset({Status.failed, Status.rejected, Status.cancelled})
_ENDED = _LETS_GO | {Status.paid, Status.returned}
_COUNTED_ANEW = frozenset({Status.processing, Status.paid, Status.failed})
WAITS: dict[Status, timedelta] = {
    Status.approved: timedelta(seconds=60),
    # Three requests, of 50 seconds at most.
    Status.sending: timedelta(seconds=180),
    Status.unknown: timedelta(seconds=30),
    Status.processing: timedelta(seconds=90),
    Status.paid: timedelta(hours=1),
    Status.failed: timedelta(hours=1),
}
"""How long after it came into a state a payout is looked after, at a rail that can be asked."""


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


class Sent(Payout, kw_only=True, frozen=True):
    """A payout with what its senders remember."""

    sendings: int
    """How often it was given to its rail; only the newest sender may say that it failed."""
    rail_account: str | None
    """The business's account that it leaves from, as it was when it was first sent; so is the connection."""
    rail_connection_id: UUID | None
    rail_destination_ref: str | None
    """What the rail calls the bank account."""


P = TypeVar("P", bound=Payout)


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


class PaidAfterAll(Event):
    """A payout that had failed turned out to be paid; what the party had spent meanwhile is owed."""

    name: ClassVar[str] = "payouts.payout.paid_after_all"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID
    wallet_id: UUID
    amount: Money
    owed: Money


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
    await earnings.settle_debt(tx, wallet, id=uuid5(payout_id, "settled before"), reference_id=payout_id)
    hold_id = await postings.hold(tx, wallet, payout_id, amount)
    above = decided.two_approvals_above
    payout = await tx.insert(
        Payout,
        id=payout_id,
        wallet_id=wallet_id,
        destination_id=destination.id,
        amount=amount,
        approvals_needed=2 if above is not None and amount.minor > above else 1,
        rail=decided.rail,
        hold_id=hold_id,
        requested_by_kind=tx.actor.kind,
        requested_by=tx.actor.person or tx.actor.id,
        created_at=tx.now,
        changed_at=tx.now,
    )
    await tx.emit(Requested(payout_id=payout.id, wallet_id=wallet_id, amount=amount))
    return payout


async def locked(tx: Tx, cls: type[P], payout_id: UUID) -> P:
    """A payout that is to be changed, locked after its wallet.

    Raises:
        NotFound: there is none.
    """
    wallet_id = await tx.find(
        UUID,
        "select id from payouts_wallet where id = (select wallet_id from payouts_payout where id = $1) for update",
        payout_id,
    )
    if wallet_id is None:
        raise NotFound(f"No payout has the id {payout_id}.")
    return await tx.get(cls, payout_id, lock=True)


async def approve(tx: Tx, payout_id: UUID) -> Payout:
    """Approve a payout that somebody else asked for; with the last approval that it needs it leaves (X7).

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NeedsPerson: the actor is a program.
        OwnRequest: the actor asked for it, or it is paid to them.
        NotFound, NotNow: there is none, or it was decided.
    """
    tx.must(APPROVE)
    person = tx.actor.person
    if person is None or tx.actor.kind != "person":
        raise NeedsPerson
    payout = await locked(tx, Payout, payout_id)
    if payout.requested_by == person:
        raise OwnRequest
    if (await tx.get(Wallet, payout.wallet_id)).person_id == person:
        raise OwnRequest("It is paid to you.")
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
    payout = await locked(tx, Payout, payout_id)
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
    payout = await locked(tx, Payout, payout_id)
    if payout.status is Status.cancelled:
        return payout
    if payout.status is not Status.requested:
        raise NotNow(f"It is {payout.status}.")
    return await moved(tx, payout, Status.cancelled)


async def moved(tx: Tx, payout: P, status: Status, **changes: Any) -> P:
    """Move a locked payout, and what it holds; a move that the table does not have does not happen."""
    if status is payout.status or status not in MOVES[payout.status]:
        return payout
    was, wallet = payout.status, await tx.get(Wallet, payout.wallet_id, lock=True)
    if status is Status.paid and was is Status.failed:
        owed = await postings.paid_late(tx, wallet, payout.id, payout.amount)
        await tx.emit(PaidAfterAll(payout_id=payout.id, wallet_id=wallet.id, amount=payout.amount, owed=owed))
    elif status is Status.paid:
        await postings.paid(tx, payout.id, payout.hold_id)
    elif status in _LETS_GO:
        await postings.let_go(tx, wallet, payout.id, payout.hold_id)
    elif status is Status.returned:
        await postings.came_back(tx, wallet, payout.id, payout.amount)
    if status in _COUNTED_ANEW:
        changes["asked"] = 0
    ended_at = tx.now if status in _ENDED else None
    payout = await tx.update(payout, status=status, changed_at=tx.now, ended_at=ended_at, **changes)
    if payout.rail != "bank_file":
        # What failed before it was sent is known by nobody else.
        never_sent = status is Status.failed and was is Status.approved
        await _look_after(tx, payout.id, None if never_sent else WAITS.get(status))
    await tx.emit(Moved(payout_id=payout.id, wallet_id=payout.wallet_id, status=status))
    return payout


async def _look_after(tx: Tx, payout_id: UUID, wait: timedelta | None) -> None:
    """Have a payout looked after, by the real clock; later each time that it was asked about already."""
    await tx.execute(
        "update payouts_payout set due_at = case when $2::interval is not null then "
        "now() + least($2::interval * power(2, least(asked, 20)), interval '1 hour') end where id = $1",
        payout_id,
        wait,
    )


async def left_in_file(tx: Tx, leaving: Sequence[Payout]) -> None:
    """Move approved and locked payouts that leave in a file; as ``moved`` twice, in one exchange for all of them.

    They move nothing in the ledger, since what they hold stays held. An event each stays, twice, because whoever
    follows a payout reads every state that it was in.
    """
    await tx.execute(
        "update payouts_payout set status = 'processing', changed_at = $2, asked = 0 where id = any ($1)",
        [payout.id for payout in leaving],
        tx.now,
    )
    told = [
        Moved(payout_id=payout.id, wallet_id=payout.wallet_id, status=status)
        for payout in leaving
        for status in (Status.sending, Status.processing)
    ]
    await tx.connection.executemany(events.INSERT, [events.stored(tx, event) for event in told])
