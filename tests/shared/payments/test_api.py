"""Payments over HTTP: from the console, from a payer's own account, by a link, and by a provider's message."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.payments import connections, customers, links
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.shared.payments.peer import Peer

PEN = {"minor": 1250, "currency": "PEN"}
BACK = "/console/payments"


@pytest.fixture
async def owner(database: Database, settings: Settings, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of the business, at the console."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        yield client


@pytest.fixture
async def visitor(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who has not signed in."""
    async with web.visitor(database, settings) as client:
        yield client


async def answered(client: httpx2.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of a good answer."""
    answer = await client.request(method, f"/api/payments{path}", json=body, headers=headers)
    assert answer.status_code in (200, 201), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(
    client: httpx2.AsyncClient, path: str, body: Any = None, *, method: str = "POST", **headers: str
) -> tuple[int, str]:
    """The status and code of a problem."""
    answer = await client.request(method, f"/api/payments{path}", json=body, headers=headers)
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json()["code"]


async def ask(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A payment that somebody is to pay."""
    customer = await answered(client, "POST", "/customers", {"name": "Ana Torres", "reference": "ana"})
    body = {"customer_id": customer["id"], "amount": PEN, "description": "Ten coffees"} | changes
    made: dict[str, Any] = await answered(client, "POST", "", body)
    return made


def signed(
    tenant: UUID, opened: ports.Connection, signal: ports.Signal, *, event: str | None = None
) -> tuple[str, bytes, dict[str, str]]:
    """A provider's message, as it comes to our door."""
    body = msgspec.json.encode(msgspec.to_builtins(signal) | {"id": event or f"evt_{ids.new().hex}"})
    scheme: Any = connecting.scheme(opened.provider)
    headers = scheme.sign(opened.credentials["webhook_secret"].encode(), body, at=datetime.now(UTC))
    return f"/api/webhooks/{opened.provider}/{tenant}", body, headers


async def test_a_payment_is_asked_for_paid_at_the_providers_page_and_given_back(
    owner: httpx2.AsyncClient, peer: Peer
) -> None:
    payment = await ask(owner)
    assert (payment["status"], payment["shown"], payment["amount"]) == ("created", "created", PEN)
    where = f"/{payment['id']}"
    page = await answered(owner, "POST", f"{where}/checkout", {"return_url": BACK})
    again = await answered(owner, "POST", f"{where}/checkout", {"return_url": BACK})
    assert page == again
    assert peer.times("checkout") == 1
    assert (await answered(owner, "POST", f"{where}/refresh"))["status"] == "created"
    peer.pay(next(iter(peer.sessions)))
    paid = await answered(owner, "POST", f"{where}/refresh")
    assert (paid["status"], paid["captured"], paid["refundable"]) == ("captured", PEN, PEN)
    assert await refused(owner, f"{where}/checkout", {"return_url": BACK}) == (409, "payments.payments.not-payable")
    some = {"minor": 250, "currency": "PEN"}
    body = {"amount": some, "reason": "One was cold"}
    refund = await answered(owner, "POST", f"{where}/refunds", body, **{"Idempotency-Key": "one"})
    assert (refund["status"], refund["amount"]) == ("succeeded", some)
    same = await answered(owner, "POST", f"{where}/refunds", body, **{"Idempotency-Key": "one"})
    assert same["id"] == refund["id"]
    detail = await answered(owner, "GET", where)
    assert detail["payment"]["shown"] == "partially_refunded"
    assert detail["payment"]["refundable"]["minor"] == 1000
    assert [one["kind"] for one in detail["attempts"]] == ["checkout", "refund"]
    assert [one["kind"] for one in detail["timeline"]] == [
        "payments.payment.created",
        "payments.payment.captured",
        "payments.refund.requested",
        "payments.refund.succeeded",
    ]
    assert detail["customer"]["name"] == "Ana Torres"
    listed = await answered(owner, "GET", "/refunds?status=succeeded")
    assert [one["id"] for one in listed["items"]] == [refund["id"]]


@pytest.mark.meets("X8")
async def test_a_client_cannot_declare_a_payment_complete(
    owner: httpx2.AsyncClient, visitor: httpx2.AsyncClient, peer: Peer, committed: Open, drain: Drain, tenant: UUID
) -> None:
    payment = await ask(owner)
    where = f"/{payment['id']}"
    order = await answered(owner, "POST", f"{where}/order")
    forged = {"order_ref": order["order_ref"], "payment_ref": "pay_1", "signature": "mine"}
    assert await refused(owner, f"{where}/verification", forged) == (422, "payments.paying.not-signed")
    other = forged | {"order_ref": "order_of_somebody", "signature": "signed:order_of_somebody:pay_1"}
    assert await refused(owner, f"{where}/verification", other) == (422, "payments.paying.other-order")
    # Signed, but the provider knows of no such payment.
    lied = forged | {"signature": f"signed:{order['order_ref']}:pay_1"}
    assert (await refused(owner, f"{where}/verification", lied))[0] == 409
    async with committed() as tx:
        opened = await connections.opened(tx, UUID(payment["connection_id"]))
    signal = ports.Signal(kind="payment", name="payment_intent.succeeded", ref="pi_forged", live=False)
    path, body, headers = signed(tenant, opened, signal)
    assert (await visitor.post(path, content=body)).status_code == 401
    assert (await visitor.post(path, content=body + b" ", headers=headers)).status_code == 401
    # Even a genuine message is only a reason to ask.
    assert (await visitor.post(path, content=body, headers=headers)).status_code == 202
    await drain()
    for body_ in ({"status": "captured"}, {"captured": PEN}):
        assert (await owner.patch(f"/api/payments{where}", json=body_)).status_code in (404, 405)
        refused_ = await owner.post("/api/payments", json=body_)
        assert refused_.status_code in (400, 422)
    assert (await answered(owner, "GET", where))["payment"]["status"] == "created"


@pytest.mark.meets("I21", "I34")
async def test_a_payment_by_the_providers_script_is_verified_with_our_order_and_asked(
    owner: httpx2.AsyncClient, peer: Peer
) -> None:
    payment = await ask(owner)
    where = f"/{payment['id']}"
    order = await answered(owner, "POST", f"{where}/order")
    assert order == await answered(owner, "POST", f"{where}/order")
    assert peer.times("order") == 1
    told = peer.pay(order["order_ref"])
    proof = {
        "order_ref": order["order_ref"],
        "payment_ref": told.ref,
        "signature": f"signed:{order['order_ref']}:{told.ref}",
    }
    paid = await answered(owner, "POST", f"{where}/verification", proof)
    assert (paid["status"], paid["provider_ref"], paid["order_ref"]) == ("captured", told.ref, order["order_ref"])
    assert await answered(owner, "POST", f"{where}/verification", proof) == paid


@pytest.mark.meets("P26", "I35", "W61")
async def test_a_providers_message_makes_the_payment_paid_once(
    owner: httpx2.AsyncClient, visitor: httpx2.AsyncClient, peer: Peer, committed: Open, drain: Drain, tenant: UUID
) -> None:
    payment = await ask(owner)
    where = f"/{payment['id']}"
    await answered(owner, "POST", f"{where}/checkout", {"return_url": BACK})
    told = peer.pay(next(iter(peer.sessions)))
    async with committed() as tx:
        opened = await connections.opened(tx, UUID(payment["connection_id"]))
    signal = ports.Signal(kind="payment", name="payment_intent.succeeded", ref=told.ref, live=False)
    message = signed(tenant, opened, signal, event="evt_1")
    other = signed(tenant, opened, msgspec.structs.replace(signal, name="charge.succeeded"))
    for path, body, headers in [message, other, message, message]:
        assert (await visitor.post(path, content=body, headers=headers)).status_code == 202
    await drain()
    detail = await answered(owner, "GET", where)
    assert detail["payment"]["status"] == "captured"
    assert [one["kind"] for one in detail["timeline"]].count("payments.payment.captured") == 1
    # A payment that began at the provider gets a record of its own.
    there = peer.put(msgspec.structs.replace(told, ref="pi_there", payment_id=None, order_ref=None))
    path, body, headers = signed(tenant, opened, msgspec.structs.replace(signal, ref=there.ref))
    assert (await visitor.post(path, content=body, headers=headers)).status_code == 202
    await drain()
    found = await answered(owner, "GET", "?purpose=payments.adopted")
    assert [(one["status"], one["amount"]) for one in found["items"]] == [("captured", PEN)]


@pytest.mark.meets("P64")
async def test_a_message_of_the_other_mode_is_ignored(
    owner: httpx2.AsyncClient, visitor: httpx2.AsyncClient, peer: Peer, committed: Open, drain: Drain, tenant: UUID
) -> None:
    payment = await ask(owner)
    async with committed() as tx:
        opened = await connections.opened(tx, UUID(payment["connection_id"]))
    signal = ports.Signal(kind="payment", name="payment_intent.succeeded", ref="pi_live", live=True)
    path, body, headers = signed(tenant, opened, signal)
    assert (await visitor.post(path, content=body, headers=headers)).status_code == 202
    await drain()
    assert peer.times("fetch") == 0


async def test_a_saved_card_is_charged_authorized_captured_and_let_go(
    owner: httpx2.AsyncClient, peer: Peer, drain: Drain
) -> None:
    payment = await ask(owner, capture=False)
    customer = f"/customers/{payment['customer_id']}"
    page = await answered(owner, "POST", f"{customer}/methods/setup", {"return_url": BACK})
    assert page["url"].startswith("https://provider.test/setup")
    peer.save(peer.customers[UUID(payment["customer_id"])])
    method = (await answered(owner, "POST", f"{customer}/methods/refresh"))["items"][0]
    assert method["is_default"]
    charged = await answered(owner, "POST", f"/{payment['id']}/charge", {"method_id": method["id"]})
    assert charged["status"] == "authorized"
    captured = await answered(owner, "POST", f"/{payment['id']}/capture")
    assert captured["status"] == "captured"
    assert await answered(owner, "POST", f"/{payment['id']}/capture") == captured
    other = await ask(owner, capture=False)
    await answered(owner, "POST", f"/{other['id']}/charge", {"method_id": method["id"]})
    gone = await answered(owner, "POST", f"/{other['id']}/cancellation")
    assert gone["status"] == "cancelled"
    assert await refused(owner, f"/{payment['id']}/cancellation") == (409, "payments.paying.not-cancellable")
    assert (await owner.delete(f"/api/payments/methods/{method['id']}")).status_code == 204
    assert (await answered(owner, "GET", f"{customer}/methods"))["items"] == []


async def test_what_is_saved_while_paying_is_kept(owner: httpx2.AsyncClient, peer: Peer, drain: Drain) -> None:
    payment = await ask(owner)
    where = f"/{payment['id']}"
    await answered(owner, "POST", f"{where}/checkout", {"return_url": BACK, "save_method": True})
    session, purchase = next(iter(peer.sessions.items()))
    assert purchase.save_method
    peer.pay(session)
    peer.save(purchase.payer.ref or "")
    await answered(owner, "POST", f"{where}/refresh")
    await drain()
    kept = await answered(owner, "GET", f"/customers/{payment['customer_id']}/methods")
    assert [(one["last4"], one["is_default"]) for one in kept["items"]] == [("4242", True)]


async def test_a_payment_that_was_never_begun_is_let_go_here(owner: httpx2.AsyncClient, peer: Peer) -> None:
    payment = await ask(owner)
    assert (await answered(owner, "POST", f"/{payment['id']}/cancellation"))["status"] == "cancelled"
    assert peer.calls == []


async def test_what_the_provider_refuses_is_said(owner: httpx2.AsyncClient, peer: Peer) -> None:
    payment = await ask(owner)
    where = f"/{payment['id']}/checkout"
    peer.faults["checkout"] = ["away", "refused", "lost"]
    assert await refused(owner, where, {"return_url": BACK}) == (503, "payments.calls.provider-away")
    assert await refused(owner, where, {"return_url": BACK}) == (409, "payments.calls.provider-declined")
    assert await refused(owner, where, {"return_url": BACK}) == (503, "payments.calls.unclear")
    assert (await answered(owner, "POST", where, {"return_url": BACK}))["url"]
    keys = [key for what, key in peer.calls if what == "checkout"]
    assert keys[2] == keys[3]


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "http://[", ""]
)
async def test_nobody_is_sent_to_another_site(owner: httpx2.AsyncClient, peer: Peer, url: str) -> None:
    payment = await ask(owner)
    assert (await refused(owner, f"/{payment['id']}/checkout", {"return_url": url}))[0] in (400, 422)


async def test_the_list_is_filtered_and_paged(owner: httpx2.AsyncClient, peer: Peer) -> None:
    made = [await ask(owner, description=f"Coffee {n}") for n in range(5)]
    first = await answered(owner, "GET", "?limit=2")
    second = await answered(owner, "GET", f"?limit=2&after={first['next']}")
    found = [one["description"] for one in first["items"] + second["items"]]
    assert found == ["Coffee 4", "Coffee 3", "Coffee 2", "Coffee 1"]
    assert first["items"][0]["customer_name"] == "Ana Torres"
    for query, number in [
        ("status=created", 5),
        ("status=captured", 0),
        ("status=disputed", 0),
        (f"customer={made[0]['customer_id']}", 5),
        (f"customer={ids.new()}", 0),
        ("purpose=payments.asked", 5),
        ("search=coffee 3", 1),
        ("search=ANA", 5),
        ("search=cs_nothing", 0),
        ("since=2026-01-01T00:00:00Z&until=2100-01-01T00:00:00Z", 5),
        ("until=2026-01-01T00:00:00Z", 0),
        ("since=2100-01-01T00:00:00Z", 0),
    ]:
        assert len((await answered(owner, "GET", f"?{query}"))["items"]) == number, query
    assert (await refused(owner, "?since=2026-01-01T00:00:00", method="GET"))[0] in (400, 422)
    assert (await refused(owner, "?after=nonsense", method="GET"))[0] == 422


async def test_a_refund_wants_a_key(owner: httpx2.AsyncClient, peer: Peer) -> None:
    payment = await ask(owner)
    assert (await refused(owner, f"/{payment['id']}/refunds", {"reason": "x"}))[0] in (400, 422)


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
