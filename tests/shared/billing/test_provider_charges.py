"""What a provider takes for a subscription that it runs: billed as it was taken, each for its own period, once."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox import hooks, renewing
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.shared.billing import explanations, invoices, provider_answers, provider_looks, subscriptions
from holdfast.shared.billing.invoices import InvoiceLine
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import asking, connections
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later, sound
from tests.shared.billing.test_provider_ends import fresh, invoices_of
from tests.shared.billing.test_provider_run import driver, owner, subscribe

__all__ = ["owner"]


async def lose(*_: Any, **__: Any) -> None:
    """A message that never comes."""


@pytest.mark.parametrize("taken", [2000, 15000])
async def test_what_a_provider_took_is_what_is_billed(
    taken: int,
    owner: httpx2.AsyncClient,
    committed: Open,
    database: Database,
    tenant: UUID,
    drain: Drain,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetch = Sandbox.fetch

    async def other(self: Sandbox, ref: str) -> ports.Payment:
        told = await fetch(self, ref)
        return msgspec.structs.replace(told, captured=Money(taken, told.amount.currency))

    monkeypatch.setattr(Sandbox, "fetch", other)
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    await drain()
    for _ in range(4):
        await later(days=5)
        await drain()
    [invoice] = await invoices_of(committed)
    assert (invoice.status, invoice.total.minor, invoice.paid.minor) == ("paid", taken, taken)
    assert invoice.net.minor + invoice.tax.minor == taken
    assert invoice.tax.minor == round(taken * 18 / 118)
    async with committed() as tx:
        explained = await explanations.of_invoice(tx, invoice.id)
        [line] = await invoices.lines(tx, invoice.id)
    assert explained.agrees
    assert line.derivations[0].rule == "billing.provider_charge"
    assert line.derivations[0].inputs["agreed"] == 11210
    assert (await fresh(committed, confirmed["id"])).status is Status.active
    await sound(committed, database, tenant)


async def test_renewals_whose_messages_were_lost_come_in_by_the_look_each_with_its_period(
    owner: httpx2.AsyncClient,
    committed: Open,
    database: Database,
    tenant: UUID,
    drain: Drain,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    await drain()
    monkeypatch.setattr(hooks, "send", lose)
    for days in (32, 31, 31):
        await later(days=days)
        async with committed() as tx:
            assert await renewing.due(tx, "http://holdfast.test") == 1
    await drain()
    assert [bill.status for bill in await invoices_of(committed)] == ["paid"] * 4
    async with committed() as tx:
        terms = await subscriptions.terms(tx, UUID(confirmed["id"]))
        lines = await tx.all(InvoiceLine, "select * from billing_invoice_line order by period_from")
    told = [(term.starts_on, term.ends_on) for term in reversed(terms)]
    assert len(told) == 4
    assert [before[1] for before in told[:-1]] == [after[0] for after in told[1:]]
    assert [(line.period_from, line.period_to) for line in lines] == told
    await sound(committed, database, tenant)


async def test_of_two_looks_at_once_the_older_answer_is_not_believed(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    await drain()
    here = await fresh(committed, confirmed["id"])
    ask, times = Sandbox.subscription, 0

    async def slow(self: Sandbox, ref: str) -> ports.Subscription:
        nonlocal times
        times += 1
        told = await ask(self, ref)
        if times == 1:
            newer = await self.stop(ref, at_period_end=True, key="portal")
            async with committed() as tx:
                await provider_answers.told(tx, here.id, newer)
        return told

    monkeypatch.setattr(hooks, "send", lose)
    monkeypatch.setattr(Sandbox, "subscription", slow)
    async with committed() as tx:
        await tx.emit(provider_looks.LookWanted(subscription_id=here.id))
    await drain()
    assert times > 2
    assert (await fresh(committed, confirmed["id"])).cancel_at_end


async def test_a_way_to_pay_of_somebody_else_starts_nothing(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain
) -> None:
    other = await driver(committed, database)
    async with committed() as tx:
        foreign = await tx.one(UUID, "select id from payments_method where customer_id = $1", other.id)
        await tx.execute("update payments_customer set email = 'other@example.com' where id = $1", other.id)
    customer = await driver(committed, database)
    assert customer.id != other.id
    await drain()
    confirmed = await subscribe(owner, customer)
    async with committed() as tx:
        await tx.execute("update billing_subscription set method_id = $1", foreign)
    await drain()
    here = await fresh(committed, confirmed["id"])
    assert (here.status, here.provider_ref) == (Status.incomplete, None)
    assert "This customer has no method" in (here.provider_error or "")
    assert await invoices_of(committed) == []


async def test_a_default_of_another_provider_is_not_used(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[str | None] = []
    start = Sandbox.start

    async def seen(self: Sandbox, *args: Any, **named: Any) -> ports.Subscription:
        used.append(named["method_ref"])
        return await start(self, *args, **named)

    monkeypatch.setattr(Sandbox, "start", seen)
    customer = await driver(committed, database)
    async with committed() as tx:
        other = await connections.open_sandbox(tx, "sandbox-razorpay")
    await drain()
    await subscribe(owner, customer, connection_id=str(other.id))
    await drain()
    assert used == [None]


async def test_a_message_about_the_money_may_be_faster_than_the_answer_of_the_start(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    start = Sandbox.start

    async def slow(self: Sandbox, *args: Any, **named: Any) -> ports.Subscription:
        told = await start(self, *args, **named)
        async with committed() as tx:
            [row] = await tx.all(Subscription, "select * from billing_subscription")
            assert row.connection_id is not None
            opened = await connections.opened(tx, row.connection_id)
        assert told.latest_payment_ref is not None
        await asking.about(committed, database, opened, told.latest_payment_ref)
        return told

    monkeypatch.setattr(Sandbox, "start", slow)
    await drain()
    [invoice] = await invoices_of(committed)
    assert str(invoice.subscription_id) == confirmed["id"]
    async with committed() as tx:
        [line] = await invoices.lines(tx, invoice.id)
        [term] = await subscriptions.terms(tx, UUID(confirmed["id"]))
    assert (line.period_from, line.period_to) == (term.starts_on, term.ends_on)
    assert isinstance(line.period_from, date)
