"""The stamper: a phone is paired, stamps by number and by camera, and redeems."""

import re
from pathlib import Path
from typing import Literal

import pytest
import segno
from playwright.async_api import Playwright, expect

from tests.browser import visiting
from tests.browser.cafes import Cafe
from tests.browser.counter import (
    NARROW,
    OFFLINE,
    TABLET,
    add_device,
    answer,
    badge,
    by_number,
    code_of,
    next_guest,
    pair,
    scan,
    stamps_of,
)
from tests.browser.serving import Site
from tests.browser.visiting import DESKTOP, PHONE, Visit, axe


@pytest.mark.meets("L22")
async def test_a_phone_is_paired_by_the_owners_qr_code(visit: Visit, cafe: Cafe) -> None:
    console = await visit(f"/console/{cafe.slug}/loyalty/devices", who=cafe.owner, size=DESKTOP)
    await expect(console.get_by_text("No device yet")).to_be_visible()
    await axe(console, within="main")
    await console.get_by_role("button", name="Pair a device").first.click()
    await console.get_by_role("textbox", name="Name").fill("Tableta del mostrador")
    await console.keyboard.press("Enter")
    dialog = console.get_by_role("dialog")
    await expect(dialog.get_by_role("img", name="Opens the stamper and pairs it")).to_be_visible()
    await expect(dialog.get_by_role("timer")).to_contain_text(re.compile(r"1[45]:\d\d"))
    await axe(console, within="[role=dialog]")
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", await dialog.inner_text())
    assert code

    phone = await visit(f"/stamper#pair={code.group()}", size=PHONE)
    await expect(phone.get_by_role("textbox", name="Pairing code")).to_have_value(code.group())
    assert code.group() not in phone.url, "A code is good once, and does not stand in the history."
    await axe(phone)
    await phone.get_by_role("button", name="Pair", exact=True).click()
    await expect(phone.get_by_role("heading", name="Café Aurora", level=1)).to_be_visible()
    await expect(phone).to_have_title("Stamper · Café Aurora")
    await expect(phone.locator("link[rel=manifest]")).to_have_attribute("href", "/stamper.webmanifest")

    await expect(dialog.get_by_text("Paired. It can stamp now.")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    await expect(console.get_by_role("row", name=re.compile("Tableta del mostrador.*Paired"))).to_be_visible()


async def test_a_device_is_renamed_and_revoked(visit: Visit, cafe: Cafe) -> None:
    await add_device(cafe)
    page = await visit(f"/console/{cafe.slug}/loyalty/devices", who=cafe.owner, size=PHONE)
    await page.get_by_role("button", name="Actions for Tableta del mostrador").click()
    await page.get_by_role("menuitem", name="Rename").click()
    await page.get_by_role("textbox", name="Name").fill("Barra")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Actions for Barra").click()
    await page.get_by_role("menuitem", name="Revoke").click()
    await expect(page.get_by_role("dialog", name="Revoke Barra?")).to_be_visible()
    await axe(page, within="[role=dialog]")
    await page.get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("Revoked")).to_be_visible()
    await axe(page, within="main")


@pytest.mark.meets("L22")
async def test_the_owner_pairs_their_own_phone_with_one_tap(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll("Lucía Flores")
    page = await visit("/stamper", who=cafe.owner, size=PHONE)
    await page.get_by_role("region", name="This is my own phone").get_by_role("button").click()
    await expect(page.get_by_role("heading", name="Café Aurora", level=1)).to_be_visible()
    await by_number(page, guest.phone)
    await expect(answer(page, says="1 of 6")).to_be_visible()
    (stamp,) = await stamps_of(cafe, guest)
    # The owner is signed in, so it is the owner who stamped, with this device.
    assert (stamp["stamped_by"], stamp["device_sequence"]) == (str(cafe.owner.id), 1)


@pytest.mark.meets("L22", "P3")
@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (TABLET, "dark")])
async def test_a_number_is_stamped_with_an_amount(
    visit: Visit, cafe: Cafe, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    guest = await cafe.enroll("Lucía Flores", stamps=1)
    page = await visit("/stamper", size=size, color_scheme=scheme)
    device = await pair(page, cafe)
    await axe(page)
    tab = page.get_by_role("button", name="Number", exact=True)
    if await tab.is_visible():
        await tab.click()
    await page.get_by_role("button", name="Amount").click()
    cost = page.get_by_role("textbox", name="What did it cost?")
    await expect(cost).to_be_focused()
    await page.keyboard.type("1250")
    await expect(cost).to_have_value(re.compile(r"12\.50"))
    await axe(page)
    await page.keyboard.press("Enter")
    await page.get_by_role("textbox", name="Guest’s number").fill(guest.phone)
    # Before anything is stamped the name says whether the number is right.
    await expect(page.get_by_text("Lucía Flores")).to_be_visible()
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(answer(page, says="Lucía Flores")).to_contain_text("2 of 6")
    await axe(page)
    await next_guest(page)
    (stamp, _) = await stamps_of(cafe, guest)
    assert stamp["amount"] == {"minor": 1250, "currency": "PEN"}
    assert (stamp["stamped_by"], stamp["device_id"], stamp["device_sequence"]) == (device, device, 1)
    await badge(page).click()
    await expect(page.get_by_role("listitem").filter(has_text="Lucía Flores")).to_contain_text(
        "Confirmed2 of 6PEN 12.50"
    )
    await axe(page)


async def test_two_taps_at_once_are_one_stamp(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll()
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    await page.get_by_role("button", name="Number", exact=True).click()
    await page.get_by_role("textbox", name="Guest’s number").fill(guest.phone)
    button = page.get_by_role("button", name="Stamp", exact=True)
    await button.evaluate("(button) => { button.click(); button.click(); }")
    await expect(answer(page, says="1 of 6")).to_be_visible()
    await next_guest(page)
    await expect(badge(page)).to_have_accessible_name("Stamps on this phone: everything is sent")
    assert len(await stamps_of(cafe, guest)) == 1


async def test_a_full_card_is_told_from_a_stamp(visit: Visit, cafe: Cafe) -> None:
    guest = await cafe.enroll("Lucía Flores", stamps=5)
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    await by_number(page, guest.phone)
    full = answer(page, says="6 of 6")
    await expect(full).to_contain_text("Card full! Reward: Un café de la casa")
    await axe(page)
    # It is to be told to the guest, so it does not go by itself as a stamp does.
    await page.wait_for_timeout(3_000)
    await expect(full).to_be_visible()


async def test_a_refusal_says_why_and_how_to_go_on(visit: Visit, cafe: Cafe) -> None:
    visit.expect(r"^404 POST \S+/api/loyalty/stamps$")
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    await by_number(page, "920555444")
    refused = answer(page, says="No member has this telephone number.")
    await expect(refused).to_be_visible()
    await axe(page)
    await refused.get_by_role("button", name="Enrol this guest").click()
    await expect(page.get_by_role("textbox", name="Telephone number")).to_have_value("920555444")
    await page.get_by_role("textbox", name="Name").fill("Julio Quispe")
    await page.get_by_role("checkbox").check()
    await axe(page)
    await page.get_by_role("button", name="Enrol", exact=True).click()
    await expect(page.get_by_role("img", name="Opens the guest’s card on their own phone")).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name="Give the stamp").click()
    await expect(answer(page, says="Julio Quispe")).to_contain_text("1 of 6")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_of_the_counter_is_readable(
    visit: Visit, site: Site, cafe: Cafe, scheme: Literal["light", "dark"]
) -> None:
    visit.expect(OFFLINE, r"^404 POST \S+/api/loyalty/stamps$")
    guest = await cafe.enroll("Lucía Flores", stamps=2)
    page = await visit("/stamper", size=NARROW, color_scheme=scheme)
    await axe(page)
    await pair(page, cafe)
    await scan(page, await code_of(site, guest))
    await expect(page.get_by_role("img", name="2 of 6 stamps")).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name="Stamp", exact=True).click()
    await expect(answer(page, says="3 of 6")).to_be_visible()
    await axe(page)
    await next_guest(page)
    await by_number(page, "920555444")
    await expect(answer(page, says="No member")).to_be_visible()
    await axe(page)
    await next_guest(page)
    await page.context.set_offline(True)
    await by_number(page, guest.phone)
    await expect(answer(page, says="Saved, will be confirmed")).to_be_visible()
    await axe(page)
    await next_guest(page)
    await axe(page)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, "It fits into 320 pixels without scrolling sideways."
    await badge(page).click()
    await expect(page.get_by_role("dialog", name="Stamps on this phone").get_by_role("listitem")).to_have_count(3)
    await axe(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Settings").click()
    await expect(page.get_by_role("switch", name="Sound")).to_be_checked()
    await axe(page)


@pytest.mark.meets("P3")
async def test_a_reward_is_redeemed_with_the_keyboard_alone(visit: Visit, site: Site, cafe: Cafe) -> None:
    visit.expect(r"^409 POST \S+/api/loyalty/redemptions$")
    guest = await cafe.enroll("Lucía Flores", stamps=6)
    (reward,) = (await cafe.ask("GET", f"/api/loyalty/customers/{guest.id}"))["rewards"]
    page = await visit("/stamper", size=TABLET)
    device = await pair(page, cafe)
    code = await code_of(site, guest, reward=reward["id"])
    await scan(page, code)
    await expect(page.get_by_role("dialog", name="A reward")).to_be_visible()
    await expect(page.get_by_role("button", name="Redeem")).to_be_focused()
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(answer(page, says="Un café de la casa")).to_contain_text("Redeemed for Lucía Flores")
    await axe(page)
    await page.keyboard.press("Enter")
    await expect(answer(page)).to_be_hidden()
    (reward,) = (await cafe.ask("GET", f"/api/loyalty/customers/{guest.id}"))["rewards"]
    assert (reward["status"], reward["redeemed_by"]) == ("redeemed", device)

    # The same picture again, once it is not the one that was seen a moment ago.
    await page.wait_for_timeout(5_100)
    await scan(page, code)
    await expect(page.get_by_role("button", name="Redeem")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(answer(page, says="This reward was redeemed already.")).to_be_visible()


async def test_a_reward_waits_for_the_network(visit: Visit, site: Site, cafe: Cafe) -> None:
    visit.expect(OFFLINE)
    guest = await cafe.enroll(stamps=6)
    (reward,) = (await cafe.ask("GET", f"/api/loyalty/customers/{guest.id}"))["rewards"]
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    code = await code_of(site, guest, reward=reward["id"])
    await page.context.set_offline(True)
    await scan(page, code)
    await expect(page.get_by_role("alert")).to_contain_text("Rewards need a network")
    await expect(page.get_by_role("button", name="Redeem")).to_be_disabled()


async def test_what_is_no_card_is_told_kindly(visit: Visit, site: Site, cafe: Cafe) -> None:
    other = await Cafe.open(site, name="Café Luna")
    stranger = await other.enroll()
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    await scan(page, f"{site.url}/join/{cafe.slug}")
    await expect(page.get_by_text("That is the poster. The guest scans it to get a card.")).to_be_visible()
    await scan(page, f"{site.url}{stranger.link}")
    await expect(page.get_by_text("That is a link to a card.")).to_be_visible()
    await scan(page, await code_of(site, stranger))
    await expect(answer(page, says="This card is of another business")).to_be_visible()
    await other.close()


async def test_without_a_camera_it_helps_and_goes_on(visit: Visit, cafe: Cafe) -> None:
    page = await visit("/stamper", size=PHONE)
    await pair(page, cafe)
    await page.get_by_role("button", name="Turn the camera on").click()
    await expect(page.get_by_text("The camera is not allowed")).to_be_visible()
    await axe(page)
    await page.get_by_role("button", name="Type the number instead").click()
    await expect(page.get_by_role("textbox", name="Guest’s number")).to_be_visible()


def film(path: Path, text: str) -> Path:
    """A film for Chromium's pretended camera, of one picture: a QR code in the middle of a grey wall."""
    width, height, grey, white, black = 640, 480, 120, 235, 16
    code = [[bool(cell) for cell in row] for row in segno.make(text, error="m").matrix_iter(border=4)]
    scale = 420 // len(code)
    left, top = (width - len(code) * scale) // 2, (height - len(code) * scale) // 2
    light = bytearray([grey]) * (width * height)
    for y, row in enumerate(code):
        line = b"".join(bytes([black if dark else white]) * scale for dark in row)
        for step in range(scale):
            at = (top + y * scale + step) * width + left
            light[at : at + len(line)] = line
    picture = b"FRAME\n" + bytes(light) + bytes([128]) * (width * height // 2)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F15:1 Ip A1:1 C420jpeg\n" % (width, height) + picture * 5)
    return path


@pytest.mark.meets("L23")
@pytest.mark.parametrize("at_once", [False, True])
async def test_the_camera_reads_the_guests_code(
    playwright: Playwright, site: Site, cafe: Cafe, tmp_path: Path, at_once: bool
) -> None:
    guest = await cafe.enroll("Lucía Flores", stamps=3)
    seen = film(tmp_path / "guest.y4m", await code_of(site, guest))
    browser = await visiting.launch(playwright, f"--use-file-for-fake-video-capture={seen}")
    visit = Visit(browser, site.url)
    storage = {"holdfast.stamper": '{"atOnce":true}'} if at_once else {}
    # Only our own address is asked: neither the reader nor its WebAssembly comes from anybody else's.
    page = await visit("/stamper", size=PHONE, permissions=["camera"], storage=storage)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await pair(page, cafe)
    if not at_once:
        asks = page.get_by_role("dialog", name="Lucía Flores")
        await expect(asks).to_be_visible(timeout=30_000)
        # However long it takes: the code that is still in sight afterwards is not a new one.
        await page.wait_for_timeout(5_500)
        await asks.get_by_role("button", name="Stamp").click()
    await expect(answer(page, says="4 of 6")).to_be_visible(timeout=30_000)
    assert len(await stamps_of(cafe, guest)) == 4
    assert any(url.endswith(".wasm") for url in asked)
    assert all(url.startswith((site.url, "data:", "blob:")) for url in asked), asked

    # The guest's phone is still in sight, and is no new guest.
    await expect(answer(page)).to_be_hidden()
    await page.wait_for_timeout(1_500)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(await stamps_of(cafe, guest)) == 4
    await visit.end()
    await browser.close()


async def test_a_wrong_code_is_told_beside_the_field(visit: Visit) -> None:
    visit.expect(r"^422 POST \S+/api/devices/pairing$")
    page = await visit("/stamper", size=PHONE)
    await page.get_by_role("textbox", name="Pairing code").fill("abcd efgh")
    await expect(page.get_by_role("textbox", name="Pairing code")).to_have_value("ABCD-EFGH")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("The code is not right")
