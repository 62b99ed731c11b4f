"""The routes of the devices, and what a browser that was paired may send."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.devices import devices
from holdfast.systems.loyalty import members
from tests import accounts, tablets, web
from tests.systems.loyalty import cafe
from tests.test_routes import TABLE, attempt


@pytest.fixture
async def owner(database: Database, settings: Settings, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """The owner of the test's business, at their desk."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        client.headers["Holdfast-Tenant"] = str(tenant)
        yield client


@pytest.fixture
async def browser(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser on the counter, which is not paired yet."""
    async with web.visitor(database, settings) as client:
        yield client


@pytest.fixture
async def card(database: Database, tenant: UUID) -> members.Enrollment:
    """A member with a card of the test's business."""
    async with transaction(database, tenant) as tx:
        await cafe.program(tx)
        return await cafe.member(tx)


async def add(owner: httpx2.AsyncClient, name: str = "Counter") -> dict[str, Any]:
    """A device that is to be paired, with its code."""
    answer = await owner.post("/api/devices", json={"name": name})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    added: dict[str, Any] = answer.json()
    return added


async def pair(browser: httpx2.AsyncClient, code: str) -> dict[str, Any]:
    """Type a code in; from then on the browser says which device it is."""
    answer = await browser.post("/api/devices/pairing", json={"code": code})
    assert answer.status_code == 200, answer.text
    paired: dict[str, Any] = answer.json()
    browser.headers["Holdfast-Device"] = paired["device"]["id"]
    return paired


def stamp_for(card: members.Enrollment) -> dict[str, str]:
    """The body of a stamp."""
    return {"id": str(ids.new()), "card_id": str(card.card.id)}


async def test_a_browser_is_paired_and_stamps(
    owner: httpx2.AsyncClient, browser: httpx2.AsyncClient, tenant: UUID, card: members.Enrollment
) -> None:
    added = await add(owner)
    paired = await pair(browser, added["code"])
    assert (paired["device"]["id"], paired["device"]["status"]) == (added["device"]["id"], "paired")
    assert set(paired["device"]) == {
        "id", "name", "status", "grants", "created_at", "created_by", "paired_at", "revoked_at", "last_seen_at",
        "last_sequence",
    }  # fmt: skip
    assert (paired["tenant"]["tenant_id"], paired["tenant"]["systems"]) == (str(tenant), ["loyalty"])
    assert set(paired["tenant"]) == {
        "tenant_id", "slug", "name", "logo_url", "accent", "languages", "country", "currency", "timezone", "systems",
    }  # fmt: skip
    me = (await browser.get("/api/devices/me")).json()
    assert (me["device"]["id"], me["tenant"], me["next_sequence"]) == (added["device"]["id"], paired["tenant"], 1)

    body = stamp_for(card) | {"device_id": me["device"]["id"], "device_sequence": 4}
    given = await browser.post("/api/loyalty/stamps", json=body)
    assert given.status_code == 201, given.text
    assert (given.json()["stamped_by_kind"], given.json()["stamped_by"]) == ("device", me["device"]["id"])
    assert (given.json()["device_id"], given.json()["device_sequence"]) == (me["device"]["id"], 4)
    assert (await browser.get("/api/devices/me")).json()["next_sequence"] == 5
    (listed,) = (await owner.get("/api/devices")).json()["items"]
    assert (listed["id"], listed["last_sequence"]) == (me["device"]["id"], 4)
    assert listed["last_seen_at"] is not None


async def test_the_cookie_is_out_of_reach_and_lasts(owner: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/api/devices/pairing", json={"code": (await add(owner))["code"]})
    for shown in (
        answer,
        await browser.get("/api/devices/me", headers={"Holdfast-Device": answer.json()["device"]["id"]}),
    ):
        (cookie,) = shown.headers.get_list("set-cookie")
        assert cookie.startswith(f"holdfast_device={browser.cookies['holdfast_device']};")
        for attribute in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={400 * 86400}"):
            assert attribute in cookie
        assert shown.headers["cache-control"] == "no-store"
        assert browser.cookies["holdfast_device"] not in shown.text


async def test_over_tls_the_cookie_is_this_hosts_own(database: Database, settings: Settings, tenant: UUID) -> None:
    async with transaction(database, tenant) as tx:
        code = (await devices.add(tx, name="Counter")).code
    async with web.visitor(database, settings, public_url="https://holdfast.test") as browser:
        answer = await browser.post("/api/devices/pairing", json={"code": code})
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-holdfast_device=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


async def test_a_wrong_code_says_so(owner: httpx2.AsyncClient, browser: httpx2.AsyncClient) -> None:
    added = await add(owner)
    await pair(browser, added["code"])
    for code in (added["code"], "0000-0000", "?"):
        refused = await browser.post("/api/devices/pairing", json={"code": code})
        assert (refused.status_code, refused.json()["code"]) == (422, "devices.devices.wrong-code")
        assert "set-cookie" not in refused.headers
    wrong: tuple[Any, ...] = ({}, {"code": ""}, {"code": 7}, {"code": "x" * 41}, {"code": "7KQ4-M2XD", "name": "x"}, [])
    for body in wrong:
        assert (await browser.post("/api/devices/pairing", json=body)).status_code == 422


async def test_codes_cannot_be_guessed(database: Database, settings: Settings, tenant: UUID) -> None:
    async with transaction(database, tenant) as tx:
        code = (await devices.add(tx, name="Counter")).code
    async with web.visitor(database, settings, rate_limit_sign_ins=5) as browser:
        for _ in range(5):
            refused = await browser.post("/api/devices/pairing", json={"code": "0000-0000"})
            assert refused.status_code == 422
        late = await browser.post("/api/devices/pairing", json={"code": code})
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) > 0


async def test_revoking_ends_it_at_once_and_says_so(
    owner: httpx2.AsyncClient, browser: httpx2.AsyncClient, card: members.Enrollment
) -> None:
    device = (await pair(browser, (await add(owner))["code"]))["device"]
    assert (await browser.get("/api/devices/me")).status_code == 200
    revoked = await owner.post(f"/api/devices/{device['id']}/revocation")
    assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
    body = stamp_for(card) | {"device_id": device["id"], "device_sequence": 1}
    for refused in (await browser.get("/api/devices/me"), await browser.post("/api/loyalty/stamps", json=body)):
        assert (refused.status_code, refused.json()["code"]) == (401, "devices.devices.not-paired")
        assert refused.json()["title"].startswith("This device is not paired any more.")
    again = (await owner.post(f"/api/devices/{device['id']}/pairing-code")).json()
    await pair(browser, again["code"])
    assert (await browser.post("/api/loyalty/stamps", json=body)).status_code == 201


async def test_revoking_ends_it_at_once_although_identities_are_remembered(
    database: Database, settings: Settings, tenant: UUID, card: members.Enrollment
) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    tablet = await tablets.tablet(database, tenant)
    here = {"Holdfast-Tenant": str(tenant)}
    async with (
        web.visitor(database, settings, token_memory_seconds=30) as one,
        # Another process, which is not told.
        web.visitor(database, settings, token_memory_seconds=31) as other,
    ):
        for process in (one, other):
            assert (await process.get("/api/devices/me", headers=tablet.headers)).status_code == 200
        await web.enter(one, database, account)
        revoked = await one.post(f"/api/devices/{tablet.id}/revocation", headers=here)
        assert revoked.status_code == 200
        del one.headers["Authorization"]
        assert (await one.get("/api/devices/me", headers=tablet.headers)).status_code == 401
        # It still believes the device, and a stamp is refused all the same.
        assert (await other.get("/api/devices/me", headers=tablet.headers)).status_code == 200
        body = stamp_for(card) | {"device_id": str(tablet.id), "device_sequence": 1}
        refused = await other.post("/api/loyalty/stamps", json=body, headers=tablet.headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "devices.devices.not-paired")


async def test_a_device_needs_no_token_against_forgery_and_a_person_does(
    database: Database, browser: httpx2.AsyncClient, tenant: UUID, card: members.Enrollment
) -> None:
    tablet = await tablets.tablet(database, tenant)
    answer = await browser.post("/api/loyalty/stamps", json=stamp_for(card), headers=tablet.headers)
    assert (answer.status_code, answer.json()["stamped_by_kind"]) == (201, "device")
    for elsewhere in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        refused = await browser.post("/api/loyalty/stamps", json=stamp_for(card), headers=tablet.headers | elsewhere)
        assert (refused.status_code, refused.json()["code"]) == (403, "http.errors.cross-site")
    staff = await accounts.new_account(database)
    await accounts.employ(database, tenant, staff, "staff")
    signed_in = await web.sign_in(browser, staff, as_program=False)
    browser.cookies.set("holdfast_device", tablet.secret)
    here = {"Holdfast-Device": str(tablet.id)}
    given = await browser.post("/api/loyalty/stamps", json=stamp_for(card), headers=here)
    assert given.status_code == 201, given.text
    assert (given.json()["stamped_by_kind"], given.json()["stamped_by"]) == ("person", signed_in["user"]["id"])
    del browser.headers["X-CSRF-Token"]
    refused = await browser.post("/api/loyalty/stamps", json=stamp_for(card), headers=here)
    assert (refused.status_code, refused.json()["code"]) == (403, "http.errors.cross-site")


async def test_the_cookie_alone_is_nobody(database: Database, browser: httpx2.AsyncClient, tenant: UUID) -> None:
    tablet = await tablets.tablet(database, tenant)
    cookie = {"Cookie": tablet.headers["Cookie"]}
    assert (await browser.get("/api/loyalty/programs", headers=cookie)).status_code == 401
    assert (await browser.get("/api/loyalty/programs", headers=tablet.headers)).status_code == 200
    for wrong in ("7", "%00", f"{tablet.id}x"):
        refused = await browser.get("/api/loyalty/programs", headers=cookie | {"Holdfast-Device": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Holdfast-Device")
    other = await browser.get("/api/loyalty/programs", headers=cookie | {"Holdfast-Device": str(ids.new())})
    assert (other.status_code, other.json()["code"]) == (401, "devices.devices.not-paired")


async def test_a_person_is_no_device(owner: httpx2.AsyncClient) -> None:
    refused = await owner.get("/api/devices/me")
    assert (refused.status_code, refused.json()["code"]) == (401, "devices.devices.not-paired")


async def test_a_device_enrols_at_the_counter(
    database: Database, browser: httpx2.AsyncClient, tenant: UUID, card: members.Enrollment
) -> None:
    tablet = await tablets.tablet(database, tenant)
    guest = {"phone": cafe.phone(), "name": "Rosa", "consent": {"version": "2026-05 es", "channel": "counter"}}
    answer = await browser.post("/api/loyalty/enrollments", json=guest, headers=tablet.headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["member"]["source"] == "staff"


async def test_what_a_device_may_not_do_is_refused_on_every_route(
    database: Database, browser: httpx2.AsyncClient, tenant: UUID
) -> None:
    tablet = await tablets.tablet(database, tenant)
    browser.headers.update(tablet.headers)
    opened = set()
    for name, handler in TABLE.items():
        answer = await attempt(browser, name, tenant)
        assert answer.status_code < 500, f"{name}: {answer.text}"
        if handler.opt.get("grant") and answer.status_code != 403:
            grants = handler.opt["grant"]
            opened |= {grants} if isinstance(grants, str) else set(grants)
    assert opened == {"loyalty.enroll", "loyalty.read", "loyalty.redeem", "loyalty.stamp"}


async def test_devices_are_renamed_and_paged(owner: httpx2.AsyncClient) -> None:
    first, second = await add(owner, "First"), await add(owner, "Second")
    renamed = await owner.patch(f"/api/devices/{first['device']['id']}", json={"name": "Till"})
    assert renamed.json()["name"] == "Till"
    page = (await owner.get("/api/devices", params={"limit": 1})).json()
    rest = (await owner.get("/api/devices", params={"limit": 1, "after": page["next"]})).json()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [second["device"]["id"], first["device"]["id"]]
    assert rest["next"] is None
    for body in ({}, {"name": ""}, {"name": "x" * 2000}, {"name": "x", "id": "7"}, {"name": "x", "colour": "red"}):
        assert (await owner.post("/api/devices", json=body)).status_code == 422
    assert (await owner.patch(f"/api/devices/{ids.new()}", json={"name": "x"})).status_code == 404
