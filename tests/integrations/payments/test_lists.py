"""Lists that are longer than a page, and records in them that cannot be understood."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.integrations import outcomes
from holdfast.integrations.payments import amounts
from holdfast.integrations.payments import stripe_shapes as shapes
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from tests.integrations.payments.conftest import purchase
from tests.integrations.payments.test_stripe import AT, INTENT, OURS, listed
from tests.integrations.payments.vendor import Vendor

SINCE = datetime.fromtimestamp(AT, UTC)
UNTIL = SINCE + timedelta(days=3)
REFUND: dict[str, Any] = {"object": "refund", "status": "succeeded", "amount": 1, "currency": "eur", "created": AT}
DISPUTE: dict[str, Any] = {"object": "dispute", "amount": 1250, "currency": "eur", "status": "lost", "created": AT}


def items(*found: object) -> dict[str, Any]:
    """A list as Razorpay tells it."""
    return {"entity": "collection", "count": len(found), "items": list(found)}


async def test_stripes_refunds_and_disputes_are_read_to_the_end(stripe_: Stripe, vendor: Vendor) -> None:
    for path, shape, prefix in (("/v1/refunds", REFUND, "re"), ("/v1/disputes", DISPUTE, "dp")):
        for n in range(3):
            told = [shape | {"id": f"{prefix}_{n}_{i}", "payment_intent": f"pi_{n}"} for i in range(2)]
            vendor.answers("GET", path, listed(*told, more=n < 2))
    assert len(await stripe_.refunds("pi_1")) == 6
    assert vendor.last("GET", "/v1/refunds").query["starting_after"] == "re_1_1"
    assert vendor.last("GET", "/v1/refunds").query["payment_intent"] == "pi_1"
    assert len(await stripe_.disputes("pi_1")) == 6
    assert vendor.last("GET", "/v1/disputes").query["starting_after"] == "dp_1_1"


async def test_stripe_tells_what_was_given_back_and_complained_of_in_a_time(stripe_: Stripe, vendor: Vendor) -> None:
    given = [REFUND | {"id": f"re_{n}", "payment_intent": f"pi_{n // 2}"} for n in range(4)]
    vendor.answers("GET", "/v1/refunds", listed(*given, REFUND | {"id": "re_9", "payment_intent": None}))
    fine = DISPUTE | {"id": "dp_1", "payment_intent": "pi_1"}
    vendor.answers("GET", "/v1/disputes", listed(fine, fine | {"id": "dp_2", "currency": "all", "amount": 1234}))
    assert await stripe_.refunded(since=SINCE, until=UNTIL) == ["pi_0", "pi_1"]
    found = await stripe_.complaints(since=SINCE, until=UNTIL)
    assert ([one.ref for one in found.disputes], found.unreadable) == (["dp_1"], ["dp_2"])
    for path in ("/v1/refunds", "/v1/disputes"):
        query = vendor.last("GET", path).query
        assert (query["created[gte]"], query["created[lt]"]) == (str(AT), str(int(UNTIL.timestamp()) + 1))


@pytest.mark.parametrize(
    ("status", "standing", "withdrawn"),
    [
        ("warning_needs_response", "needs_response", False),
        ("warning_under_review", "under_review", False),
        ("warning_closed", "won", False),
        ("prevented", "won", False),
        ("needs_response", "needs_response", True),
        ("under_review", "under_review", True),
        ("won", "won", True),
        ("lost", "lost", True),
    ],
)
def test_an_inquiry_takes_no_money(status: str, standing: str, withdrawn: bool) -> None:
    told = shapes.dispute(DISPUTE | {"id": "dp_1", "payment_intent": "pi_1", "status": status})
    assert (told.standing, told.withdrawn) == (standing, withdrawn)


async def test_a_record_that_cannot_be_understood_is_named_and_the_others_are_read(
    stripe_: Stripe, razorpay_: Razorpay, vendor: Vendor
) -> None:
    odd = INTENT | {"id": "pi_odd", "currency": "all", "amount": 1234, "amount_received": 1234}
    vendor.answers("GET", "/v1/payment_intents", listed(odd, INTENT))
    batch = await stripe_.listing(since=SINCE, until=UNTIL)
    assert ([one.ref for one in batch.payments], batch.unreadable) == (["pi_1"], {"pi_odd": OURS})
    assert [one.ref for one in await stripe_.find(ids.new(), since=SINCE)] == []
    with pytest.raises(amounts.Unreadable):
        # Whoever asks what became of a charge must not hear that there was none.
        await stripe_.find(OURS, since=SINCE)
    entity = {"id": "pay_1", "amount": 1234, "currency": "ALL", "status": "captured", "notes": []}
    vendor.answers("GET", "/v1/payments", items(entity, entity | {"id": "pay_2", "amount": 1200}))
    told = await razorpay_.listing(since=SINCE, until=UNTIL)
    assert ([one.ref for one in told.payments], told.unreadable) == (["pay_2"], {"pay_1": None})


async def test_an_amount_that_stripe_cannot_take_is_refused_before_anything_is_sent(
    stripe_: Stripe, razorpay_: Razorpay, vendor: Vendor
) -> None:
    for adapter in (stripe_, razorpay_):
        with pytest.raises(outcomes.Rejected, match="KWD"):
            await adapter.open_checkout(purchase(1234, "KWD"), key="1")
    assert vendor.asked == []


async def test_razorpays_refunds_and_disputes_are_read_to_the_end(razorpay_: Razorpay, vendor: Vendor) -> None:
    refund = {"payment_id": "pay_1", "amount": 1, "currency": "INR", "status": "processed", "created_at": AT}
    for path in ("/v1/payments/pay_1/refunds", "/v1/refunds"):
        vendor.answers("GET", path, items(*(refund | {"id": f"rfnd_{n}"} for n in range(100))))
        vendor.answers("GET", path, items(refund | {"id": "rfnd_100", "payment_id": "pay_2"}))
    assert len(await razorpay_.refunds("pay_1")) == 101
    assert await razorpay_.refunded(since=SINCE, until=UNTIL) == ["pay_1", "pay_2"]
    query = vendor.last("GET", "/v1/refunds").query
    assert (query["skip"], query["from"], query["to"]) == ("100", str(AT), str(int(UNTIL.timestamp()) + 1))
    dispute = {"payment_id": "pay_1", "amount": 100, "currency": "INR", "status": "open", "created_at": AT}
    old = dispute | {"created_at": AT - 86_400 * 40}
    vendor.answers("GET", "/v1/disputes", items(*(old | {"id": f"disp_{n}"} for n in range(100))))
    vendor.answers("GET", "/v1/disputes", items(dispute | {"id": "disp_100"}))
    assert [one.ref for one in await razorpay_.disputes("pay_1")][-1] == "disp_100"


async def test_razorpays_disputes_of_a_time_are_picked_from_all(razorpay_: Razorpay, vendor: Vendor) -> None:
    dispute = {"payment_id": "pay_1", "amount": 100, "currency": "INR", "status": "open"}
    told = [dispute | {"id": f"disp_{n}", "created_at": AT + n * 86_400} for n in (-30, 1, 2, 30)]
    odd = dispute | {"id": "disp_odd", "currency": "ALL", "amount": 1, "created_at": AT + 60}
    vendor.answers("GET", "/v1/disputes", items(*told, odd))
    found = await razorpay_.complaints(since=SINCE, until=UNTIL)
    assert [one.ref for one in found.disputes] == ["disp_1", "disp_2"]
    assert found.unreadable == ["disp_odd"]
