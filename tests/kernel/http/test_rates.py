"""Rate limits: per address, per person, and failed sign-ins; in this process, in PostgreSQL, or in Valkey."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.http import rates
from holdfast.kernel.http.rates import DatabaseStorage, ProcessStorage, Rates
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars
from tests.kernel.http.conftest import OpenClient
from tests.kernel.http.test_problems import problem

# A window of a century, so that no test happens to straddle two.
LONG = 3_000_000_000


@pytest.mark.parametrize("storage", ["memory", "database"])
@pytest.mark.meets("W53", "I130", "L34", "L89")
async def test_an_address_has_so_many_requests_per_window(opened: OpenClient, storage: str) -> None:
    address = (f"2001:db8:{ids.new().hex[-4:]}:{ids.new().hex[-4:]}::1", 1)
    async with opened(
        address=address, rate_limit_requests=3, rate_limit_seconds=LONG, rate_limit_storage=storage
    ) as client:
        for remaining in (2, 1, 0):
            answer = await client.get("/api/probe/hello")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-limit"] == "3"
            assert answer.headers["ratelimit-remaining"] == str(remaining)
        # An unknown address counts too: whoever probes for routes is limited as well.
        answer = await client.get("/api/nothing")
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) == int(answer.headers["ratelimit-reset"]) > 0
        # Health checks come often and from one address.
        assert (await client.get("/health/live")).status_code == 200


def test_the_default_is_a_thousand_in_a_quarter_of_an_hour_and_five_sign_ins() -> None:
    settings = Settings()
    assert (settings.rate_limit_requests, settings.rate_limit_seconds, settings.rate_limit_sign_ins) == (1000, 900, 5)


@pytest.mark.meets("P56")
async def test_a_person_is_counted_behind_every_address(opened: OpenClient, tenant: UUID) -> None:
    limits = {"rate_limit_requests": 4, "rate_limit_seconds": LONG, "trusted_proxies": ["203.0.113.0/24"]}
    async with opened(**limits) as client:
        token = jars.token(tenant)
        for hop in range(4):
            headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"198.51.100.{hop}"}
            assert (await client.get("/api/probe/me", headers=headers)).status_code == 200
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "198.51.100.99"}
        problem(await client.get("/api/probe/me", headers=headers), 429)
        # Another person at the last address is still served.
        headers["Authorization"] = f"Bearer {jars.token(tenant)}"
        assert (await client.get("/api/probe/me", headers=headers)).status_code == 200


@pytest.mark.meets("L90")
async def test_failed_sign_ins_are_limited_and_successes_are_not_counted(opened: OpenClient) -> None:
    async with opened(rate_limit_sign_ins=5, rate_limit_seconds=LONG) as client:
        good, bad = {"password": "open sesame"}, {"password": "guess"}
        for _ in range(10):
            assert (await client.post("/api/probe/sign-in", json=good)).status_code == 200
        for _ in range(4):
            problem(await client.post("/api/probe/sign-in", json=bad), 401)
            assert (await client.post("/api/probe/sign-in", json=good)).status_code == 200
        problem(await client.post("/api/probe/sign-in", json=bad), 401)
        answer = await client.post("/api/probe/sign-in", json=good)
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) > 0


async def test_guesses_sent_at_once_are_limited_too(opened: OpenClient) -> None:
    async with opened(rate_limit_sign_ins=5, rate_limit_seconds=LONG) as client:
        guesses = [client.post("/api/probe/sign-in", json={"password": "guess"}) for _ in range(20)]
        statuses = [answer.status_code for answer in await asyncio.gather(*guesses)]
        assert (statuses.count(401), statuses.count(429)) == (5, 15)


async def test_forwarded_addresses_are_believed_from_trusted_proxies_only(opened: OpenClient, tenant: UUID) -> None:
    async def seen(forwarded: str, *trusted: str) -> str:
        async with opened(trusted_proxies=list(trusted)) as client:
            headers = {"Authorization": f"Bearer {jars.token(tenant)}", "X-Forwarded-For": forwarded}
            return str((await client.get("/api/probe/me", headers=headers)).json()["address"])

    assert await seen("198.51.100.7") == "203.0.113.9"
    assert await seen("198.51.100.7", "192.0.2.0/24") == "203.0.113.9"
    assert await seen("198.51.100.7", "203.0.113.0/24") == "198.51.100.7"
    # What the client wrote itself stands on the left and is not read.
    assert await seen("10.0.0.1, 198.51.100.7, 203.0.113.8", "203.0.113.0/24") == "198.51.100.7"
    assert await seen("198.51.100.7, rubbish", "203.0.113.0/24") == "203.0.113.9"
    assert await seen("[2001:db8::7]:443", "203.0.113.0/24") == "2001:db8::7"
    assert await seen("198.51.100.7:8080", "203.0.113.0/24") == "198.51.100.7"


def test_an_ipv6_client_is_counted_by_its_network() -> None:
    assert rates.network("2001:db8:1:2:3::4") == rates.network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert rates.network("::ffff:192.0.2.1") == "192.0.2.1"
    assert rates.network("192.0.2.1") == "192.0.2.1"
    assert rates.network("local") == "local"


@pytest.mark.parametrize("kind", ["process", "database"])
async def test_a_storage_counts_refunds_and_forgets(database: Database, kind: str) -> None:
    storage = ProcessStorage() if kind == "process" else DatabaseStorage(database)
    key = f"test:{ids.new()}"
    assert await storage.get(key) == 0
    assert [await storage.incr(key, 100) for _ in range(3)] == [1, 2, 3]
    assert await storage.incr(key, 100, amount=-1) == 2
    assert await storage.get(key) == 2
    assert await storage.get_expiry(key) > 0
    assert await storage.check()
    await storage.clear(key)
    assert await storage.get(key) == 0
    # A window that is over counts from the start.
    assert await storage.incr(key, 0) == 1
    assert await storage.incr(key, 100) == 1
    assert await asyncio.gather(*(storage.incr(key, 100) for _ in range(10))) != []
    assert await storage.get(key) == 11


async def test_counters_that_are_over_are_swept(database: Database) -> None:
    storage, key = DatabaseStorage(database), f"test:{ids.new()}"
    await storage.incr(key, 0)
    await storage.incr(f"{key}/2", 100)
    assert await rates.sweep(database) >= 1
    assert await storage.incr(f"{key}/2", 100) == 2


async def test_a_valkey_that_is_away_limits_nobody_and_is_told_by_readiness(
    opened: OpenClient, database: Database, settings: Settings
) -> None:
    # Port 1 answers nobody.
    away = {"rate_limit_storage": "valkey://127.0.0.1:1", "rate_limit_requests": 1}
    counters = Rates(msgspec.structs.replace(settings, **away), database)
    for _ in range(3):
        (await counters.hit("x", 1)).check()
    async with opened(**away) as client:
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"]["rates"] == "unreachable"


async def test_a_database_that_is_away_limits_nobody(database: Database, settings: Settings) -> None:
    closed = Database(msgspec.structs.replace(database.where, app="postgresql://holdfast_app@127.0.0.1:1/x"), settings)
    counters = Rates(msgspec.structs.replace(settings, rate_limit_storage="database"), closed)
    for _ in range(3):
        (await counters.hit("x", 1)).check()
