"""Rules of the whole application: who may use each route, that everything declared is mounted, that pages are fresh."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from litestar.handlers import BaseRouteHandler

from holdfast import app
from holdfast.kernel import auth
from tests.tidy import generated

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
_ROUTES = {"get", "post", "put", "patch", "delete", "head", "route"}
_JOBS = {"on", "every", "cron"}


def handlers() -> dict[str, BaseRouteHandler]:
    """Every handler of the application by method and path, except what the framework adds by itself."""
    found: dict[str, BaseRouteHandler] = {}
    for route in generated.application().routes:
        declared = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in declared:
            if handler is None or not handler.fn.__module__.startswith("holdfast."):
                continue
            methods = sorted(getattr(handler, "http_methods", ()))
            for method in methods or ["ASGI"]:
                found[f"{method} {route.path}"] = handler
    return found


def declared(words: set[str], file: str | None = None) -> Iterator[str]:
    """Functions of the source that carry one of those decorators, as ``module:function``."""
    for path in sorted((SOURCE / "holdfast").rglob("*.py")):
        if file is not None and path.name != file and path.parent.name != file.removesuffix(".py"):
            continue
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    called = decorator.func if isinstance(decorator, ast.Call) else decorator
                    if ast.unparse(called).split(".")[-1] in words and not ast.unparse(called).startswith("self."):
                        yield f"{module}:{node.name}"


def test_every_route_says_who_may_use_it() -> None:
    found = handlers()
    assert len(found) > 20
    for name, handler in found.items():
        said = [key for key in ("grant", "signed_in", "public") if handler.opt.get(key)]
        assert len(said) == 1, f"{name} must declare exactly one of grant, signed_in and public; it has {said}."
        if said == ["grant"]:
            named = handler.opt["grant"]
            for grant in (named,) if isinstance(named, str) else named:
                assert auth.known(grant), f"{name} asks for {grant}, which no noun declares."


def test_every_address_is_under_the_api() -> None:
    # A poster's address is typed by hand when its code cannot be read, so it is short; the sandbox plays somebody else.
    outside = {"/metrics", "/health", "/favicon.ico", "/.well-known", "/docs", "/join", "/sandbox"}
    for name in handlers():
        path = name.split(" ", 1)[1]
        assert path.startswith("/api/") or any(path.startswith(prefix) for prefix in outside), name


def test_every_route_is_mounted() -> None:
    written = set(declared(_ROUTES, file="api.py"))
    mounted = {f"{handler.fn.__module__}:{handler.fn.__name__}" for handler in handlers().values()}
    assert written, "No api.py declares a route."
    assert written <= mounted, f"holdfast.app does not mount these: {sorted(written - mounted)}"


def test_every_reaction_is_mounted() -> None:
    # In a process of its own, because a test that imports a module has thereby mounted it.
    program = (
        "from holdfast import app\n"
        "for job in [*app.registry.reactions.values(), *app.registry.schedules.values()]:\n"
        "    print(f'{job.run.__module__}:{job.run.__name__}')"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    written = set(declared(_JOBS))
    assert written, "Nothing declares a reaction."
    assert written <= set(told.stdout.split()), f"Not mounted: {sorted(written - set(told.stdout.split()))}"
    assert set(app.registry.reactions).isdisjoint(app.registry.schedules)


@pytest.mark.parametrize("page", ["docs/settings.md", "docs/problems.md", "docs/grants.md", "docs/openapi.json"])
@pytest.mark.meets("T9")
def test_generated_pages_are_fresh(page: str) -> None:
    assert (ROOT / page).read_text() == generated.pages()[page], "Run `make docs`."


def test_every_problem_says_a_sentence() -> None:
    generated.import_everything()
    for cls in generated.problem_classes():
        assert cls.__dict__.get("__doc__"), f"{cls.code()} needs its sentence as docstring."
        assert cls.title().endswith((".", "!", "?")), f"{cls.code()}: {cls.title()}"
        assert 400 <= cls.status <= 599, cls.code()


def test_the_openapi_document_is_whole() -> None:
    document = msgspec.json.decode((ROOT / "docs" / "openapi.json").read_bytes())
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations if isinstance(operation, dict)]
    assert len(names) == len(set(names)), "Two operations share a name."
