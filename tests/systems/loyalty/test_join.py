"""The form behind a poster: who becomes a member by it, what they are told otherwise, and who acts."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.systems.loyalty import joining, members, programs
from tests import accounts, web
from tests.systems.loyalty import cafe
from tests.systems.loyalty.poster import Cafe, Seen, everybody, filled, look, open_cafe, send


@pytest.fixture
async def shop(database: Database) -> Cafe:
    """A café with one program."""
    return await open_cafe(database)


@pytest.fixture
async def guest(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody with a phone in front of the poster."""
    async with web.visitor(database, settings) as visitor:
        visitor.headers["Accept-Language"] = "en"
        yield visitor


@pytest.mark.meets("L25", "T79")
async def test_a_guest_joins_and_ends_on_their_card(guest: httpx2.AsyncClient, shop: Cafe, database: Database) -> None:
    values = await filled(guest, shop, birthday="1990-02-28")
    joined = await send(guest, shop.path, values)
    assert joined.status_code == 303, joined.text
    assert joined.headers["cache-control"] == "no-store"
    path, _, token = joined.headers["location"].partition("#")
    assert path == "/card"
    own = (await guest.get("/api/loyalty/card", headers={"Holdfast-Card": token})).json()
    assert (own["name"], own["cards"][0]["stamps"], own["cards"][0]["stamps_required"]) == ("Luz Huamán", 0, 10)
    (member,) = await everybody(database, shop.tenant)
    assert member.phone == f"+51{values['phone']}"
    assert (member.source, str(member.birthday)) == (members.Source.poster, "1990-02-28")
    assert (member.consent_version, member.consent_channel) == ("2026-11 en", "poster")


async def test_the_consent_is_kept_in_the_language_that_was_read(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database
) -> None:
    page = await look(guest, f"{shop.path}?lang=ja")
    values = {**page.fields(), "name": "Sora", "phone": cafe.phone(), "consent": "1"}
    assert (await send(guest, shop.path, values)).status_code == 303
    (member,) = await everybody(database, shop.tenant)
    assert member.consent_version == "2026-11 ja"


async def test_a_known_number_opens_nothing(guest: httpx2.AsyncClient, shop: Cafe, database: Database) -> None:
    values = await filled(guest, shop)
    await send(guest, shop.path, values)
    again = await filled(guest, shop, phone=f"+51 {values['phone']}", name="Somebody Else")
    known = await send(guest, shop.path, again)
    assert known.status_code == 200
    assert known.headers["cache-control"] == "no-store"
    assert "location" not in known.headers
    page = Seen(known.text)
    assert page.one("h1")["text"] == "You have a card already"
    assert not re.search(r"#[0-9a-f]{32}\.", known.text)
    assert "Luz" not in known.text
    assert [one["href"] for one in page.all("a", class_="button")] == ["/card"]
    assert len(await everybody(database, shop.tenant)) == 1


async def test_a_form_sent_twice_ends_on_the_same_card(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database
) -> None:
    """An impatient thumb does not lose the card: whichever answer the browser shows, it leads there."""
    values = await filled(guest, shop)
    answers = await asyncio.gather(*(send(guest, shop.path, values) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(await everybody(database, shop.tenant)) == 1
    # Who did not open that very page learns nothing by sending the same.
    for attempt in ("", "short", "0123456789abcdef"):
        other = await send(guest, shop.path, values | {"attempt": attempt})
        assert (other.status_code, "location" in other.headers) == (200, False)


async def test_the_same_number_at_once_from_two_phones_is_one_member(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database
) -> None:
    number = cafe.phone()
    forms = [await filled(guest, shop, phone=number) for _ in range(4)]
    answers = await asyncio.gather(*(send(guest, shop.path, values) for values in forms))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 303]
    assert len(await everybody(database, shop.tenant)) == 1


WRONG = [
    ({"name": ""}, {"name": "Tell us your name."}),
    ({"name": "   "}, {"name": "Tell us your name."}),
    ({"name": "x" * 101}, {"name": "This name is too long, or holds signs that we cannot show."}),
    ({"name": "Ana\x00"}, {"name": "This name is too long, or holds signs that we cannot show."}),
    ({"name": "\u202eanA"}, {"name": "This name is too long, or holds signs that we cannot show."}),
    ({"phone": ""}, {"phone": "Tell us your mobile number."}),
    ({"phone": "12"}, {"phone": None}),
    ({"phone": "+999 1234567"}, {"phone": None}),
    ({"phone": "nine eight seven"}, {"phone": None}),
    ({"phone": "9" * 400}, {"phone": None}),
    ({"birthday": "2999-01-01"}, {"birthday": "This cannot be a birthday."}),
    ({"birthday": "0001-01-01"}, {"birthday": "This cannot be a birthday."}),
    ({"birthday": "1990-02-31"}, {"birthday": "This cannot be a birthday."}),
    ({"birthday": "19900228"}, {"birthday": "This cannot be a birthday."}),
    ({"birthday": "<b>"}, {"birthday": "This cannot be a birthday."}),
    ({"consent": ""}, {"consent": "We need your agreement to keep a card for you."}),
    ({"name": "", "phone": "1", "consent": ""}, {"name": "Tell us your name.", "phone": None, "consent": None}),
]


@pytest.mark.parametrize(("change", "expected"), WRONG)
async def test_what_is_wrong_is_said_beside_its_field(
    guest: httpx2.AsyncClient,
    shop: Cafe,
    database: Database,
    change: dict[str, str],
    expected: dict[str, str | None],
) -> None:
    values = await filled(guest, shop, **change)
    refused = await send(guest, shop.path, values)
    assert refused.status_code == 422, refused.text
    assert await everybody(database, shop.tenant) == []
    page = Seen(refused.text)
    wrong = page.wrong()
    assert list(wrong) == list(expected)
    for field, sentence in expected.items():
        assert wrong[field] == (sentence or wrong[field]) != ""
        marked = page.one("input", name=field)
        assert (marked["aria-invalid"], f"{field}-wrong" in marked["aria-describedby"].split()) == ("true", True)
    # A summary takes the focus and leads to each field.
    summary = page.one("div", class_="summary")
    assert "autofocus" in summary
    assert [link["href"] for link in page.all("a") if link["href"].startswith("#")] == [f"#{field}" for field in wrong]
    # What was filled in is still there, and the same attempt goes on.
    kept = page.fields()
    assert kept["attempt"] == values["attempt"]
    if "name" not in change:
        assert kept["name"] == "Luz Huamán"
    if "consent" not in change:
        assert "consent" in kept


async def test_corrected_and_sent_again_it_counts(guest: httpx2.AsyncClient, shop: Cafe) -> None:
    refused = Seen((await send(guest, shop.path, await filled(guest, shop, phone="12"))).text)
    corrected = {**refused.fields(), "phone": cafe.phone()}
    assert (await send(guest, shop.path, corrected)).status_code == 303


async def test_of_several_programs_a_guest_chooses(guest: httpx2.AsyncClient, shop: Cafe, database: Database) -> None:
    async with transaction(database, shop.tenant) as tx:
        lunch = await cafe.program(tx, name="Lunch", stamps_required=5, reward="Dessert")
        old = await cafe.program(tx, name="Old", reward="History")
        await programs.change(tx, old.id, programs.Change(status=programs.Status.archived))
    page = await look(guest, shop.path)
    choices = page.all("input", type="radio")
    assert [one["value"] for one in choices] == [str(shop.program.id), str(lunch.id)]
    # The oldest is chosen, as everywhere that none is named.
    assert [one["value"] for one in choices if "checked" in one] == [str(shop.program.id)]
    assert page.one("fieldset")["text"].startswith("Which card would you like?")
    assert "History" not in page.one("body")["text"]
    values = {**page.fields(), "name": "Ana", "phone": cafe.phone(), "consent": "1", "program": str(lunch.id)}
    joined = await send(guest, shop.path, values)
    token = joined.headers["location"].partition("#")[2]
    own = (await guest.get("/api/loyalty/card", headers={"Holdfast-Card": token})).json()
    assert [card["program"] for card in own["cards"]] == ["Lunch"]
    # A poster of one program shows that one alone.
    only = await look(guest, f"{shop.path}?program={lunch.id}")
    assert (only.one("h1")["text"], only.all("input", type="radio")) == ("5 stamps, then: Dessert", [])
    assert only.one("form")["action"] == f"{shop.path}?program={lunch.id}"


async def test_an_archived_program_is_not_given_out(guest: httpx2.AsyncClient, shop: Cafe, database: Database) -> None:
    values = await filled(guest, shop)
    poster = f"{shop.path}?program={shop.program.id}"
    async with transaction(database, shop.tenant) as tx:
        fresh = await cafe.program(tx, name="Fresh", stamps_required=4, reward="Tea")
        await programs.change(tx, shop.program.id, programs.Change(status=programs.Status.archived))
    gone = "The card that you were looking for is not given out any more. Here is what there is today."
    page = await look(guest, poster)
    assert (page.one("p", class_="notice")["text"], page.one("h1")["text"]) == (gone, "4 stamps, then: Tea")
    late = await send(guest, poster, values)
    assert late.status_code == 422
    assert await everybody(database, shop.tenant) == []
    refused = Seen(late.text)
    assert gone in refused.one("div", class_="summary")["text"]
    assert refused.fields()["program"] == str(fresh.id)
    assert (await send(guest, shop.path, refused.fields() | {"consent": "1"})).status_code == 303


@pytest.mark.parametrize("program", ["x", "01890000-0000-7000-8000-000000000001", "'; drop table", "%00", "<script>"])
async def test_a_program_that_is_none(guest: httpx2.AsyncClient, shop: Cafe, program: str) -> None:
    page = Seen((await guest.get(shop.path, params={"program": program})).text)
    assert page.one("p", class_="notice")
    assert (await send(guest, shop.path, await filled(guest, shop, program=program))).status_code == 422


async def test_a_business_without_a_program_says_so(guest: httpx2.AsyncClient, shop: Cafe, database: Database) -> None:
    values = await filled(guest, shop)
    async with transaction(database, shop.tenant) as tx:
        await programs.change(tx, shop.program.id, programs.Change(status=programs.Status.archived))
    for answer in (await guest.get(shop.path), await send(guest, shop.path, values)):
        assert answer.status_code in (404, 422)
        page = Seen(answer.text)
        assert (page.one("h1")["text"], page.all("form")) == ("No new cards just now", [])


async def test_where_there_is_no_stamp_card_a_friendly_page_says_so(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database
) -> None:
    values = await filled(guest, shop)
    async with transaction(database, shop.tenant) as tx:
        await tx.execute("update tenants_tenant set systems = '{parking}'")
    for path in (
        shop.path,
        f"/join/{shop.tenant}",
        "/join/no-such-place",
        f"/join/{ids.new()}",
        f"/join/{ids.PLATFORM}",
    ):
        for answer in (await guest.get(path), await send(guest, path, values)):
            assert answer.status_code == 404, answer.text
            page = Seen(answer.text)
            assert page.one("h1")["text"] == "There is no stamp card here"
            assert "Aurora" not in answer.text
            assert page.one("meta", name="robots")["content"] == "noindex"


async def test_switched_off_or_archived_while_the_form_is_on_its_way(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = await filled(guest, shop)
    read = joining.read

    async def between(change: str, argument: object) -> httpx2.Response:
        def then(content_type: str, body: bytes) -> joining.Form:
            changing.append(asyncio.ensure_future(changed(change, argument)))
            return read(content_type, body)

        changing: list[asyncio.Future[None]] = []
        real = members.join

        async def joined(*args: Any) -> members.Enrollment:
            await changing[0]
            return await real(*args)

        monkeypatch.setattr(joining, "read", then)
        monkeypatch.setattr(members, "join", joined)
        answer = await send(guest, shop.path, values)
        monkeypatch.undo()
        return answer

    async def changed(change: str, argument: object) -> None:
        async with transaction(database, shop.tenant) as tx:
            await tx.execute(change, argument)

    archived = await between("update loyalty_program set status = $1", "archived")
    assert (archived.status_code, Seen(archived.text).one("h1")["text"]) == (404, "No new cards just now")
    await changed("update loyalty_program set status = $1", "active")
    off = await between("update tenants_tenant set systems = $1", [])
    assert (off.status_code, Seen(off.text).one("h1")["text"]) == (404, "There is no stamp card here")
    assert await everybody(database, shop.tenant) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://holdfast.test"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_only_our_own_page_sends_the_form(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database, headers: dict[str, str], status: int
) -> None:
    answer = await send(guest, shop.path, await filled(guest, shop), headers=headers)
    assert answer.status_code == status, answer.text
    assert len(await everybody(database, shop.tenant)) == (status == 303)


@pytest.mark.parametrize("as_program", [True, False])
async def test_an_owner_who_tries_the_poster_joins_as_any_guest_does(
    database: Database, settings: Settings, shop: Cafe, as_program: bool
) -> None:
    """Whatever session the browser carries, nobody in particular acts: no grant counts, and no token is asked for."""
    owner = await accounts.new_account(database)
    await accounts.employ(database, shop.tenant, owner, "owner")
    async with web.visitor(database, settings) as browser:
        await web.sign_in(browser, owner, as_program=as_program, tenant=shop.tenant)
        values = await filled(browser, shop)
        for headers in ({"X-CSRF-Token": ""}, {}):
            values["phone"] = cafe.phone()
            joined = await send(browser, shop.path, values, headers=headers)
            assert joined.status_code == 303, joined.text
        # A number that is known opens nothing for the owner either; the counter is the place for that.
        known = await send(browser, shop.path, await filled(browser, shop, phone=values["phone"]))
        assert (known.status_code, "location" in known.headers) == (200, False)
    found = await everybody(database, shop.tenant)
    assert {member.source for member in found} == {members.Source.poster}
    async with transaction(database, shop.tenant) as tx:
        actors = await tx.all(
            str,
            "select actor_kind from kernel_event where tenant_id = kernel_tenant() and name like 'loyalty.members.%' "
            "limit 9",
        )
    assert actors == ["nobody", "nobody"]


FORM = "application/x-www-form-urlencoded"
JUNK: list[tuple[bytes, str, int]] = [
    (b"", FORM, 422),
    (b"%ff%fe=%80", FORM, 422),
    (b"\xff\xfe\x00", FORM, 422),
    (b"&".join(b"a=%d" % n for n in range(50)), FORM, 422),
    (b"name=" * 500, FORM, 422),
    (b"name=a&name=b&phone=1&phone=2", f"{FORM}; charset=utf-8", 422),
    (b'{"name": "Ana"}', "application/json", 422),
    (b"--x\r\nContent-Disposition: form-data; name=name\r\n\r\nAna\r\n--x--", "multipart/form-data; boundary=x", 422),
    (b"name=Ana", "", 422),
    (b"name=" + b"a" * 9000, FORM, 413),
]


@pytest.mark.parametrize(("body", "content_type", "status"), JUNK)
async def test_junk_gets_a_page_too(
    guest: httpx2.AsyncClient, shop: Cafe, database: Database, body: bytes, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await guest.post(shop.path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert Seen(answer.text).one("main")["text"]
    assert await everybody(database, shop.tenant) == []


async def test_a_body_that_grows_while_it_comes_gets_a_page_too(guest: httpx2.AsyncClient, shop: Cafe) -> None:
    async def growing() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"name=" + b"a" * 1000

    answer = await guest.post(shop.path, content=growing(), headers={"Content-Type": FORM})
    assert answer.status_code == 413
    page = Seen(answer.text)
    assert page.one("h1")["text"] == "That did not arrive as it should"
    assert page.one("a", class_="button")["href"] == f"{shop.path}?lang=en"


async def test_it_is_limited_as_every_public_page_is(database: Database, settings: Settings, shop: Cafe) -> None:
    async with web.visitor(database, settings, rate_limit_requests=3) as hasty:
        found = [(await hasty.get(shop.path)).status_code for _ in range(4)]
    assert found == [200, 200, 200, 429]
