"""Shapes: messages as Stripe and Razorpay send them, of what happened in the sandbox."""

from datetime import datetime
from typing import Any

from holdfast.integrations import payments as ports

API_VERSION = "2026-10-28.endive"
_STRIPE_STATUS = {
    "requires_action": "requires_action",
    "processing": "processing",
    "authorized": "requires_capture",
    "captured": "succeeded",
    "failed": "requires_payment_method",
    "cancelled": "canceled",
}
_RAZORPAY_STATUS = {
    "requires_action": "created",
    "processing": "created",
    "authorized": "authorized",
    "captured": "captured",
    "failed": "failed",
    "cancelled": "failed",
}


def _metadata(payment: ports.Payment) -> dict[str, str]:
    ours = {"holdfast_payment": payment.payment_id, "holdfast_attempt": payment.attempt_id}
    return {name: str(id_) for name, id_ in ours.items() if id_ is not None}


def _intent(payment: ports.Payment) -> dict[str, Any]:
    decline = payment.decline
    return {
        "id": payment.ref,
        "object": "payment_intent",
        "amount": payment.amount.minor,
        "amount_received": payment.captured.minor,
        "currency": payment.amount.currency.lower(),
        "customer": payment.customer_ref,
        "livemode": False,
        "metadata": _metadata(payment),
        "status": _STRIPE_STATUS[payment.standing],
        "last_payment_error": None if decline is None else {"code": decline.code, "message": decline.message},
    }


def _entity(payment: ports.Payment) -> dict[str, Any]:
    decline = payment.decline
    return {
        "id": payment.ref,
        "entity": "payment",
        "amount": payment.amount.minor,
        "currency": payment.amount.currency,
        "status": _RAZORPAY_STATUS[payment.standing],
        "order_id": payment.order_ref,
        "captured": payment.standing == "captured",
        "amount_refunded": payment.refunded.minor,
        "notes": _metadata(payment),
        "error_code": None if decline is None else decline.code,
        "error_description": None if decline is None else decline.message,
    }


def stripe(name: str, obj: dict[str, Any], *, event_id: str, at: datetime) -> dict[str, Any]:
    """An event of Stripe's."""
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": int(at.timestamp()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
        "data": {"object": obj},
    }


def razorpay(name: str, payload: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """An event of Razorpay's."""
    return {
        "entity": "event",
        "account_id": "acc_sandbox",
        "event": name,
        "contains": list(payload),
        "payload": {kind: {"entity": entity} for kind, entity in payload.items()},
        "created_at": int(at.timestamp()),
    }


def payment(dialect: str, told: ports.Payment, *, event_id: str, at: datetime) -> tuple[str, dict[str, Any]]:
    """The name and body of the message that a payment moved."""
    if dialect == "stripe":
        name = {
            "requires_action": "payment_intent.requires_action",
            "processing": "payment_intent.processing",
            "authorized": "payment_intent.amount_capturable_updated",
            "captured": "payment_intent.succeeded",
            "failed": "payment_intent.payment_failed",
            "cancelled": "payment_intent.canceled",
        }[told.standing]
        return name, stripe(name, _intent(told), event_id=event_id, at=at)
    name = {"authorized": "payment.authorized", "captured": "payment.captured"}.get(told.standing, "payment.failed")
    return name, razorpay(name, {"payment": _entity(told)}, at=at)


def refund(
    dialect: str, told: ports.Refund, of: ports.Payment, *, event_id: str, at: datetime
) -> tuple[str, dict[str, Any]]:
    """The name and body of the message that a refund moved."""
    if dialect == "stripe":
        name = "refund.failed" if told.standing == "failed" else "refund.updated"
        body = {
            "id": told.ref,
            "object": "refund",
            "amount": told.amount.minor,
            "currency": told.amount.currency.lower(),
            "payment_intent": told.payment_ref,
            "status": told.standing,
            "metadata": {} if told.refund_id is None else {"holdfast_refund": str(told.refund_id)},
        }
        return name, stripe(name, body, event_id=event_id, at=at)
    name = "refund.failed" if told.standing == "failed" else "refund.processed"
    entity = {
        "id": told.ref,
        "entity": "refund",
        "amount": told.amount.minor,
        "currency": told.amount.currency,
        "payment_id": told.payment_ref,
        "status": {"succeeded": "processed"}.get(told.standing, told.standing),
        "notes": {} if told.refund_id is None else {"holdfast_refund": str(told.refund_id)},
    }
    return name, razorpay(name, {"refund": entity, "payment": _entity(of)}, at=at)


def dispute(
    dialect: str, told: ports.Dispute, of: ports.Payment, *, event_id: str, at: datetime
) -> tuple[str, dict[str, Any]]:
    """The name and body of the message that a dispute moved."""
    closed = told.standing in ("won", "lost")
    if dialect == "stripe":
        name = "charge.dispute.closed" if closed else "charge.dispute.created"
        body = {
            "id": told.ref,
            "object": "dispute",
            "amount": told.amount.minor,
            "currency": told.amount.currency.lower(),
            "payment_intent": told.payment_ref,
            "reason": told.reason,
            "status": told.standing,
        }
        return name, stripe(name, body, event_id=event_id, at=at)
    name = {"won": "payment.dispute.won", "lost": "payment.dispute.lost"}.get(told.standing, "payment.dispute.created")
    entity = {
        "id": told.ref,
        "entity": "dispute",
        "payment_id": told.payment_ref,
        "amount": told.amount.minor,
        "currency": told.amount.currency,
        "reason_code": told.reason,
        "status": {"needs_response": "open"}.get(told.standing, told.standing),
    }
    return name, razorpay(name, {"payment": _entity(of), "dispute": entity}, at=at)


def saved(
    dialect: str, customer_ref: str, session_ref: str, *, event_id: str, at: datetime
) -> tuple[str, dict[str, Any]]:
    """The name and body of the message that a customer saved a card."""
    if dialect == "stripe":
        name = "checkout.session.completed"
        body = {"id": session_ref, "object": "checkout.session", "mode": "setup", "customer": customer_ref}
        return name, stripe(name, body, event_id=event_id, at=at)
    return "token.confirmed", razorpay(
        "token.confirmed", {"token": {"id": session_ref, "entity": "token", "customer_id": customer_ref}}, at=at
    )


def subscription(
    dialect: str, told: ports.Subscription, *, paid: bool | None, event_id: str, at: datetime
) -> tuple[str, dict[str, Any]]:
    """The name and body of the message that a subscription was renewed, was not paid, or has ended."""
    if dialect == "stripe":
        if paid is None:
            ended = told.standing == "cancelled"
            name = "customer.subscription.deleted" if ended else "customer.subscription.updated"
            body: dict[str, Any] = {"id": told.ref, "object": "subscription", "customer": told.customer_ref}
            body["status"] = told.standing
        else:
            name = "invoice.paid" if paid else "invoice.payment_failed"
            parent = {"type": "subscription_details", "subscription_details": {"subscription": told.ref}}
            body = {"id": f"in_{event_id}", "object": "invoice", "customer": told.customer_ref, "parent": parent}
        return name, stripe(name, body, event_id=event_id, at=at)
    over = "subscription.cancelled" if told.standing == "cancelled" else "subscription.updated"
    name = over if paid is None else "subscription.charged" if paid else "subscription.pending"
    return name, razorpay(name, {"subscription": {"id": told.ref, "entity": "subscription"}}, at=at)
