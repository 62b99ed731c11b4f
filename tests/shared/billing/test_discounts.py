"""Discounts: what a coupon takes off, how often, and in which currency."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest

from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.shared.billing import archive, coupons
from holdfast.shared.billing.invoices import Discount, Draft
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.totals import totals
from holdfast.shared.payments import customers
from tests.conftest import Open
from tests.shared.billing.conftest import line, pen

Subscribed = Callable[..., Awaitable[tuple[UUID, list[UUID]]]]
ANY = UUID(int=1)


def draft(*lines: Line, percent: int | None = None, amount: int | None = None) -> Draft:
    """A draft of those lines, with a coupon."""
    taken = Discount(
        coupon_id=ANY,
        redemption_id=ANY,
        code="OFF",
        name="Off",
        kind="amount" if percent is None else "percent",
        basis_points=percent,
        amount=None if amount is None else pen(amount),
    )
    return Draft(customer_id=ANY, currency="PEN", lines=list(lines), discounts=[taken])


async def off(committed: Open, code: str, *, amount: Money | None = None) -> None:
    """A coupon that takes a tenth or an amount off, for ever."""
    points = 1000 if amount is None else None
    kind = "percent" if amount is None else "amount"
    async with committed() as tx:
        new = coupons.New(code=code, name="Off", kind=kind, basis_points=points, amount=amount, duration="forever")  # type: ignore[arg-type]
        await coupons.make(tx, new)


async def test_an_amount_is_taken_off_a_period_and_a_percentage_off_a_change_too(
    committed: Open, customer: customers.Customer, subscribed: Subscribed
) -> None:
    subscription, (period,) = await subscribed()
    await off(committed, "AMOUNT", amount=pen(500))
    await off(committed, "TENTH")
    change = Draft(customer_id=customer.id, currency="PEN", lines=[line(1000)], subscription_id=subscription)
    renewal = Draft(
        customer_id=customer.id, currency="PEN", lines=[line(1000)], subscription_id=subscription, period_id=period
    )
    async with committed() as tx:
        for code in ("AMOUNT", "TENTH"):
            await coupons.redeem(tx, code, customer_id=customer.id, subscription_id=subscription)
        assert [one.code for one in await coupons.off(tx, change)] == ["TENTH"]
        assert [one.code for one in await coupons.off(tx, renewal)] == ["AMOUNT", "TENTH"]
        assert await coupons.off(tx, Draft(customer_id=customer.id, currency="PEN", lines=[line(1)])) == []


async def test_an_amount_of_another_currency_is_not_redeemed_for_nothing(
    committed: Open, customer: customers.Customer, subscribed: Subscribed
) -> None:
    subscription, _ = await subscribed()
    await off(committed, "EUROS", amount=Money(500, "EUR"))
    with pytest.raises(coupons.OtherCurrency, match="EUROS takes off EUR"):
        async with committed() as tx:
            await coupons.redeem(tx, "euros", customer_id=customer.id, subscription_id=subscription)
    wanted = Draft(customer_id=customer.id, currency="PEN", lines=[line(1000)])
    with pytest.raises(coupons.OtherCurrency):
        async with committed() as tx:
            await archive.create(tx, wanted, coupon="EUROS")
    async with committed() as tx:
        euros = Draft(
            customer_id=customer.id, currency="EUR", lines=[Line(description="Tea", amount=Money(900, "EUR"))]
        )
        assert (await archive.create(tx, euros, coupon="EUROS")).discount == Money(500, "EUR")
        assert (await coupons.usable(tx, "EUROS")).redemptions == 1
    # They have it by now, for what is charged in its currency.
    with pytest.raises(coupons.OtherCurrency):
        async with committed() as tx:
            await archive.create(tx, wanted, coupon="EUROS")


@pytest.mark.parametrize(
    ("coupon", "shares"),
    [
        ({"percent": 5000}, [500, 0, 100]),
        ({"percent": 10_000}, [1000, 0, 200]),
        ({"amount": 300}, [250, 0, 50]),
        # An amount is never more than everything comes to.
        ({"amount": 5000}, [667, 0, 133]),
    ],
)
def test_what_a_line_gives_back_is_not_made_less(coupon: dict[str, int], shares: list[int]) -> None:
    figures = totals(draft(line(1000), line(-400), line(200), **coupon))
    assert [one.discount.minor for one in figures.lines] == shares
    assert figures.total.minor == 800 - sum(shares)


@pytest.mark.parametrize(("last", "fits"), [(4, False), (5, True), (6, True)])
def test_days_of_a_line_end_after_they_begin(last: int, fits: bool) -> None:
    wanted = draft(line(100, period_from=date(2026, 3, 5), period_to=date(2026, 3, last)), percent=1)
    if fits:
        assert totals(wanted).total == pen(100)
    else:
        with pytest.raises(Invalid):
            totals(wanted)
