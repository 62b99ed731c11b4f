"""Headers that every answer carries: what browsers may do with it, and which other origins may read it."""

from holdfast.kernel.http.exchange import Answer
from holdfast.kernel.settings import Settings

API_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For answers that are data; a page sets its own policy."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob: https:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For pages of the web application: everything is ours, and no script stands in the page itself.

Components set inline styles. A QR code is read by WebAssembly. The picture of a business may be on its own web site.
"""

_REQUEST_HEADERS = (
    b"Authorization, Content-Type, Idempotency-Key, Holdfast-Card, Holdfast-Device, Holdfast-Tenant, If-None-Match, "
    b"Last-Event-ID, Traceparent, X-API-Key, X-CSRF-Token, X-Request-Id"
)
_ANSWER_HEADERS = (
    b"ETag, Idempotency-Replayed, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    b"Retry-After, X-Request-Id"
)


def security(settings: Settings) -> list[tuple[bytes, bytes]]:
    """The security headers of an installation; an answer's own header of the same name wins."""
    found = [
        (b"content-security-policy", API_POLICY.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=(), usb=()"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"cross-origin" if settings.allowed_origins else b"same-origin"),
        (b"vary", b"Authorization, Cookie, Holdfast-Card, Holdfast-Device, Holdfast-Tenant, Origin"),
    ]
    if settings.public_url.startswith("https:"):
        found.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return found


def cross_origin(origin: bytes | None, allowed: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """What lets a page of an allowed origin read an answer; nothing for any other."""
    if origin is None or origin not in allowed:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", _ANSWER_HEADERS),
    ]


def preflight(allowed: bool) -> Answer:
    """The answer to a browser that asks before it sends; the origin's own header comes with every answer."""
    if not allowed:
        return Answer(204, [], b"")
    return Answer(
        204,
        [
            (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", b"600"),
        ],
        b"",
    )
