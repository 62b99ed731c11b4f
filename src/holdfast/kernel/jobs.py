"""Jobs: what follows from an event or from the clock, declared where it is written.

A *reaction* follows from an event and runs once for each::

    @on(stamps.Stamped)
    async def count_visit(tx: Tx, event: stamps.Stamped) -> None: ...

    @on(stamps.Stamped, stamps.Voided, batch=200, lane="tenant")
    async def roll_up(tx: Tx, events: list[stamps.Stamped | stamps.Voided]) -> None: ...

    @on(messages.Wanted, outside=True, rate=80)
    async def send(job: Outside, event: messages.Wanted) -> None: ...

A *schedule* follows from the clock and runs per tenant, or once for the platform::

    @cron("0 3 * * *")
    async def flag_members_at_risk(tx: Tx) -> None: ...

    @every("1m", platform=True)
    async def sweep(tx: Tx) -> None: ...

Declaring is all that happens here; ``deliveries``, ``schedules`` and ``worker`` run what was declared.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar, Unpack, overload
from uuid import UUID

import msgspec
from croniter import croniter

from holdfast.kernel.database import Database
from holdfast.kernel.events import Event, Recorded
from holdfast.kernel.tx import Tx

E1 = TypeVar("E1", bound=Event)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
First = TypeVar("First")
Second = TypeVar("Second")
Handler: TypeAlias = Callable[[First, Second], Awaitable[None]]
Clockwork = TypeVar("Clockwork", bound=Callable[[Tx], Awaitable[None]])

Lane = Literal["subject", "tenant"]
CatchUp = Literal["latest", "each"]
EVERY_EVENT = "*"

_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_DURATION = re.compile(r"([1-9][0-9]*)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Declined(Exception):
    """A declaration of a reaction or a schedule makes no sense; the message says why."""


class Outside(Protocol):
    """What a reaction that calls an outside service is given instead of a transaction.

    Read what is needed in a ``transaction()``, make the call with ``key``, store what came of it in ``outcome()``.
    """

    key: str
    """The same at every attempt for this event and reaction; give it to the service as idempotency key."""
    attempt: int
    """1 at the first attempt."""
    tenant: UUID
    cause: Recorded
    database: Database
    """The pools of the worker, for a service that keeps its state in our own database."""

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction in the event's tenant, for reading and for notes along the way."""

    def outcome(self) -> AbstractAsyncContextManager[Tx]:
        """The transaction that stores what came of the call, and with it that the reaction is done: once.

        A reaction that ends without it is marked as done in a transaction of its own.
        """


def duration(text: str) -> timedelta:
    """``"90s"``, ``"5m"``, ``"2h"`` or ``"1d"`` as a length of time.

    Raises:
        Declined: it is written in another way.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Declined(f"{text!r} is not a duration such as 90s, 5m, 2h or 1d.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """A declared reaction. ``run`` takes a Tx (or an Outside) and an event (or, with ``batch``, a list of them)."""

    name: str
    events: tuple[str, ...]
    """Names of the events it follows from; ``*`` is every event."""
    run: Callable[[Any, Any], Awaitable[None]]
    priority: int = 0
    """Of what waits, the highest runs first."""
    attempts: int | None = None
    """Attempts before the event becomes a dead letter; the setting ``job_attempts`` when absent."""
    batch: int = 1
    batched: bool = False
    lane: Lane = "subject"
    """Events of one lane reach the reaction one after the other, in their order."""
    outside: bool = False
    concurrency: int = 0
    """How many lanes may be at work at once across all workers; 0 is as many as there are."""
    rate: float | None = None
    """The most runs per second across all workers."""
    delay: timedelta | None = None
    """How long after the event it runs, by the tenant's clock."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A declared schedule, of a fixed interval or of a cron expression."""

    name: str
    expression: str
    """``every 300s`` or ``cron 0 3 * * *``."""
    run: Callable[[Tx], Awaitable[None]]
    interval: timedelta | None = None
    cron: str | None = None
    platform: bool = False
    priority: int = 0
    catch_up: CatchUp = "latest"
    """After a time in which nothing ran: once for the newest missed occurrence, or each with its own ``tx.now``."""


def _derived(function: Callable[..., Any]) -> str:
    """``loyalty.reports.on_stamped``; the file ``reactions`` of a system is left out, so that code may move into it."""
    module = function.__module__.removeprefix("holdfast.").removeprefix("systems.").removeprefix("shared.")
    return f"{module.removesuffix('.reactions')}.{function.__name__}".lower()


class _Options(TypedDict, total=False):
    name: str
    priority: int
    attempts: int
    lane: Lane
    concurrency: int
    rate: float
    delay: str


class _Timing(TypedDict, total=False):
    name: str
    platform: bool
    priority: int
    catch_up: CatchUp


class _Unchanged(Protocol[First, Second]):
    """A decorator that gives back the function that it was given."""

    def __call__(self, function: "Handler[First, Second]", /) -> "Handler[First, Second]": ...


class Registry:
    """Reactions and schedules by name. Modules fill ``REGISTRY`` when they are imported; a test has one of its own."""

    def __init__(self) -> None:
        self.reactions: dict[str, Reaction] = {}
        self.schedules: dict[str, Schedule] = {}

    def _take(self, name: str | None, function: Callable[..., Any]) -> str:
        name = name or _derived(function)
        if not _NAME.fullmatch(name):
            raise Declined(f"{name!r} is not a name such as loyalty.reports.on_stamped.")
        if name in self.reactions or name in self.schedules:
            raise Declined(f"Two jobs are named {name}.")
        return name

    @overload
    def on(self, kind: type[E1], /, **options: Unpack[_Options]) -> _Unchanged[Tx, E1]: ...

    @overload
    def on(
        self, kind: type[E1], kind2: type[E2], kind3: type[E3] = ..., /, **options: Unpack[_Options]
    ) -> _Unchanged[Tx, E1 | E2 | E3]: ...

    @overload
    def on(self, kind: type[E1], /, *, batch: int, **options: Unpack[_Options]) -> _Unchanged[Tx, list[E1]]: ...

    @overload
    def on(
        self, kind: type[E1], kind2: type[E2], kind3: type[E3] = ..., /, *, batch: int, **options: Unpack[_Options]
    ) -> _Unchanged[Tx, list[E1 | E2 | E3]]: ...

    @overload
    def on(
        self, kind: type[E1], /, *, outside: Literal[True], **options: Unpack[_Options]
    ) -> _Unchanged[Outside, E1]: ...

    @overload
    def on(
        self,
        kind: type[E1],
        kind2: type[E2],
        kind3: type[E3] = ...,
        /,
        *,
        outside: Literal[True],
        **options: Unpack[_Options],
    ) -> _Unchanged[Outside, E1 | E2 | E3]: ...

    def on(
        self, *kinds: type[Event], batch: int | None = None, outside: bool = False, **options: Unpack[_Options]
    ) -> Callable[[Any], Any]:
        """Declare a reaction to one or several kinds of event, or with ``Event`` itself to every kind.

        Args:
            kinds: the events; several kinds of one lane come in their order.
            batch: the reaction takes lists of at most this many, in one transaction each.
            outside: the reaction calls an outside service, so it gets an ``Outside`` and no transaction.
            options: its ``name``, derived from module and function when absent; ``delay``, such as ``"24h"``; and
                the fields of ``Reaction`` of the same names.

        Raises:
            Declined: the name is taken or malformed, or the options contradict one another.
        """

        def declare(function: Any) -> Any:
            fields: dict[str, Any] = {**options}
            named, delay = self._take(fields.pop("name", None), function), fields.pop("delay", None)
            if batch is not None and (outside or not 1 <= batch <= 1000):
                raise Declined(f"{named}: a batch has 1 to 1,000 events and calls nothing outside.")
            if not kinds:
                raise Declined(f"{named} follows from no event.")
            self.reactions[named] = Reaction(
                name=named,
                events=tuple(EVERY_EVENT if kind is Event else kind.name for kind in kinds),
                run=function,
                batch=batch or 1,
                batched=batch is not None,
                outside=outside,
                delay=duration(delay) if delay else None,
                **fields,
            )
            return function

        return declare

    def every(self, interval: str, **timing: Unpack[_Timing]) -> Callable[[Clockwork], Clockwork]:
        """Declare a schedule of a fixed interval (``"5m"``), per tenant or once for the platform.

        Args:
            interval: how long from one run to the next.
            timing: its ``name``, derived from module and function when absent, and the fields of ``Schedule``.

        Raises:
            Declined: the interval is malformed, or the name taken.
        """
        length = duration(interval)
        return self._schedule(f"every {int(length.total_seconds())}s", length, None, timing)

    def cron(self, expression: str, **timing: Unpack[_Timing]) -> Callable[[Clockwork], Clockwork]:
        """Declare a schedule by a cron expression of five fields, in the tenant's timezone (the platform's is UTC).

        Args:
            expression: such as ``0 3 * * *``.
            timing: as for ``every``.

        Raises:
            Declined: the expression is malformed, or the name taken.
        """
        if len(expression.split()) != 5 or not croniter.is_valid(expression):
            raise Declined(f"{expression!r} is not a cron expression of five fields.")
        return self._schedule(f"cron {expression}", None, expression, timing)

    def _schedule(
        self, expression: str, interval: timedelta | None, cron: str | None, timing: _Timing
    ) -> Callable[[Clockwork], Clockwork]:
        def declare(function: Clockwork) -> Clockwork:
            fields: dict[str, Any] = {**timing}
            named = self._take(fields.pop("name", None), function)
            self.schedules[named] = Schedule(
                name=named, expression=expression, run=function, interval=interval, cron=cron, **fields
            )
            return function

        return declare


REGISTRY = Registry()
"""The reactions and schedules of the platform."""

on = REGISTRY.on
every = REGISTRY.every
cron = REGISTRY.cron
