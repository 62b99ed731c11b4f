"""Giving back: what failed and happened after all, what a bank sent back and took again, what a dispute has taken."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import httpx2
import msgspec
import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Page
from holdfast.shared.payments import asking, attempts, connections, customers, disputes, giving, postings, refunds
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.refunds import Refund, Standing
from tests.conftest import Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.desk import answered, refused
from tests.shared.payments.peer import Peer
from tests.shared.payments.test_refunds import ask, give, now

Charged = Callable[..., Awaitable[Payment]]


@pytest.fixture
def told(
    committed: Open, database: Database, connection: connections.Connection
) -> Callable[[Payment], Awaitable[Any]]:
    """``await told(payment)`` asks the provider about a payment, its refunds and its disputes."""

    async def asked(payment: Payment) -> Payment:
        async with committed() as tx:
            way = await connections.opened(tx, connection.id)
        await asking.about(committed, database, way, payment.provider_ref or "", with_refunds=True, with_disputes=True)
        return await now(committed, payment)

    return asked


async def words(committed: Open, payment: Payment) -> list[str]:
    """What was said of the payment's refunds."""
    async with committed() as tx:
        return await tx.all(
            str,
            "select name from kernel_event where subject_id = $1 and name like 'payments.refund.%' order by seq",
            payment.id,
        )


@pytest.mark.parametrize("way", [["succeeded"], ["pending", "succeeded"]])
async def test_a_refund_that_failed_and_happened_after_all_is_counted_once(
    committed: Open,
    database: Database,
    charged: Charged,
    peer: Peer,
    told: Any,
    connection: connections.Connection,
    customer: customers.Customer,
    way: list[Literal["pending", "succeeded"]],
) -> None:
    payment = await charged(minor=1000)
    peer.faults["refund"] = ["refused"]
    failed = await give(committed, database, payment, 1000, "1")
    assert (failed.status, failed.provider_ref) == (Standing.failed, None)
    # The provider did the first sending, and its list tells so late.
    there = peer.give_back(payment.provider_ref or "", Money(1000, "PEN"), refund_id=failed.id)
    for standing in way:
        peer.refunds_[there.ref] = msgspec.structs.replace(there, standing=standing)
        for _ in range(2):
            await told(payment)
    async with committed() as tx:
        assert [(one.id, one.status, one.error_code) for one in await refunds.of_payment(tx, payment.id)] == [
            (failed.id, Standing.succeeded, None)
        ]
    after = await now(committed, payment)
    assert (after.refunded.minor, after.refunding.minor) == (1000, 0)
    assert await balance(committed, postings.CLEARING, connection.id) == 0
    assert await balance(committed, postings.RECEIVABLE, customer.id) == 0
    with pytest.raises(refunds.TooMuch):
        await ask(committed, payment, 1, "2")


async def test_the_same_money_may_be_wanted_twice_meanwhile(
    committed: Open, database: Database, charged: Charged, peer: Peer, told: Any, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    peer.faults["refund"] = ["refused"]
    failed = await give(committed, database, payment, 1000, "1")
    second = await ask(committed, payment, 1000, "2")
    peer.give_back(payment.provider_ref or "", Money(1000, "PEN"), refund_id=failed.id)
    await told(payment)
    after = await now(committed, payment)
    assert (after.refunded.minor, after.refunding.minor) == (1000, 1000), "both are known, and neither is forgotten"
    again = await give(committed, database, payment, 1000, "2")
    assert (again.id, again.status) == (second.id, Standing.failed)
    after = await now(committed, payment)
    assert (after.refunded.minor, after.refunding.minor) == (1000, 0)
    assert await balance(committed, postings.CLEARING, connection.id) == 0


async def test_a_refund_may_go_and_come_back_and_go_again(
    committed: Open, database: Database, charged: Charged, peer: Peer, told: Any, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    refund = await give(committed, database, payment, 400)
    assert refund.provider_ref is not None
    there = peer.refunds_[refund.provider_ref]
    for turn, (standing, left) in enumerate(
        [("failed", 1000), ("succeeded", 600), ("failed", 1000), ("succeeded", 600)]
    ):
        peer.refunds_[there.ref] = msgspec.structs.replace(there, standing=standing)
        async with committed() as tx:
            # What the provider said itself is believed to be newer than an answer that may have been on its way.
            await tx.execute("update tenants_tenant set clock_offset = $1", (turn + 1) * 2 * attempts.LEASE)
        for _ in range(2):
            await told(payment)
        assert await balance(committed, postings.CLEARING, connection.id) == left
        assert (await now(committed, payment)).refunded.minor == 1000 - left
    assert await words(committed, payment) == [
        "payments.refund.requested",
        *["payments.refund.succeeded", "payments.refund.failed"] * 2,
        "payments.refund.succeeded",
    ]


async def test_an_answer_that_was_on_its_way_does_not_undo_a_failure(
    committed: Open, database: Database, charged: Charged, peer: Peer, told: Any, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    refund = await give(committed, database, payment, 400)
    older = peer.refunds_[refund.provider_ref or ""]
    peer.refunds_[older.ref] = msgspec.structs.replace(older, standing="failed")
    await told(payment)
    async with committed() as tx:
        ours = await refunds.told(tx, await tx.get(Payment, payment.id, lock=True), older)
    assert ours.status is Standing.failed
    assert await balance(committed, postings.CLEARING, connection.id) == 1000


async def test_what_a_dispute_has_taken_is_not_given_back_as_well(
    committed: Open, database: Database, charged: Charged, peer: Peer, told: Any, owner: httpx2.AsyncClient
) -> None:
    payment = await charged(minor=1000)
    await give(committed, database, payment, 100, "before")
    complaint = peer.complain(payment.provider_ref or "")
    peer.disputes_[complaint.ref] = msgspec.structs.replace(complaint, amount=Money(700, "PEN"))
    await told(payment)
    for amount in (201, 900):
        with pytest.raises(refunds.Disputed):
            await ask(committed, payment, amount, "no")
    with pytest.raises(refunds.TooMuch) as beyond:
        await ask(committed, payment, 901, "no")
    assert not isinstance(beyond.value, refunds.Disputed)
    detail = await answered(owner, "GET", f"/{payment.id}")
    assert detail["payment"]["refundable"]["minor"] == 200
    assert (await answered(owner, "POST", f"/{payment.id}/refresh"))["refundable"]["minor"] == 200
    rest = await give(committed, database, payment, None, "rest")
    assert (rest.amount.minor, rest.status) == (200, Standing.succeeded)
    body = {"reason": "Cold coffee"}
    said = await refused(owner, f"/{payment.id}/refunds", body, **{"Idempotency-Key": "none left"})
    assert said == (409, "payments.refunds.disputed")
    # A dispute that is won gives it back, and one that is lost never does.
    peer.decide(complaint.ref, "won")
    await told(payment)
    assert (await give(committed, database, payment, None, "won")).amount.minor == 700


async def test_a_lost_dispute_keeps_what_it_took_and_an_inquiry_takes_nothing(
    committed: Open, database: Database, charged: Charged, peer: Peer, told: Any
) -> None:
    lost, asked = await charged(minor=1000), await charged(minor=1000)
    peer.decide(peer.complain(lost.provider_ref or "").ref, "lost")
    peer.complain(asked.provider_ref or "", withdrawn=False)
    await told(lost)
    await told(asked)
    with pytest.raises(refunds.Disputed):
        await ask(committed, lost, 1)
    assert (await give(committed, database, asked, 1000)).status is Standing.succeeded


async def test_the_books_are_asked_before_anything_is_posted(
    committed: Open, database: Database, charged: Charged, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    refund: Refund = await give(committed, database, payment, 400)
    about: dict[str, Any] = {
        "customer_id": refund.customer_id,
        "connection_id": refund.connection_id,
        "amount": refund.amount,
    }
    for gone, left in [(True, 600), (False, 1000), (False, 1000), (True, 600), (True, 600)]:
        async with committed() as tx:
            await giving.book(tx, refund.id, gone=gone, **about)
        assert await balance(committed, postings.CLEARING, connection.id) == left


async def test_refunds_of_a_state_are_found_by_an_index(committed: Open, database: Database, charged: Charged) -> None:
    payment = await charged(minor=1000)
    made = [await give(committed, database, payment, 100, str(n)) for n in range(3)]
    async with committed() as tx:
        first = await refunds.refunds(tx, Page(limit=2), status="succeeded")
        rest = await refunds.refunds(tx, Page(limit=2, after=first.next), status="succeeded")
        assert [one.id for one in first.items + rest.items] == [one.id for one in reversed(made)]
        assert (await refunds.refunds(tx, Page(), status="failed")).items == []
        # So many that a plan which reads them all would be dear.
        await tx.execute(_MANY_REFUNDS, made[0].id)
        await tx.execute(_MANY_DISPUTES, payment.id)
        await tx.connection.execute("set local enable_seqscan = off; set local enable_sort = off")
        for sql, more, index in [
            (refunds.BY_STATUS, ["failed"], "payments_refund_by_status"),
            (disputes.WAITING, [], "payments_dispute_waiting"),
        ]:
            lines = await tx.connection.fetch(f"explain {sql}", None, None, 50, *more)
            plan = "\n".join(line[0] for line in lines)
            assert index in plan, plan
            assert "Sort" not in plan


_MANY_REFUNDS = """
    insert into payments_refund (id, payment_id, customer_id, connection_id, amount_minor, amount_currency, status,
        reason, key, requested_by_kind, created_at, changed_at)
    select gen_random_uuid(), payment_id, customer_id, connection_id, 1, amount_currency, 'failed', 'Cold',
        'many ' || n, 'platform', created_at, created_at from payments_refund, generate_series(1, 3000) as n
    where id = $1
"""
_MANY_DISPUTES = """
    insert into payments_dispute (id, payment_id, customer_id, connection_id, provider_ref, amount_minor,
        amount_currency, reason, status, opened_at, changed_at, closed_at)
    select gen_random_uuid(), id, customer_id, connection_id, 'dp_' || n, 1, amount_currency, 'general', 'won',
        created_at, created_at, created_at from payments_payment, generate_series(1, 3000) as n where id = $1
"""
