"""The janitor: asks what became of unanswered calls before anything is tried again, and nothing happens twice."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import outcomes
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.payments import (
    asking,
    attempts,
    calls,
    charging,
    connections,
    janitor,
    methods,
    payments,
    postings,
    refunds,
    results,
)
from holdfast.shared.payments.attempts import State
from holdfast.shared.payments.payments import Payment, Status
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance, call
from tests.shared.payments.peer import Fault, Peer

Wanted = Callable[..., Awaitable[Payment]]
Saved = Callable[..., Awaitable[methods.Method]]
Charged = Callable[..., Awaitable[Payment]]


async def hurry(committed: Open) -> None:
    """Time passes: everything that somebody looks after later is due."""
    async with committed() as tx:
        await tx.execute("update payments_attempt set due_at = now() where due_at is not null")
        await tx.execute("update payments_payment set look_at = now() where look_at is not null")


async def look_after(committed: Open, drain: Drain, times: int = 1) -> None:
    """The janitor comes, and what it wants asked is asked."""
    for _ in range(times):
        await hurry(committed)
        async with committed() as tx:
            await janitor.look_after(tx)
        await drain()


async def state(committed: Open, payment_id: UUID) -> tuple[Payment, list[State]]:
    """A payment and how its attempts ended."""
    async with committed() as tx:
        payment = await tx.get(Payment, payment_id)
        return payment, [attempt.state for attempt in await attempts.of_payment(tx, payment_id)]


@pytest.mark.parametrize("rounds", [1, 2, 3])
async def test_a_charge_that_happened_unheard_is_found(
    committed: Open, drain: Drain, peer: Peer, charged: Charged, connection: connections.Connection, rounds: int
) -> None:
    peer.faults["charge"] = ["done_unheard"]
    payment = await charged()
    assert payment.status is Status.unknown
    await look_after(committed, drain, rounds)
    payment, states = await state(committed, payment.id)
    assert payment.status is Status.captured
    assert states == [State.succeeded]
    assert peer.times("charge") == 1
    assert await balance(committed, postings.CLEARING, connection.id) == 1250


async def test_a_charge_that_never_arrived_is_made_again_only_after_asking_twice(
    committed: Open, drain: Drain, peer: Peer, charged: Charged
) -> None:
    peer.faults["charge"] = ["lost"]
    payment = await charged()
    await look_after(committed, drain, 1)
    assert peer.times("charge") == 1
    await look_after(committed, drain, 1)
    assert peer.times("charge") == 2
    assert len({key for what, key in peer.calls if what == "charge"}) == 1
    payment, states = await state(committed, payment.id)
    assert (payment.status, states) == (Status.captured, [State.succeeded])


async def test_a_charge_that_never_arrives_fails_in_the_end_and_may_be_tried_again(
    committed: Open, drain: Drain, peer: Peer, charged: Charged
) -> None:
    peer.faults["charge"] = ["lost"] * results.MOST_SENDINGS
    payment = await charged()
    await look_after(committed, drain, 2 + 2 * results.MOST_SENDINGS)
    payment, states = await state(committed, payment.id)
    assert (payment.status, payment.decline_code, payment.decline_retry) == (Status.failed, "never_arrived", True)
    assert states == [State.failed]
    assert peer.times("charge") == results.MOST_SENDINGS


async def test_a_declined_charge_that_nobody_heard_of_is_found(
    committed: Open, drain: Drain, peer: Peer, charged: Charged
) -> None:
    peer.faults["charge"] = ["done_unheard"]
    payment = await charged("declined")
    await look_after(committed, drain)
    payment, _ = await state(committed, payment.id)
    assert (payment.status, payment.decline_code) == (Status.failed, "insufficient_funds")


async def test_an_earlier_decline_is_not_taken_for_the_answer_to_a_later_charge(
    committed: Open, database: Database, drain: Drain, peer: Peer, charged: Charged, saved: Saved
) -> None:
    payment = await charged("declined")
    assert payment.status is Status.failed
    good = await saved()
    peer.faults["charge"] = ["lost"]
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=good.id)
    await call(committed, database, payment.id)
    await look_after(committed, drain, 1)
    payment, _ = await state(committed, payment.id)
    assert payment.status is Status.unknown
    await look_after(committed, drain, 1)
    payment, states = await state(committed, payment.id)
    assert (payment.status, states) == (Status.captured, [State.failed, State.succeeded])


async def test_a_process_that_died_after_sending_leaves_a_doubt_that_is_settled(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved()
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
    peer.pause = asyncio.Event()
    async with committed() as tx:
        live = await attempts.live(tx, payment.id)
    assert live is not None
    dying = asyncio.create_task(calls.run(committed, database, live.id))
    while not peer.times("charge"):
        await asyncio.sleep(0.01)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    peer.pause = None
    found, states = await state(committed, payment.id)
    assert (found.status, states) == (Status.processing, [State.sent])
    await look_after(committed, drain, 2)
    found, states = await state(committed, payment.id)
    assert (found.status, states) == (Status.captured, [State.succeeded])


async def test_an_attempt_that_nobody_took_is_taken(
    committed: Open, drain: Drain, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["away"]
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
    await drain()
    assert (await state(committed, payment.id))[1] == [State.wanted]
    await look_after(committed, drain)
    assert (await state(committed, payment.id))[0].status is Status.captured


async def test_janitor_and_webhook_and_late_answer_at_once_are_money_once(
    committed: Open,
    database: Database,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    connection: connections.Connection,
) -> None:
    payment, method = await wanted(), await saved()
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
        live = await attempts.live(tx, payment.id)
        way = await connections.opened(tx, connection.id)
    assert live is not None
    peer.faults["charge"] = ["done_unheard"]
    await calls.run(committed, database, live.id)
    ref = next(iter(peer.payments))

    async def webhook() -> None:
        await asking.about(committed, database, way, ref)

    await asyncio.gather(
        *(janitor.settle(committed, database, live.id) for _ in range(4)), *(webhook() for _ in range(4))
    )
    found, states = await state(committed, payment.id)
    assert (found.status, states) == (Status.captured, [State.succeeded])
    assert await balance(committed, postings.CLEARING, connection.id) == 1250
    assert peer.times("charge") == 1


async def test_two_janitors_ask_once(committed: Open, peer: Peer, charged: Charged) -> None:
    peer.faults["charge"] = ["lost"]
    await charged()
    await hurry(committed)

    async def come() -> int:
        async with committed() as tx:
            return await janitor.look_after(tx)

    found = await asyncio.gather(*(come() for _ in range(5)))
    assert sum(1 for number in found if number) == 1


@pytest.mark.parametrize("fault", ["lost", "done_unheard"])
async def test_a_capture_of_unknown_end_is_settled(
    committed: Open, drain: Drain, peer: Peer, charged: Charged, fault: Fault
) -> None:
    payment = await charged(capture=False)
    assert payment.status is Status.authorized
    peer.faults["capture"] = [fault]
    async with committed() as tx:
        from holdfast.shared.payments import paying

        await paying.want_capture(tx, payment.id)
    await drain()
    await look_after(committed, drain, 2)
    found, states = await state(committed, payment.id)
    assert (found.status, states) == (Status.captured, [State.succeeded, State.succeeded])


@pytest.mark.parametrize("fault", ["lost", "done_unheard"])
async def test_a_refund_of_unknown_end_is_settled_and_paid_once(
    committed: Open, drain: Drain, peer: Peer, charged: Charged, connection: connections.Connection, fault: Fault
) -> None:
    payment = await charged()
    peer.faults["refund"] = [fault]
    async with committed() as tx:
        refund = await refunds.request(tx, payment.id, amount=Money(400, "PEN"), reason="Cold coffee", key="1")
    await drain()
    async with committed() as tx:
        assert (await tx.get(refunds.Refund, refund.id)).status is refunds.Standing.unknown
    await look_after(committed, drain, 3)
    async with committed() as tx:
        assert (await tx.get(refunds.Refund, refund.id)).status is refunds.Standing.succeeded
        payment = await tx.get(Payment, payment.id)
    assert (payment.refunded.minor, payment.refunding.minor) == (400, 0)
    assert sum(one.amount.minor for one in peer.refunds_.values()) == 400
    assert await balance(committed, postings.CLEARING, connection.id) == 850


async def test_a_payment_of_which_nothing_is_told_is_asked_about(
    committed: Open, drain: Drain, peer: Peer, charged: Charged
) -> None:
    payment = await charged("slow")
    assert payment.status is Status.processing
    ref = next(iter(peer.payments))
    peer.change(ref, standing="captured", captured=payment.amount)
    await look_after(committed, drain)
    assert (await state(committed, payment.id))[0].status is Status.captured
    fetched = peer.times("fetch")
    await look_after(committed, drain)
    assert peer.times("fetch") == fetched


async def test_a_payment_that_nobody_paid_in_time_expires(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted
) -> None:
    async with committed() as tx:
        soon = tx.now
    payment = await wanted(expires_at=soon)
    async with committed() as tx:
        await payments.watch(tx, payment.id)
    await look_after(committed, drain)
    assert (await state(committed, payment.id))[0].status is Status.expired


async def test_a_provider_that_does_not_say_is_asked_again(
    committed: Open, database: Database, peer: Peer, charged: Charged
) -> None:
    peer.faults["charge"] = ["done_unheard"]
    payment = await charged()
    peer.faults["find"] = ["away"]
    async with committed() as tx:
        live = await attempts.live(tx, payment.id)
    assert live is not None
    with pytest.raises(outcomes.Transient):
        await janitor.settle(committed, database, live.id)
    await janitor.settle(committed, database, live.id)
    assert (await state(committed, payment.id))[0].status is Status.captured
    assert msgspec.to_builtins(live.kind) == "charge"
