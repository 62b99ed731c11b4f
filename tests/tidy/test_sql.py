"""Plain SQL made safe: every statement of the source is planned against the migrated schema, and fits its struct."""

import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import asyncpg
import msgspec
import pytest

import holdfast
from holdfast.kernel import ids, rows
from holdfast.kernel.database import Addresses, Connection
from holdfast.kernel.money import Money
from holdfast.kernel.rows import Row
from tests.tidy import statements
from tests.tidy.statements import Collected, Statement

TYPES: dict[type, set[str]] = {
    bool: {"bool"},
    int: {"int2", "int4", "int8"},
    float: {"float4", "float8"},
    str: {"text", "varchar", "bpchar", "name", "citext"},
    bytes: {"bytea"},
    UUID: {"uuid"},
    datetime: {"timestamptz"},
    date: {"date"},
    timedelta: {"interval"},
    Decimal: {"numeric"},
    dict: {"jsonb"},
    msgspec.Raw: {"jsonb"},
}
_JSON = {"json", "jsonb"}
# Statements that are not planned, so EXPLAIN does not take them.
_UTILITY = re.compile(
    r"\s*(begin|commit|rollback|set|reset|show|listen|unlisten|notify|create|alter|drop|grant|revoke|truncate|call|vacuum"
    r"|analyze|copy|lock|savepoint|release|start|discard|do|explain|prepare|deallocate|reindex|cluster|checkpoint)\b",
    re.IGNORECASE,
)


def base(kind: Any) -> Any:
    """A type without its annotations and its subclass: an enum of text is text."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(parent for parent in (str, int, kind) if issubclass(kind, parent))
    if get_origin(kind) is Literal:
        return type(get_args(kind)[0])
    return kind


def fits(kinds: list[Any], column: str) -> bool:
    """Whether a column of that PostgreSQL type can fill a field of one of those Python types."""
    for kind in kinds:
        plain: Any = base(kind)
        if plain in (Any, object) or column in TYPES.get(plain, ()):
            return True
        origin = get_origin(plain)
        if origin in (list, tuple, set, frozenset) and (column in _JSON or column.endswith("[]")):
            return True
        if (origin is dict or (isinstance(plain, type) and issubclass(plain, msgspec.Struct))) and column in _JSON:
            return True
    return False


def misfits(cls: Any, columns: dict[str, str]) -> Iterator[str]:
    """What of a struct the columns cannot fill."""
    optional = {field.name for field in msgspec.structs.fields(cls) if not field.required}
    for name, kinds in rows.fields(cls).items():
        money: dict[str, list[Any]] = {f"{name}_minor": [int], f"{name}_currency": [str]}
        wanted = money if Money in kinds else {name: kinds}
        for column, types in wanted.items():
            if column not in columns:
                if name not in optional:
                    yield f"{cls.__name__}.{name} has no column {column}"
            elif not fits(types, columns[column]):
                yield f"{cls.__name__}.{name} is {kinds}, its column {columns[column]}"


@pytest.fixture(scope="module")
async def connections(where: Addresses) -> AsyncIterator[dict[str, Connection]]:
    """A connection per role, bound to a tenant as a transaction is."""
    opened: dict[str, Connection] = {}
    for role, address in (("app", where.app), ("relay", where.relay), ("owner", where.owner)):
        opened[role] = await asyncpg.connect(address)
        await opened[role].execute(f"set holdfast.tenant = '{ids.new()}'")
    yield opened
    for connection in opened.values():
        await connection.close()


@pytest.fixture(scope="module")
def collected() -> Collected:
    """Everything that the source says to the database."""
    return statements.collect()


def test_sql_is_written_where_it_is_used(collected: Collected) -> None:
    assert not collected.unknown, f"Write these as literals, so that they can be checked: {collected.unknown}"
    assert len(collected.statements) > 20


async def _wrong(statement: Statement, connections: dict[str, Connection]) -> str | None:
    """What is wrong with a statement, or None."""
    for connection in connections.values():
        try:
            # Planning looks up every table and column and checks this role's rights to them.
            await connection.execute(f"explain (generic_plan) {statement.sql}")
            prepared = await connection.prepare(statement.sql)
        except asyncpg.InsufficientPrivilegeError:
            continue
        except asyncpg.PostgresError as error:
            return f"{error}"
        return _misfit(statement, prepared)
    return "no role may run it"


def _misfit(statement: Statement, prepared: Any) -> str | None:
    """Where the planned statement and the code around it differ, or None."""
    wanted = len(prepared.get_parameters())
    if statement.arguments is not None and statement.arguments != wanted:
        return f"has {wanted} parameters and is given {statement.arguments}"
    if statement.fills is None:
        return None
    columns = {attribute.name: _type(attribute.type) for attribute in prepared.get_attributes()}
    if isinstance(statement.fills, type) and issubclass(statement.fills, msgspec.Struct):
        return "; ".join(misfits(statement.fills, columns)) or None
    if len(columns) != 1:
        return f"fills one value from {list(columns)}"
    column = next(iter(columns.values()))
    kinds = list(get_args(statement.fills)) if get_origin(statement.fills) is UnionType else [statement.fills]
    return None if fits(kinds, column) else f"fills {statement.fills} from {column}"


@pytest.mark.meets("W59", "I134", "P39", "T9")
async def test_every_statement_fits_the_schema_and_its_struct(
    collected: Collected, connections: dict[str, Connection]
) -> None:
    wrong = [
        f"{statement.where}: {problem}: {statement.sql}"
        for statement in collected.statements
        if not _UTILITY.match(statement.sql) and (problem := await _wrong(statement, connections))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("sql", "arguments", "fills", "complaint"),
    [
        ("select nothing from kernel_event", 0, None, 'column "nothing" does not exist'),
        ("select id from kernel_event where id = $1", 2, UUID, "has 1 parameters and is given 2"),
        ("select name from kernel_event", 0, UUID, "from text"),
        ("select id, name from kernel_event", 0, UUID, "fills one value"),
        ("delete from kernel_event", 0, None, "no role may run it"),
    ],
)
async def test_a_wrong_statement_is_found(
    connections: dict[str, Connection], sql: str, arguments: int, fills: Any, complaint: str
) -> None:
    bound = {role: connection for role, connection in connections.items() if role != "owner"}
    found = await _wrong(Statement(where="here", sql=sql, arguments=arguments, fills=fills), bound)
    assert complaint in (found or "")


def _type(described: asyncpg.Type) -> str:
    return f"{described.name.removesuffix('[]')}[]" if described.kind == "array" else described.name


def _row_classes() -> list[type[Row]]:
    for module in pkgutil.walk_packages(holdfast.__path__, "holdfast."):
        __import__(module.name)
    found: list[type[Row]] = []
    waiting: list[type[Row]] = [Row]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.startswith("holdfast.") and "table" in vars(cls):
                found.append(cls)
    return sorted(found, key=lambda cls: f"{cls.__module__}.{cls.__qualname__}")


async def _table(connection: Connection, table: str) -> dict[str, tuple[str, bool, bool]]:
    """The columns of a table: their type, whether they may be null, and whether the database can fill them."""
    records = await connection.fetch(
        "select attname, typname, attnotnull, atthasdef or attidentity <> '' as filled from pg_attribute "
        "join pg_type on pg_type.oid = atttypid where attrelid = to_regclass($1) and attnum > 0 and not attisdropped",
        table,
    )
    return {
        record["attname"]: (
            f"{record['typname'][1:]}[]" if record["typname"].startswith("_") else record["typname"],
            not record["attnotnull"],
            record["filled"],
        )
        for record in records
    }


@pytest.mark.meets("P39")
async def test_every_row_is_its_table(connections: dict[str, Connection]) -> None:
    wrong: list[str] = []
    for cls in _row_classes():
        table = await _table(connections["owner"], cls.table)
        wrong += misfits(cls, {column: described[0] for column, described in table.items()})
        for name, kinds in rows.fields(cls).items():
            column = f"{name}_minor" if Money in kinds else name
            if column in table and table[column][1] != (NoneType in kinds):
                empty = "may be null" if table[column][1] else "is never null"
                wrong.append(f"{cls.__name__}.{name}: its column {empty}, its type says otherwise")
    assert not wrong, wrong


async def test_every_insert_gives_what_its_table_needs(
    collected: Collected, connections: dict[str, Connection]
) -> None:
    wrong: list[str] = []
    for insert in collected.inserts:
        if not (isinstance(insert.row, type) and issubclass(insert.row, Row)):
            continue
        table = await _table(connections["owner"], insert.row.table)
        money = {name for name, kinds in rows.fields(insert.row).items() if Money in kinds}
        given = {
            column
            for field in insert.fields
            for column in ([f"{field}_minor", f"{field}_currency"] if field in money else [field])
        }
        wrong += [f"{insert.where} gives {column}, which {insert.row.table} lacks" for column in given - set(table)]
        if not insert.open:
            needed = {column for column, (_, empty, filled) in table.items() if not empty and not filled}
            wrong += [f"{insert.where} does not give {column}" for column in sorted(needed - given)]
    assert not wrong, wrong


def test_a_misfit_is_found() -> None:
    class Visit(msgspec.Struct):
        id: UUID
        stamps: int
        amount: Money | None
        at: datetime

    right = {"id": "uuid", "stamps": "int8", "amount_minor": "int8", "amount_currency": "bpchar", "at": "timestamptz"}
    assert list(misfits(Visit, right)) == []
    assert len(list(misfits(Visit, right | {"stamps": "text"}))) == 1
    assert len(list(misfits(Visit, right | {"at": "timestamp"}))) == 1
    assert len(list(misfits(Visit, {"id": "uuid"}))) == 4
