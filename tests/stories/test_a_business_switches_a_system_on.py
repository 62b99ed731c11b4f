"""A business uses only what it has switched on; what is off is closed to its own people and to the public."""

from uuid import UUID

import pytest

from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import accounts, web

ENROLMENT = {"phone": "+51912345678", "name": "Rosa", "consent": {"version": "1", "channel": "poster"}}


@pytest.mark.parametrize("by_key", [False, True])
async def test_loyalty_is_off_until_it_is_on(
    database: Database, settings: Settings, tenant: UUID, *, by_key: bool
) -> None:
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    async with web.visitor(database, settings) as client, web.visitor(database, settings) as public:
        await web.enter(client, database, owner)
        client.headers["Holdfast-Tenant"] = str(tenant)
        program = {"name": "Card", "stamps_required": 5, "reward": "A coffee"}
        assert (await client.post("/api/loyalty/programs", json=program)).is_success
        key = {"name": "till", "scopes": ["tenants.read", "loyalty.read"]}
        made = await client.post("/api/auth/api-keys", json=key)
        assert made.is_success, made.text
        changed = await client.patch(f"/api/tenants/{tenant}", json={"systems": ["parking"]})
        assert changed.is_success, changed.text

        asking = client
        if by_key:
            asking = public
            asking.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        assert (await asking.get("/api/loyalty/programs")).status_code == 403
        assert (await asking.get(f"/api/tenants/{tenant}")).status_code == 200
        public.headers.pop("Authorization", None)
        refused = await public.post("/api/loyalty/enrollments", json={**ENROLMENT, "business": str(tenant)})
        assert refused.status_code == 404
        assert refused.json()["code"] == "loyalty.programs.switched-off"

        assert (await client.patch(f"/api/tenants/{tenant}", json={"systems": ["loyalty"]})).is_success
        assert (await client.get("/api/loyalty/programs")).status_code == 200
        enrolled = await public.post("/api/loyalty/enrollments", json={**ENROLMENT, "business": str(tenant)})
        assert enrolled.status_code == 201
