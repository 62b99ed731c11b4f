"""The ledger under fire: many writers on few accounts, and writers that are killed in the middle."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.ledger import accounts, books, holds, rules, seals, transfers
from holdfast.shared.ledger.accounts import Account
from holdfast.shared.ledger.proof import Report
from holdfast.shared.ledger.transfers import Leg
from tests.shared.ledger import bank

ROOT = Path(__file__).parents[2]


async def _proven(database: Database, tenant: UUID) -> Report:
    async with books.snapshot(database, tenant) as tx:
        report = await books.verify(tx)
    assert report.proven, report.findings
    return report


async def _open(database: Database, tenant: UUID, *amounts: int) -> list[Account]:
    async with transaction(database, tenant) as tx:
        return [await bank.wallet(tx, amount) for amount in amounts]


@pytest.fixture
async def crowd(where: Addresses, settings: Settings) -> AsyncIterator[Database]:
    """Pools of many connections, so that every writer has its own."""
    crowd_ = Database(where, msgspec.structs.replace(settings, pool_size=24, pool_wait_seconds=60))
    yield crowd_
    await crowd_.close()


async def test_opposite_directions_never_deadlock(crowd: Database, tenant: UUID) -> None:
    first, second, third = await _open(crowd, tenant, 200, 200, 200)
    refused = 0

    async def write(seed: int) -> None:
        nonlocal refused
        choice = random.Random(seed)
        for _ in range(25):
            payer, payee = choice.sample([first, second, third], 2)
            try:
                async with transaction(crowd, tenant) as tx:
                    await bank.pay(tx, payer, payee, choice.randint(1, 150))
            except rules.InsufficientFunds:
                refused += 1

    # Whatever else a writer meets, a deadlock first of all, fails the test.
    await asyncio.gather(*(write(seed) for seed in range(20)))
    async with transaction(crowd, tenant) as tx:
        balances = [await accounts.balance(tx, account.id) for account in (first, second, third)]
    assert sum(balance.posted for balance in balances) == 600
    assert min(balance.posted for balance in balances) >= 0
    report = await _proven(crowd, tenant)
    assert report.transfers == 3 + 20 * 25 - refused


async def test_journals_over_the_same_accounts_never_deadlock(crowd: Database, tenant: UUID) -> None:
    wallets = await _open(crowd, tenant, *[1000] * 4)

    async def write(seed: int) -> None:
        choice = random.Random(seed)
        for _ in range(15):
            order = choice.sample(wallets, 4)
            legs = [
                Leg(debit=a.id, credit=b.id, amount=choice.randint(1, 5), unit="PEN", code="bank.leg")
                for a, b in pairwise(order)
            ]
            async with transaction(crowd, tenant) as tx:
                await transfers.post(tx, legs)

    await asyncio.gather(*(write(seed) for seed in range(16)))
    assert (await _proven(crowd, tenant)).transfers == 4 + 16 * 15 * 3


async def test_several_statements_lock_first(crowd: Database, tenant: UUID) -> None:
    wallets = await _open(crowd, tenant, 1000, 1000)

    async def write(seed: int) -> None:
        payer, payee = wallets if seed % 2 else reversed(wallets)
        for _ in range(10):
            async with transaction(crowd, tenant) as tx:
                await accounts.lock(tx, payer.id, payee.id)
                held = await holds.hold(
                    tx, debit=payer.id, credit=payee.id, amount=2, unit="PEN", code="bank.withdrawal"
                )
                await bank.pay(tx, payee, payer, 1)
                await holds.settle(tx, held.id)

    await asyncio.gather(*(write(seed) for seed in range(12)))
    async with transaction(crowd, tenant) as tx:
        assert [(await accounts.balance(tx, wallet.id)).posted for wallet in wallets] == [1000, 1000]
    await _proven(crowd, tenant)


async def test_one_wallet_is_never_overdrawn(crowd: Database, tenant: UUID) -> None:
    wallet, payee = await _open(crowd, tenant, 100, 0)
    paid = 0

    async def spend() -> None:
        nonlocal paid
        for _ in range(10):
            try:
                async with transaction(crowd, tenant) as tx:
                    await bank.pay(tx, wallet, payee, 7)
            except rules.InsufficientFunds:
                continue
            paid += 7

    await asyncio.gather(*(spend() for _ in range(20)))
    assert paid == 98
    async with transaction(crowd, tenant) as tx:
        assert await bank.held(tx, wallet) == (2, 0, 2)
        assert await bank.held(tx, payee) == (98, 0, 98)
    await _proven(crowd, tenant)


async def test_the_same_id_from_many_moves_once(crowd: Database, tenant: UUID) -> None:
    payer, payee = await _open(crowd, tenant, 100, 0)

    async def write(id_: UUID) -> None:
        async with transaction(crowd, tenant) as tx:
            await bank.pay(tx, payer, payee, 10, id=id_)

    same = [ids.new() for _ in range(3)]
    await asyncio.gather(*(write(id_) for id_ in same for _ in range(8)))
    async with transaction(crowd, tenant) as tx:
        assert await bank.held(tx, payer) == (70, 0, 70)
    assert (await _proven(crowd, tenant)).transfers == 4


WRITER = """
import asyncio, sys
from uuid import UUID
import asyncpg
from holdfast.kernel import clock
from holdfast.kernel.tx import PLATFORM, Tx
from holdfast.shared.ledger import holds, seals, transfers

async def main(address, tenant, payer, payee):
    connection = await asyncpg.connect(address)
    print("ready", flush=True)
    while True:
        await connection.execute(f"begin; set local holdfast.tenant = '{tenant}'")
        tx = Tx(connection, tenant=tenant, actor=PLATFORM, now=clock.now())
        # Two statements that only together leave the payer with what they had.
        held = await holds.hold(tx, debit=payer, credit=payee, amount=5, unit="PEN", code="bank.withdrawal")
        await holds.settle(tx, held.id)
        await transfers.transfer(tx, debit=payee, credit=payer, amount=5, unit="PEN", code="bank.back")
        await seals.seal(tx)
        await connection.execute("commit")
        print("done", flush=True)

address, *rest = sys.argv[1:]
asyncio.run(main(address, *(UUID(word) for word in rest)))
"""


@pytest.mark.timeout(300)
async def test_killed_writers_leave_provable_books(database: Database, where: Addresses, tenant: UUID) -> None:
    payer, payee = await _open(database, tenant, 1000, 1000)
    written = 0
    for _ in range(3):
        writers = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                WRITER,
                where.app,
                str(tenant),
                str(payer.id),
                str(payee.id),
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )
            for _ in range(2)
        ]
        for writer in writers:
            assert writer.stdout is not None
            async with asyncio.timeout(60):
                # At least one transaction of each is committed; then it is killed wherever it happens to be.
                assert await writer.stdout.readline() == b"ready\n"
                assert await writer.stdout.readline() == b"done\n"
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            assert writer.stdout is not None
            written += 1 + (await writer.stdout.read()).count(b"done")
            await writer.wait()

    async with asyncio.timeout(200):
        # The server notices the broken connections and rolls back what was open; then, once no other test on this
        # server has an older transaction open either, nothing stays unsealed.
        while (report := await _proven(database, tenant)).unsealed:
            async with transaction(database, tenant) as tx:
                await seals.seal(tx)
            await asyncio.sleep(0.02)
    async with transaction(database, tenant) as tx:
        assert await bank.held(tx, payer) == (1000, 0, 1000)
        assert await bank.held(tx, payee) == (1000, 0, 1000)
    # A killed writer may have committed once more than it could tell.
    assert 2 + 3 * written <= report.transfers <= 2 + 3 * (written + 6)
    assert (report.transfers - 2) % 3 == 0
