"""Rules: the database keeps them against whoever writes to it, the owner of the tables included."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Connection
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import holds, rules, seals, transfers
from holdfast.shared.ledger.accounts import Account
from holdfast.shared.ledger.transfers import Transfer
from tests.conftest import Open
from tests.shared.ledger import bank

TABLES = ("ledger_account", "ledger_balance", "ledger_transfer", "ledger_seal")


@pytest.fixture
async def books(committed: Open) -> tuple[Account, Account, Transfer]:
    """Two wallets with a payment between them, committed and sealed."""
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
        paid = await bank.pay(tx, payer, payee, 30)
    async with committed() as tx:
        await seals.seal(tx)
    return payer, payee, paid


@pytest.fixture
async def owner(where: Addresses, tenant: UUID) -> AsyncIterator[Connection]:
    """A connection as the owner of the tables, bound to the test's tenant."""
    assert where.owner
    connection = await asyncpg.connect(where.owner)
    await connection.execute(f"set holdfast.tenant = '{tenant}'")
    yield connection
    await connection.close()


@pytest.mark.parametrize("table", TABLES)
async def test_the_app_may_not_rewrite_history(tx: Tx, table: str) -> None:
    for right in ("update", "delete", "truncate"):
        allowed = await tx.one(bool, "select has_table_privilege(current_user, $1, $2)", table, right)
        assert not allowed, f"{right} on {table}"
    held = await tx.one(bool, "select has_any_column_privilege(current_user, $1, 'update')", table)
    assert not held


async def test_the_app_writes_no_balance_and_no_place_in_the_order(tx: Tx) -> None:
    assert not await tx.one(bool, "select has_any_column_privilege(current_user, 'ledger_balance', 'insert')")
    for table in ("ledger_account", "ledger_transfer"):
        for column in ("xid", "seq"):
            written = await tx.one(bool, "select has_column_privilege(current_user, $1, $2, 'insert')", table, column)
            assert not written, f"{table}.{column}"


@pytest.mark.parametrize(
    "change",
    [
        "update ledger_transfer set amount = amount + 1",
        "delete from ledger_transfer",
        "truncate ledger_transfer cascade",
        "update ledger_account set owner_id = null",
        "delete from ledger_account",
        "truncate ledger_account cascade",
        "update ledger_balance set posted = posted + 1",
        "delete from ledger_balance",
        "truncate ledger_balance",
        "update ledger_seal set hash = hash",
        "delete from ledger_seal",
        "truncate ledger_seal",
    ],
)
@pytest.mark.usefixtures("books")
async def test_even_the_owner_may_not(owner: Connection, change: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute(change)


@pytest.mark.usefixtures("books")
async def test_even_the_owner_makes_no_balance(owner: Connection) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute("insert into ledger_balance (account_id, posted) select id, 5 from ledger_account")


async def _insert(tx: Tx, **columns: Any) -> None:
    row = {"id": ids.new(), "kind": "post", "unit": "PEN", "code": "bank.raw", "at": tx.now, "amount": 1} | columns
    await tx.connection.execute(
        "insert into ledger_transfer (id, kind, debit_id, credit_id, amount, unit, code, hold_id, reverses_id, at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *(row.get(name) for name in ("id", "kind", "debit_id", "credit_id", "amount", "unit", "code")),
        *(row.get(name) for name in ("hold_id", "reverses_id", "at")),
    )


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"amount": 0}, "ledger_transfer_amount"),
        ({"amount": -5}, "ledger_transfer_amount"),
        ({"amount": 71}, "ledger_balance_available"),
        ({"amount": 71, "kind": "hold"}, "ledger_balance_available"),
        ({"unit": "USD"}, "ledger_transfer_account"),
        ({"credit_id": ids.PLATFORM}, "ledger_transfer_account"),
        ({"credit_id": "debit"}, "ledger_transfer_accounts"),
        ({"kind": "gift"}, "ledger_transfer_kind"),
        ({"kind": "settle"}, "ledger_transfer_ends"),
        ({"hold_id": "hold"}, "ledger_transfer_ends"),
        ({"kind": "settle", "hold_id": "hold", "amount": 21}, "ledger_transfer_within_hold"),
        ({"kind": "release", "hold_id": "hold", "amount": 19}, "ledger_transfer_within_hold"),
        ({"kind": "settle", "hold_id": "paid"}, "ledger_transfer_of_hold"),
        ({"kind": "settle", "hold_id": "hold", "debit_id": "credit", "credit_id": "debit"}, "ledger_transfer_as_held"),
        ({"reverses_id": "paid", "amount": 30}, "ledger_transfer_as_posted"),
        (
            {"reverses_id": "paid", "amount": 29, "debit_id": "credit", "credit_id": "debit"},
            "ledger_transfer_as_posted",
        ),
        ({"reverses_id": "hold", "debit_id": "credit", "credit_id": "debit"}, "ledger_transfer_of_post"),
        ({"reverses_id": "paid", "kind": "hold"}, "ledger_transfer_corrects"),
        ({"code": "two words"}, "ledger_transfer_code"),
    ],
)
async def test_a_hand_written_insert_keeps_every_rule(tx: Tx, columns: dict[str, Any], constraint: str) -> None:
    payer, payee = await bank.wallet(tx, 120), await bank.wallet(tx)
    paid = await bank.pay(tx, payer, payee, 30)
    hold = await holds.hold(tx, debit=payer.id, credit=payee.id, amount=20, unit="PEN", code="bank.withdrawal")
    named = {"hold": hold.id, "paid": paid.id, "debit": payer.id, "credit": payee.id}
    row = {"debit_id": payer.id, "credit_id": payee.id} | {
        name: named[value] if name.endswith("_id") and value in named else value for name, value in columns.items()
    }
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await _insert(tx, **row)
    assert refused.value.constraint_name == constraint


async def test_the_keys_hold_without_the_triggers(committed: Open, tenant: UUID, superuser: Connection) -> None:
    async with committed() as tx:
        payer, dollars = await bank.wallet(tx, 10), await bank.wallet(tx, unit="USD")
    await superuser.execute("alter table ledger_transfer disable trigger user")
    try:
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await superuser.execute(
                "insert into ledger_transfer (tenant_id, debit_id, credit_id, amount, unit, code, at) "
                "values ($1, $2, $3, 1, 'PEN', 'bank.raw', now())",
                tenant,
                payer.id,
                dollars.id,
            )
    finally:
        await superuser.execute("alter table ledger_transfer enable trigger user")
    assert refused.value.constraint_name == "ledger_transfer_credit"


async def test_one_statement_commands_get_the_same_problems(committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 10), await bank.wallet(tx)
    async with committed() as tx:
        await tx.connection.execute("savepoint before")
        with pytest.raises(rules.InsufficientFunds), rules.kept_rules():
            await _insert(tx, debit_id=payer.id, credit_id=payee.id, amount=11)
        await tx.connection.execute("rollback to savepoint before")
        # What Tx has made a problem of already gets the ledger's name for it too.
        with pytest.raises(rules.InsufficientFunds), rules.kept_rules():
            await tx.execute(
                "insert into ledger_transfer (debit_id, credit_id, amount, unit, code, at) "
                "values ($1, $2, 11, 'PEN', 'bank.raw', now())",
                payer.id,
                payee.id,
            )
        await tx.connection.execute("rollback to savepoint before")
    with pytest.raises(ZeroDivisionError), rules.kept_rules():
        raise ZeroDivisionError
    assert rules.problem(None) is None
    assert isinstance(rules.problem(asyncpg.DeadlockDetectedError()), rules.Contended)


async def test_several_rows_of_one_statement_are_judged_by_their_sum(tx: Tx) -> None:
    issuer, card, rewarded = await bank.issuer(tx), await bank.wallet(tx, 9), await bank.wallet(tx)
    await tx.execute(
        "with reward as (insert into ledger_transfer (debit_id, credit_id, amount, unit, code, at) "
        "values ($2, $3, 10, 'PEN', 'bank.reward', now())) insert into ledger_transfer (debit_id, credit_id, amount, "
        "unit, code, at) values ($1, $2, 1, 'PEN', 'bank.stamp', now())",
        issuer.id,
        card.id,
        rewarded.id,
    )
    assert await bank.held(tx, card) == (0, 0, 0)


async def test_a_hold_and_its_end_fit_one_statement(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 10), await bank.wallet(tx)
    hold_id = ids.new()
    await tx.execute(
        "insert into ledger_transfer (id, kind, debit_id, credit_id, amount, unit, code, hold_id, at) values "
        "($1, 'hold', $2, $3, 10, 'PEN', 'bank.raw', null, now()), "
        "(uuidv7(), 'settle', $2, $3, 4, 'PEN', 'bank.raw', $1, now())",
        hold_id,
        payer.id,
        payee.id,
    )
    assert await bank.held(tx, payer) == (6, 0, 6)
    assert (await transfers.find_transfer(tx, hold_id)) is not None
