"""Sending: approved payouts are given to a rail, between two transactions with none open meanwhile.

A rail that does not answer leaves the payout *unknown*; it is asked by our id what became of it before anything is sent
again, and then only under the same key. Whoever dies in between is found by the janitor.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import ClassVar, TypeAlias
from uuid import UUID

import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payouts as ports
from holdfast.integrations.payouts.razorpayx import RazorpayX
from holdfast.integrations.payouts.sandbox import Sandbox
from holdfast.kernel.database import Database
from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import connections
from holdfast.shared.payouts import destinations, payouts, preferences
from holdfast.shared.payouts.payouts import Payout, Status

log = structlog.get_logger()

Opens: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]
LEASE = timedelta(seconds=90)
DOUBT = timedelta(seconds=30)
_MOST_ASKED = 20


class Doubted(Event):
    """A rail is to be asked what became of a payout."""

    name: ClassVar[str] = "payouts.payout.doubted"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID


async def _rail(tx: Tx, payout: Payout, database: Database) -> ports.Rail:
    if payout.rail == "razorpayx":
        [connection, *_] = await connections.opened_of(tx, "razorpay")
        account = (await preferences.settings(tx)).rail_account or ""
        return RazorpayX(connection.credentials, account=account, base_url=connection.base_url)
    return Sandbox(tx.tenant, database)


async def send(opens: Opens, database: Database, payout_id: UUID) -> None:
    """Give an approved payout to its rail, once; a bank file waits for somebody to make it."""
    async with opens() as tx:
        payout = await tx.get(Payout, payout_id, lock=True)
        if payout.status is not Status.approved or payout.rail == "bank_file":
            return
        payout = await payouts.moved(tx, payout, Status.sending)
        await tx.execute("update payouts_payout set due_at = now() + $2 where id = $1", payout_id, LEASE)
        rail = await _rail(tx, payout, database)
        order = ports.Order(
            payout_id=payout.id,
            amount=payout.amount,
            reference=f"Payout {str(payout.id)[-12:]}",
            destination=await destinations.opened(tx, payout.destination_id),
        )
    try:
        answer = await rail.pay(order, key=str(payout_id))
    except outcomes.Unknown:
        await _doubt(opens, payout_id)
    except outcomes.Transient:
        # Nothing has happened; it is sent again after a while.
        async with opens() as tx:
            waiting = await tx.get(Payout, payout_id, lock=True)
            await payouts.moved(tx, waiting, Status.approved)
            await tx.execute("update payouts_payout set due_at = now() + $2 where id = $1", payout_id, DOUBT)
    except outcomes.CallFailed as failed:
        async with opens() as tx:
            refused = await tx.get(Payout, payout_id, lock=True)
            await payouts.moved(tx, refused, Status.failed, reason=str(failed)[:500], due_at=None)
    else:
        async with opens() as tx:
            await payouts.told(tx, payout_id, answer)
    finally:
        await rail.close()


async def _doubt(opens: Opens, payout_id: UUID) -> None:
    async with opens() as tx:
        payout = await tx.get(Payout, payout_id, lock=True)
        await payouts.moved(tx, payout, Status.unknown)
        await tx.execute("update payouts_payout set due_at = now() + $2 where id = $1", payout_id, DOUBT)


async def look_after(tx: Tx, limit: int = 100) -> None:
    """Find payouts that nobody looks after: whose sender died, whose answer never came, or that wait to be sent."""
    found = await tx.all(
        UUID,
        "update payouts_payout set due_at = now() + $1, asked = asked + 1 where id in ("
        "select id from payouts_payout where due_at <= now() and asked < $2 order by due_at, id limit $3 "
        "for update skip locked) returning id",
        LEASE,
        _MOST_ASKED,
        limit,
    )
    for payout_id in found:
        await tx.emit(Doubted(payout_id=payout_id))


async def settle(opens: Opens, database: Database, payout_id: UUID) -> None:
    """Ask what became of a payout; send it again under its key only when the rail knows nothing of it."""
    async with opens() as tx:
        payout = await tx.get(Payout, payout_id)
        if payout.status is Status.approved:
            rail = None
        elif payout.status in (Status.sending, Status.unknown, Status.processing):
            rail = await _rail(tx, payout, database)
        else:
            return
    if rail is None:
        await send(opens, database, payout_id)
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
            await payouts.told(tx, payout_id, answer)
        return
    async with opens() as tx:
        again = await tx.get(Payout, payout_id, lock=True)
        if again.status in (Status.sending, Status.unknown):
            await payouts.moved(tx, again, Status.approved)
    await send(opens, database, payout_id)
