"""Use that is not charged yet, on a subscription's page: seen, and taken back when it was told by mistake."""

from typing import Literal

import pytest
from playwright.async_api import expect

from holdfast.kernel import ids
from tests.browser.cafes import Cafe
from tests.browser.test_money_console import LOOKS, customer, money, wide_enough
from tests.browser.test_money_plans import subscribe
from tests.browser.visiting import Visit, axe


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
async def test_use_told_by_mistake_is_taken_back(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    price = {
        "kind": "metered",
        "label": "Power",
        "metric": "kwh",
        "amount": {"minor": 30, "currency": "PEN"},
    }
    body = {"code": "power", "name": "Charging", "currency": "PEN", "prices": [price]}
    made = await cafe.ask("POST", "/api/billing/plans", body)
    subscription = await subscribe(cafe, await customer(cafe), made["plan"]["id"])
    path = f"/api/billing/subscriptions/{subscription}/usage"
    for quantity in (12, 9_000):
        await cafe.ask("POST", path, {"id": str(ids.new()), "metric": "kwh", "quantity": quantity})
    page = await visit(money(cafe, f"/subscriptions/{subscription}"), who=cafe.owner, size=size, color_scheme=scheme)
    used = page.get_by_role("list", name="Used, not charged yet")
    await expect(used.get_by_role("listitem")).to_have_count(2)
    await wide_enough(page)
    await axe(page)
    await used.get_by_role("listitem").filter(has_text="9,000 kwh").get_by_role("button", name="Take back").click()
    dialog = page.get_by_role("dialog", name="Take 9,000 kwh back?")
    await axe(page)
    await dialog.get_by_role("button", name="Take back").click()
    await expect(dialog).to_be_hidden()
    await expect(used.get_by_role("listitem")).to_have_count(1)
    await expect(used).to_contain_text("12 kwh")
    left = await cafe.ask("GET", path)
    assert [one["quantity"] for one in left["items"]] == [12]
