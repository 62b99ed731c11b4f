"""Settings are typed, documented, and refuse to be unsafe in production."""

from pathlib import Path

import pytest

from holdfast.kernel.settings import SettingsError, read

PRODUCTION = {
    "HOLDFAST_ENVIRONMENT": "production",
    "HOLDFAST_SECRET": "r" * 40,
    "HOLDFAST_PUBLIC_URL": "https://cafe.example",
    "HOLDFAST_VAULT_KEYS": "a:" + "A" * 43 + "=",
    "DATABASE_URL": "postgresql://app@db/holdfast",
    "DATABASE_RELAY_URL": "postgresql://relay@db/holdfast",
}


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "holdfast.toml"
    file.write_text('pool_size = 3\nport = 9000\nallowed_origins = ["https://a.example"]\n')
    settings = read({"HOLDFAST_PORT": "9001"}, file)
    assert (settings.pool_size, settings.port, settings.allowed_origins) == (3, 9001, ["https://a.example"])
    assert read({"HOLDFAST_ALLOWED_ORIGINS": "https://b.example, https://c.example"}, file).allowed_origins == [
        "https://b.example",
        "https://c.example",
    ]


@pytest.mark.parametrize(
    "environ",
    [{"HOLDFAST_PORT": "many"}, {"HOLDFAST_POOL_SIZE": "0"}, {"HOLDFAST_ENVIRONMENT": "prod"}, {"DATABASE_URL": "x"}],
)
def test_malformed_values_are_refused(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read(environ, tmp_path / "none.toml")


def test_unknown_keys_in_the_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "holdfast.toml"
    file.write_text("pool_sise = 3\n")
    with pytest.raises(SettingsError, match="pool_sise"):
        read({}, file)


@pytest.mark.meets("W55", "W57", "I137", "P62")
@pytest.mark.parametrize("missing", ["HOLDFAST_SECRET", "HOLDFAST_PUBLIC_URL", "HOLDFAST_VAULT_KEYS", "DATABASE_URL"])
def test_production_refuses_default_secrets(missing: str, tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    assert read(PRODUCTION, none).secure_cookies
    with pytest.raises(SettingsError):
        read({name: value for name, value in PRODUCTION.items() if name != missing}, none)


def test_the_time_machine_is_for_demo_and_test_only(tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    assert not read(PRODUCTION, none).movable_clock
    assert read({"HOLDFAST_ENVIRONMENT": "demo"}, none).movable_clock
    assert not read({}, none).movable_clock
