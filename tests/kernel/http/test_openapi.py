"""The OpenAPI document is complete, and it is true: a fuzzer finds no answer outside it."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from litestar import get

from holdfast.kernel import http
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from tests import fuzz
from tests.conftest import Serve
from tests.kernel.http import jars
from tests.kernel.http.conftest import OpenClient

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(database: Database, settings: Settings) -> dict[str, Any]:
    """The document of the tests' application."""
    return http.openapi_document(jars.build(database, settings))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and method."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_operation_says_who_may_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    found = operations(document)
    assert len(found) == len(jars.ROUTES) + 3
    for path, method, operation in found:
        responses = operation["responses"]
        assert {"400", "404", "422", "429", "503"} <= set(responses), path
        assert responses["422"] == {"$ref": "#/components/responses/Problem422"}
        assert operation["summary"], path
        if method != "get":
            assert {"403", "409", "413", "415"} <= set(responses), path
        if operation["security"]:
            assert {"401", "403"} <= set(responses), path
    problem = document["components"]["responses"]["Problem422"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert {"type", "title", "status", "code", "errors"} <= set(
        document["components"]["schemas"]["Problem"]["properties"]
    )
    assert "FieldError" in document["components"]["schemas"]


def test_what_routes_declare_is_in_the_document(document: dict[str, Any]) -> None:
    ids = {operation["operationId"]: (path, operation) for path, _, operation in operations(document)}
    assert len(ids) == len(operations(document))
    path, coins = ids["jars_put_coins"]
    assert path == "/api/probe/jars/{jar_id}/coins"
    assert coins["x-grants"] == ["probe.fill"]
    headers = {parameter["name"]: parameter for parameter in coins["parameters"] if parameter["in"] == "header"}
    assert headers["Idempotency-Key"]["required"] is True
    assert headers["Holdfast-Tenant"]["required"] is False
    _, create = ids["jars_create"]
    headers = {parameter["name"]: parameter for parameter in create["parameters"] if parameter["in"] == "header"}
    assert headers["Idempotency-Key"]["required"] is False
    _, sign_in = ids["jars_sign_in"]
    assert "Idempotency-Key" not in str(sign_in.get("parameters"))
    assert sign_in["security"] == []
    _, listing = ids["jars_listing"]
    names = {parameter["name"] for parameter in listing["parameters"] if parameter["in"] == "query"}
    assert names == {"after", "limit"}
    _, ready = ids["health_ready"]
    assert ready["responses"]["503"]["content"]["application/json"]


async def test_the_document_is_served(opened: OpenClient, document: dict[str, Any]) -> None:
    async with opened() as client:
        for path in ("/api/openapi.json", "/api/v1/openapi.json"):
            answer = await client.get(path)
            assert answer.headers["content-type"] == "application/json"
            assert answer.json() == document
        # Litestar's own pages load scripts from other hosts, so they are nowhere.
        for path in ("/schema", "/schema/swagger", "/api/docs/swagger", "/api/docs/openapi.json"):
            assert (await client.get(path)).status_code == 404


def test_two_operations_of_one_name_are_refused(database: Database, settings: Settings) -> None:
    @get("/api/probe/other", public=True, operation_id="jars_create")
    async def other() -> None: ...

    app = http.application(database, settings, routes=[*jars.ROUTES, other], authenticate=jars.Doorkeeper())
    with pytest.raises(Exception, match="jars_create"):
        http.openapi_document(app)


@pytest.mark.timeout(300)
async def test_a_fuzzer_finds_no_500_and_no_answer_outside_the_document(
    serve: Serve, database: Database, settings: Settings, tenant: UUID, table: None
) -> None:
    """Schemathesis sends what fits the schema and what does not, to every route that is not broken on purpose."""
    app = jars.build(database, settings)
    async with serve(app, settings) as url:
        document = http.openapi_document(app)
        leaving_out = "broken|database|undeclared|/health"
        await asyncio.to_thread(fuzz.attack_all, url, document, jars.token(tenant), leaving_out=leaving_out)
