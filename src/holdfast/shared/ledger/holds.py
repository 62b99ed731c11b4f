"""Holds: an amount set aside until it is settled or released.

A hold is a pending transfer. It moves nothing, but what it holds of the account that would lose is no longer
available, so that nobody spends it twice between a request and its approval. It ends at most once: settled, wholly or
in part (the rest is released with it), or released. A hold that has ended stays in the books; a settlement can be
reversed like any posting.
"""

from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import rules, transfers
from holdfast.shared.ledger.transfers import Transfer


async def hold(
    tx: Tx,
    *,
    debit: UUID,
    credit: UUID,
    amount: int | Money,
    unit: str | None = None,
    code: str,
    reference_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Transfer:
    """Set an amount aside: it stays where it is and is no longer available there. One statement.

    Takes what ``transfers.transfer`` takes and raises what it raises; when the hold is settled, ``debit`` is debited
    and ``credit`` credited.
    """
    return await transfers.transfer(
        tx,
        debit=debit,
        credit=credit,
        amount=amount,
        unit=unit,
        code=code,
        reference_id=reference_id,
        id=id,
        kind="hold",
    )


async def settle(
    tx: Tx,
    hold_id: UUID,
    *,
    amount: int | Money | None = None,
    code: str | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Transfer:
    """Move what was held, all of it or the part given as ``amount``; the rest is available again. One statement.

    ``code`` is the hold's unless given; the unit and the reference are always the hold's.

    Raises:
        UnknownHold: there is no such hold in this tenant.
        AlreadySettled: it was settled or released before.
        BeyondHold: the amount is more than was held.
        OtherUnit: Money of a currency that the hold does not count.
        IdReused: the id belongs to another transfer.
    """
    return await _end(tx, hold_id, "settle", amount, code, id)


async def release(
    tx: Tx,
    hold_id: UUID,
    *,
    code: str | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Transfer:
    """Let what was held be available again; nothing moves. One statement.

    Raises:
        UnknownHold: there is no such hold in this tenant.
        AlreadySettled: it was settled or released before.
        IdReused: the id belongs to another transfer.
    """
    return await _end(tx, hold_id, "release", None, code, id)


async def _end(
    tx: Tx, hold_id: UUID, kind: str, amount: int | Money | None, code: str | None, own_id: UUID | None
) -> Transfer:
    unit = amount.currency if isinstance(amount, Money) else None
    number = None if amount is None else rules.counted(amount, unit or "the hold's")[0]
    own_id = own_id or ids.new()
    with rules.kept_rules():
        stored = await tx.find(
            Transfer,
            "insert into ledger_transfer (id, journal_id, kind, debit_id, credit_id, amount, unit, code, "
            "reference_id, hold_id, at) select $1, h.journal_id, $3, h.debit_id, h.credit_id, "
            "coalesce($4, h.amount), h.unit, coalesce($5, h.code), h.reference_id, h.id, $6 from ledger_transfer as h "
            "where h.id = $2 and h.kind = 'hold' and ($7::text is null or h.unit = $7) "
            "on conflict (tenant_id, id) do nothing returning " + transfers.COLUMNS,
            own_id,
            hold_id,
            kind,
            number,
            code,
            tx.now,
            unit,
        )
    if stored is not None:
        return stored
    held = await transfers.find_transfer(tx, hold_id)
    if held is None or held.kind != "hold":
        raise rules.UnknownHold(f"No hold has the id {hold_id}.")
    if unit is not None and unit != held.unit:
        raise rules.OtherUnit(f"The hold is of {held.unit}.")
    return await transfers.known(
        tx, own_id, hold_id=hold_id, kind=kind, amount=number or held.amount, code=code or held.code
    )


async def open_holds(tx: Tx, account_id: UUID, *, limit: int = 200) -> list[Transfer]:
    """Holds of an account, on either side, that have not ended, oldest first."""
    return await tx.all(
        Transfer,
        "select "
        + transfers.COLUMNS
        + " from ledger_transfer as h where h.tenant_id = kernel_tenant() and h.kind = 'hold' "
        "and (h.debit_id = $1 or h.credit_id = $1) and not exists (select from ledger_transfer as e "
        "where e.tenant_id = h.tenant_id and e.hold_id = h.id) order by h.xid, h.seq limit $2",
        account_id,
        limit,
    )
