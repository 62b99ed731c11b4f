"""Amounts: the same money, counted as a provider counts it.

Everybody counts in whole minor units, but not everybody agrees on how small those are: we follow the Unicode CLDR, in
which a lek has no parts, and providers follow ISO 4217, in which it has a hundred, or their own history. So an amount
is moved by the difference of the two, and one that the other side cannot say is refused, never rounded.
"""

from collections.abc import Mapping

from babel.numbers import get_currency_precision

from holdfast.integrations.outcomes import Rejected, Unknown
from holdfast.kernel.money import Money

USUAL = 2
"""The decimals of every currency that a table does not name."""
_THREE = 3


def _table(*, none: str, three: str, four: str = "") -> Mapping[str, int]:
    by_decimals = ((0, none), (_THREE, three), (4, four))
    return {code: decimals for decimals, codes in by_decimals for code in codes.split()}


STRIPE = _table(
    # It counts ISK and UGX in hundredths, as it always has, though they have none.
    none="BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
    three="BHD JOD KWD OMR TND",
)
"""How many decimals Stripe counts (docs.stripe.com/currencies)."""
RAZORPAY = _table(
    none="BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    three="BHD IQD JOD KWD LYD OMR TND",
    four="CLF UYW",
)
"""How many decimals Razorpay counts, which are those of ISO 4217."""


class Unreadable(Unknown):
    """The provider tells of an amount that our currency has no unit for, so what it says cannot be taken in."""


def told(money: Money, decimals: Mapping[str, int]) -> int:
    """The amount as a provider counts it.

    Raises:
        Rejected: the provider has no unit that is small enough; nothing was sent.
    """
    theirs = decimals.get(money.currency, USUAL)
    moved: int = theirs - get_currency_precision(money.currency)
    scaled, rest = (money.minor * 10**moved, 0) if moved >= 0 else divmod(money.minor, 10**-moved)
    # Card networks settle three decimals in hundredths, so both providers refuse amounts that are finer.
    if rest or (theirs == _THREE and scaled % 10):
        most = 2 if theirs == _THREE else theirs
        raise Rejected(
            "amount_too_fine",
            f"This provider takes {money.currency} with {most} decimals at most, and {money.format()} has more.",
        )
    return int(scaled)


def heard(amount: object, currency: object, decimals: Mapping[str, int]) -> Money:
    """An amount of a provider's; nothing where it says none.

    Raises:
        Unreadable: it has parts that are smaller than our currency's.
    """
    code = str(currency or "").upper()
    minor = amount if isinstance(amount, int) else 0
    moved: int = decimals.get(code, USUAL) - get_currency_precision(code)
    scaled, rest = (minor * 10**-moved, 0) if moved <= 0 else divmod(minor, 10**moved)
    if rest:
        raise Unreadable(f"The provider tells of {minor} in {code}, which has no such small parts here.")
    return Money(scaled, code)
