"""Fixtures of the HTTP tests: the jars' table, their application, and clients of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import msgspec
import pytest

from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars

OpenClient = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture(scope="module")
async def table(where: Addresses) -> AsyncIterator[None]:
    """The jars' table, for the length of a module."""
    owner = await asyncpg.connect(where.owner)
    try:
        await owner.execute("drop table if exists probe_jar; " + jars.SCHEMA)
        yield
        await owner.execute("drop table probe_jar")
    finally:
        await owner.close()


@pytest.fixture
def opened(database: Database, settings: Settings, table: None) -> OpenClient:
    """``async with opened(rate_limit_requests=5) as client``: an application with settings of its own."""

    @asynccontextmanager
    async def client(
        doorkeeper: jars.Doorkeeper | None = None, address: tuple[str, int] = ("203.0.113.9", 5000), **changes: Any
    ) -> AsyncIterator[httpx2.AsyncClient]:
        app = jars.build(database, msgspec.structs.replace(settings, **changes), doorkeeper)
        transport = httpx2.ASGITransport(app=app, client=address)  # type: ignore[arg-type]
        async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as found:
            yield found
        await app.state.rates.close()

    return client


@pytest.fixture
async def nobody(opened: OpenClient) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without credentials."""
    async with opened() as client:
        yield client


@pytest.fixture
async def client(opened: OpenClient, tenant: UUID) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that may read and fill jars in the test's tenant."""
    async with opened() as found:
        found.headers["Authorization"] = f"Bearer {jars.token(tenant)}"
        yield found
