"""Razorpay, over HTTP: its own library knows no timeouts, repeats requests and blocks (I21, I34).

Razorpay keeps no idempotency keys for most calls. What it keeps unique is used in their place (the receipt of an order,
the reference of a payment link), and everything carries our id in its notes, by which it is found again.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone, Rejected, Unsupported
from holdfast.integrations.payments import messages
from holdfast.integrations.payments import razorpay_shapes as shapes
from holdfast.integrations.payments.razorpay_lists import PAGE, Lists
from holdfast.integrations.payments.razorpay_transport import Transport
from holdfast.kernel.money import Money

_OPEN_FOR = timedelta(hours=24)
_CYCLES = 120
"""Razorpay wants to know how often a subscription is renewed at most."""
_PERIODS = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}


class Razorpay(Lists):
    """A business's account at Razorpay."""

    abilities: frozenset[ports.Ability] = frozenset(
        {"order", "checkout", "capture", "refund", "dispute", "charge", "subscription"}
    )

    def __init__(self, connection: ports.Connection) -> None:
        self._key = connection.credentials["key_id"]
        self._secret = connection.credentials["key_secret"].encode()
        self._live = connection.mode == "live"
        self._transport = Transport(connection.base_url, self._key, connection.credentials["key_secret"])
        self._send = self._transport.send

    # Single payments.

    async def create_order(self, purchase: ports.Purchase, *, key: str) -> ports.Order:
        """An order that a page of ours takes a payment for with Razorpay's own script; found again by its receipt."""
        receipt = str(purchase.payment_id)
        known = await self._send("GET", "/orders", query={"receipt": receipt, "count": 1})
        if known.get("items"):
            made = known["items"][0]
        else:
            made = await self._send(
                "POST",
                "/orders",
                body={
                    "amount": shapes.minor(purchase.amount),
                    "currency": purchase.amount.currency,
                    "receipt": receipt,
                    "notes": {"holdfast_payment": receipt},
                    "payment": {"capture": "automatic" if purchase.capture else "manual"},
                },
            )
        return ports.Order(ref=str(made["id"]), amount=purchase.amount, client={"key_id": self._key})

    async def open_checkout(self, purchase: ports.Purchase, *, key: str) -> ports.Checkout:
        """A payment link. Its reference is unique at Razorpay, so a repetition finds the first one."""
        expires = datetime.now(UTC) + _OPEN_FOR
        reference = key[:40]
        amount = shapes.minor(purchase.amount)
        try:
            made = await self._send(
                "POST",
                "/payment_links",
                body={
                    "amount": amount,
                    "currency": purchase.amount.currency,
                    "description": purchase.description[:2048],
                    "reference_id": reference,
                    "customer": _contact(purchase.payer),
                    "notify": {"sms": False, "email": False},
                    "notes": ports.names(purchase),
                    "callback_url": purchase.return_url,
                    "callback_method": "get",
                    "expire_by": int(expires.timestamp()),
                },
            )
        except Rejected:
            found = await self._send("GET", "/payment_links", query={"reference_id": reference})
            if not found.get("payment_links"):
                raise
            made = found["payment_links"][0]
        until = made.get("expire_by")
        return ports.Checkout(
            ref=str(made["id"]),
            url=str(made.get("short_url") or ""),
            expires_at=shapes.at(until) if isinstance(until, int) and until else None,
        )

    def verify_checkout(self, *, order_ref: str, payment_ref: str, signature: str) -> bool:
        """Whether Razorpay signed that this payment belongs to this order (I21, W61)."""
        expected = hmac.digest(self._secret, f"{order_ref}|{payment_ref}".encode(), "sha256").hex()
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))

    async def capture(self, ref: str, amount: Money, *, key: str) -> ports.Payment:
        """Take what was authorized; a payment is captured once, whoever asks."""
        found = await self._send(
            "POST", f"/payments/{ref}/capture", body={"amount": shapes.minor(amount), "currency": amount.currency}
        )
        return shapes.payment(found, live=self._live)

    async def cancel(self, ref: str, *, key: str) -> ports.Payment:
        """Let a link go. An authorized payment lapses by itself; Razorpay cannot be asked to drop it."""
        if not ref.startswith("plink_"):
            raise Unsupported
        await self._send("POST", f"/payment_links/{ref}/cancel", body={})
        raise Gone("cancelled", "Nobody has paid on this page.")

    async def refund(self, ref: str, amount: Money, *, refund_id: UUID, key: str) -> ports.Refund:
        """Give an amount back; the receipt names our refund."""
        found = await self._send(
            "POST",
            f"/payments/{ref}/refund",
            body={
                "amount": shapes.minor(amount),
                "receipt": str(refund_id),
                "notes": {"holdfast_refund": str(refund_id)},
            },
            headers={"X-Refund-Idempotency": key[:40]},
        )
        return shapes.refund(found)

    # Customers who are away.

    async def ensure_customer(self, payer: ports.Payer, *, key: str) -> str:
        """Razorpay's name for a customer; one that it has already is given back."""
        made = await self._send(
            "POST",
            "/customers",
            body={**_contact(payer), "fail_existing": "0", "notes": {"holdfast_customer": str(payer.id)}},
        )
        return str(made["id"])

    async def open_setup(self, payer: ports.Payer, *, return_url: str, key: str) -> ports.Checkout:
        """Razorpay saves a way to pay only along with a payment."""
        raise Unsupported

    async def methods(self, customer_ref: str) -> Sequence[ports.Method]:
        """The tokens of a customer."""
        found = await self._send("GET", f"/customers/{customer_ref}/tokens")
        return [method for one in found.get("items", []) if (method := shapes.token(one, customer_ref)) is not None]

    async def forget(self, method_ref: str, *, key: str) -> None:
        """Remove a token, which Razorpay knows by its customer alone: ``<customer>/<token>``."""
        customer, _, token = method_ref.rpartition("/")
        if not customer:
            raise Unsupported
        try:
            await self._send("DELETE", f"/customers/{customer}/tokens/{token}")
        except Gone:
            return

    async def charge(self, purchase: ports.Purchase, *, method_ref: str, key: str) -> ports.Payment:
        """Charge a token while its owner is away: an order, and a recurring payment of it."""
        amount = shapes.minor(purchase.amount)
        order = await self.create_order(purchase, key=key)
        paid = await self._newest_of_order(order.ref)
        if paid is not None and paid.standing != "failed":
            return paid
        payer = purchase.payer
        try:
            made = await self._send(
                "POST",
                "/payments/create/recurring",
                body={
                    "email": payer.email or "",
                    "contact": payer.phone or "",
                    "amount": amount,
                    "currency": purchase.amount.currency,
                    "order_id": order.ref,
                    "customer_id": payer.ref or "",
                    "token": method_ref.rpartition("/")[2],
                    "recurring": "1",
                    "description": purchase.description,
                    "notes": ports.names(purchase),
                },
            )
        except Rejected:
            # A decline is refused like a malformed request, but it leaves a payment behind.
            declined = await self._newest_of_order(order.ref)
            if declined is None or (paid is not None and declined.ref == paid.ref):
                raise
            return declined
        return await self.fetch(str(made.get("razorpay_payment_id") or ""))

    # What is written down.

    async def fetch(self, ref: str) -> ports.Payment:
        """A payment by its own name, or the newest of an order or a link."""
        if ref.startswith("order_"):
            found = await self._newest_of_order(ref)
        elif ref.startswith("plink_"):
            link = await self._send("GET", f"/payment_links/{ref}")
            payments = link.get("payments") or []
            newest = payments[-1] if isinstance(payments, list) and payments else None
            name = shapes.text(shapes.member(newest, "payment_id"))
            found = None if name is None else await self._paid(name)
            if found is not None:
                ours = found.payment_id or shapes.ours(link, "holdfast_payment")
                attempt = found.attempt_id or shapes.ours(link, "holdfast_attempt")
                found = msgspec.structs.replace(found, payment_id=ours, attempt_id=attempt, order_ref=ref)
        else:
            found = await self._paid(ref)
        if found is None:
            raise Gone("not_found", "Nobody has paid for it.")
        return found

    async def _paid(self, ref: str) -> ports.Payment:
        """A payment. What it does not say itself about where it began, its order or its invoice says."""
        told = await self._send("GET", f"/payments/{ref}")
        found = shapes.payment(told, live=self._live)
        invoice = shapes.text(told.get("invoice_id"))
        if found.payment_id is None and found.order_ref is not None:
            order = await self._send("GET", f"/orders/{found.order_ref}")
            found = msgspec.structs.replace(found, payment_id=shapes.ours(order, "holdfast_payment"))
        if found.payment_id is None and found.subscription_ref is None and invoice is not None:
            bill = await self._send("GET", f"/invoices/{invoice}")
            found = msgspec.structs.replace(found, subscription_ref=shapes.text(bill.get("subscription_id")))
        return found

    async def _newest_of_order(self, ref: str) -> ports.Payment | None:
        """What counts of an order's payments: the one that is paid, else the newest."""
        found = await self._send("GET", f"/orders/{ref}/payments")
        payments = sorted(
            (shapes.payment(one, live=self._live) for one in found.get("items", [])),
            key=lambda one: (one.standing in ("captured", "authorized"), one.at),
        )
        return payments[-1] if payments else None

    async def submit_evidence(self, dispute_ref: str, evidence: Mapping[str, str], *, key: str) -> ports.Dispute:
        """Answer a dispute with a summary; documents go through Razorpay's own console."""
        summary = "\n".join(f"{name}: {value}" for name, value in sorted(evidence.items()) if value)
        body = {"summary": summary[:1000], "action": "submit"}
        return shapes.dispute(await self._send("PATCH", f"/disputes/{dispute_ref}/contest", body=body))

    # Subscriptions that Razorpay runs.

    async def ensure_plan(self, plan: ports.Plan, *, key: str) -> str:
        """Razorpay's name for a price."""
        made = await self._send(
            "POST",
            "/plans",
            body={
                "period": _PERIODS[plan.interval],
                "interval": plan.interval_count,
                "item": {"name": plan.name, "amount": shapes.minor(plan.amount), "currency": plan.amount.currency},
                "notes": {"holdfast_price": str(plan.price_id)},
            },
        )
        return str(made["id"])

    async def start(
        self, payer: ports.Payer, plan: ports.Plan, *, method_ref: str | None, subscription_id: UUID, key: str
    ) -> ports.Subscription:
        """Begin a subscription; the customer authorizes it on Razorpay's page."""
        return shapes.subscription(
            await self._send(
                "POST",
                "/subscriptions",
                body={
                    "plan_id": plan.ref,
                    "customer_id": payer.ref,
                    "total_count": _CYCLES,
                    "customer_notify": 0,
                    "notes": {"holdfast_subscription": str(subscription_id)},
                },
            )
        )

    async def stop(self, ref: str, *, at_period_end: bool, key: str) -> ports.Subscription:
        """End a subscription now or at the end of its cycle."""
        body = {"cancel_at_cycle_end": 1 if at_period_end else 0}
        return shapes.subscription(await self._send("POST", f"/subscriptions/{ref}/cancel", body=body))

    async def subscription(self, ref: str) -> ports.Subscription:
        """How a subscription stands."""
        found = shapes.subscription(await self._send("GET", f"/subscriptions/{ref}"))
        bills = await self._send("GET", "/invoices", query={"subscription_id": ref, "count": PAGE})
        paid = [one for one in bills.get("items", []) if shapes.text(shapes.member(one, "payment_id"))]
        newest = max(paid, key=lambda one: shapes.at(one.get("paid_at")), default=None)
        return msgspec.structs.replace(found, latest_payment_ref=shapes.text(shapes.member(newest, "payment_id")))

    async def portal(self, customer_ref: str, *, return_url: str) -> str:
        """Razorpay has no such page."""
        raise Unsupported

    # And what every provider has.

    async def check(self) -> str:
        """Ask for anything at all; Razorpay does not tell an account's name."""
        await self._send("GET", "/payments", query={"count": 1})
        return f"Razorpay {self._key[:14]}…"

    def read(self, headers: Mapping[str, str], body: bytes) -> ports.Signal:
        """What a webhook is about."""
        return messages.read("razorpay", body)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()


def _contact(payer: ports.Payer) -> dict[str, str]:
    told = {"name": payer.name, "email": payer.email, "contact": payer.phone}
    return {name: value for name, value in told.items() if value}
