"""Sending: approved payouts are given to a rail, between two transactions with none open meanwhile.

A rail that does not answer leaves the payout *unknown*; it is asked by our id what became of it before anything is sent
again, and then only under the same key, for the same account, through the same connection. Whoever dies in between is
found by the janitor.

Every sending has a number. Only the newest sender may say that a payout failed: a slow one before it may hear a refusal
while another is at work. And only of the first sending a refusal proves that nothing was paid.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import ClassVar, TypeAlias
from uuid import UUID

import msgspec
import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payouts as ports
from holdfast.kernel.database import Database
from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx
from holdfast.shared.payments.connections import NoSandboxHere
from holdfast.shared.payouts import answers, destinations, payouts, rails
from holdfast.shared.payouts.payouts import Sent, Status

log = structlog.get_logger()

Opens: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]
WAIT = timedelta(seconds=90)
"""How long after the first question a rail is asked again; twice as long each time, up to an hour."""
_AGAIN = frozenset({Status.sending, Status.unknown})
_ASKED = _AGAIN | {Status.processing, Status.paid, Status.failed}


class Doubted(Event):
    """A rail is to be asked what became of a payout."""

    name: ClassVar[str] = "payouts.payout.doubted"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID


class _Given(msgspec.Struct, frozen=True):
    """A payout that this sender gives to its rail."""

    payout: Sent
    order: ports.Order
    rail: ports.Rail


async def send(opens: Opens, database: Database, payout_id: UUID) -> None:
    """Give an approved payout to its rail, once; a bank file waits for somebody to make it.

    Raises:
        NotFound: there is no such payout.
    """
    async with opens() as tx:
        payout = await payouts.locked(tx, Sent, payout_id)
        if payout.status is not Status.approved or payout.rail == "bank_file":
            return
        given = await _begin(tx, payout, database)
    if given is not None:
        await _give(opens, given)


async def _begin(tx: Tx, payout: Sent, database: Database) -> _Given | None:
    """Become the newest sender of a locked payout; none where there is no way for it to leave."""
    try:
        kept = await rails.chosen(tx, payout)
    except (rails.NoWay, NoSandboxHere) as refused:
        # What was sent before may be paid; the sandbox pays nobody.
        if not payout.sendings or isinstance(refused, NoSandboxHere):
            await payouts.moved(tx, payout, Status.failed, reason=str(refused)[:500])
        return None
    if payout.status is Status.sending:
        payout = await payouts.moved(tx, payout, Status.unknown)
    connection_id = payout.rail_connection_id or kept.get("rail_connection_id")
    destination = await destinations.opened(tx, payout.destination_id, connection_id)
    ref = payout.rail_destination_ref or destination.ref
    sendings = payout.sendings + 1
    payout = await payouts.moved(tx, payout, Status.sending, sendings=sendings, rail_destination_ref=ref, **kept)
    order = ports.Order(
        payout_id=payout.id,
        amount=payout.amount,
        reference=ports.reference(payout.id),
        destination=msgspec.structs.replace(destination, ref=ref),
    )
    return _Given(payout, order, await rails.opened(tx, payout, database))


async def _give(opens: Opens, given: _Given) -> None:
    key, paying = str(given.payout.id), False
    try:
        order: ports.Order | None = given.order
        if given.order.destination.ref is None:
            order = await _named(opens, given, await given.rail.introduce(given.order, key=key))
        if order is None:
            return
        paying = True
        answer = await given.rail.pay(order, key=key)
    except outcomes.CallFailed as failed:
        await _failed(opens, given.payout, failed, paying=paying)
    else:
        async with opens() as tx:
            await answers.told(tx, given.payout.id, answer, sending=given.payout.sendings)
    finally:
        await given.rail.close()


async def _named(opens: Opens, given: _Given, ref: str | None) -> ports.Order | None:
    """The order with what the rail calls the bank account, kept before anything is paid; none for a former sender."""
    if ref is None:
        return given.order
    async with opens() as tx:
        payout = await payouts.locked(tx, Sent, given.payout.id)
        if payout.sendings != given.payout.sendings:
            return None
        await tx.update(payout, rail_destination_ref=ref)
        if payout.rail_connection_id is not None:
            await destinations.called(tx, payout.destination_id, ref, payout.rail_connection_id)
    named = msgspec.structs.replace(given.order.destination, ref=ref)
    return msgspec.structs.replace(given.order, destination=named)


async def _failed(opens: Opens, sent: Sent, failed: outcomes.CallFailed, *, paying: bool) -> None:
    """A sending did not succeed; only of the first one that is known to have done nothing the amount is let go.

    Args:
        opens: opens a transaction.
        sent: the payout, as its sender knew it.
        failed: how the call ended.
        paying: whether the rail had been asked for money, and not only to know the bank account.
    """
    async with opens() as tx:
        payout = await payouts.locked(tx, Sent, sent.id)
        if payout.sendings != sent.sendings or payout.status is not Status.sending:
            log.info("payouts.told_late", payout=str(sent.id), error=type(failed).__name__)
        elif payout.sendings > 1 or (paying and isinstance(failed, outcomes.Unknown)):
            # Even keys that are refused now prove nothing of the sending before.
            await payouts.moved(tx, payout, Status.unknown)
        elif isinstance(failed, outcomes.Unknown | outcomes.Transient):
            # Nothing has been paid; it is sent again after a while.
            await payouts.moved(tx, payout, Status.approved)
        else:
            await payouts.moved(tx, payout, Status.failed, reason=str(failed)[:500])
            # Perhaps it is the bank account that it does not know any more; the next payout makes it known again.
            await destinations.called(tx, payout.destination_id, None, None)


async def look_after(tx: Tx, limit: int = 100) -> None:
    """Find payouts that nobody looks after: whose sender died, whose answer never came, or that wait to be sent.

    One that is paid, or failed, is asked about for some days, because banks send money back and rails err.
    """
    found = await tx.all(
        UUID,
        "update payouts_payout set asked = asked + 1, due_at = case when status not in ('paid', 'failed') "
        "then now() + least($1::interval * power(2, least(asked, 20)), interval '1 hour') "
        "when asked = 0 then now() + interval '1 day' when asked = 1 then now() + interval '3 days' end "
        "where id = any (array(select id from payouts_payout where due_at <= now() order by due_at, id limit $2 "
        "for update skip locked)) returning id",
        WAIT,
        limit,
    )
    for payout_id in found:
        await tx.emit(Doubted(payout_id=payout_id))


async def settle(opens: Opens, database: Database, payout_id: UUID) -> None:
    """Ask what became of a payout; send it again under its key only when the rail knows nothing of it.

    Raises:
        NotFound: there is no such payout.
    """
    async with opens() as tx:
        payout = await tx.get(Sent, payout_id)
        rail = await _asking(tx, payout, database)
    if payout.status is Status.approved:
        await send(opens, database, payout_id)
    if rail is None:
        return
    try:
        answer = await rail.find(payout_id)
    except outcomes.CallFailed as failed:
        log.info("payouts.not_told", payout=str(payout_id), error=type(failed).__name__)
        return
    finally:
        await rail.close()
    if answer is not None:
        async with opens() as tx:
            await answers.told(tx, payout_id, answer, sending=payout.sendings)
    elif payout.status in _AGAIN:
        await _send_again(opens, database, payout)


async def _asking(tx: Tx, payout: Sent, database: Database) -> ports.Rail | None:
    """The rail that can be asked about a payout; none where there is nobody to ask, or nothing."""
    if payout.status not in _ASKED or payout.rail == "bank_file":
        return None
    try:
        return await rails.opened(tx, payout, database)
    except NoSandboxHere as refused:
        # It moved no money, so nothing was paid.
        locked = await payouts.locked(tx, Sent, payout.id)
        await payouts.moved(tx, locked, Status.failed, reason=str(refused)[:500])
    except rails.NoWay as refused:
        log.info("payouts.not_asked", payout=str(payout.id), error=type(refused).__name__)
    return None


async def _send_again(opens: Opens, database: Database, asked: Sent) -> None:
    """Send once more what the rail knows nothing of, unless somebody else did since the rail was asked."""
    async with opens() as tx:
        payout = await payouts.locked(tx, Sent, asked.id)
        if payout.status not in _AGAIN or payout.sendings != asked.sendings:
            return
        given = await _begin(tx, payout, database)
    if given is not None:
        await _give(opens, given)
