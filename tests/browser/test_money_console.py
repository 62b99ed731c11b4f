"""Money in the console: asked for, paid, given back, billed and explained, with the sandbox as the provider."""

import re
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser.cafes import Cafe
from tests.browser.tills import pay_in_sandbox
from tests.browser.visiting import Visit, axe

DESK = (1440, 900)
PHONE = (360, 740)
LOOKS: list[tuple[tuple[int, int], Literal["light", "dark"]]] = [
    (DESK, "light"),
    (DESK, "dark"),
    (PHONE, "light"),
    (PHONE, "dark"),
]


def money(cafe: Cafe, path: str = "") -> str:
    return f"/console/{cafe.slug}/money{path}"


async def connect(cafe: Cafe) -> dict[str, Any]:
    """The café takes money through the sandbox."""
    found: dict[str, Any] = await cafe.ask("POST", "/api/payments/connections", {"provider": "sandbox-stripe"})
    return found


async def customer(cafe: Cafe, name: str = "Rosa Mamani") -> str:
    """Somebody who pays."""
    found = await cafe.ask("POST", "/api/payments/customers", {"name": name, "email": "rosa@example.com"})
    return str(found["id"])


async def invoice(cafe: Cafe, payer: str) -> dict[str, Any]:
    """An invoice over three hours of something, with 18 % of tax."""
    line = {
        "description": "Catering",
        "unit_amount": {"minor": 3333, "currency": "PEN"},
        "quantity": 3,
        "tax_basis_points": 1800,
    }
    found: dict[str, Any] = await cafe.ask("POST", "/api/billing/invoices", {"customer_id": payer, "lines": [line]})
    return found


async def plan(cafe: Cafe) -> dict[str, Any]:
    """A plan by the seat, with a tax."""
    price = {
        "kind": "per_seat",
        "label": "Desk",
        "amount": {"minor": 1500, "currency": "PEN"},
        "tax_basis_points": 1800,
    }
    body = {"code": "desks", "name": "Desks", "currency": "PEN", "prices": [price]}
    found: dict[str, Any] = await cafe.ask("POST", "/api/billing/plans", body)
    return found["plan"]  # type: ignore[no-any-return]


async def wide_enough(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.meets("P64")
async def test_a_provider_is_connected(visit: Visit, cafe: Cafe) -> None:
    page = await visit(money(cafe), who=cafe.owner, size=DESK)
    await page.get_by_role("link", name="Connect a provider").click()
    await page.get_by_role("main").get_by_role("button", name="Connect a provider").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Stripe", exact=True).check()
    await expect(dialog.get_by_role("textbox", name="Secret key")).to_be_visible()
    await dialog.get_by_label("Sandbox (Stripe)").check()
    await expect(dialog.get_by_text("No keys needed")).to_be_visible()
    await axe(page)
    await dialog.get_by_role("button", name="Connect", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Usual one")).to_be_visible()
    await page.get_by_role("button", name="Check the keys").click()
    await expect(page.get_by_text("The keys work.")).to_be_visible()


async def test_a_payment_is_asked_for_and_its_link_given_out(visit: Visit, cafe: Cafe) -> None:
    await connect(cafe)
    page = await visit(money(cafe, "/payments"), who=cafe.owner, size=DESK)
    await page.get_by_role("button", name="Ask for a payment").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Somebody new").click()
    await dialog.get_by_label("Name").fill("Rosa Mamani")
    await dialog.get_by_role("button", name="Add customer").click()
    await dialog.get_by_label("Amount").fill("25,50")
    await dialog.get_by_label("For what").fill("Two cakes")
    await dialog.get_by_role("button", name="Ask for it").click()
    await expect(page.get_by_role("heading", level=1, name="Two cakes")).to_be_visible()
    await expect(page.get_by_text("PEN 25.50 asked for")).to_be_visible()
    await page.get_by_role("button", name="Make a link").click()
    await expect(page.get_by_role("img", name="Scan to pay")).to_be_visible()
    link = await page.get_by_role("main").locator("code", has_text="/pay/").inner_text()
    assert re.search(r"/pay/\S+$", link)
    await axe(page)


async def pay(page: Page, cafe: Cafe, payer: str, number: str = "4242 4242 4242 4242") -> str:
    """Two cakes, paid for in the sandbox; gives the payment's id."""
    asked = await cafe.ask(
        "POST",
        "/api/payments",
        {"customer_id": payer, "amount": {"minor": 2550, "currency": "PEN"}, "description": "Two cakes"},
    )
    gone = await cafe.ask(
        "POST", f"/api/payments/{asked['id']}/checkout", {"return_url": f"{cafe.site.url}{money(cafe, '/payments')}"}
    )
    await page.goto(gone["url"])
    await pay_in_sandbox(page, number)
    await page.wait_for_url("**/money/payments**")
    await cafe.ask("POST", f"/api/payments/{asked['id']}/refresh")
    return str(asked["id"])


@pytest.mark.meets("I21", "I22")
async def test_a_part_is_given_back(visit: Visit, cafe: Cafe) -> None:
    await connect(cafe)
    page = await visit(money(cafe, "/payments"), who=cafe.owner, size=DESK)
    paid = await pay(page, cafe, await customer(cafe))
    await page.goto(money(cafe, f"/payments/{paid}"))
    story = page.get_by_role("list", name="What happened")
    await expect(story.get_by_text("PEN 25.50 paid")).to_be_visible()
    await page.get_by_role("button", name="Give back").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("A part", exact=True).click()
    await dialog.get_by_label("Amount").fill("99")
    await dialog.get_by_label("Why").fill("One cake fell")
    await dialog.get_by_role("button", name="Give back PEN 99.00").click()
    await expect(dialog.get_by_text("Write an amount up to PEN 25.50.")).to_be_visible()
    await dialog.get_by_label("Amount").fill("10.50")
    await axe(page)
    await dialog.get_by_role("button", name="Give back PEN 10.50").click()
    await expect(dialog).to_be_hidden()
    await expect(story.get_by_text("PEN 10.50 went back")).to_be_visible()
    await expect(page.get_by_role("main").get_by_text("Partly given back")).to_be_visible()
    await axe(page)


async def test_a_dispute_is_answered(visit: Visit, cafe: Cafe) -> None:
    await connect(cafe)
    page = await visit(money(cafe, "/payments"), who=cafe.owner, size=PHONE)
    paid = await pay(page, cafe, await customer(cafe), "4000 0000 0000 0259")
    await page.goto(money(cafe, f"/payments/{paid}"))
    await expect(page.get_by_text("The payer does not accept this")).to_be_visible(timeout=15_000)
    await page.get_by_role("link", name="Open the dispute").click()
    await expect(page.get_by_text("After that it counts as lost.")).to_be_visible()
    await axe(page)
    await page.get_by_label("What happened").fill("Two cakes were handed over at the counter.")
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_text("Two cakes were handed over at the counter.")).to_be_visible()
    await wide_enough(page)


async def test_an_amount_says_why(visit: Visit, cafe: Cafe) -> None:
    issued = await invoice(cafe, await customer(cafe))
    page = await visit(money(cafe, f"/invoices/{issued['id']}"), who=cafe.owner, size=DESK)
    await expect(page.get_by_role("heading", level=1, name=f"Invoice {issued['number']}")).to_be_visible()
    await page.get_by_role("button", name="for Tax 18%").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Tax on the amount")).to_be_visible()
    await expect(dialog.get_by_text("every figure is the same")).to_be_visible()
    await axe(page)


async def test_an_invoice_is_paid_outside(visit: Visit, cafe: Cafe) -> None:
    issued = await invoice(cafe, await customer(cafe))
    page = await visit(money(cafe, f"/invoices/{issued['id']}"), who=cafe.owner, size=PHONE)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Paid outside").click()
    await page.get_by_role("dialog").get_by_label("Reference").fill("Till 2")
    await page.get_by_role("dialog").get_by_role("button", name="received").click()
    await expect(page.get_by_role("main").get_by_text("Paid", exact=True).first).to_be_visible()
    shown = await cafe.ask("GET", f"/api/billing/invoices/{issued['id']}")
    assert shown["invoice"]["status"] == "paid"


async def test_a_change_is_previewed_before_it_is_made(visit: Visit, cafe: Cafe) -> None:
    await connect(cafe)
    desks = await plan(cafe)
    wanted = {"customer_id": await customer(cafe), "plan_id": desks["id"], "quantity": 2}
    begun = await cafe.ask("POST", "/api/billing/subscriptions", wanted)
    page = await visit(money(cafe, f"/subscriptions/{begun['id']}"), who=cafe.owner, size=DESK)
    await page.get_by_role("button", name="Change plan or seats").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Seats").fill("4")
    await expect(dialog.get_by_role("region", name="Now")).to_be_visible()
    await expect(dialog.get_by_role("region", name="At renewal")).to_contain_text("PEN 70.80")
    await axe(page)
    await dialog.get_by_role("button", name="Change now").click()
    await expect(dialog).to_be_hidden()
    shown = await cafe.ask("GET", f"/api/billing/subscriptions/{begun['id']}")
    assert shown["detail"]["subscription"]["quantity"] == 4


async def test_the_schedule_of_reminders_is_drawn_and_kept(visit: Visit, cafe: Cafe) -> None:
    page = await visit(money(cafe, "/dunning"), who=cafe.owner, size=DESK)
    line = page.get_by_role("list", name="When it is tried again")
    await expect(line.get_by_role("listitem")).to_have_count(6)
    await page.get_by_role("button", name="No try on day 7").click()
    await page.get_by_label("Another try on day").fill("10")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(line.get_by_text("Day 10")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert (await cafe.ask("GET", "/api/billing/dunning"))["retry_days"] == [1, 3, 5, 10]


async def test_a_plan_shows_its_cost_while_it_is_made(visit: Visit, cafe: Cafe) -> None:
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=DESK)
    await page.get_by_role("button", name="Make a plan").first.click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_label("Name").fill("Desks")
    await drawer.get_by_role("combobox", name="How it is counted").click()
    await page.get_by_role("option", name="For each seat").click()
    await drawer.get_by_label("Amount").fill("15")
    await expect(drawer.get_by_role("region", name="What a customer would pay")).to_contain_text("PEN 75.00")
    await axe(page)
    await drawer.get_by_role("button", name="Make plan", exact=True).click()
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("heading", name="Desks")).to_be_visible()


@pytest.mark.meets("P75")
async def test_the_records_are_compared_by_a_button(visit: Visit, cafe: Cafe) -> None:
    await connect(cafe)
    page = await visit(money(cafe, "/payments"), who=cafe.owner, size=DESK)
    await pay(page, cafe, await customer(cafe))
    await page.goto(money(cafe, "/reconciliation"))
    await page.get_by_role("button", name="Compare now").first.click()
    found = page.get_by_role("region", name="What was found")
    await expect(found.get_by_text("all three records agree")).to_be_visible(timeout=15_000)
    await axe(page)
    await wide_enough(page)


async def test_staff_do_not_see_money(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}", who=await cafe.employ("staff"), size=DESK)
    main = page.get_by_role("navigation", name="Main")
    await expect(main.get_by_role("link", name="Members")).to_be_visible()
    await expect(main.get_by_role("link", name="Payments")).to_have_count(0)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_every_screen_can_be_read(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    await connect(cafe)
    payer = await customer(cafe)
    issued = await invoice(cafe, payer)
    desks = await plan(cafe)
    begun = await cafe.ask("POST", "/api/billing/subscriptions", {"customer_id": payer, "plan_id": desks["id"]})
    asked = await cafe.ask(
        "POST",
        "/api/payments",
        {"customer_id": payer, "amount": {"minor": 2550, "currency": "PEN"}, "description": "Two cakes"},
    )
    coupon = {"code": "WELCOME", "name": "Welcome", "kind": "percent", "basis_points": 1000}
    await cafe.ask("POST", "/api/billing/coupons", coupon)
    page = await visit(money(cafe), who=cafe.owner, size=size, color_scheme=scheme)
    screens = {
        "": "Collected by day",
        "/payments": "Two cakes",
        f"/payments/{asked['id']}": "What happened",
        "/invoices": issued["number"],
        f"/invoices/{issued['id']}": "Catering",
        "/subscriptions": "Desks",
        f"/subscriptions/{begun['id']}": "Periods",
        "/customers": "Rosa Mamani",
        f"/customers/{payer}": "Ways to pay",
        "/plans": "Desk",
        "/coupons": "WELCOME",
        "/disputes": "No open disputes",
        "/dunning": "Day 1",
        "/connections": "Sandbox",
    }
    for path, text in screens.items():
        await page.goto(money(cafe, path))
        await expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
        await wide_enough(page)
        await axe(page)
