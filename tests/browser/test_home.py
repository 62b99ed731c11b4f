"""Everything that one person holds, in one list: from their account, from this browser, and without a network."""

from typing import Literal

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests import accounts, web
from tests.browser.cafes import Cafe, Guest, Person, newcomer
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


async def keep(site: Site, who: Person, guest: Guest) -> None:
    """The person keeps a guest's card in their account."""
    async with site.visitor() as client:
        await web.sign_in(client, accounts.Account(who.id, who.email), password=who.password)
        answer: httpx2.Response = await client.post("/api/loyalty/card/holding", headers={"Holdfast-Card": guest.token})
        assert answer.is_success, answer.text


async def open_card(page: Page, guest: Guest) -> None:
    """Open a card in this browser, which keeps it from then on."""
    await page.goto(guest.link)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("img", name="stamps").first).to_be_visible()


@pytest.mark.meets("T23", "W2")
async def test_cards_of_several_businesses_are_in_one_list(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(
        site, name="Panadería Sol", program={"name": "Pan", "reward": "Un pan", "stamps_required": 4}
    )
    who = await newcomer(site)
    first, second = await cafe.enroll(stamps=2), await other.enroll(stamps=4)
    await keep(site, who, first)
    await keep(site, who, second)
    page = await visit("/home", who=who, size=PHONE)
    links = page.get_by_role("list", name="Stamp cards").get_by_role("link")
    await expect(links).to_have_count(2)
    # The newest comes first, and says what is waiting.
    await expect(links.nth(0)).to_contain_text("Panadería Sol")
    await expect(links.nth(0)).to_contain_text("Ready: Un pan")
    await expect(links.nth(1)).to_contain_text("2 of 6")
    await links.nth(1).click()
    await page.wait_for_url("**/card*")
    await expect(page.get_by_role("img", name="2 of 6 stamps")).to_be_visible()
    await other.close()


async def test_a_card_is_taken_out_of_the_list(visit: Visit, site: Site, cafe: Cafe) -> None:
    who, guest = await newcomer(site), await cafe.enroll()
    await keep(site, who, guest)
    page = await visit("/home", who=who)
    await page.get_by_role("button", name=f"More about {cafe.name}").click()
    await page.get_by_role("menuitem", name="Take out of my list").click()
    await expect(page.get_by_role("heading", name="No cards yet")).to_be_visible()


async def test_nobody_is_told_how_to_get_a_card(visit: Visit) -> None:
    page = await visit("/home", size=PHONE)
    await expect(page.get_by_role("heading", name="No cards yet")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("Scan the poster")
    await expect(page.get_by_role("main").get_by_role("link", name="Sign in")).to_be_visible()


async def test_a_card_of_this_browser_comes_into_the_account(visit: Visit, site: Site, cafe: Cafe) -> None:
    guest, who = await cafe.enroll("Rosa Mamani", stamps=3), await newcomer(site)
    page = await visit("/home", size=PHONE)
    await open_card(page, guest)
    await page.goto("/home")
    here = page.get_by_role("region", name="Kept in this browser only")
    await expect(here.get_by_role("link", name=cafe.name)).to_contain_text("3 of 6")
    await axe(page)
    await here.get_by_role("link", name="Sign in").click()
    await page.get_by_label("E-mail").fill(who.email)
    await page.get_by_label("Password", exact=True).fill(who.password)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/home")
    await here.get_by_role("button", name="Keep in my account").click()
    await expect(here).to_be_hidden()
    await expect(page.get_by_role("list", name="Stamp cards").get_by_role("link")).to_have_count(1)
    # In another browser it is there as well.
    elsewhere = await visit("/home", who=who)
    await expect(elsewhere.get_by_role("list", name="Stamp cards").get_by_role("link")).to_contain_text("3 of 6")


async def test_without_a_network_the_list_of_last_time_is_shown(visit: Visit, site: Site, cafe: Cafe) -> None:
    visit.expect("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
    who, guest = await newcomer(site), await cafe.enroll(stamps=5)
    await keep(site, who, guest)
    page = await visit("/home", who=who, size=PHONE, service_worker=True)
    links = page.get_by_role("list", name="Stamp cards").get_by_role("link")
    await expect(links).to_contain_text("5 of 6")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    await page.context.set_offline(True)
    await expect(page.get_by_text("Offline. What you see may be old.")).to_be_visible()
    await page.reload()
    await expect(links).to_contain_text("5 of 6")
    await expect(page.get_by_text("You are seeing what this phone remembers")).to_be_visible()
    await axe(page)
    await page.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_text("You are seeing what this phone remembers")).to_be_hidden()
    # Whoever signs out leaves nothing behind.
    await page.get_by_role("button", name="Account of").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await page.wait_for_url(lambda url: url.endswith("/"))
    assert guest.token not in await page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.meets("W6", "P3")
async def test_it_can_be_installed(visit: Visit) -> None:
    page = await visit("/home")
    manifest = await page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())"
    )
    assert manifest["start_url"] == "/home"
    assert manifest["display"] == "standalone"
    sizes = {icon["sizes"] for icon in manifest["icons"]}
    assert {"192x192", "512x512"} <= sizes


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_can_be_used_by_everybody(
    visit: Visit, site: Site, cafe: Cafe, scheme: Literal["light", "dark"]
) -> None:
    who, guest = await newcomer(site), await cafe.enroll(stamps=2)
    await keep(site, who, guest)
    for size in (PHONE, DESKTOP):
        page = await visit("/home", who=who, color_scheme=scheme, size=size)
        await expect(page.get_by_role("list", name="Stamp cards")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
        await axe(page)
