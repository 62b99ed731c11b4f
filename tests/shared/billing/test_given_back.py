"""Given back: money goes back once, whichever payment it is taken from, also what a provider took by itself."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import archive, closing, collection, credit_notes, invoices, receipts, returns
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import answers, connections, customers, disputes, methods, payments, refunds
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, payment_of, pen, purchase_of, sound
from tests.shared.billing.test_provider_run import driver, owner, subscribe
from tests.shared.payments.conftest import call, charged, wanted
from tests.shared.payments.peer import Peer

__all__ = ["charged", "owner", "wanted"]

Again = Callable[[UUID], Awaitable[Invoice]]
Pay = Callable[[Invoice], Awaitable[payments.Payment]]
Charged = Callable[..., Awaitable[payments.Payment]]
Saved = Callable[..., Awaitable[methods.Method]]
Taken: TypeAlias = tuple[Invoice, payments.Payment]
Twice = Callable[[Invoice], Awaitable[tuple[payments.Payment, payments.Payment]]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


@pytest.fixture
def twice(committed: Open, pay: Pay, peer: Peer, connection: connections.Connection, drain: Drain) -> Twice:
    """``await twice(invoice)`` pays it two times, once more than it needs."""

    async def paid(invoice: Invoice) -> tuple[payments.Payment, payments.Payment]:
        first = await pay(invoice)
        await drain()
        async with committed() as tx:
            second = await payments.request(
                tx,
                customer_id=invoice.customer_id,
                amount=invoice.total,
                description="Once more",
                purpose=invoices.PURPOSE,
                purpose_id=invoice.id,
                key="again",
            )
            opened = await connections.opened(tx, connection.id)
            payer = await customers.payer(tx, second.customer_id, connection.id)
        async with committed() as tx:
            second = await answers.told(tx, opened, peer.put(peer.made(purchase_of(second, payer), "captured")))
        await drain()
        return first, second

    return paid


async def returned(committed: Open, payment_id: UUID, key: str = "1") -> None:
    """Whatever is left of a payment is given back by hand."""
    async with committed() as tx:
        await refunds.request(tx, payment_id, amount=None, reason="Too much", key=key)


async def test_a_credit_note_gives_back_what_paid_the_invoice_and_leaves_the_surplus(
    bill: Bill, twice: Twice, committed: Open, drain: Drain, balance: Balance, customer: customers.Customer
) -> None:
    invoice = await bill(1000)
    first, second = await twice(invoice)
    assert await balance("billing.credit", customer.id) == 1000
    async with committed() as tx:
        note = await credit_notes.issue(tx, invoice.id, reason="Broken", refund=True)
        assert (note.refunding, note.kept) == (pen(1000), pen(0))
        assert payments.refundable(await tx.get(payments.Payment, first.id)) == pen(0)
    await drain()
    await returned(committed, second.id)
    await drain()
    assert await balance("billing.credit", customer.id) == 0
    assert await balance("billing.discount") == 0


async def test_it_does_not_matter_which_of_two_payments_is_given_back(
    bill: Bill,
    twice: Twice,
    committed: Open,
    drain: Drain,
    again: Again,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    invoice = await bill(1000)
    first, second = await twice(invoice)
    await returned(committed, first.id)
    await drain()
    # One of them was too much, so the invoice is paid as before.
    after = await again(invoice.id)
    assert (after.credited, after.returned) == (pen(0), pen(0))
    assert await balance("billing.credit", customer.id) == 0
    await returned(committed, second.id)
    await drain()
    after = await again(invoice.id)
    assert (after.credited, after.returned) == (pen(1000), pen(1000))
    assert await balance("billing.discount") == 0


async def test_the_rest_is_taken_of_what_was_too_much(
    bill: Bill, pay: Pay, committed: Open, drain: Drain, balance: Balance, customer: customers.Customer
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(600))
    await drain()
    async with committed() as tx:
        note = await credit_notes.issue(tx, invoice.id, reason="Broken", refund=True)
        assert (note.refunding, note.kept) == (pen(1000), pen(0))
        assert [one.amount for one in await refunds.of_payment(tx, payment.id)] == [pen(1000)]
    await drain()
    assert await balance("billing.credit", customer.id) == 600


async def test_a_refund_that_is_tried_again_takes_the_credit_that_it_left(
    saved: Saved, bill: Bill, committed: Open, drain: Drain, peer: Peer, balance: Balance, customer: customers.Customer
) -> None:
    await saved("good")
    invoice = await bill(1000, collect=True)
    await drain()
    peer.faults["refund"].append("refused")
    async with committed() as tx:
        await credit_notes.issue(tx, invoice.id, reason="Broken", refund=True)
    await drain()
    assert await balance("billing.credit", customer.id) == 1000
    await returned(committed, (await payment_of(committed, invoice.id)).id)
    await drain()
    assert await balance("billing.credit", customer.id) == 0
    assert await balance("billing.discount") == 0


@pytest.fixture
async def by_provider(bill: Bill, committed: Open, charged: Charged, customer: customers.Customer) -> Taken:
    """What a provider took for a subscription, and the invoice that was made of it."""
    invoice = await bill(1000, use_credit=False)
    payment = await charged("good", 1000, purpose="billing.subscription", purpose_id=customer.id)
    async with committed() as tx:
        event = payments.Captured(
            payment_id=payment.id,
            customer_id=customer.id,
            amount=pen(1000),
            captured_at=tx.now,
            purpose=invoices.PURPOSE,
            purpose_id=invoice.id,
        )
        await collection.apply(tx, event)
    return invoice, payment


async def test_what_a_provider_took_is_shown_and_given_back_with_its_invoice(
    by_provider: Taken, committed: Open, database: Database, again: Again
) -> None:
    invoice, payment = by_provider
    assert (await again(invoice.id)).status is Status.paid
    async with committed() as tx:
        assert [one.id for one in (await archive.detail(tx, invoice.id)).payments] == [payment.id]
        note = await credit_notes.issue(tx, invoice.id, reason="Broken", amount=pen(400), refund=True)
        assert (note.refunding, note.kept) == (pen(400), pen(0))
    await call(committed, database, payment.id)


async def test_a_refund_and_a_dispute_of_what_a_provider_took_are_counted(
    by_provider: Taken,
    committed: Open,
    database: Database,
    again: Again,
    peer: Peer,
    customer: customers.Customer,
) -> None:
    invoice, payment = by_provider
    async with committed() as tx:
        refund = await refunds.request(tx, payment.id, amount=pen(1000), reason="No", key="1")
    await call(committed, database, payment.id)
    async with committed() as tx:
        event = refunds.Refunded(
            refund_id=refund.id,
            payment_id=payment.id,
            customer_id=customer.id,
            amount=pen(1000),
            purpose=payment.purpose,
            purpose_id=payment.purpose_id,
        )
        for _ in range(2):
            await returns.apply(tx, event)
    after = await again(invoice.id)
    assert (after.paid, after.returned, after.credited) == (pen(1000), pen(1000), pen(1000))
    assert payment.provider_ref is not None
    async with committed() as tx:
        locked = await tx.get(payments.Payment, payment.id, lock=True)
        opened = await disputes.told(tx, locked, peer.complain(payment.provider_ref))
        await collection.dispute(
            tx,
            disputes.Opened(
                dispute_id=opened.id,
                payment_id=payment.id,
                customer_id=customer.id,
                amount=opened.amount,
                reason="fraud",
                due_at=None,
                purpose=payment.purpose,
                purpose_id=payment.purpose_id,
            ),
        )
    assert (await again(invoice.id)).disputed


async def test_a_refund_of_what_has_no_invoice_yet_comes_again(
    committed: Open, charged: Charged, customer: customers.Customer, bill: Bill
) -> None:
    payment = await charged("good", 1000, purpose="billing.subscription", purpose_id=customer.id)
    async with committed() as tx:
        with pytest.raises(collection.NotInvoicedYet):
            await collection.invoice_of(tx, payment.id, payment.purpose, payment.purpose_id)
    # What owes it is made after all.
    async with committed() as tx:
        invoice = await invoices.locked(tx, (await bill(1000, use_credit=False)).id)
        event = payments.Captured(
            payment_id=payment.id,
            customer_id=customer.id,
            amount=pen(1000),
            captured_at=tx.now,
            purpose=invoices.PURPOSE,
            purpose_id=invoice.id,
        )
        await collection.apply(tx, event)
        found = await collection.invoice_of(tx, payment.id, payment.purpose, payment.purpose_id)
        assert found is not None
        assert found.id == invoice.id


async def test_a_provider_run_subscription_is_refunded_by_its_credit_note(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, again: Again
) -> None:
    payer = await driver(committed, database)
    await drain()
    await subscribe(owner, payer)
    await drain()
    async with committed() as tx:
        [invoice] = await tx.all(Invoice, "select * from billing_invoice")
        [payment] = await receipts.payments_of(tx, invoice.id)
    assert (invoice.paid, payment.captured) == (pen(11_210), pen(11_210))
    wanted = {"reason": "Broken", "amount": {"minor": 1210, "currency": "PEN"}, "refund": True}
    note = (await owner.post(f"/api/billing/invoices/{invoice.id}/credit-notes", json=wanted)).json()
    assert (note["refunding"]["minor"], note["kept"]["minor"]) == (1210, 0)
    await returned(committed, payment.id)
    await drain()
    after = await again(invoice.id)
    assert (after.paid, after.returned, after.credited) == (pen(11_210), pen(11_210), pen(11_210))


@pytest.mark.parametrize("noted", [True, False])
async def test_a_refund_that_goes_and_comes_back_leaves_the_money_in_one_place(
    bill: Bill,
    pay: Pay,
    committed: Open,
    drain: Drain,
    balance: Balance,
    customer: customers.Customer,
    connection: connections.Connection,
    peer: Peer,
    noted: bool,
) -> None:
    invoice = await bill(1000)
    payment = await pay(invoice)
    await drain()
    if not noted:
        await returned(committed, payment.id)
    else:
        peer.faults["refund"] = ["refused"]
        async with committed() as tx:
            await credit_notes.issue(tx, invoice.id, reason="Broken", refund=True)
    await drain()
    async with committed() as tx:
        [refund] = await refunds.of_payment(tx, payment.id)

    async def told(standing: refunds.Standing) -> int:
        """The provider says how the refund stands; gives the customer's credit after that."""
        async with committed() as tx:
            ours = await tx.get(payments.Payment, payment.id, lock=True)
            await refunds.settle(tx, await tx.get(refunds.Refund, refund.id, lock=True), ours, standing)
        await drain()
        return await balance("billing.credit", customer.id)

    # At first it failed, where it was noted, or arrived, where it was not; each says what is there after it.
    assert await balance("billing.credit", customer.id) == (1000 if noted else 0)
    for standing, credit in (
        *([(refunds.Standing.succeeded, 0)] if noted else []),
        (refunds.Standing.failed, 1000),
        (refunds.Standing.succeeded, 0),
        (refunds.Standing.failed, 1000),
    ):
        assert await told(standing) == credit
        await sound_now(committed)
    assert await balance("billing.discount") == 0


async def sound_now(committed: Open) -> None:
    """Nobody owes anything in between either."""
    async with committed() as tx:
        owed = await tx.one(
            int,
            "select coalesce(sum(ledger_sum(a)), 0)::bigint from ledger_account as a "
            "where a.book = 'payments.receivable'",
        )
    assert owed == 0
