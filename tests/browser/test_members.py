"""Members in the console: found among thousands, enrolled, stamped and corrected, by mouse and by keyboard alone."""

import re
from typing import Literal
from uuid import UUID

import pytest
from playwright.async_api import Locator, Page, expect

from holdfast.kernel.tx import PLATFORM, transaction
from tests.browser.cafes import Cafe, Guest
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

MANY = 2_000
PAGE = 50


def members(cafe: Cafe, query: str = "") -> str:
    return f"/console/{cafe.slug}/loyalty/members{query}"


def member(cafe: Cafe, guest: Guest) -> str:
    return f"/console/{cafe.slug}/loyalty/members/{guest.id}"


async def seed(site: Site, tenant: UUID) -> None:
    """Thousands of members at once, as an import would leave them; the oldest tenth is at risk."""
    async with transaction(site.database, tenant, PLATFORM) as tx:
        await tx.execute(
            "insert into loyalty_member (id, phone, name, name_key, source, enrolled_at, at_risk) "
            "select uuidv7(), '+51930' || lpad(n::text, 6, '0'), 'Guest ' || n, 'guest ' || n, 'import', "
            "now() - n * interval '1 minute', n > $1 - $1 / 10 from generate_series(1, $1) as n",
            MANY,
        )


def listed_on(page: Page) -> Locator:
    """The rows that list members."""
    return page.get_by_role("table", name="Members").locator("tbody").get_by_role("row")


async def to_the_end(page: Page) -> None:
    """Scroll down as far as there is something."""
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")


@pytest.mark.meets("L36", "L30")
async def test_somebody_is_found_by_name_and_by_number(visit: Visit, site: Site, cafe: Cafe) -> None:
    await seed(site, cafe.id)
    rosa = await cafe.enroll("Rosa Mamani Ccori")
    page = await visit(members(cafe), who=cafe.owner)
    listed = listed_on(page)
    await expect(listed).to_have_count(PAGE)
    search = page.get_by_role("searchbox", name="Search by name or number")
    await search.fill("mama")
    await expect(page).to_have_url(re.compile(r"\?search=mama$"))
    await expect(listed).to_have_count(1)
    await expect(listed).to_contain_text("Rosa Mamani Ccori")
    await search.fill(rosa.phone[:8])
    await expect(page).to_have_url(re.compile(rf"\?search=%22{rosa.phone[:8]}%22$"))
    # What was searched for stands in the address, so that a reload and a step back find it again.
    await page.reload()
    await expect(search).to_have_value(rosa.phone[:8])
    await page.get_by_role("link", name="Rosa Mamani Ccori").click()
    await expect(page.get_by_role("heading", level=1, name="Rosa Mamani Ccori")).to_be_visible()
    await page.go_back()
    await expect(search).to_have_value(rosa.phone[:8])
    await search.fill("nobody at all")
    await expect(page.get_by_text("Nobody found")).to_be_visible()
    await page.get_by_role("button", name="Show everybody").click()
    await expect(listed).to_have_count(PAGE)
    await expect(search).to_have_value("")
    await expect(page).to_have_url(re.compile(r"/members$"))


@pytest.mark.meets("L36", "L21")
async def test_thousands_are_paged_through(visit: Visit, site: Site, cafe: Cafe) -> None:
    await seed(site, cafe.id)
    page = await visit(members(cafe), who=cafe.owner)
    listed = listed_on(page)
    await expect(listed).to_have_count(PAGE)
    await expect(listed.first).to_contain_text("Guest 1")
    for shown in range(PAGE, MANY, PAGE):
        await to_the_end(page)
        await expect(listed.nth(shown)).to_be_attached(timeout=15_000)
    await expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert await listed.count() == MANY
    names = await listed.get_by_role("rowheader").get_by_role("link").all_text_contents()
    assert names == [f"Guest {number}" for number in range(1, MANY + 1)]
    # Everything is there and the page still answers at once: typing does not wait for thousands of rows.
    await page.get_by_role("searchbox").fill("guest 2000")
    await expect(listed).to_have_count(1)
    await page.get_by_role("searchbox").fill("")
    # The way back to somebody far down does not begin at the top again.
    await expect(listed).to_have_count(MANY)
    await listed.nth(1_200).scroll_into_view_if_needed()
    await listed.nth(1_200).get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1, name="Guest 1201")).to_be_visible()
    await page.go_back()
    await expect(listed.nth(1_200)).to_be_in_viewport()


async def test_who_is_at_risk_and_whose_program(visit: Visit, site: Site, cafe: Cafe) -> None:
    await seed(site, cafe.id)
    tea = await cafe.open_program(name="Tarjeta de té")
    wanted = {"name": "Ana Té", "phone": "987654321", "program_id": tea["id"]}
    await cafe.ask("POST", "/api/loyalty/enrollments", wanted | {"consent": {"version": "1", "channel": "counter"}})
    page = await visit(members(cafe), who=cafe.owner)
    listed = listed_on(page)
    await expect(listed).to_have_count(PAGE)
    await page.get_by_role("switch", name="Only at risk").check()
    await expect(page).to_have_url(re.compile(r"\?risk=true$"))
    await expect(listed.first).to_contain_text(f"Guest {MANY - MANY // 10 + 1}")
    await expect(listed.first).to_contain_text("At risk")
    await page.get_by_role("switch", name="Only at risk").uncheck()
    await page.get_by_role("combobox", name="Program").select_option("Tarjeta de té")
    await expect(listed).to_have_count(1)
    await expect(listed).to_contain_text("Ana Té")


@pytest.mark.meets("L30", "L21")
async def test_a_guest_is_enrolled_and_stamped_by_keyboard_alone(visit: Visit, cafe: Cafe) -> None:
    page = await visit(members(cafe), who=await cafe.employ("staff"))
    # Of two ways to enrol the first guest, the one at the top of the page.
    enrol = page.get_by_role("button", name="Enrol someone").first
    await expect(enrol).to_be_visible()
    await reach(page, "Enrol someone")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Enrol someone")
    await expect(dialog.get_by_role("textbox", name="Mobile number")).to_be_focused()
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("Without their yes there is no card.")).to_be_visible()
    await dialog.get_by_role("textbox", name="Mobile number").focus()
    await page.keyboard.type("123")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Rosa Mamani")
    await reach(page, "They said yes")
    await page.keyboard.press("Space")
    visit.expect(r"^422 POST .*/enrollments")
    await reach(page, "Enrol")
    await page.keyboard.press("Enter")
    # The api's own sentence stands at the field.
    phone = dialog.get_by_role("textbox", name="Mobile number")
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await phone.focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("987 654 321")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Rosa Mamani")).to_be_visible()
    await expect(page.get_by_role("img", name="Code that opens the card of Rosa Mamani")).to_be_visible()
    await reach(page, "Amount in PEN, if you like")
    await page.keyboard.type("12,50")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name="1 of 6 stamps")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Stamp 1 of 6")).to_contain_text("PEN 12.50")


async def reach(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus, and see that everything on the way shows that it has it."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        here = await page.evaluate(
            "(() => { const it = document.activeElement, style = getComputedStyle(it), after = getComputedStyle(it, "
            "'::after'); const label = it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent;"
            "const seen = [style, after].some(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none') "
            "|| it.matches('input, textarea, select'); return [label.trim(), seen, it.outerHTML.slice(0, 200)]; })()"
        )
        assert here[1], f"The focus cannot be seen on {here[2]}"
        if here[0] == name:
            return
    raise AssertionError(f"Tab never reaches {name!r}.")


async def test_who_is_known_already_is_found(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani")
    page = await visit(members(cafe), who=cafe.owner)
    await page.get_by_role("button", name="Enrol someone").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="Mobile number").fill(rosa.phone)
    await dialog.get_by_role("textbox", name="Name").fill("Somebody Else")
    await dialog.get_by_role("checkbox", name="They said yes").check()
    await dialog.get_by_role("button", name="Enrol").click()
    await expect(page.get_by_text("Rosa Mamani is a member already.")).to_be_visible()
    await expect(page).to_have_url(re.compile(rf"/members/{rosa.id}$"))
    await expect(page.get_by_role("img", name="Code that opens the card of Rosa Mamani")).to_be_hidden()


async def test_a_stamp_is_taken_back_with_its_reward(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=6)
    page = await visit(member(cafe, rosa), who=cafe.owner)
    rewards = page.get_by_role("region", name="Rewards")
    await expect(rewards.get_by_role("button", name="Hand out")).to_be_visible()
    history = page.get_by_role("region", name="All stamps")
    await history.get_by_role("button", name=re.compile("^Take back")).first.click()
    dialog = page.get_by_role("dialog", name="Take this stamp back?")
    await expect(dialog.get_by_text("The reward is taken back with it")).to_be_visible()
    await dialog.get_by_role("button", name="Take it back").click()
    await expect(dialog.get_by_text("Say why, so that others understand it later.")).to_be_visible()
    await axe(page)
    await dialog.get_by_role("textbox", name="Why?").fill("Stamped twice by mistake")
    await dialog.get_by_role("button", name="Take it back").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("img", name="5 of 6 stamps")).to_be_visible()
    await expect(rewards.get_by_role("listitem")).to_contain_text("Taken back")
    await expect(history.get_by_role("listitem").first).to_contain_text("Stamped twice by mistake")
    await expect(history.get_by_role("listitem").first.get_by_role("button")).to_be_hidden()
    found = await cafe.ask("GET", f"/api/loyalty/customers/{rosa.id}")
    assert found["visits"] == 5
    assert found["stamps"][0]["void_reason"] == "Stamped twice by mistake"


async def test_a_stamp_of_a_reward_that_was_had_stays(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=6)
    page = await visit(member(cafe, rosa), who=cafe.owner)
    await page.get_by_role("button", name="Hand out").click()
    await page.get_by_role("dialog").get_by_role("button", name="Hand it out").click()
    await expect(page.get_by_role("region", name="Rewards").get_by_role("listitem")).to_contain_text("Had")
    visit.expect(r"^409 POST .*/void$")
    await page.get_by_role("button", name=re.compile("^Take back")).first.click()
    dialog = page.get_by_role("dialog", name="Take this stamp back?")
    await expect(dialog.get_by_text("so it cannot be taken back any more")).to_be_visible()
    await dialog.get_by_role("textbox", name="Why?").fill("Too late")
    await dialog.get_by_role("button", name="Take it back").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("This stamp went into a reward that is over")
    assert (await cafe.ask("GET", f"/api/loyalty/customers/{rosa.id}"))["visits"] == 6


async def test_a_refused_stamp_says_why(visit: Visit, cafe: Cafe) -> None:
    await cafe.ask("PATCH", f"/api/loyalty/programs/{cafe.program['id']}", {"stamp_gap_seconds": 600})
    rosa = await cafe.enroll("Rosa Mamani", stamps=1)
    visit.expect(r"^409 POST .*/stamps$")
    page = await visit(member(cafe, rosa), who=cafe.owner)
    await page.get_by_role("button", name="Stamp", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("This card was stamped a moment ago")
    await page.get_by_role("textbox", name="Amount in PEN, if you like").fill("a coffee")
    await page.get_by_role("button", name="Stamp", exact=True).click()
    await expect(page.get_by_text("Is that an amount?")).to_be_visible()


@pytest.mark.meets("L30")
async def test_details_are_corrected_and_the_card_is_given_out_anew(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=2)
    other = await cafe.enroll("Luis Poma")
    page = await visit(member(cafe, rosa), who=cafe.owner)
    await page.get_by_role("button", name="Correct details").click()
    dialog = page.get_by_role("dialog", name="Correct details")
    await dialog.get_by_role("textbox", name="Name").fill("Rosa Mamani Ccori")
    await dialog.get_by_label("Birthday").fill("1990-05-17")
    await dialog.get_by_role("textbox", name="Mobile number").fill(other.phone)
    visit.expect(r"^409 PATCH .*/customers/")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_be_visible()
    await dialog.get_by_role("textbox", name="Mobile number").fill("999888777")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1, name="Rosa Mamani Ccori")).to_be_visible()
    await expect(page.get_by_text("+51999888777")).to_be_visible()
    await expect(page.get_by_text("May 17, 1990")).to_be_visible()
    await page.get_by_role("button", name="Give card out anew").click()
    await page.get_by_role("dialog").get_by_role("button", name="Make a new link").click()
    await expect(page.get_by_role("img", name="Code that opens the card of Rosa Mamani Ccori")).to_be_visible()
    await axe(page)
    link = await page.get_by_text(re.compile(r"/card#")).text_content()
    assert link is not None
    assert link.startswith(cafe.site.url)
    async with cafe.site.visitor() as anybody:
        token = link.partition("#")[2]
        assert (await anybody.get("/api/loyalty/card", headers={"Holdfast-Card": token})).is_success
        assert (await anybody.get("/api/loyalty/card", headers={"Holdfast-Card": rosa.token})).status_code == 401
    await page.get_by_role("button", name="They have it").click()
    await expect(page.get_by_text(re.compile(r"/card#"))).to_be_hidden()


async def test_staff_see_only_what_they_may_do(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=6)
    page = await visit(member(cafe, rosa), who=await cafe.employ("staff"))
    await expect(page.get_by_role("button", name="Stamp", exact=True)).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="Card full")).to_be_visible()
    for forbidden in ("Give card out anew", "Hand out", re.compile("^Take back")):
        await expect(page.get_by_role("button", name=forbidden)).to_have_count(0)
    await page.get_by_role("button", name="Correct details").click()
    await expect(page.get_by_role("dialog").get_by_role("textbox", name="Mobile number")).to_be_disabled()


async def test_a_long_history_is_all_there(visit: Visit, cafe: Cafe) -> None:
    rosa = await cafe.enroll("Rosa Mamani", stamps=60)
    page = await visit(member(cafe, rosa), who=cafe.owner)
    stamps = page.get_by_role("region", name="All stamps").get_by_role("listitem")
    await expect(stamps).to_have_count(25)
    await to_the_end(page)
    await expect(stamps).to_have_count(50)
    await to_the_end(page)
    await expect(stamps).to_have_count(60)


async def test_a_member_of_another_business_is_nobody(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(site, name="Café Sur")
    guest = await other.enroll("Inés Rojas")
    await other.close()
    visit.expect(r"^404 GET .*/customers/")
    page = await visit(member(cafe, guest), who=cafe.owner)
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_text("Inés Rojas")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_everybody_can_read_it(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    rosa = await cafe.enroll("Rosa Mamani Ccori de la Puente y Ñahui", stamps=7)
    page = await visit(members(cafe), who=cafe.owner, size=size, color_scheme=scheme, locale="es-PE")
    await expect(page.get_by_role("heading", name="Miembros", level=1)).to_be_visible()
    link = page.get_by_role("link", name=rosa.name)
    await expect(link).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await axe(page)
    await link.click()
    await expect(page.get_by_role("heading", level=1, name=rosa.name)).to_be_visible()
    await expect(page.get_by_role("region", name="Todos los sellos").get_by_role("listitem")).to_have_count(7)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await axe(page)
