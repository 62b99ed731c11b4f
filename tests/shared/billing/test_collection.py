"""Collection: money for invoices is counted once, whatever comes, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.shared.billing import (
    closing,
    collection,
    credit,
    credit_notes,
    invoices,
    receipts,
    settlements,
)
from holdfast.shared.billing.invoices import PURPOSE, Invoice, Status
from holdfast.shared.payments import answers, connections, customers, methods, payments
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, payment_of, pen, purchase_of, sound
from tests.shared.payments.conftest import call
from tests.shared.payments.peer import Peer

Again = Callable[[UUID], Awaitable[Invoice]]
Saved = Callable[..., Awaitable[methods.Method]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


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


async def test_a_subscription_is_charged_as_it_says(
    saved: Saved,
    bill: Bill,
    drain: Drain,
    committed: Open,
    subscribed: Callable[..., Awaitable[tuple[UUID, list[UUID]]]],
) -> None:
    default, other = await saved("good"), await saved("good")
    subscription, (period,) = await subscribed()
    async with committed() as tx:
        await tx.execute("update billing_subscription set method_id = $2 where id = $1", subscription, other.id)
    invoice = await bill(collect=True, subscription_id=subscription, period_id=period)
    await drain()
    assert (await payment_of(committed, invoice.id)).method_id == other.id
    async with committed() as tx:
        await methods.remove(tx, other.id)
    invoice = await bill(collect=True, subscription_id=subscription)
    await drain()
    assert (await payment_of(committed, invoice.id)).method_id == default.id


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
        await answers.told(tx, opened, peer.put(peer.made(purchase_of(payment, payer), "captured")))
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
