"""The built web application: its files, served from memory to whoever asks, before a request reaches the platform.

The files are read once, when the application is put together, with the compressed variants that the build laid beside
them, so that nothing a client sends ever becomes a path on the disk. A file under ``assets/`` has a digest in its name
and may be kept for ever, by browsers and by a CDN; of every other they ask each time whether it has changed. An address
that is no file, and that no route has taken, is a place in the application: whoever wants a page gets the
application's, and its own router goes on from there.
"""

import hashlib
import mimetypes
import re
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from holdfast.kernel import telemetry
from holdfast.kernel.http import headers as standard
from holdfast.kernel.settings import Settings

FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"
PAGES = {"/": "index.html", "/card": "card.html"}
"""Addresses of pages; what lies below an address, and is nothing else, is its page as well."""
_HASHED = "assets/"
_VARIANTS = {"br": ".br", "gzip": ".gz"}
"""Encodings and the endings of the files that hold them, the smallest first."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
}
# A place in the application has no dot, so that a file which is not there is never answered with a page.
_PLACE = re.compile(r"/|(/[\w~@:+=,-]+)+/?")
_NOT_BUILT = (
    b"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    b"<title>Not built yet</title><body><h1>The web application is not built yet.</h1>"
    b"<p>Run <code>make web</code> in the project's folder, then start again. "
    b"The <a href=/api/docs>API</a> works without it.</p>"
)
_NOT_BUILT_HEADERS = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]


class File(msgspec.Struct, frozen=True):
    """A file as it is sent: its headers, and by encoding its bodies and the validators of those very bytes."""

    headers: tuple[tuple[bytes, bytes], ...]
    bodies: dict[str, bytes]
    etags: dict[str, bytes]


def _file(path: Path, name: str) -> File:
    content = path.read_bytes()
    bodies = {"identity": content}
    for encoding, ending in _VARIANTS.items():
        packed = path.with_name(path.name + ending)
        if packed.is_file():
            bodies[encoding] = packed.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:24]
    etags = {encoding: f'"{digest}-{encoding}"'.encode() for encoding in bodies}
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    cache = FOREVER if name.startswith(_HASHED) else ASK_AGAIN
    return File(((b"content-type", kind.encode()), (b"cache-control", cache)), bodies, etags)


def read(folder: Path) -> dict[str, File]:
    """Every file of a built application by its address, but hidden ones; none when it is not built."""
    index = folder / PAGES["/"]
    return _read(folder, index.stat().st_mtime_ns) if index.is_file() else {}


@lru_cache(maxsize=2)
def _read(folder: Path, built_ns: int) -> dict[str, File]:
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.suffix not in _VARIANTS.values():
            found[f"/{name}"] = _file(path, name)
    for address, page in PAGES.items():
        if f"/{page}" in found:
            found[address] = found[f"/{page}"]
    return found


class Web:
    """ASGI middleware that answers with files and pages, and hands everything else on.

    Put it around the application, outermost: ``app.asgi_handler = Web(app, settings, folder)``.
    """

    def __init__(self, app: Litestar, settings: Settings, folder: Path) -> None:
        self._app: Any = app.asgi_handler
        self._files = read(folder)
        self._taken = frozenset(route.path.split("/")[1] for route in app.routes) - {""}
        unlike_pages = (b"content-security-policy", b"vary")
        self._headers = [pair for pair in standard.security(settings) if pair[0] not in unlike_pages]
        self._headers.append((b"content-security-policy", standard.PAGE_POLICY.encode()))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer with a file, with a page, or hand on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        address: str = scope["path"]
        file = self._files.get(address)
        if file is None and self._is_place(address) and _wants_page(scope["headers"]):
            if not self._files:
                await self._send(send, scope["method"], 503, _NOT_BUILT_HEADERS, _NOT_BUILT)
                return
            file = self._page(address)
        if file is None:
            await self._app(scope, receive, send)
            return
        wanted = _header(scope["headers"], b"accept-encoding")
        encoding = preferred(wanted, file.bodies)
        found = [*file.headers, (b"etag", file.etags[encoding]), (b"vary", b"Accept-Encoding")]
        if _unchanged(_header(scope["headers"], b"if-none-match"), file.etags[encoding]):
            status = 304
            await self._send(send, scope["method"], status, found, None)
        else:
            status = 200
            if encoding != "identity":
                found.append((b"content-encoding", encoding.encode()))
            await self._send(send, scope["method"], status, found, file.bodies[encoding])
        telemetry.request(scope["method"], "files", status, time.perf_counter() - started, streamed=False)

    def _is_place(self, address: str) -> bool:
        """Whether an address may be a place in the application: it looks like one, and no route is on its way."""
        return _PLACE.fullmatch(address) is not None and address.split("/")[1] not in self._taken

    def _page(self, address: str) -> File | None:
        """The page that a place belongs to: that of the longest address above it."""
        first = "/" + address.split("/")[1]
        return self._files.get(first) if first in PAGES else self._files.get("/")

    async def _send(
        self, send: Any, method: str, status: int, headers: list[tuple[bytes, bytes]], body: bytes | None
    ) -> None:
        length = [] if body is None else [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *length, *self._headers]})
        await send({"type": "http.response.body", "body": b"" if body is None or method == "HEAD" else body})


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    """A header's values as one list; empty when it is absent."""
    return ",".join(value.decode("latin-1") for name, value in headers if name == wanted)


def _weights(header: str) -> dict[str, float]:
    """What a header such as ``br;q=1.0, gzip;q=0.8`` asks for, by name; nonsense weighs nothing."""
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, rest = part.partition(";")
        weight = re.search(r"(?:^|;)\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", rest)
        asked = "q=" in rest.replace(" ", "")
        found[name.strip()] = float(weight[1]) if weight else 0.0 if asked else 1.0
    found.pop("", None)
    return found


def _wants_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a browser asks for a page, and not a program for data: ``*/*`` is said by both, so it is not enough."""
    return _weights(_header(headers, b"accept")).get("text/html", 0.0) > 0


def preferred(accepted: str, available: Iterable[str]) -> str:
    """The encoding to send, of those available: the one the client likes best, of several the smallest.

    Whoever refuses them all gets the file as it is, because an answer that one cannot read tells no more than that.
    """
    weights = _weights(accepted)
    others = weights.get("*", 0.0)
    order = [*_VARIANTS, "identity"]
    least = {"identity": weights.get("*", 0.001)}
    liked = {name: weights.get(name, least.get(name, others)) for name in available}
    best = max(liked, key=lambda name: (liked[name], -order.index(name)))
    return best if liked[best] > 0 else "identity"


def _unchanged(known: str, etag: bytes) -> bool:
    """Whether the client holds these very bytes already (If-None-Match compares weakly)."""
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return "*" in tags or etag.decode() in tags
