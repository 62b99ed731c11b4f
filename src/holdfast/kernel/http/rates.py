"""Rate limits: how often an address, a person or a key may ask, counted in fixed windows.

Windows begin at whole multiples of their length, so a hit is one ``incr`` of the ``limits`` library's storage
interface and its answer tells all that the headers need. Counters live in this process, in PostgreSQL, or in Valkey.
"""

import ipaddress
import time
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec
import structlog
from limits.aio.storage import Storage
from limits.storage import storage_from_string

from holdfast.kernel.database import Database
from holdfast.kernel.problems import Problem, TooMany
from holdfast.kernel.settings import Settings

log = structlog.get_logger()

_HIT = (
    "insert into kernel_rate as known (key, hits, expires_at) values ($1, $2, now() + make_interval(secs => $3)) "
    "on conflict (key) do update set "
    "hits = case when known.expires_at <= now() then excluded.hits else known.hits + excluded.hits end, "
    "expires_at = case when known.expires_at <= now() then excluded.expires_at else known.expires_at end "
    "returning hits"
)
_HITS = "select hits from kernel_rate where key = $1 and expires_at > now()"
_EXPIRY = "select extract(epoch from expires_at)::float8 from kernel_rate where key = $1"
_CLEAR = "delete from kernel_rate where key = $1"
_EXPIRED = "delete from kernel_rate where expires_at <= now()"


class ProcessStorage(Storage):
    """Counters in this process alone; the default, right for one process.

    The library's own memory storage walks through every key at every hit; this one sweeps once per window.
    """

    STORAGE_SCHEME = ["async+process"]  # noqa: RUF012 - declared so by the library

    def __init__(self) -> None:
        super().__init__(None)
        self._counters: dict[str, tuple[int, float]] = {}
        self._sweep_at = time.time() + 60

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong here."""
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; gives the hits of the window so far."""
        now = time.time()
        if now >= self._sweep_at:
            self._sweep_at = now + 60
            self._counters = {name: found for name, found in self._counters.items() if found[1] > now}
        hits, expires = self._counters.get(key, (0, 0.0))
        if expires <= now:
            hits, expires = 0, now + expiry
        self._counters[key] = (hits + amount, expires)
        return hits + amount

    async def get(self, key: str) -> int:
        """The hits of the window so far."""
        hits, expires = self._counters.get(key, (0, 0.0))
        return hits if expires > time.time() else 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds of the epoch."""
        return self._counters.get(key, (0, time.time()))[1]

    async def check(self) -> bool:
        """Always there."""
        return True

    async def reset(self) -> int | None:
        """Forget every counter."""
        count = len(self._counters)
        self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        self._counters.pop(key, None)


class DatabaseStorage(Storage):
    """Counters in an unlogged table, shared by every process; one statement per hit."""

    STORAGE_SCHEME = ["async+holdfast"]  # noqa: RUF012 - declared so by the library

    def __init__(self, database: Database) -> None:
        super().__init__(None)
        self._database = database

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What may go wrong here."""
        return (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; gives the hits of the window so far."""
        async with self._database.app.connection() as connection:
            hits: int = await connection.fetchval(_HIT, key, amount, float(expiry))
        return hits

    async def get(self, key: str) -> int:
        """The hits of the window so far."""
        async with self._database.app.connection() as connection:
            hits: int | None = await connection.fetchval(_HITS, key)
        return hits or 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds of the epoch."""
        async with self._database.app.connection() as connection:
            at: float | None = await connection.fetchval(_EXPIRY, key)
        return at or time.time()

    async def check(self) -> bool:
        """Whether the table answers."""
        await self.get("check")
        return True

    async def reset(self) -> int | None:
        """Counters end by themselves; other processes count here too, so nobody resets them all."""
        return None

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        async with self._database.app.connection() as connection:
            await connection.execute(_CLEAR, key)


class Rate(msgspec.Struct, frozen=True):
    """Where a counter stands after a hit."""

    limit: int
    hits: int
    reset_seconds: int

    @property
    def remaining(self) -> int:
        """Hits that are left in this window."""
        return max(0, self.limit - self.hits)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the client is told."""
        return [
            (b"ratelimit-limit", b"%d" % self.limit),
            (b"ratelimit-remaining", b"%d" % self.remaining),
            (b"ratelimit-reset", b"%d" % self.reset_seconds),
        ]

    def check(self) -> None:
        """Refuse what is over the limit.

        Raises:
            TooMany: with the seconds until the next window in Retry-After.
        """
        if self.hits > self.limit:
            headers = {name.decode(): value.decode() for name, value in self.headers()}
            raise TooMany(headers={**headers, "Retry-After": str(self.reset_seconds)})


class Rates:
    """The counters of one application."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._seconds = settings.rate_limit_seconds
        self.storage = storage(settings, database)
        raised = self.storage.base_exceptions
        self.failures: tuple[type[Exception], ...] = (
            Problem,
            OSError,
            *(raised if isinstance(raised, tuple) else (raised,)),
        )
        """What an unreachable storage raises."""

    async def close(self) -> None:
        """Close the connections to a storage elsewhere; limits itself never does."""
        client = getattr(getattr(self.storage, "bridge", None), "storage", None)
        if client is not None:
            await client.aclose()

    def _window(self, what: str) -> tuple[str, int]:
        number, passed = divmod(time.time(), self._seconds)
        return f"{what}/{number:.0f}", max(1, round(self._seconds - passed))

    async def hit(self, what: str, limit: int) -> Rate:
        """Count one use of ``what``. A storage that cannot be reached limits nobody, and says so in the log."""
        key, left = self._window(what)
        try:
            return Rate(limit, await self.storage.incr(key, left), left)
        except self.failures as error:
            log.warning("rates.unreachable", error=type(error).__name__)
            return Rate(limit, 0, left)

    async def refund(self, what: str) -> None:
        """Take one hit back: a sign-in succeeded, and successes are not counted."""
        key, left = self._window(what)
        try:
            await self.storage.incr(key, left, amount=-1)
        except self.failures as error:
            log.warning("rates.unreachable", error=type(error).__name__)


def storage(settings: Settings, database: Database) -> Storage:
    """The storage that the settings name: ``memory``, ``database`` or ``valkey://host:port``."""
    match settings.rate_limit_storage:
        case "memory":
            return ProcessStorage()
        case "database":
            return DatabaseStorage(database)
        case address:
            # Valkey's own addresses are taken as they are; limits knows its asynchronous storages by a prefix.
            found: Any = storage_from_string(f"async+{address.removeprefix('async+')}")
            assert isinstance(found, Storage)  # noqa: S101 - the prefix selects asynchronous storages alone
            return found


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """What an address is counted as: itself, or the /64 that an IPv6 client can choose freely from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address) + "/64"


async def sweep(database: Database) -> int:
    """Delete counters whose window is over; gives how many. A worker calls it every few minutes."""
    async with database.app.connection() as connection:
        tag: str = await connection.execute(_EXPIRED)
    return int(tag.rsplit(" ", 1)[-1])
