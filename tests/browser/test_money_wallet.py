"""What whoever earns at a business sees of their wallet there: what is in it, what moved, and how they ask for it."""

import re
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import transaction
from holdfast.shared.payouts import destinations, earnings, payouts, preferences, wallets
from tests.browser.cafes import newcomer
from tests.browser.serving import Site
from tests.browser.tills import Payer, Till
from tests.browser.visiting import PHONE, Visit, axe

WIDE = (1440, 900)
IBAN = "ES9121000418450200051332"


@pytest.fixture
async def till(site: Site) -> AsyncIterator[Till]:
    """A business of the test's own that takes money through the sandbox, and pays out through it."""
    till_ = await Till.open(site)
    async with transaction(site.database, till_.cafe.id) as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=1000, holding_days=0, two_approvals_above=None, rail="sandbox")
        )
    yield till_
    await till_.cafe.close()


async def earns(till: Till, payer: Payer, minor: int = 25_000, *, currency: str = "PEN") -> wallets.Wallet:
    """Somebody who pays here earns something as well."""
    assert payer.person is not None
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        wallet = await wallets.open_wallet(
            tx, kind="agent", party_id=payer.id, name=payer.name, currency=currency, person_id=payer.person.id
        )
        if minor:
            await earnings.credit(
                tx,
                wallet,
                amount=Money(minor, currency),
                code="test.commission",
                id=ids.new(),
                description="Policy no. 7",
            )
    return wallet


async def named(till: Till, wallet: wallets.Wallet) -> destinations.Destination:
    """A bank account of whoever's wallet it is."""
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        return await destinations.add(tx, wallet, destinations.New(holder=wallet.name, country="ES", iban=IBAN))


async def asked(till: Till, wallet: wallets.Wallet, to: destinations.Destination, minor: int) -> payouts.Payout:
    """A payout that was asked for."""
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        return await payouts.asked_for(tx, wallet.id, amount=Money(minor, wallet.currency), destination_id=to.id)


async def eventful(till: Till, payer: Payer) -> wallets.Wallet:
    """A wallet in which everything has happened that can: earned, paid, rejected, set aside, waiting and owed."""
    wallet = await earns(till, payer, 90_000)
    to = await named(till, wallet)
    gone, unwanted = await asked(till, wallet, to, 20_000), await asked(till, wallet, to, 5_000)
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        today = await wallets.today(tx)
        await earnings.credit(
            tx,
            wallet,
            amount=Money(4_200, "PEN"),
            code="test.commission",
            id=ids.new(),
            available_on=today.replace(year=today.year + 1, day=1),
        )
        gone = await payouts.moved(tx, await tx.get(payouts.Payout, gone.id, lock=True), payouts.Status.approved)
        await payouts.moved(tx, gone, payouts.Status.paid, trace="SANDBOX-UTR-000001")
        await payouts.reject(tx, unwanted.id, reason="The account is not yours")
    await asked(till, wallet, to, 30_000)
    return wallet


async def fits(page: Page) -> None:
    """Nothing of the page lies beside the screen."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."


async def test_whoever_earns_nothing_here_is_shown_no_wallet(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    page = await visit(f"/home/money/{till.cafe.id}", who=payer.person)
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
    await expect(page.get_by_role("link", name="Wallet", exact=True)).to_have_count(0)
    await page.goto(f"/home/money/{till.cafe.id}/wallet")
    await expect(page.get_by_role("heading", name="You have no wallet here")).to_be_visible()
    await axe(page)


async def test_money_is_asked_for_and_taken_back(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await earns(till, payer)
    page = await visit(f"/home/money/{till.cafe.id}", who=payer.person, size=PHONE)
    earned = page.get_by_role("region", name="Wallet")
    await expect(earned).to_contain_text("PEN 250.00")
    await earned.get_by_role("link", name="See wallet").click()
    await page.get_by_role("button", name="Ask for a payout").click()
    dialog = page.get_by_role("dialog")
    # Nobody can be paid before they say where to.
    await dialog.get_by_text("IBAN", exact=True).click()
    number = dialog.get_by_role("textbox", name="IBAN")
    await number.fill(f"{IBAN[:-1]}3")
    await dialog.get_by_role("button", name="Add it").click()
    await expect(dialog.get_by_text("This is no IBAN")).to_be_visible()
    await axe(page)
    await number.fill("ES91 2100 0418 4502 0005 1332")
    await dialog.get_by_role("button", name="Add it").click()
    amount = dialog.get_by_role("textbox", name="Amount")
    await expect(amount).to_have_value("250.00")
    await expect(dialog.get_by_text("From PEN 10.00 to PEN 250.00")).to_be_visible()
    await expect(dialog.get_by_role("combobox", name="To which account")).to_have_value("ES91 •••• 1332 · Rosa Mamani")
    await amount.fill("9.99")
    await dialog.get_by_role("button", name="Ask for a payout").click()
    await expect(dialog.get_by_text("At least PEN 10.00 is paid out at once.")).to_be_visible()
    await amount.fill("250.01")
    await dialog.get_by_role("button", name="Ask for a payout").click()
    await expect(dialog.get_by_text("PEN 250.00 is there.")).to_be_visible()
    await fits(page)
    await axe(page)
    await amount.fill("245")
    await dialog.get_by_role("button", name="Ask for a payout").click()
    await expect(dialog).to_be_hidden()
    rows = page.get_by_role("list", name="Payouts")
    await expect(rows).to_contain_text("Waits for approval")
    await expect(rows).to_contain_text("PEN 245.00")
    # What is left is less than is paid out at once.
    await expect(page.get_by_role("main")).to_contain_text("At least PEN 10.00 is paid out at once.")
    await expect(page.get_by_role("button", name="Ask for a payout")).to_have_count(0)
    await expect(page.get_by_role("main")).not_to_contain_text(IBAN)
    await rows.get_by_role("button", name="Take back PEN 245.00").click()
    await expect(dialog).to_contain_text("PEN 245.00 can be asked for again at once.")
    await axe(page)
    await dialog.get_by_role("button", name="Take it back").click()
    await expect(dialog).to_be_hidden()
    await expect(rows).to_contain_text("Taken back")
    await expect(rows.get_by_role("button")).to_have_count(0)
    await expect(page.get_by_role("button", name="Ask for a payout")).to_be_enabled()


async def test_a_wallet_says_what_happened(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await eventful(till, payer)
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, size=WIDE)
    made = page.get_by_role("table", name="Payouts")
    await expect(made.get_by_role("row")).to_have_count(4)
    await expect(made).to_contain_text("The account is not yours")
    await expect(made).to_contain_text("SANDBOX-UTR-000001")
    main = page.get_by_role("main")
    for label, amount in (("Can be paid out", "400.00"), ("Waiting", "42.00"), ("Set aside", "300.00")):
        await expect(main).to_contain_text(f"{label}PEN\u00a0{amount}")
    await page.get_by_role("tab", name="What moved").click()
    moved = page.get_by_role("table", name="What moved")
    await expect(moved.get_by_role("row").filter(has_text="Earned · Policy no. 7")).to_contain_text("+PEN\u00a0900.00")
    await expect(moved.get_by_role("row").filter(has_text="Paid out")).to_contain_text("-PEN\u00a0200.00")
    await expect(moved.get_by_role("row").filter(has_text="Paid out")).to_contain_text("ES91 •••• 1332")
    await expect(moved).to_contain_text("No longer set aside")


async def test_a_wallet_says_what_was_earned(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    wallet = await eventful(till, payer)
    sold = ids.new()
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        await earnings.credit(tx, wallet, amount=Money(6_000, "PEN"), code="test.sale", id=sold)
        await earnings.claw_back(tx, sold, id=ids.new(), amount=Money(1_500, "PEN"))
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, size=PHONE)
    rows = page.get_by_role("list", name="Earned").get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await expect(rows.filter(has_text="Policy no. 7")).to_contain_text("Can be paid out")
    await expect(rows.filter(has_text="Commission")).to_contain_text(re.compile(r"From \w{3} 1, 20\d\d"))
    await expect(rows.filter(has_text="Earning")).to_contain_text("PEN\u00a015.00 taken back")


async def test_a_statement_is_of_a_month(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await eventful(till, payer)
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, size=WIDE)
    await page.get_by_role("tab", name="Statement").click()
    panel = page.get_by_role("tabpanel", name="Statement")
    for label, amount in (("At the start", "0.00"), ("Came in", "900.00"), ("At the end", "700.00")):
        await expect(panel).to_contain_text(f"{label}PEN\u00a0{amount}")
    rows = panel.get_by_role("table", name="Statement").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.filter(has_text="Paid out · ES91 •••• 1332")).to_contain_text("-PEN\u00a0200.00")
    await panel.get_by_role("combobox", name="Period").click()
    await page.get_by_role("option", name="Other days").click()
    await panel.get_by_label("From").fill("2020-01-01")
    await panel.get_by_label("To", exact=True).fill("2020-01-31")
    await expect(panel).to_contain_text("Nothing moved in this time.")
    await page.emulate_media(media="print")
    await expect(panel.get_by_role("heading", name="Jan 1, 2020 to Jan 31, 2020")).to_be_visible()
    await expect(page.get_by_role("heading", name="Wallet")).to_be_hidden()


async def test_an_account_is_removed_unless_a_payout_is_on_its_way(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    wallet = await earns(till, payer)
    payout = await asked(till, wallet, await named(till, wallet), 20_000)
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, size=PHONE, locale="nl-NL")
    accounts = page.get_by_role("list", name="Bankrekeningen")
    dialog = page.get_by_role("dialog")
    await accounts.get_by_role("button", name="ES91 •••• 1332 verwijderen").click()
    visit.expect(r"^409 DELETE .*/wallet/destinations/")
    await dialog.get_by_role("button", name="Rekening verwijderen").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Er is een uitbetaling onderweg naar deze rekening")
    await axe(page)
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        await payouts.reject(tx, payout.id, reason="Not this month")
    await dialog.get_by_role("button", name="Rekening verwijderen").click()
    await expect(dialog).to_be_hidden()
    await expect(accounts).to_have_count(0)
    await expect(page.get_by_role("main")).to_contain_text("Voeg de rekening toe")


async def test_a_long_statement_comes_page_by_page(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    wallet = await earns(till, payer, 100)
    async with transaction(till.cafe.site.database, till.cafe.id) as tx:
        for _ in range(42):
            await earnings.credit(tx, wallet, amount=Money(100, "PEN"), code="test.commission", id=ids.new())
    page = await visit(f"/home/money/{till.cafe.id}/wallet?tab=moves", who=payer.person, size=WIDE)
    rows = page.get_by_role("table", name="What moved").get_by_role("row")
    # The heads, and what there is at the end of each page; the next one comes when that is near.
    for there in (21, 41):
        await expect(rows.nth(there - 1)).to_be_attached()
        await rows.nth(there - 1).scroll_into_view_if_needed()
    await expect(rows).to_have_count(44)


async def test_whoever_earns_in_two_currencies_chooses_the_wallet(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await earns(till, payer)
    await earns(till, payer, 7_500, currency="USD")
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, size=PHONE)
    await expect(page.get_by_role("main")).to_contain_text("PEN\u00a0250.00")
    await page.get_by_text("USD", exact=True).click()
    await page.wait_for_url("**/wallet?wallet=*")
    await expect(page.get_by_role("main")).to_contain_text("$75.00")
    await page.get_by_role("button", name="Ask for a payout").click()
    await expect(page.get_by_role("combobox", name="Country of the bank")).to_have_value("United States")
    await page.reload()
    await expect(page.get_by_role("main")).to_contain_text("$75.00")


async def test_a_payout_is_asked_for_with_the_keyboard_alone(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await named(till, await earns(till, payer))
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person)
    button = page.get_by_role("button", name="Ask for a payout")
    await expect(button).to_be_visible()
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await button.evaluate("(button) => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("textbox", name="Amount")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("table", name="Payouts")).to_contain_text("Waits for approval")


async def test_a_refusal_is_said_where_it_belongs(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    wallet = await earns(till, payer)
    to = await named(till, wallet)
    page = await visit(f"/home/money/{till.cafe.id}/wallet", who=payer.person, locale="es-PE")
    await page.get_by_role("button", name="Pedir un retiro").click()
    # Meanwhile somebody else has asked for it.
    await asked(till, wallet, to, 24_000)
    visit.expect(r"^409 POST .*/wallet/payouts")
    await page.get_by_role("dialog").get_by_role("button", name="Pedir un retiro").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("No hay tanto disponible.")


@pytest.mark.parametrize(
    ("locale", "scheme"),
    [
        ("en-US", "light"),
        ("en-US", "dark"),
        ("es-PE", "light"),
        ("nl-NL", "dark"),
        ("hi-IN", "light"),
        ("ja-JP", "dark"),
    ],
)
async def test_a_wallet_can_be_used_by_everybody(
    visit: Visit, till: Till, scheme: Literal["light", "dark"], locale: str
) -> None:
    payer = await till.regular()
    await eventful(till, payer)
    path = f"/home/money/{till.cafe.id}/wallet"
    page = await visit(path, who=payer.person, color_scheme=scheme, locale=locale)
    for size in (PHONE, WIDE):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        for tab in ("earned", "moves", "statement"):
            await page.goto(f"{path}?tab={tab}")
            await expect(page.get_by_text("SANDBOX-UTR-000001")).to_be_visible()
            await expect(page.get_by_role("tabpanel")).to_contain_text("Policy no. 7")
            await expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
            await fits(page)
            await axe(page)


async def test_whoever_only_earns_here_finds_their_wallet(visit: Visit, site: Site, till: Till) -> None:
    agent = await newcomer(site, name="Rosa Mamani")
    async with transaction(site.database, till.cafe.id) as tx:
        wallet = await wallets.open_wallet(
            tx, kind="agent", party_id=agent.id, name="Rosa Mamani", currency="PEN", person_id=agent.id
        )
        await earnings.credit(tx, wallet, amount=Money(25_000, "PEN"), code="test.commission", id=ids.new())
    page = await visit("/home", who=agent, size=PHONE)
    await expect(page.get_by_role("heading", name="What you pay and earn")).to_be_visible()
    await axe(page)
    await page.get_by_role("link", name="PEN 250.00 can be paid out").click()
    await page.wait_for_url("**/wallet")
    await expect(page.get_by_role("button", name="Ask for a payout")).to_be_enabled()
    await expect(page.get_by_role("link", name="Invoices")).to_have_count(0)
    await fits(page)
    await axe(page)
