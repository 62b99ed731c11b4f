"""Which requirements are met: the page docs/requirements.md against the marks of the collected tests.

``python -m tests.requirements`` prints, per system, what tests show, what documents meet, what is deliberately met in
another way, and what is missing. A requirement that should be shown and is not makes the command fail.
"""

import contextlib
import io
import re
import sys
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "requirements.md"
SYSTEMS = {"W": "Warranty", "I": "Livestock", "T": "Telecom", "P": "Parking", "L": "Loyalty"}
COUNTS = {"W": 102, "I": 149, "T": 101, "P": 79, "L": 124}
_ROW = re.compile(r"^\| (?P<id>[WITPL]\d+) \| (?P<text>[^|]+) \|(?: (?P<how>[^|]+))? \|$", re.MULTILINE)


class Requirement(msgspec.Struct, frozen=True):
    """One line of the page."""

    id: str
    text: str
    how: str
    """Empty where a test has to show it; else ``later``, ``document: …`` or ``otherwise: …``."""

    @property
    def kind(self) -> str:
        """``test``, ``later``, ``document`` or ``otherwise``."""
        return self.how.partition(":")[0] or "test"


def listed() -> list[Requirement]:
    """Every requirement of the page, in its order."""
    text = PAGE.read_text()
    return [Requirement(row["id"], row["text"], (row["how"] or "").strip()) for row in _ROW.finditer(text)]


class Collector:
    """A pytest plugin that notes which collected tests carry which ids."""

    def __init__(self) -> None:
        self.shown: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks of everything collected that is not skipped."""
        for item in session.items:
            if item.get_closest_marker("skip") is None:
                for mark in item.iter_markers("meets"):
                    for requirement in mark.args:
                        self.shown[requirement].add(item.nodeid.partition("[")[0])


def shown() -> dict[str, set[str]]:
    """The tests by the id that they show to be met.

    Raises:
        SystemExit: the tests cannot be collected.
    """
    collector = Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", str(ROOT / "tests")], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise SystemExit(f"{said.getvalue()}\nThe tests cannot be collected.")
    return dict(collector.shown)


def _ids(requirements: list[Requirement]) -> str:
    """Ids with runs shortened: ``W46-W49, W52``."""
    runs: list[tuple[int, int]] = []
    for number in sorted(int(requirement.id[1:]) for requirement in requirements):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    letter = requirements[0].id[0] if requirements else ""
    return ", ".join(f"{letter}{first}" if first == last else f"{letter}{first}-{letter}{last}" for first, last in runs)


def main(verbose: bool) -> int:
    """Print the state of every requirement; gives the number of those that a test should show and none does."""
    by_test = shown()
    everything = listed()
    unknown = sorted(set(by_test) - {requirement.id for requirement in everything})
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table("", "of", "by tests", "by documents", "otherwise", "not shown", "later", title="Requirements met")
    details: list[str] = []
    missing_in_all = 0
    for letter, system in SYSTEMS.items():
        groups: defaultdict[str, list[Requirement]] = defaultdict(list)
        for requirement in everything:
            if requirement.id[0] == letter:
                tested = requirement.id in by_test and requirement.kind in ("test", "later")
                groups["shown" if tested else requirement.kind].append(requirement)
        kinds = ("shown", "document", "otherwise", "test", "later")
        table.add_row(system, str(COUNTS[letter]), *(str(len(groups[kind])) for kind in kinds))
        missing_in_all += len(groups["test"])
        details.append(f"\n[bold]{system}[/bold]")
        details.append(f"  by tests   {_ids(groups['shown']) or 'none'}")
        if verbose:
            for requirement in groups["shown"]:
                details.append(f"    {requirement.id:5} {requirement.text}")
                details += [f"          {test}" for test in sorted(by_test[requirement.id])]
        details += [f"  document   {found.id:5} {found.how.partition(':')[2].strip()}" for found in groups["document"]]
        details += [f"  otherwise  {found.id:5} {found.how.partition(':')[2].strip()}" for found in groups["otherwise"]]
        details += [f"  [red]not shown[/red]  {missing.id:5} {missing.text}" for missing in groups["test"]]
    for line in details:
        console.print(line, highlight=False, soft_wrap=True)
    console.print()
    console.print(table)
    for requirement_id in unknown:
        console.print(
            f"[red]{requirement_id} is marked by {', '.join(by_test[requirement_id])} and is not listed.[/red]"
        )
    return missing_in_all + len(unknown)


if __name__ == "__main__":
    raise SystemExit(1 if main("--verbose" in sys.argv) else 0)
