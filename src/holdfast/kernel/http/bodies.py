"""Request bodies: bounded in size and in time while they arrive, and decoded strictly."""

import asyncio
import hashlib
from functools import cache
from typing import Any

import msgspec
from litestar import Request

from holdfast.kernel.http import errors
from holdfast.kernel.problems import Invalid, TooLarge, TooSlow
from holdfast.kernel.settings import Settings

CLOSE = {"Connection": "close"}


class Body:
    """The ``receive`` of a request, counting and timing what comes in.

    A route may set its own limit with ``max_body_bytes=…``; it is known by the time a handler reads.
    """

    __slots__ = ("_deadline", "_limit", "_receive", "_scope", "_seconds", "_size")

    def __init__(self, scope: Any, receive: Any, settings: Settings) -> None:
        self._scope = scope
        self._receive = receive
        self._limit = settings.max_body_bytes
        self._seconds = settings.body_seconds
        self._deadline: float | None = None
        self._size = -1

    async def __call__(self) -> Any:
        """The next message of the client.

        Raises:
            TooLarge: the body is, or says that it is, larger than allowed.
            TooSlow: the whole body did not arrive in time.
        """
        if self._size < 0:
            self._begin()
        if self._deadline is None:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(f"The body did not arrive within {self._seconds:g} seconds.", headers=CLOSE) from None
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                raise TooLarge(f"At most {self._limit} bytes.", headers=CLOSE)
            if not message.get("more_body", False):
                # What follows is the wait for a disconnect, which may be long in a live stream.
                self._deadline = None
        return message

    def _begin(self) -> None:
        handler = self._scope.get("route_handler")
        if handler is not None:
            self._limit = handler.opt.get("max_body_bytes", self._limit)
        self._size = 0
        self._deadline = asyncio.get_running_loop().time() + self._seconds
        announced = next((value for name, value in self._scope["headers"] if name == b"content-length"), None)
        if announced is not None and announced.isdigit() and int(announced[:20]) > self._limit:
            raise TooLarge(f"At most {self._limit} bytes.", headers=CLOSE)


@cache
def _decoder(annotation: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(annotation)


def decode(body: bytes, content_type: str | None, kind: Any) -> Any:
    """A JSON body as a value of that type.

    Raises:
        Malformed: it is no JSON, or nested too deeply.
        Invalid: it is JSON of another shape.
        WrongMediaType: it claims to be something else.
    """
    if content_type is not None and content_type != "application/json":
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise errors.WrongMediaType
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise errors.invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.Malformed from None
    except (OverflowError, ValueError) as error:
        raise Invalid("A value of the body is out of range.") from error


async def whole(receive: Any) -> bytes:
    """The whole body of a request.

    Raises:
        ConnectionResetError: the client left before it was sent.
    """
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("The client left before its request was complete.")
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def request_hash(scope: Any, body: bytes) -> bytes:
    """What must be the same for a request to be the same: method, address and body."""
    target = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
    return hashlib.sha256(target + b"\n" + body).digest()


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded once, straight into the handler's type, without guessing at types.

    ``"5"`` is no number and ``1`` is no truth value here, so that the OpenAPI document tells the truth.
    """

    async def json(self) -> Any:
        """The body as the type that the handler's ``data`` declares.

        Raises:
            Malformed: it is no JSON, or nested too deeply.
            Invalid: it is JSON of another shape.
            WrongMediaType: it claims to be something else.
        """
        body = await self.body()
        field = self.route_handler.parsed_data_field
        return decode(body, self.headers.get("content-type"), Any if field is None else field.raw)
