"""The thin way: routes on the hot list are called without the web framework's detours.

A route that says ``thin=True`` is the same handler behind the same gate, with the same problems, idempotency keys,
limits, metrics and OpenAPI document. Only what lies between the gate and the handler's call, and between its result
and the bytes, is done here for the few things that such a handler may take (``caller``, ``data`` and what is in the
path) instead of by the framework, which is ready for everything.
"""

from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.handlers import HTTPRouteHandler

from holdfast.kernel.database import Database
from holdfast.kernel.http import bodies
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http.caller import Caller, Remembered

_HEADERS = ((b"content-type", b"application/json"),)


class Plan(msgspec.Struct, frozen=True):
    """How a handler is called."""

    function: Any
    status: int
    body: Any
    """The type that ``data`` is decoded into; absent for a handler without."""
    path: tuple[str, ...]
    """The arguments that the path holds, which the framework's router has parsed already."""


class Unfit(Exception):
    """A handler asks for something that the thin way has not."""


def plan(handler: HTTPRouteHandler) -> Plan:
    """How a handler that says ``thin=True`` is called.

    Raises:
        Unfit: it takes query parameters, headers or other dependencies, or does not answer in JSON.
    """
    signature = handler.parsed_fn_signature.parameters
    given = {name for part in handler.paths for name in _names(part)}
    strange = set(signature) - given - {"caller", "data"}
    if strange or "caller" not in signature:
        raise Unfit(f"{handler} takes {', '.join(sorted(strange)) or 'no caller'}.")
    # For a ``Response[…]`` the framework decides when it sees the content, and that of anything but text is JSON.
    if (handler.media_type or MediaType.JSON) != MediaType.JSON:
        raise Unfit(f"{handler} answers with {handler.media_type}.")
    return Plan(
        function=handler.fn,
        status=handler.status_code,
        body=signature["data"].raw if "data" in signature else None,
        path=tuple(name for name in signature if name in given),
    )


def _names(path: str) -> list[str]:
    return [part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")]


class Thin:
    """Calls handlers by their plans, one per application."""

    def __init__(self, database: Database, remembered: Remembered) -> None:
        self._database = database
        self._remembered = remembered

    async def __call__(self, plan: Plan, scope: Any, receive: Any, send: Any) -> None:
        """Carry out a request that the gate has admitted; problems are raised, and answered further out."""
        exchange = exchanges.of(scope)
        arguments = {name: scope["path_params"][name] for name in plan.path}
        request_hash = None
        if plan.body is not None or exchange.key is not None:
            body = await bodies.whole(receive)
            if plan.body is not None:
                arguments["data"] = bodies.decode(body, exchange.header(b"content-type"), plan.body)
            if exchange.key is not None:
                request_hash = bodies.request_hash(scope, body)
        result = await plan.function(
            caller=Caller(
                exchange=exchange, database=self._database, remembered=self._remembered, request_hash=request_hash
            ),
            **arguments,
        )
        status = plan.status
        headers = list(_HEADERS)
        if isinstance(result, Response):
            status = result.status_code or status
            headers += [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in result.headers.items()
            ]
            result = result.content
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": msgspec.json.encode(result), "more_body": False})
