"""The doctor: looks at an installation and says in sentences what is wrong and what to do about it."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec

from holdfast.kernel import backlog, clock, crypto, embedded, ids, migrations, schedules
from holdfast.kernel.database import Database, UnsafeRole, addresses
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings, SettingsError

MINIMUM_FREE_BYTES = 1 << 30
LONGEST_SOCKET_PATH = 107
SKEW = timedelta(seconds=2)
RELAY_PATIENCE = timedelta(seconds=30)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    what: str
    healthy: bool
    detail: str
    advice: str = ""
    """What to do about it; empty when healthy."""


Check = Callable[[Database], Awaitable[Finding]]


def look_at_machine(settings: Settings) -> list[Finding]:
    """What can be seen without a database: Python, the disk, the data folder."""
    version = ".".join(map(str, sys.version_info[:3]))
    findings = [
        Finding("Python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer."),
    ]
    if settings.database_url is not None:
        return findings
    folder = Path(settings.data_dir).resolve()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    findings += [
        Finding(
            "Data folder", os.access(existing, os.W_OK), str(folder), "Make it writable, or set HOLDFAST_DATA_DIR."
        ),
        Finding("Free disk", free > MINIMUM_FREE_BYTES, f"{free / 1e9:.1f} GB", "Free at least one gigabyte."),
        Finding(
            "Socket path",
            len(str(folder / "postgres" / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH,
            f"{len(str(folder))} characters",
            "The folder's path is too long for a Unix socket; set HOLDFAST_DATA_DIR to a shorter one.",
        ),
    ]
    if os.name == "posix" and os.geteuid() == 0:
        findings.append(
            Finding(
                "Folder reachable by PostgreSQL",
                embedded.readable_by_server(existing / "postgres"),
                "PostgreSQL runs as a user of its own when started by root",
                "Give the parent folders execute permission for others, or set HOLDFAST_DATA_DIR.",
            )
        )
    return findings


def look_at_vault(settings: Settings) -> Finding:
    """Whether the vault's keys can encrypt and decrypt."""
    try:
        crypto.use(settings)
        sealed = crypto.encrypt(b"round trip", tenant=ids.PLATFORM, purpose="doctor")
        healthy = crypto.decrypt(sealed, tenant=ids.PLATFORM, purpose="doctor") == b"round trip"
    except SettingsError as error:
        return Finding("Vault", False, str(error), "Check HOLDFAST_VAULT_KEYS; `holdfast keys new` makes a key.")
    return Finding("Vault", healthy, "encrypts and decrypts")


async def _migrations(database: Database) -> Finding:
    async with database.app.connection() as connection:
        try:
            at = await connection.fetchval("select version_num from kernel_migration")
        except asyncpg.UndefinedTableError:
            at = None
    head = migrations.head()
    return Finding("Migrations", at == head, f"at {at or 'nothing'}, newest is {head}", "Run `holdfast migrate`.")


async def _clock(database: Database) -> Finding:
    async with database.app.connection() as connection:
        skew = abs(await connection.fetchval("select now()") - clock.now())
    return Finding("Clock", skew < SKEW, f"{skew.total_seconds():.2f} s from the database's", "Synchronise with NTP.")


async def _relay(database: Database) -> Finding:
    state = await backlog.relay_state(database)
    detail = f"{state.lag().total_seconds():.1f} s behind"
    advice = "Start a worker: `holdfast worker`."
    if state.held_back:
        detail += ", held back by a transaction that writes and stays open"
        advice = "Find it in pg_stat_activity, in any database of the server, and end it."
    return Finding("Relay", state.lag() < RELAY_PATIENCE, detail, advice)


async def _dead_letters(database: Database) -> Finding:
    dead = await backlog.dead_count(database)
    return Finding(
        "Dead letters", dead == 0, str(dead), "See them with `holdfast jobs`, then `holdfast jobs --replay`."
    )


async def _schedules(database: Database) -> Finding:
    stopped = await schedules.stopped(database)
    detail = ", ".join(sorted({schedule.name for schedule in stopped})) or "none is late"
    return Finding("Schedules", not stopped, detail, "Start a worker; if one runs, restart it.")


async def look_at_database(settings: Settings) -> AsyncIterator[Finding]:
    """What can be seen through the database, one finding after the other; stops where nothing more can be seen."""
    unreachable = (Problem, OSError, TimeoutError, asyncpg.PostgresError)
    advice = f"Check the address, or the log in {settings.data_dir}/postgres/log."
    try:
        where = await addresses(settings)
    except unreachable as error:
        yield Finding("Database", False, str(error), advice)
        return
    database = Database(where, settings)
    try:
        try:
            await database.check_roles()
        except UnsafeRole as error:
            yield Finding("Roles", False, str(error), "See docs/deploy/postgresql.md.")
        except unreachable as error:
            yield Finding("Database", False, str(error), advice)
            return
        else:
            yield Finding("Roles", True, "row-level security binds us")
        migrated = await _migrations(database)
        yield migrated
        if migrated.healthy:
            checks: list[Check] = [_clock, _relay, _dead_letters, _schedules]
            for check in checks:
                yield await check(database)
    finally:
        await database.close()
