"""Counting: what was captured is counted before anybody is asked for money again, whoever comes first."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid5

import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import collection, invoices, pay_links, returns, settlements
from holdfast.shared.billing.invoices import PURPOSE, Invoice, NotOpen, Status
from holdfast.shared.payments import customers, methods, payments, refunds
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, pen, sound
from tests.shared.payments.conftest import call

Again = Callable[[UUID], Awaitable[Invoice]]
Pay = Callable[[Invoice], Awaitable[payments.Payment]]
Saved = Callable[..., Awaitable[methods.Method]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


async def captured(committed: Open, invoice: Invoice) -> list[payments.Payment]:
    """What was captured for an invoice."""
    async with committed() as tx:
        found = await payments.for_purpose(tx, PURPOSE, invoice.id)
    return [payment for payment in found if payment.status is payments.Status.captured]


async def once(committed: Open, invoice: Invoice, balance: Balance) -> None:
    """It was paid once, and nothing of it became credit."""
    assert len(await captured(committed, invoice)) == 1
    async with committed() as tx:
        found = await tx.get(Invoice, invoice.id)
        came = await settlements.of_invoice(tx, invoice.id)
    assert (found.status, found.paid) == (Status.paid, invoice.total)
    assert [one.kind for one in came] == ["payment"]
    assert await balance("billing.credit", invoice.customer_id) == 0


async def test_collecting_counts_what_was_captured_and_charges_nobody(
    saved: Saved, bill: Bill, pay: Pay, committed: Open, drain: Drain, balance: Balance
) -> None:
    await saved("good")
    invoice = await bill(1000)
    await pay(invoice)
    async with committed() as tx:
        assert await collection.collect(tx, invoice.id) is None
    await drain()
    await once(committed, invoice, balance)


async def test_what_falls_due_and_was_captured_is_not_charged(
    saved: Saved, bill: Bill, pay: Pay, committed: Open, drain: Drain, balance: Balance
) -> None:
    await saved("good")
    invoice = await bill(1000, collect=True)
    await pay(invoice)
    async with committed() as tx:
        assert await collection.charge_due(tx) == 0
    await drain()
    await once(committed, invoice, balance)


async def test_a_link_asks_nobody_for_what_was_captured(
    bill: Bill, pay: Pay, committed: Open, drain: Drain, balance: Balance
) -> None:
    invoice = await bill(1000)
    await pay(invoice)
    page = pay_links._Invoices()
    async with committed() as tx:
        shown = await page.view(tx, invoice.id)
        assert (shown.status, shown.payable) == ("paid", False)
    with pytest.raises(NotOpen):
        async with committed() as tx:
            await page.payment(tx, invoice.id)
    await drain()
    await once(committed, invoice, balance)


async def test_what_somebody_else_paid_is_counted_once(
    bill: Bill, pay: Pay, committed: Open, drain: Drain, balance: Balance
) -> None:
    invoice = await bill(1000)
    async with committed() as tx:
        other = await customers.ensure(tx, name="Luis Vega", email="luis@example.com")
        payment = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        await tx.execute("update payments_payment set customer_id = $2 where id = $1", payment.id, other.id)
    payment = await pay(invoice)
    async with committed() as tx:
        before = await invoices.locked(tx, invoice.id)
        after = await collection.counted(tx, before)
        assert (before.status, after.status) == (Status.open, Status.paid)
        assert await collection.counted(tx, after) == after
        assert await settlements.noted(tx, uuid5(payment.id, "captured")) is not None
    await drain()
    await once(committed, invoice, balance)
    assert await balance("payments.receivable", other.id) == 0


async def test_only_what_is_still_due_is_asked_for_after_a_part_was_captured(
    saved: Saved, bill: Bill, pay: Pay, committed: Open, drain: Drain, again: Again
) -> None:
    await saved("good")
    invoice = await bill(1000)
    async with committed() as tx:
        await tx.execute("update billing_invoice set paid_minor = 400 where id = $1", invoice.id)
    await pay(await again(invoice.id))
    async with committed() as tx:
        await tx.execute("update billing_invoice set paid_minor = 0 where id = $1", invoice.id)
    async with committed() as tx:
        charged = await collection.collect(tx, invoice.id)
    assert charged is not None
    assert charged.amount == pen(400)
    await drain()
    assert sorted(one.amount.minor for one in await captured(committed, invoice)) == [400, 600]
    assert (await again(invoice.id)).paid == pen(1000)


async def test_a_refund_that_is_told_first_finds_its_payment_counted(
    bill: Bill, pay: Pay, committed: Open, database: Database, again: Again, balance: Balance, drain: Drain
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)
    async with committed() as tx:
        refund = await refunds.request(tx, payment.id, amount=pen(1000), reason="No", key="1")
    await call(committed, database, payment.id)
    async with committed() as tx:
        await returns.apply(
            tx,
            refunds.Refunded(
                refund_id=refund.id,
                payment_id=payment.id,
                customer_id=invoice.customer_id,
                amount=pen(1000),
                purpose=payment.purpose,
                purpose_id=payment.purpose_id,
            ),
        )
    after = await again(invoice.id)
    assert (after.paid, after.returned, after.credited) == (pen(1000), pen(1000), pen(1000))
    await drain()
    assert await again(invoice.id) == after
    assert await balance("billing.discount") == 0
