"""Backups: the whole database in one file, and back again without losing what was there.

A restore never overwrites. It fills a new database, looks whether that is a whole one, and only then lets the two
change names; the one that was there before stays beside it under another name until somebody drops it.
"""

import asyncio
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from holdfast.kernel import clock, embedded, migrations
from holdfast.kernel.settings import Settings


class BackupFailed(Exception):
    """A backup or a restore did not succeed, and changed nothing; the message says why."""


async def superuser_address(settings: Settings, database: str = "holdfast") -> str:
    """The address with which everything can be read: the embedded server's own, or ``database_backup_url``.

    Raises:
        BackupFailed: a server of your own needs an address for backups.
    """
    if settings.database_url is None:
        folder = Path(settings.data_dir) / "postgres"
        await asyncio.to_thread(embedded.start, folder)
        return embedded.address(folder, "postgres", database)
    if settings.database_backup_url is None:
        raise BackupFailed("Set DATABASE_BACKUP_URL to a role that may read every row (see docs/deploy/postgresql.md).")
    return settings.database_backup_url


def _program(name: str) -> str:
    """PostgreSQL's own program: the embedded one, which is of the newest version, or the machine's."""
    found = embedded.binary(name)
    path = str(found) if found.exists() else shutil.which(name)
    if path is None:
        raise BackupFailed(f"{name} is not installed.")
    return path


async def _run(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env={**os.environ, "TZ": "UTC"}
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise BackupFailed(errors.decode(errors="replace").strip().splitlines()[-1] if errors else arguments[0])


async def backup(settings: Settings, file: Path) -> int:
    """Write the database to ``file``, as it is at this moment; gives the size in bytes.

    The file appears under its name only when it is complete.

    Raises:
        BackupFailed: it could not be written.
    """
    address = await superuser_address(settings)
    partial = file.with_name(f"{file.name}.partial")
    try:
        await _run(_program("pg_dump"), "--format=custom", "--compress=gzip:3", f"--file={partial}", address)
        await asyncio.to_thread(partial.replace, file)
    except OSError as error:
        raise BackupFailed(str(error)) from error
    finally:
        await asyncio.to_thread(partial.unlink, missing_ok=True)
    return (await asyncio.to_thread(file.stat)).st_size


async def restore(settings: Settings, file: Path) -> str:
    """Put the database of ``file`` in the place of the present one; gives the name that the present one now has.

    Raises:
        BackupFailed: the file is no backup, or is newer than this release; nothing was changed.
    """
    if not await asyncio.to_thread(file.is_file):
        raise BackupFailed(f"There is no file {file}.")
    current = await superuser_address(settings)
    name = _database(current)
    fresh = f"{name}_restoring"
    kept = f"{name}_before_{clock.now():%Y%m%d_%H%M%S}"
    connection = await asyncpg.connect(_with_database(current, "postgres"))
    try:
        await connection.execute(f'drop database if exists "{fresh}" with (force)')
        await connection.execute(f'create database "{fresh}" owner holdfast_owner')
        try:
            await _run(
                _program("pg_restore"),
                "--exit-on-error",
                "--jobs=2",
                f"--dbname={_with_database(current, fresh)}",
                str(file),
            )
            await _check(_with_database(current, fresh))
        except BackupFailed:
            await connection.execute(f'drop database if exists "{fresh}" with (force)')
            raise
        await connection.execute(f'revoke all on database "{fresh}" from public')
        await connection.execute(f'grant connect on database "{fresh}" to holdfast_app, holdfast_relay')
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = any ($1)", [name, fresh]
        )
        async with connection.transaction():
            await connection.execute(f'alter database "{name}" rename to "{kept}"')
            await connection.execute(f'alter database "{fresh}" rename to "{name}"')
    except asyncpg.PostgresError as error:
        raise BackupFailed(str(error)) from error
    finally:
        await connection.close()
    return kept


async def _check(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        known = await connection.fetchval("select to_regclass('kernel_migration') is not null")
        revision = await connection.fetchval("select version_num from kernel_migration") if known else None
        if revision is not None and revision <= migrations.head():
            # Another server counts its transactions from its own beginning; the order of events must go on.
            await connection.execute("call kernel_rebase()")
    finally:
        await connection.close()
    if revision is None:
        raise BackupFailed("The file holds no Holdfast database.")
    if revision > migrations.head():
        raise BackupFailed(f"The file is of a newer release (revision {revision}); install that release first.")


def _database(address: str) -> str:
    return urlsplit(address).path.lstrip("/")


def _with_database(address: str, database: str) -> str:
    return urlunsplit(urlsplit(address)._replace(path=f"/{database}"))
