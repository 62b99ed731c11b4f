"""The cafés of the demo and their pasts: the same at every start, up to the moment in which they opened."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdfast.demo import cafes
from holdfast.demo.cafes import AURORA, CAFES, Cafe
from holdfast.kernel.money import Money
from holdfast.systems.loyalty import phones

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def past(cafe: Cafe, folder: Path, until: datetime = NOON) -> list[dict[str, str]]:
    """The visits of a café's past."""
    with cafes.history(cafe, until, folder).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("cafe", CAFES, ids=lambda cafe: cafe.slug)
def test_a_past_is_the_same_at_every_start_and_lies_behind(cafe: Cafe, tmp_path: Path) -> None:
    visits = past(cafe, tmp_path)
    assert past(cafe, tmp_path) == visits
    assert all(visit["date"] < "2026-11-20T12:00" for visit in visits)
    assert any(visit["date"].startswith("2026-11-20T") for visit in visits), "Somebody came this morning."
    assert {visit["date"][11:13] for visit in visits} == {f"{hour:02}" for hour in range(7, 21)}
    of_whom = {visit["customer_id"]: visit["phone"] for visit in visits}
    assert len(set(of_whom.values())) == len(of_whom)
    assert all(phones.e164(phone, "PE") == phone for phone in of_whom.values())
    assert all(Money.of(visit["amount"], "PEN").minor >= 0 for visit in visits)


def test_somebody_new_came_in_every_month_of_the_year(tmp_path: Path) -> None:
    first: dict[str, str] = {}
    for visit in past(AURORA, tmp_path):
        first.setdefault(visit["customer_id"], visit["date"][:7])
    months = {(NOON - timedelta(days=days)).strftime("%Y-%m") for days in range(0, 365, 28)}
    assert months <= set(first.values())


def test_real_people_keep_the_days_between_their_visits(tmp_path: Path) -> None:
    with cafes.HISTORY.open(encoding="utf-8") as file:
        real = [(row["customer_id"], datetime.fromisoformat(row["date"]).date()) for row in csv.DictReader(file)]
    told = [
        (visit["customer_id"], datetime.fromisoformat(visit["date"]).date())
        for visit in past(AURORA, tmp_path)
        if not visit["customer_id"].startswith("G")
    ]
    assert len(told) == len(real) == 6_919
    assert len({customer for customer, _ in told}) == 2_357
    moved = max(day for _, day in told) - max(day for _, day in real)
    assert sorted(told) == sorted((customer, day + moved) for customer, day in real)
    assert max(day for _, day in told) == NOON.date() - timedelta(days=1)
