"""Pay links: an invoice's page, on which somebody who has its link pays it without signing in."""

from typing import ClassVar
from uuid import UUID

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import collection, invoices, receipts
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import customers, links, payments
from holdfast.shared.payments.links import Bill, Line, LinkView
from holdfast.shared.payments.payments import Payment


class _Invoices:
    """Links to invoices."""

    kind: ClassVar[str] = "invoice"

    async def view(self, tx: Tx, subject_id: UUID) -> LinkView:
        """An invoice, as its payer sees it."""
        invoice = await tx.get(Invoice, subject_id)
        customer = await tx.get(customers.Customer, invoice.customer_id)
        known = await receipts.payments_of(tx, invoice.id)
        newest = known[-1] if known else None
        captured = [payment for payment in known if payment.captured]
        # A payment that was captured a moment ago may not be counted yet, and its payer is not asked again.
        coming = [one.captured for one in await receipts.uncounted(tx, invoice.id)]
        came = sum(one.minor for one in coming if one.currency == invoice.due.currency)
        counting = 0 < invoice.due.minor <= came
        open_ = invoice.status is Status.open and not counting
        status = "paid" if counting else str(invoice.status)
        if open_ and newest is not None and newest.status not in (payments.Status.created, payments.Status.cancelled):
            status = str(newest.status)
        return LinkView(
            kind=self.kind,
            description=f"Invoice {invoice.number}",
            amount=invoice.due if open_ else invoice.total,
            status=status,
            payable=open_ and (newest is None or newest.status not in _BUSY),
            customer_name=links.first_name(customer.name),
            payment_id=newest.id if newest else None,
            decline_message=newest.decline_message if open_ and newest else None,
            invoice=Bill(
                number=invoice.number,
                issued_on=invoice.issued_on.isoformat(),
                due_on=invoice.due_on.isoformat(),
                lines=[
                    Line(description=line.description, quantity=str(line.quantity), amount=line.total)
                    for line in await invoices.lines(tx, invoice.id)
                ],
            ),
            receipt=None if open_ or not captured else links.receipt(captured[-1]),
        )

    async def payment(self, tx: Tx, subject_id: UUID) -> Payment:
        """The payment with which it is paid now."""
        invoice = await invoices.locked(tx, subject_id)
        return await collection.payment_for(tx, invoice)


_BUSY = (payments.Status.processing, payments.Status.unknown, payments.Status.authorized)

links.register(_Invoices.kind, _Invoices())
