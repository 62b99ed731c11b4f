"""Collection: money for invoices is counted once, whatever comes, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Reused
from holdfast.shared.billing import (
    closing,
    collection,
    credit,
    credit_notes,
    explanations,
    invoices,
    receipts,
    settlements,
)
from holdfast.shared.billing.invoices import PURPOSE, Invoice, Status
from holdfast.shared.payments import answers, connections, customers, methods, payments, refunds
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, line, pen, sound
from tests.shared.payments.conftest import call
from tests.shared.payments.peer import Peer

Again = Callable[[UUID], Awaitable[Invoice]]
Saved = Callable[..., Awaitable[methods.Method]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


async def payment_of(committed: Open, invoice_id: UUID) -> payments.Payment:
    """The newest payment for an invoice."""
    async with committed() as tx:
        return (await payments.for_purpose(tx, PURPOSE, invoice_id))[-1]


@pytest.fixture
def pay(
    committed: Open, database: Database, peer: Peer, connection: connections.Connection
) -> Callable[..., Awaitable[payments.Payment]]:
    """``await pay(invoice)`` pays an invoice at the provider's page; what it tells is believed, and not yet counted."""

    async def paid(invoice: Invoice) -> payments.Payment:
        async with committed() as tx:
            payment = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        async with committed() as tx:
            opened = await connections.opened(tx, connection.id)
            payer = await customers.payer(tx, payment.customer_id, connection.id)
            purchase = _purchase(payment, payer)
            return await answers.told(tx, opened, peer.put(peer.made(purchase, "captured")))

    return paid


def _purchase(payment: payments.Payment, payer: object) -> object:
    from holdfast.integrations import payments as ports

    return ports.Purchase(
        payment_id=payment.id,
        amount=payment.amount,
        description=payment.description,
        payer=payer,  # type: ignore[arg-type]
    )


@pytest.mark.meets("P31")
async def test_an_invoice_that_is_due_is_charged_and_paid(
    saved: Saved, bill: Bill, drain: Drain, again: Again, balance: Balance, customer: customers.Customer, peer: Peer
) -> None:
    await saved("good")
    invoice = await bill(10_000, 1800, collect=True)
    assert invoice.charge_on == invoice.due_on
    await drain()
    paid = await again(invoice.id)
    assert (paid.status, paid.paid, paid.due, paid.charge_on) == (Status.paid, pen(11_800), pen(0), None)
    assert await balance("payments.receivable", customer.id) == 0
    await drain()
    assert peer.times("charge") == 1


async def test_without_a_saved_way_to_pay_nobody_is_charged(
    connection: connections.Connection, bill: Bill, drain: Drain, again: Again, committed: Open
) -> None:
    invoice = await bill(collect=True)
    await drain()
    assert (await again(invoice.id)).status is Status.open
    async with committed() as tx:
        assert await payments.for_purpose(tx, PURPOSE, invoice.id) == []
        with pytest.raises(collection.NothingSaved):
            await collection.collect(tx, invoice.id)


async def test_one_capture_counts_once_however_often_it_is_told(
    bill: Bill, pay: Callable[..., Awaitable[payments.Payment]], committed: Open, drain: Drain, again: Again
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)

    async def count() -> None:
        async with committed() as tx:
            await collection.count(tx, payment)

    await asyncio.gather(*(count() for _ in range(5)), drain())
    paid = await again(invoice.id)
    assert (paid.status, paid.paid) == (Status.paid, pen(1000))
    async with committed() as tx:
        assert [one.kind for one in await settlements.of_invoice(tx, invoice.id)] == ["payment"]


@pytest.mark.parametrize("first", ["cash", "void", "write_off", "pay"])
async def test_money_that_is_not_needed_any_more_is_the_customers(
    first: str,
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
        match first:
            case "cash":
                await closing.settle_outside(tx, invoice.id, method="cash")
            case "pay":
                await collection.count(tx, payment)
            case _:
                # The payment was captured, but that is not counted yet.
                await (closing.void if first == "void" else closing.write_off)(tx, invoice.id, reason="No")
    await drain()
    ended = await again(invoice.id)
    if first in ("pay", "write_off"):
        assert (ended.status, ended.paid) == (Status.paid, pen(1000))
        assert await balance("billing.credit", customer.id) == 0
    else:
        assert ended.status is (Status.paid if first == "cash" else Status.void)
        assert await balance("billing.credit", customer.id) == 1000
    assert await balance("billing.bad_debt") == 0
    assert await balance("payments.receivable", customer.id) == 0


async def test_a_second_capture_at_the_provider_becomes_credit(
    bill: Bill,
    pay: Callable[..., Awaitable[payments.Payment]],
    committed: Open,
    drain: Drain,
    peer: Peer,
    connection: connections.Connection,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)
    async with committed() as tx:
        opened = await connections.opened(tx, connection.id)
        payer = await customers.payer(tx, payment.customer_id, connection.id)
        await answers.told(tx, opened, peer.put(peer.made(_purchase(payment, payer), "captured")))  # type: ignore[arg-type]
    await drain()
    assert await balance("billing.credit", customer.id) == 1000
    assert (await bill(800)).status is Status.paid


async def test_when_less_is_due_another_payment_takes_the_place(
    bill: Bill, connection: connections.Connection, committed: Open
) -> None:
    invoice = await bill(1000)
    async with committed() as tx:
        first = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        assert await collection.payment_for(tx, await invoices.locked(tx, invoice.id)) == first
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(300))
    async with committed() as tx:
        second = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        assert (second.amount, second.key) == (pen(700), "2")
        assert (await tx.get(payments.Payment, first.id)).status is payments.Status.cancelled
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash")
        assert (await tx.get(payments.Payment, second.id)).status is payments.Status.cancelled


async def test_collecting_twice_at_once_charges_once(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, peer: Peer, again: Again
) -> None:
    await saved("good")
    invoice = await bill(1000)

    async def collect() -> None:
        async with committed() as tx:
            await collection.collect(tx, invoice.id)

    await asyncio.gather(*(collect() for _ in range(4)), return_exceptions=True)
    await drain()
    assert (await again(invoice.id)).status is Status.paid
    assert peer.times("charge") == 1


async def test_collecting_uses_credit_first(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, customer: customers.Customer, again: Again
) -> None:
    await saved("good")
    invoice = await bill(1000)
    async with committed() as tx:
        await credit.grant(tx, customer.id, amount=pen(400), reason="Sorry")
        assert await collection.collect(tx, invoice.id) is not None
    assert (await payment_of(committed, invoice.id)).amount == pen(600)
    await drain()
    assert (await again(invoice.id)).paid == pen(1000)


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


async def test_a_disputed_payment_shows_on_its_invoice(
    saved: Saved,
    bill: Bill,
    committed: Open,
    drain: Drain,
    again: Again,
    peer: Peer,
    connection: connections.Connection,
) -> None:
    from holdfast.shared.payments import disputes

    await saved("good")
    invoice = await bill(1000, collect=True)
    await drain()
    payment = await payment_of(committed, invoice.id)
    assert payment.provider_ref is not None
    complaint = peer.complain(payment.provider_ref)
    async with committed() as tx:
        await disputes.told(tx, await tx.get(payments.Payment, payment.id, lock=True), complaint)
    await drain()
    assert (await again(invoice.id)).disputed


async def test_an_unknown_charge_is_not_repeated_and_nothing_is_voided_meanwhile(
    saved: Saved, bill: Bill, committed: Open, database: Database, drain: Drain, peer: Peer, again: Again
) -> None:
    await saved("good")
    peer.faults["charge"].append("done_unheard")
    invoice = await bill(1000)
    async with committed() as tx:
        await collection.collect(tx, invoice.id)
    await call(committed, database, (await payment_of(committed, invoice.id)).id)
    payment = await payment_of(committed, invoice.id)
    assert payment.status is payments.Status.unknown
    for close in (closing.void, closing.write_off):
        with pytest.raises(payments.BeingPaid):
            async with committed() as tx:
                await close(tx, invoice.id, reason="No")
    async with committed() as tx:
        assert await collection.payment_for(tx, await invoices.locked(tx, invoice.id)) == payment
    assert peer.times("charge") == 1


async def test_amounts_of_another_currency_are_refused(bill: Bill, committed: Open) -> None:
    from holdfast.kernel.money import Money

    invoice = await bill(1000)
    async with committed() as tx:
        for amount in (Money(1, "EUR"), pen(0), pen(-1)):
            with pytest.raises(Invalid):
                receipts.checked_amount(amount, invoice)
        with pytest.raises(Invalid):
            await credit_notes.issue(tx, invoice.id, reason=" ")
