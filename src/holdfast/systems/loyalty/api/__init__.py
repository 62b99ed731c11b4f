"""Routes of loyalty."""

from litestar import Router

from holdfast.kernel.http import Route
from holdfast.systems.loyalty.api import counter, join, members, own, programs, reports

routes: list[Route] = [
    Router(
        "/api/loyalty",
        route_handlers=[
            *programs.handlers,
            *members.handlers,
            *counter.handlers,
            *reports.handlers,
            *own.handlers,
        ],
        tags=["loyalty"],
    ),
    *join.handlers,
]
