"""Payments with the sandbox: its page, its messages through our own door, signed as Stripe's and as Razorpay's are."""

from collections.abc import AsyncIterator
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from holdfast.integrations.payments.sandbox import hooks
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.payments import connections, postings
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.shared.payments.conftest import balance
from tests.shared.payments.desk import PEN, answered
from tests.shared.payments.test_janitor import look_after

Provider: TypeAlias = Literal["sandbox-stripe", "sandbox-razorpay"]


@pytest.fixture(params=["sandbox-stripe", "sandbox-razorpay"])
async def provider(request: pytest.FixtureRequest, committed: Open) -> connections.Connection:
    """The tenant's sandbox, of either kind."""
    async with committed() as tx:
        return await connections.open_sandbox(tx, request.param)


@pytest.fixture
async def owner(
    database: Database, settings: Settings, tenant: UUID, provider: connections.Connection
) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of the business; the sandbox's messages come to the same application."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        hooks.through(client._transport)
        yield client
        hooks.through(None)


async def asked(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A payment, and the page on which it is paid."""
    customer = await answered(client, "POST", "/customers", {"name": "Ana Torres", "reference": "ana"})
    body = {"customer_id": customer["id"], "amount": PEN, "description": "Ten coffees"} | changes
    made: dict[str, Any] = await answered(client, "POST", "", body)
    return made


async def paid(client: httpx2.AsyncClient, url: str, number: str) -> httpx2.Response:
    """Somebody types a card's number on the page."""
    path = urlsplit(url).path
    return await client.post(path, data={"number": number}, follow_redirects=False)


async def shown(client: httpx2.AsyncClient, payment: dict[str, Any]) -> dict[str, Any]:
    """A payment and everything about it."""
    found: dict[str, Any] = await answered(client, "GET", f"/{payment['id']}")
    return found


async def at_page(client: httpx2.AsyncClient, payment: dict[str, Any]) -> str:
    """The page on which it is paid."""
    url: str = (await answered(client, "POST", f"/{payment['id']}/checkout", {"return_url": "/console"}))["url"]
    return url


@pytest.mark.meets("P9", "I34", "I35")
async def test_a_payer_pays_on_the_page_and_the_message_tells(
    owner: httpx2.AsyncClient, committed: Open, drain: Drain, provider: connections.Connection
) -> None:
    payment = await asked(owner)
    url = await at_page(owner, payment)
    assert (await paid(owner, url, "4000 0000 0000 0002")).status_code == 200
    await drain()
    assert (await shown(owner, payment))["payment"]["status"] == "failed"
    assert await at_page(owner, payment) == url
    answer = await paid(owner, url, "4242 4242 4242 4242")
    assert answer.status_code == 303, answer.text
    await drain()
    found = await shown(owner, payment)
    assert (found["payment"]["status"], found["payment"]["method_last4"]) == ("captured", "4242")
    assert await balance(committed, postings.CLEARING, provider.id) == 1250
    body = {"reason": "Cold"}
    refund = await answered(owner, "POST", f"/{payment['id']}/refunds", body, **{"Idempotency-Key": "1"})
    await drain()
    assert (await shown(owner, payment))["payment"]["shown"] == "refunded", refund
    assert await balance(committed, postings.CLEARING, provider.id) == 0


async def test_a_bank_that_asks_first(owner: httpx2.AsyncClient, drain: Drain) -> None:
    payment = await asked(owner)
    url = await at_page(owner, payment)
    await paid(owner, url, "4000 0025 0000 3155")
    await drain()
    assert (await shown(owner, payment))["payment"]["status"] == "requires_action"
    answer = await owner.post(urlsplit(url).path, data={"answer": "approve"}, follow_redirects=False)
    assert answer.status_code == 303
    await drain()
    assert (await shown(owner, payment))["payment"]["status"] == "captured"


async def test_a_payment_on_its_way_and_a_dispute(
    owner: httpx2.AsyncClient, committed: Open, drain: Drain, provider: connections.Connection
) -> None:
    payment = await asked(owner)
    await paid(owner, await at_page(owner, payment), "4000 0000 0000 0077")
    await drain()
    found = await shown(owner, payment)
    assert found["payment"]["status"] == "processing"
    ref = found["payment"]["provider_ref"]
    for what, status in [("settle", "captured"), ("dispute", "disputed")]:
        answer = await owner.post(f"/api/sandbox/payments/{ref}/deeds", json={"what": what})
        assert answer.status_code in (200, 201), answer.text
        await drain()
        found = await shown(owner, payment)
        assert found["payment"]["shown"] == status
    assert await balance(committed, postings.DISPUTED, provider.id) == 1250
    dispute = found["disputes"][0]
    sent = await answered(owner, "POST", f"/disputes/{dispute['id']}/evidence", {"explanation": "She drank them."})
    assert sent["status"] == "under_review"
    answer = await owner.post(f"/api/sandbox/payments/{ref}/deeds", json={"what": "win"})
    assert answer.status_code in (200, 201), answer.text
    await drain()
    found = await shown(owner, payment)
    assert (found["payment"]["shown"], found["disputes"][0]["status"]) == ("captured", "won")
    assert await balance(committed, postings.CLEARING, provider.id) == 1250


@pytest.mark.meets("P22")
@pytest.mark.parametrize(
    ("number", "status", "later"),
    [
        ("4242 4242 4242 4242", "captured", "captured"),
        ("4000 0000 0000 0341", "failed", "failed"),
        ("4000 0000 0000 6975", "unknown", "captured"),
        ("4000 0000 0000 0077", "processing", "processing"),
    ],
)
async def test_a_saved_card_is_charged_while_its_owner_is_away(
    owner: httpx2.AsyncClient,
    committed: Open,
    drain: Drain,
    provider: connections.Connection,
    number: str,
    status: str,
    later: str,
) -> None:
    payment = await asked(owner)
    customer = f"/customers/{payment['customer_id']}"
    page = await answered(owner, "POST", f"{customer}/methods/setup", {"return_url": "/console"})
    await paid(owner, page["url"], number)
    await drain()
    kept = (await answered(owner, "GET", f"{customer}/methods"))["items"]
    assert [one["last4"] for one in kept] == [number[-4:]]
    charged = await answered(owner, "POST", f"/{payment['id']}/charge", {"method_id": kept[0]["id"]})
    assert charged["status"] == status
    await drain()
    await look_after(committed, drain)
    assert (await shown(owner, payment))["payment"]["status"] == later
    collected = 1250 if later == "captured" else 0
    assert await balance(committed, postings.CLEARING, provider.id) == collected


async def test_an_authorization_is_captured_or_let_go(
    owner: httpx2.AsyncClient, drain: Drain, provider: connections.Connection
) -> None:
    for deed, status in [("capture", "captured"), ("cancellation", "cancelled")]:
        payment = await asked(owner, capture=False)
        await paid(owner, await at_page(owner, payment), "4242 4242 4242 4242")
        await drain()
        assert (await shown(owner, payment))["payment"]["status"] == "authorized"
        assert (await answered(owner, "POST", f"/{payment['id']}/{deed}"))["status"] == status
        await drain()
        assert (await shown(owner, payment))["payment"]["status"] == status


async def test_a_page_that_was_closed_takes_no_money_and_another_is_opened(
    owner: httpx2.AsyncClient, drain: Drain
) -> None:
    payment = await asked(owner)
    url = await at_page(owner, payment)
    gone = await answered(owner, "POST", f"/{payment['id']}/cancellation")
    assert gone["status"] == "cancelled"
    await paid(owner, url, "4242 4242 4242 4242")
    await drain()
    assert (await shown(owner, payment))["payment"]["status"] == "cancelled"
