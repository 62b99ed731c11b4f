"""The pages that are made from the code. ``python -m tests.tidy.generated`` writes them; a test compares them.

Settings, problems and grants are Markdown; docs/openapi.json is the API's document, from which clients are made.
"""

import pkgutil
import re
import sys
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

import holdfast
from holdfast import app
from holdfast.kernel import auth, http, settings
from holdfast.kernel.database import Addresses, Database
from holdfast.kernel.problems import Problem

ROOT = Path(__file__).parents[2]
NOWHERE = "postgresql://nobody@/nowhere"
_MARK = "This page is made from the code by `make docs`."


def application() -> http.Application:
    """The platform's application, with a database that nobody has opened."""
    where = Addresses(app=NOWHERE, direct=NOWHERE, owner=None, relay=NOWHERE, replica=NOWHERE)
    read = settings.Settings(environment="test")
    return app.application(Database(where, read), read)


def import_everything() -> None:
    """Import every module, so that whatever declares itself has done so."""
    for module in pkgutil.walk_packages(holdfast.__path__, "holdfast."):
        __import__(module.name)


def _kind(hint: Any) -> tuple[str, str]:
    """What a key takes, in words, and what it is for."""
    meta = next(part for part in get_args(hint)[1:] if isinstance(part, msgspec.Meta))
    plain = get_args(hint)[0]
    words = (
        re.sub(r"Literal\[(.*)\]", r"\1", str(plain).replace("typing.", "")) if get_origin(plain) else plain.__name__
    )
    for word, better in (("str", "text"), ("int", "whole number"), ("float", "number"), (" | None", ""), ("'", "")):
        words = words.replace(word, better)
    limits = [
        f"{sign} {value:g}"
        for sign, value in (("at least", meta.ge), ("more than", meta.gt), ("at most", meta.le))
        if value is not None
    ]
    if meta.min_length is not None:
        limits.append(f"at least {meta.min_length} characters")
    return ", ".join([words.replace("list[text]", "list, separated by commas"), *limits]), meta.description or ""


def settings_page() -> str:
    """Every key of the configuration."""
    hints = get_type_hints(settings.Settings, include_extras=True)
    lines = [
        "# Settings",
        "",
        "A key is read from `holdfast.toml` under its name, and from the environment as `HOLDFAST_` and its name in",
        "capitals; the environment wins. Addresses of databases and of Sentry are also read under the names that",
        "platforms set, such as `DATABASE_URL`. `holdfast settings` prints the values in force.",
        "",
        _MARK,
        "",
        "| key | takes | default | what it is for |",
        "|---|---|---|---|",
    ]
    for field in msgspec.structs.fields(settings.Settings):
        kind, description = _kind(hints[field.name])
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        shown = "none" if default is None else f"`{default}`" if default not in ([], "") else "empty"
        lines.append(f"| `{field.name}` | {kind} | {shown} | {description} |")
    return "\n".join(lines) + "\n"


def problem_classes() -> list[type[Problem]]:
    """Every problem that the platform can answer with, by its code."""
    found: dict[str, type[Problem]] = {}
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.startswith("holdfast."):
                found[cls.code()] = cls
    return [found[code] for code in sorted(found)]


def problems_page() -> str:
    """Every problem with its code, its status and its sentence."""
    lines = [
        "# Problems",
        "",
        "An unsuccessful answer is `application/problem+json` (RFC 9457): `code` is for programs and never changes,",
        "`title` is the sentence below, `detail` says what happened this time.",
        "",
        _MARK,
        "",
        "| code | status | what the user reads |",
        "|---|---|---|",
    ]
    lines += [f"| `{cls.code()}` | {cls.status} | {cls.title()} |" for cls in problem_classes()]
    return "\n".join(lines) + "\n"


def openapi_document() -> str:
    """The OpenAPI document, in a form whose differences can be read."""
    document = msgspec.json.encode(app.openapi_document(), order="sorted")
    return msgspec.json.format(document, indent=2).decode() + "\n"


def pages() -> dict[str, str]:
    """Every generated file with what it must hold."""
    import_everything()
    return {
        "docs/settings.md": settings_page(),
        "docs/problems.md": problems_page(),
        "docs/grants.md": auth.document(),
        "docs/openapi.json": openapi_document(),
    }


def write(only: list[str]) -> None:
    """Write the generated files, or only those named."""
    for name, text in pages().items():
        if not only or name in only:
            (ROOT / name).write_text(text)


if __name__ == "__main__":
    write(sys.argv[1:])
