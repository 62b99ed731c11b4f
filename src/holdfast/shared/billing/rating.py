"""Rating: what a price comes to for a quantity and a span of days, by pure rules that keep how they worked it out.

A preview and a charge call the same functions, and ``derivations.recompute`` gives the same figures from what was kept.
Only whole numbers and fractions are used; an amount is rounded once, half to even, at its end.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import derivations
from holdfast.kernel.derivations import Derivation, Link, Step, Value, Worked
from holdfast.kernel.money import Money
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Interval, Period


class Kind(StrEnum):
    """How a price is charged."""

    per_period = "per_period"
    """A fixed amount each period."""
    per_seat = "per_seat"
    """An amount for each seat, each period."""
    one_off = "one_off"
    """Once, with the first period."""
    metered = "metered"
    """For what was used, after the period."""
    tiered_seats = "tiered_seats"
    """Seats by tiers, each period."""
    tiered_usage = "tiered_usage"
    """What was used by tiers, after the period."""


IN_ADVANCE = frozenset({Kind.per_period, Kind.per_seat, Kind.tiered_seats})
IN_ARREARS = frozenset({Kind.metered, Kind.tiered_usage})
OF_SEATS = frozenset({Kind.per_seat, Kind.tiered_seats})


class Mode(StrEnum):
    """How tiers count."""

    graduated = "graduated"
    """Each unit costs what its own tier says."""
    volume = "volume"
    """All units cost what the tier of the whole quantity says."""


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """What units up to a number cost, in minor units."""

    up_to: int | None = None
    """The last unit of the tier; None for the last tier."""
    unit: int
    flat: int = 0
    """Added once when the tier is reached."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A price, as far as rating needs it."""

    id: UUID
    kind: Kind
    label: str
    currency: str
    unit: int
    """Minor units, for the period or for one seat or unit of use."""
    tiers: list[Tier] = []
    mode: Mode = Mode.graduated
    per: int = 1
    """Units of use that the amount is for, such as 1000 messages."""
    tax_basis_points: int = 0
    tax_inclusive: bool = False


def amount(rate: Rate, quantity: int) -> Derivation:
    """What a whole period, or what was used, costs."""
    link = [Link(kind="billing.price", id=str(rate.id), label=rate.label)]
    if rate.kind in (Kind.tiered_seats, Kind.tiered_usage):
        inputs: dict[str, Value] = {
            "tiers": [{"up_to": each.up_to, "unit": each.unit, "flat": each.flat} for each in rate.tiers],
            "mode": rate.mode.value,
            "quantity": quantity,
        }
        return derivations.derive("billing.tiers", 1, inputs, unit=rate.currency, links=link)
    if rate.kind is Kind.metered:
        inputs = {"unit": rate.unit, "per": rate.per, "quantity": quantity}
        return derivations.derive("billing.usage", 1, inputs, unit=rate.currency, links=link)
    if rate.kind is Kind.per_seat:
        inputs = {"unit": rate.unit, "quantity": quantity}
        return derivations.derive("billing.seats", 1, inputs, unit=rate.currency, links=link)
    return derivations.derive("billing.flat", 1, {"amount": rate.unit}, unit=rate.currency, links=link)


def prorated(rate: Rate, quantity: int, part: Period, whole: Period, *, credit: bool = False) -> Derivation:
    """What some days of a period cost, of what the whole of it does; below zero when they are credited."""
    full = amount(rate, quantity)
    if part == whole and not credit:
        return full
    return derivations.derive(
        "billing.proration",
        1,
        {
            "whole": msgspec.to_builtins(full),
            "days": part.days,
            "of": whole.days,
            "from": part.starts_on.isoformat(),
            "to": part.ends_on.isoformat(),
            "credit": credit,
        },
        unit=rate.currency,
        links=full.links,
    )


def line(rate: Rate, quantity: int, part: Period, whole: Period, *, credit: bool = False) -> Line:
    """The line for some days of a period."""
    derived = prorated(rate, quantity, part, whole, credit=credit)
    return Line(
        description=rate.label,
        amount=Money(derived.result, rate.currency),
        quantity=quantity,
        unit_amount=None if rate.tiers else Money(rate.unit, rate.currency),
        tax_basis_points=rate.tax_basis_points,
        tax_inclusive=rate.tax_inclusive,
        discountable=not credit,
        price_id=rate.id,
        period_from=part.starts_on,
        period_to=part.ends_on,
        derivation=derived,
    )


@derivations.rule("billing.flat", 1)
def _flat(inputs: Mapping[str, Any]) -> Worked:
    """A fixed amount."""
    return Worked(result=inputs["amount"], steps=[Step(label="derivation.price", value=inputs["amount"])])


@derivations.rule("billing.seats", 1)
def _seats(inputs: Mapping[str, Any]) -> Worked:
    """So many seats, each at the same amount."""
    return Worked(
        result=inputs["unit"] * inputs["quantity"],
        steps=[
            Step(label="derivation.price", value=inputs["unit"]),
            Step(label="derivation.seats", value=inputs["quantity"]),
        ],
    )


@derivations.rule("billing.usage", 1)
def _usage(inputs: Mapping[str, Any]) -> Worked:
    """What was used, at an amount for so many units."""
    return Worked(
        result=round(Fraction(inputs["unit"] * inputs["quantity"], inputs["per"])),
        steps=[
            Step(label="derivation.used", value=inputs["quantity"]),
            Step(label="derivation.price", value=inputs["unit"], detail=str(inputs["per"])),
        ],
    )


@derivations.rule("billing.tiers", 1)
def _tiers(inputs: Mapping[str, Any]) -> Worked:
    """A quantity by tiers: graduated, each unit at its own tier's amount; by volume, all at one tier's."""
    tiers, quantity = inputs["tiers"], inputs["quantity"]
    if inputs["mode"] == "volume":
        tier = _tier_of(tiers, quantity)
        result = tier["unit"] * quantity + (tier["flat"] if quantity else 0)
        return Worked(
            result=result,
            steps=[
                Step(label="derivation.quantity", value=quantity),
                Step(label="derivation.tier", value=result, detail=_named(tier)),
            ],
        )
    steps = [Step(label="derivation.quantity", value=quantity)]
    result, below = 0, 0
    for tier in tiers:
        top = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        if top <= below:
            break
        cost = (top - below) * tier["unit"] + tier["flat"]
        steps.append(Step(label="derivation.tier", value=cost, detail=f"{below + 1}-{top} x {tier['unit']}"))
        result += cost
        below = top
    return Worked(result=result, steps=steps)


def _tier_of(tiers: Sequence[Mapping[str, Any]], quantity: int) -> Mapping[str, Any]:
    return next(tier for tier in tiers if tier["up_to"] is None or quantity <= tier["up_to"])


def _named(tier: Mapping[str, Any]) -> str:
    return f"{'to ' + str(tier['up_to']) if tier['up_to'] is not None else 'above'} x {tier['unit']}"


@derivations.rule("billing.proration", 1)
def _proration(inputs: Mapping[str, Any]) -> Worked:
    """Some days of a period, of what the whole period costs."""
    whole = msgspec.convert(inputs["whole"], Derivation)
    full = derivations.recompute(whole)
    exact = Fraction(full * inputs["days"], inputs["of"])
    result = round(exact)
    return Worked(
        result=-result if inputs["credit"] else result,
        steps=[
            Step(label="derivation.whole", value=full),
            Step(label="derivation.days", value=f"{inputs['days']}/{inputs['of']}"),
            Step(label="derivation.exact", value=str(exact)),
        ],
    )


@derivations.rule("billing.unused", 1)
def _unused(inputs: Mapping[str, Any]) -> Worked:
    """What was charged for days that are not used, of everything that was charged and credited for them."""
    exact = sum((Fraction(each["amount"] * each["days"], each["of"]) for each in inputs["charged"]), Fraction())
    return Worked(
        result=-round(exact),
        steps=[
            Step(label="derivation.days", value=f"{each['days']}/{each['of']}", detail=str(each["amount"]))
            for each in inputs["charged"]
        ]
        + [Step(label="derivation.exact", value=str(exact))],
    )


def unused(rate: Rate, charged: list[Value], quantity: int, part: Period) -> Line | None:
    """The line that gives back what was charged for days that are not used; None when nothing was.

    Args:
        rate: the price.
        charged: of each line for it ``amount`` (after discounts), ``days`` that are not used, ``of`` so many.
        quantity: what the price was charged for.
        part: the days that are not used.
    """
    derived = derivations.derive(
        "billing.unused",
        1,
        {"charged": charged, "from": part.starts_on.isoformat(), "to": part.ends_on.isoformat()},
        unit=rate.currency,
        links=[Link(kind="billing.price", id=str(rate.id), label=rate.label)],
    )
    if derived.result == 0:
        return None
    return Line(
        description=rate.label,
        amount=Money(derived.result, rate.currency),
        quantity=quantity,
        tax_basis_points=rate.tax_basis_points,
        tax_inclusive=rate.tax_inclusive,
        discountable=False,
        price_id=rate.id,
        period_from=part.starts_on,
        period_to=part.ends_on,
        derivation=derived,
    )


_DAYS = {Interval.day: Fraction(1), Interval.week: Fraction(7)}
_MONTH = Fraction(146_097, 4_800)
"""The mean days of a month in the Gregorian calendar."""


def a_month(minor: Fraction | int, interval: Interval, count: int) -> int:
    """What an amount for a period is for a month."""
    if interval in _DAYS:
        return round(Fraction(minor) * _MONTH / (_DAYS[interval] * count))
    return round(Fraction(minor) / (count * (12 if interval is Interval.year else 1)))


def monthly(rates: Sequence[Rate], quantity: int, interval: Interval, count: int) -> int:
    """What prices bring in a month: what of them is charged in advance, without the tax in it."""
    whole = Fraction()
    for rate in rates:
        if rate.kind in IN_ADVANCE:
            tax = rate.tax_basis_points if rate.tax_inclusive else 0
            seats = quantity if rate.kind in OF_SEATS else 1
            whole += Fraction(amount(rate, seats).result * 10_000, 10_000 + tax)
    return a_month(whole, interval, count)
