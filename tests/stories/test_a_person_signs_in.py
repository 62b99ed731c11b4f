"""A person registers, opens a café, invites somebody, loses their phone and their password, and stays in charge."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast import app
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import web
from tests.conftest import Drain


def code_of(answer: httpx2.Response) -> Any:
    """The code of a problem."""
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return answer.json()["code"]


async def has_registered(client: httpx2.AsyncClient, drain: Drain, email: str, password: str, name: str) -> None:
    """Register and confirm the address with the mailed code."""
    answer = await client.post("/api/auth/register", json={"email": email, "password": password, "name": name})
    assert answer.status_code == 202, answer.text
    await drain(app.registry, tenants=[ids.PLATFORM])
    (mail,) = await web.mails(client, email)
    proof = {"verification": answer.json()["verification"], "code": web.digits(mail)}
    assert (await client.post("/api/auth/verify-email", json=proof)).status_code == 204


@pytest.mark.meets("W25", "W26", "W43", "W49", "I61", "I62", "I63", "I64", "I65", "I66", "I67", "L35", "T71", "T73")
async def test_a_person_signs_in(database: Database, settings: Settings, drain: Drain) -> None:
    ana, luis = (f"{name}.{ids.new().hex}@example.com" for name in ("ana", "luis"))
    async with web.visitor(database, settings) as laptop, web.visitor(database, settings) as phone:
        # Nobody gets in before the address is confirmed.
        login = {"email": ana, "password": "cold brew at dawn", "client": "api"}
        assert code_of(await phone.post("/api/auth/login", json=login)) == "sessions.sessions.wrong-credentials"
        await has_registered(laptop, drain, ana, "cold brew at dawn", "Ana Torres")

        # A browser: the refresh token is a cookie that no script reads, the access token is in the body.
        answer = await laptop.post("/api/auth/login", json={"email": ana, "password": "cold brew at dawn"})
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] is None
        assert answer.headers["cache-control"] == "no-store"
        cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith("holdfast_session="))
        assert "httponly" in cookie.lower()
        assert "samesite" in cookie.lower()
        assert (await laptop.get("/api/auth/me")).json()["user"]["email"] == ana

        # What changes something needs the proof that it comes from our own page.
        cafe = {"name": "Café Aurora", "currency": "PEN", "timezone": "America/Lima", "country": "PE"}
        assert (await laptop.post("/api/tenants", json=cafe)).status_code == 403
        laptop.headers["X-CSRF-Token"] = laptop.cookies["holdfast_csrf"]
        opened = await laptop.post("/api/tenants", json={**cafe, "systems": ["loyalty"]})
        assert opened.status_code == 201, opened.text
        tenant = opened.json()["id"]

        # A program: both tokens in the body.
        answer = await phone.post("/api/auth/login", json=login)
        tokens = answer.json()
        assert (tokens["tenant"], tokens["expires_in"], "set-cookie" in answer.headers) == (tenant, 900, False)
        phone.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        me = (await phone.get("/api/auth/me")).json()
        assert [business["role"] for business in me["businesses"]] == ["owner"]
        assert "people.manage" in me["grants"]
        profile = await phone.put("/api/auth/profile", json={"phone": "+51 987 654 321", "locale": "es"})
        assert (profile.json()["phone"], profile.json()["locale"]) == ("+51987654321", "es")

        await luis_joins(database, settings, drain, phone, UUID(tenant), luis)

        # The refresh token works once; the phone's copy ends the whole family when it is used a second time.
        renewed = (await phone.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})).json()
        assert renewed["refresh_token"] != tokens["refresh_token"]
        again = await phone.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert (again.status_code, code_of(again)) == (401, "sessions.sessions.session-over")
        phone.headers["Authorization"] = f"Bearer {renewed['access_token']}"
        assert (await phone.get("/api/auth/me")).status_code == 401
        del phone.headers["Authorization"]

        await the_password_is_lost(laptop, phone, drain, ana)


async def luis_joins(
    database: Database, settings: Settings, drain: Drain, owner: httpx2.AsyncClient, tenant: UUID, email: str
) -> None:
    """Somebody is invited, accepts with a new account, and sees what staff see."""
    invited = await owner.post("/api/people/invitations", json={"email": email, "role": "staff"})
    assert invited.status_code == 201, invited.text
    await drain(app.registry, tenants=[tenant])
    (mail,) = await web.mails(owner, email)
    async with web.visitor(database, settings) as newcomer:
        wanted = {"token": web.link(mail), "name": "Luis Rojas", "password": "two cups of cocoa"}
        accepted = await newcomer.post("/api/auth/accept-invitation", json=wanted)
        assert (accepted.status_code, accepted.json()["tenant"]) == (200, str(tenant))
        assert code_of(await newcomer.post("/api/auth/accept-invitation", json=wanted)) == "people.invitations.not-open"
        signed_in = (
            await newcomer.post(
                "/api/auth/login", json={"email": email, "password": "two cups of cocoa", "client": "api"}
            )
        ).json()
        newcomer.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        assert (await newcomer.get(f"/api/tenants/{tenant}")).json()["name"] == "Café Aurora"
        assert (await newcomer.get("/api/people/members")).status_code == 403
    members = (await owner.get("/api/people/members")).json()["items"]
    assert [member["name"] for member in members] == ["Ana Torres", "Luis Rojas"]


async def the_password_is_lost(laptop: httpx2.AsyncClient, phone: httpx2.AsyncClient, drain: Drain, email: str) -> None:
    """A mailed link lets choose another password, once; every session ends."""
    assert (await laptop.get("/api/auth/me")).status_code == 200
    assert (await phone.post("/api/auth/forgot-password", json={"email": email})).status_code == 202
    await drain(app.registry, tenants=[ids.PLATFORM])
    token = web.link((await web.mails(phone, email))[0])
    chosen = {"password": "black tea at noon"}
    assert (await phone.post(f"/api/auth/reset-password/{token}", json=chosen)).status_code == 204
    assert code_of(await phone.post(f"/api/auth/reset-password/{token}", json=chosen)) == "sessions.codes.link-used"
    assert (await laptop.get("/api/auth/me")).status_code == 401
    old = {"email": email, "password": "cold brew at dawn"}
    assert (await phone.post("/api/auth/login", json=old)).status_code == 401
    new = {"email": email, "password": "black tea at noon", "client": "api"}
    signed_in = (await phone.post("/api/auth/login", json=new)).json()
    phone.headers["Authorization"] = f"Bearer {signed_in['access_token']}"

    # The owner hears of it, changes the password once more, and signs out everywhere.
    await drain(app.registry, tenants=[ids.PLATFORM])
    subjects = [mail["subject"] for mail in await web.mails(phone, email)]
    assert "Your password was changed" in subjects
    assert "One of your sessions was ended" in subjects
    change = {"current_password": "black tea at noon", "new_password": "white coffee at nine"}
    assert (await phone.put("/api/auth/change-password", json=change)).status_code == 204
    assert (await phone.get("/api/auth/me")).status_code == 200
    assert (await phone.post("/api/auth/logout-all")).status_code == 204
    assert (await phone.get("/api/auth/me")).status_code == 401
