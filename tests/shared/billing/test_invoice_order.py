"""Order: whoever bills at the same moment waits and never stands in another's way, and the same id is one invoice."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Reused
from holdfast.shared.billing import archive, coupons, credit_notes, invoices, pausing, starting
from holdfast.shared.billing.invoices import Draft, Invoice
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.conftest import Bill, Later, line, pen, sound
from tests.shared.billing.test_subscriptions import plan

Subscribed = Callable[..., Awaitable[tuple[UUID, list[UUID]]]]


async def test_invoices_of_every_kind_at_once_never_stop_one_another(
    bill: Bill, subscribed: Subscribed, committed: Open, database: Database, tenant: UUID
) -> None:
    subscription, _ = await subscribed()
    paid = [await bill(100) for _ in range(3)]

    async def noted(invoice: Invoice) -> None:
        async with committed() as tx:
            await credit_notes.issue(tx, invoice.id, reason="A part", amount=pen(7))

    for _ in range(5):
        issued = [bill(lines=[line(-150)], subscription_id=subscription) for _ in range(6)]
        issued += [bill(200, subscription_id=subscription) for _ in range(6)]
        issued += [bill(100, use_credit=False) for _ in range(4)]
        done = await asyncio.gather(*issued, *(noted(invoice) for invoice in paid), return_exceptions=True)
        assert [one for one in done if isinstance(one, BaseException)] == []
    await sound(committed, database, tenant)


async def test_subscriptions_go_on_while_their_customer_is_billed(
    bill: Bill,
    committed: Open,
    database: Database,
    tenant: UUID,
    customer: customers.Customer,
    later: Later,
) -> None:
    async with committed() as tx:
        sold = await plan(tx)
        new = starting.New(customer_id=customer.id, plan_id=sold.plan.id)
        subscriptions = [(await starting.start(tx, new)).id for _ in range(4)]

    async def resumed(subscription_id: UUID) -> None:
        async with committed() as tx:
            await pausing.resume(tx, subscription_id)

    for _ in range(3):
        async with committed() as tx:
            for subscription_id in subscriptions:
                await pausing.pause(tx, subscription_id)
        await later(days=3)
        issued = [bill(lines=[line(-150 if n % 2 else 300)]) for n in range(12)]
        done = await asyncio.gather(*map(resumed, subscriptions), *issued, return_exceptions=True)
        assert [one for one in done if isinstance(one, BaseException)] == []
        await later(days=3)
    await sound(committed, database, tenant)


async def test_a_first_invoice_below_zero_and_one_above_at_once(committed: Open) -> None:
    for n in range(5):
        async with committed() as tx:
            customer = await customers.ensure(tx, name="Ana Torres", reference=f"new-{n}")

        async def issued(minor: int, customer_id: UUID) -> None:
            async with committed() as tx:
                await invoices.issue(tx, Draft(customer_id=customer_id, currency="PEN", lines=[line(minor)]))
                await invoices.issue(tx, Draft(customer_id=customer_id, currency="PEN", lines=[line(-minor)]))

        done = await asyncio.gather(
            *(issued(minor, customer.id) for minor in (500, -500, 300, -300)), return_exceptions=True
        )
        assert [one for one in done if isinstance(one, BaseException)] == []


@pytest.mark.parametrize("code", [None, "ONCE"])
async def test_the_same_id_at_once_is_one_invoice(
    committed: Open, customer: customers.Customer, code: str | None
) -> None:
    if code is not None:
        async with committed() as tx:
            await coupons.make(tx, coupons.New(code=code, name="Off", kind="percent", basis_points=1000))
    draft = Draft(id=ids.new(), customer_id=customer.id, currency="PEN", lines=[line(1000)], collect=False)

    async def created() -> Invoice:
        async with committed() as tx:
            return await archive.create(tx, draft, coupon=code)

    made = await asyncio.gather(*(created() for _ in range(5)))
    assert {one.id for one in made} == {draft.id}
    assert {one.number for one in made} == {made[0].number}
    async with committed() as tx:
        other = await customers.ensure(tx, name="Luis Vega", reference="other")
    with pytest.raises(Reused):
        async with committed() as tx:
            await invoices.issue(tx, Draft(id=draft.id, customer_id=other.id, currency="PEN", lines=[line(1)]))
