"""Sessions: sign-ins, refresh tokens that work once, and everything that ends a session."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import auth, clock, crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http.caller import Credentials, Identity
from holdfast.kernel.problems import NotAllowed, NotFound, NotSignedIn
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.people import memberships, persons, roles
from holdfast.shared.sessions import credentials, sessions
from holdfast.shared.sessions.authentication import authenticate
from tests import accounts
from tests.accounts import Account


async def signed_in(
    database: Database,
    account: Account,
    *,
    client: sessions.Client = sessions.Client.browser,
    tenant: UUID | None = None,
) -> sessions.Issued:
    """A session of that person; the password is taken as checked."""
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        secret = await credentials.secret_of(tx, account.email)
        assert secret is not None
        return await sessions.open(tx, secret, client=client, device="Firefox", days=30, tenant=tenant)


async def refreshed(database: Database, token: str) -> sessions.Issued | sessions.Refusal:
    """What a refresh token is answered with."""
    async with transaction(database, ids.PLATFORM) as tx:
        return await sessions.refresh(tx, token)


async def by_cookie(database: Database, token: str, tenant: UUID | None = None) -> Identity:
    """Who a session cookie is."""
    return await authenticate(database, Credentials(cookie=token, tenant=tenant))


async def by_token(database: Database, issued: sessions.Issued, tenant: UUID | None = None) -> Identity:
    """Who an access token of a session is."""
    session = issued.session
    token = auth.issue(
        database.settings, person=session.person_id, session=session.id, tenant=session.acts_in, now=clock.now()
    )
    return await authenticate(database, Credentials(bearer=token, tenant=tenant))


async def is_over(database: Database, issued: sessions.Issued) -> bool:
    """Whether both the cookie and the access token of a session are refused."""
    refused = 0
    for attempt in (by_cookie(database, issued.refresh_token), by_token(database, issued)):
        try:
            await attempt
        except NotSignedIn:
            refused += 1
    assert refused in (0, 2)
    return refused == 2


@pytest.mark.meets("T75", "I60", "W47")
async def test_a_session_says_who_asks_and_what_they_may(database: Database, tenant: UUID) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "staff")
    issued = await signed_in(database, account)
    assert issued.session.acts_in == tenant
    for identity in (await by_cookie(database, issued.refresh_token), await by_token(database, issued)):
        assert (identity.tenant, identity.actor.person) == (tenant, account.person)
        assert (identity.actor.kind, identity.actor.session) == ("person", issued.session.id)
        assert identity.actor.grants == auth.of_role("staff") != frozenset()
        assert identity.until is not None


@pytest.mark.meets("L87", "P37", "I129")
async def test_elsewhere_they_may_nothing(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    issued = await signed_in(database, account)
    for elsewhere in (other_tenant, ids.new(), ids.PLATFORM):
        for identity in (
            await by_cookie(database, issued.refresh_token, elsewhere),
            await by_token(database, issued, elsewhere),
        ):
            assert identity.tenant == elsewhere
            assert identity.actor.grants == frozenset()


async def test_a_custom_role_counts_where_it_was_made(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    account = await accounts.new_account(database)
    async with transaction(database, tenant) as tx:
        role = await roles.make(tx, name="Door", grants=["people.read"])
    await accounts.employ(database, tenant, account, "custom", role_id=role.id)
    await accounts.employ(database, other_tenant, account, "customer")
    issued = await signed_in(database, account, tenant=tenant)
    assert (await by_token(database, issued)).actor.grants == {"people.read"}
    assert (await by_token(database, issued, other_tenant)).actor.grants == auth.of_role("customer")
    async with transaction(database, tenant) as tx:
        await roles.change(tx, role.id, grants=["tenants.read"])
    assert (await by_token(database, issued)).actor.grants == {"tenants.read"}


async def test_a_member_who_was_let_go_may_nothing(database: Database, tenant: UUID) -> None:
    await accounts.member(database, tenant, "owner")
    account = await accounts.new_account(database)
    member = await accounts.employ(database, tenant, account, "manager")
    issued = await signed_in(database, account)
    async with transaction(database, tenant) as tx:
        await memberships.end(tx, member.id)
    assert (await by_token(database, issued)).actor.grants == frozenset()


async def test_nobody_shows_nothing(database: Database, tenant: UUID) -> None:
    assert (await authenticate(database, Credentials())).actor.kind == "nobody"
    assert (await authenticate(database, Credentials(tenant=tenant))).tenant == tenant


async def test_what_is_not_genuine_is_refused(database: Database) -> None:
    account, other = await accounts.new_account(database), await accounts.new_account(database)
    issued = await signed_in(database, account)
    swapped = crypto.random_token(carrying=other.person.bytes)
    for shown in (
        Credentials(bearer="x.y.z"),
        Credentials(bearer=issued.refresh_token),
        Credentials(bearer="hf_nonsense"),
        Credentials(api_key="nonsense"),
        Credentials(cookie="nonsense"),
        Credentials(cookie=swapped),
        Credentials(cookie=crypto.random_token(carrying=account.person.bytes)),
        Credentials(api_key=crypto.random_token("hf_", carrying=account.person.bytes, size=24)),
    ):
        with pytest.raises(NotSignedIn):
            await authenticate(database, shown)


async def test_the_token_of_a_program_is_no_cookie(database: Database) -> None:
    issued = await signed_in(database, await accounts.new_account(database), client=sessions.Client.api)
    with pytest.raises(NotSignedIn):
        await by_cookie(database, issued.refresh_token)
    assert isinstance(await refreshed(database, issued.refresh_token), sessions.Issued)


@pytest.mark.meets("T76", "T77", "L86")
async def test_a_refresh_token_works_once_and_its_family_ends_at_the_second_use(database: Database) -> None:
    first = await signed_in(database, await accounts.new_account(database))
    second = await refreshed(database, first.refresh_token)
    assert isinstance(second, sessions.Issued)
    third = await refreshed(database, second.refresh_token)
    assert isinstance(third, sessions.Issued)
    assert not await is_over(database, third)

    assert await refreshed(database, first.refresh_token) is sessions.Refusal.reused

    assert await is_over(database, third)
    assert await refreshed(database, third.refresh_token) is sessions.Refusal.over
    assert await refreshed(database, first.refresh_token) is sessions.Refusal.reused
    async with transaction(database, ids.PLATFORM) as tx:
        told = await tx.one(
            int,
            "select count(*) from kernel_event where name = 'sessions.sessions.reused' and subject_id = $1",
            first.session.id,
        )
    assert told == 1


@pytest.mark.meets("T77")
async def test_of_many_refreshes_at_once_exactly_one_wins(database: Database) -> None:
    """They all find the token fresh, then meet at its row: one gets the next token, and the session goes on."""
    first = await signed_in(database, await accounts.new_account(database))
    ready = asyncio.Barrier(2)

    async def refresh() -> sessions.Issued | sessions.Refusal:
        async with transaction(database, ids.PLATFORM) as tx:
            await ready.wait()
            return await sessions.refresh(tx, first.refresh_token)

    for _ in range(10):
        outcomes = await asyncio.gather(refresh(), refresh())
        won = [outcome for outcome in outcomes if isinstance(outcome, sessions.Issued)]
        lost = [outcome for outcome in outcomes if not isinstance(outcome, sessions.Issued)]
        assert len(won) == 1
        if lost == [sessions.Refusal.raced]:
            assert not await is_over(database, won[0])
            first = won[0]
        else:
            # The second looked after the first had committed, which is a reuse and no race.
            assert lost == [sessions.Refusal.reused]
            assert await is_over(database, won[0])
            first = await signed_in(database, await accounts.new_account(database))


async def test_a_race_that_is_certain(database: Database) -> None:
    """The loser looks before the winner commits, whatever the machine does."""
    first = await signed_in(database, await accounts.new_account(database))
    async with transaction(database, ids.PLATFORM) as winning:
        won = await sessions.refresh(winning, first.refresh_token)
        losing = asyncio.create_task(refreshed(database, first.refresh_token))
        async with asyncio.timeout(30):
            # The loser has looked, and waits for the row, once the server says that somebody waits for us.
            waits = (
                "select exists (select from pg_stat_activity "
                "where datname = current_database() and pg_backend_pid() = any(pg_blocking_pids(pid)))"
            )
            while not await winning.one(bool, waits):
                await asyncio.sleep(0.01)
    assert await losing is sessions.Refusal.raced
    assert isinstance(won, sessions.Issued)
    assert not await is_over(database, won)


@pytest.mark.meets("I58", "T74")
async def test_a_session_ends_thirty_days_after_the_sign_in_however_often_it_was_refreshed(database: Database) -> None:
    issued = await signed_in(database, await accounts.new_account(database))
    again = await refreshed(database, issued.refresh_token)
    assert isinstance(again, sessions.Issued)
    assert again.session.expires_at == issued.session.expires_at
    assert again.session.expires_at - issued.session.created_at == timedelta(days=30)
    async with transaction(database, ids.PLATFORM) as tx:
        await tx.execute("update session_session set expires_at = now() where id = $1", issued.session.id)
    assert await refreshed(database, again.refresh_token) is sessions.Refusal.over
    assert await is_over(database, again)


@pytest.mark.meets("I128")
async def test_refresh_tokens_are_stored_as_hashes(database: Database) -> None:
    issued = await signed_in(database, await accounts.new_account(database))
    async with transaction(database, ids.PLATFORM) as tx:
        stored = await tx.all(bytes, "select token_hash from session_refresh where session_id = $1", issued.session.id)
    assert stored == [crypto.digest(issued.refresh_token)]


async def test_signing_out_ends_one_session(database: Database) -> None:
    account = await accounts.new_account(database)
    here, there = await signed_in(database, account), await signed_in(database, account)
    identity = await by_token(database, here)
    async with transaction(database, ids.PLATFORM, identity.actor) as tx:
        devices = await sessions.devices(tx)
        assert {device.id: device.current for device in devices} == {here.session.id: True, there.session.id: False}
        await sessions.end(tx, here.session.id)
    assert await is_over(database, here)
    assert not await is_over(database, there)
    assert await refreshed(database, here.refresh_token) is sessions.Refusal.over


async def test_nobody_ends_anothers_session(database: Database) -> None:
    issued = await signed_in(database, await accounts.new_account(database))
    other = await accounts.new_account(database)
    key = Actor(kind="api_key", id=ids.new(), person=issued.session.person_id)
    for actor, problem in ((other.actor, NotFound), (key, NotAllowed), (Actor(), NotSignedIn)):
        with pytest.raises(problem):
            async with transaction(database, ids.PLATFORM, actor) as tx:
                await sessions.end(tx, issued.session.id)
    assert not await is_over(database, issued)


@pytest.mark.meets("L57", "L86")
async def test_signing_out_everywhere_ends_all(database: Database) -> None:
    account = await accounts.new_account(database)
    mine = [await signed_in(database, account) for _ in range(3)]
    others = await signed_in(database, await accounts.new_account(database))
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        await credentials.sign_out_everywhere(tx)
    assert all([await is_over(database, issued) for issued in mine])
    assert not await is_over(database, others)


async def test_a_sign_in_that_began_before_everything_ended_counts_for_nothing(database: Database) -> None:
    account = await accounts.new_account(database)
    async with transaction(database, ids.PLATFORM) as tx:
        secret = await credentials.secret_of(tx, account.email)
    assert secret is not None
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        await credentials.sign_out_everywhere(tx)
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        with pytest.raises(sessions.WrongCredentials):
            await sessions.open(tx, secret, client=sessions.Client.api, device=None, days=30)


@pytest.mark.meets("I57")
@pytest.mark.parametrize("status", [persons.Status.blocked, persons.Status.inactive])
async def test_who_is_blocked_is_out_at_once(database: Database, status: persons.Status) -> None:
    account = await accounts.new_account(database)
    issued = await signed_in(database, account)
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, account.person, status=status)
    assert await is_over(database, issued)
    assert await refreshed(database, issued.refresh_token) is sessions.Refusal.over
    with pytest.raises(sessions.NotAdmitted):
        await signed_in(database, account)
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, account.person, status=persons.Status.active)
    assert not await is_over(database, issued)


async def test_a_person_switches_between_their_businesses(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    await accounts.employ(database, other_tenant, account, "staff")
    issued = await signed_in(database, account)
    identity = await by_cookie(database, issued.refresh_token)
    assert identity.tenant == tenant
    async with transaction(database, ids.PLATFORM, identity.actor) as tx:
        assert (await sessions.switch(tx, other_tenant)).acts_in == other_tenant
        with pytest.raises(NotFound):
            await sessions.switch(tx, ids.new())
    switched = await by_cookie(database, issued.refresh_token)
    assert (switched.tenant, switched.actor.grants) == (other_tenant, auth.of_role("staff"))
    with pytest.raises(NotFound):
        await signed_in(database, account, tenant=ids.new())


async def test_old_sessions_are_forgotten(database: Database) -> None:
    old, young = [await signed_in(database, await accounts.new_account(database)) for _ in range(2)]
    async with transaction(database, ids.PLATFORM) as tx:
        await tx.execute(
            "update session_session set expires_at = now() - interval '31 days' where id = $1", old.session.id
        )
        assert await sessions.forget_expired(tx) >= 1
        left = await tx.all(
            UUID, "select id from session_session where id = any($1)", [old.session.id, young.session.id]
        )
    assert left == [young.session.id]


@pytest.mark.meets("P37", "T13")
@pytest.mark.parametrize(
    "table", ["session_session", "session_refresh", "session_credential", "session_code", "session_registration"]
)
async def test_no_business_sees_how_people_sign_in(database: Database, tenant: UUID, table: str) -> None:
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, "owner")
    await signed_in(database, account)
    async with transaction(database, tenant) as tx:
        assert await tx.one(int, f"select count(*) from {table}") == 0
        assert await tx.execute(f"update {table} set tenant_id = tenant_id") == 0
