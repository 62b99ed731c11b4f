"""Anything in any order, three things at once: afterwards our payments, the ledger and the provider agree.

The provider is the model. A run takes a seed, does random things (charges with good and bad cards, pages, refunds here
and there, disputes, lost answers, messages repeated and late), lets the janitor finish, and compares.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Problem
from holdfast.shared.ledger import books
from holdfast.shared.payments import (
    asking,
    charging,
    connections,
    customers,
    disputes,
    methods,
    paying,
    postings,
    refunds,
)
from holdfast.shared.payments.attempts import Kind, State
from holdfast.shared.payments.payments import Payment, Status
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.peer import Fault, Peer
from tests.shared.payments.test_janitor import hurry, look_after

Wanted = Callable[..., Awaitable[Payment]]
Saved = Callable[..., Awaitable[methods.Method]]
STEPS = 30


class Run:
    """One run: what it works on, and what it may do."""

    def __init__(
        self,
        seed: int,
        committed: Open,
        database: Database,
        peer: Peer,
        way: ports.Connection,
        ours: list[Payment],
        cards: list[methods.Method],
    ) -> None:
        self.random = random.Random(seed)
        self.committed = committed
        self.database = database
        self.peer = peer
        self.way = way
        self.ours = ours
        self.cards = cards
        self.refunds = 0

    async def step(self) -> None:
        """Something happens; what is refused is no matter."""
        deed = self.random.choice(
            [self.charge, self.charge, self.page, self.refund, self.refund_there, self.tell, self.tell, self.dispute]
        )
        with contextlib.suppress(Problem, outcomes.CallFailed):
            await deed(self.random.choice(self.ours))

    def _fault(self, call: str) -> None:
        if self.random.random() < 0.4:
            faults: list[Fault] = ["lost", "done_unheard", "away", "refused"]
            self.peer.faults[call] = [self.random.choice(faults)]

    async def charge(self, payment: Payment) -> None:
        """Charge a saved card."""
        self._fault("charge")
        method = self.random.choice(self.cards)
        async with self.committed() as tx:
            await charging.charge(tx, payment.id, method_id=method.id)
        await paying.made(self.committed, self.database, payment.id, Kind.charge)

    async def page(self, payment: Payment) -> None:
        """The payer opens a page and may pay on it."""
        self._fault("checkout")
        await paying.checkout(self.committed, self.database, payment.id, return_url="/home")
        async with self.committed() as tx:
            found = await tx.get(Payment, payment.id)
        if found.checkout_ref in self.peer.sessions and self.random.random() < 0.5:
            self.peer.pay(found.checkout_ref)

    async def refund(self, payment: Payment) -> None:
        """Give some of it back."""
        self._fault("refund")
        self.refunds += 1
        amount = Money(self.random.randint(1, 60), "PEN")
        async with self.committed() as tx:
            await refunds.request(tx, payment.id, amount=amount, reason="Cold", key=str(self.refunds))
        await paying.made(self.committed, self.database, payment.id, Kind.refund)

    async def refund_there(self, payment: Payment) -> None:
        """Somebody refunds at the provider, without us."""
        taken = [one for one in self.peer.payments.values() if one.standing == "captured"]
        if taken:
            self.peer.give_back(self.random.choice(taken).ref, Money(self.random.randint(1, 20), "PEN"))

    async def tell(self, payment: Payment) -> None:
        """The provider moves on with something, and a message comes, perhaps several times."""
        if not self.peer.payments:
            return
        told = self.random.choice(list(self.peer.payments.values()))
        if told.standing in ("processing", "requires_action"):
            if self.random.random() < 0.5:
                self.peer.change(told.ref, standing="captured", captured=told.amount)
            elif self.random.random() < 0.5:
                self.peer.change(told.ref, standing=self.random.choice(["failed", "cancelled"]))
        for _ in range(self.random.choice([1, 3])):
            await asking.about(self.committed, self.database, self.way, told.ref, with_disputes=True)

    async def dispute(self, payment: Payment) -> None:
        """A payer complains, or their bank decides."""
        waiting = [one for one in self.peer.disputes_.values() if one.standing not in ("won", "lost")]
        if waiting:
            self.peer.decide(waiting[0].ref, self.random.choice(["won", "lost"]))
            return
        taken = [one for one in self.peer.payments.values() if one.standing == "captured" and not one.refunded.minor]
        if taken:
            self.peer.complain(self.random.choice(taken).ref)

    async def everything_is_told(self) -> None:
        """Every message comes in the end."""
        for ref in list(self.peer.payments):
            await asking.about(self.committed, self.database, self.way, ref, with_refunds=True, with_disputes=True)


@pytest.mark.parametrize("seed", range(15))
async def test_we_and_the_ledger_agree_with_the_provider(
    committed: Open,
    database: Database,
    drain: Drain,
    peer: Peer,
    wanted: Wanted,
    saved: Saved,
    customer: customers.Customer,
    connection: connections.Connection,
    seed: int,
) -> None:
    async with committed() as tx:
        way = await connections.opened(tx, connection.id)
        tenant = tx.tenant
    cards = [await saved(name) for name in ("good", "good", "declined", "needs", "slow")]
    run = Run(seed, committed, database, peer, way, [await wanted(100), await wanted(250)], cards)
    for _ in range(STEPS // 3):
        await asyncio.gather(run.step(), run.step(), run.step())
        if run.random.random() < 0.3:
            await hurry(committed)
            await look_after(committed, drain)
    peer.faults.clear()
    await drain()
    await look_after(committed, drain, 8)
    await run.everything_is_told()
    await look_after(committed, drain, 2)

    async with committed() as tx:
        kept = await tx.all(Payment, "select * from payments_payment")
        given = await tx.all(refunds.Refund, "select * from payments_refund")
        argued = await tx.all(disputes.Dispute, "select * from payments_dispute")
        open_ = await tx.all(str, "select state from payments_attempt where ended_at is null")
    captured = {one.provider_ref: one for one in kept if one.status is Status.captured}
    at_provider = {one.ref: one for one in peer.payments.values() if one.standing == "captured"}
    assert captured.keys() == at_provider.keys()
    assert open_ == [], [State(one) for one in open_]
    for ref, payment in captured.items():
        assert payment.captured == at_provider[ref or ""].captured
        assert payment.refunded == at_provider[ref or ""].refunded
        assert payment.refunding.minor == 0
    assert {one.provider_ref for one in given if one.status is refunds.Standing.succeeded} == set(peer.refunds_)
    assert {(one.provider_ref, one.status.value) for one in argued} == {
        (one.ref, one.standing) for one in peer.disputes_.values()
    }
    money = sum(one.captured.minor - one.refunded.minor for one in at_provider.values())
    gone = sum(one.amount.minor for one in argued if one.status is disputes.Standing.lost)
    held = sum(one.amount.minor for one in argued if one.closed_at is None)
    assert await balance(committed, postings.CLEARING, connection.id) == money - gone - held
    assert await balance(committed, postings.DISPUTED, connection.id) == held
    assert await balance(committed, postings.RECEIVABLE, customer.id) == -money
    async with books.snapshot(database, tenant) as snapshot:
        assert (await books.verify(snapshot)).proven
