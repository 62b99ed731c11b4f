"""Bank accounts of parties: one that is removed while somebody asks for money, and who may remove one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holdfast import app
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.tx import Actor
from holdfast.shared.payouts import destinations, payouts, wallets
from holdfast.shared.payouts.payouts import Payout
from holdfast.shared.payouts.wallets import Wallet
from tests.conftest import Open
from tests.shared.payouts.earning import account, eur

REACTING = app.reacting


async def test_no_payout_goes_to_an_account_that_is_removed_meanwhile(
    earned: Callable[..., Awaitable[Any]], committed: Open, wallet: Wallet, people: list[Actor]
) -> None:
    await earned(100_000)
    for _ in range(10):
        to = await account(committed, wallet)

        async def ask(to: destinations.Destination = to) -> None:
            async with committed(people[0]) as tx:
                await payouts.request(tx, wallet.id, amount=eur(500), destination_id=to.id)

        async def remove(to: destinations.Destination = to) -> None:
            async with committed(people[1]) as tx:
                await destinations.remove_for(tx, to.id)

        outcomes = await asyncio.gather(ask(), remove(), return_exceptions=True)
        # Exactly one of the two happened: both would leave a payout on its way to nowhere.
        assert [isinstance(outcome, Exception) for outcome in outcomes].count(True) == 1, outcomes
        async with committed(people[0]) as tx:
            for payout in await tx.all(Payout, "select * from payouts_payout where status = 'requested'"):
                await payouts.cancel(tx, payout.id)
            for left in await destinations.of(tx, wallet.id):
                await destinations.remove_for(tx, left.id)


async def test_only_those_who_may_ask_for_payouts_remove_an_account(
    committed: Open, wallet: Wallet, people: list[Actor]
) -> None:
    to = await account(committed, wallet)
    reader = Actor(kind="person", id=people[0].id, person=people[0].person, grants=frozenset({wallets.READ}))
    async with committed(reader) as tx:
        with pytest.raises(NotAllowed):
            await destinations.remove_for(tx, to.id)
