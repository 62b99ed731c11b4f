"""Any sequence of commands to a subscription: its periods keep without gap or overlap, and every use is charged once.

A run takes a seed and does what comes to mind: seats and plans of every length, now and at renewal, pauses, ends that
are taken back, coupons, usage, days that pass with the engine at work or asleep, and commands that come at once.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import (
    catalog,
    changes,
    ending,
    pausing,
    rating,
    runs,
    starting,
    subscriptions,
    usage,
)
from holdfast.shared.billing.catalog import NewPrice
from holdfast.shared.billing.periods import Interval
from holdfast.shared.billing.rating import Kind, Tier
from holdfast.shared.billing.subscriptions import Status, Subscription
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.conftest import Later, pen, sound
from tests.shared.billing.test_subscriptions import plan

STEPS = 80
FLAT = NewPrice(kind=Kind.per_period, label="A place", amount=pen(3100))
SEATS = NewPrice(kind=Kind.per_seat, label="Seat", amount=pen(999), tax_basis_points=1800)
TIERED = NewPrice(kind=Kind.tiered_seats, label="Seats", tiers=[Tier(up_to=3, unit=700), Tier(unit=333)])
POWER = NewPrice(kind=Kind.tiered_usage, label="Power", metric="kwh", tiers=[Tier(up_to=100, unit=5), Tier(unit=3)])
WATER = NewPrice(kind=Kind.metered, label="Water", metric="litres", amount=pen(2))


class Life:
    """Somebody who does to a subscription whatever comes to mind."""

    def __init__(self, committed: Open, later: Later, customer_id: UUID, seed: int) -> None:
        self.committed, self.later, self.customer_id = committed, later, customer_id
        self.random = random.Random(seed)
        self.plans: list[UUID] = []
        self.id = ids.new()
        self.done: dict[str, int] = {}

    async def open(self) -> None:
        """A catalogue, and a subscription to something in it."""
        async with self.committed() as tx:
            for prices, values in (
                ([FLAT], {}),
                ([SEATS, POWER], {}),
                ([FLAT, WATER], {"interval": Interval.week}),
                ([TIERED], {"interval": Interval.year}),
                ([FLAT, POWER], {"interval_count": 3}),
                ([SEATS], {"proration": "none"}),
            ):
                self.plans.append((await plan(tx, *prices, **values)).plan.id)
            await starting.start(
                tx,
                starting.New(
                    id=self.id,
                    customer_id=self.customer_id,
                    plan_id=self.random.choice(self.plans),
                    quantity=self.random.randint(1, 5),
                    trial_days=self.random.choice([0, 0, 0, 9, 40]),
                ),
            )

    def wanted(self) -> changes.Wanted:
        """Another plan, other seats, or both."""
        return changes.Wanted(
            plan_id=self.random.choice([None, *self.plans]),
            quantity=self.random.choice([None, 1, 2, 7]),
            when=self.random.choice(["now", "now", "renewal"]),
        )

    async def change(self) -> None:
        """A change costs what its preview says."""
        wanted = self.wanted()
        async with self.committed() as tx:
            foreseen = await changes.preview(tx, self.id, wanted)
            before = await self.bills(tx)
            await changes.change(tx, self.id, wanted)
            after = await self.bills(tx)
            assert sum(after.values()) - sum(before.values()) == (foreseen.now.total.minor if foreseen.now else 0)
            assert len(after) - len(before) == (foreseen.now is not None)
            here = await tx.get(Subscription, self.id)
        if foreseen.next_on is not None:
            assert here.period_to == foreseen.next_on

    async def at_once(self) -> None:
        """The same change and a run, by several at the same time."""
        wanted = self.wanted()

        async def changed() -> None:
            async with self.committed() as tx:
                await changes.change(tx, self.id, wanted)

        async def billed() -> None:
            async with self.committed() as tx:
                await runs.bill_or_park(tx, self.id)

        done = await asyncio.gather(changed(), billed(), changed(), return_exceptions=True)
        for one in done:
            if one is not None and not isinstance(one, Problem):
                raise one

    async def pause(self) -> None:
        """A pause, perhaps with its end."""
        async with self.committed() as tx:
            day = await subscriptions.today(tx) + timedelta(days=self.random.randint(0, 30))
            await pausing.pause(tx, self.id, resumes_on=self.random.choice([None, day]))

    async def resume(self) -> None:
        """It goes on."""
        async with self.committed() as tx:
            await pausing.resume(tx, self.id)

    async def cancel(self) -> None:
        """It ends with its period, which is taken back most of the time."""
        async with self.committed() as tx:
            await ending.cancel(tx, self.id, when="end")
        if self.random.random() < 0.95:
            async with self.committed() as tx:
                await ending.keep(tx, self.id)

    async def release(self) -> None:
        """Somebody has looked at what was parked."""
        async with self.committed() as tx:
            await changes.release(tx, self.id)

    async def use(self) -> None:
        """Something is used."""
        async with self.committed() as tx:
            here = await tx.get(Subscription, self.id)
            metrics = [price.metric for price in await catalog.prices(tx, here.price_ids) if price.metric]
            await usage.tell(
                tx,
                self.id,
                id=ids.new(),
                metric=self.random.choice(metrics or ["kwh"]),
                quantity=self.random.randint(1, 300),
            )

    async def days(self) -> None:
        """Days pass; the engine sleeps through some of them."""
        await self.later(days=self.random.choice([0, 1, 2, 5, 13, 31, 45]), minutes=1)
        if self.random.random() < 0.7:
            async with self.committed() as tx:
                await runs.bill_or_park(tx, self.id)

    async def step(self) -> None:
        """Something happens; what is refused changes nothing."""
        deeds: list[Callable[[], Awaitable[None]]] = [
            self.change, self.change, self.change, self.at_once, self.pause, self.resume,
            self.cancel, self.release, self.use, self.use, self.days, self.days, self.days,
        ]  # fmt: skip
        deed = self.random.choice(deeds)
        with contextlib.suppress(Problem):
            await deed()
            self.done[deed.__name__] = self.done.get(deed.__name__, 0) + 1
        await self.holds()

    async def bills(self, tx: Tx) -> dict[UUID, int]:
        """What was billed, by invoice."""
        found = await tx.all(_Bill, "select id, total_minor as total from billing_invoice")
        return {one.id: one.total for one in found}

    async def holds(self) -> None:
        """What is true after everything."""
        async with self.committed() as tx:
            here = await tx.get(Subscription, self.id)
            terms = (await subscriptions.terms(tx, self.id, 1000))[::-1]
            charged = await tx.one(int, _CHARGED)
            closed = await tx.one(
                int, "select coalesce(sum(quantity), 0)::bigint from billing_usage where period_id is not null"
            )
            trial = await tx.one(int, _IN_TRIAL, self.id)
            twice = await tx.one(int, _TWICE)
        assert terms[0].starts_on == here.started_on
        assert all(term.starts_on < term.ends_on for term in terms)
        assert all(one.ends_on == other.starts_on for one, other in pairwise(terms))
        if here.status is not Status.cancelled:
            assert terms[-1].ends_on == here.period_to
        assert twice == 0
        assert charged + trial == closed, "What is used is charged once, unless it was used in a trial."


class _Bill(msgspec.Struct):
    id: UUID
    total: int


_CHARGED = """
    select coalesce(sum(l.quantity), 0)::bigint from billing_invoice_line as l
    join billing_price as p on p.id = l.price_id where p.metric is not null
"""
_IN_TRIAL = """
    select coalesce(sum(u.quantity), 0)::bigint from billing_usage as u
    join billing_period as p on p.id = u.period_id where p.subscription_id = $1 and p.kind = 'trial'
"""
_TWICE = """
    select count(*) from (
        select from billing_invoice where period_id is not null group by period_id having count(*) > 1
    ) as twice
"""


@pytest.mark.parametrize("seed", range(24))
async def test_whatever_is_done_every_day_is_in_one_period_and_every_use_on_one_invoice(
    committed: Open, later: Later, customer: customers.Customer, database: Database, tenant: UUID, seed: int
) -> None:
    life = Life(committed, later, customer.id, seed)
    await life.open()
    for _ in range(STEPS):
        await life.step()
    print(f"Seed {seed}: {life.done}")
    assert sum(life.done.values()) > STEPS // 10
    assert set(rating.IN_ARREARS) >= {Kind.metered, Kind.tiered_usage}
    async with committed() as tx:
        here = await tx.get(Subscription, life.id)
        assert (
            here.parked_reason is None or "periods were missed" in here.parked_reason or "times" in here.parked_reason
        )
        assert await catalog.prices(tx, here.price_ids)
    await sound(committed, database, tenant)
