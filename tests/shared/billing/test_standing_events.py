"""Standing follows from what is owed at the moment, in whatever order the events about it are handled."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.shared.billing import closing, dunning, dunning_policies, ending, invoices, reactions, standing
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import methods, payments
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Bill, Later, payment_of
from tests.shared.billing.test_standing import pay as pay_at_the_counter
from tests.shared.billing.test_standing import unpaid
from tests.shared.billing.test_subscriptions import FLAT, bills, fresh, lived, subscribed
from tests.shared.payments.peer import Peer

__all__ = ["lived", "subscribed", "unpaid"]

Saved = Callable[..., Awaitable[methods.Method]]
Again = Callable[[UUID], Awaitable[Invoice]]
Subscribed = Callable[..., Awaitable[Subscription]]
CLOSE = {"void": closing.void, "write_off": closing.write_off}


async def _policy(committed: Open, outcome: dunning_policies.Outcome) -> None:
    async with committed() as tx:
        await dunning_policies.set_policy(
            tx, dunning_policies.Policy(retry_days=[1], grace_days=2, notices=False, outcome=outcome, mails=False)
        )


async def close(committed: Open, drain: Drain, invoice: Invoice, how: str) -> None:
    """Pay an invoice, take it back, or give it up."""
    if how == "pay":
        await pay_at_the_counter(committed, drain, invoice)
        return
    async with committed() as tx:
        await CLOSE[how](tx, invoice.id, reason="No")
    await drain()


@pytest.mark.parametrize("how", ["pay", "void", "write_off"])
async def test_one_that_is_kept_is_active_again_once_nothing_is_owed(
    how: str, committed: Open, subscribed: Subscribed, saved: Saved, drain: Drain, later: Later
) -> None:
    await _policy(committed, "keep")
    await saved("declined")
    subscription = await subscribed(FLAT)
    await drain()
    for _ in range(6):
        await later(days=1)
        await drain()
    assert (await fresh(committed, subscription)).status is Status.past_due
    [invoice] = await bills(committed, subscription)
    async with committed() as tx:
        case = await dunning.of_invoice(tx, invoice.id)
    assert case is not None
    assert case.case.state is dunning.State.exhausted
    await close(committed, drain, invoice, how)
    assert (await fresh(committed, subscription)).status is Status.active


@pytest.mark.parametrize("how", ["void", "write_off"])
async def test_what_is_paused_goes_on_when_the_late_invoice_is_closed_in_another_way(
    how: str, unpaid: tuple[Subscription, Invoice], committed: Open, drain: Drain
) -> None:
    subscription, invoice = unpaid
    await close(committed, drain, invoice, how)
    here = await fresh(committed, subscription)
    # What is charged for the days from now on is declined as well, and there is a new case for that.
    assert (here.status, here.paused_unpaid, here.paused_on) == (Status.past_due, False, None)
    assert len(await bills(committed, subscription)) > 1


@pytest.fixture
async def closed(
    committed: Open, subscribed: Subscribed, saved: Saved, drain: Drain
) -> tuple[Subscription, Invoice, dunning.Case]:
    """A subscription whose first invoice was in dunning, and then paid at the counter."""
    await _policy(committed, "pause")
    await saved("declined")
    subscription = await subscribed(FLAT)
    await drain()
    [invoice] = await bills(committed, subscription)
    async with committed() as tx:
        case = await dunning.of_invoice(tx, invoice.id)
    assert case is not None
    await pay_at_the_counter(committed, drain, invoice)
    assert (await fresh(committed, subscription)).status is Status.active
    return subscription, invoice, case.case


async def test_the_beginning_of_a_case_that_is_heard_of_after_its_end_makes_nothing_past_due(
    closed: tuple[Subscription, Invoice, dunning.Case], committed: Open
) -> None:
    subscription, invoice, case = closed
    started = dunning.Started(
        dunning_id=case.id,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        subscription_id=subscription.id,
    )
    async with committed() as tx:
        await reactions.mark_past_due(tx, started)
    assert (await fresh(committed, subscription)).status is Status.active


@pytest.mark.parametrize("outcome", ["pause", "cancel"])
async def test_the_end_of_the_schedule_that_is_heard_of_after_the_payment_changes_nothing(
    outcome: dunning_policies.Outcome, closed: tuple[Subscription, Invoice, dunning.Case], committed: Open
) -> None:
    subscription, invoice, case = closed
    over = dunning.Exhausted(
        dunning_id=case.id,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        subscription_id=subscription.id,
        outcome=outcome,
    )
    async with committed() as tx:
        await reactions.carry_out(tx, over)
    assert (await fresh(committed, subscription)).status is Status.active


async def test_what_was_cancelled_stays_so_whatever_is_owed(
    closed: tuple[Subscription, Invoice, dunning.Case], committed: Open
) -> None:
    subscription, _, _ = closed
    async with committed() as tx:
        await ending.cancelled(tx, subscription.id, when="now")
        await standing.follow(tx, subscription.id)
    assert (await fresh(committed, subscription)).status is Status.cancelled


async def test_nobody_is_asked_while_the_bank_is_moving_the_money(
    saved: Saved, bill: Bill, again: Again, committed: Open, drain: Drain, later: Later, peer: Peer, database: Database
) -> None:
    await saved("slow")
    invoice = await bill(1000, collect=True)
    await drain()
    assert (await payment_of(committed, invoice.id)).status is payments.Status.processing
    for _ in range(3):
        await later(days=1)
        await drain()
    assert (await again(invoice.id)).overdue
    async with committed() as tx:
        assert await dunning.of_invoice(tx, invoice.id) is None
        assert await tx.one(int, "select count(*) from sandbox_mail where subject like '%not paid%'") == 0
    # The bank refuses after all, and only then somebody is asked.
    payment = await payment_of(committed, invoice.id)
    async with committed() as tx:
        await tx.execute("update payments_payment set status = 'failed' where id = $1", payment.id)
    await later(hours=1)
    await drain()
    async with committed() as tx:
        case = await dunning.of_invoice(tx, invoice.id)
    assert case is not None
    assert case.case.state is dunning.State.active
    assert (await again(invoice.id)).status is invoices.Status.open


async def test_what_was_captured_a_moment_ago_is_counted_before_it_is_tried_again(
    saved: Saved,
    bill: Bill,
    again: Again,
    pay: Callable[[Invoice], Awaitable[payments.Payment]],
    committed: Open,
    drain: Drain,
    later: Later,
    peer: Peer,
) -> None:
    await _policy(committed, "pause")
    await saved("declined")
    invoice = await bill(1000, collect=True)
    await drain()
    # The payer paid on the page; no worker has heard of it when the next step's time has come.
    await pay(invoice)
    await later(days=2)
    before = peer.times("charge")
    async with committed() as tx:
        await dunning.run(tx)
    assert (await again(invoice.id)).status is invoices.Status.paid
    await drain()
    assert peer.times("charge") == before
    assert (await again(invoice.id)).paid.minor == 1000
