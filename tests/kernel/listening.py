"""What tests of live updates share: an event, a relay's step, a hub, and a client that keeps what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids, live, subscriptions, topics
from holdfast.kernel import relay as relays
from holdfast.kernel.database import Database
from holdfast.kernel.events import Cursor, Event
from holdfast.kernel.settings import Settings
from holdfast.kernel.subscriptions import Access
from holdfast.kernel.tx import transaction

SECONDS = 45.0
"""How long a test waits for what must happen."""

SHOUT = "shouting.shouts.shouted"


class Shouted(Event):
    """Something to listen to."""

    name: ClassVar[str] = SHOUT
    subject: ClassVar[str | None] = "shout_id"
    shout_id: UUID
    number: int


class Whispered(Event):
    """Something else, about nothing in particular."""

    name: ClassVar[str] = "shouting.whispers.whispered"


async def emit(database: Database, tenant: UUID, *numbers: int, shout: UUID | None = None) -> list[UUID]:
    """Commit a shout per number, in one transaction; gives the shouts' ids."""
    shouts = [shout or ids.new() for _ in numbers]
    async with transaction(database, tenant) as tx:
        for shout_id, number in zip(shouts, numbers, strict=True):
            await tx.emit(Shouted(shout_id=shout_id, number=number))
    return shouts


async def relay_once(database: Database) -> Cursor:
    """What the relay does when it looks: hand on all that is settled; gives how far it came."""
    async with database.relay.connection() as connection:
        place = await relays.cursor(connection)
        while True:
            done = await relays.relay_batch(connection, place, movable_clock=False)
            if not done.events:
                return done.cursor
            place = done.cursor


async def relay(database: Database) -> Cursor:
    """Relay until everything that is committed now is handed on.

    Another test process may have a transaction open on the same server, and the relay waits for those as well.
    """
    async with database.relay.connection() as connection:
        record = await connection.fetchrow("select xid, seq from kernel_event order by xid desc, seq desc limit 1")
    newest = Cursor() if record is None else Cursor(record["xid"], record["seq"])
    place = Cursor()
    try:
        async with asyncio.timeout(SECONDS):
            while (place := await relay_once(database)) < newest:
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"An open transaction somewhere on the server holds the relay at {place}, before {newest}.")
    return place


async def until(condition: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    """Wait for a condition, looking often."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


async def told(hub: live.Hub, cursor: Cursor) -> None:
    """Wait until the hub has told its clients of everything up to a cursor."""
    await until(lambda: hub.position is not None and hub.position >= cursor)


def with_settings(database: Database, **changes: Any) -> Database:
    """The same database under other settings, with pools of its own that open when they are used."""
    settings: Settings = msgspec.structs.replace(database.settings, **changes)
    return Database(database.where, settings)


@asynccontextmanager
async def hub(
    database: Database, *, poll_seconds: float = 60.0, limits: live.Limits | None = None, **changes: Any
) -> AsyncIterator[live.Hub]:
    """A running hub; it hardly polls, so that a test which needs the NOTIFY fails without it."""
    own = with_settings(database, **changes)
    found = live.Hub(own, poll_seconds=poll_seconds, limits=limits)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()
        await own.close()


def holding(tenant: UUID, *event_topics: str, seconds: int = 600) -> Access:
    """What the bearer of a token for these topics may receive."""
    found = subscriptions.token_access(
        subscriptions.subscriber_token(tenant, event_topics or ("{+everything}",), seconds=seconds)
    )
    assert found is not None
    return found


class Client:
    """A subscriber in this process: what it was sent, taken apart."""

    def __init__(self, stream: live.Stream) -> None:
        self.stream = stream
        self.updates: list[tuple[str, dict[str, Any]]] = []
        self.comments = 0
        self._task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        rest = b""
        async for chunk in self.stream.chunks():
            *blocks, rest = (rest + chunk).split(b"\n\n")
            for block in blocks:
                self._block(block.decode())

    def _block(self, block: str) -> None:
        fields = dict(line.partition(": ")[::2] for line in block.splitlines())
        if "data" in fields:
            self.updates.append((fields["id"], msgspec.json.decode(fields["data"])))
        elif block == ":":
            self.comments += 1

    @property
    def ids(self) -> list[str]:
        """The ids of the updates, in the order in which they came."""
        return [id_ for id_, _ in self.updates]

    @property
    def numbers(self) -> list[int]:
        """The numbers that were shouted."""
        return [data["body"]["number"] for _, data in self.updates]

    async def got(self, count: int) -> None:
        """Wait for so many updates."""
        await until(lambda: len(self.updates) >= count or self._task.done())
        assert len(self.updates) >= count, f"{len(self.updates)} of {count}; closed: {self.stream.subscription.closed}"

    async def ended(self) -> None:
        """Wait for the end of the stream."""
        await asyncio.wait_for(self._task, SECONDS)

    async def leave(self) -> None:
        """Go away, as a closed browser does."""
        self.stream.close()
        await self.ended()


async def listen(
    hub: live.Hub, access: Access, *wanted: str, last: str | None = None, tenant: UUID | None = None
) -> Client:
    """Subscribe to wire topics, or to a tenant's event topics when ``tenant`` is given."""
    texts: Sequence[str] = [topics.of_tenant(tenant, text) for text in wanted] if tenant else wanted
    return Client(await hub.subscribe(access, subscriptions.selectors(texts), last_event_id=last))
