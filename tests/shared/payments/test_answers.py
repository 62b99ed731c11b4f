"""Answers: however often and in whatever order the provider says it, a payment moves forward and money counts once."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import answers, asking, connections, customers, paying, payments, postings
from holdfast.shared.payments.payments import Payment, Status
from tests.conftest import Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Peer

Wanted = Callable[..., Awaitable[Payment]]


@pytest.fixture
async def way(committed: Open, connection: connections.Connection) -> ports.Connection:
    """The connection, opened."""
    async with committed() as tx:
        return await connections.opened(tx, connection.id)


async def tell(committed: Open, way: ports.Connection, answer: ports.Payment, *, seen: int | None = None) -> Payment:
    """The provider says something, in a transaction of its own."""
    async with committed() as tx:
        return await answers.told(tx, way, answer, seen=seen)


def purchase(payment: Payment) -> ports.Purchase:
    """What the provider was asked to take."""
    return ports.Purchase(
        payment_id=payment.id, amount=payment.amount, description="x", payer=ports.Payer(id=payment.customer_id)
    )


async def events(committed: Open, payment: Payment, name: str) -> int:
    """How often something was said of a payment."""
    async with committed() as tx:
        return await tx.one(
            int, "select count(*) from kernel_event where subject_id = $1 and name = $2", payment.id, name
        )


async def test_the_same_answer_many_times_at_once_is_money_once(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection, customer: customers.Customer
) -> None:
    payment = await wanted(700)
    answer = peer.made(purchase(payment), "captured")
    told = await asyncio.gather(*(tell(committed, way, answer) for _ in range(10)))
    assert {one.id for one in told} == {payment.id}
    assert {one.status for one in told} == {Status.captured}
    assert await events(committed, payment, "payments.payment.captured") == 1
    assert await balance(committed, postings.CLEARING, way.id) == 700
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -700


@pytest.mark.parametrize("later", ["requires_action", "processing", "authorized", "failed", "cancelled"])
async def test_what_is_captured_stays_captured(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection, later: ports.Standing
) -> None:
    payment = await wanted()
    answer = peer.made(purchase(payment), "captured")
    await tell(committed, way, answer)
    after = await tell(committed, way, msgspec.structs.replace(answer, standing=later))
    assert after.status is Status.captured
    assert await balance(committed, postings.CLEARING, way.id) == 1250


async def test_an_answer_older_than_what_is_known_is_thrown_away(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    answer = peer.made(purchase(payment), "processing")
    known = await tell(committed, way, answer)
    seen = known.version
    await tell(committed, way, msgspec.structs.replace(answer, standing="requires_action"))
    with pytest.raises(answers.Stale):
        await tell(committed, way, answer, seen=seen)
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.requires_action


async def test_whoever_asks_asks_again_when_the_payment_changed_meanwhile(
    committed: Open, database: Database, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    answer = peer.put(peer.made(purchase(payment), "processing"))
    await tell(committed, way, answer)
    fetch, asked = peer.fetch, 0

    async def slow(ref: str) -> ports.Payment:
        nonlocal asked
        found = await fetch(ref)
        asked += 1
        if asked == 1:
            # While the first answer is on its way, the payer goes on and another question is answered.
            peer.change(ref, standing="requires_action")
            await tell(committed, way, peer.payments[ref])
        return found

    peer.fetch = slow  # type: ignore[method-assign]
    after = await asking.about(committed, database, way, answer.ref)
    assert after is not None
    assert after.status is Status.requires_action
    assert asked == 2


async def test_words_about_a_replaced_attempt_do_not_count_but_its_money_does(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    first = peer.made(purchase(payment), "failed", decline=ports.Decline(code="expired_card", message="It expired."))
    await tell(committed, way, first)
    second = peer.made(purchase(payment), "requires_action")
    await tell(committed, way, second)
    after = await tell(committed, way, first)
    assert (after.status, after.provider_ref) == (Status.requires_action, second.ref)
    paid = await tell(committed, way, msgspec.structs.replace(first, standing="captured", captured=first.amount))
    assert (paid.status, paid.provider_ref) == (Status.captured, first.ref)


@pytest.mark.parametrize("known_before", [False, True])
async def test_money_that_comes_twice_is_kept_beside(
    committed: Open,
    wanted: Wanted,
    peer: Peer,
    way: ports.Connection,
    customer: customers.Customer,
    known_before: bool,
) -> None:
    payment = await wanted(300)
    second = peer.made(purchase(payment), "captured")
    if known_before:
        declined = msgspec.structs.replace(second, standing="failed", captured=Money(0, "PEN"))
        await tell(committed, way, declined)
    await tell(committed, way, peer.made(purchase(payment), "captured"))
    beside = await asyncio.gather(*(tell(committed, way, second) for _ in range(12)))
    assert len({one.id for one in beside} - {payment.id}) == 1
    surplus = next(one for one in beside if one.id != payment.id)
    assert (surplus.purpose, surplus.purpose_id) == (answers.SURPLUS, payment.id)
    assert surplus.customer_id == customer.id
    assert await balance(committed, postings.CLEARING, way.id) == 600
    again = await tell(committed, way, second)
    assert again.id == surplus.id


@pytest.mark.parametrize("amount", [Money(1, "PEN"), Money(1250, "USD")])
async def test_another_amount_does_not_pay(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection, amount: Money
) -> None:
    payment = await wanted(1250)
    other = peer.made(purchase(payment), "captured", amount=amount, captured=amount)
    beside = await tell(committed, way, other)
    assert beside.purpose == answers.MISMATCH
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.created
    assert await balance(committed, postings.CLEARING, way.id, amount.currency) == amount.minor


@pytest.mark.meets("P26")
async def test_a_payment_that_began_at_the_provider_is_taken_over_once(
    committed: Open, connection: connections.Connection, peer: Peer, way: ports.Connection
) -> None:
    answer = peer.made(
        ports.Purchase(
            payment_id=ids.new(), amount=Money(4200, "PEN"), description="", payer=ports.Payer(id=ids.new())
        ),
        "captured",
        payment_id=None,
        customer_ref="cus_from_there",
    )
    told = await asyncio.gather(*(tell(committed, way, answer) for _ in range(6)))
    assert len({one.id for one in told}) == 1
    adopted = told[0]
    assert (adopted.status, adopted.purpose) == (Status.captured, answers.ADOPTED)
    assert await balance(committed, postings.CLEARING, connection.id) == 4200
    async with committed() as tx:
        assert await customers.of_ref(tx, connection.id, "cus_from_there") == adopted.customer_id
        later = await answers.adopt(tx, connection.id, answer, purpose="billing.subscription", purpose_id=connection.id)
    assert (later.id, later.purpose) == (adopted.id, "billing.subscription")


async def test_who_paid_may_be_known_later(
    committed: Open, customer: customers.Customer, peer: Peer, way: ports.Connection
) -> None:
    bought = ports.Purchase(
        payment_id=ids.new(), amount=Money(900, "PEN"), description="", payer=ports.Payer(id=ids.new())
    )
    answer = peer.made(bought, "captured", payment_id=None)
    adopted = await tell(committed, way, answer)
    assert await balance(committed, postings.RECEIVABLE, adopted.customer_id) == -900
    purpose_id = ids.new()

    async def recognise() -> Payment:
        async with committed() as tx:
            return await answers.adopt(
                tx,
                way.id,
                answer,
                customer_id=customer.id,
                purpose="billing.subscription",
                purpose_id=purpose_id,
            )

    known = await asyncio.gather(*(recognise() for _ in range(4)))
    assert {(one.id, one.customer_id, one.purpose_id) for one in known} == {(adopted.id, customer.id, purpose_id)}
    assert await balance(committed, postings.RECEIVABLE, adopted.customer_id) == 0
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -900


async def test_a_part_that_knows_what_a_payment_is_for_says_so(
    committed: Open, customer: customers.Customer, peer: Peer, way: ports.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    purpose_id = ids.new()

    async def claims(tx: Tx, connection_id: object, answer: ports.Payment) -> answers.Belonging | None:
        if answer.subscription_ref != "sub_1":
            return None
        return answers.Belonging(purpose="billing.subscription", purpose_id=purpose_id, customer_id=customer.id)

    monkeypatch.setattr(answers, "_claims", [])
    answers.claim(claims)
    bought = ports.Purchase(
        payment_id=ids.new(), amount=Money(900, "PEN"), description="", payer=ports.Payer(id=ids.new())
    )
    known = await tell(committed, way, peer.made(bought, "captured", payment_id=None, subscription_ref="sub_1"))
    assert (known.purpose, known.purpose_id, known.customer_id) == ("billing.subscription", purpose_id, customer.id)
    unknown = await tell(committed, way, peer.made(bought, "captured", payment_id=None, subscription_ref="sub_2"))
    assert unknown.purpose == answers.ADOPTED


@pytest.mark.meets("P64")
async def test_live_and_test_payments_do_not_meet(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    live = peer.made(purchase(payment), "captured", live=True)
    with pytest.raises(answers.OtherMode):
        await tell(committed, way, live)
    async with committed() as tx:
        with pytest.raises(answers.OtherMode):
            await answers.adopt(tx, way.id, live)
        assert (await tx.get(Payment, payment.id)).status is Status.created


async def test_an_authorization_of_what_is_to_be_captured_is_captured(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    await asyncio.gather(*(tell(committed, way, one) for one in [peer.made(purchase(payment), "authorized")] * 4))
    async with committed() as tx:
        kinds = await tx.all(str, "select kind from payments_attempt where payment_id = $1", payment.id)
    assert kinds == ["capture"]


async def test_money_is_believed_after_the_payment_was_let_go(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    async with committed() as tx:
        await payments.moved(tx, await tx.get(Payment, payment.id, lock=True), Status.cancelled)
    after = await tell(committed, way, peer.made(purchase(payment), "captured"))
    assert after.status is Status.captured


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("created", "created", None), ("requires_action", "requires_action", None), ("processing", "failed", "cancelled")],
)
async def test_a_try_that_the_provider_gives_up_ends_the_try_alone(
    committed: Open,
    wanted: Wanted,
    peer: Peer,
    way: ports.Connection,
    before: str,
    after: str,
    code: str | None,
) -> None:
    payment = await wanted()
    standing: ports.Standing = "processing" if before == "processing" else "requires_action"
    answer = peer.made(purchase(payment), standing)
    if before != "created":
        await tell(committed, way, answer)
    found = await tell(committed, way, msgspec.structs.replace(answer, standing="cancelled"))
    assert (found.status, found.decline_code, found.provider_ref) == (after, code, None)
    paid = await tell(committed, way, peer.made(purchase(payment), "captured"))
    assert paid.status is Status.captured


async def test_an_authorization_that_the_provider_lets_go_is_cancelled(
    committed: Open, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted(capture=False)
    answer = peer.made(purchase(payment), "authorized")
    await tell(committed, way, answer)
    found = await tell(committed, way, msgspec.structs.replace(answer, standing="cancelled"))
    assert found.status is Status.cancelled


@pytest.mark.parametrize("firm", ["processing", "authorized"])
@pytest.mark.parametrize("other", ["requires_action", "failed", "cancelled"])
async def test_another_try_does_not_set_back_the_one_that_got_further(
    committed: Open,
    wanted: Wanted,
    peer: Peer,
    way: ports.Connection,
    firm: ports.Standing,
    other: ports.Standing,
) -> None:
    payment = await wanted(capture=False)
    first = peer.made(purchase(payment), firm)
    await tell(committed, way, first)
    after = await tell(committed, way, peer.made(purchase(payment), other))
    assert (after.status, after.provider_ref) == (firm, first.ref)


async def test_a_page_that_expired_does_not_close_the_next_one(
    committed: Open, database: Database, wanted: Wanted, peer: Peer, way: ports.Connection
) -> None:
    payment = await wanted()
    await paying.checkout(committed, database, payment.id, return_url="/home")
    async with committed() as tx:
        page = (await tx.get(Payment, payment.id)).checkout_ref
    await tell(committed, way, peer.made(purchase(payment), "cancelled", order_ref="cs_before"))
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).checkout_ref == page
    await tell(committed, way, peer.made(purchase(payment), "cancelled", order_ref=page))
    async with committed() as tx:
        found = await tx.get(Payment, payment.id)
    assert (found.checkout_ref, found.status) == (None, Status.created)
