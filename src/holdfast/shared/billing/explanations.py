"""Explanations: why each amount of an invoice or a credit note is what it is, worked out once more.

Every figure keeps the rule that made it, its version and what went in. Here each is computed again from these alone,
and compared with what is stored; so are the sums of the lines with the whole.
"""

from uuid import UUID

import msgspec

from holdfast.kernel import derivations
from holdfast.kernel.derivations import Derivation
from holdfast.kernel.money import Money
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import credit_notes, invoices
from holdfast.shared.billing.grants import READ

_SHARES = ("billing.discount", "billing.tax")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and why it is what it is."""

    of: str
    """What it is: ``amount``, ``discount``, ``tax``, ``total`` …"""
    line: int | None
    """On which line, counted from 1; None for the whole."""
    label: str
    amount: Money
    derivation: Derivation | None
    """None for a sum, and for an amount that somebody entered."""
    recomputed: int | None
    agrees: bool


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Every amount of something, explained."""

    kind: str
    id: UUID
    number: str
    agrees: bool
    """Whether every amount is what its derivation gives, and the lines add up to the whole."""
    figures: list[Figure]


class _Derivations(msgspec.Struct):
    derivations: list[Derivation]


async def of(tx: Tx, kind: str, id: UUID) -> Explanation:  # noqa: A002 - the column's name
    """Explain an ``invoice`` or a ``credit-note``.

    Raises:
        NotAllowed: the actor lacks ``billing.read``.
        NotFound: there is no such thing.
    """
    tx.must(READ)
    match kind:
        case "invoice":
            return await of_invoice(tx, id)
        case "credit-note":
            return await _of_credit_note(tx, id)
    raise NotFound("Invoices and credit notes can be explained.")


async def of_invoice(tx: Tx, invoice_id: UUID) -> Explanation:
    """Every amount of an invoice, explained; asks for no grant, so that a customer can be shown their own.

    Raises:
        NotFound: there is no such invoice.
    """
    invoice = await tx.get(invoices.Invoice, invoice_id)
    lines = await invoices.lines(tx, invoice_id)
    whole = await tx.one(_Derivations, "select derivations from billing_invoice where id = $1", invoice_id)
    figures: list[Figure] = []
    for line in lines:
        figures += _of_line(line)
    taken = iter([one.amount for one in invoice.discounts])
    taxes = iter([one.tax for one in invoice.taxes])
    for derivation in whole.derivations:
        match derivation.rule:
            case "billing.discount":
                figures.append(_figure("discount", None, "", next(taken, invoice.discount), derivation))
            case "billing.tax":
                figures.append(_figure("tax", None, "", next(taxes, invoice.tax), derivation))
            case _:
                figures.append(_figure("total", None, "", invoice.total, derivation))
    figures += [
        _sum("subtotal", invoice.subtotal, [line.amount for line in lines]),
        _sum("discount", invoice.discount, [line.discount for line in lines]),
        _sum("net", invoice.net, [line.net for line in lines]),
        _sum("tax", invoice.tax, [line.tax for line in lines]),
        _sum("total", invoice.total, [line.total for line in lines]),
    ]
    return Explanation(
        kind="invoice",
        id=invoice_id,
        number=invoice.number,
        agrees=all(figure.agrees for figure in figures),
        figures=figures,
    )


def _of_line(line: invoices.InvoiceLine) -> list[Figure]:
    place = line.place + 1
    found = [one for one in line.derivations if one.rule not in _SHARES]
    why = found[0] if found else None
    figures = [_figure("amount", place, line.description, line.amount, why)]
    taken = [one for one in line.derivations if one.rule == "billing.discount"]
    figures += [
        _figure("discount", place, line.description, Money(one.result, line.amount.currency), one) for one in taken
    ]
    parts = [Money(one.result, line.amount.currency) for one in taken]
    figures.append(_sum("discount", line.discount, parts, place=place, label=line.description))
    figures += [
        _figure("tax", place, line.description, line.tax, one) for one in line.derivations if one.rule == "billing.tax"
    ]
    figures.append(_sum("total", line.total, [line.net, line.tax], place=place, label=line.description))
    return figures


async def _of_credit_note(tx: Tx, note_id: UUID) -> Explanation:
    note = await tx.get(credit_notes.CreditNote, note_id)
    lines = await credit_notes.lines(tx, note_id)
    figures: list[Figure] = []
    for line in lines:
        for why in line.derivations:
            of, amount = ("tax", line.tax) if why.rule == "billing.credited_tax" else ("total", line.total)
            figures.append(_figure(of, line.place + 1, line.description, amount, why))
        figures.append(_sum("total", line.total, [line.net, line.tax], place=line.place + 1, label=line.description))
    figures += [
        _sum("tax", note.tax, [line.tax for line in lines]),
        _sum("total", note.total, [line.total for line in lines]),
    ]
    return Explanation(
        kind="credit-note",
        id=note_id,
        number=note.number,
        agrees=all(figure.agrees for figure in figures),
        figures=figures,
    )


def _figure(of: str, line: int | None, label: str, amount: Money, why: Derivation | None) -> Figure:
    """An amount beside what its rule gives now."""
    again = None if why is None else derivations.recompute(why)
    agrees = why is None or (again == why.result == amount.minor and why.unit == amount.currency)
    return Figure(of=of, line=line, label=label, amount=amount, derivation=why, recomputed=again, agrees=agrees)


def _sum(of: str, amount: Money, parts: list[Money], *, place: int | None = None, label: str = "") -> Figure:
    """An amount beside the sum of its parts."""
    whole = sum(part.minor for part in parts)
    return Figure(
        of=f"{of}_sum",
        line=place,
        label=label,
        amount=amount,
        derivation=None,
        recomputed=whole,
        agrees=whole == amount.minor,
    )
