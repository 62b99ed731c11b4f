"""Settings: one typed object, read from ``holdfast.toml`` and then from the environment.

A key ``pool_size`` is ``pool_size`` in the file and ``HOLDFAST_POOL_SIZE`` in the environment, which wins. The five
database addresses are also read under the names that platforms set (``DATABASE_URL`` and so on).
"""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

_UNSAFE = "unsafe-development-secret-0000000000"


def _key(description: str, **rules: Any) -> Meta:
    return Meta(description=description, **rules)


class SettingsError(Exception):
    """The configuration cannot be used; the message says which key and why."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every key that changes how the platform runs. ``holdfast settings`` prints this list with the values in force."""

    environment: Annotated[
        Literal["development", "test", "demo", "production"],
        _key("What this installation is; production refuses unsafe values, demo and test allow the time machine."),
    ] = "development"
    database_url: Annotated[
        str | None,
        _key("PostgreSQL as the application's role, also through PgBouncer; without it a PostgreSQL is started here."),
    ] = None
    database_direct_url: Annotated[
        str | None, _key("The same role without a transaction pooler, for LISTEN; database_url when absent.")
    ] = None
    database_owner_url: Annotated[
        str | None, _key("PostgreSQL as the owner of the tables; only migrations use it.")
    ] = None
    database_relay_url: Annotated[
        str | None,
        _key("PostgreSQL as the relay's role, without a transaction pooler; the relay and the queue use it."),
    ] = None
    database_replica_url: Annotated[str | None, _key("A read replica for reports; database_url when absent.")] = None
    database_backup_url: Annotated[
        str | None, _key("PostgreSQL as a role that may read every row and make databases; backup and restore use it.")
    ] = None
    data_dir: Annotated[str, _key("Folder of the embedded PostgreSQL and of files stored locally.")] = ".var"
    pool_size: Annotated[int, _key("Database connections per process.", ge=1, le=200)] = 10
    pool_wait_seconds: Annotated[
        float, _key("How long a request waits for a connection before it is told 503.", gt=0)
    ] = 5.0
    connect_seconds: Annotated[float, _key("How long a new database connection may take.", gt=0)] = 10.0
    statement_seconds: Annotated[float, _key("The longest a statement of a request may run.", gt=0)] = 15.0
    slow_query_ms: Annotated[int, _key("Queries slower than this are logged.", ge=1)] = 500
    host: Annotated[str, _key("Address that the api listens on.")] = "127.0.0.1"
    port: Annotated[int, _key("Port that the api listens on; 0 picks a free one.", ge=0, le=65535)] = 8000
    public_url: Annotated[str, _key("Where people reach this installation; used in links and codes.")] = (
        "http://127.0.0.1:8000"
    )
    allowed_origins: Annotated[list[str], _key("Origins of other web applications that may call the api (CORS).")] = []
    trusted_proxies: Annotated[
        list[str], _key("Networks of load balancers whose X-Forwarded-For is believed (CIDR).")
    ] = []
    secret: Annotated[
        str, _key("Signs tokens and codes; at least 32 characters, the same in every process.", min_length=32)
    ] = _UNSAFE
    previous_secrets: Annotated[
        list[str], _key("Secrets used before; what they signed is still believed until it expires.")
    ] = []
    vault_keys: Annotated[
        list[str],
        _key("Vault keys as id:base64 of 32 bytes; the first encrypts, all decrypt. Derived from secret when empty."),
    ] = []
    access_token_seconds: Annotated[int, _key("Lifetime of an access token.", ge=60, le=3600)] = 900
    refresh_token_days: Annotated[int, _key("Lifetime of a refresh token.", ge=1, le=30)] = 30
    token_memory_seconds: Annotated[
        int, _key("How long a verified token is remembered; the longest that a revocation takes.", ge=0, le=60)
    ] = 30
    rate_limit_storage: Annotated[
        str, _key("Where rates are counted: memory, database, or a Valkey address (valkey://host:port).")
    ] = "memory"
    rate_limit_requests: Annotated[int, _key("Requests per window and address; 0 switches the limit off.", ge=0)] = 1000
    rate_limit_sign_ins: Annotated[int, _key("Failed sign-ins per window and address; 0 switches it off.", ge=0)] = 5
    rate_limit_seconds: Annotated[int, _key("Length of the window.", ge=1)] = 900
    max_body_bytes: Annotated[int, _key("Largest request body.", ge=1024)] = 1_048_576
    body_seconds: Annotated[float, _key("The longest that a request body may take to arrive.", gt=0)] = 20.0
    live_queue: Annotated[int, _key("Updates that may wait for one live client before it is dropped.", ge=1)] = 256
    live_heartbeat_seconds: Annotated[float, _key("How often an idle live stream sends a comment.", gt=0)] = 15.0
    live_history: Annotated[int, _key("The most updates that one reconnection may replay.", ge=1)] = 10_000
    job_attempts: Annotated[int, _key("Attempts of a reaction before it becomes a dead letter.", ge=1, le=50)] = 8
    job_backoff_seconds: Annotated[
        float, _key("First delay before another attempt; it doubles, with jitter.", gt=0)
    ] = 1.0
    job_concurrency: Annotated[int, _key("Reactions that one worker process runs at once.", ge=1, le=200)] = 10
    job_heartbeat_seconds: Annotated[
        float, _key("A job whose worker was silent for this long is given to another.", gt=0)
    ] = 30.0
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _key("The least severe that is logged.")] = (
        "info"
    )
    log_format: Annotated[Literal["json", "console"], _key("JSON lines, or coloured text for people.")] = "json"
    metrics_token: Annotated[
        str | None, _key("Bearer token that /metrics asks for; without one it answers loopback only.")
    ] = None
    sentry_dsn: Annotated[str | None, _key("Where errors are reported; nowhere when absent.")] = None
    sentry_traces: Annotated[float, _key("Share of requests traced in Sentry.", ge=0, le=1)] = 0.1
    otlp_endpoint: Annotated[str | None, _key("OTLP/HTTP collector for traces; none when absent.")] = None

    @property
    def movable_clock(self) -> bool:
        """Whether a tenant's clock may be moved (the time machine)."""
        return self.environment in ("demo", "test")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are sent over TLS only."""
        return self.public_url.startswith("https:")


_PLATFORM_NAMES = {
    "database_url": "DATABASE_URL",
    "database_direct_url": "DATABASE_DIRECT_URL",
    "database_owner_url": "DATABASE_OWNER_URL",
    "database_relay_url": "DATABASE_RELAY_URL",
    "database_replica_url": "DATABASE_REPLICA_URL",
    "database_backup_url": "DATABASE_BACKUP_URL",
    "sentry_dsn": "SENTRY_DSN",
}


def read(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Settings from the file, overridden by the environment, checked.

    Raises:
        SettingsError: a key is unknown or malformed, or the values are unsafe for production.
    """
    environ = os.environ if environ is None else environ
    file = file or Path(environ.get("HOLDFAST_CONFIG", "holdfast.toml"))
    values: dict[str, Any] = tomllib.loads(file.read_text()) if file.exists() else {}
    for name, kind in get_type_hints(Settings).items():
        raw = environ.get(f"HOLDFAST_{name.upper()}") or environ.get(_PLATFORM_NAMES.get(name, ""))
        if raw is not None:
            values[name] = [part.strip() for part in raw.split(",") if part.strip()] if kind == list[str] else raw
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Cannot use the configuration: {error}") from error
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.database_url and not (settings.database_owner_url or settings.database_relay_url):
        raise SettingsError("With DATABASE_URL, also set DATABASE_RELAY_URL, and DATABASE_OWNER_URL to migrate.")
    if settings.environment != "production":
        return
    if settings.secret == _UNSAFE:
        raise SettingsError("HOLDFAST_SECRET still has its development value; set at least 32 random characters.")
    if not settings.public_url.startswith("https:"):
        raise SettingsError("HOLDFAST_PUBLIC_URL must be an https address in production.")
    if not settings.vault_keys:
        raise SettingsError("HOLDFAST_VAULT_KEYS is empty; make one with `holdfast keys new`.")
    if settings.database_url is None:
        raise SettingsError("DATABASE_URL is missing; the embedded PostgreSQL is not for production.")


@cache
def current() -> Settings:
    """The settings of this process, read once."""
    return read()


_SECRET = ("secret", "previous_secrets", "vault_keys", "metrics_token", "sentry_dsn")


def described(settings: Settings) -> list[tuple[str, str, str]]:
    """Every key with its value in force, secrets and passwords hidden, and what it is for."""
    rows: list[tuple[str, str, str]] = []
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        value = getattr(settings, name)
        shown = "" if value in (None, []) else str(value)
        if shown and (name in _SECRET or (name.endswith("_url") and "@" in shown)):
            shown = "(set)"
        rows.append((name, shown, next(meta.description or "" for meta in hint.__metadata__)))
    return rows
