"""Money under fire: hundreds of seeded cases in which a process dies while it charges, refunds, renews or collects.

Both sandboxes are the provider. In each case the process is killed at one statement, before it or after it; answers are
lost after the money moved; every message of the provider's comes three times and shuffled, or never; two schedulers
renew at once. Then the living part of the platform cleans up, and what must always hold is looked at.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from typing import Any, TypeAlias
from uuid import UUID

import httpx2
import pytest

from holdfast import app
from holdfast.integrations import payments as ports
from holdfast.integrations.payments import ProviderName
from holdfast.integrations.payments.sandbox import faults, hooks, numbers, state
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.integrations.payments.sandbox.state import Kept
from holdfast.kernel import ids, worker
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.billing import catalog, runs, starting, subscriptions
from holdfast.shared.billing.catalog import New, NewPrice
from holdfast.shared.billing.rating import Kind
from holdfast.shared.ledger import books
from holdfast.shared.payments import (
    attempts,
    charging,
    comparing,
    connections,
    customers,
    janitor,
    methods,
    paying,
    payments,
    reconciliation,
    refunds,
)
from holdfast.shared.payments.payments import Payment
from tests import web
from tests.chaos.fuse import Doomed, Fuse, lives
from tests.conftest import new_tenant

SEED = int(os.environ.get("HOLDFAST_CHAOS_SEED", "20261121"))
CASES = int(os.environ.get("HOLDFAST_CHAOS_CASES", "520"))
ROUNDS = 8
"""Businesses among which the cases are shared; each is looked at as a whole at its end."""
_CARDS = ("4242424242424242",) * 4 + ("4000000000006975", "4000000000000341", "4000000000000259")
_FAULTS: tuple[faults.Fault, ...] = ("lost_before", "lost_after", "away")
Case: TypeAlias = Callable[[Database], Any]


class Street:
    """A business, its provider, and everything that goes wrong there."""

    def __init__(self, database: Database, tenant: UUID, provider: ProviderName, chance: random.Random) -> None:
        self.database, self.tenant, self.provider, self.chance = database, tenant, provider, chance
        self.tried: Counter[str] = Counter()
        self.running: list[UUID] = []

    def opens(self, database: Database | None = None) -> Any:
        """Opens transactions in a process."""
        return lambda: transaction(database or self.database, self.tenant)

    async def open(self) -> None:
        """A connection, some payers with cards of all sorts, and a plan."""
        async with self.opens()() as tx:
            connection = await connections.open_sandbox(tx, self.provider)
            self.connection = connection.id
            opened = await connections.opened(tx, connection.id)
            price = NewPrice(kind=Kind.per_period, label="Space", amount=Money(900, "PEN"), tax_basis_points=1800)
            self.plan = (
                await catalog.make(tx, New(code="space", name="Space", currency="PEN", prices=[price]))
            ).plan.id
        self.saved: list[tuple[UUID, UUID]] = []
        for number in _CARDS:
            async with self.opens()() as tx:
                customer = await customers.ensure(tx, name=f"Payer {number[-4:]}")
                payer = await customers.payer(tx, customer.id, connection.id)
            ref = await Sandbox(opened, self.database).ensure_customer(payer, key=str(customer.id))
            card = numbers.card(number)
            assert card is not None
            async with self.opens()() as tx:
                dialect = self.provider.removeprefix("sandbox-")
                method = ports.Method(ref=state.new_ref(dialect, "method"), kind="card", last4=number[-4:])
                await Place(tx, connection.id, self.provider).save(ref, method, card.behaviour, "page")
                await customers.keep_ref(tx, customer.id, connection.id, ref)
                kept = await methods.remember(tx, customer.id, connection.id, method)
                self.saved.append((customer.id, kept.id))
        await self.settle()
        async with self.opens()() as tx:
            await faults.hold(tx, self.connection, held=True)

    async def settle(self) -> None:
        """Everything that is due is done by those who live."""
        await worker.drain(self.database, app.registry, tenants=[self.tenant])

    async def deliver(self) -> None:
        """The provider's messages come three times and shuffled; one in five is lost."""
        async with self.opens()() as tx:
            held = await tx.all(UUID, "select id from sandbox_pay_delivery where state = 'held' order by id")
            sending = [one for one in held if self.chance.random() > 0.2] * 3
            self.chance.shuffle(sending)
            for one in sending:
                await hooks.again(tx, one)
            await tx.execute("update sandbox_pay_delivery set state = 'refused' where state = 'held'")

    async def clean_up(self) -> None:
        """The janitor comes as often as it takes."""
        for _ in range(4):
            async with self.opens()() as tx:
                await tx.execute(
                    "update payments_attempt set due_at = now() - interval '1 second' where due_at > now()"
                )
                await tx.execute("update billing_subscription set claimed_until = null")
                await janitor.look_after(tx)
            await self.settle()

    async def charge(self) -> Case:
        """A saved card is charged."""
        customer, method = self.chance.choice(self.saved)
        async with self.opens()() as tx:
            payment = await payments.request(
                tx,
                customer_id=customer,
                amount=Money(self.chance.randint(100, 9000), "PEN"),
                description="Coffee",
                purpose=payments.ASKED,
                purpose_id=ids.new(),
                key="1",
            )
            if self.chance.random() < 0.3:
                await faults.plan(
                    tx, self.connection, "charge", self.chance.choice(("lost_before", "lost_after", "away"))
                )

        async def work(doomed: Database) -> None:
            async with self.opens(doomed)() as tx:
                await charging.charge(tx, payment.id, method_id=method)
            await paying.made(self.opens(doomed), doomed, payment.id, attempts.Kind.charge)

        return work

    async def refund(self) -> Case:
        """A part of something that was paid is given back."""
        async with self.opens()() as tx:
            paid = await tx.all(
                Payment,
                "select * from payments_payment where status = 'captured' and not disputed order by id desc limit 20",
            )
            left = [one for one in paid if payments.refundable(one).minor > 1]
        if not left:
            return await self.charge()
        payment, key = self.chance.choice(left), str(ids.new())
        amount = Money(self.chance.randint(1, payments.refundable(payment).minor), "PEN")

        async def work(doomed: Database) -> None:
            async with self.opens(doomed)() as tx:
                await refunds.request(tx, payment.id, amount=amount, reason="Cold", key=key)
            await paying.made(self.opens(doomed), doomed, payment.id, attempts.Kind.refund)

        return work

    async def renew(self) -> Case:
        """A month later subscriptions are renewed, by two schedulers at once of which one dies."""
        async with self.opens()() as tx:
            if len(self.running) < 3:
                customer, _ = self.chance.choice(self.saved)
                made = await starting.start(tx, starting.New(customer_id=customer, plan_id=self.plan))
                self.running.append(made.id)
            await tx.execute("update tenants_tenant set clock_offset = clock_offset + interval '31 days'")
        due = list(self.running)

        async def one(database: Database, subscription: UUID) -> None:
            async with self.opens(database)() as tx:
                await runs.bill_or_park(tx, subscription)

        async def work(doomed: Database) -> None:
            for subscription in due:
                await asyncio.gather(one(self.database, subscription), one(doomed, subscription))

        return work

    async def case(self, number: int) -> None:
        """One case, and what must hold after it."""
        kind = self.chance.choice(("charge", "charge", "refund", "refund", "renew"))
        work: Case = await getattr(self, kind)()
        fuse = Fuse(self.chance.randint(1, 45), after=self.chance.random() < 0.5)
        doomed = Doomed(self.database, fuse)
        ended = await lives(lambda: work(doomed))
        await doomed.close()
        self.tried[kind if ended else f"{kind}, killed"] += 1
        await self.deliver()
        await self.clean_up()
        await self.holds(f"case {number} of seed {SEED}: {kind}, step {fuse.left}, after {fuse.after}")

    async def holds(self, what: str) -> None:
        """Every charge at the provider is one payment here, and the books have it once."""
        async with self.opens()() as tx:
            theirs = await tx.all(
                state.Object,
                "select * from sandbox_pay_object where kind = 'payment' and connection_id = $1",
                self.connection,
            )
            captured = [one.read(Kept).payment for one in theirs if one.read(Kept).payment.standing == "captured"]
            ours = await tx.all(Payment, "select * from payments_payment where status = 'captured'")
            assert Counter(one.ref for one in captured) == Counter(one.provider_ref for one in ours), what
            assert {one.ref: one.refunded for one in captured} == {one.provider_ref: one.refunded for one in ours}, what
            doubtful = await tx.one(
                int, "select count(*) from payments_attempt where state in ('wanted', 'sent', 'unknown')"
            )
            assert doubtful == 0, what
            twice = await tx.one(
                int,
                "select count(*) from (select from payments_payment where status = 'captured' "
                "group by purpose, purpose_id, key having count(*) > 1) as t",
            )
            assert twice == 0, what
            clearing = await tx.one(
                int,
                "select coalesce(sum(ledger_sum(a)), 0)::bigint from ledger_account as a "
                "where a.book in ('payments.clearing', 'payments.disputed')",
            )
            assert clearing == sum(one.captured.minor - one.refunded.minor for one in ours), what

    async def ends(self) -> None:
        """The whole business: gap-free periods, one invoice for each, proven books, and nothing differs."""
        async with self.opens()() as tx:
            for subscription in self.running:
                terms = (await subscriptions.terms(tx, subscription, 1000))[::-1]
                assert all(one.ends_on == other.starts_on for one, other in pairwise(terms))
                billed = await tx.all(
                    UUID,
                    "select period_id from billing_invoice where subscription_id = $1 and period_id is not null",
                    subscription,
                )
                paid = [term.id for term in terms if term.kind == "paid"]
                assert sorted(billed) == sorted(paid)
            parked = await tx.one(int, "select count(*) from billing_subscription where status = 'parked'")
            assert parked == 0
            run = await reconciliation.want(tx, self.connection, since=tx.now - reconciliation.LONGEST, announce=False)
        done = await comparing.run(self.opens(), self.database, run.id)
        assert done.status == "clean"
        async with self.opens()() as tx:
            found = (await reconciliation.whole(tx, run.id)).findings
            again = await reconciliation.want(
                tx, self.connection, since=tx.now - reconciliation.LONGEST, announce=False
            )
        # A dispute whose message was lost is found by comparing alone, and once.
        assert {one.kind for one in found} <= {"dispute"}
        done = await comparing.run(self.opens(), self.database, again.id)
        assert (done.status, done.repaired) == ("clean", 0)
        async with books.snapshot(self.database, self.tenant) as tx:
            report = await books.verify(tx)
        assert report.proven, report.findings


@pytest.fixture
async def door(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Our own door, through which the provider's messages come."""
    async with web.visitor(database, settings) as client:
        hooks.through(client._transport)
        yield client
        hooks.through(None)


@pytest.mark.meets("P66", "P75")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_money_survives_whatever_happens(
    database: Database, door: httpx2.AsyncClient, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED + number)
    provider: ProviderName = "sandbox-razorpay" if number % 2 else "sandbox-stripe"
    street = Street(database, await new_tenant(database), provider, chance)
    await street.open()
    cases = -(-CASES // ROUNDS)
    for case in range(cases):
        await street.case(case)
    await street.ends()
    with capsys.disabled():
        tried = ", ".join(f"{count} {what}" for what, count in sorted(street.tried.items()))
        print(f"\nmoney under fire: seed {SEED + number}, {provider}, {cases} cases ({tried})")
