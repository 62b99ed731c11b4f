"""The sandbox's adapter: the port of a payment provider, over the sandbox's own books."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone, Rejected, Transient, Unknown
from holdfast.integrations.payments import messages
from holdfast.integrations.payments.sandbox import clients, faults, renewing, state
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.integrations.payments.sandbox.numbers import Behaviour
from holdfast.integrations.payments.sandbox.state import Kept, Kind, Plan, Renewing, Saved, Session
from holdfast.kernel.database import Database
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx, transaction

OPEN_FOR = timedelta(hours=24)
_MOST_KEY = 255
_PAGE = 100


class Sandbox:
    """A provider that keeps its books in our database and moves no money."""

    abilities: frozenset[ports.Ability] = frozenset(
        {"order", "checkout", "capture", "refund", "dispute", "charge", "setup", "subscription", "portal"}
    )

    def __init__(self, connection: ports.Connection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._id = connection.id
        self._dialect = connection.provider.removeprefix("sandbox-")

    def _opens(self) -> AbstractAsyncContextManager[Tx]:
        return transaction(self._database, self._connection.tenant)

    def _place(self, tx: Tx) -> Place:
        return Place(tx, self._id, self._connection.provider)

    async def _once(
        self, call: str, kind: Kind, key: str, request: object, make: Callable[[Place, str], Awaitable[None]]
    ) -> str:
        """Do something once per key, as a provider does; gives the name of what came of it.

        Raises:
            Rejected: the key was used for another request.
            Transient, Unknown: a fault that somebody asked for.
        """
        told = hashlib.sha256(msgspec.json.encode([call, request], order="deterministic")).hexdigest()
        async with self._opens() as tx:
            fault = await faults.take(tx, self._id, call)
            if fault is None or fault == "lost_after":
                ref = await self._made(self._place(tx), kind, key[:_MOST_KEY], told, make)
        if fault == "away":
            raise Transient("The sandbox is away.")
        if fault is not None:
            raise Unknown("The sandbox's answer was lost.")
        return ref

    async def _made(
        self, place: Place, kind: Kind, key: str, told: str, make: Callable[[Place, str], Awaitable[None]]
    ) -> str:
        fresh = state.new_ref(self._dialect, kind)
        new = await place.tx.execute(
            "insert into sandbox_pay_key (connection_id, key, request, ref, at) values ($1, $2, $3, $4, $5) "
            "on conflict do nothing",
            self._id,
            key,
            told,
            fresh,
            place.tx.now,
        )
        if new:
            await clients.know(place.tx, self._connection)
            await make(place, fresh)
            return fresh
        known = await place.tx.one(
            _Known, "select request, ref from sandbox_pay_key where connection_id = $1 and key = $2", self._id, key
        )
        if known.request != told:
            raise Rejected("idempotency_error", "This key was used for another request.")
        return known.ref

    def _url(self, ref: str) -> str:
        return f"{self._database.settings.public_url.rstrip('/')}/sandbox/pay/{self._connection.tenant}/{ref}"

    # Single payments.

    async def create_order(self, purchase: ports.Purchase, *, key: str) -> ports.Order:
        """Something that a page of ours can take a payment for."""
        ref = await self._once("order", "session", key, purchase, self._opening(purchase))
        public = {"key_id": self._connection.credentials.get("key_id", ""), "pay_url": self._url(ref)}
        return ports.Order(ref=ref, amount=purchase.amount, client=public)

    async def open_checkout(self, purchase: ports.Purchase, *, key: str) -> ports.Checkout:
        """A page of the sandbox's where the payer pays."""
        ref = await self._once("checkout", "session", key, purchase, self._opening(purchase))
        session = (await self._object(ref, "session")).read(Session)
        return ports.Checkout(ref=ref, url=self._url(ref), expires_at=session.expires_at)

    def _opening(self, purchase: ports.Purchase) -> Callable[[Place, str], Awaitable[None]]:
        async def make(place: Place, ref: str) -> None:
            session = Session(
                purchase=purchase,
                customer_ref=purchase.payer.ref,
                return_url=purchase.return_url or "",
                expires_at=place.tx.now + OPEN_FOR,
            )
            await state.put(place.tx, self._id, ref, "session", session, our_id=purchase.payment_id)

        return make

    def verify_checkout(self, *, order_ref: str, payment_ref: str, signature: str) -> bool:
        """Whether the sandbox signed that this payment belongs to this order, as Razorpay signs it."""
        expected = signature_of(self._connection, order_ref=order_ref, payment_ref=payment_ref)
        return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))

    async def capture(self, ref: str, amount: Money, *, key: str) -> ports.Payment:
        """Take what was authorized."""

        async def make(place: Place, _: str) -> None:
            kept = await place.payment(ref)
            if kept.payment.standing != "authorized":
                raise Rejected("payment_intent_unexpected_state", f"It is {kept.payment.standing}.")
            if amount.minor > kept.payment.amount.minor or amount.currency != kept.payment.amount.currency:
                raise Rejected("amount_too_large", "More than was authorized.")
            kept = await place.settle(kept, "captured")
            if amount != kept.payment.amount:
                told = msgspec.structs.replace(kept.payment, captured=amount)
                await place.keep(msgspec.structs.replace(kept, payment=told), tell=False)

        await self._once("capture", "payment", key, [ref, amount], make)
        return await self.fetch(ref)

    async def cancel(self, ref: str, *, key: str) -> ports.Payment:
        """Let an authorized or unfinished payment, or a page that nobody paid on, go."""

        async def make(place: Place, _: str) -> None:
            found = await state.find(place.tx, self._id, ref, lock=True)
            if found is None:
                raise Gone("resource_missing", "There is no such payment.")
            if found.kind == "session":
                session = found.read(Session)
                if session.status == "complete":
                    raise Rejected("session_complete", "It is paid.")
                over = msgspec.structs.replace(session, status="expired")
                await state.put(place.tx, self._id, ref, "session", over)
                if session.payment_ref is None:
                    return
            kept = await place.payment(ref if found.kind == "payment" else found.read(Session).payment_ref or "")
            if kept.payment.standing == "captured":
                raise Rejected("payment_intent_unexpected_state", "It is paid.")
            if kept.payment.standing != "cancelled":
                await place.settle(kept, "cancelled")

        await self._once("cancel", "payment", key, ref, make)
        return await self.fetch(ref)

    async def refund(self, ref: str, amount: Money, *, refund_id: UUID, key: str) -> ports.Refund:
        """Give an amount back."""

        async def make(place: Place, name: str) -> None:
            await place.give_back(ref, amount, refund_id=refund_id, name=name)

        made = await self._once("refund", "refund", key, [ref, amount], make)
        return (await self._object(made, "refund")).read(ports.Refund)

    # Customers who are away.

    async def ensure_customer(self, payer: ports.Payer, *, key: str) -> str:
        """The sandbox's name for a customer."""

        async def make(place: Place, ref: str) -> None:
            await state.put(place.tx, self._id, ref, "customer", payer, our_id=payer.id)

        return await self._once("customer", "customer", key, payer.id, make)

    async def open_setup(self, payer: ports.Payer, *, return_url: str, key: str) -> ports.Checkout:
        """A page of the sandbox's where a card is saved."""
        if payer.ref is None:
            raise Rejected("customer_missing", "The customer is not known here.")

        async def make(place: Place, ref: str) -> None:
            session = Session(
                purchase=None,
                customer_ref=payer.ref,
                return_url=return_url,
                expires_at=place.tx.now + OPEN_FOR,
            )
            await state.put(place.tx, self._id, ref, "session", session)

        ref = await self._once("setup", "session", key, [payer.ref, return_url], make)
        return ports.Checkout(ref=ref, url=self._url(ref))

    async def methods(self, customer_ref: str) -> Sequence[ports.Method]:
        """The cards that are saved for a customer."""
        async with self._opens() as tx:
            saved = [found.read(Saved) for found in await state.children(tx, self._id, customer_ref, "method")]
        return [one.method for one in saved if not one.gone]

    async def forget(self, method_ref: str, *, key: str) -> None:
        """Forget a saved card."""
        async with self._opens() as tx:
            found = await state.find(tx, self._id, method_ref, lock=True)
            if found is not None and found.kind == "method":
                gone = msgspec.structs.replace(found.read(Saved), gone=True)
                await state.put(tx, self._id, method_ref, "method", gone)

    async def charge(self, purchase: ports.Purchase, *, method_ref: str, key: str) -> ports.Payment:
        """Charge a saved card while its owner is away."""

        async def make(place: Place, ref: str) -> None:
            found = await state.find(place.tx, self._id, method_ref)
            if found is None or found.kind != "method" or found.read(Saved).gone:
                raise Gone("payment_method_missing", "There is no such card.")
            saved = found.read(Saved)
            kept = place.fresh(purchase, saved.behaviour, saved.method, ref=ref)
            await place.attempt(kept, present=False, action_url=self._url(ref))

        ref = await self._once("charge", "payment", key, [purchase, method_ref], make)
        kept = (await self._object(ref, "payment")).read(Kept)
        if kept.behaviour is Behaviour.silent:
            raise Unknown("The card was charged, and the answer was lost.")
        return kept.payment

    # What is written down.

    async def _object(self, ref: str, kind: Kind) -> state.Object:
        async with self._opens() as tx:
            found = await state.find(tx, self._id, ref)
        if found is None or found.kind != kind:
            raise Gone("resource_missing", f"There is no such {kind}.")
        return found

    async def fetch(self, ref: str) -> ports.Payment:
        """A payment by its own name, or the newest that a page led to."""
        async with self._opens() as tx:
            away = await faults.take(tx, self._id, "fetch")
            found = await state.find(tx, self._id, ref)
            if found is not None and found.kind == "session":
                paid = found.read(Session).payment_ref
                found = None if paid is None else await state.find(tx, self._id, paid)
        if away is not None:
            raise Transient("The sandbox is away.")
        if found is None or found.kind != "payment":
            raise Gone("resource_missing", "There is no such payment.")
        return found.read(Kept).payment

    async def find(self, payment_id: UUID, *, since: datetime) -> Sequence[ports.Payment]:
        """Every payment that carries our id."""
        async with self._opens() as tx:
            found = await state.ours(tx, self._id, "payment", payment_id)
        return [one.read(Kept).payment for one in found if one.made_at >= since]

    async def refunds(self, ref: str) -> Sequence[ports.Refund]:
        """Every refund of a payment."""
        async with self._opens() as tx:
            return [found.read(ports.Refund) for found in await state.children(tx, self._id, ref, "refund")]

    async def disputes(self, ref: str) -> Sequence[ports.Dispute]:
        """Every dispute of a payment."""
        async with self._opens() as tx:
            return [found.read(ports.Dispute) for found in await state.children(tx, self._id, ref, "dispute")]

    async def listing(self, *, since: datetime, until: datetime, cursor: str | None = None) -> ports.Batch:
        """What was paid in a time, oldest first."""
        after = int(cursor) if cursor is not None and cursor.isdecimal() else 0
        async with self._opens() as tx:
            found = await tx.all(
                state.Object,
                "select * from sandbox_pay_object where connection_id = $1 and kind = 'payment' and seq > $2 "
                "and made_at >= $3 and made_at < $4 order by seq limit $5",
                self._id,
                after,
                since,
                until,
                _PAGE,
            )
        return ports.Batch(
            payments=[one.read(Kept).payment for one in found],
            next=str(found[-1].seq) if len(found) == _PAGE else None,
        )

    async def refunded(self, *, since: datetime, until: datetime) -> Sequence[str]:
        """Names of the payments of which a refund was made in a time."""
        async with self._opens() as tx:
            made = await state.made_between(tx, self._id, "refund", since, until)
        return list(dict.fromkeys(one.read(ports.Refund).payment_ref for one in made))

    async def complaints(self, *, since: datetime, until: datetime) -> ports.Complaints:
        """Disputes that were opened in a time."""
        async with self._opens() as tx:
            made = await state.made_between(tx, self._id, "dispute", since, until)
        return ports.Complaints(disputes=[one.read(ports.Dispute) for one in made])

    async def submit_evidence(self, dispute_ref: str, evidence: Mapping[str, str], *, key: str) -> ports.Dispute:
        """Answer a dispute; the sandbox's bank looks at it until somebody decides."""

        async def make(place: Place, _: str) -> None:
            await place.decide(dispute_ref, "under_review")

        await self._once("evidence", "dispute", key, [dispute_ref, dict(evidence)], make)
        return (await self._object(dispute_ref, "dispute")).read(ports.Dispute)

    # Subscriptions that the sandbox runs.

    async def ensure_plan(self, plan: ports.Plan, *, key: str) -> str:
        """The sandbox's name for a price."""

        async def make(place: Place, ref: str) -> None:
            kept = Plan(plan=msgspec.structs.replace(plan, ref=ref))
            await state.put(place.tx, self._id, ref, "price", kept, our_id=plan.price_id)

        return await self._once("plan", "price", key, [plan.price_id, plan.amount], make)

    async def start(
        self, payer: ports.Payer, plan: ports.Plan, *, method_ref: str | None, subscription_id: UUID, key: str
    ) -> ports.Subscription:
        """Begin a subscription, and charge its first period."""

        async def make(place: Place, ref: str) -> None:
            await renewing.begin(
                place, ref, payer, plan, method_ref=method_ref, subscription_id=subscription_id, url=self._url
            )

        request = [payer.ref, plan.ref, method_ref, subscription_id]
        return await self.subscription(await self._once("start", "subscription", key, request, make))

    async def stop(self, ref: str, *, at_period_end: bool, key: str) -> ports.Subscription:
        """End a subscription now or at the end of its period."""

        async def make(place: Place, _: str) -> None:
            await renewing.stop(place, ref, at_period_end=at_period_end)

        await self._once("stop", "subscription", key, [ref, at_period_end], make)
        return await self.subscription(ref)

    async def subscription(self, ref: str) -> ports.Subscription:
        """How a subscription stands."""
        return (await self._object(ref, "subscription")).read(Renewing).subscription

    async def portal(self, customer_ref: str, *, return_url: str) -> str:
        """The page where a customer saves a card; the sandbox has no other."""
        payer = (await self._object(customer_ref, "customer")).read(ports.Payer)
        payer = msgspec.structs.replace(payer, ref=customer_ref)
        key = f"portal:{customer_ref}:{return_url}"
        return (await self.open_setup(payer, return_url=return_url, key=key)).url

    # And what every provider has.

    async def check(self) -> str:
        """What the sandbox calls us."""
        return f"Sandbox ({self._dialect})"

    def read(self, headers: Mapping[str, str], body: bytes) -> ports.Signal:
        """What a message of the sandbox's is about; it is read as the real provider's is."""
        return messages.read(self._dialect, body)

    async def close(self) -> None:
        """There is nothing to let go of."""


class _Known(msgspec.Struct):
    request: str
    ref: str


def signature_of(connection: ports.Connection, *, order_ref: str, payment_ref: str) -> str:
    """What Razorpay signs after a checkout: that a payment belongs to an order."""
    secret = connection.credentials.get("key_secret") or connection.credentials.get("secret_key", "")
    return hmac.digest(secret.encode(), f"{order_ref}|{payment_ref}".encode(), "sha256").hex()
