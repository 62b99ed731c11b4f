"""A café's poster, for tests: its page as a program sees it, and its form, sent as a browser without script does."""

from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx2

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import transaction
from holdfast.systems.loyalty import members, programs
from tests.conftest import new_tenant
from tests.systems.loyalty import cafe

VOID = {"meta", "link", "img", "input", "rect", "path", "br"}


class Seen(HTMLParser):
    """A page as a program sees it: its elements with their attributes, and the text inside them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(text)
        assert not self._open, f"Never closed: {[name for name, _ in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice: {attrs}"
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        name, _ = self._open.pop()
        assert name == tag, f"{name} is closed by {tag}"

    def handle_data(self, data: str) -> None:
        for _, text in self._open:
            text.append(data)

    def all(self, tag: str, **wanted: str | None) -> list[dict[str, Any]]:
        """Elements of a tag that have those attributes, each with its ``text``."""
        return [
            {**attributes, "text": " ".join("".join(text).split())}
            for name, attributes, text in self.elements
            if name == tag and all(attributes.get(key.rstrip("_")) == value for key, value in wanted.items())
        ]

    def one(self, tag: str, **wanted: str | None) -> dict[str, Any]:
        """The one such element."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{tag} {wanted}: {found}"
        return found[0]

    def fields(self) -> dict[str, str]:
        """What a browser would send if nothing were changed."""
        return {
            field["name"]: field.get("value") or ""
            for field in self.all("input")
            if field.get("type") not in ("radio", "checkbox") or "checked" in field
        }

    def wrong(self) -> dict[str, str]:
        """What is said to be wrong, by field."""
        return {
            mark["id"].removesuffix("-wrong"): mark["text"]
            for mark in self.all("p", class_="wrong")
            if "hidden" not in mark
        }


class Cafe:
    """A café with a poster."""

    def __init__(self, tenant: UUID, slug: str, program: programs.Program) -> None:
        self.tenant = tenant
        self.slug = slug
        self.program = program
        self.path = f"/join/{slug}"


async def open_cafe(database: Database, *, name: str = "Café Aurora", **columns: Any) -> Cafe:
    """A café with one program of ten stamps."""
    promise = {key: columns.pop(key) for key in ("reward", "stamps_required") if key in columns}
    slug = f"cafe-{ids.new().hex}"
    tenant = await new_tenant(database, name=name, slug=slug, **({"languages": ["es", "en"]} | columns))
    async with transaction(database, tenant) as tx:
        program = await cafe.program(tx, **({"stamps_required": 10, "reward": "Café gratis"} | promise))
    return Cafe(tenant, slug, program)


async def look(guest: httpx2.AsyncClient, path: str, **options: Any) -> Seen:
    """The page at an address."""
    answer = await guest.get(path, **options)
    assert answer.status_code == 200, answer.text
    return Seen(answer.text)


async def send(guest: httpx2.AsyncClient, path: str, values: dict[str, str], **options: Any) -> httpx2.Response:
    """Send the form of a page as a browser without script does."""
    return await guest.post(path, data=values, **options)


async def filled(guest: httpx2.AsyncClient, shop: Cafe, **values: str) -> dict[str, str]:
    """The form of a café's page, filled in."""
    page = await look(guest, shop.path)
    return {**page.fields(), "name": "Luz Huamán", "phone": cafe.phone(), "consent": "1", **values}


async def everybody(database: Database, tenant: UUID) -> list[members.Member]:
    """The members of a café."""
    async with transaction(database, tenant) as tx:
        return await tx.all(members.Member, "select * from loyalty_member order by enrolled_at limit 99")
