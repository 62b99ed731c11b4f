"""Discounts: what the coupons of a subscription take off an invoice, and what is left of them after another."""

from uuid import UUID

import msgspec

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import coupons
from holdfast.shared.billing.lines import Draft
from holdfast.shared.billing.totals import Totals


async def taken_off(tx: Tx, draft: Draft, *, after: Totals | None = None) -> Draft:
    """A draft of a subscription with what its coupons take off.

    Args:
        tx: the transaction.
        draft: the invoice.
        after: an invoice of the subscription that is issued before, and may use a coupon up.
    """
    found = await coupons.off(tx, draft)
    over = set() if after is None else await _used_up(tx, after)
    return msgspec.structs.replace(draft, discounts=[one for one in found if one.redemption_id not in over])


async def _used_up(tx: Tx, charged: Totals) -> set[UUID]:
    """The redemptions that end with an invoice that comes to so much."""
    spent = [one.discount.redemption_id for one in charged.discounts if one.amount]
    return set(await tx.all(UUID, "select id from billing_redemption where id = any ($1) and times - used <= 1", spent))
