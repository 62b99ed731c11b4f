"""Health, metrics and the documentation pages."""

from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest

from holdfast.kernel import telemetry
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars
from tests.kernel.http.conftest import OpenClient
from tests.kernel.http.test_problems import problem

LOOPBACK = ("127.0.0.1", 5000)


@pytest.mark.meets("T89", "L40", "W89")
async def test_health_of_a_working_process(nobody: httpx2.AsyncClient) -> None:
    assert (await nobody.get("/health/live")).json() == {"status": "alive"}
    for path in ("/health/ready", "/health"):
        answer = await nobody.get(path)
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "checks": {"database": "ok", "migrations": "ok"}}
        assert answer.headers["cache-control"] == "no-store"


async def test_not_ready_without_a_database_and_alive_all_the_same(database: Database, settings: Settings) -> None:
    away = msgspec.structs.replace(database.where, app="postgresql://holdfast_app@127.0.0.1:1/x")
    app = jars.build(Database(away, settings), settings)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:  # type: ignore[arg-type]
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "unreachable"
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/api/probe/database/x")
        problem(answer, 503)
        assert answer.headers["retry-after"] == "1"


async def test_not_ready_before_the_migrations_and_while_stopping(
    where: Addresses, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = jars.build(database, settings)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:  # type: ignore[arg-type]
        with monkeypatch.context() as patched:
            patched.setattr("holdfast.kernel.migrations.head", lambda: "9999")
            answer = await client.get("/health/ready")
            assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "not at head")
        assert (await client.get("/health/ready")).status_code == 200
        app.state.monitor.stopping = True
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200


def sample(text: str, name: str, **labels: str) -> float:
    """The value of a metric's sample."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    for line in text.splitlines():
        if line.startswith((f"{name}{{", f"{name} ")):
            found = line[len(name) :].rpartition(" ")
            if wanted <= set(found[0].strip("{}").split(",")):
                return float(found[2])
    return 0.0


@pytest.mark.meets("W90", "W94", "W95", "W96", "W97", "T88", "T91", "P67", "P68", "L99", "L100")
async def test_metrics(opened: OpenClient, tenant: UUID) -> None:
    async with opened(address=LOOPBACK) as client:
        before = (await client.get("/metrics")).text
        jar = (
            await client.post(
                "/api/probe/jars", json={"label": "a"}, headers={"Authorization": f"Bearer {jars.token(tenant)}"}
            )
        ).json()["id"]
        await client.get(f"/api/probe/jars/{jar}", headers={"Authorization": f"Bearer {jars.token(tenant)}"})
        await client.get("/api/no-such/place")
        telemetry.STAMPS_ADDED.add(tenant)
        telemetry.CUSTOMERS_ENROLLED.add(tenant)
        telemetry.CAMPAIGNS_SENT.add(tenant)
        telemetry.CAMPAIGN_REDEMPTIONS.add(tenant)
        telemetry.WHATSAPP_MESSAGES.labels("success").inc()
        telemetry.PASS_UPDATES.labels("success").inc()
        telemetry.job("loyalty.count", 0.2, "done")
        telemetry.relay(3, 0.01)
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    route = {"method": "GET", "path": "/api/probe/jars/{jar_id}"}

    def grown(name: str, **labels: str) -> float:
        return sample(text, name, **labels) - sample(before, name, **labels)

    assert grown("api_requests_total", **route, status="200") == 1
    assert grown("api_requests_total", method="GET", path="unmatched", status="404") == 1
    assert grown("api_request_duration_seconds_count", **route) == 1
    assert grown("db_query_duration_seconds_count", query_type="insert") >= 1
    # The driver tells of a statement a moment after it ended, so the last one may not be counted yet.
    assert grown("db_query_duration_seconds_count", query_type="commit") >= 1
    assert grown("background_job_duration_seconds_count", job_type="loyalty.count") == 1
    assert grown("relay_events_total") == 3
    for name in ("whatsapp_messages_sent_total", "passkit_updates_total"):
        assert grown(name, status="success") == 1
    for name, label in (
        ("customers_enrolled_total", "business_id"),
        ("stamps_added_total", "business_id"),
        ("campaigns_sent_total", "campaign_id"),
        ("campaign_redemptions_total", "campaign_id"),
    ):
        assert sum(grown(name, **{label: value}) for value in (str(tenant), "other")) == 1
    for name in ("live_connections", "process_cpu_seconds_total", "process_resident_memory_bytes", "db_size_bytes"):
        assert f"\n{name} " in text
    assert sample(text, "db_size_bytes") > 1_000_000
    assert sample(text, "db_connections") >= 1
    assert sample(text, "db_pool_size", pool="app") >= 1
    assert "db_pool_exhausted_total" in text
    assert "db_replication_lag_seconds 0.0" in text
    # The id of a row must never become a label.
    assert jar not in text


async def test_metrics_are_for_the_token_or_for_this_machine(opened: OpenClient) -> None:
    async with opened() as client:
        problem(await client.get("/metrics"), 403)
    async with opened(address=LOOPBACK) as client:
        assert (await client.get("/metrics")).status_code == 200
        # A proxy on this machine speaks for somebody else.
        problem(await client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"}), 403)
    async with opened(metrics_token="a-token", address=LOOPBACK) as client:
        problem(await client.get("/metrics"), 403)
        problem(await client.get("/metrics", headers={"Authorization": "Bearer other"}), 403)
        assert (await client.get("/metrics", headers={"Authorization": "Bearer a-token"})).status_code == 200


def test_labels_of_businesses_are_capped() -> None:
    counter: Any = telemetry.Capped("probe_capped", "Of a test.", "business_id", values=2)
    for number in range(5):
        counter.add(UUID(int=number), 2)
    samples = {
        found.labels["business_id"]: found.value
        for family in counter._counter.collect()
        for found in family.samples
        if found.name == "probe_capped_total"
    }
    assert samples == {str(UUID(int=0)): 2, str(UUID(int=1)): 2, "other": 6}


async def test_the_database_says_why_a_pool_is_exhausted(database: Database, settings: Settings, table: None) -> None:
    small = msgspec.structs.replace(settings, pool_size=1, pool_wait_seconds=0.2)
    narrow = Database(database.where, small)
    app = jars.build(narrow, small)
    try:
        async with (
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client,  # type: ignore[arg-type]
            narrow.app.connection(),
        ):
            answer = await client.get("/api/probe/database/x")
            problem(answer, 503)
            assert answer.headers["retry-after"] == "1"
    finally:
        await narrow.close()


async def test_pages_for_people_load_nothing_from_elsewhere(nobody: httpx2.AsyncClient) -> None:
    for path, words in (
        ("/api/docs", ("Put coins into a jar", "probe.fill", "/api/probe/jars/{jar_id}", "Idempotency-Key")),
        ("/docs/problems", ("problems.not-found", "Too many requests")),
    ):
        answer = await nobody.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "<script" not in answer.text
        assert 'src="' not in answer.text
        assert "://" not in answer.text
        for word in words:
            assert word in answer.text, word
