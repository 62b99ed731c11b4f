"""Invitations: a link that works once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast import app
from holdfast.integrations.mail import sandbox
from holdfast.kernel import auth, crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.problems import Invalid, NotAllowed
from holdfast.kernel.tx import Actor, transaction
from holdfast.shared.accounts import acceptances
from holdfast.shared.people import invitations, memberships
from tests import accounts
from tests.conftest import Drain, Open


def fresh_address() -> str:
    """An address that nobody has."""
    return f"p{ids.new().hex}@example.com"


async def invited(database: Database, tenant: UUID, email: str, role: str = "staff") -> invitations.Invitation:
    """An open invitation."""
    async with transaction(database, tenant) as tx:
        return await invitations.invite(tx, email=email, role=role)


async def test_a_newcomer_accepts(committed: Open, database: Database, tenant: UUID) -> None:
    invitation = await invited(database, tenant, fresh_address())
    async with committed() as tx:
        link = invitations.token(tenant, invitation)
        assert invitations.addressed(link, tx.now) == (tenant, invitation.id)
    async with committed(actor=Actor()) as tx:
        member = await acceptances.accept_as_newcomer(tx, invitation.id, name="Luis", password_hash=accounts.HASH)
    assert (member.role, member.email) == ("staff", invitation.email)
    async with committed() as tx:
        with pytest.raises(invitations.NotOpen):
            await invitations.opened(tx, invitation.id)
        assert (await invitations.waiting(tx, Page())).items == []
        assert [found.name for found in (await memberships.staff(tx, Page())).items] == ["Luis"]


async def test_an_invitation_is_accepted_once_however_many_try(database: Database, tenant: UUID) -> None:
    invitation = await invited(database, tenant, fresh_address())

    async def accept() -> memberships.Membership:
        async with transaction(database, tenant, Actor()) as tx:
            return await acceptances.accept_as_newcomer(tx, invitation.id, name="Luis", password_hash=accounts.HASH)

    outcomes = await asyncio.gather(*(accept() for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, memberships.Membership) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, invitations.NotOpen) for outcome in outcomes) == 5
    async with transaction(database, ids.PLATFORM) as tx:
        assert await tx.one(int, "select count(*) from session_credential where email = $1", invitation.email) == 1


async def test_whoever_has_an_account_signs_in_to_accept(committed: Open, database: Database, tenant: UUID) -> None:
    account, other = await accounts.new_account(database), await accounts.new_account(database)
    invitation = await invited(database, tenant, account.email)
    with pytest.raises(acceptances.SignInToAccept):
        async with committed(actor=Actor()) as tx:
            await acceptances.accept_as_newcomer(tx, invitation.id, name="Eve", password_hash=accounts.HASH)
    with pytest.raises(acceptances.ForSomebodyElse):
        async with committed(actor=other.actor) as tx:
            await acceptances.accept(tx, invitation.id)
    async with committed(actor=account.actor) as tx:
        assert (await acceptances.accept(tx, invitation.id)).person_id == account.person


async def test_an_invitation_that_is_over_is_not_accepted(committed: Open, database: Database, tenant: UUID) -> None:
    account = await accounts.new_account(database)
    first = await invited(database, tenant, account.email)
    second = await invited(database, tenant, account.email)
    async with committed(actor=account.actor) as tx:
        with pytest.raises(invitations.NotOpen):
            await acceptances.accept(tx, first.id)
        with pytest.raises(invitations.NotOpen):
            await acceptances.accept(tx, ids.new())
    async with committed() as tx:
        await invitations.withdraw(tx, second.id)
        with pytest.raises(invitations.NotOpen):
            await invitations.withdraw(tx, second.id)
        with pytest.raises(invitations.NotOpen):
            await invitations.opened(tx, second.id)
    third = await invited(database, tenant, account.email)
    async with committed() as tx:
        await tx.execute("update tenants_tenant set clock_offset = '8 days'")
    async with committed(actor=account.actor) as tx:
        with pytest.raises(invitations.NotOpen):
            await acceptances.accept(tx, third.id)
        with pytest.raises(crypto.Expired):
            invitations.addressed(invitations.token(tenant, third), tx.now)


async def test_a_link_of_another_making_is_not_genuine(tenant: UUID, database: Database) -> None:
    invitation = await invited(database, tenant, fresh_address())
    forged = crypto.sign("something else", tenant.bytes + invitation.id.bytes, invitation.expires_at)
    with pytest.raises(crypto.NotGenuine):
        invitations.addressed(forged, invitation.created_at)
    good = invitations.token(tenant, invitation)
    assert invitations.addressed(good, invitation.expires_at - timedelta(seconds=1)) == (tenant, invitation.id)


async def test_who_may_be_invited_by_whom(committed: Open, database: Database, tenant: UUID) -> None:
    manager, _ = await accounts.member(database, tenant, "manager")
    staff, _ = await accounts.member(database, tenant, "staff")
    colleague = await accounts.new_account(database)
    await accounts.employ(database, tenant, colleague, "staff")
    async with committed(actor=staff) as tx:
        with pytest.raises(NotAllowed):
            await invitations.invite(tx, email=fresh_address(), role="staff")
    async with committed(actor=manager) as tx:
        with pytest.raises(auth.MoreThanYouHold):
            await invitations.invite(tx, email=fresh_address(), role="owner")
        with pytest.raises(memberships.AlreadyMember):
            await invitations.invite(tx, email=colleague.email.upper(), role="staff")
        for role in ("customer", "custom", "king"):
            with pytest.raises(Invalid):
                await invitations.invite(tx, email=fresh_address(), role=role)
        assert (await invitations.waiting(tx, Page())).items == []
        assert (await invitations.invite(tx, email=fresh_address(), role="manager")).invited_by == manager.person


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "@b.example",
        "a@b.example ,c@d.example",
        "a b@c.example",
        "a@" + "b" * 250 + ".example",
        "a@b..example",
        "a\r\nBcc: x@y.example",
        "a@b.example\x00",
        '"a"@b.example',
        "<a@b.example>",
    ],
)
def test_what_is_no_address(email: str) -> None:
    with pytest.raises(Invalid):
        invitations.checked_email(email)


def test_an_address_has_one_spelling() -> None:
    assert invitations.checked_email("  Ana.Torres+cafe@Example.COM ") == "ana.torres+cafe@example.com"


async def test_whoever_leaves_takes_their_invitations_along(
    committed: Open, database: Database, tenant: UUID, drain: Drain
) -> None:
    await accounts.member(database, tenant, "owner")
    manager, membership = await accounts.member(database, tenant, "manager")
    async with committed(actor=manager) as tx:
        await invitations.invite(tx, email=fresh_address(), role="manager")
    kept = await invited(database, tenant, fresh_address())
    async with committed() as tx:
        await memberships.end(tx, membership.id)
    await drain(app.registry)
    async with committed() as tx:
        assert [invitation.id for invitation in (await invitations.waiting(tx, Page())).items] == [kept.id]


async def test_an_invitation_that_was_replaced_before_its_turn_sends_nothing(
    database: Database, tenant: UUID, drain: Drain
) -> None:
    address = fresh_address()
    await invited(database, tenant, address)
    newest = await invited(database, tenant, address, role="manager")
    await drain(app.registry)
    async with transaction(database, ids.PLATFORM) as tx:
        (mail,) = (await sandbox.mailbox(tx, address, Page())).items
    assert invitations.token(tenant, newest) in mail.body
    assert "Café Aurora" in mail.subject
