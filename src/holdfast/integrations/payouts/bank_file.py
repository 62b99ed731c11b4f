"""Bank files: payouts as banks take them, ISO 20022 pain.001 and CSV. Pure, and the same for the same orders."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

from holdfast.integrations.payouts import Order

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def _text(value: str, longest: int) -> str:
    """The letters that every bank takes."""
    return _NOT_ALLOWED.sub(".", value)[:longest].strip() or "."


def pain_001(
    orders: Sequence[Order], *, message_id: str, made_at: datetime, payer: str, iban: str, bic: str = ""
) -> bytes:
    """A customer credit transfer initiation, version 9, with the checksum of its amounts.

    Args:
        orders: what is paid, each to an IBAN.
        message_id: unique for the bank.
        made_at: when it was made.
        payer: who pays.
        iban: from where.
        bic: of the payer's bank, where it wants that.
    """
    document = Element("Document", xmlns=NAMESPACE)
    root = SubElement(document, "CstmrCdtTrfInitn")
    total = sum((order.amount.decimal() for order in orders), Decimal())
    header = SubElement(root, "GrpHdr")
    SubElement(header, "MsgId").text = _text(message_id, 35)
    SubElement(header, "CreDtTm").text = made_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    SubElement(header, "NbOfTxs").text = str(len(orders))
    SubElement(header, "CtrlSum").text = str(total)
    SubElement(SubElement(header, "InitgPty"), "Nm").text = _text(payer, 70)
    payment = SubElement(root, "PmtInf")
    SubElement(payment, "PmtInfId").text = _text(message_id, 35)
    SubElement(payment, "PmtMtd").text = "TRF"
    SubElement(payment, "NbOfTxs").text = str(len(orders))
    SubElement(payment, "CtrlSum").text = str(total)
    SubElement(SubElement(payment, "ReqdExctnDt"), "Dt").text = made_at.strftime("%Y-%m-%d")
    SubElement(SubElement(payment, "Dbtr"), "Nm").text = _text(payer, 70)
    SubElement(SubElement(SubElement(payment, "DbtrAcct"), "Id"), "IBAN").text = iban
    _agent(SubElement(payment, "DbtrAgt"), bic)
    for order in orders:
        transfer = SubElement(payment, "CdtTrfTxInf")
        SubElement(SubElement(transfer, "PmtId"), "EndToEndId").text = order.payout_id.hex
        amount = SubElement(SubElement(transfer, "Amt"), "InstdAmt", Ccy=order.amount.currency)
        amount.text = str(order.amount.decimal())
        if order.destination.fields.get("bic"):
            _agent(SubElement(transfer, "CdtrAgt"), order.destination.fields["bic"])
        SubElement(SubElement(transfer, "Cdtr"), "Nm").text = _text(order.destination.holder, 70)
        account = SubElement(SubElement(transfer, "CdtrAcct"), "Id")
        SubElement(account, "IBAN").text = order.destination.fields["iban"]
        SubElement(SubElement(transfer, "RmtInf"), "Ustrd").text = _text(order.reference, 140)
    body: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return body


def _agent(element: Element, bic: str) -> None:
    institution = SubElement(element, "FinInstnId")
    if bic:
        SubElement(institution, "BICFI").text = bic
    else:
        SubElement(SubElement(institution, "Othr"), "Id").text = "NOTPROVIDED"


def csv_of(orders: Sequence[Order]) -> bytes:
    """A table that spreadsheets and local banks read; nothing in it can begin a formula."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(["payout", "holder", "country", "account", "bank", "amount", "currency", "reference"])
    for order in orders:
        fields = order.destination.fields
        account = fields.get("iban") or fields.get("vpa") or fields.get("account_number", "")
        bank = fields.get("bic") or fields.get("bank_code", "")
        cells = [
            order.payout_id.hex,
            order.destination.holder,
            order.destination.country,
            account,
            bank,
            str(order.amount.decimal()),
            order.amount.currency,
            order.reference,
        ]
        writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" else cell for cell in cells])
    return output.getvalue().encode()
