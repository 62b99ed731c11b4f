"""The documentation for people: every operation and every problem on two pages that load nothing from anywhere."""

import base64
import hashlib
from collections import defaultdict
from functools import lru_cache
from html import escape
from typing import Any

import msgspec
from litestar import HttpMethod, Litestar, Request, Response, route
from litestar.handlers import HTTPRouteHandler

from holdfast.kernel.http import html, openapi
from holdfast.kernel.problems import Problem

PATH = "/api/docs"
PROBLEMS_PATH = "/docs/problems"
_READING = [HttpMethod.GET, HttpMethod.HEAD]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer; overflow-wrap: anywhere }
code, pre { background: var(--soft); border-radius: 4px; font: 14px/1.4 ui-monospace, monospace; padding: .1em .3em }
pre { overflow-x: auto; padding: .6rem }
.method { display: inline-block; font-weight: 700; min-width: 4.5rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, no image, no font, no frame: the one style sheet, by its hash."""


def _page(title: str, body: str) -> bytes:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()


def page(document: dict[str, Any]) -> bytes:
    """Every operation of an OpenAPI document, by tag, with what it takes and what it answers."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                tag = (operation.get("tags") or [operation["operationId"].partition("_")[0]])[0]
                groups[tag].append(_operation(path, method, operation, document))
    info = document["info"]
    head = f"<p>{escape(info.get('description') or '')}</p>" if info.get("description") else ""
    head += f'<p>Version {escape(info["version"])}. <a href="/api/openapi.json">OpenAPI 3.1 document</a>, '
    head += f'<a href="{PROBLEMS_PATH}">problems</a>.</p>'
    index = " · ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in sorted(groups))
    sections = "".join(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(groups[tag])}' for tag in sorted(groups))
    return _page(info["title"], f"{head}<nav>{index}</nav>{sections}")


def _operation(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td><td>{escape(parameter['in'])}"
        f"{', required' if parameter.get('required') else ''}</td>"
        f"<td>{escape(_type(parameter.get('schema', {})))}</td>"
        f"<td>{escape(parameter.get('description') or '')}</td></tr>"
        for parameter in operation.get("parameters", [])
    )
    parts = [f"<p>{escape(operation['description'])}</p>"] if operation.get("description") else []
    grants = operation.get("x-grants")
    if grants:
        parts.append(f"<p>Takes the grant <code>{escape(' or '.join(grants))}</code>.</p>")
    elif operation.get("security"):
        parts.append("<p>Takes a signed-in caller.</p>")
    if rows:
        parts.append(f"<table><tbody>{rows}</tbody></table>")
    for media_type, body in (operation.get("requestBody") or {}).get("content", {}).items():
        parts.append(f"<p>Body, <code>{escape(media_type)}</code>:</p>{_shape(body.get('schema', {}), document)}")
    parts.append(_responses(operation["responses"], document))
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><span class="method">{method.upper()}</span> '
        f"<code>{escape(path)}</code> {escape(operation.get('summary') or '')}</summary>{''.join(parts)}</details>"
    )


def _responses(responses: dict[str, Any], document: dict[str, Any]) -> str:
    parts = []
    problems = [status for status, response in responses.items() if "$ref" in response]
    for status, response in responses.items():
        if "$ref" not in response:
            parts.append(f"<p>{escape(status)}: {escape(response.get('description') or '')}</p>")
            parts += [_shape(body.get("schema", {}), document) for body in response.get("content", {}).values()]
    if problems:
        parts.append(f'<p>Problems: <a href="{PROBLEMS_PATH}">{escape(", ".join(problems))}</a></p>')
    return "".join(parts)


def _shape(schema: dict[str, Any], document: dict[str, Any]) -> str:
    resolved = _resolve(schema, document)
    properties = resolved.get("properties")
    if not properties:
        return f"<p><code>{escape(_type(schema))}</code></p>"
    required = resolved.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{'required' if name in required else ''}</td>"
        f"<td>{escape(_type(member))}</td><td>{escape(member.get('description') or '')}</td></tr>"
        for name, member in properties.items()
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = document["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {})
    return found


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``string (uuid)``, ``list of Member``."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return " or ".join(_type(option) for option in schema[choice])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text} ({schema['format']})" if "format" in schema else text


def _kinds(cls: type[Problem]) -> list[type[Problem]]:
    found = []
    for kind in cls.__subclasses__():
        found += [kind, *_kinds(kind)]
    return found


def problems_page() -> bytes:
    """Every problem that the running application knows, by its code; what a problem's ``type`` refers to."""
    kinds = {kind.code(): kind for kind in _kinds(Problem) if kind.__module__.startswith("holdfast.")}
    rows = "".join(
        f'<tr id="{escape(code)}"><td><code>{escape(code)}</code></td><td>{kind.status}</td>'
        f"<td>{escape(kind.title())}</td></tr>"
        for code, kind in sorted(kinds.items())
    )
    head = "<tr><th>Code</th><th>Status</th><th>Meaning</th></tr>"
    return _page("Problems", f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")


@lru_cache(maxsize=4)
def _rendered(app: Litestar) -> tuple[bytes, bytes]:
    document = openapi.openapi_document(app)
    return msgspec.json.encode(document), page(document)


def _html(body: bytes) -> Response[bytes]:
    return html.page(body, policy=POLICY, headers={"Cache-Control": "no-cache"})


def routes() -> list[HTTPRouteHandler]:
    """The document, and the two pages."""

    @route(openapi.PATH, http_method=_READING, public=True, include_in_schema=False)
    async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The OpenAPI document."""
        body, _ = _rendered(request.app)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-cache"})

    @route(PATH, http_method=_READING, public=True, include_in_schema=False)
    async def operations(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Every operation, for people."""
        return _html(_rendered(request.app)[1])

    @route(PROBLEMS_PATH, http_method=_READING, public=True, include_in_schema=False)
    async def problems() -> Response[bytes]:
        """Every problem, for people."""
        return _html(problems_page())

    return [document, operations, problems]
