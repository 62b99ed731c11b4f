"""Health and metrics: is the process alive, can it serve, and what has it measured."""

import asyncio
import hmac
import ipaddress
import os
import time
from typing import Any, Literal

import asyncpg
import msgspec
import prometheus_client
import structlog
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import multiprocess

from holdfast.kernel import migrations, telemetry
from holdfast.kernel.database import Database
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http.rates import Rates
from holdfast.kernel.problems import NotAllowed, NotFound, Problem
from holdfast.kernel.settings import Settings

log = structlog.get_logger()

CHECK_SECONDS = 3.0
MEASURE_SECONDS = 10.0
"""How old the database's own figures may be; scrapers come more often than these change."""

_REVISION = "select version_num from kernel_migration"
_STATISTICS = (
    "select pg_database_size(datname) as bytes, numbackends as connections, deadlocks, "
    "blks_hit::float8 / greatest(blks_hit + blks_read, 1) as cache_hits "
    "from pg_stat_database where datname = current_database()"
)
_LAG = (
    "select case when pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn() "
    "then coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) else 0 end::float8"
)


class Alive(msgspec.Struct):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Health(msgspec.Struct):
    """Whether the process can serve, check by check: ``ok`` or what is wrong, in a word or two."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


class Monitor:
    """What the health and metrics routes look at."""

    def __init__(self, settings: Settings, database: Database, counters: Rates) -> None:
        self._settings = settings
        self._database = database
        self._rates = counters
        self._measured_at = 0.0
        self.stopping = False

    async def health(self) -> Health:
        """Check the database, its revision and the rate counters, all within a few seconds."""
        checks = {"database": "ok", "migrations": "ok"}
        try:
            async with asyncio.timeout(CHECK_SECONDS), self._database.app.connection() as connection:
                revision = await connection.fetchval(_REVISION)
            if revision != migrations.head():
                checks["migrations"] = "not at head"
        except (Problem, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            checks["database"] = "unreachable"
            checks["migrations"] = "unknown"
            log.warning("health.database", error=type(error).__name__)
        if self._settings.rate_limit_storage not in ("memory", "database"):
            checks["rates"] = "ok" if await self._rates_answer() else "unreachable"
        if self.stopping:
            checks["process"] = "stopping"
        ready = all(value == "ok" for value in checks.values())
        return Health(status="ready" if ready else "not ready", checks=checks)

    async def _rates_answer(self) -> bool:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._rates.storage.check()
        except self._rates.failures:
            return False

    async def measure(self) -> None:
        """Read the pools, and now and then the database's own figures."""
        for pool in {self._database.app, self._database.relay, self._database.replica}:
            telemetry.POOL_IN_USE.labels(pool.name).set(pool.in_use)
            telemetry.POOL_SIZE.labels(pool.name).set(pool.size)
        if time.monotonic() - self._measured_at < MEASURE_SECONDS:
            return
        self._measured_at = time.monotonic()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                async with self._database.app.connection() as connection:
                    row: Any = await connection.fetchrow(_STATISTICS)
                async with self._database.replica.connection() as connection:
                    lag: float = await connection.fetchval(_LAG)
        except (Problem, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            log.warning("metrics.database", error=type(error).__name__)
            return
        telemetry.DATABASE_BYTES.set(row["bytes"])
        telemetry.DATABASE_CONNECTIONS.set(row["connections"])
        telemetry.DATABASE_DEADLOCKS.set(row["deadlocks"])
        telemetry.DATABASE_CACHE_HITS.set(row["cache_hits"])
        telemetry.REPLICATION_LAG.set(lag)

    def may_read_metrics(self, request: Request[Any, Any, Any]) -> None:
        """Let in whoever shows the token, or without one in the settings, this machine alone.

        Raises:
            NotAllowed: neither.
        """
        token = self._settings.metrics_token
        exchange = exchanges.of(request.scope)
        if token is not None:
            shown = exchange.headers.get(b"authorization", b"")
            if not hmac.compare_digest(shown, b"Bearer " + token.encode()):
                raise NotAllowed("Metrics take the token of the settings.")
        elif not _loopback(exchange.address) or b"x-forwarded-for" in exchange.headers:
            raise NotAllowed("Without a token, metrics are for this machine alone.")


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "local"


def _exposition() -> bytes:
    """Every metric of this process, or of all processes that share ``PROMETHEUS_MULTIPROC_DIR``."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return prometheus_client.generate_latest()
    registry = prometheus_client.CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry)


def routes(monitor: Monitor) -> list[HTTPRouteHandler]:
    """The routes of a monitor."""

    @get("/health/live", public=True, operation_id="health_live", tags=["health"])
    async def live() -> Alive:
        """Tell that the process is alive."""
        return Alive()

    async def _ready() -> Response[Health]:
        health = await monitor.health()
        return Response(
            health,
            status_code=200 if health.status == "ready" else 503,
            headers={"Cache-Control": "no-store"},
        )

    not_ready = {503: ResponseSpec(Health, generate_examples=False, description="What is wrong, check by check")}

    @get("/health/ready", public=True, operation_id="health_ready", tags=["health"], responses=not_ready)
    async def ready() -> Response[Health]:
        """Tell whether the process can serve: its database answers and is at the newest revision."""
        return await _ready()

    @get("/health", public=True, operation_id="health", tags=["health"], responses=not_ready)
    async def health() -> Response[Health]:
        """Tell whether the process can serve."""
        return await _ready()

    @get("/metrics", public=True, include_in_schema=False, media_type="text/plain")
    async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """What was measured, as Prometheus reads it."""
        monitor.may_read_metrics(request)
        await monitor.measure()
        return Response(
            _exposition(),
            headers={"Cache-Control": "no-store"},
            media_type="text/plain; version=0.0.4",
        )

    @get(["/favicon.ico"], public=True, include_in_schema=False)
    async def favicon() -> None:
        """Browsers ask for it; a page that wants an icon names it."""
        raise NotFound

    return [live, ready, health, metrics, favicon]
