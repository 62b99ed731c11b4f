"""Totals of invoices: figures that add up, whatever the rates, discounts and signs."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kernel import derivations, ids
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.shared.billing import invoices
from holdfast.shared.billing.lines import Discount, Draft, Line
from holdfast.shared.billing.totals import Totals, portions

CUSTOMER = ids.new()


def pen(minor: int) -> Money:
    """So many céntimos."""
    return Money(minor, "PEN")


def line(minor: int, rate: int = 0, *, inclusive: bool = False, discountable: bool = True) -> Line:
    """A line of that amount and tax."""
    return Line(
        description="A thing",
        amount=pen(minor),
        tax_basis_points=rate,
        tax_inclusive=inclusive,
        discountable=discountable,
    )


def percent(points: int) -> Discount:
    """A coupon that takes off that many hundredths of a percent."""
    return Discount(
        coupon_id=CUSTOMER, redemption_id=CUSTOMER, code="OFF", name="Off", kind="percent", basis_points=points
    )


def amount(minor: int, currency: str = "PEN") -> Discount:
    """A coupon that takes off an amount."""
    return Discount(
        coupon_id=CUSTOMER,
        redemption_id=CUSTOMER,
        code="OFF",
        name="Off",
        kind="amount",
        amount=Money(minor, currency),
    )


def totals(*lines: Line, discounts: list[Discount] | None = None) -> Totals:
    """What those lines come to."""
    return invoices.totals(Draft(customer_id=CUSTOMER, currency="PEN", lines=list(lines), discounts=discounts or []))


LINES = st.lists(
    st.builds(
        line,
        st.integers(-(10**9), 10**9),
        st.sampled_from([0, 1, 500, 700, 1000, 1800, 1900, 2100, 10_000]),
        inclusive=st.booleans(),
        discountable=st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
DISCOUNTS = st.lists(st.one_of(st.builds(percent, st.integers(1, 10_000)), st.builds(amount, st.integers(1, 10**9))))


@given(LINES, DISCOUNTS)
def test_an_invoice_is_the_sum_of_its_lines(lines: list[Line], discounts: list[Discount]) -> None:
    found = totals(*lines, discounts=discounts)
    assert found.subtotal.minor == sum(one.line.amount.minor for one in found.lines)
    assert found.discount.minor == sum(one.discount.minor for one in found.lines)
    assert found.net.minor == sum(one.net.minor for one in found.lines)
    assert found.tax.minor == sum(one.tax.minor for one in found.lines) == sum(one.tax.minor for one in found.taxes)
    assert found.total.minor == sum(one.total.minor for one in found.lines)
    assert found.net + found.tax == found.total
    for one in found.lines:
        assert one.net + one.tax == one.total
        assert one.line.amount - one.discount == (one.total if one.line.tax_inclusive else one.net)


@given(LINES, DISCOUNTS)
def test_every_figure_can_be_worked_out_again(lines: list[Line], discounts: list[Discount]) -> None:
    found = totals(*lines, discounts=discounts)
    every = [*found.derivations, *(why for one in found.lines for why in one.derivations)]
    assert every
    for why in every:
        assert derivations.recompute(why) == why.result


@given(st.lists(st.integers(-(10**9), 10**9), max_size=12), st.fractions(0, 1))
def test_portions_lose_nothing_and_round_nobody_by_more_than_a_unit(amounts: list[int], ratio: Fraction) -> None:
    whole, parts = portions(amounts, ratio)
    assert sum(parts) == whole == round(sum((one * ratio for one in amounts), Fraction()))
    for one, part in zip(amounts, parts, strict=True):
        assert abs(part - one * ratio) < 1
        assert min(one, 0) <= part <= max(one, 0)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(1, 10**7))
def test_an_amount_takes_off_no_more_than_there_is(prices: list[int], off: int) -> None:
    found = totals(*(line(price, 1800) for price in prices), discounts=[amount(off)])
    assert found.discount.minor == min(off, sum(prices))
    assert all(0 <= one.discount.minor <= one.line.amount.minor for one in found.lines)
    assert found.total.minor >= 0


def test_the_odd_minor_unit_goes_to_the_largest_remainder() -> None:
    # 18 % of three times 0.03 is 0.0162, which is 0.02; each line's share is 0.0054.
    found = totals(line(3, 1800), line(3, 1800), line(3, 1800))
    assert found.tax == pen(2)
    assert [one.tax.minor for one in found.lines] == [1, 1, 0]


def test_tax_that_is_in_the_price_leaves_the_price() -> None:
    found = totals(line(11_800, 1800, inclusive=True), line(999, 1800, inclusive=True))
    assert found.total == pen(12_799)
    assert found.tax == pen(1952)
    assert found.net == pen(10_847)


def test_rates_are_worked_out_one_by_one() -> None:
    found = totals(line(10_000, 1900), line(5000, 700), line(2000), line(1190, 1900, inclusive=True))
    assert [(tax.basis_points, tax.inclusive, tax.net.minor, tax.tax.minor) for tax in found.taxes] == [
        (700, False, 5000, 350),
        (1900, False, 10_000, 1900),
        (1900, True, 1000, 190),
    ]
    assert found.total == pen(10_000 + 1900 + 5000 + 350 + 2000 + 1190)


def test_discounts_come_before_tax_and_one_after_the_other() -> None:
    found = totals(line(10_000, 1000), discounts=[percent(5000), amount(1000)])
    assert [taken.amount.minor for taken in found.discounts] == [5000, 1000]
    assert (found.net, found.tax, found.total) == (pen(4000), pen(400), pen(4400))


def test_what_cannot_be_discounted_is_not() -> None:
    found = totals(line(1000), line(500, discountable=False), discounts=[percent(10_000)])
    assert [one.discount.minor for one in found.lines] == [1000, 0]
    assert found.total == pen(500)


def test_an_amount_in_another_currency_takes_nothing_off() -> None:
    found = totals(line(1000), discounts=[amount(500, "EUR")])
    assert found.discount == pen(0)
    assert found.total == pen(1000)


def test_more_given_back_than_charged_is_below_zero() -> None:
    found = totals(line(-10_000, 1800), line(4000, 1800))
    assert (found.net, found.tax, found.total) == (pen(-6000), pen(-1080), pen(-7080))


@pytest.mark.parametrize(
    "draft",
    [
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[line(1)] * 101),
        Draft(customer_id=CUSTOMER, currency="EUR", lines=[line(1)]),
        Draft(customer_id=CUSTOMER, currency="XYZ", lines=[Line(description="x", amount=Money(1, "XYZ"))]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[line(1, -1)]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[line(1, 10_001)]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[line(2**53)]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[Line(description="", amount=pen(1))]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[Line(description="a\nb", amount=pen(1))]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[Line(description="x", amount=pen(1), quantity=-1)]),
        Draft(customer_id=CUSTOMER, currency="PEN", lines=[line(1)], discounts=[percent(10_001)]),
    ],
)
def test_what_makes_no_sense_is_refused(draft: Draft) -> None:
    with pytest.raises(Invalid):
        invoices.totals(draft)
