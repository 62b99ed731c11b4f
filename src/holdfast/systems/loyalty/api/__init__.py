"""Routes of loyalty."""

from litestar import Router

from holdfast.systems.loyalty.api import counter, members, own, programs, reports

routes = [
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
    )
]
