"""Fixtures of the adapters: computers to speak with, and a connection to each."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from tests.conftest import ROOT
from tests.integrations.payments.vendor import Vendor

CREDENTIALS: dict[str, dict[str, str]] = {
    "stripe": {"secret_key": "sk_test_aurora", "webhook_secret": "whsec_aurora", "publishable_key": "pk_test_aurora"},
    "razorpay": {"key_id": "rzp_test_aurora", "key_secret": "a secret", "webhook_secret": "another secret"},
}
# It writes down what it holds at this fixed place, and is never told to read it again.
_LEFT_BEHIND = Path("/tmp/localstripe.pickle")  # noqa: S108
LOCALSTRIPE = ROOT / ".venv-peers" / "localstripe" / "bin" / "localstripe"


def connection(provider: ports.ProviderName, *, base_url: str | None = None, **changes: Any) -> ports.Connection:
    """A connection to a provider, perhaps at another address."""
    values: dict[str, Any] = {
        "id": ids.new(),
        "tenant": ids.new(),
        "provider": provider,
        "mode": "test",
        "credentials": CREDENTIALS[provider.removeprefix("sandbox-")],
        "base_url": base_url,
    }
    return ports.Connection(**(values | changes))


def purchase(minor: int = 1250, currency: str = "EUR", **changes: Any) -> ports.Purchase:
    """Something to be paid."""
    values: dict[str, Any] = {
        "payment_id": ids.new(),
        "amount": Money(minor, currency),
        "description": "Ten coffees",
        "payer": ports.Payer(id=ids.new(), name="Ana Torres", email="ana@example.com", phone="+34600000000"),
        "return_url": "https://aurora.example/back",
    }
    return ports.Purchase(**(values | changes))


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A computer that answers as it is told."""
    async with Vendor() as vendor_:
        yield vendor_


@pytest.fixture
async def stripe_(vendor: Vendor) -> AsyncIterator[Stripe]:
    """Stripe's adapter, at that computer."""
    adapter = Stripe(connection("stripe", base_url=vendor.url))
    yield adapter
    await adapter.close()


@pytest.fixture
async def razorpay_(vendor: Vendor) -> AsyncIterator[Razorpay]:
    """Razorpay's adapter, at that computer."""
    adapter = Razorpay(connection("razorpay", base_url=vendor.url))
    yield adapter
    await adapter.close()


def _port() -> int:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as taken:
        taken.bind(("::1", 0))
        return int(taken.getsockname()[1])


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("::1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture(scope="session")
async def localstripe(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a server that behaves like Stripe and that nobody of us wrote; a process of its own."""
    if not LOCALSTRIPE.exists():
        pytest.skip("localstripe is not installed; `make test` installs it")
    try:
        port = _port()
    except OSError:
        pytest.skip("localstripe needs IPv6, which this machine has not")
    # Its options know no address to bind to; it is on every one of this machine's for as long as the tests run.
    process = await asyncio.create_subprocess_exec(
        LOCALSTRIPE,
        f"--port={port}",
        "--from-scratch",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("localstripe"),
        env={"PATH": os.defpath},
    )
    try:
        async with asyncio.timeout(60):
            while not await _answers(port):
                assert process.returncode is None, "localstripe ended at once"
                await asyncio.sleep(0.1)
        yield f"http://[::1]:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        _LEFT_BEHIND.unlink(missing_ok=True)  # noqa: ASYNC240 - the process has ended, and nobody waits
