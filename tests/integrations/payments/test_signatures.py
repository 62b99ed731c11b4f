"""Signatures, with the vendors' own libraries as judges: what they sign we accept, what they refuse we refuse."""

import asyncio
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
import pytest
import razorpay
import stripe
from hypothesis import given
from hypothesis import strategies as st

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting, messages
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from holdfast.kernel.inbox import TooOld, Unverified, Verifier
from tests.integrations.payments.conftest import CREDENTIALS, connection
from tests.integrations.payments.vendor import Vendor

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "whsec_aurora"
OURS = ids.new()
BODY = msgspec.json.encode(
    {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "created": int(NOW.timestamp()),
        "data": {"object": {"id": "pi_1", "object": "payment_intent", "metadata": {"holdfast_payment": str(OURS)}}},
        "object": "event",
    }
)
HEADER = {"stripe": "stripe-signature", "razorpay": "x-razorpay-signature"}


def judge() -> Any:
    """Razorpay's own verification."""
    credentials = CREDENTIALS["razorpay"]
    return razorpay.Client(auth=(credentials["key_id"], credentials["key_secret"])).utility


def signed(dialect: str, body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """The headers of a message as the vendor sends it."""
    if dialect == "stripe":
        stamp = int(at.timestamp())
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, stamp)
        return {"stripe-signature": header}
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    assert judge().verify_webhook_signature(body.decode(), digest, secret)
    return {"x-razorpay-signature": digest, "x-razorpay-event-id": "evt_1"}


def verified(dialect: str, headers: dict[str, str], body: bytes = BODY, *, now: datetime = NOW) -> str:
    """The id of a message that our scheme accepts."""
    scheme: Verifier = connecting.scheme(dialect)  # type: ignore[arg-type]
    return scheme.verify(headers, body, secrets=[SECRET.encode()], now=now)


@pytest.mark.meets("W61", "P65")
@pytest.mark.parametrize("dialect", ["stripe", "razorpay"])
def test_what_the_vendor_signs_is_accepted_and_anything_else_is_not(dialect: str) -> None:
    assert verified(dialect, signed(dialect)) == "evt_1"
    wrong = {
        "another secret": (signed(dialect, secret="whsec_other"), BODY),
        "a tampered body": (signed(dialect), BODY.replace(b"pi_1", b"pi_2")),
        "one byte more": (signed(dialect), BODY + b" "),
        "no signature": ({}, BODY),
        "an empty one": ({HEADER[dialect]: ""}, BODY),
        "letters that are no ASCII": ({HEADER[dialect]: "t=1795262400,v1=é\xff€"}, BODY),
    }
    for what, (headers, body) in wrong.items():
        with pytest.raises(Unverified):
            pytest.fail(f"{what}: {verified(dialect, headers, body)}")


@pytest.mark.meets("P65")
def test_an_old_message_of_stripes_is_refused_as_stripe_itself_refuses_it() -> None:
    now = datetime.now(UTC)
    for age, fine in ((299, True), (301, False)):
        headers = signed("stripe", at=now - timedelta(seconds=age))
        if fine:
            assert verified("stripe", headers, now=now) == "evt_1"
            stripe.Webhook.construct_event(BODY, headers["stripe-signature"], SECRET)
        else:
            with pytest.raises(TooOld):
                verified("stripe", headers, now=now)
            with pytest.raises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(BODY, headers["stripe-signature"], SECRET)


@given(body=st.dictionaries(st.text(max_size=20), st.text(max_size=40)), secret=st.text("abcXYZ019_é", min_size=1))
def test_what_we_sign_the_vendors_accept(body: dict[str, str], secret: str) -> None:
    raw = msgspec.json.encode({"id": "evt_1", "object": "event"} | {"data": body})
    now = datetime.now(UTC)
    ours = connecting._STRIPE.sign(secret.encode(), raw, at=now)
    assert stripe.WebhookSignature.verify_header(raw.decode(), ours["stripe-signature"], secret, tolerance=300)
    plain = connecting._RAZORPAY.sign(secret.encode(), raw)
    assert judge().verify_webhook_signature(raw.decode(), plain["x-razorpay-signature"], secret)
    assert signed("razorpay", raw, secret=secret)["x-razorpay-signature"] == plain["x-razorpay-signature"]


@pytest.mark.meets("I21", "W61")
async def test_a_checkout_is_believed_when_razorpay_signed_it(razorpay_: Razorpay) -> None:
    secret = CREDENTIALS["razorpay"]["key_secret"]
    good = hmac.new(secret.encode(), b"order_1|pay_1", "sha256").hexdigest()
    told = {"razorpay_order_id": "order_1", "razorpay_payment_id": "pay_1", "razorpay_signature": good}
    assert judge().verify_payment_signature(told)
    assert razorpay_.verify_checkout(order_ref="order_1", payment_ref="pay_1", signature=good)
    for order, paid, signature in [
        ("order_2", "pay_1", good),
        ("order_1", "pay_2", good),
        ("order_1", "pay_1", good[:-1]),
        ("order_1", "pay_1", good.upper()),
        ("order_1", "pay_1", ""),
        ("order_1", "pay_1", "é€\ud800"),
        ("order_1|pay_1", "", good),
    ]:
        assert not razorpay_.verify_checkout(order_ref=order, payment_ref=paid, signature=signature)


async def test_stripe_signs_nothing_that_a_browser_carries(stripe_: Stripe) -> None:
    assert not stripe_.verify_checkout(order_ref="pi_1", payment_ref="pi_1", signature="anything")


@pytest.mark.meets("W61", "P65")
async def test_what_localstripe_sends_is_verified_and_understood(localstripe: str, vendor: Vendor) -> None:
    vendor.answers("POST", "/hook", b"")
    adapter = Stripe(connection("stripe", base_url=localstripe))
    async with httpx2.AsyncClient(base_url=localstripe, trust_env=False) as client:
        hook = await client.post("/_config/webhooks/aurora", data={"url": f"{vendor.url}/hook", "secret": SECRET})
        assert hook.status_code == 200
        await adapter.ensure_customer(ports.Payer(id=ids.new(), name="Ana"), key="1")
    await adapter.close()
    async with asyncio.timeout(30):
        await vendor.came.wait()
    asked = vendor.asked[0]
    headers, now = dict(asked.headers), datetime.now(UTC)
    stripe.Webhook.construct_event(asked.body, headers["stripe-signature"], SECRET)
    assert verified("stripe", headers, asked.body, now=now).startswith("evt_")
    assert adapter.read(headers, asked.body).name == "customer.created"
    with pytest.raises(Unverified):
        verified("stripe", headers, asked.body + b" ", now=now)


def test_a_message_says_what_to_ask_about() -> None:
    told = messages.read("stripe", BODY)
    assert (told.kind, told.ref, told.payment_id, told.live, told.at) == ("payment", "pi_1", OURS, False, NOW)
