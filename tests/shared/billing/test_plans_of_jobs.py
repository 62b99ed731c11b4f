"""What jobs look for again and again is found by an index, however much of the rest there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from holdfast.shared.billing import dunning, invoices, provider_looks, provider_run
from tests.conftest import Open

NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def test_what_jobs_look_for_is_served_by_indexes(committed: Open) -> None:
    hour = NOW - timedelta(hours=1)
    asked: dict[str, tuple[str, list[Any], str]] = {
        "looks": (provider_looks._LONGEST_AGO, [NOW, 200], "billing_subscription_looked"),
        "unanswered": (provider_run._UNANSWERED, [NOW, hour, hour, 200], "billing_subscription_unconfirmed"),
        "waited": (dunning._WAITED, [invoices.PURPOSE, ["processing"], 100], "billing_invoice_overdue"),
    }
    async with committed() as tx:
        # There is nothing in the tables yet, so whatever can use an index is made to.
        await tx.execute("set local enable_seqscan = off")
        for name, (sql, arguments, index) in asked.items():
            lines = await tx.connection.fetch(f"explain {sql}", *arguments)
            plan = "\n".join(row[0] for row in lines)
            assert index in plan, f"{name}: {plan}"
