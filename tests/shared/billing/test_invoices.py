"""Invoices: numbers without gaps, figures, and where they stand in the books."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import closing, coupons, credit, invoices, months
from holdfast.shared.billing.invoices import Draft, Invoice, Status
from holdfast.shared.payments import customers
from holdfast.shared.tenants import tenants
from tests.conftest import Open
from tests.shared.billing.conftest import Balance, Bill, Later, line, pen, sound

Again = Callable[[UUID], Awaitable[Invoice]]
Subscribed = Callable[..., Awaitable[tuple[UUID, list[UUID]]]]


@pytest.mark.meets("T18")
async def test_an_invoice_says_who_owes_what_to_whom_until_when(tx: Tx) -> None:
    customer = await customers.ensure(tx, name="Ana Torres", email="ana@example.com", tax_id="10456789012")
    await tenants.change(tx, tenants.Changes(tax_id="20512345678", address="Av. Larco 101"))
    today = await months.today(tx)
    invoice = await invoices.issue(
        tx,
        Draft(
            customer_id=customer.id,
            currency="PEN",
            lines=[line(10_000, 1800, quantity=10, unit_amount=pen(1000)), line(500)],
            due_on=today + timedelta(days=14),
            memo="Thank you.",
        ),
    )
    assert invoice.status is Status.open
    assert (invoice.subtotal, invoice.net, invoice.tax, invoice.total) == (
        pen(10_500),
        pen(10_500),
        pen(1800),
        pen(12_300),
    )
    assert (invoice.paid, invoice.due) == (pen(0), pen(12_300))
    assert invoice.due_on == today + timedelta(days=14)
    assert invoice.charge_on == invoice.due_on
    assert (invoice.seller.name, invoice.seller.country) == ("Café Aurora", "PE")
    assert (invoice.seller.tax_id, invoice.seller.address) == ("20512345678", "Av. Larco 101")
    assert (invoice.buyer.name, invoice.buyer.tax_id) == ("Ana Torres", "10456789012")
    found = await invoices.lines(tx, invoice.id)
    assert [(one.quantity, one.amount, one.tax, one.total) for one in found] == [
        (10, pen(10_000), pen(1800), pen(11_800)),
        (1, pen(500), pen(0), pen(500)),
    ]


async def test_numbers_have_no_gap_when_many_are_issued_and_some_fail(
    committed: Open, bill: Bill, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    async def fails(number: int) -> None:
        async with committed() as tx:
            await invoices.issue(
                tx, Draft(customer_id=customer.id, currency="PEN", lines=[line(number)], collect=False)
            )
            raise LookupError

    outcomes = await asyncio.gather(
        *(bill(100 + n) if n % 3 else fails(n) for n in range(1, 25)), return_exceptions=True
    )
    issued = [one for one in outcomes if isinstance(one, Invoice)]
    assert len(issued) == 16
    assert sorted(one.number[5:] for one in issued) == [f"{n:06}" for n in range(1, 17)]
    await sound(committed, database, tenant)


async def test_the_year_of_a_number_is_the_businesss_own(tx: Tx, customer_in: UUID) -> None:
    async def number(at: str, timezone: str) -> tuple[str, date]:
        await tx.execute("update tenants_tenant set timezone = $1", timezone)
        tx.now = tx.now.fromisoformat(at)
        found = await invoices.issue(tx, Draft(customer_id=customer_in, currency="PEN", lines=[line(1)]))
        return found.number, found.issued_on

    assert await number("2030-12-31T23:30:00+00:00", "America/Lima") == ("2030-000001", date(2030, 12, 31))
    assert await number("2031-01-01T04:30:00+00:00", "America/Lima") == ("2030-000002", date(2030, 12, 31))
    assert await number("2031-01-01T05:00:00+00:00", "America/Lima") == ("2031-000001", date(2031, 1, 1))
    assert await number("2030-12-31T20:00:00+00:00", "Asia/Tokyo") == ("2031-000002", date(2031, 1, 1))


@pytest.fixture
async def customer_in(tx: Tx) -> UUID:
    """A customer of the transaction that is rolled back."""
    return (await customers.ensure(tx, name="Ana Torres")).id


async def test_the_same_id_is_the_same_invoice(bill: Bill, committed: Open) -> None:
    invoice_id = ids.new()
    first = await bill(id=invoice_id)
    assert await bill(id=invoice_id) == first
    async with committed() as tx:
        other = await customers.ensure(tx, name="Luis")
    with pytest.raises(Reused):
        await bill(id=invoice_id, customer_id=other.id)


async def test_a_period_has_one_invoice(bill: Bill, committed: Open, subscribed: Subscribed) -> None:
    subscription, (period, last, *others) = await subscribed(5)
    first = await bill(subscription_id=subscription, period_id=period)
    with pytest.raises(invoices.PeriodInvoiced):
        await bill(subscription_id=subscription, period_id=period)
    outcomes = await asyncio.gather(
        *(bill(subscription_id=subscription, period_id=other) for other in others),
        *(bill(subscription_id=subscription, period_id=last) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Invoice) for one in outcomes) == 4
    assert all(isinstance(one, Invoice | invoices.PeriodInvoiced | Reused) for one in outcomes)
    async with committed() as tx:
        assert await invoices.of_period(tx, subscription, period) == first
        with pytest.raises(NotFound):
            await invoices.of_period(tx, subscription, ids.new())


async def test_the_books_follow_an_invoice_and_its_void(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    invoice = await bill(10_000, 1800)
    assert await balance("payments.receivable", customer.id) == 11_800
    assert (await balance("billing.revenue"), await balance("billing.tax")) == (10_000, 1800)
    for _ in range(2):
        async with committed() as tx:
            void = await closing.void(tx, invoice.id, reason="A mistake")
    assert (void.status, void.reason, void.number) == (Status.void, "A mistake", invoice.number)
    assert await balance("payments.receivable", customer.id) == 0
    assert (await balance("billing.revenue"), await balance("billing.tax")) == (0, 0)
    await sound(committed, database, tenant)


async def test_credit_is_used_and_a_void_invoice_gives_it_back(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    async with committed() as tx:
        await credit.grant(tx, customer.id, amount=pen(1500), reason="Sorry")
    assert await balance("billing.discount") == 1500
    first = await bill(1000)
    assert (first.status, first.paid, first.due) == (Status.paid, pen(1000), pen(0))
    second = await bill(2000)
    assert (second.status, second.paid, second.due) == (Status.open, pen(500), pen(1500))
    assert await balance("billing.credit", customer.id) == 0
    await sound(committed, database, tenant)
    async with committed() as tx:
        await closing.void(tx, second.id, reason="A mistake")
    assert await balance("billing.credit", customer.id) == 500
    await sound(committed, database, tenant)


async def test_credit_is_never_used_twice(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    async with committed() as tx:
        await credit.grant(tx, customer.id, amount=pen(2500), reason="Sorry")
    issued = await asyncio.gather(*(bill(1000) for _ in range(6)))
    assert sum(one.paid.minor for one in issued) == 2500
    assert await balance("billing.credit", customer.id) == 0
    await sound(committed, database, tenant)


async def test_more_given_back_than_charged_becomes_credit(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    invoice = await bill(lines=[line(-5000, 1800), line(2000, 1800)])
    assert (invoice.status, invoice.total, invoice.paid, invoice.due) == (Status.paid, pen(-3540), pen(-3540), pen(0))
    assert await balance("billing.credit", customer.id) == 3540
    await sound(committed, database, tenant)
    assert (await bill(3540)).status is Status.paid


async def test_an_invoice_over_nothing_is_paid(bill: Bill, committed: Open, database: Database, tenant: UUID) -> None:
    assert (await bill(0)).status is Status.paid
    await sound(committed, database, tenant)


async def test_granting_credit_twice_with_one_id_grants_it_once(
    committed: Open, customer: customers.Customer, balance: Balance
) -> None:
    credit_id = ids.new()
    for _ in range(2):
        async with committed() as tx:
            await credit.grant(tx, customer.id, amount=pen(500), reason="Sorry", id=credit_id)
    assert await balance("billing.credit", customer.id) == 500
    with pytest.raises(Reused):
        async with committed() as tx:
            await credit.grant(tx, customer.id, amount=pen(501), reason="Sorry", id=credit_id)


async def test_an_invoice_that_was_given_up_is_a_loss_until_money_comes(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    invoice = await bill(5000)
    for _ in range(2):
        async with committed() as tx:
            lost = await closing.write_off(tx, invoice.id, reason="Gone")
    assert (lost.status, lost.due, await balance("billing.bad_debt")) == (Status.uncollectible, pen(0), 5000)
    await sound(committed, database, tenant)
    async with committed() as tx:
        part = await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(2000))
    assert (part.status, await balance("billing.bad_debt")) == (Status.uncollectible, 3000)
    async with committed() as tx:
        paid = await closing.settle_outside(tx, invoice.id, method="transfer", reference="BCP 17")
    assert (paid.status, paid.paid, await balance("billing.bad_debt")) == (Status.paid, pen(5000), 0)
    assert await balance("payments.cash") == 5000
    assert await balance("payments.receivable", customer.id) == 0
    await sound(committed, database, tenant)


async def test_cash_counts_once_and_what_is_too_much_is_credit(
    bill: Bill, committed: Open, balance: Balance, customer: customers.Customer, database: Database, tenant: UUID
) -> None:
    invoice, settlement = await bill(1000), ids.new()
    for _ in range(2):
        async with committed() as tx:
            paid = await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(1200), id=settlement)
    assert (paid.status, paid.paid) == (Status.paid, pen(1000))
    assert await balance("billing.credit", customer.id) == 200
    with pytest.raises(invoices.NotOpen):
        async with committed() as tx:
            await closing.settle_outside(tx, invoice.id, method="cash")
    with pytest.raises(Reused):
        async with committed() as tx:
            await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(1), id=settlement)
    await sound(committed, database, tenant)


async def test_what_was_paid_is_not_voided(bill: Bill, committed: Open) -> None:
    invoice = await bill(1000)
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", amount=pen(400))
    with pytest.raises(closing.NotVoidable):
        async with committed() as tx:
            await closing.void(tx, invoice.id, reason="A mistake")
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash")
    with pytest.raises(invoices.NotOpen):
        async with committed() as tx:
            await closing.void(tx, invoice.id, reason="A mistake")


async def test_coupons_count_what_they_were_taken_off(tx: Tx, customer_in: UUID) -> None:
    # What the subscription itself is does not matter here, and its keys are looked at when a transaction ends.
    made = await coupons.make(
        tx, coupons.New(code="two off", name="Half", kind="percent", basis_points=5000, duration="repeating", times=2)
    )
    assert made.code == "TWOOFF"
    subscription = ids.new()
    await coupons.redeem(tx, "twoOff", customer_id=customer_in, subscription_id=subscription)
    with pytest.raises(coupons.RedeemedAlready):
        await coupons.redeem(tx, "TWOOFF", customer_id=customer_in, subscription_id=subscription)

    async def bill() -> Invoice:
        return await invoices.issue(
            tx,
            Draft(
                customer_id=customer_in,
                currency="PEN",
                lines=[line(1001, 1800)],
                discounts=await coupons.discounts(tx, subscription),
                subscription_id=subscription,
            ),
        )

    first = await bill()
    assert (first.discount, first.net, first.tax) == (pen(500), pen(501), pen(90))
    assert first.discounts[0].discount.code == "TWOOFF"
    await closing.void(tx, first.id, reason="A mistake")
    assert [(await bill()).discount.minor for _ in range(3)] == [500, 500, 0]
    assert (await tx.get(coupons.Coupon, made.id)).redemptions == 1


async def test_the_last_of_a_coupon_is_redeemed_once(committed: Open) -> None:
    async with committed() as tx:
        made = await coupons.make(
            tx, coupons.New(code="FEW", name="Few", kind="amount", amount=pen(100), max_redemptions=3)
        )
        people = [(await customers.ensure(tx, name=f"Customer {n}")).id for n in range(8)]

    async def redeem(customer_id: UUID) -> bool:
        try:
            async with committed() as tx:
                await coupons.redeem(tx, "few", customer_id=customer_id)
        except coupons.NotRedeemable:
            return False
        return True

    assert sum(await asyncio.gather(*(redeem(one) for one in people))) == 3
    async with committed() as tx:
        assert (await tx.get(coupons.Coupon, made.id)).redemptions == 3
        with pytest.raises(Invalid):
            await coupons.change(tx, made.id, coupons.Changes(max_redemptions=2))


async def test_a_coupon_expires_and_is_taken_out_of_use(tx: Tx, customer_in: UUID) -> None:
    made = await coupons.make(
        tx,
        coupons.New(code="SOON", name="Soon", kind="percent", basis_points=1000, expires_at=tx.now + timedelta(days=1)),
    )
    await coupons.change(tx, made.id, coupons.Changes(active=False))
    with pytest.raises(coupons.NotRedeemable):
        await coupons.redeem(tx, "SOON", customer_id=customer_in)
    await coupons.change(tx, made.id, coupons.Changes(active=True))
    tx.now += timedelta(days=1)
    with pytest.raises(coupons.NotRedeemable):
        await coupons.redeem(tx, "SOON", customer_id=customer_in)
    with pytest.raises(coupons.NoSuchCoupon):
        await coupons.redeem(tx, "NEVER", customer_id=customer_in)


@pytest.mark.parametrize(
    "new",
    [
        coupons.New(code="x", name="x", kind="percent", basis_points=1000),
        coupons.New(code="-X", name="x", kind="percent", basis_points=1000),
        coupons.New(code="É1", name="x", kind="percent", basis_points=1000),
        coupons.New(code="OK", name="", kind="percent", basis_points=1000),
        coupons.New(code="OK", name="x", kind="percent"),
        coupons.New(code="OK", name="x", kind="percent", basis_points=10_001),
        coupons.New(code="OK", name="x", kind="percent", basis_points=1, amount=pen(1)),
        coupons.New(code="OK", name="x", kind="amount"),
        coupons.New(code="OK", name="x", kind="amount", amount=pen(0)),
        coupons.New(code="OK", name="x", kind="amount", amount=Money(1, "ZZZ")),
        coupons.New(code="OK", name="x", kind="amount", amount=pen(1), duration="repeating"),
        coupons.New(code="OK", name="x", kind="amount", amount=pen(1), times=2),
        coupons.New(code="OK", name="x", kind="amount", amount=pen(1), max_redemptions=0),
    ],
)
async def test_a_coupon_that_makes_no_sense_is_refused(tx: Tx, new: coupons.New) -> None:
    with pytest.raises(Invalid):
        await coupons.make(tx, new)


async def test_an_invoice_is_overdue_once_its_day_is_over(
    bill: Bill, committed: Open, again: Again, later: Later
) -> None:
    from holdfast.shared.billing import collection

    invoice = await bill(1000)
    async with committed() as tx:
        assert await collection.mark_overdue(tx) == 0
    await later(days=1)
    async with committed() as tx:
        assert await collection.mark_overdue(tx) == 1
    async with committed() as tx:
        assert await collection.mark_overdue(tx) == 0
    assert (await again(invoice.id)).overdue
    async with committed() as tx:
        paid = await closing.settle_outside(tx, invoice.id, method="cash")
    assert not paid.overdue
