"""Signatures: genuine messages pass, everything else is refused in the same way, and nothing that is sent can fail."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kernel import signatures
from holdfast.kernel.inbox import TooOld, Unverified, Verifier
from holdfast.kernel.problems import Invalid
from holdfast.kernel.signatures import PlainHex, StandardWebhooks, TimedHex

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OLD, NEW = b"an old secret of the provider", b"the secret that replaces it"
BODY = '{"id": "evt_1", "name": "Zoë"}'.encode()

STANDARD = StandardWebhooks()
TIMED = TimedHex("Timed-Signature", id_of=signatures.id_in_body("id"))
PLAIN = PlainHex("X-Plain-Signature", id_of=signatures.id_in_header("X-Plain-Id"))

SIGNED: list[tuple[Verifier, dict[str, str]]] = [
    (STANDARD, STANDARD.sign(OLD, BODY, message_id="evt_1", at=NOW)),
    (TIMED, TIMED.sign(OLD, BODY, at=NOW)),
    (PLAIN, {**PLAIN.sign(OLD, BODY), "x-plain-id": "evt_1"}),
]
schemes = pytest.mark.parametrize(("scheme", "headers"), SIGNED, ids=["standard", "timed", "plain"])


@pytest.mark.meets("W61")
@schemes
def test_a_genuine_message_passes_also_while_secrets_change(scheme: Verifier, headers: dict[str, str]) -> None:
    assert scheme.verify(headers, BODY, secrets=[OLD], now=NOW) == "evt_1"
    assert scheme.verify(headers, BODY, secrets=[NEW, OLD], now=NOW) == "evt_1"


@schemes
def test_another_body_secret_or_none_is_refused(scheme: Verifier, headers: dict[str, str]) -> None:
    for body, secrets in ((BODY + b" ", [OLD]), (BODY, [NEW]), (BODY, []), (b"", [OLD])):
        with pytest.raises(Unverified):
            scheme.verify(headers, body, secrets=secrets, now=NOW)


@schemes
def test_every_part_of_the_signature_counts(scheme: Verifier, headers: dict[str, str]) -> None:
    for name in scheme.headers:
        genuine = headers[name]
        for wrong in {"", "é", "\x00", genuine[:-1], genuine + "0", genuine.swapcase()} - {genuine}:
            with pytest.raises(Unverified):
                scheme.verify({**headers, name: wrong}, BODY, secrets=[OLD], now=NOW)


@given(value=st.text(max_size=80), body=st.binary(max_size=40))
def test_nothing_that_is_sent_can_fail_the_verification(value: str, body: bytes) -> None:
    for scheme, headers in SIGNED:
        for name in scheme.headers:
            with pytest.raises(Unverified):
                scheme.verify({**headers, name: value}, body, secrets=[OLD], now=NOW)


@pytest.mark.parametrize("seconds", [-100_000, -301, 301, 100_000])
@pytest.mark.parametrize(("scheme", "headers"), SIGNED[:2], ids=["standard", "timed"])
def test_a_message_from_another_time_is_refused(scheme: Verifier, headers: dict[str, str], seconds: int) -> None:
    with pytest.raises(TooOld):
        scheme.verify(headers, BODY, secrets=[OLD], now=NOW + timedelta(seconds=seconds))
    within = 299 if seconds > 0 else -299
    assert scheme.verify(headers, BODY, secrets=[OLD], now=NOW + timedelta(seconds=within)) == "evt_1"


def test_a_timestamp_of_now_does_not_save_an_old_signature() -> None:
    old = TIMED.sign(OLD, BODY, at=NOW - timedelta(hours=1))["timed-signature"]
    for forged in (f"t={int(NOW.timestamp())},{old}", f"{old},t={int(NOW.timestamp())}"):
        with pytest.raises(Unverified):
            TIMED.verify({"timed-signature": forged}, BODY, secrets=[OLD], now=NOW)


def test_several_signatures_and_only_the_known_version() -> None:
    headers = STANDARD.sign(OLD, BODY, message_id="evt_1", at=NOW)
    genuine = headers["webhook-signature"]
    for shown in (f"v1,AAAA {genuine}", f"v1a,xxx {genuine} v2,yyy"):
        assert STANDARD.verify({**headers, "webhook-signature": shown}, BODY, secrets=[OLD], now=NOW) == "evt_1"
    for version in ("v0", "v2", "v11", "V1", ""):
        relabelled = {**headers, "webhook-signature": genuine.replace("v1", version)}
        with pytest.raises(Unverified):
            STANDARD.verify(relabelled, BODY, secrets=[OLD], now=NOW)


def test_published_examples() -> None:
    """Signatures that others have published for their own schemes."""
    svix = StandardWebhooks("svix")
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = signatures.secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    then = datetime.fromtimestamp(1614265330, UTC)
    assert svix.verify(headers, b'{"test": 2432232314}', secrets=[secret], now=then) == headers["svix-id"]
    hub = PlainHex("X-Hub-Signature-256", prefix="sha256=", id_of=signatures.id_in_header("X-GitHub-Delivery"))
    shown = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    received = {"x-hub-signature-256": shown, "x-github-delivery": "7"}
    assert hub.verify(received, b"Hello, World!", secrets=[b"It's a Secret to Everybody"], now=NOW) == "7"


def test_the_timed_scheme_as_its_inventor_describes_it() -> None:
    stamp = str(int(NOW.timestamp()))
    signature = hmac.new(OLD, stamp.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    headers = {"timed-signature": f"t={stamp},v1={signature},v0=6ffbb59b2300aae63f272406069a9788"}
    assert TIMED.verify(headers, BODY, secrets=[OLD], now=NOW) == "evt_1"


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_short", "whsec_" + "é" * 40, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_what_is_no_secret(text: str) -> None:
    with pytest.raises(Invalid):
        signatures.secret_of(text)


def test_ids_are_where_the_provider_puts_them() -> None:
    assert signatures.id_in_body("data", "id")({}, b'{"data": {"id": "7"}}') == "7"
    for body in (b"[]", b'{"data": 1}', b'{"data": {"id": 7}}'):
        assert signatures.id_in_body("data", "id")({}, body) == ""
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(Invalid):
            signatures.id_in_body("id")({}, body)
    assert signatures.id_in_header("X-Id")({}, b"") == ""
