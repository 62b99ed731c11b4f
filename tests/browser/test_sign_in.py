"""Getting in, with all its ways, as a person does it in a browser."""

from typing import Literal

import pytest
from playwright.async_api import expect

from holdfast.kernel import ids
from tests.browser.cafes import Cafe, Person, newcomer
from tests.browser.entering import PASSWORD, address, code_from_mailbox, register, sign_in, told
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


@pytest.mark.meets("I116", "T16")
async def test_a_newcomer_registers_confirms_and_is_signed_in(visit: Visit) -> None:
    page = await visit("/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("The stamp card your guests never lose")
    await page.get_by_role("link", name="Open your business").click()
    email = address()
    await register(page, email)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check your mail")
    # A reload loses nothing but the password, so this newcomer stays on the page.
    await page.get_by_label("Code").fill(await code_from_mailbox(page))
    await page.wait_for_url("**/start")


@pytest.mark.meets("T16")
async def test_whoever_is_signed_in_goes_where_they_belong(visit: Visit, site: Site, cafe: Cafe) -> None:
    page = await visit("/", who=cafe.owner)
    await page.wait_for_url(f"**/console/{cafe.slug}/loyalty")
    customer = await visit("/sign-in", who=await newcomer(site))
    await customer.wait_for_url("**/home")


@pytest.mark.meets("T16")
async def test_a_private_page_leads_to_the_sign_in_and_back(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/people?after=here")
    await page.wait_for_url("**/sign-in?next=*")
    await sign_in(page, cafe.owner)
    await page.wait_for_url(f"**/console/{cafe.slug}/people?after=here")
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    # Back leads to no sign-in that is over.
    assert "sign-in" not in await page.evaluate("navigation.entries().map((entry) => entry.url).join(' ')")


@pytest.mark.parametrize("next_", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
async def test_a_sign_in_never_leads_to_another_site(visit: Visit, site: Site, next_: str) -> None:
    page = await visit(f"/sign-in?next={next_}")
    await sign_in(page, await newcomer(site))
    await page.wait_for_url(f"{site.url}/home")


async def test_a_wrong_password_is_told_and_nothing_is_lost(visit: Visit, site: Site) -> None:
    visit.expect("^401 POST .*/api/auth/login")
    who = await newcomer(site)
    page = await visit("/sign-in")
    await sign_in(page, who, "not the password")
    await expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    await expect(page.get_by_label("E-mail")).to_have_value(who.email)
    await sign_in(page, who)
    await page.wait_for_url("**/home")


@pytest.mark.meets("I125")
async def test_a_form_says_what_is_missing_before_it_is_sent(visit: Visit) -> None:
    page = await visit("/register")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    await page.get_by_role("button", name="Make account").click()
    name, email, password = (page.get_by_label(label, exact=True) for label in ("Name", "E-mail", "Password"))
    for field in (name, email, password):
        await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_text("Write your name.")).to_be_visible()
    await register(page, "no address", password="aaaaaaaaaaaa")
    await expect(page.get_by_text("Write an address such as ana@example.com.")).to_be_visible()
    await expect(page.get_by_text("Too easy to guess: it repeats itself.")).to_be_visible()
    await expect(name).not_to_have_attribute("aria-invalid", "true")
    assert "POST" not in asked


async def test_what_only_the_api_knows_stands_beside_the_field(visit: Visit) -> None:
    visit.expect("^422 POST .*/api/auth/register")
    page = await visit("/register")
    await register(page, address(), password="iloveyou1234")
    await expect(page.get_by_text("Everybody guesses this one first.")).to_be_visible()
    await expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_a_password_can_be_looked_at(visit: Visit) -> None:
    page = await visit("/sign-in")
    field = page.get_by_label("Password", exact=True)
    await field.fill(PASSWORD)
    await expect(field).to_have_attribute("type", "password")
    await page.get_by_role("button", name="Show or hide the password").press("Enter")
    await expect(field).to_have_attribute("type", "text")


async def test_a_wrong_code_is_told_and_another_can_be_sent(visit: Visit) -> None:
    visit.expect("^422 POST .*/api/auth/verify-email")
    page = await visit("/register")
    await page.clock.install()
    await register(page, address())
    await page.get_by_label("Code").fill("000000")
    await expect(page.get_by_role("alert")).to_contain_text("The code is not right")
    await expect(page.get_by_role("button", name="Send again in")).to_be_disabled()
    await page.clock.run_for(61_000)
    await page.get_by_role("button", name="Send a new code").click()
    await expect(told(page).filter(has_text="A new code is on its way")).to_be_visible()
    await expect(page.get_by_label("Code")).to_have_value("")


async def test_whoever_reloads_before_confirming_signs_in_afterwards(visit: Visit, site: Site) -> None:
    email = address()
    page = await visit("/register?next=/home")
    await register(page, email)
    await page.wait_for_url("**/verify?*")
    await page.reload()
    await page.get_by_label("Code").fill(await code_from_mailbox(page))
    await page.wait_for_url("**/sign-in?*notice=verified*")
    await expect(told(page)).to_have_text("Your address is confirmed. Sign in.")
    await expect(page.get_by_label("E-mail")).to_have_value(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/home")
    kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert PASSWORD not in kept


async def test_somebody_who_tries_too_often_is_told_when_to_come_back(visit: Visit) -> None:
    visit.expect("^429 POST")
    page = await visit("/sign-in")
    await page.clock.install()
    body = (
        '{"type": "x", "title": "Too many requests; wait a little and try again.", "status": 429, '
        '"code": "problems.too-many"}'
    )
    await page.route(
        "**/api/auth/login",
        lambda route: route.fulfill(
            status=429, body=body, headers={"Retry-After": "75", "Content-Type": "application/problem+json"}
        ),
    )
    await sign_in(page, Person(ids.new(), "Rosa", address()))
    submit = page.get_by_role("main").get_by_role("button", name="Sign in")
    await expect(page.get_by_role("alert")).to_contain_text("Too many requests")
    await expect(page.get_by_role("timer")).to_have_text("You can try again in 1:15.")
    await expect(submit).to_be_disabled()
    await page.clock.run_for(60_000)
    await expect(page.get_by_role("timer")).to_have_text("You can try again in 0:15.")
    await page.clock.run_for(15_500)
    await expect(page.get_by_role("timer")).to_be_hidden()
    await expect(submit).to_be_enabled()


async def test_all_of_it_by_keyboard(visit: Visit, site: Site) -> None:
    who = await newcomer(site)
    page = await visit("/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Open your business")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/sign-in")
    await page.get_by_label("E-mail").focus()
    await page.keyboard.type(who.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(who.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home")
    menu = page.get_by_role("button", name="Account of")
    await menu.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem").first).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: url.endswith("/"))


async def test_in_spanish(visit: Visit, site: Site) -> None:
    visit.expect("^401 POST .*/api/auth/login")
    who = await newcomer(site)
    page = await visit("/", locale="es-PE", size=PHONE)
    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await expect(page.get_by_role("heading", level=1)).to_have_text("La tarjeta de sellos que nadie pierde")
    await page.get_by_role("link", name="Iniciar sesión").click()
    await page.get_by_label("Correo electrónico").fill(who.email)
    await page.get_by_label("Contraseña", exact=True).fill("no es esta")
    await page.get_by_role("button", name="Iniciar sesión").click()
    await expect(page.get_by_role("alert")).to_have_text("El correo o la contraseña no son correctos.")
    await axe(page)


async def test_the_language_is_chosen_here_and_kept_in_the_profile(visit: Visit, site: Site) -> None:
    page = await visit("/home", who=await newcomer(site))
    await page.get_by_role("button", name="Change language").click()
    async with page.expect_response("**/api/auth/profile") as answered:
        await page.get_by_role("menuitemradio", name="日本語").click()
    assert (await (await answered.value).json())["locale"] == "ja"
    await expect(page.get_by_role("heading", level=1)).to_have_text("マイカード")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("マイカード")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/register", "/forgot-password", "/reset-password/abc", "/invitations/abc", "/nowhere"]
)
async def test_every_way_in_can_be_used_by_everybody(visit: Visit, path: str, scheme: Literal["light", "dark"]) -> None:
    page = await visit(path, color_scheme=scheme, size=PHONE if scheme == "dark" else DESKTOP)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
    await axe(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_account_can_be_used_by_everybody(visit: Visit, site: Site, scheme: Literal["light", "dark"]) -> None:
    page = await visit("/account", who=await newcomer(site), color_scheme=scheme, size=PHONE)
    await expect(page.get_by_text("This one")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
    await axe(page)
    await page.get_by_role("button", name="Account of").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    await axe(page)
