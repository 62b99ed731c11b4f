"""Refunds: in part, in whole, at once, made elsewhere, sent back; never more than was captured."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor, Reused
from holdfast.shared.payments import asking, attempts, connections, customers, paying, payments, postings, refunds
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.refunds import Refund, Standing
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Peer

Charged = Callable[..., Awaitable[Payment]]
Wanted = Callable[..., Awaitable[Payment]]


async def ask(committed: Open, payment: Payment, minor: int | None, key: str = "1") -> Refund:
    """Ask for a refund."""
    amount = None if minor is None else Money(minor, "PEN")
    async with committed() as tx:
        return await refunds.request(tx, payment.id, amount=amount, reason="Cold coffee", key=key)


async def give(committed: Open, database: Database, payment: Payment, minor: int | None, key: str = "1") -> Refund:
    """Ask for a refund and have the provider make it."""
    refund = await ask(committed, payment, minor, key)
    await paying.made(committed, database, payment.id, attempts.Kind.refund)
    async with committed() as tx:
        return await tx.get(Refund, refund.id)


async def now(committed: Open, payment: Payment) -> Payment:
    """The payment as it is."""
    async with committed() as tx:
        return await tx.get(Payment, payment.id)


@pytest.mark.meets("I22")
async def test_a_payment_is_given_back_in_parts_and_then_whole(
    committed: Open,
    database: Database,
    charged: Charged,
    connection: connections.Connection,
    customer: customers.Customer,
) -> None:
    payment = await charged(minor=1000)
    first = await give(committed, database, payment, 300, "1")
    assert first.status is Standing.succeeded
    assert payments.shown(await now(committed, payment)) == "partially_refunded"
    rest = await give(committed, database, payment, None, "2")
    assert rest.amount == Money(700, "PEN")
    after = await now(committed, payment)
    assert payments.shown(after) == "refunded"
    assert after.status is payments.Status.captured
    assert payments.refundable(after).minor == 0
    assert await balance(committed, postings.CLEARING, connection.id) == 0
    assert await balance(committed, postings.RECEIVABLE, customer.id) == 0


async def test_refunds_at_once_never_exceed_what_was_captured(
    committed: Open, database: Database, charged: Charged, peer: Peer, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    results = await asyncio.gather(
        *(give(committed, database, payment, 300, str(n)) for n in range(8)), return_exceptions=True
    )
    done = [one for one in results if isinstance(one, Refund)]
    assert len(done) == 3
    assert all(isinstance(one, Refund | refunds.TooMuch) for one in results)
    after = await now(committed, payment)
    assert (after.refunded.minor, after.refunding.minor) == (900, 0)
    assert sum(one.amount.minor for one in peer.refunds_.values()) == 900
    assert await balance(committed, postings.CLEARING, connection.id) == 100


async def test_the_same_key_is_the_same_refund(
    committed: Open, database: Database, charged: Charged, peer: Peer
) -> None:
    payment = await charged(minor=1000)
    made = await asyncio.gather(*(give(committed, database, payment, 250, "once") for _ in range(6)))
    assert len({one.id for one in made}) == 1
    assert peer.times("refund") == 1
    with pytest.raises(Reused):
        await ask(committed, payment, 251, "once")


async def test_a_refund_must_make_sense(committed: Open, charged: Charged, wanted: Wanted) -> None:
    payment = await charged(minor=1000)
    for minor in (0, -1):
        with pytest.raises(Invalid):
            await ask(committed, payment, minor)
    with pytest.raises(refunds.TooMuch):
        await ask(committed, payment, 1001)
    async with committed() as tx:
        with pytest.raises(Invalid):
            await refunds.request(tx, payment.id, amount=Money(5, "USD"), reason="x", key="1")
        with pytest.raises(Invalid):
            await refunds.request(tx, payment.id, amount=None, reason=" ", key="1")
    with pytest.raises(refunds.NotPaid):
        await ask(committed, await wanted(), 1)
    async with committed(Actor(kind="person")) as tx:
        with pytest.raises(NotAllowed):
            await refunds.give_back(tx, payment.id, amount=None, reason="x", key="1")
    assert (await now(committed, payment)).refunding.minor == 0


async def test_a_refused_refund_can_be_tried_again(
    committed: Open, database: Database, charged: Charged, peer: Peer, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    peer.faults["refund"] = ["refused"]
    refused = await give(committed, database, payment, 1000, "1")
    assert (refused.status, refused.error_code) == (Standing.failed, "refused")
    assert (await now(committed, payment)).refunding.minor == 0
    assert (await give(committed, database, payment, 1000, "2")).status is Standing.succeeded
    assert await balance(committed, postings.CLEARING, connection.id) == 0


async def test_a_refund_made_at_the_provider_is_taken_over_once(
    committed: Open,
    database: Database,
    charged: Charged,
    peer: Peer,
    connection: connections.Connection,
) -> None:
    payment = await charged(minor=1000)
    assert payment.provider_ref is not None
    peer.give_back(payment.provider_ref, Money(400, "PEN"))
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    await asyncio.gather(*(asking.about(committed, database, way, payment.provider_ref) for _ in range(6)))
    async with committed() as tx:
        found = await refunds.of_payment(tx, payment.id)
    assert [(one.amount.minor, one.status, one.adopted) for one in found] == [(400, Standing.succeeded, True)]
    assert await balance(committed, postings.CLEARING, connection.id) == 600
    with pytest.raises(refunds.TooMuch):
        await ask(committed, payment, 601)


async def test_a_refund_that_comes_back_is_put_back(
    committed: Open, database: Database, charged: Charged, peer: Peer, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    refund = await give(committed, database, payment, 1000)
    assert refund.provider_ref is not None
    assert payment.provider_ref is not None
    peer.refunds_[refund.provider_ref] = msgspec.structs.replace(peer.refunds_[refund.provider_ref], standing="failed")
    peer.change(payment.provider_ref, refunded=Money(0, "PEN"))
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    for _ in range(2):
        await asking.about(committed, database, way, payment.provider_ref, with_refunds=True)
    after = await now(committed, payment)
    assert (after.refunded.minor, after.refunding.minor) == (0, 0)
    assert await balance(committed, postings.CLEARING, connection.id) == 1000
    async with committed() as tx:
        said = await tx.all(
            str,
            "select name from kernel_event where subject_id = $1 and name like 'payments.refund.%' order by seq",
            payment.id,
        )
    assert said == ["payments.refund.requested", "payments.refund.succeeded", "payments.refund.failed"]


async def test_a_pending_refund_counts_once_it_succeeds(
    committed: Open,
    database: Database,
    drain: Drain,
    charged: Charged,
    peer: Peer,
    connection: connections.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payment = await charged(minor=1000)
    give_back = peer.give_back
    monkeypatch.setattr(peer, "give_back", lambda *args, **options: give_back(*args, standing="pending", **options))
    refund = await give(committed, database, payment, 600)
    assert refund.status is Standing.pending
    assert await balance(committed, postings.CLEARING, connection.id) == 1000
    with pytest.raises(refunds.TooMuch):
        await ask(committed, payment, 401, "2")
    assert refund.provider_ref is not None
    assert payment.provider_ref is not None
    peer.refunds_[refund.provider_ref] = msgspec.structs.replace(
        peer.refunds_[refund.provider_ref], standing="succeeded"
    )
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    await asking.about(committed, database, way, payment.provider_ref)
    assert (await now(committed, payment)).refunded.minor == 600
    assert await balance(committed, postings.CLEARING, connection.id) == 400
