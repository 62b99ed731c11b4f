"""What goes wrong on the way: whether anything was sent decides whether anything may have happened."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import stripe_transport
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from tests.integrations.payments.conftest import connection, purchase
from tests.integrations.payments.vendor import Fault, Vendor

PATHS = {
    Stripe: ("/v1/refunds", "/v1/payment_intents/pay_1"),
    Razorpay: ("/v1/payments/pay_1/refund", "/v1/payments/pay_1"),
}
Call: TypeAlias = Callable[[ports.Provider], Awaitable[object]]


async def move(adapter: ports.Provider) -> object:
    """A call that moves something."""
    return await adapter.refund("pay_1", Money(100, "INR"), refund_id=ids.new(), key=str(ids.new()))


async def ask(adapter: ports.Provider) -> object:
    """A call that moves nothing."""
    return await adapter.fetch("pay_1")


@pytest.fixture(params=[Stripe, Razorpay])
async def adapter(
    request: pytest.FixtureRequest, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stripe | Razorpay]:
    """Each of the real adapters, with little patience."""
    monkeypatch.setattr(stripe_transport, "READ_SECONDS", 0.3)
    name: ports.ProviderName = "stripe" if request.param is Stripe else "razorpay"
    made: Stripe | Razorpay = request.param(connection(name, base_url=vendor.url))
    yield made
    await made.close()


def answers(vendor: Vendor, adapter: ports.Provider, body: object, *, status: int = 200, **headers: str) -> None:
    """Let both calls be answered so."""
    moving, asking = PATHS[type(adapter)]
    vendor.answers("POST", moving, body, status=status, headers=headers)
    vendor.answers("GET", asking, body, status=status, headers=headers)


@pytest.mark.parametrize("fault", ["hangs", "hangs_up", "breaks_off"])
async def test_what_was_sent_and_never_answered_is_unknown(
    adapter: ports.Provider, vendor: Vendor, fault: Fault
) -> None:
    vendor.fault = fault
    answers(vendor, adapter, {"id": "re_1"})
    with pytest.raises(outcomes.Unknown):
        await move(adapter)
    assert len(vendor.asked) == 1, "nobody but who asked may ask again"
    with pytest.raises(outcomes.Transient):
        await ask(adapter)


@pytest.mark.parametrize("call", [move, ask])
@pytest.mark.parametrize("provider", ["stripe", "razorpay"])
async def test_nothing_happened_when_nobody_is_there(provider: ports.ProviderName, call: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        told = connection(provider, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        made = Stripe(told) if provider == "stripe" else Razorpay(told)
        with pytest.raises(outcomes.Transient):
            await call(made)
        await made.close()


@pytest.mark.parametrize("status", [500, 502, 503, 409])
async def test_a_server_that_fails_may_have_done_it(adapter: ports.Provider, vendor: Vendor, status: int) -> None:
    answers(vendor, adapter, {"error": {"type": "api_error", "message": "Oh", "description": "Oh"}}, status=status)
    with pytest.raises(outcomes.Unknown):
        await move(adapter)
    with pytest.raises(outcomes.Transient):
        await ask(adapter)
    assert len(vendor.asked) == 2


@pytest.mark.parametrize("call", [move, ask])
async def test_who_asks_too_often_is_told_when_to_ask_again(
    adapter: ports.Provider, vendor: Vendor, call: Call
) -> None:
    error = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Slow", "description": "Slow"}}
    answers(vendor, adapter, error, status=429, **{"Retry-After": "7"})
    with pytest.raises(outcomes.RateLimited) as failed:
        await call(adapter)
    assert failed.value.retry_after == timedelta(seconds=7)


GARBAGE = [
    b"",
    b"<html>Bad gateway",
    b"\xff\xfe",
    b"[" * 10_000,
    b"[]",
    b"null",
    b"1e999",
    b'{"error": 5}',
    b'{"id": 5}',
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("status", [200, 502])
async def test_an_answer_that_nobody_can_read_is_no_answer(
    adapter: ports.Provider, vendor: Vendor, garbage: bytes, status: int
) -> None:
    answers(vendor, adapter, garbage, status=status)
    with pytest.raises(outcomes.Unknown):
        await move(adapter)
    with pytest.raises(outcomes.Transient):
        await ask(adapter)


async def test_a_refusal_that_nobody_can_read_is_a_refusal_of_razorpays(vendor: Vendor) -> None:
    adapter = Razorpay(connection("razorpay", base_url=vendor.url))
    answers(vendor, adapter, b"<html>", status=400)
    with pytest.raises(outcomes.Rejected):
        await move(adapter)
    await adapter.close()


@pytest.mark.parametrize("call", [move, ask])
async def test_keys_that_are_not_accepted(adapter: ports.Provider, vendor: Vendor, call: Call) -> None:
    answers(vendor, adapter, {"error": {"message": "Who?", "description": "Authentication failed"}}, status=401)
    with pytest.raises(outcomes.AuthFailed):
        await call(adapter)


@pytest.mark.parametrize("call", [move, ask])
async def test_what_the_provider_does_not_know_is_gone(adapter: ports.Provider, vendor: Vendor, call: Call) -> None:
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": "No", "description": "No"}
    answers(vendor, adapter, {"error": error}, status=404)
    with pytest.raises(outcomes.Gone) as failed:
        await call(adapter)
    assert failed.value.code == "resource_missing"


async def test_a_refusal_says_why(adapter: ports.Provider, vendor: Vendor) -> None:
    told = "Charge ch_1 has already been refunded."
    error = {"type": "invalid_request_error", "code": "charge_already_refunded", "message": told, "description": told}
    answers(vendor, adapter, {"error": error}, status=400)
    with pytest.raises(outcomes.Rejected) as failed:
        await move(adapter)
    assert (failed.value.code, failed.value.message) == ("charge_already_refunded", told)
    assert not isinstance(failed.value, outcomes.Gone)


async def test_a_redirect_is_not_followed(adapter: ports.Provider, vendor: Vendor) -> None:
    answers(vendor, adapter, {}, status=302, Location=f"{vendor.url}/elsewhere")
    with pytest.raises(outcomes.CallFailed):
        await ask(adapter)
    assert len(vendor.asked) == 1


async def test_a_charge_whose_answer_is_lost_is_unknown(vendor: Vendor, adapter: ports.Provider) -> None:
    vendor.fault = "hangs_up"
    about = purchase()
    answers(vendor, adapter, {})
    vendor.answers("GET", "/v1/orders", {"items": []})
    with pytest.raises((outcomes.Unknown, outcomes.Transient)) as failed:
        await adapter.charge(about, method_ref="cust_1/token_1", key="1")
    # Stripe is asked to charge at once; Razorpay is first asked for an order, which is only a question.
    assert isinstance(failed.value, outcomes.Unknown) == isinstance(adapter, Stripe)
