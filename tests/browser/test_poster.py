"""The poster: worded, looked at, printed on one sheet without the application around it, and its code taken along."""

import asyncio
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.browser.cafes import Cafe
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe

POSTER = "/console/{slug}/loyalty/poster"
A4 = (595, 842)
A5 = (420, 595)


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """The sheets of a printed document, in points."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


@pytest.mark.meets("L26")
@pytest.mark.parametrize(("paper", "size"), [("A4", A4), ("A5", A5)])
async def test_one_sheet_is_printed_and_nothing_else(
    visit: Visit, cafe: Cafe, paper: str, size: tuple[int, int]
) -> None:
    page = await visit(POSTER.format(slug=cafe.slug), who=cafe.owner)
    await page.get_by_text(paper, exact=True).click()
    await expect(page.get_by_role("region", name="Preview of the poster")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("heading", level=1, name="Poster")).to_be_hidden()
    await expect(page.get_by_role("button", name="Print")).to_be_hidden()
    assert sheets(await page.pdf(prefer_css_page_size=True, print_background=True)) == [size]


async def test_the_words_on_the_poster_are_the_owners(visit: Visit, cafe: Cafe) -> None:
    page = await visit(POSTER.format(slug=cafe.slug), who=cafe.owner)
    poster = page.get_by_role("region", name="Preview of the poster")
    # It speaks the first language of the business's guests, whatever the owner reads.
    await expect(poster).to_contain_text("6 sellos y luego: Un café de la casa")
    await page.get_by_label("Headline").fill("¡Tu café te espera!")
    await page.get_by_label("Reward").fill("Un café grande")
    await page.get_by_text("Bold", exact=True).click()
    await page.get_by_role("combobox", name="Language on the poster").click()
    await page.get_by_role("option", name="日本語").click()
    await expect(poster).to_contain_text("スタンプ 6 個で Un café grande")
    await page.wait_for_url(re.compile("lang=ja"))
    # A colleague who opens the address prints the same.
    await page.reload()
    await expect(poster).to_contain_text("¡Tu café te espera!")
    await expect(poster).to_contain_text("スキャンしてください")
    program = await cafe.ask("GET", f"/api/loyalty/programs/{cafe.program['id']}")
    assert program["reward"] == "Un café de la casa"


@pytest.mark.meets("L26")
async def test_the_code_can_be_taken_along(visit: Visit, cafe: Cafe) -> None:
    page = await visit(POSTER.format(slug=cafe.slug), who=cafe.owner)
    for item, name, begins in (
        ("As SVG", f"{cafe.slug}-qr.svg", b"<svg "),
        ("As PNG", f"{cafe.slug}-qr.png", b"\x89PNG"),
    ):
        await page.get_by_role("button", name="Download QR").click()
        async with page.expect_download() as waiting:
            await page.get_by_role("menuitem", name=re.compile(item)).click()
        download = await waiting.value
        assert download.suggested_filename == name
        content = await asyncio.to_thread(Path(await download.path()).read_bytes)
        assert content.startswith(begins)


async def test_a_poster_of_one_of_several_programs_leads_to_it(visit: Visit, cafe: Cafe) -> None:
    first = cafe.program["id"]
    other = (await cafe.open_program(name="Postres", reward="Un postre"))["id"]
    page = await visit(POSTER.format(slug=cafe.slug) + f"?program={other}", who=cafe.owner)
    link = page.get_by_role("link", name="Try it yourself")
    await expect(link).to_have_attribute("href", re.compile(rf"/join/{cafe.slug}\?program={other}$"))
    await page.get_by_role("combobox", name="Program").click()
    await page.get_by_role("option", name="Tarjeta").click()
    await expect(link).to_have_attribute("href", re.compile(rf"/join/{cafe.slug}\?program={first}$"))


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
@pytest.mark.parametrize("look", ["calm", "bold", "plain"])
async def test_every_look_can_be_read_by_everybody(
    visit: Visit, cafe: Cafe, look: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    path = f"{POSTER.format(slug=cafe.slug)}?look={look}"
    page = await visit(path, who=cafe.owner, size=size, color_scheme=scheme)
    await expect(page.get_by_role("region", name="Preview of the poster")).to_be_visible()
    await axe(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
