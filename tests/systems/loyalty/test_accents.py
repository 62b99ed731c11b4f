"""Accents: whatever colour a business chooses, what stands on it and in it can be read."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from holdfast.systems.loyalty import accents
from tests.conftest import ROOT

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def rgb(colour: str) -> tuple[float, float, float]:
    """A colour's parts."""
    assert re.fullmatch("#[0-9a-f]{6}", colour), colour
    return tuple(float(int(colour[at : at + 2], 16)) for at in (1, 3, 5))  # type: ignore[return-value]


def test_contrast_is_what_wcag_says() -> None:
    assert accents.contrast((0, 0, 0), (255, 255, 255)) == 21
    assert accents.contrast((255, 255, 255), (255, 255, 255)) == 1
    assert round(accents.contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48


@given(COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffe45c")
@example("#777777")
@example("#0d6b62")
def test_any_colour_can_be_read(colour: str) -> None:
    found = accents.accent(colour)
    for one, other in (
        (found.solid, found.ink),
        (found.text_light, "#edeae4"),
        (found.text_dark, "#232824"),
        (found.imprint, "#efe8da"),
    ):
        assert accents.contrast(rgb(one), rgb(other)) >= 4.5, (found, one, other)
    assert found.ink in ("#ffffff", "#141715")
    assert (found.away == "#000000") == (found.ink == "#ffffff")


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    assert accents.accent("#7a3b1d").solid == "#7a3b1d"
    assert accents.accent("#ffe45c").solid == "#ffe45c"


def test_without_one_it_is_the_platforms_own() -> None:
    tokens = (ROOT / "web" / "src" / "ui" / "tokens.css").read_text()
    assert f"--hf-accent: {accents.OWN};" in tokens
    assert accents.accent(None) == accents.accent(accents.OWN)
