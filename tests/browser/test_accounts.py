"""An account in a browser: forgotten and changed passwords, sessions, invitations."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.cafes import Cafe, newcomer
from tests.browser.entering import PASSWORD, address, mailbox, mailed, sign_in, told
from tests.browser.serving import Site
from tests.browser.visiting import PHONE, Visit


@pytest.mark.meets("I116")
async def test_a_forgotten_password_is_replaced_by_a_mailed_link(visit: Visit, site: Site) -> None:
    who = await newcomer(site)
    page = await visit("/sign-in")
    await page.get_by_role("link", name="Forgot your password?").click()
    await page.wait_for_url("**/forgot-password")
    # The page before has a field of the same name.
    await expect(page.get_by_role("heading", level=1)).to_have_text("Forgot your password?")
    await page.get_by_label("E-mail").fill(who.email)
    await page.get_by_role("button", name="Send the link").click()
    await expect(page.get_by_role("main")).to_contain_text(f"If {who.email} has an account, a link is on its way")
    await mailbox(page)
    await page.get_by_role("dialog").get_by_role("link", name=re.compile("reset-password")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Set password").click()
    await expect(told(page)).to_have_text("Your new password is set. Sign in with it.")
    await sign_in(page, who, PASSWORD)
    await page.wait_for_url("**/home")
    # The link worked once.
    visit.expect("^409 POST .*/api/auth/reset-password")
    again = await visit(f"/reset-password/{await mailed(site, who.email, 'Choose another password')}")
    await again.get_by_label("New password").fill(PASSWORD)
    await again.get_by_role("button", name="Set password").click()
    await expect(again.get_by_role("alert")).to_contain_text("This link was used before")


@pytest.mark.meets("W49", "I128")
async def test_the_session_is_out_of_every_script_s_reach(visit: Visit, site: Site) -> None:
    page = await visit("/sign-in")
    await sign_in(page, await newcomer(site))
    await page.wait_for_url("**/home")
    cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}
    session = cookies["holdfast_session"]
    assert session["httpOnly"]
    assert session["sameSite"] == "Lax"
    readable = await page.evaluate("document.cookie + JSON.stringify([localStorage, sessionStorage])")
    assert session["value"] not in readable
    assert "eyJ" not in readable, "No access token is kept where a script could read it."
    databases = await page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert databases == []


@pytest.mark.meets("I127")
async def test_a_change_is_taken_from_our_own_pages_only(visit: Visit, site: Site) -> None:
    visit.expect("^403 PUT .*/api/auth/profile")
    page = await visit("/account", who=await newcomer(site, name="Rosa Mamani"))
    unproven = "fetch('/api/auth/profile', {method: 'PUT', body: '{\"name\": \"Mallory\"}'}).then((a) => a.status)"
    assert await page.evaluate(unproven) == 403
    await page.get_by_label("Name").fill("Rosa M. Mamani")
    async with page.expect_request("**/api/auth/profile") as sent:
        await page.get_by_role("button", name="Save").click()
    assert (await sent.value).headers["x-csrf-token"]
    await expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    await expect(page.get_by_role("button", name="Account of Rosa M. Mamani")).to_be_visible()


@pytest.mark.meets("I116", "W49")
async def test_signing_out_everywhere_ends_the_other_browser_s_session(visit: Visit, cafe: Cafe) -> None:
    visit.expect("^401 ")
    other = await visit(f"/console/{cafe.slug}/people", who=cafe.owner)
    await expect(other.get_by_role("heading", level=1)).to_have_text("People")
    page = await visit("/account", who=cafe.owner, size=PHONE)
    await expect(page.get_by_text("This one")).to_be_visible()
    await page.get_by_role("button", name="Sign out everywhere").click()
    await page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await page.wait_for_url("**/sign-in")
    assert await page.evaluate("document.cookie") == ""
    # The other one notices at its next question, and says what happened.
    await other.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await other.wait_for_url("**/sign-in?next=*")
    await expect(told(other)).to_contain_text("Your session is over")
    await sign_in(other, cafe.owner)
    await other.wait_for_url(f"**/console/{cafe.slug}/settings")


async def test_one_session_can_be_ended(visit: Visit, site: Site) -> None:
    visit.expect("^401 ")
    who = await newcomer(site)
    lost = await visit("/account", who=who)
    page = await visit("/account", who=who)
    await page.get_by_role("button", name="End the session").click()
    await page.get_by_role("dialog").get_by_role("button", name="End").click()
    await expect(page.get_by_role("button", name="End the session")).to_be_hidden()
    await expect(page.get_by_text("This one")).to_be_visible()
    await lost.reload()
    await lost.wait_for_url("**/sign-in?next=*")


@pytest.mark.meets("I116")
async def test_a_password_is_changed(visit: Visit, site: Site) -> None:
    visit.expect("^422 PUT .*/api/auth/change-password")
    who = await newcomer(site)
    page = await visit("/account", who=who)
    await page.get_by_label("Current password").fill("not the password")
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("The present password is not right.")).to_be_visible()
    await page.get_by_label("Current password").fill(who.password)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
    await page.get_by_role("button", name="Account of").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await page.wait_for_url(lambda url: url.endswith("/"))
    await page.goto("/sign-in")
    await sign_in(page, who, PASSWORD)
    await page.wait_for_url("**/home")


@pytest.mark.meets("I5", "W18")
async def test_somebody_new_is_invited_and_joins(visit: Visit, cafe: Cafe) -> None:
    owner = await visit(f"/console/{cafe.slug}/people", who=cafe.owner)
    await owner.get_by_role("button", name="Invite").click()
    email = address()
    await owner.get_by_role("textbox", name="E-mail").fill(email)
    await owner.get_by_role("radio", name="Manager").check()
    await owner.get_by_role("button", name="Send the invitation").click()
    await expect(owner.get_by_role("table", name="Open invitations")).to_contain_text(email)
    await mailbox(owner)
    mail = owner.get_by_role("dialog", name=f"Mails to {email}")
    link = await mail.get_by_role("link", name=re.compile("invitations")).get_attribute("href")
    assert link is not None
    page = await visit(link)
    await page.get_by_label("Name").fill("Bruno Tello")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Accept the invitation").click()
    await page.wait_for_url(f"**/console/{cafe.slug}/loyalty")
    await expect(page.get_by_role("button", name="Switch business").first).to_contain_text("Manager")
    await owner.reload()
    await expect(owner.get_by_role("table", name="Team")).to_contain_text("Bruno Tello")
    await expect(owner.get_by_role("heading", name="No open invitations")).to_be_visible()


async def test_somebody_with_an_account_signs_in_and_joins(visit: Visit, site: Site, cafe: Cafe) -> None:
    who = await newcomer(site)
    await cafe.ask("POST", "/api/people/invitations", {"email": who.email, "role": "staff"})
    page = await visit(f"/invitations/{await mailed(site, who.email, 'invites you')}")
    await page.get_by_role("link", name="Sign in and accept").click()
    await sign_in(page, who)
    await expect(page.get_by_role("main")).to_contain_text(f"You are signed in as {who.name}")
    await page.get_by_role("button", name="Accept the invitation").click()
    await page.wait_for_url(f"**/console/{cafe.slug}/loyalty")


async def test_an_invitation_is_for_one_address_and_one_time(visit: Visit, site: Site, cafe: Cafe) -> None:
    visit.expect("^403 POST .*/accept-invitation", "^409 POST .*/accept-invitation", "^422 POST .*/accept-invitation")
    invited = await newcomer(site)
    made = await cafe.ask("POST", "/api/people/invitations", {"email": invited.email, "role": "staff"})
    token = await mailed(site, invited.email, "invites you")
    stranger = await visit(f"/invitations/{token}", who=await newcomer(site))
    await stranger.get_by_role("button", name="Accept the invitation").click()
    await expect(stranger.get_by_role("alert")).to_contain_text("for another address")
    await cafe.ask("DELETE", f"/api/people/invitations/{made['id']}")
    page = await visit(f"/invitations/{token}", who=invited)
    await page.get_by_role("button", name="Accept the invitation").click()
    await expect(page.get_by_role("alert")).to_contain_text("accepted, taken back or replaced")
    cut = await visit(f"/invitations/{token[:-3]}", who=invited)
    await cut.get_by_role("button", name="Accept the invitation").click()
    await expect(cut.get_by_role("alert")).to_contain_text("not one of ours")
