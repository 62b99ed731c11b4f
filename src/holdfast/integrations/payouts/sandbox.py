"""The bank in the box: it pays at once, and remembers what it was asked.

An account that ends in 0002 takes no money; one that ends in 6975 is paid, and the answer is lost.
"""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

import msgspec

from holdfast.integrations.outcomes import Gone, Rejected, Unknown
from holdfast.integrations.payouts import Order, Payout
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx, transaction


class Sandbox:
    """A rail that moves no money and keeps its own books."""

    def __init__(self, tenant: UUID, database: Database) -> None:
        self._tenant = tenant
        self._database = database

    def _opens(self) -> AbstractAsyncContextManager[Tx]:
        return transaction(self._database, self._tenant)

    async def introduce(self, order: Order, *, key: str) -> str | None:
        """It knows every bank account by its number."""
        return None

    async def pay(self, order: Order, *, key: str) -> Payout:
        """Pay, once for each payout."""
        fields = order.destination.fields
        account = fields.get("iban") or fields.get("account_number") or fields.get("vpa", "")
        async with self._opens() as tx:
            refused = account.endswith("0002")
            told = Payout(
                ref=f"pout_{ids.new().hex}",
                standing="failed" if refused else "paid",
                amount=order.amount,
                payout_id=order.payout_id,
                trace=None if refused else f"SBX{ids.new().hex[-10:].upper()}",
                reason="The bank does not take this account." if refused else None,
                at=tx.now,
            )
            await tx.execute(
                "insert into sandbox_payout (ref, payout_id, state, changed_at) values ($1, $2, $3, $4) "
                "on conflict on constraint sandbox_payout_once do nothing",
                told.ref,
                order.payout_id,
                msgspec.to_builtins(told),
                tx.now,
            )
        if account.endswith("6975"):
            raise Unknown("It was paid, and the answer was lost.")
        found = await self.find(order.payout_id)
        if found is None:
            raise Rejected("missing", "The payout is not there.")
        return found

    async def fetch(self, ref: str) -> Payout:
        """How a payout stands."""
        async with self._opens() as tx:
            found = await tx.find(_Kept, "select state from sandbox_payout where ref = $1", ref)
        if found is None:
            raise Gone("missing", "There is no such payout.")
        return msgspec.convert(found.state, Payout)

    async def find(self, payout_id: UUID) -> Payout | None:
        """What became of a payout of ours."""
        async with self._opens() as tx:
            found = await tx.find(_Kept, "select state from sandbox_payout where payout_id = $1", payout_id)
        return None if found is None else msgspec.convert(found.state, Payout)

    async def close(self) -> None:
        """There is nothing to let go of."""


class _Kept(msgspec.Struct):
    state: dict[str, object]
