"""Sending: what is lost, refused, slow or told late pays nobody twice, and nothing is forgotten."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from holdfast import app
from holdfast.integrations import payouts as ports
from holdfast.kernel import ids
from holdfast.kernel import settings as installation
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.ledger import books
from holdfast.shared.payments import connections
from holdfast.shared.payouts import answers, destinations, earnings, files, payouts, preferences, sending, wallets
from holdfast.shared.payouts.payouts import Payout, Sent, Status
from holdfast.shared.payouts.wallets import Wallet
from tests.conftest import Open
from tests.shared.payouts.bank import Bank

REACTING = app.reacting


class Sending:
    """A business that pays by RazorpayX, and somebody who earned 10,000 rupees there."""

    def __init__(self, committed: Open, database: Database, tenant: UUID, bank: Bank, people: list[Actor]) -> None:
        self.committed, self.database, self.tenant, self.bank, self.people = committed, database, tenant, bank, people
        self.wallet: Wallet
        self.to: destinations.Destination
        self.connection: connections.Connection

    async def begin(self) -> None:
        async with self.committed() as tx:
            self.connection = await connections.add(
                tx, provider="razorpay", credentials=keys("first"), base_url=self.bank.url
            )
            await preferences.decide(tx, by_razorpay("ACC1"))
            self.wallet = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Asha", currency="INR")
            new = destinations.New(holder="Asha", country="IN", vpa="asha@okbank")
            self.to = await destinations.add(tx, self.wallet, new)
            await earnings.credit(tx, self.wallet, amount=inr(1_000_000), code="t.e", id=ids.new())

    async def approved(self, minor: int = 400_000) -> UUID:
        async with self.committed(self.people[0]) as tx:
            payout = await payouts.request(tx, self.wallet.id, amount=inr(minor), destination_id=self.to.id)
        async with self.committed(self.people[1]) as tx:
            await payouts.approve(tx, payout.id)
        return payout.id

    async def send(self, payout_id: UUID) -> Sent:
        await sending.send(lambda: transaction(self.database, self.tenant), self.database, payout_id)
        return await self.payout(payout_id)

    async def settle(self, payout_id: UUID) -> Sent:
        await sending.settle(lambda: transaction(self.database, self.tenant), self.database, payout_id)
        return await self.payout(payout_id)

    async def payout(self, payout_id: UUID) -> Sent:
        async with self.committed() as tx:
            return await tx.get(Sent, payout_id)

    async def there(self) -> tuple[int, int, int]:
        """Available, held, owed; and the books prove themselves."""
        async with self.committed() as tx:
            now = await wallets.balances(tx, self.wallet)
        async with books.snapshot(self.database, self.tenant) as tx:
            report = await books.verify(tx)
        assert report.proven, report.findings
        return now.available.minor, now.held.minor, now.owed.minor

    async def due_in(self, payout_id: UUID) -> float | None:
        """Seconds until it is looked after, by the real clock."""
        async with self.committed() as tx:
            return await tx.one(
                float, "select extract(epoch from due_at - now())::float8 from payouts_payout where id = $1", payout_id
            )

    async def doubted(self) -> int:
        """Bring everything's time, let the janitor look, and say of how many it told."""
        async with self.committed() as tx:
            await tx.execute("update payouts_payout set due_at = now() where due_at is not null")
        async with self.committed() as tx:
            before = await told(tx, "payouts.payout.doubted")
            await sending.look_after(tx)
            return await told(tx, "payouts.payout.doubted") - before


def inr(minor: int) -> Money:
    """So many paise."""
    return Money(minor, "INR")


def keys(name: str) -> dict[str, str]:
    """What opens a connection."""
    return {"key_id": f"rzp_test_{name}", "key_secret": f"secret {name}", "webhook_secret": "hook"}


def by_razorpay(account: str) -> preferences.Settings:
    """RazorpayX pays, from that account."""
    return preferences.Settings(
        minimum=1, holding_days=0, two_approvals_above=None, rail="razorpayx", rail_account=account
    )


async def told(tx: Any, name: str) -> int:
    """How many events of a kind there are."""
    return int(await tx.one(int, "select count(*) from kernel_event where name = $1", name))


@pytest.fixture
async def here(committed: Open, database: Database, tenant: UUID, people: list[Actor]) -> AsyncIterator[Sending]:
    """A business that pays by RazorpayX."""
    async with Bank() as bank:
        made = Sending(committed, database, tenant, bank, people)
        await made.begin()
        yield made


async def test_a_refusal_of_the_second_sending_gives_nothing_back(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["unheard", "refused", "unknown_keys", "busy"]
    here.bank.blind = True
    assert (await here.send(payout_id)).status is Status.unknown
    for _ in range(3):
        assert (await here.settle(payout_id)).status is Status.unknown
        assert await here.there() == (600_000, 400_000, 0)
    here.bank.blind = False
    here.bank.now("processed")
    assert (await here.settle(payout_id)).status is Status.paid
    assert (len(here.bank.payouts), here.bank.times("/payouts")) == (1, 4)
    assert await here.there() == (600_000, 0, 0)


async def test_a_second_sending_asks_for_the_same(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["unheard"]
    here.bank.blind = True
    await here.send(payout_id)
    assert (await here.settle(payout_id)).status is Status.processing
    (_, *first), (_, *second) = [one for one in here.bank.made if one[0] == "/payouts"]
    assert first == second
    # The next payout goes to the same account there.
    await here.send(await here.approved(1_000))
    assert here.bank.times("/contacts") == here.bank.times("/fund_accounts") == 1
    async with here.committed() as tx:
        assert (await destinations.opened(tx, here.to.id, here.connection.id)).ref == "fa_1"
        assert (await destinations.opened(tx, here.to.id, ids.new())).ref is None


async def test_what_is_lost_before_any_money_was_asked_for_is_sent_again(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/fund_accounts"] = ["lost"]
    assert (await here.send(payout_id)).status is Status.approved
    assert await here.due_in(payout_id) is not None
    assert (await here.settle(payout_id)).status is Status.processing


async def test_the_first_refusal_gives_the_amount_back(here: Sending) -> None:
    for fault in ("refused", "unknown_keys"):
        here.bank.faults["/payouts"] = [fault]
        payout = await here.send(await here.approved())
        assert (payout.status, payout.sendings) == (Status.failed, 1)
    assert await here.there() == (1_000_000, 0, 0)
    # It may be the bank account that was refused, so it is made known again each time.
    assert here.bank.times("/fund_accounts") == 2


async def test_a_slow_sender_who_is_refused_changes_nothing_while_another_is_at_work(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["refused"]
    go_on = here.bank.holds_up = asyncio.Event()
    slow = asyncio.create_task(here.send(payout_id))
    await here.bank.reached.wait()
    assert (await here.settle(payout_id)).sendings == 2
    go_on.set()
    assert (await slow).status is Status.processing
    assert await here.there() == (600_000, 400_000, 0)


async def test_two_who_ask_at_once_send_it_once_more_not_twice(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["lost"]
    await here.send(payout_id)
    here.bank.blind = True
    await asyncio.gather(here.settle(payout_id), here.settle(payout_id))
    payout = await here.payout(payout_id)
    assert (payout.status, payout.sendings) == (Status.processing, 2)


async def test_what_was_told_failed_and_is_paid_is_taken_or_owed_and_can_come_back(here: Sending) -> None:
    here.bank.faults["/payouts"] = ["refused"]
    payout_id = await here.approved()
    assert (await here.send(payout_id)).status is Status.failed
    await here.approved(700_000)
    assert await here.there() == (300_000, 700_000, 0)
    answer = ports.Payout(ref="pout_9", standing="paid", amount=inr(400_000), at=here.wallet.created_at)
    for _ in range(2):
        async with here.committed() as tx:
            paid = await answers.told(tx, payout_id, answer)
        assert (paid.status, paid.provider_ref, paid.reason) == (Status.paid, "pout_9", None)
        assert await here.there() == (0, 700_000, 100_000)
    async with here.committed() as tx:
        assert await told(tx, "payouts.payout.paid_after_all") == 1
        back = ports.Payout(ref="pout_9", standing="returned", amount=inr(400_000), at=here.wallet.created_at)
        assert (await answers.told(tx, payout_id, back)).status is Status.returned
    assert await here.there() == (300_000, 700_000, 0)


async def test_a_payout_that_is_processed_is_asked_about_until_it_is_paid_and_for_days_after(here: Sending) -> None:
    payout_id = await here.approved()
    assert (await here.send(payout_id)).status is Status.processing
    assert 80 < (await here.due_in(payout_id) or 0) < 100
    for _ in range(3):
        assert await here.doubted() == 1
        assert (await here.settle(payout_id)).status is Status.processing
    assert (await here.due_in(payout_id) or 0) > 300
    here.bank.now("processed")
    assert (await here.settle(payout_id)).status is Status.paid
    waits = [await here.due_in(payout_id) or 0]
    while await here.doubted():
        if len(waits) < 3:
            assert (await here.settle(payout_id)).status is Status.paid
            waits.append(await here.due_in(payout_id) or 0)
        else:
            here.bank.now("reversed")
    assert [round(wait / 3600) for wait in waits] == [1, 24, 72]
    assert (await here.settle(payout_id)).status is Status.returned
    assert await here.there() == (1_000_000, 0, 0)
    assert await here.doubted() == 0


async def test_a_payout_stays_where_it_was_sent(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["lost"]
    await here.send(payout_id)
    async with here.committed() as tx:
        await preferences.decide(tx, by_razorpay("ACC2"))
        await connections.change(tx, here.connection.id, active=False)
        second = await connections.add(tx, provider="razorpay", credentials=keys("second"), base_url=here.bank.url)
    assert (await here.settle(payout_id)).status is Status.processing
    kept = await here.payout(payout_id)
    assert (kept.rail_account, kept.rail_connection_id) == ("ACC1", here.connection.id)
    assert [one["account_number"] for one in here.bank.payouts.values()] == ["ACC1"]
    await here.settle(payout_id)
    assert len({one["authorization"] for one in here.bank.found_by}) == 1
    # What is sent for the first time goes by the new way, which knows the bank account by another name.
    new = await here.send(await here.approved(1_000))
    assert (new.rail_account, new.rail_connection_id, new.rail_destination_ref) == ("ACC2", second.id, "fa_2")


async def test_a_payout_is_never_given_up_and_the_waits_grow_to_an_hour(here: Sending) -> None:
    payout_id = await here.approved()
    here.bank.faults["/payouts"] = ["unheard"]
    here.bank.blind = True
    await here.send(payout_id)
    waits = []
    for _ in range(25):
        assert await here.doubted() == 1
        waits.append(round(await here.due_in(payout_id) or 0))
    assert (waits[:4], waits[-1]) == ([90, 180, 360, 720], 3600)


async def test_an_unknown_payout_is_settled_by_hand(here: Sending) -> None:
    here.bank.faults["/payouts"] = ["unheard", "unheard"]
    here.bank.blind = True
    paid, failed = await here.approved(), await here.approved(1_000)
    for payout_id in (paid, failed):
        async with here.committed(here.people[2]) as tx:
            with pytest.raises(payouts.NotNow):
                await files.confirm(tx, payout_id, outcome="paid", trace=None, reason=None)
        await here.send(payout_id)
    async with here.committed(here.people[2]) as tx:
        await files.confirm(tx, paid, outcome="paid", trace="UTR1", reason=None)
        await files.confirm(tx, failed, outcome="failed", trace=None, reason="The bank says no")
        by = await tx.all(str, "select body->>'by' from kernel_event where name = 'payouts.payout.confirmed'")
    assert by == [str(here.people[2].person)] * 2
    assert await here.there() == (600_000, 0, 0)
    # Somebody erred, and the rail says so when it is asked.
    here.bank.blind = False
    here.bank.now("processed")
    assert (await here.settle(failed)).status is Status.paid
    assert await here.there() == (599_000, 0, 0)


async def test_where_nothing_is_connected_a_payout_fails_in_words(here: Sending) -> None:
    async with here.committed() as tx:
        await connections.change(tx, here.connection.id, active=False)
    payout_id = await here.approved()
    assert await here.due_in(payout_id) is not None
    payout = await here.send(payout_id)
    assert (payout.status, payout.sendings) == (Status.failed, 0)
    assert "not connected" in (payout.reason or "")
    assert await here.there() == (1_000_000, 0, 0)
    assert await here.doubted() == 0


async def test_the_sandbox_pays_nobody_in_production(
    here: Sending,
    monkeypatch: pytest.MonkeyPatch,
    asked: Callable[..., Awaitable[Payout]],
    earned: Callable[..., Awaitable[Any]],
) -> None:
    await earned(1000)
    made = [await asked(100), await asked(200)]
    async with here.committed(here.people[1]) as tx:
        for payout in made:
            await payouts.approve(tx, payout.id)
    async with here.committed() as tx:
        await tx.execute("update payouts_payout set status = 'unknown', sendings = 1 where id = $1", made[1].id)
    production = installation.Settings(environment="production")
    monkeypatch.setattr(installation, "current", lambda: production)
    async with here.committed() as tx:
        with pytest.raises(connections.NoSandboxHere):
            await preferences.decide(
                tx, preferences.Settings(minimum=1, holding_days=0, two_approvals_above=None, rail="sandbox")
            )
    assert (await here.send(made[0].id)).status is Status.failed
    assert (await here.settle(made[1].id)).status is Status.failed
    async with here.committed() as tx:
        assert await tx.one(int, "select count(*) from sandbox_payout") == 0
