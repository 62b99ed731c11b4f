"""A payment provider in this process, whose every answer a test can delay, lose or forge.

It keeps what a provider keeps (payments, refunds, disputes, sessions) and honours keys. ``faults`` says what becomes of
the next calls: ``lost`` does nothing and never answers, ``done_unheard`` does it and never answers, ``away`` refuses.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.money import Money

Fault: TypeAlias = Literal["lost", "done_unheard", "away", "refused", "broken"]


class Peer:
    """The provider. Methods are named ``good``, ``declined``, ``stolen``, ``needs_action`` or ``slow``."""

    abilities: frozenset[ports.Ability] = frozenset(
        {"order", "checkout", "capture", "refund", "dispute", "charge", "setup", "portal"}
    )

    def __init__(self, *, live: bool = False) -> None:
        self.live = live
        self.payments: dict[str, ports.Payment] = {}
        self.refunds_: dict[str, ports.Refund] = {}
        self.disputes_: dict[str, ports.Dispute] = {}
        self.unreadable: dict[str, UUID | None] = {}
        self.sessions: dict[str, ports.Purchase] = {}
        self.customers: dict[UUID, str] = {}
        self.saved: dict[str, list[ports.Method]] = defaultdict(list)
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.calls: list[tuple[str, str]] = []
        self.pause: asyncio.Event | None = None
        self._answers: dict[str, Any] = {}

    @asynccontextmanager
    async def _called(self, what: str, key: str) -> AsyncIterator[None]:
        self.calls.append((what, key))
        fault = self.faults[what].pop(0) if self.faults[what] else None
        if fault == "lost":
            raise outcomes.Unknown("lost")
        if fault == "away":
            raise outcomes.Transient("away")
        if fault == "refused":
            raise outcomes.Rejected("refused", "The provider refuses.")
        if fault == "broken":
            raise RuntimeError("broken")
        if self.pause is not None:
            await self.pause.wait()
        yield
        if fault == "done_unheard":
            raise outcomes.Unknown("done, and nobody heard")

    def times(self, what: str) -> int:
        """How often something was asked for."""
        return sum(1 for name, _ in self.calls if name == what)

    # What a test does at the provider.

    def put(self, payment: ports.Payment) -> ports.Payment:
        """Keep a payment, or its new state."""
        self.payments[payment.ref] = payment
        return payment

    def change(self, ref: str, **changes: Any) -> ports.Payment:
        """Change a payment at the provider."""
        return self.put(msgspec.structs.replace(self.payments[ref], **changes))

    def pay(self, session: str, **changes: Any) -> ports.Payment:
        """The payer pays at a checkout's or order's page."""
        purchase = self.sessions[session]
        return self.put(self.made(purchase, "captured", order_ref=session, **changes))

    def save(self, customer_ref: str, name: str = "good") -> ports.Method:
        """The customer saves a way to pay."""
        method = ports.Method(ref=f"{name}_{ids.new().hex}", kind="card", brand="visa", last4="4242", expires="2030-01")
        self.saved[customer_ref].append(method)
        return method

    def made(self, purchase: ports.Purchase, standing: ports.Standing, **changes: Any) -> ports.Payment:
        """A payment as the provider would tell it."""
        amount = purchase.amount
        values: dict[str, Any] = {
            "ref": f"pi_{ids.new().hex}",
            "standing": standing,
            "amount": amount,
            "captured": amount if standing == "captured" else Money(0, amount.currency),
            "refunded": Money(0, amount.currency),
            "payment_id": purchase.payment_id,
            "attempt_id": purchase.attempt_id,
            "customer_ref": purchase.payer.ref,
            "method": ports.Method(ref="shown", kind="card", brand="visa", last4="4242"),
            "live": self.live,
            "at": datetime.now(UTC),
        }
        return ports.Payment(**(values | changes))

    # The port.

    async def ensure_customer(self, payer: ports.Payer, *, key: str) -> str:
        async with self._called("customer", key):
            return self.customers.setdefault(payer.id, f"cus_{ids.new().hex}")

    async def create_order(self, purchase: ports.Purchase, *, key: str) -> ports.Order:
        async with self._called("order", key):
            ref = self._once(key, lambda: f"order_{ids.new().hex}")
            self.sessions[ref] = purchase
        return ports.Order(ref=ref, amount=purchase.amount, client={"key_id": "public"})

    async def open_checkout(self, purchase: ports.Purchase, *, key: str) -> ports.Checkout:
        async with self._called("checkout", key):
            ref = self._once(key, lambda: f"cs_{ids.new().hex}")
            self.sessions[ref] = purchase
        return ports.Checkout(
            ref=ref, url=f"https://provider.test/{ref}", expires_at=datetime.now(UTC) + timedelta(hours=24)
        )

    async def open_setup(self, payer: ports.Payer, *, return_url: str, key: str) -> ports.Checkout:
        async with self._called("setup", key):
            return ports.Checkout(ref="seti", url=f"https://provider.test/setup?{payer.ref}&{return_url}")

    def verify_checkout(self, *, order_ref: str, payment_ref: str, signature: str) -> bool:
        return signature == f"signed:{order_ref}:{payment_ref}"

    async def charge(self, purchase: ports.Purchase, *, method_ref: str, key: str) -> ports.Payment:
        async with self._called("charge", key):
            charged: ports.Payment = self._once(key, lambda: self.put(self._charged(purchase, method_ref)))
            return charged
        raise AssertionError

    def _charged(self, purchase: ports.Purchase, method_ref: str) -> ports.Payment:
        match method_ref.partition("_")[0]:
            case "declined":
                decline = ports.Decline(code="insufficient_funds", message="There is not enough money.", retry=True)
                return self.made(purchase, "failed", decline=decline)
            case "stolen":
                decline = ports.Decline(code="stolen_card", message="This card cannot be used.", retry=False)
                return self.made(purchase, "failed", decline=decline)
            case "needs":
                return self.made(purchase, "requires_action", action_url="https://provider.test/3ds")
            case "slow":
                return self.made(purchase, "processing")
        return self.made(purchase, "captured" if purchase.capture else "authorized")

    async def capture(self, ref: str, amount: Money, *, key: str) -> ports.Payment:
        async with self._called("capture", key):
            if self.payments[ref].standing != "authorized":
                raise outcomes.Rejected("not_authorized", "It cannot be captured.")
            return self.change(ref, standing="captured", captured=amount)
        raise AssertionError

    async def cancel(self, ref: str, *, key: str) -> ports.Payment:
        async with self._called("cancel", key):
            if ref not in self.payments:
                self.sessions.pop(ref, None)
                raise outcomes.Gone("gone", "There is no such payment.")
            if self.payments[ref].standing == "captured":
                raise outcomes.Rejected("captured", "It is paid.")
            return self.change(ref, standing="cancelled")
        raise AssertionError

    async def refund(self, ref: str, amount: Money, *, refund_id: UUID, key: str) -> ports.Refund:
        async with self._called("refund", key):
            refund: ports.Refund = self._once(key, lambda: self.give_back(ref, amount, refund_id=refund_id))
            return refund
        raise AssertionError

    def give_back(
        self,
        ref: str,
        amount: Money,
        *,
        refund_id: UUID | None = None,
        standing: Literal["pending", "succeeded", "failed"] = "succeeded",
    ) -> ports.Refund:
        """Refund at the provider; it never gives back more than it has."""
        payment = self.payments[ref]
        if payment.refunded.minor + amount.minor > payment.captured.minor:
            raise outcomes.Rejected("too_much", "More than was captured.")
        refund = ports.Refund(
            ref=f"re_{ids.new().hex}",
            payment_ref=ref,
            amount=amount,
            standing=standing,
            refund_id=refund_id,
            at=datetime.now(UTC),
        )
        self.refunds_[refund.ref] = refund
        self.change(ref, refunded=payment.refunded + amount)
        return refund

    def complain(self, ref: str, *, withdrawn: bool = True) -> ports.Dispute:
        """The payer complains to their bank, which takes the money or only inquires."""
        dispute = ports.Dispute(
            ref=f"dp_{ids.new().hex}",
            payment_ref=ref,
            amount=self.payments[ref].captured,
            reason="fraudulent",
            standing="needs_response",
            withdrawn=withdrawn,
            due_at=datetime.now(UTC) + timedelta(days=7),
            at=datetime.now(UTC),
        )
        self.disputes_[dispute.ref] = dispute
        return dispute

    def decide(
        self, ref: str, standing: Literal["needs_response", "under_review", "won", "lost"], **changes: Any
    ) -> ports.Dispute:
        """The bank decides."""
        self.disputes_[ref] = msgspec.structs.replace(self.disputes_[ref], standing=standing, **changes)
        return self.disputes_[ref]

    async def fetch(self, ref: str) -> ports.Payment:
        async with self._called("fetch", ref):
            if ref in self.sessions:
                found = [payment for payment in self.payments.values() if payment.order_ref == ref]
                if found:
                    return found[-1]
            if ref not in self.payments:
                raise outcomes.Gone("gone", "There is no such payment.")
            return self.payments[ref]
        raise AssertionError

    async def find(self, payment_id: UUID, *, since: datetime) -> Sequence[ports.Payment]:
        async with self._called("find", str(payment_id)):
            return [payment for payment in self.payments.values() if payment.payment_id == payment_id]
        raise AssertionError

    async def listing(self, *, since: datetime, until: datetime, cursor: str | None = None) -> ports.Batch:
        async with self._called("listing", cursor or ""):
            found = [payment for payment in self.payments.values() if _within(payment.at, since, until)]
            return ports.Batch(payments=found, unreadable=self.unreadable)
        raise AssertionError

    async def refunded(self, *, since: datetime, until: datetime) -> Sequence[str]:
        return [one.payment_ref for one in self.refunds_.values() if _within(one.at, since, until)]

    async def complaints(self, *, since: datetime, until: datetime) -> ports.Complaints:
        return ports.Complaints(disputes=[one for one in self.disputes_.values() if _within(one.at, since, until)])

    async def refunds(self, ref: str) -> Sequence[ports.Refund]:
        async with self._called("refunds", ref):
            return [refund for refund in self.refunds_.values() if refund.payment_ref == ref]
        raise AssertionError

    async def disputes(self, ref: str) -> Sequence[ports.Dispute]:
        return [dispute for dispute in self.disputes_.values() if dispute.payment_ref == ref]

    async def submit_evidence(self, dispute_ref: str, evidence: Mapping[str, str], *, key: str) -> ports.Dispute:
        async with self._called("evidence", key):
            return self.decide(dispute_ref, "under_review")
        raise AssertionError

    async def methods(self, customer_ref: str) -> Sequence[ports.Method]:
        return list(self.saved[customer_ref])

    async def forget(self, method_ref: str, *, key: str) -> None:
        async with self._called("forget", key):
            for methods in self.saved.values():
                methods[:] = [method for method in methods if method.ref != method_ref]

    async def check(self) -> str:
        return "The peer"

    def read(self, headers: Mapping[str, str], body: bytes) -> ports.Signal:
        return msgspec.json.decode(body, type=ports.Signal)

    async def close(self) -> None:
        """There is nothing to close."""

    def _once(self, key: str, make: Any) -> Any:
        if key not in self._answers:
            self._answers[key] = make()
        return self._answers[key]


def _within(at: datetime, since: datetime, until: datetime) -> bool:
    # A provider's list is of whole seconds, and whoever asks rounds up.
    return since <= at < until + timedelta(seconds=1)
