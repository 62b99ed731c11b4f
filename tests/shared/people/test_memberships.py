"""Memberships: who belongs to a business, and who may change that."""

import asyncio
from uuid import UUID

import pytest

from holdfast.kernel import auth, ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.tx import NOBODY, Actor, Tx, transaction
from holdfast.shared.people import memberships, persons, roles
from tests import accounts
from tests.conftest import Open


async def test_a_person_joins_once(database: Database, tenant: UUID) -> None:
    """Ten joins at the same moment make one member; nine are told that the person works here already."""
    account = await accounts.new_account(database)

    async def join() -> memberships.Membership:
        return await accounts.employ(database, tenant, account, "staff")

    outcomes = await asyncio.gather(*(join() for _ in range(8)), return_exceptions=True)
    joined = [outcome for outcome in outcomes if isinstance(outcome, memberships.Membership)]
    assert len(joined) == 1
    assert all(isinstance(outcome, memberships.AlreadyMember) for outcome in outcomes if outcome not in joined)


async def test_a_customer_joins_as_often_as_they_like_and_may_start_to_work_here(
    database: Database, tenant: UUID
) -> None:
    account = await accounts.new_account(database)
    first = await accounts.employ(database, tenant, account, "customer")
    assert await accounts.employ(database, tenant, account, "customer") == first
    working = await accounts.employ(database, tenant, account, "staff")
    assert (working.id, working.role) == (first.id, "staff")


async def test_whoever_left_comes_back_to_the_same_membership(database: Database, tenant: UUID) -> None:
    await accounts.member(database, tenant, "owner")
    account = await accounts.new_account(database)
    first = await accounts.employ(database, tenant, account, "staff")
    async with transaction(database, tenant) as tx:
        assert (await memberships.end(tx, first.id)).ended_at is not None
    again = await accounts.employ(database, tenant, account, "manager")
    assert (again.id, again.role, again.ended_at) == (first.id, "manager", None)


async def test_a_business_always_has_an_owner(committed: Open, database: Database, tenant: UUID) -> None:
    owner, membership = await accounts.member(database, tenant, "owner")
    async with committed(actor=owner) as tx:
        with pytest.raises(memberships.LastOwner):
            await memberships.change(tx, membership.id, role="staff")
        with pytest.raises(memberships.LastOwner):
            await memberships.end(tx, membership.id)
        assert (await tx.get(memberships.Membership, membership.id)) == membership


async def test_two_owners_cannot_let_each_other_go_at_once(database: Database, tenant: UUID) -> None:
    first, mine = await accounts.member(database, tenant, "owner")
    second, theirs = await accounts.member(database, tenant, "owner")

    async def let_go(actor: Actor, membership: memberships.Membership) -> None:
        async with transaction(database, tenant, actor) as tx:
            await memberships.end(tx, membership.id)

    outcomes = await asyncio.gather(let_go(first, theirs), let_go(second, mine), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [memberships.LastOwner]
    async with transaction(database, tenant) as tx:
        assert await tx.one(int, "select count(*) from people_membership where ended_at is null") == 1


@pytest.mark.meets("I129", "P55")
async def test_nobody_raises_or_removes_whoever_holds_more(committed: Open, database: Database, tenant: UUID) -> None:
    _, owners = await accounts.member(database, tenant, "owner")
    manager, managers = await accounts.member(database, tenant, "manager")
    _, staffs = await accounts.member(database, tenant, "staff")
    async with committed(actor=manager) as tx:
        with pytest.raises(auth.MoreThanYouHold):
            await memberships.end(tx, owners.id)
        with pytest.raises(auth.MoreThanYouHold):
            await memberships.change(tx, owners.id, role="staff")
        with pytest.raises(auth.MoreThanYouHold):
            await memberships.change(tx, staffs.id, role="owner")
        with pytest.raises(auth.MoreThanYouHold):
            await memberships.change(tx, managers.id, role="owner")
        assert (await memberships.change(tx, staffs.id, role="manager")).role == "manager"


async def test_staff_may_not_manage_but_may_leave(committed: Open, database: Database, tenant: UUID) -> None:
    await accounts.member(database, tenant, "owner")
    staff, own = await accounts.member(database, tenant, "staff")
    _, other = await accounts.member(database, tenant, "staff")
    async with committed(actor=staff) as tx:
        with pytest.raises(NotAllowed):
            await memberships.end(tx, other.id)
        with pytest.raises(NotAllowed):
            await memberships.change(tx, other.id, role="staff")
        with pytest.raises(NotAllowed):
            await memberships.staff(tx, Page())
        assert (await memberships.end(tx, own.id)).ended_at is not None
    async with committed(actor=NOBODY) as tx:
        with pytest.raises(NotSignedIn):
            await memberships.end(tx, other.id)


async def test_the_list_of_staff(committed: Open, database: Database, tenant: UUID, other_tenant: UUID) -> None:
    owner, first = await accounts.member(database, tenant, "owner")
    _, second = await accounts.member(database, tenant, "staff")
    await accounts.member(database, tenant, "customer")
    await accounts.member(database, other_tenant, "staff")
    async with committed(actor=owner) as tx:
        page = await memberships.staff(tx, Page(limit=1))
        assert [(member.id, member.name) for member in page.items] == [(first.id, "Ana Torres")]
        rest = await memberships.staff(tx, Page(after=page.next))
        assert [member.id for member in rest.items] == [second.id]
        assert rest.next is None
        assert (await memberships.one(tx, second.id)).role == "staff"


@pytest.mark.meets("P55", "W47")
async def test_a_business_makes_roles_of_its_own(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    account = await accounts.new_account(database)
    async with committed(actor=owner) as tx:
        role = await roles.make(tx, name="Door", grants=["tenants.read", "people.read", "tenants.read"])
        assert role.grants == ["people.read", "tenants.read"]
        assert [known.name for known in roles.grants(tx) if not known.held] == ["people.status", "sessions.adopt"]
    member = await accounts.employ(database, tenant, account, "custom", role_id=role.id)
    async with committed(actor=owner) as tx:
        assert (await memberships.one(tx, member.id)).role_name == "Door"
        assert await roles.held(tx, "custom", role.id) == {"people.read", "tenants.read"}
        assert (await roles.change(tx, role.id, grants=["people.read"])).grants == ["people.read"]
        assert [found.name for found in await roles.every(tx)] == ["Door"]
    async with committed(actor=owner) as tx:
        with pytest.raises(roles.InUse):
            await roles.remove(tx, role.id)


async def test_an_unused_role_is_removed(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    async with committed(actor=owner) as tx:
        role = await roles.make(tx, name="Door", grants=["people.read"])
        await roles.remove(tx, role.id)
        with pytest.raises(NotFound):
            await roles.remove(tx, role.id)


@pytest.mark.parametrize(
    ("name", "grants", "problem"),
    [
        ("Owner", ["people.read"], Invalid),
        ("", ["people.read"], Invalid),
        ("x" * 65, ["people.read"], Invalid),
        ("Door", [], Invalid),
        ("Door", ["no.such"], Invalid),
        ("Door", ["people.status"], auth.MoreThanYouHold),
    ],
)
async def test_a_role_that_cannot_be(
    committed: Open, database: Database, tenant: UUID, name: str, grants: list[str], problem: type[Exception]
) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    async with committed(actor=owner) as tx:
        with pytest.raises(problem):
            await roles.make(tx, name=name, grants=grants)
        assert await roles.every(tx) == []


async def test_two_roles_have_two_names(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    async with committed(actor=owner) as tx:
        await roles.make(tx, name="Door", grants=["people.read"])
    with pytest.raises(roles.NameTaken):
        async with committed(actor=owner) as tx:
            await roles.make(tx, name="DOOR", grants=["people.read"])


async def test_only_the_owner_makes_roles(committed: Open, database: Database, tenant: UUID) -> None:
    manager, _ = await accounts.member(database, tenant, "manager")
    async with committed(actor=manager) as tx:
        with pytest.raises(NotAllowed):
            await roles.make(tx, name="Door", grants=["people.read"])


@pytest.mark.meets("P37", "T13")
async def test_who_sees_whom(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    """A person is seen by themselves, by the businesses they belong to, and by the platform; by nobody else."""
    account = await accounts.new_account(database)
    member = await accounts.employ(database, tenant, account, "staff")
    elsewhere = await accounts.employ(database, other_tenant, account, "customer")
    stranger = ids.new()

    async def seen(tx: Tx) -> bool:
        return await tx.find(UUID, "select id from people_person where id = $1", account.person) is not None

    async with transaction(database, tenant) as tx:
        assert await seen(tx)
        assert await tx.execute("update people_person set name = 'x' where id = $1", account.person) == 0
        assert await tx.all(UUID, "select id from people_membership where person_id = $1", account.person) == [
            member.id
        ]
        assert await tx.find(str, "select email from session_credential where person_id = $1", account.person) is None
    async with transaction(database, stranger) as tx:
        assert not await seen(tx)
    async with transaction(database, stranger, account.actor) as tx:
        assert await seen(tx)
        # In a business's transaction even the person's own rows of other businesses stay out of sight.
        assert await tx.all(UUID, "select id from people_membership") == []
        assert await tx.all(UUID, "select id from tenants_tenant") == []
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        businesses = await memberships.own(tx)
        assert {business.membership_id for business in businesses} == {member.id, elsewhere.id}
        assert await tx.execute("update people_membership set role = 'owner' where id = $1", member.id) == 0
        assert await tx.all(UUID, "select id from people_membership where person_id <> $1", account.person) == []


async def test_a_profile_is_changed_by_its_person(database: Database) -> None:
    account = await accounts.new_account(database)
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        person = await persons.change(
            tx,
            account.person,
            persons.Changes(
                name="  Ana  María Torres ", phone="+51 987 654 321", locale="es", country="pe", city="Lima"
            ),
        )
    assert (person.name, person.phone, person.locale) == ("Ana María Torres", "+51987654321", "es")
    assert person.country == "PE"
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        assert (await persons.change(tx, account.person, persons.Changes(phone=None))).phone is None
        stored = await tx.all(
            str,
            "select body::text from kernel_event "
            "where subject_id = $1 and name = 'people.persons.changed' order by seq",
            account.person,
        )
    assert len(stored) == 2
    assert "987654321" not in stored[0]
    assert "Torres" not in stored[0]


@pytest.mark.parametrize(
    "changes",
    [
        persons.Changes(name=""),
        persons.Changes(name="x" * 201),
        persons.Changes(name="a\x00b"),
        persons.Changes(phone="12"),
        persons.Changes(phone="+51 1"),
        persons.Changes(locale="klingon"),
        persons.Changes(country="ZZ"),
        persons.Changes(country="Peru"),
        persons.Changes(postal_code="1" * 21),
    ],
)
async def test_a_malformed_profile_changes_nothing(database: Database, changes: persons.Changes) -> None:
    account = await accounts.new_account(database)
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        before = await tx.get(persons.Person, account.person)
        with pytest.raises(Invalid):
            await persons.change(tx, account.person, changes)
        assert await tx.get(persons.Person, account.person) == before


async def test_nobody_else_changes_a_profile(database: Database) -> None:
    account, other = await accounts.new_account(database), await accounts.new_account(database)
    key = Actor(kind="api_key", id=ids.new(), person=account.person)
    for actor in (other.actor, key):
        async with transaction(database, ids.PLATFORM, actor) as tx:
            with pytest.raises(NotAllowed):
                await persons.change(tx, account.person, persons.Changes(name="Eve"))
            with pytest.raises(NotAllowed):
                await persons.set_status(tx, account.person, status=persons.Status.blocked)
