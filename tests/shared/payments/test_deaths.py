"""A process dies at each of its steps while it charges or refunds: whatever is left behind is settled, once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from holdfast.integrations.payments import connecting
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import PLATFORM, Actor, Tx, transaction
from holdfast.shared.payments import attempts, connections, customers, methods, paying, payments, postings, refunds
from holdfast.shared.payments.attempts import State
from holdfast.shared.payments.payments import Payment, Status
from tests.chaos.fuse import Doomed, Fuse, Reached, lives
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Peer
from tests.shared.payments.test_janitor import look_after

Wanted = Callable[..., Awaitable[Payment]]
Saved = Callable[..., Awaitable[methods.Method]]
Charged = Callable[..., Awaitable[Payment]]
Work = Callable[[Database, Open], Awaitable[object]]


async def die(
    database: Database, tenant: UUID, peer: Peer, monkeypatch: pytest.MonkeyPatch, work: Work, step: int, after: bool
) -> bool:
    """Do some work in a process that dies at a step; gives whether it came to its end before that."""
    fuse = Fuse(step, after=after)
    doomed = Doomed(database, fuse)

    @asynccontextmanager
    async def opens(actor: Actor = PLATFORM) -> AsyncIterator[Tx]:
        async with transaction(doomed, tenant, actor) as tx:
            yield tx

    with monkeypatch.context() as patched:
        reached = Reached(peer, fuse)
        patched.setattr(connecting, "adapter", lambda connection, *, database: reached)
        try:
            return await lives(lambda: work(doomed, opens))
        finally:
            await doomed.close()


@pytest.mark.parametrize("after", [False, True])
async def test_a_charge_survives_a_death_at_any_step(
    committed: Open,
    database: Database,
    drain: Drain,
    tenant: UUID,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    connection: connections.Connection,
    customer: customers.Customer,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    method = await saved()
    taken, paid = 0, 0
    while True:
        taken += 1
        payment = await wanted(100)

        async def work(doomed: Database, opens: Open, payment: Payment = payment) -> None:
            async with opens() as tx:
                await paying.charge(tx, payment.id, method_id=method.id)
            await paying.made(opens, doomed, payment.id, attempts.Kind.charge)

        ended = await die(database, tenant, peer, monkeypatch, work, taken, after)
        await drain()
        await look_after(committed, drain, 3)
        async with committed() as tx:
            found = await tx.get(Payment, payment.id)
            states = {one.state for one in await attempts.of_payment(tx, payment.id)}
        charges = [one for one in peer.payments.values() if one.payment_id == payment.id]
        if states:
            assert (found.status, states) == (Status.captured, {State.succeeded}), f"step {taken}"
            assert len(charges) == 1, f"step {taken}"
            paid += 100
        else:
            assert (found.status, charges) == (Status.created, []), f"step {taken}"
        assert await balance(committed, postings.CLEARING, connection.id) == paid, f"step {taken}"
        if ended:
            break
    assert taken > 20
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -paid


@pytest.mark.parametrize("after", [False, True])
async def test_a_refund_survives_a_death_at_any_step(
    committed: Open,
    database: Database,
    drain: Drain,
    tenant: UUID,
    peer: Peer,
    charged: Charged,
    connection: connections.Connection,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    payment = await charged(minor=100_000)
    taken, given = 0, 0
    while True:
        taken += 1

        async def work(doomed: Database, opens: Open, key: str = f"step {taken}") -> None:
            async with opens() as tx:
                await refunds.request(tx, payment.id, amount=Money(100, "PEN"), reason="Cold", key=key)
            await paying.made(opens, doomed, payment.id, attempts.Kind.refund)

        ended = await die(database, tenant, peer, monkeypatch, work, taken, after)
        await drain()
        await look_after(committed, drain, 3)
        async with committed() as tx:
            made = [one for one in await refunds.of_payment(tx, payment.id) if one.key == f"step {taken}"]
            found = await tx.get(Payment, payment.id)
        assert all(one.status is refunds.Standing.succeeded for one in made), f"step {taken}"
        given += 100 * len(made)
        assert (found.refunded.minor, found.refunding.minor) == (given, 0), f"step {taken}"
        assert sum(one.amount.minor for one in peer.refunds_.values()) == given, f"step {taken}"
        assert await balance(committed, postings.CLEARING, connection.id) == 100_000 - given, f"step {taken}"
        if ended:
            break
    assert taken > 15
    assert payments.shown(found) == "partially_refunded"
