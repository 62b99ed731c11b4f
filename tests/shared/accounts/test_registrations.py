"""Registrations, codes and resets: what arrives by mail opens an account, once, and tells a stranger nothing."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.accounts import registrations, resets
from holdfast.shared.people import persons
from holdfast.shared.sessions import codes, credentials, sessions
from tests import accounts


def fresh_address() -> str:
    """An address that nobody has."""
    return f"p{ids.new().hex}@example.com"


async def registered(database: Database, email: str, *, name: str = "Ana Torres") -> UUID:
    """A registration that awaits its code."""
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        return await registrations.register(tx, email=email, password_hash=accounts.HASH, name=name)


async def mailed(database: Database, email: str) -> list[codes.Code]:
    """What was mailed to an address, oldest first."""
    async with transaction(database, ids.PLATFORM) as tx:
        return await tx.all(codes.Code, "select * from session_code where email = $1 order by id", email)


async def verified(database: Database, verification: UUID, code: str) -> UUID | None:
    """What becomes of a code that comes back."""
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        return await registrations.verify(tx, verification, code=code)


async def secret(tx: Tx, email: str) -> credentials.Secret | None:
    """The account of an address."""
    return await credentials.secret_of(tx, email)


def wrong(code: codes.Code) -> str:
    """Six digits that are not the code's."""
    return f"{(int(codes.number(code)) + 1) % 1_000_000:06}"


@pytest.mark.meets("W43")
async def test_an_account_exists_once_its_code_came_back(database: Database) -> None:
    email = fresh_address()
    verification = await registered(database, email.upper())
    async with transaction(database, ids.PLATFORM) as tx:
        assert await secret(tx, email) is None
    (code,) = await mailed(database, email)
    assert code.id == verification
    person_id = await verified(database, verification, f" {codes.number(code)} ")
    async with transaction(database, ids.PLATFORM) as tx:
        found = await secret(tx, email)
        assert found is not None
        assert (found.person_id, found.verified, found.password_hash) == (person_id, True, accounts.HASH)
        assert (await tx.get(persons.Person, found.person_id)).name == "Ana Torres"
        # The passwords of registrations are forgotten.
        assert await tx.one(int, "select count(*) from session_registration where email = $1", email) == 0


async def test_a_code_works_once(database: Database) -> None:
    verification = await registered(database, email := fresh_address())
    (code,) = await mailed(database, email)
    outcomes = await asyncio.gather(
        *(verified(database, verification, codes.number(code)) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    assert sum(outcome is None for outcome in outcomes) == 4


async def test_a_code_is_tried_five_times_at_most_also_all_at_once(database: Database) -> None:
    verification = await registered(database, email := fresh_address())
    (code,) = await mailed(database, email)
    outcomes = await asyncio.gather(*(verified(database, verification, wrong(code)) for _ in range(8)))
    assert outcomes == [None] * 8
    assert (await mailed(database, email))[0].attempts == codes.TRIES
    assert await verified(database, verification, codes.number(code)) is None


async def test_the_fifth_try_still_counts(database: Database) -> None:
    verification = await registered(database, email := fresh_address())
    (code,) = await mailed(database, email)
    for _ in range(4):
        assert await verified(database, verification, wrong(code)) is None
    assert await verified(database, verification, codes.number(code)) is not None


async def test_a_code_that_is_over_opens_nothing(database: Database) -> None:
    verification = await registered(database, email := fresh_address())
    (code,) = await mailed(database, email)
    async with transaction(database, ids.PLATFORM) as tx:
        await tx.execute("update session_code set expires_at = now() where id = $1", code.id)
    assert await verified(database, verification, codes.number(code)) is None


async def test_the_digits_are_stored_nowhere(database: Database) -> None:
    await registered(database, email := fresh_address())
    (code,) = await mailed(database, email)
    async with transaction(database, ids.PLATFORM) as tx:
        row = await tx.one(str, "select row_to_json(c)::text from session_code as c where id = $1", code.id)
        event = await tx.one(str, "select row_to_json(e)::text from kernel_event as e where subject_id = $1", code.id)
    for stored in (row.replace(str(code.id), ""), event.replace(str(code.id), "")):
        assert codes.number(code) not in stored
    assert email not in event


async def test_an_address_that_has_an_account_gets_the_same_answer(database: Database) -> None:
    """By what is answered nobody can tell; the owner gets another mail, and the answer's id opens nothing."""
    account = await accounts.new_account(database)
    verification = await registered(database, account.email, name="Eve")
    assert verification.version == (await registered(database, fresh_address())).version == 7
    (mail,) = await mailed(database, account.email)
    assert (mail.purpose, mail.id == verification) == (codes.Purpose.reminder, False)
    for typed in (codes.number(mail), "000000"):
        assert await verified(database, verification, typed) is None
        assert await verified(database, mail.id, typed) is None
    async with transaction(database, ids.PLATFORM) as tx:
        again = await registrations.resend(tx, verification)
        assert again.version == 7
        assert (await tx.get(persons.Person, account.person)).name == "Ana Torres"
    assert len(await mailed(database, account.email)) == 1


async def test_a_strangers_registration_is_not_opened_by_the_code_of_ones_own(database: Database) -> None:
    """Somebody registers with my address and a password of theirs, hoping that I confirm it."""
    email = fresh_address()
    theirs = await registered(database, email, name="Eve")
    mine = await registered(database, email)
    eves, anas = await mailed(database, email)
    assert await verified(database, mine, codes.number(eves)) is None
    assert await verified(database, theirs, codes.number(anas)) is None
    person_id = await verified(database, mine, codes.number(anas))
    assert person_id is not None
    assert await verified(database, theirs, codes.number(eves)) is None
    async with transaction(database, ids.PLATFORM) as tx:
        assert (await tx.get(persons.Person, person_id)).name == "Ana Torres"


async def test_two_registrations_of_one_address_confirmed_at_once_make_one_account(database: Database) -> None:
    email = fresh_address()
    pair = [await registered(database, email), await registered(database, email)]
    mails = {code.id: code for code in await mailed(database, email)}
    outcomes = await asyncio.gather(
        *(verified(database, verification, codes.number(mails[verification])) for verification in pair),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    async with transaction(database, ids.PLATFORM) as tx:
        assert await tx.one(int, "select count(*) from session_credential where email = $1", email) == 1


async def test_registering_many_times_at_once_mails_five_times_an_hour(database: Database) -> None:
    email = fresh_address()
    handles = await asyncio.gather(*(registered(database, email) for _ in range(8)))
    assert len(set(handles)) == 8
    assert len(await mailed(database, email)) == codes.MOST_PER_HOUR


async def test_another_code_is_mailed(database: Database) -> None:
    first = await registered(database, email := fresh_address())
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        second = await registrations.resend(tx, first)
    assert second != first
    newest = (await mailed(database, email))[-1]
    assert newest.id == second
    assert await verified(database, second, codes.number(newest)) is not None


@pytest.mark.parametrize(
    ("field", "value"), [("email", "nobody"), ("name", ""), ("phone", "12"), ("locale", "klingon")]
)
async def test_a_malformed_registration(database: Database, field: str, value: str) -> None:
    given = {"email": fresh_address(), "password_hash": accounts.HASH, "name": "Ana", field: value}
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        with pytest.raises(Invalid) as raised:
            await registrations.register(tx, **given)
    assert raised.value.extra["errors"][0].field == field
    assert await mailed(database, given["email"]) == []


async def test_registrations_are_forgotten(database: Database) -> None:
    await registered(database, email := fresh_address())
    async with transaction(database, ids.PLATFORM) as tx:
        await tx.execute("update session_registration set expires_at = now() - interval '1 s' where email = $1", email)
        assert await registrations.forget_expired(tx) >= 1
        assert await tx.one(int, "select count(*) from session_registration where email = $1", email) == 0
    assert await mailed(database, email) == []


async def forgotten(database: Database, email: str) -> list[codes.Code]:
    """The links that were mailed after somebody said that they forgot their password."""
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        await resets.forgot(tx, email=email)
    return [code for code in await mailed(database, email) if code.purpose is codes.Purpose.reset]


async def reset(database: Database, token: str) -> UUID:
    """Choose another password by a link."""
    async with transaction(database, ids.PLATFORM, Actor()) as tx:
        return await resets.reset(tx, token, password_hash="$argon2id$new")


async def test_a_link_lets_choose_another_password_once(database: Database) -> None:
    account = await accounts.new_account(database)
    (code,) = await forgotten(database, account.email)
    outcomes = await asyncio.gather(*(reset(database, codes.link(code)) for _ in range(5)), return_exceptions=True)
    assert [outcome for outcome in outcomes if isinstance(outcome, UUID)] == [account.person]
    assert sum(isinstance(outcome, codes.LinkUsed) for outcome in outcomes) == 4
    async with transaction(database, ids.PLATFORM) as tx:
        found = await secret(tx, account.email)
    assert found is not None
    assert (found.password_hash, found.token_version) == ("$argon2id$new", 2)


async def test_of_two_links_the_first_that_is_used_counts(database: Database) -> None:
    account = await accounts.new_account(database)
    await forgotten(database, account.email)
    first, second = await forgotten(database, account.email)
    outcomes = await asyncio.gather(
        reset(database, codes.link(first)), reset(database, codes.link(second)), return_exceptions=True
    )
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, codes.LinkUsed) for outcome in outcomes) == 1


async def test_a_reset_ends_every_session_and_proves_the_address(database: Database) -> None:
    account = await accounts.new_account(database, verified=False)
    async with transaction(database, ids.PLATFORM, account.actor) as tx:
        found = await secret(tx, account.email)
        assert found is not None
        issued = await sessions.open(tx, found, client=sessions.Client.api, device=None, days=30)
    (code,) = await forgotten(database, account.email)
    await reset(database, codes.link(code))
    async with transaction(database, ids.PLATFORM) as tx:
        assert await sessions.refresh(tx, issued.refresh_token) is sessions.Refusal.over
        found = await secret(tx, account.email)
        assert found is not None
        assert found.verified


async def test_a_link_that_is_over_or_not_ours(database: Database) -> None:
    account = await accounts.new_account(database)
    (code,) = await forgotten(database, account.email)
    with pytest.raises(crypto.NotGenuine):
        await reset(database, crypto.sign("another purpose", code.id.bytes, code.expires_at))
    with pytest.raises(crypto.NotGenuine):
        await reset(database, "nonsense")
    with pytest.raises(codes.LinkUsed):
        await reset(database, crypto.sign("sessions.reset", ids.new().bytes, code.expires_at))
    with pytest.raises(crypto.Expired):
        await reset(database, crypto.sign("sessions.reset", code.id.bytes, code.created_at - timedelta(hours=1)))
    # A code that was mailed to prove an address resets nothing.
    verification = await registered(database, fresh_address())
    with pytest.raises(codes.LinkUsed):
        await reset(database, crypto.sign("sessions.reset", verification.bytes, code.expires_at))


async def test_nobody_and_the_blocked_get_no_link(database: Database) -> None:
    assert await forgotten(database, fresh_address()) == []
    account = await accounts.new_account(database)
    async with transaction(database, ids.PLATFORM) as tx:
        await persons.set_status(tx, account.person, status=persons.Status.blocked)
    assert await forgotten(database, account.email) == []


async def test_changing_the_password_ends_every_other_session_and_every_link(database: Database) -> None:
    account = await accounts.new_account(database)
    (code,) = await forgotten(database, account.email)
    issued = []
    for _ in range(2):
        async with transaction(database, ids.PLATFORM, account.actor) as tx:
            found = await secret(tx, account.email)
            assert found is not None
            issued.append(await sessions.open(tx, found, client=sessions.Client.api, device=None, days=30))
    here, there = issued
    actor = Actor(kind="person", id=account.person, person=account.person, session=here.session.id)
    async with transaction(database, ids.PLATFORM, actor) as tx:
        own = await credentials.own_secret(tx)
        await credentials.change_password(tx, own, password_hash="$argon2id$new")
    async with transaction(database, ids.PLATFORM) as tx:
        assert isinstance(await sessions.refresh(tx, here.refresh_token), sessions.Issued)
        assert await sessions.refresh(tx, there.refresh_token) is sessions.Refusal.over
    with pytest.raises(codes.LinkUsed):
        await reset(database, codes.link(code))
    # The check of the old password counts for nothing once it was changed.
    with pytest.raises(credentials.ChangedMeanwhile):
        async with transaction(database, ids.PLATFORM, actor) as tx:
            await credentials.change_password(tx, own, password_hash="$argon2id$newer")


@pytest.mark.meets("I6")
async def test_an_import_brings_an_account(database: Database) -> None:
    email = fresh_address()
    async with transaction(database, ids.PLATFORM) as tx:
        person_id = await credentials.adopt(
            tx, name="Ravi", email=email, password_hash=accounts.BCRYPT, verified=False, phone="+919876543210"
        )
        with pytest.raises(Invalid):
            await credentials.adopt(tx, name="Ravi", email=fresh_address(), password_hash="md5", verified=True)
    async with transaction(database, ids.PLATFORM) as tx:
        found = await secret(tx, email)
        assert found is not None
        assert (found.person_id, found.verified) == (person_id, False)
        assert sessions.obstacle(found, right=True) == "unverified"
        assert sessions.obstacle(found, right=False) == "password"
        with pytest.raises(credentials.AccountExists):
            await credentials.adopt(tx, name="Ravi", email=email, password_hash=accounts.BCRYPT, verified=True)
    async with transaction(database, ids.PLATFORM, Actor(kind="person", person=person_id)) as tx:
        with pytest.raises(NotAllowed):
            await credentials.adopt(tx, name="Eve", email=email, password_hash=accounts.BCRYPT, verified=True)
