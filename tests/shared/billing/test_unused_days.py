"""Days that are not used: what is given back for them is what was paid, once, whatever was credited or disputed."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import changes, closing, credit_notes, ending, starting, steps, subscriptions
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.billing.rating import Kind
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import customers, disputes, methods, payments
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Balance, Later, payment_of, pen, sound
from tests.shared.billing.test_subscriptions import FLAT, SEATS, bills, fresh, plan
from tests.shared.payments.peer import Peer

Begun = Callable[..., Awaitable[Subscription]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: object) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it, and nobody owes but what their open invoices ask for."""
    yield
    await sound(committed, database, tenant)  # type: ignore[arg-type]


@pytest.fixture
def begun(committed: Open, customer: customers.Customer) -> Begun:
    """``await begun(FLAT)`` is a subscription of the customer, whose first period is charged."""

    async def made(*prices: NewPrice, quantity: int = 1) -> Subscription:
        async with committed() as tx:
            sold = await plan(tx, *prices)
            new = starting.New(customer_id=customer.id, plan_id=sold.plan.id, quantity=quantity)
            return await starting.start(tx, new)

    return made


async def cancel(committed: Open, subscription: Subscription) -> list[Invoice]:
    """End a subscription today; gives its invoices."""
    async with committed() as tx:
        await ending.cancel(tx, subscription.id, when="now")
    return await bills(committed, subscription)


async def test_what_was_credited_and_never_paid_is_not_given_back(
    begun: Begun, committed: Open, balance: Balance, customer: customers.Customer
) -> None:
    subscription = await begun(FLAT)
    [bill] = await bills(committed, subscription)
    async with committed() as tx:
        await credit_notes.issue(tx, bill.id, reason="A mistake")
        assert await steps.charged_until(tx, subscription) is None
    assert len(await cancel(committed, subscription)) == 1
    assert await balance("billing.credit", customer.id) == 0


async def test_what_a_credit_note_gave_back_is_not_given_back_again(
    saved: Callable[..., Awaitable[methods.Method]],
    begun: Begun,
    committed: Open,
    drain: Drain,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    await saved("good")
    subscription = await begun(FLAT)
    await drain()
    [bill] = await bills(committed, subscription)
    assert bill.paid == pen(3100)
    async with committed() as tx:
        await credit_notes.issue(tx, bill.id, reason="A mistake", refund=True)
    await drain()
    assert len(await cancel(committed, subscription)) == 1
    assert await balance("billing.credit", customer.id) == 0


@pytest.mark.parametrize(("inclusive", "net"), [(False, 10_000), (True, 11_800)])
async def test_what_is_left_after_a_credit_note_is_given_back(
    begun: Begun, committed: Open, inclusive: bool, net: int
) -> None:
    price = NewPrice(
        kind=Kind.per_period, label="Place", amount=pen(net), tax_basis_points=1800, tax_inclusive=inclusive
    )
    subscription = await begun(price)
    [bill] = await bills(committed, subscription)
    assert bill.total == pen(11_800)
    async with committed() as tx:
        await closing.settle_outside(tx, bill.id, method="cash")
        await credit_notes.issue(tx, bill.id, reason="A gesture", amount=pen(2360))
    [_, back] = await cancel(committed, subscription)
    assert (back.total, back.net) == (pen(-9440), pen(-8000))


async def test_what_is_disputed_goes_back_by_the_dispute_alone(
    saved: Callable[..., Awaitable[methods.Method]],
    begun: Begun,
    committed: Open,
    drain: Drain,
    peer: Peer,
    balance: Balance,
    customer: customers.Customer,
) -> None:
    await saved("good")
    subscription = await begun(FLAT)
    await drain()
    [bill] = await bills(committed, subscription)
    payment = await payment_of(committed, bill.id)
    assert payment.provider_ref is not None
    complaint = peer.complain(payment.provider_ref)
    async with committed() as tx:
        await disputes.told(tx, await tx.get(payments.Payment, payment.id, lock=True), complaint)
    await drain()
    assert len(await cancel(committed, subscription)) == 1
    assert await balance("billing.credit", customer.id) == 0


async def test_nobody_is_charged_for_ending_what_was_given_back_and_never_paid(
    begun: Begun, committed: Open, later: Later, balance: Balance, customer: customers.Customer
) -> None:
    subscription = await begun(SEATS, quantity=1000)
    await later(days=3)
    async with committed() as tx:
        await changes.change(tx, subscription.id, changes.Wanted(quantity=1))
    issued = await bills(committed, subscription)
    assert len(await cancel(committed, subscription)) == len(issued)
    assert (await fresh(committed, subscription)).status is subscriptions.Status.cancelled
    assert await balance("billing.credit", customer.id) == 0
    owing = await bills(committed, subscription)
    assert [bill.status for bill in owing] == [Status.open, Status.paid]
    assert owing[0].due == owing[0].total + owing[1].total
