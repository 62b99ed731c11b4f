"""The treasury in a browser: books that are proven at the press of a button, payouts that somebody else approves."""

import re
from typing import Literal
from uuid import UUID

import pytest
from playwright.async_api import expect

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import transaction
from holdfast.shared.payouts import destinations, earnings, payouts, preferences, wallets
from tests.browser.cafes import Cafe
from tests.browser.tills import Till
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

IBAN = "ES9121000418450200051332"


async def requested(cafe: Cafe) -> str:
    """A party has earned something, and somebody asked for a part of it; gives the payout's id."""
    async with transaction(cafe.site.database, cafe.id) as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=100, holding_days=0, two_approvals_above=None, rail="sandbox")
        )
        wallet = await wallets.open_wallet(
            tx, kind="partner", party_id=ids.new(), name="Familia Ortega", currency="PEN"
        )
        await earnings.credit(tx, wallet, amount=Money(90_000, "PEN"), code="test.share", id=ids.new())
        account = await destinations.add(tx, wallet, destinations.New(holder="Familia Ortega", country="ES", iban=IBAN))
        payout = await payouts.request(tx, wallet.id, amount=Money(60_000, "PEN"), destination_id=account.id)
    return str(payout.id)


async def test_a_payout_is_approved_and_leaves(visit: Visit, cafe: Cafe) -> None:
    await requested(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=DESKTOP)
    await expect(page.get_by_text("Waits for approval")).to_be_visible()
    await expect(page.get_by_text(IBAN)).to_be_hidden()
    await page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Familia Ortega")
    await dialog.get_by_role("button", name="Approve").click()
    await expect(dialog).to_be_hidden()
    await page.reload()
    await expect(page.get_by_role("table").get_by_text("Paid", exact=True)).to_be_visible()


async def test_a_rejection_says_why_and_the_amount_is_there_again(visit: Visit, cafe: Cafe) -> None:
    await requested(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=DESKTOP)
    await page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why").fill("The account is not theirs")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(page.get_by_role("table").get_by_text("The account is not theirs")).to_be_visible()


async def test_the_books_are_proven_at_the_press_of_a_button(visit: Visit, cafe: Cafe) -> None:
    await requested(cafe)
    page = await visit(f"/console/{cafe.slug}/money/books", who=cafe.owner, size=DESKTOP)
    await page.get_by_role("button", name="Verify the books").click()
    await expect(page.get_by_text("The books are proven")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Wallets")).first.click()
    await expect(page.get_by_role("dialog")).to_contain_text("Entries of Wallets")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_them(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    await requested(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=size, color_scheme=scheme)
    await expect(page.get_by_text("Familia Ortega").first).to_be_visible()
    await axe(page)
    await page.goto(f"/console/{cafe.slug}/money/books")
    await expect(page.get_by_text("Trial balance")).to_be_visible()
    await axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."


async def test_the_sandbox_lets_things_happen(visit: Visit, cafe: Cafe) -> None:
    till = Till(cafe, UUID((await cafe.ask("POST", "/api/payments/connections", {"provider": "sandbox-stripe"}))["id"]))
    payment = await till.wanted(await till.payer())
    link = await cafe.ask("POST", f"/api/payments/{payment}/checkout", {"return_url": f"/console/{cafe.slug}/money"})
    page = await visit(link["url"].removeprefix(cafe.site.url), who=cafe.owner, size=DESKTOP)
    await page.get_by_role("button", name=re.compile("4242 4242 4242 4242")).click()
    await page.wait_for_url("**/money")
    await page.goto(f"/console/{cafe.slug}/money/sandbox")
    await page.get_by_role("button", name="Refund").click()
    await expect(page.get_by_role("button", name="Refund")).to_be_hidden()
    await page.get_by_role("button", name="Dispute").click()
    await page.get_by_role("button", name="We win").click()
    await expect(page.get_by_role("table").get_by_text("won")).to_be_visible()
    await axe(page)
