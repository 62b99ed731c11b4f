"""The platform for a browser: a real api process and a real worker, on a database of their own.

They are processes, so that a test which moves the clock or takes something apart in its own process leaves them alone,
and so that what the tests of this process drain is never theirs.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TypeAlias

import httpx2
import msgspec

from holdfast.kernel import http
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from tests import web

Process: TypeAlias = "subprocess.Popen[bytes]"

READY_SECONDS = 60.0
STOP_SECONDS = 10.0


class Site(msgspec.Struct, frozen=True):
    """A running platform: where it answers, and its database for a test that looks behind the screens."""

    url: str
    database: Database

    def visitor(self) -> httpx2.AsyncClient:
        """A program that asks the api, not signed in; close it, or use it in an ``async with``."""
        return httpx2.AsyncClient(base_url=self.url, timeout=30, event_hooks={"request": [web.name_command]})


def _environment(url: str, where: Addresses) -> dict[str, str]:
    """What the processes are told; nothing of a developer's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "DATABASE_"))}
    told = {
        "DATABASE_URL": where.app,
        "DATABASE_DIRECT_URL": where.direct,
        "DATABASE_OWNER_URL": where.owner,
        "DATABASE_RELAY_URL": where.relay,
        "HOLDFAST_CONFIG": os.devnull,
        "HOLDFAST_ENVIRONMENT": "test",
        "HOLDFAST_LOG_LEVEL": "warning",
        "HOLDFAST_POOL_SIZE": "5",
        "HOLDFAST_PUBLIC_URL": url,
        "HOLDFAST_RATE_LIMIT_REQUESTS": "0",
        "HOLDFAST_RATE_LIMIT_SIGN_INS": "0",
        # What a test changes behind the screens, such as somebody's role, counts at the next request.
        "HOLDFAST_TOKEN_MEMORY_SECONDS": "0",
        # The process ends when the one that started it is gone, however it went.
        "HOLDFAST_SUPERVISED": "1",
    }
    return clean | {name: value for name, value in told.items() if value is not None}


@asynccontextmanager
async def running(database: Database, where: Addresses, log: Path) -> AsyncIterator[Site]:
    """The api and a worker on a migrated database, for the length of the block.

    Raises:
        AssertionError: the api does not answer; the end of its log is in the message.
    """
    listener = http.listen(Settings(host="127.0.0.1", port=0))
    number = listener.fileno()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    processes: list[Process] = []
    with log.open("wb") as output:
        try:
            processes.append(_start(("api", "--descriptor", str(number)), _environment(url, where), output, (number,)))
            processes.append(_start(("worker",), _environment(url, where), output))
            listener.close()
            await _ready(url, processes[0], log)
            yield Site(url, database)
        finally:
            listener.close()
            await asyncio.to_thread(_stop, processes)


async def _ready(url: str, api: Process, log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    async with httpx2.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{url}/health/ready", timeout=2)).is_success:
                    return
            except (httpx2.HTTPError, OSError):
                pass
            if api.poll() is not None or asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"The api does not answer:\n{_end_of(log)}")
            await asyncio.sleep(0.05)


def _start(
    arguments: tuple[str, ...], environment: dict[str, str], output: IO[bytes], descriptors: tuple[int, ...] = ()
) -> Process:
    return subprocess.Popen(
        [sys.executable, "-m", "holdfast.cli", *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=descriptors,
        # Ctrl-C reaches the tests alone, which then stop these.
        start_new_session=True,
    )


def _end_of(log: Path) -> str:
    return log.read_text()[-3000:]


def _stop(processes: list[Process]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
