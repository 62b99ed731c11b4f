"""What whoever pays sees of their money: the page of a link, and their own account at a business."""

import re
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser.cafes import newcomer
from tests.browser.serving import Site
from tests.browser.tills import ASKS, DECLINED, SLOW, Payer, Till, agree_in_sandbox, pay_in_sandbox
from tests.browser.visiting import PHONE, Visit, axe

WIDE = (1440, 900)


@pytest.fixture
async def till(site: Site) -> AsyncIterator[Till]:
    """A business of the test's own that takes money through the sandbox."""
    till_ = await Till.open(site)
    yield till_
    await till_.cafe.close()


async def fits(page: Page) -> None:
    """Nothing of the page lies beside the screen."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."


@pytest.mark.meets("I21")
async def test_a_link_is_paid_once_and_gives_a_receipt(visit: Visit, till: Till) -> None:
    payment = await till.wanted(await till.payer("Rosa Mamani"))
    path = await till.link(payment)
    page = await visit(path, size=PHONE)
    main = page.get_by_role("main")
    await expect(main).to_contain_text("Parking Aurora")
    await expect(main).to_contain_text("Lost ticket, 3 hours")
    # Whoever has the link learns no more of the payer than the first name.
    await expect(main).to_contain_text("For Rosa")
    await expect(main).not_to_contain_text("Mamani")
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await pay_in_sandbox(page)
    await page.wait_for_url(f"**{path}**")
    await expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    receipt = page.get_by_role("region", name="Receipt")
    await expect(receipt).to_contain_text("PEN 45.50")
    await expect(receipt).to_contain_text("Visa ending in 4242")
    await expect(page.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
    await fits(page)
    # The link tells the same to whoever opens it later, and takes nothing again.
    again = await visit(path)
    await expect(again.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    found = await till.cafe.ask("GET", f"/api/payments/{payment}")
    assert found["payment"]["captured"] == {"minor": 4550, "currency": "PEN"}
    charges = (await till.cafe.ask("GET", "/api/sandbox/payments"))["items"]
    assert len(charges) == 1


async def test_a_receipt_is_printed_alone(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path, color_scheme="dark")
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await pay_in_sandbox(page)
    await expect(page.get_by_role("region", name="Receipt")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("region", name="Receipt")).to_be_visible()
    await expect(page.get_by_role("banner")).to_be_hidden()
    await expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_hidden()
    await expect(page.get_by_role("button", name="Print or save")).to_be_hidden()
    ink = await page.get_by_role("region", name="Receipt").evaluate("(slip) => getComputedStyle(slip).color")
    assert ink == "rgb(31, 33, 29)", "A dark screen prints dark ink on white paper."


async def test_a_declined_card_says_why_and_another_pays(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path, size=PHONE)
    visit.expect(r"^422 POST .*/sandbox/pay/")
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await pay_in_sandbox(page, DECLINED)
    await page.get_by_role("link", name="Back to the shop").click()
    await expect(page.get_by_role("heading", name="The payment did not go through")).to_be_visible()
    await expect(page.get_by_role("main").get_by_role("status")).to_contain_text("The bank says:")
    await axe(page)
    await page.get_by_role("button", name="Try again").click()
    await pay_in_sandbox(page)
    await expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()


async def test_the_bank_asks_first(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path)
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await pay_in_sandbox(page, ASKS)
    await agree_in_sandbox(page)
    await expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()


async def test_whoever_comes_back_without_paying_is_told_so(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path)
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await page.wait_for_url("**/sandbox/pay/**")
    await page.get_by_role("link", name="Back to the shop").click()
    await expect(page.get_by_role("heading", name="Nothing was paid")).to_be_visible()
    await expect(page.get_by_role("button", name="Pay PEN 45.50")).to_be_enabled()


@pytest.mark.meets("I34")
async def test_nobody_pays_twice_while_the_bank_is_asked(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path, size=PHONE)
    await page.get_by_role("button", name="Pay PEN 45.50").click()
    await pay_in_sandbox(page, SLOW)
    await page.wait_for_url(f"**{path}**")
    await expect(page.get_by_role("heading", name="We are asking the bank")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("Pay|Try"))).to_have_count(0)
    await axe(page)
    await till.settle()
    # The page finds out by itself.
    await expect(page.get_by_role("heading", name="Paid. Thank you!")).to_be_visible()
    assert len((await till.cafe.ask("GET", "/api/sandbox/payments"))["items"]) == 1


async def test_a_link_that_was_changed_or_taken_back_says_so(visit: Visit, till: Till) -> None:
    payment = await till.wanted(await till.payer())
    path = await till.link(payment)
    visit.expect(r"^4(04|22) GET .*/api/payments/links/")
    page = await visit(f"{path[:-4]}AAAA")
    await expect(page.get_by_role("heading", name="This link leads nowhere")).to_be_visible()
    await axe(page)
    await till.cafe.ask("POST", f"/api/payments/{payment}/cancellation")
    await page.goto(path)
    await expect(page.get_by_role("heading", name="There is nothing to pay here")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("^Pay"))).to_have_count(0)


async def test_a_link_is_paid_with_the_keyboard_alone(visit: Visit, till: Till) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path)
    button = page.get_by_role("button", name="Pay PEN 45.50")
    await expect(button).to_be_visible()
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await button.evaluate("(button) => button === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sandbox/pay/**")


@pytest.mark.parametrize(
    ("locale", "title", "said"),
    [
        ("es-PE", "Pagado. ¡Gracias!", "Recibo"),
        ("nl-NL", "Betaald. Dank u wel!", "Betaalbewijs"),
        ("hi-IN", "भुगतान हो गया। धन्यवाद!", "रसीद"),
        ("ja-JP", "お支払いが完了しました", "領収書"),
    ],
)
async def test_a_link_speaks_the_payers_language(visit: Visit, till: Till, locale: str, title: str, said: str) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    page = await visit(path, size=PHONE, locale=locale)
    await page.get_by_role("main").get_by_role("button").click()
    await page.wait_for_url("**/sandbox/pay/**")
    await page.locator("#number").fill("4242424242424242")
    await page.locator("button.main").click()
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.get_by_role("region", name=said)).to_be_visible()
    await fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE])
async def test_a_link_can_be_used_by_everybody(
    visit: Visit, till: Till, scheme: Literal["light", "dark"], size: tuple[int, int]
) -> None:
    path = await till.link(await till.wanted(await till.payer()))
    for locale in ("en-US", "es-PE"):
        page = await visit(path, size=size, color_scheme=scheme, locale=locale)
        await expect(page.get_by_role("main").get_by_role("button")).to_be_visible()
        await fits(page)
        await axe(page)
    await page.get_by_role("main").get_by_role("button").click()
    await page.wait_for_url("**/sandbox/pay/**")
    await page.locator("#number").fill("4242424242424242")
    await page.locator("button.main").click()
    await expect(page.get_by_role("region", name="Recibo")).to_be_visible()
    await fits(page)
    await axe(page)


# ── The account of whoever is signed in ──


async def save_card(page: Page, till: Till, number: str = "4242 4242 4242 4242") -> None:
    """Save a card on the sandbox's page, and come back."""
    await page.goto(f"/home/money/{till.cafe.id}/methods")
    await page.get_by_role("button", name="Add a card").click()
    await pay_in_sandbox(page, number)
    await page.wait_for_url("**/methods?*")
    await expect(page.get_by_role("list", name="Ways to pay")).to_contain_text(f"ending in {number[-4:]}")


async def me(page: Page, path: str) -> Any:
    """What the api answers the person whose page it is."""
    answer = await page.request.get(path)
    assert answer.ok, await answer.text()
    return await answer.json()


@pytest.mark.meets("T18")
async def test_an_invoice_is_paid_by_its_link(visit: Visit, till: Till) -> None:
    invoice = await till.invoice(await till.payer())
    path = await till.invoice_link(invoice)
    page = await visit(path, size=PHONE, locale="es-PE")
    main = page.get_by_role("main")
    await expect(main).to_contain_text(f"Factura {invoice['number']}")
    await expect(main).to_contain_text("Abono mensual")
    await page.get_by_role("button", name="Pagar").click()
    await page.wait_for_url("**/sandbox/pay/**")
    await page.locator("#number").fill("4242424242424242")
    await page.locator("button.main").click()
    await expect(page.get_by_role("region", name="Recibo")).to_contain_text(invoice["number"])
    await axe(page)


async def test_accounts_stand_beside_what_somebody_holds(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    await till.invoice(payer)
    page = await visit("/home", who=payer.person, size=PHONE)
    accounts = page.get_by_role("navigation", name="What you pay for")
    await expect(accounts).to_contain_text("PEN 212.40 to pay")
    await axe(page)
    await accounts.get_by_role("link", name="Parking Aurora").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await expect(page.get_by_role("region", name="To pay", exact=True)).to_contain_text("PEN 212.40")
    await fits(page)


async def test_somebody_elses_account_is_not_shown(visit: Visit, till: Till) -> None:
    payer, other = await till.regular(), await newcomer(till.cafe.site)
    await till.invoice(payer)
    page = await visit(f"/home/money/{till.cafe.id}", who=other)
    await expect(page.get_by_role("heading", name="You have no account here")).to_be_visible()


@pytest.mark.meets("I34", "P26")
async def test_a_saved_card_pays_an_invoice_and_the_receipt_stays(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    invoice = await till.invoice(payer)
    page = await visit("/home", who=payer.person, size=PHONE)
    await save_card(page, till)
    await axe(page)
    await page.goto(f"/home/money/{till.cafe.id}/invoices/{invoice['id']}")
    made = page.get_by_role("region", name="What it is made of")
    await expect(made).to_contain_text("Tax 18%")
    # Any amount says why it is what it is.
    await made.get_by_text("Why this amount?").first.click()
    await expect(made).to_contain_text("Rate")
    await page.get_by_role("button", name="Pay PEN 212.40 with Visa ending in 4242").click()
    await expect(made).to_contain_text("Paid")
    await expect(page.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
    await fits(page)
    await axe(page)
    await page.get_by_role("link", name="Payments", exact=True).click()
    await page.get_by_role("list", name="Payments").get_by_role("link").click()
    await expect(page.get_by_role("region", name="Receipt")).to_contain_text("PEN 212.40")
    charges = (await till.cafe.ask("GET", "/api/sandbox/payments"))["items"]
    assert len(charges) == 1


async def test_an_invoice_is_paid_on_the_providers_page(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    invoice = await till.invoice(payer)
    page = await visit(f"/home/money/{till.cafe.id}", who=payer.person)
    await page.get_by_role("button", name="Pay PEN 212.40").click()
    await pay_in_sandbox(page)
    await page.wait_for_url(f"**/invoices/{invoice['id']}?*")
    await expect(page.get_by_role("region", name="What it is made of")).to_contain_text("Paid")
    await expect(page.get_by_role("list", name="Payments")).to_contain_text("PEN 212.40")


async def test_a_card_is_made_the_default_and_removed(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    page = await visit("/home", who=payer.person, size=PHONE)
    await save_card(page, till)
    await save_card(page, till, "5555 5555 5555 4444")
    cards = page.get_by_role("list", name="Ways to pay").get_by_role("listitem")
    await page.get_by_role("button", name="Charge this one: Mastercard ending in 4444").click()
    await expect(cards.filter(has_text="4444")).to_contain_text("Charged first")
    await cards.filter(has_text="4444").get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("From then on Visa ending in 4242 is charged.")
    await axe(page)
    await dialog.get_by_role("button", name="Remove the card").click()
    await expect(cards).to_have_count(1)
    await expect(cards).to_contain_text("Charged first")
    await cards.get_by_role("button", name="Remove").click()
    await expect(dialog).to_contain_text("It is your only one.")


@pytest.mark.meets("P24", "P31")
async def test_what_a_change_shows_is_what_is_charged(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    day = await till.plan("day", "Mensual diurno", 18000)
    await till.plan("always", "Mensual 24 horas", 26000)
    subscription = await till.subscribe(payer, day, seats=2)
    page = await visit("/home", who=payer.person, size=PHONE)
    await save_card(page, till)
    await page.goto(f"/home/money/{till.cafe.id}/subscriptions/{subscription}")
    await expect(page.get_by_role("main")).to_contain_text("2 seats")
    await page.get_by_role("button", name="Change plan or seats").click()
    await page.get_by_role("radio", name="Mensual 24 horas").check()
    await page.get_by_role("textbox", name="Seats").fill("3")
    confirm = page.get_by_role("button", name=re.compile("^Change now and pay PEN"))
    await expect(confirm).to_be_enabled()
    shown = re.search(r"PEN\s([\d,.]+)", await confirm.inner_text())
    assert shown is not None
    await fits(page)
    await axe(page)
    before = {one["id"] for one in (await me(page, f"/api/own/{till.cafe.id}/invoices"))["items"]}
    await confirm.click()
    await expect(page.get_by_role("main")).to_contain_text("3 seats")
    after = (await me(page, f"/api/own/{till.cafe.id}/invoices"))["items"]
    (made,) = [one for one in after if one["id"] not in before]
    assert made["total"]["minor"] == round(float(shown[1].replace(",", "")) * 100)
    # At renewal nothing is charged today, and it can be taken back.
    await page.get_by_role("button", name="Change plan or seats").click()
    await page.get_by_role("radio", name="Mensual diurno").check()
    await page.get_by_role("radio", name=re.compile("^At renewal")).check()
    await expect(page.get_by_text("You pay nothing now.")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Change on ")).click()
    await expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("it is Mensual diurno")


@pytest.mark.meets("P24")
async def test_a_cancellation_is_previewed_and_undone(visit: Visit, till: Till) -> None:
    payer = await till.regular()
    subscription = await till.subscribe(payer, await till.plan("day", "Mensual diurno", 18000))
    page = await visit(f"/home/money/{till.cafe.id}/subscriptions/{subscription}", who=payer.person, size=PHONE)
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.get_by_text("Nothing more is charged, and nothing is given back.")).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name=re.compile("^Cancel on ")).click()
    await expect(page.get_by_text("Ends soon")).to_be_visible()
    await page.get_by_role("button", name="Keep it after all").click()
    await expect(page.get_by_role("button", name="Change plan or seats")).to_be_visible()
    await expect(page.get_by_text("Ends soon")).to_have_count(0)
    # Now is another matter: it is over at once.
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await page.get_by_role("radio", name="Now").check()
    await page.get_by_role("button", name="Cancel now").click()
    await expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    # Whoever left may come back, and sees before what it costs.
    await page.get_by_role("link", name="Subscribe again").click()
    await expect(page.get_by_role("radio", name="Mensual diurno")).to_be_checked()
    confirm = page.get_by_role("button", name=re.compile("^Subscribe and pay PEN"))
    await expect(confirm).to_be_enabled()
    await fits(page)
    await axe(page)
    await confirm.click()
    await expect(page.get_by_role("button", name="Change plan or seats")).to_be_visible()
    standing = [
        one["subscription"]["status"] for one in (await me(page, f"/api/own/{till.cafe.id}/subscriptions"))["items"]
    ]
    assert sorted(standing) == ["active", "cancelled"]


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("es-PE", "dark")])
async def test_an_account_can_be_used_by_everybody(
    visit: Visit, till: Till, scheme: Literal["light", "dark"], locale: str
) -> None:
    payer: Payer = await till.regular()
    invoice = await till.invoice(payer)
    subscription = await till.subscribe(payer, await till.plan("day", "Mensual diurno", 18000), seats=2)
    start = f"/home/money/{till.cafe.id}"
    paths = [start, f"{start}/invoices/{invoice['id']}", f"{start}/methods", f"{start}/subscriptions/{subscription}"]
    page = await visit(start, who=payer.person, color_scheme=scheme, locale=locale)
    for size in (PHONE, WIDE):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        for path in paths:
            await page.goto(path)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await expect(page.get_by_role("main").locator("[aria-busy=true]")).to_have_count(0)
            await fits(page)
            await axe(page)
