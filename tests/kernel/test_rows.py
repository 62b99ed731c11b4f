"""Rows: plain SQL in, typed structs out."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import pytest

from holdfast.kernel import ids, rows
from holdfast.kernel.database import Addresses, Database, connect
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import PLATFORM, Reused, StillNeeded, Tx, begin


class Size(StrEnum):
    small = "small"
    large = "large"


class Cup(Row):
    table: ClassVar[str] = "pg_temp.cup"
    id: UUID
    name: str
    size: Size
    price: Money
    deposit: Money | None
    tags: list[str]


@pytest.fixture
async def cups(database: Database, where: Addresses, tenant: UUID) -> AsyncIterator[Tx]:
    """A transaction with a table of cups and one of saucers that need them; the app itself may make no tables."""
    connection = await connect(where.owner or "", settings=database.settings)
    tx = await begin(connection, tenant=tenant, actor=PLATFORM, database=database)
    await tx.execute(
        "create temp table cup (id uuid primary key, name text not null unique, size text not null, "
        "price_minor bigint not null check (price_minor >= 0), price_currency text not null, deposit_minor bigint, "
        "deposit_currency text, tags jsonb not null) on commit drop"
    )
    await tx.execute("create temp table saucer (id uuid primary key references cup) on commit drop")
    yield tx
    await connection.close()


def cup(**changes: object) -> dict[str, object]:
    return {
        "id": ids.new(),
        "name": "demitasse",
        "size": Size.small,
        "price": Money(450, "PEN"),
        "deposit_minor": None,
        "deposit_currency": None,
        "tags": ["café"],
        **changes,
    }


async def test_money_enums_and_documents_map_both_ways(cups: Tx) -> None:
    made = await cups.insert(Cup, **cup())
    assert (made.size, made.price, made.deposit, made.tags) == (Size.small, Money(450, "PEN"), None, ["café"])
    assert await cups.get(Cup, made.id, lock=True) == made
    larger = await cups.update(made, size=Size.large, deposit=Money(100, "PEN"))
    assert (larger.size, larger.deposit) == (Size.large, Money(100, "PEN"))
    assert await cups.all(Cup, "select * from pg_temp.cup") == [larger]
    assert await cups.find(str, "select name from pg_temp.cup where size = $1", "large") == "demitasse"
    assert await cups.one(Size, "select size from pg_temp.cup") is Size.large
    await cups.delete(larger)
    assert await cups.find(Cup, "select * from pg_temp.cup") is None
    with pytest.raises(NotFound):
        await cups.get(Cup, made.id)


async def test_many_rows_or_none(cups: Tx) -> None:
    await cups.insert_many(Cup, [])
    await cups.insert_many(Cup, [cup(name=f"cup {number}") for number in range(5)])
    assert await cups.one(int, "select count(*) from pg_temp.cup") == 5


async def test_what_the_database_refuses_is_a_problem(cups: Tx) -> None:
    made = await cups.insert(Cup, **cup())
    for changes, problem in (
        ({"name": "demitasse"}, Reused),
        ({"name": "free", "price": Money(-1, "PEN")}, Invalid),
        ({"name": "much", "price": Money(2**70, "PEN")}, Invalid),
    ):
        await cups.execute("savepoint before")
        with pytest.raises(problem):
            await cups.insert(Cup, **cup(**changes))
        await cups.execute("rollback to savepoint before")
    await cups.execute("insert into pg_temp.saucer values ($1)", made.id)
    with pytest.raises(StillNeeded):
        await cups.delete(made)


def test_a_statement_must_return_what_the_struct_needs() -> None:
    with pytest.raises(TypeError, match="price_minor"):
        rows.decoder(Cup, ("id", "name", "size", "price", "tags"))
    assert rows.columns(Cup) == [
        "id",
        "name",
        "size",
        "price_minor",
        "price_currency",
        "deposit_minor",
        "deposit_currency",
        "tags",
    ]
