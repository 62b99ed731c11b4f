"""Welcome: the enrolment page as a guest sees it, written by the server, so that it needs no script to show and work.

Its words stand in ``texts``, one file per language, its markup in ``templates``, where whatever comes from people is
escaped. It draws the same card as the application does (``web/src/ui/stamp-card.css``).
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import msgspec
import phonenumbers
from babel import Locale
from markupsafe import Markup

from holdfast.systems.loyalty import accents, joining
from holdfast.systems.loyalty.joining import Form, Shop

LANGUAGES = ("en", "es", "nl", "hi", "ja")
"""The languages that the page speaks."""
ENTRY = "src/public/join.ts"
"""The entry of the web application that dresses the page."""
PAPER = ("#f6f3ec", "#151613")
"""The background of the page, light and dark, for the browser's own frame; as in ``web/src/ui/tokens.css``."""
_HERE = Path(__file__).parent
_TRADES = re.compile(r"(caf[eé]|the|el|la|los|las|bar)", re.IGNORECASE)
_STATUS = {"known": 200, "ready": 303, "closed": 404, "missing": 404, "unreadable": 422}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address and the browser ask for."""

    program: str = ""
    lang: str = ""
    accepted: str = ""
    """The Accept-Language header."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is told by whoever sends it."""

    asked: Asked
    head: str
    """The tags that load the built files; HTML."""
    public_url: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it is sent."""

    html: str
    policy: str
    """Its Content-Security-Policy: our own files, and the one inline style sheet by its hash."""
    status: int


def language(asked: Asked, spoken: Sequence[str] = LANGUAGES) -> str:
    """The language to show a page in: the one asked for in the address; else the one that the browser likes best of
    those that the business speaks; else the business's first. Only languages that there are texts for count.
    """
    if _base(asked.lang) in LANGUAGES:
        return _base(asked.lang)
    ours = [base for tag in spoken if (base := _base(tag)) in LANGUAGES] or ["en"]
    return next((tag for tag in _accepted(asked.accepted) if tag in ours), ours[0])


def _base(tag: str) -> str:
    return re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the best liked first; nonsense is left out."""
    weights: dict[str, float] = {}
    for part in header[:500].split(","):
        tag, _, rest = part.partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", rest or "q=1", re.ASCII)
        if weight is not None:
            weights.setdefault(_base(tag), float(weight[1]))
    return [tag for tag, weight in sorted(weights.items(), key=lambda pair: -pair[1]) if weight > 0]


@cache
def texts(lang: str) -> dict[str, str]:
    """The words of the page in a language, by their keys."""
    return msgspec.json.decode((_HERE / "texts" / f"join.{lang}.json").read_bytes(), type=dict[str, str])


def initial(business: str) -> str:
    """The letter that a business stamps with: "Café Aurora" is known by its own name, not by its trade."""
    words = business.split()
    word = words[1] if len(words) > 1 and _TRADES.fullmatch(words[0]) else words[0] if words else ""
    return word[:1].upper()


def _phone_hint(country: str, lang: str) -> dict[str, str] | None:
    """How numbers of a country are written; None for a country that has none of its own."""
    code = phonenumbers.country_code_for_region(country)
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if not code or example is None:
        return None
    name = Locale.parse(lang).territories.get(country, country)
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    # A number is not broken over two lines: these are a space and a hyphen that stay together.
    return {"country": name, "code": f"+{code}", "example": national.replace(" ", "\xa0").replace("-", "\u2011")}


def _shown_phone(written: str, country: str) -> str:
    """A telephone number as people read it."""
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return written
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@cache
def _templates() -> jinja2.Environment:
    # Whatever is put in is escaped, so a name that holds markup is shown and not obeyed.
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _style(shop: Shop | None, several: int) -> str:
    """The one style sheet that stands in a page: the business's colours, and which card to show for which choice."""
    accent = accents.accent(None if shop is None else shop.accent)
    choices = "".join(
        f".sides:has(#program-{number}:checked) .show{{display:none}}"
        f".sides:has(#program-{number}:checked) .show-{number}{{display:block}}"
        for number in range(1, several + 1)
    )
    return (
        f":root{{--hf-accent:{accent.solid};--hf-accent-ink:{accent.ink};--hf-accent-text:{accent.text_light};"
        f"--hf-accent-away:{accent.away};--hf-accent-print:{accent.imprint}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--hf-accent-text:{accent.text_dark}}}}}{choices}"
    )


def _page(name: str, around: Around, *, status: int, shop: Shop | None, several: int = 0, **more: Any) -> Page:
    lang = language(around.asked, LANGUAGES if shop is None else shop.languages)
    words = texts(lang)
    style = _style(shop, several)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    business = "" if shop is None else shop.name

    def t(key: str, **values: object) -> str:
        return words[key].format_map({"business": business, **values})

    html = (
        _templates()
        .get_template(name)
        .render(
            t=t,
            lang=lang,
            shop=shop,
            initial=initial(business),
            style=style,
            # Made by the kernel from the build's own table of contents.
            head=Markup(around.head),  # noqa: S704
            paper=PAPER,
            public_url=around.public_url.rstrip("/"),
            spoken=[] if shop is None else _spoken(shop),
            asked=around.asked,
            **more,
        )
    )
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{digest}'; img-src 'self' https:; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return Page(html=html, policy=policy, status=status)


def _spoken(shop: Shop) -> list[tuple[str, str]]:
    """The languages that a guest may choose from, each in its own words."""
    found = dict.fromkeys(base for tag in shop.languages if (base := _base(tag)) in LANGUAGES)
    return [(lang, str(Locale.parse(lang).get_display_name(lang)).capitalize()) for lang in found]


def form_page(around: Around, shop: Shop, form: Form | None = None) -> Page:
    """The page with the form; with what was filled in and what is wrong with it, once it was sent. Meets L25."""
    if not shop.promises:
        return message("closed", around, shop=shop)
    form = form or Form()
    asked = joining.chosen(shop, around.asked.program) if around.asked.program else None
    promises = shop.promises if asked is None else [asked]
    return _page(
        "join.html",
        around,
        status=422 if form.errors else 200,
        shop=shop,
        several=0 if len(promises) == 1 else len(promises),
        form=form,
        promises=promises,
        chosen=joining.chosen(shop, form.value("program")) if asked is None else asked,
        gone=bool(around.asked.program) and asked is None and not form.errors,
        hint=_phone_hint(shop.country, language(around.asked, shop.languages)),
        earliest=joining.EARLIEST_BIRTHDAY,
        latest=shop.today - timedelta(days=1),
        attempt=form.value("attempt") or secrets.token_urlsafe(16),
    )


def message(
    key: str, around: Around, *, shop: Shop | None = None, status: int | None = None, phone: str = "", link: str = ""
) -> Page:
    """A page that says one thing: ``known``, ``ready``, ``closed``, ``missing`` or ``unreadable``."""
    return _page(
        "message.html",
        around,
        status=status or _STATUS[key],
        shop=shop,
        key=key,
        phone="" if shop is None else _shown_phone(phone, shop.country),
        link=link,
    )
