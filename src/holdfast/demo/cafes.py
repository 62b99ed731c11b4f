"""Who lives in the demo: two cafés in Lima, their staff, their guests, and a year of visits.

Everything here is invented and the same at every start, so that starting again finds what is there already.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import msgspec

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


class Cafe(msgspec.Struct, frozen=True):
    """A business of the demo."""

    name: str
    slug: str
    program: str
    stamps_required: int
    reward: str
    people: tuple[Person, ...]
    guests: int
    """How many guests are invented; 0 where the real history is replayed."""


AURORA = Cafe(
    name="Café Aurora",
    slug="cafe-aurora",
    program="Tarjeta Aurora",
    stamps_required=6,
    reward="Un café de la casa",
    people=(
        Person("Elena Paredes", "elena@aurora.example", "owner"),
        Person("Bruno Tello", "bruno@aurora.example", "manager"),
        Person("Nayra Poma", "nayra@aurora.example", "staff"),
    ),
    guests=0,
)
PUKA = Cafe(
    name="Tostaduría Puka",
    slug="tostaduria-puka",
    program="Cuaderno Puka",
    stamps_required=8,
    reward="Una bolsa de 250 g, recién tostada",
    people=(
        Person("Óscar Yupanqui", "oscar@puka.example", "owner"),
        Person("Ximena Rojas", "ximena@puka.example", "staff"),
    ),
    guests=180,
)
CAFES = (AURORA, PUKA)


def history(cafe: Cafe, until: date, folder: Path) -> Path:
    """A CSV file of the café's past, ending the day before ``until``; written into ``folder``."""
    file = folder / f"{cafe.slug}.csv"
    rows = list(_real(until) if cafe.guests == 0 else _invented(cafe, until))
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def _real(until: date) -> Iterator[dict[str, str]]:
    """The real history, moved to end yesterday: the days between visits are what they were."""
    with HISTORY.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    days = until - timedelta(days=1) - max(date.fromisoformat(row["date"]) for row in rows)
    for row in rows:
        yield {**row, "date": (date.fromisoformat(row["date"]) + days).isoformat()}


def _invented(cafe: Cafe, until: date) -> Iterator[dict[str, str]]:
    """Guests with a rhythm of their own: some come daily, some at weekends, some stopped coming."""
    chance = random.Random(cafe.slug)  # noqa: S311 - the same café at every start, nothing secret
    visits: list[dict[str, str]] = []
    for number in range(cafe.guests):
        name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
        phone = f"+519{chance.randrange(10_000_000, 99_999_999)}"
        day = until - timedelta(days=chance.randrange(5, 150))
        stopped = until - timedelta(days=chance.choice([0, 0, 0, 20, 45]))
        rhythm = chance.choice([1.5, 3, 4, 7, 7, 14, 21])
        while day < stopped:
            amount = f"{chance.choice([9, 11, 12, 14, 18, 26, 38])}.{chance.choice(['00', '50', '90'])}"
            visits.append(
                {
                    "customer_id": f"G{number:04}",
                    "phone": phone,
                    "name": name,
                    "date": day.isoformat(),
                    "amount": amount,
                }
            )
            day += timedelta(days=max(1, round(chance.expovariate(1 / rhythm))))
    yield from sorted(visits, key=lambda visit: (visit["date"], visit["customer_id"]))
