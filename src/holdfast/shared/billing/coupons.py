"""Coupons: codes that take a percentage or an amount off, once, for some invoices or for ever.

Redeeming counts in the statement that checks the limit, so of two who redeem the last one, one is refused. A redemption
counts how many invoices it was taken off, and ends with the last; what a void invoice used is given back.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
from babel.numbers import is_currency
from msgspec import UNSET, UnsetType

from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.lines import MOST_BASIS_POINTS, Discount, Draft

MOST_TIMES = 1200


class Coupon(Row):
    """A code and what it takes off."""

    table: ClassVar[str] = "billing_coupon"
    id: UUID
    code: str
    name: str
    kind: Literal["percent", "amount"]
    basis_points: int | None
    """Of a percentage, in hundredths of a percent: 2000 is 20 %."""
    amount: Money | None
    duration: Literal["once", "repeating", "forever"]
    times: int | None
    """From how many invoices it is taken off; None is all."""
    max_redemptions: int | None
    redemptions: int
    expires_at: datetime | None
    active: bool
    created_at: datetime
    changed_at: datetime


class Redemption(Row):
    """Somebody's use of a coupon: for a subscription, or for single invoices."""

    table: ClassVar[str] = "billing_redemption"
    id: UUID
    coupon_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    used: int
    """From how many invoices it was taken off."""
    times: int | None
    redeemed_at: datetime
    ended_at: datetime | None


class Redeemed(Event):
    """A customer redeemed a coupon."""

    name: ClassVar[str] = "billing.coupon.redeemed"
    subject: ClassVar[str] = "coupon_id"
    coupon_id: UUID
    redemption_id: UUID
    customer_id: UUID
    subscription_id: UUID | None


class Made(Event):
    """A business has another coupon."""

    name: ClassVar[str] = "billing.coupon.made"
    subject: ClassVar[str] = "coupon_id"
    coupon_id: UUID


class Changed(Event):
    """A coupon was changed, or taken out of use."""

    name: ClassVar[str] = "billing.coupon.changed"
    subject: ClassVar[str] = "coupon_id"
    coupon_id: UUID


class NoSuchCoupon(NotFound):
    """There is no coupon with this code."""


class NotRedeemable(Problem):
    """This coupon cannot be redeemed any more."""


class RedeemedAlready(Problem):
    """This coupon was redeemed here already."""


class OtherCurrency(Problem):
    """This coupon takes an amount of another currency off."""


class New(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What it takes to make a coupon."""

    code: str
    name: str
    kind: Literal["percent", "amount"]
    basis_points: int | None = None
    amount: Money | None = None
    duration: Literal["once", "repeating", "forever"] = "once"
    times: int | None = None
    max_redemptions: int | None = None
    expires_at: datetime | None = None
    id: UUID | None = None


class Changes(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a coupon may change; what it takes off never does."""

    name: str | UnsetType = UNSET
    max_redemptions: int | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


def code_of(text: str) -> str:
    """A code as it is stored: without spaces, in capitals.

    Raises:
        Invalid: it is not 2 to 40 letters, digits, dashes and underscores.
    """
    code = "".join(text.split()).upper()
    if not (2 <= len(code) <= 40 and code.isascii() and code.replace("-", "").replace("_", "").isalnum()):
        raise Invalid("A code has 2 to 40 letters, digits, dashes and underscores.", field="code")
    if not code[0].isalnum():
        raise Invalid("A code begins with a letter or a digit.", field="code")
    return code


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 255 or not name.isprintable():
        raise Invalid("A coupon's name has 1 to 255 printable characters.", field="name")
    return name


def _most(number: int | None) -> int | None:
    if number is not None and not 1 <= number < 2**31:
        raise Invalid("A coupon can be redeemed at least once.", field="max_redemptions")
    return number


def _moment(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise Invalid("Say the moment with its timezone, such as 2026-01-31T12:00:00Z.", field="expires_at")
    return moment


def _is_price(amount: Money | None) -> bool:
    return amount is not None and 0 < amount.minor < 2**53 and is_currency(amount.currency)


def _checked(new: New) -> dict[str, Any]:
    points, amount, times = new.basis_points, new.amount, new.times
    if new.kind == "percent" and (amount is not None or points is None or not 1 <= points <= MOST_BASIS_POINTS):
        raise Invalid("A percentage is 1 to 10,000 hundredths of a percent, and no amount.", field="basis_points")
    if new.kind == "amount" and (points is not None or not _is_price(amount)):
        raise Invalid("An amount is more than nothing, of a currency that there is, and no rate.", field="amount")
    if new.duration == "repeating" and not (times is not None and 1 <= times <= MOST_TIMES):
        raise Invalid(f"Say from how many invoices it is taken off, 1 to {MOST_TIMES}.", field="times")
    if new.duration != "repeating" and times is not None:
        raise Invalid("Only a repeating coupon has a number of times.", field="times")
    return {
        "code": code_of(new.code),
        "name": _name(new.name),
        "kind": new.kind,
        "basis_points": points,
        "duration": new.duration,
        "times": 1 if new.duration == "once" else times,
        "max_redemptions": _most(new.max_redemptions),
        "expires_at": _moment(new.expires_at),
    }


async def make(tx: Tx, new: New) -> Coupon:
    """Make a coupon. With an id of the client's, twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        Invalid: something is malformed.
        Reused: another coupon has this code or id.
    """
    tx.must(MANAGE)
    values = _checked(new)
    amount = new.amount
    coupon = await tx.find(
        Coupon,
        "insert into billing_coupon (id, code, name, kind, basis_points, amount_minor, amount_currency, duration, "
        "times, max_redemptions, expires_at, created_at, changed_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) on conflict do nothing returning *",
        new.id or ids.new(),
        values["code"],
        values["name"],
        values["kind"],
        values["basis_points"],
        amount.minor if amount else None,
        amount.currency if amount else None,
        values["duration"],
        values["times"],
        values["max_redemptions"],
        values["expires_at"],
        tx.now,
    )
    if coupon is not None:
        await tx.emit(Made(coupon_id=coupon.id))
        return coupon
    known = await tx.find(Coupon, "select * from billing_coupon where id = $1", new.id)
    if known is None or any(getattr(known, name) != value for name, value in values.items()) or known.amount != amount:
        raise Reused("Another coupon has this code or id.")
    return known


async def change(tx: Tx, coupon_id: UUID, changes: Changes) -> Coupon:
    """Change what may be changed of a coupon; who redeemed it keeps it.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such coupon.
        Invalid: something is malformed, or fewer may redeem it than did.
    """
    tx.must(MANAGE)
    coupon = await tx.get(Coupon, coupon_id, lock=True)
    checks: dict[str, Any] = {"name": _name, "max_redemptions": _most, "expires_at": _moment, "active": bool}
    wanted = {
        name: checks[name](value) for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET
    }
    most = wanted.get("max_redemptions")
    if most is not None and most < coupon.redemptions:
        raise Invalid(f"It was redeemed {coupon.redemptions} times already.", field="max_redemptions")
    wanted = {name: value for name, value in wanted.items() if getattr(coupon, name) != value}
    if not wanted:
        return coupon
    coupon = await tx.update(coupon, changed_at=tx.now, **wanted)
    await tx.emit(Changed(coupon_id=coupon.id))
    return coupon


async def coupons(tx: Tx, page: Page) -> Listing[Coupon]:
    """The business's coupons, newest first.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    found = await tx.all(
        Coupon,
        "select * from billing_coupon where tenant_id = kernel_tenant() and ($1::uuid is null or id < $1) "
        "order by id desc limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda coupon: coupon.id)


async def usable(tx: Tx, code: str, *, lock: bool = False) -> Coupon:
    """The coupon of a code, if it may be redeemed now.

    Raises:
        Invalid: nothing is written like that.
        NoSuchCoupon: there is none.
        NotRedeemable: it has expired, is used up, or was taken out of use.
    """
    written = code_of(code)
    if lock:
        coupon = await tx.find(Coupon, "select * from billing_coupon where code = $1 for update", written)
    else:
        coupon = await tx.find(Coupon, "select * from billing_coupon where code = $1", written)
    if coupon is None:
        raise NoSuchCoupon
    if not coupon.active:
        raise NotRedeemable("It was taken out of use.")
    if coupon.expires_at is not None and coupon.expires_at <= tx.now:
        raise NotRedeemable("It has expired.")
    if coupon.max_redemptions is not None and coupon.redemptions >= coupon.max_redemptions:
        raise NotRedeemable("It was redeemed as often as it may be.")
    return coupon


def fits(coupon: Coupon, currency: str) -> None:
    """Stop an amount that takes nothing off what is charged in another currency.

    Raises:
        OtherCurrency: it is of another one.
    """
    if coupon.amount is not None and coupon.amount.currency != currency:
        raise OtherCurrency(f"{coupon.code} takes off {coupon.amount.currency}, and this is charged in {currency}.")


async def redeem(
    tx: Tx, code: str, *, customer_id: UUID, subscription_id: UUID | None = None, currency: str | None = None
) -> Redemption:
    """Redeem a coupon for a subscription, or for single invoices of a customer: once for each.

    The currency is the subscription's, or what the invoice is in. This asks for no grant: whoever calls it has checked
    its own.

    Raises:
        Invalid, NoSuchCoupon, NotRedeemable: as ``usable``.
        OtherCurrency: it is an amount of another currency.
        RedeemedAlready: it was redeemed for this subscription, or by this customer for single invoices.
    """
    coupon = await usable(tx, code, lock=True)
    if subscription_id is not None and currency is None:
        currency = await tx.find(str, "select currency from billing_subscription where id = $1", subscription_id)
    if currency is not None:
        fits(coupon, currency)
    redemption = await tx.find(
        Redemption,
        "insert into billing_redemption (id, coupon_id, customer_id, subscription_id, times, redeemed_at) "
        "values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning *",
        ids.new(),
        coupon.id,
        customer_id,
        subscription_id,
        coupon.times,
        tx.now,
    )
    if redemption is None:
        raise RedeemedAlready
    await tx.execute("update billing_coupon set redemptions = redemptions + 1 where id = $1", coupon.id)
    await tx.emit(
        Redeemed(
            coupon_id=coupon.id,
            redemption_id=redemption.id,
            customer_id=customer_id,
            subscription_id=subscription_id,
        )
    )
    return redemption


def discount(coupon: Coupon, redemption_id: UUID) -> Discount:
    """What a coupon takes off, for a draft; a preview gives an id of its own making."""
    return Discount(
        coupon_id=coupon.id,
        redemption_id=redemption_id,
        code=coupon.code,
        name=coupon.name,
        kind=coupon.kind,
        basis_points=coupon.basis_points,
        amount=coupon.amount,
    )


async def discounts(tx: Tx, subscription_id: UUID) -> list[Discount]:
    """What is taken off the invoice of a subscription's next period, in the order in which it was redeemed."""
    found = await tx.all(
        Redeemable,
        "select c.*, r.id as redemption_id from billing_redemption as r join billing_coupon as c on c.id = r.coupon_id "
        "where r.subscription_id = $1 and r.ended_at is null order by r.redeemed_at, r.id limit 20",
        subscription_id,
    )
    return [discount(one, one.redemption_id) for one in found]


async def off(tx: Tx, draft: Draft) -> list[Discount]:
    """What is taken off a draft for a subscription: percentages off each, and amounts off those of a period.

    An amount is meant once for a period. Taken off every change in it as well, it would be taken off many times.
    """
    if draft.subscription_id is None:
        return []
    taken = await discounts(tx, draft.subscription_id)
    return [one for one in taken if one.kind == "percent" or draft.period_id is not None]


class Redeemable(Coupon, kw_only=True, frozen=True):
    """A coupon that somebody has redeemed and not used up."""

    redemption_id: UUID
