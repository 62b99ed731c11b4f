"""Routes of signing in and staying signed in. Answers hold secrets, so none is ever cached or stored."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from msgspec import Meta

from holdfast.kernel import auth, clock, http, ids
from holdfast.kernel.http import Caller
from holdfast.kernel.http.csrf import cookie_value, session_cookie_name
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.tx import NOBODY, Actor
from holdfast.shared.sessions import api_keys, codes, credentials, passwords, profiles, sessions
from holdfast.shared.sessions.credentials import Secret

log = structlog.get_logger()

_NOT_STORED = {"Cache-Control": "no-store"}
Line = Annotated[str, Meta(max_length=1000)]


class Login(msgspec.Struct, kw_only=True):
    """Who signs in, and where the refresh token is to go."""

    email: Line
    password: Annotated[str, Meta(max_length=10_000)]
    client: sessions.Client = sessions.Client.browser
    """``browser`` gets the refresh token as an httpOnly cookie, ``api`` in the body."""
    tenant: UUID | None = None
    """The business to act in; without it, the one the person joined first."""
    device: Line | None = None


class Renewal(msgspec.Struct, kw_only=True):
    """The refresh token of a program; a browser sends its cookie and no body."""

    refresh_token: Line


class SignedIn(msgspec.Struct, kw_only=True):
    """A session that is good."""

    user: profiles.User
    tenant: UUID
    session: UUID
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme of RFC 6750
    expires_in: int
    """Seconds until the access token expires."""
    refresh_token: str | None = None
    """For API clients only."""


class Switch(msgspec.Struct, kw_only=True):
    """A business of one's own."""

    tenant: UUID


class NewKey(msgspec.Struct, kw_only=True):
    """What a new API key may do."""

    name: Line
    scopes: Annotated[list[Line], Meta(max_length=500)]
    expires_at: datetime | None = None


@post("/api/auth/login", public=True, rate="sign_in", status_code=200)
async def login(caller: Caller, data: Login) -> Response[SignedIn]:
    """Sign in with address and password. Every failure looks and lasts alike."""
    async with passwords.even_time(only_failures=True):
        secret, verdict = await _proven(caller, data)
        old = verdict is passwords.Verdict.right_but_old
        upgraded = await passwords.hash(data.password) if old else None
        days = caller.database.settings.refresh_token_days
        async with caller.transaction(ids.PLATFORM, actor=_somebody(secret)) as tx:
            issued = await sessions.open(
                tx,
                secret,
                client=data.client,
                device=data.device or caller.user_agent,
                days=days,
                tenant=data.tenant,
            )
            if upgraded is not None:
                await credentials.upgrade(tx, secret, password_hash=upgraded)
            user = await profiles.user(tx, secret.person_id)
    log.info("auth.signed_in", person=str(user.id), session=str(issued.session.id), client=data.client.value)
    return _signed_in(caller, issued, user)


async def _proven(caller: Caller, data: Login) -> tuple[Secret, passwords.Verdict]:
    """What the password was right for.

    Raises:
        sessions.WrongCredentials: no such account, or another password.
        sessions.NotVerified, sessions.NotAdmitted: the password was right, and that is not enough.
    """
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        secret = await credentials.secret_of(tx, data.email)
    verdict = await passwords.verify(None if secret is None else secret.password_hash, data.password)
    reason = sessions.obstacle(secret, right=verdict.ok)
    if secret is not None and reason is None:
        return secret, verdict
    code = None
    async with caller.transaction(ids.PLATFORM, actor=NOBODY) as tx:
        await sessions.fail(tx, secret, reason=reason or "password")
        if secret is not None and reason == "unverified":
            code = await codes.issue(
                tx, purpose=codes.Purpose.verification, email=secret.email, credential_id=secret.id
            )
    log.info("auth.refused", reason=reason)
    if reason == "password":
        raise sessions.WrongCredentials
    if reason == "unverified":
        raise sessions.NotVerified(verification=str(ids.new() if code is None else code.id))
    raise sessions.NotAdmitted


def _somebody(secret: Secret) -> Actor:
    """The person whose password was right, before there is a session."""
    return Actor(kind="person", id=secret.person_id, person=secret.person_id)


def _signed_in(caller: Caller, issued: sessions.Issued, user: profiles.User) -> Response[SignedIn]:
    settings = caller.database.settings
    session = issued.session
    now = clock.now()
    in_browser = session.client is sessions.Client.browser
    left = max(1, int((session.expires_at - now).total_seconds()))
    cookies = http.session_cookies(settings, issued.refresh_token, max_age_seconds=left) if in_browser else []
    body = SignedIn(
        user=user,
        tenant=session.acts_in,
        session=session.id,
        access_token=auth.issue(settings, person=user.id, session=session.id, tenant=session.acts_in, now=now),
        expires_in=settings.access_token_seconds,
        refresh_token=None if in_browser else issued.refresh_token,
    )
    return Response(body, headers=_NOT_STORED, cookies=cookies)


@post("/api/auth/refresh", public=True, idempotency="unused", status_code=200)
async def refresh(caller: Caller, request: Request[Any, Any, Any], data: Renewal | None = None) -> Response[SignedIn]:
    """Exchange the refresh token for the next, with a new access token. Each works once."""
    cookie = cookie_value(request.headers.get("cookie"), session_cookie_name(caller.database.settings))
    token = data.refresh_token if data is not None else cookie
    person_id = sessions.claimed_person(token)
    if token is None or person_id is None:
        raise sessions.SessionOver
    somebody = Actor(kind="person", id=person_id, person=person_id)
    async with caller.transaction(ids.PLATFORM, actor=somebody) as tx:
        outcome = await sessions.refresh(tx, token)
        user = await profiles.user(tx, person_id) if isinstance(outcome, sessions.Issued) else None
    if user is None or isinstance(outcome, sessions.Refusal):
        log.warning("auth.refresh_refused", reason=str(outcome))
        if outcome is sessions.Refusal.raced:
            raise sessions.RefreshedElsewhere
        caller.forget(person=person_id)
        raise sessions.SessionOver
    return _signed_in(caller, outcome, user)


@post("/api/auth/logout", signed_in=True, idempotency="unused", status_code=204)
async def logout(caller: Caller) -> Response[None]:
    """End this session."""
    async with caller.transaction(ids.PLATFORM) as tx:
        await sessions.end(tx, caller.actor.session or ids.PLATFORM)
    caller.forget(session=caller.actor.session)
    log.info("auth.signed_out", session=str(caller.actor.session))
    return Response(None, status_code=204, cookies=_cleared(caller))


@post("/api/auth/logout-all", signed_in=True, idempotency="unused", status_code=204)
async def logout_all(caller: Caller) -> Response[None]:
    """End every session of the person, on every device."""
    async with caller.transaction(ids.PLATFORM) as tx:
        await credentials.sign_out_everywhere(tx)
    caller.forget(person=caller.actor.person)
    log.info("auth.signed_out_everywhere", person=str(caller.actor.person))
    return Response(None, status_code=204, cookies=_cleared(caller))


def _cleared(caller: Caller) -> list[Cookie]:
    return http.cleared_cookies(caller.database.settings)


@get("/api/auth/sessions", signed_in=True)
async def devices(caller: Caller) -> list[sessions.Device]:
    """Where I am signed in."""
    async with caller.transaction(ids.PLATFORM) as tx:
        return await sessions.devices(tx)


@delete("/api/auth/sessions/{session_id:uuid}", signed_in=True, idempotency="unused")
async def end_session(caller: Caller, session_id: UUID) -> None:
    """End a session of mine, such as that of a lost phone."""
    async with caller.transaction(ids.PLATFORM) as tx:
        await sessions.end(tx, session_id)
    caller.forget(session=session_id)


@post("/api/auth/switch", signed_in=True, idempotency="unused", status_code=200)
async def switch(caller: Caller, data: Switch) -> Response[SignedIn]:
    """Act in another business of mine from now on; the session goes on, with a new access token."""
    settings = caller.database.settings
    async with caller.transaction(ids.PLATFORM) as tx:
        session = await sessions.switch(tx, data.tenant)
        user = await profiles.user(tx, session.person_id)
    caller.forget(session=session.id)
    body = SignedIn(
        user=user,
        tenant=session.acts_in,
        session=session.id,
        access_token=auth.issue(settings, person=user.id, session=session.id, tenant=session.acts_in, now=clock.now()),
        expires_in=settings.access_token_seconds,
    )
    return Response(body, headers=_NOT_STORED)


@post("/api/auth/api-keys", grant="sessions.keys", idempotency="unused")
async def create_key(caller: Caller, data: NewKey) -> Response[api_keys.Made]:
    """Make an API key that may do part of what I may do in this business; the secret is shown this once."""
    async with caller.transaction() as tx:
        made = await api_keys.create(tx, name=data.name, scopes=data.scopes, expires_at=data.expires_at)
    log.info("auth.key_created", key=str(made.key.id))
    return Response(made, headers=_NOT_STORED)


@get("/api/auth/api-keys", signed_in=True)
async def keys(caller: Caller, page: Page) -> Listing[api_keys.ApiKey]:
    """My API keys in this business, or with ``sessions.every_key`` everybody's."""
    async with caller.transaction() as tx:
        return await api_keys.keys(tx, page)


@delete("/api/auth/api-keys/{key_id:uuid}", signed_in=True)
async def revoke_key(caller: Caller, key_id: UUID) -> None:
    """Take an API key back."""
    async with caller.transaction() as tx:
        await api_keys.revoke(tx, key_id)
    caller.forget(actor=key_id)
    log.info("auth.key_revoked", key=str(key_id))


routes: list[Any] = [
    login,
    refresh,
    logout,
    logout_all,
    devices,
    end_session,
    switch,
    create_key,
    keys,
    revoke_key,
]
