"""Organisations: whom a business deals with, and who speaks for them."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx
from holdfast.shared.people import memberships, organisations
from holdfast.shared.people.organisations import Changes, New
from tests import accounts, web
from tests.conftest import Open

ROASTER = {"name": "Tostadora  Andina SAC", "country": "pe", "registration": "20601234567", "phone": "987 654 321"}


async def test_an_organisation_is_added_once(tx: Tx) -> None:
    new = New(**ROASTER, email=" Ventas@Andina.example ", id=ids.new())
    added = await organisations.add(tx, new)
    assert (added.name, added.country, added.phone) == ("Tostadora Andina SAC", "PE", "+51987654321")
    assert added.email == "ventas@andina.example"
    assert await organisations.add(tx, new) == added
    events = await tx.one(int, "select count(*) from kernel_event where name = 'people.organisations.added'")
    assert events == 1


async def test_a_registration_number_is_one_organisations(committed: Open) -> None:
    async def add() -> organisations.Organisation:
        async with committed() as tx:
            return await organisations.add(tx, New(**ROASTER))  # type: ignore[arg-type]

    outcomes = await asyncio.gather(*(add() for _ in range(6)), return_exceptions=True)
    added = [outcome for outcome in outcomes if isinstance(outcome, organisations.Organisation)]
    assert len(added) == 1
    assert all(isinstance(outcome, organisations.AlreadyKnown) for outcome in outcomes if outcome not in added)
    async with committed() as tx:
        await organisations.close(tx, added[0].id)
    assert (await add()).id != added[0].id, "a number is free again once nobody deals under it"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "A\x00B"}, "name"),
        ({"country": "XX"}, "country"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"registration": "x" * 65}, "registration"),
    ],
)
async def test_nonsense_is_refused_and_nothing_is_added(tx: Tx, values: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await organisations.add(tx, New(**{**ROASTER, **values}))  # type: ignore[arg-type]
    assert [error.field for error in refused.value.extra["errors"]] == [field]
    assert await tx.one(int, "select count(*) from people_organisation") == 0


async def test_details_change_and_a_closed_one_stays_as_it_was(tx: Tx) -> None:
    added = await organisations.add(tx, New(**ROASTER))  # type: ignore[arg-type]
    changed = await organisations.change(tx, added.id, Changes(name="Andina", registration=None))
    assert (changed.name, changed.registration, changed.phone) == ("Andina", None, added.phone)
    assert await organisations.change(tx, added.id, Changes(name="Andina")) == changed
    closed = await organisations.close(tx, added.id)
    assert closed.closed_at == tx.now
    for attempt in (
        organisations.change(tx, added.id, Changes(name="Other")),
        organisations.close(tx, added.id),
        organisations.affiliate(tx, added.id, ids.new()),
    ):
        with pytest.raises(organisations.AlreadyClosed):
            await attempt
    assert await organisations.get(tx, added.id) == closed
    assert (await organisations.listing(tx, Page())).items == []


@pytest.mark.meets("W2")
async def test_its_people_are_members_of_the_business(
    committed: Open, database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    _, member = await accounts.member(database, tenant, "staff")
    _, elsewhere = await accounts.member(database, other_tenant, "staff")
    async with committed() as tx:
        added = await organisations.add(tx, New(**ROASTER))  # type: ignore[arg-type]
        await organisations.affiliate(tx, added.id, member.id)
        await organisations.affiliate(tx, added.id, member.id)
        assert [each.id for each in (await organisations.people(tx, added.id, Page())).items] == [member.id]
        with pytest.raises(NotFound):
            await organisations.affiliate(tx, added.id, elsewhere.id)
    async with committed(tenant=other_tenant) as tx:
        with pytest.raises(NotFound):
            await organisations.get(tx, added.id)
    async with committed() as tx:
        await organisations.release(tx, added.id, member.id)
        await organisations.release(tx, added.id, member.id)
        assert (await organisations.people(tx, added.id, Page())).items == []
        assert (await tx.get(memberships.Membership, member.id)).ended_at is None
        told = await tx.all(str, "select name from kernel_event where subject_id = $1 order by seq", added.id)
    assert [name.rsplit(".", 1)[1] for name in told] == ["added", "affiliated", "released"]


async def test_staff_may_not(committed: Open, database: Database, tenant: UUID) -> None:
    staff, _ = await accounts.member(database, tenant, "staff")
    async with committed(actor=staff) as tx:
        for attempt in (organisations.add(tx, New(**ROASTER)), organisations.listing(tx, Page())):  # type: ignore[arg-type]
            with pytest.raises(NotAllowed):
                await attempt


async def test_over_http(database: Database, settings: Settings, tenant: UUID) -> None:
    owner = await accounts.new_account(database)
    mine = await accounts.employ(database, tenant, owner, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, owner)
        client.headers["Holdfast-Tenant"] = str(tenant)
        added = await client.post("/api/people/organisations", json=ROASTER)
        assert added.status_code == 201, added.text
        path = f"/api/people/organisations/{added.json()['id']}"
        assert (await client.put(f"{path}/members/{mine.id}")).status_code == 204
        assert [each["id"] for each in (await client.get(f"{path}/members")).json()["items"]] == [str(mine.id)]
        assert (await client.delete(f"{path}/members/{mine.id}")).status_code == 204
        assert (await client.patch(path, json={"email": "a@b.example"})).json()["email"] == "a@b.example"
        assert (await client.delete(path)).status_code == 204
        assert (await client.get(path)).json()["closed_at"] is not None
        assert (await client.get("/api/people/organisations")).json()["items"] == []
