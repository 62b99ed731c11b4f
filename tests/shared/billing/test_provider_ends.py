"""Subscriptions that the provider runs end there as well, whenever somebody cancels them and whatever goes wrong."""

from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.kernel.database import Database
from holdfast.shared.billing import provider_answers, provider_looks
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.billing.subscriptions import Status, Subscription
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Later
from tests.shared.billing.test_provider_run import driver, owner, subscribe

__all__ = ["owner"]


async def fresh(committed: Open, subscription_id: str) -> Subscription:
    """It as it is now."""
    async with committed() as tx:
        return await tx.get(Subscription, UUID(subscription_id))


async def ended(committed: Open) -> int:
    """How often somebody was told that a subscription is over."""
    async with committed() as tx:
        return await tx.one(
            int,
            "select count(*) from kernel_event where tenant_id = kernel_tenant() "
            "and name = 'billing.subscription.ended'",
        )


async def standings(committed: Open) -> list[str]:
    """How every subscription stands at the provider."""
    async with committed() as tx:
        return await tx.all(
            str,
            "select state -> 'subscription' ->> 'standing' from sandbox_pay_object where kind = 'subscription'",
        )


async def invoices_of(committed: Open) -> list[Invoice]:
    """What was billed."""
    async with committed() as tx:
        return await tx.all(Invoice, "select * from billing_invoice order by number")


async def cancel(client: httpx2.AsyncClient, subscription_id: str, when: str = "now") -> dict[str, Any]:
    """Somebody cancels."""
    answer = await client.post(f"/api/billing/subscriptions/{subscription_id}/cancellation", json={"when": when})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("lost", [False, True])
async def test_one_that_is_cancelled_while_it_is_started_is_ended_at_the_provider(
    lost: bool,
    owner: httpx2.AsyncClient,
    committed: Open,
    database: Database,
    drain: Drain,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    started, times = Sandbox.start, 0

    async def slow(self: Sandbox, *args: Any, **named: Any) -> ports.Subscription:
        nonlocal times
        told = await started(self, *args, **named)
        times += 1
        if times == 1:
            await cancel(owner, confirmed["id"])
            if lost:
                raise outcomes.Unknown("The answer never came.")
        return told

    monkeypatch.setattr(Sandbox, "start", slow)
    await drain()
    for _ in range(3):
        await later(days=32)
        await drain()
    here = await fresh(committed, confirmed["id"])
    assert here.status is Status.cancelled
    assert await standings(committed) == ["cancelled"]
    assert len(await invoices_of(committed)) == 1
    assert await ended(committed) == 1


async def test_one_that_is_cancelled_before_it_is_started_is_never_started(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, later: Later
) -> None:
    customer = await driver(committed, database)
    confirmed = await subscribe(owner, customer)
    await cancel(owner, confirmed["id"])
    await drain()
    await later(hours=30)
    await drain()
    assert await standings(committed) == []
    assert await ended(committed) == 1
    assert (await fresh(committed, confirmed["id"])).status is Status.cancelled


async def test_late_messages_do_not_move_the_day_on_which_it_ended(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, later: Later
) -> None:
    customer = await driver(committed, database)
    confirmed = await subscribe(owner, customer)
    await drain()
    await cancel(owner, confirmed["id"])
    await drain()
    before = await fresh(committed, confirmed["id"])
    assert (before.status, await ended(committed)) == (Status.cancelled, 1)
    await later(days=40)
    async with committed() as tx:
        told = await tx.one(dict, "select state -> 'subscription' from sandbox_pay_object where kind = 'subscription'")
    async with committed() as tx:
        await provider_answers.told(tx, before.id, msgspec.convert(told, ports.Subscription))
    assert (await fresh(committed, confirmed["id"])).ended_on == before.ended_on
    assert await ended(committed) == 1


async def test_an_end_that_the_provider_refuses_is_told_and_tried_again(
    owner: httpx2.AsyncClient,
    committed: Open,
    database: Database,
    drain: Drain,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = await driver(committed, database)
    confirmed = await subscribe(owner, customer)
    await drain()
    stop = Sandbox.stop

    async def refuse(self: Sandbox, *args: Any, **named: Any) -> ports.Subscription:
        raise outcomes.Rejected("resource_busy", "Try again tomorrow.")

    monkeypatch.setattr(Sandbox, "stop", refuse)
    await cancel(owner, confirmed["id"], "end")
    await drain()
    here = await fresh(committed, confirmed["id"])
    assert (here.status, here.cancel_at_end) == (Status.active, True)
    assert "Try again tomorrow." in (here.provider_error or "")
    # Whatever is asked meanwhile does not forget it.
    await later(hours=7)
    await drain()
    here = await fresh(committed, confirmed["id"])
    assert here.cancel_at_end
    assert here.provider_error is not None
    monkeypatch.setattr(Sandbox, "stop", stop)
    await later(hours=7)
    await drain()
    here = await fresh(committed, confirmed["id"])
    assert (here.cancel_at_end, here.provider_error) == (True, None)
    await later(days=40)
    await drain()
    assert (await fresh(committed, confirmed["id"])).status is Status.cancelled


async def test_a_start_whose_job_died_is_made_again(
    owner: httpx2.AsyncClient,
    committed: Open,
    database: Database,
    drain: Drain,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = await driver(committed, database)
    await drain()
    confirmed = await subscribe(owner, customer)
    start = Sandbox.start

    async def away(self: Sandbox, *args: Any, **named: Any) -> ports.Subscription:
        raise outcomes.Transient("It is away.")

    monkeypatch.setattr(Sandbox, "start", away)
    await drain(impatient=True)
    monkeypatch.setattr(Sandbox, "start", start)
    assert (await fresh(committed, confirmed["id"])).status is Status.incomplete
    await later(hours=3)
    await drain()
    assert (await fresh(committed, confirmed["id"])).status is Status.active


async def test_those_that_were_not_asked_about_for_longest_are_asked_about_first(
    owner: httpx2.AsyncClient, committed: Open, database: Database, drain: Drain, later: Later
) -> None:
    customer = await driver(committed, database)
    await drain()
    for _ in range(3):
        await subscribe_again(owner, customer)
    await drain()

    async def looked() -> list[UUID]:
        async with committed() as tx:
            await provider_looks.look_after(tx, 2)
        async with committed() as tx:
            return await tx.all(
                UUID,
                "select s.id from billing_subscription as s "
                "where s.looked_at = (select max(looked_at) from billing_subscription)",
            )

    await later(hours=1)
    first = set(await looked())
    await later(hours=1)
    second = set(await looked())
    assert len(first) == len(second) == 2
    assert len(first | second) == 3


async def subscribe_again(client: httpx2.AsyncClient, customer: Any) -> dict[str, Any]:
    """One more of the plan that is there."""
    plans = (await client.get("/api/billing/plans")).json()["items"]
    if not plans:
        return await subscribe(client, customer)
    plan_id = plans[0].get("id") or plans[0]["plan"]["id"]
    wanted = {"customer_id": str(customer.id), "plan_id": plan_id, "owner": "provider"}
    answer = await client.post("/api/billing/subscriptions", json=wanted)
    assert answer.status_code == 201, answer.text
    confirmed: dict[str, Any] = answer.json()
    return confirmed
