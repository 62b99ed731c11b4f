"""The stamper without a network: what was stamped is kept, survives a killed tab, and is sent once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Playwright, expect

from tests.browser import visiting
from tests.browser.cafes import Cafe, Guest
from tests.browser.counter import (
    OFFLINE,
    add_device,
    answer,
    badge,
    by_number,
    code_of,
    next_guest,
    pair,
    scan,
    stamps_of,
)
from tests.browser.serving import Site
from tests.browser.visiting import PHONE, Visit, axe

Opened = Callable[[], Awaitable[BrowserContext]]


@pytest.fixture
async def profile(playwright: Playwright, site: Site, tmp_path: Path) -> AsyncIterator[Opened]:
    """Opens a phone's browser again and again, with what it kept the last time."""
    opened: list[BrowserContext] = []

    async def open_() -> BrowserContext:
        width, height = PHONE
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=visiting.CHROMIUM,
            args=list(visiting.FLAGS),
            base_url=site.url,
            viewport={"width": width, "height": height},
            locale="en-US",
            reduced_motion="reduce",
        )
        # The number on the application's icon, where a test can see it.
        await context.add_init_script(
            "navigator.setAppBadge = async (number) => { window.shownBadge = number };"
            "navigator.clearAppBadge = async () => { window.shownBadge = 0 };"
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield open_
    for context in opened:
        await context.close()


async def installed(page: Page) -> None:
    """Wait until the service worker has kept every file that the application needs without a network."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)


AGAIN = """async () => {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open('holdfast.stamper');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const change = database.transaction('stamps', 'readwrite');
  const stamps = change.objectStore('stamps');
  const every = await new Promise((resolve) => {
    stamps.getAll().onsuccess = (event) => resolve(event.target.result);
  });
  for (const { confirmation, refusal, settled, ...entry } of every)
    stamps.put({ ...entry, state: 'waiting', due: entry.sequence });
  await new Promise((resolve) => { change.oncomplete = resolve; });
  database.close();
  return every.length;
}"""
"""Makes a queue forget every answer that it got, as a phone's restored backup would."""


async def saved(page: Page) -> None:
    """The answer is that it will be confirmed; put it away."""
    await expect(answer(page, says="Saved, will be confirmed")).to_be_visible()
    await next_guest(page)


async def stamp_without_a_network(page: Page, known: Guest, shown: str) -> None:
    """The network is cut; stamps are kept by number, by a code, and for a guest whom nobody knows."""
    await page.context.set_offline(True)
    await by_number(page, known.phone)
    await saved(page)
    await scan(page, shown)
    await page.get_by_role("button", name="Stamp", exact=True).last.click()
    await saved(page)
    await by_number(page, "920999111")
    await expect(answer(page, says="Saved, will be confirmed")).to_be_visible()


@pytest.mark.meets("L22", "L24", "P3")
async def test_stamps_given_without_a_network_survive_a_killed_tab(profile: Opened, site: Site, cafe: Cafe) -> None:
    rosa, julio = await cafe.enroll("Rosa Mamani"), await cafe.enroll("Julio Quispe")
    context = await profile()
    page = await context.new_page()
    device = await pair(page, cafe)
    await installed(page)
    await by_number(page, rosa.phone)
    await expect(answer(page, says="1 of 6")).to_be_visible()
    await next_guest(page)
    await stamp_without_a_network(page, rosa, await code_of(site, julio))
    await expect(badge(page)).to_have_accessible_name("Stamps on this phone: 3 wait to be sent")
    assert await page.evaluate("window.shownBadge") == 3

    # The tab is killed, then the phone is switched off.
    await page.close()
    await context.close()

    # It comes back without a network: it opens, knows its business, and stamps on.
    context = await profile()
    await context.set_offline(True)
    page = await context.new_page()
    await page.goto("/stamper")
    await expect(page.get_by_role("heading", name=cafe.name, level=1)).to_be_visible()
    await expect(badge(page)).to_have_accessible_name("Stamps on this phone: 3 wait to be sent")
    await by_number(page, julio.phone)
    await saved(page)
    assert [len(await stamps_of(cafe, guest)) for guest in (rosa, julio)] == [1, 0]

    # The network is back: each is confirmed, or refused with its reason.
    await context.set_offline(False)
    await expect(badge(page)).to_have_accessible_name(
        "Stamps on this phone: everything is sent, 1 was refused", timeout=30_000
    )
    assert await page.evaluate("window.shownBadge") == 0
    await badge(page).click()
    rows = page.get_by_role("listitem")
    await expect(rows.filter(has_text="Confirmed")).to_have_count(4)
    await expect(rows.filter(has_text="Rosa Mamani").filter(has_text="2 of 6")).to_have_count(1)
    await expect(rows.filter(has_text="Julio Quispe").filter(has_text="2 of 6")).to_have_count(1)
    await expect(rows.filter(has_text="Refused")).to_contain_text("No member has this telephone number.")
    given = [await stamps_of(cafe, guest) for guest in (rosa, julio)]
    assert [len(stamps) for stamps in given] == [2, 2]
    numbers = sorted(stamp["device_sequence"] for stamps in given for stamp in stamps)
    assert numbers == [1, 2, 3, 5], "In the order of the taps; the number of the refused one is not used again."
    assert {stamp["device_id"] for stamps in given for stamp in stamps} == {device}

    # Sent a second time, every one of them: nothing changes.
    assert await page.evaluate(AGAIN) == 5
    await page.reload()
    await expect(badge(page)).to_have_accessible_name(
        "Stamps on this phone: everything is sent, 1 was refused", timeout=30_000
    )
    await badge(page).click()
    await expect(rows.filter(has_text="Confirmed")).to_have_count(4)
    assert [await stamps_of(cafe, guest) for guest in (rosa, julio)] == given

    await rows.filter(has_text="Refused").get_by_role("button", name="Got it").click()
    await expect(rows).to_have_count(4)


@pytest.mark.meets("L24")
async def test_a_crash_in_the_middle_of_sending_loses_and_doubles_nothing(profile: Opened, cafe: Cafe) -> None:
    guest = await cafe.enroll("Rosa Mamani")
    context = await profile()
    page = await context.new_page()
    await pair(page, cafe)
    await installed(page)

    # The api gets the stamp, and its answer never comes.
    async def swallow(route: Any) -> None:
        await route.fetch()

    await page.route("**/api/loyalty/stamps", swallow)
    await by_number(page, guest.phone)
    await expect(answer(page, says="Saved, will be confirmed")).to_be_visible()
    assert len(await stamps_of(cafe, guest)) == 1
    async with page.expect_event("crash"):
        session = await context.new_cdp_session(page)
        crash = asyncio.create_task(session.send("Page.crash"))
    crash.cancel()
    await page.close()

    page = await context.new_page()
    await page.goto("/stamper")
    await expect(badge(page)).to_have_accessible_name("Stamps on this phone: everything is sent", timeout=30_000)
    await badge(page).click()
    await expect(page.get_by_role("listitem")).to_contain_text("1 of 6")
    assert len(await stamps_of(cafe, guest)) == 1


@pytest.mark.meets("L24")
async def test_a_revoked_device_keeps_what_waits_until_it_is_paired_again(visit: Visit, cafe: Cafe) -> None:
    visit.expect(OFFLINE, r"^401 \w+ \S+/api/(devices/me|loyalty/stamps)$")
    guest = await cafe.enroll("Rosa Mamani")
    page = await visit("/stamper", size=PHONE)
    device = await pair(page, cafe)
    await page.context.set_offline(True)
    await by_number(page, guest.phone)
    await expect(answer(page, says="Saved, will be confirmed")).to_be_visible()
    await next_guest(page)
    await cafe.ask("POST", f"/api/devices/{device}/revocation")
    await page.context.set_offline(False)
    await expect(page.get_by_role("heading", name="Pair this phone again")).to_be_visible()
    over = page.get_by_role("alert")
    await expect(over).to_contain_text("This device is not paired any more.")
    await expect(over).to_contain_text("1 stamp is kept on this phone.")
    await axe(page)
    assert await stamps_of(cafe, guest) == []

    # Another device of the same business, as when the owner has forgotten which it was.
    await page.get_by_role("textbox", name="Pairing code").fill((await add_device(cafe, "Otra"))["code"])
    await page.get_by_role("button", name="Pair", exact=True).click()
    await expect(badge(page)).to_have_accessible_name("Stamps on this phone: everything is sent")
    (stamp,) = await stamps_of(cafe, guest)
    assert stamp["device_id"] != device
