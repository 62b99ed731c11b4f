"""A guest's screen listens to their own cards, by the token that opens them, and to nobody else's."""

from uuid import UUID

import pytest

from holdfast.kernel import crypto, subscriptions
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.settings import Settings
from holdfast.kernel.topics import Selector
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import cards, customers, members
from tests import web
from tests.conftest import Open
from tests.systems.loyalty import cafe


@pytest.mark.meets("W29")
async def test_a_holder_may_listen_to_their_own_cards_only(tx: Tx, settings: Settings) -> None:
    crypto.use(settings)
    program = await cafe.program(tx)
    own, other = await cafe.member(tx, program_id=program.id), await cafe.member(tx, program_id=program.id)
    listening = await customers.listen(tx, await cards.holder_token(tx, own.member.id))
    access = subscriptions.token_access(listening.token)
    assert access is not None
    assert access.tenants == frozenset({tx.tenant})
    assert {f"/tenants/{tx.tenant}/loyalty/{noun}/{own.card.id}" for noun in ("stamps", "voids", "rewards")} == set(
        listening.topics
    )
    for topic in listening.topics:
        access.check(Selector(topic))
        with pytest.raises(NotAllowed):
            access.check(Selector(topic.replace(str(own.card.id), str(other.card.id))))


async def test_a_token_that_was_replaced_hears_nothing(
    database: Database, settings: Settings, committed: Open, tenant: UUID
) -> None:
    async with committed() as tx:
        enrolled = await cafe.member(tx, program_id=(await cafe.program(tx)).id)
        token = await cards.holder_token(tx, enrolled.member.id)
    async with web.visitor(database, settings) as visitor:
        headers = {"Holdfast-Card": token}
        answer = await visitor.post("/api/loyalty/card/live", headers=headers)
        assert answer.status_code == 200
        assert answer.json()["topics"]
        async with committed() as tx:
            await members.reissue(tx, enrolled.member.id)
        refused = await visitor.post("/api/loyalty/card/live", headers=headers)
        assert refused.status_code == 401
        assert refused.json()["code"] == "loyalty.cards.not-yours"
        assert (await visitor.post("/api/loyalty/card/live", headers={"Holdfast-Card": "x"})).status_code == 401
