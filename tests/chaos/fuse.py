"""A process that dies at its n-th step, without being a process: thousands of deaths a minute.

A step is a statement that is sent to the database, or a call to a provider. When the fuse burns out, the connections
are cut without a goodbye, as the system cuts them when a process is killed: what was not committed is rolled back by
the server, and nothing that the code would do afterwards (an ``except``, a ``finally``) reaches anybody.
``after`` lets the last step happen and loses only its answer, which is how a commit or a charge becomes doubtful.
"""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import asyncpg

from holdfast.kernel.database import Database, Pool

_SENDING = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


class Killed(BaseException):
    """The process is dead. No code of ours may catch this."""


class Fuse:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, steps: int | None = None, *, after: bool = False) -> None:
        self.left = steps
        self.after = after
        self.taken = 0
        self.dead = False
        self._cut: list[Callable[[], None]] = []

    def on_death(self, cut: Callable[[], None]) -> None:
        """What happens to the world at the moment of death."""
        self._cut.append(cut)

    async def step(self, work: Callable[[], Any]) -> Any:
        """Take one step, or die before or after it.

        Raises:
            Killed: the process is dead.
        """
        if self.dead:
            raise Killed
        self.taken += 1
        last = self.left is not None and self.taken >= self.left
        if not last:
            return await work()
        if self.after:
            # The step happens, and nobody hears of it.
            await asyncio.gather(work(), return_exceptions=True)
        self.dead = True
        for cut in self._cut:
            cut()
        raise Killed


class _Dying:
    """A connection whose every statement is a step."""

    def __init__(self, connection: Any, fuse: Fuse) -> None:
        self._connection = connection
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in _SENDING:
            return found

        async def sent(*args: Any, **options: Any) -> Any:
            return await self._fuse.step(lambda: found(*args, **options))

        return sent


class _DyingPool(Pool):
    """A pool of such connections."""

    def __init__(self, pool: Pool, fuse: Fuse) -> None:
        super().__init__(pool.address, size=pool.size, settings=pool._settings, name=pool.name)
        self._fuse = fuse

    async def _open(self) -> Any:
        connection = await super()._open()
        self._fuse.on_death(connection.terminate)
        return _Dying(connection, self._fuse)


class Doomed(Database):
    """A process's view of the database, which ends with the fuse."""

    def __init__(self, database: Database, fuse: Fuse) -> None:
        super().__init__(database.where, database.settings)
        self.fuse = fuse
        self.app = _DyingPool(self.app, fuse)
        self.replica = self.app


class Reached:
    """A provider as the doomed process reaches it: every call is a step, and the provider itself does not die."""

    def __init__(self, provider: Any, fuse: Fuse) -> None:
        self._provider = provider
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._provider, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def called(*args: Any, **options: Any) -> Any:
            return await self._fuse.step(lambda: found(*args, **options))

        return called


async def lives(work: Callable[[], Any]) -> bool:
    """Run something in a doomed process; gives whether it got to its end."""
    try:
        await work()
    except Killed:
        return False
    except (asyncpg.InterfaceError, ConnectionError):
        # What a dead process would have said to its dead connections.
        return False
    return True
