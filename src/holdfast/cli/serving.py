"""Commands that run the platform."""

import asyncio
import socket
import sys
from typing import Annotated

import msgspec
import typer

from holdfast import app
from holdfast.cli import console
from holdfast.kernel import database, http, migrations, processes

Port = Annotated[int | None, typer.Option(help="Port to listen on.")]


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


def openapi() -> None:
    """Print the OpenAPI document of this release."""
    document = msgspec.json.format(msgspec.json.encode(app.openapi_document()), indent=1)
    sys.stdout.write(document.decode() + "\n")
