"""History: past visits from another system's file, read line by line, with a reason for every line that cannot be used.

A file is CSV with a header. Known columns, in any order: ``customer_id`` (or ``external_id``) and ``phone``, of which
one is needed; ``date`` (or ``visited_at``), a day or a moment; ``name``; ``amount``, in the business's currency, or
``amount_usd`` and the like; ``currency``. Other columns are left alone.

Every line gets an id made of the program and of all that the line says, so that reading the file again finds the same
visits. Lines that say the very same are not doubles: a customer may buy the same thing twice on a day, and a file of
purchases has one line for each. Such lines are told apart by their turn, the first, second and so on.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from babel.numbers import is_currency

from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, Problem
from holdfast.systems.loyalty import phones, stamps

_AMOUNT = re.compile(r"[0-9]{1,13}(\.[0-9]{1,6})?")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_ALIASES = {"customer_id": "external_id", "member_id": "external_id", "visited_at": "date", "stamped_at": "date"}
_LONGEST = 255


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that a line tells of."""

    id: UUID
    line: int
    external_id: str | None
    phone: str | None
    name: str | None
    at: datetime
    amount: Money | None

    @property
    def who(self) -> tuple[str, str]:
        """Whose visit it is: lines of one external id, or else of one number, are one customer's."""
        return ("id", self.external_id) if self.external_id is not None else ("phone", self.phone or "")


class Rejected(msgspec.Struct, frozen=True):
    """A line that cannot be used, and why."""

    line: int
    reason: str


class Reading(msgspec.Struct, kw_only=True):
    """What a file holds."""

    lines: int
    """Lines after the header that are not empty."""
    visits: list[Visit]
    """In the order of their moments; of one moment, in the order of the file."""
    rejected: list[Rejected]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the visits took place: how times, telephone numbers and amounts are to be understood."""

    program_id: UUID
    zone: ZoneInfo
    country: str
    currency: str
    now: datetime


class NotAHistory(Problem):
    """This file is not a table of visits that can be imported."""

    status = 422


class _Unusable(Exception):
    """A line cannot be used; the message is the reason."""


def read(file: Path, place: Place) -> Reading:
    """Read a whole file.

    Raises:
        NotAHistory: it cannot be opened, is not UTF-8 text, or lacks a column without which nothing can be done.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            head = lines.readline()
            lines.seek(0)
            return _read(csv.reader(lines, delimiter=max(",;\t", key=head.count), strict=True), place)
    except UnicodeDecodeError:
        raise NotAHistory("It is not UTF-8 text.") from None
    except OSError as error:
        raise NotAHistory(f"It cannot be read: {error.strerror}.") from None


class _Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Which column says what."""

    width: int
    at: dict[str, int]
    currency: str | None
    """What the title of the amounts says, such as USD in ``amount_usd``."""


def _read(rows: Iterable[list[str]], place: Place) -> Reading:
    numbered = enumerate(rows, start=1)
    columns = _columns(next(numbered, (1, []))[1])
    visits: list[Visit] = []
    rejected: list[Rejected] = []
    turns: Counter[tuple[str, ...]] = Counter()
    lines = number = 0
    try:
        for number, row in numbered:
            cells = tuple(cell.strip() for cell in row)
            if not any(cells):
                continue
            lines += 1
            turns[cells] += 1
            seed = "\x1f".join((*cells, str(turns[cells])))
            try:
                visits.append(_visit(number, cells, columns, place, uuid5(place.program_id, seed)))
            except _Unusable as unusable:
                rejected.append(Rejected(number, str(unusable)))
    except csv.Error as error:
        rejected.append(Rejected(number + 1, f"What follows is not CSV: {error}."))
    visits.sort(key=lambda visit: (visit.at, visit.line))
    return Reading(lines=lines, visits=visits, rejected=rejected)


def _columns(header: list[str]) -> _Columns:
    at: dict[str, int] = {}
    currency = None
    for index, title in enumerate(header):
        word = title.strip().lower()
        code = word.removeprefix("amount_").upper()
        if code != word.upper() and is_currency(code):
            currency, word = code, "amount"
        at.setdefault(_ALIASES.get(word, word), index)
    if "date" not in at:
        raise NotAHistory("It has no column date.")
    if "external_id" not in at and "phone" not in at:
        raise NotAHistory("It has no column customer_id and no column phone.")
    return _Columns(width=len(header), at=at, currency=currency)


def _visit(line: int, cells: tuple[str, ...], columns: _Columns, place: Place, visit_id: UUID) -> Visit:
    if len(cells) != columns.width:
        raise _Unusable(f"It has {len(cells)} cells instead of {columns.width}.")

    def cell(name: str) -> str | None:
        index = columns.at.get(name)
        return None if index is None else cells[index] or None

    external_id, written, name = cell("external_id"), cell("phone"), cell("name")
    if external_id is None and written is None:
        raise _Unusable("It names no customer.")
    if any(len(text) > _LONGEST or "\x00" in text for text in cells):
        raise _Unusable("A cell is longer than 255 characters, or holds what is not text.")
    try:
        phone = None if written is None else phones.e164(written, place.country)
    except phones.NotAPhone as problem:
        raise _Unusable(f"{written} is not a telephone number: {problem.detail}") from None
    return Visit(
        id=visit_id,
        line=line,
        external_id=external_id,
        phone=phone,
        name=name,
        at=_moment(cell("date"), place),
        amount=_amount(cell("amount"), cell("currency") or columns.currency or place.currency),
    )


def _moment(written: str | None, place: Place) -> datetime:
    if written is None:
        raise _Unusable("It has no date.")
    try:
        moment = datetime.fromisoformat(written)
        moment = (moment.replace(tzinfo=place.zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Unusable(f"{written} is not a date such as 2026-05-31 or 2026-05-31T08:30.") from None
    if moment > place.now:
        raise _Unusable(f"{written} is in the future.")
    if moment < _EARLIEST:
        raise _Unusable(f"{written} is before 1900.")
    return moment


def _amount(written: str | None, currency: str) -> Money | None:
    if written is None:
        return None
    if not _AMOUNT.fullmatch(written):
        raise _Unusable(f"{written} is not an amount such as 12.50.")
    try:
        amount = Money.of(written, currency)
    except Invalid as problem:
        raise _Unusable(str(problem.detail)) from None
    if amount.minor > stamps.MOST_MINOR:
        raise _Unusable(f"{written} is more than any visit costs.")
    return amount
