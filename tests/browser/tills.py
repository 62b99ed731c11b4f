"""Businesses that take money, for browser tests: a café with the sandbox as its provider, and people who pay there."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from playwright.async_api import Page, expect

from holdfast.kernel.tx import transaction
from holdfast.shared.payments import customers
from tests.browser.cafes import Cafe, Person, newcomer
from tests.browser.serving import Site

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
ASKS = "4000 0025 0000 3155"
SLOW = "4000 0000 0000 0077"


class Payer(msgspec.Struct, frozen=True):
    """Somebody who pays at a till: with an account, or without."""

    id: UUID
    name: str
    person: Person | None = None


class Till(msgspec.Struct, frozen=True):
    """A café that takes money through the sandbox."""

    cafe: Cafe
    connection: UUID

    @classmethod
    async def open(cls, site: Site, *, name: str = "Parking Aurora", provider: str = "sandbox-stripe") -> "Till":
        """Open a business in Lima that is connected to the sandbox."""
        cafe = await Cafe.open(site, name=name, program={})
        made = await cafe.ask("POST", "/api/payments/connections", {"provider": provider})
        return cls(cafe, UUID(made["id"]))

    async def payer(self, name: str = "Rosa Mamani", *, person: Person | None = None) -> Payer:
        """Somebody who pays; with a person, they see it under their own account."""
        if person is None:
            made = await self.cafe.ask("POST", "/api/payments/customers", {"name": name})
            return Payer(UUID(made["id"]), name)
        # Whom the business knows by nothing yet, a system of its own makes a customer, as when they book or join.
        async with transaction(self.cafe.site.database, self.cafe.id) as tx:
            customer = await customers.ensure(tx, name=name, email=person.email, person_id=person.id)
        return Payer(customer.id, name, person)

    async def regular(self, name: str = "Rosa Mamani") -> Payer:
        """Somebody with an account who pays here."""
        return await self.payer(name, person=await newcomer(self.cafe.site, name=name))

    async def wanted(self, payer: Payer, minor: int = 4550, *, description: str = "Lost ticket, 3 hours") -> str:
        """Ask somebody for a payment; gives its id."""
        body = {
            "customer_id": str(payer.id),
            "amount": {"minor": minor, "currency": "PEN"},
            "description": description,
        }
        return str((await self.cafe.ask("POST", "/api/payments", body))["id"])

    async def link(self, payment: str) -> str:
        """The path of the page on which a payment is paid without signing in."""
        made = await self.cafe.ask("POST", f"/api/payments/{payment}/link")
        return str(urlsplit(made["url"]).path)

    async def invoice(self, payer: Payer, *, minor: int = 18000, **more: Any) -> dict[str, Any]:
        """Send somebody an invoice with one line and a tax of 18 % on it."""
        line = {
            "description": "Abono mensual",
            "unit_amount": {"minor": minor, "currency": "PEN"},
            "tax_basis_points": 1800,
        }
        made = await self.cafe.ask(
            "POST", "/api/billing/invoices", {"customer_id": str(payer.id), "lines": [line]} | more
        )
        found: dict[str, Any] = made.get("invoice", made)
        return found

    async def invoice_link(self, invoice: dict[str, Any]) -> str:
        """The path of the page on which an invoice is paid without signing in."""
        made = await self.cafe.ask("POST", f"/api/billing/invoices/{invoice['id']}/link")
        return str(urlsplit(made["url"]).path)

    async def plan(self, code: str, name: str, minor: int, **more: Any) -> str:
        """Sell a plan by the seat and month; gives its id."""
        price = {"kind": "per_seat", "label": name, "amount": {"minor": minor, "currency": "PEN"}}
        body = {"code": code, "name": name, "currency": "PEN", "prices": [price]} | more
        made = await self.cafe.ask("POST", "/api/billing/plans", body)
        return str(made.get("plan", made)["id"])

    async def subscribe(self, payer: Payer, plan: str, *, seats: int = 1) -> str:
        """Somebody subscribes; gives the subscription's id."""
        body = {"customer_id": str(payer.id), "plan_id": plan, "quantity": seats}
        return str((await self.cafe.ask("POST", "/api/billing/subscriptions", body))["id"])

    async def settle(self, what: str = "settle") -> None:
        """Let the newest payment in the sandbox go on its way."""
        newest = (await self.cafe.ask("GET", "/api/sandbox/payments"))["items"][0]
        await self.cafe.ask("POST", f"/api/sandbox/payments/{newest['ref']}/deeds", {"what": what})


async def pay_in_sandbox(page: Page, number: str = GOOD) -> None:
    """Type a card's number on the sandbox's page, and send it."""
    await page.wait_for_url("**/sandbox/pay/**")
    await page.get_by_label("Card number").fill(number)
    await page.locator("button.main").click()


async def agree_in_sandbox(page: Page) -> None:
    """Say to one's bank that it was oneself."""
    await expect(page.get_by_role("heading", name="Your bank asks")).to_be_visible()
    await page.get_by_role("button", name="Confirm").click()
