"""Books: what the sandbox keeps, for whoever tries things out, and what they may let happen."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Gone, Rejected
from holdfast.integrations.payments import ProviderName
from holdfast.integrations.payments.sandbox import clients, faults, state
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.integrations.payments.sandbox.numbers import Behaviour
from holdfast.integrations.payments.sandbox.state import Kept
from holdfast.kernel import pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import Tx

What: TypeAlias = Literal["settle", "fail", "dispute", "refund", "win", "lose"]


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A payment in the sandbox."""

    ref: str
    provider: str
    standing: str
    behaviour: Behaviour
    amount: Money
    captured: Money
    refunded: Money
    payment_id: UUID | None
    brand: str | None
    last4: str | None
    decline: str | None
    dispute: str | None
    """How its newest dispute stands."""
    at: datetime
    changed_at: datetime


class _Placed(state.Object, kw_only=True, frozen=True):
    dispute: str | None


async def charges(tx: Tx, page: Page) -> Listing[Charge]:
    """The payments in the tenant's sandboxes, newest first.

    Raises:
        Invalid: the cursor was not made by this list.
    """
    before = page.position(int) or 2**62
    spoken = await clients.all_of(tx)
    found = await tx.all(
        _Placed,
        "select p.*, (select d.state ->> 'standing' from sandbox_pay_object as d where d.kind = 'dispute' "
        "and d.connection_id = p.connection_id and d.parent_ref = p.ref order by d.seq desc limit 1) as dispute "
        "from sandbox_pay_object as p where p.kind = 'payment' and p.seq < $1 order by p.seq desc limit $2",
        before,
        page.fetch,
    )
    listed = pages.listing(page, found, lambda one: one.seq)
    return Listing(items=[_charge(one, spoken) for one in listed.items], next=listed.next)


def _charge(one: _Placed, spoken: dict[UUID, ProviderName]) -> Charge:
    kept = one.read(Kept)
    paid = kept.payment
    return Charge(
        ref=paid.ref,
        provider=spoken.get(one.connection_id, "sandbox-stripe"),
        standing=paid.standing,
        behaviour=kept.behaviour,
        amount=paid.amount,
        captured=paid.captured,
        refunded=paid.refunded,
        payment_id=paid.payment_id,
        brand=paid.method.brand if paid.method else None,
        last4=paid.method.last4 if paid.method else None,
        decline=paid.decline.code if paid.decline else None,
        dispute=one.dispute,
        at=one.made_at,
        changed_at=one.changed_at,
    )


async def do(tx: Tx, ref: str, what: What) -> Charge:
    """Let something happen to a payment.

    Raises:
        Gone, Rejected: there is none, or it cannot be as it stands.
    """
    found = await state.anywhere(tx, ref)
    if found is None or found.kind != "payment":
        raise Gone("resource_missing", "There is no such payment.")
    spoken = await clients.all_of(tx)
    place = Place(tx, found.connection_id, spoken.get(found.connection_id, "sandbox-stripe"))
    kept = found.read(Kept)
    if what in ("settle", "fail"):
        await place.finish(await place.confirm(ref, approve=what == "settle"))
    elif what == "refund":
        await place.give_back(ref, kept.payment.captured - kept.payment.refunded, refund_id=None)
    elif what == "dispute":
        if kept.payment.standing != "captured":
            raise Rejected("unexpected_state", "Only what is paid can be disputed.")
        await place.complain(kept)
    else:
        open_ = await state.children(tx, found.connection_id, ref, "dispute")
        if not open_:
            raise Rejected("unexpected_state", "It is not disputed.")
        await place.decide(open_[-1].read(ports.Dispute).ref, "won" if what == "win" else "lost")
    return _charge(
        await tx.one(
            _Placed,
            "select p.*, (select d.state ->> 'standing' from sandbox_pay_object as d where d.kind = 'dispute' "
            "and d.connection_id = p.connection_id and d.parent_ref = p.ref order by d.seq desc limit 1) as dispute "
            "from sandbox_pay_object as p where p.connection_id = $1 and p.ref = $2",
            found.connection_id,
            ref,
        ),
        spoken,
    )


async def hold(tx: Tx, *, held: bool) -> None:
    """Hold the messages of every sandbox of the tenant back, or let the next ones go."""
    for connection_id in await clients.all_of(tx):
        await faults.hold(tx, connection_id, held=held)
