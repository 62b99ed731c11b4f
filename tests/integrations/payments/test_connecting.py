"""Connecting: keys say what they are for, and an adapter is kept for as long as its keys are."""

import msgspec
import pytest

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import connecting
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel.database import Database
from tests.integrations.payments.conftest import CREDENTIALS, connection


@pytest.mark.meets("P64")
@pytest.mark.parametrize(
    ("provider", "key", "mode"),
    [
        ("stripe", "sk_test_1", "test"),
        ("stripe", "rk_test_1", "test"),
        ("stripe", "sk_live_1", "live"),
        ("stripe", "rk_live_1", "live"),
        ("razorpay", "rzp_test_1", "test"),
        ("razorpay", "rzp_live_1", "live"),
        ("sandbox-stripe", "sk_test_1", "test"),
        ("sandbox-razorpay", "rzp_test_1", "test"),
    ],
)
def test_a_key_says_what_it_is_for(provider: ports.ProviderName, key: str, mode: ports.Mode) -> None:
    assert connecting.mode_of(provider, with_key(provider, key)) == mode


@pytest.mark.meets("P64")
@pytest.mark.parametrize(
    ("provider", "key"),
    [
        ("stripe", "pk_test_1"),
        ("stripe", "rzp_test_1"),
        ("stripe", "SK_TEST_1"),
        ("stripe", " sk_test_1"),
        ("stripe", "sk_test_1 2"),
        ("stripe", "sk_test_é"),
        ("stripe", "sk_test_1\r\nx: y"),
        ("stripe", ""),
        ("razorpay", "sk_test_1"),
        ("razorpay", "rzp_1"),
        ("sandbox-stripe", "sk_live_1"),
        ("sandbox-razorpay", "rzp_live_1"),
    ],
)
def test_a_key_that_says_nothing_is_refused(provider: ports.ProviderName, key: str) -> None:
    with pytest.raises(outcomes.Rejected) as failed:
        connecting.mode_of(provider, with_key(provider, key))
    assert failed.value.message.endswith(".")
    assert not key or key not in failed.value.message


@pytest.mark.meets("P65")
@pytest.mark.parametrize("provider", ["stripe", "razorpay"])
def test_no_connection_goes_without_a_secret_for_messages(provider: ports.ProviderName) -> None:
    for field in connecting.fields(provider):
        without = {name: value for name, value in CREDENTIALS[provider].items() if name != field["name"]}
        with pytest.raises(outcomes.Rejected):
            connecting.mode_of(provider, without)


def with_key(provider: str, key: str) -> dict[str, str]:
    """Credentials with another key."""
    dialect = provider.removeprefix("sandbox-")
    return CREDENTIALS[dialect] | {"secret_key" if dialect == "stripe" else "key_id": key}


async def test_an_adapter_is_kept_until_its_keys_change(database: Database) -> None:
    told = connection("stripe")
    kept = connecting.adapter(told, database=database)
    assert isinstance(kept, Stripe)
    assert connecting.adapter(msgspec.structs.replace(told), database=database) is kept
    rotated = msgspec.structs.replace(told, credentials=dict(told.credentials) | {"secret_key": "sk_test_other"})
    assert connecting.adapter(rotated, database=database) is not kept
    other = connection("razorpay")
    assert isinstance(connecting.adapter(other, database=database), Razorpay)
    await connecting.close_all()
    assert connecting.adapter(told, database=database) is not kept
    await connecting.close_all()


def test_a_connection_is_shown_without_its_secrets() -> None:
    shown = f"{connection('stripe')} {connection('razorpay')!r}"
    assert not any(secret in shown for secrets in CREDENTIALS.values() for secret in secrets.values())
