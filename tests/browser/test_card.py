"""The member's own card on a phone: it moves by itself, redeems once, opens without a network, and is easy to read."""

from typing import Any, Literal

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.cafes import Cafe
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


def stamps(page: Page, count: int, of: int = 6) -> Any:
    """The card's picture, when it shows so many stamps."""
    return page.get_by_role("img", name=f"{count} of {of} stamps")


async def shown_code(within: Page | Locator) -> str:
    """The code that the page, or a part of it, shows now."""
    picture = within.locator(".code-picture")
    await expect(picture).to_be_visible()
    code = await picture.get_attribute("data-code")
    assert code
    return code


@pytest.mark.meets("W29", "P3")
async def test_a_stamp_shows_without_a_reload(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll("Lucía Flores", stamps=2)
    page = await visit(guest.link, size=PHONE)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Café Aurora")
    await expect(stamps(page, 2)).to_be_visible()
    assert guest.token not in page.url, "The token stays out of the address, and so out of the history."
    await cafe.stamp(guest)
    await expect(stamps(page, 3)).to_be_visible()
    await expect(page.get_by_text("Stamped! 3 of 6")).to_be_visible()


async def test_the_code_stamps_and_changes(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll()
    page = await visit("/card", size=PHONE)
    await page.clock.install()
    await page.goto(guest.link)
    await page.reload()
    first = await shown_code(page)
    await page.clock.run_for(41_000)
    await expect(page.locator(f".code-picture:not([data-code='{first}'])")).to_be_visible()
    second = await shown_code(page)
    stamp = await cafe.ask(
        "POST", "/api/loyalty/stamps", {"id": "0e5c0b8e-4f3f-4a58-9c7e-3f2f3d9b7a10", "code": second}
    )
    assert stamp["card_id"] == guest.card_id
    await expect(stamps(page, 1)).to_be_visible()


async def test_a_reward_is_redeemed_once_by_a_moving_code(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll(stamps=6)
    page = await visit(guest.link, size=PHONE)
    await expect(page.get_by_role("heading", name="A reward is waiting for you")).to_be_visible()
    # By keyboard alone.
    button = page.get_by_role("button", name="Redeem")
    await button.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Show this to the staff")
    await expect(dialog).to_contain_text("Un café de la casa")
    code = await shown_code(dialog)
    await axe(page)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await button.press("Enter")
    # A code that is asked for in the moment of the redemption is refused, and rightly.
    visit.expect(r"^404 POST \S+/api/loyalty/card/codes$")
    await shown_code(dialog)
    reward = await cafe.ask("POST", "/api/loyalty/redemptions", {"code": code})
    assert reward["status"] == "redeemed"
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Enjoy your Un café de la casa!")).to_be_visible()
    await expect(button).to_be_hidden()


async def test_it_opens_without_a_network(visit: Visit, cafe: Cafe) -> None:
    visit.expect("ERR_INTERNET_DISCONNECTED")
    guest = await cafe.enroll(stamps=4)
    page = await visit(guest.link, size=PHONE, service_worker=True)
    await expect(stamps(page, 4)).to_be_visible()
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    await page.context.set_offline(True)
    await page.reload()
    await expect(stamps(page, 4)).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("Offline. As of")
    await expect(page.locator(".code-empty")).to_contain_text("phone number")
    await axe(page)
    await cafe.stamp(guest)
    await page.context.set_offline(False)
    await expect(stamps(page, 5)).to_be_visible()
    await shown_code(page)


async def test_a_card_given_out_anew_says_so(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^401 ")
    guest = await cafe.enroll()
    page = await visit(guest.link, size=PHONE)
    await expect(stamps(page, 0)).to_be_visible()
    await cafe.ask("POST", f"/api/loyalty/customers/{guest.id}/card-token")
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("This link is not good any more")
    await axe(page)
    await page.get_by_role("button", name="Remove it from this browser").click()
    await expect(page.get_by_role("heading", name="No card in this browser yet")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_easy_to_read(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    await cafe.open_program(name="Desayuno", stamps_required=12, reward="Un desayuno completo")
    guest = await cafe.enroll(stamps=7)
    page = await visit(guest.link, size=size, color_scheme=scheme, locale="es-PE")
    await expect(page.get_by_role("heading", name="Te espera un premio")).to_be_visible()
    await shown_code(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
    assert await page.evaluate("document.documentElement.lang") == "es"
    await axe(page)


async def test_nonsense_in_the_address_is_no_card(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^401 ")
    page = await visit("/card#<script>alert(1)</script>", size=PHONE)
    await expect(page.get_by_role("heading", name="No card in this browser yet")).to_be_visible()
    await page.goto("/card#" + "0" * 32 + ".forged")
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("This link is not good any more")
