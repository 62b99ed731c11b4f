"""Routes of billing."""

from litestar import Router

from holdfast.kernel.http import Route
from holdfast.shared.billing import pay_links
from holdfast.shared.billing.api import coupons, dunning, invoices, joining, own, plans, reports, subscriptions

# Importing it registers what links to invoices lead to.
__all__ = ["pay_links", "routes"]

routes: list[Route] = [
    Router(
        "/api/billing",
        route_handlers=[
            *plans.handlers,
            *subscriptions.handlers,
            *invoices.handlers,
            *coupons.handlers,
            *dunning.handlers,
            *reports.handlers,
        ],
        tags=["billing"],
    ),
    Router(
        "/api/own/{tenant_id:uuid}",
        route_handlers=[*plans.own, *subscriptions.own, *joining.own, *own.handlers],
        tags=["own"],
    ),
    *own.everywhere,
]
