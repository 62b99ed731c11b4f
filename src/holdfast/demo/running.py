"""The demo: the whole platform on one machine, with busy businesses in it."""

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from holdfast.demo import garage, guests, opening
from holdfast.demo.cafes import CAFES, GUEST, PASSWORD, Cafe
from holdfast.demo.trickle import Trickle
from holdfast.kernel import crypto, database, logs, migrations, processes
from holdfast.kernel import settings as settings_
from holdfast.kernel.settings import Settings, SettingsError

READY_SECONDS = 60.0
ENVIRONMENT = {
    "HOLDFAST_ENVIRONMENT": "demo",
    "HOLDFAST_LOG_LEVEL": "warning",
    "HOLDFAST_LOG_FORMAT": "json",
    # The whole café street comes from one address.
    "HOLDFAST_RATE_LIMIT_REQUESTS": "100000",
    "HOLDFAST_RATE_LIMIT_SIGN_INS": "1000",
}
_INDENT = (0, 0, 0, 2)


async def run(console: Console, *, port: int | None, trickling: bool, seconds: float | None) -> None:
    """Start everything, open the businesses unless they are open, and serve until Ctrl-C, SIGTERM or after ``seconds``.

    Raises:
        SettingsError: the settings lead to a database that nobody called a demo's.
    """
    settings = _settings(settings_.current())
    stopping = asyncio.Event()
    processes.stop_on_signals(stopping)
    port = _free_port(port or settings.port, chosen=port is not None)
    address = f"http://127.0.0.1:{port}"
    settings = msgspec.structs.replace(settings, port=port, public_url=address)
    log = Path(settings.data_dir) / "demo.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        # What processes log would tear the display apart; it is kept for whoever looks for the cause of trouble.
        logs.configure(settings, output)
        crypto.use(settings)
        await _start(console, settings)
        children = [processes.Child("api", ("api", "--port", str(port))), processes.Child("worker", ("worker",))]
        environment = ENVIRONMENT | {"HOLDFAST_PUBLIC_URL": address}
        async with asyncio.TaskGroup() as group:
            group.create_task(
                processes.run(children, environment=environment, output=output, stopping=stopping, in_order=True)
            )
            try:
                await _until(stopping, _serve(console, settings, log, trickling=trickling, seconds=seconds))
            finally:
                console.print("\n  Stopping; the data stays.")
                stopping.set()


def _settings(given: Settings) -> Settings:
    """The demo's settings. Its passwords are known to everybody, so no other installation's database may get them."""
    if given.database_url is not None and given.environment not in ("demo", "test"):
        raise SettingsError(
            "The demo makes accounts whose password everybody knows. To let it write to the database of DATABASE_URL, "
            "set HOLDFAST_ENVIRONMENT=demo; without DATABASE_URL it starts a PostgreSQL of its own."
        )
    return msgspec.structs.replace(given, environment="demo", log_level="warning", log_format="json")


async def _start(console: Console, settings: Settings) -> None:
    where = await database.addresses(settings)
    own = f"a server of the demo's own, in {settings.data_dir}/postgres"
    _step(console, "PostgreSQL", own if settings.database_url is None else where.app.rpartition("@")[2])
    if where.owner is not None:
        before, after = await migrations.migrate(where.owner)
        _step(console, "Tables", "as they were" if before == after else f"made, revision {after}")
    # A database that cannot be reached or trusted is told now, and not after a minute of waiting for the api.
    async with database.opened(settings):
        pass


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


async def _serve(console: Console, settings: Settings, log: Path, *, trickling: bool, seconds: float | None) -> None:
    address = settings.public_url
    await _ready(address, log)
    _step(console, "Api and worker", f"answering at {address}")
    counters: list[Trickle] = []
    opened: list[tuple[Cafe, str]] = []
    async with database.opened(settings) as database_:
        for cafe in CAFES:
            tenant, program = await opening.open_cafe(address, cafe)
            with _bar(console, cafe.name, "importing") as progress:
                done = await opening.import_past(database_, cafe, tenant, program, progress=progress)
            counted = "" if done is None else f"{done.members_added:,} customers and {done.visits_added:,} visits"
            _step(console, cafe.name, f"opened, with {counted}" if counted else "open, as it was left")
            counters.append(Trickle(address, cafe, tenant))
            opened.append((cafe, tenant))
        with _bar(console, garage.NAME, "living fourteen months") as progress:
            _, lived = await garage.open_garage(address, database_, progress=progress)
        told = "opened, and lived fourteen months by the time machine" if lived else "open, as it was left"
        _step(console, garage.NAME, told)
    await guests.keep_cards(address, opened)
    _step(console, "A guest", f"{GUEST.name} keeps a card of each café")
    _tell(console, address, log)
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            if trickling:
                await _trickle(console, counters)
            await asyncio.Event().wait()
    except TimeoutError:
        if not limit.expired():
            raise


async def _ready(address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    async with httpx2.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/health/ready", timeout=2)).is_success:
                    return
            except (httpx2.HTTPError, OSError):
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"The api does not answer; `holdfast doctor` says what is wrong, or see {log}.")
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
def _bar(console: Console, name: str, what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for a business's past, where its line will stand; gone when it is there."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"  {name:<18} {what}", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tell(console: Console, address: str, log: Path) -> None:
    table = Table("sign in with", "name", "role", "business", box=None, padding=_INDENT, header_style="dim")
    for cafe in CAFES:
        for person in cafe.people:
            table.add_row(person.email, person.name, person.role, cafe.name)
    for person in garage.OWNERS:
        table.add_row(person.email, person.name, person.role, garage.NAME)
    table.add_row(GUEST.email, GUEST.name, GUEST.role, "all")
    console.print()
    console.print(table)
    console.print(f"\n  The password of all is [bold]{PASSWORD}[/bold].\n", highlight=False)
    for what, where in (
        ("Open", f"{address}/"),
        ("Become a guest", f"{address}/join/{CAFES[0].slug}"),
        ("Stamp", f"{address}/stamper"),
        ("Documentation", f"{address}/api/docs"),
        ("Health", f"{address}/health/ready"),
        ("Mailbox", f"{address}/api/sandbox/mail?to={CAFES[0].people[0].email}"),
        ("Log", str(log)),
    ):
        console.print(f"  {what:<14} {where}", highlight=False, soft_wrap=True)
    console.print("\n  Ctrl-C stops everything; starting again keeps the data.\n", highlight=False)


async def _trickle(console: Console, counters: list[Trickle]) -> None:
    async with asyncio.TaskGroup() as group:
        for counter in counters:
            group.create_task(counter.run())
        if not console.is_terminal:
            return
        # The last state stays on the screen when the demo stops.
        with Live(_counted(counters), console=console, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(0.25)
                live.update(_counted(counters), refresh=True)


def _counted(counters: list[Trickle]) -> Table:
    """What happened since the start, in columns that keep their width while the numbers grow."""
    table = Table(box=None, padding=_INDENT, header_style="dim", collapse_padding=True, pad_edge=True)
    table.add_column("at the counter", width=18, no_wrap=True)
    for heading in ("stamps", "enrolled", "rewards", "redeemed", "voided", "refused", "median"):
        table.add_column(heading, justify="right", min_width=6, no_wrap=True)
    # Room to spare at its end: what the terminal echoes there, such as ^C, must not begin a new line.
    table.add_column("latest", width=22, no_wrap=True, overflow="ellipsis")
    for counter in counters:
        done = counter.done
        table.add_row(
            counter.cafe.name,
            *(f"{done[what]:,}" for what in ("stamps", "members", "rewards", "redeemed", "voided")),
            f"{done['refused'] + done['unreachable']:,}",
            f"{counter.median_ms:.0f} ms" if counter.latencies_ms else "",
            counter.last,
        )
    return table
