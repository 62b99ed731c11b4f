"""A café opens a stamp card, a customer fills it, and has the coffee. Everything over HTTP, with real sign-ins."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast import app
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.settings import Settings
from holdfast.shared.ledger import books
from tests import accounts
from tests.conftest import Drain
from tests.systems.loyalty import cafe


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the whole platform."""
    transport = httpx2.ASGITransport(app=app.application(database, settings))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test") as found:
        yield found


async def signed_in(client: httpx2.AsyncClient, database: Database, tenant: UUID, role: str) -> dict[str, str]:
    """The headers of somebody new who works there and has just signed in."""
    account = await accounts.new_account(database)
    await accounts.employ(database, tenant, account, role)
    answer = await client.post(
        "/api/auth/login", json={"email": account.email, "password": accounts.PASSWORD, "client": "api"}
    )
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def done(answer: httpx2.Response, status: int = 200) -> Any:
    """What was answered, if it went as it should."""
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.meets("L29", "L30", "L31", "L36", "L38")
async def test_a_cafe_stamps_a_card(
    client: httpx2.AsyncClient, database: Database, tenant: UUID, other_tenant: UUID, drain: Drain
) -> None:
    owner = await signed_in(client, database, tenant, "owner")
    staff = await signed_in(client, database, tenant, "staff")

    # The owner promises a coffee for five stamps; there is to be no gap, since this story is quick.
    program = await done(
        await client.post(
            "/api/loyalty/programs", headers=owner,
            json={"name": "Coffee", "stamps_required": 5, "reward": "A free coffee", "stamp_gap_seconds": 0},
        ), 201,
    )  # fmt: skip

    # A customer enrols from the poster and ends on their card.
    enrolled = await done(
        await client.post(
            "/api/loyalty/enrollments",
            json={
                "business": str(tenant), "phone": cafe.phone(), "name": "Rosa Mamani",
                "consent": {"version": "2026-05 es", "channel": "poster"},
            },
        ), 201,
    )  # fmt: skip
    mine = {"Holdfast-Card": enrolled["token"]}
    card_id = enrolled["card"]["id"]

    # Staff scan the code on the customer's screen, five visits long; the network swallows one answer.
    for visit in range(5):
        code = await done(await client.post("/api/loyalty/card/codes", json={"card_id": card_id}, headers=mine), 201)
        body = {"id": str(ids.new()), "code": code["code"], "amount": {"minor": 1200, "currency": "PEN"}}
        stamp = await done(await client.post("/api/loyalty/stamps", json=body, headers=staff), 201)
        if visit == 2:
            assert await done(await client.post("/api/loyalty/stamps", json=body, headers=staff)) == stamp
    assert (stamp["stamps"], stamp["stamps_required"]) == (0, 5)
    assert stamp["reward_id"] is not None

    # The sixth stamp was a mistake. Staff may not take it back, the owner may.
    sixth = await done(
        await client.post("/api/loyalty/stamps", json={"id": str(ids.new()), "card_id": card_id}, headers=staff), 201
    )
    void = f"/api/loyalty/stamps/{sixth['id']}/void"
    assert (await client.post(void, json={"reason": "Pressed twice"}, headers=staff)).status_code == 403
    assert (await done(await client.post(void, json={"reason": "Pressed twice"}, headers=owner)))["voided_at"]

    # The customer shows the reward's code; whoever photographed it comes too late, and another café gets nothing.
    own = await done(await client.get("/api/loyalty/card", headers=mine))
    (reward,) = own["rewards"]
    code = await done(await client.post("/api/loyalty/card/codes", json={"reward_id": reward["id"]}, headers=mine), 201)
    elsewhere = await signed_in(client, database, other_tenant, "owner")
    wrong = await client.post("/api/loyalty/redemptions", json=code | {"expires_at": None}, headers=elsewhere)
    assert wrong.status_code == 422
    wrong = await client.post("/api/loyalty/redemptions", json={"code": code["code"]}, headers=elsewhere)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "loyalty.cards.other-business")
    redeemed = await done(
        await client.post("/api/loyalty/redemptions", json={"code": code["code"]}, headers=staff), 201
    )
    assert (redeemed["status"], redeemed["reward"]) == ("redeemed", "A free coffee")
    late = await client.post("/api/loyalty/redemptions", json={"code": code["code"]}, headers=staff)
    assert (late.status_code, late.json()["code"]) == (409, "loyalty.rewards.already-redeemed")
    # A stamp of a coffee that was drunk stays where it is.
    drunk = f"/api/loyalty/stamps/{stamp['id']}/void"
    assert (await client.post(drunk, json={"reason": "Too late"}, headers=owner)).status_code == 409

    # The dashboard and the books agree with what happened.
    await drain()
    metrics = await done(await client.get("/api/loyalty/dashboard/metrics", headers=staff))
    assert (metrics["members"], metrics["visits"], metrics["rewards_redeemed"], metrics["rewards_open"]) == (1, 5, 1, 0)
    listed = await done(
        await client.get(
            f"/api/loyalty/businesses/{tenant}/customers", params={"program_id": program["id"]}, headers=staff
        )
    )
    assert [(one["name"], one["visits"]) for one in listed["items"]] == [("Rosa Mamani", 5)]
    async with books.snapshot(database, tenant) as tx:
        assert (await books.verify(tx)).proven
