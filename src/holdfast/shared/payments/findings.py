"""Findings: what a comparison found to differ between our payments, the ledger and the provider, with the evidence.

``differences`` is pure: it is given the three records of one payment and says what is wrong with them.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.kernel.rows import Row
from holdfast.shared.payments.disputes import Dispute
from holdfast.shared.payments.payments import Payment, Status

Kind: TypeAlias = Literal[
    "behind", "amount", "refunds", "ledger", "stranger", "missing_there", "other_mode", "dispute", "unreadable"
]
"""What differs.

* ``behind``: the provider is further than we are;
* ``amount``: we took another amount than the provider says;
* ``refunds``: another amount was given back;
* ``ledger``: the books hold another amount than the payment;
* ``stranger``: the provider has money that no payment of ours asked for, or that came for one that was paid already;
* ``missing_there``: we hold a payment for paid, and the provider does not know it;
* ``other_mode``: a test payment on a live connection, or the other way about;
* ``dispute``: the provider tells of a dispute that we do not know, or that went on since;
* ``unreadable``: the provider's record could not be understood.
"""


class Finding(Row):
    """Something that differed. What was repaired differs no more; the rest waits for somebody."""

    table: ClassVar[str] = "payments_finding"
    id: UUID
    reconciliation_id: UUID
    kind: Kind
    subject: str
    """The provider's name for the payment, or ours where it has none."""
    payment_id: UUID | None
    ours: dict[str, Any] | None
    ledger: dict[str, Any] | None
    theirs: dict[str, Any] | None
    repaired: bool
    problem: str | None
    """Why it could not be repaired or compared, where it was tried."""
    found_at: datetime


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger holds of a payment at its provider, in minor units."""

    captured: int = 0
    refunded: int = 0
    """Less what came back."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One payment, as each of the three has it."""

    ours: Payment | None
    booked: Booked
    theirs: ports.Payment | None

    @property
    def subject(self) -> str:
        """What the payment is called."""
        if self.theirs is not None:
            return self.theirs.ref
        assert self.ours is not None  # noqa: S101 - one of the two is there
        return self.ours.provider_ref or str(self.ours.id)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding is about, and what each of the three says of it."""

    subject: str
    payment_id: UUID | None = None
    ours: dict[str, Any] | None = None
    ledger: dict[str, Any] | None = None
    theirs: dict[str, Any] | None = None


def of_record(record: Record) -> Evidence:
    """The three records of a payment, as evidence."""
    return Evidence(
        subject=record.subject,
        payment_id=None if record.ours is None else record.ours.id,
        ours=shown_ours(record.ours),
        ledger=msgspec.to_builtins(record.booked),
        theirs=shown_theirs(record.theirs),
    )


def of_dispute(known: Dispute | None, told: ports.Dispute, payment_id: UUID | None) -> Evidence:
    """What we know of a dispute beside what the provider tells, as evidence."""
    ours = (
        None
        if known is None
        else {
            "status": str(known.status),
            "amount": known.amount.minor,
            "currency": known.amount.currency,
            "withdrawn": known.withdrawn,
        }
    )
    theirs = {
        "ref": told.ref,
        "payment": told.payment_ref,
        "status": told.standing,
        "amount": told.amount.minor,
        "currency": told.amount.currency,
        "withdrawn": told.withdrawn,
        "at": told.at.isoformat(),
    }
    return Evidence(subject=told.ref, payment_id=payment_id, ours=ours, theirs=theirs)


def differences(record: Record, *, live: bool) -> list[Kind]:
    """What differs between the three records of a payment, the gravest first.

    Args:
        record: the three.
        live: whether the connection is one for live money.
    """
    ours, booked, theirs = record.ours, record.booked, record.theirs
    if theirs is not None and theirs.live != live:
        return ["other_mode"]
    found: list[Kind] = []
    if theirs is None:
        if ours is not None and ours.status is Status.captured:
            found.append("missing_there")
    elif ours is None:
        return ["stranger"] if theirs.standing == "captured" else []
    elif theirs.standing == "captured":
        if ours.status is not Status.captured:
            return ["behind"]
        if ours.provider_ref != theirs.ref:
            # The same money twice: ours was paid by another payment of theirs.
            return ["stranger"]
        if ours.captured != theirs.captured:
            found.append("amount")
        # Providers count a refund from when it is asked for, and we from when it has happened.
        if not ours.refunded <= theirs.refunded <= ours.refunded + ours.refunding:
            found.append("refunds")
    elif ours.status is Status.captured and ours.provider_ref == theirs.ref:
        # We hold it for paid, and the provider does not.
        found.append("amount")
    elif theirs.standing in ("authorized", "failed", "cancelled") and ours.status in (
        Status.processing,
        Status.unknown,
        Status.requires_action,
    ):
        found.append("behind")
    if ours is not None and (booked.captured, booked.refunded) != (ours.captured.minor, ours.refunded.minor):
        found.append("ledger")
    return found


def shown_ours(payment: Payment | None) -> dict[str, Any] | None:
    """Our record, as evidence."""
    if payment is None:
        return None
    return {
        "status": str(payment.status),
        "captured": payment.captured.minor,
        "refunded": payment.refunded.minor,
        "currency": payment.amount.currency,
        "changed_at": payment.changed_at.isoformat(),
    }


def shown_theirs(payment: ports.Payment | None) -> dict[str, Any] | None:
    """The provider's record, as evidence; nothing of a card or a person."""
    if payment is None:
        return None
    return {
        "ref": payment.ref,
        "status": payment.standing,
        "captured": payment.captured.minor,
        "refunded": payment.refunded.minor,
        "currency": payment.amount.currency,
        "at": payment.at.isoformat(),
    }
