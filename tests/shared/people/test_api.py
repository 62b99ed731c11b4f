"""The routes of people and businesses, each by nobody, by another business, without the grant, and by its holder."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.kernel import auth, ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import transaction
from holdfast.shared.people import invitations, memberships, roles
from tests import accounts, web


class Scene(msgspec.Struct):
    """A business with people, seen by four visitors."""

    tenant: UUID
    member: memberships.Membership
    role: roles.Role
    invitation: invitations.Invitation
    nobody: httpx2.AsyncClient
    stranger: httpx2.AsyncClient
    """Owns another business, and asks for this one."""
    customer: httpx2.AsyncClient
    owner: httpx2.AsyncClient


@pytest.fixture
async def scene(database: Database, settings: Settings, tenant: UUID, other_tenant: UUID) -> AsyncIterator[Scene]:
    """A business with an owner, a member of staff, a customer, a role and an invitation."""
    owner, customer, stranger, staff = [await accounts.new_account(database) for _ in range(4)]
    await accounts.employ(database, tenant, owner, "owner")
    await accounts.employ(database, tenant, customer, "customer")
    await accounts.employ(database, other_tenant, stranger, "owner")
    member = await accounts.employ(database, tenant, staff, "staff")
    async with transaction(database, tenant) as tx:
        role = await roles.make(tx, name="Door", grants=["people.read"])
        invitation = await invitations.invite(tx, email=f"p{ids.new().hex}@example.com", role="staff")
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(web.visitor(database, settings)) for _ in range(4)]
        for client, account in zip(clients[1:], (stranger, customer, owner), strict=True):
            await web.enter(client, database, account)
        for client in clients:
            client.headers["Holdfast-Tenant"] = str(tenant)
        yield Scene(tenant, member, role, invitation, *clients)


ROUTES: list[tuple[str, str, dict[str, Any] | None, int]] = [
    ("GET", "/api/people/members", None, 200),
    ("GET", "/api/people/members/{member}", None, 200),
    ("PATCH", "/api/people/members/{member}", {"role": "manager"}, 200),
    ("DELETE", "/api/people/members/{member}", None, 204),
    ("GET", "/api/people/invitations", None, 200),
    ("POST", "/api/people/invitations", {"email": "eva@example.com", "role": "staff"}, 201),
    ("DELETE", "/api/people/invitations/{invitation}", None, 204),
    ("GET", "/api/people/grants", None, 200),
    ("GET", "/api/people/roles", None, 200),
    ("POST", "/api/people/roles", {"name": "Bar", "grants": ["tenants.read"]}, 201),
    ("PATCH", "/api/people/roles/{role}", {"name": "Gate"}, 200),
    ("DELETE", "/api/people/roles/{role}", None, 204),
    ("GET", "/api/tenants/{tenant}", None, 200),
    ("PATCH", "/api/tenants/{tenant}", {"name": "Mine"}, 200),
    ("POST", "/api/tenants/{tenant}/clock", {"forward_seconds": 60}, 201),
]


async def state(database: Database, tenant: UUID) -> list[str]:
    """Everything that these routes could change."""
    async with transaction(database, tenant) as tx:
        rows: list[str] = []
        for table in ("people_membership", "people_invitation", "people_role", "tenants_tenant", "kernel_event"):
            rows += await tx.all(str, f"select row_to_json(t)::text from {table} as t order by 1")
    return rows


@pytest.mark.meets("I129", "P55", "L87", "P37")
@pytest.mark.parametrize(("method", "template", "body", "right"), ROUTES)
async def test_every_route(
    scene: Scene, database: Database, method: str, template: str, body: dict[str, Any] | None, right: int
) -> None:
    path = template.format(
        member=scene.member.id, invitation=scene.invitation.id, role=scene.role.id, tenant=scene.tenant
    )
    before = await state(database, scene.tenant)
    for client, refused in ((scene.nobody, 401), (scene.stranger, 403), (scene.customer, 403)):
        answer = await client.request(method, path, json=body)
        assert answer.status_code == refused, answer.text
    if "{" in template:
        # The stranger asks in their own business: what is not theirs is not there.
        del scene.stranger.headers["Holdfast-Tenant"]
        answer = await scene.stranger.request(method, path, json=body)
        assert answer.status_code == 404, answer.text
    assert await state(database, scene.tenant) == before
    answer = await scene.owner.request(method, path, json=body)
    assert answer.status_code == right, answer.text
    assert (await state(database, scene.tenant) == before) is (method == "GET")


async def test_mine(scene: Scene) -> None:
    businesses = (await scene.owner.get("/api/tenants")).json()
    assert [(business["tenant"], business["role"]) for business in businesses] == [(str(scene.tenant), "owner")]
    assert [business["role"] for business in (await scene.customer.get("/api/tenants")).json()] == ["customer"]


async def test_opening_a_business_twice_with_one_key(scene: Scene) -> None:
    wanted = {
        "id": str(ids.new()),
        "name": "Café Sol",
        "currency": "PEN",
        "timezone": "America/Lima",
        "country": "PE",
    }
    key = {"Idempotency-Key": str(ids.new())}
    first = await scene.owner.post("/api/tenants", json=wanted, headers=key)
    second = await scene.owner.post("/api/tenants", json=wanted, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len((await scene.owner.get("/api/tenants")).json()) == 2


async def test_a_clock_moves_forward_only_and_not_in_production(
    scene: Scene, database: Database, settings: Settings
) -> None:
    path = f"/api/tenants/{scene.tenant}/clock"
    for seconds in (0, -1, 10**12, "x"):
        assert (await scene.owner.post(path, json={"forward_seconds": seconds})).status_code == 422
    async with web.visitor(database, settings, environment="development") as client:
        client.headers.update(scene.owner.headers)
        answer = await client.post(path, json={"forward_seconds": 60})
        assert (answer.status_code, answer.json()["code"]) == (404, "tenants.tenants.no-time-machine")


async def test_who_switched_every_system_off_still_gives_roles_and_no_more_than_their_own(scene: Scene) -> None:
    switched = await scene.owner.patch(f"/api/tenants/{scene.tenant}", json={"systems": []})
    assert switched.status_code == 200, switched.text
    invited = await scene.owner.post("/api/people/invitations", json={"email": "eva@example.com", "role": "manager"})
    assert invited.status_code == 201, invited.text
    # What is switched off can be passed on by its holder, and used by nobody.
    seen = await scene.owner.get("/api/loyalty/programs")
    assert seen.status_code == 403
    role = await scene.owner.post("/api/people/roles", json={"name": "Till", "grants": ["loyalty.stamp"]})
    assert role.status_code == 201, role.text


async def test_a_manager_gives_no_grant_of_a_system_that_is_off_and_not_theirs(
    database: Database, settings: Settings, tenant: UUID
) -> None:
    owners = auth.of_role("owner") - auth.of_role("manager")
    beyond = sorted(grant for grant in owners if grant.startswith("loyalty."))
    async with transaction(database, tenant) as tx:
        role = await roles.make(tx, name="Deputy", grants=["people.manage", "people.read"])
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "custom", role_id=role.id)
    async with transaction(database, tenant) as tx:
        await tx.execute("update tenants_tenant set systems = '{}' where id = $1", tenant)
    async with web.visitor(database, settings) as deputy:
        await web.enter(deputy, database, account)
        deputy.headers["Holdfast-Tenant"] = str(tenant)
        for grant in (*beyond, "loyalty.stamp"):
            refused = await deputy.post("/api/people/roles", json={"name": "More", "grants": [grant]})
            assert refused.status_code == 403, grant
