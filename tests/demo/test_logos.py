"""Logos of the demo: drawn when they are needed, and good enough to be uploaded."""

import io

import pytest
from PIL import Image, ImageColor

from holdfast.demo import logos
from holdfast.demo.cafes import CAFES, Cafe
from holdfast.shared.tenants import brands


@pytest.mark.parametrize("cafe", CAFES, ids=lambda cafe: cafe.slug)
async def test_a_logo_is_a_sign_in_the_accent(cafe: Cafe) -> None:
    drawn = logos.draw(cafe)
    assert logos.draw(cafe) == drawn
    shown = Image.open(io.BytesIO(await brands.drawn(drawn, "image/png")))
    assert shown.size == (512, 512)
    # To its very edge: whoever shows it rounds the corners as they like.
    for place in ((256, 40), (2, 2)):
        assert shown.convert("RGB").getpixel(place) == ImageColor.getrgb(cafe.accent)
    colours = shown.convert("RGB").getcolors(1 << 18)
    assert colours is not None
    paper = sum(count for count, colour in colours if isinstance(colour, tuple) and min(colour) > 220)
    assert paper > 20_000, "There is a mark on it."
