"""Cookies in browsers: their names and attributes, and the proof that a request came from our page.

A browser attaches cookies to requests that another site makes it send. So a request that is authenticated by the
session's cookie and changes something must repeat a token that only a page of ours can read (a second cookie, bound to
the session by an HMAC), and must not come from another site. Requests with a bearer token or an API key need neither.

A device's cookie never leaves with what another site sends, and counts only beside a header that says which device it
is, which another site's page cannot set. So a device that acts by itself needs no token.
"""

import hashlib
import hmac
from typing import Literal

from litestar.datastructures import Cookie

from holdfast.kernel.http.exchange import Exchange
from holdfast.kernel.settings import Settings

HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEVICE_DAYS = 400
"""How long a browser keeps a device's cookie unless it is given again; browsers keep none for longer."""
_HEADER = HEADER.lower().encode()


def session_cookie_name(settings: Settings) -> str:
    """The session's cookie; over TLS the prefix makes browsers refuse one that another host or plain HTTP set."""
    return "__Host-holdfast_session" if settings.secure_cookies else "holdfast_session"


def token_cookie_name(settings: Settings) -> str:
    """The cookie that holds the token for our own pages to read."""
    return "__Host-holdfast_csrf" if settings.secure_cookies else "holdfast_csrf"


def device_cookie_name(settings: Settings) -> str:
    """The cookie that proves a paired device."""
    return "__Host-holdfast_device" if settings.secure_cookies else "holdfast_device"


def token(settings: Settings, session: str) -> str:
    """The token that belongs to the value of a session cookie."""
    return hmac.new(settings.secret.encode(), b"csrf\n" + session.encode(), hashlib.sha256).hexdigest()


def cookies(settings: Settings, session: str, *, max_age_seconds: int) -> list[Cookie]:
    """The two cookies that a sign-in or a refresh sets."""
    return [
        _cookie(session_cookie_name(settings), session, max_age_seconds, settings, httponly=True),
        _cookie(token_cookie_name(settings), token(settings, session), max_age_seconds, settings, httponly=False),
    ]


def cleared(settings: Settings) -> list[Cookie]:
    """The two cookies that a sign-out sets, expired."""
    return [
        _cookie(session_cookie_name(settings), "", 0, settings, httponly=True),
        _cookie(token_cookie_name(settings), "", 0, settings, httponly=False),
    ]


def device_cookie(settings: Settings, secret: str) -> Cookie:
    """The cookie that pairing a device sets, and that the device is given again whenever its screen opens."""
    name, seconds = device_cookie_name(settings), DEVICE_DAYS * 86_400
    return _cookie(name, secret, seconds, settings, httponly=True, samesite="strict")


def _cookie(
    name: str,
    value: str,
    max_age: int,
    settings: Settings,
    *,
    httponly: bool,
    samesite: Literal["lax", "strict"] = "lax",
) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path="/",
        max_age=max_age,
        secure=settings.secure_cookies,
        httponly=httponly,
        samesite=samesite,
    )


def cookie_value(header: str | None, name: str) -> str | None:
    """The value of a cookie in a request's Cookie header."""
    for part in (header or "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value.strip('"')
    return None


def cross_site(exchange: Exchange, settings: Settings) -> bool:
    """Whether the browser says that another site's page sent this; clients that are no browsers say nothing."""
    origin = exchange.header(b"origin")
    if origin is not None:
        host = exchange.header(b"host") or ""
        ours = (settings.public_url.rstrip("/"), f"http://{host}", f"https://{host}")
        return origin not in ours and origin not in settings.allowed_origins
    return exchange.header(b"sec-fetch-site") in ("cross-site", "same-site")


def proven(exchange: Exchange, settings: Settings, session: str) -> bool:
    """Whether a request with this session cookie was sent by a page of ours."""
    shown = exchange.headers.get(_HEADER, b"")
    return hmac.compare_digest(shown, token(settings, session).encode()) and not cross_site(exchange, settings)
