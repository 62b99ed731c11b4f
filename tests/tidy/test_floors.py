"""The floors hold: the five import contracts are kept, and each of them can be broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(root: Path, *contracts: str) -> tuple[int, str]:
    """The verdict of import-linter on a copy of the source, by all contracts or only those, and what it printed."""
    finished = subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--config",
            ROOT / "pyproject.toml",
            "--no-cache",
            "--no-logo",
            *(f"--contract={contract}" for contract in contracts),
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the source, to plant a breach in."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.meets("T7", "T8", "L3")
def test_the_contracts_are_kept(copy: Path) -> None:
    code, said = lint(copy)
    assert code == 0, said
    assert "5 kept, 0 broken" in said


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("floors", "kernel/clock.py", "from holdfast.systems import loyalty"),
        ("floors", "attic.py", "ROOF = True"),
        ("systems", "systems/parking/__init__.py", "from holdfast.systems.loyalty import programs"),
        (
            "doors",
            "systems/loyalty/programs.py",
            "from holdfast.systems.loyalty import api",
        ),
        ("framework", "systems/loyalty/programs.py", "import litestar"),
        ("cycles", "kernel/clock.py", "from holdfast.kernel import tx"),
    ],
)
def test_a_breach_is_found(copy: Path, contract: str, file: str, line: str) -> None:
    planted = copy / "src" / "holdfast" / file
    planted.parent.mkdir(exist_ok=True)
    before = planted.read_text() if planted.exists() else '"""Planted."""\n'
    planted.write_text(f"{before}\n{line}\n")
    code, said = lint(copy, contract)
    assert code == 1, said
    assert "0 kept, 1 broken" in said
