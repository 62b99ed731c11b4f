"""State: what the sandbox keeps, as a provider would: customers, cards, pages, payments, refunds, disputes."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox.numbers import Behaviour
from holdfast.kernel import crypto
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

Kind: TypeAlias = Literal["customer", "method", "session", "payment", "refund", "dispute", "price", "subscription"]
T = TypeVar("T")

PREFIXES: dict[str, dict[str, str]] = {
    "stripe": {
        "customer": "cus",
        "method": "pm",
        "session": "cs_test",
        "payment": "pi",
        "refund": "re",
        "dispute": "dp",
        "price": "price",
        "subscription": "sub",
    },
    "razorpay": {
        "customer": "cust",
        "method": "token",
        "session": "plink",
        "payment": "pay",
        "refund": "rfnd",
        "dispute": "disp",
        "price": "plan",
        "subscription": "sub",
    },
}


class Object(Row):
    """Something that the sandbox keeps."""

    table: ClassVar[str] = "sandbox_pay_object"
    connection_id: UUID
    ref: str
    kind: Kind
    our_id: UUID | None
    parent_ref: str | None
    state: dict[str, Any]
    made_at: datetime
    changed_at: datetime
    seq: int

    def read(self, kind: type[T]) -> T:
        """Its state as a struct."""
        return msgspec.convert(self.state, kind)


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A page on which somebody pays, or saves a card."""

    purchase: ports.Purchase | None
    """None where a card is only saved."""
    customer_ref: str | None
    return_url: str
    expires_at: datetime
    status: Literal["open", "complete", "expired"] = "open"
    payment_ref: str | None = None
    """The payment that it led to last."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A saved card."""

    method: ports.Method
    behaviour: Behaviour
    gone: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, and how its card behaves."""

    payment: ports.Payment
    behaviour: Behaviour = Behaviour.succeeds
    capture: bool = True
    return_url: str | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a subscription."""

    plan: ports.Plan


class Renewing(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription that the sandbox renews."""

    subscription: ports.Subscription
    plan: ports.Plan
    payer_id: UUID
    method_ref: str | None
    periods: int = 1
    anchor: datetime


def new_ref(dialect: str, kind: Kind) -> str:
    """A name such as the dialect's provider gives."""
    return f"{PREFIXES[dialect][kind]}_{crypto.random_token(size=15).replace('-', 'x').replace('_', 'y')}"


async def put(
    tx: Tx,
    connection_id: UUID,
    ref: str,
    kind: Kind,
    state: msgspec.Struct,
    *,
    our_id: UUID | None = None,
    parent_ref: str | None = None,
) -> None:
    """Keep an object, or its new state."""
    await tx.execute(
        "insert into sandbox_pay_object (connection_id, ref, kind, our_id, parent_ref, state, made_at, changed_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (tenant_id, connection_id, ref) do update "
        "set state = excluded.state, changed_at = excluded.changed_at, "
        "parent_ref = coalesce(excluded.parent_ref, sandbox_pay_object.parent_ref)",
        connection_id,
        ref,
        kind,
        our_id,
        parent_ref,
        msgspec.to_builtins(state),
        tx.now,
    )


async def find(tx: Tx, connection_id: UUID, ref: str, *, lock: bool = False) -> Object | None:
    """The object of that name."""
    if lock:
        return await tx.find(
            Object,
            "select * from sandbox_pay_object where connection_id = $1 and ref = $2 for update",
            connection_id,
            ref,
        )
    return await tx.find(
        Object, "select * from sandbox_pay_object where connection_id = $1 and ref = $2", connection_id, ref
    )


async def anywhere(tx: Tx, ref: str, *, lock: bool = True) -> Object | None:
    """The object of that name at any connection of the tenant; for the sandbox's own pages."""
    if lock:
        return await tx.find(Object, "select * from sandbox_pay_object where ref = $1 for update", ref)
    return await tx.find(Object, "select * from sandbox_pay_object where ref = $1", ref)


async def children(tx: Tx, connection_id: UUID, parent_ref: str, kind: Kind) -> list[Object]:
    """What belongs to an object, oldest first."""
    return await tx.all(
        Object,
        "select * from sandbox_pay_object where connection_id = $1 and parent_ref = $2 and kind = $3 "
        "order by seq limit 500",
        connection_id,
        parent_ref,
        kind,
    )


async def ours(tx: Tx, connection_id: UUID, kind: Kind, our_id: UUID) -> list[Object]:
    """What carries an id of ours, oldest first."""
    return await tx.all(
        Object,
        "select * from sandbox_pay_object where connection_id = $1 and kind = $2 and our_id = $3 "
        "order by seq limit 500",
        connection_id,
        kind,
        our_id,
    )


async def made_between(tx: Tx, connection_id: UUID, kind: Kind, since: datetime, until: datetime) -> list[Object]:
    """What was made in a time, oldest first; ten thousand at most."""
    return await tx.all(
        Object,
        "select * from sandbox_pay_object where connection_id = $1 and kind = $2 and made_at >= $3 and made_at < $4 "
        "order by seq limit 10000",
        connection_id,
        kind,
        since,
        until,
    )
