"""Routes of the connections to payment providers. Credentials go in and never come out."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, patch, post
from msgspec import Meta

from holdfast.integrations.payments import ProviderName, connecting
from holdfast.kernel.http.caller import Caller
from holdfast.shared.payments import connections, setting_up

Credentials = Annotated[dict[str, Annotated[str, Meta(max_length=500)]], Meta(max_length=20)]


class NewConnection(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A provider to connect. Test or live follows from the keys."""

    provider: ProviderName
    credentials: Credentials = {}
    """By the names that ``GET /api/payments/providers`` lists; a sandbox makes its own."""
    name: Annotated[str, Meta(max_length=200)] | None = None
    id: UUID | None = None
    """Made by the client, so that the same request sent twice connects once."""


class ConnectionChanges(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What of a connection is to be changed; what is left out stays."""

    name: Annotated[str, Meta(max_length=200)] | None = None
    credentials: Credentials | None = None
    """Only those that change."""
    active: bool | None = None
    is_default: bool | None = None


class CredentialField(msgspec.Struct, kw_only=True):
    """One thing that a provider gives, and its connection needs."""

    name: str
    label: str
    secret: bool
    example: str


class ProviderFields(msgspec.Struct, kw_only=True):
    """A provider and what it takes to connect it."""

    provider: ProviderName
    sandbox: bool
    fields: list[CredentialField]


class ProviderList(msgspec.Struct, kw_only=True):
    """The providers that can be connected."""

    items: list[ProviderFields]


class ConnectionList(msgspec.Struct, kw_only=True):
    """A business's connections."""

    items: list[connections.Connection]


@get("/providers", grant=connections.READ, summary="Providers that can be connected")
async def list_providers() -> ProviderList:
    """Every provider, with the credentials that its connection needs."""
    return ProviderList(
        items=[
            ProviderFields(
                provider=provider,
                sandbox=provider.startswith("sandbox-"),
                fields=msgspec.convert(connecting.fields(provider), list[CredentialField], from_attributes=True),
            )
            for provider in connections.PROVIDERS
        ]
    )


@get("/connections", grant=connections.READ, summary="Connected providers")
async def list_connections(caller: Caller) -> ConnectionList:
    """The business's connections, active ones first, without their credentials."""
    async with caller.transaction() as tx:
        return ConnectionList(items=await connections.listing(tx))


@post("/connections", grant=connections.MANAGE, idempotency="unused", summary="Connect a provider")
async def add_connection(caller: Caller, data: NewConnection) -> connections.Connection:
    """Connect a provider; its credentials go into the vault and are never shown again."""
    async with caller.transaction() as tx:
        if data.provider.startswith("sandbox-") and not data.credentials:
            tx.must(connections.MANAGE)
            return await connections.open_sandbox(tx, data.provider)
        return await connections.add(
            tx, provider=data.provider, credentials=data.credentials, name=data.name, id=data.id
        )


@patch(
    "/connections/{connection_id:uuid}", grant=connections.MANAGE, idempotency="unused", summary="Change a connection"
)
async def change_connection(caller: Caller, connection_id: UUID, data: ConnectionChanges) -> connections.Connection:
    """Its name, its keys, whether it is active, whether it is the default."""
    async with caller.transaction() as tx:
        return await connections.change(
            tx,
            connection_id,
            name=data.name,
            credentials=data.credentials,
            active=data.active,
            is_default=data.is_default,
        )


@post(
    "/connections/{connection_id:uuid}/check",
    grant=connections.MANAGE,
    idempotency="unused",
    status_code=200,
    summary="Ask a provider who we are",
)
async def check_connection(caller: Caller, connection_id: UUID) -> connections.Connection:
    """Whether the provider accepts the keys, and what it calls the business."""
    return await setting_up.check(caller.transaction, caller.database, connection_id)


handlers = [list_providers, list_connections, add_connection, change_connection, check_connection]
