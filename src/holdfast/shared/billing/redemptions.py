"""Redemptions: coupons that somebody has redeemed, and how often they were taken off."""

from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import coupons
from holdfast.shared.billing.coupons import Coupon, NotRedeemable, Redeemable
from holdfast.shared.billing.lines import Discount


async def for_invoice(tx: Tx, code: str, *, customer_id: UUID, currency: str) -> Discount:
    """What a coupon takes off a single invoice of a customer, who redeems it unless they did before.

    Raises:
        Invalid, NoSuchCoupon, NotRedeemable: as ``coupons.usable``.
        coupons.OtherCurrency: it is an amount of another currency than the invoice.
        coupons.RedeemedAlready: they used it as often as it may be.
    """
    live = await tx.find(
        Redeemable,
        "select c.*, r.id as redemption_id from billing_redemption as r join billing_coupon as c on c.id = r.coupon_id "
        "where c.code = $1 and r.customer_id = $2 and r.subscription_id is null and r.ended_at is null",
        coupons.code_of(code),
        customer_id,
    )
    if live is not None:
        coupons.fits(live, currency)
        return coupons.discount(live, live.redemption_id)
    redemption = await coupons.redeem(tx, code, customer_id=customer_id, currency=currency)
    return coupons.discount(await tx.get(Coupon, redemption.coupon_id), redemption.id)


async def spend(tx: Tx, taken: list[Discount]) -> None:
    """Count that these were taken off an invoice; what has been taken off often enough ends.

    Raises:
        NotRedeemable: one has ended meanwhile.
    """
    for one in sorted(taken, key=lambda discount: discount.redemption_id):
        counted = await tx.execute(
            "update billing_redemption set used = used + 1, "
            "ended_at = case when used + 1 >= times then $2::timestamptz end where id = $1 and ended_at is null",
            one.redemption_id,
            tx.now,
        )
        if not counted:
            raise NotRedeemable(f"{one.code} was used as often as it may be.")


async def give_back(tx: Tx, taken: list[Discount]) -> None:
    """A void invoice used nothing."""
    for one in sorted(taken, key=lambda discount: discount.redemption_id):
        await tx.execute(
            "update billing_redemption set used = used - 1, ended_at = null where id = $1 and used > 0",
            one.redemption_id,
        )
