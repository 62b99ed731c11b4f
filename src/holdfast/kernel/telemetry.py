"""Telemetry: what is measured, and where the measurements go.

Metrics are Prometheus counters and histograms under the names that operators' dashboards know; logs are JSON lines
(``logs``); traces and error reports leave over OTLP and to Sentry when they are configured (``traces``). Nothing here
carries personal data: labels are routes, kinds and ids of businesses, capped in number.
"""

import time
from functools import lru_cache
from threading import Lock
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from holdfast.kernel import logs, traces
from holdfast.kernel.settings import Settings

log = structlog.get_logger()

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("api_requests_total", "Requests answered, by route template.", ["method", "path", "status"])
REQUEST_SECONDS = Histogram(
    "api_request_duration_seconds", "From the first byte in to the last byte out.", ["method", "path"], buckets=_FAST
)
QUERY_SECONDS = Histogram(
    "db_query_duration_seconds", "From the statement sent to its last row.", ["query_type"], buckets=_FAST
)
SLOW_QUERIES = Counter("db_slow_queries_total", "Statements slower than the setting.", ["query_type"])
POOL_EXHAUSTED = Counter("db_pool_exhausted_total", "Waits for a connection that ended without one.", ["pool"])
POOL_IN_USE = Gauge("db_pool_in_use", "Connections in use now.", ["pool"], multiprocess_mode="livesum")
POOL_SIZE = Gauge("db_pool_size", "The most connections of the pool.", ["pool"], multiprocess_mode="livesum")
DATABASE_BYTES = Gauge("db_size_bytes", "What the database takes on disk.", multiprocess_mode="mostrecent")
DATABASE_CONNECTIONS = Gauge("db_connections", "Connections to the database.", multiprocess_mode="mostrecent")
DATABASE_DEADLOCKS = Gauge("db_deadlocks", "Deadlocks since the statistics began.", multiprocess_mode="mostrecent")
DATABASE_CACHE_HITS = Gauge(
    "db_cache_hit_ratio", "Share of block reads that memory answered.", multiprocess_mode="mostrecent"
)
REPLICATION_LAG = Gauge(
    "db_replication_lag_seconds", "How far the replica is behind; 0 without one.", multiprocess_mode="mostrecent"
)
JOB_SECONDS = Histogram(
    "background_job_duration_seconds", "How long a job ran.", ["job_type"], buckets=(*_FAST, 60, 300, 900)
)
JOBS = Counter("background_jobs_total", "Jobs that ended, by outcome.", ["job_type", "outcome"])
RELAYED = Counter("relay_events_total", "Events handed to their reactions.")
RELAY_LAG = Gauge("relay_lag_seconds", "Age of the last event when it was handed on.", multiprocess_mode="max")
CLOCK_LATE = Gauge("schedule_lag_seconds", "How late the latest schedule is.", multiprocess_mode="max")
OUTSIDE_SECONDS = Histogram(
    "outside_call_duration_seconds", "Calls to outside services.", ["service", "outcome"], buckets=_FAST
)
LIVE_CONNECTIONS = Gauge("live_connections", "Live streams that are open now.", multiprocess_mode="livesum")
LIVE_DROPPED = Counter("live_dropped_total", "Live streams that were ended because their client was too slow.")
PAYMENTS = Counter(
    "payments_total", "Attempts to pay that ended, by outcome; their ratio is the success rate.", ["outcome"]
)
WHATSAPP_MESSAGES = Counter("whatsapp_messages_sent_total", "Messages handed to WhatsApp.", ["status"])
PASS_UPDATES = Counter("passkit_updates_total", "Wallet passes that were updated.", ["status"])

BUSINESSES = 200
"""Businesses, or campaigns, that get a label of their own; the rest are counted together as ``other``."""


class Capped:
    """A counter whose label takes at most so many values, so that no number of tenants can fill the memory."""

    def __init__(self, name: str, documentation: str, label: str, *, values: int = BUSINESSES) -> None:
        self._counter = Counter(name, documentation, [label])
        self._values = values
        self._known: set[str] = set()
        self._lock = Lock()

    def add(self, value: UUID, amount: int = 1) -> None:
        """Count for a business or a campaign."""
        label = str(value)
        if label not in self._known:
            with self._lock:
                if len(self._known) < self._values:
                    self._known.add(label)
                else:
                    label = "other"
        self._counter.labels(label).inc(amount)


CUSTOMERS_ENROLLED = Capped("customers_enrolled_total", "Customers who joined.", "business_id")
STAMPS_ADDED = Capped("stamps_added_total", "Stamps that were added.", "business_id")
SUBSCRIPTIONS_CREATED = Capped("subscriptions_created_total", "Subscriptions that began.", "business_id")
REVENUE = Capped("revenue_minor_total", "What was collected, in minor units of the business's money.", "business_id")
CAMPAIGNS_SENT = Capped("campaigns_sent_total", "Campaign messages that were sent.", "campaign_id")
CAMPAIGN_REDEMPTIONS = Capped("campaign_redemptions_total", "Campaign offers that were used.", "campaign_id")

_QUERY_TYPES = {
    "select": "select",
    "insert": "insert",
    "update": "update",
    "delete": "delete",
    "with": "with",
    "begin": "begin",
    "commit": "commit",
    "rollback": "rollback",
    "call": "call",
}
_QUERIES = {kind: QUERY_SECONDS.labels(kind) for kind in (*_QUERY_TYPES.values(), "other")}
_requests: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def configure(settings: Settings) -> None:
    """Set up logs, traces and error reports for this process; call it once, before anything is logged."""
    logs.configure(settings)
    traces.configure(settings)


def close() -> None:
    """Send what waits to be sent."""
    traces.close()


def report(error: BaseException) -> None:
    """Hand an unexpected error to Sentry, when there is one."""
    traces.report(error)


def request(method: str, route: str, status: int, seconds: float, *, streamed: bool) -> None:
    """One request was answered; a stream's length says nothing about speed, so its time is not observed."""
    known = _requests.get((method, route, status))
    if known is None:
        known = (REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(method, route))
        _requests[method, route, status] = known
    known[0].inc()
    if not streamed:
        known[1].observe(seconds)


def query_type(sql: str) -> str:
    """What kind of statement it is, by its first word."""
    return _query_type(sql[:12])


@lru_cache(maxsize=4096)
def _query_type(start: str) -> str:
    word = start.lstrip().replace(";", " ").partition(" ")[0].partition("\n")[0].lower()
    return _QUERY_TYPES.get(word, "other")


def query(elapsed: float, sql: str, *, slow_ms: int) -> None:
    """One statement was run; a slow one is logged without its arguments."""
    kind = query_type(sql)
    _QUERIES[kind].observe(elapsed)
    if elapsed * 1000 >= slow_ms:
        SLOW_QUERIES.labels(kind).inc()
        log.warning("query.slow", ms=round(elapsed * 1000), sql=" ".join(sql.split())[:500])
    if traces.enabled:
        traces.query(kind, elapsed)


def job(name: str, seconds: float, outcome: str) -> None:
    """One background job ended: ``done``, ``failed``, ``dead`` and so on."""
    JOB_SECONDS.labels(name).observe(seconds)
    JOBS.labels(name, outcome).inc()
    log.info("job", job=name, outcome=outcome, ms=round(seconds * 1000, 1))


def relay(batch: int, lag_seconds: float) -> None:
    """The relay handed a batch of events on, the last of them this old."""
    RELAYED.inc(batch)
    RELAY_LAG.set(lag_seconds)


def outside(service: str, outcome: str, started: float) -> None:
    """A call to an outside service ended; ``started`` is ``time.perf_counter()`` from before it."""
    seconds = time.perf_counter() - started
    OUTSIDE_SECONDS.labels(service, outcome).observe(seconds)
    log.info("outside.call", service=service, outcome=outcome, ms=round(seconds * 1000, 1))
