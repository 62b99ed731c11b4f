"""Payouts: earned, waited for, asked for, approved by somebody else, paid once, and taken back when it was not due."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast import app
from holdfast.integrations.payouts import bank_file
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.ledger import rules
from holdfast.shared.payouts import (
    destinations,
    earnings,
    files,
    payouts,
    preferences,
    register,
    sending,
    statements,
    wallets,
)
from holdfast.shared.payouts.payouts import Payout, Status
from holdfast.shared.payouts.wallets import Wallet
from tests.conftest import Drain, Open, new_tenant
from tests.shared.payouts.earning import IBAN, account, eur, proven, there

REACTING = app.reacting


async def test_a_request_is_held_approved_by_another_and_paid_once(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
    database: Database,
    tenant: UUID,
) -> None:
    await earned(1000)
    payout = await asked(600)
    assert await there(committed, wallet) == (0, 400, 600, 0)
    async with committed(people[0]) as tx:
        with pytest.raises(payouts.OwnRequest):
            await payouts.approve(tx, payout.id)
    async with committed(people[1]) as tx:
        await payouts.approve(tx, payout.id)
        await payouts.approve(tx, payout.id)
    await drain()
    async with committed() as tx:
        payout = await tx.get(Payout, payout.id)
    assert payout.status is Status.paid
    assert payout.trace is not None
    assert await there(committed, wallet) == (0, 400, 0, 0)
    await proven(database, tenant)


async def test_nobody_approves_what_is_paid_to_them(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
) -> None:
    await earned(1000)
    payout = await asked(600)
    async with committed() as tx:
        await tx.execute("update payouts_wallet set person_id = $2 where id = $1", wallet.id, people[1].person)
    async with committed(people[1]) as tx:
        with pytest.raises(payouts.OwnRequest):
            await payouts.approve(tx, payout.id)
    async with committed(people[2]) as tx:
        assert (await payouts.approve(tx, payout.id)).status is Status.approved


async def test_more_than_is_available_is_never_held(
    earned: Callable[..., Awaitable[Any]], asked: Callable[..., Awaitable[Payout]], committed: Open, wallet: Wallet
) -> None:
    await earned(1000)
    destination = await account(committed, wallet)
    results = await asyncio.gather(*(asked(400, destination) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, Payout) for result in results) == 2
    assert all(isinstance(result, Payout | rules.InsufficientFunds) for result in results)
    assert await there(committed, wallet) == (0, 200, 800, 0)


async def test_a_large_one_takes_two_people_and_a_rejection_says_why(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
) -> None:
    await earned(200_000)
    large, unwanted = await asked(60_000), await asked(500)
    async with committed(people[1]) as tx:
        assert (await payouts.approve(tx, large.id)).status is Status.requested
        with pytest.raises(Invalid):
            await payouts.reject(tx, unwanted.id, reason="  ")
        assert (await payouts.reject(tx, unwanted.id, reason="Not yet")).reason == "Not yet"
    async with committed(people[2]) as tx:
        assert (await payouts.approve(tx, large.id)).status is Status.approved
    await drain()
    assert await there(committed, wallet) == (0, 140_000, 0, 0)


async def test_a_program_approves_nothing(
    earned: Callable[..., Awaitable[Any]], asked: Callable[..., Awaitable[Payout]], committed: Open
) -> None:
    await earned(1000)
    payout = await asked(500)
    machine = Actor(kind="api_key", id=ids.new(), grants=frozenset({payouts.APPROVE}))
    async with committed(machine) as tx:
        with pytest.raises(payouts.NeedsPerson):
            await payouts.approve(tx, payout.id)
    async with committed(Actor(kind="person", id=ids.new(), person=ids.new())) as tx:
        with pytest.raises(NotAllowed):
            await payouts.approve(tx, payout.id)


async def test_a_bank_that_refuses_gives_the_amount_back(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
) -> None:
    await earned(1000)
    bad = await account(committed, wallet, account_number="1234500002", bank_code="ABC")
    payout = await asked(500, bad)
    async with committed(people[1]) as tx:
        await payouts.approve(tx, payout.id)
    await drain()
    async with committed() as tx:
        assert (await tx.get(Payout, payout.id)).status is Status.failed
    assert await there(committed, wallet) == (0, 1000, 0, 0)


async def test_an_answer_that_never_came_is_asked_for_and_nothing_is_paid_twice(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
    database: Database,
    tenant: UUID,
) -> None:
    await earned(1000)
    silent = await account(committed, wallet, account_number="1234506975", bank_code="ABC")
    payout = await asked(500, silent)
    async with committed(people[1]) as tx:
        await payouts.approve(tx, payout.id)
    await drain()
    async with committed() as tx:
        assert (await tx.get(Payout, payout.id)).status is Status.unknown
    for _ in range(2):
        await sending.settle(lambda: transaction(database, tenant), database, payout.id)
    async with committed() as tx:
        assert (await tx.get(Payout, payout.id)).status is Status.paid
        assert await tx.one(int, "select count(*) from sandbox_payout") == 1
    assert await there(committed, wallet) == (0, 500, 0, 0)


async def test_what_was_not_due_is_taken_back_and_what_is_spent_is_owed(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
    database: Database,
    tenant: UUID,
) -> None:
    earning = await earned(1000)
    payout = await asked(800)
    async with committed(people[1]) as tx:
        await payouts.approve(tx, payout.id)
    await drain()
    back = ids.new()
    for _ in range(2):
        async with committed() as tx:
            await earnings.claw_back(tx, earning.id, id=back)
    assert await there(committed, wallet) == (0, 0, 0, 800)
    await earned(300)
    assert await there(committed, wallet) == (0, 0, 0, 500)
    await earned(700)
    assert await there(committed, wallet) == (0, 200, 0, 0)
    await proven(database, tenant)


async def test_an_earning_waits_for_its_day(
    earned: Callable[..., Awaitable[Any]], committed: Open, wallet: Wallet, drain: Drain
) -> None:
    async with committed() as tx:
        today = await wallets.today(tx)
        await preferences.decide(
            tx, preferences.Settings(minimum=1, holding_days=14, two_approvals_above=None, rail="sandbox")
        )
    await earned(1000)
    await drain()
    assert await there(committed, wallet) == (1000, 0, 0, 0)
    async with committed() as tx:
        await tx.execute("update tenants_tenant set clock_offset = '15 days'")
    await drain()
    assert await there(committed, wallet) == (0, 1000, 0, 0)
    async with committed() as tx:
        statement = await statements.of(tx, wallet.id, since=today, until=await wallets.today(tx))
    assert statement.opening.minor + sum(one.change for one in statement.movements) == statement.closing.minor


async def test_the_same_account_of_two_parties_is_marked_and_no_number_is_shown(
    committed: Open, wallet: Wallet
) -> None:
    async with committed() as tx:
        other = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Luis", currency="EUR")
    first, second = await account(committed, wallet), await account(committed, other)
    assert (first.shared, second.shared) == (False, True)
    assert IBAN not in first.masked
    async with committed() as tx:
        sealed = await tx.one(bytes, "select sealed from payouts_destination where id = $1", first.id)
        assert IBAN.encode() not in sealed
        assert (await destinations.opened(tx, first.id)).fields["iban"] == IBAN
        with pytest.raises(Invalid):
            await destinations.add(tx, wallet, destinations.New(holder="A", country="ES", iban=IBAN[:-1] + "3"))


async def test_a_bank_file_has_each_payout_once(
    earned: Callable[..., Awaitable[Any]],
    asked: Callable[..., Awaitable[Payout]],
    committed: Open,
    wallet: Wallet,
    people: list[Actor],
    drain: Drain,
) -> None:
    async with committed() as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=1, holding_days=0, two_approvals_above=None, rail="bank_file")
        )
    await earned(1000)
    made = [await asked(150), await asked(250)]
    async with committed(people[1]) as tx:
        for payout in made:
            await payouts.approve(tx, payout.id)
    await drain()
    async with committed(people[1]) as tx:
        file = await files.make(tx, currency="EUR", format="pain.001")
        assert (file.payouts, file.total) == (2, eur(400))
        with pytest.raises(files.NothingToPay):
            await files.make(tx, currency="EUR", format="csv")
        _, content = await files.content(tx, file.id, files.Payer(holder="Garaje", iban=IBAN))
        with pytest.raises(payouts.NotNow):
            await payouts.reject(tx, made[0].id, reason="Too late")
        listed = await register.payouts(tx, Page())
        assert {one.id: one.file_number for one in listed.items} == {one.id: file.number for one in made}
        await files.confirm(tx, made[0].id, outcome="paid", trace="UTR1", reason=None)
        await files.confirm(tx, made[1].id, outcome="failed", trace=None, reason="Closed")
    space = {"p": bank_file.NAMESPACE}
    read = ElementTree.fromstring(content)  # noqa: S314 - it was written here
    assert [one.text for one in read.iterfind(".//p:CtrlSum", space)] == ["4.00", "4.00"]
    assert len(read.findall(".//p:CdtTrfTxInf", space)) == 2
    assert await there(committed, wallet) == (0, 850, 0, 0)


@given(
    st.lists(st.tuples(st.sampled_from(["earn", "claw", "ask", "approve", "reject"]), st.integers(1, 900)), max_size=14)
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_is_made_or_lost_whatever_happens(database: Database, deeds: list[tuple[str, int]]) -> None:
    tenant = await new_tenant(database)
    async with transaction(database, tenant) as tx:
        await preferences.decide(
            tx, preferences.Settings(minimum=1, holding_days=0, two_approvals_above=None, rail="sandbox")
        )
        wallet = await wallets.open_wallet(tx, kind="agent", party_id=ids.new(), name="Ana", currency="EUR")
        destination = await destinations.add(tx, wallet, destinations.New(holder="Ana", country="ES", iban=IBAN))
    earned_, asked_, credited, clawed, paid = [], [], 0, 0, 0
    for deed, number in deeds:
        async with transaction(database, tenant) as tx:
            if deed == "earn":
                earning = await earnings.credit(tx, wallet, amount=eur(number), code="t.e", id=ids.new())
                earned_.append(earning.id)
                credited += number
            elif deed == "claw" and earned_:
                earning = await tx.get(earnings.Earning, earned_[number % len(earned_)])
                left = earning.amount.minor - earning.clawed.minor
                if left:
                    await earnings.claw_back(tx, earning.id, amount=eur(min(left, number)), id=ids.new())
                    clawed += min(left, number)
            elif deed == "ask":
                now = await wallets.balances(tx, wallet)
                if now.available.minor >= number:
                    asked_.append(
                        (await payouts.asked_for(tx, wallet.id, amount=eur(number), destination_id=destination.id)).id
                    )
            elif asked_:
                payout = await tx.get(Payout, asked_.pop(number % len(asked_)), lock=True)
                if deed == "reject":
                    await payouts.reject(tx, payout.id, reason="No")
                else:
                    payout = await payouts.moved(tx, payout, Status.approved)
                    await payouts.moved(tx, payout, Status.paid)
                    paid += payout.amount.minor
        async with transaction(database, tenant) as tx:
            now = await wallets.balances(tx, wallet)
        assert now.pending.minor + now.available.minor + now.held.minor - now.owed.minor + paid == credited - clawed
        assert min(now.pending.minor, now.available.minor, now.held.minor, now.owed.minor) >= 0
    await proven(database, tenant)
