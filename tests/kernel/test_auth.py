"""Auth: grants and roles, and the tokens that say who is asking."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import msgspec
import pytest

from holdfast.kernel import auth, clock, crypto, ids
from holdfast.kernel.problems import NotSignedIn
from holdfast.kernel.settings import Settings
from holdfast.kernel.tx import PLATFORM, Actor
from holdfast.shared.people import memberships
from holdfast.shared.sessions import api_keys
from holdfast.shared.tenants import tenants

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(environment="test")
# Importing these declares the grants that the table is compared by.
DECLARING = (api_keys, memberships, tenants)


@pytest.fixture(autouse=True)
def _own_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests declare grants and change keys, and leave neither behind."""
    monkeypatch.setattr(auth, "GRANTS", dict(auth.GRANTS))
    crypto.use(SETTINGS)
    yield
    crypto.use(SETTINGS)


@pytest.mark.meets("W47", "P55")
def test_a_role_is_a_set_of_grants() -> None:
    auth.grant("probe.open", "Open", roles=("owner", "staff@site", "customer@own"))
    auth.grant("probe.close", "Close", roles=("owner",))
    assert {"probe.open", "probe.close"} <= auth.of_role("owner")
    assert "probe.open@site" in auth.of_role("staff")
    assert "probe.open" not in auth.of_role("staff")
    assert "probe.open@own" in auth.of_role("customer")
    assert auth.of_role("nobody we know") == frozenset()


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("Probe.Open", ()),
        ("probe", ()),
        ("probe.x@elsewhere", ()),
        ("probe.x", ("king",)),
        ("probe.x", ("staff@",)),
        ("probe.x", ("staff@moon",)),
        ("probe.x@own", ("staff@site",)),
    ],
)
def test_a_malformed_grant_is_refused(name: str, roles: tuple[str, ...]) -> None:
    with pytest.raises(TypeError):
        auth.grant(name, "…", roles=roles)


def test_a_grant_is_declared_once() -> None:
    auth.grant("probe.open", "Open", roles=("owner",))
    auth.grant("probe.open", "Open", roles=("owner",))
    with pytest.raises(TypeError):
        auth.grant("probe.open", "Open", roles=("owner", "staff"))


def test_nobody_gives_what_they_do_not_hold() -> None:
    actor = Actor(kind="person", grants=frozenset({"probe.open", "probe.close@site"}))
    auth.must_hold(actor, ["probe.open", "probe.open@own", "probe.close@site"])
    for more in ("probe.close", "probe.close@own", "probe.other"):
        with pytest.raises(auth.MoreThanYouHold) as raised:
            auth.must_hold(actor, ["probe.open", more])
        assert raised.value.extra["grants"] == [more]
    auth.must_hold(PLATFORM, ["probe.other"])


@pytest.mark.parametrize(
    ("held", "limits", "left"),
    [
        ({"a.b", "c.d"}, {"a.b"}, {"a.b"}),
        ({"a.b"}, {"a.b@own"}, {"a.b@own"}),
        ({"a.b@own"}, {"a.b"}, {"a.b@own"}),
        ({"a.b@own"}, {"a.b@site"}, set()),
        ({"a.b"}, {"c.d"}, set()),
        (set(), {"a.b"}, set()),
    ],
)
def test_a_key_never_does_more_than_its_person_or_its_scopes(held: set[str], limits: set[str], left: set[str]) -> None:
    assert auth.narrowed(held, limits) == left


@pytest.mark.meets("P55", "W47")
def test_the_table_of_grants_is_the_code() -> None:
    """docs/grants.md has a row for every grant of these rooms, saying what the code says; test_app compares it all."""
    committed = (ROOT / "docs" / "grants.md").read_text().splitlines()
    rows = [
        line for line in auth.document().splitlines() if line.startswith(("| `people.", "| `tenants.", "| `sessions."))
    ]
    assert len(rows) >= len(DECLARING)
    assert set(rows) <= set(committed)


def _token(**changes: Any) -> str:
    return auth.issue(
        SETTINGS,
        person=changes.get("person", ids.new()),
        session=changes.get("session", ids.new()),
        tenant=changes.get("tenant", ids.new()),
        now=changes.get("now", clock.now()),
    )


@pytest.mark.meets("T73", "L85", "P54", "W46")
def test_an_access_token_says_who_asks_for_fifteen_minutes() -> None:
    person, session, tenant = ids.new(), ids.new(), ids.new()
    claims = auth.read(SETTINGS, _token(person=person, session=session, tenant=tenant))
    assert (claims.person, claims.session, claims.tenant) == (person, session, tenant)
    assert timedelta(minutes=15) <= claims.expires_at - claims.issued_at <= timedelta(minutes=15, seconds=10)


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(NotSignedIn, match="expired"):
        auth.read(SETTINGS, _token(now=clock.now() - timedelta(minutes=16)))


def _forged(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    def part(value: dict[str, Any]) -> bytes:
        return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=")

    signed = part(header) + b"." + part(claims)
    signature = base64.urlsafe_b64encode(hmac.new(key, signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + (signature if key else b"")).decode()


def test_only_our_algorithm_key_issuer_and_audience_count() -> None:
    good = _token()
    claims = jwt.decode(good, options={"verify_signature": False})
    kid, key = next(iter(crypto.ring().signing("access-token").items()))
    header = {"alg": "HS256", "typ": "JWT", "kid": kid.hex()}
    assert auth.read(SETTINGS, _forged(header, claims, key)).person == UUID(claims["sub"])
    refused = [
        _forged({**header, "alg": "none"}, claims, b""),
        _forged({**header, "alg": "HS512"}, claims, key),
        _forged({**header, "kid": "00000000"}, claims, key),
        _forged({"alg": "HS256"}, claims, key),
        _forged({**header, "kid": "zz"}, claims, key),
        _forged(header, claims, b"another key that is long enough."),
        _forged(header, {**claims, "iss": "https://elsewhere.example"}, key),
        _forged(header, {**claims, "aud": "another"}, key),
        _forged(header, {**claims, "sub": "not an id"}, key),
        _forged(header, {**claims, "exp": "soon"}, key),
        _forged(header, {**claims, "exp": 10**400}, key),
        _forged(header, {name: value for name, value in claims.items() if name != "exp"}, key),
        _forged(header, {name: value for name, value in claims.items() if name != "sid"}, key),
        good[:-4],
        "a.b.c",
        "",
        "\x00",
        "é.é.é",
    ]
    for token in refused:
        with pytest.raises(NotSignedIn):
            auth.read(SETTINGS, token)


def test_the_signing_secret_rotates() -> None:
    token = _token()
    crypto.use(msgspec.structs.replace(SETTINGS, secret="n" * 40, previous_secrets=[SETTINGS.secret]))
    assert auth.read(SETTINGS, token)
    assert auth.read(SETTINGS, _token())
    crypto.use(msgspec.structs.replace(SETTINGS, secret="n" * 40))
    with pytest.raises(NotSignedIn):
        auth.read(SETTINGS, token)
