"""Fixtures of payouts: a wallet, what it earned, who may pay it out."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Actor
from holdfast.shared.payouts import destinations, earnings, payouts, preferences, wallets
from holdfast.shared.payouts.payouts import Payout
from holdfast.shared.payouts.wallets import Wallet
from tests import accounts
from tests.conftest import Open
from tests.shared.payouts.earning import account, eur


@pytest.fixture
async def wallet(committed: Open) -> Wallet:
    """Somebody's wallet, where the sandbox pays."""
    async with committed() as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=100, holding_days=0, two_approvals_above=50_000, rail="sandbox")
        )
        return await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Ana Torres", currency="eur")


@pytest.fixture
def earned(committed: Open, wallet: Wallet) -> Callable[..., Awaitable[earnings.Earning]]:
    """``await earned(1000)`` credits the wallet."""

    async def made(minor: int, **more: Any) -> earnings.Earning:
        async with committed() as tx:
            return await earnings.credit(
                tx, wallet, amount=eur(minor), code="test.commission", **{"id": ids.new()} | more
            )

    return made


@pytest.fixture
async def people(database: Database, tenant: UUID) -> list[Actor]:
    """Three people who may do everything with payouts."""
    grants = frozenset({wallets.READ, wallets.REQUEST, payouts.APPROVE, preferences.MANAGE})
    made = []
    for _ in range(3):
        who = await accounts.new_account(database)
        await accounts.employ(database, tenant, who, "owner")
        made.append(Actor(kind="person", id=who.person, person=who.person, grants=grants))
    return made


@pytest.fixture
def asked(committed: Open, wallet: Wallet, people: list[Actor]) -> Callable[..., Awaitable[Payout]]:
    """``await asked(500)`` is a payout that the first of the people asked for."""

    async def made(minor: int, destination: destinations.Destination | None = None, **more: Any) -> Payout:
        destination = destination or await account(committed, wallet)
        async with committed(people[0]) as tx:
            return await payouts.request(tx, wallet.id, amount=eur(minor), destination_id=destination.id, **more)

    return made
