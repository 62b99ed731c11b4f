"""Codes and links that arrive by mail and prove that an address is somebody's.

A code's row holds no secret. The six digits are worked out from its id with the signing secret, and a link carries
the id, signed; so the reaction that sends the mail can make them again, and nobody who reads the table can use it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from holdfast.kernel import crypto, ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

VALID_FOR = timedelta(minutes=30)
TRIES = 5
MOST_PER_HOUR = 5
"""Mails of this kind that one address gets per hour, whoever asks for them."""
_DIGITS = "sessions.code"
_LINK = "sessions.reset"


class Purpose(StrEnum):
    """What a mail is for."""

    registration = "registration"
    """Proves the address of somebody who registers."""
    verification = "verification"
    """Proves the address of an account that an import brought."""
    reset = "reset"
    """Lets somebody choose a new password."""
    reminder = "reminder"
    """Tells the owner of an account that somebody tried to register with their address."""


class Code(Row):
    """A mail that was asked for, and what was done with the code or the link in it (W43)."""

    table: ClassVar[str] = "session_code"
    id: UUID
    purpose: Purpose
    email: str
    registration_id: UUID | None
    credential_id: UUID | None
    attempts: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class Issued(Event):
    """A mail with a code, a link or a reminder is to be sent."""

    name: ClassVar[str] = "sessions.codes.issued"
    subject: ClassVar[str] = "code_id"
    code_id: UUID
    purpose: Purpose


class WrongCode(Problem):
    """The code is not right, or it has expired, or it was tried too often; ask for a new one."""

    status = 422


class LinkUsed(Problem):
    """This link was used before, or has expired; ask for a new one."""


async def _lock(tx: Tx, email: str) -> None:
    """Whoever works on the codes of one address waits for one another here, and so never in a circle."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"sessions.codes {email}")


async def issue(
    tx: Tx, *, purpose: Purpose, email: str, registration_id: UUID | None = None, credential_id: UUID | None = None
) -> Code | None:
    """Ask for a mail to an address; None when the address got enough of them in the last hour.

    The caller answers the same either way, so that nobody learns anything.
    """
    await _lock(tx, email)
    lately = await tx.one(
        int,
        "select count(*) from session_code where email = $1 and created_at > $2",
        email,
        tx.now - timedelta(hours=1),
    )
    if lately >= MOST_PER_HOUR:
        return None
    code = await tx.insert(
        Code,
        id=ids.new(),
        purpose=purpose,
        email=email,
        registration_id=registration_id,
        credential_id=credential_id,
        created_at=tx.now,
        expires_at=tx.now + VALID_FOR,
    )
    await tx.emit(Issued(code_id=code.id, purpose=purpose))
    return code


def number(code: Code) -> str:
    """The six digits to mail."""
    return crypto.numeric_codes(_DIGITS, code.id)[0]


def link(code: Code) -> str:
    """The signed token to mail in a link."""
    return crypto.sign(_LINK, code.id.bytes, code.expires_at)


async def attempt(tx: Tx, code_id: UUID, typed: str) -> Code | None:
    """Try six digits; the code when they are right, which uses it up.

    A wrong try counts, so the caller must let the transaction commit either way and raise ``WrongCode`` afterwards.
    Several tries at once wait for each other, and each counts.
    """
    email = await tx.find(str, "select email from session_code where id = $1", code_id)
    if email is None:
        return None
    await _lock(tx, email)
    code = await tx.find(
        Code,
        "update session_code set attempts = attempts + 1 where id = $1 and used_at is null and expires_at > $2 "
        "and attempts < $3 and purpose in ('registration', 'verification') returning *",
        code_id,
        tx.now,
        TRIES,
    )
    if code is None:
        return None
    if not any(crypto.same(typed.strip(), candidate) for candidate in crypto.numeric_codes(_DIGITS, code_id)):
        return None
    return await tx.update(code, used_at=tx.now)


async def spend(tx: Tx, token: str) -> Code:
    """Use a link's token, once.

    Raises:
        crypto.NotGenuine: we did not make it.
        crypto.Expired: it is over.
        LinkUsed: it was used before, or a newer password made it void.
    """
    code_id = (await usable(tx, token)).id
    # The account is locked before its codes, as a change of password does, so that the two cannot block each other.
    await tx.find(
        UUID,
        "select id from session_credential "
        "where id = (select credential_id from session_code where id = $1) for update",
        code_id,
    )
    code = await tx.find(
        Code,
        "update session_code set used_at = $2 where id = $1 and used_at is null and expires_at > $2 "
        "and purpose = 'reset' returning *",
        code_id,
        tx.now,
    )
    if code is None:
        raise LinkUsed
    return code


async def usable(tx: Tx, token: str) -> Code:
    """As ``spend``, without using it: whether the link still works, and for which address.

    Raises:
        crypto.NotGenuine, crypto.Expired, LinkUsed: as ``spend``.
    """
    code_id = UUID(bytes=crypto.verify(_LINK, token, tx.now))
    code = await tx.find(
        Code,
        "select * from session_code where id = $1 and used_at is null and expires_at > $2 and purpose = 'reset'",
        code_id,
        tx.now,
    )
    if code is None:
        raise LinkUsed
    return code


async def forget_expired(tx: Tx) -> int:
    """Delete codes that were over for a day; gives how many."""
    return await tx.execute(
        "delete from session_code where id in (select id from session_code where expires_at < $1 limit 5000)",
        tx.now - timedelta(days=1),
    )
