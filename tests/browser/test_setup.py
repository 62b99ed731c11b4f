"""A new owner goes from nothing to a poster in three steps, and the first guest enrols by the printed address."""

import io
import re

import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from tests.browser.cafes import newcomer
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


def logo() -> FilePayload:
    """A photograph as a phone takes it, larger than the api would accept."""
    picture = io.BytesIO()
    Image.effect_noise((1600, 1200), 90).convert("RGB").save(picture, "JPEG", quality=95)
    assert len(picture.getvalue()) > 1_000_000
    return {"name": "sign.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}


async def fill_in_business(page: Page, name: str) -> None:
    """The first step, as far as an owner in a hurry fills it in."""
    await page.get_by_label("Name of your business").fill(name)
    await page.get_by_role("radio", name="Clay").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your stamp card")


async def fill_in_card(page: Page) -> None:
    """The second step, from a template."""
    await page.get_by_role("button", name=re.compile("^Café")).click()
    await page.get_by_role("textbox", name="Stamps").fill("8")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your poster is ready")


@pytest.mark.meets("L21", "L26", "L27")
async def test_a_new_owner_gets_a_poster_and_the_first_guest_enrols_by_it(visit: Visit, site: Site) -> None:
    owner = await newcomer(site)
    page = await visit("/start", who=owner, size=PHONE)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your business")
    # The browser's clock says where it is; the owner only reads it.
    await expect(page.get_by_text("Peru · PEN · America/Lima")).to_be_visible()
    preview = page.get_by_role("region", name="Preview of the card")
    await page.get_by_label("Name of your business").fill("Café Alba")
    await expect(preview.get_by_role("article", name="Café Alba, Stamp card")).to_be_visible()
    await page.locator('input[type="file"]').set_input_files(logo())
    await expect(preview.locator('img[src^="blob:"]')).to_be_visible()
    await axe(page)
    await page.get_by_role("radio", name="Clay").check()
    await page.get_by_role("button", name="Continue").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Your stamp card")
    await expect(page.locator('img[src^="/api/brands/"]').first).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Café")).click()
    await page.get_by_label("Reward", exact=True).fill("Un café con pan")
    await page.get_by_role("textbox", name="Stamps").fill("8")
    await expect(page.get_by_role("img", name="4 of 8 stamps")).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name="Continue").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Your poster is ready")
    poster = page.get_by_role("region", name="Preview of the poster")
    await expect(poster).to_contain_text("8 stamps, and then: Un café con pan")
    await expect(poster.get_by_role("img", name="QR code: your stamp card of Café Alba")).to_be_visible()
    await axe(page)
    address = await page.get_by_role("link", name="Try it yourself").get_attribute("href")
    assert address is not None

    guest = await visit(address, size=PHONE)
    await guest.get_by_label("Your name").fill("Rosa Mamani")
    await guest.get_by_label("Your mobile number").fill("987 654 321")
    await guest.get_by_role("checkbox").check()
    await guest.get_by_role("button", name="Get my card").click()
    await expect(guest.get_by_role("img", name="0 of 8 stamps")).to_be_visible()

    await page.get_by_role("link", name="To the dashboard").click()
    await page.wait_for_url(re.compile("/console/cafe-alba[^/]*/loyalty"))


async def test_nothing_is_lost_on_the_way(visit: Visit, site: Site) -> None:
    owner = await newcomer(site)
    page = await visit("/start", who=owner, size=DESKTOP)
    await page.get_by_label("Name of your business").fill("Café Alba")
    await page.get_by_role("button", name="Change", exact=True).click()
    await page.get_by_label("Phone").fill("+51 987 654 321")
    # Nothing was sent yet; the page remembers it, and which business it is going to be.
    at = page.url
    await page.reload()
    assert page.url == at
    await expect(page.get_by_label("Name of your business")).to_have_value("Café Alba")
    await expect(page.get_by_text("+51 987 654 321")).to_be_visible()
    await fill_in_business(page, "Café Alba")
    await page.get_by_role("textbox", name="Stamps").fill("12")
    await page.reload()
    await expect(page.get_by_role("textbox", name="Stamps")).to_have_value("12")
    await fill_in_card(page)

    # Back to the beginning: the same business and the same program are changed, and no second one is opened.
    await page.get_by_role("button", name="Business").click()
    await expect(page.get_by_label("Name of your business")).to_have_value("Café Alba")
    await fill_in_business(page, "Café del Alba")
    await expect(page.get_by_role("textbox", name="Stamps")).to_have_value("8")
    await fill_in_card(page)
    await expect(page.get_by_role("region", name="Preview of the poster")).to_contain_text("Café del Alba")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your poster is ready")
    me = await (await page.request.get("/api/auth/me")).json()
    assert [business["name"] for business in me["businesses"]] == ["Café del Alba"]
    tenant = {"Holdfast-Tenant": me["businesses"][0]["tenant"]}
    programs = await (await page.request.get("/api/loyalty/programs", headers=tenant)).json()
    assert [program["stamps_required"] for program in programs] == [8]


async def test_nobody_gets_ahead_of_what_is_done(visit: Visit, site: Site) -> None:
    owner = await newcomer(site)
    page = await visit("/start?step=poster", who=owner)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your business")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("What is your business called?")).to_be_visible()
    await fill_in_business(page, "Café Alba")
    await page.goto(page.url.replace("step=card", "step=poster"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your stamp card")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Give the card a name.")).to_be_visible()
    await expect(page.get_by_text("Say what a full card is worth.")).to_be_visible()


async def test_a_stranger_signs_in_first_and_comes_back(visit: Visit) -> None:
    page = await visit("/start")
    await page.wait_for_url(re.compile(r"/sign-in\?next=%2Fstart"))
