"""Commands that look: at the installation, the books, the jobs, the events, the settings."""

import asyncio
import contextlib
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.table import Table

from holdfast.cli import console
from holdfast.kernel import backlog, database, schedules
from holdfast.kernel import doctor as doctor_
from holdfast.kernel import settings as settings_
from holdfast.kernel.events import Cursor
from holdfast.shared.ledger import books, exports, proof
from holdfast.shared.tenants import directory

_PAGE = 2_000
"""Events that are read at once."""


def doctor() -> None:
    """Say what is wrong with this installation, if anything is."""
    settings = console.settings(keys=False)

    async def work() -> list[doctor_.Finding]:
        found = [*doctor_.look_at_machine(settings), doctor_.look_at_vault(settings)]
        return found + [finding async for finding in doctor_.look_at_database(settings)]

    findings = console.run(work())
    table = Table("", "what", "found", "what to do", box=None)
    for found in findings:
        mark = "[green]✓[/green]" if found.healthy else "[red]✗[/red]"
        table.add_row(mark, found.what, found.detail, "" if found.healthy else found.advice)
    console.out.print(table)
    if not all(found.healthy for found in findings):
        raise typer.Exit(1)


def verify(
    tenant: Annotated[str | None, typer.Option(help="One business, by its short name; all when absent.")] = None,
    file: Annotated[Path | None, typer.Option(help="Exported books, proven without a database.")] = None,
) -> None:
    """Prove the books of every business, or name the rows that break them."""
    settings = console.settings()

    async def work() -> bool:
        proven = True
        async with database.opened(settings) as database_:
            found = [await directory.named(database_, tenant)] if tenant else await directory.every(database_)
            for each in found:
                async with books.snapshot(database_, each.id) as tx:
                    proven &= _told(each.name, await books.verify(tx))
        return proven

    async def work_on_file(file: Path) -> bool:
        return _told(str(file), await asyncio.to_thread(proof.verify_export, file))

    if not console.run(work() if file is None else work_on_file(file)):
        raise typer.Exit(1)


def _told(name: str, report: proof.Report) -> bool:
    verdict = "[green]proven[/green]" if report.proven else "[red]BROKEN[/red]"
    counted = f"{report.accounts:,} accounts, {report.transfers:,} transfers, {report.sealed:,} rows sealed"
    console.out.print(f"{verdict}  {name}: {counted}, {report.unsealed:,} not yet.", highlight=False, soft_wrap=True)
    for finding in report.findings:
        console.out.print(f"  {finding.kind} {finding.table} {finding.id}: {finding.detail}", style="red", markup=False)
    if report.found > len(report.findings):
        console.out.print(f"  and {report.found - len(report.findings):,} more", style="red")
    return report.proven


def export(tenant: Annotated[str, typer.Option(help="The business, by its short name.")], file: Path) -> None:
    """Write the books of a business as JSON lines, which anybody can prove with `holdfast verify --file`."""
    settings = console.settings()

    async def work() -> None:
        async with database.opened(settings) as database_:
            each = await directory.named(database_, tenant)
            with file.open("w", encoding="utf-8") as handle:
                async with books.snapshot(database_, each.id) as tx:
                    async for line in exports.export(tx):
                        handle.write(line)

    console.run(work())
    console.out.print(f"{file}: {file.stat().st_size / 1e6:.1f} MB.")


def jobs(
    replay: Annotated[bool, typer.Option("--replay", help="Try the dead letters again.")] = False,
    reaction: Annotated[str | None, typer.Option(help="Of this reaction only.")] = None,
    event: Annotated[UUID | None, typer.Option(help="Of this event only.")] = None,
) -> None:
    """Show what waits, what failed for good, and the schedules; or try what failed again."""
    settings = console.settings()

    async def work() -> None:
        async with database.opened(settings) as database_:
            if replay:
                again = await backlog.replay(database_, reaction=reaction, event=event)
                console.out.print(f"{again} dead letters will be tried again.")
                return
            state = await backlog.relay_state(database_)
            behind = f"{state.lag().total_seconds():.1f} s behind"
            console.out.print(f"The relay is at {state.cursor}, {behind}.", highlight=False)
            _print_counts(await backlog.counts(database_, with_done=True))
            _print_dead(await backlog.dead(database_, reaction=reaction, event=event))
            _print_schedules(await schedules.planned(database_))

    console.run(work())


def _print_counts(counts: list[backlog.Count]) -> None:
    table = Table("reaction", "state", "deliveries", "oldest", box=None)
    for count in counts:
        table.add_row(count.reaction, count.state, f"{count.count:,}", _when(count.oldest_at))
    console.out.print(table)


def _print_dead(letters: list[backlog.DeadLetter]) -> None:
    table = Table("dead letter", "reaction", "event", "attempts", "what went wrong", box=None)
    for letter in letters:
        table.add_row(str(letter.event_id), letter.reaction, letter.name, str(letter.attempts), letter.error or "")
    console.out.print(table if letters else "No dead letters.")


def _print_schedules(planned: list[schedules.Planned]) -> None:
    table = Table("schedule", "tenant", "when", "last", "next", "", box=None)
    for each in planned:
        note = f"[red]{each.overdue} late[/red]" if each.overdue > schedules.LATE else each.error or ""
        when = (each.expression, _when(each.last_at), _when(each.next_at))
        table.add_row(each.name, str(each.tenant_id), *when, note)
    console.out.print(table)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "never"


def events(
    after: Annotated[str | None, typer.Option(help="A cursor; 0-0 is the beginning, absent is now.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    prefix: Annotated[str | None, typer.Option(help="Names that begin so, such as loyalty.stamps.")] = None,
) -> None:
    """Print events as JSON lines, in their order."""
    settings = console.settings()
    cursor = None if after is None else Cursor.parse(after)
    if after is not None and cursor is None:
        console.fail(ValueError(f"{after!r} is not a cursor such as 1234-56."))

    async def work() -> None:
        async with database.opened(settings) as database_:
            place = cursor or await backlog.last(database_)
            while True:
                found = await backlog.tail(database_, place, prefix=prefix, limit=_PAGE)
                for event in found:
                    place = event.cursor
                    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
                if not found:
                    sys.stdout.flush()
                    if not follow:
                        return
                    await asyncio.sleep(0.25)

    with contextlib.suppress(KeyboardInterrupt):
        console.run(work())


def settings() -> None:
    """Print every setting, its value in force, and what it is for; secrets are not shown."""
    table = Table("setting", "value", "what it is for", box=None)
    for name, value, description in settings_.described(console.settings()):
        table.add_row(name, value, description)
    console.out.print(table)
