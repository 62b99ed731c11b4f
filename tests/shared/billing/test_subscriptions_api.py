"""What a person subscribed to, page by page, and uses that were told by mistake, over HTTP."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx2

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.billing import starting
from holdfast.shared.billing.subscriptions import Subscription
from holdfast.shared.payments import customers
from tests import accounts, web
from tests.conftest import Open
from tests.shared.billing.test_subscriptions import FLAT, POWER, plan, subscribed
from tests.shared.payments.conftest import owner

__all__ = ["owner", "subscribed"]

Subscribed = Callable[..., Awaitable[Subscription]]


async def test_a_use_that_was_told_by_mistake_is_taken_back(owner: httpx2.AsyncClient, subscribed: Subscribed) -> None:
    subscription, other = await subscribed(POWER), await subscribed(FLAT)
    used = {"id": str(ids.new()), "metric": "kwh", "quantity": 40}
    where = f"/api/billing/subscriptions/{subscription.id}/usage"
    assert (await owner.post(where, json=used)).status_code == 201
    assert (await owner.delete(f"/api/billing/subscriptions/{other.id}/usage/{used['id']}")).status_code == 404
    for _ in range(2):
        taken = await owner.delete(f"{where}/{used['id']}")
        assert taken.status_code == 200, taken.text
        assert taken.json()["withdrawn_at"] is not None


async def test_what_somebody_subscribed_to_is_listed_page_by_page(
    committed: Open, database: Database, settings: Settings, tenant: UUID
) -> None:
    person = await accounts.new_account(database)
    async with committed() as tx:
        mine = await customers.ensure(tx, name="Luis Rojas", person_id=person.person)
        sold = await plan(tx, FLAT)
        made = [await starting.start(tx, starting.New(customer_id=mine.id, plan_id=sold.plan.id)) for _ in range(3)]
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, person)
        seen: list[str] = []
        after: dict[str, str] = {}
        for _ in range(3):
            page = (await client.get(f"/api/own/{tenant}/subscriptions", params={"limit": "2"} | after)).json()
            seen += [one["subscription"]["id"] for one in page["items"]]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
    assert seen == [str(one.id) for one in reversed(made)]
