"""Books: sound ones are proven; whatever is changed behind the platform's back is named."""

from typing import Any
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.problems import NotAllowed
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.ledger import accounts, books, proof, seals
from holdfast.shared.ledger.proof import Anchor
from tests.shared.ledger import bank, sound
from tests.shared.ledger.sound import SEALED, Sound, named, spoil


@pytest.fixture
async def kept(database: Database, tenant: UUID) -> Sound:
    """Sound books of the test's tenant."""
    return await sound.keep(database, tenant)


async def test_sound_books_are_proven(kept: Sound) -> None:
    report = await kept.verify()
    assert report.findings == []
    assert report.proven
    assert (report.accounts, report.transfers, report.sealed, report.unsealed) == (3, 12, SEALED, 1)
    assert report.anchor == kept.anchor
    assert (await kept.verify(kept.anchor)).proven


NEW = UUID("01890000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("which", "change", "value"),
    [
        ("paid", "journal_id", NEW),
        ("legs", "journal_id", None),
        ("paid", "kind", "hold"),
        ("open_hold", "kind", "post"),
        ("settled", "kind", "release"),
        ("paid", "debit_id", "issuer"),
        ("paid", "credit_id", "issuer"),
        ("paid", "amount", 31),
        ("tail_fund", "amount", 1001),
        ("paid", "unit", "USD"),
        ("paid", "code", "bank.gift"),
        ("legs", "reference_id", NEW),
        ("paid", "reference_id", NEW),
        ("settled", "hold_id", "open_hold"),
        ("reversal", "reverses_id", "paid"),
        ("reversal", "reverses_id", None),
        ("paid", "at", "2020-01-01T00:00:00Z"),
        ("paid", "xid", 1),
    ],
)
async def test_a_changed_transfer_is_named(
    kept: Sound, superuser: Connection, which: str, change: str, value: Any
) -> None:
    row: Any = kept.legs[1] if which == "legs" else getattr(kept, which, None)
    target = row.id if row else await _first_deposit(superuser, kept)
    if isinstance(value, str) and hasattr(kept, value):
        value = getattr(kept, value).id
    await spoil(superuser, f"update ledger_transfer set {change} = {_literal(value)} where id = $1", target)
    report = await kept.verify()
    assert not report.proven
    altered = [finding for finding in report.findings if finding.kind == "altered"]
    assert named(altered) == {("altered", "ledger_transfer", str(target))}
    assert altered[0].position is not None


async def _first_deposit(superuser: Connection, kept: Sound) -> UUID:
    found = await superuser.fetchval(
        "select id from ledger_transfer where tenant_id = $1 and code = 'bank.deposit' order by seq limit 1",
        kept.tenant,
    )
    assert isinstance(found, UUID)
    return found


def _literal(value: Any) -> str:
    return "null" if value is None else str(value) if isinstance(value, int) else f"'{value}'"


async def test_a_transfer_moved_in_the_order_is_named(kept: Sound, superuser: Connection) -> None:
    row = await superuser.fetchrow("select * from ledger_transfer where id = $1", kept.paid.id)
    assert row is not None
    await spoil(superuser, "delete from ledger_transfer where id = $1", kept.paid.id)
    moved = dict(row) | {"seq": 1_000_000_000}
    marks = ", ".join(f"${n}" for n in range(1, len(moved) + 1))
    await spoil(
        superuser,
        f"insert into ledger_transfer ({', '.join(moved)}) overriding system value values ({marks})",
        *moved.values(),
    )
    report = await kept.verify()
    assert ("altered", "ledger_transfer", str(kept.paid.id)) in named(report.findings)


async def test_the_amount_is_told_by_both_balances(kept: Sound, superuser: Connection) -> None:
    await spoil(superuser, "update ledger_transfer set amount = 29 where id = $1", kept.paid.id)
    report = await kept.verify()
    assert named(report.findings) == {
        ("altered", "ledger_transfer", str(kept.paid.id)),
        ("balance", "ledger_balance", str(kept.payer.id)),
        ("balance", "ledger_balance", str(kept.payee.id)),
    }
    (told,) = (finding.detail for finding in report.findings if finding.id == str(kept.payer.id))
    assert told == "The balance row says 956 posted and 20 held, the transfers say 957 posted and 20 held."


@pytest.mark.parametrize("column", ["id", "tenant_id"])
async def test_a_transfer_under_another_name_is_named(kept: Sound, superuser: Connection, column: str) -> None:
    other = ids.new()
    await spoil(superuser, f"update ledger_transfer set {column} = $2 where id = $1", kept.paid.id, other)
    found = named((await kept.verify()).findings)
    assert ("deleted", "ledger_transfer", str(kept.paid.id)) in found
    assert (("inserted", "ledger_transfer", str(other)) in found) == (column == "id")


@pytest.mark.parametrize("which", ["paid", "open_hold", "settled", "reversal"])
async def test_a_deleted_transfer_is_named(kept: Sound, superuser: Connection, which: str) -> None:
    row = getattr(kept, which)
    await spoil(superuser, "delete from ledger_transfer where id = $1", row.id)
    report = await kept.verify()
    assert ("deleted", "ledger_transfer", str(row.id)) in named(report.findings)
    assert not [finding for finding in report.findings if finding.kind in ("altered", "seal")]


async def test_a_transfer_slipped_in_is_named(kept: Sound, superuser: Connection) -> None:
    id_ = ids.new()
    await spoil(
        superuser,
        "insert into ledger_transfer (id, tenant_id, debit_id, credit_id, amount, unit, code, at, xid) "
        "values ($1, $2, $3, $4, 5, 'PEN', 'bank.gift', now(), $5)",
        id_,
        kept.tenant,
        kept.issuer.id,
        kept.payee.id,
        kept.paid.xid,
    )
    found = named((await kept.verify()).findings)
    assert found == {("inserted", "ledger_transfer", str(id_)), ("balance", "ledger_balance", str(kept.payee.id))}


async def test_what_is_not_sealed_yet_is_held_by_the_balances(kept: Sound, superuser: Connection) -> None:
    await spoil(superuser, "delete from ledger_transfer where id = $1", kept.tail.id)
    assert named((await kept.verify()).findings) == {
        ("balance", "ledger_balance", str(kept.payer.id)),
        ("balance", "ledger_balance", str(kept.payee.id)),
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("book", "'bank.other'"),
        ("owner_id", f"'{NEW}'"),
        ("owner_id", "null"),
        ("unit", "'USD'"),
        ("side", "'debit'"),
        ("guarded", "false"),
        ("created_at", "'2020-01-01'"),
        ("xid", "xid - 1"),
    ],
)
async def test_a_changed_account_is_named(kept: Sound, superuser: Connection, column: str, value: str) -> None:
    await spoil(superuser, f"update ledger_account set {column} = {value} where id = $1", kept.payer.id)
    report = await kept.verify()
    altered = [finding for finding in report.findings if finding.kind == "altered"]
    assert named(altered) == {("altered", "ledger_account", str(kept.payer.id))}


async def test_a_deleted_account_is_named(kept: Sound, superuser: Connection) -> None:
    await spoil(superuser, "delete from ledger_account where id = $1", kept.payer.id)
    assert ("deleted", "ledger_account", str(kept.payer.id)) in named((await kept.verify()).findings)


@pytest.mark.parametrize(
    "change",
    [
        "update ledger_balance set posted = posted + 1 where account_id = $1",
        "update ledger_balance set posted = posted - 1 where account_id = $1",
        "update ledger_balance set held = held + 1 where account_id = $1",
        "update ledger_balance set held = 0 where account_id = $1",
        "update ledger_balance set tenant_id = uuidv7() where account_id = $1",
        "delete from ledger_balance where account_id = $1",
    ],
)
async def test_a_changed_balance_is_named(kept: Sound, superuser: Connection, change: str) -> None:
    await spoil(superuser, change, kept.payer.id)
    assert named((await kept.verify()).findings) == {("balance", "ledger_balance", str(kept.payer.id))}


async def test_a_balance_that_should_not_be_is_named(kept: Sound, superuser: Connection) -> None:
    insert = "insert into ledger_balance (account_id, tenant_id) values ($1, $2)"
    await spoil(superuser, insert, kept.issuer.id, kept.tenant)
    stray = ids.new()
    await spoil(superuser, insert, stray, kept.tenant)
    assert named((await kept.verify()).findings) == {
        ("balance", "ledger_balance", str(kept.issuer.id)),
        ("deleted", "ledger_account", str(stray)),
    }


@pytest.mark.parametrize("position", [1, 6, SEALED])
async def test_a_changed_hash_is_named(kept: Sound, superuser: Connection, position: int) -> None:
    await spoil(
        superuser,
        "update ledger_seal set hash = sha256(hash) where tenant_id = $1 and position = $2",
        kept.tenant,
        position,
    )
    (finding,) = (await kept.verify()).findings
    # Of the last row nobody can tell whether the row or its seal was changed: no later hash speaks for either.
    assert finding.kind == ("altered" if position == SEALED else "seal")
    assert finding.position == position


@pytest.mark.parametrize(
    "change",
    [
        "update ledger_seal set subject_id = uuidv7() where tenant_id = $1 and position = 6",
        "update ledger_seal set kind = 'account' where tenant_id = $1 and position = 6",
        "update ledger_seal set xid = xid + 1 where tenant_id = $1 and position = 6",
        "update ledger_seal set seq = seq + 1 where tenant_id = $1 and position = 6",
        "update ledger_seal set position = 100 where tenant_id = $1 and position = 6",
        "update ledger_seal set tenant_id = uuidv7() where tenant_id = $1 and position = 6",
        "delete from ledger_seal where tenant_id = $1 and position = 6",
        "delete from ledger_seal where tenant_id = $1 and position < 3",
    ],
)
async def test_a_broken_chain_is_named(kept: Sound, superuser: Connection, change: str) -> None:
    sealed = await superuser.fetchval(
        "select subject_id from ledger_seal where tenant_id = $1 and position = 6", kept.tenant
    )
    await spoil(superuser, change, kept.tenant)
    report = await kept.verify()
    assert not report.proven
    assert any(
        finding.id == str(sealed) or (finding.kind == "seal" and finding.position is not None)
        for finding in report.findings
    )
    assert not [finding for finding in report.findings if finding.kind == "altered"]


async def test_two_changed_neighbours_are_both_named(kept: Sound, superuser: Connection) -> None:
    for row in kept.legs:
        await spoil(superuser, "update ledger_transfer set code = 'bank.gift' where id = $1", row.id)
    assert named((await kept.verify()).findings) == {("altered", "ledger_transfer", str(row.id)) for row in kept.legs}


async def test_an_anchor_kept_outside_proves_against_a_rewritten_chain(kept: Sound, superuser: Connection) -> None:
    # Somebody with every right changes what a payment was for, and makes the whole chain anew.
    await spoil(superuser, "update ledger_transfer set code = 'bank.gift' where id = $1", kept.paid.id)
    await spoil(superuser, "delete from ledger_seal where tenant_id = $1", kept.tenant)
    async with transaction(kept.database, kept.tenant) as tx:
        await seals.seal(tx)
    assert (await kept.verify()).proven
    assert named((await kept.verify(kept.anchor)).findings) == {("anchor", "ledger_seal", None)}
    beyond = Anchor(position=10_000, hash=kept.anchor.hash)
    (finding,) = (await kept.verify(beyond)).findings
    assert (finding.kind, finding.position) == ("anchor", 10_000)


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("kind, hold_id, debit_id, credit_id, amount", "'settle', {open_hold}, {payer}, {payee}, 21"),
        ("kind, hold_id, debit_id, credit_id, amount", "'settle', {open_hold}, {payee}, {payer}, 20"),
        ("kind, hold_id, debit_id, credit_id, amount", "'release', {open_hold}, {payer}, {payee}, 19"),
        ("kind, hold_id, debit_id, credit_id, amount", "'settle', {paid}, {payer}, {payee}, 1"),
        ("kind, hold_id, debit_id, credit_id, amount", "'settle', uuidv7(), {payer}, {payee}, 1"),
        ("reverses_id, debit_id, credit_id, amount", "{paid}, {payee}, {payer}, 31"),
        ("reverses_id, debit_id, credit_id, amount", "{paid}, {payer}, {payee}, 30"),
        ("reverses_id, debit_id, credit_id, amount", "{open_hold}, {payee}, {payer}, 20"),
        ("reverses_id, debit_id, credit_id, amount", "uuidv7(), {payee}, {payer}, 20"),
        ("unit, debit_id, credit_id, amount", "'USD', {payee}, {payer}, 20"),
    ],
)
async def test_a_row_that_breaks_a_rule_is_named(kept: Sound, superuser: Connection, columns: str, values: str) -> None:
    id_ = ids.new()
    filled = values.format(
        **{name: f"'{getattr(kept, name).id}'" for name in ("open_hold", "payer", "payee", "paid", "issuer")}
    )
    columns, filled = (columns, filled) if "unit" in columns else (f"{columns}, unit", f"{filled}, 'PEN'")
    await spoil(
        superuser,
        f"insert into ledger_transfer (id, tenant_id, code, at, {columns}) "
        f"values ($1, $2, 'bank.raw', now(), {filled})",
        id_,
        kept.tenant,
    )
    assert ("rule", "ledger_transfer", str(id_)) in named((await kept.verify()).findings)


async def test_findings_are_listed_to_a_limit(
    kept: Sound, superuser: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "MOST_FINDINGS", 2)
    await spoil(superuser, "update ledger_transfer set code = 'bank.gift' where tenant_id = $1", kept.tenant)
    report = await kept.verify()
    assert len(report.findings) == 2
    assert report.found == 11


async def test_books_are_verified_in_a_snapshot_by_whoever_may(kept: Sound) -> None:
    async with transaction(kept.database, kept.tenant) as tx:
        with pytest.raises(ValueError, match="snapshot"):
            await books.verify(tx)
    reader = Actor(kind="person", grants=frozenset({"ledger.read"}))
    async with books.snapshot(kept.database, kept.tenant, reader) as tx:
        with pytest.raises(NotAllowed):
            await books.verify(tx)
        with pytest.raises(NotAllowed):
            await anext(books.export(tx))
        assert await books.trial_balance(tx)


async def test_a_snapshot_sees_one_moment(kept: Sound) -> None:
    async with books.snapshot(kept.database, kept.tenant) as tx:
        before = await accounts.balance(tx, kept.payer.id)
        async with transaction(kept.database, kept.tenant) as writer:
            await bank.pay(writer, kept.payer, kept.payee, 1)
        assert await accounts.balance(tx, kept.payer.id) == before
        assert (await books.verify(tx)).transfers == 12


async def test_the_trial_balance_sums_to_zero(tx: Tx) -> None:
    payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx, 50)
    await bank.pay(tx, payer, payee, 30)
    await bank.wallet(tx, 7, unit="stamp:x")
    soles, stamps = await books.trial_balance(tx)
    assert (soles.unit, soles.debits, soles.credits) == ("PEN", 180, 180)
    assert [(line.book, line.accounts, line.debits, line.credits, line.net) for line in soles.books] == [
        ("bank.issuer", 1, 150, 0, 150),
        ("bank.wallet", 2, 30, 180, -150),
    ]
    assert (stamps.unit, sum(line.net for line in stamps.books)) == ("stamp:x", 0)
