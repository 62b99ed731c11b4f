"""A real api process for tests of live updates: ``python -m tests.kernel.http.live_server ADDRESSES SETTINGS``.

It prints its port when it serves. Whoever shows the bearer ``{tenant}:{grant},{grant}`` is signed in with that, as
somebody new each time.
"""

import socket
import sys
from uuid import UUID

import msgspec
import uvloop
from litestar import get

from holdfast.kernel import ids, live, telemetry
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http import factory, server
from holdfast.kernel.http import live as http_live
from holdfast.kernel.http.caller import Caller, Credentials, Identity
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Actor


async def authenticate(_: Database, credentials: Credentials) -> Identity:
    """Believe the bearer."""
    tenant, colon, grants = (credentials.bearer or "").partition(":")
    if not colon:
        raise NotSignedIn
    person = ids.new()
    actor = Actor(kind="person", id=person, person=person, grants=frozenset(grants.split(",")))
    return Identity(tenant=credentials.tenant or UUID(tenant), actor=actor)


@get("/api/page", signed_in=True)
async def page(caller: Caller) -> int:
    """A page that reads how many events its tenant has."""
    async with caller.transaction() as tx:
        return await tx.one(int, "select count(*) from kernel_event")


async def main(addresses: str, settings: str) -> None:
    """Serve until told to stop."""
    own = msgspec.json.decode(settings, type=Settings)
    telemetry.configure(own)
    database = Database(msgspec.json.decode(addresses, type=Addresses), own)
    hub = live.Hub(database)
    app = factory.application(
        database,
        own,
        routes=[*http_live.routes(hub), page],
        authenticate=authenticate,
        lifespan=[http_live.lifespan(hub)],
    )
    app.asgi_handler = http_live.Discovery(app.asgi_handler, hub)
    listener = server.listen(own)
    # Small buffers, so that a test need not send megabytes before a client that takes nothing is noticed.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    await server.serve(
        app, own, listener=listener, on_started=lambda port: print(port, flush=True), on_stopping=hub.drain
    )
    await database.close()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
