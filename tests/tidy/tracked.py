"""What no file of the project may hold: secrets, addresses of package registries, paths of somebody's machine.

``python -m tests.tidy.tracked`` scans alone, as the pre-commit hook does.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_IGNORED = {".git", ".venv", ".venv-peers", ".var", "__pycache__", "node_modules", "dist"} | {
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
}
_BINARY = {".png", ".jpg", ".webp", ".ico", ".woff2", ".gz", ".zip", ".pdf"}
# Written in pieces, so that this file does not match itself.
RULES: dict[str, re.Pattern[str]] = {
    "the address of a package registry": re.compile(
        r"(?i)\b(pypi\.(org|io)|python" + r"hosted\.org|registry\.npm" + r"js|npm" + r"js\.(org|com)/|registry\.yarn"
        r"|docker\.(io|com)|gh"
        + r"cr\.io|quay\.io|crates\.io|proxy\.golang)|--(extra-)?index-url[ =]\S|--find-links[ =]\S"
    ),
    "a path of one machine": re.compile(
        # A person's own pages are at /home as well.
        r"(?<![\w.$}/:>])/(home(?!/money)|Users|root|work|opt)/[\w.]|[A-Z]:\\Users\\"
    ),
    "a file address": re.compile(r"file:" + r"//[/\w]"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE " + r"KEY-----"),
    "a cloud access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a service token": re.compile(
        r"\b(gh[pousr]_[A-Za-z0-9]{36}|sk_live_\w{16,}|rk_live_\w{16,}|xox[abprs]-[\w-]{10,}|AIza[\w-]{35}|glpat-[\w-]{20})"
    ),
    "a password within an address": re.compile(r"\b[a-z+]+://[^\s:/@'\"`{}<>$]+:[^\s:/@'\"`{}<>$…*]+@[\w.-]+"),
}


def files(root: Path = ROOT) -> list[Path]:
    """Every file that belongs to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [root / name for name in listed.stdout.split("\0") if name]
    else:
        found = [path for path in root.rglob("*") if not _IGNORED & set(path.relative_to(root).parts)]
    return sorted(path for path in found if path.is_file() and path.suffix not in _BINARY)


def breaches(root: Path = ROOT) -> Iterator[str]:
    """What was found, one line each: where, and what it is; the secret itself is not repeated."""
    for path in files(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(errors="replace")
        for rule, pattern in RULES.items():
            for found in pattern.finditer(text):
                yield f"{name}:{text.count(chr(10), 0, found.start()) + 1} holds {rule}"


if __name__ == "__main__":
    lines = list(breaches())
    print("\n".join(lines), end="\n" if lines else "")
    raise SystemExit(1 if lines else 0)
