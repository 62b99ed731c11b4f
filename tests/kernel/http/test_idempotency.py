"""Idempotency keys: a request sent twice is carried out once and answered twice, whatever dies in between."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.http import idempotency
from holdfast.kernel.settings import Settings
from tests.conftest import Open
from tests.kernel.http import jars
from tests.kernel.http.test_problems import problem


async def new_jar(client: httpx2.AsyncClient) -> str:
    """A new jar's address."""
    return f"/api/probe/jars/{(await client.post('/api/probe/jars', json={'label': 'a'})).json()['id']}"


def keyed(key: str) -> dict[str, str]:
    """The header of a key."""
    return {"Idempotency-Key": key}


async def test_the_same_request_is_carried_out_once_and_answered_the_same(client: httpx2.AsyncClient) -> None:
    jar = await new_jar(client)
    first = await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("once"))
    second = await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("once"))
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert (await client.get(jar)).json()["coins"] == 3


async def test_another_body_or_address_with_the_same_key_is_422(client: httpx2.AsyncClient) -> None:
    jar, other = await new_jar(client), await new_jar(client)
    await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("one"))
    for address, coins in ((jar, 4), (other, 3)):
        answer = await client.post(f"{address}/coins", json={"coins": coins}, headers=keyed("one"))
        assert problem(answer, 422)["code"] == "http.idempotency.key-reused"
    assert (await client.get(jar)).json()["coins"] == 3
    assert (await client.get(other)).json()["coins"] == 0


async def test_two_people_may_use_the_same_key(client: httpx2.AsyncClient, tenant: UUID) -> None:
    jar = await new_jar(client)
    await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("mine"))
    theirs = {**keyed("mine"), "Authorization": f"Bearer {jars.token(tenant)}"}
    answer = await client.post(f"{jar}/coins", json={"coins": 3}, headers=theirs)
    assert "idempotency-replayed" not in answer.headers
    assert (await client.get(jar)).json()["coins"] == 6


async def test_a_key_is_required_where_something_counted_moves(client: httpx2.AsyncClient) -> None:
    jar = await new_jar(client)
    assert problem(await client.post(f"{jar}/coins", json={"coins": 3}), 422)["code"] == "http.idempotency.key-missing"
    for bad in ("", "x" * 256, "two words", "tab\there"):
        problem(await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed(bad)), 422)
    assert (await client.get(jar)).json()["coins"] == 0
    assert (await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("x" * 255))).status_code == 201


async def test_ten_at_once_are_one(client: httpx2.AsyncClient) -> None:
    jar = await new_jar(client)
    requests = [client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("rush")) for _ in range(8)]
    answers = await asyncio.gather(*requests)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert (await client.get(jar)).json()["coins"] == 3


async def test_a_refused_request_leaves_its_key_free(client: httpx2.AsyncClient) -> None:
    jar = await new_jar(client)
    problem(await client.post(f"{jar}/coins", json={"coins": 1001}, headers=keyed("again")), 409)
    answer = await client.post(f"{jar}/coins", json={"coins": 1000}, headers=keyed("again"))
    assert answer.status_code == 201


async def test_two_blocks_of_a_request_are_one_transaction(client: httpx2.AsyncClient) -> None:
    jar = (await client.post("/api/probe/jars", json={"label": "a", "coins": 999})).json()["id"]
    problem(await client.patch(f"/api/probe/jars/{jar}/twice", headers=keyed("both")), 409)
    assert (await client.get(f"/api/probe/jars/{jar}")).json()["coins"] == 999
    other = await new_jar(client)
    assert (await client.patch(f"{other}/twice", headers=keyed("both"))).json()["coins"] == 2


async def test_secrets_are_not_kept(client: httpx2.AsyncClient, committed: Open) -> None:
    first = await client.post("/api/probe/secrets", headers=keyed("s"))
    second = await client.post("/api/probe/secrets", headers=keyed("s"))
    assert first.json() != second.json()
    async with committed() as tx:
        assert await tx.one(int, "select count(*) from kernel_idempotency") == 0


async def test_an_answer_without_a_body_is_replayed_too(client: httpx2.AsyncClient) -> None:
    jar = await new_jar(client)
    for replayed in (False, True):
        answer = await client.delete(jar, headers=keyed("smash"))
        assert (answer.status_code, answer.content) == (204, b"")
        assert ("idempotency-replayed" in answer.headers) is replayed


async def test_keys_expire_after_a_day(client: httpx2.AsyncClient, committed: Open, database: Database) -> None:
    jar = await new_jar(client)
    await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("old"))
    await client.post(f"{jar}/coins", json={"coins": 3}, headers=keyed("older"))
    async with committed() as tx:
        await tx.execute("update kernel_idempotency set created_at = now() - interval '25 hours'")
    # An expired key that nobody has swept yet is as good as new, also with another request.
    answer = await client.post(f"{jar}/coins", json={"coins": 4}, headers=keyed("old"))
    assert "idempotency-replayed" not in answer.headers
    assert (await client.get(jar)).json()["coins"] == 10
    assert await idempotency.sweep(database) >= 1
    async with committed() as tx:
        assert await tx.all(str, "select key from kernel_idempotency") == ["old"]


@pytest.mark.parametrize("when", ["raises", "cancelled"])
async def test_an_answer_that_is_lost_on_the_way_is_replayed(
    database: Database, settings: Settings, client: httpx2.AsyncClient, tenant: UUID, when: str
) -> None:
    """The connection breaks after the commit: the effect is there once, and the repetition gets the answer."""
    jar = await new_jar(client)
    app: Any = jars.build(database, settings)
    token = jars.token(tenant)
    body = json.dumps({"coins": 3}).encode()

    async def lost(message: Any) -> None:
        raise asyncio.CancelledError if when == "cancelled" else OSError("the client is gone")

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{jar}/coins",
        "raw_path": f"{jar}/coins".encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"authorization", f"Bearer {token}".encode()),
            (b"idempotency-key", b"lost"),
            (b"content-type", b"application/json"),
        ],
        "client": ("203.0.113.9", 1),
        "server": ("holdfast.test", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    try:
        await app(scope, receive, lost)
    except asyncio.CancelledError:
        assert when == "cancelled"
    assert database.app.in_use == 0
    again = {**keyed("lost"), "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = await client.post(f"{jar}/coins", content=body, headers=again)
    assert answer.status_code == 201
    assert answer.headers["idempotency-replayed"] == "true"
    assert (await client.get(jar)).json()["coins"] == 3


async def test_a_request_that_dies_before_its_answer_leaves_nothing(
    database: Database, settings: Settings, client: httpx2.AsyncClient, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task is cancelled between the effect and the commit."""
    jar = await new_jar(client)
    person = ids.new()

    async def cancelled(_: idempotency.Deferred, __: Any) -> None:
        raise asyncio.CancelledError

    headers = {**keyed("early"), "Authorization": f"Bearer {jars.token(tenant, person=person)}"}
    with monkeypatch.context() as patched:
        patched.setattr("holdfast.kernel.http.reply.Reply.complete", cancelled)
        with pytest.raises(asyncio.CancelledError):
            await client.post(f"{jar}/coins", json={"coins": 3}, headers=headers)
    assert database.app.in_use == 0
    assert (await client.get(jar)).json()["coins"] == 0
    answer = await client.post(f"{jar}/coins", json={"coins": 3}, headers=headers)
    assert "idempotency-replayed" not in answer.headers
    assert (await client.get(jar)).json()["coins"] == 3


async def test_a_process_killed_between_effect_and_reply_has_done_it_once(
    where: Addresses, client: httpx2.AsyncClient, tenant: UUID
) -> None:
    jar = await new_jar(client)
    headers = {**keyed("killed"), "Authorization": f"Bearer {jars.token(tenant)}"}
    mortal = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("mortal.py")),
        msgspec.json.encode(where).decode(),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert mortal.stdout is not None
        port = int(await asyncio.wait_for(mortal.stdout.readline(), 60))
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as caller:
            with pytest.raises(httpx2.HTTPError):
                await caller.post(f"{jar}/coins", json={"coins": 3}, headers=headers)
        assert await asyncio.wait_for(mortal.wait(), 30) == -signal.SIGKILL
    finally:
        if mortal.returncode is None:
            mortal.kill()
            await mortal.wait()
    assert (await client.get(jar)).json()["coins"] == 3
    answer = await client.post(f"{jar}/coins", json={"coins": 3}, headers=headers)
    assert answer.headers["idempotency-replayed"] == "true"
    assert answer.json()["coins"] == 3
    assert (await client.get(jar)).json()["coins"] == 3
