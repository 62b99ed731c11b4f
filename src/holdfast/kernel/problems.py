"""Problems: the errors a caller is meant to read, as RFC 9457 describes them.

A problem is an exception whose docstring is the sentence that the user reads. Raise a subclass defined beside the
rule it keeps; the web layer turns it into ``application/problem+json`` with the subclass's status.
"""

import re
from typing import Any, ClassVar

import msgspec

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Problem(Exception):
    """A rule of this business was kept, and the request was not carried out."""

    status: ClassVar[int] = 409
    """The HTTP status of the answer; 409 unless a subclass says otherwise."""

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **extra: Any) -> None:
        """``detail`` says what happened this time; ``extra`` members are sent beside it and must be JSON values."""
        super().__init__(detail or self.title())
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra

    @classmethod
    def title(cls) -> str:
        """The sentence the user reads: the first paragraph of the docstring."""
        return " ".join((cls.__doc__ or "Something went wrong.").strip().split("\n\n")[0].split())

    @classmethod
    def code(cls) -> str:
        """A stable name such as ``loyalty.stamps.too-soon`` that programs may compare."""
        room = cls.__module__.removeprefix("holdfast.").removeprefix("systems.").removeprefix("shared.")
        return f"{room.removeprefix('kernel.')}.{_WORD.sub('-', cls.__name__).lower()}"


class Document(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The body of every unsuccessful answer (RFC 9457)."""

    type: str
    """A relative reference to the documentation of the problem, ending in its code."""
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list["FieldError"] | None = None
    """For a malformed body: what is wrong, field by field."""


class FieldError(msgspec.Struct):
    """One thing wrong with one field of a request."""

    field: str
    message: str


class NotFound(Problem):
    """There is nothing here that you may see."""

    status = 404


class NotAllowed(Problem):
    """You are not allowed to do this."""

    status = 403


class NotSignedIn(Problem):
    """Sign in first."""

    status = 401


class Invalid(Problem):
    """Part of the request is malformed."""

    status = 422

    def __init__(self, detail: str | None = None, *, field: str | None = None, **extra: Any) -> None:
        """``field`` names the member of the request body, or the parameter, that is wrong."""
        if field is not None:
            extra["errors"] = [FieldError(field=field, message=detail or self.title())]
        super().__init__(detail, **extra)


class TooLarge(Problem):
    """The request is larger than this address accepts."""

    status = 413


class TooSlow(Problem):
    """The request took too long to arrive."""

    status = 408


class TooMany(Problem):
    """Too many requests; wait a little and try again."""

    status = 429


class Unavailable(Problem):
    """The platform is busy or restarting; try again in a moment."""

    status = 503


class Unexpected(Problem):
    """Something went wrong on our side; it was recorded and nothing was changed."""

    status = 500
