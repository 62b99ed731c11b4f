"""A business sends invoices: one is paid by its link and partly given back, one is declined, dunned and recovered."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest

from holdfast.integrations.payments.sandbox import hooks
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import sound

GOOD, DECLINES_LATER = "4242 4242 4242 4242", "4000 0000 0000 0341"


def pen(minor: int) -> dict[str, Any]:
    """So many céntimos."""
    return {"minor": minor, "currency": "PEN"}


@pytest.fixture
async def owner(database: Database, settings: Settings, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of the business; the sandbox's messages come to the same application."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        hooks.through(client._transport)
        yield client
        hooks.through(None)


async def answered(client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    """The body of a good answer."""
    answer = await client.request(method, f"/api/{path}", json=body)
    assert answer.status_code in (200, 201), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def type_card(client: httpx2.AsyncClient, url: str, number: str) -> None:
    """Somebody types a card's number on the sandbox's page."""
    answer = await client.post(urlsplit(url).path, data={"number": number}, follow_redirects=False)
    assert answer.status_code == 303, answer.text


async def pay_link(client: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    """Somebody opens an invoice's page and pays it."""
    where = f"payments/links/{token}"
    page = await answered(client, "POST", f"{where}/checkout", {"return_url": f"/pay/{token}"})
    await type_card(client, page["url"], GOOD)
    view: dict[str, Any] = await answered(client, "POST", f"{where}/refresh")
    return view


@pytest.mark.meets("T18", "P31")
async def test_invoices_are_paid_given_back_and_recovered(
    owner: httpx2.AsyncClient,
    database: Database,
    settings: Settings,
    committed: Open,
    drain: Drain,
    tenant: UUID,
) -> None:
    await answered(owner, "POST", "payments/connections", {"provider": "sandbox-stripe"})
    customer = await answered(
        owner, "POST", "payments/customers", {"name": "Ana Torres", "email": "ana@example.com", "language": "es"}
    )
    policy = {"retry_days": [2], "grace_days": 5, "notices": True, "outcome": "keep"}
    await answered(owner, "PUT", "billing/dunning", policy)
    line = {"description": "Parking, May", "unit_amount": pen(10_000), "tax_basis_points": 1800}
    invoice = {"customer_id": customer["id"], "lines": [line]}

    # The first is paid by its link, and half of it is given back.
    first = await answered(owner, "POST", "billing/invoices", invoice)
    link = await answered(owner, "POST", f"billing/invoices/{first['id']}/link")
    async with web.visitor(database, settings) as ana:
        view = await pay_link(ana, link["token"])
        assert (view["status"], view["receipt"]["amount"]) == ("paid", pen(11_800))
    await drain()
    body = {"amount": pen(5900), "reason": "Closed for half of May", "refund": True}
    note = await answered(owner, "POST", f"billing/invoices/{first['id']}/credit-notes", body)
    assert (note["tax"], note["refunding"]) == (pen(900), pen(5900))
    await drain()
    shown = await answered(owner, "GET", f"billing/invoices/{first['id']}")
    assert (shown["invoice"]["status"], shown["payments"][0]["shown"]) == ("paid", "partially_refunded")

    # The second is charged to a saved card, which declines; Ana reads why and pays by the link in her mail.
    page = await answered(owner, "POST", f"payments/customers/{customer['id']}/methods/setup", {"return_url": "/x"})
    await type_card(owner, page["url"], DECLINES_LATER)
    await drain()
    assert len((await answered(owner, "GET", f"payments/customers/{customer['id']}/methods"))["items"]) == 1
    second = await answered(owner, "POST", "billing/invoices", invoice | {"collect": True})
    await drain()
    shown = await answered(owner, "GET", f"billing/invoices/{second['id']}")
    assert (shown["invoice"]["status"], shown["dunning"]["case"]["state"]) == ("open", "active")
    async with committed() as tx:
        await tx.execute("update tenants_tenant set clock_offset = clock_offset + $1", timedelta(days=2, hours=1))
    await drain()
    mails = (await answered(owner, "GET", "sandbox/mail?to=ana@example.com"))["items"]
    assert mails[0]["subject"] == f"La factura {second['number']} de Café Aurora aún no está pagada"
    found = re.search(r"/pay/(\S+)", mails[0]["body"])
    assert found is not None
    async with web.visitor(database, settings) as ana:
        assert (await pay_link(ana, found[1]))["status"] == "paid"
    await drain()
    shown = await answered(owner, "GET", f"billing/invoices/{second['id']}")
    assert (shown["invoice"]["status"], shown["dunning"]["case"]["state"]) == ("paid", "recovered")

    # The books say the same, and so does the report.
    (report,) = (await answered(owner, "GET", "billing/reports/revenue?months=2"))["items"]
    sums = {name: sum(month[name] for month in report["months"]) for name in ("collected", "refunded", "recovered")}
    assert sums == {"collected": 23_600, "refunded": 5900, "recovered": 11_800}
    assert report["outstanding"] == 0
    assert (await answered(owner, "GET", f"billing/explanations/invoice/{first['id']}"))["agrees"] is True
    await sound(committed, database, tenant)
