"""Persons: people exist once on the platform, whichever businesses they work for or buy from."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from holdfast.kernel import auth, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotAllowed, NotSignedIn
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

auth.grant("people.status", "Block a person, or let them in again, on the whole platform")


class Status(StrEnum):
    """Whether a person may sign in: only an active one may."""

    active = "active"
    inactive = "inactive"
    blocked = "blocked"


class Person(Row):
    """A person. Their address for signing in is a credential's; businesses know them by memberships (I6)."""

    table: ClassVar[str] = "people_person"
    id: UUID
    name: str
    phone: str | None
    """E.164, such as +51987654321."""
    locale: str
    """The language they read, such as ``es`` or ``pt-BR``."""
    address: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    """ISO 3166-1 alpha-2."""
    status: Status
    created_at: datetime
    updated_at: datetime


class Added(Event):
    """A person came to the platform."""

    name: ClassVar[str] = "people.persons.added"
    subject: ClassVar[str] = "person_id"
    person_id: UUID


class Changed(Event):
    """A person changed their profile."""

    name: ClassVar[str] = "people.persons.changed"
    subject: ClassVar[str] = "person_id"
    person_id: UUID
    fields: list[str]
    """Which fields changed; not their values."""


class StatusChanged(Event):
    """A person was blocked, or let in again."""

    name: ClassVar[str] = "people.persons.status_changed"
    subject: ClassVar[str] = "person_id"
    person_id: UUID
    status: Status


class Changes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a person may change of their profile; what is left out stays, null takes away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType | None = msgspec.UNSET
    city: str | msgspec.UnsetType | None = msgspec.UNSET
    region: str | msgspec.UnsetType | None = msgspec.UNSET
    postal_code: str | msgspec.UnsetType | None = msgspec.UNSET
    country: str | msgspec.UnsetType | None = msgspec.UNSET


_LONGEST = {"name": 200, "address": 500, "city": 200, "region": 200, "postal_code": 20}


def checked_name(name: str) -> str:
    """A name without surrounding or doubled spaces.

    Raises:
        Invalid: it is empty, longer than 200 characters, or holds control characters.
    """
    return checked_text(name, "name")


def checked_text(text: str, field: str) -> str:
    """One line of text of a profile, its spaces tidied.

    Raises:
        Invalid: it is empty, too long, or holds control characters.
    """
    tidy = " ".join(text.split())
    if not tidy or len(tidy) > _LONGEST[field] or not tidy.isprintable():
        raise Invalid(f"Write 1 to {_LONGEST[field]} printable characters.", field=field)
    return tidy


def checked_phone(phone: str, country: str | None = None) -> str:
    """A phone number in E.164, by the rules of its country.

    Raises:
        Invalid: no such number can exist; without ``country`` it must start with + and the country's code.
    """
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        raise Invalid("Write the phone number as +51 987 654 321.", field="phone") from None
    if not phonenumbers.is_valid_number(number):
        raise Invalid("No such phone number exists.", field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def checked_locale(locale: str, field: str = "locale") -> str:
    """A language tag such as ``es`` or ``pt-BR``.

    Raises:
        Invalid: it names no language that we know.
    """
    try:
        return str(Locale.parse(locale, sep="-")).replace("_", "-")
    except (ValueError, UnknownLocaleError, TypeError):
        raise Invalid(f"{locale[:40]!r} is not a language tag such as es or pt-BR.", field=field) from None


def checked_country(country: str) -> str:
    """An ISO 3166-1 alpha-2 code in capitals.

    Raises:
        Invalid: there is no such country.
    """
    code = country.upper()
    if code not in get_global("territory_languages") or code == "ZZ" or not (len(code) == 2 and code.isalpha()):
        raise Invalid(f"{country[:40]!r} is not a country code such as PE.", field="country")
    return code


async def add(tx: Tx, *, name: str, phone: str | None = None, locale: str = "en", id: UUID | None = None) -> UUID:  # noqa: A002
    """Add a person; gives the id. A business that adds one sees the person once they are its member.

    Raises:
        Invalid: the name, phone or locale is malformed.
    """
    person_id = id or ids.new()
    await tx.execute(
        "insert into people_person (id, name, phone, locale, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)",
        person_id,
        checked_name(name),
        None if phone is None else checked_phone(phone),
        checked_locale(locale),
        tx.now,
    )
    await tx.emit(Added(person_id=person_id))
    return person_id


def _checked(changes: Changes) -> dict[str, Any]:
    values = {
        name: value for name in Changes.__struct_fields__ if (value := getattr(changes, name)) is not msgspec.UNSET
    }
    for name, value in values.items():
        if value is None:
            continue
        if name in _LONGEST:
            values[name] = checked_text(value, name)
        elif name == "locale":
            values[name] = checked_locale(value)
        elif name == "country":
            values[name] = checked_country(value)
    if values.get("phone"):
        values["phone"] = checked_phone(values["phone"], values.get("country"))
    return values


async def change(tx: Tx, person_id: UUID, changes: Changes) -> Person:
    """Change a profile; only the person themselves may (I64). Runs in a transaction of the platform.

    Raises:
        NotAllowed: it is somebody else's profile, or an API key asks.
        Invalid: a value is malformed.
    """
    if tx.actor.kind != "platform" and in_person(tx) != person_id:
        raise NotAllowed("Only the person themselves may change their profile.")
    values = _checked(changes)
    person = await tx.get(Person, person_id, lock=True)
    changed = [name for name, value in values.items() if getattr(person, name) != value]
    if not changed:
        return person
    person = await tx.update(person, **values, updated_at=tx.now)
    await tx.emit(Changed(person_id=person_id, fields=sorted(changed)))
    return person


async def set_status(tx: Tx, person_id: UUID, *, status: Status) -> Person:
    """Block a person, make them inactive, or let them in again. Every session and API key of theirs follows at once.

    Raises:
        NotAllowed: only the platform's own operators may.
        NotFound: there is no such person.
    """
    tx.must("people.status")
    person = await tx.get(Person, person_id, lock=True)
    if person.status is status:
        return person
    person = await tx.update(person, status=status, updated_at=tx.now)
    await tx.emit(StatusChanged(person_id=person_id, status=status))
    return person


def in_person(tx: Tx) -> UUID:
    """The person who is signed in as themselves. What concerns their account is nothing that an API key may do.

    Raises:
        NotSignedIn: nobody is signed in.
        NotAllowed: an API key or a device asks.
    """
    if tx.actor.kind == "person" and tx.actor.person is not None:
        return tx.actor.person
    if tx.actor.kind == "nobody":
        raise NotSignedIn
    raise NotAllowed("Sign in as yourself to do this; an API key is not enough.")
