"""A plan's prices as a whole: all of them changed at once, and those that it had before.

Whoever subscribes between two commands would be charged by the old and the new price together, or by neither; so the
prices of a plan are replaced in one.
"""

from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog
from holdfast.shared.billing.catalog import MOST_PRICES, NewPrice, Plan, Price, Whole
from holdfast.shared.billing.grants import MANAGE, READ


class Replacement(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """All that a plan costs from now on."""

    prices: list[NewPrice]
    instead_of: list[UUID] | None = None
    """The prices that whoever decided this had seen; they are replaced whatever they are when absent."""


class Overtaken(Problem):
    """Somebody else changed the prices meanwhile."""


class Held(Price, kw_only=True, frozen=True):
    """A price, and who has it."""

    subscriptions: int
    """How many subscriptions it was promised to that are not over."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan costs and has cost."""

    subscriptions: int
    """How many subscriptions to the plan are not over."""
    prices: list[Held]
    """Those that are sold first, then the retired ones, the latest first; two hundred at most."""


async def replace(tx: Tx, plan_id: UUID, replacement: Replacement) -> Whole:
    """Give a plan other prices, for those who subscribe from now on. Twice is once.

    A price that is given as it was stays: whoever has it still shares it with those who come.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``.
        NotFound: there is no such plan.
        Invalid: something is malformed, or the plan would have none or too many.
        Overtaken: the plan has other prices by now than those that were seen, and than these.
    """
    tx.must(MANAGE)
    plan = await tx.get(Plan, plan_id, lock=True)
    if not 1 <= len(replacement.prices) <= MOST_PRICES:
        raise Invalid(f"A plan has 1 to {MOST_PRICES} prices.", field="prices")
    checked = [catalog.columns_of(price, plan.currency, f"prices.{at}") for at, price in enumerate(replacement.prices)]
    gone = await catalog.prices_of(tx, plan_id)
    present = {price.id for price in gone}
    added: list[dict[str, Any]] = []
    for values in checked:
        same = next((price for price in gone if _is(price, values)), None)
        if same is None:
            added.append(values)
        else:
            gone.remove(same)
    if (gone or added) and replacement.instead_of is not None and set(replacement.instead_of) != present:
        raise Overtaken("Look at the plan's present prices before you change them.")
    for price in gone:
        await tx.update(price, retired_at=tx.now)
    for values in added:
        await tx.insert(Price, id=ids.new(), plan_id=plan_id, created_at=tx.now, **values)
    if gone or added:
        await tx.emit(catalog.Changed(plan_id=plan_id, fields=["prices"]))
    return await catalog.whole(tx, plan_id)


def _is(price: Price, values: dict[str, Any]) -> bool:
    """Whether a price has these values, as ``catalog.columns_of`` gives them."""
    return {name: getattr(price, name) for name in values} | {"tiers": msgspec.to_builtins(price.tiers)} == values


async def history(tx: Tx, plan_id: UUID) -> History:
    """What a plan costs and has cost, and how many subscriptions have each price.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        NotFound: there is no such plan.
    """
    tx.must(READ)
    await tx.get(Plan, plan_id)
    prices = await tx.all(
        Held,
        "select p.*, coalesce(h.subscriptions, 0) as subscriptions from billing_price as p left join ("
        "select promised.price_id, count(*) as subscriptions from billing_subscription as s "
        "cross join unnest(s.price_ids) as promised(price_id) "
        "where s.plan_id = $1 and s.status <> 'cancelled' group by promised.price_id"
        ") as h on h.price_id = p.id where p.plan_id = $1 "
        "order by p.retired_at desc nulls first, p.created_at, p.id limit 200",
        plan_id,
    )
    subscriptions = await tx.one(
        int, "select count(*) from billing_subscription where plan_id = $1 and status <> 'cancelled'", plan_id
    )
    return History(subscriptions=subscriptions, prices=prices)
