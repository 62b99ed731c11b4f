"""Grants: who may see what is billed, and who may change it."""

from holdfast.kernel.auth import grant

READ = grant("billing.read", "See plans, subscriptions, invoices and revenue", roles=("owner", "manager"))
MANAGE = grant(
    "billing.manage",
    "Sell plans, send and void invoices, and decide on discounts and dunning",
    roles=("owner", "manager"),
)
