"""Registrations: somebody wants an account; it exists once they proved that the address is theirs.

A registration is bound to the browser that sent it by the id that it was answered with. Somebody who registers with
another person's address, hoping that they confirm it, has a registration of their own that the mailed code of the
other does not open.
"""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import invitations, persons
from holdfast.shared.sessions import codes, credentials

VALID_FOR = timedelta(days=1)


class Registration(Row):
    """Somebody who wants an account. The password's hash is no field, so that it is never sent anywhere."""

    table: ClassVar[str] = "session_registration"
    id: UUID
    email: str
    name: str
    phone: str | None
    locale: str
    created_at: datetime
    expires_at: datetime


async def register(
    tx: Tx, *, email: str, password_hash: str, name: str, phone: str | None = None, locale: str = "en"
) -> UUID:
    """Ask for an account (I61); gives the id that the mailed code has to come back with.

    An address that has an account already gets the same answer, an id that opens nothing, and its owner gets a mail
    that says so.

    Raises:
        Invalid: the address, name, phone or locale is malformed.
    """
    address = invitations.checked_email(email)
    values = {
        "name": persons.checked_name(name),
        "phone": None if phone is None else persons.checked_phone(phone),
        "locale": persons.checked_locale(locale),
    }
    secret = await credentials.secret_of(tx, address)
    if secret is not None:
        await codes.issue(tx, purpose=codes.Purpose.reminder, email=address, credential_id=secret.id)
        return ids.new()
    registration = await tx.insert(
        Registration,
        id=ids.new(),
        email=address,
        password_hash=password_hash,
        created_at=tx.now,
        expires_at=tx.now + VALID_FOR,
        **values,
    )
    code = await codes.issue(tx, purpose=codes.Purpose.registration, email=address, registration_id=registration.id)
    return ids.new() if code is None else code.id


async def resend(tx: Tx, verification: UUID) -> UUID:
    """Mail a new code for the same registration or account; gives the id that it has to come back with.

    An id that opens nothing gets another that opens nothing.
    """
    code = await tx.find(
        codes.Code,
        "select * from session_code where id = $1 and used_at is null and purpose in ('registration', 'verification')",
        verification,
    )
    if code is None:
        return ids.new()
    again = await codes.issue(
        tx,
        purpose=code.purpose,
        email=code.email,
        registration_id=code.registration_id,
        credential_id=code.credential_id,
    )
    return verification if again is None else again.id


async def verify(tx: Tx, verification: UUID, *, code: str) -> UUID | None:
    """The mailed code came back: the account exists from now on. Gives the person's id.

    None for a wrong code: the transaction must commit all the same, since the try counts.

    Raises:
        credentials.AccountExists: the address got an account meanwhile.
    """
    proven = await codes.attempt(tx, verification, code)
    if proven is None:
        return None
    if proven.credential_id is not None:
        return await credentials.verify(tx, proven.credential_id)
    registration = await tx.find(
        Registration,
        "select * from session_registration where id = $1 and expires_at > $2",
        proven.registration_id,
        tx.now,
    )
    if registration is None:
        return None
    password_hash = await tx.one(str, "select password_hash from session_registration where id = $1", registration.id)
    person_id = await persons.add(tx, name=registration.name, phone=registration.phone, locale=registration.locale)
    await credentials.add(tx, person_id=person_id, email=registration.email, password_hash=password_hash, verified=True)
    # Nobody else's registration with this address is worth anything now; the passwords in them are forgotten.
    await tx.execute("delete from session_registration where email = $1", registration.email)
    return person_id


async def forget_expired(tx: Tx) -> int:
    """Delete registrations that are over, with their codes; gives how many."""
    return await tx.execute(
        "delete from session_registration where id in "
        "(select id from session_registration where expires_at < $1 limit 5000)",
        tx.now,
    )
