"""Seals: a hash chain per tenant over its accounts and transfers, in the order in which they were committed.

Writers know nothing of it and never wait for it. The sealer comes behind them: it takes what lies below the horizon
under which no transaction is still at work, so nothing can appear later among what it sealed, and appends a hash per
row. ``proof`` has the chain itself, and ``books`` verifies it.
"""

import heapq
from uuid import UUID

import msgspec

from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import proof

BATCH = 10_000
"""Rows that are sealed by one statement; also the most that are in memory at once."""


class SealAhead(Exception):
    """The chain's end is ahead of the server's transactions: the data was restored into another server.

    What is written there now has its place before sealed rows, so sealing stops rather than pass it over.
    """


class End(msgspec.Struct):
    """The last seal of the chain."""

    position: int
    kind: str
    xid: int
    seq: int
    hash: bytes

    @property
    def accounts(self) -> tuple[int, int]:
        """The place after which accounts are not sealed yet: in a transaction, accounts come before transfers."""
        return (self.xid, self.seq) if self.kind == "account" else (self.xid, 2**63 - 1)

    @property
    def transfers(self) -> tuple[int, int]:
        """The place after which transfers are not sealed yet."""
        return (self.xid, self.seq) if self.kind == "transfer" else (self.xid, 0)


class _Line(msgspec.Struct):
    """A row to seal."""

    kind: str
    id: UUID
    xid: int
    seq: int
    line: str

    @property
    def place(self) -> tuple[int, str, int]:
        """Where it stands in the chain."""
        return self.xid, self.kind, self.seq


_START = End(position=0, kind="account", xid=0, seq=0, hash=proof.GENESIS)


async def end(tx: Tx) -> End:
    """The last seal of the tenant's chain; position 0 before the first."""
    found = await tx.find(
        End,
        "select position, kind, xid, seq, hash from ledger_seal where tenant_id = kernel_tenant() "
        "order by position desc limit 1",
    )
    return found or _START


async def anchor(tx: Tx) -> proof.Anchor | None:
    """The end of the tenant's chain: what to keep outside, to prove the books against it later."""
    last = await end(tx)
    return proof.Anchor(position=last.position, hash=last.hash.hex()) if last.position else None


async def seal(tx: Tx, *, most: int = 5 * BATCH) -> int:
    """Append to the chain what was committed since the last seal, up to ``most`` rows; gives how many.

    A reconciler: it takes no input and may run at any time and at once with itself; whoever comes second leaves the
    work to the first. A transaction that stays open for long only delays the sealing of what is newer than it.

    Raises:
        SealAhead: no transaction of this server can have written what was sealed last.
    """
    alone = await tx.one(
        bool,
        "select pg_try_advisory_xact_lock(hashtext('holdfast.ledger.seal'), hashtext(kernel_tenant()::text))",
    )
    if not alone:
        return 0
    sealed = 0
    while sealed < most:
        count = await _seal_batch(tx, min(BATCH, most - sealed))
        sealed += count
        if count < BATCH:
            break
    return sealed


async def _seal_batch(tx: Tx, limit: int) -> int:
    last = await end(tx)
    # Everything below the horizon was committed or rolled back before this statement, so both reads see all of it.
    horizon = await tx.one(int, "select kernel_horizon()")
    if last.xid >= horizon:
        raise SealAhead
    accounts = await tx.all(
        _Line,
        "select 'account' as kind, a.id, a.xid, a.seq, ledger_line(a) as line from ledger_account as a "
        "where a.tenant_id = kernel_tenant() and (a.xid, a.seq) > ($1, $2) and a.xid < $3 "
        "order by a.xid, a.seq limit $4",
        *last.accounts,
        horizon,
        limit,
    )
    transfers = await tx.all(
        _Line,
        "select 'transfer' as kind, t.id, t.xid, t.seq, ledger_line(t) as line from ledger_transfer as t "
        "where t.tenant_id = kernel_tenant() and (t.xid, t.seq) > ($1, $2) and t.xid < $3 "
        "order by t.xid, t.seq limit $4",
        *last.transfers,
        horizon,
        limit,
    )
    lines = list(heapq.merge(accounts, transfers, key=lambda line: line.place))[:limit]
    hashes: list[bytes] = []
    previous = last.hash
    for line in lines:
        previous = proof.chained(previous, line.line)
        hashes.append(previous)
    if lines:
        await tx.execute(
            "insert into ledger_seal (position, kind, subject_id, xid, seq, hash, sealed_at) "
            "select $1 + place, kind, subject_id, xid, seq, hash, $7 from unnest($2::text[], $3::uuid[], $4::bigint[], "
            "$5::bigint[], $6::bytea[]) with ordinality as sealed (kind, subject_id, xid, seq, hash, place)",
            last.position,
            [line.kind for line in lines],
            [line.id for line in lines],
            [line.xid for line in lines],
            [line.seq for line in lines],
            hashes,
            tx.now,
        )
    return len(lines)
