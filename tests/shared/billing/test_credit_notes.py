"""Credit notes and refunds: what is taken back is taken back exactly, and given back once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Reused
from holdfast.shared.billing import (
    closing,
    credit_notes,
    explanations,
    invoices,
)
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import customers, methods, payments, refunds
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, line, payment_of, pen, sound
from tests.shared.payments.peer import Peer

Again = Callable[[UUID], Awaitable[Invoice]]
Saved = Callable[..., Awaitable[methods.Method]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


async def test_a_credit_note_lowers_what_is_due(bill: Bill, committed: Open, again: Again) -> None:
    invoice = await bill(lines=[line(1000, 1800), line(500)])
    async with committed() as tx:
        first, second = await invoices.lines(tx, invoice.id)
        note = await credit_notes.issue(
            tx, invoice.id, reason="Broken", parts=[credit_notes.Part(line_id=first.id, amount=pen(590))]
        )
    assert (note.total, note.tax, note.kept, note.refunding) == (pen(590), pen(90), pen(0), pen(0))
    assert note.number.startswith("CN-")
    assert (await again(invoice.id)).due == pen(1090)
    with pytest.raises(credit_notes.TooMuch):
        async with committed() as tx:
            await credit_notes.issue(
                tx, invoice.id, reason="Broken", parts=[credit_notes.Part(line_id=second.id, amount=pen(501))]
            )
    async with committed() as tx:
        rest = await credit_notes.issue(tx, invoice.id, reason="All of it")
    assert (rest.total, rest.tax) == (pen(1090), pen(90))
    ended = await again(invoice.id)
    assert (ended.status, ended.credited, ended.due) == (Status.paid, pen(1680), pen(0))
    with pytest.raises(credit_notes.TooMuch):
        async with committed() as tx:
            await credit_notes.issue(tx, invoice.id, reason="More")
    async with committed() as tx:
        for one in (note, rest):
            assert (await explanations.of(tx, "credit-note", one.id)).agrees
        assert (await explanations.of(tx, "invoice", invoice.id)).agrees


async def test_credit_notes_in_any_steps_take_back_exactly_the_tax(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer
) -> None:
    invoice = await bill(lines=[line(101, 1800), line(-33, 700), line(77, 1900, tax_inclusive=True)])
    left = invoice.total.minor
    for amount in (1, 7, 13, 40):
        async with committed() as tx:
            await credit_notes.issue(tx, invoice.id, reason="A part", amount=pen(amount))
        left -= amount
    async with committed() as tx:
        assert (await credit_notes.issue(tx, invoice.id, reason="The rest")).total == pen(left)
        assert all(one.credited == one.total for one in await invoices.lines(tx, invoice.id))
    assert (await balance("billing.revenue"), await balance("billing.tax")) == (0, 0)
    assert await balance("payments.receivable", customer.id) == 0


async def test_a_credit_note_of_a_paid_invoice_is_kept_as_credit(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer
) -> None:
    invoice = await bill(1000)
    note_id = ids.new()
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(700))
    for _ in range(2):
        async with committed() as tx:
            note = await credit_notes.issue(tx, invoice.id, reason="Sorry", amount=pen(500), refund=True, id=note_id)
    # Cash cannot be given back through a provider.
    assert (note.total, note.refunding, note.kept) == (pen(500), pen(0), pen(200))
    assert await balance("billing.credit", customer.id) == 200
    with pytest.raises(Reused):
        async with committed() as tx:
            await credit_notes.issue(tx, invoice.id, reason="Sorry", amount=pen(501), id=note_id)


async def test_two_credit_notes_at_once_never_credit_too_much(bill: Bill, committed: Open, again: Again) -> None:
    invoice = await bill(1000)

    async def issue() -> bool:
        try:
            async with committed() as tx:
                await credit_notes.issue(tx, invoice.id, reason="Sorry", amount=pen(400))
        except credit_notes.TooMuch:
            return False
        return True

    assert sum(await asyncio.gather(*(issue() for _ in range(5)))) == 2
    assert (await again(invoice.id)).credited == pen(800)


async def test_a_credit_note_gives_money_back(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, again: Again, balance: Balance, peer: Peer
) -> None:
    card = await saved("good")
    invoice = await bill(10_000, 1800, collect=True)
    await drain()
    async with committed() as tx:
        note = await credit_notes.issue(tx, invoice.id, reason="Broken", amount=pen(5900), refund=True)
    assert (note.refunding, note.kept) == (pen(5900), pen(0))
    await drain()
    after = await again(invoice.id)
    assert (after.status, after.returned, after.credited) == (Status.paid, pen(5900), pen(5900))
    assert peer.times("refund") == 1
    assert await balance("payments.clearing", card.connection_id) == 5900
    assert (await balance("billing.revenue"), await balance("billing.tax")) == (5000, 900)


async def test_a_refund_that_fails_leaves_the_money_with_the_customer(
    saved: Saved,
    bill: Bill,
    committed: Open,
    drain: Drain,
    peer: Peer,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    await saved("good")
    invoice = await bill(1000, collect=True)
    await drain()
    peer.faults["refund"].append("refused")
    async with committed() as tx:
        await credit_notes.issue(tx, invoice.id, reason="Broken", refund=True)
    await drain()
    assert await balance("billing.credit", customer.id) == 1000
    assert await balance("payments.receivable", customer.id) == 0


async def test_a_refund_without_a_credit_note_gets_one(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, again: Again, balance: Balance
) -> None:
    await saved("good")
    invoice = await bill(10_000, 1800, collect=True)
    await drain()
    payment = await payment_of(committed, invoice.id)
    async with committed() as tx:
        await refunds.request(tx, payment.id, amount=pen(1180), reason="A gesture", key="1")
    await drain()
    after = await again(invoice.id)
    assert (after.status, after.due, after.credited, after.returned) == (Status.paid, pen(0), pen(1180), pen(1180))
    async with committed() as tx:
        (note,) = await credit_notes.of_invoice(tx, invoice.id)
    assert (note.reason, note.total, note.tax) == ("A gesture", pen(1180), pen(180))
    assert (await balance("billing.revenue"), await balance("billing.tax")) == (9000, 1620)


async def test_giving_back_what_was_too_much_takes_the_credit(
    bill: Bill,
    pay: Callable[..., Awaitable[payments.Payment]],
    committed: Open,
    drain: Drain,
    again: Again,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(600))
    await drain()
    assert await balance("billing.credit", customer.id) == 600
    for n, (amount, left) in enumerate([(250, 350), (350, 0), (100, 0)]):
        async with committed() as tx:
            await refunds.request(tx, payment.id, amount=pen(amount), reason="Too much", key=str(n))
        await drain()
        assert await balance("billing.credit", customer.id) == left
    assert (await again(invoice.id)).credited == pen(100)
