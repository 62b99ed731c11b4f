"""Books: a tenant's whole ledger, proven or shown to be broken, summed up, and exported.

Verification trusts nothing that the ledger keeps for speed. It walks the hash chain over every sealed row, recomputes
every guarded balance from the transfers, and keeps the rules of ``rules`` once more by plain queries, all in one
snapshot: writers go on meanwhile, and nothing they do shows.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from uuid import UUID

import msgspec

from holdfast.kernel import clock
from holdfast.kernel.auth import grant
from holdfast.kernel.database import Database
from holdfast.kernel.tx import PLATFORM, Actor, Tx
from holdfast.shared.ledger import accounts, exports, proof, seals
from holdfast.shared.ledger.proof import MOST_FINDINGS, Anchor, Finding, Report

VERIFY = grant("ledger.verify", "Prove the books, or see what breaks them", roles=("owner", "manager"))

BATCH = 5_000
"""Rows of one read of the chain; memory stays the same for any number of transfers."""

_SECONDS = 600
"""The longest that one statement of a verification or an export may take."""

export = exports.export
verify_export = proof.verify_export


class BookLine(msgspec.Struct, kw_only=True, frozen=True):
    """The accounts of one book and unit, summed."""

    unit: str
    book: str
    accounts: int
    debits: int
    credits: int
    net: int
    """Debits less credits; over all books of a unit these sum to zero."""


class UnitBalance(msgspec.Struct, kw_only=True, frozen=True):
    """The trial balance of one unit."""

    unit: str
    debits: int
    credits: int
    """The same as ``debits`` in sound books."""
    books: list[BookLine]


class _Sealed(msgspec.Struct):
    position: int
    kind: str
    subject_id: UUID
    hash: bytes
    line: str | None
    in_place: bool


class _Fault(msgspec.Struct):
    id: UUID
    detail: str


@asynccontextmanager
async def snapshot(database: Database, tenant: UUID, actor: Actor = PLATFORM) -> AsyncIterator[Tx]:
    """A read-only transaction in which every statement sees the same moment; from the replica where there is one.

    It holds no lock that a writer waits for, and being given no transaction id it does not hold back the relay's or
    the sealer's horizon either.
    """
    async with database.replica.connection() as connection:
        await connection.execute("begin isolation level repeatable read read only")
        try:
            await connection.execute(
                "select set_config('holdfast.tenant', $1, true), set_config('holdfast.person', '', true), "
                "set_config('statement_timeout', $2, true), set_config('timezone', 'UTC', true)",
                str(tenant),
                str(_SECONDS * 1000),
            )
            yield Tx(connection, tenant=tenant, actor=actor, now=clock.now())
        finally:
            if not connection.is_closed():
                await connection.execute("rollback")


async def verify(tx: Tx, *, anchor: Anchor | None = None) -> Report:
    """Prove the tenant's books, or name the rows that break them and how.

    Args:
        tx: a ``snapshot``.
        anchor: a place in the chain and its hash that were kept outside; proves that nothing before it was changed,
            even by somebody who rewrote the chain.

    Raises:
        NotAllowed: the actor lacks ``ledger.verify``.
        ValueError: the transaction is no snapshot, so that what it sees may change under it.
    """
    tx.must(VERIFY)
    if await tx.one(str, "select current_setting('transaction_isolation')") != "repeatable read":
        raise ValueError("Books are verified in a snapshot.")
    report = Report(tenant_id=str(tx.tenant))
    last = await _walk_chain(tx, report, anchor)
    await _check_order(tx, report, last)
    await _check_rules(tx, report)
    await _check_balances(tx, report)
    return report.closed()


async def _walk_chain(tx: Tx, report: Report, kept: Anchor | None) -> seals.End:
    """Recompute every hash, a batch at a time; gives the end of the chain."""
    chain, position, hash_there = proof.Chain(report), 0, None
    while True:
        batch = await tx.all(
            _Sealed,
            # The limits keep each look-up one by key, whatever the planner believes about the size of the tables.
            "select s.position, s.kind, s.subject_id, s.hash, coalesce(t.line, a.line) as line, "
            "coalesce(t.in_place, a.in_place, true) as in_place "
            "from (select * from ledger_seal where tenant_id = kernel_tenant() and position > $1 "
            "order by position limit $2) as s left join lateral (select ledger_line(r) as line, "
            "(r.xid, r.seq) = (s.xid, s.seq) as in_place from ledger_transfer as r where r.id = s.subject_id "
            "and r.tenant_id = s.tenant_id and s.kind = 'transfer' limit 1) as t on true "
            "left join lateral (select ledger_line(r) as line, (r.xid, r.seq) = (s.xid, s.seq) as in_place "
            "from ledger_account as r where r.id = s.subject_id and r.tenant_id = s.tenant_id "
            "and s.kind = 'account' limit 1) as a on true order by s.position",
            position,
            BATCH,
        )
        for sealed in batch:
            chain.add(sealed.position, sealed.kind, str(sealed.subject_id), sealed.hash, sealed.line)
            if kept is not None and sealed.position == kept.position:
                hash_there = sealed.hash.hex()
            if not sealed.in_place:
                detail = "The place in the order that this seal notes is not that of its row."
                report.add(
                    Finding(
                        kind="seal",
                        table="ledger_seal",
                        id=str(sealed.subject_id),
                        position=sealed.position,
                        detail=detail,
                    )
                )
        if len(batch) < BATCH:
            break
        position = batch[-1].position
    chain.close()
    proof.check_anchor(report, kept, hash_there)
    return await seals.end(tx)


async def _check_order(tx: Tx, report: Report, last: seals.End) -> None:
    """Count what is not sealed yet, and find rows that were slipped in among what is."""
    inserted_accounts = await tx.all(
        UUID,
        "select id from ledger_account as a where a.tenant_id = kernel_tenant() and (a.xid, a.seq) <= ($1, $2) "
        "and not exists (select from ledger_seal as s where s.tenant_id = a.tenant_id and s.subject_id = a.id "
        "and s.kind = 'account') order by a.xid, a.seq limit $3",
        *last.accounts,
        MOST_FINDINGS + 1,
    )
    inserted_transfers = await tx.all(
        UUID,
        "select id from ledger_transfer as t where t.tenant_id = kernel_tenant() and (t.xid, t.seq) <= ($1, $2) "
        "and not exists (select from ledger_seal as s where s.tenant_id = t.tenant_id and s.subject_id = t.id "
        "and s.kind = 'transfer') order by t.xid, t.seq limit $3",
        *last.transfers,
        MOST_FINDINGS + 1,
    )
    for table, inserted in (("ledger_account", inserted_accounts), ("ledger_transfer", inserted_transfers)):
        for row in inserted:
            report.add(Finding(kind="inserted", table=table, id=str(row), detail=proof.INSERTED))
    account_counts = await tx.one(
        _Counts,
        "select count(*) as all, count(*) filter (where (xid, seq) > ($1, $2)) as later from ledger_account "
        "where tenant_id = kernel_tenant()",
        *last.accounts,
    )
    transfer_counts = await tx.one(
        _Counts,
        "select count(*) as all, count(*) filter (where (xid, seq) > ($1, $2)) as later from ledger_transfer "
        "where tenant_id = kernel_tenant()",
        *last.transfers,
    )
    report.accounts, report.transfers = account_counts.all, transfer_counts.all
    report.unsealed = account_counts.later + transfer_counts.later


class _Counts(msgspec.Struct):
    all: int
    later: int


async def _check_rules(tx: Tx, report: Report) -> None:
    """Keep the rules of single transfers, of the ends of holds and of reversals by plain queries."""
    faults = await tx.all(
        _Fault,
        "select t.id, 'Its amount, its accounts, its kind or its unit cannot be.' as detail from ledger_transfer as t "
        "left join ledger_account as d on d.id = t.debit_id and d.tenant_id = t.tenant_id "
        "left join ledger_account as c on c.id = t.credit_id and c.tenant_id = t.tenant_id "
        "where t.tenant_id = kernel_tenant() and (t.amount < 1 or t.debit_id = t.credit_id "
        "or t.kind not in ('post', 'hold', 'settle', 'release') or d.unit <> t.unit or c.unit <> t.unit "
        "or (t.kind in ('settle', 'release')) <> (t.hold_id is not null) "
        "or (t.reverses_id is not null and t.kind <> 'post')) limit $1",
        MOST_FINDINGS + 1,
    )
    faults += await tx.all(
        _Fault,
        "select e.id, 'It ends no hold of these accounts and this amount, or one that had ended.' as detail from "
        "(select *, row_number() over (partition by hold_id order by xid, seq) as nth from ledger_transfer "
        "where tenant_id = kernel_tenant() and hold_id is not null) as e "
        "left join ledger_transfer as h on h.id = e.hold_id and h.tenant_id = e.tenant_id and h.kind = 'hold' "
        "where e.nth > 1 or (h.debit_id, h.credit_id, h.unit) is distinct from (e.debit_id, e.credit_id, e.unit) "
        "or e.amount > h.amount or (e.kind = 'release' and e.amount <> h.amount) limit $1",
        MOST_FINDINGS + 1,
    )
    faults += await tx.all(
        _Fault,
        "select r.id, 'It is not the mirror image of what it reverses, or the second one.' as detail from "
        "(select *, row_number() over (partition by reverses_id order by xid, seq) as nth from ledger_transfer "
        "where tenant_id = kernel_tenant() and reverses_id is not null) as r "
        "left join ledger_transfer as o on o.id = r.reverses_id and o.tenant_id = r.tenant_id "
        "and o.kind in ('post', 'settle') where r.nth > 1 or (o.credit_id, o.debit_id, o.unit, o.amount) "
        "is distinct from (r.debit_id, r.credit_id, r.unit, r.amount) limit $1",
        MOST_FINDINGS + 1,
    )
    for fault in faults:
        report.add(Finding(kind="rule", table="ledger_transfer", id=str(fault.id), detail=fault.detail))


class _Compared(msgspec.Struct):
    account_id: UUID
    known: bool
    guarded: bool
    stored: bool
    posted: int
    held: int
    posted_stored: int
    held_stored: int


async def _check_balances(tx: Tx, report: Report) -> None:
    """Recompute what every account holds from its transfers, and compare where a balance is kept."""
    compared = await tx.all(
        _Compared,
        "with moved as (select account_id, sum(debits) as debits, sum(credits) as credits, "
        "sum(held_debits) as held_debits, sum(held_credits) as held_credits from ("
        "select debit_id as account_id, amount as debits, 0 as credits, 0 as held_debits, 0 as held_credits "
        "from ledger_transfer where tenant_id = kernel_tenant() and kind in ('post', 'settle') "
        "union all select credit_id, 0, amount, 0, 0 "
        "from ledger_transfer where tenant_id = kernel_tenant() and kind in ('post', 'settle') "
        "union all select side.account_id, 0, 0, side.debits, side.credits from ledger_transfer as h, "
        "lateral (values (h.debit_id, h.amount, 0), (h.credit_id, 0, h.amount)) as side (account_id, debits, credits) "
        "where h.tenant_id = kernel_tenant() and h.kind = 'hold' and not exists (select from ledger_transfer as e "
        "where e.tenant_id = h.tenant_id and e.hold_id = h.id)) as leg group by account_id), "
        "stated as (select coalesce(a.id, m.account_id) as id, a.id is not null as known, "
        "coalesce(a.guarded, false) as guarded, coalesce(case a.side when 'credit' then m.credits - m.debits "
        "else m.debits - m.credits end, 0) as posted, coalesce(case a.side when 'credit' then m.held_debits "
        "else m.held_credits end, 0) as held from (select * from ledger_account where tenant_id = kernel_tenant()) "
        "as a full join moved as m on m.account_id = a.id) "
        "select coalesce(s.id, b.account_id) as account_id, coalesce(s.known, false) as known, "
        "coalesce(s.guarded, false) as guarded, b.account_id is not null as stored, "
        "coalesce(s.posted, 0)::bigint as posted, coalesce(s.held, 0)::bigint as held, "
        "coalesce(b.posted, 0) as posted_stored, coalesce(b.held, 0) as held_stored from stated as s "
        "full join (select * from ledger_balance where tenant_id = kernel_tenant()) as b on b.account_id = s.id "
        "where s.known is not true or s.guarded <> (b.account_id is not null) "
        "or (s.guarded and (s.posted <> b.posted or s.held <> b.held or s.posted < s.held)) limit $1",
        MOST_FINDINGS + 1,
    )
    for row in compared:
        report.add(_told(row))


def _told(row: _Compared) -> Finding:
    kind, table = "balance", "ledger_balance"
    if not row.known:
        kind, table, detail = "deleted", "ledger_account", "Transfers or a balance name it and it is gone."
    elif not row.guarded:
        detail = "It has a balance row and is not guarded."
    elif not row.stored:
        detail = "Its balance row is gone."
    elif (row.posted, row.held) != (row.posted_stored, row.held_stored):
        detail = (
            f"The balance row says {row.posted_stored} posted and {row.held_stored} held, "
            f"the transfers say {row.posted} posted and {row.held} held."
        )
    else:
        detail = f"It is guarded and has {row.posted} posted and {row.held} held."
    return Finding(kind=kind, table=table, id=str(row.account_id), detail=detail)


async def trial_balance(tx: Tx) -> list[UnitBalance]:
    """Debits and credits of every book, per unit, summed from the transfers; at most 1,000 lines.

    Raises:
        NotAllowed: the actor lacks ``ledger.read``.
    """
    tx.must(accounts.READ)
    lines = await tx.all(
        BookLine,
        "with moved as (select account_id, sum(debits) as debits, sum(credits) as credits from ("
        "select debit_id as account_id, amount as debits, 0 as credits from ledger_transfer "
        "where tenant_id = kernel_tenant() and kind in ('post', 'settle') union all "
        "select credit_id, 0, amount from ledger_transfer "
        "where tenant_id = kernel_tenant() and kind in ('post', 'settle')) as leg group by account_id) "
        "select a.unit, a.book, count(*) as accounts, coalesce(sum(m.debits), 0)::bigint as debits, "
        "coalesce(sum(m.credits), 0)::bigint as credits, "
        "(coalesce(sum(m.debits), 0) - coalesce(sum(m.credits), 0))::bigint as net from ledger_account as a "
        "left join moved as m on m.account_id = a.id where a.tenant_id = kernel_tenant() "
        "group by a.unit, a.book order by a.unit, a.book limit 1000",
    )
    balances: list[UnitBalance] = []
    for unit, of_unit in groupby(lines, lambda line: line.unit):
        books = list(of_unit)
        debits, credits_ = sum(line.debits for line in books), sum(line.credits for line in books)
        balances.append(UnitBalance(unit=unit, debits=debits, credits=credits_, books=books))
    return balances
