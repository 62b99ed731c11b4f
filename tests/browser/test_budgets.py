"""What a visitor must load before a page works, against a budget; sizes are of the bytes that a browser is sent."""

import gzip

import pytest

from holdfast import app
from holdfast.kernel.http import assets, web

pytestmark = pytest.mark.skipif(
    not (app.WEB / "index.html").is_file(), reason="The web application is not built; run `make web`."
)

PUBLIC_BYTES = 60_000
"""The scripts of a page for guests, who come over a telephone network and see it once."""
FIRST_BYTES = 200_000
"""Scripts that the application needs before it can show anything."""
STYLE_BYTES = 40_000
"""Styles that it needs before that."""
LAZY_BYTES = 180_000
"""A part that is loaded when it is first needed."""


def sent(name: str) -> int:
    """The bytes of a built file on their way to a browser of today, which takes brotli; of a bare build, a few more."""
    bodies = web.read(app.WEB)[f"/{name}"].bodies
    return len(bodies.get("br") or gzip.compress(bodies["identity"], 9))


def needed(entry: str, *kinds: str) -> dict[str, int]:
    """What an entry needs before it runs, of those kinds, with the bytes of each."""
    found = {name: sent(name) for name in assets.read(app.WEB).files(entry) if name.endswith(kinds)}
    assert found, f"{entry} is no entry of the build."
    return found


def table(sizes: dict[str, int], budget: int) -> str:
    """The sizes, largest first, beside the budget."""
    rows = [f"{size:>9,}  {name}" for name, size in sorted(sizes.items(), key=lambda row: -row[1])]
    return "\n".join([*rows, f"{sum(sizes.values()):>9,}  in all, of {budget:,}"])


@pytest.mark.meets("I148", "T26")
@pytest.mark.parametrize("entry", ["card.html", "src/public/join.ts"])
def test_a_page_for_guests_loads_at_once(entry: str) -> None:
    scripts = needed(entry, ".js")
    print(table(scripts, PUBLIC_BYTES))
    assert sum(scripts.values()) < PUBLIC_BYTES, f"{entry}:\n{table(scripts, PUBLIC_BYTES)}"


@pytest.mark.meets("I148", "T26")
@pytest.mark.parametrize(("kind", "budget"), [(".js", FIRST_BYTES), (".css", STYLE_BYTES)])
def test_the_application_starts_with_little(kind: str, budget: int) -> None:
    first = needed("index.html", kind)
    print(table(first, budget))
    assert sum(first.values()) < budget, f"The first load:\n{table(first, budget)}"


@pytest.mark.meets("I148", "T26")
def test_no_part_of_the_application_is_heavy() -> None:
    scripts = {
        name.removeprefix("/"): sent(name.removeprefix("/")) for name in web.read(app.WEB) if name.endswith(".js")
    }
    heavy = {name: size for name, size in scripts.items() if name.startswith("assets/") and size > LAZY_BYTES}
    assert len(scripts) > 3
    assert not heavy, f"Load these in parts:\n{table(heavy, LAZY_BYTES)}"
