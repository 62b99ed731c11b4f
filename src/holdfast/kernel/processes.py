"""Processes: the api and the workers of one machine, started together, watched, and stopped together."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import BinaryIO

import msgspec
import structlog

log = structlog.get_logger()

_SUPERVISED = "HOLDFAST_SUPERVISED"
HAND_OVER_SECONDS = 0.3
STOP_SECONDS = 20.0
"""How long a child may take to finish what it is doing before it is killed."""
SETTLED_SECONDS = 30.0
"""A child that ran this long has settled; its next crash waits only briefly again."""


class Child(msgspec.Struct, frozen=True):
    """One process to keep running: ``holdfast <arguments>``."""

    name: str
    arguments: tuple[str, ...]
    descriptors: tuple[int, ...] = ()
    """Open files that the process inherits, such as a socket that several serve from."""


async def _start(child: Child, environment: dict[str, str], output: BinaryIO | None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "holdfast.cli",
        *child.arguments,
        env={**os.environ, **environment, _SUPERVISED: "1"},
        # Nothing is ever written to it; a child sees it close when its parent is gone, however it went.
        stdin=asyncio.subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=child.descriptors,
        # A group of its own, so that Ctrl-C reaches the parent alone and the children stop in order.
        start_new_session=True,
    )


async def _keep(child: Child, environment: dict[str, str], output: BinaryIO | None, stopping: asyncio.Event) -> None:
    """Run a child until stopping is asked for; start it again when it dies, after a delay that doubles."""
    delay = 0.5
    while not stopping.is_set():
        process = await _start(child, environment, output)
        started = asyncio.get_running_loop().time()
        exited = asyncio.ensure_future(process.wait())
        asked = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait({exited, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            if not exited.done():
                # Also when this task is cancelled: no process is ever left behind.
                await asyncio.shield(_stop(process, exited))
        if stopping.is_set():
            return
        log.warning("process.died", process=child.name, code=exited.result(), again_in_seconds=delay)
        if asyncio.get_running_loop().time() - started > SETTLED_SECONDS:
            delay = 0.5
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), delay)
        delay = min(delay * 2, 30.0)


async def _stop(process: asyncio.subprocess.Process, exited: "asyncio.Future[int]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(exited), STOP_SECONDS)
        except TimeoutError:
            process.kill()
    await exited


def stop_with_parent() -> None:
    """In a supervised process: stop, as on SIGTERM, when the parent dies, even if it was killed."""
    if os.environ.pop(_SUPERVISED, None) is None:
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(0, 1):
            loop.remove_reader(0)
            os.kill(os.getpid(), signal.SIGTERM)

    os.set_blocking(0, False)
    loop.add_reader(0, readable)


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Ctrl-C and SIGTERM set the event, once for all; a second Ctrl-C ends the process at once."""
    loop = asyncio.get_running_loop()

    def asked(number: int) -> None:
        if stopping.is_set() and number == signal.SIGINT:
            os._exit(130)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked, number)


async def run(
    children: Sequence[Child],
    *,
    environment: dict[str, str] | None = None,
    output: BinaryIO | None = None,
    stopping: asyncio.Event,
    in_order: bool = False,
) -> None:
    """Keep every child running until ``stopping`` is set, then stop them together.

    Args:
        children: what to run.
        environment: settings of theirs, on top of this process's.
        output: an open file that takes what they print; this process's own output when absent.
        stopping: ends it all.
        in_order: stop them one after the other, so that the worker still handles what the api did last.
    """
    asked = [asyncio.Event() if in_order else stopping for _ in children]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_keep(child, environment or {}, output, stop))
            for child, stop in zip(children, asked, strict=True)
        ]
        if not in_order:
            return
        await stopping.wait()
        for task, stop in zip(tasks, asked, strict=True):
            stop.set()
            await asyncio.wait({task})
            await asyncio.sleep(HAND_OVER_SECONDS)
