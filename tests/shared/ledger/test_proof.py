"""Proof: an export is proven without a database, by a file that needs the standard library alone."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holdfast.kernel.database import Connection, Database
from holdfast.shared.ledger import books, exports, proof
from holdfast.shared.ledger.proof import Anchor
from tests.conftest import Open
from tests.shared.ledger import bank, sound
from tests.shared.ledger.sound import SEALED, Sound, named, spoil

Lines = list[dict[str, Any]]


@pytest.fixture
async def kept(database: Database, tenant: Any) -> Sound:
    """Sound books of the test's tenant."""
    return await sound.keep(database, tenant)


def _row(lines: Lines, id_: object) -> dict[str, Any]:
    (found,) = (line["row"] for line in lines if line.get("row", {}).get("id") == str(id_))
    assert isinstance(found, dict)
    return found


async def test_an_export_is_proven(kept: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 3)
    file = await kept.export(tmp_path / "books.jsonl")
    report = books.verify_export(file, anchor=kept.anchor)
    assert report == await kept.verify()
    assert report.proven
    assert (report.transfers, report.sealed, report.unsealed) == (12, SEALED, 1)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Isolated: neither this project nor any library can be imported.
    command = [sys.executable, "-I", "-S", proof.__file__, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


async def test_it_needs_nothing_but_python(kept: Sound, tmp_path: Path) -> None:
    file = await kept.export(tmp_path / "books.jsonl")
    good = await asyncio.to_thread(_run, str(file))
    assert (good.returncode, good.stderr) == (0, "")
    assert "12 transfers, 1 rows not sealed yet: proven" in good.stdout
    anchored = await asyncio.to_thread(_run, str(file), str(kept.anchor.position), kept.anchor.hash)
    assert anchored.returncode == 0

    file.write_text(file.read_text().replace("bank.payment", "bank.gift"))
    bad = await asyncio.to_thread(_run, str(file))
    assert bad.returncode == 1
    assert f"altered: ledger_transfer {kept.paid.id}: It is not what was sealed." in bad.stdout
    assert (await asyncio.to_thread(_run)).returncode == 2


def _amount(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.paid.id)["amount"] = 31


def _owner(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.payer.id)["owner_id"] = str(kept.paid.id)


def _gone(kept: Sound, lines: Lines) -> None:
    (line,) = (line for line in lines if line.get("id") == str(kept.open_hold.id))
    line["row"] = None


def _cut(kept: Sound, lines: Lines) -> None:
    (line,) = (line for line in lines if line.get("id") == str(kept.paid.id))
    lines.remove(line)
    lines[-1]["lines"] -= 1


def _slipped_in(kept: Sound, lines: Lines) -> None:
    # An unsealed row claims a place among sealed ones.
    _row(lines, kept.tail.id)["xid"] = 1


def _balance(kept: Sound, lines: Lines) -> None:
    (row,) = (line["row"] for line in lines if line.get("row", {}).get("account_id") == str(kept.payee.id))
    row["posted"] += 1


def _no_balance(kept: Sound, lines: Lines) -> None:
    (line,) = (line for line in lines if line.get("row", {}).get("account_id") == str(kept.payee.id))
    lines.remove(line)
    lines[-1]["lines"] -= 1


def _hash(kept: Sound, lines: Lines) -> None:
    (line,) = (line for line in lines if line.get("id") == str(kept.paid.id))
    line["hash"] = "00" * 32


def _twice_settled(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id).update(kind="settle", hold_id=str(kept.ended_hold.id), amount=1)


def _twice_reversed(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id).update(reverses_id=str(kept.legs[0].id))


def _no_mirror(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id).update(reverses_id=str(kept.legs[1].id))


def _never_held(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id).update(kind="settle", hold_id=str(kept.paid.id))


def _nothing(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id)["amount"] = 0


def _strange(kept: Sound, lines: Lines) -> None:
    _row(lines, kept.tail.id)["tenant_id"] = str(kept.paid.id)


@pytest.mark.parametrize(
    ("change", "kind", "table", "which"),
    [
        (_amount, "altered", "ledger_transfer", "paid"),
        (_owner, "altered", "ledger_account", "payer"),
        (_gone, "deleted", "ledger_transfer", "open_hold"),
        (_cut, "seal", "ledger_seal", None),
        (_slipped_in, "inserted", "ledger_transfer", "tail"),
        (_balance, "balance", "ledger_balance", "payee"),
        (_no_balance, "balance", "ledger_balance", "payee"),
        (_hash, "seal", "ledger_seal", "paid"),
        (_twice_settled, "rule", "ledger_transfer", "tail"),
        (_twice_reversed, "rule", "ledger_transfer", "tail"),
        (_no_mirror, "rule", "ledger_transfer", "tail"),
        (_never_held, "rule", "ledger_transfer", "tail"),
        (_nothing, "rule", "ledger_transfer", "tail"),
        (_strange, "rule", "ledger_transfer", "tail"),
    ],
)
async def test_a_changed_export_is_not(
    kept: Sound,
    tmp_path: Path,
    change: Callable[[Sound, Lines], None],
    kind: str,
    table: str,
    which: str | None,
) -> None:
    file = await kept.export(tmp_path / "books.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    change(kept, lines)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = books.verify_export(file)
    assert not report.proven
    assert (kind, table, str(getattr(kept, which).id) if which else None) in named(report.findings)


async def test_an_export_of_broken_books_tells_the_same(kept: Sound, superuser: Connection, tmp_path: Path) -> None:
    await spoil(superuser, "delete from ledger_transfer where id = $1", kept.legs[1].id)
    await spoil(superuser, "update ledger_transfer set at = now() where id = $1", kept.paid.id)
    await spoil(superuser, "delete from ledger_account where id = $1", kept.payee.id)
    report = books.verify_export(await kept.export(tmp_path / "books.jsonl"))
    assert {
        ("deleted", "ledger_transfer", str(kept.legs[1].id)),
        ("altered", "ledger_transfer", str(kept.paid.id)),
        ("deleted", "ledger_account", str(kept.payee.id)),
        ("balance", "ledger_balance", str(kept.payer.id)),
    } <= named(report.findings)


async def test_a_kept_anchor_is_compared(kept: Sound, tmp_path: Path) -> None:
    file = await kept.export(tmp_path / "books.jsonl")
    for other in (
        Anchor(position=kept.anchor.position, hash="00" * 32),
        Anchor(position=kept.anchor.position + 1, hash=kept.anchor.hash),
    ):
        assert named(books.verify_export(file, anchor=other).findings) == {("anchor", "ledger_seal", None)}


@pytest.mark.parametrize("text", ["", "{}\n", '{"type": "ledger", "version": 2}\n', "not json\n", "[1]\n"])
def test_something_else_is_no_export(tmp_path: Path, text: str) -> None:
    file = tmp_path / "books.jsonl"
    file.write_text(text)
    with pytest.raises(ValueError, match="export"):
        books.verify_export(file)


async def test_a_cut_off_export_is_refused(kept: Sound, tmp_path: Path) -> None:
    file = await kept.export(tmp_path / "books.jsonl")
    lines = file.read_text().splitlines(keepends=True)
    for short in (lines[:-1], [*lines[:-2], lines[-1]]):
        file.write_text("".join(short))
        with pytest.raises(ValueError, match="missing"):
            books.verify_export(file)


async def test_database_and_python_write_the_same_line(kept: Sound, superuser: Connection) -> None:
    for kind, table in (("account", "ledger_account"), ("transfer", "ledger_transfer")):
        for record in await superuser.fetch(
            f"select row_to_json(r)::text as row, ledger_line(r) as line from {table} as r where tenant_id = $1",
            kept.tenant,
        ):
            assert proof.line_of(kind, json.loads(record["row"])) == record["line"]


async def test_the_zone_of_the_export_changes_no_line(committed: Open) -> None:
    async with committed() as tx:
        wallet = await bank.wallet(tx, 1)
        for zone in ("UTC", "Asia/Kolkata", "America/Lima"):
            await tx.connection.execute(f"set local timezone = '{zone}'")
            record = await tx.connection.fetchrow(
                "select row_to_json(a)::text as row, ledger_line(a) as line from ledger_account as a where id = $1",
                wallet.id,
            )
            assert record is not None
            assert proof.line_of("account", json.loads(record["row"])) == record["line"]
