"""Sessions: one sign-in on one device, and the family of refresh tokens that came from it.

A refresh token works once and is answered with the next (X4). Whoever shows one that was used before has a copy that
they should not have, so the whole family ends; there is no period of grace. Two requests that show the same token at
the same moment are something else, such as two tabs of one browser: exactly one gets the next token, and the other,
which found the token fresh when it looked, is told so and ends nothing. A session is over thirty days after the
sign-in at the latest, however often it was refreshed.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import crypto, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import NotFound, NotSignedIn, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import persons
from holdfast.shared.sessions.credentials import Secret


class Client(StrEnum):
    """Who keeps the refresh token."""

    browser = "browser"
    """A page: the token is an httpOnly cookie that no script reads."""
    api = "api"
    """A program: the token is in the answer's body."""


class EndedBy(StrEnum):
    """Why a session ended before its time."""

    sign_out = "sign_out"
    everywhere = "everywhere"
    password = "password"  # noqa: S105 - a reason, not a secret
    reuse = "reuse"


class Session(Row):
    """A sign-in on a device."""

    table: ClassVar[str] = "session_session"
    id: UUID
    person_id: UUID
    client: Client
    device: str | None
    """What the device calls itself."""
    acts_in: UUID
    """The business that requests without a ``Holdfast-Tenant`` header act in; the platform when there is none."""
    created_at: datetime
    seen_at: datetime
    """When it was last refreshed."""
    expires_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it in the list of devices."""

    id: UUID
    client: Client
    device: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool
    """It is the session that asks."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its next refresh token, which is shown this once."""

    session: Session
    refresh_token: str


class Refusal(StrEnum):
    """Why a refresh token was not answered with another."""

    unknown = "unknown"
    over = "over"
    reused = "reused"
    """It was used before; the family has ended, and the transaction must commit to make that so."""
    raced = "raced"
    """Another request used it at this very moment."""


class Opened(Event):
    """A person signed in."""

    name: ClassVar[str] = "sessions.sessions.opened"
    subject: ClassVar[str] = "session_id"
    session_id: UUID
    person_id: UUID
    client: Client


class Failed(Event):
    """A sign-in was refused."""

    name: ClassVar[str] = "sessions.sessions.failed"
    subject: ClassVar[str | None] = "credential_id"
    credential_id: UUID | None
    """Absent when there is no account of that address."""
    reason: str


class Ended(Event):
    """A session was ended by its owner."""

    name: ClassVar[str] = "sessions.sessions.ended"
    subject: ClassVar[str] = "session_id"
    session_id: UUID
    person_id: UUID


class Reused(Event):
    """A refresh token was shown a second time, so its whole family ended: somebody may have stolen it."""

    name: ClassVar[str] = "sessions.sessions.reused"
    subject: ClassVar[str] = "session_id"
    session_id: UUID
    person_id: UUID


class WrongCredentials(Problem):
    """The address or the password is not right."""

    status = 401


class NotAdmitted(Problem):
    """This account may not sign in at present; ask whoever runs this installation."""

    status = 403


class NotVerified(Problem):
    """Confirm your address first, with the code that was mailed to you."""

    status = 403


class SessionOver(NotSignedIn):
    """Your session is over; sign in again."""


class RefreshedElsewhere(Problem):
    """Another request of yours was given the next token at this moment; use that one."""


def claimed_person(token: str | None) -> UUID | None:
    """The person that a refresh token says it is of; to be believed once its hash was found under that person."""
    open_part = None if token is None else crypto.carried(token, carrying=16)
    return None if open_part is None else UUID(bytes=open_part)


async def _next_token(tx: Tx, session_id: UUID, person_id: UUID) -> str:
    token = crypto.random_token(carrying=person_id.bytes)
    await tx.execute(
        "insert into session_refresh (token_hash, session_id, issued_at) values ($1, $2, $3)",
        crypto.digest(token),
        session_id,
        tx.now,
    )
    return token


def obstacle(secret: Secret | None, *, right: bool) -> str | None:
    """Why a sign-in is refused, in a word; None when it is not.

    A wrong password comes first, so that only whoever knows the right one learns anything else about an account.
    """
    if secret is None or not right:
        return "password"
    if secret.status is not persons.Status.active:
        return secret.status.value
    return None if secret.verified else "unverified"


async def fail(tx: Tx, secret: Secret | None, *, reason: str) -> None:
    """Record that a sign-in was refused; the caller lets this commit and raises the problem afterwards."""
    await tx.emit(Failed(credential_id=None if secret is None else secret.id, reason=reason))


async def open(  # noqa: A001 - a session is opened
    tx: Tx, secret: Secret, *, client: Client, device: str | None, days: int, tenant: UUID | None = None
) -> Issued:
    """Sign a person in whose password was right; ``tx`` is the person's, in the platform's tenant (I62).

    Args:
        secret: what the password was checked against; if it changed meanwhile, the check counts for nothing.
        client: who keeps the refresh token.
        device: what the device calls itself.
        days: how long the session may last.
        tenant: the business to act in; without it, the one the person joined first.

    Raises:
        WrongCredentials: the password changed meanwhile.
        NotAdmitted: the person is blocked or inactive.
        NotFound: they do not belong to ``tenant``.
    """
    status = await tx.find(
        persons.Status,
        "select p.status from session_credential as c join people_person as p on p.id = c.person_id "
        "where c.id = $1 and c.token_version = $2 and c.password_hash = $3 for no key update of c for share of p",
        secret.id,
        secret.token_version,
        secret.password_hash,
    )
    if status is None:
        raise WrongCredentials
    if status is not persons.Status.active:
        raise NotAdmitted
    session = await tx.insert(
        Session,
        id=ids.new(),
        person_id=secret.person_id,
        client=client,
        device=_readable(device),
        acts_in=await _business(tx, secret.person_id, tenant),
        token_version=secret.token_version,
        created_at=tx.now,
        seen_at=tx.now,
        expires_at=tx.now + timedelta(days=days),
    )
    token = await _next_token(tx, session.id, secret.person_id)
    await tx.emit(Opened(session_id=session.id, person_id=secret.person_id, client=client))
    return Issued(session=session, refresh_token=token)


def _readable(device: str | None) -> str | None:
    text = "".join(letter for letter in device or "" if letter.isprintable())[:300]
    return text or None


async def _business(tx: Tx, person_id: UUID, tenant: UUID | None) -> UUID:
    found = await tx.find(
        UUID,
        "select tenant_id from people_membership where person_id = $1 and ended_at is null "
        "and ($2::uuid is null or tenant_id = $2) order by (role = 'customer'), created_at, id limit 1",
        person_id,
        tenant,
    )
    if found is None and tenant is not None:
        raise NotFound("You do not belong to this business.")
    return found or ids.PLATFORM


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    session_id: UUID
    person_id: UUID
    used_at: datetime | None
    good: bool


async def refresh(tx: Tx, token: str) -> Issued | Refusal:
    """Exchange a refresh token for the next (T76, T77). A refusal is returned, not raised, so that what follows from
    it (the family ends) is committed.
    """
    hashed = crypto.digest(token)
    held = await tx.find(
        _Held,
        "select s.id as session_id, s.person_id, r.used_at, (s.ended_at is null and s.expires_at > $2 "
        "and s.token_version = c.token_version and p.status = 'active') as good from session_refresh as r "
        "join session_session as s on s.id = r.session_id join session_credential as c on c.person_id = s.person_id "
        "join people_person as p on p.id = s.person_id where r.token_hash = $1",
        hashed,
        tx.now,
    )
    if held is None:
        return Refusal.unknown
    if held.used_at is not None:
        if await tx.execute(
            "update session_session set ended_at = $2, ended_by = 'reuse' where id = $1 and ended_at is null",
            held.session_id,
            tx.now,
        ):
            await tx.emit(Reused(session_id=held.session_id, person_id=held.person_id))
        return Refusal.reused
    if not held.good:
        return Refusal.over
    # Of two requests that both came this far, the second waits here and then finds the token used.
    if not await tx.execute(
        "update session_refresh set used_at = $2 where token_hash = $1 and used_at is null", hashed, tx.now
    ):
        return Refusal.raced
    session = await tx.one(
        Session, "update session_session set seen_at = $2 where id = $1 returning *", held.session_id, tx.now
    )
    return Issued(session=session, refresh_token=await _next_token(tx, session.id, session.person_id))


async def end(tx: Tx, session_id: UUID) -> None:
    """End one session of the signed-in person: this one to sign out, another to lock a lost device out.

    Raises:
        NotFound: they have no such session, or it has ended.
    """
    person_id = persons.in_person(tx)
    if not await tx.execute(
        "update session_session set ended_at = $3, ended_by = 'sign_out' "
        "where id = $1 and person_id = $2 and ended_at is null",
        session_id,
        person_id,
        tx.now,
    ):
        raise NotFound("You have no such session.")
    await tx.emit(Ended(session_id=session_id, person_id=person_id))


async def devices(tx: Tx) -> list[Device]:
    """The sessions of the signed-in person that are not over, the latest first."""
    return await tx.all(
        Device,
        "select s.id, s.client, s.device, s.created_at, s.seen_at, s.expires_at, s.id = $2 as current "
        "from session_session as s join session_credential as c on c.person_id = s.person_id "
        "where s.person_id = $1 and s.ended_at is null and s.expires_at > $3 and s.token_version = c.token_version "
        "order by s.seen_at desc, s.id desc limit 200",
        persons.in_person(tx),
        tx.actor.session,
        tx.now,
    )


async def switch(tx: Tx, tenant: UUID) -> Session:
    """Act in another business of one's own by default.

    Raises:
        NotFound: the signed-in person does not belong to it.
        NotSignedIn, NotAllowed: nobody is signed in as themselves.
    """
    acts_in = await _business(tx, persons.in_person(tx), tenant)
    return await tx.one(
        Session,
        "update session_session set acts_in = $3 where id = $1 and person_id = $2 and ended_at is null returning *",
        tx.actor.session,
        tx.actor.person,
        acts_in,
    )


async def forget_expired(tx: Tx) -> int:
    """Delete sessions that were over for a month, with their tokens; gives how many."""
    return await tx.execute(
        "delete from session_session where id in (select id from session_session where expires_at < $1 limit 5000)",
        tx.now - timedelta(days=30),
    )
