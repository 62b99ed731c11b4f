"""Traces over OTLP and error reports to Sentry; both off until they are configured, and then scrubbed like the logs.

A request is one span named by its route template, a statement a span below it named by its kind: never a path, an
argument or a body. A ``traceparent`` header joins the request to the trace of whoever sent it.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from holdfast import __version__
from holdfast.kernel import logs
from holdfast.kernel.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

enabled = False
"""Whether requests and statements are traced at all, so that the hot path pays one comparison when they are not."""

_provider: "TracerProvider | None" = None
_tracer: "Tracer | None" = None
_sentry = False


def configure(settings: Settings) -> None:
    """Start exporting to the collector and reporting to Sentry, as far as the settings name them."""
    global enabled
    if settings.otlp_endpoint is not None:
        _start_tracing(settings, settings.otlp_endpoint)
    if settings.sentry_dsn is not None:
        _start_sentry(settings, settings.sentry_dsn)
    enabled = _tracer is not None or _sentry


def _start_tracing(settings: Settings, endpoint: str) -> None:
    global _provider, _tracer
    # Imported here because these modules take a third of a second that nobody without a collector should pay.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    base = endpoint.rstrip("/")
    address = base if base.endswith("/v1/traces") else f"{base}/v1/traces"
    resource = Resource.create(
        {
            "service.name": "holdfast",
            "service.version": __version__,
            "deployment.environment.name": settings.environment,
        }
    )
    _provider = TracerProvider(resource=resource)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    _tracer = _provider.get_tracer("holdfast", __version__)


def _start_sentry(settings: Settings, dsn: str) -> None:
    global _sentry
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=settings.environment,
        release=f"holdfast@{__version__}",
        traces_sample_rate=settings.sentry_traces,
        # Without being asked for personal data, the library collects none; variables and bodies are kept out besides.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=scrub,
        before_send_transaction=scrub,
        before_breadcrumb=lambda crumb, _: logs.redact_value(crumb),
        server_name="holdfast",
        # The integrations that Sentry finds by itself read requests, queries and logs in ways that we do not control.
        auto_enabling_integrations=False,
        default_integrations=False,
        integrations=[AtexitIntegration(), DedupeIntegration(), ExcepthookIntegration(), ThreadingIntegration()],
    )
    _sentry = True


def close() -> None:
    """Send what waits, and stop tracing."""
    global enabled, _provider, _tracer, _sentry
    if _provider is not None:
        _provider.shutdown()
    if _sentry:
        import sentry_sdk

        sentry_sdk.get_client().close(timeout=2)
        sentry_sdk.get_global_scope().set_client(None)
    _provider = _tracer = None
    _sentry = enabled = False


_STRUCTURE = frozenset({"event_id", "timestamp", "start_timestamp", "level", "platform", "type", "release", "sdk"})


def scrub(event: Any, _: Any) -> Any:
    """What is sent to Sentry, without personal data and without the request's own contents."""
    for member in ("request", "user", "extra", "modules"):
        event.pop(member, None)
    for key, value in event.items():
        if key not in _STRUCTURE:
            event[key] = logs.redact_value(value)
    return event


def report(error: BaseException) -> None:
    """Report an unexpected error, tagged with the ids that the logs carry."""
    if not _sentry:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        for name, value in structlog.contextvars.get_contextvars().items():
            scope.set_tag(name, str(value))
        scope.capture_exception(error)


class RequestSpan:
    """The span of one request, in the trace that its ``traceparent`` names, and its transaction in Sentry."""

    __slots__ = ("_sentry_span", "_span", "_token")

    def __init__(self, headers: Mapping[bytes, bytes]) -> None:
        self._span: Any = None
        self._token: Any = None
        self._sentry_span: Any = None
        if _tracer is not None:
            from opentelemetry import context, trace
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            carrier = {
                name: headers[name.encode()].decode("latin-1")
                for name in ("traceparent", "tracestate")
                if name.encode() in headers
            }
            parent = TraceContextTextMapPropagator().extract(carrier)
            self._span = _tracer.start_span("request", context=parent, kind=trace.SpanKind.SERVER)
            self._token = context.attach(trace.set_span_in_context(self._span, parent))
        if _sentry:
            import sentry_sdk

            self._sentry_span = sentry_sdk.start_transaction(op="http.server", name="request", source="route")

    def end(self, method: str, route: str, status: int) -> None:
        """The request was answered."""
        if self._span is not None:
            from opentelemetry import context
            from opentelemetry.trace import Status, StatusCode

            self._span.update_name(f"{method} {route}")
            self._span.set_attributes(
                {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": status,
                    "holdfast.request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
                }
            )
            if status >= 500:
                self._span.set_status(Status(StatusCode.ERROR))
            context.detach(self._token)
            self._span.end()
        if self._sentry_span is not None:
            self._sentry_span.name = f"{method} {route}"
            self._sentry_span.set_http_status(status)
            self._sentry_span.finish()


def request(headers: Mapping[bytes, bytes]) -> RequestSpan:
    """Begin the span of a request."""
    return RequestSpan(headers)


def query(kind: str, elapsed: float) -> None:
    """A statement that just ended, as a span below the request's."""
    if _tracer is None:
        return
    from opentelemetry import trace

    if not trace.get_current_span().get_span_context().is_valid:
        return
    ended = time.time_ns()
    span = _tracer.start_span(
        f"postgresql {kind}",
        kind=trace.SpanKind.CLIENT,
        start_time=ended - int(elapsed * 1e9),
        attributes={"db.system.name": "postgresql", "db.operation.name": kind},
    )
    span.end(ended)
