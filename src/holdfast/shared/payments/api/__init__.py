"""Routes of payments."""

from litestar import Router

from holdfast.kernel.http import Route
from holdfast.shared.payments.api import (
    connections,
    customers,
    disputes,
    links,
    own,
    payments,
    reconciliations,
    refunds,
)

routes: list[Route] = [
    Router(
        "/api/payments",
        route_handlers=[
            *connections.handlers,
            *customers.handlers,
            *payments.handlers,
            *refunds.handlers,
            *disputes.handlers,
            *links.handlers,
            *reconciliations.handlers,
        ],
        tags=["payments"],
    ),
    Router("/api/own/{tenant_id:uuid}", route_handlers=own.handlers, tags=["own"]),
]
