"""Commands that look at money: what the payment providers hold against what we do."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from holdfast.cli import console
from holdfast.integrations.payments import connecting
from holdfast.kernel import database
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx, transaction
from holdfast.shared.payments import comparing, connections, reconciliation
from holdfast.shared.payments.reconciliation import Whole
from holdfast.shared.tenants import directory


def reconcile(
    tenant: Annotated[str | None, typer.Option(help="One business, by its short name; all when absent.")] = None,
    days: Annotated[int, typer.Option(help="How far back to look.", min=1, max=400)] = 3,
) -> None:
    """Compare our payments, the books and every provider's own list; repair what is safe, tell the rest."""
    settings = console.settings()

    async def work() -> bool:
        clean = True
        async with database.opened(settings) as database_:
            try:
                found = [await directory.named(database_, tenant)] if tenant else await directory.every(database_)
                for each in found:
                    for whole, provider in await _compare(database_, each.id, timedelta(days=days)):
                        clean &= _told(f"{each.name}, {provider}", whole)
            finally:
                await connecting.close_all()
        return clean

    if not console.run(work()):
        raise typer.Exit(1)


async def _compare(database_: Database, tenant: UUID, back: timedelta) -> list[tuple[Whole, str]]:
    """Every active connection of a business, compared one after the other."""

    def opens() -> AbstractAsyncContextManager[Tx]:
        return transaction(database_, tenant)

    async with opens() as tx:
        active = [connection for connection in await connections.listing(tx) if connection.active]
    done: list[tuple[Whole, str]] = []
    for connection in active:
        async with opens() as tx:
            wanted = await reconciliation.want(tx, connection.id, since=tx.now - back, announce=False)
        await comparing.run(opens, database_, wanted.id)
        async with opens() as tx:
            done.append((await reconciliation.whole(tx, wanted.id), connection.name))
    return done


def _told(what: str, whole: Whole) -> bool:
    run = whole.run
    verdict = {"clean": "[green]clean[/green]", "found": "[red]DIFFERS[/red]"}.get(run.status, "[red]FAILED[/red]")
    counted = f"{run.compared:,} payments compared, {run.repaired:,} repaired, {run.standing:,} to look at."
    console.out.print(f"{verdict}  {what}: {run.error or counted}", highlight=False, soft_wrap=True)
    for finding in whole.findings:
        if not finding.repaired:
            evidence = f"ours {finding.ours}, ledger {finding.ledger}, theirs {finding.theirs}"
            console.out.print(f"  {finding.kind} {finding.subject}: {evidence}", style="red", markup=False)
    return run.status == "clean"
