"""Exports: a tenant's whole ledger as JSON lines, which ``proof.verify_export`` proves without a database.

The first line says whose books these are. Then come accounts and transfers in the order of the hash chain, each with
its position and hash, then what is not sealed yet, then the stored balances, and a last line that counts the others.
"""

from collections.abc import AsyncIterator

import msgspec

from holdfast.kernel.auth import grant
from holdfast.kernel.tx import Tx

EXPORT = grant("ledger.export", "Take the whole ledger away as a file", roles=("owner",))

BATCH = 5_000
"""Rows of one read; memory stays the same for any number of transfers."""


class _Line(msgspec.Struct):
    xid: int
    """With ``seq``, where the next batch begins; a seal's position is told by ``seq`` alone."""
    seq: int
    line: str


async def export(tx: Tx) -> AsyncIterator[str]:
    """The tenant's ledger, a line at a time, each ending in a newline. Give it a ``books.snapshot``.

    Raises:
        NotAllowed: the actor lacks ``ledger.export``.
    """
    tx.must(EXPORT)
    header = {"type": "ledger", "version": 1, "tenant_id": tx.tenant, "exported_at": tx.now}
    yield msgspec.json.encode(header).decode() + "\n"
    lines = 0
    for part in (_sealed, _accounts, _transfers, _balances):
        xid, seq = 0, 0
        while True:
            batch = await part(tx, xid, seq)
            for row in batch:
                yield row.line + "\n"
            lines += len(batch)
            if len(batch) < BATCH:
                break
            xid, seq = batch[-1].xid, batch[-1].seq
    yield msgspec.json.encode({"type": "end", "lines": lines}).decode() + "\n"


async def _sealed(tx: Tx, _: int, position: int) -> list[_Line]:
    return await tx.all(
        _Line,
        "select s.xid, s.position as seq, json_build_object('type', s.kind, 'position', s.position, "
        "'hash', encode(s.hash, 'hex'), 'id', s.subject_id, 'row', coalesce(t.row, a.row))::text as line "
        "from (select * from ledger_seal where tenant_id = kernel_tenant() and position > $1 "
        "order by position limit $2) as s left join lateral (select row_to_json(r) as row from ledger_transfer as r "
        "where r.id = s.subject_id and r.tenant_id = s.tenant_id and s.kind = 'transfer' limit 1) as t on true "
        "left join lateral (select row_to_json(r) as row from ledger_account as r where r.id = s.subject_id "
        "and r.tenant_id = s.tenant_id and s.kind = 'account' limit 1) as a on true order by s.position",
        position,
        BATCH,
    )


async def _accounts(tx: Tx, xid: int, seq: int) -> list[_Line]:
    return await tx.all(
        _Line,
        "select a.xid, a.seq, json_build_object('type', 'account', 'row', row_to_json(a))::text as line "
        "from ledger_account as a where a.tenant_id = kernel_tenant() and (a.xid, a.seq) > ($1, $2) and not exists ("
        "select from ledger_seal as s where s.tenant_id = a.tenant_id and s.subject_id = a.id and s.kind = 'account') "
        "order by a.xid, a.seq limit $3",
        xid,
        seq,
        BATCH,
    )


async def _transfers(tx: Tx, xid: int, seq: int) -> list[_Line]:
    return await tx.all(
        _Line,
        "select t.xid, t.seq, json_build_object('type', 'transfer', 'row', row_to_json(t))::text as line "
        "from ledger_transfer as t where t.tenant_id = kernel_tenant() and (t.xid, t.seq) > ($1, $2) and not exists ("
        "select from ledger_seal as s where s.tenant_id = t.tenant_id and s.subject_id = t.id "
        "and s.kind = 'transfer') order by t.xid, t.seq limit $3",
        xid,
        seq,
        BATCH,
    )


async def _balances(tx: Tx, xid: int, seq: int) -> list[_Line]:
    return await tx.all(
        _Line,
        "select a.xid, a.seq, json_build_object('type', 'balance', 'row', row_to_json(b))::text as line "
        "from ledger_balance as b join ledger_account as a on a.id = b.account_id "
        "where a.tenant_id = kernel_tenant() and (a.xid, a.seq) > ($1, $2) order by a.xid, a.seq limit $3",
        xid,
        seq,
        BATCH,
    )
