"""Cafés for browser tests, opened over HTTP as their owners would, with people who can really sign in.

Only an account is made directly in the database, so that no test waits for a mail before it begins.
"""

import itertools
from typing import Any, Self
from uuid import UUID

import httpx2
import msgspec

from holdfast.kernel import ids
from tests import accounts, web
from tests.browser.serving import Site

_numbers = itertools.count(920_000_000)


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account; sign a page in as them with ``visit(..., who=person)``."""

    id: UUID
    name: str
    email: str
    tenant: UUID | None = None
    """The business they act in once they are signed in; nobody's own choice when absent."""
    password: str = accounts.PASSWORD


class Guest(msgspec.Struct, frozen=True):
    """A member of a café, with a card."""

    id: str
    name: str
    phone: str
    card_id: str
    token: str

    @property
    def link(self) -> str:
        """Where they see their own card."""
        return f"/card#{self.token}"


async def newcomer(site: Site, *, name: str = "Ana Torres") -> Person:
    """Somebody with an account and no business yet."""
    account = await accounts.new_account(site.database, name=name)
    return Person(account.person, name, account.email)


class Cafe:
    """A café with an owner and a program, and the api as its owner's program sees it."""

    def __init__(self, site: Site, owner: Person, client: httpx2.AsyncClient, tenant: dict[str, Any]) -> None:
        self.site = site
        self.owner = owner
        self.id = UUID(tenant["id"])
        self.name: str = tenant["name"]
        self.slug: str = tenant["slug"]
        self.program: dict[str, Any] = {}
        self._client = client

    @classmethod
    async def open(
        cls, site: Site, *, name: str = "Café Aurora", program: dict[str, Any] | None = None, **business: Any
    ) -> Self:
        """Open a café in Lima whose program takes six stamps without a gap; what is given differs from that.

        Args:
            site: the platform.
            name: of the café; every test may use the same.
            program: members of ``POST /api/loyalty/programs``; an empty dict opens none.
            business: members of ``POST /api/tenants``.
        """
        owner = await newcomer(site, name="Elena Paredes")
        client = site.visitor()
        await web.sign_in(client, accounts.Account(owner.id, owner.email))
        wanted = {
            "name": name,
            "currency": "PEN",
            "timezone": "America/Lima",
            "country": "PE",
            "languages": ["es", "en"],
            "systems": ["loyalty"],
        }
        tenant = _done(await client.post("/api/tenants", json=wanted | business))
        client.headers["Holdfast-Tenant"] = tenant["id"]
        cafe = cls(site, msgspec.structs.replace(owner, tenant=UUID(tenant["id"])), client, tenant)
        if program is None or program:
            await cafe.open_program(**(program or {}))
        return cafe

    async def close(self) -> None:
        """Close the connection to the api; the café stays."""
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """What the api answers the owner; a problem fails the test."""
        return _done(await self._client.request(method, path, json=body, params=parameters))

    async def open_program(self, **changes: Any) -> dict[str, Any]:
        """Open a program; the newest is ``cafe.program``."""
        promise = {"name": "Tarjeta", "stamps_required": 6, "reward": "Un café de la casa", "stamp_gap_seconds": 0}
        self.program = await self.ask("POST", "/api/loyalty/programs", promise | changes)
        return self.program

    async def employ(self, role: str = "staff", *, name: str = "Nayra Poma") -> Person:
        """Somebody who works here."""
        person = await newcomer(self.site, name=name)
        await accounts.employ(self.site.database, self.id, accounts.Account(person.id, person.email), role)
        return msgspec.structs.replace(person, tenant=self.id)

    async def enroll(self, name: str = "Rosa Mamani", *, phone: str | None = None, stamps: int = 0) -> Guest:
        """A new member, perhaps with stamps already."""
        phone = phone or str(next(_numbers))
        wanted = {"phone": phone, "name": name, "consent": {"version": "2026-11 es", "channel": "counter"}}
        enrolled = await self.ask("POST", "/api/loyalty/enrollments", wanted)
        member = enrolled["member"]
        guest = Guest(member["id"], name, phone, enrolled["card"]["id"], enrolled["token"])
        await self.stamp(guest, times=stamps)
        return guest

    async def stamp(self, guest: Guest, *, times: int = 1) -> list[dict[str, Any]]:
        """Stamps on a guest's card."""
        return [
            await self.ask("POST", "/api/loyalty/stamps", {"id": str(ids.new()), "card_id": guest.card_id})
            for _ in range(times)
        ]


def _done(answer: httpx2.Response) -> Any:
    assert answer.is_success, f"{answer.status_code} {answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json() if answer.content else None
