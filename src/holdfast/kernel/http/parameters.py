"""Query parameters that are moments, which the web framework would also take as a number of seconds."""

from datetime import datetime
from typing import Annotated, Any, get_args
from urllib.parse import parse_qsl

import msgspec
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg
from msgspec import Meta

from holdfast.kernel.problems import Invalid

_MOMENT = Annotated[datetime, Meta(tz=True)]


def moments(handler: BaseRouteHandler) -> frozenset[str]:
    """The names of a handler's parameters that are moments, as the client spells them."""
    names = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        if field.annotation is datetime or datetime in get_args(field.annotation):
            marked: Any = field.kwarg_definition
            names.add((marked.query if isinstance(marked, ParameterKwarg) else None) or name)
    return frozenset(names)


def check(query_string: bytes, names: frozenset[str]) -> None:
    """See that each moment is written as RFC 3339 has it, with its offset from UTC.

    Raises:
        Invalid: one is written otherwise.
    """
    for name, value in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True):
        if name not in names or value == "null":
            continue
        try:
            msgspec.convert(value, _MOMENT)
        except msgspec.ValidationError:
            raise Invalid("It must be a moment such as 2026-11-20T12:00:00Z.", field=name) from None
