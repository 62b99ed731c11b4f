"""Holdings: a person keeps a stamp card, a warranty or a pass in their account, and sees them all in one list.

A row says only that somebody keeps something. What it is now, the system tells whose kind it is: beside the noun, it
declares ``kind("loyalty.card", describe)``, and ``describe`` is asked in the business's own transaction for all that
the person holds of that kind there. It tells nothing of what is gone. The actor of that transaction holds no grants:
that the person keeps the thing is what lets them see it, so a system whose proof of ownership is given out anew calls
``let_go``.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import ClassVar, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import persons
from holdfast.shared.tenants import tenants

TITLE = 300
"""The most characters of a title that are kept."""


class Kept(Row):
    """That a person keeps something of a business."""

    table: ClassVar[str] = "holdings_holding"
    id: UUID
    tenant_id: UUID
    person_id: UUID
    kind: str
    subject_id: UUID
    """What is held, as its system knows it."""
    business: str
    """What the business was called when it was kept."""
    title: str
    """What the thing was called when it was kept."""
    added_at: datetime


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a system tells of one holding, as it is now."""

    title: str
    subtitle: str | None = None
    done: int | None = None
    """How far it has come, such as 7 stamps; absent where nothing is counted."""
    of: int | None = None
    """How far it is to come, such as 10 stamps."""
    unit: str | None = None
    """What is counted, a word that the application translates, such as ``stamps``."""
    ready: bool = False
    """Something is waiting for the person, such as a reward."""
    link: str | None = None
    """Where the application shows it."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a person's list."""

    id: UUID
    kind: str
    subject_id: UUID
    """What is held, as its system knows it."""
    tenant_id: UUID
    business: str
    logo_url: str | None = None
    accent: str | None = None
    title: str
    subtitle: str | None = None
    done: int | None = None
    of: int | None = None
    unit: str | None = None
    ready: bool = False
    link: str | None = None
    added_at: datetime
    unavailable: bool = False
    """Its business could not be asked just now; what is told is what it was called when it was kept."""


class Added(Event):
    """A person keeps something of this business in their account."""

    name: ClassVar[str] = "holdings.holdings.added"
    subject: ClassVar[str | None] = "holding_id"
    holding_id: UUID
    person_id: UUID
    kind: str
    held_id: UUID


class Removed(Event):
    """A person does not keep it in their account any more."""

    name: ClassVar[str] = "holdings.holdings.removed"
    subject: ClassVar[str | None] = "holding_id"
    holding_id: UUID
    person_id: UUID
    kind: str
    held_id: UUID


class _Business(msgspec.Struct, frozen=True):
    name: str
    logo_url: str | None
    accent: str | None
    systems: list[str]


Describe: TypeAlias = Callable[[Tx, Sequence[UUID]], Awaitable[dict[UUID, Holding]]]
"""Tells what a system's holdings are now, by their subject's id; what is gone is left out."""

KINDS: dict[str, Describe] = {}
"""Every kind of holding by its name."""


def kind(name: str, describe: Describe) -> str:
    """Declare a kind of holding, beside the noun that it is; gives its name back.

    Args:
        name: ``<system>.<noun>``, such as ``loyalty.card``.
        describe: tells what those holdings are now, in a transaction of the business.

    Raises:
        TypeError: the kind is declared already.
    """
    if KINDS.setdefault(name, describe) is not describe:
        raise TypeError(f"The kind of holding {name} is declared twice.")
    return name


async def add(tx: Tx, kind: str, subject_id: UUID, *, title: str) -> tuple[Kept, bool]:
    """The signed-in person keeps something in their account; gives whether they did not before.

    The caller has seen the proof that it is theirs.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    person_id = persons.in_person(tx)
    new_id = ids.new()
    kept = await tx.one(Kept, _ADD, new_id, person_id, kind, subject_id, title[:TITLE], tx.now)
    if kept.id == new_id:
        await tx.emit(Added(holding_id=kept.id, person_id=person_id, kind=kind, held_id=subject_id))
    return kept, kept.id == new_id


async def remove(tx: Tx, holding_id: UUID) -> None:
    """Take something out of the signed-in person's list; the thing itself stays what it is.

    ``tx`` is bound to its business, which ``business_of`` tells.

    Raises:
        NotFound: they keep no such thing here, or not any more.
    """
    person_id = persons.in_person(tx)
    gone = await tx.all(
        Kept, "delete from holdings_holding where id = $1 and person_id = $2 returning *", holding_id, person_id
    )
    if not gone:
        raise NotFound(f"You keep nothing with the id {holding_id}.")
    await _tell_removed(tx, gone)


async def let_go(tx: Tx, kind: str, subject_id: UUID) -> None:
    """Take something out of everybody's list: what proved that it was theirs does not count any more."""
    await _tell_removed(
        tx,
        await tx.all(
            Kept, "delete from holdings_holding where kind = $1 and subject_id = $2 returning *", kind, subject_id
        ),
    )


async def _tell_removed(tx: Tx, gone: list[Kept]) -> None:
    for kept in gone:
        await tx.emit(Removed(holding_id=kept.id, person_id=kept.person_id, kind=kept.kind, held_id=kept.subject_id))


async def own(tx: Tx, page: Page) -> Listing[Kept]:
    """What the signed-in person keeps, newest first; runs in a transaction of the platform, where they see all of it.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        Invalid: the cursor was not made by this list.
    """
    person_id = persons.in_person(tx)
    moment, last = page.after_moment()
    found = await tx.all(Kept, _OWN, person_id, moment, last, page.fetch)
    return pages.listing(page, found, lambda kept: (kept.added_at, kept.id))


async def business_of(tx: Tx, holding_id: UUID) -> UUID:
    """Of which business something is that the signed-in person keeps; runs in a transaction of the platform.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: they keep no such thing.
    """
    person_id = persons.in_person(tx)
    tenant = await tx.find(
        UUID, "select tenant_id from holdings_holding where id = $1 and person_id = $2", holding_id, person_id
    )
    if tenant is None:
        raise NotFound(f"You keep nothing with the id {holding_id}.")
    return tenant


async def described(tx: Tx, kept: Sequence[Kept]) -> list[Item]:
    """What some holdings of one kind, of the business that ``tx`` is bound to, are now.

    One question to the system, however many they are. Left out is what is gone, and everything of a system that the
    business has switched off.
    """
    name = kept[0].kind
    business = await tx.find(_Business, "select name, logo_url, accent, systems from tenants_tenant")
    describe = KINDS.get(name)
    if business is None or describe is None or _is_off(name, business):
        return []
    found = await describe(tx, [one.subject_id for one in kept])
    return [_item(one, business, found[one.subject_id]) for one in kept if one.subject_id in found]


def unavailable(kept: Kept) -> Item:
    """What is known of a holding without asking anybody."""
    return Item(
        id=kept.id,
        kind=kept.kind,
        subject_id=kept.subject_id,
        tenant_id=kept.tenant_id,
        business=kept.business,
        title=kept.title,
        added_at=kept.added_at,
        unavailable=True,
    )


def _is_off(name: str, business: _Business) -> bool:
    system = name.partition(".")[0]
    return system in tenants.SYSTEMS and system not in business.systems


def _item(kept: Kept, business: _Business, holding: Holding) -> Item:
    return Item(
        id=kept.id,
        kind=kept.kind,
        subject_id=kept.subject_id,
        tenant_id=kept.tenant_id,
        business=business.name,
        logo_url=business.logo_url,
        accent=business.accent,
        added_at=kept.added_at,
        **msgspec.structs.asdict(holding),
    )


# Kept again, it is the same row, which learns what the thing is called by now.
_ADD = """
    insert into holdings_holding (id, person_id, kind, subject_id, business, title, added_at)
    select $1, $2, $3, $4, t.name, $5, $6 from tenants_tenant as t
    on conflict (tenant_id, kind, subject_id, person_id)
        do update set business = excluded.business, title = excluded.title
    returning *
"""
_OWN = """
    select * from holdings_holding
    where person_id = $1 and (added_at, id)
        < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
    order by added_at desc, id desc limit $4
"""
