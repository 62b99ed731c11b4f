"""Credentials: the address and the password by which one person signs in."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import auth, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotSignedIn, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx
from holdfast.shared.people import invitations, persons

auth.grant("sessions.adopt", "Take accounts over from another system, with their passwords as stored there")


class Credential(Row):
    """How a person signs in. The password's hash is no field, so that it is never sent anywhere (L57)."""

    table: ClassVar[str] = "session_credential"
    id: UUID
    person_id: UUID
    email: str
    token_version: int
    """Rises when every session must end; a session of an older version is over."""
    verified_at: datetime | None
    password_changed_at: datetime
    created_at: datetime


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to check a sign-in; stays inside this folder."""

    id: UUID
    person_id: UUID
    email: str
    password_hash: str
    token_version: int
    verified: bool
    status: persons.Status


class Created(Event):
    """A person got an account to sign in with."""

    name: ClassVar[str] = "sessions.credentials.created"
    subject: ClassVar[str] = "credential_id"
    credential_id: UUID
    person_id: UUID


class Verified(Event):
    """A person proved that the address of their account is theirs."""

    name: ClassVar[str] = "sessions.credentials.verified"
    subject: ClassVar[str] = "credential_id"
    credential_id: UUID
    person_id: UUID


class PasswordChanged(Event):
    """A password was changed by its owner, or reset by mail; every other session has ended."""

    name: ClassVar[str] = "sessions.credentials.password_changed"
    subject: ClassVar[str] = "credential_id"
    credential_id: UUID
    person_id: UUID
    by_reset: bool


class PasswordUpgraded(Event):
    """At a sign-in, a password was stored anew in today's way."""

    name: ClassVar[str] = "sessions.credentials.password_upgraded"
    subject: ClassVar[str] = "credential_id"
    credential_id: UUID


class SignedOutEverywhere(Event):
    """A person ended all of their sessions."""

    name: ClassVar[str] = "sessions.credentials.signed_out_everywhere"
    subject: ClassVar[str] = "credential_id"
    credential_id: UUID
    person_id: UUID


class AccountExists(Problem):
    """This address has an account already; sign in with it."""


class WrongPassword(Problem):
    """The present password is not right."""

    status = 422


class ChangedMeanwhile(Problem):
    """The account changed at the same moment; try again."""


async def add(tx: Tx, *, person_id: UUID, email: str, password_hash: str, verified: bool) -> UUID:
    """Give a person an account; gives its id.

    Raises:
        AccountExists: the address, or the person, has one.
    """
    credential_id = ids.new()
    try:
        await tx.execute(
            "insert into session_credential "
            "(id, person_id, email, password_hash, verified_at, password_changed_at, created_at) "
            "values ($1, $2, $3, $4, $5, $6, $6)",
            credential_id,
            person_id,
            invitations.checked_email(email),
            password_hash,
            tx.now if verified else None,
            tx.now,
        )
    except Reused:
        raise AccountExists from None
    await tx.emit(Created(credential_id=credential_id, person_id=person_id))
    return credential_id


async def adopt(
    tx: Tx, *, name: str, email: str, password_hash: str, verified: bool, phone: str | None = None, locale: str = "en"
) -> UUID:
    """Take an account over from another system, with its password as it was stored there; gives the person's id.

    Hashes of bcrypt and argon2 are accepted; the next sign-in stores the password in today's way (I133, L94).

    Raises:
        AccountExists: the address has an account.
        Invalid: the hash is of another kind.
        NotAllowed: only the platform's own import may.
    """
    tx.must("sessions.adopt")
    if not password_hash.startswith(("$2a$", "$2b$", "$2y$", "$argon2")):
        raise Invalid("Only bcrypt and argon2 hashes can be taken over.", field="password_hash")
    person_id = await persons.add(tx, name=name, phone=phone, locale=locale)
    await add(tx, person_id=person_id, email=email, password_hash=password_hash, verified=verified)
    return person_id


async def secret_of(tx: Tx, email: str) -> Secret | None:
    """What it takes to check a sign-in with that address; runs in a transaction of the platform."""
    return await tx.find(
        Secret,
        "select c.id, c.person_id, c.email, c.password_hash, c.token_version, c.verified_at is not null as verified, "
        "p.status from session_credential as c join people_person as p on p.id = c.person_id where c.email = $1",
        email.strip().lower(),
    )


async def own_secret(tx: Tx) -> Secret:
    """What it takes to check the password of the signed-in person.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    found = await tx.find(
        Secret,
        "select c.id, c.person_id, c.email, c.password_hash, c.token_version, c.verified_at is not null as verified, "
        "p.status from session_credential as c join people_person as p on p.id = c.person_id where c.person_id = $1",
        persons.in_person(tx),
    )
    if found is None:
        raise NotSignedIn
    return found


async def _replace_password(tx: Tx, secret: Secret, password_hash: str, *, by_reset: bool) -> int:
    """Store a new password and end every session; gives the new token version."""
    version = await tx.find(
        int,
        "update session_credential set password_hash = $3, password_changed_at = $4, "
        "token_version = token_version + 1, "
        "verified_at = case when $5 then coalesce(verified_at, $4) else verified_at end "
        "where id = $1 and token_version = $2 returning token_version",
        secret.id,
        secret.token_version,
        password_hash,
        tx.now,
        by_reset,
    )
    if version is None:
        raise ChangedMeanwhile
    # Links that were mailed before the change must not undo it.
    await tx.execute(
        "update session_code set used_at = $2 where credential_id = $1 and purpose = 'reset' and used_at is null",
        secret.id,
        tx.now,
    )
    await tx.emit(PasswordChanged(credential_id=secret.id, person_id=secret.person_id, by_reset=by_reset))
    return version


async def change_password(tx: Tx, secret: Secret, *, password_hash: str) -> None:
    """Store a new password, checked and hashed before; every session but the one that asks ends (I65).

    Raises:
        ChangedMeanwhile: the password was changed, or every session ended, since ``secret`` was read.
    """
    version = await _replace_password(tx, secret, password_hash, by_reset=False)
    await tx.execute(
        "update session_session set ended_at = $3, ended_by = 'password' "
        "where person_id = $1 and id is distinct from $2 and ended_at is null",
        secret.person_id,
        tx.actor.session,
        tx.now,
    )
    await tx.execute(
        "update session_session set token_version = $3 where id = $1 and token_version = $2",
        tx.actor.session,
        secret.token_version,
        version,
    )


async def reset_password(tx: Tx, credential_id: UUID, *, password_hash: str) -> UUID:
    """Store a new password on the strength of a mailed link; every session ends (I67). Gives the person's id.

    Raises:
        ChangedMeanwhile: the password was changed at the same moment.
    """
    secret = await tx.one(
        Secret,
        "select c.id, c.person_id, c.email, c.password_hash, c.token_version, c.verified_at is not null as verified, "
        "p.status from session_credential as c join people_person as p on p.id = c.person_id where c.id = $1",
        credential_id,
    )
    await _replace_password(tx, secret, password_hash, by_reset=True)
    await tx.execute(
        "update session_session set ended_at = $2, ended_by = 'password' where person_id = $1 and ended_at is null",
        secret.person_id,
        tx.now,
    )
    return secret.person_id


async def upgrade(tx: Tx, secret: Secret, *, password_hash: str) -> None:
    """Store the same password in today's way; a password that changed meanwhile is left alone."""
    if await tx.execute(
        "update session_credential set password_hash = $3 where id = $1 and password_hash = $2",
        secret.id,
        secret.password_hash,
        password_hash,
    ):
        await tx.emit(PasswordUpgraded(credential_id=secret.id))


async def verify(tx: Tx, credential_id: UUID) -> UUID:
    """The address was proven to be its owner's; gives the person's id."""
    credential = await tx.get(Credential, credential_id, lock=True)
    if credential.verified_at is None:
        await tx.update(credential, verified_at=tx.now)
        await tx.emit(Verified(credential_id=credential_id, person_id=credential.person_id))
    return credential.person_id


async def sign_out_everywhere(tx: Tx) -> None:
    """End every session of the signed-in person, this one too. API keys stay; they are taken back one by one.

    Raises:
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    person_id = persons.in_person(tx)
    credential_id = await tx.one(
        UUID,
        "update session_credential set token_version = token_version + 1 where person_id = $1 returning id",
        person_id,
    )
    await tx.execute(
        "update session_session set ended_at = $2, ended_by = 'everywhere' where person_id = $1 and ended_at is null",
        person_id,
        tx.now,
    )
    await tx.emit(SignedOutEverywhere(credential_id=credential_id, person_id=person_id))
