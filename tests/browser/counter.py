"""What a person does at the counter, on the stamper, for the tests of it."""

import re
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.cafes import Cafe, Guest
from tests.browser.serving import Site

OFFLINE = "ERR_INTERNET_DISCONNECTED"
TABLET = (1024, 640)
NARROW = (320, 568)


async def add_device(cafe: Cafe, name: str = "Tableta del mostrador") -> dict[str, Any]:
    """A device that waits to be paired, with its code."""
    device: dict[str, Any] = await cafe.ask("POST", "/api/devices", {"name": name})
    return device


async def pair(page: Page, cafe: Cafe) -> str:
    """Pair this page's browser by a code, and give the device's id."""
    device = await add_device(cafe)
    await page.goto(f"/stamper#pair={device['code']}")
    await page.get_by_role("button", name="Pair", exact=True).click()
    await expect(page.get_by_role("heading", name=cafe.name, level=1)).to_be_visible()
    found: str = device["device"]["id"]
    return found


async def code_of(site: Site, guest: Guest, *, reward: str | None = None) -> str:
    """What the guest's screen shows now: a code to be stamped, or to redeem a reward."""
    wanted = {"card_id": guest.card_id} if reward is None else {"reward_id": reward}
    async with site.visitor() as phone:
        answer = await phone.post("/api/loyalty/card/codes", json=wanted, headers={"Holdfast-Card": guest.token})
    assert answer.is_success, answer.text
    found: str = answer.json()["code"]
    return found


async def scan(page: Page, code: str) -> None:
    """Read a code as a hand scanner does, which types it and presses Enter."""
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")


async def by_number(page: Page, number: str) -> None:
    """Stamp for a number, on the keys of the screen."""
    tab = page.get_by_role("button", name="Number", exact=True)
    if await tab.is_visible():
        await tab.click()
    keys = page.get_by_role("group", name="Keys")
    for digit in number:
        await keys.get_by_role("button", name=digit, exact=True).click()
    await page.get_by_role("button", name="Stamp", exact=True).click()


async def next_guest(page: Page) -> None:
    """Put the answer away."""
    await page.keyboard.press("Escape")
    await expect(answer(page)).to_be_hidden()


def answer(page: Page, *, says: str | re.Pattern[str] | None = None) -> Locator:
    """The answer that fills the screen."""
    found = page.get_by_role("dialog").filter(has=page.get_by_role("button", name=re.compile("Next guest|Understood")))
    return found if says is None else found.filter(has_text=says)


def badge(page: Page) -> Locator:
    """What waits, in the header; it opens the list."""
    return page.get_by_role("button", name=re.compile("^Stamps on this phone"))


async def stamps_of(cafe: Cafe, guest: Guest) -> list[dict[str, Any]]:
    """The guest's stamps as the api keeps them."""
    found: list[dict[str, Any]] = (await cafe.ask("GET", f"/api/loyalty/customers/{guest.id}/stamps"))["items"]
    return found
