"""What the tests of jobs share: kinds of events, and a table that shows each effect as often as it happened."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar
from uuid import UUID

import asyncpg

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses
from holdfast.kernel.events import Event
from holdfast.kernel.tx import Tx

if TYPE_CHECKING:
    from tests.conftest import Open

T = TypeVar("T")


class Happened(Event):
    """Something happened to a subject."""

    name: ClassVar[str] = "test.things.happened"
    subject: ClassVar[str | None] = "thing_id"
    thing_id: UUID
    number: int = 0


class Followed(Event):
    """Something followed from what happened."""

    name: ClassVar[str] = "test.things.followed"
    subject: ClassVar[str | None] = "thing_id"
    thing_id: UUID
    number: int = 0


class Odd(Event):
    """Something without a subject."""

    name: ClassVar[str] = "test.oddities.occurred"
    number: int = 0


async def make_table(where: Addresses) -> None:
    """A table without any key, so that an effect that happens twice is two rows; -1 is refused by the commit."""
    assert where.owner is not None
    connection = await asyncpg.connect(where.owner)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('test_effect'))")
            if not await connection.fetchval("select to_regclass('test_effect') is not null"):
                await connection.execute(
                    "create table test_effect (tenant_id uuid not null default kernel_tenant(), "
                    "reaction text not null, thing_id uuid, number bigint not null, at timestamptz not null, "
                    "seq bigint generated always as identity); "
                    "call kernel_protect('test_effect', 'select, insert'); "
                    "create function test_refuse() returns trigger language plpgsql as "
                    "$$ begin raise check_violation using message = 'refused', constraint = 'test_refused'; end $$; "
                    "create constraint trigger refuse after insert on test_effect deferrable initially deferred "
                    "for each row when (new.number = -1) execute function test_refuse(); "
                    "grant select on test_effect to holdfast_relay; "
                    "create policy relay on test_effect for select to holdfast_relay using (true)"
                )
    finally:
        await connection.close()


async def note(tx: Tx, reaction: str, number: int, thing: UUID | None = None) -> None:
    """Leave a trace that the reaction ran."""
    await tx.execute(
        "insert into test_effect (reaction, thing_id, number, at) values ($1, $2, $3, $4)",
        reaction,
        thing,
        number,
        tx.now,
    )


async def noted(tx: Tx, reaction: str) -> list[int]:
    """The numbers of a reaction's traces in this tenant, in the order in which they were left."""
    return await tx.all(int, "select number from test_effect where reaction = $1 order by seq", reaction)


async def until(ask: Callable[[], Awaitable[T | None]], *, seconds: float = 60) -> T:
    """Ask again and again until the answer is a true one, and give it; the deadline is for a machine that is busy."""
    async with asyncio.timeout(seconds):
        while True:
            answer = await ask()
            if answer:
                return answer
            await asyncio.sleep(0.01)


async def until_true(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until a condition of this process holds."""

    async def ask() -> bool:
        return holds()

    await until(ask, seconds=seconds)


async def happen(committed: "Open", *numbers: int, thing: UUID | None = None) -> UUID:
    """Store events about one thing, one transaction each."""
    thing = thing or ids.new()
    for number in numbers:
        async with committed() as tx:
            await tx.emit(Happened(thing_id=thing, number=number))
    return thing
