"""Crypto: the vault, signed codes, and secrets of which only hashes are kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.kernel import crypto, ids
from holdfast.kernel.settings import Settings, SettingsError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = Settings(environment="test")
TENANT = ids.new()


@pytest.fixture(autouse=True)
def _own_keys() -> Iterator[None]:
    """Every test starts with the keys of plain settings, and leaves none behind."""
    crypto.use(PLAIN)
    yield
    crypto.use(PLAIN)


@given(plain=st.binary(max_size=200))
def test_the_vault_gives_back_what_it_was_given(plain: bytes) -> None:
    sealed = crypto.encrypt(plain, tenant=TENANT, purpose="bank account")
    assert crypto.decrypt(sealed, tenant=TENANT, purpose="bank account") == plain
    assert len(plain) < 4 or plain not in sealed


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert crypto.encrypt(b"x", tenant=TENANT, purpose="a") != crypto.encrypt(b"x", tenant=TENANT, purpose="a")


def test_a_sealed_value_opens_only_where_it_belongs() -> None:
    sealed = crypto.encrypt(b"secret", tenant=TENANT, purpose="bank account")
    for tenant, purpose in ((ids.new(), "bank account"), (TENANT, "passport")):
        with pytest.raises(crypto.Undecipherable):
            crypto.decrypt(sealed, tenant=tenant, purpose=purpose)


def test_a_changed_value_does_not_open() -> None:
    sealed = crypto.encrypt(b"secret", tenant=TENANT, purpose="p")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(crypto.Undecipherable):
            crypto.decrypt(changed, tenant=TENANT, purpose="p")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01\xff", b"\x02" * 60, b"\x01\x00" + b"\x00" * 28])
def test_nonsense_does_not_open(sealed: bytes) -> None:
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(sealed, tenant=TENANT, purpose="p")


def test_vault_keys_rotate() -> None:
    """The first key encrypts, all decrypt; what was sealed by an old one is sealed anew, and then the old may go."""
    old, new = crypto.new_vault_key(), crypto.new_vault_key()
    crypto.use(msgspec.structs.replace(PLAIN, vault_keys=[old]))
    sealed = crypto.encrypt(b"secret", tenant=TENANT, purpose="p")

    crypto.use(msgspec.structs.replace(PLAIN, vault_keys=[new, old]))
    assert crypto.decrypt(sealed, tenant=TENANT, purpose="p") == b"secret"
    again = crypto.reencrypt(sealed, tenant=TENANT, purpose="p")
    assert again != sealed
    assert crypto.reencrypt(again, tenant=TENANT, purpose="p") == again

    crypto.use(msgspec.structs.replace(PLAIN, vault_keys=[new]))
    assert crypto.decrypt(again, tenant=TENANT, purpose="p") == b"secret"
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(sealed, tenant=TENANT, purpose="p")


def test_without_vault_keys_they_come_from_the_secret_and_rotate_with_it() -> None:
    sealed = crypto.encrypt(b"secret", tenant=TENANT, purpose="p")
    crypto.use(msgspec.structs.replace(PLAIN, secret="s" * 40, previous_secrets=[PLAIN.secret]))
    assert crypto.decrypt(sealed, tenant=TENANT, purpose="p") == b"secret"
    crypto.use(msgspec.structs.replace(PLAIN, secret="s" * 40))
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(sealed, tenant=TENANT, purpose="p")


@pytest.mark.parametrize("keys", [["nocolon"], ["k:short"], ["k:!!!"], [":" + "A" * 43 + "="], ["k:AAAA"]])
def test_malformed_vault_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(SettingsError):
        crypto.use(msgspec.structs.replace(PLAIN, vault_keys=keys))


def test_two_keys_of_one_id_are_refused() -> None:
    key = crypto.new_vault_key()
    with pytest.raises(SettingsError):
        crypto.use(msgspec.structs.replace(PLAIN, vault_keys=[key, key]))


@given(payload=st.binary(max_size=64))
def test_a_signed_code_carries_its_payload(payload: bytes) -> None:
    code = crypto.sign("loyalty.redemption", payload, NOW + timedelta(minutes=2))
    assert crypto.verify("loyalty.redemption", code, NOW) == payload


def test_a_signed_code_ends() -> None:
    code = crypto.sign("p", b"x", NOW + timedelta(minutes=2))
    assert crypto.verify("p", code, NOW + timedelta(minutes=2, milliseconds=-1)) == b"x"
    with pytest.raises(crypto.Expired):
        crypto.verify("p", code, NOW + timedelta(minutes=2))


def test_a_signed_code_is_good_for_one_purpose() -> None:
    code = crypto.sign("invitation", b"x", NOW + timedelta(days=1))
    with pytest.raises(crypto.NotGenuine):
        crypto.verify("reset", code, NOW)


def test_a_changed_code_is_not_genuine() -> None:
    code = crypto.sign("p", b"payload", NOW + timedelta(days=1))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(len(code)):
        changed = code[:place] + letters[(letters.index(code[place]) + 1) % 64] + code[place + 1 :]
        with pytest.raises(crypto.NotGenuine):
            crypto.verify("p", changed, NOW)


@pytest.mark.parametrize("code", ["", "A", "====", "é" * 60, "A" * 5000, "not a code at all", "\x00" * 60])
def test_nonsense_is_not_genuine(code: str) -> None:
    with pytest.raises(crypto.NotGenuine):
        crypto.verify("p", code, NOW)


def test_signing_secrets_rotate() -> None:
    code = crypto.sign("p", b"x", NOW + timedelta(days=1))
    subject = ids.new()
    digits = crypto.numeric_codes("code", subject)[0]
    crypto.use(msgspec.structs.replace(PLAIN, secret="n" * 40, previous_secrets=[PLAIN.secret]))
    assert crypto.verify("p", code, NOW) == b"x"
    assert digits in crypto.numeric_codes("code", subject)[1:]
    crypto.use(msgspec.structs.replace(PLAIN, secret="n" * 40))
    with pytest.raises(crypto.NotGenuine):
        crypto.verify("p", code, NOW)
    assert digits not in crypto.numeric_codes("code", subject)


def test_numeric_codes_are_evenly_spread_digits() -> None:
    codes = [crypto.numeric_codes("code", ids.new())[0] for _ in range(2000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    for place in range(6):
        counts = [sum(code[place] == str(digit) for code in codes) for digit in range(10)]
        # 200 expected of each; a bias that mattered would be far outside of six standard deviations.
        assert all(120 < count < 280 for count in counts)


def test_a_random_token_carries_open_bytes() -> None:
    person = ids.new()
    token = crypto.random_token("hf_", carrying=person.bytes, size=24)
    assert token.startswith("hf_")
    assert crypto.carried(token, prefix="hf_", carrying=16, size=24) == person.bytes
    assert crypto.carried(token, prefix="xx_", carrying=16, size=24) is None
    assert crypto.carried(token[:-1], prefix="hf_", carrying=16, size=24) is None
    assert crypto.carried("hf_ü", prefix="hf_", carrying=16, size=24) is None
    assert len({crypto.random_token() for _ in range(100)}) == 100


def test_secrets_are_compared_as_bytes() -> None:
    assert crypto.same("naïve", "naïve".encode())
    assert not crypto.same("naïve", "naive")
    assert not crypto.same("\ud800", "x")
    assert crypto.digest("x") != crypto.digest("y")
