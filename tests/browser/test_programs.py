"""Programs in the console: opened and changed with the card in sight, archived and brought back."""

from typing import Literal

import pytest
from playwright.async_api import expect

from tests.browser.cafes import Cafe
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

PROGRAMS = "/console/{slug}/loyalty/programs"


@pytest.mark.meets("L21")
async def test_the_owner_changes_a_promise_and_reads_what_it_means(visit: Visit, cafe: Cafe) -> None:
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=cafe.owner)
    await page.get_by_role("button", name="Change: Tarjeta").click()
    drawer = page.get_by_role("dialog", name="Change Tarjeta")
    await expect(drawer.get_by_role("img", name="3 of 6 stamps")).to_be_visible()
    await drawer.get_by_role("textbox", name="Stamps").fill("5")
    await drawer.get_by_role("textbox", name="Reward").fill("Un té de la casa")
    await expect(drawer.get_by_role("img", name="3 of 5 stamps")).to_be_visible()
    await expect(drawer).to_contain_text(
        "A card that holds 5 stamps or more already earns its reward with the next one."
    )
    await expect(drawer).to_contain_text("Rewards that were earned stay as promised: Un café de la casa.")
    await axe(page)
    await drawer.get_by_role("button", name="Save").click()
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_text("5 stamps, then: Un té de la casa")).to_be_visible()
    program = await cafe.ask("GET", f"/api/loyalty/programs/{cafe.program['id']}")
    assert (program["stamps_required"], program["reward"]) == (5, "Un té de la casa")
    assert program["stamp_gap_seconds"] == 0, "What was not touched stays."


async def test_a_program_is_opened_from_the_keyboard(visit: Visit, cafe: Cafe) -> None:
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=cafe.owner)
    await page.get_by_role("button", name="New program").press("Enter")
    drawer = page.get_by_role("dialog", name="A new program")
    await drawer.get_by_role("button", name="Bakery").press("Space")
    await expect(drawer.get_by_role("textbox", name="Name of the card")).to_have_value("Bread card")
    # A name that is taken is refused by the api, which says so above the form.
    visit.expect(r"^409 POST \S+/api/loyalty/programs$")
    await drawer.get_by_role("textbox", name="Name of the card").fill("Tarjeta")
    await page.keyboard.press("Enter")
    await expect(drawer.get_by_role("alert")).to_contain_text("Another active program of this business has that name.")
    await drawer.get_by_role("textbox", name="Name of the card").fill("Bread card")
    await page.keyboard.press("Enter")
    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("heading", name="Bread card")).to_be_visible()


async def test_a_program_is_archived_and_brought_back(visit: Visit, cafe: Cafe) -> None:
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=cafe.owner)
    await page.get_by_role("button", name="Archive").click()
    dialog = page.get_by_role("dialog", name="Archive Tarjeta?")
    await expect(dialog).to_contain_text("Rewards that guests have earned can still be redeemed.")
    await dialog.get_by_role("button", name="Archive the program").click()
    await expect(page.get_by_role("heading", name="Archived programs")).to_be_visible()
    await page.get_by_role("button", name="Bring back").click()
    await page.get_by_role("dialog").get_by_role("button", name="Bring back").click()
    await expect(page.get_by_role("heading", name="Archived programs")).to_be_hidden()
    await expect(page.get_by_role("button", name="Archive")).to_be_visible()


async def test_staff_see_programs_and_change_none(visit: Visit, cafe: Cafe) -> None:
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=await cafe.employ("staff"))
    await expect(page.get_by_role("heading", name="Tarjeta")).to_be_visible()
    for name in ("New program", "Change: Tarjeta", "Archive"):
        await expect(page.get_by_role("button", name=name)).to_have_count(0)


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
async def test_programs_can_be_read_by_everybody(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    await cafe.open_program(name="Postres", stamps_required=20, reward="Un postre")
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=cafe.owner, size=size, color_scheme=scheme)
    await expect(page.get_by_role("heading", name="Postres")).to_be_visible()
    await axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


async def test_without_a_program_the_screen_says_what_to_do(visit: Visit, site: Site) -> None:
    cafe = await Cafe.open(site, program={})
    await cafe.close()
    page = await visit(PROGRAMS.format(slug=cafe.slug), who=cafe.owner)
    await expect(page.get_by_role("heading", name="No program yet")).to_be_visible()
    await page.goto(f"/console/{cafe.slug}/loyalty/poster")
    await page.get_by_role("link", name="New program").click()
    await expect(page.get_by_role("dialog", name="A new program")).to_be_visible()
