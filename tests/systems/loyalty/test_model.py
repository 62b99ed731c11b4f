"""Whatever happens to cards, in whatever order: no stamp is lost or doubled, books and counts are right."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.ledger import books
from holdfast.systems.loyalty import cards, history, members, programs, replays, reports, rewards, risk, stamps, voids
from tests.conftest import new_tenant
from tests.systems.loyalty import cafe

REQUIRED = 3
_who = st.integers(0, 2)
_which = st.integers(0, 30)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("stamp"), _who, st.just(0)),
        st.tuples(st.just("stamp"), _who, st.just(0)),
        st.tuples(st.just("again"), _who, _which),
        st.tuples(st.just("void"), _who, _which),
        st.tuples(st.just("void"), _who, _which),
        st.tuples(st.just("redeem"), _who, st.just(0)),
        st.tuples(st.just("replay"), _who, st.integers(1, 800)),
        st.tuples(st.just("wait"), _who, st.integers(1, 20)),
        st.tuples(st.just("review"), _who, st.just(0)),
        st.tuples(st.just("expire"), _who, st.just(0)),
        st.tuples(st.just("require"), _who, st.integers(2, 5)),
    ),
    min_size=5,
    max_size=40,
)


class Café:
    """Three members of one program, and what is known about their visits without looking."""

    def __init__(self, tenant: UUID) -> None:
        self.tenant = tenant
        self.program: programs.Program
        self.cards: list[UUID] = []
        self.visits: list[list[UUID]] = [[], [], []]
        """Stamps that were given to each and not taken back."""
        self.waited = timedelta()
        self.same_threshold = True

    async def open(self, tx: Tx) -> None:
        """The program, its members."""
        self.program = await cafe.program(tx, stamps_required=REQUIRED, reward_valid_days=400)
        for turn in range(3):
            enrolled = await cafe.member(tx, name=f"Member {turn}")
            await tx.update(enrolled.member, external_id=f"m{turn}")
            self.cards.append(enrolled.card.id)

    async def step(self, tx: Tx, what: str, who: int, number: int) -> None:
        """One thing that happens."""
        tx.now += self.waited
        mine = self.visits[who]
        match what:
            case "stamp":
                given, new = await stamps.stamp(tx, ids.new(), card_id=self.cards[who])
                assert new
                mine.append(given.id)
            case "again" if mine:
                _, new = await stamps.stamp(tx, mine[number % len(mine)], card_id=self.cards[who])
                assert not new
            case "void" if mine:
                stamp_id = mine[number % len(mine)]
                with contextlib.suppress(voids.AlreadySpent):
                    await voids.void(tx, stamp_id, reason="Model")
                    mine.remove(stamp_id)
            case "redeem":
                owed = [one for one in await cafe.rewards_of(tx, self.cards[who]) if one.status == "earned"]
                if owed:
                    with contextlib.suppress(rewards.NoLongerValid):
                        await rewards.redeem(tx, cards.reward_code(tx, owed[-1].id).code)
            case "replay":
                await self._replay(tx, who, number)
            case "wait":
                self.waited += timedelta(days=number)
            case "review":
                await risk.review(tx)
            case "expire":
                await rewards.expire(tx)
            case "require":
                self.same_threshold = self.same_threshold and number == self.program.stamps_required
                await programs.change(tx, self.program.id, programs.Change(stamps_required=number))

    async def _replay(self, tx: Tx, who: int, days: int) -> None:
        visit = history.Visit(
            id=ids.new(), line=1, external_id=f"m{who}", phone=None, name=None,
            at=datetime.now(UTC) - timedelta(days=days), amount=None,
        )  # fmt: skip
        assert (await replays.replay(tx, self.program.id, [visit])).visits == 1
        self.visits[who].append(visit.id)

    async def agrees(self, tx: Tx) -> None:
        """What the tables say is what happened."""
        for card_id, mine in zip(self.cards, self.visits, strict=True):
            live = await tx.all(UUID, "select id from loyalty_stamp where card_id = $1 and voided_at is null", card_id)
            assert sorted(live) == sorted(mine)
            if self.same_threshold:
                kept = [one for one in await cafe.rewards_of(tx, card_id) if one.status != "cancelled"]
                assert len(kept) == len(mine) // REQUIRED
        await cafe.sound(tx)


@pytest.mark.meets("L102")
@given(steps=_steps)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_happens_stamps_books_and_counts_agree(database: Database, steps: list[Any]) -> None:
    happening = Café(await new_tenant(database))
    async with transaction(database, happening.tenant) as tx:
        await happening.open(tx)
    for what, who, number in steps:
        async with transaction(database, happening.tenant) as tx:
            await happening.step(tx, what, who, number)
    await cafe.deliver(database, happening.tenant)
    async with transaction(database, happening.tenant) as tx:
        await happening.agrees(tx)
        assert await cafe.counted(tx) == await cafe.recounted(tx)
        kept, made = await cafe.hours(tx)
        assert kept == made
        metrics = await reports.metrics(tx)
        assert metrics.visits == sum(map(len, happening.visits))
        assert metrics.members == 3
        assert metrics.at_risk == await tx.one(int, "select count(*) from loyalty_member where at_risk")
    async with books.snapshot(database, happening.tenant) as tx:
        report = await books.verify(tx)
        assert report.proven, report


async def test_the_model_can_fail(database: Database) -> None:
    happening = Café(await new_tenant(database))
    async with transaction(database, happening.tenant) as tx:
        await happening.open(tx)
        await happening.step(tx, "stamp", 0, 0)
        await happening.agrees(tx)
        await tx.execute("update loyalty_card set places = places + 1 where id = $1", happening.cards[0])
        with pytest.raises(AssertionError):
            await happening.agrees(tx)
    assert members.keys("Ñandú  Éclair")["name_key"] == "nandu eclair"
