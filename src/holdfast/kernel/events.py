"""Events: facts in the past tense, stored in the transaction that made them true.

One row serves as outbox, audit trail, live feed with replay, and source of notices, webhooks and the warehouse. Its
place in the order is ``(xid, seq)``: the transaction and the position in it. A bare sequence would lose rows that
commit late, because a later number can become visible before an earlier one (docs/decisions/0003).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform, final
from uuid import UUID

import msgspec

from holdfast.kernel import ids

if TYPE_CHECKING:
    from holdfast.kernel.tx import Tx

REGISTRY: dict[str, type["Event"]] = {}
"""Every kind of event by its name."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Event(msgspec.Struct, kw_only=True, frozen=True):
    """Base of all events. Fields are ids, amounts and codes, never personal data; fields are only ever added.

    ``name`` is explicit and never changes (``loyalty.stamps.stamped``). ``subject`` names the field whose value the
    event is about: events of one subject reach each reaction in order, and live topics end in it.
    """

    name: ClassVar[str] = ""
    subject: ClassVar[str | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        name = cls.__dict__.get("name")
        if not name:
            raise TypeError(f"{cls.__qualname__} needs a name such as 'loyalty.stamps.stamped'.")
        known = REGISTRY.get(name)
        if known is not None and known.__module__ != cls.__module__:
            raise TypeError(f"Two events are named {name}.")
        REGISTRY[name] = cls

    def subject_id(self) -> UUID | None:
        """The id of what the event is about."""
        return getattr(self, self.subject) if self.subject else None

    @final
    def topics(self) -> list[str]:
        """The live topics of the event: its noun's (``/loyalty/stamps``) and its subject's (``…/{subject}``)."""
        return topics_of(self.name, self.subject_id())


def topics_of(name: str, subject: UUID | None) -> list[str]:
    """The live topics of an event of that name about that subject; they follow from the row, whoever knows the kind."""
    room = "/" + "/".join(name.split(".")[:-1])
    return [room] if subject is None else [room, f"{room}/{subject}"]


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event with where, when and by whom it was stored."""

    id: UUID
    tenant: UUID
    xid: int
    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    request_id: str | None
    event: Event

    @property
    def cursor(self) -> "Cursor":
        """The event's place in the order."""
        return Cursor(self.xid, self.seq)


class Cursor(msgspec.Struct, frozen=True, order=True):
    """A place in the order of events."""

    xid: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.xid}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that ``str`` wrote, or None when the text is something else."""
        xid, dash, seq = text.partition("-")
        if not (dash and xid.isascii() and xid.isdigit() and seq.isascii() and seq.isdigit() and len(text) < 40):
            return None
        return cls(int(xid), int(seq))


INSERT = (
    "insert into kernel_event (id, name, subject_id, body, actor_kind, actor_id, request_id, at) "
    "values ($1, $2, $3, $4, $5, $6, $7, $8)"
)
COLUMNS = "id, tenant_id, xid, seq, at, actor_kind, actor_id, request_id, name, body"


def stored(tx: "Tx", event: Event) -> tuple[Any, ...]:
    """The arguments of ``INSERT``; a command written as one statement passes them to its own insert."""
    return (
        ids.new(),
        event.name,
        event.subject_id(),
        msgspec.to_builtins(event),
        tx.actor.kind,
        tx.actor.id,
        tx.request_id,
        tx.now,
    )


def recorded(record: Any) -> Recorded | None:
    """A row of ``COLUMNS`` as a recorded event; None for a kind that this release does not know."""
    cls = REGISTRY.get(record["name"])
    if cls is None:
        return None
    return Recorded(
        id=record["id"],
        tenant=record["tenant_id"],
        xid=record["xid"],
        seq=record["seq"],
        at=record["at"],
        actor_kind=record["actor_kind"],
        actor_id=record["actor_id"],
        request_id=record["request_id"],
        event=msgspec.convert(record["body"], cls),
    )
