"""Puts the platform together; the one file that knows every part."""

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from holdfast.integrations.inbox import sandbox as inbox_sandbox
from holdfast.integrations.mail import api as mail_api
from holdfast.integrations.payments import connecting
from holdfast.integrations.payments.sandbox import api as payments_sandbox_api
from holdfast.integrations.payments.sandbox import reactions as payments_sandbox_reactions
from holdfast.kernel import crypto, http, jobs, live, processes, telemetry
from holdfast.kernel import database as databases
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http import assets, idempotency, rates, web
from holdfast.kernel.http import inbox as inbox_http
from holdfast.kernel.http import live as live_http
from holdfast.kernel.http import server as http_server
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings
from holdfast.kernel.worker import Worker
from holdfast.shared.accounts import api as accounts_api
from holdfast.shared.accounts import reactions as accounts_reactions
from holdfast.shared.billing import api as billing_api
from holdfast.shared.billing import reactions as billing_reactions
from holdfast.shared.devices import api as devices_api
from holdfast.shared.holdings import api as holdings_api
from holdfast.shared.ledger import api as ledger_api
from holdfast.shared.ledger import reactions as ledger_reactions
from holdfast.shared.payments import api as payments_api
from holdfast.shared.payments import reactions as payments_reactions
from holdfast.shared.payouts import api as payouts_api
from holdfast.shared.payouts import reactions as payouts_reactions
from holdfast.shared.people import api as people_api
from holdfast.shared.people import reactions as people_reactions
from holdfast.shared.sessions import api as sessions_api
from holdfast.shared.sessions import authentication
from holdfast.shared.sessions import reactions as sessions_reactions
from holdfast.shared.tenants import api as tenants_api
from holdfast.systems.loyalty import api as loyalty_api
from holdfast.systems.loyalty import reactions as loyalty_reactions

log = structlog.get_logger()

SWEEP_SECONDS = 600.0
WEB = Path(__file__).parent / "web"
"""The built web application, which the wheel brings along and a checkout makes (``make web``)."""

routes: list[http.Route] = [
    *sessions_api.routes,
    *accounts_api.routes,
    *people_api.routes,
    *tenants_api.routes,
    *devices_api.routes,
    *holdings_api.routes,
    *ledger_api.routes,
    *payments_api.routes,
    *billing_api.routes,
    *payouts_api.routes,
    *loyalty_api.routes,
    *mail_api.routes,
    *payments_sandbox_api.routes,
    *inbox_http.routes,
]
"""Every route but the kernel's own (health, metrics, documentation, live)."""

reacting = (
    accounts_reactions,
    billing_reactions,
    ledger_reactions,
    loyalty_reactions,
    payments_reactions,
    payments_sandbox_reactions,
    payouts_reactions,
    people_reactions,
    sessions_reactions,
)
"""Modules that declare reactions and schedules; importing one is what mounts it."""

providers = (inbox_sandbox,)
"""Modules that declare whose webhooks are taken in; importing one is what mounts it."""

registry = jobs.REGISTRY

_NOWHERE = "postgresql://nobody@/nowhere"


def application(database: Database, settings: Settings, *, hub: live.Hub | None = None) -> http.Application:
    """The web application over an opened database. ``hub`` is the live hub, for whoever must stop it first."""
    crypto.use(settings)
    hub = hub or live.Hub(database)
    app = http.application(
        database,
        settings,
        routes=[*routes, *live_http.routes(hub)],
        authenticate=authentication.authenticate,
        lifespan=[live_http.lifespan(hub)],
    )
    app.state["assets"] = assets.read(WEB)
    app.asgi_handler = live_http.Discovery(app.asgi_handler, hub)
    app.asgi_handler = web.Web(app, settings, WEB)
    return app


def openapi_document() -> dict[str, Any]:
    """The API's document, made without a database."""
    where = Addresses(app=_NOWHERE, direct=_NOWHERE, owner=None, relay=_NOWHERE, replica=_NOWHERE)
    settings = Settings()
    return http.openapi_document(application(Database(where, settings), settings))


async def serve(settings: Settings, *, listener: socket.socket | None = None) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then let what has begun end."""
    processes.stop_with_parent()
    async with databases.opened(settings) as database:
        hub = live.Hub(database)
        telemetry.configure(settings)
        try:
            await http.serve(
                application(database, settings, hub=hub),
                settings,
                listener=listener,
                on_started=http_server.settle,
                on_stopping=hub.drain,
            )
        finally:
            await connecting.close_all()
            telemetry.close()


async def _sweep(database: Database, stopping: asyncio.Event) -> None:
    """Forget idempotency keys and rate counters that are over, until the worker stops."""
    while not stopping.is_set():
        try:
            await idempotency.sweep(database)
            await rates.sweep(database)
        except (Problem, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("sweep.interrupted", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), SWEEP_SECONDS)


async def work(settings: Settings) -> None:
    """Run reactions and schedules until SIGTERM or Ctrl-C, then finish what has begun."""
    stopping = asyncio.Event()
    processes.stop_on_signals(stopping)
    crypto.use(settings)
    async with databases.opened(settings) as database:
        telemetry.configure(settings)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(Worker(database, registry).run(stopping))
                group.create_task(_sweep(database, stopping))
        finally:
            await connecting.close_all()
            telemetry.close()
