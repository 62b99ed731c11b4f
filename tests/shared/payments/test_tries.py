"""Several tries of one payment: what is said about one is never taken for the answer to another."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.payments import (
    answers,
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
    refunds,
)
from holdfast.shared.payments.attempts import Kind, State
from holdfast.shared.payments.payments import Payment, Status
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance, call, charge
from tests.shared.payments.peer import Peer
from tests.shared.payments.test_answers import purchase
from tests.shared.payments.test_janitor import look_after, state

Wanted = Callable[..., Awaitable[Payment]]
Saved = Callable[..., Awaitable[methods.Method]]
BACK = "http://localhost/back"


async def page(committed: Open, database: Database, payment: Payment) -> str:
    """The payer is given a page; gives its name."""
    await paying.checkout(committed, database, payment.id, return_url=BACK)
    async with committed() as tx:
        ref = (await tx.get(Payment, payment.id)).checkout_ref
    assert ref is not None
    return ref


async def way(committed: Open, connection: connections.Connection) -> ports.Connection:
    """How the provider is reached."""
    async with committed() as tx:
        return await connections.opened(tx, connection.id)


def took(peer: Peer) -> list[str]:
    """The payments of which the provider has the money."""
    return [one.ref for one in peer.payments.values() if one.standing == "captured"]


@pytest.mark.parametrize("heard", ["webhook", "janitor"])
async def test_a_decline_on_the_page_is_not_the_answer_of_the_charge_after_it(
    committed: Open,
    database: Database,
    drain: Drain,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    connection: connections.Connection,
    heard: str,
) -> None:
    payment, method = await wanted(), await saved()
    older = msgspec.structs.replace(purchase(payment), attempt_id=ids.new())
    declined = peer.put(peer.made(older, "failed"))
    peer.faults["charge"] = ["done_unheard"]
    assert (await charge(committed, database, payment.id, method.id)).status is Status.unknown
    if heard == "webhook":
        await asking.about(committed, database, await way(committed, connection), declined.ref)
        found, states = await state(committed, payment.id)
        assert (found.status, states) == (Status.unknown, [State.unknown])
    # Nobody charges once more before the janitor knows.
    assert (await charge(committed, database, payment.id, method.id)).status is Status.unknown
    await look_after(committed, drain)
    found, states = await state(committed, payment.id)
    assert (found.status, states) == (Status.captured, [State.succeeded])
    assert took(peer) == [found.provider_ref]
    assert await balance(committed, postings.CLEARING, connection.id) == 1250


async def test_a_charge_that_never_arrived_is_not_made_again_when_the_page_was_paid(
    committed: Open,
    database: Database,
    drain: Drain,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    connection: connections.Connection,
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["lost"]
    await charge(committed, database, payment.id, method.id)
    other = msgspec.structs.replace(purchase(payment), attempt_id=ids.new())
    paid = peer.put(peer.made(other, "captured"))
    await asking.about(committed, database, await way(committed, connection), paid.ref)
    await look_after(committed, drain, 4)
    found, states = await state(committed, payment.id)
    assert (found.status, found.provider_ref, states) == (Status.captured, paid.ref, [State.failed])
    assert peer.times("charge") == 1


async def test_a_charge_that_happened_beside_the_page_is_kept_as_money_of_its_own(
    committed: Open,
    database: Database,
    drain: Drain,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    connection: connections.Connection,
) -> None:
    payment, method = await wanted(), await saved()
    peer.faults["charge"] = ["done_unheard"]
    await charge(committed, database, payment.id, method.id)
    [charged] = took(peer)
    other = msgspec.structs.replace(purchase(payment), attempt_id=ids.new())
    paid = peer.put(peer.made(other, "captured"))
    await asking.about(committed, database, await way(committed, connection), paid.ref)
    await look_after(committed, drain, 2)
    found, states = await state(committed, payment.id)
    assert (found.provider_ref, states) == (paid.ref, [State.succeeded])
    async with committed() as tx:
        beside = await payments.for_purpose(tx, answers.SURPLUS, payment.id)
    assert [(one.status, one.provider_ref) for one in beside] == [(Status.captured, charged)]
    assert await balance(committed, postings.CLEARING, connection.id) == 2500


async def test_what_was_paid_before_the_call_is_made_is_not_charged(
    committed: Open, database: Database, peer: Peer, wanted: Wanted, saved: Saved, connection: connections.Connection
) -> None:
    payment, method = await wanted(), await saved()
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
    paid = peer.put(peer.made(purchase(payment), "captured"))
    await asking.about(committed, database, await way(committed, connection), paid.ref)
    await call(committed, database, payment.id)
    assert peer.times("charge") == 0
    assert (await state(committed, payment.id))[1] == [State.failed]


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Peer]:
    """A provider for each kind of connection."""
    found = {"sandbox-stripe": Peer(), "sandbox-razorpay": Peer()}
    monkeypatch.setattr(connecting, "adapter", lambda connection, *, database: found[connection.provider])
    return found


@pytest.mark.parametrize("paid_first", [True, False])
async def test_a_page_of_one_provider_is_closed_before_another_one_charges(
    committed: Open, database: Database, peers: dict[str, Peer], wanted: Wanted, customer: Any, paid_first: bool
) -> None:
    first, other = peers["sandbox-stripe"], peers["sandbox-razorpay"]
    async with committed() as tx:
        one = await connections.open_sandbox(tx)
        two = await connections.open_sandbox(tx, "sandbox-razorpay")
        method = await methods.remember(tx, customer.id, two.id, other.save("cus_1"))
    payment = await wanted(connection_id=one.id)
    session = await page(committed, database, payment)
    if paid_first:
        paid = first.pay(session)
        # The payer pays at the last moment; the page itself says so.
        first.payments[session] = msgspec.structs.replace(paid, ref=session)
    payment = await charge(committed, database, payment.id, method.id)
    assert first.times("cancel") == 1
    assert payment.status is Status.captured
    if not paid_first:
        assert session not in first.sessions
        assert (payment.connection_id, other.times("charge")) == (two.id, 1)
        return
    assert (payment.connection_id, other.times("charge")) == (one.id, 0)
    assert await balance(committed, postings.CLEARING, one.id) == 1250
    assert await balance(committed, postings.CLEARING, two.id) == 0


async def test_money_at_an_older_page_is_given_back_by_whoever_has_it(
    committed: Open, database: Database, drain: Drain, peers: dict[str, Peer], wanted: Wanted, customer: Any
) -> None:
    first, other = peers["sandbox-stripe"], peers["sandbox-razorpay"]
    async with committed() as tx:
        one = await connections.open_sandbox(tx)
        two = await connections.open_sandbox(tx, "sandbox-razorpay")
        method = await methods.remember(tx, customer.id, two.id, other.save("cus_1", "declined"))
    payment = await wanted(connection_id=one.id)
    session = await page(committed, database, payment)
    purchased = first.sessions[session]
    await charge(committed, database, payment.id, method.id)
    paid = first.put(first.made(purchased, "captured", order_ref=session))
    await asking.about(committed, database, await way(committed, one), paid.ref)
    async with committed() as tx:
        found = await tx.get(Payment, payment.id)
        assert (found.status, found.connection_id) == (Status.captured, one.id)
        await refunds.request(tx, payment.id, amount=Money(500, "PEN"), key="1", reason="Too bitter")
    await drain()
    assert first.payments[paid.ref].refunded.minor == 500
    assert await balance(committed, postings.CLEARING, one.id) == 750


async def test_a_calls_older_answer_moves_nothing_backwards(
    committed: Open, database: Database, peer: Peer, wanted: Wanted, saved: Saved, connection: connections.Connection
) -> None:
    payment, method = await wanted(), await saved("slow")
    async with committed() as tx:
        await charging.charge(tx, payment.id, method_id=method.id)
        live = await attempts.live(tx, payment.id)
    assert live is not None
    charge_ = peer.charge

    async def slowly(purchase: ports.Purchase, *, method_ref: str, key: str) -> ports.Payment:
        # The bank declines, and its message is here before the answer to the call.
        answer = await charge_(purchase, method_ref=method_ref, key=key)
        peer.change(answer.ref, standing="failed")
        await asking.about(committed, database, await way(committed, connection), answer.ref)
        return answer

    peer.charge = slowly  # type: ignore[method-assign]
    await calls.run(committed, database, live.id)
    found, _ = await state(committed, payment.id)
    assert found.status is Status.failed
    async with committed() as tx:
        assert await tx.one(bool, "select look_at <= now() from payments_payment where id = $1", payment.id)


async def test_a_payment_on_its_way_at_the_older_page_keeps_its_name(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved()
    session = await page(committed, database, payment)
    going = peer.put(peer.made(peer.sessions[session], "processing", order_ref=session))
    async with committed() as tx:
        # It was heard of before, and the payer tried once more on the same page.
        await tx.execute(
            "insert into payments_ref (connection_id, ref, kind, payment_id) values ($1, $2, 'payment', $3)",
            payment.connection_id,
            going.ref,
            payment.id,
        )
        await charging.charge(tx, payment.id, method_id=method.id)

    async def closing(ref: str, *, key: str) -> ports.Payment:
        return peer.payments[going.ref]

    peer.cancel = closing  # type: ignore[method-assign]
    await call(committed, database, payment.id)
    found, states = await state(committed, payment.id)
    assert (found.status, found.provider_ref, states) == (Status.processing, going.ref, [State.succeeded] * 2)
    peer.change(going.ref, standing="failed")
    await look_after(committed, drain)
    assert (await state(committed, payment.id))[0].status is Status.failed


async def test_a_cancellation_whose_call_was_lost_is_made_again(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved("needs_action")
    payment = await charge(committed, database, payment.id, method.id)
    assert payment.status is Status.requires_action
    peer.faults["cancel"] = ["lost"]
    async with committed() as tx:
        await paying.cancel(tx, payment.id)
    await call(committed, database, payment.id)
    await look_after(committed, drain, 4)
    found, states = await state(committed, payment.id)
    assert (found.status, states[-1]) == (Status.cancelled, State.succeeded)
    assert peer.times("cancel") == 2
    assert [one.standing for one in peer.payments.values()] == ["cancelled"]


async def test_a_refusal_of_a_refund_sent_twice_proves_nothing(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved()
    await charge(committed, database, payment.id, method.id)
    listed = peer.refunds
    peer.faults["refund"] = ["done_unheard", "refused", "refused", "refused"]

    async def nothing_yet(ref: str) -> list[ports.Refund]:
        return []

    peer.refunds = nothing_yet  # type: ignore[method-assign]
    async with committed() as tx:
        refund = await refunds.request(tx, payment.id, amount=Money(600, "PEN"), key="1", reason="Too bitter")
    await drain()
    await look_after(committed, drain, 3)
    async with committed() as tx:
        assert (await tx.get(refunds.Refund, refund.id)).status is refunds.Standing.unknown
    peer.refunds = listed  # type: ignore[method-assign]
    await look_after(committed, drain)
    async with committed() as tx:
        assert (await tx.get(refunds.Refund, refund.id)).status is refunds.Standing.succeeded
        assert (await tx.get(Payment, payment.id)).refunded == Money(600, "PEN")


async def test_a_page_that_comes_late_does_not_take_the_place_of_a_newer_one(
    committed: Open, database: Database, drain: Drain, peer: Peer, wanted: Wanted
) -> None:
    payment = await wanted()
    open_checkout = peer.open_checkout
    late: list[ports.Checkout] = []

    async def slowly(purchase: ports.Purchase, *, key: str) -> ports.Checkout:
        answer = await open_checkout(purchase, key=key)
        if not late:
            late.append(answer)
            async with committed() as tx:
                live = await attempts.live(tx, payment.id)
                assert live is not None
                await attempts.end(tx, live.id, State.failed, code="unknown", message="It took too long.")
            await page(committed, database, payment)
        return answer

    peer.open_checkout = slowly  # type: ignore[method-assign]
    await paying.checkout(committed, database, payment.id, return_url=BACK)
    async with committed() as tx:
        found = await tx.get(Payment, payment.id)
        kinds = [attempt.kind for attempt in await attempts.of_payment(tx, payment.id)]
    assert found.checkout_ref not in (None, late[0].ref)
    assert kinds == [Kind.checkout] * 2
    # Somebody who pays on it all the same is believed.
    paid = peer.pay(late[0].ref)
    async with committed() as tx:
        told = await answers.told(tx, await connections.opened(tx, payment.connection_id), paid)
    assert (told.id, told.status) == (payment.id, Status.captured)


async def test_nobody_takes_a_payments_money_by_its_id(
    committed: Open, database: Database, other_tenant: UUID, peer: Peer, wanted: Wanted, saved: Saved
) -> None:
    payment, method = await wanted(), await saved()
    async with transaction(database, other_tenant) as tx:
        there = await connections.open_sandbox(tx)
        mallory = await customers.ensure(tx, name="Mallory")
        same = await payments.request(
            tx,
            customer_id=mallory.id,
            amount=Money(100, "PEN"),
            description="Nothing",
            purpose=payments.ASKED,
            purpose_id=ids.new(),
            key="1",
            id=payment.id,
        )
        told = await answers.told(tx, await connections.opened(tx, there.id), peer.made(purchase(same), "captured"))
        assert told.status is Status.captured
    assert (await charge(committed, database, payment.id, method.id)).status is Status.captured


async def test_an_id_of_months_to_come_is_refused(wanted: Wanted) -> None:
    for moment in (datetime.now(UTC) + timedelta(days=40), datetime(2090, 1, 1, tzinfo=UTC)):
        with pytest.raises(Invalid):
            await wanted(id=ids.named(moment, "a payment"))
    assert (await wanted(id=ids.named(datetime.now(UTC), "a payment"))).status is Status.created


@pytest.mark.parametrize(
    "url",
    [
        "/é\u202e",
        "/x\r\nSet-Cookie: a=b",
        "/" + "x" * 3000,
        "//elsewhere.example/",
        "http://localhost:99999999/",
        "http://localhost:80 /x",
        "https://elsewhere.example/",
        "http://[::1",
        "/a b",
        "",
    ],
)
def test_a_payer_is_sent_back_to_a_well_formed_address_of_ours_alone(url: str, settings: Settings) -> None:
    with pytest.raises(Invalid):
        paying.checked_return(url, settings)


@pytest.mark.parametrize("url", ["/thanks?a=1#b", "http://localhost:5173/x", "http://127.0.0.1/"])
def test_a_payer_is_sent_back_to_this_site(url: str, settings: Settings) -> None:
    assert paying.checked_return(url, settings).endswith(url)
