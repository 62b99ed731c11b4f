"""The house stays tidy: rules of shape, names and pages that hold for every file.

Rules of the data are in tests/tidy/test_sql.py and tests/tidy/test_tables.py, of the floors in
tests/tidy/test_floors.py, and of routes, reactions and generated pages in tests/tidy/test_app.py.
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests import requirements
from tests.tidy import tracked

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "holdfast"
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_STORY = 90
"""A story is told from its beginning to its end."""
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# Declared by a library, and kept as it declares it.
_SUFFIXES = {".py", ".sql", ".md", ".toml", ".yaml", ".yml", ".json", ".txt", ".mako", ".csv"}
_TOP_FOLDERS = {"src", "tests", "docs", "migrations", "requirements", "deploy", "web", "warehouse", ".ci", ".github"}
_FLOORS = {"kernel", "shared", "systems", "integrations"}


def python_files(*folders: str) -> list[Path]:
    """Every Python file of those folders of the project."""
    return [path for path in tracked.files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


def pages() -> list[Path]:
    """Every page of the documentation."""
    return [path for path in tracked.files() if path.suffix == ".md"]


def name(path: Path) -> str:
    """A file's path inside the project."""
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_file_is_long() -> None:
    long = {
        name(path): lines
        for path in tracked.files()
        if path.suffix in {".py", ".sql"} and (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long, f"Split these by noun, never by layer: {long}"


def test_no_function_is_long() -> None:
    long: dict[str, int] = {}
    for path in python_files("src", "tests", "migrations"):
        for function in functions(ast.parse(path.read_text())):
            # The docstring and the signature are for reading, not for following.
            body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
            story = path.relative_to(ROOT).parts[:2] == ("tests", "stories")
            if lines > (MOST_LINES_OF_A_STORY if story else MOST_LINES_OF_A_FUNCTION):
                long[f"{name(path)}:{function.name}"] = lines
    assert not long, f"Give parts of these a name of their own: {long}"


def test_names_say_what_is_inside() -> None:
    vague = [
        name(path)
        for path in tracked.files()
        if FORBIDDEN_NAMES & {part.removesuffix(path.suffix).lower() for part in path.relative_to(ROOT).parts}
    ]
    assert not vague, f"Name these for the noun that they hold: {vague}"


def _undocumented(path: Path) -> Iterator[str]:
    """What a caller may use and nobody has described."""
    tree = ast.parse(path.read_text())
    if tree.body and not ast.get_docstring(tree):
        yield name(path)

    def walk(body: list[ast.stmt], within: str) -> Iterator[str]:
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from walk(node.body, f"{within}{node.name}.")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
                if not ast.get_docstring(node) and not decorators & {"overload", "override"}:
                    yield f"{name(path)}:{within}{node.name}"

    yield from walk(tree.body, "")


def test_everything_public_is_described() -> None:
    undescribed = [line for path in python_files("src") for line in _undocumented(path)]
    assert not undescribed, f"Say in a docstring what these are for: {undescribed}"


def _mentioned(page: Path) -> Iterator[tuple[str, bool]]:
    """What a page points to: targets of links, and code spans that look like paths of the project."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z][a-z+.-]*:", target) and not target.startswith("#"):
            yield target.partition("#")[0], True
    for span in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", span):
            first = span.split("/")[0]
            known_folder = "/" in span and first in _TOP_FOLDERS | _FLOORS
            if known_folder or ("." in span and Path(span).suffix in _SUFFIXES):
                yield span, False


def _exists(target: str, page: Path) -> bool:
    """Whether a path names something, from the page's folder, the project's root, or the package."""
    places = (page.parent, ROOT, SOURCE) if "/" in target else (page.parent, ROOT, SOURCE, *_folders())
    return any(next(place.glob(target.rstrip("/")), None) is not None for place in places)


def _folders() -> set[Path]:
    return {path.parent for path in tracked.files()}


# Files that a reader makes, and so are named before they exist.
_MADE_BY_THE_READER = {"holdfast.toml"}


def test_pages_name_no_file_that_does_not_exist() -> None:
    lost = [
        f"{name(page)} → {target}"
        for page in pages()
        for target, _ in _mentioned(page)
        if target and Path(target).name not in _MADE_BY_THE_READER and not _exists(target, page)
    ]
    assert not lost, f"These point nowhere: {lost}"


def test_code_names_no_page_that_does_not_exist() -> None:
    lost = [
        f"{name(path)} → {target}"
        for path in [*python_files("src", "tests", "migrations"), ROOT / "Makefile", ROOT / "pyproject.toml"]
        for target in re.findall(r"(?<![/\w])docs/[\w./-]*[\w]", path.read_text())
        if not (ROOT / target).exists() and next(ROOT.glob(f"{target}*"), None) is None
    ]
    assert not lost, f"These point nowhere: {lost}"


@pytest.mark.meets("W57")
def test_no_secret_no_registry_and_no_machine_path() -> None:
    assert not list(tracked.breaches())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "a cloud access key"),
        ("token = 'ghp_" + "a" * 36 + "'", "a service token"),
        ("postgresql://someone:" + "hunter2" + "@db/holdfast", "a password within an address"),
        ("--index-" + "url https://mirror.example/simple", "the address of a package registry"),
        ("see /ho" + "me/ana/holdfast", "a path of one machine"),
    ],
)
def test_the_scan_finds_what_it_looks_for(tmp_path: Path, text: str, rule: str) -> None:
    (tmp_path / "notes.md").write_text(f"One line.\n{text}\n")
    assert f"notes.md:2 holds {rule}" in list(tracked.breaches(tmp_path))


def test_every_requirement_is_listed_once() -> None:
    listed = [requirement.id for requirement in requirements.listed()]
    assert listed == [f"{letter}{n}" for letter, count in requirements.COUNTS.items() for n in range(1, count + 1)]


def test_requirements_say_how_they_are_met() -> None:
    for requirement in requirements.listed():
        assert requirement.kind in {"test", "later", "document", "otherwise"}, requirement
        if requirement.kind == "document":
            assert (ROOT / requirement.how.partition(":")[2].strip()).is_file(), requirement
        if requirement.kind == "otherwise":
            assert len(requirement.how) > len("otherwise: because"), f"{requirement.id} needs its reason"


def test_marks_carry_only_known_ids() -> None:
    known = {requirement.id for requirement in requirements.listed()}
    unknown: list[str] = []
    for path in python_files("tests"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.meets":
                ids = [ast.unparse(argument).strip("'") for argument in node.args]
                unknown += [f"{name(path)}:{node.lineno} {id_}" for id_ in ids if id_ not in known]
    assert not unknown, f"docs/requirements.md does not list these: {unknown}"


def test_decisions_are_numbered_and_complete() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(record.name[:4]) for record in records]
    assert len(records) >= 10
    assert all(after == before + 1 for before, after in pairwise([0, *numbers]))
    for record in records:
        text = record.read_text()
        assert text.startswith(f"# {record.name[:4]} "), record.name
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Alternatives", "Decision", "The number", "Consequences"], record.name
        assert re.search(r"\d", text.partition("## The number")[2].partition("## ")[0]), record.name


def test_the_lock_is_hashed_and_names_no_registry() -> None:
    for lock in ("runtime.txt", "dev.txt", "uv.txt"):
        text = (ROOT / "requirements" / lock).read_text()
        packages = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
        assert packages, lock
        assert len(packages) == len(re.findall(r"^[a-z0-9][^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)), lock
        assert "://" not in text, lock


def test_the_lock_holds_what_the_project_declares() -> None:
    import tomllib

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*declared["project"]["dependencies"], *declared["dependency-groups"]["dev"]]
    locked = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    missing = {re.split(r"[\[>=<;! ]", line)[0].lower().replace("_", "-") for line in wanted} - set(locked)
    assert not missing, f"Run `make lock`: {missing}"
