"""Stripe, through its official SDK: one client per connection, one pinned version of its API (P9, P22-P23, P66).

Every call that moves something carries the key of whoever asks as Stripe's idempotency key. Nothing is retried here.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import stripe

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone
from holdfast.integrations.payments import messages
from holdfast.integrations.payments import stripe_shapes as shapes
from holdfast.integrations.payments.stripe_lists import PAGE, Lists
from holdfast.integrations.payments.stripe_transport import Transport, failed, plain
from holdfast.kernel.money import Money

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that this is written for, whatever the account's own is."""
_CHARGE = ["latest_charge", "payment_method"]


class Stripe(Lists):
    """A business's account at Stripe."""

    abilities: frozenset[ports.Ability] = frozenset(
        {"order", "checkout", "capture", "refund", "dispute", "charge", "setup", "subscription", "portal"}
    )

    def __init__(self, connection: ports.Connection) -> None:
        self._transport = Transport()
        self._live = connection.mode == "live"
        self._publishable = connection.credentials.get("publishable_key", "")
        self._client = stripe.StripeClient(
            connection.credentials["secret_key"],
            stripe_version=API_VERSION,
            base_addresses={"api": connection.base_url} if connection.base_url else {},
            http_client=self._transport,
            max_network_retries=0,
        )

    async def _do(self, what: Any, *args: Any, key: str, **params: Any) -> dict[str, Any]:
        """A call that moves something, once per key."""
        try:
            return plain(await what(*args, params=params, options={"idempotency_key": key[:255]}))
        except stripe.StripeError as error:
            raise failed(error, moves=True) from error

    # Single payments.

    async def create_order(self, purchase: ports.Purchase, *, key: str) -> ports.Order:
        """A PaymentIntent that a page of ours confirms with Stripe's own script."""
        made = await self._do(
            self._client.v1.payment_intents.create_async,
            key=key,
            automatic_payment_methods={"enabled": True},
            **self._intent(purchase),
        )
        client = {"client_secret": str(made.get("client_secret") or ""), "publishable_key": self._publishable}
        return ports.Order(ref=str(made["id"]), amount=purchase.amount, client=client)

    def _intent(self, purchase: ports.Purchase) -> dict[str, Any]:
        about: dict[str, Any] = {
            "amount": shapes.minor(purchase.amount),
            "currency": purchase.amount.currency.lower(),
            "capture_method": "automatic" if purchase.capture else "manual",
            "metadata": ports.names(purchase),
        }
        if purchase.description:
            about["description"] = purchase.description
        if purchase.payer.ref is not None:
            about["customer"] = purchase.payer.ref
        if purchase.save_method:
            about["setup_future_usage"] = "off_session"
        return about

    async def open_checkout(self, purchase: ports.Purchase, *, key: str) -> ports.Checkout:
        """A page of Stripe's where the payer pays."""
        intent = self._intent(purchase)
        details: dict[str, Any] = {
            name: intent[name] for name in ("description", "capture_method", "metadata") if name in intent
        }
        if purchase.save_method:
            details["setup_future_usage"] = "off_session"
        params: dict[str, Any] = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": intent["currency"],
                        "unit_amount": intent["amount"],
                        "product_data": {"name": purchase.description},
                    },
                }
            ],
            "payment_intent_data": details,
            "metadata": intent["metadata"],
            "success_url": purchase.return_url,
            "cancel_url": purchase.return_url,
        }
        if purchase.payer.ref is not None:
            params["customer"] = purchase.payer.ref
        elif purchase.payer.email is not None:
            params["customer_email"] = purchase.payer.email
        return shapes.checkout(await self._do(self._client.v1.checkout.sessions.create_async, key=key, **params))

    def verify_checkout(self, *, order_ref: str, payment_ref: str, signature: str) -> bool:
        """Stripe signs nothing that a browser carries; whoever comes back is asked about."""
        return False

    async def capture(self, ref: str, amount: Money, *, key: str) -> ports.Payment:
        """Take what was authorized."""
        return shapes.payment(
            await self._do(
                self._client.v1.payment_intents.capture_async,
                ref,
                key=key,
                amount_to_capture=shapes.minor(amount),
                expand=_CHARGE,
            )
        )

    async def cancel(self, ref: str, *, key: str) -> ports.Payment:
        """Let a payment, or a page that nobody paid on, go."""
        if ref.startswith("cs_"):
            session = await self._do(self._client.v1.checkout.sessions.expire_async, ref, key=key)
            intent = shapes.ref(session.get("payment_intent"))
            if intent is None:
                raise Gone("resource_missing", "Nobody has paid on this page.")
            return await self.fetch(intent)
        return shapes.payment(
            await self._do(self._client.v1.payment_intents.cancel_async, ref, key=key, expand=_CHARGE)
        )

    async def refund(self, ref: str, amount: Money, *, refund_id: UUID, key: str) -> ports.Refund:
        """Give an amount back."""
        return shapes.refund(
            await self._do(
                self._client.v1.refunds.create_async,
                key=key,
                payment_intent=ref,
                amount=shapes.minor(amount),
                metadata={"holdfast_refund": str(refund_id)},
            )
        )

    # Customers who are away.

    async def ensure_customer(self, payer: ports.Payer, *, key: str) -> str:
        """Stripe's name for a customer."""
        told = {"name": payer.name, "email": payer.email, "phone": payer.phone}
        made = await self._do(
            self._client.v1.customers.create_async,
            key=key,
            metadata={"holdfast_customer": str(payer.id)},
            **{name: value for name, value in told.items() if value},
        )
        return str(made["id"])

    async def open_setup(self, payer: ports.Payer, *, return_url: str, key: str) -> ports.Checkout:
        """A page of Stripe's where a way to pay is saved."""
        return shapes.checkout(
            await self._do(
                self._client.v1.checkout.sessions.create_async,
                key=key,
                mode="setup",
                payment_method_types=["card"],
                customer=payer.ref,
                success_url=return_url,
                cancel_url=return_url,
            )
        )

    async def methods(self, customer_ref: str) -> Sequence[ports.Method]:
        """What is saved for a customer."""
        found = await self._ask(
            self._client.v1.payment_methods.list_async, customer=customer_ref, type="card", limit=PAGE
        )
        return [method for one in found.get("data", []) if (method := shapes.method(one)) is not None]

    async def forget(self, method_ref: str, *, key: str) -> None:
        """Remove a saved way to pay."""
        try:
            await self._do(self._client.v1.payment_methods.detach_async, method_ref, key=key)
        except Gone:
            return

    async def charge(self, purchase: ports.Purchase, *, method_ref: str, key: str) -> ports.Payment:
        """Charge a saved way to pay while its owner is away."""
        params: Any = self._intent(purchase) | {
            "payment_method": method_ref,
            "payment_method_types": ["card"],
            "confirm": True,
            "off_session": True,
            "expand": _CHARGE,
        }
        try:
            made = await self._client.v1.payment_intents.create_async(
                params=params, options={"idempotency_key": key[:255]}
            )
        except stripe.CardError as error:
            return await self._declined(error, purchase, key=key)
        except stripe.StripeError as error:
            raise failed(error, moves=True) from error
        return shapes.payment(plain(made))

    async def _declined(self, error: stripe.CardError, purchase: ports.Purchase, *, key: str) -> ports.Payment:
        """The payment that a declined charge left behind."""
        body: Any = error.json_body
        told = shapes.member(body, "error")
        intent = shapes.member(told, "payment_intent")
        if isinstance(intent, Mapping):
            found = shapes.payment(intent)
            if found.standing == "requires_action" and error.code == "authentication_required":
                return found
            if found.decline is not None:
                return found
        zero = Money(0, purchase.amount.currency)
        return ports.Payment(
            ref=shapes.ref(intent) or f"declined:{key}",
            standing="failed",
            amount=purchase.amount,
            captured=zero,
            refunded=zero,
            payment_id=purchase.payment_id,
            attempt_id=purchase.attempt_id,
            customer_ref=purchase.payer.ref,
            live=self._live,
            decline=shapes.decline(told)
            or ports.Decline(code=error.code or "card_declined", message=error.user_message or "It was declined."),
            at=shapes.at(shapes.member(intent, "created")),
        )

    # What is written down.

    async def fetch(self, ref: str) -> ports.Payment:
        """A payment by its own name, or the one that a page led to."""
        if ref.startswith("cs_"):
            session = await self._ask(self._client.v1.checkout.sessions.retrieve_async, ref)
            intent = shapes.ref(session.get("payment_intent"))
            if intent is None:
                raise Gone("resource_missing", "Nobody has paid on this page.")
            ref = intent
        found = shapes.payment(await self._ask(self._client.v1.payment_intents.retrieve_async, ref, expand=_CHARGE))
        if found.payment_id is not None or found.subscription_ref is not None:
            return found
        # It began at Stripe, so it may be for a subscription, which an invoice between the two of them names.
        told = await self._ask(
            self._client.v1.invoice_payments.list_async,
            payment={"type": "payment_intent", "payment_intent": ref},
            expand=["data.invoice"],
            limit=1,
        )
        invoices = [shapes.subscription_of(one.get("invoice")) for one in told.get("data", [])]
        return msgspec.structs.replace(found, subscription_ref=invoices[0] if invoices else None)

    async def submit_evidence(self, dispute_ref: str, evidence: Mapping[str, str], *, key: str) -> ports.Dispute:
        """Answer a dispute."""
        text = "\n\n".join(f"{name}: {value}" for name, value in sorted(evidence.items()) if value)
        told: dict[str, str] = {"uncategorized_text": text[:20_000]}
        if evidence.get("service_date"):
            told["service_date"] = evidence["service_date"]
        return shapes.dispute(
            await self._do(self._client.v1.disputes.update_async, dispute_ref, key=key, evidence=told, submit=True)
        )

    # Subscriptions that Stripe runs.

    async def ensure_plan(self, plan: ports.Plan, *, key: str) -> str:
        """Stripe's name for a price, which is found again by ours."""
        known = await self._ask(self._client.v1.prices.list_async, lookup_keys=[str(plan.price_id)], limit=1)
        if known.get("data"):
            return str(known["data"][0]["id"])
        made = await self._do(
            self._client.v1.prices.create_async,
            key=key,
            currency=plan.amount.currency.lower(),
            unit_amount=shapes.minor(plan.amount),
            recurring={"interval": plan.interval, "interval_count": plan.interval_count},
            product_data={"name": plan.name},
            lookup_key=str(plan.price_id),
        )
        return str(made["id"])

    async def start(
        self, payer: ports.Payer, plan: ports.Plan, *, method_ref: str | None, subscription_id: UUID, key: str
    ) -> ports.Subscription:
        """Begin a subscription (P23)."""
        more = {} if method_ref is None else {"default_payment_method": method_ref}
        return shapes.subscription(
            await self._do(
                self._client.v1.subscriptions.create_async,
                key=key,
                customer=payer.ref,
                items=[{"price": plan.ref}],
                metadata={"holdfast_subscription": str(subscription_id)},
                expand=["latest_invoice.payments"],
                **more,
            )
        )

    async def stop(self, ref: str, *, at_period_end: bool, key: str) -> ports.Subscription:
        """End a subscription now, or say that it is not renewed."""
        subscriptions = self._client.v1.subscriptions
        if at_period_end:
            return shapes.subscription(
                await self._do(subscriptions.update_async, ref, key=key, cancel_at_period_end=True)
            )
        return shapes.subscription(await self._do(subscriptions.cancel_async, ref, key=key))

    async def subscription(self, ref: str) -> ports.Subscription:
        """How a subscription stands."""
        return shapes.subscription(
            await self._ask(self._client.v1.subscriptions.retrieve_async, ref, expand=["latest_invoice.payments"])
        )

    async def portal(self, customer_ref: str, *, return_url: str) -> str:
        """Stripe's Customer Portal."""
        made = await self._ask(
            self._client.v1.billing_portal.sessions.create_async, customer=customer_ref, return_url=return_url
        )
        return str(made.get("url") or "")

    # And what every provider has.

    async def check(self) -> str:
        """The account's name."""
        account = await self._ask(self._client.v1.accounts.retrieve_current_async)
        name = shapes.member(account, "settings", "dashboard", "display_name") or account.get("id")
        return str(name or "Stripe")

    def read(self, headers: Mapping[str, str], body: bytes) -> ports.Signal:
        """What a webhook is about."""
        return messages.read("stripe", body)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close_async()
