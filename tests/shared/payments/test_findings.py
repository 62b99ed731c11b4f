"""Findings: what differs between our payment, the ledger and the provider's record; every case of the table."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from holdfast.integrations import payments as ports
from holdfast.kernel import ids
from holdfast.kernel.money import Money
from holdfast.shared.payments import findings
from holdfast.shared.payments.findings import Booked, Kind, Record
from holdfast.shared.payments.payments import Payment, Status

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAYMENT = UUID("019a9f00-0000-7000-8000-000000000001")


def ours(status: Status = Status.captured, *, captured: int = 1200, refunded: int = 0, refunding: int = 0) -> Payment:
    """A payment as we have it."""
    fields: dict[str, Any] = dict.fromkeys(Payment.__struct_fields__)
    return Payment(
        **fields
        | {
            "id": PAYMENT,
            "customer_id": ids.new(),
            "connection_id": ids.new(),
            "amount": Money(1200, "EUR"),
            "captured": Money(captured, "EUR"),
            "refunded": Money(refunded, "EUR"),
            "refunding": Money(refunding, "EUR"),
            "status": status,
            "provider_ref": "pi_1",
            "changed_at": AT,
        }
    )


def theirs(standing: ports.Standing = "captured", **changes: Any) -> ports.Payment:
    """A payment as the provider has it."""
    told = ports.Payment(
        ref="pi_1",
        standing=standing,
        amount=Money(1200, "EUR"),
        captured=Money(1200 if standing == "captured" else 0, "EUR"),
        refunded=Money(0, "EUR"),
        payment_id=PAYMENT,
        at=AT,
    )
    return msgspec.structs.replace(told, **changes)


BOOKED = Booked(captured=1200)


@pytest.mark.meets("P75")
@pytest.mark.parametrize(
    ("record", "found"),
    [
        (Record(ours=ours(), booked=BOOKED, theirs=theirs()), []),
        (Record(ours=ours(Status.processing, captured=0), booked=Booked(), theirs=theirs()), ["behind"]),
        (Record(ours=ours(Status.unknown, captured=0), booked=Booked(), theirs=theirs("failed")), ["behind"]),
        (Record(ours=ours(Status.failed, captured=0), booked=Booked(), theirs=theirs("failed")), []),
        (Record(ours=ours(captured=1100), booked=Booked(captured=1100), theirs=theirs()), ["amount"]),
        (Record(ours=ours(), booked=BOOKED, theirs=theirs("failed")), ["amount"]),
        (Record(ours=ours(), booked=BOOKED, theirs=theirs(refunded=Money(300, "EUR"))), ["refunds"]),
        (
            Record(
                ours=ours(refunded=300),
                booked=Booked(captured=1200, refunded=300),
                theirs=theirs(refunded=Money(300, "EUR")),
            ),
            [],
        ),
        (Record(ours=ours(), booked=Booked(), theirs=theirs()), ["ledger"]),
        (Record(ours=ours(), booked=Booked(captured=2400), theirs=theirs()), ["ledger"]),
        (
            Record(ours=ours(refunded=300), booked=BOOKED, theirs=theirs(refunded=Money(200, "EUR"))),
            ["refunds", "ledger"],
        ),
        # What is on its way counts there already.
        (Record(ours=ours(refunding=300), booked=BOOKED, theirs=theirs(refunded=Money(300, "EUR"))), []),
        (Record(ours=ours(refunding=300), booked=BOOKED, theirs=theirs()), []),
        (Record(ours=ours(refunding=300), booked=BOOKED, theirs=theirs(refunded=Money(301, "EUR"))), ["refunds"]),
        (
            Record(
                ours=ours(refunded=200, refunding=300),
                booked=Booked(captured=1200, refunded=200),
                theirs=theirs(refunded=Money(199, "EUR")),
            ),
            ["refunds"],
        ),
        (Record(ours=ours(), booked=BOOKED, theirs=theirs(ref="pi_2")), ["stranger"]),
        (Record(ours=ours(), booked=BOOKED, theirs=theirs("failed", ref="pi_2")), []),
        (Record(ours=None, booked=Booked(), theirs=theirs()), ["stranger"]),
        (Record(ours=None, booked=Booked(), theirs=theirs("failed")), []),
        (Record(ours=ours(), booked=BOOKED, theirs=None), ["missing_there"]),
        (Record(ours=ours(Status.failed, captured=0), booked=Booked(), theirs=None), []),
        (Record(ours=ours(), booked=BOOKED, theirs=theirs(live=True)), ["other_mode"]),
    ],
)
def test_what_differs(record: Record, found: list[Kind]) -> None:
    assert findings.differences(record, live=False) == found


def test_evidence_names_no_card_and_no_person() -> None:
    told = theirs(method=ports.Method(ref="pm_1", kind="card", brand="visa", last4="4242"), customer_ref="cus_1")
    shown = msgspec.json.encode([findings.shown_ours(ours()), findings.shown_theirs(told)]).decode()
    assert "pi_1" in shown
    assert "4242" not in shown
    assert "cus_1" not in shown
