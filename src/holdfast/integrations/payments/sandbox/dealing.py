"""Dealing: what happens in the sandbox when somebody pays, confirms, complains, or is given money back.

Everything happens in a transaction of the sandbox's own, with the message that tells of it.
"""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone, Rejected
from holdfast.integrations.payments.sandbox import hooks, shapes, state
from holdfast.integrations.payments.sandbox.numbers import DECLINES, REFUSED_BY_PAYER, Behaviour, Card
from holdfast.integrations.payments.sandbox.state import Kept, Saved, Session
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx

DISPUTE_DAYS = 7


class Place:
    """A connection inside the sandbox: which dialect it speaks and where its messages go."""

    def __init__(self, tx: Tx, connection_id: UUID, provider: str) -> None:
        self.tx = tx
        self.id = connection_id
        self.provider = provider
        self.dialect = provider.removeprefix("sandbox-")

    async def payment(self, ref: str) -> Kept:
        """The payment of that name, locked.

        Raises:
            Gone: there is none.
        """
        found = await state.find(self.tx, self.id, ref, lock=True)
        if found is None or found.kind != "payment":
            raise Gone("resource_missing", "There is no such payment.")
        return found.read(Kept)

    async def keep(self, kept: Kept, *, tell: bool = True) -> ports.Payment:
        """Keep a payment, and tell of it."""
        told = kept.payment
        await state.put(self.tx, self.id, told.ref, "payment", kept, our_id=told.payment_id, parent_ref=told.order_ref)
        if tell:
            message = hooks.event_id(self.dialect)
            name, body = shapes.payment(self.dialect, told, event_id=message, at=self.tx.now)
            await hooks.send(self.tx, self.id, self.provider, message, name, body, about=told.ref)
        return told

    async def settle(self, kept: Kept, standing: ports.Standing, *, decline: ports.Decline | None = None) -> Kept:
        """Move a payment, and what follows from how its card behaves."""
        amount = kept.payment.amount
        told = msgspec.structs.replace(
            kept.payment,
            standing=standing,
            captured=amount if standing == "captured" else Money(0, amount.currency),
            decline=decline,
            action_url=None,
        )
        kept = msgspec.structs.replace(kept, payment=told)
        await self.keep(kept)
        if standing == "captured" and kept.behaviour is Behaviour.disputed:
            await self.complain(kept)
        return kept

    def fresh(
        self,
        purchase: ports.Purchase,
        behaviour: Behaviour,
        method: ports.Method,
        *,
        ref: str,
        order_ref: str | None = None,
        subscription_ref: str | None = None,
    ) -> Kept:
        """A payment that was just begun."""
        amount = purchase.amount
        return Kept(
            payment=ports.Payment(
                ref=ref,
                standing="processing",
                amount=amount,
                captured=Money(0, amount.currency),
                refunded=Money(0, amount.currency),
                payment_id=purchase.payment_id,
                attempt_id=purchase.attempt_id,
                order_ref=order_ref,
                customer_ref=purchase.payer.ref,
                method=method,
                subscription_ref=subscription_ref,
                at=self.tx.now,
            ),
            behaviour=behaviour,
            capture=purchase.capture,
            return_url=purchase.return_url,
        )

    async def attempt(self, kept: Kept, *, present: bool, action_url: str) -> Kept:
        """Charge a card: as it behaves, and as it does when the payer is there or away."""
        behaviour = kept.behaviour
        if behaviour is Behaviour.needs_action:
            waiting = msgspec.structs.replace(kept.payment, standing="requires_action", action_url=action_url)
            kept = msgspec.structs.replace(kept, payment=waiting)
            await self.keep(kept)
            return kept
        if behaviour is Behaviour.slow:
            await self.keep(kept)
            return kept
        if behaviour in DECLINES and not (present and behaviour is Behaviour.declines_later):
            return await self.settle(kept, "failed", decline=DECLINES[behaviour])
        return await self.settle(kept, "captured" if kept.capture else "authorized")

    async def confirm(self, ref: str, *, approve: bool) -> Kept:
        """The payer tells their bank yes or no (3-D Secure), or somebody settles what was on its way.

        Raises:
            Gone, Rejected: there is no such payment, or nobody waits for an answer about it.
        """
        kept = await self.payment(ref)
        if kept.payment.standing not in ("requires_action", "processing"):
            raise Rejected("unexpected_state", f"It is {kept.payment.standing}.")
        if not approve:
            return await self.settle(kept, "failed", decline=REFUSED_BY_PAYER)
        return await self.settle(kept, "captured" if kept.capture else "authorized")

    async def pay(self, session_ref: str, card: Card, *, action_url: str) -> Kept:
        """Somebody pays on a page.

        Raises:
            Gone: there is no such page.
            Rejected: it was paid, or has expired.
        """
        found = await state.find(self.tx, self.id, session_ref, lock=True)
        if found is None or found.kind != "session":
            raise Gone("resource_missing", "There is no such page.")
        session = found.read(Session)
        purchase = session.purchase
        if session.status != "open" or purchase is None or session.expires_at <= self.tx.now:
            raise Rejected("session_over", "This page is not open any more.")
        # Stripe keeps one payment per page, whatever is tried; Razorpay makes one for each try.
        ref = session.payment_ref if self.dialect == "stripe" and session.payment_ref else None
        method = ports.Method(
            ref=state.new_ref(self.dialect, "method"),
            kind="card",
            brand=card.brand,
            last4=card.digits[-4:],
            expires="2030-12",
        )
        kept = self.fresh(
            purchase,
            card.behaviour,
            method,
            ref=ref or state.new_ref(self.dialect, "payment"),
            order_ref=session_ref,
        )
        kept = await self.attempt(kept, present=True, action_url=action_url)
        paid = kept.payment.standing in ("captured", "authorized")
        await state.put(
            self.tx,
            self.id,
            session_ref,
            "session",
            msgspec.structs.replace(
                session, payment_ref=kept.payment.ref, status="complete" if paid else session.status
            ),
        )
        if paid and purchase.save_method and purchase.payer.ref is not None:
            await self.save(purchase.payer.ref, method, card.behaviour, session_ref)
        return kept

    async def finish(self, kept: Kept) -> None:
        """Close the page of a payment that came to its end after it was left."""
        ref = kept.payment.order_ref
        if ref is None or kept.payment.standing not in ("captured", "authorized"):
            return
        found = await state.find(self.tx, self.id, ref, lock=True)
        if found is not None and found.kind == "session":
            session = msgspec.structs.replace(found.read(Session), status="complete")
            await state.put(self.tx, self.id, ref, "session", session)

    async def save(self, customer_ref: str, method: ports.Method, behaviour: Behaviour, session_ref: str) -> None:
        """Keep a card for a customer, and tell of it."""
        saved = Saved(method=method, behaviour=behaviour)
        await state.put(self.tx, self.id, method.ref, "method", saved, parent_ref=customer_ref)
        message = hooks.event_id(self.dialect)
        name, body = shapes.saved(self.dialect, customer_ref, session_ref, event_id=message, at=self.tx.now)
        await hooks.send(self.tx, self.id, self.provider, message, name, body, about=customer_ref)

    async def give_back(
        self, ref: str, amount: Money, *, refund_id: UUID | None, name: str | None = None
    ) -> ports.Refund:
        """Give an amount of a payment back.

        Raises:
            Gone: there is no such payment.
            Rejected: less is left of it.
        """
        kept = await self.payment(ref)
        paid = kept.payment
        if paid.standing != "captured" or amount.currency != paid.amount.currency:
            raise Rejected("not_refundable", "It cannot be given back.")
        if paid.refunded.minor + amount.minor > paid.captured.minor:
            raise Rejected("amount_too_large", "More than is left of it.")
        fails = kept.behaviour is Behaviour.refund_fails
        refund = ports.Refund(
            ref=name or state.new_ref(self.dialect, "refund"),
            payment_ref=ref,
            amount=amount,
            standing="failed" if fails else "succeeded",
            refund_id=refund_id,
            at=self.tx.now,
        )
        if not fails:
            paid = msgspec.structs.replace(paid, refunded=paid.refunded + amount)
            await self.keep(msgspec.structs.replace(kept, payment=paid), tell=False)
        await state.put(self.tx, self.id, refund.ref, "refund", refund, our_id=refund_id, parent_ref=ref)
        message = hooks.event_id(self.dialect)
        event, body = shapes.refund(self.dialect, refund, paid, event_id=message, at=self.tx.now)
        await hooks.send(self.tx, self.id, self.provider, message, event, body, about=refund.ref)
        return refund

    async def complain(self, kept: Kept) -> ports.Dispute:
        """The payer complains to their bank."""
        dispute = ports.Dispute(
            ref=state.new_ref(self.dialect, "dispute"),
            payment_ref=kept.payment.ref,
            amount=kept.payment.captured,
            reason="fraudulent",
            standing="needs_response",
            due_at=self.tx.now + timedelta(days=DISPUTE_DAYS),
            at=self.tx.now,
        )
        return await self.tell_dispute(dispute, kept.payment)

    async def decide(self, ref: str, standing: Literal["under_review", "won", "lost"]) -> ports.Dispute:
        """The bank looks at a dispute, or decides it.

        Raises:
            Gone: there is none.
            Rejected: it is decided.
        """
        found = await state.find(self.tx, self.id, ref, lock=True)
        if found is None or found.kind != "dispute":
            raise Gone("resource_missing", "There is no such dispute.")
        dispute = found.read(ports.Dispute)
        if dispute.standing in ("won", "lost"):
            raise Rejected("unexpected_state", f"It is {dispute.standing}.")
        kept = await self.payment(dispute.payment_ref)
        return await self.tell_dispute(msgspec.structs.replace(dispute, standing=standing), kept.payment)

    async def tell_dispute(self, dispute: ports.Dispute, of: ports.Payment) -> ports.Dispute:
        """Keep a dispute, and tell of it."""
        await state.put(self.tx, self.id, dispute.ref, "dispute", dispute, parent_ref=dispute.payment_ref)
        message = hooks.event_id(self.dialect)
        name, body = shapes.dispute(self.dialect, dispute, of, event_id=message, at=self.tx.now)
        await hooks.send(self.tx, self.id, self.provider, message, name, body, about=dispute.ref)
        return dispute


def purchase_of(plan: ports.Plan, payer: ports.Payer) -> ports.Purchase:
    """What a period of a subscription costs, as a purchase of nobody's here."""
    return ports.Purchase(payment_id=ids.new(), amount=plan.amount, description=plan.name, payer=payer)
