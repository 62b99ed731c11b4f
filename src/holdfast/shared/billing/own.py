"""What a signed-in person has at the businesses that they pay, or that pay them."""

from uuid import UUID

import msgspec

from holdfast.kernel.money import Money
from holdfast.kernel.problems import NotFound
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import archive, credit, credit_notes, invoices, months, receipts, settlements
from holdfast.shared.billing.invoices import Invoice, InvoiceLine
from holdfast.shared.payments import customers, history
from holdfast.shared.payouts import wallets


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A business whose customer the person is, or at which they have a wallet."""

    tenant_id: UUID
    business: str
    slug: str
    logo_url: str | None
    accent: str | None
    timezone: str
    customer_id: UUID | None
    """Who they are as a customer; None for whoever only earns there."""
    balance: Money
    """What they owe, in the business's currency; below zero is credit that they have."""
    open_invoices: int
    active_subscriptions: int
    earned: list[Money]
    """What they could have paid out, one for each wallet."""


class OwnInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with what its customer may see of it."""

    invoice: Invoice
    lines: list[InvoiceLine]
    credit_notes: list[credit_notes.CreditNote]
    settlements: list[settlements.Settlement]
    payments: list[history.Shown]


class _Open(msgspec.Struct):
    due: int
    count: int


async def account(tx: Tx) -> Account:
    """How the acting person stands at the business of the transaction.

    Raises:
        NotFound: they are no customer of it, and have no wallet there.
    """
    customer = await customers.find_mine(tx)
    purses = await wallets.all_mine(tx)
    if customer is None and not purses:
        raise NotFound("You have no account at this business.")
    customer_id = None if customer is None else customer.id
    business = await months.business(tx)
    open_ = await tx.one(
        _Open,
        "select coalesce(sum(due_minor) filter (where due_currency = $2), 0)::bigint as due, count(*) as count "
        "from billing_invoice where tenant_id = kernel_tenant() and customer_id = $1 and status = 'open'",
        customer_id,
        business.currency,
    )
    active = await tx.one(
        int,
        "select count(*) from billing_subscription where tenant_id = kernel_tenant() and customer_id = $1 "
        "and status in ('trialing', 'active', 'past_due', 'paused')",
        customer_id,
    )
    kept = Money(0, business.currency)
    if customer_id is not None:
        kept = await credit.available(tx, customer_id, business.currency)
    return Account(
        tenant_id=tx.tenant,
        business=business.name,
        slug=business.slug,
        logo_url=business.logo_url,
        accent=business.accent,
        timezone=business.timezone,
        customer_id=customer_id,
        balance=Money(open_.due, business.currency) - kept,
        open_invoices=open_.count,
        active_subscriptions=active,
        earned=[(await wallets.balances(tx, wallet)).available for wallet in purses],
    )


async def invoice(tx: Tx, invoice_id: UUID, *, lock: bool = False) -> Invoice:
    """An invoice of the acting person's own.

    Raises:
        NotFound: they have none of that id.
    """
    customer = await customers.mine(tx)
    found = await tx.get(Invoice, invoice_id, lock=lock)
    if found.customer_id != customer.id:
        raise NotFound(f"You have no invoice with the id {invoice_id}.")
    return found


async def shown(tx: Tx, invoice_id: UUID) -> OwnInvoice:
    """An invoice of the acting person's own, with what they may see of it.

    Raises:
        NotFound: they have none of that id.
    """
    found = await invoice(tx, invoice_id)
    came = await settlements.of_invoice(tx, found.id)
    return OwnInvoice(
        invoice=archive.without_notes(found),
        lines=await invoices.lines(tx, found.id),
        credit_notes=await credit_notes.of_invoice(tx, found.id),
        # Who noted it, and with which words, is the business's own.
        settlements=[msgspec.structs.replace(one, reference=None, by_id=None) for one in came],
        payments=[history.shown(one) for one in await receipts.payments_of(tx, found.id)],
    )
