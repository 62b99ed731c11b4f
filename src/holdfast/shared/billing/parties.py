"""Parties: who sells and who buys, written down on an invoice as they were known on its day."""

import msgspec

from holdfast.shared.payments.customers import Customer
from holdfast.shared.tenants.tenants import Tenant


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A seller or a buyer, as they were known on the day of the invoice."""

    name: str
    email: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    address: str | None = None
    country: str | None = None


def seller(business: Tenant) -> Party:
    """The business, with what the law wants of it."""
    return Party(
        name=business.name,
        email=business.email,
        phone=business.phone,
        tax_id=business.tax_id,
        address=business.address,
        country=business.country,
    )


def buyer(customer: Customer) -> Party:
    """Whoever is to pay."""
    return Party(name=customer.name, email=customer.email, phone=customer.phone, tax_id=customer.tax_id)
