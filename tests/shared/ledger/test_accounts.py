"""Accounts: opened once, guarded or summed, and read as statements."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.ledger import accounts, holds, rules, transfers
from tests.conftest import Open
from tests.shared.ledger import bank


async def test_an_account_is_opened_once(tx: Tx) -> None:
    owner = ids.new()
    first = await accounts.open_account(tx, book="bank.wallet", unit="PEN", owner_id=owner)
    again = await accounts.open_account(tx, book="bank.wallet", unit="PEN", owner_id=owner)
    other = await accounts.open_account(tx, book="bank.wallet", unit="USD", owner_id=owner)
    nobodys = await accounts.open_account(tx, book="bank.wallet", unit="PEN")
    assert first == again
    assert (first.side, first.guarded, first.owner_id) == ("credit", True, owner)
    assert len({first.id, other.id, nobodys.id}) == 3
    assert await accounts.open_account(tx, book="bank.wallet", unit="PEN") == nobodys
    assert await bank.held(tx, first) == (0, 0, 0)


async def test_an_account_keeps_its_side_and_guard(tx: Tx) -> None:
    await accounts.open_account(tx, book="bank.wallet", unit="PEN")
    with pytest.raises(accounts.AccountDiffers):
        await accounts.open_account(tx, book="bank.wallet", unit="PEN", side="debit")
    with pytest.raises(accounts.AccountDiffers):
        await accounts.open_account(tx, book="bank.wallet", unit="PEN", guarded=False)


@pytest.mark.parametrize(("book", "unit"), [("two words", "PEN"), ("bank", "PE N"), ("", "PEN"), ("bank", "x" * 101)])
async def test_a_book_and_a_unit_are_one_word(tx: Tx, book: str, unit: str) -> None:
    with pytest.raises(Invalid):
        await accounts.open_account(tx, book=book, unit=unit)


async def test_many_open_the_same_account_at_once(database: Database, tenant: UUID) -> None:
    async def open_it() -> UUID:
        async with transaction(database, tenant) as tx:
            return (await bank.issuer(tx)).id

    assert len(set(await asyncio.gather(*(open_it() for _ in range(8))))) == 1


async def test_an_unguarded_account_is_summed(tx: Tx) -> None:
    issuer = await bank.issuer(tx)
    wallet = await bank.wallet(tx, 500)
    assert await bank.held(tx, issuer) == (500, 0, 500)
    await holds.hold(tx, debit=wallet.id, credit=issuer.id, amount=200, unit="PEN", code="bank.withdrawal")
    # The issuer is a debit account: what is credited to it makes it less, so the hold is held of both sides.
    assert await bank.held(tx, issuer) == (500, 200, 300)
    assert await bank.held(tx, wallet) == (500, 200, 300)
    assert await accounts.summed_balance(tx, wallet.id) == await accounts.balance(tx, wallet.id)


async def test_an_unknown_account_has_no_balance(tx: Tx) -> None:
    with pytest.raises(rules.UnknownAccount):
        await accounts.balance(tx, ids.new())
    with pytest.raises(rules.UnknownAccount):
        await accounts.entries(tx, ids.new(), Page())


async def test_another_tenants_account_is_unknown(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        wallet = await bank.wallet(tx, 100)
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(rules.UnknownAccount):
            await accounts.balance(tx, wallet.id)
        with pytest.raises(rules.UnknownAccount):
            await accounts.entries(tx, wallet.id, Page())
        assert (await accounts.listing(tx, Page())).items == []


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_statement_has_the_balance_after_each_entry(tx: Tx, guarded: bool) -> None:
    issuer = await bank.issuer(tx)
    account = await accounts.open_account(tx, book="bank.purse", unit="PEN", owner_id=ids.new(), guarded=guarded)
    done = [await bank.fund(tx, account, amount) for amount in (100, 50, 25)]
    held = await holds.hold(tx, debit=account.id, credit=issuer.id, amount=40, unit="PEN", code="bank.withdrawal")
    settled = await holds.settle(tx, held.id, amount=30)

    whole = await accounts.entries(tx, account.id, Page())
    assert [(entry.change, entry.balance) for entry in whole.items] == [
        (-30, 145),
        (0, 175),
        (25, 175),
        (50, 150),
        (100, 100),
    ]
    assert [entry.id for entry in whole.items] == [settled.id, held.id, *(transfer.id for transfer in reversed(done))]
    assert {entry.other_id for entry in whole.items} == {issuer.id}
    assert whole.next is None

    paged: list[accounts.Entry] = []
    page = Page(limit=2)
    while True:
        part = await accounts.entries(tx, account.id, page)
        paged += part.items
        if part.next is None:
            break
        # What arrives while somebody reads shows on page one and spoils no balance on the later pages.
        await bank.fund(tx, account, 1000)
        page = Page(after=part.next, limit=2)
    assert [entry.id for entry in paged] == [entry.id for entry in whole.items]
    assert [entry.balance for entry in paged] == [entry.balance for entry in whole.items]


async def test_the_listing_has_balances_and_filters(tx: Tx) -> None:
    owner = ids.new()
    first = await bank.wallet(tx, 70, owner_id=owner)
    await bank.wallet(tx, 30)
    everything = await accounts.listing(tx, Page())
    assert [(a.book, a.posted, a.held, a.available) for a in everything.items] == [
        ("bank.wallet", 70, 0, 70),
        ("bank.issuer", 100, 0, 100),
        ("bank.wallet", 30, 0, 30),
    ]
    assert [a.id for a in (await accounts.listing(tx, Page(), owner_id=owner)).items] == [first.id]
    assert len((await accounts.listing(tx, Page(), book="bank.wallet")).items) == 2
    assert (await accounts.listing(tx, Page(), unit="USD")).items == []

    part = await accounts.listing(tx, Page(limit=2))
    rest = await accounts.listing(tx, Page(after=part.next, limit=2))
    assert [*part.items, *rest.items] == everything.items
    assert rest.next is None


async def test_reading_every_account_takes_a_grant(committed: Open) -> None:
    async with committed() as tx:
        wallet = await bank.wallet(tx, 5)
    async with committed(Actor(kind="person", grants=frozenset({"loyalty.read"}))) as tx:
        with pytest.raises(NotAllowed):
            await accounts.listing(tx, Page())
        with pytest.raises(NotAllowed):
            await accounts.statement(tx, wallet.id, Page())
    async with committed(Actor(kind="person", grants=frozenset({"ledger.read"}))) as tx:
        assert len((await accounts.statement(tx, wallet.id, Page())).items) == 1


async def test_a_reference_explains_what_moved(tx: Tx) -> None:
    reference = ids.new()
    wallet, issuer = await bank.wallet(tx), await bank.issuer(tx)
    moved = [
        await transfers.transfer(
            tx, debit=issuer.id, credit=wallet.id, amount=n, unit="PEN", code="bank.deposit", reference_id=reference
        )
        for n in (1, 2, 3)
    ]
    first = await transfers.of_reference(tx, reference, Page(limit=2))
    second = await transfers.of_reference(tx, reference, Page(limit=2, after=first.next))
    assert [*first.items, *second.items] == moved
    assert second.next is None
    assert (await transfers.of_reference(tx, ids.new(), Page())).items == []
