"""Messages: what webhooks of Stripe and Razorpay are about. Nothing in them is believed; they say what to ask about.

A message of a kind that is not known here, or of a shape that nobody expected, is ``other`` and leads to nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from holdfast.integrations.payments import Signal

_NOTED = ("payment", "payment_link", "order")
"""Razorpay's objects whose notes may hold our id."""


def read(dialect: str, body: bytes) -> Signal:
    """What a message is about.

    Args:
        dialect: ``stripe`` or ``razorpay``.
        body: the very bytes, whose signature was verified.
    """
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Signal(kind="other", name="unreadable")
    if not isinstance(event, dict):
        return Signal(kind="other", name="unreadable")
    return _stripe(event) if dialect == "stripe" else _razorpay(event)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _at(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else None
    except (ValueError, OverflowError, OSError):
        return None


def _member(value: object, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _ref(value: object) -> str | None:
    """A reference, which is a name, or the whole object where it was expanded."""
    return _text(value) or _text(_member(value, "id"))


def _stripe(event: Mapping[str, Any]) -> Signal:
    name, obj = _text(event.get("type")) or "unnamed", _member(event, "data", "object")
    live = event.get("livemode")
    about: dict[str, Any] = {
        "name": name,
        "live": live if isinstance(live, bool) else None,
        "at": _at(event.get("created")),
    }
    own = _text(_member(obj, "id"))
    if name.startswith("payment_intent."):
        ours = _uuid(_member(obj, "metadata", "holdfast_payment"))
        return Signal(kind="payment", ref=own, payment_id=ours, **about)
    if name.startswith(("charge.dispute.", "charge.refund.", "refund.")):
        kind = "dispute" if "dispute" in name else "refund"
        return Signal(kind=kind, ref=_ref(_member(obj, "payment_intent")), object_ref=own, **about)  # type: ignore[arg-type]
    if name.startswith("charge."):
        kind = "refund" if name == "charge.refunded" else "payment"
        return Signal(kind=kind, ref=_ref(_member(obj, "payment_intent")), object_ref=own, **about)  # type: ignore[arg-type]
    if name.startswith("checkout.session."):
        if _member(obj, "mode") == "setup":
            return Signal(kind="setup", ref=_ref(_member(obj, "customer")), object_ref=own, **about)
        return Signal(kind="checkout", ref=own, **about)
    if name.startswith(("payment_method.", "setup_intent.")):
        return Signal(kind="setup", ref=_ref(_member(obj, "customer")), object_ref=own, **about)
    if name.startswith("customer.subscription."):
        return Signal(kind="subscription", ref=own, **about)
    if name.startswith("invoice."):
        # Since 2025 an invoice names its subscription in its parent; before, at its top.
        parent = _member(obj, "parent", "subscription_details", "subscription")
        ref = _ref(parent) or _ref(_member(obj, "subscription"))
        return Signal(kind="subscription" if ref else "other", ref=ref, object_ref=own, **about)
    return Signal(kind="other", **about)


def _razorpay(event: Mapping[str, Any]) -> Signal:
    name, payload = _text(event.get("event")) or "unnamed", event.get("payload")
    about: dict[str, Any] = {"name": name, "at": _at(event.get("created_at"))}
    paid = _member(payload, "payment", "entity")
    ref = _text(_member(paid, "id"))
    told = (_uuid(_member(payload, what, "entity", "notes", "holdfast_payment")) for what in _NOTED)
    ours = next((one for one in told if one is not None), None)
    if name.startswith("payment.dispute."):
        dispute = _member(payload, "dispute", "entity")
        ref = _text(_member(dispute, "payment_id")) or ref
        return Signal(kind="dispute", ref=ref, object_ref=_text(_member(dispute, "id")), payment_id=ours, **about)
    if name.startswith("refund."):
        refund = _member(payload, "refund", "entity")
        ref = _text(_member(refund, "payment_id")) or ref
        return Signal(kind="refund", ref=ref, object_ref=_text(_member(refund, "id")), payment_id=ours, **about)
    if name.startswith("subscription."):
        own = _text(_member(payload, "subscription", "entity", "id"))
        return Signal(kind="subscription", ref=own, object_ref=ref, **about)
    if name.startswith("token."):
        token = _member(payload, "token", "entity")
        customer = _text(_member(token, "customer_id"))
        return Signal(kind="setup", ref=customer, object_ref=_text(_member(token, "id")), **about)
    if name.startswith(("payment.", "order.", "payment_link.", "invoice.")) and ref is not None:
        return Signal(kind="payment", ref=ref, payment_id=ours, **about)
    if name.startswith("payment_link."):
        return Signal(kind="checkout", ref=_text(_member(payload, "payment_link", "entity", "id")), **about)
    return Signal(kind="other", **about)
