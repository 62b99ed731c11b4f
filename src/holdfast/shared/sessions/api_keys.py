"""API keys: a program acts in one business for one person, with part of what that person may do."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.kernel import auth, crypto, ids, pages
from holdfast.kernel.events import Event
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx
from holdfast.shared.people import persons

auth.grant("sessions.keys", "Make API keys that may do part of what one may do oneself", roles=("owner", "manager"))
auth.grant("sessions.every_key", "See and revoke the API keys of everybody in the business", roles=("owner",))

PREFIX = "hf_"
_SIZE = 24
MOST = 50


class ApiKey(Row):
    """A key, without the secret, of which only the hash is kept."""

    table: ClassVar[str] = "session_api_key"
    id: UUID
    person_id: UUID
    name: str
    hint: str
    """The last characters of the secret, to tell keys apart."""
    scopes: list[str]
    """The grants that the key may use, as long as the person holds them."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new key with its secret, which is shown this once."""

    key: ApiKey
    secret: str


class Created(Event):
    """Somebody made an API key."""

    name: ClassVar[str] = "sessions.api_keys.created"
    subject: ClassVar[str] = "key_id"
    key_id: UUID
    person_id: UUID
    scopes: list[str]


class Revoked(Event):
    """An API key was taken back."""

    name: ClassVar[str] = "sessions.api_keys.revoked"
    subject: ClassVar[str] = "key_id"
    key_id: UUID
    person_id: UUID


class TooManyKeys(Problem):
    """Fifty keys are enough; revoke one that is not used any more."""


def claimed_person(secret: str) -> UUID | None:
    """The person that a key says it is of; to be believed once its hash was found under that person."""
    open_part = crypto.carried(secret, prefix=PREFIX, carrying=16, size=_SIZE)
    return None if open_part is None else UUID(bytes=open_part)


async def create(tx: Tx, *, name: str, scopes: list[str], expires_at: datetime | None = None) -> Made:
    """Make a key for the signed-in person in the business that they act in.

    Raises:
        NotAllowed: a key cannot make keys; a person does.
        auth.MoreThanYouHold: a scope is not among the person's own grants.
        Invalid: no scope, an unknown one, an empty name, or an expiry in the past.
        TooManyKeys: the person has fifty here.
    """
    tx.must("sessions.keys")
    person_id = persons.in_person(tx)
    wanted = sorted(set(scopes))
    if not wanted or not all(auth.known(scope) for scope in wanted):
        raise Invalid("Name grants such as loyalty.stamp, at least one.", field="scopes")
    auth.must_hold(tx.actor, wanted)
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 100 or not tidy.isprintable():
        raise Invalid("A key's name has 1 to 100 printable characters.", field="name")
    if expires_at is not None and expires_at <= tx.now:
        raise Invalid("This moment has passed.", field="expires_at")
    if (
        await tx.one(
            int,
            "select count(*) from session_api_key where person_id = $1 and tenant_id = $2 and revoked_at is null",
            person_id,
            tx.tenant,
        )
        >= MOST
    ):
        raise TooManyKeys
    secret = crypto.random_token(PREFIX, carrying=person_id.bytes, size=_SIZE)
    key = await tx.insert(
        ApiKey,
        id=ids.new(),
        person_id=person_id,
        name=tidy,
        hint=secret[-4:],
        key_hash=crypto.digest(secret),
        scopes=wanted,
        created_at=tx.now,
        expires_at=expires_at,
    )
    await tx.emit(Created(key_id=key.id, person_id=key.person_id, scopes=wanted))
    return Made(key=key, secret=secret)


async def revoke(tx: Tx, key_id: UUID) -> ApiKey:
    """Take a key back: one's own, or with ``sessions.every_key`` anybody's in the business. Twice is once.

    Raises:
        NotFound: there is no such key here, or it is somebody else's.
    """
    key = await tx.get(ApiKey, key_id, lock=True)
    if (tx.actor.kind != "person" or tx.actor.person != key.person_id) and not tx.actor.may("sessions.every_key"):
        raise NotFound(f"No apikey has the id {key_id}.")
    if key.revoked_at is not None:
        return key
    key = await tx.update(key, revoked_at=tx.now)
    await tx.emit(Revoked(key_id=key.id, person_id=key.person_id))
    return key


async def keys(tx: Tx, page: Page) -> Listing[ApiKey]:
    """The keys of the signed-in person in this business, or with ``sessions.every_key`` of everybody, oldest first."""
    found = await tx.all(
        ApiKey,
        "select * from session_api_key where tenant_id = $1 and ($2::uuid is null or person_id = $2) "
        "and revoked_at is null and ($3::uuid is null or id > $3) order by id limit $4",
        tx.tenant,
        None if tx.actor.may("sessions.every_key") else tx.actor.person or ids.PLATFORM,
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda key: key.id)


async def touch(tx: Tx, key_id: UUID) -> None:
    """Note that a key was used, to the minute; runs in a transaction of the key's business."""
    await tx.execute(
        "update session_api_key set last_used_at = $2 "
        "where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '1 minute')",
        key_id,
        tx.now,
    )
