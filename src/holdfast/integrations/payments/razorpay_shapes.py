"""What Razorpay's objects say, in the words of the port. Fields that are missing or new lead to no failure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import amounts
from holdfast.kernel.money import Money

_STANDING: dict[str, ports.Standing] = {
    "created": "requires_action",
    "authorized": "authorized",
    "captured": "captured",
    "refunded": "captured",
    "failed": "failed",
}
_SUBSCRIPTION = {
    "created": "incomplete",
    "authenticated": "incomplete",
    "active": "active",
    "pending": "past_due",
    "halted": "past_due",
    "paused": "paused",
    "cancelled": "cancelled",
    "completed": "cancelled",
    "expired": "cancelled",
}
_DISPUTE = {"won": "won", "closed": "won", "lost": "lost", "under_review": "under_review"}


def member(value: object, *path: str) -> Any:
    """A member of nested objects; None where one is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def ours(found: object, name: str) -> UUID | None:
    """An id of ours in an object's notes, which are an empty list where there are none."""
    try:
        return UUID(str(member(found, "notes", name)))
    except ValueError:
        return None


def at(seconds: object) -> datetime:
    """A moment of Razorpay's."""
    return datetime.fromtimestamp(seconds if isinstance(seconds, int) else 0, UTC)


def minor(money: Money) -> int:
    """The amount as Razorpay counts it.

    Raises:
        outcomes.Rejected: it has smaller parts than Razorpay counts.
    """
    return amounts.told(money, amounts.RAZORPAY)


def money(amount: object, currency: object) -> Money:
    """An amount of Razorpay's, which is of rupees unless it says otherwise.

    Raises:
        amounts.Unreadable: it has smaller parts than we count.
    """
    return amounts.heard(amount, currency or "INR", amounts.RAZORPAY)


def payment(found: Mapping[str, Any], *, live: bool) -> ports.Payment:
    """A payment. Its mode is that of the key that it was asked with."""
    standing = _STANDING.get(str(found.get("status")), "processing")
    amount = money(found.get("amount"), found.get("currency"))
    code = text(found.get("error_reason")) or text(found.get("error_code"))
    declined = standing == "failed"
    return ports.Payment(
        ref=str(found.get("id")),
        standing=standing,
        amount=amount,
        captured=amount if standing == "captured" else Money(0, amount.currency),
        refunded=money(found.get("amount_refunded"), amount.currency),
        payment_id=ours(found, "holdfast_payment"),
        attempt_id=ours(found, "holdfast_attempt"),
        order_ref=text(found.get("order_id")),
        customer_ref=text(found.get("customer_id")),
        method=_method(found),
        decline=ports.Decline(
            code=code or "failed",
            message=text(found.get("error_description")) or "The payment failed.",
            retry=code not in ("card_expired", "card_lost_or_stolen"),
        )
        if declined
        else None,
        subscription_ref=text(found.get("subscription_id")),
        live=live,
        at=at(found.get("created_at")),
    )


def _method(found: Mapping[str, Any]) -> ports.Method | None:
    kind = text(found.get("method"))
    if kind is None:
        return None
    card = found.get("card")
    last4 = text(member(card, "last4"))
    return ports.Method(
        ref=_kept(text(found.get("customer_id")), text(found.get("token_id"))),
        kind=kind,
        brand=text(member(card, "network")) or text(found.get("bank")) or text(found.get("wallet")),
        last4=last4 if last4 is not None and last4.isdecimal() and len(last4) == 4 else None,
    )


def _kept(customer_ref: str | None, token_ref: str | None) -> str:
    """A token's name with us: Razorpay knows a token by its customer alone."""
    return f"{customer_ref}/{token_ref}" if customer_ref and token_ref else token_ref or ""


def token(found: Mapping[str, Any], customer_ref: str) -> ports.Method | None:
    """A saved token of a customer."""
    ref = text(found.get("id"))
    if ref is None or member(found, "recurring_details", "status") in ("rejected", "cancelled"):
        return None
    card = found.get("card")
    year, month = member(card, "expiry_year"), member(card, "expiry_month")
    expires = f"{int(year):04}-{int(month):02}" if str(year).isdecimal() and str(month).isdecimal() else None
    return ports.Method(
        ref=_kept(customer_ref, ref),
        kind=text(found.get("method")) or "card",
        brand=text(member(card, "network")),
        last4=text(member(card, "last4")),
        expires=expires,
    )


def refund(found: Mapping[str, Any]) -> ports.Refund:
    """A refund."""
    status = found.get("status")
    return ports.Refund(
        ref=str(found.get("id")),
        payment_ref=text(found.get("payment_id")) or "",
        amount=money(found.get("amount"), found.get("currency")),
        standing="succeeded" if status == "processed" else "failed" if status == "failed" else "pending",
        refund_id=ours(found, "holdfast_refund"),
        at=at(found.get("created_at")),
    )


def dispute(found: Mapping[str, Any]) -> ports.Dispute:
    """A dispute."""
    due = found.get("respond_by")
    return ports.Dispute(
        ref=str(found.get("id")),
        payment_ref=text(found.get("payment_id")) or "",
        amount=money(found.get("amount"), found.get("currency")),
        reason=text(found.get("reason_code")) or "general",
        standing=_DISPUTE.get(str(found.get("status")), "needs_response"),  # type: ignore[arg-type]
        due_at=at(due) if isinstance(due, int) else None,
        at=at(found.get("created_at")),
    )


def subscription(found: Mapping[str, Any]) -> ports.Subscription:
    """A subscription."""
    start, end = found.get("current_start"), found.get("current_end")
    return ports.Subscription(
        ref=str(found.get("id")),
        customer_ref=text(found.get("customer_id")) or "",
        plan_ref=text(found.get("plan_id")) or "",
        standing=_SUBSCRIPTION.get(str(found.get("status")), "incomplete"),  # type: ignore[arg-type]
        period_start=at(start) if isinstance(start, int) else None,
        period_end=at(end) if isinstance(end, int) else None,
        cancel_at_period_end=found.get("has_scheduled_changes") is True,
        subscription_id=ours(found, "holdfast_subscription"),
        latest_payment_ref=text(found.get("payment_id")),
        at=at(found.get("created_at")),
    )
