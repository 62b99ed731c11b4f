"""Transfers: an amount moves once, between two accounts of one unit, and never out of nothing."""

from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import holds, rules, transfers
from holdfast.shared.ledger.transfers import Leg
from tests.conftest import Open
from tests.shared.ledger import bank


async def test_a_transfer_moves_an_amount(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    moved = await bank.pay(tx, payer, payee, 30)
    assert (moved.kind, moved.amount, moved.unit, moved.at) == ("post", 30, "PEN", tx.now)
    assert await bank.held(tx, payer) == (70, 0, 70)
    assert await bank.held(tx, payee) == (30, 0, 30)
    assert await transfers.find_transfer(tx, moved.id) == moved


async def test_nobody_pays_what_they_do_not_have(committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    with pytest.raises(rules.InsufficientFunds) as refused:
        async with committed() as tx:
            await bank.pay(tx, payer, payee, 101)
    assert refused.value.extra == {"account_id": str(payer.id), "unit": "PEN", "needed": 101, "available": 100}
    async with committed() as tx:
        assert await bank.held(tx, payer) == (100, 0, 100)
        assert await bank.held(tx, payee) == (0, 0, 0)
        await bank.pay(tx, payer, payee, 100)
        assert await bank.held(tx, payer) == (0, 0, 0)


async def test_asking_twice_moves_once(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    id_ = ids.new()
    first = await bank.pay(tx, payer, payee, 60, id=id_)
    assert await bank.pay(tx, payer, payee, 60, id=id_) == first
    assert await bank.held(tx, payer) == (40, 0, 40)


async def test_an_id_is_of_one_transfer(committed: Open, tenant: UUID, other_tenant: UUID) -> None:
    id_ = ids.new()
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
        await bank.pay(tx, payer, payee, 10, id=id_)
        for amount, code in ((11, "bank.payment"), (10, "bank.other")):
            with pytest.raises(rules.IdReused):
                await transfers.transfer(
                    tx, debit=payer.id, credit=payee.id, amount=amount, unit="PEN", code=code, id=id_
                )
        with pytest.raises(rules.IdReused):
            await bank.pay(tx, payee, payer, 10, id=id_)
        assert await bank.held(tx, payee) == (10, 0, 10)
    # An id is each business's own: whoever knows another's ids cannot take them away from it.
    async with committed(tenant=other_tenant) as tx:
        mine, theirs = await bank.wallet(tx, 100), await bank.wallet(tx)
        assert (await bank.pay(tx, mine, theirs, 25, id=id_)).amount == 25
        assert await bank.held(tx, mine) == (75, 0, 75)
    async with committed() as tx:
        assert await bank.held(tx, payee) == (10, 0, 10)
        assert (await transfers.find_transfer(tx, id_)).amount == 10  # type: ignore[union-attr]


async def test_a_hold_is_of_its_own_business(committed: Open, other_tenant: UUID) -> None:
    id_ = ids.new()
    ends = {}
    for tenant, amount in ((None, 30), (other_tenant, 50)):
        async with committed(**({"tenant": tenant} if tenant else {})) as tx:
            payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
            await holds.hold(tx, id=id_, debit=payer.id, credit=payee.id, amount=amount, unit="PEN", code="bank.hold")
            ends[tenant] = (payer, payee)
    async with committed() as tx:
        await holds.settle(tx, id_)
        assert await bank.held(tx, ends[None][0]) == (70, 0, 70)
    async with committed(tenant=other_tenant) as tx:
        assert await bank.held(tx, ends[other_tenant][0]) == (100, 50, 50)
        await holds.release(tx, id_)
        assert await bank.held(tx, ends[other_tenant][0]) == (100, 0, 100)


@pytest.mark.parametrize("amount", [0, -1, 2**53, True])
async def test_an_amount_is_a_positive_whole_number(tx: Tx, amount: int) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    with pytest.raises(rules.BadAmount):
        await transfers.transfer(tx, debit=payer.id, credit=payee.id, amount=amount, unit="PEN", code="bank.payment")
    assert await bank.held(tx, payer) == (100, 0, 100)


async def test_units_are_never_mixed(committed: Open) -> None:
    async with committed() as tx:
        soles, dollars = await bank.wallet(tx, 100), await bank.wallet(tx, 100, unit="USD")
    for unit in ("PEN", "USD", "EUR"):
        with pytest.raises(rules.OtherUnit):
            async with committed() as tx:
                await transfers.transfer(
                    tx, debit=soles.id, credit=dollars.id, amount=1, unit=unit, code="bank.payment"
                )
    async with committed() as tx:
        with pytest.raises(rules.OtherUnit):
            await transfers.transfer(
                tx, debit=soles.id, credit=dollars.id, amount=Money(1, "PEN"), unit="USD", code="bank.payment"
            )
        with pytest.raises(Invalid):
            await transfers.transfer(tx, debit=soles.id, credit=dollars.id, amount=1, code="bank.payment")


async def test_both_accounts_exist_in_this_tenant(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        wallet = await bank.wallet(tx, 100)
    async with committed(tenant=other_tenant) as tx:
        theirs = await bank.wallet(tx, 100)
    for debit, credit in ((wallet.id, ids.new()), (wallet.id, theirs.id), (theirs.id, wallet.id)):
        with pytest.raises(rules.UnknownAccount):
            async with committed() as tx:
                await transfers.transfer(tx, debit=debit, credit=credit, amount=1, unit="PEN", code="bank.payment")
    async with committed(tenant=other_tenant) as tx:
        assert await bank.held(tx, theirs) == (100, 0, 100)


async def test_a_transfer_needs_two_accounts(tx: Tx) -> None:
    wallet = await bank.wallet(tx, 100)
    with pytest.raises(rules.SameAccount):
        await transfers.transfer(tx, debit=wallet.id, credit=wallet.id, amount=1, unit="PEN", code="bank.payment")
    with pytest.raises(rules.SameAccount):
        await transfers.post(tx, [Leg(debit=wallet.id, credit=wallet.id, amount=1, unit="PEN", code="bank.payment")])


@pytest.mark.parametrize("code", ["two words", "", "x" * 101, 'quo"te\x00'])
async def test_a_code_is_one_word(tx: Tx, code: str) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    with pytest.raises(Problem):
        await transfers.transfer(tx, debit=payer.id, credit=payee.id, amount=1, unit="PEN", code=code)


async def test_a_journal_is_judged_by_its_sum(tx: Tx) -> None:
    issuer, card = await bank.issuer(tx), await bank.wallet(tx, 9)
    rewarded = await bank.wallet(tx)
    # Alone, taking ten from nine is refused; with the one that comes in the same journal it is not.
    journal = await transfers.post(
        tx,
        [
            Leg(debit=card.id, credit=rewarded.id, amount=10, unit="PEN", code="bank.reward"),
            Leg(debit=issuer.id, credit=card.id, amount=1, unit="PEN", code="bank.stamp"),
        ],
    )
    assert [leg.code for leg in journal] == ["bank.reward", "bank.stamp"]
    journal_id = journal[0].journal_id
    assert journal_id is not None
    assert {leg.journal_id for leg in journal} == {journal_id}
    assert await transfers.of_journal(tx, journal_id) == journal
    assert await bank.held(tx, card) == (0, 0, 0)
    assert await bank.held(tx, rewarded) == (10, 0, 10)


async def test_a_journal_moves_wholly_or_not_at_all(committed: Open) -> None:
    async with committed() as tx:
        rich, poor, payee = await bank.wallet(tx, 100), await bank.wallet(tx, 1), await bank.wallet(tx)
    with pytest.raises(rules.InsufficientFunds) as refused:
        async with committed() as tx:
            await transfers.post(
                tx,
                [
                    Leg(debit=rich.id, credit=payee.id, amount=Money(50, "PEN"), code="bank.payment"),
                    Leg(debit=poor.id, credit=payee.id, amount=Money(2, "PEN"), code="bank.payment"),
                ],
            )
    assert refused.value.extra["account_id"] == str(poor.id)
    async with committed() as tx:
        assert await bank.held(tx, rich) == (100, 0, 100)
        assert await bank.held(tx, payee) == (0, 0, 0)


async def test_a_journal_asked_for_twice_moves_once(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    legs = [
        Leg(id=ids.new(), debit=payer.id, credit=payee.id, amount=n, unit="PEN", code="bank.payment") for n in (1, 2)
    ]
    first = await transfers.post(tx, legs)
    assert await transfers.post(tx, legs) == first
    assert await bank.held(tx, payee) == (3, 0, 3)
    more = Leg(id=ids.new(), debit=payer.id, credit=payee.id, amount=5, unit="PEN", code="bank.payment")
    with pytest.raises(rules.IdReused):
        await transfers.post(tx, [*legs, more])
    assert await bank.held(tx, payee) == (3, 0, 3)


async def test_a_journal_has_a_leg(tx: Tx) -> None:
    with pytest.raises(Invalid):
        await transfers.post(tx, [])


async def test_a_reversal_is_the_mirror_image(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
    moved = await bank.pay(tx, payer, payee, 30)
    undone = await transfers.reverse(tx, moved.id)
    assert (undone.debit_id, undone.credit_id, undone.amount) == (payee.id, payer.id, 30)
    assert (undone.reverses_id, undone.code) == (moved.id, moved.code)
    assert await bank.held(tx, payer) == (100, 0, 100)
    # A reversal is a transfer like any other, and can be taken back in turn.
    await transfers.reverse(tx, undone.id)
    assert await bank.held(tx, payee) == (30, 0, 30)


async def test_a_transfer_is_reversed_once(committed: Open) -> None:
    id_ = ids.new()
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx, 100)
        moved = await bank.pay(tx, payer, payee, 30)
        undone = await transfers.reverse(tx, moved.id, id=id_)
        assert await transfers.reverse(tx, moved.id, id=id_) == undone
    with pytest.raises(rules.AlreadyReversed):
        async with committed() as tx:
            await transfers.reverse(tx, moved.id)
    async with committed() as tx:
        with pytest.raises(rules.UnknownTransfer):
            await transfers.reverse(tx, ids.new())
        with pytest.raises(rules.IdReused):
            await transfers.reverse(tx, undone.id, id=moved.id)
        assert await bank.held(tx, payer) == (100, 0, 100)


async def test_what_was_spent_is_not_reversed(committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 30), await bank.wallet(tx)
        moved = await bank.pay(tx, payer, payee, 30)
        await bank.pay(tx, payee, await bank.wallet(tx), 1)
    with pytest.raises(rules.InsufficientFunds):
        async with committed() as tx:
            await transfers.reverse(tx, moved.id)


async def test_a_journal_is_reversed_as_one(committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
        legs = [Leg(debit=payer.id, credit=payee.id, amount=n, unit="PEN", code="bank.payment") for n in (10, 20)]
        (journal_id,) = {leg.journal_id for leg in await transfers.post(tx, legs)}
        assert journal_id is not None
        undone = await transfers.reverse_journal(tx, journal_id)
        assert [leg.amount for leg in undone] == [10, 20]
        assert await bank.held(tx, payer) == (100, 0, 100)
        with pytest.raises(rules.UnknownTransfer):
            await transfers.reverse_journal(tx, ids.new())
    with pytest.raises(rules.AlreadyReversed):
        async with committed() as tx:
            await transfers.reverse_journal(tx, journal_id)


async def test_another_tenants_transfer_is_not_reversed(committed: Open, other_tenant: UUID) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 30), await bank.wallet(tx)
        moved = await bank.pay(tx, payer, payee, 30)
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(rules.UnknownTransfer):
            await transfers.reverse(tx, moved.id)
        assert await transfers.find_transfer(tx, moved.id) is None


async def test_a_balance_stays_within_what_can_be_stored(committed: Open) -> None:
    async with committed() as tx:
        issuer, wallet = await bank.issuer(tx), await bank.wallet(tx)
        legs = [Leg(debit=issuer.id, credit=wallet.id, amount=rules.LARGEST, unit="PEN", code="bank.deposit")] * 1000
        await transfers.post(tx, legs)
    with pytest.raises(Invalid):
        async with committed() as tx:
            await transfers.post(tx, legs)
