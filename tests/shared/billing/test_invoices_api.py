"""Invoices over HTTP: at the console, on an invoice's page, and in a customer's own account."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.payments import customers, methods
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import sound
from tests.shared.payments.conftest import owner, visitor
from tests.shared.payments.peer import Peer

__all__ = ["owner", "visitor"]


async def answered(client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    """The body of a good answer."""
    answer = await client.request(method, f"/api/{path}", json=body)
    assert answer.status_code in (200, 201), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """The status and code of a problem."""
    answer = await client.request(method, f"/api/{path}", json=body)
    assert answer.status_code >= 400, answer.text
    return answer.status_code, answer.json()["code"]


def written(customer_id: UUID | str, /, **changes: Any) -> dict[str, Any]:
    """An invoice over S/ 10.00 and 18 % of tax."""
    line = {"description": "Ten coffees", "unit_amount": pen(100), "quantity": 10, "tax_basis_points": 1800}
    return {"customer_id": str(customer_id), "lines": [line], **changes}


def pen(minor: int) -> dict[str, Any]:
    """So many céntimos."""
    return {"minor": minor, "currency": "PEN"}


@pytest.mark.meets("T18")
async def test_an_invoice_from_the_desk_to_its_end(
    owner: httpx2.AsyncClient, customer: customers.Customer, committed: Open, database: Database, tenant: UUID
) -> None:
    invoice_id = str(ids.new())
    made = await answered(owner, "POST", "billing/invoices", written(customer.id, id=invoice_id, memo="Thanks"))
    assert (made["id"], made["status"], made["total"], made["due"]) == (invoice_id, "open", pen(1180), pen(1180))
    assert made["due_on"] == made["issued_on"]
    assert (made["seller"]["name"], made["buyer"]["name"]) == ("Café Aurora", "Ana Torres")
    again = await answered(owner, "POST", "billing/invoices", written(customer.id, id=invoice_id, memo="Thanks"))
    assert again["number"] == made["number"]
    shown = await answered(owner, "GET", f"billing/invoices/{invoice_id}")
    assert [line["total"] for line in shown["lines"]] == [pen(1180)]
    assert shown["dunning"] is None
    why = await answered(owner, "GET", f"billing/explanations/invoice/{invoice_id}")
    assert why["agrees"] is True
    assert {figure["derivation"]["rule"] for figure in why["figures"] if figure["derivation"]} == {
        "billing.tax",
        "billing.total",
    }
    note = await answered(
        owner,
        "POST",
        f"billing/invoices/{invoice_id}/credit-notes",
        {"lines": [{"line_id": shown["lines"][0]["id"], "amount": pen(118)}], "reason": "One was cold"},
    )
    assert (note["total"], note["tax"]) == (pen(118), pen(18))
    assert (await answered(owner, "GET", f"billing/explanations/credit-note/{note['id']}"))["agrees"] is True
    paid = await answered(owner, "POST", f"billing/invoices/{invoice_id}/settlement", {"method": "cash"})
    assert (paid["status"], paid["paid"], paid["due"]) == ("paid", pen(1062), pen(0))
    whole = await answered(owner, "GET", f"billing/invoices/{invoice_id}")
    assert [one["kind"] for one in whole["settlements"]] == ["cash"]
    assert [one["number"] for one in whole["credit_notes"]] == [note["number"]]
    await sound(committed, database, tenant)


async def test_invoices_are_listed_in_every_way(owner: httpx2.AsyncClient, customer: customers.Customer) -> None:
    made = [await answered(owner, "POST", "billing/invoices", written(customer.id)) for _ in range(3)]
    await answered(owner, "POST", f"billing/invoices/{made[0]['id']}/void", {"reason": "A mistake"})
    await answered(owner, "POST", f"billing/invoices/{made[1]['id']}/write-off", {"reason": "Gone"})
    first = await answered(owner, "GET", "billing/invoices?limit=2")
    assert [one["id"] for one in first["items"]] == [made[2]["id"], made[1]["id"]]
    assert first["items"][0]["customer_name"] == "Ana Torres"
    rest = await answered(owner, "GET", f"billing/invoices?limit=2&after={first['next']}")
    assert [one["id"] for one in rest["items"]] == [made[0]["id"]]
    for query, expected in {
        "status=void": [0],
        "status=uncollectible": [1],
        "status=open": [2],
        f"customer={customer.id}": [2, 1, 0],
        f"customer={customer.id}&status=open": [2],
        f"customer={ids.new()}": [],
        f"subscription={ids.new()}": [],
        "overdue=true": [],
    }.items():
        found = await answered(owner, "GET", f"billing/invoices?{query}")
        assert [one["id"] for one in found["items"]] == [made[n]["id"] for n in expected], query
    assert (await refused(owner, "GET", "billing/invoices?status=lost"))[0] == 422
    assert (await refused(owner, "GET", "billing/invoices?after=x"))[0] == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": []},
        {"lines": [{"description": "", "unit_amount": pen(1)}]},
        {"lines": [{"description": "x", "unit_amount": {"minor": 1, "currency": "ZZZ"}}]},
        {"lines": [{"description": "x", "unit_amount": pen(2**60)}]},
        {"lines": [{"description": "x", "unit_amount": pen(2**40), "quantity": 10**9}]},
        {"lines": [{"description": "x", "unit_amount": pen(1), "quantity": -1}]},
        {"lines": [{"description": "x", "unit_amount": pen(1), "tax_basis_points": 10_001}]},
        {"lines": [{"description": "x\u0000", "unit_amount": pen(1)}]},
        {"lines": [{"description": "x", "unit_amount": pen(1), "period_from": "2026-01-01"}]},
        {"due_on": "2020-01-01"},
        {"memo": "\u0000"},
        {"coupon": "!"},
        {"coupon": "NEVER"},
        {"customer_id": str(UUID(int=1))},
        {"surprise": True},
    ],
)
async def test_what_makes_no_sense_is_refused(
    owner: httpx2.AsyncClient, customer: customers.Customer, changes: dict[str, Any]
) -> None:
    status, _ = await refused(owner, "POST", "billing/invoices", written(customer.id, **changes))
    assert status in (404, 422)


async def test_what_is_done_to_an_invoice_is_checked(owner: httpx2.AsyncClient, customer: customers.Customer) -> None:
    made = await answered(owner, "POST", "billing/invoices", written(customer.id))
    at = f"billing/invoices/{made['id']}"
    for path, body, code in [
        ("void", {"reason": " "}, "invalid"),
        ("write-off", {"reason": "\u0000"}, "invalid"),
        ("settlement", {"method": "cash", "amount": pen(0)}, "invalid"),
        ("settlement", {"method": "cash", "amount": {"minor": 1, "currency": "EUR"}}, "invalid"),
        ("settlement", {"method": "card"}, "invalid"),
        ("credit-notes", {"reason": "x", "amount": pen(1181)}, "billing.credit_notes.too-much"),
        ("credit-notes", {"reason": "x", "amount": pen(-1)}, "invalid"),
        ("credit-notes", {"reason": "x", "lines": [{"line_id": str(ids.new()), "amount": pen(1)}]}, "not-found"),
        ("collection", None, "billing.collection.nothing-saved"),
    ]:
        status, found = await refused(owner, "POST", f"{at}/{path}", body)
        assert status < 500
        assert found.endswith(code), (path, found)
    assert (await refused(owner, "GET", f"billing/explanations/nothing/{made['id']}"))[0] == 404


async def test_coupons_credit_and_dunning_are_kept(owner: httpx2.AsyncClient, customer: customers.Customer) -> None:
    coupon = await answered(
        owner, "POST", "billing/coupons", {"code": "ten", "name": "Ten", "kind": "percent", "basis_points": 1000}
    )
    assert coupon["code"] == "TEN"
    assert (
        await refused(
            owner, "POST", "billing/coupons", {"code": "TEN", "name": "T", "kind": "percent", "basis_points": 1000}
        )
    )[0] == 409
    discounted = await answered(owner, "POST", "billing/invoices", written(customer.id, coupon="ten"))
    assert (discounted["discount"], discounted["total"]) == (pen(100), pen(1062))
    assert discounted["discounts"][0]["discount"]["code"] == "TEN"
    assert (await refused(owner, "POST", "billing/invoices", written(customer.id, coupon="ten")))[0] == 409
    changed = await answered(owner, "PATCH", f"billing/coupons/{coupon['id']}", {"active": False})
    assert (changed["active"], changed["redemptions"]) == (False, 1)
    assert len((await answered(owner, "GET", "billing/coupons"))["items"]) == 1
    granted = await answered(
        owner, "POST", f"billing/customers/{customer.id}/credits", {"amount": pen(300), "reason": "Sorry"}
    )
    assert granted["amount"] == pen(300)
    assert (await answered(owner, "GET", f"billing/customers/{customer.id}/credits"))["items"] == [pen(300)]
    assert (await answered(owner, "POST", "billing/invoices", written(customer.id)))["due"] == pen(880)
    assert (await answered(owner, "GET", "billing/dunning"))["retry_days"] == [1, 3, 5, 7]
    policy = {"retry_days": [2, 5], "grace_days": 3, "notices": False, "outcome": "keep", "mails": False}
    assert await answered(owner, "PUT", "billing/dunning", policy) == policy
    assert await answered(owner, "GET", "billing/dunning") == policy
    assert (await refused(owner, "PUT", "billing/dunning", policy | {"retry_days": [5, 2]}))[0] == 422


@pytest.mark.meets("P69")
async def test_revenue_is_reported_month_by_month(owner: httpx2.AsyncClient, customer: customers.Customer) -> None:
    made = [await answered(owner, "POST", "billing/invoices", written(customer.id)) for _ in range(2)]
    await answered(owner, "POST", f"billing/invoices/{made[0]['id']}/settlement", {"method": "transfer"})
    (report,) = (await answered(owner, "GET", "billing/reports/revenue?months=3"))["items"]
    assert (report["currency"], report["outstanding"], report["overdue"]) == ("PEN", 1180, 0)
    assert len(report["months"]) == 3
    month = report["months"][-1]
    assert (month["invoiced"], month["invoices"], month["collected"], month["outstanding"]) == (2360, 2, 1180, 1180)
    assert report["months"][0]["invoiced"] == 0
    assert (await refused(owner, "GET", "billing/reports/revenue?months=0"))[0] == 422


async def test_an_invoices_page_shows_and_takes_its_payment(
    owner: httpx2.AsyncClient,
    visitor: httpx2.AsyncClient,
    saved: Any,
    customer: customers.Customer,
    peer: Peer,
    drain: Drain,
) -> None:
    made = await answered(owner, "POST", "billing/invoices", written(customer.id))
    await answered(owner, "POST", "payments/connections", {"provider": "sandbox-razorpay"})
    link = await answered(owner, "POST", f"billing/invoices/{made['id']}/link")
    where = f"payments/links/{link['token']}"
    view = await answered(visitor, "GET", where)
    assert (view["amount"], view["payable"], view["customer_name"]) == (pen(1180), True, "Ana")
    assert (view["invoice"]["number"], len(view["invoice"]["lines"])) == (made["number"], 1)
    page = await answered(visitor, "POST", f"{where}/checkout", {"return_url": f"/pay/{link['token']}"})
    assert page["url"].startswith("https://provider.test/")
    peer.pay(next(iter(peer.sessions)))
    paid = await answered(visitor, "POST", f"{where}/refresh")
    assert (paid["status"], paid["payable"], paid["receipt"]["amount"]) == ("paid", False, pen(1180))
    await drain()
    assert (await answered(owner, "GET", f"billing/invoices/{made['id']}"))["invoice"]["status"] == "paid"
    assert (await answered(visitor, "GET", where))["payable"] is False
    assert (await refused(visitor, "POST", f"{where}/checkout", {"return_url": "/x"}))[0] == 409


async def test_collecting_at_the_desk_answers_with_what_came_of_it(
    owner: httpx2.AsyncClient,
    customer: customers.Customer,
    saved: Any,
    drain: Drain,
    committed: Open,
    database: Database,
    tenant: UUID,
) -> None:
    await saved("good")
    made = await answered(owner, "POST", "billing/invoices", written(customer.id))
    paid = await answered(owner, "POST", f"billing/invoices/{made['id']}/collection")
    assert (paid["invoice"]["status"], paid["payments"][0]["shown"]) == ("paid", "captured")
    await drain()
    await sound(committed, database, tenant)


async def test_a_person_sees_and_pays_what_is_theirs_alone(
    owner: httpx2.AsyncClient,
    database: Database,
    settings: Settings,
    committed: Open,
    tenant: UUID,
    peer: Peer,
    saved: Any,
    customer: customers.Customer,
    drain: Drain,
) -> None:
    card = await saved("good")
    person = await accounts.new_account(database)
    async with committed() as tx:
        mine = await customers.ensure(tx, name="Luis Rojas", person_id=person.person)
        told = peer.save(peer.customers.setdefault(mine.id, "cus_luis"), "good")
        await customers.keep_ref(tx, mine.id, card.connection_id, "cus_luis")
        own_card = await methods.remember(tx, mine.id, card.connection_id, told)
    hers = await answered(owner, "POST", "billing/invoices", written(customer.id))
    his = [await answered(owner, "POST", "billing/invoices", written(mine.id)) for _ in range(2)]
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, person)
        (account,) = (await answered(client, "GET", "own/accounts"))["items"]
        assert (account["tenant_id"], account["business"], account["customer_id"]) == (
            str(tenant),
            "Café Aurora",
            str(mine.id),
        )
        assert (account["balance"], account["open_invoices"], account["active_subscriptions"]) == (pen(2360), 2, 0)
        at = f"own/{tenant}/invoices"
        listed = await answered(client, "GET", at)
        assert [one["id"] for one in listed["items"]] == [his[1]["id"], his[0]["id"]]
        assert (await answered(client, "GET", f"{at}/{his[0]['id']}/explanation"))["agrees"] is True
        for path, body in [("", None), ("/explanation", None)]:
            assert (await refused(client, "GET", f"{at}/{hers['id']}{path}", body))[0] == 404
        for path, body in [("/payment", {"method_id": str(own_card.id)}), ("/checkout", {"return_url": "/home"})]:
            assert (await refused(client, "POST", f"{at}/{hers['id']}{path}", body))[0] == 404
        other = {"method_id": str(card.id)}
        assert (await refused(client, "POST", f"{at}/{his[0]['id']}/payment", other))[0] == 404
        his_own = {"method_id": str(own_card.id)}
        paid = await answered(client, "POST", f"{at}/{his[0]['id']}/payment", his_own)
        assert (paid["invoice"]["status"], paid["payments"][0]["shown"]) == ("paid", "captured")
        assert (await refused(client, "POST", f"{at}/{his[0]['id']}/payment", {"method_id": str(own_card.id)}))[
            0
        ] == 409
        page = await answered(client, "POST", f"{at}/{his[1]['id']}/checkout", {"return_url": "/home"})
        assert page["url"].startswith("https://provider.test/")
    await drain()
    await sound(committed, database, tenant)
