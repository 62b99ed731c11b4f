"""The application starts in a browser: its script runs under our policy, and it shows something to whoever comes."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.browser.cafes import Cafe
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_the_application_starts(visit: Visit, size: tuple[int, int]) -> None:
    page = await visit("/", size=size)
    await expect(page.get_by_role("heading").first).to_be_visible()


async def test_a_person_is_signed_in_and_works_somewhere(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll(stamps=2)
    staff = await cafe.employ("staff")
    page = await visit("/", who=staff, size=PHONE, locale="es-PE")
    answer = await page.request.get("/api/auth/me", headers={"Holdfast-Tenant": str(cafe.id)})
    me = await answer.json()
    assert answer.ok, me
    assert (me["user"]["name"], "loyalty.stamp" in me["grants"]) == (staff.name, True)
    shown = await page.request.get("/api/loyalty/card", headers={"Holdfast-Card": guest.token})
    assert (await shown.json())["cards"][0]["stamps"] == 2
    # The worker works as well: what happened is on the dashboard a moment later.
    async with asyncio.timeout(30):
        while (await cafe.ask("GET", "/api/loyalty/dashboard/metrics"))["visits"] != 2:
            await asyncio.sleep(0.05)


async def test_trouble_in_a_page_is_noticed(browser: Browser, site: Site) -> None:
    visit = Visit(browser, site.url)
    page = await visit("/", color_scheme="dark", storage={"seen": 'it\'s "this"'})
    assert await page.evaluate("[matchMedia('(prefers-color-scheme: dark)').matches, localStorage.seen]") == [
        True,
        'it\'s "this"',
    ]
    await page.evaluate(
        "async () => { console.error('that is bad'); setTimeout(() => { throw new Error('and that'); });"
        "await fetch('/api/nothing'); await fetch('http://127.0.0.1:1/').catch(() => null);"
        "const script = document.createElement('script'); script.textContent = '1'; document.body.append(script); }"
    )
    with pytest.raises(AssertionError) as trouble:
        await visit.end()
    for line in ("console: that is bad", "exception: and that", "404 GET http", "Content Security Policy"):
        assert line in str(trouble.value)
    visit.expect("^console", "^exception", "^404 GET .*/api/nothing$")
    await visit.end()


async def test_axe_sees_what_nobody_can_read(visit: Visit) -> None:
    page = await visit("/")
    await expect(page.get_by_role("heading").first).to_be_visible()
    await axe(page)
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<main><button></button></main>')")
    with pytest.raises(AssertionError, match=r"button-name \(critical\)"):
        await axe(page)
    await axe(page, leaving_out=("button-name",))
