"""Tx: one transaction, one tenant, all or nothing."""

from uuid import UUID

import pytest

from holdfast.kernel import ids, savepoints
from holdfast.kernel.tx import Tx
from tests.conftest import Open


@pytest.mark.meets("T13", "P37")
async def test_a_tenant_sees_only_itself(committed: Open, tenant: UUID, other_tenant: UUID) -> None:
    async with committed() as tx:
        assert await tx.all(UUID, "select id from tenants_tenant") == [tenant]
    async with committed(tenant=ids.new()) as tx:
        assert await tx.all(UUID, "select id from tenants_tenant") == []


async def test_now(tx: Tx) -> None:
    assert tx.now.tzinfo is not None


async def test_a_part_that_fails_takes_back_what_it_wrote_and_nothing_else(committed: Open, tenant: UUID) -> None:
    async def names() -> list[str]:
        async with committed() as tx:
            return await tx.all(str, "select name from tenants_tenant where id = $1", tenant)

    async def broken(tx: Tx) -> None:
        async with savepoints.part(tx):
            async with savepoints.part(tx):
                await tx.execute(rename, tenant, "Inner")
            await tx.execute(rename, tenant, "Outer")
            raise ZeroDivisionError

    rename = "update tenants_tenant set name = $2 where id = $1"
    async with committed() as tx:
        await tx.execute(rename, tenant, "Before")
        with pytest.raises(ZeroDivisionError):
            await broken(tx)
        async with savepoints.part(tx):
            pass
    assert await names() == ["Before"]
    async with committed() as tx, savepoints.part(tx):
        await tx.execute(rename, tenant, "After")
    assert await names() == ["After"]
