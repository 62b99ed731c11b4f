"""Routes of getting an account, proving an address, and changing what an account is."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import structlog
from litestar import Response, get, post, put
from msgspec import Meta

from holdfast.kernel import clock, http, ids
from holdfast.kernel.http import Caller
from holdfast.kernel.tx import NOBODY
from holdfast.shared.accounts import acceptances, registrations, resets
from holdfast.shared.people import invitations, memberships, persons
from holdfast.shared.sessions import codes, credentials, passwords, profiles

log = structlog.get_logger()

_NOT_STORED = {"Cache-Control": "no-store"}
Line = Annotated[str, Meta(max_length=1000)]


class Registration(msgspec.Struct, kw_only=True):
    """Who wants an account."""

    email: Line
    password: Line
    name: Line
    phone: Line | None = None
    locale: Line = "en"


class Awaited(msgspec.Struct, kw_only=True):
    """A code is on its way by mail, if the address can have one; the answer is the same in any case."""

    verification: UUID
    """What the code has to come back with."""
    message: str = "Check your mail."


class Proof(msgspec.Struct, kw_only=True):
    """A code that came by mail."""

    verification: UUID
    code: Line


class Again(msgspec.Struct, kw_only=True):
    """What a new code is wanted for."""

    verification: UUID


class Email(msgspec.Struct, kw_only=True):
    """An address."""

    email: Line


class NewPassword(msgspec.Struct, kw_only=True):
    """A password to take from now on."""

    password: Line


class PasswordChange(msgspec.Struct, kw_only=True):
    """The present password and the next."""

    current_password: Annotated[str, Meta(max_length=10_000)]
    new_password: Line


class Acceptance(msgspec.Struct, kw_only=True):
    """An invitation's token; name and password for whoever has no account yet."""

    token: Line
    name: Line | None = None
    password: Line | None = None
    phone: Line | None = None
    locale: Line = "en"


class Accepted(msgspec.Struct, kw_only=True):
    """The business that was joined, and as what."""

    tenant: UUID
    membership_id: UUID
    role: str


class PasswordWanted(passwords.Weak):
    """Choose a name and a password to accept this invitation."""


@post("/api/auth/register", public=True, idempotency="unused", status_code=202)
async def register(caller: Caller, data: Registration) -> Response[Awaited]:
    """Ask for an account; a code by mail completes it. An address that has one gets the same answer."""
    passwords.checked(data.password, email=data.email)
    async with passwords.even_time():
        hashed = await passwords.hash(data.password)
        async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
            verification = await registrations.register(
                tx, email=data.email, password_hash=hashed, name=data.name, phone=data.phone, locale=data.locale
            )
    log.info("auth.registered")
    return Response(Awaited(verification=verification), headers=_NOT_STORED)


@post("/api/auth/verify-email", public=True, rate="sign_in", status_code=204)
async def verify_email(caller: Caller, data: Proof) -> None:
    """Complete a registration with the mailed code; a code may be tried five times."""
    async with passwords.even_time():
        async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
            person_id = await registrations.verify(tx, data.verification, code=data.code)
        if person_id is None:
            raise codes.WrongCode
    log.info("auth.verified", person=str(person_id))


@post("/api/auth/verification-code", public=True, idempotency="unused", status_code=202)
async def verification_code(caller: Caller, data: Again) -> Response[Awaited]:
    """Mail another code."""
    async with passwords.even_time(), caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        verification = await registrations.resend(tx, data.verification)
    return Response(Awaited(verification=verification), headers=_NOT_STORED)


@post("/api/auth/forgot-password", public=True, idempotency="unused", status_code=202)
async def forgot_password(caller: Caller, data: Email) -> dict[str, str]:
    """Mail a link with which another password can be chosen; the answer is the same for every address."""
    async with passwords.even_time(), caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        await resets.forgot(tx, email=data.email)
    log.info("auth.forgot_password")
    return {"message": "Check your mail."}


@post("/api/auth/reset-password/{token:str}", public=True, rate="sign_in", status_code=204)
async def reset_password(caller: Caller, token: str, data: NewPassword) -> Response[None]:
    """Choose another password by a mailed link; every session ends."""
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        code = await codes.usable(tx, token)
    passwords.checked(data.password, email=code.email)
    hashed = await passwords.hash(data.password)
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        person_id = await resets.reset(tx, token, password_hash=hashed)
    caller.forget(person=person_id)
    log.info("auth.password_reset", person=str(person_id))
    return Response(None, status_code=204, cookies=http.cleared_cookies(caller.database.settings))


@get("/api/auth/me", signed_in=True)
async def me(caller: Caller) -> profiles.Me:
    """Who I am, where I act, and what I may do there."""
    async with caller.transaction(ids.PLATFORM) as tx:
        return await profiles.me(tx, caller.actor, caller.tenant)


@put("/api/auth/profile", signed_in=True)
async def change_profile(caller: Caller, data: persons.Changes) -> profiles.User:
    """Change my profile."""
    async with caller.transaction(ids.PLATFORM) as tx:
        person_id = persons.in_person(tx)
        await persons.change(tx, person_id, data)
        return await profiles.user(tx, person_id)


@put("/api/auth/change-password", signed_in=True, rate="sign_in", status_code=204)
async def change_password(caller: Caller, data: PasswordChange) -> None:
    """Change my password; every other session ends."""
    async with caller.transaction(ids.PLATFORM) as tx:
        secret = await credentials.own_secret(tx)
    if not (await passwords.verify(secret.password_hash, data.current_password)).ok:
        log.info("auth.refused", reason="current_password", person=str(secret.person_id))
        raise credentials.WrongPassword
    passwords.checked(data.new_password, email=secret.email)
    hashed = await passwords.hash(data.new_password)
    async with caller.transaction(ids.PLATFORM) as tx:
        await credentials.change_password(tx, secret, password_hash=hashed)
    caller.forget(person=secret.person_id)
    log.info("auth.password_changed", person=str(secret.person_id))


@post("/api/auth/accept-invitation", public=True, rate="sign_in", status_code=200)
async def accept_invitation(caller: Caller, data: Acceptance) -> Response[Accepted]:
    """Join the business that invited me: signed in with the invited address, or with a new account for it."""
    tenant, invitation_id = invitations.addressed(data.token, clock.now())
    if caller.actor.kind == "person":
        async with caller.transaction(tenant) as tx:
            member = await acceptances.accept(tx, invitation_id)
        caller.forget(person=member.person_id)
        return _accepted(tenant, member)
    async with caller.transaction(tenant, actor=NOBODY) as tx:
        address = (await invitations.opened(tx, invitation_id)).email
    if data.name is None or data.password is None:
        raise PasswordWanted(field="password")
    passwords.checked(data.password, email=address)
    hashed = await passwords.hash(data.password)
    async with caller.transaction(tenant, actor=NOBODY) as tx:
        member = await acceptances.accept_as_newcomer(
            tx, invitation_id, name=data.name, password_hash=hashed, phone=data.phone, locale=data.locale
        )
    log.info("auth.invited", person=str(member.person_id))
    return _accepted(tenant, member)


def _accepted(tenant: UUID, member: memberships.Membership) -> Response[Accepted]:
    return Response(Accepted(tenant=tenant, membership_id=member.id, role=member.role), headers=_NOT_STORED)


routes: list[Any] = [
    register,
    verify_email,
    verification_code,
    forgot_password,
    reset_password,
    me,
    change_profile,
    change_password,
    accept_invitation,
]
