"""Derivations: why a figure is what it is, kept beside the figure and computed again whenever somebody asks.

An amount is worked out by a *rule*: a pure function with a name and a version. What it was given, what it gave and how
it was rounded are stored with the amount, so that years later the same rule of the same version, given the same inputs,
gives the same figure to the last minor unit. A rule is never edited: a change is a new version beside the old one.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

Value: TypeAlias = str | int | bool | list["Value"] | dict[str, "Value"] | None
"""What goes into a rule: whole numbers and text (a date, a fraction as ``"17/31"``), never a float."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the working, for people."""

    label: str
    """A key of the catalogue of the web application, such as ``derivation.days``."""
    value: Any
    """A ``Value``; no type that refers to itself can be read back from what is stored."""
    detail: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a figure rests on."""

    kind: str
    """Such as ``billing.price``."""
    id: str
    label: str | None = None


class Derivation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a figure is what it is."""

    rule: str
    """Such as ``billing.proration``."""
    version: int
    inputs: dict[str, Any]
    """Each a ``Value``."""
    result: int
    """In minor units, or of whatever the rule counts."""
    unit: str
    """The currency, or what is counted."""
    rounding: str = "half-even"
    steps: list[Step] = []
    links: list[Link] = []


class Worked(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule gives: the figure and the working."""

    result: int
    steps: list[Step] = []


Rule: TypeAlias = Callable[[Mapping[str, Any]], Worked]

_rules: dict[tuple[str, int], Rule] = {}


class NoSuchRule(Exception):
    """No release of this code has had that rule in that version."""


def rule(name: str, version: int) -> Callable[[Rule], Rule]:
    """Declare a rule: a pure function of its inputs, kept for ever under its name and version."""

    def declare(function: Rule) -> Rule:
        if (name, version) in _rules:
            raise ValueError(f"Two rules are named {name} {version}.")
        _rules[name, version] = function
        return function

    return declare


def derive(
    name: str,
    version: int,
    inputs: dict[str, Value],
    *,
    unit: str,
    rounding: str = "half-even",
    links: list[Link] | None = None,
) -> Derivation:
    """Work a figure out, and keep how."""
    worked = _worked(name, version, inputs)
    return Derivation(
        rule=name,
        version=version,
        inputs=inputs,
        result=worked.result,
        unit=unit,
        rounding=rounding,
        steps=worked.steps,
        links=links or [],
    )


def recompute(derivation: Derivation) -> int:
    """The figure once more, from the stored inputs alone.

    Raises:
        NoSuchRule: the rule or its version is not known.
    """
    return _worked(derivation.rule, derivation.version, derivation.inputs).result


def _worked(name: str, version: int, inputs: Mapping[str, Any]) -> Worked:
    found = _rules.get((name, version))
    if found is None:
        raise NoSuchRule(f"{name} {version}")
    return found(inputs)
