"""Disputes: opened, answered, won and lost, each once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor
from holdfast.shared.payments import asking, attempts, connections, disputes, figures, paying, payments, postings
from holdfast.shared.payments.disputes import Dispute, Evidence, Standing
from holdfast.shared.payments.payments import Payment
from tests.conftest import Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Peer

Charged = Callable[..., Awaitable[Payment]]


@pytest.fixture
async def disputed(
    committed: Open, database: Database, charged: Charged, peer: Peer, connection: connections.Connection
) -> tuple[Payment, Dispute]:
    """A payment that its payer does not accept, told several times at once."""
    payment = await charged(minor=1000)
    assert payment.provider_ref is not None
    peer.complain(payment.provider_ref)
    await asyncio.gather(*(told(committed, database, payment, connection) for _ in range(5)))
    async with committed() as tx:
        found = await disputes.of_payment(tx, payment.id)
        assert len(found) == 1
        return await tx.get(Payment, payment.id), found[0]


async def told(committed: Open, database: Database, payment: Payment, connection: connections.Connection) -> None:
    """The provider tells of the payment's disputes."""
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
    await asking.about(committed, database, way, payment.provider_ref or "", with_disputes=True)


async def test_a_dispute_takes_the_money_away(
    committed: Open, disputed: tuple[Payment, Dispute], connection: connections.Connection
) -> None:
    payment, dispute = disputed
    assert (payment.disputed, payments.shown(payment)) == (True, "disputed")
    assert (dispute.status, dispute.amount.minor, dispute.reason) == (Standing.needs_response, 1000, "fraudulent")
    assert await balance(committed, postings.CLEARING, connection.id) == 0
    assert await balance(committed, postings.DISPUTED, connection.id) == 1000


@pytest.mark.parametrize(("end", "clearing", "losses"), [("won", 1000, 0), ("lost", 0, 1000)])
async def test_a_decision_gives_it_back_or_writes_it_off_once(
    committed: Open,
    database: Database,
    disputed: tuple[Payment, Dispute],
    peer: Peer,
    connection: connections.Connection,
    end: Literal["won", "lost"],
    clearing: int,
    losses: int,
) -> None:
    payment, dispute = disputed
    peer.decide(dispute.provider_ref, end)
    await asyncio.gather(*(told(committed, database, payment, connection) for _ in range(5)))
    assert await balance(committed, postings.CLEARING, connection.id) == clearing
    assert await balance(committed, postings.DISPUTED, connection.id) == 0
    assert await balance(committed, postings.LOSSES, None) == losses
    peer.decide(dispute.provider_ref, "under_review")
    await told(committed, database, payment, connection)
    async with committed() as tx:
        after = await tx.get(Dispute, dispute.id)
        assert (await tx.get(Payment, payment.id)).disputed is (end == "lost")
    assert after.status == end
    assert after.closed_at is not None


async def test_evidence_goes_to_the_provider_once(
    committed: Open, database: Database, disputed: tuple[Payment, Dispute], peer: Peer
) -> None:
    payment, dispute = disputed
    evidence = Evidence(explanation="Ana drank all ten of them.", service_date="2026-11-02")

    async def answer() -> None:
        async with committed() as tx:
            await disputes.answer(tx, dispute.id, evidence)

    outcomes = await asyncio.gather(answer(), answer(), return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [disputes.BeingAnswered]
    await paying.made(committed, database, payment.id, attempts.Kind.evidence)
    async with committed() as tx:
        after = await tx.get(Dispute, dispute.id)
    assert (after.status, after.evidence) == (Standing.under_review, evidence)
    assert peer.times("evidence") == 1


async def test_a_decided_dispute_takes_no_evidence_and_evidence_says_something(
    committed: Open,
    database: Database,
    disputed: tuple[Payment, Dispute],
    peer: Peer,
    connection: connections.Connection,
) -> None:
    payment, dispute = disputed
    async with committed() as tx:
        with pytest.raises(Invalid):
            await disputes.answer(tx, dispute.id, Evidence(explanation=" "))
    async with committed(Actor(kind="person")) as tx:
        with pytest.raises(NotAllowed):
            await disputes.answer(tx, dispute.id, Evidence(explanation="x"))
    peer.decide(dispute.provider_ref, "lost")
    await told(committed, database, payment, connection)
    async with committed() as tx:
        with pytest.raises(disputes.Decided):
            await disputes.answer(tx, dispute.id, Evidence(explanation="x"))


async def test_an_inquiry_is_shown_and_answered_and_moves_no_money(
    committed: Open, database: Database, charged: Charged, peer: Peer, connection: connections.Connection
) -> None:
    payment = await charged(minor=1000)
    inquiry = peer.complain(payment.provider_ref or "", withdrawn=False)
    await asyncio.gather(*(told(committed, database, payment, connection) for _ in range(4)))
    async with committed() as tx:
        [ours] = await disputes.of_payment(tx, payment.id)
        assert (ours.status, ours.withdrawn) == (Standing.needs_response, False)
        assert not (await tx.get(Payment, payment.id)).disputed
        assert [one.disputed for one in await figures.summary(tx) if one.currency == "PEN"] == [0]
        await disputes.answer(tx, ours.id, Evidence(explanation="Ana drank all ten of them."))
    await paying.made(committed, database, payment.id, attempts.Kind.evidence)
    peer.decide(inquiry.ref, "won")
    await told(committed, database, payment, connection)
    async with committed() as tx:
        [ours] = await disputes.of_payment(tx, payment.id)
        assert (ours.status, ours.closed_at is None) == (Standing.won, False)
        assert not (await tx.get(Payment, payment.id)).disputed
    assert await balance(committed, postings.CLEARING, connection.id) == 1000
    assert await balance(committed, postings.DISPUTED, connection.id) == 0
    assert await said(committed, payment) == ["inquired", "answered", "inquired"]


async def said(committed: Open, payment: Payment) -> list[str]:
    """What was said of the payment's disputes."""
    async with committed() as tx:
        names = await tx.all(
            str,
            "select name from kernel_event where subject_id = $1 and name like 'payments.dispute.%' order by seq",
            payment.id,
        )
    return [name.removeprefix("payments.dispute.") for name in names]


@pytest.mark.parametrize("before", ["needs_response", "under_review", "won"])
@pytest.mark.parametrize(("end", "clearing", "losses"), [("won", 1000, 0), ("lost", 0, 1000)])
async def test_an_inquiry_that_becomes_a_dispute_takes_the_money_then(
    committed: Open,
    database: Database,
    charged: Charged,
    peer: Peer,
    connection: connections.Connection,
    before: Literal["needs_response", "under_review", "won"],
    end: Literal["won", "lost"],
    clearing: int,
    losses: int,
) -> None:
    payment = await charged(minor=1000)
    inquiry = peer.complain(payment.provider_ref or "", withdrawn=False)
    await told(committed, database, payment, connection)
    peer.decide(inquiry.ref, before)
    await told(committed, database, payment, connection)
    assert await balance(committed, postings.CLEARING, connection.id) == 1000
    peer.decide(inquiry.ref, "needs_response", withdrawn=True)
    await asyncio.gather(*(told(committed, database, payment, connection) for _ in range(4)))
    async with committed() as tx:
        [ours] = await disputes.of_payment(tx, payment.id)
        assert (ours.status, ours.withdrawn, ours.closed_at) == (Standing.needs_response, True, None)
        assert (await tx.get(Payment, payment.id)).disputed
    assert await balance(committed, postings.DISPUTED, connection.id) == 1000
    peer.decide(inquiry.ref, end)
    await told(committed, database, payment, connection)
    assert await balance(committed, postings.CLEARING, connection.id) == clearing
    assert await balance(committed, postings.LOSSES, None) == losses
    assert (await said(committed, payment))[-2:] == ["opened", "closed"]


async def test_a_list_of_disputes_holds_those_that_are_open_or_all(
    committed: Open,
    database: Database,
    disputed: tuple[Payment, Dispute],
    peer: Peer,
    connection: connections.Connection,
) -> None:
    payment, dispute = disputed
    peer.decide(dispute.provider_ref, "lost")
    second = peer.complain(payment.provider_ref or "")
    await told(committed, database, payment, connection)
    async with committed() as tx:
        first = await disputes.disputes(tx, Page(limit=1))
        rest = await disputes.disputes(tx, Page(limit=1, after=first.next))
        waiting = await disputes.disputes(tx, Page(), open_only=True)
    assert [one.provider_ref for one in first.items + rest.items] == [second.ref, dispute.provider_ref]
    assert [one.provider_ref for one in waiting.items] == [second.ref]
