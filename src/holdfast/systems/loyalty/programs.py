"""Programs: what a business promises, "ten stamps, the next coffee is free".

A business may run several. The threshold of a program may change at any time and then counts for rewards still to be
earned: a reward that was earned stays as it was promised, and a card that suddenly holds enough earns with its next
stamp.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from holdfast.kernel import ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.ledger import accounts

READ = grant("loyalty.read", "See programs, members, cards, stamps and rewards", roles=("owner", "manager", "staff"))
MANAGE = grant("loyalty.manage", "Open, change and archive loyalty programs", roles=("owner", "manager"))

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
StampsRequired = Annotated[int, Meta(ge=2, le=50)]
Reward = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Days = Annotated[int, Meta(ge=1, le=3650)]
GapSeconds = Annotated[int, Meta(ge=0, le=604_800)]


class Status(StrEnum):
    """Whether a program can be joined and stamped."""

    active = "active"
    archived = "archived"
    """No new cards and no stamps; rewards that were earned can still be redeemed."""


class Program(Row):
    """A program, with its two ledger accounts."""

    table: ClassVar[str] = "loyalty_program"
    id: UUID
    name: str
    stamps_required: int
    reward: str
    inactivity_days: int
    """A member without a visit for so many days is at risk."""
    stamp_gap_seconds: int
    """The least time between two stamps on one card; 0 for none."""
    reward_valid_days: int | None
    """How long a reward can be redeemed after it was earned; without end when absent."""
    status: Status
    issued_account_id: UUID
    rewarded_account_id: UUID
    created_at: datetime
    changed_at: datetime


class New(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a program is opened with."""

    name: Name
    stamps_required: StampsRequired
    reward: Reward
    inactivity_days: Days = 14
    stamp_gap_seconds: GapSeconds = 60
    reward_valid_days: Days | None = None


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes of a program; absent fields stay."""

    name: Name | UnsetType = UNSET
    stamps_required: StampsRequired | UnsetType = UNSET
    reward: Reward | UnsetType = UNSET
    inactivity_days: Days | UnsetType = UNSET
    stamp_gap_seconds: GapSeconds | UnsetType = UNSET
    reward_valid_days: Days | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET


class Opened(Event):
    """A program was opened."""

    name: ClassVar[str] = "loyalty.programs.opened"
    subject: ClassVar[str | None] = "program_id"
    program_id: UUID
    stamps_required: int


class Changed(Event):
    """A program was changed, archived or brought back."""

    name: ClassVar[str] = "loyalty.programs.changed"
    subject: ClassVar[str | None] = "program_id"
    program_id: UUID
    stamps_required: int
    status: str


class NameTaken(Problem):
    """Another active program of this business has that name."""


class NoProgram(Problem):
    """This business has no active loyalty program."""


class Archived(Problem):
    """This program is archived: it gives no cards and no stamps any more."""


class SwitchedOff(Problem):
    """This business gives no stamp cards."""

    status = 404


async def must_be_on(tx: Tx) -> None:
    """Stop unless the business has switched loyalty on; its own people lose their grants anyway, the public has none.

    Raises:
        SwitchedOff: it has not.
    """
    if not await tx.find(bool, "select 'loyalty' = any (systems) from tenants_tenant"):
        raise SwitchedOff


def unit(program_id: UUID) -> str:
    """The ledger's unit for the stamps of a program."""
    return f"stamp:{program_id}"


async def open(tx: Tx, new: New) -> Program:  # noqa: A001 - it reads programs.open
    """A business makes a promise. The program's two ledger accounts are opened with it. Meets L52.

    Raises:
        NameTaken: another active program is called that.
    """
    tx.must(MANAGE)
    program_id = ids.new()
    issued = await accounts.open_account(
        tx, book="loyalty.issued", unit=unit(program_id), owner_id=program_id, side="debit", guarded=False
    )
    rewarded = await accounts.open_account(
        tx, book="loyalty.rewarded", unit=unit(program_id), owner_id=program_id, side="credit", guarded=False
    )
    try:
        program = await tx.insert(
            Program,
            id=program_id,
            **msgspec.structs.asdict(new),
            issued_account_id=issued.id,
            rewarded_account_id=rewarded.id,
            created_at=tx.now,
            changed_at=tx.now,
        )
    except Reused:
        raise NameTaken(f"It is called {new.name!r}.") from None
    await tx.emit(Opened(program_id=program.id, stamps_required=program.stamps_required))
    return program


async def change(tx: Tx, program_id: UUID, change: Change) -> Program:
    """Change what is promised from now on. Rewards that were earned keep their text, price and end.

    Raises:
        NotFound: this business has no such program.
        NameTaken: another active program is called that.
    """
    tx.must(MANAGE)
    program = await tx.get(Program, program_id, lock=True)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(change).items()
        if value is not UNSET and value != getattr(program, name)
    }
    if not changes:
        return program
    try:
        program = await tx.update(program, **changes, changed_at=tx.now)
    except Reused:
        raise NameTaken(f"It is called {changes.get('name', program.name)!r}.") from None
    await tx.emit(Changed(program_id=program.id, stamps_required=program.stamps_required, status=program.status.value))
    return program


async def get(tx: Tx, program_id: UUID) -> Program:
    """One program.

    Raises:
        NotFound: this business has no such program.
    """
    tx.must(READ)
    return await tx.get(Program, program_id)


async def listing(tx: Tx) -> list[Program]:
    """Every program, active before archived, oldest first; at most 200."""
    tx.must(READ)
    return await tx.all(Program, "select * from loyalty_program order by status, created_at, id limit 200")


async def default(tx: Tx) -> Program | None:
    """The program meant when none is named: the oldest active one."""
    return await tx.find(
        Program, "select * from loyalty_program where status = 'active' order by created_at, id limit 1"
    )


async def joinable(tx: Tx, program_id: UUID | None) -> Program:
    """The program of that id, or the default one, if it gives cards and stamps.

    Raises:
        NotFound: this business has no such program.
        NoProgram: none was named, and the business has no active one.
        Archived: it is archived.
    """
    program = await default(tx) if program_id is None else await tx.get(Program, program_id)
    if program is None:
        raise NoProgram
    if program.status is Status.archived:
        raise Archived(f"It is called {program.name!r}.")
    return program
