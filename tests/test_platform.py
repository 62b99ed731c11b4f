"""The platform as a whole: what is true of every route, of every process, and of the installation."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from holdfast import app
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.systems.loyalty import members, programs, stamps
from tests import accounts, fuzz, web
from tests.conftest import Open, Serve

# The document of the API is of one application; its routes need no database to be read.
DOCUMENT: dict[str, Any] = app.openapi_document()


@pytest.mark.meets("P42", "T9")
def test_every_answer_has_a_type() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            good = [code for code in operation["responses"] if code.startswith("2")]
            assert good, f"{method} {path} never succeeds."
            for code in good:
                content = operation["responses"][code].get("content", {})
                assert code == "204" or all("schema" in media for media in content.values()), f"{method} {path} {code}"


async def known_ids(committed: Open) -> dict[str, str]:
    """A café with a guest and a stamp, so that a fuzzer also meets what exists."""
    async with committed() as tx:
        program = await programs.open(tx, programs.New(name="Card", stamps_required=5, reward="A coffee"))
        new = members.New(phone="912345678", name="Rosa", consent=members.Consent(version="1", channel="counter"))
        enrollment = await members.enroll(tx, new)
        stamp, _ = await stamps.stamp(tx, ids.new(), card_id=enrollment.card.id)
    return {
        "program_id": str(program.id),
        "customer_id": str(enrollment.member.id),
        "stamp_id": str(stamp.id),
        "account_id": str(program.issued_account_id),
        "business_id": str(tx.tenant),
        "tenant_id": str(tx.tenant),
    }


@pytest.mark.timeout(600)
@pytest.mark.meets("I135", "W58", "P57")
async def test_a_fuzzer_finds_no_500_and_no_answer_outside_the_document(
    serve: Serve, database: Database, settings: Settings, tenant: UUID, committed: Open
) -> None:
    owner = await accounts.new_account(database)
    await accounts.employ(database, tenant, owner, "owner")
    async with web.visitor(database, settings) as client:
        await web.enter(client, database, owner)
        token = client.headers["Authorization"].removeprefix("Bearer ")
    known = await known_ids(committed)
    # What ends the session would make every attack after it one on a stranger; it has tests of its own.
    leaving_out = "/health|/metrics|logout|change-password|/auth/sessions|reset-password"
    application = app.application(database, settings)
    async with serve(application, settings) as url:
        attacked = await asyncio.to_thread(
            fuzz.attack_all, url, DOCUMENT, token, leaving_out=leaving_out, examples=6, known=known
        )
    assert attacked > 45
