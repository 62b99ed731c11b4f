"""Telemetry: logs, traces and error reports say what happened and to which ids, and nothing about persons."""

import gzip
import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import msgspec
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from holdfast.kernel import ids, logs, telemetry, traces
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.settings import Settings
from tests.kernel.http import jars
from tests.kernel.http.conftest import table as jar_table

table = jar_table

PERSONAL = [
    "+51 987 654 321",
    "+51987654321",
    "0051987654321",
    "987654321",
    "987-654-321",
    "(01) 234-5678",
    "+31 6 12345678",
    "ana.torres+cafe@example.com",
    "ana@xn--caf-dma.example",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "Basic YW5hOnNlY3JldA==",
    "code 482913",
    "PIN: 4829",
    "https://holdfast.example/reset?token=Zm9vYmFyYmF6",
    "postgresql://holdfast_app:" + "secret-word@db/holdfast",
    "hf_9aGk2LmQ0rStUvWxYz1234567890AbCdEf",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
]

HARMLESS = [
    "01a1fb05-140f-7e7e-8b5d-69110999065d",
    "2026-11-20",
    "2026-11-20T21:43:50.123456Z",
    "2026-11-20 21:43:50",
    "12345678 rows in 1500.25 ms",
    "10.0.0.1",
    "/api/loyalty/members/{member_id}",
    "select id from kernel_event where (xid, seq) > ($1, $2) order by xid, seq limit 500",
    "12345-67",
    "UniqueViolationError",
    "a_function_with_a_name_that_is_a_good_deal_longer_than_thirty_two_letters",
]


@pytest.mark.meets("T10", "T12", "L98")
@pytest.mark.parametrize("text", PERSONAL)
def test_what_is_personal_or_secret_is_hidden_wherever_it_stands(text: str) -> None:
    secret = text.split(" ", 1)[1] if text.startswith(("Bearer", "Basic", "code", "PIN")) else text
    if "://" in text:
        secret = "Zm9vYmFyYmF6" if "token" in text else "secret-word"
    for shape in (text, f"said {text}.", f"({text})", {"note": [text]}, ("x", {"deep": {"deeper": text}})):
        shown = json.dumps(logs.redact_value(shape))
        assert secret not in shown, shown
    assert secret not in logs.redact_value(ValueError(f"cannot call {text}"))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_operators_search_for_stays(text: str) -> None:
    assert logs.redact_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "phone", "Phone", "customer_phone", "email", "e_mail", "password", "new_password", "authorization", "cookie",
        "set_cookie", "token", "refresh_token", "api_key", "code", "reset_code", "otp", "first_name", "full_name",
        "secret", "body", "headers", "args", "ip", "birth_date", "aadhaar", "card_number",
    ],
)  # fmt: skip
def test_a_key_that_names_a_secret_hides_any_value(key: str) -> None:
    assert logs.hide(key, "x") == logs.HIDDEN
    assert logs.hide(key, {"any": "shape"}) == logs.HIDDEN
    assert logs.redact_value({"outer": {key: 5}}) == {"outer": {key: logs.HIDDEN}}


@pytest.mark.parametrize("key", ["program_id", "name", "reaction", "problem", "error", "sql", "encoded", "tokens_used"])
def test_other_keys_keep_their_values(key: str) -> None:
    assert logs.hide(key, "harmless") == "harmless"


def test_postgresql_repeats_no_values() -> None:
    text = 'duplicate key value violates unique constraint "x"\nDETAIL:  Key (name)=(Ana Torres) already exists.'
    assert logs.redact_text(text).splitlines() == [text.splitlines()[0], f"DETAIL: {logs.HIDDEN}"]
    assert logs.redact_value({"when": ids.PLATFORM, "raw": b"abc", "many": {1}}) == {
        "when": str(ids.PLATFORM),
        "raw": "[3 bytes]",
        "many": [1],
    }


@pytest.fixture
def output(settings: Settings) -> Iterator[io.BytesIO]:
    """What is logged, as it would be written to standard output."""
    written = io.BytesIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(msgspec.structs.replace(settings, log_level="info"), written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(output: io.BytesIO) -> list[dict[str, Any]]:
    """Every line, which must be JSON."""
    return [json.loads(line) for line in output.getvalue().splitlines()]


@pytest.mark.meets("W92", "T87", "L96", "L97")
async def test_a_request_is_one_line_with_its_ids_and_nobodys_data(
    output: io.BytesIO, database: Database, settings: Settings, tenant: UUID, table: None
) -> None:
    app = jars.build(database, settings)
    person = ids.new()
    headers = {"Authorization": f"Bearer {jars.token(tenant, person=person)}", "X-Request-Id": "request-7"}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:  # type: ignore[arg-type]
        made = (await client.post("/api/probe/jars", json={"label": "Ana Torres"}, headers=headers)).json()
        await client.get(f"/api/probe/jars/{made['id']}?phone=%2B51987654321", headers=headers)
        await client.get("/api/probe/broken", headers=headers)
        await client.post("/api/probe/sign-in", json={"password": "hunter2"}, headers={"X-Request-Id": "request-8"})
    found = [line for line in lines(output) if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in found] == [
        ("POST", "/api/probe/jars", 201),
        ("GET", "/api/probe/jars/{jar_id}", 200),
        ("GET", "/api/probe/broken", 500),
        ("POST", "/api/probe/sign-in", 401),
    ]
    for line in found[:3]:
        assert line["request_id"] == "request-7"
        assert line["tenant"] == str(tenant)
        assert line["actor"] == str(person)
        assert line["ms"] > 0
        assert line["level"] == "info"
        assert line["timestamp"].endswith("Z")
    assert found[3]["problem"] == "problems.not-signed-in"
    (failure,) = [line for line in lines(output) if line["event"] == "request.failed"]
    assert failure["request_id"] == "request-7"
    assert "ZeroDivisionError" in failure["exception"]
    text = output.getvalue().decode()
    for personal in (
        "9876543",
        "%2B5198",
        "ana@example.com",
        "hunter2",
        "Bearer",
        headers["Authorization"],
        made["label"] + '"',
    ):
        assert personal not in text


def test_libraries_log_through_the_same_filter(output: io.BytesIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="request-9")
    logging.getLogger("some.library").warning("cannot reach %s", "ana@example.com")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("some.library").error("failed", exc_info=ValueError("+51 987 654 321"))
    first, second = lines(output)
    assert first["event"] == "cannot reach [e-mail]"
    assert first["logger"] == "some.library"
    assert first["request_id"] == "request-9"
    assert "[phone]" in second["exception"]
    for written in ("987 654", "987654321"):
        assert written not in output.getvalue().decode()


@pytest.mark.meets("L97")
def test_a_slow_query_is_logged_without_its_arguments(output: io.BytesIO) -> None:
    telemetry.query(0.7, "select *\n  from loyalty_member where phone = $1", slow_ms=500)
    telemetry.query(0.2, "select 1", slow_ms=500)
    (line,) = lines(output)
    assert line["event"] == "query.slow"
    assert line["ms"] == 700
    assert line["sql"] == "select * from loyalty_member where phone = $1"


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select 1", "select"), ("  SELECT 1", "select"), ("insert into x", "insert"), ("with x as (", "with"),
        ("begin; set local", "begin"), ("commit", "commit"), ("update\nx", "update"), ("vacuum", "other"),
    ],
)  # fmt: skip
def test_kinds_of_statements(sql: str, kind: str) -> None:
    assert telemetry.query_type(sql) == kind


@pytest.mark.meets("L97")
def test_jobs_and_outside_calls_are_logged(output: io.BytesIO) -> None:
    telemetry.outside("mail", "ok", 0.0)
    telemetry.job("loyalty.count", 0.25, "done")
    call, job = lines(output)
    assert (call["event"], call["service"], call["outcome"]) == ("outside.call", "mail", "ok")
    assert (job["event"], job["job"], job["outcome"], job["ms"]) == ("job", "loyalty.count", "done", 250)


class Receiver:
    """A collector on this machine that keeps what it is sent."""

    def __init__(self) -> None:
        received: list[tuple[str, bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                received.append((self.path, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.received = received
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver for the length of a test; tracing is off again after it."""
    found = Receiver()
    yield found
    traces.close()
    found.close()


async def test_a_trace_arrives_named_by_route_and_joined_to_the_callers(
    receiver: Receiver, database: Database, settings: Settings, tenant: UUID, table: None
) -> None:
    traced = msgspec.structs.replace(settings, otlp_endpoint=f"http://127.0.0.1:{receiver.port}")
    traces.configure(traced)
    app = jars.build(database, traced)
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = {"Authorization": f"Bearer {jars.token(tenant)}", "traceparent": parent}
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:  # type: ignore[arg-type]
        answer = await client.get(f"/api/probe/jars/{ids.new()}?label=ana@example.com", headers=headers)
        assert answer.status_code == 404
        await client.get("/api/probe/broken")
    traces.close()
    assert not traces.enabled
    spans, resources = [], []
    for path, body in receiver.received:
        assert path == "/v1/traces"
        export = ExportTraceServiceRequest.FromString(body)
        resources += [resource.resource for resource in export.resource_spans]
        spans += [span for resource in export.resource_spans for scope in resource.scope_spans for span in scope.spans]
    (request,) = [span for span in spans if span.name == "GET /api/probe/jars/{jar_id}"]
    assert request.trace_id.hex() == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    attributes = {attribute.key: attribute.value for attribute in request.attributes}
    assert attributes["http.response.status_code"].int_value == 404
    assert attributes["holdfast.request_id"].string_value == answer.headers["x-request-id"]
    below = {span.name for span in spans if span.parent_span_id == request.span_id}
    assert {"postgresql begin", "postgresql select"} <= below
    (broken,) = [span for span in spans if span.name == "GET /api/probe/broken"]
    assert broken.status.code == 2
    assert {attribute.value.string_value for attribute in resources[0].attributes} >= {"holdfast", "test"}
    assert b"ana@example.com" not in b"".join(body for _, body in receiver.received)


@pytest.mark.meets("W91", "T90", "L101")
async def test_an_unexpected_error_reaches_sentry_scrubbed(
    receiver: Receiver, database: Database, settings: Settings, table: None
) -> None:
    reported = msgspec.structs.replace(
        settings, sentry_dsn=f"http://public@127.0.0.1:{receiver.port}/1", sentry_traces=1.0
    )
    traces.configure(reported)
    app = jars.build(database, reported)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://a.test") as client:  # type: ignore[arg-type]
        answer = await client.get("/api/probe/broken?phone=987654321", headers={"Authorization": "Bearer secret-word"})
        await client.get("/api/nothing")
    traces.close()
    items = []
    for path, body in receiver.received:
        assert path == "/api/1/envelope/"
        _, *rest = body.splitlines()
        items += [json.loads(line) for line in rest if line.startswith(b"{")]
    (event,) = [item for item in items if "exception" in item]
    (error,) = event["exception"]["values"]
    assert error["type"] == "ZeroDivisionError"
    assert "[phone]" in error["value"]
    assert "[e-mail]" in error["value"]
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["tags"]["request_id"] == answer.headers["x-request-id"]
    assert event["environment"] == "test"
    # Only what nobody expected is an error; a 404 is a transaction like any other.
    names = {item["transaction"] for item in items if "spans" in item}
    assert names == {"GET /api/probe/broken", "GET unmatched"}
    text = b"".join(body for _, body in receiver.received)
    for personal in (b"987654321", b"987 654", b"ana@example.com", b"secret-word"):
        assert personal not in text


def test_a_tenth_of_the_requests_is_traced_by_default_and_nothing_without_an_address(settings: Settings) -> None:
    assert Settings().sentry_traces == 0.1
    traces.configure(settings)
    assert not traces.enabled
    telemetry.report(ValueError("nobody listens"))


@pytest.mark.meets("W92")
def test_a_process_logs_json_lines_to_standard_output(where: Addresses) -> None:
    program = (
        "import structlog\n"
        "from holdfast.kernel import telemetry\n"
        "from holdfast.kernel.settings import Settings\n"
        "telemetry.configure(Settings(environment='test'))\n"
        "structlog.get_logger().info('started', phone='+51987654321', event_id='01a1fb05', tenant='t')\n"
        "structlog.get_logger().debug('chatter')\n"
        "telemetry.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=Path(__file__).parents[2]
    )
    (line,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert line["event"] == "started"
    assert (line["phone"], line["event_id"], line["tenant"]) == (logs.HIDDEN, "01a1fb05", "t")
    assert done.stderr == b""


def test_people_may_have_coloured_text(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    readable = msgspec.structs.replace(settings, log_format="console", log_level="info")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure(readable, io.BytesIO())
        structlog.get_logger().info("hello", email="ana@example.com")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    shown = capsys.readouterr().out
    assert "hello" in shown
    assert "ana@example.com" not in shown
