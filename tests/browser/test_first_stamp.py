"""From nothing to the first stamp, in three browsers: the owner's laptop, a guest's phone, the phone at the counter."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.visiting import DESKTOP, PHONE, Visit


async def register(page: Page, email: str) -> None:
    """An owner makes an account, and reads the code in the mailbox that stands in for mail."""
    await page.get_by_role("link", name="Open your business").click()
    await page.get_by_label("Name").fill("Elena Paredes")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill("tres cafés con leche")
    await page.get_by_role("button", name="Make account").click()
    await page.get_by_role("button", name="Open the sandbox mailbox").click()
    mail = page.get_by_role("dialog").get_by_role("listitem").first
    await expect(mail).to_contain_text("is your code")
    code = re.search(r"\b\d{6}\b", await mail.inner_text())
    assert code is not None
    await page.keyboard.press("Escape")
    await page.get_by_label("Code").fill(code[0])
    await page.wait_for_url("**/start")


async def set_up(page: Page) -> str:
    """Three steps to a poster; gives the address that its QR code leads to."""
    await page.get_by_label("Name of your business").fill("Café Alba")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your stamp card")
    await page.get_by_role("button", name=re.compile("^Café")).click()
    await page.get_by_role("textbox", name="Stamps").fill("6")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your poster is ready")
    address = await page.get_by_role("link", name="Try it yourself").get_attribute("href")
    assert address is not None
    return address


@pytest.mark.meets("W2", "W6", "I5", "P2", "P3", "L21", "L22", "L25", "L28")
async def test_an_owner_signs_up_and_the_first_guest_gets_the_first_stamp(visit: Visit) -> None:
    laptop = await visit("/", size=DESKTOP)
    await register(laptop, f"elena-{uuid4().hex}@alba.example")
    poster = await set_up(laptop)

    guest = await visit(poster, size=PHONE)
    await guest.get_by_label("Your name").fill("Rosa Mamani")
    await guest.get_by_label("Your mobile number").fill("987 654 321")
    await guest.get_by_role("checkbox").check()
    await guest.get_by_role("button", name="Get my card").click()
    await expect(guest.get_by_role("img", name="0 of 6 stamps")).to_be_visible()
    picture = guest.locator(".code-picture")
    await expect(picture).to_be_visible()
    on_screen = await picture.get_attribute("data-code")
    assert on_screen

    await laptop.get_by_role("link", name="To the dashboard").click()
    await laptop.wait_for_url(re.compile("/console/cafe-alba[^/]*/loyalty$"))
    devices = laptop.url + "/devices"
    dashboard = await laptop.context.new_page()
    await dashboard.goto(laptop.url)
    await expect(dashboard.get_by_text("Live", exact=True)).to_be_visible()

    await laptop.goto(devices)
    await laptop.get_by_role("button", name="Pair a device").first.click()
    await laptop.get_by_role("textbox", name="Name").fill("Barra")
    await laptop.keyboard.press("Enter")
    pairing = re.search(
        r"[0-9A-Z]{4}-[0-9A-Z]{4}", await laptop.get_by_role("dialog").get_by_role("timer").locator("..").inner_text()
    )
    assert pairing

    counter = await visit(f"/stamper#pair={pairing.group()}", size=PHONE)
    await counter.get_by_role("button", name="Pair", exact=True).click()
    await expect(counter.get_by_role("heading", name="Café Alba", level=1)).to_be_visible()
    # A hand scanner types what it reads, and presses Enter.
    await counter.keyboard.type(on_screen)
    await counter.keyboard.press("Enter")
    await counter.get_by_role("dialog", name="Rosa Mamani").get_by_role("button", name="Stamp", exact=True).click()
    await expect(counter.get_by_role("dialog").filter(has_text="1 of 6")).to_be_visible()

    # The guest's phone and the owner's dashboard see it without being touched.
    await expect(guest.get_by_role("img", name="1 of 6 stamps")).to_be_visible()
    await expect(guest.get_by_text("Stamped! 1 of 6")).to_be_visible()
    await expect(dashboard.get_by_text("Rosa Mamani").first).to_be_visible()
