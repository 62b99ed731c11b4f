"""The route table: every route of the platform, by nobody, by a stranger, by somebody without the grant, by a holder.

Who may do what is one rule for all routes, so it is shown for all of them, and a new route is in the table by itself.
Each attempt that must fail is also shown to have changed nothing.
"""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import accounts, web
from tests.conftest import new_tenant
from tests.tidy.test_app import handlers

# Ending one's own session, and what asks for the password again, is everybody's who is signed in.
TABLE = {
    name: handler
    for name, handler in sorted(handlers().items())
    if not handler.opt.get("public") and name.split(" ")[0] != "ASGI"
}
GUARDED = [name for name, handler in TABLE.items() if handler.opt.get("grant")]
OWN = [name for name, handler in TABLE.items() if handler.opt.get("signed_in")]


async def attempt(client: httpx2.AsyncClient, name: str, tenant: UUID) -> httpx2.Response:
    """Call a route with ids that are nobody's and an empty body."""
    method, path = name.split(" ", 1)

    def value(match: re.Match[str]) -> str:
        own = match[1] in ("tenant_id", "business_id")
        return str(tenant if own else ids.new())

    url = re.sub(r"\{(\w+)(?::\w+)?\}", value, path)
    body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
    return await client.request(method, url, json=body, headers={"Holdfast-Tenant": str(tenant)})


async def events_of(database: Database, tenant: UUID) -> int:
    """How much has happened in a business."""
    async with database.relay.connection() as connection:
        count: int = await connection.fetchval("select count(*) from kernel_event where tenant_id = $1", tenant)
    return count


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody at the door."""
    async with web.visitor(database, settings) as visitor:
        yield visitor


async def test_the_table_is_not_empty() -> None:
    assert len(GUARDED) > 25
    assert len(OWN) > 8


@pytest.mark.meets("I129", "P55", "W47", "L34", "L87")
async def test_nobody_gets_in(client: httpx2.AsyncClient, database: Database, tenant: UUID) -> None:
    before = await events_of(database, tenant)
    for name in TABLE:
        answer = await attempt(client, name, tenant)
        assert answer.status_code == 401, f"{name}: {answer.text}"
        assert answer.headers["content-type"].startswith("application/problem+json"), name
    assert await events_of(database, tenant) == before


@pytest.mark.meets("P33", "P35", "P37", "L87")
async def test_an_owner_elsewhere_is_a_stranger_here(
    client: httpx2.AsyncClient, database: Database, tenant: UUID
) -> None:
    elsewhere = await new_tenant(database, name="Elsewhere")
    stranger = await accounts.new_account(database)
    await accounts.employ(database, elsewhere, stranger, "owner")
    await web.enter(client, database, stranger)
    before = await events_of(database, tenant)
    for name in GUARDED:
        answer = await attempt(client, name, tenant)
        assert answer.status_code in (403, 404), f"{name}: {answer.status_code} {answer.text}"
    assert await events_of(database, tenant) == before


@pytest.mark.meets("I129", "P55", "W47")
async def test_without_the_grant_there_is_no_way(client: httpx2.AsyncClient, database: Database, tenant: UUID) -> None:
    customer = await accounts.new_account(database)
    await accounts.employ(database, tenant, customer, "customer")
    await web.enter(client, database, customer)
    before = await events_of(database, tenant)
    for name in GUARDED:
        answer = await attempt(client, name, tenant)
        assert answer.status_code in (403, 404), f"{name}: {answer.status_code} {answer.text}"
    assert await events_of(database, tenant) == before


@pytest.mark.meets("I129", "P55")
async def test_the_owner_is_never_refused(client: httpx2.AsyncClient, database: Database, tenant: UUID) -> None:
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    await web.enter(client, database, owner)
    for name in GUARDED:
        answer = await attempt(client, name, tenant)
        assert answer.status_code not in (401, 403), f"{name}: {answer.status_code} {answer.text}"
        assert answer.status_code < 500, f"{name}: {answer.text}"
