"""Lines: what an invoice is made of before it is one.

Whoever bills (a subscription's period, a change in the middle of one, somebody by hand) writes a ``Draft`` of lines.
``totals`` works the figures out, for a preview and for the invoice alike, and ``invoices`` issues it.
"""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from holdfast.kernel.derivations import Derivation
from holdfast.kernel.money import Money

MOST_LINES = 100
"""Of one invoice."""
MOST_BASIS_POINTS = 10_000
"""The highest rate of a tax, and the highest discount: all of it."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is charged, or given back when its amount is below zero."""

    description: str
    amount: Money
    """For everything on the line, before discounts; with the tax in it when ``tax_inclusive``."""
    quantity: int = 1
    unit_amount: Money | None = None
    tax_basis_points: int = 0
    """The rate of tax in hundredths of a percent: 1800 is 18 %."""
    tax_inclusive: bool = False
    discountable: bool = True
    price_id: UUID | None = None
    period_from: date | None = None
    """The first day that the line is for."""
    period_to: date | None = None
    """The day after the last."""
    derivation: Derivation | None = None
    """Why the amount is what it is."""


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """What a coupon takes off, before tax."""

    coupon_id: UUID
    redemption_id: UUID
    code: str
    name: str
    kind: Literal["percent", "amount"]
    basis_points: int | None = None
    amount: Money | None = None
    """At most this much; of another currency than the invoice, it takes nothing off."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice before it has a number."""

    customer_id: UUID
    currency: str
    lines: list[Line]
    discounts: list[Discount] = []
    """In the order in which they are taken off."""
    id: UUID | None = None
    """Made by whoever may ask twice; the same id is the same invoice."""
    subscription_id: UUID | None = None
    period_id: UUID | None = None
    """The period that it bills; a subscription's period has at most one invoice."""
    due_on: date | None = None
    """The day it is issued when absent."""
    memo: str | None = None
    """What the customer reads below the lines."""
    use_credit: bool = True
    """Whether what the customer has in credit is used for it."""
    collect: bool = True
    """Whether the customer's default way to pay is charged for it."""
