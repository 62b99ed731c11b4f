"""Tx: one transaction, one tenant, all or nothing."""

from uuid import UUID

import pytest

from holdfast.kernel import ids
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
