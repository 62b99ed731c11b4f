"""Idempotency keys: a request sent twice is carried out once and answered twice.

The key is taken in the command's own transaction, and the encoded answer is stored in it before it commits, so key,
effect and answer exist together or not at all. A second request with the key waits for the first, then gets the
stored answer. Problems are not stored: a request that was refused may be corrected and sent again.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from holdfast.kernel.database import Database
from holdfast.kernel.http.exchange import Answer, Exchange
from holdfast.kernel.problems import Invalid, Problem
from holdfast.kernel.tx import Actor, Tx, transaction

HEADER = b"idempotency-key"
KEY_LENGTH = 255
HOURS = 24

# A key that expired is taken over; one that is still in use is left alone, after waiting for whoever holds it.
_CLAIM = (
    "insert into kernel_idempotency as known (actor, key, request_hash) values ($1, $2, $3) "
    "on conflict (tenant_id, actor, key) do update set request_hash = excluded.request_hash, status = null, "
    "headers = null, body = null, created_at = now() "
    "where known.created_at < now() - interval '24 hours' returning true"
)
_STORED = "select request_hash, status, headers, body from kernel_idempotency where actor = $1 and key = $2"
_STORE = "update kernel_idempotency set status = $3, headers = $4, body = $5 where actor = $1 and key = $2"
_DROP = "delete from kernel_idempotency where actor = $1 and key = $2"
_EXPIRED = "delete from kernel_idempotency where created_at < now() - interval '24 hours'"
_NOT_STORED = frozenset({b"content-length", b"date", b"x-request-id"})


class KeyReused(Problem):
    """This idempotency key was used with another request; take a new key for a new request."""

    status = 422


class KeyMissing(Invalid):
    """This address moves money or something counted, so it wants an Idempotency-Key header."""


class Replayed(Exception):
    """Not an error: the answer of the first request with this key, on its way to the client."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("The answer was stored.")
        self.answer = answer


class StoredHeaders(msgspec.Struct):
    """The headers of a stored answer, as jsonb keeps them."""

    values: list[tuple[str, str]]


def key_of(exchange: Exchange, *, required: bool) -> str | None:
    """The idempotency key of a request, checked.

    Raises:
        Invalid: the key is empty, too long, or not visible ASCII.
        KeyMissing: there is none and the route requires one.
    """
    raw = exchange.headers.get(HEADER)
    if raw is None:
        if required:
            raise KeyMissing(field="Idempotency-Key")
        return None
    if not 0 < len(raw) <= KEY_LENGTH or any(byte < 0x21 or byte > 0x7E for byte in raw):
        raise Invalid(
            f"An idempotency key is 1 to {KEY_LENGTH} visible ASCII characters without spaces.", field="Idempotency-Key"
        )
    return raw.decode("ascii")


def actor_name(actor: Actor) -> str:
    """Whose key it is: two actors may use the same key without meeting."""
    return actor.kind if actor.id is None else f"{actor.kind}:{actor.id}"


class Deferred:
    """A transaction that has taken a key and waits for the encoded answer."""

    def __init__(self, opened: AbstractAsyncContextManager[Tx], tx: Tx, *, actor: str, key: str) -> None:
        self.tx = tx
        self._opened = opened
        self._actor = actor
        self._key = key

    async def settle(self, answer: Answer) -> None:
        """Store the answer and commit; raises what the database says when it refuses."""
        secret = any(
            name == b"set-cookie" or (name == b"cache-control" and b"no-store" in value)
            for name, value in answer.headers
        )
        try:
            if secret:
                # An answer that no cache may keep is not kept here either; such a request runs again when repeated.
                await self.tx.connection.execute(_DROP, self._actor, self._key)
            else:
                headers = [
                    [name.decode("latin-1"), value.decode("latin-1")]
                    for name, value in answer.headers
                    if name not in _NOT_STORED
                ]
                await self.tx.connection.execute(
                    _STORE, self._actor, self._key, answer.status, {"values": headers}, answer.body
                )
        except BaseException as error:
            await self.abandon(error)
            raise
        await self._opened.__aexit__(None, None, None)

    async def abandon(self, error: BaseException | None = None) -> None:
        """Roll back: the answer is a problem, or nobody waits for it any more."""
        error = error or Abandoned()
        await self._opened.__aexit__(type(error), error, error.__traceback__)


class Abandoned(Exception):
    """The request ended without an answer worth keeping."""


async def _claim(tx: Tx, actor: str, key: str, request_hash: bytes) -> None:
    connection = tx.connection
    if await connection.fetchval(_CLAIM, actor, key, request_hash):
        return
    row = await connection.fetchrow(_STORED, actor, key)
    if row is None or row["status"] is None:
        # Deleted between the two statements, or left by an answer that was never stored: neither can be replayed.
        raise KeyReused("The key is in use by another request.")
    if row["request_hash"] != request_hash:
        raise KeyReused
    stored = msgspec.convert(row["headers"], StoredHeaders)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored.values]
    raise Replayed(Answer(row["status"], [*headers, (b"idempotency-replayed", b"true")], row["body"]))


@asynccontextmanager
async def keyed(
    database: Database, exchange: Exchange, *, tenant: UUID, actor: Actor, request_hash: bytes
) -> AsyncIterator[Tx]:
    """A transaction that takes the request's key first and whose commit waits for the answer.

    Raises:
        Replayed: the request was carried out before.
        KeyReused: the key belongs to another request.
    """
    if exchange.deferred is not None and exchange.deferred.tx.tenant == tenant:
        yield exchange.deferred.tx
        return
    if exchange.claimed:
        raise RuntimeError('A keyed request is one transaction in one tenant; give the route idempotency="unused".')
    exchange.claimed = True
    key = exchange.key or ""
    name = actor_name(actor)
    opened = transaction(database, tenant, actor, request_id=exchange.request_id)
    tx = await opened.__aenter__()
    try:
        await _claim(tx, name, key, request_hash)
        yield tx
    except BaseException as error:
        await opened.__aexit__(type(error), error, error.__traceback__)
        raise
    exchange.deferred = Deferred(opened, tx, actor=name, key=key)


async def sweep(database: Database) -> int:
    """Delete the keys of every tenant that have expired; gives how many. A worker calls it every hour or so."""
    async with database.relay.connection() as connection:
        tag: Any = await connection.execute(_EXPIRED)
    return int(tag.rsplit(" ", 1)[-1])
