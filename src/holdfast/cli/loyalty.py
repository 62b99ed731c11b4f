"""Commands of the stamp cards."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from holdfast.cli import console
from holdfast.kernel import database
from holdfast.shared.tenants import directory
from holdfast.systems.loyalty import imports

cards = typer.Typer(no_args_is_help=True)


@cards.callback()
def _group() -> None:
    """Stamp cards."""


@cards.command("import")
def import_visits(
    file: Path,
    tenant: Annotated[str, typer.Option(help="The business, by its short name.")],
    program: Annotated[UUID, typer.Option(help="The program's id.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Import what can be, whatever is rejected.")] = False,
) -> None:
    """Replay a history of visits from a CSV file at their own dates: first dry, then in earnest. Twice adds nothing."""
    settings = console.settings()

    async def work(*, dry: bool) -> imports.Report:
        async with database.opened(settings) as database_:
            business = await directory.named(database_, tenant)
            with console.progress(file.name) as progress:
                return await imports.import_visits(
                    database_, business.id, program, file, dry_run=dry, progress=progress
                )

    foreseen = console.run(work(dry=True))
    for line in foreseen.rejected:
        console.out.print(f"  line {line.line}: {line.reason}", style="yellow", markup=False)
    console.out.print(foreseen.told(), highlight=False)
    if dry_run or (foreseen.rejected and not yes and not typer.confirm("Import the rest?")):
        return
    console.out.print(console.run(work(dry=False)).told(), highlight=False)
