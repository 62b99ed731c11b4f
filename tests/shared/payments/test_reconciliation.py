"""Reconciliation: whatever was lost on the way is found by comparing three lists, and made true where that is safe."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.payments import calls, comparing, connections, reconciliation
from holdfast.shared.payments.payments import Payment, Status
from tests import accounts, web
from tests.chaos.fuse import Doomed, Fuse, lives
from tests.conftest import Drain, Open
from tests.shared.payments.peer import Peer

RAN = pytest.mark.meets("P75")


@RAN
async def test_nothing_differs_when_all_is_well(charged: Any, compared: Any) -> None:
    await charged()
    whole = await compared()
    assert (whole.run.status, whole.run.compared, whole.findings) == ("clean", 1, [])


@RAN
async def test_a_payment_whose_message_was_lost_is_repaired(
    wanted: Any, peer: Peer, committed: Open, compared: Any
) -> None:
    payment = await wanted()
    async with committed() as tx:
        payer = await tx.get(Payment, payment.id)

    purchase = ports.Purchase(
        payment_id=payment.id, amount=payer.amount, description="Ten coffees", payer=ports.Payer(id=payer.customer_id)
    )
    peer.put(peer.made(purchase, "captured"))
    whole = await compared()
    assert (whole.run.status, whole.run.repaired, [one.kind for one in whole.findings]) == ("clean", 1, ["behind"])
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).status is Status.captured
    assert (await compared()).findings == []


@RAN
async def test_a_refund_that_was_made_at_the_provider_is_repaired(
    charged: Any, peer: Peer, committed: Open, compared: Any
) -> None:
    payment = await charged()
    peer.give_back(payment.provider_ref, Money(250, "PEN"))
    whole = await compared()
    assert [(one.kind, one.repaired) for one in whole.findings] == [("refunds", True)]
    async with committed() as tx:
        assert (await tx.get(Payment, payment.id)).refunded == Money(250, "PEN")
    assert (await compared()).run.status == "clean"


@RAN
async def test_what_the_provider_does_not_know_is_listed_with_evidence(charged: Any, peer: Peer, compared: Any) -> None:
    payment = await charged()
    del peer.payments[payment.provider_ref]
    whole = await compared()
    assert whole.run.status == "found"
    [finding] = whole.findings
    assert (finding.kind, finding.repaired, finding.theirs) == ("missing_there", False, None)
    assert finding.ours is not None
    assert finding.ours["captured"] == 1250


@RAN
async def test_another_amount_is_listed_and_nothing_is_changed(charged: Any, peer: Peer, compared: Any) -> None:
    payment = await charged()
    peer.change(payment.provider_ref, captured=Money(1000, "PEN"))
    whole = await compared()
    assert [(one.kind, one.repaired) for one in whole.findings] == [("amount", False)]


@RAN
async def test_money_that_nobody_asked_for_is_taken_in(peer: Peer, compared: Any, committed: Open) -> None:

    stranger = ports.Purchase(
        payment_id=ids.new(), amount=Money(900, "PEN"), description="?", payer=ports.Payer(id=ids.new())
    )
    peer.put(peer.made(stranger, "captured", payment_id=None))
    whole = await compared()
    assert [(one.kind, one.repaired) for one in whole.findings] == [("stranger", True)]
    assert (await compared()).run.status == "clean"


@RAN
async def test_killed_at_any_step_it_is_made_again_and_says_everything_once(
    charged: Any, wanted: Any, peer: Peer, committed: Open, database: Database, tenant: UUID, connection: Any
) -> None:
    payment = await charged()
    peer.give_back(payment.provider_ref, Money(250, "PEN"))
    async with committed() as tx:
        run = await reconciliation.want(tx, connection.id, announce=False)
    for step in range(1, 60):
        doomed = Doomed(database, Fuse(step, after=bool(step % 2)))
        done = await lives(lambda d=doomed: comparing.run(lambda: transaction(d, tenant), d, run.id))  # type: ignore[misc]
        await doomed.close()
        if done:
            break
    else:
        raise AssertionError("It never came to its end.")
    async with committed() as tx:
        whole = await reconciliation.whole(tx, run.id)
        assert (await tx.get(Payment, payment.id)).refunded == Money(250, "PEN")
    assert whole.run.status == "clean"
    assert len({(one.kind, one.subject) for one in whole.findings}) == len(whole.findings) <= 1


@RAN
async def test_one_at_a_time_and_a_dead_one_is_given_up(committed: Open, connection: connections.Connection) -> None:
    async with committed() as tx:
        await reconciliation.want(tx, connection.id)
        with pytest.raises(reconciliation.Running):
            await reconciliation.want(tx, connection.id)
        await tx.execute("update tenants_tenant set clock_offset = '2 hours'")
    async with committed() as tx:
        assert (await reconciliation.want(tx, connection.id)).status == "wanted"


@RAN
async def test_a_provider_that_is_away_fails_it_with_a_sentence(peer: Peer, compared: Any) -> None:
    peer.faults["listing"].append("away")
    whole = await compared()
    assert whole.run.status == "failed"
    assert whole.run.error == str(calls.ProviderAway())


@RAN
async def test_it_is_asked_for_over_http_and_every_night(
    database: Database,
    settings: Settings,
    tenant: UUID,
    connection: connections.Connection,
    charged: Any,
    drain: Drain,
    committed: Open,
) -> None:
    await charged()
    await drain()
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, owner)
        head = {"Holdfast-Tenant": str(tenant)}
        asked = await client.post(
            "/api/payments/reconciliations", json={"connection_id": str(connection.id)}, headers=head
        )
        assert asked.status_code == 201, asked.text
        await drain()
        found = (await client.get(f"/api/payments/reconciliations/{asked.json()['id']}", headers=head)).json()
        assert (found["run"]["status"], found["findings"]) == ("clean", [])
        async with committed() as tx:
            await tx.execute("update tenants_tenant set clock_offset = '25 hours'")
        await drain()
        listed = (await client.get("/api/payments/reconciliations", headers=head)).json()["items"]
    assert [run["status"] for run in listed] == ["clean", "clean"]
    assert timedelta(days=2) < reconciliation.NIGHTLY
