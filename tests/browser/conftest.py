"""Fixtures of the browser tests: a running platform, one Chromium per test process, and visits of it.

A test asks for ``visit`` and ``site``, or for ``cafe``, which is open already::

    async def test_staff_stamp_a_card(visit: Visit, cafe: Cafe) -> None:
        guest = await cafe.enroll()
        page = await visit("/", who=await cafe.employ("staff"), size=PHONE)
        await expect(page.get_by_role("heading")).to_have_text("…")
        await axe(page)

A page with live updates is never idle on the network; wait for what a person would see instead.
"""

from collections.abc import AsyncIterator

import msgspec
import pytest
from playwright.async_api import Browser, Playwright, async_playwright

from holdfast import app
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests.browser import serving, visiting
from tests.browser.cafes import Cafe
from tests.browser.serving import Site
from tests.browser.visiting import Visit
from tests.conftest import SERVER, drop_database, make_database


@pytest.fixture(scope="session")
async def site(database_name: str, settings: Settings) -> AsyncIterator[Site]:
    """A real api and a real worker, on a database that no other test uses."""
    if not (app.WEB / "index.html").is_file():
        pytest.skip("The web application is not built; run `make web`.")
    if visiting.CHROMIUM is None:
        pytest.skip("There is no Chromium; install Debian's chromium or name one in HOLDFAST_CHROMIUM.")
    name = f"browser_{database_name}"
    where = await make_database(name)
    database = Database(where, msgspec.structs.replace(settings, pool_size=3))
    try:
        async with serving.running(database, where, SERVER.parent / f"browser-{SERVER.name}.log") as site_:
            yield site_
    finally:
        await database.close()
        await drop_database(name)


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """Playwright's driver."""
    async with async_playwright() as playwright_:
        yield playwright_


@pytest.fixture(scope="session")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """The Chromium of this test process; ``visiting.launch`` starts another, for a test that needs its own flags."""
    browser_ = await visiting.launch(playwright)
    yield browser_
    await browser_.close()


@pytest.fixture
async def visit(browser: Browser, site: Site) -> AsyncIterator[Visit]:
    """``page = await visit("/", who=…)``; the test fails at its end for trouble in any page that it did not expect."""
    visit_ = Visit(browser, site.url)
    yield visit_
    await visit_.end()


@pytest.fixture
async def cafe(site: Site) -> AsyncIterator[Cafe]:
    """A café of the test's own, with an owner and a program of six stamps."""
    cafe_ = await Cafe.open(site)
    yield cafe_
    await cafe_.close()
