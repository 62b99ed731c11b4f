"""Any sequence of what can happen to invoices: the books stay sound, and nobody gains or loses a minor unit by it."""

import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.problems import Problem
from holdfast.shared.billing import (
    archive,
    closing,
    collection,
    coupons,
    credit,
    credit_notes,
    explanations,
    invoices,
)
from holdfast.shared.billing.invoices import PURPOSE, Draft, Invoice, Line
from holdfast.shared.payments import customers, payments, refunds
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import pen, sound
from tests.shared.payments.peer import Peer

STEPS = 45


class Life:
    """Somebody who does to invoices whatever comes to mind."""

    def __init__(self, committed: Open, drain: Drain, customer_id: Any, seed: int, pay: Any, peer: Peer) -> None:
        self.committed, self.drain, self.customer, self.pay, self.peer = committed, drain, customer_id, pay, peer
        self.random = random.Random(seed)
        self.done = 0
        self.number = 0

    def amount(self, most: int = 20_000) -> Any:
        """An amount, sometimes a nasty one."""
        return pen(self.random.choice([1, 3, 7, 99, 333, self.random.randint(1, most)]))

    async def any_invoice(self) -> Invoice:
        """One of the invoices, most likely a late one."""
        async with self.committed() as tx:
            found = await tx.all(Invoice, "select * from billing_invoice order by id desc limit 6")
        return self.random.choice(found)

    async def issue(self) -> None:
        """An invoice of some lines, perhaps with a coupon."""
        self.number += 1
        lines = [
            Line(
                description=f"Line {n}",
                amount=self.amount() if self.random.random() < 0.85 else -self.amount(5000),
                tax_basis_points=self.random.choice([0, 700, 1800, 1900]),
                tax_inclusive=self.random.random() < 0.3,
            )
            for n in range(self.random.randint(1, 4))
        ]
        collect = self.random.random() < 0.4
        async with self.committed() as tx:
            code = None
            if self.random.random() < 0.4:
                code = f"C{self.number}"
                points = self.random.choice([1, 333, 5000, 10_000])
                await coupons.make(tx, coupons.New(code=code, name="Off", kind="percent", basis_points=points))
            draft = Draft(customer_id=self.customer, currency="PEN", lines=lines, collect=collect)
            await archive.create(tx, draft, coupon=code)

    async def pay_page(self) -> None:
        """It is paid at the provider's page, and counted some time later."""
        invoice = await self.any_invoice()
        if invoice.due.minor > 0:
            await self.pay(invoice)

    async def cash(self) -> None:
        """Cash comes, perhaps too much."""
        invoice = await self.any_invoice()
        async with self.committed() as tx:
            amount = self.random.choice([None, self.amount()])
            await closing.settle_outside(tx, invoice.id, method="cash", amount=amount)

    async def note(self) -> None:
        """A part, or all, is credited."""
        invoice = await self.any_invoice()
        async with self.committed() as tx:
            amount = self.random.choice([None, self.amount(3000)])
            refund = self.random.random() < 0.5
            await credit_notes.issue(tx, invoice.id, reason="Sorry", amount=amount, refund=refund)

    async def refund(self) -> None:
        """Somebody refunds a payment without looking at its invoice."""
        invoice = await self.any_invoice()
        self.number += 1
        if self.random.random() < 0.3:
            self.peer.faults["refund"].append("refused")
        async with self.committed() as tx:
            for payment in await payments.for_purpose(tx, PURPOSE, invoice.id):
                if payment.status is payments.Status.captured:
                    await refunds.request(
                        tx, payment.id, amount=self.amount(2000), reason="Oops", key=f"r{self.number}"
                    )

    async def void(self) -> None:
        """It was a mistake."""
        invoice = await self.any_invoice()
        async with self.committed() as tx:
            await closing.void(tx, invoice.id, reason="A mistake")

    async def write_off(self) -> None:
        """Nobody believes in it."""
        invoice = await self.any_invoice()
        async with self.committed() as tx:
            await closing.write_off(tx, invoice.id, reason="Gone")

    async def grant(self) -> None:
        """Credit is granted."""
        async with self.committed() as tx:
            await credit.grant(tx, self.customer, amount=self.amount(3000), reason="Sorry")

    async def collect(self) -> None:
        """Credit is used, and the saved card charged."""
        invoice = await self.any_invoice()
        async with self.committed() as tx:
            await collection.collect(tx, invoice.id)

    async def step(self) -> None:
        """One thing, and sometimes what follows from everything so far."""
        await self.random.choice(
            [
                self.issue,
                self.issue,
                self.pay_page,
                self.cash,
                self.note,
                self.refund,
                self.void,
                self.write_off,
                self.grant,
                self.collect,
            ]
        )()
        self.done += 1


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_the_books_are_sound(
    seed: int,
    committed: Open,
    drain: Drain,
    database: Database,
    tenant: Any,
    customer: customers.Customer,
    saved: Callable[..., Awaitable[Any]],
    pay: Callable[..., Awaitable[Any]],
    peer: Peer,
) -> None:
    await saved("good")
    life = Life(committed, drain, customer.id, seed, pay, peer)
    await life.issue()
    for _ in range(STEPS):
        # A problem is a rule that was kept; nothing happened then.
        with contextlib.suppress(Problem):
            await life.step()
        if life.random.random() < 0.3:
            await drain()
    await drain()
    assert life.done > STEPS / 3
    await sound(committed, database, tenant)
    async with committed() as tx:
        found = await tx.all(Invoice, "select * from billing_invoice order by number")
        assert [one.number[-6:] for one in found] == [f"{n:06}" for n in range(1, len(found) + 1)]
        for one in found:
            assert (await explanations.of_invoice(tx, one.id)).agrees
            lines = await invoices.lines(tx, one.id)
            assert sum(line.total.minor for line in lines) == one.total.minor
            assert sum(line.credited.minor for line in lines) == one.credited.minor
            for note in await credit_notes.of_invoice(tx, one.id):
                assert (await explanations.of(tx, "credit-note", note.id)).agrees
        notes = await tx.all(str, "select number from billing_credit_note order by number")
        assert [one[-6:] for one in notes] == [f"{n:06}" for n in range(1, len(notes) + 1)]
