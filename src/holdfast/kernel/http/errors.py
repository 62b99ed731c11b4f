"""Every exception as ``application/problem+json`` (RFC 9457).

No stack trace leaves the house, and nothing that a client sends is answered with a 500.
"""

import re
from typing import Any

import asyncpg
import msgspec
import structlog
from asyncpg.exceptions import _base as driver
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from holdfast.kernel import telemetry
from holdfast.kernel.http import exchange as exchanges
from holdfast.kernel.http.exchange import Answer, Exchange
from holdfast.kernel.http.idempotency import Replayed
from holdfast.kernel.problems import (
    Document,
    FieldError,
    Invalid,
    NotFound,
    Problem,
    Unavailable,
    Unexpected,
)

MEDIA_TYPE = "application/problem+json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

log = structlog.get_logger()

_NAMED = re.compile(r"^Object (?:missing required|contains unknown) field `(?P<name>[^`]*)`")
_AT = re.compile(r"^(?P<message>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)


class Malformed(Invalid):
    """The body is not valid JSON in UTF-8."""


class WrongMethod(Problem):
    """This address does not answer that method."""

    status = 405


class WrongMediaType(Problem):
    """This address takes JSON (application/json)."""

    status = 415


class TooLong(Problem):
    """The address is longer than this platform reads."""

    status = 414


class HeadTooLarge(Problem):
    """The headers of the request are larger than this platform reads."""

    status = 431


class BadRequest(Problem):
    """The request cannot be understood."""

    status = 400


class CrossSite(Problem):
    """This request came from another web site, or without its CSRF token, and was not carried out."""

    status = 403


class Options(Exception):
    """Not an error: somebody asks which methods an address answers."""


def field_error(message: str) -> FieldError:
    """What msgspec says (``Expected `int` - at `$.amount` ``) as a field and a message."""
    found = _AT.match(message)
    assert found is not None  # noqa: S101 - the pattern matches every text
    path = (found["path"] or "").removeprefix("$").removeprefix(".")
    # What is missing, or too much, is named in the message and not in the path, which ends at the object around it.
    named = _NAMED.match(found["message"])
    if named is not None:
        path = f"{path}.{named['name']}".removeprefix(".")
    return FieldError(field=path or "body", message=found["message"].replace("`", "'"))


def invalid(error: msgspec.ValidationError) -> Invalid:
    """A body whose JSON is fine and whose shape is not."""
    wrong = field_error(str(error))
    return Invalid(wrong.message, field=wrong.field)


def _field(key: object) -> str:
    """Litestar calls the body ``data``, as handlers do."""
    return "body" if key in (None, "data") else str(key).removeprefix("data.")


def _of_litestar(error: HTTPException) -> Problem:
    match error:
        case ValidationException():
            extra = error.extra if isinstance(error.extra, list) else []
            errors = [
                FieldError(field=_field(item.get("key")), message=str(item.get("message", "")).replace("`", "'"))
                for item in extra
                if isinstance(item, dict)
            ]
            problem = Invalid("Part of the request is malformed.")
            problem.extra["errors"] = errors or [FieldError(field="request", message=error.detail)]
            return problem
        case NotFoundException():
            return NotFound("No such address.")
        case MethodNotAllowedException():
            return WrongMethod(headers={key: str(value) for key, value in (error.headers or {}).items()})
        case ClientException() if isinstance(error.__cause__, SerializationException | UnicodeDecodeError):
            return Malformed()
        case _ if 400 <= error.status_code < 500:
            return BadRequest(error.detail)
        case _:
            return Unexpected()


def _of_database(error: Exception) -> Problem:
    match error:
        case asyncpg.QueryCanceledError() | asyncpg.LockNotAvailableError():
            return Unavailable("This took longer than is allowed.", headers={"Retry-After": "5"})
        case asyncpg.SerializationError() | asyncpg.DeadlockDetectedError():
            return Unavailable("Somebody else changed the same thing.", headers={"Retry-After": "1"})
        case asyncpg.DataError() | driver.DataError():
            # What PostgreSQL cannot store (NUL characters, numbers out of range) came from the client.
            return Invalid("A value cannot be stored: it is out of range or holds a forbidden character.")
        case (
            asyncpg.PostgresConnectionError()
            | asyncpg.OperatorInterventionError()
            | asyncpg.InsufficientResourcesError()
            | asyncpg.ReadOnlySQLTransactionError()
        ):
            return Unavailable("The database cannot be reached.", headers={"Retry-After": "2"})
        case _:
            return Unexpected()


def problem_of(error: BaseException) -> Problem:
    """The problem that an exception means to the client."""
    match error:
        case Problem():
            return error
        case HTTPException():
            return _of_litestar(error)
        case OverflowError():
            # Arithmetic on a number or a date that only a client can have made so large.
            log.warning("request.overflow", exc_info=error)
            return Invalid("A number or a date is out of range.")
        case asyncpg.PostgresError() | driver.DataError():
            return _of_database(error)
        case driver.InterfaceError() | ConnectionError() if "closed" in str(error) or isinstance(
            error, ConnectionError
        ):
            return Unavailable("The database cannot be reached.", headers={"Retry-After": "2"})
        case _:
            return Unexpected()


def document(problem: Problem, request_id: str | None) -> bytes:
    """The body of a problem's answer; its own members stand beside the standard ones."""
    code = problem.code()
    extra = dict(problem.extra)
    members: dict[str, Any] = msgspec.to_builtins(
        Document(
            type=f"/docs/problems#{code}",
            title=problem.title(),
            status=problem.status,
            code=code,
            detail=problem.detail,
            request_id=request_id,
            errors=extra.pop("errors", None),
        )
    )
    return msgspec.json.encode({**{name: value for name, value in extra.items() if name not in members}, **members})


def answer(exchange: Exchange, error: BaseException) -> Answer:
    """An exception as a complete answer; what nobody expected is recorded first."""
    problem = problem_of(error)
    exchange.refused = True
    exchange.code = problem.code()
    if isinstance(problem, Unexpected):
        log.error("request.failed", exc_info=error)
        telemetry.report(error)
    elif problem.status >= 500:
        log.warning("request.unavailable", error=type(error.__cause__ or error).__name__, problem=exchange.code)
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in problem.headers.items()]
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="holdfast"'))
    return Answer(problem.status, headers, document(problem, exchange.request_id))


def allowed_methods(request: Request[Any, Any, Any]) -> str:
    """The methods that the path of a request answers."""
    found = []
    for method in METHODS:
        try:
            request.app.asgi_router.handle_routing(path=request.scope["path"].rstrip("/") or "/", method=method)
        except HTTPException:
            continue
        found.append(method)
    return ", ".join(found)


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything."""
    exchange = exchanges.of(request.scope)
    if isinstance(error, Replayed):
        complete = error.answer
    elif isinstance(error, Options):
        complete = Answer(204, [(b"allow", allowed_methods(request).encode())], b"")
    else:
        complete = answer(exchange, error)
        if complete.status == 405:
            complete.headers.append((b"allow", allowed_methods(request).encode()))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in complete.headers}
    media_type = headers.pop("content-type", MEDIA_TYPE)
    return Response(complete.body, status_code=complete.status, headers=headers, media_type=media_type)
