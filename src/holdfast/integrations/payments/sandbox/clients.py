"""Clients: the connections that the sandbox serves, and the secret with which it signs the messages to each."""

from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.payments import ProviderName
from holdfast.kernel import crypto
from holdfast.kernel.tx import Tx

_PURPOSE = "sandbox.payments"


class _Client(msgspec.Struct):
    provider: ProviderName
    sealed: bytes


async def know(tx: Tx, connection: ports.Connection) -> None:
    """Remember a connection as it is now."""
    secret = connection.credentials.get("webhook_secret", "")
    known = await tx.find(
        _Client, "select provider, sealed from sandbox_pay_client where connection_id = $1", connection.id
    )
    if known is not None and _opened(tx, known) == secret:
        return
    await tx.execute(
        "insert into sandbox_pay_client (connection_id, provider, sealed) values ($1, $2, $3) "
        "on conflict (tenant_id, connection_id) do update set sealed = excluded.sealed",
        connection.id,
        connection.provider,
        crypto.encrypt(secret.encode(), tenant=tx.tenant, purpose=_PURPOSE),
    )


async def provider(tx: Tx, connection_id: UUID) -> ProviderName:
    """Which provider the sandbox plays for a connection.

    Raises:
        NotFound: it serves no such connection.
    """
    return (await _client(tx, connection_id)).provider


async def secret(tx: Tx, connection_id: UUID) -> str:
    """What messages to a connection are signed with.

    Raises:
        NotFound: the sandbox serves no such connection.
    """
    return _opened(tx, await _client(tx, connection_id))


async def all_of(tx: Tx) -> dict[UUID, ProviderName]:
    """Every connection of the tenant's, and the provider that the sandbox plays for it."""
    found = await tx.all(_Place, "select connection_id, provider from sandbox_pay_client limit 100")
    return {one.connection_id: one.provider for one in found}


class _Place(msgspec.Struct):
    connection_id: UUID
    provider: ProviderName


async def _client(tx: Tx, connection_id: UUID) -> _Client:
    return await tx.one(
        _Client, "select provider, sealed from sandbox_pay_client where connection_id = $1", connection_id
    )


def _opened(tx: Tx, client: _Client) -> str:
    return crypto.decrypt(client.sealed, tenant=tx.tenant, purpose=_PURPOSE).decode()
