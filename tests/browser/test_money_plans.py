"""Plans in the console: other prices for those who come, the same ones for those who are there, and other names."""

import re
from typing import Any, Literal

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.cafes import Cafe
from tests.browser.test_money_console import DESK, LOOKS, PHONE, customer, money, plan, wide_enough
from tests.browser.visiting import Visit, axe


async def subscribe(cafe: Cafe, payer: str, plan_id: str) -> str:
    """A subscription to a plan, with one seat."""
    begun = await cafe.ask("POST", "/api/billing/subscriptions", {"customer_id": payer, "plan_id": plan_id})
    return str(begun["id"])


async def monthly(cafe: Cafe, subscription_id: str) -> int:
    """What a subscription brings in a month, in céntimos."""
    shown = await cafe.ask("GET", f"/api/billing/subscriptions/{subscription_id}")
    return int(shown["detail"]["monthly"]["minor"])


async def prices(cafe: Cafe, plan_id: str) -> list[dict[str, Any]]:
    """What a new subscription to the plan gets."""
    whole = await cafe.ask("GET", f"/api/billing/plans/{plan_id}")
    return whole["prices"]  # type: ignore[no-any-return]


async def repricing(page: Page) -> Locator:
    """The dialogue for other prices of the only plan, opened."""
    await page.get_by_role("button", name="Change prices").click()
    dialog = page.get_by_role("dialog", name="Prices of Desks")
    await expect(dialog.get_by_text("Whoever has the plan keeps the old prices.")).to_be_visible()
    return dialog


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_a_price_changes_for_those_who_come(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    desks, payer = await plan(cafe), await customer(cafe)
    before = await subscribe(cafe, payer, desks["id"])
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=size, color_scheme=scheme)
    dialog = await repricing(page)
    await expect(dialog.get_by_text("1 subscription keeps its prices.")).to_be_visible()
    await expect(dialog.get_by_label("Amount")).to_have_value("15.00")
    await expect(dialog.get_by_role("textbox", name="Tax")).to_have_value("18 %")
    save = dialog.get_by_role("button", name="Save prices")
    await expect(save).to_be_disabled()
    await dialog.get_by_label("Amount").fill("19,90")
    await expect(dialog.get_by_role("region", name="What a customer would pay")).to_contain_text("PEN 99.50")
    await wide_enough(page)
    await axe(page)
    await save.click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("list", name="Prices now")).to_contain_text("PEN 19.90 a seat")
    after = await subscribe(cafe, payer, desks["id"])
    assert (await monthly(cafe, before), await monthly(cafe, after)) == (1500, 1990)
    await page.get_by_role("button", name="Earlier prices").click()
    earlier = page.get_by_role("list", name="Earlier prices")
    await expect(earlier.get_by_role("listitem")).to_have_count(1)
    await expect(earlier).to_contain_text("PEN 15.00 a seat")
    await expect(earlier).to_contain_text("1 subscription")
    await wide_enough(page)
    await axe(page)


async def test_nonsense_is_said_at_its_field(visit: Visit, cafe: Cafe) -> None:
    desks = await plan(cafe)
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=PHONE)
    dialog = await repricing(page)
    amount = dialog.get_by_label("Amount")
    save = dialog.get_by_role("button", name="Save prices")
    for typed, sentence in {
        "": "Write an amount, such as 12.50.",
        "a lot": "Write an amount, such as 12.50.",
        "-5": "An amount is 0 or more.",
        "12.345": "Write at most 2 decimals, and thousands without a point.",
    }.items():
        await amount.fill(typed)
        await save.click()
        await expect(amount).to_be_focused()
        await expect(amount).to_have_accessible_description(sentence)
    await axe(page)
    await dialog.get_by_role("combobox", name="How it is counted").click()
    await page.get_by_role("option", name="Seats by tiers").click()
    await dialog.get_by_label("Up to").first.fill("0")
    await dialog.get_by_label("Each (PEN)").first.fill("1.999")
    await save.click()
    up_to, each = dialog.get_by_label("Up to").first, dialog.get_by_label("Each (PEN)")
    await expect(up_to).to_be_focused()
    await expect(up_to).to_have_accessible_description("Each tier ends at a higher number than the one before.")
    await expect(each.first).to_have_accessible_description(re.compile("at most 2 decimals"))
    await expect(dialog.get_by_text(re.compile("than the one before. Write at most 2 decimals"))).to_be_visible()
    await wide_enough(page)
    await axe(page)
    assert [price["amount"]["minor"] for price in await prices(cafe, desks["id"])] == [1500]
    await up_to.fill("5")
    await each.first.fill("15")
    await each.nth(1).fill("12.50")
    await save.click()
    await expect(dialog).to_be_hidden()
    (price,) = await prices(cafe, desks["id"])
    assert [(tier["up_to"], tier["unit"]) for tier in price["tiers"]] == [(5, 1500), (None, 1250)]


async def test_a_new_plan_is_refused_for_the_same_nonsense(visit: Visit, cafe: Cafe) -> None:
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=DESK)
    await page.get_by_role("button", name="Make a plan").first.click()
    dialog = page.get_by_role("dialog", name="Make a plan")
    await dialog.get_by_label("Name").fill("Desks")
    await dialog.get_by_role("button", name="Make plan", exact=True).click()
    await expect(dialog.get_by_label("Amount")).to_be_focused()
    await expect(dialog.get_by_text("Write an amount, such as 12.50.")).to_be_visible()
    assert (await cafe.ask("GET", "/api/billing/plans"))["items"] == []


async def test_prices_come_and_go_by_keyboard(visit: Visit, cafe: Cafe) -> None:
    desks = await plan(cafe)
    (desk,) = await prices(cafe, desks["id"])
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=DESK)
    opener = page.get_by_role("button", name="Change prices")
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Prices of Desks")
    another = dialog.get_by_role("button", name="Another price")
    await another.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Space")
    await expect(dialog.get_by_role("group", name="Price 3")).to_be_visible()
    await dialog.get_by_role("group", name="Price 3").get_by_role("button", name="Remove this price").focus()
    await page.keyboard.press("Enter")
    await expect(another).to_be_focused()
    second = dialog.get_by_role("group", name="Price 2")
    await second.get_by_label("On the invoice").focus()
    await page.keyboard.type("Locker")
    await page.keyboard.press("Tab")
    await page.keyboard.type("4")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    now = await prices(cafe, desks["id"])
    assert {price["label"]: price["amount"]["minor"] for price in now} == {"Desk": 1500, "Locker": 400}
    assert desk["id"] in [price["id"] for price in now], "what nobody changed is the price that it was"
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()


async def test_a_plan_is_renamed_hidden_withdrawn_and_sold_again(visit: Visit, cafe: Cafe) -> None:
    desks = await plan(cafe)
    page = await visit(money(cafe, "/plans"), who=cafe.owner, size=PHONE)
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit Desks")
    await dialog.get_by_label("Name").fill(" ")
    await dialog.get_by_role("button", name="Save plan").click()
    await expect(dialog.get_by_label("Name")).to_have_accessible_description("Customers read this name.")
    await dialog.get_by_label("Name").fill("Quiet desks")
    await dialog.get_by_label("Description").fill("By the window")
    await dialog.get_by_label("Customers may choose it themselves").uncheck()
    await wide_enough(page)
    await axe(page)
    await dialog.get_by_role("button", name="Save plan").click()
    await expect(dialog).to_be_hidden()
    tile = page.get_by_role("region", name="Quiet desks")
    await expect(tile.get_by_text("By the window")).to_be_visible()
    await expect(tile.get_by_text("Only you can give it")).to_be_visible()
    await tile.get_by_role("button", name="Stop selling").click()
    await expect(tile.get_by_text("Not sold any more")).to_be_visible()
    await tile.get_by_role("button", name="Sell again").click()
    await expect(tile.get_by_text("Not sold any more")).to_be_hidden()
    await tile.get_by_role("button", name="Earlier prices").click()
    await expect(tile.get_by_text("It has always cost what it costs now.")).to_be_visible()
    await axe(page)
    kept = (await cafe.ask("GET", f"/api/billing/plans/{desks['id']}"))["plan"]
    assert (kept["name"], kept["description"], kept["public"], kept["active"]) == (
        "Quiet desks",
        "By the window",
        False,
        True,
    )
