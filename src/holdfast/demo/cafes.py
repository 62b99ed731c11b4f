"""Who lives in the demo: two cafés in Lima, their staff, their guests, and a year of visits.

Everything here is invented and the same at every start, so that starting again finds what is there already.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

LIMA = ZoneInfo("America/Lima")
PASSWORD = "cafe-en-lima"  # noqa: S105 - printed at every start of the demo, for people who try it
HISTORY = files("holdfast.demo") / "data" / "cdnow_sample.csv"
"""2,357 customers of a record shop and their 6,919 purchases in 1997 and 1998: real people's rhythm of coming back."""

GIVEN = (
    "María", "José", "Luz", "Carlos", "Rosa", "Jorge", "Ana", "Luis", "Carmen", "Miguel", "Lucía", "Diego", "Valeria",
    "Renzo", "Camila", "Álvaro", "Milagros", "Joaquín", "Fiorella", "Sebastián", "Ximena", "Rodrigo", "Killa", "Inti",
    "Nayra", "Túpac", "Daniela", "Mateo", "Gabriela", "Bruno", "Yanira", "Óscar", "Noemí", "Fabricio", "Sofía", "Hugo",
)  # fmt: skip
FAMILY = (
    "Quispe", "Flores", "Sánchez", "García", "Rojas", "Huamán", "Mamani", "Chávez", "Ramos", "Vásquez", "Torres",
    "Castillo", "Gutiérrez", "Ñahui", "Espinoza", "Salazar", "Cárdenas", "Villanueva", "Poma", "Ccori", "Benavides",
    "Tello", "Zevallos", "Aguirre", "Paredes", "Otiniano", "Yupanqui", "Barrios", "Núñez", "Palomino",
)  # fmt: skip


class Person(msgspec.Struct, frozen=True):
    """Somebody who can sign in."""

    name: str
    email: str
    role: str


class Guest(Person, frozen=True):
    """A customer who can sign in."""

    phone: str


class Cafe(msgspec.Struct, frozen=True):
    """A business of the demo."""

    name: str
    slug: str
    program: str
    stamps_required: int
    reward: str
    accent: str
    mark: Literal["sun", "bean"]
    """What is on its logo."""
    people: tuple[Person, ...]
    guests: int
    """How many guests are invented."""
    since_days: int
    """Over how many days they came for the first time, one after the other."""
    replays: bool
    """Whether the real history is replayed as well."""


AURORA = Cafe(
    name="Café Aurora",
    slug="cafe-aurora",
    program="Tarjeta Aurora",
    stamps_required=6,
    reward="Un café de la casa",
    accent="#b4532a",
    mark="sun",
    people=(
        Person("Elena Paredes", "elena@aurora.example", "owner"),
        Person("Bruno Tello", "bruno@aurora.example", "manager"),
        Person("Nayra Poma", "nayra@aurora.example", "staff"),
    ),
    guests=240,
    since_days=390,
    replays=True,
)
PUKA = Cafe(
    name="Tostaduría Puka",
    slug="tostaduria-puka",
    program="Cuaderno Puka",
    stamps_required=8,
    reward="Una bolsa de 250 g, recién tostada",
    accent="#2f6b4f",
    mark="bean",
    people=(
        Person("Óscar Yupanqui", "oscar@puka.example", "owner"),
        Person("Ximena Rojas", "ximena@puka.example", "staff"),
    ),
    guests=180,
    since_days=150,
    replays=False,
)
CAFES = (AURORA, PUKA)
GUEST = Guest("Lucía Benavides", "lucia@guest.example", "guest", "+51987000111")
"""Comes to both cafés, at breakfast, week after week."""
_GUEST_VISITS = 11


_HOURS = {7: 4, 8: 9, 9: 10, 10: 7, 11: 5, 12: 4, 13: 5, 14: 4, 15: 5, 16: 8, 17: 9, 18: 7, 19: 4, 20: 1}
"""How busy a café's hours are, compared with one another."""


def history(cafe: Cafe, until: datetime, folder: Path) -> Path:
    """A CSV file of the café's past up to that moment, written into ``folder``; the same for the same moment."""
    file = folder / f"{cafe.slug}.csv"
    chance = random.Random(cafe.slug)  # noqa: S311 - the same café at every start, nothing secret
    here = until.astimezone(LIMA)
    told = [
        *_guest(here.date()),
        *_invented(cafe, here.date(), chance),
        *(_real(here.date(), chance) if cafe.replays else ()),
    ]
    visits = [visit for visit in told if visit["date"] < f"{here:%Y-%m-%dT%H:%M}"]
    visits.sort(key=lambda visit: (visit["date"], visit["customer_id"]))
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(visits[0]))
        writer.writeheader()
        writer.writerows(visits)
    return file


def _real(today: date, chance: random.Random) -> Iterator[dict[str, str]]:
    """The real history, moved to end yesterday: the days between visits are what they were, the rest is invented."""
    with HISTORY.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    days = today - timedelta(days=1) - max(date.fromisoformat(row["date"]) for row in rows)
    names: dict[str, str] = {}
    for row in rows:
        customer = row["customer_id"]
        name = names.setdefault(customer, _name(chance))
        # A number of their own for each, and in no order that one would notice.
        phone = f"+519{80_000_000 + int(customer) * 7_919_017 % 10_000_000}"
        day = date.fromisoformat(row["date"]) + days
        yield _visit(customer, phone, name, day, row["amount_usd"], chance)


def _invented(cafe: Cafe, today: date, chance: random.Random) -> Iterator[dict[str, str]]:
    """Guests with a rhythm of their own: some come daily, some at weekends, many come once, and all stop one day."""
    for number in range(cafe.guests):
        name = _name(chance)
        phone = f"+519{chance.randrange(10_000_000, 79_999_999)}"
        day = today - timedelta(days=chance.randrange(cafe.since_days))
        stops = day + timedelta(days=chance.choice([1, 1, 30, 60, 120, 200, 400, 400]))
        rhythm = chance.choice([3, 5, 7, 7, 14, 21])
        while day < stops and day <= today:
            amount = f"{chance.choice([9, 11, 12, 14, 18, 26, 38])}.{chance.choice(['00', '50', '90'])}"
            yield _visit(f"G{number:04}", phone, name, day, amount, chance)
            day += timedelta(days=max(1, round(chance.expovariate(1 / rhythm))))


def _guest(today: date) -> Iterator[dict[str, str]]:
    """Every fifth day, until yesterday."""
    always = random.Random(0)  # noqa: S311 - only the minute and the price follow from it
    for number in range(_GUEST_VISITS):
        day = today - timedelta(days=1 + 5 * number)
        yield _visit("G-LUCIA", GUEST.phone, GUEST.name, day, "14.50", always)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(GIVEN)} {chance.choice(FAMILY)} {chance.choice(FAMILY)}"


def _visit(customer: str, phone: str, name: str, day: date, amount: str, chance: random.Random) -> dict[str, str]:
    hour = chance.choices(list(_HOURS), list(_HOURS.values()))[0]
    return {
        "customer_id": customer,
        "phone": phone,
        "name": name,
        "date": f"{day.isoformat()}T{hour:02}:{chance.randrange(60):02}",
        "amount": amount,
    }
