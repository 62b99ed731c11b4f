"""Pictures of the screens, on a telephone and on a desk, in the light and in the dark: ``make screenshots``.

The site is the demo's own, filled as it fills itself. With names, as in ``python -m tests.browser.screenshots card``,
only those are taken, and ``--png`` lays them in ``.var/screenshots/`` as PNG, for looking at while one builds.
"""

import argparse
import asyncio
import contextlib
import io
import itertools
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from uuid import UUID

from PIL import Image
from playwright.async_api import Browser, Error, Page, async_playwright

from holdfast.demo.cafes import AURORA, GUEST, PASSWORD
from holdfast.demo.client import Client
from holdfast.demo.garage import OWNERS as GARAGE
from holdfast.demo.trickle import Trickle
from holdfast.kernel import embedded, ids
from tests.browser import visiting
from tests.browser.cafes import Person
from tests.browser.screens import SCREENS, Screen
from tests.browser.visiting import Visit

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "screenshots"
FOLDER = ROOT / ".var" / "screenshots"
SIZES = ((360, 740), (1440, 900))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_BYTES = 60_000
OPENING_SECONDS = 180.0
BUSY_SECONDS = 30.0
"""For so long guests come in before the first picture, so that it shows a café at work."""


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """The demo on a database of its own, made anew, with nobody at the counter; gives its address."""
    embedded.destroy(FOLDER / "postgres")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "DATABASE_"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "holdfast.cli", "demo", "--port", str(port), "--quiet"),
        env={**clean, "HOLDFAST_DATA_DIR": str(FOLDER), "HOLDFAST_CONFIG": os.devnull, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        printed = b""
        async with asyncio.timeout(OPENING_SECONDS):
            # The demo tells the password once everything is open.
            while PASSWORD.encode() not in printed:
                line = await process.stdout.readline()
                assert line, f"The demo did not open:\n{printed.decode()}"
                printed += line
        yield f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()
        embedded.destroy(FOLDER / "postgres")


async def places(url: str) -> tuple[UUID, dict[str, str]]:
    """The café's id, and what stands for the names in a screen's path; the member is a guest with a half full card."""
    async with Client(url) as owner:
        await owner.sign_in(AURORA.people[0].email, PASSWORD)
        (business,) = await owner.call("GET", "/api/tenants")
        tenant = business["tenant"]
        owner.act_in(tenant)
        found = (await owner.call("GET", f"/api/loyalty/businesses/{tenant}/customers", limit="100"))["items"]
        for guest in found:
            customer = await owner.call("GET", f"/api/loyalty/customers/{guest['id']}")
            if any(2 < card["stamps"] < card["stamps_required"] for card in customer["cards"]):
                break
        token = (await owner.call("POST", f"/api/loyalty/customers/{guest['id']}/card-token"))["token"]
    return UUID(tenant), {"slug": business["slug"], "member": guest["id"], "card": token, **await money(url)}


async def money(url: str) -> dict[str, str]:
    """What stands for the garage, and for what the guest has there, in a screen's path."""
    async with Client(url) as owner:
        await owner.sign_in(GARAGE[0].email, PASSWORD)
        (garage,) = await owner.call("GET", "/api/tenants")
        owner.act_in(garage["tenant"])
        wallet = (await owner.call("GET", "/api/payouts/wallets"))["items"][0]["wallet"]
    async with Client(url) as guest:
        await guest.sign_in(GUEST.email, PASSWORD)
        own = f"/api/own/{garage['tenant']}"
        invoice = (await guest.call("GET", f"{own}/invoices"))["items"][0]
        subscribed = (await guest.call("GET", f"{own}/subscriptions"))["items"][0]
    return {
        "garage": garage["slug"],
        "account": garage["tenant"],
        "wallet": wallet["id"],
        "invoice": invoice["id"],
        "subscription": subscribed["subscription"]["id"],
    }


def small(picture: bytes) -> bytes:
    """A picture as WebP, as good as fits into the most bytes that one may have."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for quality in range(90, 20, -10):
        packed = io.BytesIO()
        image.save(packed, "WEBP", quality=quality, method=6)
        if packed.tell() <= MOST_BYTES:
            break
    return packed.getvalue()


async def take(page: Page, screen: Screen, name: str, *, png: bool) -> None:
    """Take one picture of a page, once it is complete."""
    await page.locator(screen.shows).first.wait_for()
    if screen.before is not None:
        await screen.before(page)
    await page.evaluate("document.fonts.ready.then(() => null)")
    picture = await page.screenshot(animations="disabled", full_page=screen.whole)
    folder, content = (FOLDER, picture) if png else (PICTURES, small(picture))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.{'png' if png else 'webp'}"
    file.write_bytes(content)
    print(f"  {len(content):>7,}  {file.relative_to(ROOT)}", flush=True)


async def take_all(browser: Browser, url: str, screens: list[Screen], *, png: bool) -> int:
    """Take every picture of these screens; gives how many pages were in trouble, and tells of what kind."""
    tenant, stand_for = await places(url)
    people = {one.role: Person(ids.new(), one.name, one.email, tenant, PASSWORD) for one in AURORA.people}
    people["garage"] = Person(ids.new(), GARAGE[0].name, GARAGE[0].email, UUID(stand_for["account"]), PASSWORD)
    people[GUEST.role] = Person(ids.new(), GUEST.name, GUEST.email, None, PASSWORD)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(Trickle(url, AURORA, str(tenant)).run(), BUSY_SECONDS)
    troubled = 0
    for screen, size, scheme in itertools.product(screens, SIZES, SCHEMES):
        name = f"{screen.name}-{size[0]}-{scheme}"
        visit = Visit(browser, url)
        visit.expect(*screen.expect)
        try:
            page = await visit(
                screen.path.format(**stand_for),
                who=people[screen.who] if screen.who else None,
                size=size,
                color_scheme=scheme,
                locale=screen.locale,
            )
            await take(page, screen, name, png=png)
        except Error as error:
            visit.trouble.append(str(error))
        try:
            await visit.end()
        except AssertionError as trouble:
            troubled += 1
            print(f"{name}: {trouble}")
    return troubled


async def main(wanted: list[str], *, png: bool) -> int:
    """Take the pictures of the screens with those names, or of all; gives the exit code."""
    if visiting.CHROMIUM is None:
        print("There is no Chromium; install Debian's chromium or name one in HOLDFAST_CHROMIUM.")
        return 1
    screens = [screen for screen in SCREENS if not wanted or screen.name in wanted]
    async with demo() as url, async_playwright() as playwright:
        browser = await visiting.launch(playwright)
        try:
            return 1 if await take_all(browser, url, screens, png=png) else 0
        finally:
            await browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take the pictures of the screens.")
    parser.add_argument("names", nargs="*", help="of screens; all when absent")
    parser.add_argument("--png", action="store_true", help="as PNG into .var/screenshots")
    given = parser.parse_args()
    if not given.png and not given.names:
        shutil.rmtree(PICTURES, ignore_errors=True)
    sys.exit(asyncio.run(main(given.names, png=given.png)))
