"""Connections: credentials go in and never come out, and test and live never meet."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import inbox, settings
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor
from holdfast.shared.payments import connections
from holdfast.shared.payments.connections import Connection
from tests.conftest import Open

STRIPE = {"secret_key": "sk_test_" + "a" * 24, "webhook_secret": "whsec_" + "b" * 24}
LIVE = {"secret_key": "sk_live_" + "a" * 24, "webhook_secret": "whsec_" + "c" * 24}
RAZORPAY = {"key_id": "rzp_test_" + "a" * 14, "key_secret": "d" * 24, "webhook_secret": "e" * 24}


async def add(committed: Open, provider: ports.ProviderName, credentials: dict[str, str]) -> Connection:
    """Connect a provider."""
    async with committed() as tx:
        return await connections.add(tx, provider=provider, credentials=credentials)


@pytest.mark.meets("P9")
async def test_credentials_are_sealed_and_only_an_adapter_gets_them(committed: Open, tenant: UUID) -> None:
    connection = await add(committed, "stripe", STRIPE)
    assert (connection.mode, connection.is_default, connection.active) == ("test", True, True)
    shown = msgspec.json.encode(connection).decode()
    async with committed() as tx:
        opened = await connections.opened(tx, connection.id)
        stored = await tx.one(bytes, "select sealed from payments_connection where id = $1", connection.id)
        said = await tx.all(str, "select body::text from kernel_event where subject_id = $1", connection.id)
    assert opened.credentials == STRIPE
    for secret in STRIPE.values():
        assert secret not in shown
        assert secret.encode() not in stored
        assert all(secret not in body for body in said)
        assert secret not in repr(opened)


@pytest.mark.meets("P64", "P65")
async def test_test_and_live_keys_cannot_be_mixed(committed: Open) -> None:
    test = await add(committed, "stripe", STRIPE)
    live = RAZORPAY | {"key_id": "rzp_live_" + "a" * 14}
    with pytest.raises(connections.OtherMode):
        await add(committed, "razorpay", live)
    async with committed() as tx:
        with pytest.raises(connections.OtherMode):
            await connections.change(tx, test.id, credentials={"secret_key": LIVE["secret_key"]})
    assert (await add(committed, "razorpay", RAZORPAY)).mode == "test"


async def test_two_modes_at_once_end_with_one(committed: Open) -> None:
    live = RAZORPAY | {"key_id": "rzp_live_" + "a" * 14}
    results = await asyncio.gather(
        add(committed, "stripe", STRIPE), add(committed, "razorpay", live), return_exceptions=True
    )
    assert sum(isinstance(one, Connection) for one in results) == 1
    assert sum(isinstance(one, connections.OtherMode) for one in results) == 1


async def test_a_provider_is_connected_once_and_the_default_is_one(committed: Open) -> None:
    results = await asyncio.gather(*(add(committed, "stripe", STRIPE) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, Connection) for one in results) == 1
    assert all(isinstance(one, Connection | connections.AlreadyConnected) for one in results)
    razorpay = await add(committed, "razorpay", RAZORPAY)
    assert not razorpay.is_default
    async with committed() as tx:
        await connections.change(tx, razorpay.id, is_default=True)
        listed = await connections.listing(tx)
    assert [one.id for one in listed if one.is_default] == [razorpay.id]


async def test_a_connection_that_is_off_takes_nothing_and_is_kept(committed: Open) -> None:
    first = await add(committed, "stripe", STRIPE)
    async with committed() as tx:
        off = await connections.change(tx, first.id, active=False)
        assert not off.is_default
        with pytest.raises(connections.NotConnected):
            await connections.chosen(tx, first.id)
        with pytest.raises(connections.NotConnected):
            await connections.chosen(tx)
        assert (await connections.opened(tx, first.id)).credentials == STRIPE
    second = await add(committed, "stripe", LIVE)
    assert second.mode == "live"
    async with committed() as tx:
        with pytest.raises(connections.AlreadyConnected):
            await connections.change(tx, first.id, active=True)
        assert [one.id for one in await connections.opened_of(tx, "stripe")] == [second.id, first.id]


@pytest.mark.meets("P65")
async def test_a_changed_webhook_secret_lets_earlier_messages_in_for_a_while(committed: Open) -> None:
    connection = await add(committed, "stripe", STRIPE)
    async with committed() as tx:
        await connections.change(tx, connection.id, credentials={"webhook_secret": "whsec_new", "secret_key": ""})
        secrets = await inbox._providers["stripe"].secrets(tx)
        assert (await connections.opened(tx, connection.id)).credentials["secret_key"] == STRIPE["secret_key"]
    assert secrets == [b"whsec_new", STRIPE["webhook_secret"].encode()]


@pytest.mark.parametrize(
    ("provider", "credentials"),
    [
        ("stripe", {}),
        ("stripe", {"secret_key": "pk_test_x"}),
        ("stripe", STRIPE | {"more": "x"}),
        ("stripe", STRIPE | {"secret_key": "sk_test_é"}),
        ("razorpay", STRIPE),
    ],
)
async def test_what_are_no_credentials_are_refused(
    committed: Open, provider: ports.ProviderName, credentials: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await add(committed, provider, credentials)


async def test_a_tenant_without_any_gets_the_sandbox_once(committed: Open) -> None:
    async def need() -> Connection:
        async with committed() as tx:
            return await connections.chosen(tx)

    found = await asyncio.gather(*(need() for _ in range(5)))
    assert {one.provider for one in found} == {"sandbox-stripe"}
    assert len({one.id for one in found}) == 1


@pytest.mark.meets("P64")
async def test_production_has_no_sandbox(committed: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    production = Settings(environment="production")
    monkeypatch.setattr(settings, "current", lambda: production)
    async with committed() as tx:
        with pytest.raises(connections.NotConnected):
            await connections.chosen(tx)
        with pytest.raises(connections.NoSandboxHere):
            await connections.open_sandbox(tx)


async def test_only_who_manages_connects(committed: Open) -> None:
    async with committed(Actor(kind="person", grants=frozenset({"payments.take"}))) as tx:
        with pytest.raises(NotAllowed):
            await connections.add(tx, provider="stripe", credentials=STRIPE)
        with pytest.raises(NotAllowed):
            await connections.listing(tx)
