"""What Stripe's objects say, in the words of the port. Fields that are missing or new lead to no failure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import amounts
from holdfast.kernel.money import Money

_STANDING: dict[str, ports.Standing] = {
    "requires_action": "requires_action",
    "requires_confirmation": "requires_action",
    "processing": "processing",
    "requires_capture": "authorized",
    "succeeded": "captured",
    "canceled": "cancelled",
}
_LOST = frozenset({"lost_card", "stolen_card", "expired_card", "pickup_card", "incorrect_number", "fraudulent"})
_SUBSCRIPTION = {
    "incomplete": "incomplete",
    "incomplete_expired": "cancelled",
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "paused": "paused",
    "canceled": "cancelled",
}
_DISPUTE: dict[str, ports.DisputeStanding] = {
    "won": "won",
    "lost": "lost",
    "warning_closed": "won",
    "prevented": "won",
    "under_review": "under_review",
    "warning_under_review": "under_review",
}


def minor(money: Money) -> int:
    """The amount as Stripe counts it.

    Raises:
        outcomes.Rejected: it has smaller parts than Stripe counts.
    """
    return amounts.told(money, amounts.STRIPE)


def money(amount: object, currency: object) -> Money:
    """An amount of Stripe's.

    Raises:
        amounts.Unreadable: it has smaller parts than we count.
    """
    return amounts.heard(amount, currency, amounts.STRIPE)


def member(value: object, *path: str) -> Any:
    """A member of nested objects; None where one is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def ref(value: object) -> str | None:
    """A reference, which is a name, or the object where it was expanded."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and found else None


def ours(obj: object, name: str) -> UUID | None:
    """An id of ours in an object's metadata."""
    try:
        return UUID(str(member(obj, "metadata", name)))
    except ValueError:
        return None


def at(seconds: object) -> datetime:
    """A moment of Stripe's."""
    return datetime.fromtimestamp(seconds if isinstance(seconds, int) else 0, UTC)


def payment(intent: Mapping[str, Any]) -> ports.Payment:
    """A PaymentIntent, with its latest charge where that was expanded."""
    charge = member(intent, "latest_charge")
    currency = intent.get("currency")
    standing = _STANDING.get(str(intent.get("status")))
    error = member(intent, "last_payment_error")
    if standing is None:
        # It waits for a way to pay: because one failed, or because nobody has tried yet.
        standing = "failed" if error else "requires_action"
    captured = money(intent.get("amount_received"), currency)
    return ports.Payment(
        ref=str(intent.get("id")),
        standing=standing,
        amount=money(intent.get("amount"), currency),
        captured=captured if standing == "captured" else Money(0, captured.currency),
        refunded=money(member(charge, "amount_refunded"), currency),
        payment_id=ours(intent, "holdfast_payment"),
        attempt_id=ours(intent, "holdfast_attempt"),
        customer_ref=ref(intent.get("customer")),
        method=method(intent.get("payment_method")) or method_of_charge(charge),
        decline=decline(error) if standing == "failed" else None,
        action_url=member(intent, "next_action", "redirect_to_url", "url"),
        subscription_ref=subscription_of(member(intent, "invoice")) or subscription_of(member(charge, "invoice")),
        live=intent.get("livemode") is True,
        at=at(intent.get("created")),
    )


def decline(error: object) -> ports.Decline | None:
    """Why a card was declined."""
    if not isinstance(error, Mapping):
        return None
    code = str(error.get("decline_code") or error.get("code") or "card_declined")
    return ports.Decline(
        code=code, message=str(error.get("message") or "The card was declined."), retry=code not in _LOST
    )


def method(found: object) -> ports.Method | None:
    """A PaymentMethod that was expanded."""
    if not isinstance(found, Mapping) or ref(found) is None:
        return None
    kind = str(found.get("type") or "card")
    return _method(str(found["id"]), kind, member(found, kind))


def method_of_charge(charge: object) -> ports.Method | None:
    """How a charge was paid."""
    details = member(charge, "payment_method_details")
    kind = member(details, "type")
    if not isinstance(kind, str):
        return None
    return _method(ref(member(charge, "payment_method")) or "", kind, member(details, kind))


def _method(name: str, kind: str, card: object) -> ports.Method:
    year, month = member(card, "exp_year"), member(card, "exp_month")
    known = isinstance(year, int) and isinstance(month, int)
    return ports.Method(
        ref=name,
        kind=kind,
        brand=member(card, "brand"),
        last4=member(card, "last4"),
        expires=f"{year:04}-{month:02}" if known else None,
    )


def checkout(session: Mapping[str, Any]) -> ports.Checkout:
    """A Checkout session."""
    expires = session.get("expires_at")
    return ports.Checkout(
        ref=str(session.get("id")),
        url=str(session.get("url") or ""),
        expires_at=at(expires) if isinstance(expires, int) else None,
    )


def subscription_of(invoice: object) -> str | None:
    """The subscription that an invoice is for: since 2025 in its parent, before at its top."""
    parent = member(invoice, "parent", "subscription_details", "subscription")
    return ref(parent) or ref(member(invoice, "subscription"))


def refund(found: Mapping[str, Any]) -> ports.Refund:
    """A Refund."""
    status = found.get("status")
    return ports.Refund(
        ref=str(found.get("id")),
        payment_ref=ref(found.get("payment_intent")) or "",
        amount=money(found.get("amount"), found.get("currency")),
        standing="succeeded" if status == "succeeded" else "failed" if status in ("failed", "canceled") else "pending",
        refund_id=ours(found, "holdfast_refund"),
        at=at(found.get("created")),
    )


def dispute(found: Mapping[str, Any]) -> ports.Dispute:
    """A Dispute, or the inquiry that may come before one and for which Stripe takes nothing."""
    due = member(found, "evidence_details", "due_by")
    status = str(found.get("status"))
    return ports.Dispute(
        ref=str(found.get("id")),
        payment_ref=ref(found.get("payment_intent")) or "",
        amount=money(found.get("amount"), found.get("currency")),
        reason=str(found.get("reason") or "general"),
        standing=_DISPUTE.get(status, "needs_response"),
        withdrawn=not status.startswith("warning_") and status != "prevented",
        due_at=at(due) if isinstance(due, int) else None,
        at=at(found.get("created")),
    )


def subscription(found: Mapping[str, Any]) -> ports.Subscription:
    """A Subscription; since 2025 its period is told by its items."""
    items = member(found, "items", "data")
    item = items[0] if isinstance(items, list) and items else {}
    start = member(item, "current_period_start") or found.get("current_period_start")
    end = member(item, "current_period_end") or found.get("current_period_end")
    invoice = found.get("latest_invoice")
    paid = member(invoice, "payments", "data")
    newest = paid[0] if isinstance(paid, list) and paid else None
    return ports.Subscription(
        ref=str(found.get("id")),
        customer_ref=ref(found.get("customer")) or "",
        plan_ref=ref(member(item, "price")) or ref(member(item, "plan")) or ref(found.get("plan")) or "",
        standing=_SUBSCRIPTION.get(str(found.get("status")), "incomplete"),  # type: ignore[arg-type]
        period_start=at(start) if isinstance(start, int) else None,
        period_end=at(end) if isinstance(end, int) else None,
        cancel_at_period_end=found.get("cancel_at_period_end") is True,
        subscription_id=ours(found, "holdfast_subscription"),
        latest_payment_ref=ref(member(newest, "payment", "payment_intent")) or ref(member(invoice, "payment_intent")),
        at=at(found.get("created")),
    )
