"""Payments over HTTP: connections, a payer's own account, links, and figures."""

from uuid import UUID

import httpx2

from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.payments import connections, customers, links
from tests import accounts, web
from tests.conftest import Open
from tests.shared.payments.desk import PEN, answered, ask, refused
from tests.shared.payments.peer import Peer


async def test_connections_show_no_secret(owner: httpx2.AsyncClient, peer: Peer) -> None:
    made = await answered(owner, "POST", "/connections", {"provider": "sandbox-stripe"})
    assert made["mode"] == "test"
    checked = await answered(owner, "POST", f"/connections/{made['id']}/check")
    assert checked["account"] == "The peer"
    keys = {"secret_key": "sk_test_" + "z" * 24, "webhook_secret": "whsec_" + "y" * 24}
    real = await answered(owner, "POST", "/connections", {"provider": "stripe", "credentials": keys})
    changed = await answered(owner, "PATCH", f"/connections/{real['id']}", {"is_default": True, "name": "Main"})
    assert (changed["is_default"], changed["name"]) == (True, "Main")
    listed = await owner.get("/api/payments/connections")
    assert len(listed.json()["items"]) == 2
    for secret in keys.values():
        assert secret not in listed.text
    providers = await answered(owner, "GET", "/providers")
    assert {one["provider"] for one in providers["items"]} == set(connections.PROVIDERS)
    assert all(one["fields"] for one in providers["items"])


async def test_a_link_shows_and_pays_one_payment(
    owner: httpx2.AsyncClient, visitor: httpx2.AsyncClient, peer: Peer, committed: Open
) -> None:
    payment = await ask(owner)
    link = await answered(owner, "POST", f"/{payment['id']}/link")
    assert link["url"].endswith(f"/pay/{link['token']}")
    where = f"/links/{link['token']}"
    view = await answered(visitor, "GET", where)
    assert (view["amount"], view["status"], view["payable"]) == (PEN, "created", True)
    assert (view["customer_name"], view["business"]["name"]) == ("Ana", "Café Aurora")
    assert "Torres" not in str(view)
    page = await answered(visitor, "POST", f"{where}/checkout", {"return_url": f"/pay/{link['token']}"})
    assert page["url"].startswith("https://provider.test/")
    peer.pay(next(iter(peer.sessions)))
    paid = await answered(visitor, "POST", f"{where}/refresh")
    assert (paid["status"], paid["payable"]) == ("captured", False)
    assert (paid["receipt"]["amount"], paid["receipt"]["method_last4"]) == (PEN, "4242")
    fetched = peer.times("fetch")
    await answered(visitor, "POST", f"{where}/refresh")
    assert peer.times("fetch") == fetched
    changed = link["token"][:-2] + ("AA" if link["token"][-2:] != "AA" else "BB")
    assert (await refused(visitor, f"/links/{changed}", method="GET"))[0] == 422
    async with committed() as tx:
        over = await links.make(tx, kind="payment", subject_id=UUID(payment["id"]), expires=tx.now)
        other = await links.make(tx, kind="nothing", subject_id=UUID(payment["id"]))
    assert (await refused(visitor, f"/links/{over}", method="GET"))[1] == "crypto.expired"
    assert (await refused(visitor, f"/links/{other}", method="GET"))[0] == 404


async def test_a_person_sees_and_keeps_their_own(
    owner: httpx2.AsyncClient,
    database: Database,
    settings: Settings,
    peer: Peer,
    committed: Open,
    tenant: UUID,
) -> None:
    account = await accounts.new_account(database)
    stranger = await accounts.new_account(database)
    async with committed() as tx:
        customer = await customers.ensure(tx, name="Ana", person_id=account.person)
    await ask(owner, customer_id=str(customer.id))
    where = f"/api/own/{tenant}"
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        listed = await client.get(f"{where}/payments")
        assert [one["description"] for one in listed.json()["items"]] == ["Ten coffees"]
        page = await client.post(f"{where}/methods/setup", json={"return_url": "/home"})
        assert page.status_code == 200, page.text
        peer.save(peer.customers[customer.id])
        peer.save(peer.customers[customer.id])
        found = (await client.post(f"{where}/methods/refresh")).json()["items"]
        assert [one["is_default"] for one in found] == [True, False]
        made = await client.post(f"{where}/methods/{found[1]['id']}/default")
        assert made.json()["is_default"]
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, stranger)
        for method, path in [
            ("GET", "/payments"),
            ("GET", "/methods"),
            ("POST", "/methods/refresh"),
            ("DELETE", f"/methods/{found[0]['id']}"),
            ("POST", f"/methods/{found[0]['id']}/default"),
        ]:
            assert (await client.request(method, f"{where}{path}")).status_code == 404, path
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        assert (await client.delete(f"{where}/methods/{found[0]['id']}")).status_code == 204
        left = (await client.get(f"{where}/methods")).json()["items"]
        assert [one["id"] for one in left] == [found[1]["id"]]


async def test_the_summary_is_per_currency(owner: httpx2.AsyncClient, peer: Peer) -> None:
    await ask(owner)
    found = (await answered(owner, "GET", "/summary?days=7"))["items"]
    assert [(one["currency"], one["pending"], len(one["by_day"])) for one in found] == [("PEN", 1250, 7)]
