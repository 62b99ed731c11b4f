"""Visits of a browser: a page in a context of its own, watched for trouble; and axe, which reads it as WCAG would."""

import os
import re
import shutil
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, WebError

from tests import accounts, web
from tests.browser.cafes import Person

ROOT = Path(__file__).parents[2]
# Read before any test begins, because tests see nothing of a developer's settings.
CHROMIUM = os.environ.get("HOLDFAST_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A camera that shows a test picture; a page gets it only where the visit says permissions=["camera"].
    "--use-fake-device-for-media-stream",
)
PHONE = (360, 740)
DESKTOP = (1280, 800)
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def launch(playwright: Playwright, *flags: str) -> Browser:
    """Start Chromium, perhaps with further flags; without a Chromium the test is skipped."""
    if CHROMIUM is None:
        pytest.skip("There is no Chromium; install Debian's chromium or name one in HOLDFAST_CHROMIUM.")
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


class Visit:
    """Opens pages, and tells what went wrong in any of them.

    ``page = await visit("/programs", who=cafe.owner, size=PHONE)``. An error in the console, an exception, a request
    that failed and an answer of 4xx or 5xx are trouble, and fail the test when it ends, unless it said before that it
    expects them: ``visit.expect(r"^409 POST .*/stamps")``.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.trouble: list[str] = []
        self._browser = browser
        self._url = url
        self._expected: list[re.Pattern[str]] = []
        self._contexts: list[BrowserContext] = []

    async def __call__(
        self,
        path: str = "/",
        *,
        who: Person | None = None,
        size: tuple[int, int] = DESKTOP,
        color_scheme: Literal["light", "dark"] = "light",
        locale: str = "en-US",
        storage: dict[str, str] | None = None,
        service_worker: bool = False,
        **options: Any,
    ) -> Page:
        """Open a path in a fresh context and give the page, loaded but perhaps not yet filled with data.

        Args:
            path: on the site; more pages of the same browser come from ``page.context.new_page()``.
            who: signed in as this person, by a real sign-in; nobody when absent.
            size: of the window, in CSS pixels.
            color_scheme: what the person's system prefers.
            locale: the browser's language.
            storage: what the browser's localStorage holds before any script runs.
            service_worker: let the page install its service worker; then what is cached comes without the network.
            options: of Playwright's ``new_context``, such as ``permissions=["camera"]`` or ``has_touch=True``.
        """
        width, height = size
        stored = [{"name": name, "value": value} for name, value in (storage or {}).items()]
        context = await self._browser.new_context(
            **{
                "base_url": self._url,
                "viewport": {"width": width, "height": height},
                "color_scheme": color_scheme,
                "locale": locale,
                "storage_state": {"cookies": [], "origins": [{"origin": self._url, "localStorage": stored}]},
                "timezone_id": "America/Lima",
                # What still moves has no colours that could be judged, and costs a test its time.
                "reduced_motion": "reduce",
                "service_workers": "allow" if service_worker else "block",
                **options,
            }
        )
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        self._watch(context)
        if who is not None:
            await sign_in(context, self._url, who)
        else:
            # The application asks who is there, and is told that nobody is.
            self.expect(r"^401 GET \S+/api/auth/me$")
        page = await context.new_page()
        await page.goto(path)
        return page

    def expect(self, *patterns: str) -> None:
        """What the test knows will go wrong: patterns found in lines of trouble such as ``401 GET http://…``."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    async def end(self) -> None:
        """Close everything, and fail for trouble that nobody expected."""
        for context in self._contexts:
            await context.close()
        trouble = [line for line in self.trouble if not any(pattern.search(line) for pattern in self._expected)]
        assert not trouble, "The page was in trouble:\n  " + "\n  ".join(trouble)

    def _watch(self, context: BrowserContext) -> None:
        def console(message: ConsoleMessage) -> None:
            # An answer of 4xx is also told in the console, without saying of what; it is told better below.
            if message.type == "error" and not message.text.startswith("Failed to load resource"):
                self.trouble.append(f"console: {message.text}")

        def error(error: WebError) -> None:
            self.trouble.append(f"exception: {error.error}")

        def failed(request: Request) -> None:
            # A page that is left, or a component that is gone, takes its questions back.
            if request.failure != "net::ERR_ABORTED":
                self.trouble.append(f"failed {request.method} {request.url}: {request.failure}")

        def answered(response: Response) -> None:
            if response.status >= 400:
                self.trouble.append(f"{response.status} {response.request.method} {response.url}")

        context.on("console", console)
        context.on("weberror", error)
        context.on("requestfailed", failed)
        context.on("response", answered)


async def sign_in(context: BrowserContext, url: str, who: Person) -> None:
    """Sign a context in as somebody: the cookies are those of a sign-in over HTTP."""
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        account = accounts.Account(who.id, who.email)
        await web.sign_in(client, account, as_program=False, tenant=who.tenant, password=who.password)
        for name, value in client.cookies.items():
            secret = name.endswith("session")
            await context.add_cookies(
                [{"name": name, "value": value, "url": url, "httpOnly": secret, "sameSite": "Lax"}]
            )


async def axe(page: Page, *, leaving_out: tuple[str, ...] = (), within: str | None = None) -> None:
    """Fail for everything on the page that breaks a rule of WCAG 2.2 AA that a program can see.

    Args:
        page: as it is now; wait for its data first.
        leaving_out: ids of rules, each with its reason beside it in the test.
        within: a selector of the part to look at; the whole page when absent.
    """
    await page.evaluate(AXE.read_text())
    rules = {rule: {"enabled": False} for rule in leaving_out}
    found = await page.evaluate(
        "([within, options]) => axe.run(within ?? document, options)",
        [within, {"runOnly": {"type": "tag", "values": WCAG}, "rules": rules, "resultTypes": ["violations"]}],
    )
    lines = [
        f"{broken['id']} ({broken['impact']}): {broken['help']}\n    {' '.join(map(str, node['target']))}"
        f"\n    {node['html'][:200]}\n    {node['failureSummary'].splitlines()[-1].strip()}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]
    assert not lines, f"{page.url} at {page.viewport_size}:\n  " + "\n  ".join(lines)
