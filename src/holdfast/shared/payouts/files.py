"""Files: payouts that somebody takes to the bank, each in one file for ever.

A file is made of everything that is approved and in no file yet, of one currency; making it says that it has left. What
the bank did with each payout is told afterwards.
"""

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.integrations.payouts import Order, bank_file, reference
from holdfast.kernel import ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import destinations, payouts
from holdfast.shared.payouts.payouts import APPROVE, Payout, Status
from holdfast.shared.payouts.wallets import READ

Format: TypeAlias = Literal["pain.001", "csv"]

MOST = 1000
"""Payouts in one file."""


class File(Row):
    """Payouts that left together."""

    table: ClassVar[str] = "payouts_file"
    id: UUID
    number: int
    format: Format
    payouts: int
    total: Money
    made_by: UUID | None
    created_at: datetime


class Payer(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The business's own account, which is in the file and nowhere else."""

    holder: str
    iban: str = ""
    bic: str = ""


class Confirmed(Event):
    """Somebody told what the bank did with a payout."""

    name: ClassVar[str] = "payouts.payout.confirmed"
    subject: ClassVar[str | None] = "payout_id"
    payout_id: UUID
    wallet_id: UUID
    status: Status
    was: Status
    by: UUID | None


class NothingToPay(Problem):
    """No payout of this currency is approved and waits for a file."""


async def make(tx: Tx, *, currency: str, format: Format) -> File:  # noqa: A002 - the column's name
    """Put every payout that waits for it into a file; into a pain.001 those that go to an IBAN.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NothingToPay: there is none.
    """
    tx.must(APPROVE)
    currency = currency.upper()
    waiting = await tx.all(
        Payout,
        "select p.* from payouts_payout as p join payouts_destination as d "
        "on d.tenant_id = p.tenant_id and d.id = p.destination_id where p.status = 'approved' "
        "and p.rail = 'bank_file' and p.amount_currency = $1 and ($3 = 'csv' or d.kind = 'iban') "
        "and not exists (select from payouts_file_item as i where i.payout_id = p.id) "
        "order by p.id limit $2 for update of p skip locked",
        currency,
        MOST,
        format,
    )
    if not waiting:
        raise NothingToPay(await _instead(tx, currency))
    file = await tx.insert(
        File,
        id=ids.new(),
        number=await ids.next_number(tx, "payouts.file"),
        format=format,
        payouts=len(waiting),
        total=sum((payout.amount for payout in waiting), Money(0, currency)),
        made_by=tx.actor.person,
        created_at=tx.now,
    )
    await tx.execute(
        "insert into payouts_file_item (file_id, payout_id, place) "
        "select $1, item.id, item.place from unnest($2::uuid[]) with ordinality as item (id, place)",
        file.id,
        [payout.id for payout in waiting],
    )
    await payouts.left_in_file(tx, waiting)
    return file


async def _instead(tx: Tx, currency: str) -> str | None:
    """What can be done where nothing fits into the file that was asked for."""
    others = await tx.one(
        bool,
        "select exists (select from payouts_payout as p where p.status = 'approved' and p.rail = 'bank_file' "
        "and p.amount_currency = $1 "
        "and not exists (select from payouts_file_item as i where i.payout_id = p.id))",
        currency,
    )
    return "What waits goes to accounts without an IBAN; make a CSV file instead." if others else None


async def content(
    tx: Tx,
    file_id: UUID,
    payer: Payer,
    *,
    format: Format | None = None,  # noqa: A002 - the column's name
) -> tuple[File, bytes]:
    """A file as the bank takes it, in its own format or another; always the same for the same file and payer.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NotFound: there is no such file.
        Invalid: the payer's name, account or bank is malformed, or an account is no IBAN, where the format wants them.
    """
    tx.must(APPROVE)
    file = await tx.get(File, file_id)
    file = msgspec.structs.replace(file, format=format or file.format)
    found = await tx.all(
        Payout,
        "select p.* from payouts_file_item as i join payouts_payout as p on p.id = i.payout_id "
        "where i.file_id = $1 order by i.place",
        file_id,
    )
    opened = await destinations.opened_all(tx, {payout.destination_id for payout in found})
    orders = [
        Order(
            payout_id=payout.id,
            amount=payout.amount,
            reference=reference(payout.id),
            destination=opened[payout.destination_id],
        )
        for payout in found
    ]
    if file.format == "csv":
        return file, bank_file.csv_of(orders)
    payer = _checked(payer)
    if any("iban" not in order.destination.fields for order in orders):
        raise Invalid("A payout goes to an account without an IBAN; take the file as CSV.", field="format")
    return file, bank_file.pain_001(
        orders,
        message_id=f"HF-{file.number:06}",
        made_at=file.created_at,
        payer=payer.holder,
        iban=payer.iban,
        bic=payer.bic,
    )


def _checked(payer: Payer) -> Payer:
    holder = " ".join(payer.holder.split(" "))
    iban, bic = payer.iban.replace(" ", "").upper(), payer.bic.strip(" ").upper()
    if not destinations.holder_is_right(holder):
        raise Invalid("The holder's name has 1 to 140 characters.", field="holder")
    if not destinations.iban_is_right(iban):
        raise Invalid("This file wants the IBAN that you pay from.", field="iban")
    if bic and not destinations.bic_is_right(bic):
        raise Invalid("A BIC has 8 or 11 letters and digits.", field="bic")
    return Payer(holder=holder, iban=iban, bic=bic)


async def files(tx: Tx, page: Page) -> Listing[File]:
    """The business's files, newest first.

    Raises:
        NotAllowed: the actor lacks ``payouts.read``.
        Invalid: the cursor was not made by this list.
    """
    tx.must(READ)
    found = await tx.all(
        File,
        "select * from payouts_file where $1::uuid is null or id < $1 order by id desc limit $2",
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda file: file.id)


async def confirm(
    tx: Tx, payout_id: UUID, *, outcome: Literal["paid", "failed", "returned"], trace: str | None, reason: str | None
) -> Payout:
    """Tell what the bank did with a payout of a file, or with one whose rail does not say what became of it.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NotFound: there is none.
        payouts.NotNow: it is in no file and not unknown, or that is known already.
    """
    tx.must(APPROVE)
    payout = await payouts.locked(tx, Payout, payout_id)
    in_file = await tx.one(bool, "select exists (select from payouts_file_item where payout_id = $1)", payout_id)
    status, was = Status(outcome), payout.status
    if was is status:
        return payout
    if not in_file and was is not Status.unknown:
        raise payouts.NotNow("It is in no file, and its rail says what becomes of it.")
    if status not in payouts.MOVES[was]:
        raise payouts.NotNow(f"It is {was}.")
    payout = await payouts.moved(
        tx,
        payout,
        status,
        trace=(trace or payout.trace or "")[:200] or None,
        reason=(reason or payout.reason or "")[:500] or None,
    )
    told = Confirmed(
        payout_id=payout.id, wallet_id=payout.wallet_id, status=status, was=was, by=tx.actor.person or tx.actor.id
    )
    await tx.emit(told)
    return payout
