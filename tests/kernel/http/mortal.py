"""A server that is killed at the first byte of its first answer; run as a process of its own by a test."""

import asyncio
import os
import signal
import sys
from typing import Any

import msgspec

from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http.server import Server, listen
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars


async def main(where: Addresses) -> None:
    """Serve one request and die."""
    settings = Settings(environment="test", port=0)
    app = jars.build(Database(where, settings), settings)
    inner: Any = app.asgi_handler

    async def handler(scope: Any, receive: Any, _: Any) -> None:
        async def kill(_: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        await inner(scope, receive, kill)

    app.asgi_handler = handler
    server = Server(app, settings, on_started=lambda port: print(port, flush=True))
    await server.serve(sockets=[listen(settings)])


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Addresses)))
