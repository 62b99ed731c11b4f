"""History: the updates that were published before a client came, read from the event table by the relay's role."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import events, topics
from holdfast.kernel.database import Connection
from holdfast.kernel.events import Cursor
from holdfast.kernel.subscriptions import Subscription, Update

PAGE = 500
"""Updates read at once."""

_CURSOR = "select xid, seq from kernel_cursor where name = 'relay'"

_ALL = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) order by xid, seq limit $5"
)
_NAMED = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) "
    "and ($7::uuid[] is null or tenant_id = any ($7)) order by xid, seq limit $5"
)
_OF_TENANT = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) and tenant_id = $7 "
    "order by xid, seq limit $5"
)
_OF_SUBJECTS = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) and tenant_id = $7 "
    "and subject_id = any ($8) order by xid, seq limit $5"
)
# The newest event that a bounded replay leaves out: with it a client can tell that it lost something.
_ANCHOR_NAMED = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) "
    "and ($7::uuid[] is null or tenant_id = any ($7)) order by xid desc, seq desc limit 1 offset $5"
)
_ANCHOR_OF_TENANT = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) and tenant_id = $7 "
    "order by xid desc, seq desc limit 1 offset $5"
)
_ANCHOR_OF_SUBJECTS = (
    "select tenant_id, xid, seq, at, name, subject_id, body::text as body from kernel_event "
    "where (xid, seq) > ($1, $2) and (xid, seq) <= ($3, $4) and name ^@ any ($6) and tenant_id = $7 "
    "and subject_id = any ($8) order by xid desc, seq desc limit 1 offset $5"
)


class Message(msgspec.Struct, frozen=True):
    """The JSON in the ``data`` of an update."""

    kind: str
    subject: UUID | None
    tenant: UUID
    at: datetime
    body: msgspec.Raw


def update(record: Any) -> Update:
    """An event row as live clients get it: ``id`` is its cursor, ``data`` a ``Message``, and no personal data."""
    name: str = record["name"]
    subject: UUID | None = record["subject_id"]
    tenant: UUID = record["tenant_id"]
    cursor = Cursor(record["xid"], record["seq"])
    body: str = record["body"]
    about = events.topics_of(name, subject)
    data = msgspec.json.encode(Message(name, subject, tenant, record["at"], msgspec.Raw(body)))
    return Update(
        cursor=cursor,
        tenant=tenant,
        room=about[0].removeprefix("/"),
        topics=tuple(topics.of_tenant(tenant, topic) for topic in about),
        encoded=b"id: %s\ndata: %s\n\n" % (str(cursor).encode(), data),
    )


async def relayed(connection: Connection) -> Cursor:
    """How far the relay has come: every event up to it is committed and visible to all."""
    record = await connection.fetchrow(_CURSOR)
    return Cursor(record["xid"], record["seq"]) if record is not None else Cursor()


async def between(connection: Connection, after: Cursor, until: Cursor) -> list[Update]:
    """The next page of updates of all tenants, in order."""
    records = await connection.fetch(_ALL, after.xid, after.seq, until.xid, until.seq, PAGE)
    return [update(record) for record in records]


class Reach(msgspec.Struct, frozen=True):
    """What the database needs to know of a subscription, so that it does not read everybody's events for one client.

    It may reach further than the subscription, never less far; ``Subscription.wants`` has the last word.
    """

    names: list[str]
    """What the events' names begin with."""
    tenants: list[UUID] | None
    subjects: list[UUID] | None

    def _arguments(self) -> tuple[str, str, tuple[Any, ...]]:
        match self.tenants:
            case [tenant] if self.subjects is not None:
                return _OF_SUBJECTS, _ANCHOR_OF_SUBJECTS, (self.names, tenant, self.subjects)
            case [tenant]:
                return _OF_TENANT, _ANCHOR_OF_TENANT, (self.names, tenant)
            case _:
                return _NAMED, _ANCHOR_NAMED, (self.names, self.tenants)

    async def page(self, connection: Connection, after: Cursor, until: Cursor) -> list[Update]:
        """The next page of updates within reach, in order."""
        statement, _, narrow = self._arguments()
        records = await connection.fetch(statement, after.xid, after.seq, until.xid, until.seq, PAGE, *narrow)
        return [update(record) for record in records]

    async def anchor(self, connection: Connection, after: Cursor, until: Cursor, *, most: int) -> Update | None:
        """The update after which exactly ``most`` updates within reach follow; None when there are fewer."""
        _, statement, narrow = self._arguments()
        record = await connection.fetchrow(statement, after.xid, after.seq, until.xid, until.seq, most, *narrow)
        return None if record is None else update(record)


def reach(subscription: Subscription) -> Reach:
    """How far the replay for a subscription must look."""
    selectors = subscription.selectors
    names = [""]
    if all(selector.room is not None for selector in selectors):
        names = [f"{selector.room.replace('/', '.')}." for selector in selectors if selector.room]
    subjects = None
    if all(selector.subject is not None for selector in selectors):
        subjects = [selector.subject for selector in selectors if selector.subject is not None]
    return Reach(names=names, tenants=_tenants(subscription), subjects=subjects)


def _tenants(subscription: Subscription) -> list[UUID] | None:
    asked = [selector.tenant for selector in subscription.selectors]
    named = {tenant for tenant in asked if tenant is not None}
    covered: frozenset[UUID] | None = subscription.access.tenants
    if len(named) < len(set(asked)):
        return None if covered is None else sorted(covered)
    return sorted(named if covered is None else named & covered)
