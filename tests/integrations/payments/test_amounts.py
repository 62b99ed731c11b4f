"""Amounts: every currency that there is goes to a provider and comes back as it was, or is refused in words."""

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from holdfast.integrations import outcomes
from holdfast.integrations.payments import amounts
from holdfast.integrations.payments import razorpay_shapes as razorpay
from holdfast.integrations.payments import stripe_shapes as stripe
from holdfast.kernel.money import Money

CURRENCIES = sorted(list_currencies())
HUNDREDTHS = ("AFN", "ALL", "LAK", "LBP", "MMK", "RSD", "SLL", "SOS", "YER")
"""Currencies in which the CLDR knows no parts, and ISO 4217, and so everybody who takes money, a hundred."""


@pytest.mark.parametrize("decimals", [amounts.STRIPE, amounts.RAZORPAY], ids=["stripe", "razorpay"])
@given(currency=st.sampled_from(CURRENCIES), minor=st.integers(0, 2**53 - 1))
def test_an_amount_keeps_its_value_on_the_way_there_and_back(
    decimals: dict[str, int], currency: str, minor: int
) -> None:
    money = Money(minor, currency)
    try:
        told = amounts.told(money, decimals)
    except outcomes.Rejected:
        assert get_currency_precision(currency) > 2
        return
    assert Decimal(told).scaleb(-decimals.get(currency, 2)) == money.decimal()
    assert amounts.heard(told, currency.lower(), decimals) == money


@pytest.mark.parametrize("decimals", [amounts.STRIPE, amounts.RAZORPAY], ids=["stripe", "razorpay"])
@given(currency=st.sampled_from(CURRENCIES), told=st.integers(0, 2**53 - 1))
def test_nothing_is_dropped_of_what_is_heard(decimals: dict[str, int], currency: str, told: int) -> None:
    try:
        money = amounts.heard(told, currency, decimals)
    except amounts.Unreadable:
        return
    assert money.decimal() == Decimal(told).scaleb(-decimals.get(currency, 2))


@pytest.mark.parametrize("currency", HUNDREDTHS)
def test_what_has_hundredths_elsewhere_is_not_charged_at_a_hundredth(currency: str) -> None:
    for shapes in (stripe, razorpay):
        assert shapes.minor(Money(500, currency)) == 50_000
        assert shapes.money(50_000, currency) == Money(500, currency)
        with pytest.raises(amounts.Unreadable):
            shapes.money(50_001, currency)


@pytest.mark.parametrize(
    ("money", "at_stripe", "at_razorpay"),
    [
        (Money(500, "JPY"), 500, 500),
        (Money(500, "ISK"), 50_000, 500),
        (Money(500, "UGX"), 50_000, 500),
        (Money(500, "MGA"), 500, 50_000),
        (Money(1230, "KWD"), 1230, 1230),
        (Money(1250, "EUR"), 1250, 1250),
        (Money(1250, "HUF"), 1250, 1250),
    ],
)
def test_each_provider_counts_as_it_always_has(money: Money, at_stripe: int, at_razorpay: int) -> None:
    assert (stripe.minor(money), razorpay.minor(money)) == (at_stripe, at_razorpay)


@pytest.mark.parametrize("money", [Money(1234, "KWD"), Money(1, "BHD"), Money(12_345, "OMR")])
def test_what_cannot_be_said_is_refused(money: Money) -> None:
    for shapes in (stripe, razorpay):
        with pytest.raises(outcomes.Rejected, match="2 decimals at most"):
            shapes.minor(money)
