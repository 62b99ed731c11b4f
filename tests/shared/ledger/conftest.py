"""Fixtures of the ledger's tests."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from holdfast.kernel import embedded
from holdfast.kernel.database import Connection
from tests.conftest import SERVER


@pytest.fixture
async def superuser(database_name: str, where: object) -> AsyncIterator[Connection]:
    """Somebody whom no rule of the database stops: what the proof of the books is for."""
    connection = await asyncpg.connect(embedded.address(SERVER, "postgres", database_name))
    yield connection
    await connection.close()
