"""Files: payouts that somebody takes to the bank, each in one file for ever.

A file is made of everything that is approved and in no file yet, of one currency; making it says that it has left. What
the bank did with each payout is told afterwards.
"""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from holdfast.integrations.payouts import Order, bank_file
from holdfast.kernel import ids, pages
from holdfast.kernel.money import Money
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.payouts import destinations, payouts
from holdfast.shared.payouts.payouts import APPROVE, Payout, Status
from holdfast.shared.payouts.wallets import READ

MOST = 1000
"""Payouts in one file."""


class File(Row):
    """Payouts that left together."""

    table: ClassVar[str] = "payouts_file"
    id: UUID
    number: int
    format: Literal["pain.001", "csv"]
    payouts: int
    total: Money
    made_by: UUID | None
    created_at: datetime


class Payer(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The business's own account, which is in the file and nowhere else."""

    holder: str
    iban: str = ""
    bic: str = ""


class NothingToPay(Problem):
    """No payout of this currency is approved and waits for a file."""


async def make(tx: Tx, *, currency: str, format: Literal["pain.001", "csv"]) -> File:  # noqa: A002
    """Put every payout that waits for it into a file.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NothingToPay: there is none.
    """
    tx.must(APPROVE)
    waiting = await tx.all(
        Payout,
        "select p.* from payouts_payout as p where p.status = 'approved' and p.rail = 'bank_file' "
        "and p.amount_currency = $1 and not exists (select from payouts_file_item as i where i.payout_id = p.id) "
        "order by p.id limit $2 for update of p skip locked",
        currency.upper(),
        MOST,
    )
    if not waiting:
        raise NothingToPay
    file = await tx.insert(
        File,
        id=ids.new(),
        number=await ids.next_number(tx, "payouts.file"),
        format=format,
        payouts=len(waiting),
        total=sum((payout.amount for payout in waiting), Money(0, currency.upper())),
        made_by=tx.actor.person,
        created_at=tx.now,
    )
    for place, payout in enumerate(waiting, 1):
        await tx.execute(
            "insert into payouts_file_item (file_id, payout_id, place) values ($1, $2, $3)", file.id, payout.id, place
        )
        await payouts.moved(tx, payout, Status.sending)
        await payouts.moved(tx, await tx.get(Payout, payout.id), Status.processing)
    return file


async def content(tx: Tx, file_id: UUID, payer: Payer) -> tuple[File, bytes]:
    """A file as the bank takes it; always the same for the same file and payer.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NotFound: there is no such file.
        Invalid: the payer's account is no IBAN, where the format wants one.
    """
    tx.must(APPROVE)
    file = await tx.get(File, file_id)
    found = await tx.all(
        Payout,
        "select p.* from payouts_file_item as i join payouts_payout as p on p.id = i.payout_id "
        "where i.file_id = $1 order by i.place",
        file_id,
    )
    orders = [
        Order(
            payout_id=payout.id,
            amount=payout.amount,
            reference=f"Payout {str(payout.id)[-12:]}",
            destination=await destinations.opened(tx, payout.destination_id),
        )
        for payout in found
    ]
    if file.format == "csv":
        return file, bank_file.csv_of(orders)
    if not destinations.iban_is_right(payer.iban.replace(" ", "").upper()):
        raise Invalid("This file wants the IBAN that you pay from.", field="iban")
    missing = [order for order in orders if "iban" not in order.destination.fields]
    if missing:
        raise Invalid("A payout goes to an account without an IBAN; make a CSV file instead.", field="format")
    return file, bank_file.pain_001(
        orders,
        message_id=f"HF-{file.number:06}",
        made_at=file.created_at,
        payer=payer.holder,
        iban=payer.iban.replace(" ", "").upper(),
        bic=payer.bic,
    )


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
    """Tell what the bank did with a payout of a file.

    Raises:
        NotAllowed: the actor lacks ``payouts.approve``.
        NotFound: there is none.
        payouts.NotNow: it is in no file, or that is known already.
    """
    tx.must(APPROVE)
    payout = await tx.get(Payout, payout_id, lock=True)
    in_file = await tx.one(bool, "select exists (select from payouts_file_item where payout_id = $1)", payout_id)
    status = Status(outcome)
    if payout.status is status:
        return payout
    if not in_file or status not in payouts.MOVES[payout.status]:
        raise payouts.NotNow("It is in no file." if not in_file else f"It is {payout.status}.")
    return await payouts.moved(
        tx,
        payout,
        status,
        trace=(trace or payout.trace or "")[:200] or None,
        reason=(reason or payout.reason or "")[:500] or None,
    )
