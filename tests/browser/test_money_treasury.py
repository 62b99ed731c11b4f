"""The treasury in a browser: proven books, and the wallets of parties, whose payouts somebody else approves."""

import re
from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest
from playwright.async_api import expect

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import transaction
from holdfast.shared.payouts import destinations, earnings, files, payouts, preferences, wallets
from tests.browser.cafes import Cafe
from tests.browser.tills import Till
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

IBAN = "ES9121000418450200051332"
OTHER_IBAN = "GB29NWBK60161331926819"
WIDE = (1440, 900)


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


async def earned(cafe: Cafe, *, rail: preferences.RailName = "sandbox") -> wallets.Wallet:
    """A party has earned what can be paid out, what waits for its day, and what was taken back in part."""
    async with transaction(cafe.site.database, cafe.id) as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=100, holding_days=0, two_approvals_above=None, rail=rail)
        )
        wallet = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Familia Ortega", currency="PEN")
        today = await wallets.today(tx)
        for minor, description, waits in ((90_000, "Policy no. 7", 0), (4_200, None, 9)):
            await earnings.credit(
                tx,
                wallet,
                amount=Money(minor, "PEN"),
                code="test.commission",
                id=ids.new(),
                description=description,
                available_on=today + timedelta(days=waits),
            )
        sold = ids.new()
        await earnings.credit(tx, wallet, amount=Money(6_000, "PEN"), code="test.sale", id=sold)
        await earnings.claw_back(tx, sold, id=ids.new(), amount=Money(1_500, "PEN"))
    return wallet


async def named(cafe: Cafe, wallet: wallets.Wallet, iban: str = IBAN) -> destinations.Destination:
    """A bank account of a party."""
    async with transaction(cafe.site.database, cafe.id) as tx:
        return await destinations.add(tx, wallet, destinations.New(holder=wallet.name, country="ES", iban=iban))


async def taken_to_the_bank(cafe: Cafe, wallet: wallets.Wallet, *minors: int) -> None:
    """Payouts that were approved, and left together in a file."""
    to = await named(cafe, wallet)
    async with transaction(cafe.site.database, cafe.id) as tx:
        for minor in minors:
            payout = await payouts.request(tx, wallet.id, amount=Money(minor, "PEN"), destination_id=to.id)
            payout = await tx.get(payouts.Payout, payout.id, lock=True)
            await payouts.moved(tx, payout, payouts.Status.approved)
        await files.make(tx, currency="PEN", format="csv")


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


async def test_a_wallet_says_what_was_earned_and_what_moved(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=DESKTOP)
    await page.get_by_role("link", name="Familia Ortega").click()
    await expect(page.get_by_role("heading", name="Familia Ortega", level=1)).to_be_visible()
    await page.wait_for_url(f"**/money/payouts/{wallet.id}")
    await expect(page.get_by_text("Agent · PEN", exact=True)).to_be_visible()
    rows = page.get_by_role("table", name="Earned").get_by_role("row")
    await expect(rows.filter(has_text="Policy no. 7")).to_contain_text("PEN\u00a0900.00")
    await expect(rows.filter(has_text="Policy no. 7")).to_contain_text("Can be paid out")
    await expect(rows.filter(has_text="Commission")).to_contain_text("From ")
    await expect(rows.filter(has_text="Earning")).to_contain_text("PEN\u00a015.00 taken back")
    await page.get_by_role("tab", name="What moved").click()
    moved = page.get_by_role("table", name="What moved").get_by_role("row")
    await expect(moved.filter(has_text="Earned · Policy no. 7")).to_contain_text("+PEN\u00a0900.00")
    # Whoever is sent the address sees the same.
    await page.wait_for_url("**?tab=moves")
    await page.reload()
    await expect(moved.filter(has_text="Taken back by the business")).to_contain_text("-PEN\u00a015.00")


async def test_a_statement_is_of_the_days_that_are_chosen(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts/{wallet.id}?tab=statement", who=cafe.owner, size=DESKTOP)
    panel = page.get_by_role("tabpanel", name="Statement")
    for label, amount in (("At the start", "0.00"), ("Came in", "960.00"), ("At the end", "945.00")):
        await expect(panel).to_contain_text(f"{label}PEN\u00a0{amount}")
    await expect(panel).to_contain_text("Went out-PEN\u00a015.00")
    rows = panel.get_by_role("table", name="Statement").get_by_role("row")
    await expect(rows.filter(has_text="Earned · Policy no. 7")).to_contain_text("+PEN\u00a0900.00")
    await panel.get_by_role("combobox", name="Period").click()
    await page.get_by_role("option", name="Other days").click()
    await panel.get_by_label("From").fill("2020-05-31")
    await expect(panel.get_by_role("status")).to_have_text("A statement is of a year at most.")
    await panel.get_by_label("To", exact=True).fill("2020-05-30")
    await expect(panel.get_by_role("status")).to_have_text("The last day is before the first.")
    await expect(panel.get_by_role("button", name="Print or save")).to_be_disabled()
    await panel.get_by_label("To", exact=True).fill("2020-06-30")
    await expect(panel.get_by_role("heading", name="May 31, 2020 to Jun 30, 2020")).to_be_visible()
    await expect(panel).to_contain_text("Nothing moved in this time.")


async def test_only_the_statement_is_printed(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe)
    path = f"/console/{cafe.slug}/money/payouts/{wallet.id}?tab=statement"
    page = await visit(path, who=cafe.owner, size=DESKTOP, color_scheme="dark")
    await expect(page.get_by_role("table", name="Statement")).to_be_visible()
    await page.emulate_media(media="print", color_scheme="dark")
    await expect(page.get_by_text("Earned · Policy no. 7")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_hidden()
    await expect(page.get_by_role("tab", name="Earned")).to_be_hidden()
    await expect(page.get_by_role("button")).to_have_count(0)
    ink = await page.get_by_text("Earned · Policy no. 7").evaluate("(words) => getComputedStyle(words).color")
    assert ink == "rgb(31, 33, 29)", "It is printed in the colours of a dark screen."


async def test_an_account_is_named_and_removed(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe)
    async with transaction(cafe.site.database, cafe.id) as tx:
        other = await wallets.open_wallet(tx, kind="partner", party_id=ids.new(), name="Otra", currency="PEN")
    await named(cafe, other, OTHER_IBAN)
    page = await visit(f"/console/{cafe.slug}/money/payouts/{wallet.id}", who=cafe.owner, size=PHONE)
    accounts = page.get_by_role("region", name="Bank accounts")
    await expect(accounts).to_contain_text("Without one nothing can be paid out.")
    await accounts.get_by_role("button", name="Add an account").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("textbox", name="Account holder")).to_have_value("Familia Ortega")
    await dialog.get_by_text("IBAN", exact=True).click()
    await dialog.get_by_role("textbox", name="IBAN").fill("GB29 NWBK 6016 1331 9268 18")
    await dialog.get_by_role("button", name="Add it").click()
    await expect(dialog.get_by_text("This is no IBAN")).to_be_visible()
    await dialog.get_by_role("textbox", name="IBAN").fill("GB29 NWBK 6016 1331 9268 19")
    await axe(page)
    await dialog.get_by_role("button", name="Add it").click()
    await expect(dialog).to_be_hidden()
    await expect(accounts.get_by_role("listitem")).to_contain_text("GB29 •••• 6819")
    await expect(accounts.get_by_text("Another party has it too")).to_be_visible()
    await accounts.get_by_role("button", name="Remove GB29 •••• 6819").click()
    await dialog.get_by_role("button", name="Remove it").click()
    await expect(dialog).to_be_hidden()
    await expect(accounts.get_by_role("listitem")).to_have_count(0)


async def test_an_account_stays_while_a_payout_is_on_its_way(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe, rail="bank_file")
    await taken_to_the_bank(cafe, wallet, 60_000)
    path = f"/console/{cafe.slug}/money/payouts/{wallet.id}"
    page = await visit(path, who=cafe.owner, size=DESKTOP, locale="es-PE")
    await page.get_by_role("button", name="Quitar ES91 •••• 1332").click()
    dialog = page.get_by_role("dialog")
    visit.expect(r"^409 DELETE .*/payouts/destinations/")
    await dialog.get_by_role("button", name="Quitarla").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Hay un pago en camino a esta cuenta")
    await expect(page.get_by_role("listitem").filter(has_text="ES91 •••• 1332")).to_have_count(1)


async def test_somebody_tells_what_the_bank_did_with_a_file(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe, rail="bank_file")
    await taken_to_the_bank(cafe, wallet, 60_000, 20_000)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=DESKTOP)
    rows = page.get_by_role("table", name="Requests and payouts").get_by_role("row")
    large, small = rows.filter(has_text="600.00"), rows.filter(has_text="200.00")
    await expect(large).to_contain_text("In file 1")
    dialog = page.get_by_role("dialog")
    await large.get_by_role("button", name="What did the bank do?").click()
    await expect(dialog).to_contain_text("PEN\u00a0600.00 to Familia Ortega, ES91 •••• 1332, in file 1.")
    await dialog.get_by_label("The bank’s reference").fill("BANK-42")
    await dialog.get_by_role("button", name="It is paid").click()
    await expect(dialog).to_be_hidden()
    await expect(large.get_by_text("Paid", exact=True)).to_be_visible()
    await expect(large).to_contain_text("BANK-42")
    await small.get_by_role("button", name="What did the bank do?").click()
    await dialog.get_by_text("It did not pay", exact=True).click()
    await dialog.get_by_role("button", name="It failed").click()
    await expect(dialog.get_by_text("Say why.")).to_be_visible()
    await axe(page)
    await dialog.get_by_label("Why").fill("The account is closed")
    await dialog.get_by_role("button", name="It failed").click()
    await expect(dialog).to_be_hidden()
    await expect(small).to_contain_text("The account is closed")
    await expect(small.get_by_role("button")).to_have_count(0)
    await large.get_by_role("button", name="It came back").click()
    await dialog.get_by_label("Why").fill("The holder refused it")
    await dialog.get_by_role("button", name="It came back").click()
    await expect(dialog).to_be_hidden()
    await expect(large.get_by_text("Came back", exact=True)).to_be_visible()
    await expect(page.get_by_text("945.00", exact=False)).to_be_visible()


async def test_an_owner_decides_how_payouts_are_made(visit: Visit, cafe: Cafe) -> None:
    await earned(cafe)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=PHONE)
    await page.get_by_role("button", name="Settings").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Least amount")).to_have_value("1.00")
    await expect(dialog.get_by_label("Account number at RazorpayX")).to_have_count(0)
    await dialog.get_by_role("radio", name="RazorpayX").click()
    await dialog.get_by_label("Least amount").fill("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("Type an amount.")).to_be_visible()
    await expect(dialog.get_by_text("An account number has letters and digits only.")).to_be_visible()
    await axe(page)
    await dialog.get_by_label("Least amount").fill("12.50")
    await dialog.get_by_label("Waiting days").fill("14")
    await dialog.get_by_label("Two people approve above").fill("1000")
    await dialog.get_by_role("radio", name="Bank file").click()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    decided = await cafe.ask("GET", "/api/payouts/settings")
    assert decided == {
        "minimum": 1_250,
        "holding_days": 14,
        "two_approvals_above": 100_000,
        "rail": "bank_file",
        "rail_account": None,
    }
    await page.get_by_role("button", name="Settings").click()
    await expect(dialog.get_by_label("Two people approve above")).to_have_value("1000.00")


async def test_whoever_may_not_decide_is_shown_no_buttons(visit: Visit, cafe: Cafe) -> None:
    wallet = await earned(cafe, rail="bank_file")
    await taken_to_the_bank(cafe, wallet, 60_000)
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=await cafe.employ("manager"), size=DESKTOP)
    await expect(page.get_by_role("table", name="Requests and payouts")).to_contain_text("In file 1")
    await expect(page.get_by_role("button", name="What did the bank do?")).to_be_visible()
    await expect(page.get_by_role("button", name="Settings")).to_have_count(0)


async def test_many_wallets_come_page_by_page(visit: Visit, cafe: Cafe) -> None:
    async with transaction(cafe.site.database, cafe.id) as tx:
        for number in range(8):
            await wallets.open_wallet(tx, kind="partner", party_id=ids.new(), name=f"Socio {number}", currency="PEN")
    page = await visit(f"/console/{cafe.slug}/money/payouts", who=cafe.owner, size=DESKTOP)
    await expect(page.get_by_role("link", name="Socio 5")).to_be_visible()
    await expect(page.get_by_role("link", name="Socio 6")).to_have_count(0)
    await page.get_by_role("button", name="Show more").click()
    await expect(page.get_by_role("link", name="Socio 7")).to_be_visible()
    await expect(page.get_by_role("button", name="Show more")).to_have_count(0)


async def test_a_wallet_that_nobody_has_is_not_found(visit: Visit, cafe: Cafe) -> None:
    visit.expect(r"^404 GET .*/api/payouts/wallets/")
    page = await visit(f"/console/{cafe.slug}/money/payouts/{ids.new()}", who=cafe.owner, size=PHONE)
    await expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    await axe(page)


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_use_a_wallet(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    wallet = await earned(cafe, rail="bank_file")
    await taken_to_the_bank(cafe, wallet, 60_000)
    path = f"/console/{cafe.slug}/money/payouts/{wallet.id}"
    page = await visit(path, who=cafe.owner, size=size, color_scheme=scheme)
    await expect(page.get_by_role("heading", name="Familia Ortega", level=1)).to_be_visible()
    await expect(page.get_by_text("Policy no. 7")).to_be_visible()
    for tab in ("Earned", "What moved", "Statement"):
        await page.get_by_role("tab", name=tab).click()
        await expect(page.get_by_role("tabpanel", name=tab)).to_contain_text("Policy no. 7")
        await expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
        await axe(page)
    await page.get_by_role("button", name="What did the bank do?").click()
    await expect(page.get_by_role("dialog").get_by_label("The bank’s reference")).to_be_visible()
    await axe(page)


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
