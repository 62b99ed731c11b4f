"""Invoices: what a customer owes, with a number, from the day it is issued until it is paid, void or given up.

An invoice is issued in one transaction with its number, its place in the books and what it used of coupons and credit.
Its number has no gap per business and year, so it is taken last and given back with everything else when that fails.
Its figures never change after that: what is wrong is voided, or corrected by a credit note. Seller and buyer are
written down as they were on the day.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias
from uuid import UUID, uuid5

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import books, credit, invoice_lines, months, parties, redemptions, settlements
from holdfast.shared.billing.invoice_lines import InvoiceLine, lines
from holdfast.shared.billing.lines import Discount, Draft, Line
from holdfast.shared.billing.parties import Party
from holdfast.shared.billing.totals import Taken, Tax, Totals, totals
from holdfast.shared.payments import customers

__all__ = ["Discount", "Draft", "InvoiceLine", "Line", "Party", "Totals", "lines", "totals"]

PURPOSE = "billing.invoice"
"""The purpose of payments for invoices."""


class Status(StrEnum):
    """Where an invoice stands."""

    open = "open"
    paid = "paid"
    """Nothing is owed: it was paid, credited, or came to nothing."""
    void = "void"
    uncollectible = "uncollectible"


class Invoice(Row):
    """An invoice (T44: its id, status, amount and due date)."""

    table: ClassVar[str] = "billing_invoice"
    id: UUID
    number: str
    """Such as ``2026-000123``, without a gap."""
    customer_id: UUID
    subscription_id: UUID | None
    period_id: UUID | None
    status: Status
    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    """What it comes to; below zero when it gives back more than it charges."""
    paid: Money
    """What payments and credit have put into it."""
    returned: Money
    """What of that was given back, or became credit again."""
    credited: Money
    """What credit notes took off."""
    due: Money
    """What is still to be paid."""
    issued_on: date
    due_on: date
    charge_on: date | None
    """The day from which the customer's way to pay is charged for it; None when nobody will, or somebody did."""
    overdue: bool
    disputed: bool
    memo: str | None
    reason: str | None
    """Why it is void or uncollectible."""
    seller: Party
    buyer: Party
    taxes: list[Tax]
    discounts: list[Taken]
    issued_at: datetime
    changed_at: datetime
    paid_at: datetime | None
    ended_at: datetime | None

    @property
    def owing(self) -> int:
        """What is not settled, in minor units, whatever the status says."""
        return self.total.minor - self.credited.minor - self.paid.minor + self.returned.minor


class Issued(Event):
    """A customer was sent an invoice."""

    name: ClassVar[str] = "billing.invoice.issued"
    subject: ClassVar[str] = "invoice_id"
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    total: Money
    due: Money
    due_on: date


class Paid(Event):
    """Nothing of an invoice is owed any more."""

    name: ClassVar[str] = "billing.invoice.paid"
    subject: ClassVar[str] = "invoice_id"
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    total: Money
    recovered: bool = False
    """Whether it was overdue, in dunning or given up before."""


class Overdue(Event):
    """The day on which an invoice was to be paid is over."""

    name: ClassVar[str] = "billing.invoice.overdue"
    subject: ClassVar[str] = "invoice_id"
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    due: Money


class Voided(Event):
    """An invoice was taken back as if it had never been."""

    name: ClassVar[str] = "billing.invoice.voided"
    subject: ClassVar[str] = "invoice_id"
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None


class GivenUp(Event):
    """A business does not expect that an invoice will be paid."""

    name: ClassVar[str] = "billing.invoice.uncollectible"
    subject: ClassVar[str] = "invoice_id"
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    amount: Money


class PeriodInvoiced(Problem):
    """This period of the subscription has its invoice already."""


class NotOpen(Problem):
    """Only an invoice that is still to be paid can be treated so."""


Spends: TypeAlias = Callable[[Tx, Invoice, Money], Awaitable[Invoice]]
"""Puts at most so much of a customer's credit into an open invoice, whose row is locked."""

_spends: list[Spends] = []


def spent_by(spends: Spends) -> None:
    """Let ``receipts``, which counts what comes for invoices, say how credit goes into one.

    It knows invoices, so they cannot know it.
    """
    _spends[:] = [spends]


async def issue(tx: Tx, draft: Draft) -> Invoice:
    """Issue an invoice: its figures, its number, its place in the books, and what it uses of coupons and credit.

    The customer's default way to pay is charged by what follows from the event, when the draft says so. With an id of
    the caller's, twice is once. This asks for no grant: whoever calls it has checked its own. Meets T18.

    Raises:
        NotFound: there is no such customer.
        PeriodInvoiced: the period has its invoice.
        Invalid: something is malformed, or it would be due before it is issued.
        coupons.NotRedeemable: a coupon has ended meanwhile.
        Reused: the id belongs to another invoice.
    """
    known = await issued(tx, draft)
    if known is not None:
        return known
    figures = totals(draft)
    if draft.memo is not None and len(draft.memo) > 2000:
        raise Invalid("A memo has at most 2,000 characters.", field="memo")
    await _free_period(tx, draft)
    business, customer = await months.business(tx), await tx.get(customers.Customer, draft.customer_id)
    today = await months.today(tx)
    due_on = draft.due_on or today
    if due_on < today:
        raise Invalid("An invoice is due on the day it is issued, or later.", field="due_on")
    invoice_id = draft.id or ids.new()
    # Whatever bills locks in one order: open invoices, coupons, the customer's credit, the month, and the number last,
    # for which whoever issues another invoice of the year waits from then on until this is committed.
    owed = await _owed(tx, draft, figures.total)
    await redemptions.spend(tx, [taken.discount for taken in figures.discounts if taken.amount])
    used = await _use_credit(tx, draft, figures.total, invoice_id)
    await books.issued(tx, invoice_id, customer_id=customer.id, net=figures.net, tax=figures.tax)
    await _give_back(tx, draft, owed, -figures.total, invoice_id)
    await months.add(tx, draft.currency, invoiced=figures.total.minor, invoices=1)
    paid = figures.total if figures.total.minor < 0 else used
    settled = figures.total.minor <= 0 or paid == figures.total
    number = await ids.next_number(tx, f"{PURPOSE}.{today.year}")
    invoice = await tx.insert(
        Invoice,
        id=invoice_id,
        number=f"{today.year}-{number:06}",
        customer_id=customer.id,
        subscription_id=draft.subscription_id,
        period_id=draft.period_id,
        status=Status.paid if settled else Status.open,
        **_columns(figures),
        paid=paid,
        issued_on=today,
        due_on=due_on,
        charge_on=due_on if draft.collect and not settled else None,
        memo=draft.memo,
        seller=parties.seller(business),
        buyer=parties.buyer(customer),
        issued_at=tx.now,
        changed_at=tx.now,
        paid_at=tx.now if settled else None,
    )
    await invoice_lines.insert(tx, invoice_id, figures)
    await _tell(tx, invoice, used)
    return invoice


def _columns(figures: Totals) -> dict[str, Any]:
    """What an invoice is worth, as it is stored: nothing of it is credited or given back yet."""
    zero = Money(0, figures.total.currency)
    return {
        "subtotal": figures.subtotal,
        "discount": figures.discount,
        "net": figures.net,
        "tax": figures.tax,
        "total": figures.total,
        "returned": zero,
        "credited": zero,
        "taxes": msgspec.to_builtins(figures.taxes),
        "discounts": msgspec.to_builtins(figures.discounts),
        "derivations": msgspec.to_builtins(figures.derivations),
    }


async def issued(tx: Tx, draft: Draft) -> Invoice | None:
    """The invoice that was issued with a draft's id; whoever issues it at the same moment is waited for.

    Raises:
        Reused: the id belongs to another invoice.
    """
    if draft.id is None:
        return None
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('billing.invoice' || $1::uuid::text, 0))", draft.id)
    known = await tx.find(Invoice, "select * from billing_invoice where id = $1", draft.id)
    return None if known is None else _same(known, draft)


def _same(known: Invoice, draft: Draft) -> Invoice:
    asked = (draft.customer_id, draft.subscription_id, draft.period_id, draft.currency)
    if (known.customer_id, known.subscription_id, known.period_id, known.total.currency) != asked:
        raise Reused("This id was used for another invoice.")
    return known


async def _free_period(tx: Tx, draft: Draft) -> None:
    if draft.period_id is None:
        return
    if draft.subscription_id is None:
        raise Invalid("A period belongs to a subscription.", field="subscription_id")
    known = await tx.find(
        UUID,
        "select id from billing_invoice where tenant_id = kernel_tenant() and subscription_id = $1 and period_id = $2",
        draft.subscription_id,
        draft.period_id,
    )
    if known is not None:
        raise PeriodInvoiced(invoice_id=str(known))


async def _owed(tx: Tx, draft: Draft, total: Money) -> list[Invoice]:
    """What is open of the same subscription, locked and oldest first, where more is given back than charged."""
    if total.minor >= 0 or draft.subscription_id is None:
        return []
    return await tx.all(
        Invoice,
        "select * from billing_invoice where tenant_id = kernel_tenant() and subscription_id = $1 "
        "and status = 'open' and total_currency = $2 order by issued_at, id limit 200 for update",
        draft.subscription_id,
        draft.currency,
    )


async def _use_credit(tx: Tx, draft: Draft, total: Money, invoice_id: UUID) -> Money:
    """Put what the customer has in credit into the invoice, as far as it goes; gives how much.

    The credit is locked whatever the invoice comes to, so that another one of the same transaction keeps the order.
    """
    available = await credit.available(tx, draft.customer_id, total.currency, lock=True)
    if not draft.use_credit or total.minor <= 0:
        return Money(0, total.currency)
    used = min(available, total)
    await credit.use(tx, invoice_id, "credit_used", customer_id=draft.customer_id, amount=used, reference_id=invoice_id)
    return used


async def _give_back(tx: Tx, draft: Draft, owed: list[Invoice], back: Money, invoice_id: UUID) -> None:
    """What an invoice gives back is the customer's credit, and goes first into what they owe for the same thing.

    Otherwise what nobody has paid yet could be spent on something else.
    """
    await credit.keep(tx, invoice_id, "owed_back", customer_id=draft.customer_id, amount=back, reference_id=invoice_id)
    for invoice in owed:
        if invoice.customer_id == draft.customer_id and back:
            before = invoice.due
            back -= before - (await _spends[0](tx, invoice, back)).due


async def _tell(tx: Tx, invoice: Invoice, used: Money) -> None:
    """Write down what credit paid, and say that there is an invoice."""
    if used.minor:
        await settlements.note(tx, uuid5(invoice.id, "credit"), invoice.id, "credit", amount=used)
    about: dict[str, Any] = {
        "invoice_id": invoice.id,
        "customer_id": invoice.customer_id,
        "subscription_id": invoice.subscription_id,
        "total": invoice.total,
    }
    await tx.emit(Issued(due=invoice.due, due_on=invoice.due_on, **about))
    if invoice.status is Status.paid:
        await tx.emit(Paid(**about))


async def of_period(tx: Tx, subscription_id: UUID, period_id: UUID) -> Invoice:
    """The invoice of a subscription's period.

    Raises:
        NotFound: it has none.
    """
    found = await tx.find(
        Invoice,
        "select * from billing_invoice where tenant_id = kernel_tenant() and subscription_id = $1 and period_id = $2",
        subscription_id,
        period_id,
    )
    if found is None:
        raise NotFound("This period has no invoice.")
    return found


async def locked(tx: Tx, invoice_id: UUID) -> Invoice:
    """An invoice, locked: whoever changes what was paid of one holds it until the transaction ends.

    Raises:
        NotFound: there is no such invoice.
    """
    return await tx.get(Invoice, invoice_id, lock=True)
