"""Visitors of the whole application, for tests: browsers with cookies and programs with tokens, without a network."""

import copy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import msgspec
from litestar import Litestar

from holdfast import app
from holdfast.kernel import auth, ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.sessions import credentials, sessions
from tests import accounts

_plain: dict[int, Litestar] = {}
_MOVES_MONEY = re.compile(r"/(invoices|settlement|credit-notes|credits|payouts)/?$")
"""Addresses that want an idempotency key."""


async def name_command(request: httpx2.Request) -> None:
    """Give a command that moves money a key of its own, as every program does, unless the test gives one."""
    if request.method == "POST" and _MOVES_MONEY.search(request.url.path):
        request.headers.setdefault("Idempotency-Key", str(ids.new()))


def _application(database: Database, settings: Settings, changes: dict[str, Any]) -> Litestar:
    """The application with those settings; with the plain ones it is built once, because building takes long."""
    if not changes and id(database) in _plain:
        return _plain[id(database)]
    seen = copy.copy(database)
    seen.settings = msgspec.structs.replace(settings, **changes)
    built = app.application(seen, seen.settings)
    if not changes:
        _plain[id(database)] = built
    return built


@asynccontextmanager
async def visitor(database: Database, settings: Settings, **changes: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who is not signed in, at the whole application, perhaps with other settings."""
    application = _application(database, settings, changes)
    transport = httpx2.ASGITransport(app=application)  # type: ignore[arg-type] # Litestar types its scope more narrowly
    hooks = {"request": [name_command]}
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test", event_hooks=hooks) as client:
        yield client


async def sign_in(
    client: httpx2.AsyncClient,
    account: accounts.Account,
    *,
    as_program: bool = True,
    tenant: UUID | None = None,
    password: str = accounts.PASSWORD,
) -> dict[str, Any]:
    """Sign a visitor in: a program shows its token from now on, a browser its cookie and the token against forgery."""
    wanted = {"email": account.email, "password": password, "client": "api" if as_program else "browser"}
    if tenant is not None:
        wanted["tenant"] = str(tenant)
    answer = await client.post("/api/auth/login", json=wanted)
    assert answer.status_code == 200, answer.text
    signed_in: dict[str, Any] = answer.json()
    if as_program:
        client.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
    else:
        client.headers["X-CSRF-Token"] = client.cookies["holdfast_csrf"]
    return signed_in


async def enter(client: httpx2.AsyncClient, database: Database, account: accounts.Account) -> None:
    """Give a visitor an access token of somebody, without the time that checking a password takes."""
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        secret = await credentials.secret_of(tx, account.email)
        assert secret is not None
        issued = await sessions.open(tx, secret, client=sessions.Client.api, device=None, days=30)
        token = auth.issue(
            database.settings,
            person=account.person,
            session=issued.session.id,
            tenant=issued.session.acts_in,
            now=tx.now,
        )
    client.headers["Authorization"] = f"Bearer {token}"


async def mails(client: httpx2.AsyncClient, email: str) -> list[dict[str, Any]]:
    """What the sandbox's mailbox holds for an address, newest first."""
    answer = await client.get("/api/sandbox/mail", params={"to": email})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def digits(mail: dict[str, Any]) -> str:
    """The six digits in a mail."""
    match = re.search(r"\b(\d{6})\b", mail["body"])
    assert match is not None
    return match[1]


def link(mail: dict[str, Any]) -> str:
    """The token in a mail's link."""
    match = re.search(r"https?://\S+/(\S+)", mail["body"])
    assert match is not None
    return match[1]
