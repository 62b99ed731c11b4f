"""How a person gets in, for the tests of it: the mails are those of the sandbox's mailbox."""

import asyncio
import re

from playwright.async_api import Locator, Page, expect

from holdfast.kernel import ids
from tests import web
from tests.browser.cafes import Person
from tests.browser.serving import Site

PASSWORD = "tres cafés con leche"


def address() -> str:
    """An address that nobody has."""
    return f"p{ids.new().hex}@example.com"


async def sign_in(page: Page, who: Person, password: str | None = None) -> None:
    """Fill in the sign-in page, and send it."""
    # The page before may have a field of the same name.
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.get_by_label("E-mail").fill(who.email)
    await page.get_by_label("Password", exact=True).fill(password or who.password)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()


async def register(page: Page, email: str, *, name: str = "Rosa Mamani", password: str = PASSWORD) -> None:
    """Fill in the registration, and send it."""
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Make account").click()


def told(page: Page) -> Locator:
    """What the page says without being asked."""
    return page.get_by_role("main").get_by_role("status")


async def mailbox(page: Page) -> None:
    """Open the drawer with the mails that no mail server sends here."""
    await page.get_by_role("button", name="Open the sandbox mailbox").click()


async def code_from_mailbox(page: Page) -> str:
    """The six digits of the newest mail, as a newcomer finds them."""
    await mailbox(page)
    mail = page.get_by_role("dialog").get_by_role("listitem").first
    await expect(mail).to_contain_text("is your code")
    found = re.search(r"\b\d{6}\b", await mail.inner_text())
    assert found is not None
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    return found[0]


async def mailed(site: Site, email: str, subject: str) -> str:
    """The token in the link of a mail, once it has arrived."""
    async with site.visitor() as client:
        for _ in range(200):
            for mail in await web.mails(client, email):
                if subject in mail["subject"]:
                    return web.link(mail)
            await asyncio.sleep(0.05)
    raise AssertionError(f"No mail about {subject!r} came to {email}.")
