"""The wire: uvicorn's httptools protocol, with limits on the head of a request and problems for what is not HTTP.

uvicorn bounds neither the size of a request's head nor how long it may take; a client could hold a connection, and
memory, for as long as it likes.
"""

import asyncio
import http
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from holdfast.kernel import ids
from holdfast.kernel.http import edge, errors
from holdfast.kernel.problems import Problem, TooSlow

HEAD_SECONDS = 20.0


class NotHttp(Problem):
    """This is not a well-formed HTTP request."""

    status = 400


class Protocol(HttpToolsProtocol):
    """One connection of a client."""

    _head_bytes = 0
    _reading_head = True
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected; its first request must come soon."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers are complete."""
        if self._reading_head:
            if self._head_timer is None:
                self._wait_for_head()
            self._head_bytes += len(data)
        super().data_received(data)
        # A head that came complete in one read is measured by the edge.
        if self._reading_head and self._head_bytes > edge.HEAD_BYTES and not self.transport.is_closing():
            self._refuse(errors.HeadTooLarge(f"At most {edge.HEAD_BYTES} bytes."))

    def on_message_begin(self) -> None:
        """A request begins."""
        self._reading_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._reading_head = False
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; what comes next is the head of another."""
        super().on_message_complete()
        self._reading_head = True

    def send_400_response(self, msg: str) -> None:
        """What the parser refused."""
        self._refuse(NotHttp())

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing() and self._reading_head:
            self._refuse(TooSlow("The headers did not arrive in time."))

    def _refuse(self, problem: Problem) -> None:
        request_id = str(ids.new())
        body = errors.document(problem, request_id)
        head: list[Any] = [
            f"HTTP/1.1 {problem.status} {http.HTTPStatus(problem.status).phrase}",
            f"content-type: {errors.MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "cache-control: no-store",
            "connection: close",
        ]
        self.transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        self.transport.close()
