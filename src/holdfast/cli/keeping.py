"""Commands that keep the platform: its tables, its backups, its keys."""

import sys
from pathlib import Path

import typer

from holdfast.cli import console
from holdfast.kernel import backups, crypto, database, migrations
from holdfast.kernel.settings import SettingsError

keys = typer.Typer(no_args_is_help=True)


def migrate() -> None:
    """Bring the database to this release's tables; may be started on many machines at once."""
    settings = console.settings()

    async def work() -> tuple[str | None, str]:
        where = await database.addresses(settings)
        if where.owner is None:
            raise SettingsError("Set DATABASE_OWNER_URL to the role that owns the tables.")
        return await migrations.migrate(where.owner)

    before, after = console.run(work())
    console.out.print(f"At {after}." if before == after else f"From {before or 'nothing'} to {after}.")


def backup(file: Path) -> None:
    """Write the whole database to one file."""
    size = console.run(backups.backup(console.settings(), file))
    console.out.print(f"{file}: {size / 1e6:.1f} MB.")


def restore(file: Path) -> None:
    """Put a backup in the place of the database; the present one is kept under another name."""
    kept = console.run(backups.restore(console.settings(), file))
    console.out.print(f"Restored. The database that was there is now called {kept}.", soft_wrap=True)


@keys.callback()
def _group() -> None:
    """Keys of the vault."""


@keys.command("new")
def new_key() -> None:
    """Print a fresh vault key, to be put in front of HOLDFAST_VAULT_KEYS."""
    sys.stdout.write(crypto.new_vault_key() + "\n")
