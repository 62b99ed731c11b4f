"""Accents: any colour that a business chooses, made safe to read on and beside (WCAG 2.2, 4.5 to 1).

The pages that the server writes follow the same rules as ``web/src/ui/accent.ts``, so that they look alike.
"""

from typing import TypeAlias

import msgspec

Rgb: TypeAlias = tuple[float, float, float]

OWN = "#0d6b62"
"""The platform's own, for a business that has chosen none."""
READABLE = 4.5
_WHITE: Rgb = (255, 255, 255)
_INK: Rgb = (20, 23, 21)
# The least favourable backgrounds that text of the accent's colour stands on.
_LIGHT: Rgb = (237, 234, 228)
_DARK: Rgb = (35, 40, 36)
# The disc of paper that a stamp leaves on a card, where it is darkest.
_STAMPED: Rgb = (239, 232, 218)


class Accent(msgspec.Struct, frozen=True, kw_only=True):
    """Colours as ``#rrggbb``."""

    solid: str
    """For areas."""
    ink: str
    """For what stands on such an area: white, or nearly black."""
    text_light: str
    """For text of the accent's colour on a light page."""
    text_dark: str
    """The same on a dark page."""
    imprint: str
    """For what is stamped on paper."""
    away: str
    """What the colour is mixed with to move away from its ink: black or white."""


def accent(colour: str | None) -> Accent:
    """The colours that follow from a business's accent, ``#rrggbb``."""
    chosen = _parsed(colour or OWN)
    ink = _INK if contrast(chosen, _WHITE) < READABLE <= contrast(chosen, _INK) else _WHITE
    # A colour on which neither can be read is darkened until white can.
    solid = _readable_on(chosen, ink, _INK if ink is _WHITE else _WHITE)
    return Accent(
        solid=_written(solid),
        ink=_written(ink),
        text_light=_written(_readable_on(chosen, _LIGHT, _INK)),
        text_dark=_written(_readable_on(chosen, _DARK, _WHITE)),
        imprint=_written(_readable_on(chosen, _STAMPED, _INK)),
        away="#000000" if ink is _WHITE else "#ffffff",
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast of two colours as WCAG has it, from 1 to 21."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable_on(colour: Rgb, background: Rgb, towards: Rgb) -> Rgb:
    """The colour, moved towards white or ink until it can be read on the background."""
    for step in range(25):
        moved = _mixed(colour, towards, step / 25)
        if contrast(moved, background) >= READABLE:
            return moved
    return towards


def _mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(one, other, strict=True))
    # Written and read again, as it will be shown.
    return float(round(red)), float(round(green)), float(round(blue))


def _parsed(colour: str) -> Rgb:
    value = int(colour[1:], 16)
    return float(value >> 16 & 255), float(value >> 8 & 255), float(value & 255)


def _written(colour: Rgb) -> str:
    return "#" + "".join(f"{round(part):02x}" for part in colour)
