"""The owner's dashboard: its figures, that it follows what happens elsewhere, and that a lost network costs nothing."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from playwright.async_api import Page, Route, expect

from holdfast import app
from tests.browser.cafes import Cafe
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

LIVE_MS = 10_000
"""How long an update may take in a test; a person waits for less than a second."""


def dashboard(cafe: Cafe, query: str = "") -> str:
    return f"/console/{cafe.slug}/loyalty{query}"


async def shows(page: Page, label: str, figure: str) -> None:
    """Wait until a tile has a figure."""
    tiles = page.get_by_role("list", name="Figures").get_by_role("listitem")
    tile = tiles.filter(has=page.get_by_text(label, exact=True))
    await expect(tile.get_by_text(figure, exact=True)).to_be_visible(timeout=LIVE_MS)


@asynccontextmanager
async def without_reload(page: Page) -> AsyncIterator[None]:
    """Fail if the page was loaded anew within the block."""
    await page.evaluate("window.stillHere = true")
    yield
    assert await page.evaluate("window.stillHere === true")


async def live(page: Page) -> None:
    """Wait until the page says that it follows what happens."""
    await expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIVE_MS)


@pytest.mark.meets("L28", "W29")
async def test_what_happens_elsewhere_shows_without_a_reload(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=1)
    owner = await visit(dashboard(cafe), who=cafe.owner)
    await shows(owner, "Visits today", "1")
    await live(owner)
    async with without_reload(owner):
        staff = await visit(f"/console/{cafe.slug}/loyalty/members/{rosa.id}", who=await cafe.employ("staff"))
        await staff.get_by_role("button", name="Stamp", exact=True).click()
        await expect(staff.get_by_role("img", name="2 of 6 stamps")).to_be_visible()
        feed = owner.get_by_role("region", name="Happening now")
        await expect(feed.get_by_role("listitem").first).to_contain_text("Stamp 2 of 6", timeout=LIVE_MS)
        await expect(feed.get_by_role("listitem").first).to_contain_text("Nayra Poma")
        await shows(owner, "Visits today", "2")
        luis = await cafe.enroll("Luis Poma", stamps=6)
        await shows(owner, "Members", "2")
        await shows(owner, "Rewards to be had", "1")
        await expect(feed.get_by_role("link", name=luis.name).first).to_be_visible()


@pytest.mark.meets("L28", "W29")
async def test_a_member_who_is_looked_at_follows_too(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani")
    page = await visit(f"/console/{cafe.slug}/loyalty/members/{rosa.id}", who=cafe.owner)
    await expect(page.get_by_role("img", name="0 of 6 stamps")).to_be_visible()
    await live(page)
    async with without_reload(page):
        await cafe.stamp(rosa, times=2)
        await expect(page.get_by_role("img", name="2 of 6 stamps")).to_be_visible(timeout=LIVE_MS)
        await expect(page.get_by_text("Stamp 2 of 6")).to_be_visible()


@pytest.mark.meets("L28")
async def test_a_network_that_was_away_is_caught_up_with(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=1)
    visit.expect(r"ERR_INTERNET_DISCONNECTED", r"ERR_NETWORK_CHANGED")
    page = await visit(dashboard(cafe), who=cafe.owner)
    await shows(page, "Visits today", "1")
    await expect(page.locator(".recharts-surface").first).to_be_visible()
    await live(page)
    async with without_reload(page):
        await page.context.set_offline(True)
        await expect(page.get_by_text("Offline. What you see may be old.")).to_be_visible()
        await expect(page.get_by_text("Live", exact=True)).to_be_hidden()
        await cafe.stamp(rosa, times=3)
        # What was there stays there.
        await shows(page, "Visits today", "1")
        await page.context.set_offline(False)
        await live(page)
        await expect(page.get_by_text("Offline. What you see may be old.")).to_be_hidden()
        await shows(page, "Visits today", "4")
        feed = page.get_by_role("region", name="Happening now")
        await expect(feed.get_by_text("Stamp 4 of 6")).to_be_visible(timeout=LIVE_MS)


async def test_a_chart_that_was_lost_with_the_network_comes_with_it(visit: Visit, cafe: Cafe) -> None:
    await cafe.enroll("Rosa Mamani", stamps=1)
    visit.expect(r"ERR_INTERNET_DISCONNECTED", r"ERR_NETWORK_CHANGED")
    page = await visit("/account", who=cafe.owner)
    charts = next(file.name for file in (app.WEB / "assets").glob("*.js") if "recharts-wrapper" in file.read_text())
    lost = asyncio.Event()

    async def lose(route: Route) -> None:
        await page.context.set_offline(True)
        await route.abort("internetdisconnected")
        lost.set()

    await page.context.route(f"**/{charts}", lose, times=1)
    await page.goto(dashboard(cafe))
    await asyncio.wait_for(lost.wait(), 20)
    await expect(page.get_by_text("Offline. What you see may be old.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_have_text("How we are doing")
    # The browser remembers that the part did not come, so the page may load itself anew for it.
    await page.context.set_offline(False)
    await expect(page.locator(".recharts-surface").first).to_be_visible()
    await shows(page, "Visits today", "1")


async def test_two_businesses_never_hear_of_each_other(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(site, name="Café Sur")
    await other.enroll("Inés Rojas")
    page = await visit(dashboard(cafe), who=cafe.owner)
    await live(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    guest = await other.enroll("Hugo Tello")
    await other.stamp(guest, times=3)
    # An event of one's own comes after those of the other, so what they did would have been heard before it.
    await cafe.enroll("Rosa Mamani")
    await shows(page, "Members", "1")
    await expect(page.get_by_text("Hugo Tello")).to_be_hidden()
    assert not [url for url in asked if str(other.id) in url]
    await other.close()


@pytest.mark.meets("L102", "L103", "L21")
async def test_the_figures_are_those_of_the_api(visit: Visit, cafe: Cafe) -> None:
    guests = [await cafe.enroll(name, stamps=stamps) for name, stamps in (("Rosa", 6), ("Luis", 2), ("Inés", 0))]
    reward = (await cafe.ask("GET", f"/api/loyalty/customers/{guests[0].id}"))["rewards"][0]
    await cafe.ask("POST", f"/api/loyalty/rewards/{reward['id']}/redemption", {})
    page = await visit(dashboard(cafe), who=cafe.owner)
    await shows(page, "Visits", "8")
    await shows(page, "Members", "3")
    await shows(page, "Active", "2")
    await shows(page, "At risk", "0")
    await shows(page, "Rewards to be had", "0")
    await shows(page, "Rewards redeemed", "1")
    await expect(page.get_by_text("Too early to say")).to_be_visible()
    cohort = page.get_by_role("region", name="Month by month").get_by_role("row").nth(1)
    await expect(cohort).to_contain_text("2", timeout=LIVE_MS)
    await expect(cohort).to_contain_text("100%")
    # Every chart says the same in words, for those who cannot see it.
    visits = page.get_by_role("table", name="Visits per day").get_by_role("row")
    await expect(visits).to_have_count(31)
    await expect(visits.last).to_contain_text("8")


async def test_window_and_program_stand_in_the_address(visit: Visit, cafe: Cafe) -> None:
    await cafe.enroll("Rosa Mamani", stamps=1)
    tea = await cafe.open_program(name="Tarjeta de té")
    page = await visit(dashboard(cafe), who=cafe.owner)
    await page.get_by_text("7 days", exact=True).click()
    await expect(page).to_have_url(re.compile(r"\?days=7$"))
    await page.get_by_role("combobox", name="Program").select_option("Tarjeta de té")
    await expect(page).to_have_url(re.compile(rf"days=7&program={tea['id']}$"))
    await shows(page, "Cards", "0")
    await page.reload()
    await shows(page, "Cards", "0")
    await expect(page.get_by_role("radio", name="7 days")).to_be_checked()
    await page.get_by_role("combobox", name="Program").select_option("All programs")
    await page.get_by_text("30 days", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/loyalty$"))
    await shows(page, "Members", "1")


async def test_a_new_business_is_shown_the_way(visit: Visit, cafe: Cafe) -> None:
    page = await visit(dashboard(cafe), who=cafe.owner)
    await expect(page.get_by_role("heading", name="Ready for your first guest")).to_be_visible()
    poster = page.get_by_role("main").get_by_role("link", name="Print the poster")
    await expect(poster).to_have_attribute("href", f"/console/{cafe.slug}/loyalty/poster")
    await expect(page.get_by_role("main").get_by_role("link", name="Open the stamper")).to_be_visible()
    await axe(page)
    await live(page)
    async with without_reload(page):
        # The first guest takes the place of the advice.
        await cafe.enroll("Rosa Mamani", stamps=1)
        await shows(page, "Members", "1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_everybody_can_read_it(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    await cafe.enroll("Rosa Mamani", stamps=7)
    page = await visit(dashboard(cafe), who=cafe.owner, size=size, color_scheme=scheme, locale="es-PE")
    await expect(page.get_by_role("heading", name="Cómo nos va")).to_be_visible()
    await expect(page.get_by_role("region", name="Ahora mismo").get_by_role("listitem").first).to_be_visible()
    await expect(page.locator(".recharts-surface").first).to_be_attached()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await axe(page)


async def test_staff_see_who_stamped(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani")
    given = await cafe.stamp(rosa, times=4)
    for stamp in given[:3]:
        await cafe.ask("POST", f"/api/loyalty/stamps/{stamp['id']}/void", {"reason": "A slip of the finger"})
    page = await visit(f"/console/{cafe.slug}/loyalty/staff", who=cafe.owner)
    row = page.get_by_role("row").filter(has_text="Elena Paredes")
    await expect(row).to_contain_text("3 (75%)", timeout=LIVE_MS)
    await page.get_by_text("7 days", exact=True).click()
    await expect(page).to_have_url(re.compile(r"\?days=7$"))
    await expect(row).to_contain_text("3 (75%)")
    await axe(page)
    phone = await visit(f"/console/{cafe.slug}/loyalty/staff", who=cafe.owner, size=PHONE, color_scheme="dark")
    await expect(phone.get_by_text("3 (75%) taken back")).to_be_visible()
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await axe(phone)
