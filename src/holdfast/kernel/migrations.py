"""Migrations: plain SQL files in one line of history, run by Alembic, safe to start from many machines at once."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

# Alembic and SQLAlchemy take longer to import than the rest of the platform, and only a migration needs them.
if TYPE_CHECKING:
    from alembic.config import Config

LOCK_SECONDS = 5
STATEMENT_SECONDS = 120
_LOCK = "select pg_advisory_lock(hashtext('holdfast.migrate'))"


def folder() -> Path:
    """Where the revisions are: beside the package in a wheel, at the root of a checkout."""
    packaged = Path(__file__).parent.parent / "_migrations"
    return packaged if packaged.exists() else Path(__file__).parents[3] / "migrations"


def run_file(revision: str) -> None:
    """Run the SQL file beside a revision's Python file, under a lock timeout and a statement timeout."""
    from alembic import op
    from sqlalchemy.util import await_only

    script = Path(revision).with_suffix(".sql").read_text()
    guard = f"set local lock_timeout = '{LOCK_SECONDS}s'; set local statement_timeout = '{STATEMENT_SECONDS}s';"
    bind = op.get_context().bind
    if bind is None:
        op.execute(f"{guard}\n{script}")
        return
    # A first statement through SQLAlchemy opens its transaction; the driver then takes the whole script at once.
    op.execute("select 1")
    driver = bind.connection.driver_connection
    assert isinstance(driver, asyncpg.Connection)  # noqa: S101 - env.py uses asyncpg alone
    await_only(driver.execute(f"{guard}\n{script}"))


def config(url: str = "") -> "Config":
    """Alembic's configuration for an owner's address."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(folder()))
    dialect, _, rest = url.partition("://")
    settings.set_main_option("sqlalchemy.url", f"{dialect}+asyncpg://{rest}".replace("%", "%%") if url else "")
    return settings


def head() -> str:
    """The newest revision that this release knows; they are numbered in one line."""
    return max(file.stem for file in (folder() / "versions").glob("[0-9]*.sql")).partition("_")[0]


async def current(url: str) -> str | None:
    """The revision that the database is at; None for an empty one."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select to_regclass('kernel_migration') is not null"):
            return None
        revision: str | None = await connection.fetchval("select version_num from kernel_migration")
        return revision
    finally:
        await connection.close()


async def migrate(owner_url: str) -> tuple[str | None, str]:
    """Bring the database to the newest revision; gives the revisions before and after.

    Whoever comes second waits for the first and then finds nothing to do.
    """
    guard = await asyncpg.connect(owner_url)
    try:
        await guard.execute(_LOCK)
        before = await current(owner_url)
        after = head()
        if before != after:
            from alembic import command

            await asyncio.to_thread(command.upgrade, config(owner_url), "head")
        return before, after
    finally:
        await guard.close()
