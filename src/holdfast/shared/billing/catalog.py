"""The catalogue: plans that customers subscribe to, and the prices that a plan consists of.

A price never changes, because somebody was promised it: another is added and the first retired, and whoever has the
first keeps it until they change their plan.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec
from babel.numbers import is_currency

from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import rating
from holdfast.shared.billing.grants import MANAGE, READ
from holdfast.shared.billing.lines import MOST_BASIS_POINTS
from holdfast.shared.billing.periods import Interval
from holdfast.shared.billing.rating import Kind, Mode, Rate, Tier

MOST_PRICES = 20
_MOST_TIERS = 20
_MOST_MINOR = 2**53 - 1
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_METRIC = re.compile(r"[a-z][a-z0-9_.]{0,39}")


class Plan(Row):
    """Something that customers subscribe to."""

    table: ClassVar[str] = "billing_plan"
    id: UUID
    code: str
    name: str
    description: str | None
    currency: str
    interval: Interval
    interval_count: int
    trial_days: int
    proration: Literal["daily", "none"]
    """Whether days that are not used are not charged when something changes in the middle of a period."""
    on_cancel: Literal["credit", "none"]
    """What becomes of days that are paid and not used when it is cancelled at once."""
    pausable: bool
    public: bool
    """Whether customers may choose it themselves."""
    active: bool
    created_at: datetime
    changed_at: datetime

    def as_long_as(self, other: "Plan") -> bool:
        """Whether its periods have the length of the other's."""
        return (self.interval, self.interval_count) == (other.interval, other.interval_count)


class Price(Row):
    """A part of what a plan costs."""

    table: ClassVar[str] = "billing_price"
    id: UUID
    plan_id: UUID
    kind: Kind
    label: str
    """What stands on the invoice."""
    amount: Money
    """For a period, or for a seat or ``per`` units of use; zero where tiers say it."""
    per: int
    tiers: list[Tier]
    tier_mode: Mode
    metric: str | None
    """What is counted, such as ``kwh``."""
    tax_basis_points: int
    tax_inclusive: bool
    created_at: datetime
    retired_at: datetime | None

    @property
    def rate(self) -> Rate:
        """As rating needs it."""
        return Rate(
            id=self.id,
            kind=self.kind,
            label=self.label,
            currency=self.amount.currency,
            unit=self.amount.minor,
            tiers=self.tiers,
            mode=self.tier_mode,
            per=self.per,
            tax_basis_points=self.tax_basis_points,
            tax_inclusive=self.tax_inclusive,
        )


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with the prices that a new subscription gets."""

    plan: Plan
    prices: list[Price]


class NewPrice(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A price to be added."""

    kind: Kind
    label: str
    amount: Money | None = None
    per: int = 1
    tiers: list[Tier] = []
    tier_mode: Mode = Mode.graduated
    metric: str | None = None
    tax_basis_points: int = 0
    tax_inclusive: bool = False


class New(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A plan to be made."""

    code: str
    name: str
    prices: list[NewPrice]
    currency: str
    interval: Interval = Interval.month
    interval_count: int = 1
    description: str | None = None
    trial_days: int = 0
    proration: Literal["daily", "none"] = "daily"
    on_cancel: Literal["credit", "none"] = "credit"
    pausable: bool = True
    public: bool = True
    id: UUID | None = None


class Changes(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What may change of a plan without changing what was promised."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    public: bool | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET
    pausable: bool | msgspec.UnsetType = msgspec.UNSET


class Made(Event):
    """A plan can be subscribed to."""

    name: ClassVar[str] = "billing.plan.made"
    subject: ClassVar[str | None] = "plan_id"
    plan_id: UUID


class Changed(Event):
    """A plan or its prices changed."""

    name: ClassVar[str] = "billing.plan.changed"
    subject: ClassVar[str | None] = "plan_id"
    plan_id: UUID
    fields: list[str]


class NotSold(Problem):
    """This plan is not sold any more."""


def _text(value: str, field: str, longest: int) -> str:
    tidy = " ".join(value.split())
    if not 1 <= len(tidy) <= longest or not tidy.isprintable():
        raise Invalid(f"Write 1 to {longest} printable characters.", field=field)
    return tidy


async def make(tx: Tx, new: New) -> Whole:
    """Make a plan with its prices; with an id of the caller's, twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        Invalid: something is malformed.
        Reused: the code belongs to another plan.
    """
    tx.must(MANAGE)
    if new.id is not None and await tx.find(Plan, "select * from billing_plan where id = $1", new.id) is not None:
        return await whole(tx, new.id)
    if not _CODE.fullmatch(new.code):
        raise Invalid("A code has up to 40 small letters, digits, hyphens and underscores.", field="code")
    currency = new.currency.upper()
    if not is_currency(currency):
        raise Invalid(f"{new.currency[:10]!r} is not an ISO 4217 currency.", field="currency")
    if not 1 <= new.interval_count <= 36:
        raise Invalid("A period has 1 to 36 intervals.", field="interval_count")
    if not 0 <= new.trial_days <= 730:
        raise Invalid("A trial lasts two years at most.", field="trial_days")
    if not 1 <= len(new.prices) <= MOST_PRICES:
        raise Invalid(f"A plan has 1 to {MOST_PRICES} prices.", field="prices")
    checked = [columns_of(price, currency, f"prices.{at}") for at, price in enumerate(new.prices)]
    try:
        plan = await tx.insert(
            Plan,
            id=new.id or ids.new(),
            code=new.code,
            name=_text(new.name, "name", 100),
            description=None if not new.description else _text(new.description, "description", 1000),
            currency=currency,
            interval=new.interval,
            interval_count=new.interval_count,
            trial_days=new.trial_days,
            proration=new.proration,
            on_cancel=new.on_cancel,
            pausable=new.pausable,
            public=new.public,
            created_at=tx.now,
            changed_at=tx.now,
        )
    except Reused as reused:
        raise Reused("Another plan has this code.", field="code") from reused
    for price in checked:
        await _insert(tx, plan.id, price)
    await tx.emit(Made(plan_id=plan.id))
    return await whole(tx, plan.id)


async def _insert(tx: Tx, plan_id: UUID, price: dict[str, Any]) -> Price:
    return await tx.insert(Price, id=ids.new(), plan_id=plan_id, created_at=tx.now, **price)


def columns_of(new: NewPrice, currency: str, field: str) -> dict[str, Any]:
    """What is stored of a new price.

    Raises:
        Invalid: something of it makes no sense.
    """
    tiered = new.kind in (Kind.tiered_seats, Kind.tiered_usage)
    amount = new.amount or Money(0, currency)
    if amount.currency != currency or not 0 <= amount.minor <= _MOST_MINOR:
        raise Invalid(f"A price is an amount in {currency}, of nothing or more.", field=f"{field}.amount")
    if new.amount is None and not tiered:
        raise Invalid("Say how much it is.", field=f"{field}.amount")
    if tiered and amount.minor:
        raise Invalid("A price by tiers is what its tiers say; leave the amount out.", field=f"{field}.amount")
    if not 1 <= new.per <= 10**9:
        raise Invalid("A price is for 1 to 1,000,000,000 units.", field=f"{field}.per")
    if new.per != 1 and new.kind is not Kind.metered:
        raise Invalid("Only a price for what is used, without tiers, is for several units.", field=f"{field}.per")
    if not 0 <= new.tax_basis_points <= MOST_BASIS_POINTS:
        raise Invalid("A tax is between nothing and a hundred per cent.", field=f"{field}.tax_basis_points")
    if (new.metric is not None) != (new.kind in rating.IN_ARREARS):
        raise Invalid("What is charged by use, and nothing else, says what is counted.", field=f"{field}.metric")
    if new.metric is not None and not _METRIC.fullmatch(new.metric):
        raise Invalid("What is counted has a short name such as kwh.", field=f"{field}.metric")
    if tiered != bool(new.tiers):
        raise Invalid("A price by tiers, and no other, has tiers.", field=f"{field}.tiers")
    _check_tiers(new.tiers, f"{field}.tiers")
    return {
        "kind": new.kind,
        "label": _text(new.label, f"{field}.label", 200),
        "amount": amount,
        "per": new.per,
        "tiers": msgspec.to_builtins(new.tiers),
        "tier_mode": new.tier_mode,
        "metric": new.metric,
        "tax_basis_points": new.tax_basis_points,
        "tax_inclusive": new.tax_inclusive,
    }


def _check_tiers(tiers: Sequence[Tier], field: str) -> None:
    if len(tiers) > _MOST_TIERS:
        raise Invalid(f"There are {_MOST_TIERS} tiers at most.", field=field)
    below = 0
    for at, tier in enumerate(tiers):
        last = at == len(tiers) - 1
        if (tier.up_to is None) != last:
            raise Invalid("Every tier but the last says up to where it goes, and the last goes on.", field=field)
        if tier.up_to is not None and not below < tier.up_to <= 10**12:
            raise Invalid("Each tier goes further than the one before it.", field=field)
        if not 0 <= tier.unit <= _MOST_MINOR or not 0 <= tier.flat <= _MOST_MINOR:
            raise Invalid("What a tier costs is nothing or more.", field=field)
        below = tier.up_to or below


async def add_price(tx: Tx, plan_id: UUID, new: NewPrice) -> Whole:
    """Add a price to a plan, for those who subscribe from now on.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such plan.
        Invalid: something is malformed, or the plan has too many.
    """
    tx.must(MANAGE)
    plan = await tx.get(Plan, plan_id, lock=True)
    if len(await prices_of(tx, plan_id)) >= MOST_PRICES:
        raise Invalid(f"A plan has {MOST_PRICES} prices at most.", field="prices")
    await _insert(tx, plan_id, columns_of(new, plan.currency, "price"))
    await tx.emit(Changed(plan_id=plan_id, fields=["prices"]))
    return await whole(tx, plan_id)


async def retire(tx: Tx, price_id: UUID) -> Price:
    """Sell a price to nobody new; whoever has it keeps it. Twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such price.
        Invalid: it is the plan's last.
    """
    tx.must(MANAGE)
    price = await tx.get(Price, price_id)
    await tx.get(Plan, price.plan_id, lock=True)
    price = await tx.get(Price, price_id, lock=True)
    if price.retired_at is not None:
        return price
    if len(await prices_of(tx, price.plan_id)) == 1:
        raise Invalid("A plan keeps one price at least; add another first, or stop selling the plan.")
    price = await tx.update(price, retired_at=tx.now)
    await tx.emit(Changed(plan_id=price.plan_id, fields=["prices"]))
    return price


async def change(tx: Tx, plan_id: UUID, changes: Changes) -> Whole:
    """Change what a plan is called, or whether it is sold.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such plan.
        Invalid: the name or the description is malformed.
    """
    tx.must(MANAGE)
    plan = await tx.get(Plan, plan_id, lock=True)
    given = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
    if "name" in given:
        given["name"] = _text(given["name"], "name", 100)
    if given.get("description"):
        given["description"] = _text(given["description"], "description", 1000)
    changed = {name: value for name, value in given.items() if getattr(plan, name) != value}
    if changed:
        await tx.update(plan, changed_at=tx.now, **changed)
        await tx.emit(Changed(plan_id=plan_id, fields=sorted(changed)))
    return await whole(tx, plan_id)


async def prices_of(tx: Tx, plan_id: UUID) -> list[Price]:
    """The prices of a plan that a new subscription gets."""
    return await tx.all(
        Price,
        "select * from billing_price where plan_id = $1 and retired_at is null order by created_at, id limit 50",
        plan_id,
    )


async def prices(tx: Tx, price_ids: Sequence[UUID]) -> list[Price]:
    """Prices by their ids, in the order in which they were made."""
    return await tx.all(
        Price, "select * from billing_price where id = any ($1) order by created_at, id", list(price_ids)
    )


async def whole(tx: Tx, plan_id: UUID) -> Whole:
    """A plan with its prices.

    Raises:
        NotFound: there is no such plan.
    """
    return Whole(plan=await tx.get(Plan, plan_id), prices=await prices_of(tx, plan_id))


async def plans(tx: Tx, page: Page, *, public: bool = False) -> Listing[Whole]:
    """The business's plans with their prices, newest first; with ``public``, those that customers may choose.

    Raises:
        NotAllowed: the actor lacks ``billing.read``; nobody needs it for public ones.
        Invalid: the cursor was not made by this list.
    """
    if not public:
        tx.must(READ)
    found = await tx.all(
        Plan,
        "select * from billing_plan where ($1::uuid is null or id < $1) and (not $2 or (public and active)) "
        "order by id desc limit $3",
        page.after_id(),
        public,
        page.fetch,
    )
    listed = pages.listing(page, found, lambda plan: plan.id)
    sold = await tx.all(
        Price,
        "select * from billing_price where plan_id = any ($1) and retired_at is null order by created_at, id",
        [plan.id for plan in listed.items],
    )
    return Listing(
        items=[Whole(plan=plan, prices=[price for price in sold if price.plan_id == plan.id]) for plan in listed.items],
        next=listed.next,
    )
