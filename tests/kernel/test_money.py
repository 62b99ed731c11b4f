"""Money: minor units that are never made or lost."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kernel.money import Money, OtherCurrency, rounded
from holdfast.kernel.problems import Invalid

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=12).filter(
    lambda all_: sum(all_) > 0
)


@given(amounts, weights)
def test_a_split_adds_up_and_is_fair(minor: int, shares: list[Fraction]) -> None:
    parts = Money(minor, "PEN").split(*shares)
    assert sum(part.minor for part in parts) == minor
    for part, share in zip(parts, shares, strict=True):
        assert abs(part.minor - Fraction(minor) * share / sum(shares)) < 1


def test_major_units_by_currency() -> None:
    assert Money.of("12.50", "pen") == Money(1250, "PEN")
    assert Money.of(1200, "JPY") == Money(1200, "JPY")
    assert Money.of("1.234", "KWD") == Money(1234, "KWD")
    assert Money(1234, "KWD").decimal() == Decimal("1.234")
    assert Money(1250, "PEN").format("es_PE") == "S/\xa012.50"
    assert rounded(Decimal("0.125"), "PEN") == Money(12, "PEN")
    assert rounded(Decimal("0.135"), "PEN") == Money(14, "PEN")


@pytest.mark.parametrize(("amount", "currency"), [("1.005", "PEN"), ("0.5", "JPY"), ("1", "ABC")])
def test_nonsense_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(Invalid):
        Money.of(amount, currency)


def test_currencies_do_not_mix() -> None:
    for operation in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(OtherCurrency):
            operation(Money(1, "PEN"), Money(1, "USD"))


def test_arithmetic() -> None:
    assert Money(100, "PEN") + Money(50, "PEN") - Money(30, "PEN") == Money(120, "PEN")
    assert -Money(5, "PEN") < Money(0, "PEN")
    assert Money(5, "PEN") <= Money(5, "PEN")
    assert Money(5, "PEN") * Fraction(1, 2) == Money(2, "PEN")
    assert Money(15, "PEN") * Decimal("0.1") == Money(2, "PEN")
    assert not Money(0, "PEN")
    with pytest.raises(ValueError, match="Weights"):
        Money(5, "PEN").split(0, 0)
