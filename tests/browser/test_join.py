"""The enrolment page in a browser: complete without a script, readable by everybody, and plain about what is wrong."""

import re
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser.cafes import Cafe
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


async def fill_in(page: Page, *, name: str = "Rosa Mamani", phone: str) -> None:
    """A guest fills the form in, and agrees."""
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Your mobile number").fill(phone)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Get my card").click()


@pytest.mark.meets("L25", "T79")
async def test_without_any_script_it_shows_and_works(visit: Visit, cafe: Cafe) -> None:
    # A browser that runs no scripts also refuses to load the ones that the card's page asks for early.
    visit.expect(r"^422 POST \S+/join/", r"failed GET \S+/assets/\S+\.js: csp$")
    page = await visit(f"/join/{cafe.slug}", size=PHONE, java_script_enabled=False)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Un café de la casa")
    # The card is drawn by the style sheet, which came with the page.
    colour = await page.locator(".hf-stamp-card__face").first.evaluate("face => getComputedStyle(face).backgroundImage")
    assert "gradient" in colour
    await fill_in(page, phone="12")
    problem = page.get_by_label("Your mobile number")
    await expect(problem).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Your name")).to_have_value("Rosa Mamani")
    await fill_in(page, phone="987 654 321")
    await page.wait_for_url(re.compile(r"/card#"))
    found = await cafe.ask("GET", "/api/loyalty/customers/lookup", phone="987654321")
    assert (found["name"], found["consent_channel"]) == ("Rosa Mamani", "poster")


async def test_a_known_number_opens_nothing(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll()
    page = await visit(f"/join/{cafe.slug}", size=PHONE)
    await fill_in(page, phone=guest.phone)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("button", name="Get my card")).to_be_hidden()
    assert "/card" not in page.url
    await axe(page)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_can_be_used_by_everybody(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    visit.expect(r"^422 POST \S+/join/", r"^404 GET \S+/join/nobody$")
    await cafe.open_program(name="Desayuno", stamps_required=12, reward="Un desayuno completo")
    page = await visit(f"/join/{cafe.slug}", size=size, color_scheme=scheme, locale="es-PE")
    assert await page.evaluate("document.documentElement.lang") == "es"
    await axe(page)
    # What the browser would stop is sent all the same, and comes back with what is wrong beside each field.
    await page.evaluate("document.forms[0].noValidate = true")
    await page.locator("form button[type=submit], form button:not([type])").last.click()
    await expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
    await axe(page)
    await page.goto("/join/nobody")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await axe(page)
