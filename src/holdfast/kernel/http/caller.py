"""The caller: who sent the request, and the transaction that a handler opens on their behalf."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import clock, ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import idempotency
from holdfast.kernel.http.exchange import Exchange
from holdfast.kernel.tx import NOBODY, Actor, Tx, transaction


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a request shows to say who sends it; of several, the first of bearer, API key and cookie counts.

    A device is shown beside these, or alone.
    """

    bearer: str | None = None
    cookie: str | None = None
    api_key: str | None = None
    device: UUID | None = None
    """The paired device that the request says it comes from (``Holdfast-Device``)."""
    device_secret: str | None = None
    """What proves the device."""
    tenant: UUID | None = None
    """The tenant that the request wants to act in (``Holdfast-Tenant``); absent for the credential's own."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends the request, and in which tenant."""

    tenant: UUID
    actor: Actor
    until: datetime | None = None
    """When the credential expires; it is never remembered for longer."""


Authenticate: TypeAlias = Callable[[Database, Credentials], Awaitable[Identity]]
"""Verifies credentials; raises ``NotSignedIn`` for bad ones, ``NotAllowed`` for a tenant that is not theirs."""


class Remembered:
    """Identities that were verified a moment ago, so that the next request of the same client costs no look-up.

    Bounded in number (least recently used goes first) and in time. Keys are digests, never credentials.
    """

    def __init__(self, seconds: float, *, size: int = 10_000) -> None:
        self._seconds = seconds
        self._size = size
        self._known: OrderedDict[bytes, tuple[float, Identity]] = OrderedDict()

    @staticmethod
    def digest(credentials: Credentials) -> bytes:
        """What the credentials are remembered by."""
        shown = (
            f"bearer {credentials.bearer}"
            if credentials.bearer is not None
            else f"key {credentials.api_key}"
            if credentials.api_key is not None
            else f"cookie {credentials.cookie}"
            if credentials.cookie is not None
            else "nobody"
        )
        if credentials.device is not None:
            shown = f"{shown}\ndevice {credentials.device} {credentials.device_secret}"
        return hashlib.sha256(f"{shown}\n{credentials.tenant or ''}".encode()).digest()

    def get(self, digest: bytes) -> Identity | None:
        """The identity, while it is fresh."""
        found = self._known.get(digest)
        if found is None:
            return None
        if found[0] <= time.monotonic():
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return found[1]

    def put(self, digest: bytes, identity: Identity) -> None:
        """Remember an identity, for no longer than its credential is valid."""
        seconds = self._seconds
        if identity.until is not None:
            seconds = min(seconds, (identity.until - clock.now()).total_seconds())
        if seconds <= 0:
            return
        self._known[digest] = (time.monotonic() + seconds, identity)
        self._known.move_to_end(digest)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(
        self,
        *,
        session: UUID | None = None,
        person: UUID | None = None,
        actor: UUID | None = None,
        device: UUID | None = None,
    ) -> None:
        """Forget everything that was remembered of a session, a person, an actor (such as an API key) or a device."""
        gone = [
            digest
            for digest, (_, identity) in self._known.items()
            if (session is not None and identity.actor.session == session)
            or (person is not None and identity.actor.person == person)
            or (actor is not None and identity.actor.id == actor)
            or (device is not None and identity.actor.device == device)
        ]
        for digest in gone:
            del self._known[digest]

    def __len__(self) -> int:
        return len(self._known)


class Caller:
    """Who called, and the way to a transaction for them. A handler takes ``caller: Caller``.

    Attributes:
        identity: the tenant acted in and the actor; ``NOBODY`` on a public route without credentials.
        database: the pools of this process.
        request_id: names the request in answer, logs and events.
        address: the client's network address.
        user_agent: what the client calls itself, cut to 300 characters.
    """

    __slots__ = ("_exchange", "_remembered", "_request_hash", "address", "database", "identity", "request_id")

    def __init__(
        self, *, exchange: Exchange, database: Database, remembered: Remembered, request_hash: bytes | None
    ) -> None:
        self.identity = exchange.identity or Identity(tenant=exchange.tenant or ids.PLATFORM, actor=NOBODY)
        self.database = database
        self.request_id = exchange.request_id
        self.address = exchange.address
        self._exchange = exchange
        self._remembered = remembered
        self._request_hash = request_hash

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.identity.actor

    @property
    def tenant(self) -> UUID:
        """The tenant that is acted in."""
        return self.identity.tenant

    @property
    def user_agent(self) -> str | None:
        """What the client calls itself."""
        agent = self._exchange.header(b"user-agent")
        return None if agent is None else agent[:300]

    def transaction(
        self, tenant: UUID | None = None, *, actor: Actor | None = None, replica: bool = False
    ) -> AbstractAsyncContextManager[Tx]:
        """A transaction in the caller's tenant, by the caller; committed when the block ends well.

        With an idempotency key, the commit waits until the answer is encoded: key, effect and answer are one
        transaction. A second block of the same request then continues the same transaction. A GET only reads, and the
        database refuses whatever else it tries.

        Args:
            tenant: for public routes that name their tenant.
            actor: for routes that find out who acts while they run, such as sign-in.
            replica: read from the replica, for reports.

        Raises:
            idempotency.KeyReused: the key was used with another request.
        """
        tenant = tenant or self.identity.tenant
        if actor is None:
            actor = self.identity.actor
            if tenant != self.identity.tenant:
                # What somebody may do was looked up for one tenant, and counts in no other.
                actor = msgspec.structs.replace(
                    actor, grants=frozenset(), dormant=frozenset(), sites=frozenset(), device=None
                )
        if self._exchange.key is not None and self._request_hash is not None and not replica:
            return idempotency.keyed(
                self.database, self._exchange, tenant=tenant, actor=actor, request_hash=self._request_hash
            )
        pool = self.database.replica if replica else None
        return transaction(
            self.database,
            tenant,
            actor,
            request_id=self.request_id,
            pool=pool,
            reading=replica or self._exchange.reading,
        )

    def forget(
        self,
        *,
        session: UUID | None = None,
        person: UUID | None = None,
        actor: UUID | None = None,
        device: UUID | None = None,
    ) -> None:
        """Forget a signed-out session, a person, an API key or a device in this process at once.

        Other processes forget within ``token_memory_seconds``.
        """
        self._remembered.forget(session=session, person=person, actor=actor, device=device)
