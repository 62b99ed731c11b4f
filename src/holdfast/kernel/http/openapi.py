"""The OpenAPI 3.1 document: what Litestar reads off the handlers, and what the kernel adds to every operation.

The document is meant to be true: every status that an operation may answer is in it, every header that it reads, and
who may call it.
"""

import re
from copy import deepcopy
from typing import Any

import msgspec
from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import License
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ControllerRouterHandler

from holdfast.kernel.http import admission, csrf, errors, idempotency
from holdfast.kernel.problems import Document
from holdfast.kernel.settings import Settings

PATH = "/api/openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_PROBLEMS = {
    "400": "The request cannot be understood",
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "Nothing here that you may see",
    "408": "The body arrived too slowly",
    "409": "A rule was kept, and nothing was changed",
    "413": "The body is too large",
    "414": "The address is too long",
    "415": "Not JSON",
    "422": "Part of the request is malformed",
    "429": "Too many requests",
    "503": "Busy or restarting; try again in a moment",
}
_ALWAYS = ("400", "404", "414", "422", "429", "503")
_KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Sent again with the same key, the request is carried out once and answered the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.KEY_LENGTH, "pattern": "^[!-~]+$"},
}
_TENANT_PARAMETER: dict[str, Any] = {
    "name": admission.TENANT_HEADER,
    "in": "header",
    "required": False,
    "description": "The business to act in; absent for the credential's own.",
    "schema": {"type": "string", "format": "uuid"},
}


def operation_id(handler: HTTPRouteHandler, _: Any, __: Any) -> str:
    """``loyalty_enroll`` for the handler ``enroll`` of the loyalty room: stable while paths change."""
    room = f"{handler.fn.__module__}.".removeprefix("holdfast.").partition(".api.")[0].rstrip(".")
    return f"{room.rsplit('.', 1)[-1]}_{handler.handler_name}"


class _Nowhere(Router):
    """Where Litestar registers its own documentation pages, which load scripts from other hosts: nowhere."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Take no route."""
        return []


def config(title: str, version: str, description: str | None) -> OpenAPIConfig:
    """What Litestar is told about the document."""
    return OpenAPIConfig(
        title=title,
        version=version,
        description=description,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        use_handler_docstrings=True,
        operation_id_creator=operation_id,
        openapi_router=_Nowhere("/api/docs", route_handlers=[]),
        render_plugins=[JsonRenderPlugin()],
    )


def openapi_document(app: Litestar) -> dict[str, Any]:
    """The whole document of an application; needs no database and no running server."""
    document: dict[str, Any] = deepcopy(app.openapi_schema.to_schema())
    document["openapi"] = "3.1.0"
    components = document.setdefault("components", {})
    (reference,), schemas = msgspec.json.schema_components([Document], ref_template="#/components/schemas/{name}")
    components.setdefault("schemas", {}).update({"Problem": schemas.pop("Document"), **schemas})
    del reference
    components["responses"] = {f"Problem{status}": _problem(text) for status, text in _PROBLEMS.items()}
    settings: Settings = app.state.settings
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "api_key": {"type": "apiKey", "in": "header", "name": admission.API_KEY_HEADER},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": csrf.session_cookie_name(settings),
            "description": f"A browser session; unsafe methods also send {csrf.HEADER}.",
        },
        "device": {
            "type": "apiKey",
            "in": "cookie",
            "name": csrf.device_cookie_name(settings),
            "description": f"A paired device; its requests also say which one, in {admission.DEVICE_HEADER}.",
        },
    }
    handlers = _handlers(app)
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                handler = handlers[path, method.upper()]
                _complete(item[method], method, admission.rules(handler), handler.summary)
    document["paths"] = dict(sorted(document["paths"].items()))
    document = _with_short_names(document)
    document["components"]["schemas"] = dict(sorted(document["components"]["schemas"].items()))
    return document


_FLOORS = {"holdfast", "kernel", "shared", "integrations", "systems", ""}


def _with_short_names(document: dict[str, Any]) -> dict[str, Any]:
    """The document with schemas named as a client would name its types: ``LoyaltyMembersMemberListing``."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    names = {name: _short(name) for name in schemas}
    if len(set(names.values())) < len(names):
        raise ValueError(f"Two schemas have one short name: {sorted(names.values())}.")

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: _reference(inner, names) if key == "$ref" else renamed(inner) for key, inner in value.items()}
        return [renamed(inner) for inner in value] if isinstance(value, list) else value

    document = renamed(document)
    document["components"]["schemas"] = {
        names[name]: schema for name, schema in document["components"]["schemas"].items()
    }
    return document


def _reference(reference: str, names: dict[str, str]) -> str:
    head, _, name = reference.rpartition("/")
    return f"{head}/{names.get(name, name)}" if head.endswith("/schemas") else reference


def _short(name: str) -> str:
    generic, _, inner = name.partition("_") if name.endswith("_") else ("", "", name)
    words = [word for word in re.split(r"[._]", inner) if word not in _FLOORS]
    return "".join(word[:1].upper() + word[1:] for word in words) + generic


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _handlers(app: Litestar) -> dict[tuple[str, str], HTTPRouteHandler]:
    return {
        (route.path_format or "/", method): handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
    }


def _complete(operation: dict[str, Any], method: str, rules: admission.Rules, title: str | None) -> None:
    unsafe = method != "get"
    _describe(operation, title)
    parameters = operation.setdefault("parameters", [])
    statuses = list(_ALWAYS)
    if unsafe:
        statuses += ["403", "409"]
        if rules.idempotency != "unused":
            parameters.append({**_KEY_PARAMETER, "required": rules.idempotency == "required"})
    if operation.get("requestBody"):
        operation["requestBody"].setdefault("required", True)
    if operation.get("requestBody") or unsafe:
        statuses += ["408", "413", "415"]
    if rules.public:
        operation["security"] = [] if rules.rate is None else operation.get("security", [])
        statuses += ["401"]
    else:
        operation["security"] = [{"bearer": []}, {"api_key": []}, {"session": []}, {"device": []}]
        statuses += ["401", "403"]
        parameters.append(dict(_TENANT_PARAMETER))
    if rules.grants:
        operation["x-grants"] = list(rules.grants)
    if not parameters:
        del operation["parameters"]
    responses = operation["responses"]
    # Litestar describes its own validation error, which never leaves this house.
    responses.pop("400", None)
    if not unsafe and "200" in responses:
        responses.setdefault("304", {"description": "Nothing changed since the If-None-Match that was sent"})
    for status in sorted(set(statuses)):
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})


def _describe(operation: dict[str, Any], title: str | None) -> None:
    """The handler's title or its docstring's first paragraph is the summary; what is for programmers stays away."""
    text = operation.pop("description", "") or ""
    for section in ("Args:", "Raises:", "Returns:"):
        text = text.partition(f"\n{section}")[0]
    summary, _, rest = text.strip().partition("\n\n")
    if title is not None:
        summary, rest = title, text
    if summary:
        operation["summary"] = " ".join(summary.split()).rstrip(".")
    if rest.strip():
        operation["description"] = " ".join(rest.split())
