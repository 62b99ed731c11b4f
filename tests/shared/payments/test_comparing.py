"""Comparing: what only the provider knows (money twice, old refunds, disputes), and what cannot be compared."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import amounts
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.ledger import rules
from holdfast.shared.payments import answers, comparing, connections, disputes, judging, postings, reconciliation
from holdfast.shared.payments import payments as payments_
from holdfast.shared.payments.payments import Payment
from holdfast.shared.payments.refunds import Standing
from tests.conftest import Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Peer
from tests.shared.payments.test_refunds import give

pytestmark = pytest.mark.meets("P75")


def purchase(payment: Payment, **changes: Any) -> ports.Purchase:
    """What the provider was asked to take."""
    values: dict[str, Any] = {"payment_id": payment.id, "amount": payment.amount, "description": "Ten coffees"}
    return ports.Purchase(payer=ports.Payer(id=payment.customer_id), **(values | changes))


async def provider_holds(peer: Peer) -> int:
    """What the provider has, less what it gave back."""
    captured = [one for one in peer.payments.values() if one.standing == "captured"]
    return sum(one.captured.minor - one.refunded.minor for one in captured)


def aged(peer: Peer, payment: Payment, days: int = 30) -> None:
    """The payment is older than a night looks back; what happens to it from now on is not."""
    assert payment.provider_ref is not None
    peer.change(payment.provider_ref, at=datetime.now(UTC) - timedelta(days=days))


async def age(committed: Open, payment: Payment, days: int = 30) -> None:
    """The same for ours."""
    async with committed() as tx:
        await tx.execute(
            "update payments_payment set captured_at = captured_at - $2::interval where id = $1",
            payment.id,
            timedelta(days=days),
        )


async def test_the_same_money_twice_is_found_and_kept_beside(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged()
    second = peer.put(peer.made(purchase(payment), "captured"))
    whole = await compared()
    assert [(one.kind, one.subject, one.repaired) for one in whole.findings] == [("stranger", second.ref, True)]
    assert whole.findings[0].payment_id == payment.id
    assert await balance(committed, postings.CLEARING, connection.id) == await provider_holds(peer) == 2500
    async with committed() as tx:
        [kept] = await payments_.for_purpose(tx, answers.SURPLUS, payment.id)
        assert (kept.captured, kept.provider_ref) == (payment.amount, second.ref)
    again = await compared()
    assert (again.run.status, again.findings, again.run.compared) == ("clean", [], 2)


async def test_a_declined_try_that_was_paid_after_all_is_kept_beside(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged("declined")
    first = payment.provider_ref
    assert first is not None
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
        await answers.told(tx, way, peer.put(peer.made(purchase(payment), "captured")))
    peer.change(first, standing="captured", captured=payment.amount, decline=None)
    whole = await compared()
    assert [(one.kind, one.subject, one.repaired) for one in whole.findings] == [("stranger", first, True)]
    assert await balance(committed, postings.CLEARING, connection.id) == await provider_holds(peer) == 2500
    assert (await compared()).findings == []


async def test_another_try_in_the_list_does_not_stand_for_the_one_that_was_paid(
    charged: Any, peer: Peer, compared: Any
) -> None:
    payment = await charged()
    peer.put(peer.made(purchase(payment), "failed"))
    del peer.payments[payment.provider_ref]
    whole = await compared()
    assert [(one.kind, one.subject) for one in whole.findings] == [("missing_there", payment.provider_ref)]


async def test_a_refund_of_an_old_payment_is_found(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged()
    aged(peer, payment)
    await age(committed, payment)
    assert (await compared()).run.compared == 0, "it is older than a night looks back"
    peer.give_back(payment.provider_ref, Money(250, "PEN"))
    whole = await compared()
    assert [(one.kind, one.subject, one.repaired) for one in whole.findings] == [
        ("refunds", payment.provider_ref, True)
    ]
    assert await balance(committed, postings.CLEARING, connection.id) == 1000
    again = await compared()
    assert (again.run.compared, again.findings) == (1, [])


async def test_a_refund_that_is_on_its_way_is_no_difference(
    charged: Any, peer: Peer, committed: Open, database: Database, compared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await charged()
    give_back = peer.give_back
    monkeypatch.setattr(peer, "give_back", lambda *args, **options: give_back(*args, standing="pending", **options))
    assert (await give(committed, database, payment, 250)).status is Standing.pending
    whole = await compared()
    assert (whole.run.status, whole.findings) == ("clean", [])


async def test_a_refund_that_came_back_unheard_is_put_back(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged()
    given = peer.give_back(payment.provider_ref, Money(250, "PEN"))
    assert (await compared()).run.repaired == 1
    peer.refunds_[given.ref] = msgspec.structs.replace(given, standing="failed")
    peer.change(payment.provider_ref, refunded=Money(0, "PEN"))
    assert [(one.kind, one.repaired) for one in (await compared()).findings] == [("refunds", True)]
    assert await balance(committed, postings.CLEARING, connection.id) == 1250


@pytest.mark.parametrize("old", [False, True])
async def test_a_dispute_whose_message_was_lost_is_found(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection, old: bool
) -> None:
    payment = await charged()
    if old:
        aged(peer, payment)
        await age(committed, payment)
    told = peer.complain(payment.provider_ref)
    whole = await compared()
    assert [(one.kind, one.subject, one.repaired) for one in whole.findings] == [("dispute", told.ref, True)]
    assert (whole.findings[0].ours, whole.findings[0].payment_id) == (None, payment.id)
    assert await balance(committed, postings.DISPUTED, connection.id) == 1250
    assert (await compared()).findings == []


async def test_a_decision_whose_message_was_lost_is_found_however_old_the_dispute_is(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged()
    told = peer.complain(payment.provider_ref)
    await compared()
    aged(peer, payment)
    await age(committed, payment)
    peer.decide(told.ref, "won", at=datetime.now(UTC) - timedelta(days=30))
    whole = await compared()
    assert [(one.kind, one.subject, one.repaired) for one in whole.findings] == [("dispute", told.ref, True)]
    assert whole.findings[0].ours is not None
    assert (whole.findings[0].ours["status"], (whole.findings[0].theirs or {})["status"]) == ("needs_response", "won")
    assert await balance(committed, postings.CLEARING, connection.id) == 1250
    assert (await compared()).findings == []


async def test_a_dispute_that_cannot_be_taken_in_waits_for_somebody(charged: Any, peer: Peer, compared: Any) -> None:
    payment = await charged()
    told = peer.complain(payment.provider_ref)
    peer.disputes_[told.ref] = msgspec.structs.replace(told, payment_ref="pi_of_nobody")
    lost = peer.complain(payment.provider_ref)
    peer.decide(lost.ref, "lost")
    first = await compared()
    assert {(one.subject, one.repaired) for one in first.findings} == {(told.ref, False), (lost.ref, True)}
    # A bank that changed its mind about what we hold for decided is nothing that could be made true here.
    peer.decide(lost.ref, "won")
    assert {(one.subject, one.repaired) for one in (await compared()).findings} == {
        (told.ref, False),
        (lost.ref, False),
    }


async def test_a_payment_that_was_recognised_later_is_compared_and_repaired(
    peer: Peer, committed: Open, compared: Any, customer: Any, connection: connections.Connection
) -> None:
    stranger = ports.Purchase(
        payment_id=ids.new(), amount=Money(900, "PEN"), description="?", payer=ports.Payer(id=ids.new())
    )
    told = peer.put(peer.made(stranger, "captured", payment_id=None))
    assert [one.kind for one in (await compared()).findings] == ["stranger"]
    async with committed() as tx:
        ours = await answers.adopt(
            tx, connection.id, told, customer_id=customer.id, purpose="billing.subscription", purpose_id=ids.new()
        )
    peer.give_back(told.ref, Money(300, "PEN"))
    whole = await compared()
    assert (whole.run.status, [(one.kind, one.repaired) for one in whole.findings]) == ("clean", [("refunds", True)])
    assert await balance(committed, postings.CLEARING, connection.id) == 600
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -600
    async with committed() as tx:
        await judging.book(tx, ours.id)
    assert await balance(committed, postings.CLEARING, connection.id) == 600


async def test_what_was_not_booked_is_booked_and_nothing_else(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment, other = await charged(), await charged()
    peer.give_back(payment.provider_ref, Money(250, "PEN"))
    await compared()
    async with committed() as tx:
        ghost = await payments_.request(
            tx,
            customer_id=payment.customer_id,
            amount=payment.amount,
            description="Ten coffees",
            purpose=payments_.ASKED,
            purpose_id=ids.new(),
            key="1",
        )
        ref = peer.put(peer.made(purchase(payment), "captured", payment_id=ghost.id)).ref
        await tx.execute(
            "insert into payments_ref (connection_id, ref, kind, payment_id) values ($1, $2, 'payment', $3)",
            connection.id,
            ref,
            ghost.id,
        )
        await tx.execute(
            "update payments_payment set status = 'captured', captured_minor = amount_minor, captured_at = $2, "
            "provider_ref = $3 where id = $1",
            ghost.id,
            tx.now,
            ref,
        )
    whole = await compared()
    assert [(one.kind, one.payment_id, one.repaired) for one in whole.findings] == [("ledger", ghost.id, True)]
    assert await balance(committed, postings.CLEARING, connection.id) == 3 * 1250 - 250
    assert (await compared()).run.status == "clean"
    assert other.status is payments_.Status.captured


async def test_one_payment_that_cannot_be_repaired_does_not_keep_the_others_from_it(
    charged: Any, peer: Peer, compared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await charged(), await charged()
    for payment in (bad, good):
        peer.give_back(payment.provider_ref, Money(250, "PEN"))
    book = judging.book

    async def refuse(tx: Any, payment_id: Any) -> None:
        if payment_id == bad.id:
            raise rules.IdReused("The transfer exists with another credit_id.")
        await book(tx, payment_id)

    monkeypatch.setattr(judging, "book", refuse)
    whole = await compared()
    assert whole.run.status == "found"
    assert [(one.payment_id, one.kind, one.repaired) for one in whole.findings] == [
        (bad.id, "refunds", False),
        (good.id, "refunds", True),
    ]
    assert [one.problem for one in whole.findings] == ["The transfer exists with another credit_id.", None]


async def test_what_cannot_be_understood_is_named(
    charged: Any, peer: Peer, compared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, held = await charged(), await charged()
    peer.unreadable["pi_odd"] = None
    del peer.payments[held.provider_ref]
    fetch = peer.fetch

    async def odd(ref: str) -> ports.Payment:
        if ref == held.provider_ref:
            raise amounts.Unreadable("The provider tells of 1234 in ALL.")
        return await fetch(ref)

    monkeypatch.setattr(peer, "fetch", odd)
    whole = await compared()
    assert whole.run.status == "found"
    assert {(one.kind, one.subject, one.problem) for one in whole.findings} == {
        ("unreadable", "pi_odd", None),
        ("unreadable", held.provider_ref, "The provider tells of 1234 in ALL."),
    }
    assert listed.status is payments_.Status.captured


async def test_a_comparison_whose_process_was_killed_is_ended_by_the_next_night(
    charged: Any, peer: Peer, committed: Open, database: Database, connection: connections.Connection
) -> None:
    await charged()
    async with committed() as tx:
        dead = await reconciliation.want(tx, connection.id, announce=False)
        await tx.execute("update payments_reconciliation set status = 'running' where id = $1", dead.id)
        await tx.execute("update tenants_tenant set clock_offset = '25 hours'")
    async with committed() as tx:
        await reconciliation.want_all(tx)
        old, new = [
            (await reconciliation.whole(tx, id_)).run
            for id_ in (dead.id, await tx.one(type(dead.id), _NEWEST, connection.id))
        ]
    assert (old.status, old.error, new.status) == ("failed", "It was interrupted.", "wanted")
    # Should it live after all, it ends nothing that has ended.
    assert (await comparing.run(committed, database, dead.id)).status == "failed"
    done = await asyncio.gather(*(comparing.run(committed, database, new.id) for _ in range(2)))
    assert {one.status for one in done} == {"clean"}


_NEWEST = "select id from payments_reconciliation where connection_id = $1 order by created_at desc limit 1"


async def test_an_inquiry_is_compared_and_takes_nothing(
    charged: Any, peer: Peer, committed: Open, compared: Any, connection: connections.Connection
) -> None:
    payment = await charged()
    told = peer.complain(payment.provider_ref, withdrawn=False)
    assert [(one.kind, one.repaired) for one in (await compared()).findings] == [("dispute", True)]
    assert await balance(committed, postings.CLEARING, connection.id) == 1250
    peer.decide(told.ref, "needs_response", withdrawn=True)
    assert [(one.kind, one.repaired) for one in (await compared()).findings] == [("dispute", True)]
    assert await balance(committed, postings.CLEARING, connection.id) == 0
    async with committed() as tx:
        assert [one.withdrawn for one in await disputes.of_payment(tx, payment.id)] == [True]
