"""Money: whole minor units of an ISO 4217 currency. Never a float, never a bare number."""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Self

import msgspec
from babel.numbers import format_currency, get_currency_precision, is_currency

from holdfast.kernel.problems import Invalid, Problem


class OtherCurrency(Problem):
    """Two amounts of different currencies cannot be added or compared."""


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in minor units (céntimos, cents, paise; whole yen) and its currency.

    In a table it is two columns, ``<name>_minor bigint`` and ``<name>_currency char(3)``; rows maps both ways.
    """

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Self:
        """``Money.of("12.50", "PEN")`` is 1250 céntimos.

        Raises:
            Invalid: the currency is unknown, or the amount has more decimals than the currency.
        """
        code = currency.upper()
        if not is_currency(code):
            raise Invalid(f"{currency!r} is not an ISO 4217 currency.", field="currency")
        scaled = Decimal(amount).scaleb(get_currency_precision(code))
        if scaled != scaled.to_integral_value():
            raise Invalid(f"{amount} has more decimals than {code} allows.", field="amount")
        return cls(int(scaled), code)

    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-get_currency_precision(self.currency))

    def format(self, locale: str = "en") -> str:
        """For people: ``S/ 12.50`` or ``₹1,250.00``, as the locale writes it."""
        return str(format_currency(self.decimal(), self.currency, locale=locale))

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise OtherCurrency(f"{self.currency} and {other.currency}.")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int | Decimal | Fraction) -> "Money":
        """Multiply, rounding half to even at the minor unit."""
        exact = Fraction(self.minor) * Fraction(factor)
        return Money(round(exact), self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, *weights: int | Decimal | Fraction) -> list["Money"]:
        """Divide by weights so that the parts add up to the whole; the largest remainders get the odd minor units.

        Raises:
            ValueError: a weight is negative, or all are zero.
        """
        shares = [Fraction(weight) for weight in weights]
        total = sum(shares)
        if total <= 0 or any(share < 0 for share in shares):
            raise ValueError("Weights must be zero or more, and not all zero.")
        sign = -1 if self.minor < 0 else 1
        exact = [Fraction(abs(self.minor)) * share / total for share in shares]
        parts = [int(part) for part in exact]
        by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
        for i in by_remainder[: abs(self.minor) - sum(parts)]:
            parts[i] += 1
        return [Money(sign * part, self.currency) for part in parts]


def rounded(amount: Decimal, currency: str) -> Money:
    """The nearest minor unit, half to even; for amounts that were computed, not entered."""
    scaled = amount.scaleb(get_currency_precision(currency))
    return Money(int(scaled.to_integral_value(ROUND_HALF_EVEN)), currency)
