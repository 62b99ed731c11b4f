"""What Razorpay has written down, as lists that are read to their end. Asking changes nothing."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Rejected
from holdfast.integrations.payments import amounts
from holdfast.integrations.payments import razorpay_shapes as shapes
from holdfast.integrations.payments.razorpay_transport import Transport

PAGE = 100
_SEARCHED = 20
"""Pages of the newest payments in which one of ours is looked for."""
_MOST_PAGES = 10_000
"""A list that is longer does not end."""
_UNCLEAR = timedelta(minutes=5)


class Lists:
    """The part of Razorpay's adapter that reads lists."""

    _transport: Transport
    _live: bool

    async def _all(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every entity of a list, page after page."""
        for page in range(_MOST_PAGES):
            told = await self._transport.send("GET", path, query={**query, "count": PAGE, "skip": page * PAGE})
            items = told.get("items", [])
            for one in items:
                yield one
            if len(items) < PAGE:
                return
        raise Rejected("endless", "Razorpay's list does not end.")

    async def find(self, payment_id: UUID, *, since: datetime) -> Sequence[ports.Payment]:
        """Every payment that carries our id, in its own notes or as its order's receipt."""
        found: dict[str, ports.Payment] = {}
        orders = [one async for one in self._all("/orders", receipt=str(payment_id))]
        for order in orders:
            told = await self._transport.send("GET", f"/orders/{order['id']}/payments")
            for one in told.get("items", []):
                paid = shapes.payment(one, live=self._live)
                found[paid.ref] = msgspec.structs.replace(paid, payment_id=payment_id)
        cursor: str | None = None
        for _ in range(_SEARCHED):
            batch = await self.listing(since=since - _UNCLEAR, until=datetime.now(UTC) + _UNCLEAR, cursor=cursor)
            found |= {one.ref: one for one in batch.payments if one.payment_id == payment_id}
            if payment_id in batch.unreadable.values():
                # It is there, so nobody may conclude that it is not.
                raise amounts.Unreadable("Razorpay has the payment, and what it says of it cannot be understood.")
            cursor = batch.next
            if cursor is None:
                break
        return list(found.values())

    async def listing(self, *, since: datetime, until: datetime, cursor: str | None = None) -> ports.Batch:
        """What was paid in a time, newest first."""
        skip = int(cursor) if cursor is not None and cursor.isdecimal() else 0
        told = await self._transport.send(
            "GET", "/payments", query={**_between(since, until), "count": PAGE, "skip": skip}
        )
        items = told.get("items", [])
        read: list[ports.Payment] = []
        unreadable: dict[str, UUID | None] = {}
        for one in items:
            try:
                read.append(shapes.payment(one, live=self._live))
            except amounts.Unreadable:
                unreadable[str(one.get("id"))] = shapes.ours(one, "holdfast_payment")
        return ports.Batch(payments=read, unreadable=unreadable, next=str(skip + PAGE) if len(items) == PAGE else None)

    async def refunds(self, ref: str) -> Sequence[ports.Refund]:
        """Every refund of a payment."""
        return [shapes.refund(one) async for one in self._all(f"/payments/{ref}/refunds")]

    async def disputes(self, ref: str) -> Sequence[ports.Dispute]:
        """Every dispute of a payment; Razorpay lists them by account alone."""
        return [shapes.dispute(one) async for one in self._all("/disputes") if one.get("payment_id") == ref]

    async def refunded(self, *, since: datetime, until: datetime) -> Sequence[str]:
        """Names of the payments of which a refund was made in a time."""
        named = [shapes.text(one.get("payment_id")) async for one in self._all("/refunds", **_between(since, until))]
        return list(dict.fromkeys(name for name in named if name is not None))

    async def complaints(self, *, since: datetime, until: datetime) -> ports.Complaints:
        """Disputes that were opened in a time; Razorpay lists them all, whatever is asked for."""
        read: list[ports.Dispute] = []
        unreadable: list[str] = []
        async for one in self._all("/disputes"):
            if since - _UNCLEAR <= shapes.at(one.get("created_at")) < until + _UNCLEAR:
                try:
                    read.append(shapes.dispute(one))
                except amounts.Unreadable:
                    unreadable.append(str(one.get("id")))
        return ports.Complaints(disputes=read, unreadable=unreadable)


def _between(since: datetime, until: datetime) -> dict[str, int]:
    return {"from": int(since.timestamp()), "to": int(until.timestamp()) + 1}
