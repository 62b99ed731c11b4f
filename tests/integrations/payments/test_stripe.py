"""Stripe's adapter: what it sends, and what it makes of the shapes that Stripe answers with."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import stripe

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import messages
from holdfast.integrations.payments import stripe as adapters
from holdfast.integrations.payments import stripe_shapes as shapes
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from tests.integrations.payments.conftest import purchase
from tests.integrations.payments.vendor import Vendor

OURS = UUID("01900000-0000-7000-8000-000000000001")
AT = 1_795_262_400
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount_refunded": 250,
    "payment_method": "pm_1",
    "payment_method_details": {
        "type": "card",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 5, "exp_year": 2030},
    },
}
INTENT: dict[str, Any] = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "succeeded",
    "amount": 1250,
    "amount_received": 1250,
    "currency": "eur",
    "customer": "cus_1",
    "created": AT,
    "livemode": False,
    "latest_charge": CHARGE,
    "payment_method": "pm_1",
    "metadata": {"holdfast_payment": str(OURS)},
    "something_of_2027": {"deep": [1]},
}
SESSION = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "url": "https://checkout.stripe.com/c/pay/cs_test_1",
    "expires_at": AT,
    "payment_intent": None,
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "object": "subscription",
    "status": "active",
    "customer": "cus_1",
    "created": AT,
    "cancel_at_period_end": False,
    "metadata": {"holdfast_subscription": str(OURS)},
}


def listed(*data: object, more: bool = False) -> dict[str, Any]:
    """A list as Stripe tells it."""
    return {"object": "list", "data": list(data), "has_more": more, "url": "/v1/things"}


@pytest.mark.meets("P66")
async def test_what_moves_something_carries_our_key_and_the_version(stripe_: Stripe, vendor: Vendor) -> None:
    refund = {"id": "re_1", "object": "refund", "status": "pending", "amount": 250, "currency": "eur", "created": AT}
    vendor.answers("POST", "/v1/refunds", refund | {"payment_intent": "pi_1", "metadata": {"holdfast_refund": "x"}})
    given = await stripe_.refund("pi_1", Money(250, "EUR"), refund_id=OURS, key="the key")
    assert (given.standing, given.payment_ref, given.amount) == ("pending", "pi_1", Money(250, "EUR"))
    assert given.refund_id is None, "what is no id of ours is none of ours"
    asked = vendor.last("POST", "/v1/refunds")
    assert asked.headers["idempotency-key"] == "the key"
    assert asked.headers["stripe-version"] == adapters.API_VERSION
    assert asked.headers["authorization"] == "Bearer sk_test_aurora"
    assert asked.form == {"payment_intent": "pi_1", "amount": "250", "metadata[holdfast_refund]": str(OURS)}


def test_the_pinned_version_is_one_that_the_sdk_was_made_for() -> None:
    assert stripe.api_version == adapters.API_VERSION


@pytest.mark.meets("P9", "P63", "P66")
async def test_a_page_of_stripes_is_opened(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers("POST", "/v1/checkout/sessions", SESSION)
    payer = ports.Payer(id=ids.new(), ref="cus_1")
    about = purchase(payment_id=OURS, payer=payer, save_method=True, capture=False)
    opened = await stripe_.open_checkout(about, key="1")
    assert (opened.ref, opened.url) == ("cs_test_1", SESSION["url"])
    assert opened.expires_at == datetime.fromtimestamp(AT, UTC)
    asked = vendor.last("POST", "/v1/checkout/sessions")
    assert asked.headers["idempotency-key"] == "1"
    assert asked.form == {
        "mode": "payment",
        "customer": "cus_1",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "1250",
        "line_items[0][price_data][product_data][name]": "Ten coffees",
        "payment_intent_data[description]": "Ten coffees",
        "payment_intent_data[capture_method]": "manual",
        "payment_intent_data[metadata][holdfast_payment]": str(OURS),
        "payment_intent_data[setup_future_usage]": "off_session",
        "metadata[holdfast_payment]": str(OURS),
        "success_url": "https://aurora.example/back",
        "cancel_url": "https://aurora.example/back",
    }


async def test_a_page_leads_to_its_payment(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/checkout/sessions/cs_test_1", SESSION)
    vendor.answers("GET", "/v1/checkout/sessions/cs_test_1", SESSION | {"payment_intent": "pi_1"})
    vendor.answers("GET", "/v1/payment_intents/pi_1", INTENT)
    with pytest.raises(outcomes.Gone):
        await stripe_.fetch("cs_test_1")
    paid = await stripe_.fetch("cs_test_1")
    assert paid == ports.Payment(
        ref="pi_1",
        standing="captured",
        amount=Money(1250, "EUR"),
        captured=Money(1250, "EUR"),
        refunded=Money(250, "EUR"),
        payment_id=OURS,
        customer_ref="cus_1",
        method=ports.Method(ref="pm_1", kind="card", brand="visa", last4="4242", expires="2030-05"),
        at=datetime.fromtimestamp(AT, UTC),
    )
    vendor.answers("POST", "/v1/checkout/sessions/cs_test_1/expire", SESSION)
    with pytest.raises(outcomes.Gone):
        await stripe_.cancel("cs_test_1", key="1")


async def test_a_card_is_saved_on_a_page_of_stripes(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers("POST", "/v1/checkout/sessions", SESSION)
    vendor.answers("POST", "/v1/billing_portal/sessions", {"id": "bps_1", "object": "x", "url": "https://portal"})
    await stripe_.open_setup(ports.Payer(id=ids.new(), ref="cus_1"), return_url="https://back", key="1")
    asked = vendor.last("POST", "/v1/checkout/sessions").form
    assert (asked["mode"], asked["customer"], asked["payment_method_types[0]"]) == ("setup", "cus_1", "card")
    assert await stripe_.portal("cus_1", return_url="https://back") == "https://portal"


async def test_a_page_of_ours_is_given_what_is_no_secret(stripe_: Stripe, vendor: Vendor) -> None:
    made = INTENT | {"status": "requires_payment_method", "client_secret": "pi_1_secret_2"}
    vendor.answers("POST", "/v1/payment_intents", made)
    order = await stripe_.create_order(purchase(500, "JPY"), key="1")
    assert order.client == {"client_secret": "pi_1_secret_2", "publishable_key": "pk_test_aurora"}
    form = vendor.last("POST", "/v1/payment_intents").form
    assert (form["amount"], form["currency"], form["automatic_payment_methods[enabled]"]) == ("500", "jpy", "true")


@pytest.mark.parametrize(
    ("code", "decline", "retry"),
    [
        ("card_declined", "insufficient_funds", True),
        ("card_declined", "stolen_card", False),
        ("expired_card", None, False),
    ],
)
async def test_a_decline_is_told_with_its_payment(
    stripe_: Stripe, vendor: Vendor, code: str, decline: str | None, retry: bool
) -> None:
    error = {"type": "card_error", "code": code, "message": "No."} | ({"decline_code": decline} if decline else {})
    failed = INTENT | {"status": "requires_payment_method", "amount_received": 0, "last_payment_error": dict(error)}
    vendor.answers("POST", "/v1/payment_intents", {"error": error | {"payment_intent": failed}}, status=402)
    told = await stripe_.charge(purchase(payment_id=OURS), method_ref="pm_1", key="1")
    assert (told.ref, told.standing, told.captured.minor) == ("pi_1", "failed", 0)
    assert told.decline == ports.Decline(code=decline or code, message="No.", retry=retry)
    form = vendor.last("POST", "/v1/payment_intents").form
    assert (form["off_session"], form["confirm"], form["payment_method"]) == ("true", "true", "pm_1")


async def test_a_decline_without_a_payment_is_one_all_the_same(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers(
        "POST", "/v1/payment_intents", {"error": {"type": "card_error", "code": "card_declined"}}, status=402
    )
    told = await stripe_.charge(purchase(payment_id=OURS), method_ref="pm_1", key="1")
    assert (told.standing, told.payment_id) == ("failed", OURS)
    assert told.decline is not None


@pytest.mark.parametrize(
    ("status", "changes", "standing"),
    [
        ("requires_payment_method", {}, "requires_action"),
        ("requires_payment_method", {"last_payment_error": {"code": "card_declined"}}, "failed"),
        ("requires_action", {"next_action": {"redirect_to_url": {"url": "https://bank"}}}, "requires_action"),
        ("requires_capture", {}, "authorized"),
        ("processing", {}, "processing"),
        ("canceled", {}, "cancelled"),
        ("of_2027", {}, "requires_action"),
    ],
)
def test_where_a_payment_stands(status: str, changes: dict[str, Any], standing: str) -> None:
    told = shapes.payment(INTENT | {"status": status} | changes)
    assert (told.standing, told.captured.minor) == (standing, 0)
    assert told.action_url == ("https://bank" if "next_action" in changes else None)


def test_stripe_counts_two_currencies_in_hundredths_that_have_none() -> None:
    assert shapes.minor(Money(500, "ISK")) == 50_000
    assert shapes.money(50_000, "isk") == Money(500, "ISK")
    assert shapes.minor(Money(500, "JPY")) == 500
    assert shapes.money(1250, "eur") == Money(1250, "EUR")


@pytest.mark.meets("P24", "P26")
@pytest.mark.parametrize("since_2025", [True, False])
def test_a_subscription_is_read_in_both_of_its_shapes(since_2025: bool) -> None:
    period = {"current_period_start": AT, "current_period_end": AT + 86_400 * 30}
    if since_2025:
        payments = listed({"id": "inpay_1", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}})
        told = SUBSCRIPTION | {"latest_invoice": {"id": "in_1", "payments": payments}}
        told |= {"items": listed({"id": "si_1", "price": {"id": "price_1"}} | period)}
    else:
        told = SUBSCRIPTION | period | {"latest_invoice": {"id": "in_1", "payment_intent": "pi_1"}}
        told |= {"items": listed({"id": "si_1", "plan": {"id": "price_1"}})}
    read = shapes.subscription(told)
    assert read.period_start == datetime.fromtimestamp(AT, UTC)
    assert read.period_end == datetime.fromtimestamp(AT, UTC) + timedelta(days=30)
    assert (read.plan_ref, read.latest_payment_ref, read.subscription_id) == ("price_1", "pi_1", OURS)
    invoice: dict[str, Any] = {"id": "in_1", "object": "invoice", "subscription": "sub_1"}
    if since_2025:
        invoice = {"id": "in_1", "parent": {"subscription_details": {"subscription": "sub_1"}}}
    event = {"id": "evt_1", "type": "invoice.paid", "data": {"object": invoice}}
    signal = messages.read("stripe", msgspec.json.encode(event))
    assert (signal.kind, signal.ref, signal.object_ref) == ("subscription", "sub_1", "in_1")


@pytest.mark.meets("P23", "P26")
async def test_a_payment_that_began_at_stripe_names_its_subscription(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/payment_intents/pi_1", INTENT | {"metadata": {}})
    invoice = {"id": "in_1", "object": "invoice", "parent": {"subscription_details": {"subscription": "sub_1"}}}
    vendor.answers("GET", "/v1/invoice_payments", listed({"id": "inpay_1", "object": "x", "invoice": invoice}))
    told = await stripe_.fetch("pi_1")
    assert (told.payment_id, told.subscription_ref) == (None, "sub_1")
    asked = vendor.last("GET", "/v1/invoice_payments").query
    assert (asked["payment[payment_intent]"], asked["expand[0]"]) == ("pi_1", "data.invoice")


@pytest.mark.meets("P23", "P24")
async def test_a_subscription_is_begun_and_ended(stripe_: Stripe, vendor: Vendor) -> None:
    plan = ports.Plan(price_id=OURS, name="Pass", amount=Money(2000, "EUR"), interval="month", interval_count=3)
    vendor.answers("GET", "/v1/prices", listed())
    vendor.answers("GET", "/v1/prices", listed({"id": "price_1", "object": "price"}))
    vendor.answers("POST", "/v1/prices", {"id": "price_1", "object": "price"})
    assert [await stripe_.ensure_plan(plan, key="1") for _ in range(2)] == ["price_1", "price_1"]
    made = vendor.last("POST", "/v1/prices").form
    assert (made["lookup_key"], made["recurring[interval_count]"], made["unit_amount"]) == (str(OURS), "3", "2000")
    assert sum(asked.method == "POST" for asked in vendor.asked) == 1
    for path in ("/v1/subscriptions", "/v1/subscriptions/sub_1"):
        vendor.answers("POST", path, SUBSCRIPTION | {"cancel_at_period_end": True})
    vendor.answers("DELETE", "/v1/subscriptions/sub_1", SUBSCRIPTION | {"status": "canceled"})
    plan = msgspec.structs.replace(plan, ref="price_1")
    payer = ports.Payer(id=ids.new(), ref="cus_1")
    begun = await stripe_.start(payer, plan, method_ref="pm_1", subscription_id=OURS, key="2")
    assert begun.subscription_id == OURS
    form = vendor.last("POST", "/v1/subscriptions").form
    assert (form["items[0][price]"], form["default_payment_method"]) == ("price_1", "pm_1")
    assert (await stripe_.stop("sub_1", at_period_end=True, key="3")).cancel_at_period_end
    assert vendor.last("POST", "/v1/subscriptions/sub_1").form == {"cancel_at_period_end": "true"}
    assert (await stripe_.stop("sub_1", at_period_end=False, key="4")).standing == "cancelled"


async def test_payments_are_found_by_our_id_on_every_page(stripe_: Stripe, vendor: Vendor) -> None:
    vendor.answers("GET", "/v1/payment_intents", listed(INTENT | {"metadata": {}}, more=True))
    vendor.answers("GET", "/v1/payment_intents", listed(INTENT | {"id": "pi_2"}))
    since = datetime.fromtimestamp(AT, UTC)
    assert [one.ref for one in await stripe_.find(OURS, since=since)] == ["pi_2"]
    assert vendor.last("GET", "/v1/payment_intents").query["starting_after"] == "pi_1"
    assert int(vendor.last("GET", "/v1/payment_intents").query["created[gte]"]) <= AT


async def test_a_dispute_is_read_and_answered(stripe_: Stripe, vendor: Vendor) -> None:
    told = {"id": "dp_1", "object": "dispute", "payment_intent": "pi_1", "amount": 1250, "currency": "eur"}
    told |= {"status": "needs_response", "reason": "fraudulent", "evidence_details": {"due_by": AT}, "created": AT}
    vendor.answers("GET", "/v1/disputes", listed(told))
    vendor.answers("POST", "/v1/disputes/dp_1", told | {"status": "under_review"})
    (dispute,) = await stripe_.disputes("pi_1")
    assert (dispute.standing, dispute.reason, dispute.payment_ref) == ("needs_response", "fraudulent", "pi_1")
    assert dispute.due_at == datetime.fromtimestamp(AT, UTC)
    evidence = {"explanation": "They drank them.", "service_date": "2026-11-20"}
    answered = await stripe_.submit_evidence("dp_1", evidence, key="1")
    assert answered.standing == "under_review"
    form = vendor.last("POST", "/v1/disputes/dp_1").form
    assert "They drank them." in form["evidence[uncategorized_text]"]
    assert (form["evidence[service_date]"], form["submit"]) == ("2026-11-20", "true")


async def test_the_account_tells_its_name(stripe_: Stripe, vendor: Vendor) -> None:
    account = {"id": "acct_1", "object": "account", "settings": {"dashboard": {"display_name": "Café Aurora"}}}
    vendor.answers("GET", "/v1/account", account)
    assert await stripe_.check() == "Café Aurora"
