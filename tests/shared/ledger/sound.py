"""Sound books for the tests that spoil them: every kind of row, sealed, and a few that are not sealed yet."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.tx import transaction
from holdfast.shared.ledger import books, holds, seals, transfers
from holdfast.shared.ledger.accounts import Account
from holdfast.shared.ledger.proof import Anchor, Finding, Report
from holdfast.shared.ledger.transfers import Leg, Transfer
from tests.shared.ledger import bank
from tests.shared.ledger.test_seals import seal_all

SEALED = 14


@dataclass
class Sound:
    """The rows of sound books by what they are."""

    database: Database
    tenant: UUID
    issuer: Account
    payer: Account
    payee: Account
    paid: Transfer
    """In the middle of the chain."""
    legs: list[Transfer]
    open_hold: Transfer
    ended_hold: Transfer
    settled: Transfer
    reversal: Transfer
    tail: Transfer
    """Not sealed."""
    anchor: Anchor

    async def verify(self, anchor: Anchor | None = None) -> Report:
        """What a verification of these books finds now."""
        async with books.snapshot(self.database, self.tenant) as tx:
            return await books.verify(tx, anchor=anchor)

    async def export(self, file: Path) -> Path:
        """These books as a file."""
        async with books.snapshot(self.database, self.tenant) as tx:
            lines = [line async for line in books.export(tx)]
        await asyncio.to_thread(file.write_text, "".join(lines))
        return file


async def keep(database: Database, tenant: UUID) -> Sound:
    """Books of a tenant in which everything happened once, with one transfer behind the last seal."""
    async with transaction(database, tenant) as tx:
        issuer = await bank.issuer(tx)
        payer, payee = await bank.wallet(tx, 1000), await bank.wallet(tx, 1000)
        paid = await bank.pay(tx, payer, payee, 30)
        legs = await transfers.post(
            tx,
            [
                Leg(debit=payer.id, credit=payee.id, amount=n, unit="PEN", code="bank.leg", reference_id=ids.new())
                for n in (7, 8)
            ],
        )
    async with transaction(database, tenant) as tx:
        withdrawal = {"debit": payer.id, "credit": payee.id, "unit": "PEN", "code": "bank.withdrawal"}
        open_hold = await holds.hold(tx, amount=20, **withdrawal)  # type: ignore[arg-type] # the same for two holds
        ended_hold = await holds.hold(tx, amount=20, **withdrawal)  # type: ignore[arg-type] # as above
        settled = await holds.settle(tx, ended_hold.id, amount=5)
        released = await holds.hold(tx, amount=20, **withdrawal)  # type: ignore[arg-type] # as above
        await holds.release(tx, released.id)
        reversal = await transfers.reverse(tx, legs[0].id)
    await seal_all(database, tenant, SEALED)
    async with transaction(database, tenant) as tx:
        tail = await bank.pay(tx, payer, payee, 1)
        anchor = await seals.anchor(tx)
    assert anchor is not None
    return Sound(
        database=database,
        tenant=tenant,
        issuer=issuer,
        payer=payer,
        payee=payee,
        paid=paid,
        legs=legs,
        open_hold=open_hold,
        ended_hold=ended_hold,
        settled=settled,
        reversal=reversal,
        tail=tail,
        anchor=anchor,
    )


async def spoil(superuser: Connection, sql: str, *arguments: object) -> None:
    """Change committed rows as somebody whom no trigger and no foreign key stops."""
    async with superuser.transaction():
        await superuser.execute("set local session_replication_role = 'replica'")
        tag = await superuser.execute(sql, *arguments)
    assert not tag.endswith(" 0"), "nothing was spoilt, so nothing would be shown"


def named(findings: list[Finding]) -> set[tuple[str, str, str | None]]:
    """What was found, without the words."""
    return {(finding.kind, finding.table, finding.id) for finding in findings}
