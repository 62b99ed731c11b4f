"""A member's cards in the account of a person: kept by the token that opens them, and by nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.problems import NotFound
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import Tx, transaction
from holdfast.systems.loyalty import cards, customers, holding, members, programs
from tests import accounts, web
from tests.accounts import Account
from tests.conftest import new_tenant
from tests.systems.loyalty import cafe


@pytest.fixture
async def ana(database: Database) -> Account:
    """A guest who has an account of her own, and is no member of any business's staff."""
    return await accounts.new_account(database)


@pytest.fixture
async def client(database: Database, settings: Settings, ana: Account) -> AsyncIterator[httpx2.AsyncClient]:
    """Ana, signed in."""
    async with web.visitor(database, settings) as visitor:
        await web.enter(visitor, database, ana)
        yield visitor


async def joined(database: Database, tenant: UUID, **program: Any) -> tuple[members.Enrollment, str]:
    """Somebody joins a new program of a café, and gets the token of their cards."""
    async with transaction(database, tenant) as tx:
        opened = await cafe.program(tx, **program)
        enrolled = await cafe.member(tx, program_id=opened.id)
        return enrolled, await cards.holder_token(tx, enrolled.member.id)


async def keep(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    """Keep the cards that a token opens."""
    return await client.post("/api/loyalty/card/holding", headers={"Holdfast-Card": token})


async def items(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """What somebody holds."""
    answer = await client.get("/api/holdings")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_guest_finds_the_cards_of_two_cafes_in_one_list(
    client: httpx2.AsyncClient, database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    first, token = await joined(database, tenant, name="Coffee card", stamps_required=10)
    second, other = await joined(database, other_tenant, name="Tea card", reward="Free tea")
    async with transaction(database, tenant) as tx:
        await cafe.stamp(tx, first.card.id, 4)
    async with transaction(database, other_tenant) as tx:
        await cafe.stamp(tx, second.card.id, 4)
    kept = await keep(client, token)
    assert (kept.status_code, kept.headers["cache-control"]) == (201, "no-store")
    again = await keep(client, token)
    assert (again.status_code, again.json() | {"link": ""}) == (200, kept.json() | {"link": ""})
    await keep(client, other)
    found = await items(client)
    assert found[1] | {"link": ""} == kept.json() | {"link": ""}
    keys = ("kind", "business", "title", "subtitle", "done", "of", "unit", "ready", "unavailable")
    assert [tuple(one[key] for key in keys) for one in found] == [
        ("loyalty.card", "Otro Café", "Tea card", "Free tea", 1, 3, "stamps", True, False),
        ("loyalty.card", "Café Aurora", "Coffee card", "Free coffee", 4, 10, "stamps", False, False),
    ]
    # The link opens the very card.
    assert found[1]["link"].startswith("/card#")
    opened = await client.get("/api/loyalty/card", headers={"Holdfast-Card": found[1]["link"].partition("#")[2]})
    assert opened.json()["member_id"] == str(first.member.id)


async def test_the_token_and_a_person_are_both_needed(
    client: httpx2.AsyncClient, database: Database, settings: Settings, tenant: UUID
) -> None:
    _, token = await joined(database, tenant)
    async with web.visitor(database, settings) as nobody:
        assert (await keep(nobody, token)).status_code == 401
    assert (await client.post("/api/loyalty/card/holding")).status_code == 422
    for wrong in ("x", token[:-3] + "abc", f"{ids.new().hex}.{token.partition('.')[2]}", f"{ids.PLATFORM.hex}.x"):
        assert (await keep(client, wrong)).status_code in (401, 404), wrong
    assert await items(client) == []


async def test_kept_many_times_at_once_it_is_kept_once(
    client: httpx2.AsyncClient, database: Database, tenant: UUID
) -> None:
    _, token = await joined(database, tenant)
    answers = await asyncio.gather(*(keep(client, token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    assert len(await items(client)) == 1


async def test_cards_given_out_anew_leave_every_account(
    client: httpx2.AsyncClient, database: Database, tenant: UUID
) -> None:
    enrolled, token = await joined(database, tenant)
    await keep(client, token)
    async with transaction(database, tenant) as tx:
        fresh = await members.reissue(tx, enrolled.member.id)
    assert await items(client) == []
    assert (await keep(client, token)).status_code == 401
    assert (await keep(client, fresh)).status_code == 201


async def test_cards_given_out_anew_meanwhile_are_not_kept(
    client: httpx2.AsyncClient, database: Database, tenant: UUID
) -> None:
    """However the two come, nobody keeps cards whose token does not count any more."""
    enrolled, token = await joined(database, tenant)
    for _ in range(5):

        async def anew() -> str:
            async with transaction(database, tenant) as tx:
                return await members.reissue(tx, enrolled.member.id)

        kept, *_, fresh = await asyncio.gather(keep(client, token), keep(client, token), anew())
        assert kept.status_code in (200, 201, 401)
        assert await items(client) == []
        token = fresh


async def test_a_switched_off_business_keeps_its_cards_to_itself(
    client: httpx2.AsyncClient, database: Database, tenant: UUID
) -> None:
    _, token = await joined(database, tenant)
    await keep(client, token)
    async with transaction(database, tenant) as tx:
        await tx.execute("update tenants_tenant set systems = '{}'")
    assert await items(client) == []
    refused = await keep(client, token)
    assert (refused.status_code, refused.json()["code"]) == (404, "loyalty.programs.switched-off")


async def test_the_card_that_matters_is_shown(tx: Tx) -> None:
    """Of several cards: with a reward to be had, otherwise the one used last, and none of an archived program."""
    opened = [await cafe.program(tx, name=name, stamps_required=2) for name in ("First", "Second", "Third")]
    enrolled = await cafe.member(tx, program_id=opened[0].id)
    held = [enrolled.card] + [(await cards.open(tx, enrolled.member.id, program))[0] for program in opened[1:]]

    async def shown() -> tuple[str, int | None, bool]:
        found = (await holding.describe(tx, [enrolled.member.id]))[enrolled.member.id]
        return found.title, found.done, found.ready

    assert await shown() == ("First", 0, False)
    await cafe.stamp(tx, held[1].id)
    assert await shown() == ("Second", 1, False)
    await cafe.stamp(tx, held[2].id, 2)
    assert await shown() == ("Third", 0, True)
    # What an archived program owes is still owed; once it is had, the program is history.
    await programs.change(tx, opened[2].id, programs.Change(status=programs.Status.archived))
    assert await shown() == ("Third", 0, True)
    await tx.execute(
        "update loyalty_reward set status = 'redeemed', ended_at = $1, redemption_id = id where card_id = $2",
        tx.now,
        held[2].id,
    )
    assert await shown() == ("Second", 1, False)
    for program in opened[:2]:
        await programs.change(tx, program.id, programs.Change(status=programs.Status.archived))
    assert await holding.describe(tx, [enrolled.member.id, ids.new()]) == {}
    with pytest.raises(NotFound):
        await holding.keep(tx, enrolled.member.id)


async def test_an_owner_sees_the_business_and_the_moment_on_their_cards(
    client: httpx2.AsyncClient, database: Database
) -> None:
    tenant = await new_tenant(database, accent="#aa3311", languages=["es", "en"])
    enrolled, token = await joined(database, tenant)
    async with transaction(database, tenant) as tx:
        (stamp,) = await cafe.stamp(tx, enrolled.card.id)
        own = await customers.own(tx, token)
        assert own.cards[0].at == tx.now
    assert (own.slug, own.accent, own.country, own.currency, own.timezone, own.languages, own.member_id) == (
        f"t-{tenant}", "#aa3311", "PE", "PEN", "America/Lima", ["es", "en"], enrolled.member.id,
    )  # fmt: skip
    assert (own.cards[0].program_id, own.cards[0].last_visit_at) == (enrolled.card.program_id, stamp.stamped_at)
