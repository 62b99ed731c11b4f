"""Credit of changes: what is given back of a subscription goes first into what is still owed for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import changes, closing, credit, settlements
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import customers
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Bill, line, pen, sound
from tests.shared.billing.test_subscriptions import SEATS, bills
from tests.shared.billing.test_unused_days import Begun, begun

__all__ = ["begun"]

Again = Callable[[UUID], Awaitable[Invoice]]
Subscribed = Callable[..., Awaitable[tuple[UUID, list[UUID]]]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)


async def test_what_nobody_paid_cannot_be_spent_on_something_else(
    begun: Begun, committed: Open, balance: Balance, customer: customers.Customer
) -> None:
    subscription = await begun(SEATS, quantity=1000)
    async with committed() as tx:
        await changes.change(tx, subscription.id, changes.Wanted(quantity=1))
    first, back = await bills(committed, subscription)
    assert (first.status, first.due, back.total) == (Status.open, pen(1000), pen(-999_000))
    assert await balance("billing.credit", customer.id) == 0
    [other] = await bills(committed, await begun(SEATS, quantity=100))
    assert (other.status, other.due) == (Status.open, pen(100_000))


async def test_it_goes_into_the_oldest_first_and_the_rest_is_credit(
    bill: Bill, subscribed: Subscribed, again: Again, balance: Balance, committed: Open, customer: customers.Customer
) -> None:
    subscription, _ = await subscribed()
    first, second = [await bill(minor, subscription_id=subscription) for minor in (300, 500)]
    other = await bill(200)
    await bill(lines=[line(-400)], subscription_id=subscription)
    assert ((await again(first.id)).status, (await again(second.id)).due) == (Status.paid, pen(400))
    async with committed() as tx:
        assert [one.kind for one in await settlements.of_invoice(tx, first.id)] == ["credit"]
        await closing.settle_outside(tx, second.id, method="cash", amount=pen(100))
    await bill(lines=[line(-1000)], subscription_id=subscription)
    assert (await again(second.id)).status is Status.paid
    assert await balance("billing.credit", customer.id) == 700
    assert (await again(other.id)).due == pen(200)


async def test_credit_that_was_there_before_stays(
    bill: Bill, subscribed: Subscribed, again: Again, balance: Balance, committed: Open, customer: customers.Customer
) -> None:
    subscription, _ = await subscribed()
    owed = await bill(1000, subscription_id=subscription)
    async with committed() as tx:
        await credit.grant(tx, customer.id, amount=pen(600), reason="Sorry")
    await bill(lines=[line(-100)], subscription_id=subscription)
    assert (await again(owed.id)).due == pen(900)
    assert await balance("billing.credit", customer.id) == 600


async def test_what_was_late_is_paid_by_it_and_nothing_was_recovered(
    bill: Bill, subscribed: Subscribed, again: Again, committed: Open, drain: Drain
) -> None:
    subscription, _ = await subscribed()
    owed = await bill(1000, subscription_id=subscription)
    async with committed() as tx:
        await tx.execute("update billing_invoice set overdue = true, due_on = due_on - $1::interval", timedelta(days=3))
    await bill(lines=[line(-1000)], subscription_id=subscription)
    await drain()
    paid = await again(owed.id)
    assert (paid.status, paid.overdue) == (Status.paid, False)
    async with committed() as tx:
        assert await tx.one(int, "select sum(recovered)::bigint from billing_month") == 0
