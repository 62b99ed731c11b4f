"""Holds: what is set aside is spent once, or given back."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.ledger import holds, rules, transfers
from holdfast.shared.ledger.accounts import Account
from holdfast.shared.ledger.transfers import Transfer
from tests.conftest import Open
from tests.shared.ledger import bank


async def _held(tx: Tx, amount: int = 60, *, of: int = 100) -> tuple[Account, Account, Transfer]:
    payer, payee = await bank.wallet(tx, of), await bank.wallet(tx)
    hold = await holds.hold(tx, debit=payer.id, credit=payee.id, amount=Money(amount, "PEN"), code="bank.withdrawal")
    return payer, payee, hold


async def test_a_hold_sets_aside(committed: Open) -> None:
    async with committed() as tx:
        payer, payee, hold = await _held(tx)
        assert hold.kind == "hold"
        assert await bank.held(tx, payer) == (100, 60, 40)
        assert await bank.held(tx, payee) == (0, 0, 0)
        assert await holds.open_holds(tx, payer.id) == [hold] == await holds.open_holds(tx, payee.id)
    with pytest.raises(rules.InsufficientFunds):
        async with committed() as tx:
            await bank.pay(tx, payer, payee, 41)
    with pytest.raises(rules.InsufficientFunds):
        async with committed() as tx:
            await holds.hold(tx, debit=payer.id, credit=payee.id, amount=41, unit="PEN", code="bank.withdrawal")


async def test_settling_moves_what_was_held(tx: Tx) -> None:
    payer, payee, hold = await _held(tx)
    settled = await holds.settle(tx, hold.id)
    assert (settled.kind, settled.amount, settled.hold_id) == ("settle", 60, hold.id)
    assert (settled.debit_id, settled.credit_id, settled.code) == (payer.id, payee.id, hold.code)
    assert await bank.held(tx, payer) == (40, 0, 40)
    assert await bank.held(tx, payee) == (60, 0, 60)
    assert await holds.open_holds(tx, payer.id) == []


async def test_settling_a_part_gives_back_the_rest(tx: Tx) -> None:
    payer, payee, hold = await _held(tx)
    await holds.settle(tx, hold.id, amount=Money(25, "PEN"), code="bank.fee")
    assert await bank.held(tx, payer) == (75, 0, 75)
    assert await bank.held(tx, payee) == (25, 0, 25)


async def test_releasing_gives_all_back(tx: Tx) -> None:
    payer, payee, hold = await _held(tx)
    released = await holds.release(tx, hold.id)
    assert (released.kind, released.amount) == ("release", 60)
    assert await bank.held(tx, payer) == (100, 0, 100)
    assert await bank.held(tx, payee) == (0, 0, 0)


async def test_a_settlement_takes_at_most_what_is_held(committed: Open) -> None:
    async with committed() as tx:
        payer, _, hold = await _held(tx)
    with pytest.raises(rules.BeyondHold) as refused:
        async with committed() as tx:
            await holds.settle(tx, hold.id, amount=61)
    assert refused.value.extra == {"held": 60, "needed": 61}
    async with committed() as tx:
        with pytest.raises(rules.OtherUnit):
            await holds.settle(tx, hold.id, amount=Money(1, "USD"))
        with pytest.raises(rules.BadAmount):
            await holds.settle(tx, hold.id, amount=0)
        assert await bank.held(tx, payer) == (100, 60, 40)


async def test_a_hold_ends_once(committed: Open) -> None:
    ends: list[Callable[[Tx, UUID], Awaitable[Transfer]]] = [holds.settle, holds.release]
    for first in ends:
        async with committed() as tx:
            payer, _, hold = await _held(tx)
            await first(tx, hold.id)
            before = await bank.held(tx, payer)
        for second in ends:
            with pytest.raises(rules.AlreadySettled):
                async with committed() as tx:
                    await second(tx, hold.id)
        async with committed() as tx:
            assert await bank.held(tx, payer) == before


async def test_asking_twice_ends_it_once(tx: Tx) -> None:
    payer, _, hold = await _held(tx)
    id_ = ids.new()
    settled = await holds.settle(tx, hold.id, amount=10, id=id_)
    assert await holds.settle(tx, hold.id, amount=10, id=id_) == settled
    with pytest.raises(rules.IdReused):
        await holds.settle(tx, hold.id, amount=11, id=id_)
    with pytest.raises(rules.IdReused):
        await holds.release(tx, hold.id, id=id_)
    assert await bank.held(tx, payer) == (90, 0, 90)


async def test_only_a_hold_of_this_tenant_is_settled(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        payer, payee, hold = await _held(tx)
        posted = await bank.pay(tx, payer, payee, 1)
        for unknown in (ids.new(), posted.id):
            with pytest.raises(rules.UnknownHold):
                await holds.settle(tx, unknown)
            with pytest.raises(rules.UnknownHold):
                await holds.release(tx, unknown)
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(rules.UnknownHold):
            await holds.settle(tx, hold.id)


async def test_a_hold_is_released_and_not_reversed(committed: Open) -> None:
    async with committed() as tx:
        payer, payee, hold = await _held(tx)
        with pytest.raises(rules.NotReversible):
            await transfers.reverse(tx, hold.id)
        released = await holds.release(tx, hold.id)
        with pytest.raises(rules.NotReversible):
            await transfers.reverse(tx, released.id)
        again = await holds.hold(tx, debit=payer.id, credit=payee.id, amount=10, unit="PEN", code="bank.withdrawal")
        settled = await holds.settle(tx, again.id)
        await transfers.reverse(tx, settled.id)
        assert await bank.held(tx, payer) == (100, 0, 100)


async def test_a_hold_of_what_comes_in_holds_nothing(tx: Tx) -> None:
    issuer, wallet = await bank.issuer(tx), await bank.wallet(tx)
    hold = await holds.hold(tx, debit=issuer.id, credit=wallet.id, amount=50, unit="PEN", code="bank.deposit")
    assert await bank.held(tx, wallet) == (0, 0, 0)
    await holds.settle(tx, hold.id)
    assert await bank.held(tx, wallet) == (50, 0, 50)


async def test_many_settle_at_once_and_one_does(database: Database, tenant: UUID) -> None:
    async with transaction(database, tenant) as tx:
        payer, payee, hold = await _held(tx)

    async def end(settle: bool) -> bool:
        try:
            async with transaction(database, tenant) as tx:
                await (holds.settle if settle else holds.release)(tx, hold.id)
        except rules.AlreadySettled:
            return False
        return True

    ended = await asyncio.gather(*(end(n % 2 == 0) for n in range(8)))
    assert sum(ended) == 1
    async with transaction(database, tenant) as tx:
        posted, held, _ = await bank.held(tx, payer)
        assert held == 0
        assert (posted, (await bank.held(tx, payee))[0]) in {(40, 60), (100, 0)}
