"""The inbox: what is genuine is stored once, exactly as it came, and interpreted exactly once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.integrations.inbox import sandbox
from holdfast.kernel import clock, http, ids, inbox, signatures
from holdfast.kernel.database import Database
from holdfast.kernel.http import Credentials, Identity
from holdfast.kernel.http import inbox as http_inbox
from holdfast.kernel.inbox import Message, Received, TooOld, Unverified
from holdfast.kernel.jobs import Registry
from holdfast.kernel.problems import Invalid, NotFound, NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import NOBODY, Tx
from tests.conftest import Drain, Open

BODY = b'{"type": "payment.captured",  "amount": 12}\xff\x00'


def signed(tenant: UUID, body: bytes = BODY, *, message_id: str = "msg_1", age: int = 0) -> dict[str, str]:
    """Headers of a genuine message."""
    at = clock.now() - timedelta(seconds=age)
    return {**sandbox.signed(tenant, body, message_id=message_id, at=at), "content-type": "application/json"}


async def stored(tx: Tx) -> list[Message]:
    """Every message of the tenant."""
    return await tx.all(Message, "select * from kernel_inbox order by received_at, id")


async def announced(tx: Tx) -> int:
    """How many messages were announced in the tenant."""
    return await tx.one(int, "select count(*) from kernel_event where name = 'kernel.inbox.received'")


@pytest.mark.meets("W61")
async def test_a_message_is_stored_as_it_came_and_announced(tx: Tx, tenant: UUID) -> None:
    headers = signed(tenant)
    secret = {"authorization": "Bearer secret", "cookie": "secret"}
    receipt = await inbox.receive(tx, sandbox.NAME, headers | secret, BODY, at=clock.now())
    assert receipt == inbox.Receipt("msg_1", duplicate=False)
    [message] = await stored(tx)
    assert (message.body, message.headers) == (BODY, headers)
    assert await inbox.message(tx, message.id) == message
    events = await tx.connection.fetch("select subject_id, body from kernel_event where name = 'kernel.inbox.received'")
    announcement = {"inbox_id": str(message.id), "provider": sandbox.NAME}
    assert [tuple(event) for event in events] == [(message.id, announcement)]


async def test_a_repetition_is_welcome_and_changes_nothing(tx: Tx, tenant: UUID) -> None:
    await inbox.receive(tx, sandbox.NAME, signed(tenant), BODY, at=clock.now())
    other = b'{"type": "payment.failed"}'
    receipt = await inbox.receive(tx, sandbox.NAME, signed(tenant, other), other, at=clock.now())
    assert receipt.duplicate
    [message] = await stored(tx)
    assert message.body == BODY
    assert await announced(tx) == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"webhook-signature": "v1,AAAA"}, Unverified),
        ({"webhook-signature": "v1,é"}, Unverified),
        ({"webhook-signature": ""}, Unverified),
        ({"webhook-id": "msg_2"}, Unverified),
        ({"webhook-timestamp": "x"}, Unverified),
    ],
)
@pytest.mark.meets("W61")
async def test_what_is_not_genuine_leaves_nothing(
    tx: Tx, tenant: UUID, changes: dict[str, str], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        await inbox.receive(tx, sandbox.NAME, signed(tenant) | changes, BODY, at=clock.now())
    assert await stored(tx) == []
    assert await announced(tx) == 0


async def test_an_old_message_is_refused(tx: Tx, tenant: UUID) -> None:
    with pytest.raises(TooOld):
        await inbox.receive(tx, sandbox.NAME, signed(tenant, age=301), BODY, at=clock.now())
    assert await stored(tx) == []
    await inbox.receive(tx, sandbox.NAME, signed(tenant, age=290), BODY, at=clock.now())


async def test_a_message_for_another_tenant_is_refused(tx: Tx, other_tenant: UUID) -> None:
    with pytest.raises(Unverified):
        await inbox.receive(tx, sandbox.NAME, signed(other_tenant), BODY, at=clock.now())


async def test_the_tenants_moved_clock_does_not_matter(tx: Tx, tenant: UUID) -> None:
    """Providers live in real time, whatever the time machine says."""
    tx.now += timedelta(days=90)
    assert not (await inbox.receive(tx, sandbox.NAME, signed(tenant), BODY, at=clock.now())).duplicate


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A provider ``plain`` whose secrets are the list's, and whose id is in a header that it does not sign."""
    accepted: list[bytes] = []

    async def secrets(_: Tx) -> Sequence[bytes]:
        return accepted

    monkeypatch.setattr(inbox, "_providers", dict(inbox._providers))
    inbox.provider("plain", signatures.PlainHex("x-sig", id_of=signatures.id_in_header("x-id")), secrets=secrets)
    return accepted


async def test_without_a_secret_everything_is_refused(tx: Tx, providers: list[bytes]) -> None:
    scheme = signatures.PlainHex("x-sig", id_of=signatures.id_in_header("x-id"))
    for accepted in ([], [b""]):
        providers[:] = accepted
        with pytest.raises(Unverified):
            await inbox.receive(tx, "plain", {**scheme.sign(b"", BODY), "x-id": "1"}, BODY, at=clock.now())
    providers[:] = [b"new", b"old"]
    for number, secret in enumerate(providers):
        headers = {**scheme.sign(secret, BODY), "x-id": str(number)}
        await inbox.receive(tx, "plain", headers, BODY, at=clock.now())
    assert len(await stored(tx)) == 2


@pytest.mark.parametrize("message_id", ["", "x" * 256, "a\x00b", "a\nb"])
async def test_an_id_that_cannot_be_kept(tx: Tx, providers: list[bytes], message_id: str) -> None:
    providers.append(b"secret")
    scheme = signatures.PlainHex("x-sig", id_of=signatures.id_in_header("x-id"))
    headers = {**scheme.sign(b"secret", BODY), "x-id": message_id}
    with pytest.raises(Invalid):
        await inbox.receive(tx, "plain", headers, BODY, at=clock.now())
    assert await stored(tx) == []


async def test_providers_are_known_by_name(tx: Tx, tenant: UUID) -> None:
    with pytest.raises(NotFound):
        await inbox.receive(tx, "nobody", signed(tenant), BODY, at=clock.now())
    with pytest.raises(ValueError, match="sandbox"):
        inbox.provider(sandbox.NAME, signatures.StandardWebhooks(), secrets=sandbox.PROVIDER.secrets)


# Over HTTP.


async def _authenticate(_: Database, credentials: Credentials) -> Identity:
    del credentials
    raise NotSignedIn


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """An outside service, to whom the application is an address."""
    small = msgspec.structs.replace(settings, max_body_bytes=2_048)
    app = http.application(database, small, routes=http_inbox.routes, authenticate=_authenticate)
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type] # Litestar spells out its scopes
    async with httpx2.AsyncClient(transport=transport, base_url="http://holdfast.test/api/webhooks/") as found:
        yield found


async def test_a_provider_is_answered_at_once(client: httpx2.AsyncClient, committed: Open, tenant: UUID) -> None:
    for duplicate in (False, True):
        answer = await client.post(f"sandbox/{tenant}", content=BODY, headers=signed(tenant))
        assert answer.status_code == 202
        assert answer.json() == {"message_id": "msg_1", "duplicate": duplicate}
    async with committed() as tx:
        assert [message.body for message in await stored(tx)] == [BODY]
        assert await announced(tx) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff", '{"é": 1}'.encode("latin-1")])
async def test_any_bytes_are_kept_that_were_signed(
    client: httpx2.AsyncClient, committed: Open, tenant: UUID, body: bytes
) -> None:
    answer = await client.post(f"sandbox/{tenant}", content=body, headers=signed(tenant, body))
    assert answer.status_code == 202
    async with committed() as tx:
        assert [message.body for message in await stored(tx)] == [body]


async def _refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.meets("W61")
async def test_strangers_get_a_problem_and_leave_nothing(
    client: httpx2.AsyncClient, committed: Open, tenant: UUID, other_tenant: UUID
) -> None:
    genuine = signed(tenant)
    unverified = (401, "inbox.unverified")
    forged: list[dict[str, Any]] = [
        genuine | {"webhook-signature": "v1,AAAA"},
        genuine | {"webhook-signature": "v1,\u00e9\u00ff".encode("latin-1")},
        genuine | {"webhook-signature": "v1,λ".encode()},
        genuine | {"webhook-timestamp": "²".encode()},
        {},
    ]
    for headers in forged:
        await _refused(await client.post(f"sandbox/{tenant}", content=BODY, headers=headers), *unverified)
    await _refused(await client.post(f"sandbox/{tenant}", content=BODY + b" ", headers=genuine), *unverified)
    await _refused(await client.post(f"sandbox/{other_tenant}", content=BODY, headers=genuine), *unverified)
    await _refused(await client.post(f"sandbox/{ids.new()}", content=BODY, headers=genuine), *unverified)
    old = signed(tenant, age=400)
    await _refused(await client.post(f"sandbox/{tenant}", content=BODY, headers=old), 401, "inbox.too-old")
    missing = (404, "problems.not-found")
    await _refused(await client.post(f"nobody/{tenant}", content=BODY, headers=genuine), *missing)
    await _refused(await client.post("sandbox/7", content=BODY, headers=genuine), *missing)
    large = b"x" * 2_049
    answer = await client.post(f"sandbox/{tenant}", content=large, headers=signed(tenant, large))
    await _refused(answer, 413, "problems.too-large")
    async with committed() as tx:
        assert await stored(tx) == []
        assert await announced(tx) == 0


async def test_a_message_that_comes_many_times_at_once_is_stored_and_interpreted_once(
    client: httpx2.AsyncClient, committed: Open, tenant: UUID, registry: Registry, drain: Drain
) -> None:
    interpreted: Counter[str] = Counter()

    @registry.on(Received, name="inbox_test.interpret")
    async def interpret(tx: Tx, event: Received) -> None:
        message = await inbox.message(tx, event.inbox_id)
        interpreted[f"{message.message_id} {message.body.decode()}"] += 1

    await drain(registry)

    async def send(number: int) -> bool:
        body = f"body {number}".encode()
        headers = signed(tenant, body, message_id=f"msg_{number}")
        answer = await client.post(f"sandbox/{tenant}", content=body, headers=headers)
        assert answer.status_code == 202
        return bool(answer.json()["duplicate"])

    sent = [number for number in range(5) for _ in range(6)]
    duplicates = await asyncio.gather(*map(send, sent))
    assert duplicates.count(False) == 5
    async with committed(actor=NOBODY) as tx:
        assert len(await stored(tx)) == await announced(tx) == 5
    await drain(registry)
    await drain(registry)
    assert interpreted == {f"msg_{number} body {number}": 1 for number in range(5)}
