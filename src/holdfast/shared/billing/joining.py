"""Joining: a customer subscribes by themselves, for the first time or again, to what customers may choose."""

from uuid import UUID

import msgspec

from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import catalog, starting
from holdfast.shared.billing.starting import Preview
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import customers


class Wanted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What somebody wants to have."""

    plan_id: UUID
    quantity: int = 1
    """Seats."""
    id: UUID | None = None
    """Made by the client, so that the same request sent twice subscribes once."""


class HasIt(Problem):
    """You have this subscription already; change that one instead."""


async def join(tx: Tx, wanted: Wanted) -> Subscription:
    """The acting person subscribes; a trial is only for who has never subscribed here. Twice is once.

    Raises:
        NotFound: they are no customer, or may not choose the plan.
        HasIt: they have a subscription to it that is not over.
        catalog.NotSold, Invalid, Reused: as ``starting.start``.
    """
    customer = await customers.mine(tx)
    # Of two that come at once, the second finds the first.
    await tx.find(UUID, "select id from payments_customer where id = $1 for no key update", customer.id)
    new = await _allowed(tx, customer.id, wanted)
    return await starting.started(tx, new)


async def previewed(tx: Tx, wanted: Wanted) -> Preview:
    """What ``join`` would charge, worked out by the code that charges it.

    Raises:
        as ``join``.
    """
    return await starting.previewed(tx, await _allowed(tx, (await customers.mine(tx)).id, wanted))


class _Before(msgspec.Struct):
    """What somebody has subscribed to until now."""

    any: bool
    running: bool


async def _allowed(tx: Tx, customer_id: UUID, wanted: Wanted) -> starting.New:
    if not (await tx.get(catalog.Plan, wanted.plan_id)).public:
        raise NotFound(f"No plan has the id {wanted.plan_id}.")
    before = await tx.one(
        _Before,
        "select count(*) > 0 as any, "
        "count(*) filter (where plan_id = $2 and status <> 'cancelled' and ends_on is null) > 0 as running "
        "from billing_subscription where customer_id = $1 and id is distinct from $3",
        customer_id,
        wanted.plan_id,
        wanted.id,
    )
    if before.running:
        raise HasIt
    return starting.New(
        customer_id=customer_id,
        plan_id=wanted.plan_id,
        quantity=wanted.quantity,
        trial_days=0 if before.any else None,
        id=wanted.id,
    )
