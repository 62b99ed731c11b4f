"""The server: uvicorn on uvloop and httptools, with limits, and a shutdown that lets requests end."""

import gc
import socket
from collections.abc import Callable

import uvicorn
from litestar import Litestar

from holdfast.kernel.http.protocol import Protocol
from holdfast.kernel.settings import Settings

GRACE_SECONDS = 20
KEEP_ALIVE_SECONDS = 75
"""Longer than the idle time of usual load balancers, so that it is they who close idle connections."""
CONNECTIONS = 20_000
BACKLOG = 2048
GARBAGE = 10_000
"""Objects that are made before the youngest are looked through; at Python's own 700, every other request would pay."""
STUCK_MS = 60_000
"""A peer that takes nothing for so long is gone, whatever it says; the kernel then ends its connection."""


def listen(settings: Settings) -> socket.socket:
    """A socket on the address of the settings; several processes may serve from the same one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((settings.host, settings.port))
    listener.listen(BACKLOG)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Without it, a live client that was let go for being slow would keep its full buffers for as long as it likes.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_MS)
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener


class Server(uvicorn.Server):
    """A uvicorn server that says when it serves, and when it starts to stop, so that streams end in time."""

    def __init__(
        self,
        app: Litestar,
        settings: Settings,
        *,
        on_started: Callable[[int], None] | None = None,
        on_stopping: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(configuration(app, settings))
        self._application = app
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell the port."""
        await super().startup(sockets)
        if self.started and self._on_started is not None and sockets:
            self._on_started(sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: no longer ready, streams told to end, requests awaited, then the lifespan left."""
        self._application.state.monitor.stopping = True
        if self._on_stopping is not None:
            self._on_stopping()
        await super().shutdown(sockets)


def settle(_: int) -> None:
    """Called once a process serves: what is there now stays, so the garbage collector need not walk through it again.

    A server inside another program, such as a test, leaves that program's collector alone.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


def configuration(app: Litestar, settings: Settings) -> uvicorn.Config:
    """What uvicorn is told; addresses of clients, logs and headers are the kernel's own business."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        limit_concurrency=CONNECTIONS,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


async def serve(
    app: Litestar,
    settings: Settings,
    *,
    listener: socket.socket | None = None,
    on_started: Callable[[int], None] | None = None,
    on_stopping: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what has begun.

    Args:
        listener: a socket that several processes share; without one, the address of the settings.
        on_started: told the port once requests are answered.
        on_stopping: told when the shutdown begins, to end live streams.
    """
    server = Server(app, settings, on_started=on_started, on_stopping=on_stopping)
    await server.serve(sockets=[listener or listen(settings)])
