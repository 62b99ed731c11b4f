"""The live hub over HTTP: ``GET /.well-known/mercure``, as the Mercure protocol 0.x has it.

A subscriber shows a live token (``Authorization: Bearer``, the ``authorization`` parameter or the cookie
``mercureAuthorization``, in that order) or is simply signed in. Updates come from commands, so nothing is published
by POST: that method is answered 405.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

import asyncpg
import structlog
from litestar import Litestar, Request, get
from litestar.handlers import HTTPRouteHandler

from holdfast.kernel import live, subscriptions
from holdfast.kernel.http import csrf
from holdfast.kernel.http.caller import Caller
from holdfast.kernel.problems import Problem
from holdfast.kernel.subscriptions import Access, ActorAccess

log = structlog.get_logger()

PATH = "/.well-known/mercure"
COOKIE = "mercureAuthorization"
REVIEW_SECONDS = 300.0
"""The stream of a signed-in person ends after about so long; on reconnecting, their rights are looked at again."""
CLOSE_SECONDS = 2.0
"""How long a client that is being closed may take to take its last bytes."""
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store, no-cache, no-transform"),
    # Proxies that buffer answers would turn live into late.
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """The answer to a subscriber: an ASGI application that sends the stream until one of the two ends it."""

    def __init__(self, stream: live.Stream) -> None:
        self._stream = stream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send updates as they come; return when the client left, was too slow, or the process stops."""
        stream = self._stream
        loop = asyncio.get_running_loop()
        gone = asyncio.create_task(self._watch(receive))
        try:
            async with asyncio.timeout(None) as patience:
                # A client that takes nothing would otherwise hold the sender in place for ever.
                stream.subscription.on_close = lambda: patience.reschedule(loop.time() + CLOSE_SECONDS)
                headers = [*HEADERS, (b"last-event-id", stream.last_event_id.encode())]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                async with aclosing(stream.chunks()) as chunks:
                    async for chunk in chunks:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.info("live.abandoned", reason=stream.subscription.closed)
        except (Problem, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # The client reconnects with the id of its last update, and then gets what it misses now.
            log.warning("live.broken", error=type(error).__name__)
        finally:
            gone.cancel()
            stream.close()

    async def _watch(self, receive: Any) -> None:
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        except Problem as problem:
            # A GET with a body that is too large or too slow is no subscriber that we know.
            log.info("live.refused", code=problem.code())
        finally:
            self._stream.close()


def access(request: Request[Any, Any, Any], caller: Caller) -> Access:
    """What the request may receive, by its live token or by who is signed in.

    Raises:
        NotSignedIn: neither is there, or the token has expired.
    """
    header = request.headers.get("authorization", "")
    scheme, _, bearer = header.partition(" ")
    shown = (
        bearer.strip() if scheme.lower() == "bearer" else None,
        request.query_params.get("authorization"),
        csrf.cookie_value(request.headers.get("cookie"), COOKIE),
    )
    token = next((text for text in shown if text), None)
    found = None if token is None else subscriptions.token_access(token)
    if found is not None:
        return found
    # The moments differ, so that clients who came together do not all come back together.
    expires = time.time() + REVIEW_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains by guessing it
    if caller.identity.until is not None:
        expires = min(expires, caller.identity.until.timestamp())
    return ActorAccess(caller.tenant, caller.actor, expires_at=expires)


def routes(hub: live.Hub) -> list[HTTPRouteHandler]:
    """The route of the hub; it decides itself who may listen to what, so it is public to the guard."""

    @get(PATH, public=True, include_in_schema=False, operation_id="subscribe")
    async def subscribe(request: Request[Any, Any, Any], caller: Caller) -> EventStream:
        """Listen to topics: ``topic`` (repeatable), and ``Last-Event-ID`` as header or parameter to catch up."""
        parameters = request.query_params
        wanted = subscriptions.selectors(parameters.getall("topic", []))
        last = (
            request.headers.get("last-event-id")
            or parameters.get("lastEventID")
            or parameters.get("Last-Event-ID")
            or parameters.get("last-event-id")
        )
        return EventStream(await hub.subscribe(access(request, caller), wanted, last_event_id=last))

    return [subscribe]


def lifespan(hub: live.Hub) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """The hub's life in the application's: it follows the events from the start of the server to its stop.

    The server must also call ``hub.drain`` when it begins to stop (``serve(on_stopping=hub.drain)``), because it
    waits for open connections before the application's life ends, and a live client never leaves by itself.
    """

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncIterator[None]:
        await hub.start()
        try:
            yield
        finally:
            await hub.stop()

    return running


class Discovery:
    """ASGI middleware that hands out the hub and the cursor with every page, as Mercure's discovery has it.

    Put it around the application: ``app.asgi_handler = Discovery(app.asgi_handler, hub)``.

    The cursor is taken before the request is carried out, so before its transaction can see anything newer. A page
    that subscribes with it gets what happened since, neither more nor less.
    """

    def __init__(self, app: Any, hub: live.Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Add the Link header to what a GET is answered."""
        position = self._hub.position
        if position is None or scope["type"] != "http" or scope["method"] != "GET" or scope["path"] == PATH:
            await self._app(scope, receive, send)
            return
        link = (b"link", f'<{PATH}>; rel="mercure"; last-event-id="{position}"'.encode())

        async def linked(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], link]}
            await send(message)

        await self._app(scope, receive, linked)
