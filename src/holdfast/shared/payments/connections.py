"""Connections: a business's ways to payment providers, with credentials that are sealed in the vault and never shown.

A business has one active connection per provider, and all that are active are of one mode: test and live money never
meet (P64). A connection that was replaced stays, so that what was paid through it can still be refunded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import Rejected
from holdfast.integrations.payments import Mode, ProviderName, connecting
from holdfast.kernel import crypto, ids, inbox, settings
from holdfast.kernel.auth import grant
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Reused, Tx

READ = grant("payments.read", "See payments, refunds, disputes and who pays", roles=("owner", "manager"))
MANAGE = grant("payments.manage", "Connect payment providers and change their keys", roles=("owner",))

PROVIDERS: tuple[ProviderName, ...] = ("sandbox-stripe", "sandbox-razorpay", "stripe", "razorpay")
_PURPOSE = "payments.connection"
_WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - the name of a credential
_LOCK = "select pg_advisory_xact_lock(hashtextextended('payments.connection' || kernel_tenant()::text, 0))"


class Connection(Row):
    """A way to a provider, without what opens it."""

    table: ClassVar[str] = "payments_connection"
    id: UUID
    provider: ProviderName
    mode: Mode
    """``test`` or ``live``; the keys say which."""
    name: str
    account: str | None
    """What the provider calls us, once it was asked."""
    active: bool
    is_default: bool
    """Whether payments that name no connection take this one."""
    created_at: datetime
    changed_at: datetime
    checked_at: datetime | None


class _Sealed(msgspec.Struct):
    """What is in the vault."""

    credentials: dict[str, str]
    earlier_webhook_secrets: list[str] = []
    """Messages that were signed before the secret was changed are still on their way."""


class _Whole(msgspec.Struct):
    id: UUID
    provider: ProviderName
    mode: Mode
    base_url: str | None
    sealed: bytes


class Added(Event):
    """A business connected a provider."""

    name: ClassVar[str] = "payments.connection.added"
    subject: ClassVar[str] = "connection_id"
    connection_id: UUID
    provider: str
    mode: str


class Changed(Event):
    """A connection was changed: its keys, its name, whether it is active or the default."""

    name: ClassVar[str] = "payments.connection.changed"
    subject: ClassVar[str] = "connection_id"
    connection_id: UUID
    fields: list[str]


class AlreadyConnected(Problem):
    """This provider is connected already; change the keys of that connection, or switch it off first."""


class OtherMode(Problem):
    """Test keys and live keys cannot be mixed; switch the connections of the other kind off first."""


class NoSandboxHere(Problem):
    """The sandbox moves no money, so a production installation has none."""


class NotConnected(Problem):
    """No payment provider is connected; connect one first."""


async def add(
    tx: Tx,
    *,
    provider: ProviderName,
    credentials: Mapping[str, str],
    name: str | None = None,
    base_url: str | None = None,
    id: UUID | None = None,  # noqa: A002 - the column's name
) -> Connection:
    """Connect a provider. Its mode follows from its keys (P64); the first one becomes the default.

    Raises:
        Invalid: a credential is missing, unknown, or is none of the provider's.
        AlreadyConnected: it is connected, and active.
        OtherMode: another active connection is of the other mode.
        NoSandboxHere: it is a sandbox, and this is production.
        Reused: another connection has this id.
    """
    tx.must(MANAGE)
    return await _add(tx, provider, credentials, name=name, base_url=base_url, id=id)


async def open_sandbox(tx: Tx, provider: ProviderName = "sandbox-stripe") -> Connection:
    """The tenant's connection to the sandbox, made when there is none.

    Raises:
        NoSandboxHere: this is production.
        OtherMode: a live provider is connected.
    """
    known = await _active(tx, provider)
    if known is None:
        # Two who need it at once make it once.
        await tx.execute(_LOCK)
        known = await _active(tx, provider)
    return known or await _add(tx, provider, _sandbox_credentials(provider))


async def _add(
    tx: Tx,
    provider: ProviderName,
    credentials: Mapping[str, str],
    *,
    name: str | None = None,
    base_url: str | None = None,
    id: UUID | None = None,  # noqa: A002
) -> Connection:
    given = _checked(provider, credentials)
    mode = _mode(provider, given)
    await tx.execute(_LOCK)
    if await _active(tx, provider) is not None:
        raise AlreadyConnected
    await _keep_one_mode(tx, mode)
    first = await tx.find(UUID, "select id from payments_connection where is_default") is None
    connection = await tx.find(
        Connection,
        "insert into payments_connection (id, provider, mode, name, sealed, base_url, is_default, created_at, "
        "changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (tenant_id, id) do nothing returning *",
        id or ids.new(),
        provider,
        mode,
        _name(name) if name else provider.replace("-", " ").title(),
        _seal(tx, _Sealed(credentials=given)),
        base_url,
        first,
        tx.now,
    )
    if connection is None:
        raise Reused("Another connection has this id.")
    await tx.emit(Added(connection_id=connection.id, provider=provider, mode=mode))
    return connection


async def change(
    tx: Tx,
    connection_id: UUID,
    *,
    name: str | None = None,
    credentials: Mapping[str, str] | None = None,
    active: bool | None = None,
    is_default: bool | None = None,
) -> Connection:
    """Change a connection; what is left out stays. Keys are changed one by one, and an empty one stays as it is.

    Raises:
        NotFound: there is no such connection.
        Invalid: a credential is unknown or is none of the provider's.
        OtherMode: the keys are of another mode than what is active, or than the connection's own.
        AlreadyConnected: another connection to the provider is active.
    """
    tx.must(MANAGE)
    await tx.execute(_LOCK)
    connection = await tx.get(Connection, connection_id, lock=True)
    fields: list[str] = []
    if name is not None:
        connection = await tx.update(connection, name=_name(name))
        fields.append("name")
    if credentials:
        connection = await _rekey(tx, connection, credentials)
        fields.append("credentials")
    if active is not None and active != connection.active:
        connection = await _switch(tx, connection, active=active)
        fields.append("active")
    if is_default and not connection.is_default:
        if not connection.active:
            raise Invalid("Only an active connection can be the default.", field="is_default")
        await tx.execute("update payments_connection set is_default = false where is_default")
        connection = await tx.update(connection, is_default=True)
        fields.append("is_default")
    if fields:
        connection = await tx.update(connection, changed_at=tx.now)
        await tx.emit(Changed(connection_id=connection.id, fields=fields))
    return connection


async def _rekey(tx: Tx, connection: Connection, credentials: Mapping[str, str]) -> Connection:
    kept = await _unsealed(tx, connection.id)
    merged = kept.credentials | {key: value for key, value in credentials.items() if value}
    given = _checked(connection.provider, merged)
    if _mode(connection.provider, given) != connection.mode:
        raise OtherMode("Payments of a connection are all of one mode; add another connection.")
    earlier = list(kept.earlier_webhook_secrets)
    before = kept.credentials.get(_WEBHOOK_SECRET)
    if before and before != given.get(_WEBHOOK_SECRET):
        earlier = [before, *earlier][:3]
    sealed = _seal(tx, _Sealed(credentials=given, earlier_webhook_secrets=earlier))
    return await tx.update(connection, sealed=sealed, account=None, checked_at=None)


async def _switch(tx: Tx, connection: Connection, *, active: bool) -> Connection:
    if not active:
        return await tx.update(connection, active=False, is_default=False)
    if await _active(tx, connection.provider) is not None:
        raise AlreadyConnected
    await _keep_one_mode(tx, connection.mode)
    first = await tx.find(UUID, "select id from payments_connection where is_default") is None
    return await tx.update(connection, active=True, is_default=first)


async def _keep_one_mode(tx: Tx, mode: Mode) -> None:
    if await tx.find(UUID, "select id from payments_connection where active and mode <> $1 limit 1", mode) is not None:
        raise OtherMode


async def _active(tx: Tx, provider: ProviderName) -> Connection | None:
    return await tx.find(Connection, "select * from payments_connection where provider = $1 and active", provider)


async def chosen(tx: Tx, connection_id: UUID | None = None, *, past: bool = False) -> Connection:
    """The active connection of that id, or the default. A tenant without any gets the sandbox, save in production.

    Raises:
        NotFound: there is no such connection.
        NotConnected: it is switched off, or nothing is connected.
    """
    if connection_id is not None:
        connection = await tx.get(Connection, connection_id)
        if not (connection.active or past):
            raise NotConnected("That connection is switched off.")
        return connection
    # One statement, because between two of them somebody else may open the sandbox.
    known = await tx.find(Connection, "select * from payments_connection order by is_default desc, id limit 1")
    if known is not None and known.is_default:
        return known
    if known is not None or settings.current().environment == "production":
        # Whoever switched everything off wants no payments to go elsewhere.
        raise NotConnected
    return await open_sandbox(tx)


async def opened(tx: Tx, connection_id: UUID) -> ports.Connection:
    """A connection with its secrets, for an adapter; to be kept nowhere.

    Raises:
        NotFound: there is no such connection.
    """
    whole = await tx.one(
        _Whole, "select id, provider, mode, base_url, sealed from payments_connection where id = $1", connection_id
    )
    return _opened(tx, whole)


async def opened_of(tx: Tx, provider: str) -> list[ports.Connection]:
    """Every connection to a provider with its secrets, the active one first."""
    found = await tx.all(
        _Whole,
        "select id, provider, mode, base_url, sealed from payments_connection where provider = $1 "
        "order by active desc, changed_at desc limit 10",
        provider,
    )
    return [_opened(tx, whole) for whole in found]


def _opened(tx: Tx, whole: _Whole) -> ports.Connection:
    return ports.Connection(
        id=whole.id,
        tenant=tx.tenant,
        provider=whole.provider,
        mode=whole.mode,
        credentials=_open(tx, whole.sealed).credentials,
        base_url=whole.base_url,
    )


async def checked(tx: Tx, connection_id: UUID, account: str) -> Connection:
    """Note what the provider calls us."""
    connection = await tx.get(Connection, connection_id, lock=True)
    return await tx.update(connection, account=account[:200], checked_at=tx.now)


async def listing(tx: Tx) -> list[Connection]:
    """The business's connections, active ones first; there are only ever a few."""
    tx.must(READ)
    return await tx.all(Connection, "select * from payments_connection order by active desc, created_at, id limit 100")


def _seal(tx: Tx, sealed: _Sealed) -> bytes:
    return crypto.encrypt(msgspec.json.encode(sealed), tenant=tx.tenant, purpose=_PURPOSE)


def _open(tx: Tx, sealed: bytes) -> _Sealed:
    return msgspec.json.decode(crypto.decrypt(sealed, tenant=tx.tenant, purpose=_PURPOSE), type=_Sealed)


async def _unsealed(tx: Tx, connection_id: UUID) -> _Sealed:
    return _open(tx, await tx.one(bytes, "select sealed from payments_connection where id = $1", connection_id))


def _checked(provider: ProviderName, credentials: Mapping[str, str]) -> dict[str, str]:
    if provider not in PROVIDERS:
        raise NotFound(f"There is no provider {provider!r}.")
    if provider.startswith("sandbox-") and settings.current().environment == "production":
        raise NoSandboxHere
    known = {field["name"] for field in connecting.fields(provider)}
    given = {key: value.strip() for key, value in credentials.items() if value.strip()}
    for key, value in given.items():
        if key not in known:
            raise Invalid(f"{provider} has no credential {key[:40]!r}.", field=f"credentials.{key[:40]}")
        if len(value) > 500 or not value.isascii() or not value.isprintable():
            raise Invalid("A credential has at most 500 printable ASCII characters.", field=f"credentials.{key}")
    return given


def _mode(provider: ProviderName, credentials: Mapping[str, str]) -> Mode:
    try:
        return connecting.mode_of(provider, credentials)
    except Rejected as refused:
        raise Invalid(refused.message, field="credentials") from None


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 1 <= len(tidy) <= 100 or not tidy.isprintable():
        raise Invalid("A connection's name has 1 to 100 printable characters.", field="name")
    return tidy


def _sandbox_credentials(provider: ProviderName) -> dict[str, str]:
    if provider == "sandbox-razorpay":
        return {
            "key_id": crypto.random_token("rzp_test_", size=12),
            "key_secret": crypto.random_token(),
            _WEBHOOK_SECRET: crypto.random_token(),
        }
    return {
        "secret_key": crypto.random_token("sk_test_"),
        _WEBHOOK_SECRET: crypto.random_token("whsec_"),
    }


def _secrets(provider: ProviderName) -> inbox.Secrets:
    async def found(tx: Tx) -> Sequence[bytes]:
        sealed = await tx.all(
            bytes,
            "select sealed from payments_connection where provider = $1 order by active desc, changed_at desc limit 10",
            provider,
        )
        kept = [_open(tx, one) for one in sealed]
        secrets = [one.credentials.get(_WEBHOOK_SECRET, "") for one in kept]
        return [secret.encode() for secret in [*secrets, *(old for one in kept for old in one.earlier_webhook_secrets)]]

    return found


for _provider in PROVIDERS:
    inbox.provider(_provider, connecting.scheme(_provider), secrets=_secrets(_provider))
