"""Members: customers who carry a card, known to a business by their telephone number.

A number belongs to one member of a business: who enrols again is found again. What is personal stays in this table;
events carry ids only.
"""

import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from holdfast.kernel import ids
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.systems.loyalty import cards, holding, phones, programs

ENROLL = grant("loyalty.enroll", "Enrol members and correct their names", roles=("owner", "manager", "staff"))
CORRECT = grant(
    "loyalty.correct", "Change a member's telephone number and give out their card anew", roles=("owner", "manager")
)

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
_KEY = 100


class Source(StrEnum):
    """How a member came in."""

    poster = "poster"
    """By themselves, from a poster or a link."""
    staff = "staff"
    """Somebody of the business typed it in."""
    imported = "import"


class Member(Row):
    """A member, with what their visits come to over all cards."""

    table: ClassVar[str] = "loyalty_member"
    id: UUID
    phone: str | None
    """E.164; absent only for members who were imported without one."""
    external_id: str | None
    """What another system calls them."""
    name: str
    birthday: date | None
    source: Source
    consent_at: datetime | None
    consent_version: str | None
    consent_channel: str | None
    enrolled_at: datetime
    visits: int
    first_visit_at: datetime | None
    last_visit_at: datetime | None
    visit_frequency_days: float | None
    """The mean number of days between visits, from the second visit on."""
    at_risk: bool


class Consent(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a person agreed to."""

    version: Word
    """Which wording, such as ``2026-05 es``."""
    channel: Word
    """Where it was given: ``poster``, ``counter``, ``whatsapp`` …"""


class New(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who enrols."""

    phone: Annotated[str, Meta(max_length=40)]
    """As the person writes it; numbers of the business's own country need no country code."""
    name: Name
    consent: Consent
    birthday: date | None = None
    program_id: UUID | None = None
    """The oldest active program when absent."""


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What changes of a member; absent fields stay."""

    phone: Annotated[str, Meta(max_length=40)] | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    birthday: date | UnsetType | None = UNSET


class Enrollment(msgspec.Struct, kw_only=True):
    """What an enrolment ends with."""

    member: Member
    card: cards.Card
    new: bool
    """False when the number was a member's already."""


class Enrolled(Event):
    """Somebody became a member."""

    name: ClassVar[str] = "loyalty.members.enrolled"
    subject: ClassVar[str | None] = "member_id"
    member_id: UUID
    source: str
    enrolled_at: datetime


class Changed(Event):
    """A member's details were corrected."""

    name: ClassVar[str] = "loyalty.members.changed"
    subject: ClassVar[str | None] = "member_id"
    member_id: UUID
    fields: list[str]


class AtRisk(Event):
    """A member has not come for too long, with any card."""

    name: ClassVar[str] = "loyalty.members.at_risk"
    subject: ClassVar[str | None] = "member_id"
    member_id: UUID
    at_risk: bool
    """False when it was taken back without a visit."""


class PhoneTaken(Problem):
    """Another member has this telephone number."""


class BornLater(Invalid):
    """A birthday lies in the past."""


def keys(name: str) -> dict[str, str | None]:
    """What a name is found by: folded to lower case without accents, from its first, second and third word on."""
    plain = "".join(part for part in unicodedata.normalize("NFKD", name) if not unicodedata.combining(part))
    words = plain.casefold().split()
    first, second, third = (" ".join(words[start:])[:_KEY] for start in (0, 1, 2))
    return {"name_key": first, "second_key": second or None, "third_key": third or None}


async def country(tx: Tx) -> str:
    """The business's country, whose numbers need no country code."""
    return await tx.one(str, "select country from tenants_tenant where id = kernel_tenant()")


async def enroll(tx: Tx, new: New) -> Enrollment:
    """Staff enrol a customer, or find the member whom they are already; either way there is a card. Meets L30, L53.

    Raises:
        phones.NotAPhone: the number cannot exist.
        BornLater, Invalid: the birthday or the name cannot be theirs.
        programs.NoProgram, programs.Archived, NotFound: there is no such program to join.
    """
    tx.must(ENROLL)
    return await _enroll(tx, new, Source.staff)


async def join(tx: Tx, new: New) -> Enrollment:
    """A customer enrols themselves, from a poster; anybody may.

    Nobody has shown yet that the number is theirs, so a caller hands out nothing of a member who was there before.

    Raises:
        phones.NotAPhone: the number cannot exist.
        BornLater, Invalid: the birthday or the name cannot be theirs.
        programs.NoProgram, programs.Archived, NotFound: there is no such program to join.
        programs.SwitchedOff: the business gives no stamp cards.
    """
    await programs.must_be_on(tx)
    return await _enroll(tx, new, Source.poster)


async def _enroll(tx: Tx, new: New, source: Source) -> Enrollment:
    program = await programs.joinable(tx, new.program_id)
    phone = phones.e164(new.phone, await country(tx))
    _born_before(tx, new.birthday)
    name = _on_a_line(new.name)
    member_id = await tx.find(
        UUID,
        "insert into loyalty_member (id, phone, name, name_key, second_key, third_key, birthday, source, consent_at, "
        "consent_version, consent_channel, enrolled_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9) "
        "on conflict (tenant_id, phone) do nothing returning id",
        ids.new(),
        phone,
        name,
        *keys(name).values(),
        new.birthday,
        source.value,
        tx.now,
        new.consent.version,
        new.consent.channel,
    )
    if member_id is not None:
        await tx.emit(Enrolled(member_id=member_id, source=source.value, enrolled_at=tx.now))
        member = await tx.get(Member, member_id)
    else:
        member = await tx.one(Member, "select * from loyalty_member where phone = $1", phone)
        if member.consent_at is None:
            # Imported members agreed to nothing yet; the first who did is kept, later wordings do not overwrite it.
            member = await tx.update(
                member, consent_at=tx.now, consent_version=new.consent.version, consent_channel=new.consent.channel
            )
    card, _ = await cards.open(tx, member.id, program)
    return Enrollment(member=member, card=card, new=member_id is not None)


def _on_a_line(name: str) -> str:
    """A name as a till can show it. Joiners stay, because names in several scripts and many emoji need them.

    Raises:
        Invalid: nothing of it is visible, or it holds control characters or marks that turn the direction of writing.
    """
    tidy = " ".join(name.split())
    visible = tidy.replace("\u200c", "").replace("\u200d", "")
    if not visible.strip() or not visible.isprintable():
        raise Invalid("A name holds visible characters, and no control characters.", field="name")
    return tidy


def _born_before(tx: Tx, birthday: date | None) -> None:
    if birthday is not None and birthday >= tx.now.date():
        raise BornLater(f"{birthday} is not in the past.", field="birthday")


async def change(tx: Tx, member_id: UUID, change: Change) -> Member:
    """Correct a member's details. Cards, stamps and rewards stay theirs, whatever number they have now.

    Raises:
        NotFound: this business has no such member.
        PhoneTaken: another member has the number.
        phones.NotAPhone: the number cannot exist.
        BornLater, Invalid: the birthday or the name cannot be theirs.
    """
    tx.must(ENROLL if change.phone is UNSET else CORRECT)
    member = await tx.get(Member, member_id, lock=True)
    changes: dict[str, object] = {}
    if change.phone is not UNSET:
        changes["phone"] = phones.e164(change.phone, await country(tx))
    if change.name is not UNSET:
        changes["name"] = _on_a_line(change.name)
    if change.birthday is not UNSET:
        _born_before(tx, change.birthday)
        changes["birthday"] = change.birthday
    changes = {field: value for field, value in changes.items() if value != getattr(member, field)}
    if not changes:
        return member
    named = keys(_on_a_line(change.name)) if isinstance(change.name, str) else {}
    try:
        member = await tx.update(member, **changes, **named)
    except Reused:
        raise PhoneTaken from None
    await tx.emit(Changed(member_id=member.id, fields=sorted(changes)))
    return member


async def reissue(tx: Tx, member_id: UUID) -> str:
    """Give a member's cards out anew: a new token; every token given out before stops working, and nobody keeps them
    in their account any more.

    Raises:
        NotFound: this business has no such member.
    """
    tx.must(CORRECT)
    touched = await tx.execute(
        "update loyalty_member set card_token_version = card_token_version + 1 where id = $1", member_id
    )
    if not touched:
        await tx.get(Member, member_id)
    # Whoever keeps these cards in an account showed a token that does not count any more.
    await holding.let_go(tx, member_id)
    await tx.emit(Changed(member_id=member_id, fields=["card_token"]))
    return await cards.holder_token(tx, member_id)


async def get(tx: Tx, member_id: UUID) -> Member:
    """One member.

    Raises:
        NotFound: this business has no such member.
    """
    tx.must(programs.READ)
    return await tx.get(Member, member_id)


async def by_phone(tx: Tx, written: str) -> Member:
    """The member with that telephone number. Meets L30.

    Raises:
        phones.NotAPhone: the number cannot exist.
        NotFound: nobody has it here.
    """
    tx.must(programs.READ)
    phone = phones.e164(written, await country(tx))
    found = await tx.find(Member, "select * from loyalty_member where phone = $1", phone)
    if found is None:
        raise NotFound("No member has this telephone number.")
    return found
