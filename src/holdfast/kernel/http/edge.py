"""The edge: the outermost layer, through which every request comes in and every answer goes out.

It names the request, finds the client's address, reads ``/api/v1`` as ``/api``, answers CORS, counts the address's
rate, bounds the body, turns whatever escapes into a problem, adds the security headers, logs and measures.
"""

import asyncio
import time
from typing import Any

import structlog
from litestar.types import ASGIApp

from holdfast.kernel import ids, telemetry, traces
from holdfast.kernel.http import addresses, errors, rates
from holdfast.kernel.http import headers as standard
from holdfast.kernel.http.bodies import Body
from holdfast.kernel.http.exchange import SCOPE, Exchange
from holdfast.kernel.http.reply import Reply
from holdfast.kernel.problems import Invalid, TooMany
from holdfast.kernel.settings import Settings

log = structlog.get_logger()

URL_LENGTH = 8192
"""Bytes of path and query."""
HEAD_BYTES = 65_536
"""Bytes of all headers."""
_UNLIMITED = ("/health", "/metrics")
_KNOWN_METHODS = frozenset(errors.METHODS)
_READING = frozenset({"GET", "HEAD"})
_VISIBLE = frozenset(range(0x21, 0x7F))


class Edge:
    """The ASGI application around Litestar."""

    def __init__(self, inner: ASGIApp, settings: Settings, counters: rates.Rates) -> None:
        self._inner: Any = inner
        self._settings = settings
        self._rates = counters
        self._proxies = addresses.Proxies(settings.trusted_proxies)
        self._origins = frozenset(origin.encode() for origin in settings.allowed_origins)
        self._standard = standard.security(settings)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Carry one request through."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        exchange = self._enter(scope)
        extra = self._headers_for(scope, exchange)
        reply = Reply(exchange, send, method=scope["method"], extra=extra)
        span = traces.request(exchange.headers) if traces.enabled else None
        try:
            refusal = await self._refusal(scope, exchange)
            if refusal is not None:
                await reply.complete(refusal)
            else:
                await self._inner(scope, Body(scope, receive, self._settings), reply)
        except Exception as error:
            await self._failed(exchange, reply, error)
        finally:
            if exchange.deferred is not None:
                # The request was cancelled, or died between its effect and its answer.
                deferred, exchange.deferred = exchange.deferred, None
                await asyncio.shield(deferred.abandon())
            self._leave(scope, exchange, reply, span)

    def _enter(self, scope: Any) -> Exchange:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, value)
        exchange = Exchange(
            request_id=_request_id(headers.get(b"x-request-id")),
            address=self._proxies.client(scope.get("client"), scope["headers"]),
            headers=headers,
            started=time.perf_counter(),
            reading=scope["method"] in _READING,
        )
        scope[SCOPE] = exchange
        path: str = scope["path"]
        if path.startswith("/api/v1") and (len(path) == 7 or path[7] == "/"):
            scope["path"] = "/api" + path[7:]
            raw = scope.get("raw_path")
            if raw is not None:
                scope["raw_path"] = raw.replace(b"/api/v1", b"/api", 1)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        return exchange

    async def _refusal(self, scope: Any, exchange: Exchange) -> Any:
        """The answer to what never reaches a route: preflights, what is too long, what comes too often."""
        if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > URL_LENGTH:
            return errors.answer(exchange, errors.TooLong(f"At most {URL_LENGTH} bytes."))
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES:
            return errors.answer(exchange, errors.HeadTooLarge(f"At most {HEAD_BYTES} bytes."))
        origin = exchange.headers.get(b"origin")
        if scope["method"] == "OPTIONS" and origin is not None and b"access-control-request-method" in exchange.headers:
            return standard.preflight(origin in self._origins)
        if "\x00" in scope["path"]:
            return errors.answer(exchange, Invalid("The address holds a forbidden character.", field="path"))
        if self._settings.rate_limit_requests and not scope["path"].startswith(_UNLIMITED):
            what = f"address:{rates.network(exchange.address)}"
            rate = await self._rates.hit(what, self._settings.rate_limit_requests)
            exchange.rate = rate.headers()
            try:
                rate.check()
            except TooMany as problem:
                return errors.answer(exchange, problem)
        return None

    def _headers_for(self, scope: Any, exchange: Exchange) -> Any:
        """What every answer to this request carries besides its own headers."""

        async def extra(status: int, present: set[bytes], streamed: bool) -> list[tuple[bytes, bytes]]:
            if exchange.refund is not None and not 400 <= status < 500:
                await self._rates.refund(exchange.refund)
                exchange.refund = None
            found = [(b"x-request-id", exchange.request_id.encode("ascii"))]
            found += [pair for pair in self._standard if pair[0] not in present]
            if b"cache-control" not in present:
                found.append((b"cache-control", b"no-store"))
            if exchange.rate is not None and b"ratelimit-limit" not in present:
                found += exchange.rate
            if self._origins:
                found += standard.cross_origin(exchange.headers.get(b"origin"), self._origins)
            return found

        return extra

    async def _failed(self, exchange: Exchange, reply: Reply, error: Exception) -> None:
        if reply.started:
            # The client already has a status; all that is left is to record why its stream ended.
            log.warning("request.broken_off", error=type(error).__name__)
            return
        try:
            await reply.complete(errors.answer(exchange, error))
        except (OSError, RuntimeError) as gone:
            log.info("request.client_gone", error=type(gone).__name__)

    def _leave(self, scope: Any, exchange: Exchange, reply: Reply, span: Any) -> None:
        seconds = time.perf_counter() - exchange.started
        route = scope.get("path_template") or "unmatched"
        method = scope["method"] if scope["method"] in _KNOWN_METHODS else "OTHER"
        if span is not None:
            span.end(method, route, reply.status)
        telemetry.request(method, route, reply.status, seconds, streamed=reply.streamed)
        identity = exchange.identity
        log.info(
            "request",
            method=method,
            route=route,
            status=reply.status,
            ms=round(seconds * 1000, 2),
            tenant=None if identity is None else identity.tenant,
            actor=None if identity is None else identity.actor.id,
            problem=exchange.code,
        )


def _request_id(given: bytes | None) -> str:
    """The client's own name for the request when it is a sensible one, otherwise a new one."""
    if given is not None and 8 <= len(given) <= 128 and _VISIBLE.issuperset(given):
        return given.decode("ascii")
    return str(ids.new())
