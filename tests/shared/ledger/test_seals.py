"""Seals: everything that was committed is chained once, in its order, and nobody waits for it."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel import jobs
from holdfast.kernel.database import Connection, Database
from holdfast.kernel.tx import PLATFORM, Tx, begin, transaction
from holdfast.shared.ledger import books, proof, reactions, seals
from holdfast.shared.ledger.proof import Report
from tests.conftest import Open
from tests.shared.ledger import bank


async def _sealed(tx: Tx) -> list[tuple[int, str, UUID]]:
    records = await tx.connection.fetch("select position, kind, subject_id from ledger_seal order by position")
    return [(record["position"], record["kind"], record["subject_id"]) for record in records]


async def _verified(database: Database, tenant: UUID) -> Report:
    async with books.snapshot(database, tenant) as tx:
        return await books.verify(tx)


async def seal_all(database: Database, tenant: UUID, rows: int) -> None:
    """Seal until that many rows are sealed; the horizon waits for other tests' transactions on the same server."""
    async with asyncio.timeout(90):
        while True:
            async with transaction(database, tenant) as tx:
                await seals.seal(tx)
                if (await seals.end(tx)).position >= rows:
                    return
            await asyncio.sleep(0.01)


async def test_rows_are_sealed_in_their_order(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx), await bank.wallet(tx)
        issuer = await bank.issuer(tx)
    moved = []
    for amount in (5, 3):
        async with committed() as tx:
            moved.append(await bank.fund(tx, payer, amount))
            moved.append(await bank.pay(tx, payer, payee, 1))
    await seal_all(database, tenant, 7)
    async with committed() as tx:
        chain = await _sealed(tx)
        assert await seals.seal(tx) == 0
    assert [position for position, _, _ in chain] == list(range(1, 8))
    assert {row for _, _, row in chain[:3]} == {payer.id, payee.id, issuer.id}
    assert [row for _, _, row in chain[3:]] == [transfer.id for transfer in moved]


async def test_the_chain_goes_on_where_it_ended(
    database: Database, tenant: UUID, committed: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "BATCH", 3)
    monkeypatch.setattr(books, "BATCH", 2)
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)
        for _ in range(10):
            await bank.pay(tx, payer, payee, 1)
    # Accounts and transfers of one transaction span several batches.
    await seal_all(database, tenant, 14)
    async with committed() as tx:
        assert len(await _sealed(tx)) == 14
        await bank.pay(tx, payer, payee, 1)
        await bank.wallet(tx, 1)
    report = await _verified(database, tenant)
    assert (report.proven, report.sealed, report.unsealed) == (True, 14, 3)
    before = report.anchor
    await seal_all(database, tenant, 17)
    async with committed() as tx:
        assert await seals.anchor(tx) == (await _verified(database, tenant)).anchor
    async with books.snapshot(database, tenant) as tx:
        assert (await books.verify(tx, anchor=before)).proven


async def test_most_bounds_one_run(committed: Open, database: Database, tenant: UUID) -> None:
    async with committed() as tx:
        wallet = await bank.wallet(tx)
        for _ in range(5):
            await bank.fund(tx, wallet, 1)
    await seal_all(database, tenant, 7)
    async with committed() as tx:
        for _ in range(5):
            await bank.fund(tx, wallet, 1)
    async with asyncio.timeout(90):
        sealed = 0
        while sealed == 0:
            async with committed() as tx:
                sealed = await seals.seal(tx, most=2)
    assert sealed == 2


async def test_what_is_not_committed_is_not_passed(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 10), await bank.wallet(tx)
        wallets = [await bank.wallet(tx, 10) for _ in range(2)]
    await seal_all(database, tenant, 8)
    async with database.app.connection() as connection:
        slow = await begin(connection, tenant=tenant, actor=PLATFORM, database=database)
        late = await bank.pay(slow, payer, payee, 1)
        async with committed() as tx:
            early = await bank.pay(tx, wallets[0], wallets[1], 1)
        async with committed() as tx:
            # The second transfer is committed, yet the first may still appear before it.
            assert await seals.seal(tx) == 0
            assert (early.xid, early.seq) > (late.xid, late.seq)
        await connection.execute("commit")
    await seal_all(database, tenant, 10)
    async with committed() as tx:
        assert [row for _, _, row in await _sealed(tx)][-2:] == [late.id, early.id]
    assert (await _verified(database, tenant)).proven


async def test_no_writer_waits_for_the_sealer(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 10), await bank.wallet(tx)
    async with database.app.connection() as connection:
        sealer = await begin(connection, tenant=tenant, actor=PLATFORM, database=database)
        await seals.seal(sealer)
        async with asyncio.timeout(20), committed() as tx:
            await bank.pay(tx, payer, payee, 1)
        async with committed() as tx:
            # A second sealer leaves the work to the first.
            assert await seals.seal(tx) == 0
        await connection.execute("commit")
    await seal_all(database, tenant, 5)
    assert (await _verified(database, tenant)).proven


async def test_many_sealers_and_writers_make_one_chain(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        payer, payee = await bank.wallet(tx, 100), await bank.wallet(tx)

    async def write() -> None:
        for _ in range(10):
            async with transaction(database, tenant) as tx:
                await bank.pay(tx, payer, payee, 1)

    async def run() -> None:
        for _ in range(10):
            async with transaction(database, tenant) as tx:
                await reactions.seal(tx)

    await asyncio.gather(*(write() for _ in range(3)), *(run() for _ in range(3)))
    await seal_all(database, tenant, 34)
    report = await _verified(database, tenant)
    assert (report.proven, report.sealed, report.unsealed) == (True, 34, 0)


async def test_each_tenant_has_its_own_chain(
    database: Database, tenant: UUID, other_tenant: UUID, committed: Open
) -> None:
    for owner in (tenant, other_tenant):
        async with committed(tenant=owner) as tx:
            await bank.wallet(tx, 1)
    await seal_all(database, tenant, 3)
    assert (await _verified(database, other_tenant)).sealed == 0
    await seal_all(database, other_tenant, 3)
    first, second = await _verified(database, tenant), await _verified(database, other_tenant)
    assert first.proven
    assert second.proven
    assert first.anchor != second.anchor


async def test_a_chain_of_another_server_is_not_continued(
    database: Database, tenant: UUID, committed: Open, superuser: Connection
) -> None:
    async with committed() as tx:
        await bank.wallet(tx, 1)
    await seal_all(database, tenant, 3)
    async with superuser.transaction():
        await superuser.execute("set local session_replication_role = 'replica'")
        await superuser.execute("update ledger_seal set xid = xid + 1000000000 where tenant_id = $1", tenant)
    with pytest.raises(seals.SealAhead):
        async with committed() as tx:
            await seals.seal(tx)


async def test_the_empty_book_is_proven(database: Database, tenant: UUID) -> None:
    report = await _verified(database, tenant)
    assert report == Report(tenant_id=str(tenant), proven=True)
    async with transaction(database, tenant) as tx:
        assert await seals.anchor(tx) is None
        assert (await seals.end(tx)).hash == proof.GENESIS


def test_sealing_is_scheduled() -> None:
    schedule = jobs.REGISTRY.schedules["ledger.seal"]
    assert schedule.run is reactions.seal
    assert not schedule.platform
