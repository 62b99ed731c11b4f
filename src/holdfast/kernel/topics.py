"""Topics: what a live update is about, and the selectors with which clients ask for updates.

A topic is a path such as ``/tenants/{tenant}/loyalty/stamps`` (everything about that noun in a business) or the same
path followed by the id of one subject. A selector is a topic, a URI template (RFC 6570) or ``*``, as the Mercure
protocol 0.x has it. Matching takes time linear in the topic, whatever the template: no regular expression is made
from what a stranger sends.
"""

import string
from collections.abc import Iterable
from uuid import UUID

import msgspec

LONGEST = 512
"""Characters of a selector."""
MOST_EXPRESSIONS = 16
"""Expressions such as ``{id}`` in one template."""

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_RESERVED = _UNRESERVED | frozenset(":/?#[]@!$&'()*+,;=")
_NAME = frozenset(string.ascii_letters + string.digits + "_.%")
_HEX = frozenset(string.hexdigits)


class Malformed(ValueError):
    """The text is not a URI template; it can still be a topic."""


class _Operator(msgspec.Struct, frozen=True):
    """A row of the table in RFC 6570, appendix A."""

    first: str
    separator: str
    named: bool
    if_empty: str
    allowed: frozenset[str]


_OPERATORS = {
    "": _Operator("", ",", False, "", _UNRESERVED),
    "+": _Operator("", ",", False, "", _RESERVED),
    "#": _Operator("#", ",", False, "", _RESERVED),
    ".": _Operator(".", ".", False, "", _UNRESERVED),
    "/": _Operator("/", "/", False, "", _UNRESERVED),
    ";": _Operator(";", ";", True, "", _UNRESERVED),
    "?": _Operator("?", "&", True, "=", _UNRESERVED),
    "&": _Operator("&", "&", True, "=", _UNRESERVED),
}


class _Variable(msgspec.Struct, frozen=True):
    name: str
    exploded: bool = False
    longest: int = LONGEST * 4


class _Expression(msgspec.Struct, frozen=True):
    operator: _Operator
    variables: tuple[_Variable, ...]


def _variable(text: str) -> _Variable:
    name, colon, length = text.partition(":")
    exploded = not colon and name.endswith("*")
    name = name.removesuffix("*") if exploded else name
    if (
        not name
        or not set(name) <= _NAME
        or (colon and not (length.isascii() and length.isdigit() and len(length) < 5))
    ):
        raise Malformed(f"{text!r} is not a variable of a URI template.")
    return _Variable(name, exploded, int(length)) if colon else _Variable(name, exploded)


def _parse(text: str) -> list[str | _Expression]:
    """The literals and expressions of a template, in order.

    Raises:
        Malformed: the braces do not pair, or an expression is not one of RFC 6570.
    """
    parts: list[str | _Expression] = []
    rest = text
    while rest:
        literal, brace, rest = rest.partition("{")
        if "}" in literal:
            raise Malformed("A brace is closed that was not opened.")
        if literal:
            parts.append(literal)
        if not brace:
            break
        inner, brace, rest = rest.partition("}")
        if not brace or not inner:
            raise Malformed("A brace is opened and not closed, or holds nothing.")
        mark = inner[0] if inner[0] in _OPERATORS else ""
        parts.append(_Expression(_OPERATORS[mark], tuple(_variable(name) for name in inner[len(mark) :].split(","))))
    return parts


def _after(topic: str, starts: Iterable[int], literal: str) -> set[int]:
    return {start + len(literal) for start in starts if topic.startswith(literal, start)}


def _through(topic: str, starts: Iterable[int], allowed: frozenset[str], longest: int) -> set[int]:
    """Where a run of at most ``longest`` allowed or percent-encoded characters can end that begins at a start."""
    ends: set[int] = set()
    unlimited = longest >= len(topic)
    for start in starts:
        place = start
        for _ in range(longest + 1):
            if unlimited and place in ends:
                break
            ends.add(place)
            if place >= len(topic):
                break
            if topic[place] in allowed:
                place += 1
            elif topic[place] == "%" and len(topic) > place + 2 and set(topic[place + 1 : place + 3]) <= _HEX:
                place += 3
            else:
                break
    return ends


def _values(topic: str, starts: set[int], operator: _Operator, variable: _Variable) -> set[int]:
    """Where one defined variable's expansion can end."""
    if variable.exploded:
        # A list or an associative array repeats names, equals signs and separators freely.
        return _through(topic, starts, operator.allowed | {operator.separator, "=", ","}, variable.longest)
    # A list that is not exploded is joined by commas whatever the operator.
    allowed = operator.allowed | {","} if variable.longest > LONGEST else operator.allowed
    if not operator.named:
        return _through(topic, starts, allowed, variable.longest)
    named = _after(topic, starts, variable.name)
    return _after(topic, named, operator.if_empty) | _through(
        topic, _after(topic, named, "="), allowed, variable.longest
    )


def _expansions(topic: str, starts: set[int], expression: _Expression) -> set[int]:
    """Where an expression that begins at one of ``starts`` can end; a variable may be undefined and leave nothing."""
    operator = expression.operator
    nothing_yet, something = starts, set[int]()
    for variable in expression.variables:
        begins = _after(topic, nothing_yet, operator.first) | _after(topic, something, operator.separator)
        something = something | _values(topic, begins, operator, variable)
    return nothing_yet | something


class Selector:
    """One ``topic`` parameter: an exact topic, a URI template, or ``*`` for every topic.

    Attributes:
        text: as the client wrote it.
        exact: it selects one topic and no more.
        everything: it is ``*``.
        tenant: the tenant that every topic it selects belongs to; None when that cannot be said.
        room: the system and noun, such as ``loyalty/stamps``, when it names them.
        subject: the subject's id, for an exact topic that ends in one.
    """

    __slots__ = ("_parts", "everything", "exact", "room", "subject", "tenant", "text")

    def __init__(self, text: str) -> None:
        """Understand a selector.

        Raises:
            Malformed: it is empty, too long, or has control characters or too many expressions.
        """
        if not text or len(text) > LONGEST or any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
            raise Malformed(f"A topic has 1 to {LONGEST} characters and no control characters.")
        self.text = text
        self.everything = text == "*"
        try:
            parts = _parse(text)
        except Malformed:
            parts = [text]
        if sum(isinstance(part, _Expression) for part in parts) > MOST_EXPRESSIONS:
            raise Malformed(f"A template has at most {MOST_EXPRESSIONS} expressions.")
        self._parts = parts
        self.exact = not self.everything and all(isinstance(part, str) for part in parts)
        self.tenant, self.room, self.subject = self._place()

    def _place(self) -> tuple[UUID | None, str | None, UUID | None]:
        known = self._parts[0] if isinstance(self._parts[0], str) else ""
        segments = known.split("/")
        if not self.exact:
            # The last segment goes on in the expression, so it is not known whole.
            segments = segments[:-1]
        if len(segments) < 3 or segments[:2] != ["", "tenants"]:
            return None, None, None
        tenant = _uuid(segments[2])
        room = "/".join(segments[3:5]) if len(segments) >= 5 else None
        subject = _uuid(segments[5]) if self.exact and len(segments) == 6 else None
        return tenant, room, subject

    def matches(self, topic: str) -> bool:
        """Whether the topic is this one, or a possible expansion of the template."""
        if self.everything or topic == self.text:
            return True
        if self.exact:
            return False
        places = {0}
        for part in self._parts:
            places = _after(topic, places, part) if isinstance(part, str) else _expansions(topic, places, part)
            if not places:
                return False
        return len(topic) in places

    def __repr__(self) -> str:
        return f"Selector({self.text!r})"


def _uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    # Only the form that topics are written in; another spelling of the same id is another topic.
    return found if str(found) == text else None


def of_tenant(tenant: UUID, topic: str) -> str:
    """An event's topic, or a template of such topics, as it is on the wire: inside its tenant."""
    return f"/tenants/{tenant}{topic}"
