"""Totals: what the lines of an invoice come to, with discounts and taxes. Pure, and the same for preview and invoice.

Discounts are taken off before tax. A tax is worked out once per rate, on the sum of its lines, and rounded there half
to even; the lines then share it by largest remainder. So the figures of the lines always add up to those of the
invoice, and no minor unit is made or lost by rounding. Every figure keeps its derivation.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import Any

import msgspec
from babel.numbers import is_currency

from holdfast.kernel.derivations import Derivation, Link, Step, Value, Worked, derive, rule
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.shared.billing.lines import MOST_BASIS_POINTS, MOST_LINES, Discount, Draft, Line

_MOST = 2**53


class Figured(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its figures."""

    line: Line
    discount: Money
    net: Money
    """After discounts, without tax."""
    tax: Money
    total: Money
    """What the customer pays for it, tax included."""
    derivations: list[Derivation] = []
    """Of its amount when that was given, of its share of each discount, and of its tax."""


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """One rate of tax on an invoice."""

    basis_points: int
    inclusive: bool
    net: Money
    """What it is worked out on, without the tax itself."""
    tax: Money


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A discount with what it took off."""

    discount: Discount
    amount: Money


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice comes to."""

    subtotal: Money
    """The lines as they are priced, before discounts; prices with tax in them included as they are."""
    discount: Money
    net: Money
    """Without any tax."""
    tax: Money
    total: Money
    """What is owed: net and tax. Below zero when more is given back than charged."""
    lines: list[Figured]
    taxes: list[Tax]
    discounts: list[Taken]
    derivations: list[Derivation] = []
    """Of the invoice's own figures: each discount, each rate's tax, the total."""


def portions(amounts: Sequence[int], ratio: Fraction) -> tuple[int, list[int]]:
    """That part of a sum, rounded half to even, and what of it each amount bears; the parts add up to the whole.

    Each part is its exact share rounded down or up, so no line bears more than a minor unit too much; the largest
    remainders are rounded up, the earlier of two that are equal. Amounts below zero bear parts below zero.
    """
    exact = [amount * ratio for amount in amounts]
    whole = round(sum(exact, Fraction()))
    parts = [floor(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[: whole - sum(parts)]:
        parts[index] += 1
    return whole, parts


def _worked(inputs: Mapping[str, Any], ratio: Fraction, step: str) -> Worked:
    amounts, index = inputs["amounts"], inputs.get("index")
    whole, parts = portions(amounts, ratio)
    steps = [
        Step(label="derivation.sum", value=sum(amounts)),
        Step(label=step, value=f"{ratio.numerator}/{ratio.denominator}"),
        Step(label="derivation.rounded", value=whole),
    ]
    if index is None:
        return Worked(result=whole, steps=steps)
    return Worked(result=parts[index], steps=[*steps, Step(label="derivation.share", value=parts[index])])


@rule("billing.tax", 1)
def tax_rule(inputs: Mapping[str, Any]) -> Worked:
    """The tax of one rate on amounts without it, or in amounts that hold it; with ``index``, one line's share."""
    rate = inputs["basis_points"]
    ratio = Fraction(rate, 10_000 + rate) if inputs["inclusive"] else Fraction(rate, 10_000)
    return _worked(inputs, ratio, "derivation.rate")


@rule("billing.discount", 1)
def discount_rule(inputs: Mapping[str, Any]) -> Worked:
    """What a coupon takes off amounts: a percentage, or an amount but never more than there is."""
    if "basis_points" in inputs:
        return _worked(inputs, Fraction(inputs["basis_points"], 10_000), "derivation.rate")
    base = sum(inputs["amounts"])
    taken = min(inputs["amount"], max(base, 0))
    return _worked(inputs, Fraction(taken, base) if base else Fraction(), "derivation.part")


@rule("billing.total", 1)
def total_rule(inputs: Mapping[str, Any]) -> Worked:
    """Lines less discounts, and the tax that is not in the prices already."""
    result = inputs["subtotal"] - inputs["discount"] + inputs["tax_added"]
    steps = [Step(label=f"derivation.{name}", value=inputs[name]) for name in ("subtotal", "discount", "tax_added")]
    return Worked(result=result, steps=steps)


def totals(draft: Draft) -> Totals:
    """What a draft comes to.

    Raises:
        Invalid: there is no line or too many, an amount is of another currency or out of range, a rate is malformed.
    """
    currency = draft.currency
    _check(draft)
    left = [line.amount.minor for line in draft.lines]
    why: list[list[Derivation]] = [[line.derivation] if line.derivation else [] for line in draft.lines]
    whole: list[Derivation] = []
    taken = [
        Taken(discount=discount, amount=Money(_take(draft, discount, left, why, whole), currency))
        for discount in draft.discounts
    ]
    shares = [0] * len(draft.lines)
    rates = sorted({(line.tax_basis_points, line.tax_inclusive) for line in draft.lines})
    taxes = [_tax(draft, rate, inclusive, left, shares, why, whole) for rate, inclusive in rates]
    figured = [
        _figured(line, amount, share, derivations)
        for line, amount, share, derivations in zip(draft.lines, left, shares, why, strict=True)
    ]
    subtotal = sum(line.amount.minor for line in draft.lines)
    discounted = sum(one.amount.minor for one in taken)
    added = sum(one.tax.minor for one in taxes if not one.inclusive)
    tax = sum(one.tax.minor for one in taxes)
    inputs: dict[str, Value] = {"subtotal": subtotal, "discount": discounted, "tax_added": added}
    total = derive("billing.total", 1, inputs, unit=currency, rounding="none")
    return Totals(
        subtotal=Money(subtotal, currency),
        discount=Money(discounted, currency),
        net=Money(total.result - tax, currency),
        tax=Money(tax, currency),
        total=Money(total.result, currency),
        lines=figured,
        taxes=[one for one in taxes if one.basis_points],
        discounts=taken,
        derivations=[*whole, total],
    )


def _figured(line: Line, amount: int, tax: int, derivations: list[Derivation]) -> Figured:
    net = amount - tax if line.tax_inclusive else amount
    currency = line.amount.currency
    return Figured(
        line=line,
        discount=Money(line.amount.minor - amount, currency),
        net=Money(net, currency),
        tax=Money(tax, currency),
        total=Money(net + tax, currency),
        derivations=derivations,
    )


def _take(
    draft: Draft, discount: Discount, left: list[int], why: list[list[Derivation]], whole: list[Derivation]
) -> int:
    """Take a discount off what is left of the lines; gives how much it was."""
    # What a line gives back is not made less by a discount, and an amount is still at most what all of them come to.
    among = [index for index, line in enumerate(draft.lines) if line.discountable and line.amount.minor > 0]
    inputs: dict[str, Value] = {"amounts": [left[index] for index in among]}
    if discount.kind == "percent":
        inputs["basis_points"] = discount.basis_points or 0
    else:
        other = discount.amount is None or discount.amount.currency != draft.currency
        net = sum(left[index] for index, line in enumerate(draft.lines) if line.discountable)
        inputs["amount"] = 0 if other or discount.amount is None else min(discount.amount.minor, max(net, 0))
    links = [Link(kind="billing.coupon", id=str(discount.coupon_id), label=discount.code)]
    overall = derive("billing.discount", 1, inputs, unit=draft.currency, links=links)
    whole.append(overall)
    for place, index in enumerate(among):
        share = derive("billing.discount", 1, inputs | {"index": place}, unit=draft.currency, links=links)
        if share.result:
            left[index] -= share.result
            why[index].append(share)
    return overall.result


def _tax(
    draft: Draft,
    rate: int,
    inclusive: bool,
    left: list[int],
    shares: list[int],
    why: list[list[Derivation]],
    whole: list[Derivation],
) -> Tax:
    """Work out the tax of one rate and share it among its lines."""
    among = [
        index
        for index, line in enumerate(draft.lines)
        if (line.tax_basis_points, line.tax_inclusive) == (rate, inclusive)
    ]
    amounts: list[Value] = [left[index] for index in among]
    inputs: dict[str, Value] = {"amounts": amounts, "basis_points": rate, "inclusive": inclusive}
    overall = derive("billing.tax", 1, inputs, unit=draft.currency)
    if rate:
        whole.append(overall)
        for place, index in enumerate(among):
            share = derive("billing.tax", 1, inputs | {"index": place}, unit=draft.currency)
            shares[index] = share.result
            why[index].append(share)
    base = sum(left[index] for index in among)
    return Tax(
        basis_points=rate,
        inclusive=inclusive,
        net=Money(base - overall.result if inclusive else base, draft.currency),
        tax=Money(overall.result, draft.currency),
    )


def _check(draft: Draft) -> None:
    if not is_currency(draft.currency):
        raise Invalid(f"{draft.currency[:40]!r} is not an ISO 4217 currency such as PEN.", field="currency")
    if not 1 <= len(draft.lines) <= MOST_LINES:
        raise Invalid(f"An invoice has 1 to {MOST_LINES} lines.", field="lines")
    for line in draft.lines:
        if line.amount.currency != draft.currency:
            raise Invalid(f"Every line is in {draft.currency}.", field="lines")
        if not 0 <= line.tax_basis_points <= MOST_BASIS_POINTS:
            raise Invalid("A rate of tax is 0 to 10,000 hundredths of a percent.", field="tax_basis_points")
        if not 1 <= len(line.description) <= 500 or not line.description.isprintable():
            raise Invalid("Describe a line in 1 to 500 printable characters.", field="description")
        if not 0 <= line.quantity < _MOST or (
            line.unit_amount is not None and line.unit_amount.currency != draft.currency
        ):
            raise Invalid("A quantity is zero or more, and its price is in the invoice's currency.", field="lines")
        if (line.period_from is None) != (line.period_to is None):
            raise Invalid("A line is for days from one to another, or for none.", field="lines")
        if line.period_from is not None and line.period_to is not None and line.period_to < line.period_from:
            raise Invalid("A line is for days that end after they begin.", field="period_to")
    if sum(abs(line.amount.minor) for line in draft.lines) * 2 >= _MOST:
        raise Invalid("This is more than an invoice can come to.", field="lines")
    for discount in draft.discounts:
        points = discount.basis_points
        if discount.kind == "percent" and not (points is not None and 0 < points <= MOST_BASIS_POINTS):
            raise Invalid("A discount is 1 to 10,000 hundredths of a percent.", field="discounts")
