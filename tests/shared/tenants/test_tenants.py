"""Tenants: a business opens, changes its settings, and has a clock of its own."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast import app
from holdfast.kernel import clock, ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid, NotAllowed, NotSignedIn
from holdfast.kernel.tx import NOBODY, Reused, Tx, transaction
from holdfast.shared.people import memberships
from holdfast.shared.tenants import tenants
from tests import accounts
from tests.conftest import Drain, Open


def cafe(**changes: object) -> tenants.New:
    """What a café in Lima opens with."""
    settings: dict[str, object] = {
        "name": "Café Aurora",
        "currency": "pen",
        "timezone": "America/Lima",
        "country": "pe",
    }
    return tenants.New(**{**settings, **changes})  # type: ignore[arg-type]


async def test_a_person_opens_a_business_and_owns_it(database: Database) -> None:
    account = await accounts.new_account(database)
    tenant = ids.new()
    async with transaction(database, tenant, account.actor) as tx:
        opened = await tenants.open_business(tx, cafe(languages=["es", "en", "es"], systems=["loyalty"]))
    assert (opened.id, opened.currency, opened.country) == (tenant, "PEN", "PE")
    assert (opened.languages, opened.systems) == (["es", "en"], ["loyalty"])
    assert opened.slug.startswith("cafe-aurora")
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        assert [(business.tenant, business.role) for business in await memberships.own(tx)] == [(tenant, "owner")]
    async with transaction(database, tenant) as tx:
        members = await tx.all(memberships.Membership, "select * from people_membership")
    assert [member.email for member in members] == [account.email]


async def test_the_same_opening_sent_twice_opens_one(database: Database) -> None:
    account, other = await accounts.new_account(database), await accounts.new_account(database)
    tenant = ids.new()
    for _ in range(2):
        async with transaction(database, tenant, account.actor) as tx:
            opened = await tenants.open_business(tx, cafe(id=tenant))
        assert opened.id == tenant
    with pytest.raises(Reused):
        async with transaction(database, tenant, other.actor) as tx:
            await tenants.open_business(tx, cafe(id=tenant))
    with pytest.raises(Reused):
        async with transaction(database, ids.PLATFORM, account.actor) as tx:
            await tenants.open_business(tx, cafe())


async def test_businesses_of_one_name_have_addresses_of_their_own(database: Database) -> None:
    account = await accounts.new_account(database)
    name = f"Café {ids.new().hex[-12:]}"

    async def open_one() -> str:
        async with transaction(database, ids.new(), account.actor) as tx:
            return (await tenants.open_business(tx, cafe(name=name))).slug

    slugs = await asyncio.gather(*(open_one() for _ in range(4)))
    assert len(set(slugs)) == 4
    assert all(slug.startswith(tenants.slug_of(name)) for slug in slugs)


async def test_nobody_and_a_key_open_nothing(database: Database) -> None:
    for actor, problem in ((NOBODY, NotSignedIn), (accounts.Account(ids.new(), "").actor, Exception)):
        with pytest.raises(problem):
            async with transaction(database, ids.new(), actor) as tx:
                await tenants.open_business(tx, cafe())


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "},
        {"name": "x" * 256},
        {"currency": "XXY"},
        {"currency": "DEM"},
        {"timezone": "Lima"},
        {"timezone": "../etc/passwd"},
        {"country": "ZZ"},
        {"languages": []},
        {"languages": ["klingon"]},
        {"jurisdiction": "Ñ"},
        {"systems": ["casino"]},
        {"email": "nobody"},
        {"phone": "12"},
    ],
)
async def test_settings_that_cannot_be(database: Database, changes: dict[str, object]) -> None:
    account = await accounts.new_account(database)
    async with transaction(database, ids.new(), account.actor) as tx:
        with pytest.raises(Invalid) as raised:
            await tenants.open_business(tx, cafe(**changes))
        assert raised.value.extra["errors"][0].field == next(iter(changes))
        assert await tx.find(tenants.Tenant, "select * from tenants_tenant") is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Café Aurora", "cafe-aurora"), ("  --- ", "business"), ("コーヒー", "business"), ("A&B, 24h!", "a-b-24h")],
)
def test_slugs(name: str, slug: str) -> None:
    assert tenants.slug_of(name) == slug


@pytest.mark.parametrize("changes", [{"tax_id": " "}, {"tax_id": "1" * 41}, {"address": "\n"}, {"address": "a\x00"}])
async def test_what_cannot_stand_on_an_invoice(tx: Tx, changes: dict[str, str]) -> None:
    with pytest.raises(Invalid) as raised:
        await tenants.change(tx, tenants.Changes(**changes))  # type: ignore[arg-type]
    assert raised.value.extra["errors"][0].field == next(iter(changes))


async def test_what_stands_on_invoices_is_tidy(tx: Tx) -> None:
    wanted = tenants.Changes(tax_id=" 20  123 ", address=" Av. Larco 1 \r\n\n Lima ")
    changed = await tenants.change(tx, wanted)
    assert (changed.tax_id, changed.address) == ("20 123", "Av. Larco 1\nLima")
    changed = await tenants.change(tx, tenants.Changes(tax_id=None, address=None))
    assert (changed.tax_id, changed.address) == (None, None)


async def test_the_owner_changes_settings(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    manager, _ = await accounts.member(database, tenant, "manager")
    customer, _ = await accounts.member(database, tenant, "customer")
    async with committed(actor=owner) as tx:
        changed = await tenants.change(
            tx, tenants.Changes(name="Aurora", timezone="Asia/Tokyo", currency="JPY", email="hola@aurora.example")
        )
        assert (changed.name, changed.timezone, changed.currency) == ("Aurora", "Asia/Tokyo", "JPY")
        assert await tenants.change(tx, tenants.Changes(name="Aurora")) == changed
        assert (await tenants.change(tx, tenants.Changes(email=None))).email is None
    async with committed(actor=manager) as tx:
        assert (await tenants.settings(tx)).name == "Aurora"
        with pytest.raises(NotAllowed):
            await tenants.change(tx, tenants.Changes(name="Mine"))
    async with committed(actor=customer) as tx:
        with pytest.raises(NotAllowed):
            await tenants.settings(tx)
    async with committed() as tx:
        bodies = await tx.all(
            str, "select body::text from kernel_event where name = 'tenants.tenants.changed' order by seq"
        )
    assert len(bodies) == 2
    assert "aurora.example" not in "".join(bodies)


async def test_the_clock_moves_forward_only(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")
    staff, _ = await accounts.member(database, tenant, "staff")
    async with committed(actor=owner) as tx:
        moment = await tenants.move_clock(tx, forward=timedelta(days=90), movable=True)
    assert moment.clock_offset == timedelta(days=90)
    async with committed(actor=owner) as tx:
        assert tx.now - clock.now() > timedelta(days=89)
        for forward in (timedelta(), timedelta(seconds=-1), timedelta(days=36_500)):
            with pytest.raises(Invalid):
                await tenants.move_clock(tx, forward=forward, movable=True)
        with pytest.raises(tenants.NoTimeMachine):
            await tenants.move_clock(tx, forward=timedelta(days=1), movable=False)
    async with committed(actor=staff) as tx:
        with pytest.raises(NotAllowed):
            await tenants.move_clock(tx, forward=timedelta(days=1), movable=True)


async def test_clocks_moved_at_once_move_by_the_sum(committed: Open, database: Database, tenant: UUID) -> None:
    owner, _ = await accounts.member(database, tenant, "owner")

    async def move() -> None:
        async with transaction(database, tenant, owner) as tx:
            await tenants.move_clock(tx, forward=timedelta(days=1), movable=True)

    await asyncio.gather(*(move() for _ in range(5)))
    async with committed(actor=owner) as tx:
        assert (await tenants.settings(tx)).clock_offset == timedelta(days=5)


async def test_the_clock_says_whether_its_jobs_have_caught_up(committed: Open, drain: Drain) -> None:
    async with committed() as tx:
        before = await tenants.moment(tx, movable=True)
        await tenants.move_clock(tx, forward=timedelta(days=40), movable=True)
    await drain(app.registry)
    async with committed() as tx:
        after = await tenants.moment(tx, movable=True)
        assert after.now - before.now > timedelta(days=39)
        assert (after.clock_offset, after.working) == (timedelta(days=40), False)
        await tenants.move_clock(tx, forward=timedelta(days=40), movable=True)
    async with committed() as tx:
        assert (await tenants.moment(tx, movable=False)).working


async def test_only_a_business_that_has_done_nothing_begins_in_the_past(committed: Open) -> None:
    year = timedelta(days=365)
    async with committed() as tx:
        with pytest.raises(tenants.NoTimeMachine):
            await tenants.set_back(tx, by=year, movable=False)
        await tenants.set_back(tx, by=year, movable=True)
    async with committed() as tx:
        assert clock.now() - tx.now > timedelta(days=364)
        with pytest.raises(Invalid):
            await tenants.set_back(tx, by=year, movable=True)
