"""The screens that the documentation shows: where each is, and who looks at it. A new screen is a line here.

``garage`` is the owner of the demo's garage, whose business lives by subscriptions.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
from playwright.async_api import Page

Role = Literal["owner", "manager", "staff", "guest", "garage"]


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """One screen of the demo's first café."""

    name: str
    """The beginning of the file's name."""
    path: str
    """Where it is. ``{slug}`` is the café's short name, ``{member}`` a member's id, ``{card}`` opens their card;
    ``{garage}`` and ``{account}`` are the garage, ``{invoice}`` and ``{subscription}`` what the guest has there."""
    who: Role | None = None
    """Who is signed in; nobody when absent."""
    shows: str
    """A selector of what is visible when the screen is complete, such as ``text=Members`` or ``role=heading``."""
    before: Callable[[Page], Awaitable[None]] | None = None
    """What to do on the page first, such as opening a dialogue."""
    expect: tuple[str, ...] = ()
    """Trouble that belongs to the screen, as ``Visit.expect`` takes it."""
    locale: str = "en-US"
    whole: bool = False
    """The whole length of the page, instead of what fits into the window."""


async def pair(page: Page) -> None:
    """The owner makes this phone a stamper."""
    await page.get_by_role("region", name="This is my own phone").get_by_role("button").first.click()
    await page.get_by_role("button", name="Turn the camera on").wait_for()


async def draw(page: Page) -> None:
    """Wait for the charts, which come after the figures."""
    await page.locator(".recharts-surface").first.wait_for()
    await page.wait_for_timeout(1000)


async def prove(page: Page) -> None:
    """Let the books be verified."""
    await page.get_by_role("button", name="Verify").click()
    await page.get_by_role("status").filter(has_text="proven").wait_for()


NUMBER = r"role=main >> text=/20\d\d-\d{6}/ >> visible=true"
"""The number of an invoice, in a table or on a card."""

SCREENS = [
    Screen(name="welcome", path="/", shows="role=heading"),
    Screen(name="sign-in", path="/sign-in", shows="role=heading"),
    Screen(name="register", path="/register", shows="role=heading"),
    Screen(name="home", path="/home", who="guest", shows="role=article"),
    Screen(name="account", path="/account", who="guest", shows="role=heading"),
    Screen(name="start", path="/start", who="owner", shows="role=heading"),
    Screen(name="dashboard", path="/console/{slug}/loyalty", who="owner", shows="text=Visits today", before=draw),
    Screen(name="members", path="/console/{slug}/loyalty/members", who="owner", shows="role=row"),
    Screen(name="member", path="/console/{slug}/loyalty/members/{member}", who="owner", shows="role=article"),
    Screen(name="programs", path="/console/{slug}/loyalty/programs", who="owner", shows="text=Tarjeta Aurora"),
    Screen(name="poster", path="/console/{slug}/loyalty/poster", who="owner", shows="role=region"),
    Screen(name="staff", path="/console/{slug}/loyalty/staff", who="owner", shows="text=Nayra Poma"),
    Screen(name="devices", path="/console/{slug}/loyalty/devices", who="owner", shows="role=heading"),
    Screen(name="people", path="/console/{slug}/people", who="owner", shows="text=Bruno Tello"),
    Screen(name="settings", path="/console/{slug}/settings", who="owner", shows="role=heading"),
    Screen(name="stamper", path="/stamper", who="owner", shows="text=This is my own phone", before=pair),
    Screen(name="card", path="/card#{card}", shows=".code-picture", locale="es-PE"),
    Screen(name="join", path="/join/{slug}", shows="form", locale="es-PE"),
    Screen(name="money", path="/console/{garage}/money", who="garage", shows="role=main", before=draw),
    Screen(name="payments", path="/console/{garage}/money/payments", who="garage", shows=NUMBER),
    Screen(name="invoices", path="/console/{garage}/money/invoices", who="garage", shows=NUMBER),
    Screen(name="invoice", path="/console/{garage}/money/invoices/{invoice}", who="garage", shows="role=table"),
    Screen(
        name="subscription",
        path="/console/{garage}/money/subscriptions/{subscription}",
        who="garage",
        shows="role=main >> role=heading",
    ),
    Screen(name="plans", path="/console/{garage}/money/plans", who="garage", shows="role=main >> text=Flota"),
    Screen(
        name="reconciliation",
        path="/console/{garage}/money/reconciliation",
        who="garage",
        shows="role=main >> role=heading >> nth=1",
    ),
    Screen(name="payouts", path="/console/{garage}/money/payouts", who="garage", shows="text=Familia Ortega"),
    Screen(name="wallet", path="/console/{garage}/money/payouts/{wallet}", who="garage", shows="role=tab[selected]"),
    Screen(name="books", path="/console/{garage}/money/books", who="garage", shows="role=table", before=prove),
    Screen(name="own-money", path="/home/money/{account}", who="guest", shows="role=main >> role=heading"),
    Screen(
        name="own-subscription",
        path="/home/money/{account}/subscriptions/{subscription}",
        who="guest",
        shows="role=main >> role=heading",
    ),
]
