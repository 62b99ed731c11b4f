"""Transfers: one row moves an amount from one account to another, and stays for ever.

A transfer debits one account and credits another of the same unit, so everything always sums to zero. Several
transfers that belong together share a journal. A mistake is corrected by a reversal. Ids are made by the client where
it may ask twice: the same id with the same content gives back what is stored, and moves nothing again.

The rules are kept by the database; ``rules`` has their names. Problems raised here are those of ``rules``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import ids, pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import rules

Kind: TypeAlias = Literal["post", "hold", "settle", "release"]


class Transfer(Row):
    """An amount that moved, or is held, or was let go, between two accounts."""

    table: ClassVar[str] = "ledger_transfer"
    id: UUID
    journal_id: UUID | None
    """What it shares with the other legs of its journal; None when it stands alone."""
    kind: Kind
    debit_id: UUID
    credit_id: UUID
    amount: int
    unit: str
    code: str
    """Why, as a stable word of the system that made it, such as ``loyalty.stamp``."""
    reference_id: UUID | None
    """What it is about: a stamp, a policy, an invoice. With ``code``, the key to explaining any number."""
    hold_id: UUID | None
    reverses_id: UUID | None
    at: datetime
    xid: int
    seq: int
    """With ``xid``, the place in the order in which transfers are sealed."""


COLUMNS = (
    "id, journal_id, kind, debit_id, credit_id, amount, unit, code, reference_id, hold_id, reverses_id, at, xid, seq"
)


class Leg(msgspec.Struct, kw_only=True, frozen=True):
    """One transfer of a journal, before it is stored."""

    debit: UUID
    credit: UUID
    amount: int | Money
    code: str
    unit: str | None = None
    """Needed unless the amount is Money."""
    reference_id: UUID | None = None
    id: UUID | None = None
    """Made by the client where it may ask twice."""


async def transfer(
    tx: Tx,
    *,
    debit: UUID,
    credit: UUID,
    amount: int | Money,
    unit: str | None = None,
    code: str,
    reference_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
    kind: Literal["post", "hold"] = "post",
) -> Transfer:
    """Move an amount: debit one account, credit another. One statement.

    Args:
        tx: the transaction.
        debit: the account that is debited.
        credit: the account that is credited.
        amount: Money, or a whole number of ``unit``.
        unit: what is counted; needed unless the amount is Money.
        code: why, as a stable word such as ``loyalty.stamp``.
        reference_id: what it is about.
        id: made by the client where it may ask twice; the same id with the same content moves nothing again.
        kind: ``hold`` sets the amount aside; see ``holds.hold``.

    Raises:
        InsufficientFunds: a guarded account has less available.
        UnknownAccount: an account does not exist in this tenant.
        OtherUnit: an account counts something else.
        SameAccount: both accounts are the same.
        BadAmount: the amount is not a whole number from 1 to 2^53 - 1.
        IdReused: the id belongs to a transfer of other content.
    """
    number, unit = rules.counted(amount, unit)
    if debit == credit:
        raise rules.SameAccount(field="credit")
    id = id or ids.new()  # noqa: A001
    with rules.kept_rules():
        stored = await tx.find(
            Transfer,
            "insert into ledger_transfer (id, kind, debit_id, credit_id, amount, unit, code, reference_id, at) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (tenant_id, id) do nothing returning " + COLUMNS,
            id,
            kind,
            debit,
            credit,
            number,
            unit,
            code,
            reference_id,
            tx.now,
        )
    return stored or await known(
        tx,
        id,
        journal_id=None,
        kind=kind,
        debit_id=debit,
        credit_id=credit,
        amount=number,
        unit=unit,
        code=code,
        reference_id=reference_id,
        reverses_id=None,
    )


async def known(tx: Tx, id: UUID, **content: object) -> Transfer:  # noqa: A002 - the column's name
    """The stored transfer of an id that was used before, if it has this content.

    Raises:
        IdReused: it has other content, or is not this tenant's.
    """
    stored = await find_transfer(tx, id)
    if stored is None:
        raise rules.IdReused
    differing = [name for name, value in content.items() if getattr(stored, name) != value]
    if differing:
        raise rules.IdReused(f"The transfer {id} exists with another {', '.join(differing)}.")
    return stored


async def post(tx: Tx, legs: Sequence[Leg], *, journal_id: UUID | None = None) -> list[Transfer]:
    """Move several amounts as one journal: all of them or none, judged together by what they do in sum.

    One statement, which locks balances in the order of account ids, so journals over the same accounts never
    deadlock. When every leg has a client-made id, asking twice moves nothing again.

    Raises:
        InsufficientFunds: a guarded account has less available than the legs together take.
        UnknownAccount: an account does not exist in this tenant.
        OtherUnit: an account counts something else.
        SameAccount: a leg has the same account on both sides.
        BadAmount: an amount is not a whole number from 1 to 2^53 - 1.
        IdReused: a leg's id belongs to a transfer of other content, or only some of the legs are stored.
        Invalid: there is no leg.
    """
    if not legs:
        raise Invalid("A journal has at least one leg.", field="legs")
    if any(leg.debit == leg.credit for leg in legs):
        raise rules.SameAccount(field="legs")
    amounts = [rules.counted(leg.amount, leg.unit) for leg in legs]
    leg_ids = [leg.id or ids.new() for leg in legs]
    journal_id = journal_id or ids.new()
    with rules.kept_rules():
        stored = await tx.all(
            Transfer,
            "insert into ledger_transfer (id, journal_id, debit_id, credit_id, amount, unit, code, reference_id, at) "
            "select leg.id, $2, leg.debit_id, leg.credit_id, leg.amount, leg.unit, leg.code, leg.reference_id, $9 "
            "from unnest($1::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::uuid[]) "
            "with ordinality as leg (id, debit_id, credit_id, amount, unit, code, reference_id, place) "
            "where not exists (select from ledger_transfer as known where known.id = any ($1)) order by leg.place "
            "on conflict (tenant_id, id) do nothing returning " + COLUMNS,
            leg_ids,
            journal_id,
            [leg.debit for leg in legs],
            [leg.credit for leg in legs],
            [number for number, _ in amounts],
            [unit for _, unit in amounts],
            [leg.code for leg in legs],
            [leg.reference_id for leg in legs],
            tx.now,
        )
    if len(stored) == len(legs):
        return stored
    if stored:
        raise rules.IdReused("Only some of these legs are new.")
    return [
        await known(
            tx,
            leg_id,
            kind="post",
            debit_id=leg.debit,
            credit_id=leg.credit,
            amount=number,
            unit=unit,
            code=leg.code,
            reference_id=leg.reference_id,
        )
        for leg_id, leg, (number, unit) in zip(leg_ids, legs, amounts, strict=True)
    ]


async def reverse(
    tx: Tx,
    transfer_id: UUID,
    *,
    code: str | None = None,
    reference_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Transfer:
    """Undo a transfer by its mirror image: the same amount, the sides swapped. At most once per transfer.

    ``code`` and ``reference_id`` are the original's unless given.

    Raises:
        AlreadyReversed: it was reversed before.
        NotReversible: it is a hold or a release, and moved nothing.
        UnknownTransfer: there is no such transfer in this tenant.
        InsufficientFunds: who received the amount has spent it.
        IdReused: the id belongs to another transfer.
    """
    id = id or ids.new()  # noqa: A001
    with rules.kept_rules():
        stored = await tx.find(
            Transfer,
            "insert into ledger_transfer (id, debit_id, credit_id, amount, unit, code, reference_id, reverses_id, at) "
            "select $1, t.credit_id, t.debit_id, t.amount, t.unit, coalesce($3, t.code), "
            "coalesce($4, t.reference_id), t.id, $5 from ledger_transfer as t where t.id = $2 and t.kind in "
            "('post', 'settle') on conflict (tenant_id, id) do nothing returning " + COLUMNS,
            id,
            transfer_id,
            code,
            reference_id,
            tx.now,
        )
    if stored is not None:
        return stored
    original = await find_transfer(tx, transfer_id)
    if original is None:
        raise rules.UnknownTransfer(f"No transfer has the id {transfer_id}.")
    if original.kind not in ("post", "settle"):
        raise rules.NotReversible(f"It is a {original.kind}.")
    return await known(
        tx,
        id,
        reverses_id=transfer_id,
        code=code or original.code,
        reference_id=reference_id or original.reference_id,
    )


async def reverse_journal(tx: Tx, journal_id: UUID, *, new_journal_id: UUID | None = None) -> list[Transfer]:
    """Undo every leg of a journal, as one journal of its own.

    Raises:
        AlreadyReversed: a leg was reversed before.
        UnknownTransfer: there is no such journal in this tenant, or it moved nothing.
        InsufficientFunds: who received an amount has spent it.
    """
    with rules.kept_rules():
        stored = await tx.all(
            Transfer,
            "insert into ledger_transfer (journal_id, debit_id, credit_id, amount, unit, code, reference_id, "
            "reverses_id, at) select $2, t.credit_id, t.debit_id, t.amount, t.unit, t.code, t.reference_id, t.id, $3 "
            "from ledger_transfer as t where t.tenant_id = kernel_tenant() and t.journal_id = $1 "
            "and t.kind in ('post', 'settle') order by t.xid, t.seq returning " + COLUMNS,
            journal_id,
            new_journal_id or ids.new(),
            tx.now,
        )
    if not stored:
        raise rules.UnknownTransfer(f"No journal has the id {journal_id}.")
    return stored


async def find_transfer(tx: Tx, id: UUID) -> Transfer | None:  # noqa: A002 - the column's name
    """The transfer of that id, if there is one in this tenant."""
    return await tx.find(
        Transfer,
        "select " + COLUMNS + " from ledger_transfer where id = $1",
        id,
    )


async def of_journal(tx: Tx, journal_id: UUID) -> list[Transfer]:
    """The legs of a journal, in their order."""
    return await tx.all(
        Transfer,
        "select "
        + COLUMNS
        + " from ledger_transfer where tenant_id = kernel_tenant() and journal_id = $1 order by xid, seq",
        journal_id,
    )


async def of_reference(tx: Tx, reference_id: UUID, page: Page) -> Listing[Transfer]:
    """Everything that moved because of one thing (a stamp, a policy), in its order; explains a number.

    Raises:
        Invalid: the page's cursor is not one of ours.
    """
    xid, seq = page.position(tuple[int, int]) or (0, 0)
    found = await tx.all(
        Transfer,
        "select " + COLUMNS + " from ledger_transfer where tenant_id = kernel_tenant() and reference_id = $1 "
        "and (xid, seq) > ($2, $3) order by xid, seq limit $4",
        reference_id,
        xid,
        seq,
        page.fetch,
    )
    return pages.listing(page, found, lambda transfer: (transfer.xid, transfer.seq))
