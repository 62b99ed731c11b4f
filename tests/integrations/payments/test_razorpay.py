"""Razorpay's adapter: what it sends, and what it makes of the shapes that Razorpay answers with."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import messages
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from tests.integrations.payments.conftest import purchase
from tests.integrations.payments.vendor import Vendor

OURS = UUID("01900000-0000-7000-8000-000000000001")
AT = 1_795_262_400
ENTITY: dict[str, Any] = {
    "id": "pay_1",
    "entity": "payment",
    "amount": 50_000,
    "currency": "INR",
    "status": "captured",
    "order_id": "order_1",
    "invoice_id": None,
    "method": "card",
    "amount_refunded": 0,
    "captured": True,
    "card": {"id": "card_1", "last4": "1111", "network": "Visa"},
    "customer_id": "cust_1",
    "token_id": "token_1",
    "notes": {"holdfast_payment": str(OURS)},
    "error_code": None,
    "created_at": AT,
    "of_2027": [{}],
}
ORDER = {"id": "order_1", "entity": "order", "amount": 50_000, "status": "created", "receipt": str(OURS), "notes": []}


def listed(*items: object) -> dict[str, Any]:
    """A list as Razorpay tells it."""
    return {"entity": "collection", "count": len(items), "items": list(items)}


def bought(**changes: Any) -> ports.Purchase:
    """Something that costs 500 rupees."""
    payer = ports.Payer(id=ids.new(), name="Asha", email="asha@example.com", phone="+919999999999", ref="cust_1")
    return purchase(50_000, "INR", payment_id=OURS, payer=payer, **changes)


@pytest.mark.meets("I21", "I34")
async def test_an_order_is_made_once(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/orders", listed())
    vendor.answers("GET", "/v1/orders", listed(ORDER))
    vendor.answers("POST", "/v1/orders", ORDER)
    orders = [await razorpay_.create_order(bought(), key=key) for key in ("1", "2")]
    assert [order.ref for order in orders] == ["order_1", "order_1"]
    assert orders[0].client == {"key_id": "rzp_test_aurora"}, "the secret stays here"
    assert [asked.method for asked in vendor.asked] == ["GET", "POST", "GET"]
    asked = vendor.last("POST", "/v1/orders")
    assert b64decode(asked.headers["authorization"].partition(" ")[2]) == b"rzp_test_aurora:a secret"
    assert asked.json == {
        "amount": 50_000,
        "currency": "INR",
        "receipt": str(OURS),
        "notes": {"holdfast_payment": str(OURS)},
        "payment": {"capture": "automatic"},
    }


@pytest.mark.meets("I34", "P63")
async def test_a_page_of_razorpays_is_opened_once(razorpay_: Razorpay, vendor: Vendor) -> None:
    link = {
        "id": "plink_1",
        "short_url": "https://rzp.io/i/1",
        "expire_by": AT,
        "notes": {"holdfast_payment": str(OURS)},
    }
    vendor.answers("POST", "/v1/payment_links", link)
    refused = {"error": {"code": "BAD_REQUEST_ERROR", "description": "reference_id is taken"}}
    vendor.answers("POST", "/v1/payment_links", refused, status=400)
    vendor.answers("GET", "/v1/payment_links", {"payment_links": [link]})
    key = str(ids.new())
    first, again = [await razorpay_.open_checkout(bought(), key=key) for _ in range(2)]
    assert (
        first
        == again
        == ports.Checkout(ref="plink_1", url="https://rzp.io/i/1", expires_at=datetime.fromtimestamp(AT, UTC))
    )
    told = vendor.last("POST", "/v1/payment_links").json
    assert (told["amount"], told["reference_id"], told["callback_method"]) == (50_000, key, "get")
    assert told["callback_url"] == "https://aurora.example/back"
    assert told["customer"] == {"name": "Asha", "email": "asha@example.com", "contact": "+919999999999"}
    assert told["notify"] == {"sms": False, "email": False}


@pytest.mark.meets("I22", "I35")
async def test_a_payment_is_read(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/payments/pay_1", ENTITY | {"amount_refunded": 1000})
    assert await razorpay_.fetch("pay_1") == ports.Payment(
        ref="pay_1",
        standing="captured",
        amount=Money(50_000, "INR"),
        captured=Money(50_000, "INR"),
        refunded=Money(1000, "INR"),
        payment_id=OURS,
        order_ref="order_1",
        customer_ref="cust_1",
        method=ports.Method(ref="cust_1/token_1", kind="card", brand="Visa", last4="1111"),
        at=datetime.fromtimestamp(AT, UTC),
    )


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("created", "requires_action"),
        ("authorized", "authorized"),
        ("refunded", "captured"),
        ("failed", "failed"),
        ("of_2027", "processing"),
    ],
)
async def test_where_a_payment_stands(razorpay_: Razorpay, vendor: Vendor, status: str, standing: str) -> None:
    why = {"error_code": "BAD_REQUEST_ERROR", "error_reason": "card_expired", "error_description": "Expired."}
    vendor.answers("GET", "/v1/payments/pay_1", ENTITY | {"status": status} | why)
    told = await razorpay_.fetch("pay_1")
    assert told.standing == standing
    expected = ports.Decline(code="card_expired", message="Expired.", retry=False)
    assert told.decline == (expected if status == "failed" else None)


async def test_a_page_leads_to_its_payment(razorpay_: Razorpay, vendor: Vendor) -> None:
    link: dict[str, Any] = {"id": "plink_1", "notes": {"holdfast_payment": str(OURS)}, "payments": None}
    vendor.answers("GET", "/v1/payment_links/plink_1", link)
    vendor.answers("GET", "/v1/payment_links/plink_1", link | {"payments": [{"payment_id": "pay_1"}]})
    vendor.answers("GET", "/v1/payments/pay_1", ENTITY | {"notes": []})
    vendor.answers("GET", "/v1/orders/order_1", ORDER)
    with pytest.raises(outcomes.Gone):
        await razorpay_.fetch("plink_1")
    told = await razorpay_.fetch("plink_1")
    assert (told.ref, told.payment_id, told.order_ref) == ("pay_1", OURS, "plink_1")
    vendor.answers("POST", "/v1/payment_links/plink_1/cancel", link)
    with pytest.raises(outcomes.Gone):
        await razorpay_.cancel("plink_1", key="1")
    with pytest.raises(outcomes.Unsupported):
        await razorpay_.cancel("pay_1", key="1")


async def test_an_order_leads_to_the_payment_that_counts(razorpay_: Razorpay, vendor: Vendor) -> None:
    later = ENTITY | {"id": "pay_2", "status": "failed", "created_at": AT + 60}
    vendor.answers("GET", "/v1/orders/order_1/payments", listed(later, ENTITY))
    assert (await razorpay_.fetch("order_1")).ref == "pay_1"


async def test_what_a_payment_does_not_say_its_order_or_its_bill_says(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/payments/pay_1", ENTITY | {"notes": []})
    vendor.answers("GET", "/v1/orders/order_1", ORDER | {"notes": {"holdfast_payment": str(OURS)}})
    assert (await razorpay_.fetch("pay_1")).payment_id == OURS
    vendor.answers("GET", "/v1/payments/pay_3", ENTITY | {"notes": [], "order_id": None, "invoice_id": "inv_1"})
    vendor.answers("GET", "/v1/invoices/inv_1", {"id": "inv_1", "subscription_id": "sub_1"})
    assert (await razorpay_.fetch("pay_3")).subscription_ref == "sub_1"


async def test_a_token_is_charged_while_its_owner_is_away(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/orders", listed(ORDER))
    vendor.answers("GET", "/v1/orders/order_1/payments", listed())
    vendor.answers("POST", "/v1/payments/create/recurring", {"razorpay_payment_id": "pay_1"})
    vendor.answers("GET", "/v1/payments/pay_1", ENTITY)
    paid = await razorpay_.charge(bought(), method_ref="cust_1/token_1", key="1")
    assert (paid.ref, paid.standing) == ("pay_1", "captured")
    told = vendor.last("POST", "/v1/payments/create/recurring").json
    assert (told["token"], told["customer_id"], told["order_id"]) == ("token_1", "cust_1", "order_1")
    assert (told["amount"], told["recurring"], told["notes"]) == (50_000, "1", {"holdfast_payment": str(OURS)})


@pytest.mark.meets("P66")
async def test_a_charge_that_was_paid_is_not_asked_for_again(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/orders", listed(ORDER))
    vendor.answers("GET", "/v1/orders/order_1/payments", listed(ENTITY))
    assert (await razorpay_.charge(bought(), method_ref="cust_1/token_1", key="1")).ref == "pay_1"
    assert all(asked.method == "GET" for asked in vendor.asked)


async def test_a_decline_is_a_payment_that_failed(razorpay_: Razorpay, vendor: Vendor) -> None:
    why = {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_reason": "insufficient_funds"}
    before, after = ENTITY | why, ENTITY | why | {"id": "pay_2", "created_at": AT + 60}
    refused = {"error": {"code": "BAD_REQUEST_ERROR", "description": "Declined"}}
    vendor.answers("GET", "/v1/orders", listed(ORDER))
    vendor.answers("POST", "/v1/payments/create/recurring", refused, status=400)
    vendor.answers("GET", "/v1/orders/order_1/payments", listed(before))
    vendor.answers("GET", "/v1/orders/order_1/payments", listed(before, after))
    told = await razorpay_.charge(bought(), method_ref="cust_1/token_1", key="1")
    assert (told.ref, told.standing) == ("pay_2", "failed")
    assert told.decline is not None
    assert told.decline.code == "insufficient_funds"
    with pytest.raises(outcomes.Rejected):
        await razorpay_.charge(bought(), method_ref="cust_1/token_1", key="2")


@pytest.mark.meets("P66")
async def test_money_is_taken_and_given_back(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("POST", "/v1/payments/pay_1/capture", ENTITY)
    assert (await razorpay_.capture("pay_1", Money(50_000, "INR"), key="1")).standing == "captured"
    assert vendor.last("POST", "/v1/payments/pay_1/capture").json == {"amount": 50_000, "currency": "INR"}
    refund = {"id": "rfnd_1", "payment_id": "pay_1", "amount": 100, "currency": "INR", "created_at": AT}
    refund |= {"status": "processed", "notes": {"holdfast_refund": str(OURS)}}
    vendor.answers("POST", "/v1/payments/pay_1/refund", refund)
    vendor.answers("GET", "/v1/payments/pay_1/refunds", listed(refund, refund | {"id": "rfnd_2", "status": "failed"}))
    given = await razorpay_.refund("pay_1", Money(100, "INR"), refund_id=OURS, key=str(OURS))
    assert (given.standing, given.refund_id, given.amount) == ("succeeded", OURS, Money(100, "INR"))
    asked = vendor.last("POST", "/v1/payments/pay_1/refund")
    assert asked.headers["x-refund-idempotency"] == str(OURS)
    assert (asked.json["amount"], asked.json["receipt"]) == (100, str(OURS))
    assert [one.standing for one in await razorpay_.refunds("pay_1")] == ["succeeded", "failed"]


async def test_a_customers_tokens(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("POST", "/v1/customers", {"id": "cust_1"})
    card = {"last4": "1111", "network": "Visa", "expiry_month": "5", "expiry_year": "2030"}
    cancelled = {"id": "token_2", "recurring_details": {"status": "cancelled"}}
    vendor.answers(
        "GET", "/v1/customers/cust_1/tokens", listed({"id": "token_1", "method": "card", "card": card}, cancelled)
    )
    vendor.answers("DELETE", "/v1/customers/cust_1/tokens/token_1", {"deleted": True})
    assert await razorpay_.ensure_customer(bought().payer, key="1") == "cust_1"
    assert vendor.last("POST", "/v1/customers").json["fail_existing"] == "0"
    (method,) = await razorpay_.methods("cust_1")
    assert method == ports.Method(ref="cust_1/token_1", kind="card", brand="Visa", last4="1111", expires="2030-05")
    await razorpay_.forget(method.ref, key="1")
    await razorpay_.forget("cust_1/token_gone", key="1")
    assert vendor.asked[-1].path == "/v1/customers/cust_1/tokens/token_gone"


async def test_payments_are_found_by_their_order_and_by_their_notes(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/orders", listed(ORDER))
    vendor.answers("GET", "/v1/orders/order_1/payments", listed(ENTITY | {"notes": []}))
    other = ENTITY | {"id": "pay_9", "notes": {"holdfast_payment": str(ids.new())}}
    vendor.answers("GET", "/v1/payments", listed(ENTITY | {"id": "pay_2"}, other))
    found = await razorpay_.find(OURS, since=datetime.now(UTC))
    assert {(one.ref, one.payment_id) for one in found} == {("pay_1", OURS), ("pay_2", OURS)}


async def test_payments_are_listed_page_by_page(razorpay_: Razorpay, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/payments", listed(*(ENTITY | {"id": f"pay_{n}"} for n in range(100))))
    vendor.answers("GET", "/v1/payments", listed(ENTITY))
    since = datetime.fromtimestamp(AT, UTC)
    first = await razorpay_.listing(since=since, until=since + timedelta(days=1))
    assert (len(first.payments), first.next) == (100, "100")
    last = await razorpay_.listing(since=since, until=since + timedelta(days=1), cursor=first.next)
    assert (len(last.payments), last.next) == (1, None)
    query = vendor.last("GET", "/v1/payments").query
    assert (query["skip"], query["from"], query["to"]) == ("100", str(AT), str(AT + 86_401))


async def test_a_dispute_is_read_and_answered(razorpay_: Razorpay, vendor: Vendor) -> None:
    told = {"id": "disp_1", "payment_id": "pay_1", "amount": 100, "currency": "INR", "status": "open"}
    told |= {"reason_code": "goods_not_received", "respond_by": AT, "created_at": AT}
    vendor.answers("GET", "/v1/disputes", listed(told, told | {"id": "disp_2", "payment_id": "pay_2"}))
    vendor.answers("PATCH", "/v1/disputes/disp_1/contest", told | {"status": "under_review"})
    (dispute,) = await razorpay_.disputes("pay_1")
    assert (dispute.ref, dispute.standing, dispute.reason) == ("disp_1", "needs_response", "goods_not_received")
    assert (await razorpay_.submit_evidence("disp_1", {"explanation": "Here."}, key="1")).standing == "under_review"
    body = vendor.last("PATCH", "/v1/disputes/disp_1/contest").json
    assert body == {"summary": "explanation: Here.", "action": "submit"}


async def test_a_subscription_begins_and_ends(razorpay_: Razorpay, vendor: Vendor) -> None:
    told = {"id": "sub_1", "plan_id": "plan_1", "customer_id": "cust_1", "status": "active", "created_at": AT}
    told |= {"current_start": AT, "current_end": AT + 86_400 * 30, "notes": {"holdfast_subscription": str(OURS)}}
    vendor.answers("POST", "/v1/plans", {"id": "plan_1"})
    vendor.answers("POST", "/v1/subscriptions", told | {"status": "created"})
    vendor.answers("GET", "/v1/subscriptions/sub_1", told)
    bills = [{"id": f"inv_{n}", "payment_id": f"pay_{n}", "paid_at": AT + n} for n in (1, 3, 2)]
    vendor.answers("GET", "/v1/invoices", listed({"id": "inv_0", "payment_id": None, "paid_at": None}, *bills))
    vendor.answers("POST", "/v1/subscriptions/sub_1/cancel", told | {"status": "cancelled"})
    plan = ports.Plan(price_id=OURS, name="Cover", amount=Money(50_000, "INR"), interval="month", ref="plan_1")
    assert await razorpay_.ensure_plan(plan, key="1") == "plan_1"
    assert vendor.last("POST", "/v1/plans").json["period"] == "monthly"
    begun = await razorpay_.start(bought().payer, plan, method_ref=None, subscription_id=OURS, key="2")
    assert (begun.standing, begun.subscription_id) == ("incomplete", OURS)
    now = await razorpay_.subscription("sub_1")
    assert (now.standing, now.latest_payment_ref, now.plan_ref) == ("active", "pay_3", "plan_1")
    assert (await razorpay_.stop("sub_1", at_period_end=False, key="3")).standing == "cancelled"
    assert vendor.last("POST", "/v1/subscriptions/sub_1/cancel").json == {"cancel_at_cycle_end": 0}


async def test_what_razorpay_does_not_have(razorpay_: Razorpay) -> None:
    assert razorpay_.abilities.isdisjoint({"setup", "portal"})
    with pytest.raises(outcomes.Unsupported):
        await razorpay_.open_setup(bought().payer, return_url="/", key="1")
    with pytest.raises(outcomes.Unsupported):
        await razorpay_.portal("cust_1", return_url="/")


PAID = {"payment": {"entity": ENTITY}}
NOTED = {"entity": {"id": "plink_1", "notes": {"holdfast_payment": str(OURS)}}}
UNNOTED = {"entity": ENTITY | {"notes": []}}


@pytest.mark.meets("W61")
@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        ("payment.captured", PAID, ("payment", "pay_1", None, OURS)),
        ("order.paid", PAID, ("payment", "pay_1", None, OURS)),
        ("payment_link.paid", {"payment": UNNOTED, "payment_link": NOTED}, ("payment", "pay_1", None, OURS)),
        ("payment_link.expired", {"payment_link": NOTED}, ("checkout", "plink_1", None, None)),
        (
            "refund.processed",
            {"refund": {"entity": {"id": "rfnd_1", "payment_id": "pay_1"}}},
            ("refund", "pay_1", "rfnd_1", None),
        ),
        ("payment.dispute.created", PAID | {"dispute": {"entity": {"id": "d"}}}, ("dispute", "pay_1", "d", OURS)),
        (
            "subscription.charged",
            PAID | {"subscription": {"entity": {"id": "s"}}},
            ("subscription", "s", "pay_1", None),
        ),
        ("token.confirmed", {"token": {"entity": {"id": "t", "customer_id": "c"}}}, ("setup", "c", "t", None)),
        ("of.2027", PAID, ("other", None, None, None)),
        ("payment.captured", [], ("other", None, None, None)),
        ("payment.captured", {"payment": {"entity": "pay_1"}}, ("other", None, None, None)),
    ],
)
def test_a_message_says_what_to_ask_about(name: str, payload: object, expected: tuple[object, ...]) -> None:
    body = msgspec.json.encode({"entity": "event", "event": name, "payload": payload, "created_at": AT})
    told = messages.read("razorpay", body)
    assert (told.kind, told.ref, told.object_ref, told.payment_id) == expected
    assert told.at == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize("dialect", ["stripe", "razorpay"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"5", b"{}", b"\xff", b"[" * 10_000, b'{"event": 5, "type": [], "created": "x"}']
)
def test_a_message_that_nobody_understands_leads_to_nothing(dialect: str, body: bytes) -> None:
    assert messages.read(dialect, body).kind == "other"
