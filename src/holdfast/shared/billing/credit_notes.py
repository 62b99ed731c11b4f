"""Credit notes: corrections of invoices, with numbers of their own.

A credit note takes back part of an invoice, line by line, with the tax that is in it. First it lowers what is still
due; what had been paid beyond that is given back through the payment, or becomes the customer's credit. Shares of tax
are rounded on what was credited altogether, so that credit notes that take back a whole line take back exactly its tax.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.derivations import Derivation, Link, Step, Value, Worked, derive, rule
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.billing import books, closing, credit, invoices, months, receipts, settlements
from holdfast.shared.billing.grants import MANAGE
from holdfast.shared.billing.invoices import Invoice, InvoiceLine, Status
from holdfast.shared.billing.totals import portions
from holdfast.shared.payments import payments, refunds

REFUND_KEY = "billing.credit_note:"
"""How the keys of refunds that belong to credit notes begin."""


class CreditNote(Row):
    """A correction of an invoice."""

    table: ClassVar[str] = "billing_credit_note"
    id: UUID
    number: str
    """Such as ``CN-2026-000007``, without a gap."""
    invoice_id: UUID
    customer_id: UUID
    total: Money
    """What is taken back, tax included."""
    tax: Money
    refunding: Money
    """What is given back through payments."""
    kept: Money
    """What became the customer's credit."""
    reason: str
    issued_on: date
    issued_at: datetime
    by_kind: str
    by_id: UUID | None


class CreditNoteLine(Row):
    """What of one line is taken back."""

    table: ClassVar[str] = "billing_credit_note_line"
    id: UUID
    credit_note_id: UUID
    line_id: UUID
    place: int
    description: str
    net: Money
    tax: Money
    total: Money
    derivations: list[Derivation]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a line is to be taken back, tax included."""

    line_id: UUID
    amount: Money


class Issued(Event):
    """An invoice was corrected."""

    name: ClassVar[str] = "billing.credit_note.issued"
    subject: ClassVar[str] = "invoice_id"
    credit_note_id: UUID
    invoice_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    total: Money


class NotCreditable(Problem):
    """Only an open or paid invoice that charges something can be credited."""


class TooMuch(Problem):
    """This is more than can still be credited."""


@rule("billing.credit_share", 1)
def share_rule(inputs: Mapping[str, Any]) -> Worked:
    """What of an amount each line bears, in proportion to what is left of them; the parts add up to the whole."""
    left = sum(inputs["left"])
    whole, parts = portions(inputs["left"], Fraction(inputs["amount"], left))
    return Worked(result=parts[inputs["index"]], steps=[Step(label="derivation.whole", value=whole)])


@rule("billing.credited_tax", 1)
def tax_rule(inputs: Mapping[str, Any]) -> Worked:
    """The tax in what is taken back of a line: what it is after it, less what it was before."""
    tax, total = inputs["tax"], inputs["total"]
    before = round(Fraction(tax * inputs["credited"], total))
    after = round(Fraction(tax * (inputs["credited"] + inputs["amount"]), total))
    steps = [Step(label="derivation.before", value=before), Step(label="derivation.after", value=after)]
    return Worked(result=after - before, steps=steps)


class _Taken(msgspec.Struct, frozen=True):
    line: InvoiceLine
    amount: int
    tax: int
    derivations: list[Derivation]


async def issue(
    tx: Tx,
    invoice_id: UUID,
    *,
    reason: str,
    parts: Sequence[Part] | None = None,
    amount: Money | None = None,
    refund: bool = False,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> CreditNote:
    """Take back lines, an amount spread over all lines, or all that is left of an invoice.

    With ``refund``, what had been paid is given back through the payments that paid it, newest first, as far as these
    go. With an id of the client's, twice is once.

    Raises:
        NotAllowed: the actor lacks ``billing.manage``, or with ``refund`` ``payments.refund``.
        NotFound: there is no such invoice or line.
        NotCreditable: it is void, given up, or charges nothing.
        TooMuch: less is left to be credited.
        Invalid: something is malformed.
        payments.BeingPaid: somebody is paying it at this moment.
        Reused: the id belongs to another credit note.
    """
    tx.must(MANAGE)
    if refund:
        tx.must(refunds.REFUND)
    tidy = closing.checked_reason(reason)
    invoice = await invoices.locked(tx, invoice_id)
    known = None if id is None else await tx.find(CreditNote, "select * from billing_credit_note where id = $1", id)
    if known is not None:
        if known.invoice_id != invoice_id or (amount is not None and amount != known.total):
            raise Reused("This id was used for another credit note.")
        return known
    taken = await _taken(tx, invoice, parts, amount)
    total = sum(one.amount for one in taken)
    # What is still due is lowered first, and with it what a payment that is under way would be for.
    lowered = min(total, invoice.due.minor)
    if lowered:
        await receipts.stop_payments(tx, invoice_id)
    return await _issue(tx, invoice, taken, id=id or ids.new(), reason=tidy, freed=total - lowered, refund=refund)


async def for_refund(tx: Tx, invoice: Invoice, *, amount: Money, reason: str, id: UUID) -> CreditNote | None:  # noqa: A002
    """The credit note of money that was given back without one, as far as there is something to credit.

    The invoice's row is locked. None when there is nothing to be credited.
    """
    left = min(amount.minor, invoice.total.minor - invoice.credited.minor, invoice.paid.minor - invoice.returned.minor)
    if left <= 0 or invoice.status not in (Status.open, Status.paid):
        return None
    taken = await _taken(tx, invoice, None, Money(left, amount.currency))
    return await _issue(tx, invoice, taken, id=id, reason=reason, freed=left, refund=None)


async def _taken(tx: Tx, invoice: Invoice, parts: Sequence[Part] | None, amount: Money | None) -> list[_Taken]:
    """What is taken back of which line, with the tax in it."""
    if invoice.status not in (Status.open, Status.paid) or invoice.total.minor <= 0:
        raise NotCreditable(f"It is {invoice.status}.")
    if parts is not None and amount is not None:
        raise Invalid("Name lines or an amount, not both.", field="amount")
    left = invoice.total - invoice.credited
    if not left:
        raise TooMuch("Everything was credited already.")
    found = {line.id: line for line in await invoices.lines(tx, invoice.id)}
    if parts is not None:
        return [_of_part(found, part, invoice) for part in _once(parts)]
    whole = receipts.checked_amount(left if amount is None else amount, invoice)
    if left < whole:
        raise TooMuch(f"{left.decimal()} {left.currency} is left.")
    # Lines below zero bear a part as well: what they gave back is less, too.
    among = [line for line in found.values() if line.total.minor != line.credited.minor]
    inputs: dict[str, Value] = {
        "left": [line.total.minor - line.credited.minor for line in among],
        "amount": whole.minor,
    }
    shares = [
        derive("billing.credit_share", 1, inputs | {"index": at}, unit=whole.currency) for at in range(len(among))
    ]
    return [_with_tax(line, share.result, [share]) for line, share in zip(among, shares, strict=True) if share.result]


def _once(parts: Sequence[Part]) -> Sequence[Part]:
    if not parts or len({part.line_id for part in parts}) != len(parts):
        raise Invalid("Name at least one line, and each once.", field="lines")
    return parts


def _of_part(found: dict[UUID, InvoiceLine], part: Part, invoice: Invoice) -> _Taken:
    line = found.get(part.line_id)
    if line is None:
        raise NotFound(f"The invoice has no line with the id {part.line_id}.")
    amount = receipts.checked_amount(part.amount, invoice)
    if amount.minor > line.total.minor - line.credited.minor:
        raise TooMuch(f"Less is left of {line.description}.")
    return _with_tax(line, amount.minor, [])


def _with_tax(line: InvoiceLine, amount: int, why: list[Derivation]) -> _Taken:
    tax = derive(
        "billing.credited_tax",
        1,
        {"tax": line.tax.minor, "total": line.total.minor, "credited": line.credited.minor, "amount": amount},
        unit=line.total.currency,
        links=[Link(kind="billing.invoice_line", id=str(line.id), label=line.description)],
    )
    return _Taken(line, amount, tax.result, [*why, tax])


async def _issue(
    tx: Tx,
    invoice: Invoice,
    taken: list[_Taken],
    *,
    id: UUID,  # noqa: A002 - the column's name
    reason: str,
    freed: int,
    refund: bool | None,
) -> CreditNote:
    """Write a credit note. ``freed`` is what had been paid; with ``refund`` None, it was given back already."""
    currency = invoice.total.currency
    total, tax = Money(sum(one.amount for one in taken), currency), Money(sum(one.tax for one in taken), currency)
    if total.minor <= 0 or total.minor > invoice.total.minor - invoice.credited.minor:
        raise TooMuch
    given = await _give_back(tx, invoice, id, freed, reason) if refund else freed if refund is None else 0
    kept = freed - given
    await books.issued(tx, id, customer_id=invoice.customer_id, net=total - tax, tax=tax, word="credited", back=True)
    await credit.keep(
        tx,
        id,
        "credit_kept",
        customer_id=invoice.customer_id,
        amount=Money(kept, currency),
        reference_id=invoice.id,
    )
    await _lower(tx, invoice, taken, total, freed)
    # The month before the number, as where an invoice is issued.
    await months.add(tx, currency, credited=total.minor)
    year = (today := await months.today(tx)).year
    number = await ids.next_number(tx, f"billing.credit_note.{year}")
    note = await tx.insert(
        CreditNote,
        id=id,
        number=f"CN-{year}-{number:06}",
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        total=total,
        tax=tax,
        refunding=Money(given, currency),
        kept=Money(kept, currency),
        reason=reason,
        issued_on=today,
        issued_at=tx.now,
        by_kind=tx.actor.kind,
        by_id=tx.actor.id,
    )
    await _insert_lines(tx, note, taken)
    await tx.emit(
        Issued(
            credit_note_id=id,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            subscription_id=invoice.subscription_id,
            total=total,
        )
    )
    return note


async def _give_back(tx: Tx, invoice: Invoice, note_id: UUID, freed: int, reason: str) -> int:
    """Have the payments that paid the invoice given back, newest first; gives how much they can.

    What went into the invoice goes back first. The rest of a payment is the customer's credit, which stays theirs when
    it goes back here, so that is the last to be taken.
    """
    back: dict[UUID, int] = {}
    currency = invoice.total.currency
    paid = [
        await tx.get(payments.Payment, payment.id, lock=True)
        for payment in reversed(await receipts.payments_of(tx, invoice.id))
        if payment.captured and not payment.disputed and payment.captured.currency == currency
    ]
    for payment in paid:
        own = payments.refundable(payment).minor - await settlements.over_of(tx, payment.id)
        back[payment.id] = max(min(own, freed - sum(back.values())), 0)
    for payment in paid:
        rest = payments.refundable(payment).minor - back[payment.id]
        back[payment.id] += min(rest, freed - sum(back.values()))
    for payment_id, part in back.items():
        if part:
            amount = Money(part, currency)
            await refunds.request(tx, payment_id, amount=amount, reason=reason, key=f"{REFUND_KEY}{note_id}")
    return sum(back.values())


async def _lower(tx: Tx, invoice: Invoice, taken: list[_Taken], total: Money, freed: int) -> None:
    for one in taken:
        await tx.update(one.line, credited=one.line.credited + Money(one.amount, total.currency))
    credited = invoice.credited + total
    returned = invoice.returned + Money(freed, total.currency)
    owing = invoice.total - credited - invoice.paid + returned
    if invoice.status is Status.open and not owing:
        await receipts.settle(tx, invoice, paid=invoice.paid, credited=credited, returned=returned)
    else:
        await tx.update(invoice, credited=credited, returned=returned, changed_at=tx.now)


async def _insert_lines(tx: Tx, note: CreditNote, taken: list[_Taken]) -> None:
    await tx.insert_many(
        CreditNoteLine,
        [
            {
                "id": ids.new(),
                "credit_note_id": note.id,
                "line_id": one.line.id,
                "place": place,
                "description": one.line.description,
                "net": Money(one.amount - one.tax, note.total.currency),
                "tax": Money(one.tax, note.total.currency),
                "total": Money(one.amount, note.total.currency),
                "derivations": msgspec.to_builtins(one.derivations),
            }
            for place, one in enumerate(taken)
        ],
    )


async def of_invoice(tx: Tx, invoice_id: UUID) -> list[CreditNote]:
    """The credit notes of an invoice, oldest first."""
    return await tx.all(
        CreditNote,
        "select * from billing_credit_note where tenant_id = kernel_tenant() and invoice_id = $1 order by id limit 200",
        invoice_id,
    )


async def lines(tx: Tx, note_id: UUID) -> list[CreditNoteLine]:
    """The lines of a credit note, in their order."""
    return await tx.all(
        CreditNoteLine,
        "select * from billing_credit_note_line where tenant_id = kernel_tenant() and credit_note_id = $1 "
        "order by place limit 100",
        note_id,
    )
