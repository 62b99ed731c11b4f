"""Payments over HTTP, from the console and by a provider's message."""

from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.shared.payments import connections
from tests.conftest import Drain, Open
from tests.shared.payments.desk import BACK, PEN, answered, ask, refused, signed
from tests.shared.payments.peer import Peer


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
    peer.faults["capture"], peer.faults["cancel"] = ["refused"], ["refused"]
    for deed in ("capture", "cancellation"):
        assert await refused(owner, f"/{other['id']}/{deed}") == (409, "payments.calls.provider-declined")
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
        ("since=1960-01-01T00:00:00Z", 5),
        ("since=0001-01-01T00:00:00Z", 5),
        ("since=0001-01-01T00:00:00%2B14:00", 5),
        ("until=0001-01-01T00:00:00Z", 0),
        ("until=1960-01-01T00:00:00Z", 0),
        ("until=9999-12-31T23:59:59Z", 5),
        ("until=9999-12-31T23:59:59-14:00", 5),
        ("since=9999-12-31T23:59:59-14:00", 0),
    ]:
        assert len((await answered(owner, "GET", f"?{query}"))["items"]) == number, query
    assert (await refused(owner, "?since=2026-01-01T00:00:00", method="GET"))[0] in (400, 422)
    assert (await refused(owner, "?after=nonsense", method="GET"))[0] == 422


@pytest.mark.meets("P63")
async def test_no_card_is_taken_anywhere(owner: httpx2.AsyncClient, peer: Peer, committed: Open) -> None:
    payment = await ask(owner)
    card = {"number": "4242424242424242", "cvc": "123", "exp": "12/30"}
    customer = f"/customers/{payment['customer_id']}"
    for path, body in [
        ("", {"customer_id": payment["customer_id"], "amount": PEN, "description": "x"}),
        (f"/{payment['id']}/charge", {"method_id": str(ids.new())}),
        (f"/{payment['id']}/checkout", {"return_url": BACK}),
        (f"{customer}/methods/setup", {"return_url": BACK}),
        ("/customers", {"name": "Ana"}),
    ]:
        for extra in (card, {"card": card}):
            assert (await refused(owner, path, body | extra))[0] in (400, 422), path
    async with committed() as tx:
        columns = await tx.all(
            str,
            "select column_name::text from information_schema.columns where table_name like 'payments_%' "
            "and column_name ~ '(number|cvc|cvv|pan|card|exp)' and table_name <> 'payments_attempt'",
        )
    assert sorted(columns) == ["checkout_expires_at", "expires", "expires_at"]


async def test_a_refund_wants_a_key(owner: httpx2.AsyncClient, peer: Peer) -> None:
    payment = await ask(owner)
    assert (await refused(owner, f"/{payment['id']}/refunds", {"reason": "x"}))[0] in (400, 422)


async def test_a_comparison_is_of_a_time_that_can_be(owner: httpx2.AsyncClient, peer: Peer) -> None:
    connection = (await ask(owner))["connection_id"]
    for since, until in [
        ("2026-01-01T00:00:00", None),
        (None, "2026-01-01T00:00:00"),
        ("0001-01-01T00:00:00Z", None),
        (None, "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-03T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "1969-12-31T00:00:00Z"),
        (None, "9999-12-31T23:59:59-14:00"),
        ("9999-12-31T23:59:59-14:00", None),
    ]:
        body = {"connection_id": connection, "since": since, "until": until}
        assert await refused(owner, "/reconciliations", body) == (422, "problems.invalid"), (since, until)
