"""Payments: asked for once, charged once, and believed only from the provider."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Reused
from holdfast.shared.payments import (
    asking,
    attempts,
    calls,
    charging,
    connections,
    customers,
    methods,
    paying,
    payments,
    postings,
)
from holdfast.shared.payments.payments import Payment, Status
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance, call, charge
from tests.shared.payments.peer import Peer

Wanted = Callable[..., Awaitable[Payment]]
Saved = Callable[..., Awaitable[methods.Method]]


async def test_the_same_purpose_and_key_is_the_same_payment(
    committed: Open, customer: customers.Customer, peer: Peer
) -> None:
    purpose_id = ids.new()

    async def ask(minor: int = 500) -> Payment:
        async with committed() as tx:
            return await payments.request(
                tx,
                customer_id=customer.id,
                amount=Money(minor, "PEN"),
                description="Invoice 7",
                purpose="billing.invoice",
                purpose_id=purpose_id,
                key="1",
            )

    made = await asyncio.gather(*(ask() for _ in range(8)))
    assert len({payment.id for payment in made}) == 1
    assert made[0].status is Status.created
    with pytest.raises(Reused):
        await ask(501)
    async with committed() as tx:
        count = await tx.one(int, "select count(*) from payments_payment where purpose_id = $1", purpose_id)
    assert count == 1


@pytest.mark.parametrize(
    ("minor", "description", "id_"),
    [(0, "x", None), (-1, "x", None), (2**53, "x", None), (1, "  ", None), (1, "x", UUID(int=4))],
)
async def test_a_payment_must_make_sense(
    committed: Open, customer: customers.Customer, peer: Peer, minor: int, description: str, id_: UUID | None
) -> None:
    async with committed() as tx:
        with pytest.raises(Invalid):
            await payments.request(
                tx,
                customer_id=customer.id,
                amount=Money(minor, "PEN"),
                description=description,
                purpose=payments.ASKED,
                purpose_id=ids.new(),
                key="1",
                id=id_,
            )


@pytest.mark.meets("I22", "P9")
async def test_a_saved_card_is_charged_once(
    committed: Open,
    database: Database,
    wanted: Wanted,
    saved: Saved,
    peer: Peer,
    customer: customers.Customer,
    connection: connections.Connection,
) -> None:
    payment, method = await wanted(1250), await saved()
    paid = await charge(committed, database, payment.id, method.id)
    assert paid.status is Status.captured
    assert paid.captured == Money(1250, "PEN")
    assert paid.captured_at is not None
    assert (paid.method_kind, paid.method_last4) == ("card", "4242")
    again = await charge(committed, database, payment.id, method.id)
    assert again.version == paid.version
    assert peer.times("charge") == 1
    assert await balance(committed, postings.CLEARING, connection.id) == 1250
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -1250


async def test_whoever_charges_at_once_makes_one_call(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer, connection: connections.Connection
) -> None:
    payment, method = await wanted(900), await saved()
    await asyncio.gather(*(charge(committed, database, payment.id, method.id) for _ in range(6)))
    assert peer.times("charge") == 1
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.captured
        assert len(await attempts.of_payment(tx, payment.id)) == 1
    assert await balance(committed, postings.CLEARING, connection.id) == 900


async def test_the_reaction_makes_the_call_when_the_route_has_died(
    committed: Open, drain: Drain, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, method = await wanted(), await saved()
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
    await drain()
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.captured
    assert peer.times("charge") == 1


async def test_a_declined_card_may_be_tried_again(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, bad, good = await wanted(), await saved("declined"), await saved()
    failed = await charge(committed, database, payment.id, bad.id)
    assert failed.status is Status.failed
    assert failed.decline_code == "insufficient_funds"
    assert failed.decline_retry is True
    old = next(iter(peer.payments.values()))
    paid = await charge(committed, database, payment.id, good.id)
    assert paid.status is Status.captured
    assert paid.attempts == 2
    async with committed() as tx:
        tried = await attempts.of_payment(tx, payment.id)
        states = [attempt.state for attempt in tried]
    assert states == [attempts.State.failed, attempts.State.succeeded]
    assert tried[0].error_code == "insufficient_funds"
    assert paid.provider_ref != old.ref


async def test_a_refused_call_fails_the_payment_for_good(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["refused"]
    failed = await charge(committed, database, payment.id, method.id)
    assert failed.status is Status.failed
    assert failed.decline_retry is False


async def test_an_unreachable_provider_is_called_again_later(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["away"]
    waiting = await charge(committed, database, payment.id, method.id)
    assert waiting.status is Status.processing
    await call(committed, database, payment.id)
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.captured
    assert len({key for what, key in peer.calls if what == "charge"}) == 1


async def test_an_unanswered_call_is_unknown_and_blocks_another(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["done_unheard"]
    unknown = await charge(committed, database, payment.id, method.id)
    assert unknown.status is Status.unknown
    again = await charge(committed, database, payment.id, method.id)
    assert again.status is Status.unknown
    assert peer.times("charge") == 1


async def test_a_fault_of_ours_is_unknown_too(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["broken"]
    assert (await charge(committed, database, payment.id, method.id)).status is Status.unknown


@pytest.mark.meets("P22")
async def test_a_customer_of_the_provider_is_made_when_there_is_none_and_kept(
    committed: Open, database: Database, wanted: Wanted, customer: customers.Customer, peer: Peer
) -> None:
    payment = await wanted()

    async def name() -> str | None:
        async with committed() as tx:
            connection = await connections.opened(tx, payment.connection_id)
            payer = await customers.payer(tx, customer.id, connection.id)
        return (await calls.known_payer(committed, database, connection, payer)).ref

    names = await asyncio.gather(*(name() for _ in range(4)))
    assert len(set(names)) == 1
    assert await name() == names[0]
    async with committed() as tx:
        assert await customers.ref(tx, customer.id, payment.connection_id) == names[0]
        assert await customers.of_ref(tx, payment.connection_id, str(names[0])) == customer.id
    before = peer.times("customer")
    await name()
    assert peer.times("customer") == before


async def test_a_charge_closes_what_the_payer_had_open(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment, needs, good = await wanted(), await saved("needs"), await saved()
    await paying.checkout(committed, database, payment.id, return_url="/home")
    session = next(iter(peer.sessions))
    waiting = await charge(committed, database, payment.id, needs.id)
    assert (waiting.status, waiting.checkout_ref) == (Status.requires_action, None)
    assert session not in peer.sessions
    paid = await charge(committed, database, payment.id, good.id)
    assert paid.status is Status.captured
    standings = sorted(one.standing for one in peer.payments.values())
    assert standings == ["cancelled", "captured"]


async def test_whoever_clicks_twice_gets_one_page(
    committed: Open, database: Database, wanted: Wanted, peer: Peer
) -> None:
    payment = await wanted()
    pages = await asyncio.gather(
        *(paying.checkout(committed, database, payment.id, return_url="/home") for _ in range(5))
    )
    assert len(set(pages)) == 1
    assert peer.times("checkout") == 1
    orders = await asyncio.gather(*(paying.order(committed, database, payment.id) for _ in range(5)))
    assert len({order.order_ref for order in orders}) == 1
    assert peer.times("order") == 1


async def test_a_page_that_was_paid_meanwhile_is_not_charged_again(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer, connection: connections.Connection
) -> None:
    payment, needs, good = await wanted(), await saved("needs"), await saved()
    waiting = await charge(committed, database, payment.id, needs.id)
    # The payer has gone on at the provider, and nobody has told us yet.
    peer.change(waiting.provider_ref or "", standing="captured", captured=payment.amount)
    paid = await charge(committed, database, payment.id, good.id)
    assert (paid.status, paid.provider_ref) == (Status.captured, waiting.provider_ref)
    assert peer.times("charge") == 1
    assert await balance(committed, postings.CLEARING, connection.id) == 1250


async def test_a_new_page_ends_the_step_that_the_payer_did_not_take(
    committed: Open, database: Database, wanted: Wanted, saved: Saved, peer: Peer
) -> None:
    payment = await wanted()
    waiting = await charge(committed, database, payment.id, (await saved("needs")).id)
    await paying.checkout(committed, database, payment.id, return_url="/home")
    assert peer.payments[waiting.provider_ref or ""].standing == "cancelled"
    # The message about that comes late, and ends nothing.
    async with committed() as tx:
        way = await connections.opened(tx, payment.connection_id)
    await asking.about(committed, database, way, waiting.provider_ref or "")
    async with committed() as tx:
        found = await tx.get(Payment, payment.id)
    assert found.status is Status.requires_action
    assert found.checkout_ref is not None


def test_money_is_the_end_of_every_way_and_is_never_left() -> None:
    assert payments.MOVES.keys() == set(Status)
    for status, following in payments.MOVES.items():
        assert status not in following
        if status is not Status.captured:
            assert Status.captured in following
    assert not payments.MOVES[Status.captured]
