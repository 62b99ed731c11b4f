"""Customers: who pays at a business, and what its providers call them (P22).

A customer may be a signed-in person, or nobody with an account. A system that keeps people of its own names them by its
``reference``, so that it never has to remember our ids.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from holdfast.integrations import payments as ports
from holdfast.kernel import ids, pages
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payments.connections import READ
from holdfast.shared.people import invitations, persons

TAKE = grant("payments.take", "Ask for payments, charge saved cards and add who pays", roles=("owner", "manager"))

_HIGHEST = "\U0010ffff"


class Customer(Row):
    """Somebody who pays."""

    table: ClassVar[str] = "payments_customer"
    id: UUID
    name: str
    email: str | None
    phone: str | None
    person_id: UUID | None
    """The person with an account that it is, if it is one."""
    reference: str | None
    """What a system of ours, or the business's own, calls it."""
    tax_id: str | None
    language: str | None
    created_at: datetime
    changed_at: datetime


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A customer that the signed-in person is, with its business."""

    tenant_id: UUID
    id: UUID


class Added(Event):
    """A business has another customer who pays."""

    name: ClassVar[str] = "payments.customer.added"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID


class Changed(Event):
    """What is known of a customer was changed."""

    name: ClassVar[str] = "payments.customer.changed"
    subject: ClassVar[str] = "customer_id"
    customer_id: UUID
    fields: list[str]


class Changes(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a customer is to be changed; what is left out stays, null takes away."""

    name: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    tax_id: str | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 255 or not tidy.isprintable():
        raise Invalid("A customer's name has 1 to 255 printable characters.", field="name")
    return tidy


def _short(field: str) -> Any:
    def checked(text: str) -> str:
        tidy = text.strip()
        if not 1 <= len(tidy) <= 100 or not tidy.isprintable():
            raise Invalid("Write 1 to 100 printable characters.", field=field)
        return tidy

    return checked


_CHECKS: dict[str, Any] = {
    "name": _name,
    "email": invitations.checked_email,
    "phone": persons.checked_phone,
    "tax_id": _short("tax_id"),
    "language": lambda tag: persons.checked_locale(tag, "language"),
}


async def ensure(
    tx: Tx,
    *,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    person_id: UUID | None = None,
    reference: str | None = None,
    tax_id: str | None = None,
    language: str | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Customer:
    """The customer of that id or reference, added when there is none; right when it runs at once with itself.

    One that is there already stays as it is. This asks for no grant: whoever calls it has checked its own.

    Raises:
        Invalid: something is malformed.
        NotFound: there is no such person.
    """
    tidy = _name(name)
    given = {"email": email, "phone": phone, "tax_id": tax_id, "language": language}
    checked = {field: None if value is None else _CHECKS[field](value) for field, value in given.items()}
    if reference is not None and not (1 <= len(reference) <= 255 and reference.isprintable()):
        raise Invalid("A reference has 1 to 255 printable characters.", field="reference")
    customer = await tx.find(
        Customer,
        "insert into payments_customer (id, name, name_key, email, phone, person_id, reference, tax_id, language, "
        "created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) "
        "on conflict do nothing returning *",
        id or ids.new(),
        tidy,
        tidy.casefold(),
        checked["email"],
        checked["phone"],
        person_id,
        reference,
        checked["tax_id"],
        checked["language"],
        tx.now,
    )
    if customer is not None:
        await tx.emit(Added(customer_id=customer.id))
        return customer
    return await tx.one(
        Customer,
        "select * from payments_customer where id = $1 or reference = $2 order by (id = $1) desc limit 1",
        id or ids.PLATFORM,
        reference,
    )


async def add(tx: Tx, **values: Any) -> Customer:
    """``ensure``, for those who may take payments.

    Raises:
        NotAllowed: the actor lacks ``payments.take``.
        Invalid: something is malformed, or the person is nobody whom the business knows.
    """
    tx.must(TAKE)
    person_id = values.get("person_id")
    # Whether somebody has an account is nobody's business but theirs, so whoever is not there is answered the same.
    if person_id is not None and not await _knows(tx, person_id):
        raise Invalid("Name a person who is a member of this business, or holds something of it.", field="person_id")
    return await ensure(tx, **values)


async def _knows(tx: Tx, person_id: UUID) -> bool:
    """Whether a person is or was a member of the business, holds something of it, or is its customer already."""
    return await tx.one(
        bool,
        "select exists (select from people_membership where tenant_id = kernel_tenant() and person_id = $1) "
        "or exists (select from holdings_holding where tenant_id = kernel_tenant() and person_id = $1) "
        "or exists (select from payments_customer where tenant_id = kernel_tenant() and person_id = $1)",
        person_id,
    )


async def change(tx: Tx, customer_id: UUID, changes: Changes) -> Customer:
    """Correct what is known of a customer.

    Raises:
        NotFound: there is no such customer.
        Invalid: something is malformed.
    """
    tx.must(TAKE)
    customer = await tx.get(Customer, customer_id, lock=True)
    wanted: dict[str, Any] = {}
    for field, value in msgspec.structs.asdict(changes).items():
        if value is not UNSET:
            checked = None if value is None else _CHECKS[field](value)
            if checked != getattr(customer, field):
                wanted[field] = checked
    if not wanted:
        return customer
    fields = list(wanted)
    if "name" in wanted:
        wanted["name_key"] = wanted["name"].casefold()
    customer = await tx.update(customer, changed_at=tx.now, **wanted)
    await tx.emit(Changed(customer_id=customer.id, fields=fields))
    return customer


async def show(tx: Tx, customer_id: UUID) -> Customer:
    """A customer.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        NotFound: there is no such customer.
    """
    tx.must(READ)
    return await tx.get(Customer, customer_id)


async def customers(tx: Tx, page: Page, *, search: str | None = None) -> Listing[Customer]:
    """Who pays at the business, by name; with ``search``, those whose name or address of mail begins so.

    Raises:
        NotAllowed: the actor lacks ``payments.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    name_key, last = page.position(tuple[str, UUID]) or ("", ids.PLATFORM)
    begun = " ".join((search or "").split()).casefold()[:255]
    found = await tx.all(_Keyed, _BY_NAME, name_key, last, begun, begun + _HIGHEST, page.fetch)
    placed = pages.listing(page, found, lambda customer: (customer.name_key, customer.id))
    return Listing(items=[_plain(customer) for customer in placed.items], next=placed.next)


class _Keyed(Customer, kw_only=True, frozen=True):
    name_key: str


def _plain(keyed: _Keyed) -> Customer:
    return Customer(**{field: getattr(keyed, field) for field in Customer.__struct_fields__})


async def mine(tx: Tx) -> Customer:
    """The customer that the acting person is at this business.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
        NotFound: they are none.
    """
    found = await find_mine(tx)
    if found is None:
        raise NotFound("You are no customer of this business.")
    return found


async def find_mine(tx: Tx) -> Customer | None:
    """``mine``, or None.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    return await tx.find(
        Customer,
        "select * from payments_customer where tenant_id = kernel_tenant() and person_id = $1 order by id limit 1",
        persons.in_person(tx),
    )


async def own_everywhere(tx: Tx) -> list[Own]:
    """Where the signed-in person is a customer; runs in a transaction of the platform.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    person_id = persons.in_person(tx)
    return await tx.all(
        Own,
        "select distinct on (tenant_id) tenant_id, id from payments_customer where person_id = $1 "
        "order by tenant_id, id limit 200",
        person_id,
    )


async def ref(tx: Tx, customer_id: UUID, connection_id: UUID) -> str | None:
    """What a provider calls a customer, if it knows them."""
    return await tx.find(
        str,
        "select ref from payments_customer_ref where connection_id = $1 and customer_id = $2",
        connection_id,
        customer_id,
    )


async def keep_ref(tx: Tx, customer_id: UUID, connection_id: UUID, ref: str) -> str:
    """Remember what a provider calls a customer (P22); gives what is remembered, which the first one decides.

    A provider may have one customer for two of ours, as Razorpay has for those who share an address.
    """
    await tx.execute(
        "insert into payments_customer_ref (connection_id, customer_id, ref) values ($1, $2, $3) "
        "on conflict do nothing",
        connection_id,
        customer_id,
        ref,
    )
    return await tx.one(
        str,
        "select ref from payments_customer_ref where connection_id = $1 and customer_id = $2",
        connection_id,
        customer_id,
    )


async def of_ref(tx: Tx, connection_id: UUID, ref: str, *, ours: UUID | None = None) -> UUID | None:
    """The customer whom a provider calls so: the one that it names by our id, else the one whom we know the longest."""
    return await tx.find(
        UUID,
        "select c.id from payments_customer_ref as r join payments_customer as c "
        "on c.tenant_id = r.tenant_id and c.id = r.customer_id where r.connection_id = $1 and r.ref = $2 "
        "order by (c.id = $3) is true desc, c.created_at, c.id limit 1",
        connection_id,
        ref,
        ours,
    )


async def shared(tx: Tx, customer_id: UUID, connection_id: UUID) -> bool:
    """Whether a provider takes a customer and another one of ours for the same."""
    return await tx.one(
        bool,
        "select exists (select from payments_customer_ref as own join payments_customer_ref as other "
        "on other.tenant_id = own.tenant_id and other.connection_id = own.connection_id and other.ref = own.ref "
        "and other.customer_id <> own.customer_id where own.connection_id = $2 and own.customer_id = $1)",
        customer_id,
        connection_id,
    )


async def payer(tx: Tx, customer_id: UUID, connection_id: UUID) -> ports.Payer:
    """A customer as a provider needs to know them.

    Raises:
        NotFound: there is no such customer.
    """
    customer = await tx.get(Customer, customer_id)
    return ports.Payer(
        id=customer.id,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        ref=await ref(tx, customer_id, connection_id),
    )


# Two ways to be found, each by its own index; a customer that both find is there once.
_BY_NAME = """
    select * from (
        (select * from payments_customer
        where (name_key, id) > ($1, $2) and name_key >= $3 and name_key < $4 order by name_key, id limit $5)
        union
        (select * from payments_customer
        where $3 <> '' and lower(email) collate "C" >= $3 and lower(email) collate "C" < $4
            and (name_key, id) > ($1, $2) order by name_key, id limit $5)
    ) as found order by name_key, id limit $5
"""
