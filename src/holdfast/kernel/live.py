"""Live: the hub that sends events to browsers as they are committed, by the Mercure protocol over server-sent events.

Each api process has one hub: one connection that LISTENs, and one reader that follows the relay's cursor through the
event table, in order. A NOTIFY only says that there is something to read, so a lost one costs a moment and never an
update; and as every process reads the same table, any of them serves any client. History is that table too: a client
that comes back with the id of its last update gets what it missed, without gap and without repetition.

Ids on the wire are cursors, ``{xid}-{seq}``. A cursor handed out with a page (``Hub.position``, taken before the page's
transaction began) lets the page subscribe to exactly what happened since.
"""

import asyncio
import contextlib
import itertools
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import msgspec
import structlog

from holdfast.kernel import history, telemetry
from holdfast.kernel.database import Connection, Database, connect
from holdfast.kernel.events import Cursor
from holdfast.kernel.problems import TooMany, Unavailable
from holdfast.kernel.subscriptions import Access, Index, Subscription, Update
from holdfast.kernel.topics import Selector

log = structlog.get_logger()

CHANNEL = "holdfast_events"
EARLIEST = "earliest"
TICK_SECONDS = 1.0
"""How late a stream may end whose token has expired."""
RETRY_MS = 2_000
"""How long a client waits before it reconnects."""


class TooManyStreams(TooMany):
    """You have too many live streams open; close one first."""


class Stopping(Unavailable):
    """This process is restarting; connect again in a moment."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub gives out at most.

    Attributes:
        streams: open streams of one process.
        streams_each: open streams of one person, key or token in one process.
        replays: replays that read the database at once; others wait their turn.
        recent: updates kept in memory for clients that come back soon.
        burst: updates fanned out before clients get their turn to write; at most a quarter of a client's queue.
    """

    streams: int = 20_000
    streams_each: int = 50
    replays: int = 4
    recent: int = 2_000
    burst: int = 32


class Stream:
    """One client's updates from its cursor on: first what it missed, then what happens.

    Attributes:
        subscription: its topics and queue.
        last_event_id: the ``Last-Event-ID`` of the answer. When it is not what the client asked with, updates may
            be lost to it and it must fetch the state again.
    """

    def __init__(self, hub: "Hub", subscription: Subscription, *, start: Cursor, last_event_id: str) -> None:
        self._hub = hub
        self._start = start
        self.subscription = subscription
        self.last_event_id = last_event_id

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The stream's bytes until it is closed, with a comment whenever nothing was said for a while."""
        yield b"retry: %d\n\n" % RETRY_MS
        async for chunk in self._hub.replay(self.subscription, self._start):
            yield chunk
        while (waiting := await self.subscription.next()) is not None:
            yield waiting

    def close(self, reason: str = "gone") -> None:
        """End the stream and forget the client."""
        self.subscription.close(reason)
        self._hub.forget(self.subscription)


class Hub:
    """The live updates of one process."""

    def __init__(self, database: Database, *, poll_seconds: float = 2.0, limits: Limits | None = None) -> None:
        """``poll_seconds`` is how late an update comes when its NOTIFY is lost."""
        self._database = database
        self._poll_seconds = poll_seconds
        self.limits = limits or Limits()
        self._burst = max(1, min(self.limits.burst, database.settings.live_queue // 4))
        self._index = Index()
        self._open: set[Subscription] = set()
        self._each: Counter[str] = Counter()
        self._position: Cursor | None = None
        self._recent: deque[Update] = deque()
        self._recent_after = Cursor()
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self._replays = asyncio.Semaphore(self.limits.replays)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def position(self) -> Cursor | None:
        """The last event that clients of this process were told of; None before the first look at the database.

        Take it before a page's transaction begins and send it with the page: whatever is newer than it comes by the
        stream, whatever is not is in the page. A page read from a replica may lag behind it.
        """
        return self._position

    @property
    def connections(self) -> int:
        """Open streams (W97)."""
        return len(self._open)

    async def start(self) -> None:
        """Begin to follow the events; returns once the first position is known, or the database stays away."""
        self._tasks = [
            asyncio.create_task(self._follow(), name="live.reader"),
            asyncio.create_task(self._tend(), name="live.tender"),
        ]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), self._database.settings.connect_seconds)

    def drain(self) -> None:
        """Refuse new streams and end the open ones, so that clients reconnect to another process."""
        self._stopping = True
        for subscription in list(self._open):
            subscription.close("stopping")

    async def stop(self) -> None:
        """End every stream, the reader and the tender."""
        self.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _tend(self) -> None:
        """One clock for all clients, instead of a timer for each."""
        heartbeat = self._database.settings.live_heartbeat_seconds
        tick = min(TICK_SECONDS, heartbeat / 2)
        while True:
            await asyncio.sleep(tick)
            moment = time.time()
            for subscription in list(self._open):
                subscription.tend(moment, patience=round(heartbeat / tick))

    # Following the events.

    async def _follow(self) -> None:
        """Read for ever; when the connection dies, connect again and catch up from the position."""
        delay = 0.1
        while True:
            began = time.monotonic()
            try:
                await self._listen()
            except Exception as error:
                # Whatever it was, the clients of this process depend on the reader being there again.
                expected = isinstance(error, OSError | TimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError)
                log.warning(
                    "live.disconnected", error=type(error).__name__, again_in_seconds=delay, exc_info=not expected
                )
            if time.monotonic() - began > 10:
                delay = 0.1
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def _listen(self) -> None:
        connection = await connect(self._database.where.relay, settings=self._database.settings)
        try:
            await connection.execute("set application_name = 'holdfast live'")
            connection.add_termination_listener(self._disturbed)
            await connection.add_listener(CHANNEL, self._notified)
            # What was committed before the LISTEN took effect is found by this first look.
            self._wake.set()
            while not connection.is_closed():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
                self._wake.clear()
                await self._read(connection)
        finally:
            connection.terminate()

    def _notified(self, *_: Any) -> None:
        self._wake.set()

    def _disturbed(self, _: Any) -> None:
        self._wake.set()

    async def _read(self, connection: Connection) -> None:
        """Fan out every event between the position and the relay's cursor, in order."""
        seconds = self._database.settings.statement_seconds
        async with asyncio.timeout(seconds):
            until = await history.relayed(connection)
        if self._position is None:
            self._position = self._recent_after = until
            self._ready.set()
        if until < self._position:
            self._rewind(until)
        while self._position < until:
            async with asyncio.timeout(seconds):
                page = await history.between(connection, self._position, until)
            for place in range(0, len(page), self._burst):
                self._fan_out(page[place : place + self._burst])
                # The clients' writers run now, so that a long page does not overflow the queue of a quick client.
                await asyncio.sleep(0)
            if len(page) < history.PAGE:
                self._position = until

    def _rewind(self, position: Cursor) -> None:
        """Begin again after the database went back in time (a restored backup): the cursors given out mean nothing.

        Clients come back with cursors that this hub does not know, and are told so by the answer's id.
        """
        log.warning("live.rewound", was=str(self._position), now=str(position))
        self._position = self._recent_after = position
        self._recent.clear()
        for subscription in list(self._open):
            subscription.close("rewound")

    def _fan_out(self, updates: Sequence[Update]) -> None:
        for update in updates:
            for subscription in self._index.listeners(update):
                if not subscription.push(update):
                    telemetry.LIVE_DROPPED.inc()
                    self._index.remove(subscription)
            if len(self._recent) >= self.limits.recent:
                self._recent_after = self._recent.popleft().cursor
            self._recent.append(update)
            self._position = update.cursor

    # Serving clients.

    async def subscribe(self, access: Access, wanted: Sequence[Selector], *, last_event_id: str | None) -> Stream:
        """Open a stream.

        Args:
            access: what the client may receive.
            wanted: the topics that it asks for.
            last_event_id: the cursor that it has; ``earliest`` for all there is; None to begin now.

        Raises:
            NotFound: a topic belongs to another tenant.
            NotAllowed: a grant or the token does not cover a topic.
            TooManyStreams: this person has too many open.
            Unavailable: the database is out of reach, or the process stops.
        """
        position = self._position
        if self._stopping:
            raise Stopping
        if position is None:
            raise Unavailable("The live updates are not connected yet.", headers={"Retry-After": "2"})
        if len(self._open) >= self.limits.streams:
            raise Unavailable("This process has no room for another live stream.", headers={"Retry-After": "5"})
        if self._each[access.holder] >= self.limits.streams_each:
            raise TooManyStreams(f"{self.limits.streams_each} are open.", headers={"Retry-After": "30"})
        subscription = Subscription(access, wanted, limit=self._database.settings.live_queue, after=position)
        self._remember(subscription)
        try:
            start, answer = await self._begin(subscription, last_event_id, position)
        except BaseException:
            self.forget(subscription)
            raise
        return Stream(self, subscription, start=start, last_event_id=answer)

    def _remember(self, subscription: Subscription) -> None:
        self._open.add(subscription)
        self._each[subscription.access.holder] += 1
        telemetry.LIVE_CONNECTIONS.inc()

    def forget(self, subscription: Subscription) -> None:
        """Drop a client from every list; doing it twice does nothing more."""
        self._index.remove(subscription)
        if subscription not in self._open:
            return
        self._open.remove(subscription)
        holder = subscription.access.holder
        self._each[holder] -= 1
        if not self._each[holder]:
            del self._each[holder]
        telemetry.LIVE_CONNECTIONS.dec()

    async def _begin(
        self, subscription: Subscription, last_event_id: str | None, position: Cursor
    ) -> tuple[Cursor, str]:
        """Where the stream starts, and the id that tells the client so."""
        if not last_event_id:
            # The stream continues from the position of this moment, however long its first bytes take.
            return position, str(position)
        asked = Cursor.parse(last_event_id)
        if asked is not None and self._recent_after <= asked <= position:
            return asked, str(asked)
        try:
            async with self._replays, self._database.relay.connection() as connection:
                if asked is not None and asked > position:
                    # Another process was a moment ahead of this one; what it told the client is not repeated.
                    if asked <= await history.relayed(connection):
                        subscription.after = asked
                        return asked, str(asked)
                    asked = None
                start = asked or Cursor()
                reach = history.reach(subscription)
                anchor = await reach.anchor(connection, start, position, most=self._database.settings.live_history)
        except asyncpg.PostgresError as error:
            raise Unavailable("The history cannot be read at the moment.", headers={"Retry-After": "2"}) from error
        if anchor is not None:
            # More was missed than one reconnection may replay: the newest are sent, and the id says that some are not.
            return anchor.cursor, str(anchor.cursor) if subscription.wants(anchor) else EARLIEST
        return start, EARLIEST if asked is None else str(asked)

    async def replay(self, subscription: Subscription, start: Cursor) -> AsyncGenerator[bytes, None]:
        """What a client missed, in order; when it ends, the client is in the index and the rest comes by its queue.

        There is no gap and no repetition: the table is read until memory holds all the rest, and then the rest and
        the entry into the index happen without giving another task a turn.
        """
        place = start
        reach = history.reach(subscription)
        while place < self._recent_after:
            until = self._position or place
            page = await self._page(reach, place, until)
            if subscription.closed is not None:
                return
            place = page[-1].cursor if len(page) == history.PAGE else until
            if chunk := b"".join(update.encoded for update in page if subscription.wants(update)):
                yield chunk
        missed = list(itertools.takewhile(lambda update: update.cursor > place, reversed(self._recent)))
        chunk = b"".join(update.encoded for update in reversed(missed) if subscription.wants(update))
        if subscription.closed is None:
            self._index.add(subscription)
        if chunk:
            yield chunk

    async def _page(self, reach: history.Reach, after: Cursor, until: Cursor) -> list[Update]:
        seconds = self._database.settings.statement_seconds
        async with self._replays, self._database.relay.connection() as connection, asyncio.timeout(seconds):
            return await reach.page(connection, after, until)
