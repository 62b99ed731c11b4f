"""Own invoices: what a customer sees of an invoice is meant for them; and what is charged or mailed about it."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel.pages import Page
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import archive, closing, collection, notices, own
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.payments import customers, methods, payments
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Bill, line, payment_of

Again = Callable[[UUID], Awaitable[Invoice]]
Saved = Callable[..., Awaitable[methods.Method]]


async def test_what_the_staff_write_for_themselves_is_not_shown_to_the_customer(
    bill: Bill, committed: Open, customer: customers.Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mine(_: Tx) -> customers.Customer:
        return customer

    monkeypatch.setattr(customers, "mine", mine)
    voided, paid = await bill(1000), await bill(500)
    async with committed() as tx:
        await closing.void(tx, voided.id, reason="He always complains")
        await closing.settle_outside(tx, paid.id, method="cash", reference="His brother paid")
    async with committed() as tx:
        listed = await archive.own(tx, Page())
        assert [one.reason for one in listed.items] == [None, None]
        shown = await own.shown(tx, voided.id)
        assert (shown.invoice.status, shown.invoice.reason) == ("void", None)
        assert [(one.kind, one.reference) for one in (await own.shown(tx, paid.id)).settlements] == [("cash", None)]
        assert (await archive.detail(tx, voided.id)).invoice.reason == "He always complains"


@pytest.mark.parametrize("minor", [-1500, 0])
async def test_nobody_is_thanked_for_what_they_were_given(bill: Bill, committed: Open, minor: int) -> None:
    invoice = await bill(lines=[line(minor)])
    async with committed() as tx:
        assert await notices.thank(tx, invoice.id, public_url="https://example.com") is None


async def test_one_that_cannot_be_charged_stops_no_other(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, again: Again, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved("good")
    bad, good = await bill(1000), await bill(1000)
    async with committed() as tx:
        await tx.execute("update billing_invoice set charge_on = due_on")
    method_for = collection.method_for

    async def failing(tx: Tx, invoice: Invoice) -> methods.Method | None:
        if invoice.id == bad.id:
            await tx.execute("update billing_invoice set memo = 'half' where id = $1", invoice.id)
            raise RuntimeError("This one cannot be treated.")
        return await method_for(tx, invoice)

    monkeypatch.setattr(collection, "method_for", failing)
    async with committed() as tx:
        assert await collection.charge_due(tx) == 1
    assert (await payment_of(committed, good.id)).status is payments.Status.processing
    after = await again(bad.id)
    assert after.memo is None
    assert after.charge_on is not None
    assert after.charge_on > after.due_on
    async with committed() as tx:
        assert await collection.charge_due(tx) == 0
    await drain()
