"""Logs: JSON lines on standard output, each with its request, tenant and event ids, none with personal data.

Everything that is logged, by us or by a library, passes one filter. It hides the values of keys that hold secrets or
personal data, and inside any text what looks like an e-mail address, a telephone number, a token or a code. Ids stay:
they are what an operator searches for.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import date
from typing import Any, BinaryIO
from uuid import UUID

import msgspec
import structlog
from structlog.typing import Processor

from holdfast.kernel.settings import Settings

HIDDEN = "[hidden]"

_SECRET_KEY = re.compile(
    r"(?:^|_)(?:authorization|cookie|set_cookie|password|passphrase|secret|token|jwt|api_?key|signature|otp|pin|"
    r"phone|mobile|msisdn|email|e_mail|mail|address|ip|birthday|birth_date|dob|(?:first|last|full|given|family|"
    r"person|customer|member|display)_name|name_of_person|surname|body|payload|headers|query_string|args|arguments|params|"
    r"parameters|data|aadhaar|pan|iban|account_number|card_number|plate|(?:verification|reset|sign_in|one_time)?_?code)$",
    re.IGNORECASE,
)
_KEPT = frozenset({"event", "level", "timestamp", "request_id", "tenant", "ms", "status", "method", "route", "actor"})

# Cheap to look for, and absent from nearly every line: what none of the patterns below can do without.
_SUSPICIOUS = re.compile(
    r"@|\d[\d\s().-]{4,}\d|eyJ|[A-Za-z0-9_-]{32}|(?i:bearer|basic|detail:|code|pin|otp|token=|key=)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # PostgreSQL repeats the values of a refused row in its detail; they are nobody's business here.
    (re.compile(r"(?im)^\s*DETAIL:.*$"), f"DETAIL: {HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), "[token]"),
    (re.compile(r"(?i)([?&](?:token|code|key|secret|password|signature|email|phone)=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^/\s:@]+):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?i)\b(code|pin|otp)\b(\W{1,3}(?:is\W)?)\d{4,8}\b"), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{32,}(?![\w-])"), "[token]"),
    (re.compile(r"\b[0-9a-f]{40,}\b"), "[token]"),
)
_PHONE = re.compile(r"(?<![\w.:-])(?:\+|\()?\d[\d\s().-]{5,20}\d(?![\w:-])")
_DIGITS = (7, 9, 15)


def _phone(found: re.Match[str]) -> str:
    """Telephone numbers have 9 to 15 digits; with a plus or brackets, 7 are enough. Dates and amounts are shorter."""
    text = found.group()
    digits = sum(character.isdigit() for character in text)
    least = _DIGITS[0] if text[0] in "+(" else _DIGITS[1]
    return "[phone]" if least <= digits <= _DIGITS[2] else text


def redact_text(text: str) -> str:
    """A text without what looks personal or secret."""
    if _SUSPICIOUS.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _PHONE.sub(_phone, text)


def redact_value(value: Any) -> Any:
    """A value of any shape without what looks personal or secret; what JSON does not know becomes text."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact_text(value)
        case UUID() | date():
            return str(value)
        case Mapping():
            return {str(key): hide(str(key), item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [redact_value(item) for item in value]
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} bytes]"
        case _:
            return redact_text(str(value))


def hide(key: str, value: Any) -> Any:
    """The value of a key, hidden when the key says that it is secret or personal."""
    if value is not None and _SECRET_KEY.search(key):
        return HIDDEN
    return redact_value(value)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: nothing personal or secret passes, whichever key or sentence it hides in."""
    for key, value in event.items():
        if key not in _KEPT:
            event[key] = hide(key, value)
        elif type(value) is str and key == "event":
            event[key] = redact_text(value)
    return event


def _render(_: Any, __: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event)


def _render_text(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event).decode()


def _without_nothing(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if value is not None}


def chain() -> list[Processor]:
    """What every entry passes through before it is written, in order."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _without_nothing,
        redact,
    ]


def configure(settings: Settings, output: BinaryIO | None = None) -> None:
    """Send our own and every library's log to ``output`` (standard output), filtered and in one format."""
    level = getattr(logging, settings.log_level.upper())
    people = settings.log_format == "console"
    stream = output or sys.stdout.buffer
    renderer: Processor = structlog.dev.ConsoleRenderer() if people else _render
    factory: Any = structlog.PrintLoggerFactory() if people else structlog.BytesLoggerFactory(stream)
    structlog.configure(
        processors=[*chain(), renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=factory,
        # A logger that is remembered keeps its output; whoever redirects it for a while wants it back.
        cache_logger_on_first_use=output is None,
    )
    handler = logging.StreamHandler(sys.stdout if output is None else _Text(output))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *chain()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer() if people else _render_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries tell more than an operator wants to read below a warning.
    root.setLevel(max(level, logging.WARNING))


class _Text:
    """A binary stream as the text stream that logging's handler wants."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write text."""
        self._stream.write(text.encode())

    def flush(self) -> None:
        """Flush what was written."""
        self._stream.flush()
