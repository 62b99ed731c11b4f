"""The frame around every screen of a business: where somebody can go, by mouse, by keyboard and on a phone."""

from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests import accounts
from tests.browser.cafes import Cafe, Person
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

LOYALTY = ["Dashboard", "Members", "Programs", "Poster", "Staff stamps", "Devices", "Stamper"]
MONEY = ["Overview", "Payments", "Invoices", "Subscriptions", "Customers", "Plans", "Coupons", "Disputes"]
MONEY += ["Comparison", "Payouts", "Books", "Reminders", "Providers"]
PLACES = [*LOYALTY, *MONEY, "People", "Settings"]


async def works_for_both(site: Site, one: Cafe, other: Cafe) -> Person:
    """Somebody who manages one café, and helps out in another."""
    person = await one.employ("manager", name="Bruno Tello")
    await accounts.employ(site.database, other.id, accounts.Account(person.id, person.email), "staff")
    return person


@pytest.mark.meets("T16", "I5")
async def test_somebody_who_works_for_several_switches_between_them(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(site, name="Panadería Sol")
    await other.ask("PATCH", f"/api/tenants/{other.id}", {"accent": "#a3481c"})
    await cafe.ask("PATCH", f"/api/tenants/{cafe.id}", {"accent": "#3d4f7a"})
    page = await visit(f"/console/{cafe.slug}/people", who=await works_for_both(site, cafe, other))
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--hf-accent')"
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    assert await page.evaluate(accent) == "#3d4f7a"
    switcher = page.get_by_role("navigation").get_by_role("button", name="Switch business")
    await switcher.click()
    await expect(page.get_by_role("menuitem", name=cafe.name)).to_have_attribute("aria-current", "page")
    await page.get_by_role("menuitem", name="Panadería Sol").click()
    await page.wait_for_url(f"**/console/{other.slug}/loyalty")
    await expect(switcher).to_contain_text("Staff")
    assert await page.evaluate(accent) == "#a3481c"
    # What staff may not do is not offered to them, and an address that they know tells them why.
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    await expect(links.filter(has_text="Members")).to_be_visible()
    await expect(links.filter(has_text="People")).to_be_hidden()
    await page.goto(f"/console/{other.slug}/people")
    await expect(page.get_by_role("heading", name="You may not see this page")).to_be_visible()
    # The colour is the business's own, and stays in its console.
    await page.goto("/home")
    await expect(page.get_by_role("heading", level=1)).to_have_text("My cards")
    assert await page.evaluate("document.documentElement.style.getPropertyValue('--hf-accent')") == ""
    # The next sign-in leads to the console of last time.
    await page.goto("/")
    await page.wait_for_url(f"**/console/{other.slug}/loyalty")
    await other.close()


async def test_a_business_of_others_is_not_shown(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(site, name="Panadería Sol")
    page = await visit(f"/console/{cafe.slug}/loyalty", who=other.owner)
    await expect(page.get_by_role("heading", name="You may not see this page")).to_be_visible()
    await axe(page)
    await other.close()


@pytest.mark.meets("I147")
async def test_the_search_finds_members_and_pages_by_keyboard(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll("Íñigo Quispe", phone="987 654 301")
    page = await visit(f"/console/{cafe.slug}/people", who=cafe.owner)
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/customers?" in request.url else None)
    # Who collects stamps and who pays are asked for at the same time.
    await page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Find a member, a page or an action")
    await expect(field).to_be_focused()
    await page.keyboard.type("inigo", delay=20)
    found = page.get_by_role("group", name="Members").get_by_role("option")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("+51987654301")
    assert len(asked) == 2, "It asks when the typing pauses, and not at every letter."
    await axe(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/loyalty/members/{guest.id}")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type("98765430")
    await expect(found).to_contain_text("Íñigo Quispe")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("set")
    await expect(page.get_by_role("option", name="Settings")).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/console/{cafe.slug}/settings")
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("option", name="Sign out")).to_have_attribute("aria-selected", "true")
    await page.keyboard.type("zzz")
    await expect(page.get_by_text("Nothing found for “zzz”.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(field).to_be_hidden()


async def test_a_slash_in_a_field_is_a_slash(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/settings", who=cafe.owner)
    name = page.get_by_role("textbox", name="Name")
    await name.fill("Café")
    await name.press("/")
    await expect(name).to_have_value("Café/")


async def test_the_menu_on_a_phone(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/people", who=cafe.owner, size=PHONE)
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
    bar = page.get_by_role("navigation", name="Most used")
    await expect(bar.get_by_role("link")).to_have_text(["Dashboard", "Members", "Poster", "Stamper"])
    for link in await bar.get_by_role("link").all():
        box = await link.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    await bar.get_by_role("link", name="Members").click()
    await page.wait_for_url("**/loyalty/members*")
    await expect(bar.get_by_role("link", name="Members")).to_have_attribute("aria-current", "page")
    await page.get_by_role("button", name="Open the menu").click()
    drawer = page.get_by_role("dialog", name=cafe.name)
    await expect(drawer.get_by_role("link")).to_have_text(PLACES)
    await axe(page)
    await drawer.get_by_role("link", name="Settings").click()
    await page.wait_for_url("**/settings")
    await expect(drawer).to_be_hidden()


async def test_notices_say_what_will_come(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/people", who=cafe.owner)
    await page.get_by_role("button", name="Notices").click()
    await expect(page.get_by_role("dialog", name="Notices")).to_contain_text("Notices will come here")
    await axe(page)


@pytest.mark.meets("I5", "W18")
async def test_an_owner_changes_roles_and_lets_somebody_go(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^409 DELETE .*/api/people/members/")
    await cafe.employ("staff", name="Nayra Poma")
    page = await visit(f"/console/{cafe.slug}/people", who=cafe.owner)
    row = page.get_by_role("row").filter(has_text="Nayra Poma")
    await expect(row).to_contain_text("Staff")
    await row.get_by_role("button", name="Actions for Nayra Poma").click()
    await page.get_by_role("menuitem", name="Change role").click()
    dialog = page.get_by_role("dialog", name="Role of Nayra Poma")
    await dialog.get_by_role("radio", name="Manager").check()
    await axe(page)
    await dialog.get_by_role("button", name="Change role").click()
    await expect(row).to_contain_text("Manager")
    await row.get_by_role("button", name="Actions for Nayra Poma").click()
    await page.get_by_role("menuitem", name="Let go").click()
    await page.get_by_role("dialog", name="Let Nayra Poma go?").get_by_role("button", name="Let go").click()
    await expect(row).to_be_hidden()
    # A business always has an owner.
    await page.get_by_role("button", name=f"Actions for {cafe.owner.name}").click()
    await page.get_by_role("menuitem", name="Leave").click()
    leaving = page.get_by_role("dialog", name=f"Leave {cafe.name}?")
    await leaving.get_by_role("button", name="Leave").click()
    await expect(leaving.get_by_role("alert")).to_contain_text("A business always has an owner")


async def test_an_invitation_is_taken_back(visit: Visit, cafe: Cafe) -> None:
    await cafe.ask("POST", "/api/people/invitations", {"email": "luis@example.com", "role": "staff"})
    page = await visit(f"/console/{cafe.slug}/people", who=cafe.owner, size=PHONE)
    await page.get_by_role("button", name="Take back the invitation to luis@example.com").click()
    await page.get_by_role("dialog").get_by_role("button", name="Take back").click()
    await expect(page.get_by_role("heading", name="No open invitations")).to_be_visible()


async def test_an_owner_changes_how_the_business_looks(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/settings", who=cafe.owner)
    await page.get_by_role("textbox", name="Color").fill("#6b3fa0")
    look = page.get_by_role("region", name="Look")
    await look.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The settings are saved.")).to_be_visible()
    shown = "getComputedStyle(document.documentElement).getPropertyValue('--hf-accent')"
    await page.wait_for_function(f"{shown} === '#6b3fa0'")
    # A photograph as a phone takes it goes up small.
    await page.evaluate(COUNTING)
    await look.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": await photograph(page)}
    )
    await expect(look.get_by_role("button", name="Remove")).to_be_visible()
    await expect(page.locator(f"img[src^='/api/brands/{cafe.id}/']").first).to_be_visible()
    assert 0 < await page.evaluate("window.sentBytes") < 200_000
    await look.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    )
    await expect(look.get_by_role("alert")).to_contain_text("This file is no picture")
    await axe(page)


COUNTING = """() => {
    const send = window.fetch
    window.fetch = async (request, ...rest) => {
        if (request.url?.endsWith('/logo')) window.sentBytes = (await request.clone().blob()).size
        return send(request, ...rest)
    }
}"""


async def photograph(page: Page) -> bytes:
    """A picture of 3000 by 2000 pixels that does not pack well."""
    made = await page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(3000, 2000)
            const context = canvas.getContext('2d')
            for (let n = 0; n < 4000; n += 1) {
                context.fillStyle = `hsl(${(n * 47) % 360} 80% 50%)`
                context.fillRect((n * 997) % 3000, (n * 613) % 2000, 90, 60)
            }
            const blob = await canvas.convertToBlob({ type: 'image/png' })
            return Array.from(new Uint8Array(await blob.arrayBuffer()))
        }"""
    )
    return bytes(made)


async def test_an_owner_changes_details_and_systems(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/settings", who=cafe.owner)
    business = page.get_by_role("region", name="Business")
    await business.get_by_role("textbox", name="Name").fill("Café Aurora Sur")
    await business.get_by_role("textbox", name="Tax number").fill("20512345678")
    await business.get_by_role("textbox", name="Address").fill("Av. Larco 101\nMiraflores")
    await business.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("navigation").get_by_role("button", name="Switch business")).to_contain_text(
        "Café Aurora Sur"
    )
    known = await cafe.ask("GET", f"/api/tenants/{cafe.id}")
    assert (known["tax_id"], known["address"]) == ("20512345678", "Av. Larco 101\nMiraflores")
    menu = page.get_by_role("navigation", name="Main")
    await expect(menu.get_by_role("link", name="Dashboard")).to_be_visible()
    await page.get_by_role("switch", name="Stamp cards").press("Space")
    await expect(menu.get_by_role("link", name="Dashboard")).to_be_hidden()
    # Whoever may see the money finds that; to others there is nothing to be seen, and they are told why.
    await page.goto(f"/console/{cafe.slug}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Money")
    staff = await visit(f"/console/{cafe.slug}", who=await cafe.employ("staff"))
    await expect(staff.get_by_role("heading", name="Nothing is switched on yet")).to_be_visible()
    await axe(staff)


async def test_staff_see_the_settings_and_cannot_change_them(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/settings", who=await cafe.employ("staff"))
    await expect(page.get_by_text("Only an owner can change the settings.")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Name")).to_be_disabled()
    await expect(page.get_by_role("switch", name="Stamp cards")).to_be_disabled()


async def test_an_address_that_is_none_keeps_the_frame(visit: Visit, cafe: Cafe) -> None:
    page = await visit(f"/console/{cafe.slug}/nowhere", who=cafe.owner)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()


async def test_trouble_of_the_api_is_told_with_its_reference(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^500 GET .*/api/people/members")
    page = await visit(f"/console/{cafe.slug}/settings", who=cafe.owner)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    body = (
        '{"type": "x", "title": "Something went wrong on our side; it was recorded and nothing was changed.", '
        '"status": 500, "code": "problems.unexpected", "request_id": "ref-123"}'
    )
    trouble = {"status": 500, "body": body, "content_type": "application/problem+json"}
    await page.route("**/api/people/members?*", lambda route: route.fulfill(**trouble))
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("Something went wrong on our side", timeout=15_000)
    await expect(alert).to_contain_text("Reference ref-123")
    await page.unroute_all()
    await alert.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("table", name="Team")).to_contain_text(cafe.owner.name)


async def test_a_page_that_breaks_keeps_the_frame(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^console: ", "^exception: ")
    page = await visit(f"/console/{cafe.slug}/settings", who=cafe.owner)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    await page.evaluate("() => { Intl.DisplayNames = function () { throw new Error('broken on purpose') } }")
    menu = page.get_by_role("navigation", name="Main")
    await menu.get_by_role("link", name="People").click()
    # The page of settings reads the names as it is mounted, so it has to have gone before it comes back.
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")
    await menu.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page broke")
    await expect(page.get_by_text("Error: broken on purpose")).to_be_visible()
    await menu.get_by_role("link", name="People").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("People")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["people", "settings"])
async def test_the_frame_can_be_used_by_everybody(
    visit: Visit, cafe: Cafe, path: str, scheme: Literal["light", "dark"]
) -> None:
    await cafe.ask("POST", "/api/people/invitations", {"email": "luis@example.com", "role": "staff"})
    for size in (DESKTOP, PHONE):
        page = await visit(f"/console/{cafe.slug}/{path}", who=cafe.owner, color_scheme=scheme, size=size)
        await expect(page.get_by_role("heading", level=2).nth(1)).to_be_visible()
        await expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways."
        await axe(page)
