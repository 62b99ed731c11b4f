"""Joining: what happens behind a business's poster, on whose page a guest becomes a member.

Nobody is signed in there: whoever sends the form may open a membership, and sees nothing of one that is there already.
How the page looks and what it says is in ``welcome``.
"""

import hashlib
import re
from datetime import date
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.tx import Tx
from holdfast.systems.loyalty import members, phones, programs

WORDING = "2026-11"
"""Which wording of the consent the texts hold; with the language it is the version that a member agreed to."""
CHANNEL = "poster"
FIELDS = ("program", "name", "phone", "birthday", "consent")
"""What the form asks for, in its order."""
MOST_BYTES = 8192
"""The largest form that is read."""
EARLIEST_BIRTHDAY = date(1900, 1, 1)
_MOST = {"name": 100, "phone": 40, "birthday": 10, "program": 36, "attempt": 64, "lang": 35}
_FIELDS_OF_A_FORM = 20
# As in ``web/src/ui/stamps.ts``, so that a poster shows the card that a guest then has.
_ROWS = ((3, 1), (12, 2), (21, 3), (32, 4))
_MOST_ROWS = 5


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """A program that can be joined."""

    id: UUID
    name: str
    stamps_required: int
    reward: str

    @property
    def rows(self) -> list[list[int]]:
        """The places of its card but the last, which is the reward's own: rows as even as can be, the longer first."""
        small = max(1, self.stamps_required - 1)
        rows = next((rows for most, rows in _ROWS if small <= most), _MOST_ROWS)
        found: list[list[int]] = []
        number = 1
        for row in range(rows):
            length = -(-(small - (number - 1)) // (rows - row))
            found.append(list(range(number, number + length)))
            number += length
        return found


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A business as its poster's page shows it."""

    id: UUID
    name: str
    slug: str
    logo_url: str | None
    accent: str | None
    country: str
    languages: list[str]
    today: date
    promises: list[Promise]
    """Every active program, oldest first."""


class Form(msgspec.Struct, kw_only=True):
    """What was filled in, and what is wrong with it."""

    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    """By field, the key of the text that says what is wrong."""

    def value(self, field: str) -> str:
        """What was filled in; empty when nothing was."""
        return self.values.get(field, "")


class Unreadable(Invalid):
    """This form did not arrive as a form."""


async def shop(tx: Tx) -> Shop:
    """The business that the transaction is bound to, with what can be joined. Needs no grant: a poster shows it all.

    Raises:
        NotFound: there is none.
        programs.SwitchedOff: the business gives no stamp cards.
    """
    found = await tx.find(Shop, _SHOP, tx.now)
    if found is None:
        raise NotFound("There is no such business.")
    await programs.must_be_on(tx)
    return found


def read(content_type: str, body: bytes) -> Form:
    """A form as a browser sends it. Of a field sent twice the first counts, and each is cut to what it can hold.

    Raises:
        Unreadable: it is no such form.
    """
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise Unreadable("It is sent as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS_OF_A_FORM, errors="strict")
    except ValueError:
        raise Unreadable("It is not a form in UTF-8.") from None
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in _MOST or name == "consent":
            values.setdefault(name, value.strip()[: _MOST.get(name, 1) + 1])
    return Form(values=values)


def checked(form: Form, shop: Shop, lang: str) -> members.New | None:
    """Who wants to join, or None with what is wrong noted in the form."""
    errors: dict[str, str] = {}
    promise = chosen(shop, form.value("program"))
    if promise is None:
        errors["program"] = _gone(shop)
    if len(form.value("name")) > _MOST["name"]:
        errors["name"] = "error_name_wrong"
    elif not form.value("name"):
        errors["name"] = "error_name"
    if not form.value("phone"):
        errors["phone"] = "error_phone"
    elif not _is_phone(form.value("phone"), shop.country):
        errors["phone"] = "error_phone_wrong"
    birthday = None
    if form.value("birthday"):
        birthday = _birthday(form.value("birthday"), shop.today)
        if birthday is None:
            errors["birthday"] = "error_birthday"
    if not form.value("consent"):
        errors["consent"] = "error_consent"
    form.errors = {field: errors[field] for field in FIELDS if field in errors}
    if promise is None or form.errors:
        return None
    return members.New(
        phone=form.value("phone"),
        name=form.value("name"),
        birthday=birthday,
        program_id=promise.id,
        consent=members.Consent(version=f"{WORDING} {lang}", channel=CHANNEL),
    )


def note(form: Form, problem: Problem, shop: Shop) -> bool:
    """Note in the form what a command found wrong with it; False for what is no fault of whoever filled it in.

    ``shop`` is the business as it is by now.
    """
    match problem:
        case programs.Archived():
            form.errors = {"program": _gone(shop)}
        case Invalid():
            # Number and birthday were looked at before, so what is wrong is a name that no till could show.
            form.errors = {"name": "error_name_wrong"}
        case _:
            return False
    return True


def _gone(shop: Shop) -> str:
    """What is said of a program that is not given out any more: where there is but one other, nobody must choose."""
    return "error_program_gone" if len(shop.promises) > 1 else "gone"


def _is_phone(written: str, country: str) -> bool:
    try:
        phones.e164(written, country)
    except phones.NotAPhone:
        return False
    return len(written) <= _MOST["phone"]


def _birthday(written: str, today: date) -> date | None:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
        return None
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if EARLIEST_BIRTHDAY <= found < today else None


def chosen(shop: Shop, program: str) -> Promise | None:
    """The program of that id; the oldest, or the only one, when none was asked for."""
    if not program:
        return shop.promises[0] if shop.promises else None
    return next((promise for promise in shop.promises if str(promise.id) == program.lower()), None)


def attempt_key(form: Form, body: bytes) -> str | None:
    """What tells a form that is sent twice by an impatient thumb from one that somebody fills in again.

    The page comes with a random number, so nobody else can send the same form.
    """
    return hashlib.sha256(b"join\n" + body).hexdigest() if len(form.value("attempt")) >= 16 else None


_SHOP = """
    select t.id, t.name, t.slug, t.logo_url, t.accent, t.country, t.languages,
        ($1::timestamptz at time zone 'UTC')::date as today,
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'id', p.id, 'name', p.name, 'stamps_required', p.stamps_required, 'reward', p.reward
            ) order by p.created_at, p.id)
            from loyalty_program as p where p.tenant_id = t.id and p.status = 'active'
        ), '[]') as promises
    from tenants_tenant as t
"""
