"""Dunning: charges that are tried again by a schedule, notices in the customer's language, and an end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import closing, dunning, dunning_policies, invoices, reports
from holdfast.shared.billing.dunning import State
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import connections, customers, methods
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Bill, Later, sound
from tests.shared.payments.peer import Peer

Again = Callable[[UUID], Awaitable[Invoice]]
Saved = Callable[..., Awaitable[methods.Method]]
Days = Callable[[int], Awaitable[None]]


@pytest.fixture(autouse=True)
async def _sound(committed: Open, database: Database, tenant: UUID) -> AsyncIterator[None]:
    """Whatever a test did, the books are sound after it."""
    yield
    await sound(committed, database, tenant)


@pytest.fixture
def days(later: Later, drain: Drain) -> Days:
    """``await days(3)`` lives through three days, one by one."""

    async def lived(count: int) -> None:
        for _ in range(count):
            await later(days=1)
            await drain()

    return lived


async def standing(committed: Open, invoice_id: UUID) -> dunning.Standing:
    """The case of an invoice."""
    async with committed() as tx:
        found = await dunning.of_invoice(tx, invoice_id)
    assert found is not None
    return found


async def events(committed: Open, name: str) -> list[dict[str, object]]:
    """What happened, by its name."""
    async with committed() as tx:
        return await tx.all(
            dict,
            "select body from kernel_event where tenant_id = kernel_tenant() and name = $1 order by xid, seq",
            name,
        )


async def mails(committed: Open) -> list[str]:
    """The subjects of what was mailed, oldest first."""
    async with committed() as tx:
        return await tx.all(str, "select subject from sandbox_mail where tenant_id = kernel_tenant() order by id")


async def policy(committed: Open, **changes: object) -> None:
    """What the business does."""
    async with committed() as tx:
        values = {"retry_days": [1, 3], "grace_days": 2, "notices": True, "mails": False, "outcome": "cancel"} | changes
        await dunning_policies.set_policy(tx, dunning_policies.Policy(**values))  # type: ignore[arg-type]


async def test_a_declined_charge_is_tried_again_by_the_schedule_until_the_end(
    saved: Saved, bill: Bill, drain: Drain, days: Days, committed: Open, peer: Peer, again: Again
) -> None:
    await policy(committed)
    await saved("declined")
    invoice = await bill(1000, collect=True)
    await drain()
    assert peer.times("charge") == 1
    case = (await standing(committed, invoice.id)).case
    assert (case.state, case.step, case.decline_code) == (State.active, 0, "insufficient_funds")
    assert case.next_at is not None
    assert timedelta(hours=23) < case.next_at - case.started_at < timedelta(hours=25)
    charges = []
    for _ in range(6):
        await days(1)
        charges.append(peer.times("charge"))
    assert charges == [2, 2, 3, 3, 3, 3]
    ended = await standing(committed, invoice.id)
    assert ended.case.state is State.exhausted
    assert [(step.kind, step.number) for step in ended.steps if step.kind != "notice"] == [
        ("retry", 1),
        ("retry", 2),
        ("final", 3),
    ]
    (exhausted,) = await events(committed, "billing.dunning.exhausted")
    assert exhausted["outcome"] == "cancel"
    assert (await again(invoice.id)).overdue
    # One at the first failure, one after each try, one at the end.
    assert len(await mails(committed)) == 4


@pytest.mark.meets("P31")
async def test_it_stops_as_soon_as_the_invoice_is_paid(
    saved: Saved,
    bill: Bill,
    drain: Drain,
    days: Days,
    committed: Open,
    peer: Peer,
    again: Again,
    customer: customers.Customer,
) -> None:
    await policy(committed)
    await saved("declined")
    invoice = await bill(1000, collect=True)
    await drain()
    good = await saved("good")
    async with committed() as tx:
        await methods.make_default(tx, good.id)
    await days(1)
    assert (await again(invoice.id)).status is Status.paid
    assert (await standing(committed, invoice.id)).case.state is State.recovered
    await days(8)
    assert peer.times("charge") == 2
    assert len(await mails(committed)) == 1
    assert await events(committed, "billing.dunning.exhausted") == []
    async with committed() as tx:
        (report,) = await reports.revenue(tx, count=1)
    assert (report.months[0].failed, report.months[0].recovered, report.months[0].collected) == (1000, 1000, 1000)


async def test_a_card_that_was_refused_for_good_is_not_tried_again(
    saved: Saved, bill: Bill, drain: Drain, days: Days, committed: Open, peer: Peer
) -> None:
    await policy(committed)
    card = await saved("stolen")
    invoice = await bill(1000, collect=True)
    await drain()
    assert (await standing(committed, invoice.id)).case.refused_method_id == card.id
    assert len(await mails(committed)) == 1
    await days(3)
    assert peer.times("charge") == 1
    (first, second) = await events(committed, "billing.dunning.step")
    assert (first["charged"], second["charged"]) == (False, False)
    assert len(await mails(committed)) == 3


async def test_somebody_who_pays_by_hand_is_asked_once_it_is_overdue(
    bill: Bill, connection: connections.Connection, days: Days, drain: Drain, committed: Open, peer: Peer
) -> None:
    await policy(committed, retry_days=[])
    invoice = await bill(1000)
    await drain()
    assert await mails(committed) == []
    await days(1)
    assert (await standing(committed, invoice.id)).case.state is State.active
    assert await mails(committed) == [f"Invoice {invoice.number} from Café Aurora is not paid yet"]
    await days(2)
    assert (await standing(committed, invoice.id)).case.state is State.exhausted
    assert peer.times("charge") == 0


async def test_a_payer_who_must_act_is_told_at_once(
    saved: Saved, bill: Bill, drain: Drain, committed: Open, peer: Peer
) -> None:
    await saved("needs_action")
    invoice = await bill(1000, collect=True)
    await drain()
    assert (await standing(committed, invoice.id)).case.decline_code == "action_required"
    assert len(await mails(committed)) == 1


@pytest.mark.parametrize("close", ["void", "write_off"])
async def test_nobody_is_asked_for_what_they_do_not_owe(
    close: str, saved: Saved, bill: Bill, drain: Drain, days: Days, committed: Open, peer: Peer
) -> None:
    await policy(committed)
    await saved("declined")
    invoice = await bill(1000, collect=True)
    await drain()
    async with committed() as tx:
        await (closing.void if close == "void" else closing.write_off)(tx, invoice.id, reason="No")
    await days(6)
    assert (await standing(committed, invoice.id)).case.state is State.stopped
    assert peer.times("charge") == 1
    assert len(await mails(committed)) == 1


async def test_after_a_long_silence_the_days_between_the_steps_are_kept(
    saved: Saved, bill: Bill, drain: Drain, later: Later, days: Days, committed: Open, peer: Peer
) -> None:
    await policy(committed, retry_days=[1, 3, 5])
    await saved("declined")
    await bill(1000, collect=True)
    await drain()
    await later(days=30)
    await drain()
    assert peer.times("charge") == 2
    await days(1)
    assert peer.times("charge") == 2
    await days(1)
    assert peer.times("charge") == 3


async def test_a_step_happens_once_though_several_run_at_once(
    saved: Saved, bill: Bill, drain: Drain, later: Later, committed: Open, peer: Peer
) -> None:
    import asyncio

    await policy(committed)
    await saved("declined")
    invoice = await bill(1000, collect=True)
    await drain()
    await later(days=1, minutes=1)

    async def run() -> None:
        async with committed() as tx:
            await dunning.run(tx)

    await asyncio.gather(*(run() for _ in range(4)))
    await drain()
    assert peer.times("charge") == 2
    assert (await standing(committed, invoice.id)).case.step == 1


async def test_without_notices_nobody_is_written_to(
    saved: Saved, bill: Bill, drain: Drain, days: Days, committed: Open
) -> None:
    await policy(committed, notices=False)
    await saved("declined")
    await bill(1000, collect=True)
    await drain()
    await days(6)
    assert await mails(committed) == []


async def test_an_interactive_decline_starts_nothing(
    bill: Bill, connection: connections.Connection, committed: Open, drain: Drain, peer: Peer
) -> None:
    from holdfast.shared.billing import collection
    from holdfast.shared.payments import payments

    invoice = await bill(1000)
    async with committed() as tx:
        payment = await collection.payment_for(tx, await invoices.locked(tx, invoice.id))
        await payments.moved(
            tx, await tx.get(payments.Payment, payment.id, lock=True), payments.Status.failed, decline_code="x"
        )
    await drain()
    async with committed() as tx:
        assert await dunning.of_invoice(tx, invoice.id) is None


@pytest.mark.parametrize(
    "wanted",
    [
        dunning_policies.Policy(retry_days=[3, 1], grace_days=1, notices=True, outcome="keep"),
        dunning_policies.Policy(retry_days=[1, 1], grace_days=1, notices=True, outcome="keep"),
        dunning_policies.Policy(retry_days=[0], grace_days=1, notices=True, outcome="keep"),
        dunning_policies.Policy(retry_days=list(range(1, 14)), grace_days=1, notices=True, outcome="keep"),
        dunning_policies.Policy(retry_days=[1], grace_days=-1, notices=True, outcome="keep"),
    ],
)
async def test_a_schedule_that_makes_no_sense_is_refused(tx: Tx, wanted: dunning_policies.Policy) -> None:
    with pytest.raises(Invalid):
        await dunning_policies.set_policy(tx, wanted)
    assert await dunning_policies.policy(tx) == dunning_policies.DEFAULT


async def test_a_case_of_a_subscription_names_it(
    saved: Saved,
    bill: Bill,
    drain: Drain,
    committed: Open,
    subscribed: Callable[..., Awaitable[tuple[UUID, list[UUID]]]],
) -> None:
    await saved("declined")
    subscription, (period,) = await subscribed()
    await bill(1000, collect=True, subscription_id=subscription, period_id=period)
    await drain()
    (started,) = await events(committed, "billing.dunning.started")
    assert started["subscription_id"] == str(subscription)
