"""The enrolment page's words and looks: its languages, whose markup counts, and that it is one with the application."""

import hashlib
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from string import Formatter
from typing import Any

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import assets
from holdfast.kernel.settings import Settings
from holdfast.systems.loyalty import joining, welcome
from tests import web
from tests.conftest import ROOT
from tests.systems.loyalty.poster import Cafe, Seen, look, open_cafe, send


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


@pytest.mark.meets("L25")
async def test_the_page_needs_no_script_to_show_what_is_promised(guest: httpx2.AsyncClient, shop: Cafe) -> None:
    answer = await guest.get(shop.path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Seen(answer.text)
    assert page.one("h1")["text"] == "10 stamps, then: Café gratis"
    assert page.one("html")["lang"] == "en"
    assert "width=device-width" in page.one("meta", name="viewport")["content"]
    assert page.one("title")["text"] == "Café Aurora: get your stamp card"
    about = page.one("meta", property="og:description")["content"]
    assert about == page.one("meta", name="description")["content"]
    assert about.startswith("10 stamps, then: Café gratis.")
    assert page.one("meta", property="og:url")["content"] == f"http://127.0.0.1:8000/join/{shop.slug}"
    assert len(page.all("meta", name="theme-color")) == 2
    # Nine places and the reward's own, drawn for eyes alone; the heading says the same.
    assert len(page.all("span", class_="hf-stamp-card__place")) == 9
    form = page.one("form")
    assert (form["method"], form["action"]) == ("post", f"/join/{shop.slug}")
    assert all("src" in script for script in page.all("script"))
    assert (await guest.head(shop.path)).status_code == 200
    assert (await guest.get(f"/join/{shop.slug.upper()}/")).status_code == 200


async def test_every_field_is_labelled_and_fit_for_a_phone(guest: httpx2.AsyncClient, shop: Cafe) -> None:
    page = await look(guest, shop.path)
    named = {label["for"] for label in page.all("label") if label.get("for")}
    assert named == {"name", "phone", "birthday"}
    assert page.one("label", class_="consent")["text"].startswith("I agree that Café Aurora keeps my name")
    phone = page.one("input", name="phone")
    assert (phone["type"], phone["inputmode"], phone["autocomplete"]) == ("tel", "tel", "tel")
    hint = page.one("p", id=phone["aria-describedby"])["text"]
    assert "Peru needs no +51" in hint
    assert "912 345 678" in hint
    assert page.one("input", name="name")["autocomplete"] == "name"
    birthday = page.one("input", name="birthday")
    assert "required" not in birthday
    assert "treat" in page.one("p", id=birthday["aria-describedby"])["text"]
    for name in ("name", "phone", "consent"):
        assert "required" in page.one("input", name=name)
    used = [value for _, attributes, _ in page.elements if (value := attributes.get("id"))]
    assert len(used) == len(set(used))


LANGUAGES = [
    ("", "", "es"),
    ("", "en-GB,en;q=0.9", "en"),
    ("", "nl, ja;q=0.5", "es"),
    ("", "fr, en;q=0.2, es;q=0.7", "es"),
    ("", "en;q=0, es;q=0.1", "es"),
    ("", ";;;q=,,*;q=x" * 50, "es"),
    ("ja", "en", "ja"),
    ("hi-IN", "en", "hi"),
    ("EN", "es", "en"),
    ("xx", "en", "en"),
    ("../../etc/passwd", "en", "en"),
    ("<script>alert(1)</script>", "", "es"),
    ("\x00" + "e" * 3000, "", "es"),
]


@pytest.mark.parametrize(("asked", "accepted", "expected"), LANGUAGES)
async def test_the_language_is_one_that_there_is(
    guest: httpx2.AsyncClient, shop: Cafe, asked: str, accepted: str, expected: str
) -> None:
    page = await look(guest, shop.path, params={"lang": asked}, headers={"Accept-Language": accepted})
    assert page.one("html")["lang"] == expected
    assert page.one("button")["text"] == welcome.texts(expected)["submit"]
    links = [link["hreflang"] for link in page.all("a") if link.get("hreflang")]
    assert links == [tag for tag in ("es", "en") if tag != expected]


async def test_a_business_that_speaks_none_of_ours_is_shown_in_english(
    guest: httpx2.AsyncClient, database: Database
) -> None:
    shop = await open_cafe(database, languages=["fr", "de"])
    assert (await look(guest, shop.path, headers={"Accept-Language": "de"})).one("html")["lang"] == "en"
    assert (await look(guest, shop.path, params={"lang": "nl"})).one("html")["lang"] == "nl"


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}{business}"


async def test_whatever_people_write_is_shown_and_never_obeyed(guest: httpx2.AsyncClient, database: Database) -> None:
    shop = await open_cafe(
        database, name=EVIL, reward=EVIL, logo_url='https://pictures.example/a.png?"><script>alert(1)</script>'
    )
    plain = await look(guest, shop.path, params={"lang": EVIL, "program": EVIL})
    values = {**plain.fields(), "name": EVIL, "phone": EVIL, "birthday": EVIL, "lang": EVIL, "attempt": EVIL}
    refused = await send(guest, f"{shop.path}?program={EVIL}", values)
    assert refused.status_code == 422
    for page in (plain, Seen(refused.text)):
        assert all(script.get("src", "").startswith("/assets/") for script in page.all("script"))
        assert all("onerror" not in image for image in page.all("img"))
        assert EVIL in page.one("h1")["text"]
        assert page.one("header")["text"].endswith(EVIL)
        assert all(attribute[:2] != "on" for _, attributes, _ in page.elements for attribute in attributes)
        assert all("style" not in attributes for _, attributes, _ in page.elements)
    assert Seen(refused.text).one("input", name="phone")["value"] == EVIL[:41]


async def test_the_page_may_run_and_load_only_what_is_ours(guest: httpx2.AsyncClient, database: Database) -> None:
    shop = await open_cafe(database, accent="#ffe45c")
    answer = await guest.get(shop.path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert policy["style-src"] == f"'self' 'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    assert (policy["default-src"], policy["script-src"], policy["form-action"]) == ("'none'", "'self'", "'self'")
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    # Of a form on a page without referrer, browsers say that it comes from nowhere; the gate would refuse it.
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "--hf-accent:#ffe45c;--hf-accent-ink:#141715" in style
    assert "Accept-Language" in answer.headers["vary"]


@pytest.mark.parametrize("lang", welcome.LANGUAGES)
def test_every_language_says_the_same_things(lang: str) -> None:
    english, words = welcome.texts("en"), welcome.texts(lang)
    assert list(words) == list(english)

    def holes(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for key, text in words.items():
        assert text.strip() == text != "", key
        assert holes(text) == holes(english[key]), key
        assert not re.search(r"[<>&]", text), key


CONSENTS = {
    "2026-11 en": "70b5bacc38428072",
    "2026-11 es": "717750b34bfb57c2",
    "2026-11 nl": "35d9a69dd3e4e4c9",
    "2026-11 hi": "b108c1bb46c14555",
    "2026-11 ja": "8bcbbdc4770e276a",
}
"""What each version of the consent says, by its digest."""


@pytest.mark.parametrize("lang", welcome.LANGUAGES)
def test_a_consent_that_says_something_else_has_another_version(lang: str) -> None:
    said = hashlib.sha256(welcome.texts(lang)["consent"].encode()).hexdigest()[:16]
    assert CONSENTS[f"{joining.WORDING} {lang}"] == said, "Give joining.WORDING a new month, and note its digests here."


@pytest.mark.parametrize("stamps", [2, 3, 4, 5, 10, 13, 22, 33, 50])
def test_a_card_has_a_place_for_every_stamp(stamps: int) -> None:
    promise = joining.Promise(id=ids.new(), name="Card", stamps_required=stamps, reward="Tea")
    places = [number for row in promise.rows for number in row]
    assert places == list(range(1, stamps))
    lengths = [len(row) for row in promise.rows]
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) == lengths[0] <= 10
    assert f".columns-{lengths[0]} {{" in (ROOT / "web" / "src" / "public" / "join.css").read_text()


@pytest.mark.parametrize(
    ("business", "letter"),
    [
        ("Café Aurora", "A"),
        ("Aurora", "A"),
        ("the Corner", "C"),
        ("élan", "É"),
        ("珈琲 店", "珈"),
        ("Bar", "B"),
        ("", ""),
    ],
)
def test_the_letter_that_a_business_stamps_with(business: str, letter: str) -> None:
    assert welcome.initial(business) == letter


async def test_a_built_application_dresses_the_page(database: Database, settings: Settings, shop: Cafe) -> None:
    built = {welcome.ENTRY: assets.Chunk(file="assets/join-1.js", css=["assets/join-2.css"])}
    async with web.visitor(database, settings, public_url="http://holdfast.test") as guest:
        transport: Any = guest._transport
        app = transport.app
        for made, expected in ((built, ["/assets/join-1.js"]), ({}, [])):
            app.state["assets"] = assets.Assets(made)
            page = await look(guest, shop.path)
            assert [script["src"] for script in page.all("script", type="module")] == expected
            assert [link["href"] for link in page.all("link", rel="stylesheet")] == ["/assets/join-2.css"] * len(made)
            assert page.one("h1")


TOKENS = ROOT / "web" / "src" / "ui" / "tokens.css"
STYLE = ROOT / "web" / "src" / "public" / "join.css"


def _values(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--hf-[\w-]+):\s*([^;]+);", block))


def test_the_page_is_dark_as_the_application_is() -> None:
    """The page knows the scheme from the browser alone, so it repeats the dark values; here they are held together."""
    dark: dict[str, str] = {}
    for block in re.findall(r':root\[data-mantine-color-scheme="dark"\]\s*\{(.*?)\}', TOKENS.read_text(), re.DOTALL):
        dark |= _values(block)
    css = STYLE.read_text()
    repeated = _values(re.search(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", css, re.DOTALL)[1])  # type: ignore[index]
    assert repeated.items() <= dark.items()
    sheets = (STYLE, STYLE.with_name("join-form.css"), TOKENS.parent / "stamp-card.css")
    used = set(re.findall(r"var\((--hf-[\w-]+)", "".join(sheet.read_text() for sheet in sheets)))
    # The accent's own comes with each page.
    assert (used & dark.keys()) - {"--hf-accent-text"} == repeated.keys()
    light = _values(TOKENS.read_text().partition('"dark"')[0])
    assert (light["--hf-paper"], dark["--hf-paper"]) == welcome.PAPER
