"""The read replica: reports may read another server, and nothing is ever written there."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import msgspec
import pytest

from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction


@pytest.fixture
async def with_replica(where: Addresses, settings: Settings) -> AsyncIterator[Database]:
    """Pools whose replica takes no writes, as a streaming replica does not."""
    replica = f"{where.app}&default_transaction_read_only=on"
    database = Database(msgspec.structs.replace(where, replica=replica), settings)
    yield database
    await database.close()


@pytest.mark.meets("W69", "T84", "L16")
async def test_reports_read_the_replica_and_commands_write_the_primary(with_replica: Database, tenant: UUID) -> None:
    rename = "update tenants_tenant set name = $1"
    async with transaction(with_replica, tenant) as tx:
        assert await tx.execute(rename, "Café Norte") == 1
    async with transaction(with_replica, tenant, pool=with_replica.replica) as report:
        assert await report.one(str, "select name from tenants_tenant") == "Café Norte"
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await report.execute(rename, "Café Sur")
    async with transaction(with_replica, tenant) as tx:
        assert await tx.one(str, "select name from tenants_tenant") == "Café Norte"


async def test_without_a_replica_reports_read_the_primary(database: Database) -> None:
    assert database.replica is database.app
