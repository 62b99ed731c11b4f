"""The demo: the whole platform on one machine, with two busy cafés in it."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

import httpx2
import msgspec
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from holdfast.demo import opening
from holdfast.demo.cafes import CAFES, PASSWORD, Cafe
from holdfast.demo.client import Refused
from holdfast.demo.trickle import Trickle
from holdfast.kernel import clock, crypto, database, logs, migrations, processes
from holdfast.kernel import settings as settings_
from holdfast.kernel.settings import Settings

__all__ = ["Refused", "run"]

READY_SECONDS = 60.0
ENVIRONMENT = {
    "HOLDFAST_ENVIRONMENT": "demo",
    "HOLDFAST_LOG_LEVEL": "warning",
    # The whole café street comes from one address.
    "HOLDFAST_RATE_LIMIT_REQUESTS": "100000",
    "HOLDFAST_RATE_LIMIT_SIGN_INS": "1000",
}


async def run(console: Console, *, port: int | None, trickling: bool, seconds: float | None) -> None:
    """Start everything, open the cafés unless they are open, and serve until Ctrl-C, SIGTERM or after ``seconds``."""
    stopping = asyncio.Event()
    processes.stop_on_signals(stopping)
    port = _free_port(port or settings_.current().port, chosen=port is not None)
    address = f"http://127.0.0.1:{port}"
    settings = msgspec.structs.replace(
        settings_.current(), environment="demo", log_level="warning", port=port, public_url=address
    )
    logs.configure(settings)
    crypto.use(settings)
    where = await database.addresses(settings)
    _step(console, "PostgreSQL", f"running ({where.app.partition('@')[2]})")
    if where.owner is not None:
        before, after = await migrations.migrate(where.owner)
        _step(console, "Tables", "as they were" if before == after else f"at {after}")
    children = [processes.Child("api", ("api", "--port", str(port))), processes.Child("worker", ("worker",))]
    environment = ENVIRONMENT | {"HOLDFAST_PUBLIC_URL": address}
    async with asyncio.TaskGroup() as group:
        group.create_task(processes.run(children, environment=environment, stopping=stopping))
        try:
            await _until(stopping, _serve(console, settings, address, trickling=trickling, seconds=seconds))
        finally:
            console.print("  Stopping; the data stays.")
            stopping.set()


async def _until(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Work until it is done or stopping is asked for."""
    working = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
    if not working.cancelled():
        working.result()


async def _serve(console: Console, settings: Settings, address: str, *, trickling: bool, seconds: float | None) -> None:
    await _ready(address)
    _step(console, "Api and worker", "answering")
    counters: list[Trickle] = []
    async with database.opened(settings) as database_:
        for cafe in CAFES:
            tenant, program = await opening.open_cafe(address, cafe)
            with _bar(console, cafe) as progress:
                done = await opening.import_past(
                    database_, cafe, tenant, program, today=clock.now().date(), progress=progress
                )
            past = (
                "open" if done is None else f"open, with {done.members_added:,} guests and {done.visits_added:,} visits"
            )
            _step(console, cafe.name, past)
            counters.append(Trickle(address, cafe, tenant))
    _tell(console, address)
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            if trickling:
                await _trickle(console, counters)
            await asyncio.Event().wait()
    except TimeoutError:
        if not limit.expired():
            raise


async def _ready(address: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    async with httpx2.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/health/ready", timeout=2)).is_success:
                    return
            except (httpx2.HTTPError, OSError):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("The api does not answer; `holdfast doctor` says what is wrong.")
            await asyncio.sleep(0.1)


def _free_port(wanted: int, *, chosen: bool) -> int:
    """The port wanted, or, where nobody insisted on it and it is taken, a free one."""
    for port in [wanted] if chosen else [wanted, *range(wanted + 1, wanted + 20)]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"Port {wanted} is taken; choose another with --port.")


def _step(console: Console, what: str, told: str) -> None:
    console.print(f"  [green]✓[/green] {what:<18} {told}", highlight=False, soft_wrap=True)


@contextmanager
def _bar(console: Console, cafe: Cafe) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for a café's past; gone when it is imported."""
    columns = (TextColumn("    {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"{cafe.name}: importing visits", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tell(console: Console, address: str) -> None:
    table = Table("sign in as", "with", "who is", "at", box=None, padding=(0, 2, 0, 0))
    for cafe in CAFES:
        for person in cafe.people:
            table.add_row(person.name, person.email, person.role, cafe.name)
    console.print()
    console.print(table)
    console.print(f"  The password of all is [bold]{PASSWORD}[/bold].", highlight=False)
    console.print(f"\n  Documentation  {address}/api/docs")
    console.print(f"  Health         {address}/health/ready")
    console.print(f"  Mailbox        {address}/api/sandbox/mail?to={CAFES[0].people[0].email}")
    console.print("\n  Ctrl-C stops everything; starting again keeps the data.\n", highlight=False)


async def _trickle(console: Console, counters: list[Trickle]) -> None:
    async with asyncio.TaskGroup() as group:
        for counter in counters:
            group.create_task(counter.run())
        if not console.is_terminal:
            return
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            while True:
                live.update(_counted(counters))
                await asyncio.sleep(0.25)


def _counted(counters: list[Trickle]) -> Table:
    table = Table(
        "café", "stamps", "new guests", "rewards", "handed out", "taken back", "refused", "median", "", box=None
    )
    for counter in counters:
        done = counter.done
        table.add_row(
            counter.cafe.name,
            *(str(done[what]) for what in ("stamps", "members", "rewards", "redeemed", "voided")),
            str(done["refused"] + done["unreachable"]),
            f"{counter.median_ms:.0f} ms",
            counter.last,
        )
    return table
