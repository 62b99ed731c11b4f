"""Statements: what happened in a wallet in a time, with what was there before and after."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from holdfast.kernel import clock
from holdfast.kernel.money import Money
from holdfast.kernel.problems import Invalid
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import wallets
from holdfast.shared.payouts.entries import ABOUT
from holdfast.shared.payouts.wallets import AVAILABLE, Wallet

MOST = 2000


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in or went out."""

    at: datetime
    code: str
    change: int
    reference_id: UUID | None
    about: str | None
    """What was earned, or the masked account that a payout went to."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet's time, in whole: opening and movements add up to closing."""

    wallet: Wallet
    since: date
    until: date
    opening: Money
    closing: Money
    movements: list[Movement]


async def of(tx: Tx, wallet_id: UUID, *, since: date, until: date) -> Statement:
    """The statement of what was available in a wallet, from a day up to another.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        NotFound: there is no such wallet.
        Invalid: the time is empty, longer than a year, or has too many movements for one page.
    """
    tx.must(wallets.READ)
    return await drawn(tx, await tx.get(Wallet, wallet_id), since=since, until=until)


async def drawn(tx: Tx, wallet: Wallet, *, since: date, until: date) -> Statement:
    """``of`` for whoever has checked who asks."""
    if not since < until or (until - since).days > 370:
        raise Invalid("A statement is of a day up to a year.", field="since")
    account = await wallets.opened(tx, AVAILABLE, wallet)
    timezone = await tx.one(str, "select timezone from tenants_tenant where id = $1", tx.tenant)
    start, end = clock.start_of(since, timezone), clock.start_of(until, timezone)
    movements = await tx.all(
        Movement,
        "select at, code, case when credit_id = $1 then amount else -amount end as change, reference_id, "
        + ABOUT
        + " as about from ledger_transfer as t where tenant_id = kernel_tenant() and (debit_id = $1 or credit_id = $1) "
        "and kind in ('post', 'settle') and at >= $2 and at < $3 order by xid, seq limit $4",
        account,
        start,
        end,
        MOST + 1,
    )
    if len(movements) > MOST:
        raise Invalid("There are too many movements for one statement; choose a shorter time.", field="since")
    opening = await tx.one(
        int,
        "select coalesce(sum(case when credit_id = $1 then amount else -amount end), 0)::bigint from ledger_transfer "
        "where tenant_id = kernel_tenant() and (debit_id = $1 or credit_id = $1) and kind in ('post', 'settle') "
        "and at < $2",
        account,
        start,
    )
    closing = opening + sum(movement.change for movement in movements)
    return Statement(
        wallet=wallet,
        since=since,
        until=until,
        opening=Money(opening, wallet.currency),
        closing=Money(closing, wallet.currency),
        movements=movements,
    )
