"""What Stripe has written down, as lists that are read to their end. Asking changes nothing."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import stripe

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Rejected, Transient, Unknown
from holdfast.integrations.payments import amounts
from holdfast.integrations.payments import stripe_shapes as shapes
from holdfast.integrations.payments.stripe_transport import failed, plain

PAGE = 100
_SEARCHED = 20
"""Pages of the newest payments in which one of ours is looked for."""
_MOST_PAGES = 10_000
"""A list that is longer does not end."""
_UNCLEAR = timedelta(minutes=5)
"""How far Stripe's clock and ours may be apart."""


class Lists:
    """The part of Stripe's adapter that reads lists."""

    _client: stripe.StripeClient

    async def _ask(self, what: Any, *args: Any, **params: Any) -> dict[str, Any]:
        """A question, which moves nothing."""
        try:
            return plain(await what(*args, params=params))
        except stripe.StripeError as error:
            raise failed(error, moves=False) from error
        except Unknown as error:
            raise Transient(str(error)) from error

    async def _all(self, what: Any, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every object of a list, page after page."""
        more: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            told = await self._ask(what, limit=PAGE, **params, **more)
            data = told.get("data", [])
            for one in data:
                yield one
            if not told.get("has_more") or not data:
                return
            more = {"starting_after": str(data[-1]["id"])}
        raise Rejected("endless", "Stripe's list does not end.")

    async def find(self, payment_id: UUID, *, since: datetime) -> Sequence[ports.Payment]:
        """Every payment that carries our id. Stripe's search is minutes late, so its list is read."""
        found: list[ports.Payment] = []
        cursor = None
        for _ in range(_SEARCHED):
            batch = await self._listed(int((since - _UNCLEAR).timestamp()), None, cursor)
            found += [one for one in batch.payments if one.payment_id == payment_id]
            if payment_id in batch.unreadable.values():
                # It is there, so nobody may conclude that it is not.
                raise amounts.Unreadable("Stripe has the payment, and what it says of it cannot be understood.")
            cursor = batch.next
            if cursor is None:
                break
        return found

    async def _listed(self, since: int, until: int | None, cursor: str | None) -> ports.Batch:
        created = {"gte": since} if until is None else {"gte": since, "lt": until}
        more = {} if cursor is None else {"starting_after": cursor}
        told = await self._ask(
            self._client.v1.payment_intents.list_async,
            created=created,
            limit=PAGE,
            expand=["data.latest_charge"],
            **more,
        )
        data = told.get("data", [])
        read: list[ports.Payment] = []
        unreadable: dict[str, UUID | None] = {}
        for one in data:
            try:
                read.append(shapes.payment(one))
            except amounts.Unreadable:
                unreadable[str(one.get("id"))] = shapes.ours(one, "holdfast_payment")
        return ports.Batch(
            payments=read,
            unreadable=unreadable,
            next=str(data[-1]["id"]) if told.get("has_more") and data else None,
        )

    async def listing(self, *, since: datetime, until: datetime, cursor: str | None = None) -> ports.Batch:
        """What was paid in a time, newest first."""
        return await self._listed(int(since.timestamp()), int(until.timestamp()) + 1, cursor)

    async def refunds(self, ref: str) -> Sequence[ports.Refund]:
        """Every refund of a payment."""
        found = self._all(self._client.v1.refunds.list_async, payment_intent=ref)
        return [shapes.refund(one) async for one in found]

    async def disputes(self, ref: str) -> Sequence[ports.Dispute]:
        """Every dispute of a payment."""
        found = self._all(self._client.v1.disputes.list_async, payment_intent=ref)
        return [shapes.dispute(one) async for one in found]

    async def refunded(self, *, since: datetime, until: datetime) -> Sequence[str]:
        """Names of the payments of which a refund was made in a time."""
        found = self._all(self._client.v1.refunds.list_async, created=_created(since, until))
        named = [shapes.ref(one.get("payment_intent")) async for one in found]
        return list(dict.fromkeys(name for name in named if name is not None))

    async def complaints(self, *, since: datetime, until: datetime) -> ports.Complaints:
        """Disputes that were opened in a time."""
        read: list[ports.Dispute] = []
        unreadable: list[str] = []
        async for one in self._all(self._client.v1.disputes.list_async, created=_created(since, until)):
            try:
                read.append(shapes.dispute(one))
            except amounts.Unreadable:
                unreadable.append(str(one.get("id")))
        return ports.Complaints(disputes=read, unreadable=unreadable)


def _created(since: datetime, until: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp()), "lt": int(until.timestamp()) + 1}
