"""Activity: the feed of what happened last."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids, subscriptions
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page, cursor
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Tx, transaction
from holdfast.shared.sessions import api_keys
from holdfast.systems.loyalty import activity, cohorts, history, members, replays, reports, rewards, voids
from tests import accounts, web
from tests.conftest import Drain, Open
from tests.kernel import listening
from tests.systems.loyalty import cafe
from tests.systems.loyalty.test_staff import employed


async def everything(tx: Tx, limit: int) -> list[activity.Happening]:
    """The whole feed, page by page."""
    found: list[activity.Happening] = []
    after = None
    while True:
        page = await activity.latest(tx, Page(after=after, limit=limit))
        found += page.items
        if page.next is None:
            return found
        assert len(page.items) == limit
        after = page.next


async def test_what_happened_last(database: Database, tenant: UUID, committed: Open) -> None:
    nayra = await employed(database, tenant, "staff", "Nayra")
    elena = await employed(database, tenant, "owner", "Elena")
    async with committed() as tx:
        await cafe.program(tx, name="Tarjeta", stamps_required=2, reward="Un café")
        start = tx.now

    async def later(tx: Tx, seconds: int) -> Tx:
        tx.now = start + timedelta(seconds=seconds)
        return tx

    async with committed(actor=nayra) as tx:
        rosa = await cafe.member(await later(tx, 1), name="Rosa Huamán")
        first, second = [(await cafe.stamp(await later(tx, seconds), rosa.card.id))[0] for seconds in (2, 3)]
    async with committed(actor=NOBODY) as tx:
        new = members.New(phone=cafe.phone(), name="Luz Rojas", consent=cafe.CONSENT)
        luz = await members.join(await later(tx, 4), new)
    async with committed(actor=elena) as tx:
        assert second.reward_id is not None
        await rewards.redeem_without_code(await later(tx, 5), second.reward_id)
        (third,) = await cafe.stamp(await later(tx, 6), luz.card.id)
        await voids.void(await later(tx, 7), third.id, reason="Wrong card")
        found = await everything(tx, 200)
    assert [(one.kind, one.member, one.by_name, one.stamps, one.reward) for one in found] == [
        ("voided", "Luz Rojas", "Elena", None, None),
        ("stamped", "Luz Rojas", "Elena", 1, None),
        ("redeemed", "Rosa Huamán", "Elena", None, "Un café"),
        ("enrolled", "Luz Rojas", None, None, None),
        ("stamped", "Rosa Huamán", "Nayra", 0, "Un café"),
        ("stamped", "Rosa Huamán", "Nayra", 1, None),
        ("enrolled", "Rosa Huamán", "Nayra", None, None),
    ]
    assert [one.id for one in found] == [
        third.id, third.id, second.reward_id, luz.member.id, second.id, first.id, rosa.member.id,
    ]  # fmt: skip
    assert {one.program for one in found} == {"Tarjeta"}
    assert [one.at for one in found] == [start + timedelta(seconds=seconds) for seconds in range(7, 0, -1)]
    assert [one.by for one in found][-1] == nayra.id
    assert {one.stamps_required for one in found if one.kind == "stamped"} == {2}


@pytest.mark.meets("L28")
async def test_the_dashboard_is_told_and_has_news_when_it_asks(
    database: Database, tenant: UUID, committed: Open, drain: Drain
) -> None:
    """What moves the dashboard: an update over server-sent events at once, the feed at once, the counts soon after."""
    manager = await employed(database, tenant, "manager", "Bruno")
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx, name="Rosa Huamán")).card.id
    # The worker has come to work, so that what the relay hands on from here on is meant for its reactions too.
    await drain()
    async with listening.hub(database) as hub:
        access = subscriptions.ActorAccess(tenant, manager)
        dashboard = await listening.listen(hub, access, "/loyalty/stamps", "/loyalty/rewards", tenant=tenant)
        async with committed() as tx:
            (given,) = await cafe.stamp(tx, card)
        await listening.relay(database)
        await dashboard.got(1)
        ((_, update),) = dashboard.updates
        assert (update["kind"], update["body"]["stamp_id"]) == ("loyalty.stamps.stamped", str(given.id))
    async with committed(actor=manager) as tx:
        (latest, _) = (await activity.latest(tx, Page())).items
        assert (latest.id, latest.member) == (given.id, "Rosa Huamán")
    await drain()
    async with committed(actor=manager) as tx:
        metrics = await reports.metrics(tx)
        assert (metrics.visits_today, metrics.active, metrics.members) == (1, 1, 1)
        assert [one.members for one in (await cohorts.retention(tx)).cohorts] == [1]


async def test_pages_of_what_happened_at_once(database: Database, tenant: UUID, committed: Open) -> None:
    """Whatever the page's size, nothing is missing and nothing comes twice, though many share one moment."""
    chance = random.Random(3)
    async with committed() as tx:
        await cafe.program(tx, stamps_required=2)
        cards = [(await cafe.member(tx)).card.id for _ in range(5)]
    for _ in range(6):
        async with committed() as tx:
            for _ in range(5):
                (given,) = await cafe.stamp(tx, chance.choice(cards))
                if given.reward_id is not None:
                    await rewards.redeem_without_code(tx, given.reward_id)
                elif chance.random() < 0.5:
                    await voids.void(tx, given.id, reason="Model")
    async with committed() as tx:
        whole = await everything(tx, 200)
        assert len(whole) == 5 + 30 + await tx.one(
            int,
            "select (select count(*) from loyalty_reward where status = 'redeemed') + "
            "(select count(*) from loyalty_stamp where voided_at is not null)",
        )
        assert {one.kind for one in whole} == {"enrolled", "redeemed", "stamped", "voided"}
        assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
        assert len({(one.kind, one.id) for one in whole}) == len(whole)
        for limit in (1, 2, 7, 20):
            assert await everything(tx, limit) == whole


async def test_imports_are_no_news(committed: Open) -> None:
    async with committed() as tx:
        program = await cafe.program(tx)
        visit = history.Visit(
            id=ids.new(), line=1, external_id="a", phone=None, name=None, at=tx.now - timedelta(days=1), amount=None
        )
        await replays.replay(tx, program.id, [visit])
        assert (await activity.latest(tx, Page())).items == []


async def test_a_key_is_named(database: Database, tenant: UUID, committed: Open) -> None:
    owner = await employed(database, tenant, "owner", "Elena")
    async with committed(actor=owner) as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card.id
        made = await api_keys.create(tx, name="The till", scopes=["loyalty.stamp"])
    async with transaction(database, tenant, cafe.actor("loyalty.stamp")) as tx:
        tx.actor = type(owner)(kind="api_key", id=made.key.id, person=owner.person, grants=owner.grants)
        await cafe.stamp(tx, card)
    async with committed(actor=owner) as tx:
        assert (await activity.latest(tx, Page(limit=1))).items[0].by_name == "The till"


async def test_the_feed_takes_its_grant_and_its_own_cursors(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        await cafe.member(tx)
        for after in ("x", cursor(ids.new()), cursor((tx.now, "nothing", ids.new())), cursor((tx.now, ids.new()))):
            with pytest.raises(Invalid):
                await activity.latest(tx, Page(after=after))
    async with committed(tenant=other_tenant) as tx:
        assert (await activity.latest(tx, Page())).items == []
    async with committed(actor=cafe.actor("loyalty.stamp")) as tx:
        with pytest.raises(NotAllowed):
            await activity.latest(tx, Page())


async def test_each_kind_is_read_from_its_index(database: Database, tenant: UUID, committed: Open) -> None:
    """Behind 30,000 imported stamps and members, the feed's page reads a handful of rows."""
    async with committed() as tx:
        program = await cafe.program(tx)
        live = await cafe.member(tx)
        await cafe.stamp(tx, live.card.id, 3)
        await tx.execute(
            "insert into loyalty_member (id, external_id, name, name_key, source, enrolled_at) "
            "select gen_random_uuid(), 'e' || n, 'Ana', 'ana', 'import', $1 from generate_series(1, 30000) as n",
            tx.now + timedelta(days=1),
        )
        await tx.execute(
            "insert into loyalty_stamp (id, card_id, member_id, program_id, place, stamps, stamps_required, "
            "transfer_id, source, stamped_at, stamped_by_kind) select gen_random_uuid(), $1, $2, $3, n + 100, 1, 3, "
            "gen_random_uuid(), 'import', $4, 'platform' from generate_series(1, 30000) as n",
            live.card.id,
            live.member.id,
            program.id,
            tx.now + timedelta(days=1),
        )
        statements: list[tuple[str, Any]] = []
        with tx.connection.query_logger(lambda record: statements.append((record.query, record.args))):
            found = await activity.latest(tx, Page(limit=20))
            await tx.execute("select 1")
        assert len(found.items) == 4
        ((query, arguments),) = [one for one in statements if "loyalty_stamp" in one[0]]
        plan = "\n".join(row[0] for row in await tx.connection.fetch(f"explain (analyze, buffers) {query}", *arguments))
    for index in ("loyalty_stamp_newest", "loyalty_stamp_voided", "loyalty_member_joined", "loyalty_reward_redeemed"):
        assert index in plan, plan
    assert "Seq Scan on loyalty_member" not in plan
    assert "Seq Scan on loyalty_stamp" not in plan


async def test_the_feed_over_http(database: Database, settings: Settings, tenant: UUID, committed: Open) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "staff")
    async with committed() as tx:
        await cafe.program(tx, name="Tarjeta")
        await cafe.stamp(tx, (await cafe.member(tx)).card.id, 2)
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, account)
        answer: httpx2.Response = await client.get("/api/loyalty/activity", params={"limit": 2})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert [one["kind"] for one in page["items"]] == ["stamped", "stamped"]
        assert set(page["items"][0]) == {
            "kind", "id", "at", "member_id", "member", "program", "stamps", "stamps_required", "reward", "by",
            "by_name",
        }  # fmt: skip
        rest = (await client.get("/api/loyalty/activity", params={"limit": 2, "after": page["next"]})).json()
        assert [one["kind"] for one in rest["items"]] == ["enrolled"]
        assert rest["next"] is None
        assert (await client.get("/api/loyalty/activity?after=nonsense")).status_code == 422
        assert (await client.get("/api/loyalty/activity?limit=201")).status_code == 422
