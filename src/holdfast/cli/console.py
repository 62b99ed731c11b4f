"""What every command needs: a console, the settings, and running to the end with a sentence for what went wrong."""

import contextlib
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar

import asyncpg
import msgspec
import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from holdfast.demo.client import Refused
from holdfast.kernel import backups, crypto, database, embedded, logs
from holdfast.kernel import settings as settings_
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings, SettingsError

out = Console()
err = Console(stderr=True)
T = TypeVar("T")

MENDABLE = (
    *(Problem, Refused, SettingsError, database.UnsafeRole, backups.BackupFailed),
    *(asyncpg.PostgresError, ValueError, OSError),
)
"""What a person can mend; it is told in a sentence, without a traceback."""


def settings(*, keys: bool = True, **changes: Any) -> Settings:
    """The settings of this process, with what the command line says on top; ``keys`` says whether any are needed."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        read = msgspec.structs.replace(settings_.current(), **given)
        logs.configure(read)
        if keys:
            crypto.use(read)
    except SettingsError as error:
        fail(error)
    return read


def fail(error: BaseException) -> NoReturn:
    """Tell what is wrong and end the command."""
    err.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1) from error


def run(work: Coroutine[Any, Any, T], *, server: Literal["as it was", "stopped", "left"] = "as it was") -> T:
    """Run to the end; ``server`` says what becomes of the embedded PostgreSQL then."""
    folder = Path(settings_.current().data_dir) / "postgres"
    ours = settings_.current().database_url is None and server != "left"
    stop = ours and (server == "stopped" or not embedded.running(folder))
    try:
        return uvloop.run(work)
    except MENDABLE as error:
        fail(error)
    except ExceptionGroup as group:
        # Work that ran side by side; when all that went wrong can be mended, the first tells enough.
        mendable, other = group.split(MENDABLE)
        if mendable is None or other is not None:
            raise
        fail(_first(mendable))
    finally:
        if stop:
            embedded.stop(folder)


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


@contextlib.contextmanager
def progress(description: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar, told how many of how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
