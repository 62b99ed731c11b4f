"""Accounts: where units are, whose they are, and how many.

An account counts one unit: a currency code (``PEN``, in minor units) or anything else by its own word
(``stamp:<program id>``). Its side says which postings make it grow: a ``credit`` account (what is owed to somebody: a
wallet, a stamp card) grows by credits, a ``debit`` account (what somebody owes, or where units come from) by debits.

A guarded account never goes below zero and keeps a balance row that moves in the same statement as its transfers. An
account that everybody posts to (an issuer, revenue) is left unguarded: it keeps no row, so that no row is hot, and is
summed when somebody asks.
"""

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import ids, pages
from holdfast.kernel.auth import grant
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.ledger import rules

READ = grant("ledger.read", "Read the accounts, the entries and the trial balance", roles=("owner", "manager"))

Side: TypeAlias = Literal["debit", "credit"]

_LATEST = (2**63 - 1, 2**63 - 1)


class Account(Row):
    """A place where units of one kind are counted. It never changes: an account that is no longer used stays."""

    table: ClassVar[str] = "ledger_account"
    id: UUID
    book: str
    """What kind of account it is, such as ``loyalty.card``."""
    owner_id: UUID | None
    """What it belongs to: a card, a person, an agent; None for the tenant's own."""
    unit: str
    side: Side
    guarded: bool
    created_at: datetime


class Balance(msgspec.Struct, kw_only=True, frozen=True):
    """What an account holds, in its unit."""

    posted: int
    """Everything posted to the account's side, less everything posted to the other side."""
    held: int
    """The part that pending transfers have set aside."""
    available: int
    """What is posted and not held."""


class Standing(Account, kw_only=True, frozen=True):
    """An account with its balance."""

    posted: int
    held: int
    available: int


class Entry(msgspec.Struct, kw_only=True, frozen=True):
    """A transfer as one of its two accounts sees it."""

    id: UUID
    """The transfer."""
    kind: Literal["post", "hold", "settle", "release"]
    at: datetime
    amount: int
    change: int
    """What it did to the posted balance: the amount, its negative, or 0 for a hold or a release."""
    balance: int
    """The posted balance after it."""
    other_id: UUID
    """The account on the other side."""
    code: str
    reference_id: UUID | None
    journal_id: UUID | None
    hold_id: UUID | None
    reverses_id: UUID | None


class _Placed(Entry, kw_only=True, frozen=True):
    xid: int
    seq: int


class AccountDiffers(Problem):
    """This account exists already, with another side or guard."""


async def open_account(
    tx: Tx, *, book: str, unit: str, owner_id: UUID | None = None, side: Side = "credit", guarded: bool = True
) -> Account:
    """The account of that book, owner and unit, opened when there is none; safe to run at once with itself.

    Args:
        tx: the transaction.
        book: what kind of account it is, such as ``loyalty.card``; printable ASCII without spaces.
        unit: a currency code, or a word of one's own such as ``stamp:<program id>``.
        owner_id: what it belongs to; None for the tenant's own account of the book.
        side: which postings make it grow.
        guarded: whether it keeps a balance that can never go below zero.

    Raises:
        AccountDiffers: it exists with another side or guard.
        Invalid: the book or the unit is not one printable word.
    """
    account = await find_account(tx, book=book, unit=unit, owner_id=owner_id)
    if account is None:
        account = await tx.find(
            Account,
            "insert into ledger_account (id, book, owner_id, unit, side, guarded, created_at) "
            "values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint ledger_account_once do nothing "
            "returning id, book, owner_id, unit, side, guarded, created_at",
            ids.new(),
            book,
            owner_id,
            unit,
            side,
            guarded,
            tx.now,
        )
    if account is None:
        # Somebody else opened it between the two statements, and has committed by now.
        account = await find_account(tx, book=book, unit=unit, owner_id=owner_id)
    if account is None:
        raise rules.UnknownAccount
    if (account.side, account.guarded) != (side, guarded):
        raise AccountDiffers(f"It is {'a guarded' if account.guarded else 'an unguarded'} {account.side} account.")
    return account


async def find_account(tx: Tx, *, book: str, unit: str, owner_id: UUID | None = None) -> Account | None:
    """The account of that book, owner and unit, if it was opened."""
    return await tx.find(
        Account,
        "select id, book, owner_id, unit, side, guarded, created_at from ledger_account "
        "where tenant_id = kernel_tenant() and book = $1 and unit = $2 and owner_id is not distinct from $3",
        book,
        unit,
        owner_id,
    )


async def lock(tx: Tx, *account_ids: UUID) -> None:
    """Lock the balances of guarded accounts until the transaction ends.

    One transfer or one journal needs none of this, since its statement takes its locks in order. A command that moves
    the same accounts by several statements locks them all first, and so cannot deadlock with itself.
    """
    await tx.execute("select ledger_lock($1)", list(account_ids))


async def balance(tx: Tx, account_id: UUID) -> Balance:
    """What an account holds: read from the row of a guarded account, summed from the transfers of any other.

    Raises:
        UnknownAccount: there is no such account in this tenant.
    """
    guarded = await tx.find(
        Balance, "select posted, held, posted - held as available from ledger_balance where account_id = $1", account_id
    )
    return guarded or await summed_balance(tx, account_id)


async def summed_balance(tx: Tx, account_id: UUID) -> Balance:
    """What an account holds, summed from its transfers.

    Raises:
        UnknownAccount: there is no such account in this tenant.
    """
    found = await tx.find(
        Balance,
        "select s.posted, s.held, s.posted - s.held as available from ledger_account as a, "
        "lateral (select ledger_sum(a) as posted, ledger_held(a) as held offset 0) as s where a.id = $1",
        account_id,
    )
    if found is None:
        raise rules.UnknownAccount(f"No account has the id {account_id}.")
    return found


async def listing(
    tx: Tx, page: Page, *, book: str | None = None, unit: str | None = None, owner_id: UUID | None = None
) -> Listing[Standing]:
    """The tenant's accounts with their balances, oldest first, of one book, unit or owner when asked.

    Raises:
        NotAllowed: the actor lacks ``ledger.read``.
        Invalid: the page's cursor is not one of ours.
    """
    tx.must(READ)
    found = await tx.all(
        Standing,
        "select a.id, a.book, a.owner_id, a.unit, a.side, a.guarded, a.created_at, "
        "coalesce(b.posted, s.posted) as posted, coalesce(b.held, s.held) as held, "
        "coalesce(b.posted - b.held, s.posted - s.held) as available from ledger_account as a "
        "left join ledger_balance as b on b.account_id = a.id "
        "left join lateral (select ledger_sum(a) as posted, ledger_held(a) as held where b.account_id is null) as s "
        "on true "
        "where a.tenant_id = kernel_tenant() and a.id > $1 and ($2::text is null or a.book = $2) "
        "and ($3::text is null or a.unit = $3) and ($4::uuid is null or a.owner_id = $4) order by a.id limit $5",
        page.after_id() or UUID(int=0),
        book,
        unit,
        owner_id,
        page.fetch,
    )
    return pages.listing(page, found, lambda account: account.id)


async def entries(tx: Tx, account_id: UUID, page: Page) -> Listing[Entry]:
    """An account's statement, newest first, with the posted balance after each entry.

    The order is the one in which transfers are sealed: by transaction, then by place in it. Balances are exact for
    the moment of the query. This asks for no grant, so that a system can show its customers their own entries after
    its own check; ``statement`` is the same for those who may read every account.

    Raises:
        UnknownAccount: there is no such account in this tenant.
        Invalid: the page's cursor is not one of ours.
    """
    xid, seq = page.position(tuple[int, int]) or _LATEST
    found = await tx.all(
        _Placed,
        "with account as (select a as whole, a.side from ledger_account as a where a.id = $1), touching as ("
        "(select 'debit' as side, t.* from ledger_transfer as t where t.tenant_id = kernel_tenant() "
        "and t.debit_id = $1 and (t.xid, t.seq) < ($2, $3) order by t.xid desc, t.seq desc limit $4) union all "
        "(select 'credit' as side, t.* from ledger_transfer as t where t.tenant_id = kernel_tenant() "
        "and t.credit_id = $1 and (t.xid, t.seq) < ($2, $3) order by t.xid desc, t.seq desc limit $4)), "
        "changed as (select t.*, case t.side when 'debit' then t.credit_id else t.debit_id end as other_id, "
        "case when t.kind in ('hold', 'release') then 0 when t.side = account.side then t.amount "
        "else -t.amount end as change from touching as t, account order by t.xid desc, t.seq desc limit $4) "
        # A guarded account starts from its balance row less what is newer than the page, which is little for the
        # first pages; any other is summed up to the page.
        "select c.id, c.kind, c.at, c.amount, c.change, (coalesce("
        "(select posted from ledger_balance where account_id = $1) "
        "- ledger_sum((select whole from account), $2, $3), "
        "ledger_sum((select whole from account), 0, 0, $2, $3)) - coalesce(sum(c.change) over ("
        "order by c.xid desc, c.seq desc rows between unbounded preceding and 1 preceding), 0))::bigint as balance, "
        "c.other_id, c.code, "
        "c.reference_id, c.journal_id, c.hold_id, c.reverses_id, c.xid, c.seq from changed as c "
        "order by c.xid desc, c.seq desc",
        account_id,
        xid,
        seq,
        page.fetch,
    )
    if not found and await tx.find(UUID, "select id from ledger_account where id = $1", account_id) is None:
        raise rules.UnknownAccount(f"No account has the id {account_id}.")
    placed = pages.listing(page, found, lambda entry: (entry.xid, entry.seq))
    return Listing(items=[_entry(entry) for entry in placed.items], next=placed.next)


async def statement(tx: Tx, account_id: UUID, page: Page) -> Listing[Entry]:
    """``entries`` for those who may read every account.

    Raises:
        NotAllowed: the actor lacks ``ledger.read``.
        UnknownAccount: there is no such account in this tenant.
        Invalid: the page's cursor is not one of ours.
    """
    tx.must(READ)
    return await entries(tx, account_id, page)


def _entry(placed: _Placed) -> Entry:
    return Entry(**{name: getattr(placed, name) for name in Entry.__struct_fields__})
