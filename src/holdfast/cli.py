"""The command line: ``holdfast <command>``. What a command does is elsewhere; here it is asked for and told."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from uuid import UUID

import asyncpg
import msgspec
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from holdfast import __version__, app, demo
from holdfast.kernel import backlog, backups, crypto, database, doctor, http, logs, migrations, processes, schedules
from holdfast.kernel import settings as settings_
from holdfast.kernel.events import Cursor
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings, SettingsError
from holdfast.shared.ledger import books, exports, proof
from holdfast.shared.tenants import directory
from holdfast.systems.loyalty import imports

main = typer.Typer(
    help="Holdfast, for businesses that owe their customers something.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Keys of the vault.", no_args_is_help=True)
loyalty = typer.Typer(help="Stamp cards.", no_args_is_help=True)
main.add_typer(keys, name="keys")
main.add_typer(loyalty, name="loyalty")

out = Console()
err = Console(stderr=True)
T = TypeVar("T")

Port = Annotated[int | None, typer.Option(help="Port to listen on.")]
MENDABLE = (
    *(Problem, demo.Refused, SettingsError, database.UnsafeRole, backups.BackupFailed),
    *(asyncpg.PostgresError, ValueError, OSError),
)
"""What a person can mend; it is told in a sentence, without a traceback."""


def _settings(*, keys: bool = True, **changes: Any) -> Settings:
    """The settings of this process, with what the command line says on top; ``keys`` says whether any are needed."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        settings = msgspec.structs.replace(settings_.current(), **given)
        logs.configure(settings)
        if keys:
            crypto.use(settings)
    except SettingsError as error:
        _fail(error)
    return settings


def _fail(error: BaseException) -> NoReturn:
    err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1) from error


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return uvloop.run(work)
    except MENDABLE as error:
        _fail(error)
    except ExceptionGroup as group:
        # Work that ran side by side; when all that went wrong can be mended, the first tells enough.
        mendable, other = group.split(MENDABLE)
        if mendable is None or other is not None:
            raise
        _fail(_first(mendable))


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


@main.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"holdfast {__version__}")
        raise typer.Exit


@main.command()
def migrate() -> None:
    """Bring the database to this release's tables; may be started on many machines at once."""
    settings = _settings()

    async def work() -> tuple[str | None, str]:
        where = await database.addresses(settings)
        if where.owner is None:
            raise SettingsError("Set DATABASE_OWNER_URL to the role that owns the tables.")
        return await migrations.migrate(where.owner)

    before, after = _run(work())
    out.print(f"At {after}." if before == after else f"From {before or 'nothing'} to {after}.")


@main.command()
def api(
    port: Port = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the port.")] = 1,
    descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Answer requests."""
    settings = _settings(port=port, host=host)
    if workers == 1:
        _run(app.serve(settings, listener=None if descriptor is None else socket.socket(fileno=descriptor)))
        return
    try:
        listener = http.listen(settings)
    except OSError as error:
        _fail(error)
    number = listener.fileno()
    children = [
        processes.Child(f"api {place}", ("api", "--descriptor", str(number)), (number,)) for place in range(workers)
    ]
    _run(_supervise(children))


@main.command()
def worker(count: Annotated[int, typer.Option("--processes", min=1, max=64, help="How many.")] = 1) -> None:
    """Run reactions and schedules; one of all workers is also the relay."""
    settings = _settings()
    if count == 1:
        _run(app.work(settings))
    else:
        _run(_supervise([processes.Child(f"worker {place}", ("worker",)) for place in range(count)]))


async def _supervise(children: list[processes.Child]) -> None:
    stopping = asyncio.Event()
    processes.stop_on_signals(stopping)
    await processes.run(children, stopping=stopping)


@main.command()
def up(
    port: Port = None, workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the api.")] = 1
) -> None:
    """Migrate, then run the api and a worker on this machine until Ctrl-C."""
    settings = _settings(port=port)

    async def work() -> None:
        where = await database.addresses(settings)
        if where.owner is not None:
            await migrations.migrate(where.owner)
        out.print(f"Holdfast answers at http://{settings.host}:{settings.port}/api/docs; Ctrl-C stops it.")
        serving = ("api", "--workers", str(workers), "--port", str(settings.port))
        await _supervise([processes.Child("api", serving), processes.Child("worker", ("worker",))])

    _run(work())


@main.command(name="demo")
def demo_(
    port: Port = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without the trickle of stamps.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop by itself after so long.")] = None,
) -> None:
    """Run the whole platform with two busy cafés in it. Ctrl-C stops it; the data stays."""
    _run(demo.run(out, port=port, trickling=not quiet, seconds=seconds))


@main.command(name="doctor")
def doctor_() -> None:
    """Say what is wrong with this installation, if anything is."""
    settings = _settings(keys=False)

    async def work() -> list[doctor.Finding]:
        found = [*doctor.look_at_machine(settings), doctor.look_at_vault(settings)]
        return found + [finding async for finding in doctor.look_at_database(settings)]

    findings = _run(work())
    table = Table("", "what", "found", "what to do", box=None)
    for found in findings:
        mark = "[green]✓[/green]" if found.healthy else "[red]✗[/red]"
        table.add_row(mark, found.what, found.detail, "" if found.healthy else found.advice)
    out.print(table)
    if not all(found.healthy for found in findings):
        raise typer.Exit(1)


@main.command()
def verify(
    tenant: Annotated[str | None, typer.Option(help="One business, by its short name; all when absent.")] = None,
    file: Annotated[Path | None, typer.Option(help="Exported books, proven without a database.")] = None,
) -> None:
    """Prove the books of every business, or name the rows that break them."""
    settings = _settings()

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

    if not _run(work() if file is None else work_on_file(file)):
        raise typer.Exit(1)


def _told(name: str, report: proof.Report) -> bool:
    verdict = "[green]proven[/green]" if report.proven else "[red]BROKEN[/red]"
    counted = f"{report.accounts:,} accounts, {report.transfers:,} transfers, {report.sealed:,} rows sealed"
    out.print(f"{verdict}  {name}: {counted}, {report.unsealed:,} not yet.", highlight=False, soft_wrap=True)
    for finding in report.findings:
        out.print(f"  {finding.kind} {finding.table} {finding.id}: {finding.detail}", style="red", markup=False)
    if report.found > len(report.findings):
        out.print(f"  and {report.found - len(report.findings):,} more", style="red")
    return report.proven


@main.command()
def export(tenant: Annotated[str, typer.Option(help="The business, by its short name.")], file: Path) -> None:
    """Write the books of a business as JSON lines, which anybody can prove with `holdfast verify --file`."""
    settings = _settings()

    async def work() -> None:
        async with database.opened(settings) as database_:
            each = await directory.named(database_, tenant)
            with file.open("w", encoding="utf-8") as handle:
                async with books.snapshot(database_, each.id) as tx:
                    async for line in exports.export(tx):
                        handle.write(line)

    _run(work())
    out.print(f"{file}: {file.stat().st_size / 1e6:.1f} MB.")


@main.command()
def backup(file: Path) -> None:
    """Write the whole database to one file."""
    size = _run(backups.backup(_settings(), file))
    out.print(f"{file}: {size / 1e6:.1f} MB.")


@main.command()
def restore(file: Path) -> None:
    """Put a backup in the place of the database; the present one is kept under another name."""
    kept = _run(backups.restore(_settings(), file))
    out.print(f"Restored. The database that was there is now called {kept}.")


@main.command()
def jobs(
    replay: Annotated[bool, typer.Option("--replay", help="Try the dead letters again.")] = False,
    reaction: Annotated[str | None, typer.Option(help="Of this reaction only.")] = None,
    event: Annotated[UUID | None, typer.Option(help="Of this event only.")] = None,
) -> None:
    """Show what waits, what failed for good, and the schedules; or try what failed again."""
    settings = _settings()

    async def work() -> None:
        async with database.opened(settings) as database_:
            if replay:
                again = await backlog.replay(database_, reaction=reaction, event=event)
                out.print(f"{again} dead letters will be tried again.")
                return
            state = await backlog.relay_state(database_)
            out.print(f"The relay is at {state.cursor}, {state.lag().total_seconds():.1f} s behind.", highlight=False)
            _print_counts(await backlog.counts(database_, with_done=True))
            _print_dead(await backlog.dead(database_, reaction=reaction, event=event))
            _print_schedules(await schedules.planned(database_))

    _run(work())


def _print_counts(counts: list[backlog.Count]) -> None:
    table = Table("reaction", "state", "deliveries", "oldest", box=None)
    for count in counts:
        table.add_row(count.reaction, count.state, f"{count.count:,}", _when(count.oldest_at))
    out.print(table)


def _print_dead(letters: list[backlog.DeadLetter]) -> None:
    table = Table("dead letter", "reaction", "event", "attempts", "what went wrong", box=None)
    for letter in letters:
        table.add_row(str(letter.event_id), letter.reaction, letter.name, str(letter.attempts), letter.error or "")
    out.print(table if letters else "No dead letters.")


def _print_schedules(planned: list[schedules.Planned]) -> None:
    table = Table("schedule", "tenant", "when", "last", "next", "", box=None)
    for each in planned:
        note = f"[red]{each.overdue} late[/red]" if each.overdue > schedules.LATE else each.error or ""
        when = (each.expression, _when(each.last_at), _when(each.next_at))
        table.add_row(each.name, str(each.tenant_id), *when, note)
    out.print(table)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "never"


@main.command()
def events(
    after: Annotated[str | None, typer.Option(help="A cursor; 0-0 is the beginning, absent is now.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    prefix: Annotated[str | None, typer.Option(help="Names that begin so, such as loyalty.stamps.")] = None,
) -> None:
    """Print events as JSON lines, in their order."""
    settings = _settings()
    cursor = None if after is None else Cursor.parse(after)
    if after is not None and cursor is None:
        _fail(ValueError(f"{after!r} is not a cursor such as 1234-56."))

    async def work() -> None:
        async with database.opened(settings) as database_:
            place = cursor or await backlog.last(database_)
            while True:
                found = await backlog.tail(database_, place, prefix=prefix)
                for event in found:
                    place = event.cursor
                    sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
                if not found:
                    sys.stdout.flush()
                    if not follow:
                        return
                    await asyncio.sleep(0.25)

    with contextlib.suppress(KeyboardInterrupt):
        _run(work())


@main.command(name="settings")
def show_settings() -> None:
    """Print every setting, its value in force, and what it is for; secrets are not shown."""
    table = Table("setting", "value", "what it is for", box=None)
    for name, value, description in settings_.described(_settings()):
        table.add_row(name, value, description)
    out.print(table)


@keys.command(name="new")
def new_key() -> None:
    """Print a fresh vault key, to be put in front of HOLDFAST_VAULT_KEYS."""
    sys.stdout.write(crypto.new_vault_key() + "\n")


@main.command()
def openapi() -> None:
    """Print the OpenAPI document of this release."""
    document = msgspec.json.format(msgspec.json.encode(app.openapi_document()), indent=1)
    sys.stdout.write(document.decode() + "\n")


@loyalty.command(name="import")
def import_visits(
    file: Path,
    tenant: Annotated[str, typer.Option(help="The business, by its short name.")],
    program: Annotated[UUID, typer.Option(help="The program's id.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing, only say what would happen.")] = False,
) -> None:
    """Replay a history of visits from a CSV file at their own dates. Repeating it adds nothing."""
    settings = _settings()

    async def work() -> imports.Report:
        async with database.opened(settings) as database_:
            business = await directory.named(database_, tenant)
            with _progress(file.name) as progress:
                return await imports.import_visits(
                    database_, business.id, program, file, dry_run=dry_run, progress=progress
                )

    report = _run(work())
    for line in report.rejected:
        out.print(f"  line {line.line}: {line.reason}", style="yellow", markup=False)
    out.print(report.told(), highlight=False)


@contextlib.contextmanager
def _progress(description: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


if __name__ == "__main__":
    main()
