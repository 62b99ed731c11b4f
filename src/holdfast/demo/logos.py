"""Logos for the demo's cafés: a square in the accent with a mark on it, drawn so that no file is needed."""

import io
import math

from PIL import Image, ImageColor, ImageDraw

from holdfast.demo.cafes import Cafe

_SIDE = 512
_FINE = 4
"""Drawn so many times as large and then made smaller, which makes edges smooth."""
_PAPER = (253, 247, 238)


def draw(cafe: Cafe) -> bytes:
    """The café's logo as a PNG."""
    side = _SIDE * _FINE
    accent = ImageColor.getrgb(cafe.accent)
    # To its very edge: whoever shows it rounds the corners as they like.
    image = Image.new("RGBA", (side, side), accent)
    {"sun": _sun, "bean": _bean}[cafe.mark](image, accent[:3])
    out = io.BytesIO()
    image.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _sun(image: Image.Image, _: tuple[int, ...]) -> None:
    """The sun rises over water."""
    side = image.width
    pen = ImageDraw.Draw(image)
    middle, rim = side * 0.5, side * 0.6
    pen.pieslice(_around(middle, rim, side * 0.17), 180, 360, fill=_PAPER)
    for turn in range(7):
        angle = math.pi * (turn + 0.5) / 7
        along, up = math.cos(angle), math.sin(angle)
        near, far = side * 0.225, side * 0.315
        pen.line(
            (middle + along * near, rim - up * near, middle + along * far, rim - up * far),
            fill=_PAPER,
            width=round(side * 0.034),
        )
        for reach in (near, far):
            pen.ellipse(_around(middle + along * reach, rim - up * reach, side * 0.017), fill=_PAPER)
    pen.rounded_rectangle((side * 0.18, side * 0.645, side * 0.82, side * 0.685), radius=side * 0.02, fill=_PAPER)
    pen.rounded_rectangle((side * 0.3, side * 0.73, side * 0.7, side * 0.77), radius=side * 0.02, fill=_PAPER)


def _bean(image: Image.Image, accent: tuple[int, ...]) -> None:
    """A coffee bean, leaning."""
    side = image.width
    layer = Image.new("RGBA", image.size, (*_PAPER, 0))
    pen = ImageDraw.Draw(layer)
    pen.ellipse((side * 0.29, side * 0.17, side * 0.71, side * 0.83), fill=_PAPER)
    # The crease is a wave from end to end, made of dots, since a thick line of many pieces has corners.
    for step in range(601):
        wave = 0.055 * math.sin((step / 600 - 0.5) * 2 * math.pi)
        pen.ellipse(_around(side * (0.5 + wave), side * (0.13 + 0.74 * step / 600), side * 0.0225), fill=accent)
    image.alpha_composite(layer.rotate(-32, Image.Resampling.BICUBIC))


def _around(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return (x - radius, y - radius, x + radius, y + radius)
