"""The web application's files: who gets what, in which encoding, for how long; and what is no file."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from litestar import Litestar, Request, Response, get

from holdfast import app
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http import assets, factory, headers, html, web
from holdfast.kernel.http.errors import MEDIA_TYPE
from holdfast.kernel.settings import Settings
from tests.conftest import Serve
from tests.kernel.http import jars

NOWHERE = "postgresql://nobody@/nowhere"

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SCRIPT = "export const held = 'fast';\n" * 100
MANIFEST = {
    "src/public/join.ts": {
        "file": "assets/join-1a2b.js", "imports": ["_shared"], "css": ["assets/join-3c4d.css"], "isEntry": True,
    },
    "_shared": {"file": "assets/shared-5e6f.js", "imports": ["_deep"], "css": ["assets/join-3c4d.css"]},
    "_deep": {"file": "assets/deep-7a8b.js", "imports": ["_shared"]},
    "src/lazy.ts": {"file": "assets/lazy-9c0d.js"},
}  # fmt: skip

Open = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


def application(folder: Path, settings: Settings) -> Litestar:
    """An application with the files of that folder, and no database that answers."""
    nowhere = Addresses(app=NOWHERE, direct=NOWHERE, owner=None, relay=NOWHERE, replica=NOWHERE)
    built = factory.application(
        Database(nowhere, settings), settings, routes=[*jars.ROUTES, welcome], authenticate=jars.Doorkeeper()
    )
    built.state["assets"] = assets.read(folder)
    built.asgi_handler = web.Web(built, settings, folder)
    return built


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built application."""
    built = tmp_path / "web"
    files: dict[str, str | bytes] = {
        "index.html": "<!doctype html><title>Holdfast</title>",
        "card.html": "<!doctype html><title>My card</title>",
        "sw.js": "self.skipWaiting();",
        "app.webmanifest": "{}",
        "icon.svg": "<svg/>",
        "assets/app-1a2b.js": SCRIPT,
        "assets/app-1a2b.js.br": b"as brotli has it",
        "assets/app-1a2b.js.gz": gzip.compress(SCRIPT.encode()),
        "assets/read-3c4d.wasm": b"\0asm",
        "assets/figtree-5e6f.woff2": b"wOF2",
        ".vite/manifest.json": msgspec.json.encode(MANIFEST),
    }
    for name, content in files.items():
        path = built / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (tmp_path / "secret.txt").write_text("not for clients")
    return built


@get("/welcome/{name:str}", public=True, include_in_schema=False)
async def welcome(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """A page that the server writes itself."""
    return html.page(f"<head>{html.tags(request, 'src/public/join.ts')}</head><p>{name}")


@pytest.fixture
def opened(settings: Settings) -> Open:
    """``async with opened(folder, rate_limit_requests=1) as client`` talks to an application with those files."""

    @asynccontextmanager
    async def client(folder: Path, **changes: Any) -> AsyncIterator[httpx2.AsyncClient]:
        built = application(folder, msgspec.structs.replace(settings, **changes))
        transport = httpx2.ASGITransport(app=built)  # type: ignore[arg-type]
        async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as found:
            yield found
        await built.state.rates.close()

    return client


@pytest.fixture
async def browser(opened: Open, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser, as far as its headers tell."""
    async with opened(folder) as client:
        client.headers["Accept"] = HTML
        yield client


async def raw(client: httpx2.AsyncClient, path: str, **sent: str) -> tuple[httpx2.Response, bytes]:
    """An answer, and its body as it came over the wire."""
    request = client.build_request("GET", path, headers={name.replace("_", "-"): value for name, value in sent.items()})
    answer = await client.send(request, stream=True)
    return answer, b"".join([part async for part in answer.aiter_raw()])


@pytest.mark.meets("W73", "W74", "T85")
async def test_a_file_with_a_digest_in_its_name_is_kept_for_ever(browser: httpx2.AsyncClient) -> None:
    kinds = {
        "/assets/app-1a2b.js": "text/javascript; charset=utf-8",
        "/assets/read-3c4d.wasm": "application/wasm",
        "/assets/figtree-5e6f.woff2": "font/woff2",
    }
    for path, kind in kinds.items():
        answer = await browser.get(path, headers={"Accept-Encoding": "identity"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        # A shared cache may give it to anybody: it varies by nothing that says who asks.
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "set-cookie" not in answer.headers
    for path, kind in {
        "/": "text/html; charset=utf-8",
        "/index.html": "text/html; charset=utf-8",
        "/sw.js": "text/javascript; charset=utf-8",
        "/app.webmanifest": "application/manifest+json",
        "/icon.svg": "image/svg+xml",
    }.items():
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.meets("W74", "I145")
async def test_a_file_comes_in_the_encoding_that_the_client_likes(browser: httpx2.AsyncClient) -> None:
    path = "/assets/app-1a2b.js"
    seen = set()
    for accepted, encoding in {
        "gzip, deflate, br, zstd": "br",
        "br;q=0.5, gzip": "gzip",
        "br;q=0, *": "gzip",
        "*": "br",
        "br;q=rubbish, gzip;q=0.1": "gzip",
        "identity, gzip;q=0.5": "identity",
        "deflate": "identity",
        "*;q=0": "identity",
        "": "identity",
    }.items():
        answer, body = await raw(browser, path, Accept_Encoding=accepted)
        assert answer.headers.get("content-encoding", "identity") == encoding, accepted
        assert int(answer.headers["content-length"]) == len(body)
        if encoding != "br":
            assert (gzip.decompress(body) if encoding == "gzip" else body).decode() == SCRIPT
        seen.add(answer.headers["etag"])
        # The validator is of those very bytes.
        again, nothing = await raw(browser, path, Accept_Encoding=accepted, If_None_Match=answer.headers["etag"])
        assert (again.status_code, nothing) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["cache-control"] == answer.headers["cache-control"]
        assert "content-encoding" not in again.headers
    assert len(seen) == 3
    assert not any(etag.startswith("W/") for etag in seen)
    for known, status in {'"other", W/' + min(seen): 304, "*": 304, '"other"': 200, "": 200}.items():
        answer, _ = await raw(browser, path, Accept_Encoding="br", If_None_Match=known)
        assert answer.status_code == status, known


async def test_a_head_says_what_a_get_would(browser: httpx2.AsyncClient) -> None:
    for path in ("/", "/assets/app-1a2b.js", "/programs/7", "/api/docs", "/docs/problems", "/api/openapi.json"):
        got = await browser.get(path)
        asked = await browser.head(path)
        assert (asked.status_code, asked.content) == (200, b""), path
        lasting = {"content-type", "content-length", "cache-control", "etag", "content-security-policy"}
        assert {name: asked.headers.get(name) for name in lasting} == {name: got.headers.get(name) for name in lasting}


@pytest.mark.meets("I126", "L95")
async def test_pages_may_run_our_scripts_and_no_others(opened: Open, folder: Path) -> None:
    async with opened(folder, public_url="https://holdfast.example") as client:
        for path in ("/", "/card", "/sw.js", "/programs", "/welcome/ana", "/assets/app-1a2b.js"):
            answer = await client.get(path, headers={"Accept": HTML})
            assert answer.status_code == 200, path
            assert answer.headers["content-security-policy"] == headers.PAGE_POLICY
            policy = dict(part.split(" ", 1) for part in headers.PAGE_POLICY.split("; "))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
            assert answer.headers["x-content-type-options"] == "nosniff"
            # A form of the server's own page must be able to say that it comes from us.
            assert answer.headers["referrer-policy"] == ("same-origin" if "welcome" in path else "no-referrer")
            assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
            allowed = answer.headers["permissions-policy"].split(", ")
            assert [one for one in allowed if not one.endswith("=()")] == ["camera=(self)"]
        assert (await client.get("/api/probe/hello")).headers["content-security-policy"] == headers.API_POLICY


async def test_a_place_in_the_application_is_its_page(browser: httpx2.AsyncClient) -> None:
    for path in (
        "/",
        "/sign-in",
        "/console/café-aurora/members/7",
        "/invitations/a-B_9~",
        "/cards",
        "/programs/?a=b.c",
    ):
        answer = await browser.get(path)
        assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Holdfast</title>"), path
        assert answer.headers["cache-control"] == "no-cache"
    for path in ("/card", "/card/", "/card/7", "/card.html"):
        assert (await browser.get(path)).text == "<!doctype html><title>My card</title>", path


async def test_what_is_no_place_stays_a_problem(browser: httpx2.AsyncClient) -> None:
    lost = ("/assets/gone-1a2b.js", "/robots.txt", "/api/nothing", "/api", "/health/nothing", "/docs/nothing")
    hidden = ("/.vite/manifest.json", "/assets/app-1a2b.js.br", "/.env", "/.git/config")
    for path in (*lost, *hidden):
        answer = await browser.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE), path
        assert answer.headers["cache-control"] == "no-store"
    # A program that wants data is told that there is none.
    for accept in ("*/*", "application/json", "text/html;q=0", ""):
        answer = await browser.get("/programs", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE), accept
    for method in ("POST", "PUT", "DELETE"):
        for path in ("/", "/programs", "/assets/app-1a2b.js"):
            assert (await browser.request(method, path)).status_code in (403, 404, 405), path


@pytest.mark.meets("I135")
async def test_no_address_leads_out_of_the_folder(browser: httpx2.AsyncClient) -> None:
    for path in (
        "/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
        "/..%2fsecret.txt", "/assets/..%5c..%5csecret.txt", "//secret.txt", "//assets/app-1a2b.js", "/assets//",
        "/%00", "/index.html%00", "/assets/%00.js", "/%252e%252e/secret.txt", "/%ff%fe", "/a%0d%0ab", "/programs//7",
    ):  # fmt: skip
        request = browser.build_request("GET", "/")
        # As it stands, because a client would tidy the path before it sends it.
        request.url = request.url.copy_with(raw_path=path.encode())
        answer = await browser.send(request)
        assert answer.status_code in (404, 422), f"{path}: {answer.status_code} {answer.text}"
        assert answer.headers["content-type"] == MEDIA_TYPE, path
        assert "not for clients" not in answer.text


async def test_whatever_comes_over_the_wire_stays_outside(serve: Serve, settings: Settings, folder: Path) -> None:
    async with serve(application(folder, settings), settings) as url:
        port = int(url.rpartition(":")[2])
        for target, status in {
            "/": b"200",
            "/index.html?a=../..": b"200",
            "http://elsewhere.example/index.html": b"200",
            "/../secret.txt": b"404",
            "/assets/../../secret.txt": b"404",
            "/..%2fsecret.txt": b"404",
            "//secret.txt": b"404",
            "/\\..\\secret.txt": b"404",
            "/%ff": b"404",
            "*": b"404",
        }.items():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = f"GET {target} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            assert answer.split(b" ", 2)[1] == status, f"{target}: {answer[:300]!r}"
            assert b"not for clients" not in answer


async def test_without_a_build_the_api_works_and_a_browser_is_told(opened: Open, tmp_path: Path) -> None:
    async with opened(tmp_path / "web") as client:
        for path in ("/", "/card", "/programs"):
            answer = await client.get(path, headers={"Accept": HTML})
            assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store"), path
            assert "make web" in answer.text
            assert answer.headers["content-security-policy"] == headers.PAGE_POLICY
        assert (await client.get("/", headers={"Accept": "*/*"})).status_code == 404
        assert (await client.get("/api/probe/hello")).status_code == 200
        assert (await client.get("/welcome/ana")).text == "<head></head><p>ana"


async def test_files_cost_nobody_their_rate(opened: Open, folder: Path) -> None:
    async with opened(folder, rate_limit_requests=1) as client:
        for _ in range(3):
            assert (await client.get("/assets/app-1a2b.js")).status_code == 200
        assert [(await client.get("/api/probe/hello")).status_code for _ in range(2)] == [200, 429]
        assert (await client.get("/", headers={"Accept": HTML})).status_code == 200


@pytest.mark.meets("I148")
async def test_a_page_of_the_server_names_the_files_of_an_entry(browser: httpx2.AsyncClient, folder: Path) -> None:
    answer = await browser.get("/welcome/ana")
    assert answer.text == (
        '<head><link rel="stylesheet" href="/assets/join-3c4d.css">'
        '<script type="module" src="/assets/join-1a2b.js"></script>'
        '<link rel="modulepreload" href="/assets/shared-5e6f.js">'
        '<link rel="modulepreload" href="/assets/deep-7a8b.js"></head><p>ana'
    )
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    table = assets.read(folder)
    assert table.files("src/lazy.ts") == ["assets/lazy-9c0d.js"]
    assert table.files("src/nothing.ts") == []


async def test_another_build_is_another_application(folder: Path) -> None:
    first = web.read(folder)["/"]
    (folder / "index.html").write_text("<!doctype html><title>Holdfast 2</title>")
    assert web.read(folder)["/"].etags != first.etags


@pytest.mark.skipif(not (app.WEB / "index.html").is_file(), reason="The web application is not built; run `make web`.")
def test_the_build_holds_what_pages_ask_for() -> None:
    """Every entry's files are there, and what packs well was packed."""
    files = web.read(app.WEB)
    table = assets.read(app.WEB)
    for entry in ("index.html", "card.html", "src/public/join.ts"):
        named = table.files(entry)
        assert named, entry
        assert all(f"/{name}" in files for name in named), entry
    scripts = [file for address, file in files.items() if address.endswith(".js")]
    large = [file for file in scripts if len(file.bodies["identity"]) > 1024]
    assert large
    for file in large:
        assert gzip.decompress(file.bodies["gzip"]) == file.bodies["identity"]
        assert len(file.bodies["br"]) < len(file.bodies["gzip"])
