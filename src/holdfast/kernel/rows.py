"""Typed rows: a struct per table, filled from plain SQL.

A row's fields are its table's columns, except ``tenant_id``, which the database fills and filters by itself, and
``Money``, which is two columns (``price: Money`` is ``price_minor`` and ``price_currency``). The mapping for a struct
and a statement's columns is worked out once and remembered.
"""

import operator
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

import msgspec

from holdfast.kernel.money import Money

R = TypeVar("R")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Row(msgspec.Struct, kw_only=True, frozen=True):
    """What a table's row is, what the API returns, and what the TypeScript type is made from."""

    table: ClassVar[str]


def _parts(hint: Any) -> list[Any]:
    """The members of a union, or the hint alone; annotations stripped."""
    while get_origin(hint) is not None and hasattr(hint, "__metadata__"):
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, UnionType):
        return [part for arg in get_args(hint) for part in _parts(arg)]
    return [hint]


@cache
def fields(cls: Any) -> dict[str, list[Any]]:
    """The fields of a struct with the types that each may have."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: _parts(hints[name]) for name in cls.__struct_fields__}


def columns(cls: Any) -> list[str]:
    """The columns that fill a struct, in order."""
    names: list[str] = []
    for name, kinds in fields(cls).items():
        names += [f"{name}_minor", f"{name}_currency"] if Money in kinds else [name]
    return names


class _Members(dict[Any, Any]):
    """The members of an enum by their values; looking one up here is faster than asking the enum."""

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__({member.value: member for member in kind})
        self[None] = None
        self._kind = kind

    def __missing__(self, value: Any) -> Enum:
        return self._kind(value)


def _converter(kinds: list[Any]) -> Callable[[Any], Any] | None:
    """What turns a column's value into the field's, or None where the driver's value is right already."""
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _Members(kind).__getitem__
    # A literal is the text that the column has; a check in the database keeps it to the words that it lists.
    if any(get_origin(kind) not in (None, Literal) or _is_struct(kind) for kind in kinds):
        target: Any = Union[tuple(kinds)]  # noqa: UP007 - built at run time
        decode = msgspec.json.Decoder(target).decode
        # The driver leaves json as text, which becomes the field in one step; jsonb it has decoded already.
        return lambda value: decode(value) if type(value) is str else msgspec.convert(value, target)
    return None


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def decoder(cls: type[R], names: tuple[str, ...]) -> Callable[[Any], R]:
    """A function that makes a ``cls`` from a record with those columns; columns that no field wants are ignored.

    Raises:
        TypeError: a required field has no column.
    """
    untyped: Any = cls
    decode: Callable[[Any], R] = _decoder(untyped, names)
    return decode


@cache
def _decoder(cls: Any, names: tuple[str, ...]) -> Callable[[Any], Any]:
    if not _is_struct(cls):
        convert = _converter([cls])
        return operator.itemgetter(0) if convert is None else lambda record: convert(record[0])
    position = {name: index for index, name in enumerate(names)}
    optional = {field.name for field in msgspec.structs.fields(cls) if not field.required}
    known: dict[str, Any] = {"cls": cls, "Money": Money}
    filled: list[str] = []
    for name, kinds in fields(cls).items():
        wanted = [f"{name}_minor", f"{name}_currency"] if Money in kinds else [name]
        if not all(column in position for column in wanted):
            if name in optional:
                continue
            raise TypeError(f"{cls.__name__}.{name} needs {' and '.join(wanted)}; there are {', '.join(names)}.")
        value = f"r[{position[wanted[0]]}]"
        converter = _converter(kinds)
        if Money in kinds:
            value = f"None if {value} is None else Money({value}, r[{position[wanted[1]]}])"
        elif converter is not None:
            known[f"convert_{name}"] = converter
            value = f"convert_{name}({value})"
        filled.append(f"{name}={value}")
    # Written out as an expression, it takes half the time of a loop over the fields. Names of fields are identifiers,
    # and nothing else goes into it.
    decode: Callable[[Any], Any] = eval(f"lambda r: cls({', '.join(filled)})", known)  # noqa: S307
    return decode


def decode_all(cls: type[R], records: Sequence[Any]) -> list[R]:
    """Every record as a ``cls``."""
    if not records:
        return []
    decode = decoder(cls, tuple(records[0].keys()))
    return [decode(record) for record in records]


def encode(values: dict[str, Any]) -> dict[str, Any]:
    """Field values as column values: Money becomes two columns, an enum its value, a struct its JSON shape."""
    encoded: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Money):
            encoded[f"{name}_minor"], encoded[f"{name}_currency"] = value.minor, value.currency
        elif isinstance(value, Enum):
            encoded[name] = value.value
        elif isinstance(value, msgspec.Struct):
            encoded[name] = msgspec.to_builtins(value)
        else:
            encoded[name] = value
    return encoded


@cache
def insert_statement(table: str, names: tuple[str, ...]) -> str:
    """``insert … returning *`` for those columns."""
    marks = ", ".join(f"${index}" for index in range(1, len(names) + 1))
    return f"insert into {table} ({', '.join(names)}) values ({marks}) returning *"


@cache
def update_statement(table: str, names: tuple[str, ...]) -> str:
    """``update … where id = $1 returning *`` for those columns."""
    changes = ", ".join(f"{name} = ${index}" for index, name in enumerate(names, start=2))
    return f"update {table} set {changes} where id = $1 returning *"
