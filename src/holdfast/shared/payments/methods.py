"""Methods: ways to pay that a provider keeps for a customer. We hold the provider's name for each, and four digits."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import customers
from holdfast.shared.payments.customers import TAKE


class Method(Row):
    """A saved way to pay."""

    table: ClassVar[str] = "payments_method"
    id: UUID
    customer_id: UUID
    connection_id: UUID
    kind: str
    """``card``, ``upi`` or another word of the provider's."""
    brand: str | None
    last4: str | None
    expires: str | None
    """``2027-05``, for cards."""
    is_default: bool
    added_at: datetime
    removed_at: datetime | None


class Known(Method, kw_only=True, frozen=True):
    """A method with the provider's name for it, for whoever calls the provider."""

    ref: str


class Added(Event):
    """A customer saved a way to pay."""

    name: ClassVar[str] = "payments.method.added"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    method_id: UUID


class Expected(Event):
    """A customer has probably saved a way to pay while they paid; the provider is to be asked."""

    name: ClassVar[str] = "payments.method.expected"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    connection_id: UUID


class Removed(Event):
    """A customer's way to pay is not used any more."""

    name: ClassVar[str] = "payments.method.removed"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    method_id: UUID


class DefaultChanged(Event):
    """A customer pays in another way from now on."""

    name: ClassVar[str] = "payments.method.default_changed"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    method_id: UUID


class Unusable(Problem):
    """This way to pay was removed; choose another."""


async def may(tx: Tx, customer_id: UUID) -> customers.Customer:
    """The customer, for themselves and for those who may take payments.

    Raises:
        NotSignedIn, NotAllowed: the actor is neither.
        NotFound: there is no such customer.
    """
    customer = await tx.get(customers.Customer, customer_id)
    if tx.actor.person is None or customer.person_id != tx.actor.person:
        tx.must(TAKE)
    return customer


async def of(tx: Tx, customer_id: UUID) -> list[Method]:
    """What a customer has saved, the default first."""
    return await tx.all(
        Method,
        "select * from payments_method where customer_id = $1 and removed_at is null "
        "order by is_default desc, added_at, id limit 100",
        customer_id,
    )


async def default(tx: Tx, customer_id: UUID) -> Method | None:
    """How a customer pays unless somebody says otherwise."""
    return await tx.find(Method, "select * from payments_method where customer_id = $1 and is_default", customer_id)


async def usable(tx: Tx, method_id: UUID, *, customer_id: UUID) -> Method:
    """A method that may be charged.

    Raises:
        NotFound: the customer has no such method.
        Unusable: it was removed.
    """
    method = await tx.get(Method, method_id)
    if method.customer_id != customer_id:
        raise NotFound(f"This customer has no method with the id {method_id}.")
    if method.removed_at is not None:
        raise Unusable
    return method


async def known(tx: Tx, method_id: UUID) -> Known:
    """A method with the provider's name for it.

    Raises:
        NotFound: there is none.
    """
    return await tx.one(Known, "select * from payments_method where id = $1", method_id)


async def remember(tx: Tx, customer_id: UUID, connection_id: UUID, told: ports.Method) -> Method:
    """Keep a way to pay that the provider keeps; the customer's first is their default.

    One that was removed here stays removed: the provider's list may be older than that.
    """
    # Of two who bring a customer's first method, one makes it the default.
    await tx.find(UUID, "select id from payments_customer where id = $1 for no key update", customer_id)
    method = await tx.find(
        Method,
        "insert into payments_method (id, customer_id, connection_id, ref, kind, brand, last4, expires, is_default, "
        "added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, "
        "not exists (select from payments_method where customer_id = $2 and is_default), $9) "
        "on conflict (tenant_id, connection_id, ref) do nothing returning *",
        ids.new(),
        customer_id,
        connection_id,
        told.ref,
        told.kind,
        told.brand,
        told.last4,
        told.expires,
        tx.now,
    )
    if method is not None:
        await tx.emit(Added(customer_id=customer_id, method_id=method.id))
        return method
    return await tx.one(
        Method,
        "update payments_method set brand = $3, last4 = $4, expires = $5 where connection_id = $1 and ref = $2 "
        "returning *",
        connection_id,
        told.ref,
        told.brand,
        told.last4,
        told.expires,
    )


async def synchronise(
    tx: Tx, customer_id: UUID, connection_id: UUID, told: Sequence[ports.Method], *, asked_at: datetime
) -> list[Method]:
    """Make our list of a customer's methods what the provider's was when it was asked.

    A provider that takes two customers for one lists the cards of both. Each stays with whoever saved it: what is new
    is kept only for a customer who paid with it and asked to have it saved.
    """
    several = await customers.shared(tx, customer_id, connection_id)
    for one in told:
        if not several or await _saved(tx, customer_id, connection_id, one):
            await remember(tx, customer_id, connection_id, one)
    gone = await tx.all(
        Method,
        "update payments_method set removed_at = $4, is_default = false where customer_id = $1 and connection_id = $2 "
        "and ref <> all ($3) and removed_at is null and added_at <= $5 returning *",
        customer_id,
        connection_id,
        [one.ref for one in told],
        tx.now,
        asked_at,
    )
    for method in gone:
        await tx.emit(Removed(customer_id=customer_id, method_id=method.id))
    await _next_default(tx, customer_id)
    return await of(tx, customer_id)


async def _saved(tx: Tx, customer_id: UUID, connection_id: UUID, told: ports.Method) -> bool:
    """Whether it was this customer who saved a way to pay: it is theirs already, or they paid so and had it kept.

    A way that has no digits to be told apart by is not theirs unless it is so already.
    """
    return await tx.one(
        bool,
        "select exists (select from payments_method where customer_id = $1 and connection_id = $2 and ref = $3) "
        "or exists (select from payments_payment as p join payments_attempt as a "
        "on a.tenant_id = p.tenant_id and a.payment_id = p.id where p.customer_id = $1 and p.connection_id = $2 "
        "and p.status = 'captured' and p.method_kind = $4 and p.method_last4 = $5 "
        "and lower(p.method_brand) is not distinct from lower($6) and a.kind = 'checkout' "
        "and a.request -> 'save_method' = 'true')",
        customer_id,
        connection_id,
        told.ref,
        told.kind,
        told.last4,
        told.brand,
    )


async def make_default(tx: Tx, method_id: UUID) -> Method:
    """Pay in this way unless somebody says otherwise.

    Raises:
        NotFound: there is no such method.
        Unusable: it was removed.
    """
    method = await tx.get(Method, method_id)
    await may(tx, method.customer_id)
    await tx.find(UUID, "select id from payments_customer where id = $1 for no key update", method.customer_id)
    method = await usable(tx, method_id, customer_id=method.customer_id)
    if method.is_default:
        return method
    await tx.execute(
        "update payments_method set is_default = false where customer_id = $1 and is_default", method.customer_id
    )
    method = await tx.update(method, is_default=True)
    await tx.emit(DefaultChanged(customer_id=method.customer_id, method_id=method.id))
    return method


async def remove(tx: Tx, method_id: UUID) -> None:
    """Use a way to pay no more; the provider forgets it as soon as this is committed. Twice is once.

    Raises:
        NotFound: there is no such method.
    """
    method = await tx.get(Method, method_id)
    await may(tx, method.customer_id)
    await tx.find(UUID, "select id from payments_customer where id = $1 for no key update", method.customer_id)
    removed = await tx.execute(
        "update payments_method set removed_at = $2, is_default = false where id = $1 and removed_at is null",
        method_id,
        tx.now,
    )
    if removed:
        await tx.emit(Removed(customer_id=method.customer_id, method_id=method_id))
        await _next_default(tx, method.customer_id)


async def _next_default(tx: Tx, customer_id: UUID) -> None:
    """Somebody who has a way to pay has a default one: the newest, once the other is gone."""
    await tx.execute(
        "update payments_method set is_default = true where id = (select id from payments_method "
        "where customer_id = $1 and removed_at is null order by added_at desc, id desc limit 1) "
        "and not exists (select from payments_method where customer_id = $1 and is_default)",
        customer_id,
    )
