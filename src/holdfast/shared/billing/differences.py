"""Differences: what a change of plan or seats gives back and charges, for its preview and for itself alike."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import msgspec

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, periods, rating, steps, subscriptions
from holdfast.shared.billing.catalog import Plan, Price
from holdfast.shared.billing.lines import Line
from holdfast.shared.billing.periods import Period
from holdfast.shared.billing.subscriptions import Subscription


class Difference(msgspec.Struct, kw_only=True):
    """A change, worked out."""

    plan: Plan
    prices: list[Price]
    quantity: int
    part: Period
    """The days for which the new terms are charged."""
    anew: bool
    """Whether the periods have another length from now on."""
    costs: bool
    """Whether there is anything to give back or to charge."""

    @property
    def begins(self) -> bool:
        """Whether a period of another length begins at once, and with it what was used until now is charged."""
        return self.anew and self.costs

    @property
    def price_ids(self) -> list[UUID]:
        """The prices that hold from then on."""
        return [price.id for price in self.prices]

    def cuts(self, subscription: Subscription) -> bool:
        """Whether the present period ends today, and another begins that is charged as one of its own."""
        return self.begins and self.part.starts_on > subscriptions.present(subscription).starts_on

    def keeps(self, subscription: Subscription) -> bool:
        """Whether it is what there is already."""
        return (self.plan.id, self.price_ids, self.quantity) == (
            subscription.plan_id,
            subscription.price_ids,
            subscription.quantity,
        )


async def lines(tx: Tx, subscription: Subscription, work: Difference, used: Mapping[UUID, int]) -> list[Line]:
    """What is given back of the old terms and charged of the new ones, and what was used until now."""
    period = subscriptions.present(subscription)
    today = work.part.starts_on
    old = await catalog.prices(tx, subscription.price_ids)
    until_now = msgspec.structs.replace(subscription, period_to=max(today, period.starts_on + timedelta(days=1)))
    found: list[Line] = []
    if work.begins:
        found += await steps.unused(tx, subscription, Period(today, period.ends_on), paid_only=False)
        found += steps.charges(work.prices, work.quantity, work.part, work.part)
    elif work.costs:
        found += await _difference(tx, subscription, old, work, period)
    return found + await steps.arrears(tx, used, until_now)


async def _difference(
    tx: Tx, subscription: Subscription, old: list[Price], work: Difference, period: Period
) -> list[Line]:
    """What is given back of the old terms and charged of the new ones for the days that are left."""
    kept = {
        price.id
        for price in work.prices
        if price in old and (price.kind not in rating.OF_SEATS or work.quantity == subscription.quantity)
    }
    back = await steps.unused(tx, subscription, work.part, paid_only=False)
    whole = await _grid(tx, subscription, period)
    charged = steps.charges([price for price in work.prices if price.id not in kept], work.quantity, work.part, whole)
    return [line for line in back if line.price_id not in kept] + charged


async def _grid(tx: Tx, subscription: Subscription, period: Period) -> Period:
    """The whole period on the grid of which the present one may be a part."""
    plan = await tx.get(Plan, subscription.plan_id)
    return periods.whole(subscription.anchor_on, plan.interval, plan.interval_count, period.starts_on)
