"""The application factory: Litestar with the kernel around it."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeAlias

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import LitestarDeprecationWarning
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from holdfast import __version__
from holdfast.kernel import pages
from holdfast.kernel.database import Database
from holdfast.kernel.http import bodies, docs, errors, health, openapi, rates
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http.admission import Admission
from holdfast.kernel.http.caller import Authenticate, Caller, Remembered
from holdfast.kernel.http.edge import Edge
from holdfast.kernel.pages import Page
from holdfast.kernel.settings import Settings

Application: TypeAlias = Litestar
Route: TypeAlias = ControllerRouterHandler
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def application(
    database: Database,
    settings: Settings,
    *,
    routes: Sequence[ControllerRouterHandler],
    authenticate: Authenticate,
    lifespan: Sequence[Lifespan] = (),
    title: str = "Holdfast",
    version: str = __version__,
    description: str | None = None,
) -> Litestar:
    """The web application: an ASGI application that serves ``routes`` under the house rules.

    Args:
        database: the pools; whoever opened them closes them.
        settings: limits, origins, public address.
        routes: handlers and routers, with full paths; each handler declares ``grant``, ``signed_in`` or ``public``.
        authenticate: verifies credentials; its answers are remembered for ``token_memory_seconds``.
        lifespan: context managers entered when the server starts and left when it stops, such as the live hub.

    Handlers may take ``caller: Caller`` and ``page: Page``. ``app.state`` holds ``database``, ``settings``,
    ``remembered`` (verified identities, with ``forget``), ``monitor`` (health) and ``rates``.
    """
    counters = rates.Rates(settings, database)
    remembered = Remembered(settings.token_memory_seconds)
    monitor = health.Monitor(settings, database, counters)
    admission = Admission(settings, database, authenticate=authenticate, remembered=remembered, counters=counters)
    app = _litestar(
        route_handlers=[*routes, *health.routes(monitor), *docs.routes()],
        dependencies={
            "caller": Provide(_caller_provider(database, remembered)),
            "page": Provide(_page, sync_to_thread=False),
        },
        middleware=[admission.gate],
        exception_handlers={Exception: errors.handle},
        request_class=bodies.StrictRequest,
        request_max_body_size=None,
        lifespan=list(lifespan),
        on_shutdown=[counters.close],
        openapi_config=openapi.config(title, version, description),
        logging_config=None,
        debug=False,
        state=State(
            {
                "database": database,
                "settings": settings,
                "remembered": remembered,
                "monitor": monitor,
                "rates": counters,
            }
        ),
    )
    app.asgi_handler = Edge(app.asgi_handler, settings, counters)
    return app


def _litestar(**options: Any) -> Litestar:
    with warnings.catch_warnings():
        # Handlers take ``caller``, ``data`` and parameters by name and type. Litestar 3 will want a marker at each; the
        # version is pinned below it, and a handler reads better without.
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        return Litestar(**options)


def _caller_provider(database: Database, remembered: Remembered) -> Any:
    async def provide(request: Request[Any, Any, Any]) -> Caller:
        exchange = exchanges.of(request.scope)
        request_hash = None
        if exchange.key is not None:
            request_hash = bodies.request_hash(request.scope, await request.body())
        return Caller(exchange=exchange, database=database, remembered=remembered, request_hash=request_hash)

    return provide


def _page(
    caller: Caller,  # Dependencies that know nothing of each other are each run as a task, and tasks cost time.
    after: Annotated[str | None, Parameter(description="The `next` of the page before", max_length=1000)] = None,
    limit: Annotated[int, Parameter(ge=1, le=pages.LIMIT, description="Rows of a page")] = 50,
) -> Page:
    return Page(after=after, limit=limit)
