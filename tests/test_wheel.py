"""The wheel: what somebody gets who installs the platform instead of checking it out."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from holdfast import app

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(not (app.WEB / "index.html").is_file(), reason="The web application is not built; run `make web`.")
def test_the_wheel_brings_the_web_application_and_the_migrations(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    for wanted in ("index.html", "card.html", "sw.js", ".vite/manifest.json"):
        assert f"holdfast/web/{wanted}" in names
    # Compressed by the build, so that a server never has to.
    assert any(name.startswith("holdfast/web/assets/") and name.endswith(".js.br") for name in names)
    assert any(name.startswith("holdfast/_migrations/versions/") and name.endswith(".sql") for name in names)
    assert not [name for name in names if "node_modules" in name or ".vite/built-" in name]
