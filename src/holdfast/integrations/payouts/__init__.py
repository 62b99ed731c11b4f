"""Payouts: the port through which money leaves to somebody's bank account, and its adapters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from holdfast.kernel.money import Money


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where money goes, with its secrets opened; never stored, logged or sent to a client in this form."""

    holder: str
    country: str
    fields: Mapping[str, str]
    """``iban`` and ``bic``; ``account_number`` and ``ifsc``; ``vpa``; or ``cci``, by country and rail."""
    ref: str | None = None
    """The provider's id of it, once there is one."""

    def __repr__(self) -> str:
        return f"Destination({self.country})"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid out."""

    payout_id: UUID
    amount: Money
    reference: str
    """What the receiver reads on their statement."""
    destination: Destination


def reference(payout_id: UUID) -> str:
    """What the receiver of a payout reads on their statement."""
    return f"Payout {str(payout_id)[-12:]}"


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """A payout as the provider tells it."""

    ref: str
    standing: Literal["queued", "processing", "paid", "failed", "returned"]
    amount: Money
    payout_id: UUID | None = None
    destination_ref: str | None = None
    trace: str | None = None
    """The bank's own reference, such as a UTR."""
    reason: str | None = None
    at: datetime


class Rail(Protocol):
    """Whoever moves money to bank accounts."""

    async def introduce(self, order: Order, *, key: str) -> str | None:
        """Make the bank account known; gives its ref there, if it gets one. No money moves, however the call ends."""

    async def pay(self, order: Order, *, key: str) -> Payout:
        """Pay; under the same key, once."""

    async def fetch(self, ref: str) -> Payout:
        """How a payout stands."""

    async def find(self, payout_id: UUID) -> Payout | None:
        """What became of a call whose answer never came."""

    async def close(self) -> None:
        """Let go of its connections."""
