"""Debts and due days: what is owed is settled from whatever becomes available, and nobody waits for nobody."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from holdfast import app
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Actor
from holdfast.shared.ledger import accounts, transfers
from holdfast.shared.ledger.rules import InsufficientFunds
from holdfast.shared.payouts import earnings, payouts, wallets
from holdfast.shared.payouts.payouts import Payout, Status
from holdfast.shared.payouts.wallets import AVAILABLE, OWED, Wallet
from tests.conftest import Drain, Open
from tests.shared.payouts.earning import account, eur, proven, there

REACTING = app.reacting


async def cancelled(committed: Open, people: list[Actor], payout: Payout) -> None:
    async with committed(people[0]) as tx:
        await payouts.cancel(tx, payout.id)


async def rejected(committed: Open, people: list[Actor], payout: Payout) -> None:
    async with committed(people[1]) as tx:
        await payouts.reject(tx, payout.id, reason="No")


async def failed(committed: Open, people: list[Actor], payout: Payout) -> None:
    async with committed() as tx:
        await tx.execute("update payouts_payout set status = 'processing' where id = $1", payout.id)
        await payouts.moved(tx, await payouts.locked(tx, Payout, payout.id), Status.failed)


async def returned(committed: Open, people: list[Actor], payout: Payout) -> None:
    async with committed() as tx:
        await tx.execute("update payouts_payout set status = 'processing' where id = $1", payout.id)
        paid = await payouts.moved(tx, await payouts.locked(tx, Payout, payout.id), Status.paid)
        await payouts.moved(tx, paid, Status.returned)


@pytest.mark.parametrize("ends", [cancelled, rejected, failed, returned])
async def test_what_is_owed_is_not_escaped_by_holding_it(
    ends: Callable[..., Awaitable[None]],
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    database: Database,
    tenant: UUID,
) -> None:
    earning = await earned(1000)
    payout = await asked(800)
    async with committed() as tx:
        await earnings.claw_back(tx, earning.id, amount=eur(500), id=ids.new())
    assert await there(committed, wallet) == (0, 0, 800, 300)
    await ends(committed, people, payout)
    assert await there(committed, wallet) == (0, 500, 0, 0)
    await proven(database, tenant)


async def test_a_debt_is_settled_as_far_as_it_goes_and_once(
    earned: Callable[..., Awaitable[Any]], committed: Open, wallet: Wallet
) -> None:
    await earned(400)
    async with committed() as tx:
        expense = await wallets.expense(tx, "EUR")
        owed = await wallets.account(tx, OWED, wallet)
        await transfers.transfer(tx, debit=owed, credit=expense, amount=eur(900), code="t.owed")
    settling = ids.new()
    for expected in (400, 0):
        async with committed() as tx:
            assert await earnings.settle_debt(tx, wallet, id=settling) == eur(expected)
    assert await there(committed, wallet) == (0, 0, 0, 500)


async def test_claw_backs_cancellations_requests_and_earnings_at_once_wait_for_nobody_for_ever(
    earned: Callable[..., Awaitable[Any]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    database: Database,
    tenant: UUID,
) -> None:
    to, chance = await account(committed, wallet), random.Random(7)
    known = [await earned(500) for _ in range(8)]

    async def claw(earning: earnings.Earning) -> None:
        async with committed() as tx:
            await earnings.claw_back(tx, earning.id, amount=eur(400), id=ids.new())

    async def ask_and_end(end: Callable[..., Awaitable[None]]) -> None:
        async with committed(people[0]) as tx:
            payout = await payouts.request(tx, wallet.id, amount=eur(100), destination_id=to.id)
        await end(committed, people, payout)

    async def approve_and_reject() -> None:
        async with committed(people[0]) as tx:
            payout = await payouts.request(tx, wallet.id, amount=eur(100), destination_id=to.id)
        ends = [rejected(committed, people, payout), rejected(committed, people, payout)]
        async with committed(people[1]) as tx:
            await payouts.approve(tx, payout.id)
        for outcome in await asyncio.gather(*ends, return_exceptions=True):
            assert outcome is None or isinstance(outcome, payouts.NotNow), outcome

    deeds: list[Awaitable[Any]] = [claw(earning) for earning in known]
    deeds += [ask_and_end(end) for end in (cancelled, rejected, returned) for _ in range(4)]
    deeds += [approve_and_reject() for _ in range(3)] + [earned(70) for _ in range(8)]
    chance.shuffle(deeds)
    for outcome in await asyncio.gather(*deeds, return_exceptions=True):
        assert not isinstance(outcome, BaseException) or isinstance(outcome, InsufficientFunds), outcome
    pending, available, held, owed = await there(committed, wallet)
    assert pending + available + held - owed == 8 * 500 - 8 * 400 + 8 * 70
    assert min(available, owed) == 0
    await proven(database, tenant)


async def test_one_bad_earning_keeps_no_other_back(
    earned: Callable[..., Awaitable[Any]], committed: Open, wallet: Wallet, drain: Drain
) -> None:
    async with committed() as tx:
        tomorrow = await wallets.today(tx) + timedelta(days=1)
        other = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Luis", currency="EUR")
        await earnings.credit(tx, other, amount=eur(70), code="t.e", id=ids.new(), available_on=tomorrow)
    made = [await earned(100, available_on=tomorrow) for _ in range(3)]
    await drain()
    async with committed() as tx:
        # More than was ever pending.
        await tx.execute("update payouts_earning set amount_minor = 9999 where id = $1", made[0].id)
        await tx.execute("update tenants_tenant set clock_offset = '2 days'")
    await drain()
    async with committed() as tx:
        standing = {one.id: one.status for one in await tx.all(earnings.Earning, "select * from payouts_earning")}
    assert [standing[one.id] for one in made] == ["pending", "available", "available"]
    assert (await there(committed, other))[:2] == (0, 70)
    assert (await there(committed, wallet))[:2] == (100, 200)


async def test_many_due_earnings_are_released_some_at_a_time(
    earned: Callable[..., Awaitable[Any]],
    committed: Open,
    wallet: Wallet,
    drain: Drain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(earnings, "AT_ONCE", 2)
    async with committed() as tx:
        tomorrow = await wallets.today(tx) + timedelta(days=1)
    for _ in range(5):
        await earned(100, available_on=tomorrow)
    await drain()
    async with committed() as tx:
        await tx.execute("update tenants_tenant set clock_offset = '2 days'")
        available = await wallets.account(tx, AVAILABLE, wallet)
    await drain()
    async with committed() as tx:
        assert (await accounts.balance(tx, available)).posted == 500


async def test_releasing_does_not_lock_what_claw_backs_of_several_wait_for(
    earned: Callable[..., Awaitable[Any]], committed: Open, wallet: Wallet
) -> None:
    async with committed() as tx:
        tomorrow = await wallets.today(tx) + timedelta(days=1)
        other = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Luis", currency="EUR")
    for _ in range(6):
        pair = [await earned(100, available_on=tomorrow)]
        async with committed() as tx:
            pair.append(
                await earnings.credit(tx, other, amount=eur(100), code="t.e", id=ids.new(), available_on=tomorrow)
            )

        async def claw(pair: list[earnings.Earning] = pair) -> None:
            async with committed() as tx:
                for earning in reversed(pair):
                    await earnings.claw_back(tx, earning.id, amount=eur(10), id=ids.new())
                    await asyncio.sleep(0.01)

        async def release(owner: UUID) -> None:
            async with committed() as tx:
                tx.now += timedelta(days=2)
                await earnings.release_due(tx, owner)

        await asyncio.gather(claw(), release(wallet.id), release(other.id))
    assert (await there(committed, wallet))[:2] == (0, 540)
    assert (await there(committed, other))[:2] == (0, 540)
