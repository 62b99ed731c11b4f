"""What moves money wants an idempotency key, so that a request that is sent twice moves it once."""

from typing import Any

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.shared.payments import customers
from tests.shared.billing.conftest import Balance, Bill
from tests.shared.payments.conftest import owner

__all__ = ["owner"]


@pytest.fixture
def unnamed(owner: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The owner, with a program that names its commands only where it says so."""
    owner.event_hooks = {}
    return owner


def body_of(what: str, customer: customers.Customer) -> dict[str, Any]:
    """What is sent."""
    amount = {"minor": 700, "currency": "PEN"}
    bodies: dict[str, dict[str, Any]] = {
        "settlement": {"method": "cash", "amount": amount},
        "credit-notes": {"reason": "Sorry", "amount": amount},
        "credits": {"reason": "Sorry", "amount": amount},
        "invoices": {"customer_id": str(customer.id), "lines": [{"description": "Key", "unit_amount": amount}]},
    }
    return bodies[what]


@pytest.mark.parametrize("what", ["settlement", "credit-notes", "credits", "invoices"])
async def test_what_is_sent_twice_is_done_once(
    what: str, unnamed: httpx2.AsyncClient, customer: customers.Customer, bill: Bill, balance: Balance
) -> None:
    invoice = await bill(700)
    where = {
        "settlement": f"/api/billing/invoices/{invoice.id}/settlement",
        "credit-notes": f"/api/billing/invoices/{invoice.id}/credit-notes",
        "credits": f"/api/billing/customers/{customer.id}/credits",
        "invoices": "/api/billing/invoices",
    }[what]
    refused = await unnamed.post(where, json=body_of(what, customer))
    assert refused.status_code == 422
    assert "Idempotency-Key" in refused.text
    key = {"Idempotency-Key": str(ids.new())}
    first = await unnamed.post(where, json=body_of(what, customer), headers=key)
    assert first.status_code in (200, 201), first.text
    before = await balance("payments.receivable", customer.id), await balance("billing.credit", customer.id)
    second = await unnamed.post(where, json=body_of(what, customer), headers=key)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert before == (await balance("payments.receivable", customer.id), await balance("billing.credit", customer.id))
