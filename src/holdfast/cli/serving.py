"""Commands that run the platform, and keep it."""

import asyncio
import socket
from pathlib import Path
from typing import Annotated

import typer

from holdfast import app
from holdfast import demo as demo_
from holdfast.cli import console
from holdfast.kernel import backups, database, http, migrations, processes
from holdfast.kernel.settings import SettingsError

Port = Annotated[int | None, typer.Option(help="Port to listen on.")]


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


def api(
    port: Port = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that share the port.")] = 1,
    descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Answer requests."""
    settings = console.settings(port=port, host=host)
    if workers == 1:
        inherited = None if descriptor is None else socket.socket(fileno=descriptor)
        console.run(app.serve(settings, listener=inherited), server="left")
        return
    try:
        listener = http.listen(settings)
    except OSError as error:
        console.fail(error)
    number = listener.fileno()
    children = [
        processes.Child(f"api {place}", ("api", "--descriptor", str(number)), (number,)) for place in range(workers)
    ]
    console.run(_supervise(children), server="left")


def worker(count: Annotated[int, typer.Option("--processes", min=1, max=64, help="How many.")] = 1) -> None:
    """Run reactions and schedules; one of all workers is also the relay."""
    settings = console.settings()
    if count == 1:
        console.run(app.work(settings), server="left")
        return
    console.run(_supervise([processes.Child(f"worker {place}", ("worker",)) for place in range(count)]), server="left")


async def _supervise(children: list[processes.Child], *, in_order: bool = False) -> None:
    stopping = asyncio.Event()
    processes.stop_on_signals(stopping)
    await processes.run(children, stopping=stopping, in_order=in_order)


def up(
    port: Port = None, workers: Annotated[int, typer.Option(min=1, max=64, help="Processes of the api.")] = 1
) -> None:
    """Migrate, then run the api and a worker on this machine until Ctrl-C."""
    settings = console.settings(port=port)

    async def work() -> None:
        where = await database.addresses(settings)
        if where.owner is not None:
            await migrations.migrate(where.owner)
        console.out.print(f"Holdfast answers at http://{settings.host}:{settings.port}/api/docs; Ctrl-C stops it.")
        serving = ("api", "--workers", str(workers), "--port", str(settings.port))
        await _supervise([processes.Child("api", serving), processes.Child("worker", ("worker",))], in_order=True)

    console.run(work(), server="stopped")


def demo(
    port: Port = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without the trickle of stamps.")] = False,
    seconds: Annotated[float | None, typer.Option(help="Stop by itself after so long.")] = None,
) -> None:
    """Run the whole platform with two busy cafés in it. Ctrl-C stops it; the data stays."""
    console.run(demo_.run(console.out, port=port, trickling=not quiet, seconds=seconds), server="stopped")


def backup(file: Path) -> None:
    """Write the whole database to one file."""
    size = console.run(backups.backup(console.settings(), file))
    console.out.print(f"{file}: {size / 1e6:.1f} MB.")


def restore(file: Path) -> None:
    """Put a backup in the place of the database; the present one is kept under another name."""
    kept = console.run(backups.restore(console.settings(), file))
    console.out.print(f"Restored. The database that was there is now called {kept}.", soft_wrap=True)
