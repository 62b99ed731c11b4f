"""Proof: the canonical lines and the hash chain of a ledger, and a verifier of exports that needs no database.

This file uses the standard library alone, so that a customer can run it on an export of their books::

    python proof.py books.jsonl

Every account and every transfer has one canonical line: its fields in a fixed order, separated by single spaces, with
``-`` for what is absent and moments as whole microseconds since 1970 in UTC. The lines are chained in the order in
which they were sealed: ``hash = sha256(previous hash + line)``, starting from 32 zero bytes. Whoever keeps the last
position and its hash, the *anchor*, can later tell whether anything before it was changed, even by somebody who could
rewrite the whole database.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

GENESIS = bytes(32)
MOST_FINDINGS = 1000
"""The most findings that a report lists; all are counted."""

INSERTED = "It has its place among sealed rows and was never sealed."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACCOUNT = ("id", "tenant_id", "book", "owner_id", "unit", "side", "guarded", "created_at", "xid", "seq")
_TRANSFER = (
    *("id", "tenant_id", "journal_id", "kind", "debit_id", "credit_id", "amount", "unit", "code"),
    *("reference_id", "hold_id", "reverses_id", "at", "xid", "seq"),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that breaks the books."""

    kind: str
    """``altered``, ``deleted``, ``inserted``, ``seal``, ``rule``, ``balance`` or ``anchor``."""
    table: str
    id: str | None
    """The row: of an account, a transfer, the account of a balance, or what a seal sealed."""
    position: int | None = None
    """Its place in the hash chain, when it has one."""
    detail: str


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A place in the chain and the hash that was there; whoever keeps it can prove what came before."""

    position: int
    hash: str
    """Hexadecimal."""


@dataclass(kw_only=True)
class Report:
    """What a verification found."""

    tenant_id: str
    proven: bool = False
    """Whether the books are proven: nothing was found."""
    accounts: int = 0
    transfers: int = 0
    sealed: int = 0
    """Rows in the hash chain."""
    unsealed: int = 0
    """Rows that came after the last seal. They are checked by the rules and the balances, not yet by the chain."""
    anchor: Anchor | None = None
    """The end of the chain; keep it to prove these books against it later."""
    found: int = 0
    """How many findings there are, listed or not."""
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take a finding; beyond the limit it is only counted."""
        self.found += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)

    def closed(self) -> "Report":
        """The report, once everything was looked at."""
        self.proven = self.found == 0
        return self


def chained(previous: bytes, line: str) -> bytes:
    """The next hash of the chain."""
    return hashlib.sha256(previous + line.encode()).digest()


def line_of(kind: str, row: dict[str, Any]) -> str:
    """The canonical line of an exported account or transfer."""
    fields = _ACCOUNT if kind == "account" else _TRANSFER
    return " ".join([kind, *(_word(name, row[name]) for name in fields)])


def _word(name: str, value: object) -> str:
    if value is None:
        return "-"
    if name == "guarded":
        return "guarded" if value else "free"
    if name in ("at", "created_at"):
        return str((datetime.fromisoformat(str(value)) - _EPOCH) // timedelta(microseconds=1))
    return str(value)


@dataclass(kw_only=True)
class _Doubt:
    """A row whose hash does not fit; the next row tells whether the row or its seal was changed."""

    kind: str
    id: str
    position: int
    computed: bytes


class Chain:
    """Walks a hash chain in the order of its positions and tells which rows were changed.

    Each row is checked against the stored hash before it, so that one changed row does not spoil those after it.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._position = 0
        self._previous: bytes | None = GENESIS
        self._doubt: _Doubt | None = None

    def add(self, position: int, kind: str, id: str, stored: bytes, line: str | None) -> None:  # noqa: A002
        """Take the next sealed row; ``line`` is None when the row that was sealed is gone."""
        self._report.sealed += 1
        if position != self._position + 1:
            self._settle(None)
            missing = f"{self._position + 1} to {position - 1}"
            self._report.add(
                Finding(
                    kind="seal",
                    table="ledger_seal",
                    id=None,
                    position=position,
                    detail=f"The seals {missing} are gone.",
                )
            )
            self._previous = None
        previous, self._previous, self._position = self._previous, stored, position
        if line is None:
            self._settle(None)
            self._find("deleted", kind, id, position, "It was sealed and is gone.")
            return
        trusted = self._settle(chained(self._doubt.computed, line) == stored if self._doubt else None)
        if previous is not None and not trusted and chained(previous, line) != stored:
            self._doubt = _Doubt(kind=kind, id=id, position=position, computed=chained(previous, line))

    def _settle(self, next_fits: bool | None) -> bool:
        """Decide about the row in doubt: if the row after it follows from what the row says now, its seal lies."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return False
        if next_fits:
            self._report.add(
                Finding(
                    kind="seal",
                    table="ledger_seal",
                    id=doubt.id,
                    position=doubt.position,
                    detail="The hash of this seal was changed; the row that it seals was not.",
                )
            )
            return True
        self._find("altered", doubt.kind, doubt.id, doubt.position, "It is not what was sealed.")
        return False

    def _find(self, how: str, kind: str, id: str, position: int, detail: str) -> None:  # noqa: A002
        self._report.add(Finding(kind=how, table=f"ledger_{kind}", id=id, position=position, detail=detail))

    def close(self) -> None:
        """Decide about a last row in doubt, and keep the end of the chain as the anchor."""
        self._settle(None)
        if self._position and self._previous is not None:
            self._report.anchor = Anchor(position=self._position, hash=self._previous.hex())


def check_anchor(report: Report, kept: Anchor | None, hash_there: str | None) -> None:
    """Compare an anchor that was kept outside with what is at its position now."""
    if kept is None or hash_there == kept.hash.lower():
        return
    detail = "Another hash is here than was kept outside." if hash_there else "The chain ends before the kept anchor."
    report.add(Finding(kind="anchor", table="ledger_seal", id=None, position=kept.position, detail=detail))


class Sums:
    """Recomputes balances and keeps the rules, from exported transfers alone."""

    def __init__(self, report: Report, reversed_ids: set[str]) -> None:
        self._report = report
        self._reversed_ids = reversed_ids
        self._originals: dict[str, dict[str, Any]] = {}
        self._reversals: dict[str, dict[str, Any]] = {}
        self._open: dict[str, dict[str, Any]] = {}
        self._ends: dict[str, dict[str, Any]] = {}
        self._accounts: dict[str, dict[str, Any]] = {}
        # Per account: what was posted to its debit and credit side, and what is held of either.
        self._sums: dict[str, list[int]] = {}
        self._balances: dict[str, tuple[int, int]] = {}

    def account(self, row: dict[str, Any]) -> None:
        """Take an account."""
        self._accounts[row["id"]] = row

    def balance(self, row: dict[str, Any]) -> None:
        """Take the stored balance of a guarded account."""
        self._balances[row["account_id"]] = (row["posted"], row["held"])

    def transfer(self, row: dict[str, Any]) -> None:
        """Take a transfer."""
        kind, amount = row["kind"], row["amount"]
        if amount < 1 or row["debit_id"] == row["credit_id"] or kind not in ("post", "hold", "settle", "release"):
            self._break(row, "Its amount, its accounts or its kind cannot be.")
        if row["id"] in self._reversed_ids:
            self._originals[row["id"]] = row
        if row["reverses_id"] is not None and self._reversals.setdefault(row["reverses_id"], row) is not row:
            self._break(row, "What it reverses was reversed already.")
        if kind == "hold":
            self._open[row["id"]] = row
        elif row["hold_id"] is not None and self._ends.setdefault(row["hold_id"], row) is not row:
            self._break(row, "The hold had ended already.")
        if kind in ("post", "settle"):
            self._of(row["debit_id"])[0] += amount
            self._of(row["credit_id"])[1] += amount

    def _of(self, account: str) -> list[int]:
        return self._sums.setdefault(account, [0, 0, 0, 0])

    def _break(self, row: dict[str, Any], detail: str) -> None:
        self._report.add(Finding(kind="rule", table="ledger_transfer", id=row["id"], detail=detail))

    def close(self) -> None:
        """Compare everything, once all rows were taken."""
        for hold_id, end in self._ends.items():
            held = self._open.pop(hold_id, None)
            same = held is not None and all(held[name] == end[name] for name in ("debit_id", "credit_id", "unit"))
            if held is None or not same or end["amount"] > held["amount"]:
                self._break(end, "It ends no hold of these accounts and this amount.")
        for held in self._open.values():
            self._of(held["debit_id"])[2] += held["amount"]
            self._of(held["credit_id"])[3] += held["amount"]
        for original_id, row in self._reversals.items():
            original = self._originals.get(original_id)
            if original is None or _mirror(original) != tuple(
                row[n] for n in ("debit_id", "credit_id", "amount", "unit")
            ):
                self._break(row, "It is not the mirror image of what it reverses.")
        for account_id in self._sums.keys() - self._accounts.keys():
            self._report.add(
                Finding(
                    kind="deleted", table="ledger_account", id=account_id, detail="Transfers name it and it is gone."
                )
            )
        for account_id, account in self._accounts.items():
            self._compare(account_id, account)

    def _compare(self, account_id: str, account: dict[str, Any]) -> None:
        stored = self._balances.pop(account_id, None)
        debits, credits_, held_debits, held_credits = self._of(account_id)
        credit = account["side"] == "credit"
        computed = (credits_ - debits, held_debits) if credit else (debits - credits_, held_credits)
        told = None
        if stored is not None and not account["guarded"]:
            told = "It has a balance row and is not guarded."
        elif account["guarded"] and stored is None:
            told = "Its balance row is gone."
        elif account["guarded"] and stored != computed:
            told = f"The balance row says {_said(stored)}, the transfers say {_said(computed)}."
        elif account["guarded"] and computed[0] < computed[1]:
            told = f"It is guarded and has {_said(computed)}."
        if told:
            self._report.add(Finding(kind="balance", table="ledger_balance", id=account_id, detail=told))


def _said(balance: tuple[int, int] | None) -> str:
    return "nothing" if balance is None else f"{balance[0]} posted and {balance[1]} held"


def _mirror(original: dict[str, Any]) -> tuple[Any, ...]:
    return original["credit_id"], original["debit_id"], original["amount"], original["unit"]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            yield json.loads(text)


def _place(kind: str, row: dict[str, Any]) -> tuple[int, str, int]:
    """The place in the order of sealing: by transaction, in it accounts before transfers, then as they came."""
    return row["xid"], kind, row["seq"]


def verify_export(path: str | Path, *, anchor: Anchor | None = None) -> Report:
    """Prove exported books, or name the rows that break them. Reads the file twice, a line at a time.

    Memory grows with the number of accounts and open holds, not with the number of transfers.

    Args:
        path: JSON lines as ``books.export`` writes them.
        anchor: a place in the chain and its hash, kept from an earlier report.

    Raises:
        ValueError: the file is no such export, or its end is missing.
    """
    path = Path(path)
    try:
        reversed_ids = {
            line["row"]["reverses_id"]
            for line in _lines(path)
            if line["type"] == "transfer" and line["row"] and line["row"]["reverses_id"] is not None
        }
        return _verified(_lines(path), reversed_ids, anchor)
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError("This file is not a ledger export.") from error


def _verified(lines: Iterable[dict[str, Any]], reversed_ids: set[str], anchor: Anchor | None) -> Report:
    stream = iter(lines)
    header = next(stream, {})
    if header.get("type") != "ledger" or header.get("version") != 1:
        raise ValueError("This file is not a ledger export of version 1.")
    report = Report(tenant_id=header["tenant_id"])
    chain, sums = Chain(report), Sums(report, reversed_ids)
    read, ended, there, last = 0, False, None, (0, "", 0)
    for line in stream:
        kind, row = line["type"], line.get("row", {})
        if kind == "end":
            ended = line["lines"] == read
            break
        read += 1
        if kind == "balance":
            sums.balance(row)
            continue
        position = line.get("position")
        if row:
            report.accounts += kind == "account"
            report.transfers += kind == "transfer"
            (sums.account if kind == "account" else sums.transfer)(row)
            if row["tenant_id"] != report.tenant_id:
                report.add(Finding(kind="rule", table=f"ledger_{kind}", id=row["id"], detail="It is another tenant's."))
        if position is None:
            if _place(kind, row) > last:
                report.unsealed += 1
            else:
                report.add(Finding(kind="inserted", table=f"ledger_{kind}", id=row["id"], detail=INSERTED))
            continue
        last = max(last, _place(kind, row)) if row else last
        chain.add(position, kind, line["id"], bytes.fromhex(line["hash"]), line_of(kind, row) if row else None)
        if anchor is not None and position == anchor.position:
            there = line["hash"]
    if not ended:
        raise ValueError("The end of this export is missing.")
    chain.close()
    sums.close()
    check_anchor(report, anchor, there)
    return report.closed()


def main(arguments: list[str]) -> int:
    """Verify an export from the command line; 0 when the books are proven."""
    if len(arguments) not in (1, 3):
        sys.stderr.write("usage: python proof.py BOOKS.jsonl [POSITION HASH]\n")
        return 2
    kept = Anchor(position=int(arguments[1]), hash=arguments[2]) if len(arguments) == 3 else None
    report = verify_export(arguments[0], anchor=kept)
    for finding in report.findings:
        sys.stdout.write(f"{finding.kind}: {finding.table} {finding.id or ''}: {finding.detail}\n")
    verdict = "proven" if report.proven else f"NOT proven, {report.found} findings"
    end = f"{report.anchor.position} {report.anchor.hash}" if report.anchor else "no seal yet"
    sys.stdout.write(f"{report.transfers} transfers, {report.unsealed} rows not sealed yet: {verdict}; anchor {end}\n")
    return 0 if report.proven else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
