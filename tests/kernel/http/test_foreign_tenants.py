"""What somebody may do was looked up for one tenant, and counts in no other."""

from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.http.caller import Caller, Identity, Remembered
from holdfast.kernel.http.exchange import Exchange
from holdfast.kernel.tx import PLATFORM, Actor


@pytest.mark.meets("L87", "P37")
async def test_grants_stay_in_their_tenant(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    owner = Actor(
        kind="person",
        person=ids.new(),
        device=ids.new(),
        grants=frozenset({"probe.fill"}),
        sites=frozenset({ids.new()}),
    )
    exchange = Exchange(request_id="r", address="203.0.113.9", headers={}, started=0.0)
    exchange.identity = Identity(tenant=tenant, actor=owner)
    caller = Caller(exchange=exchange, database=database, remembered=Remembered(0), request_hash=None)
    for own in (None, tenant):
        async with caller.transaction(own) as tx:
            assert (tx.tenant, tx.actor) == (tenant, owner)
    async with caller.transaction(other_tenant) as tx:
        assert (tx.tenant, tx.actor.person) == (other_tenant, owner.person)
        assert (tx.actor.grants, tx.actor.sites, tx.actor.device) == (frozenset(), frozenset(), None)
    async with caller.transaction(other_tenant, actor=PLATFORM) as tx:
        assert tx.actor is PLATFORM
