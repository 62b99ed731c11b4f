"""Signatures on messages between machines: the three schemes that most providers use, to verify and to sign with.

All are HMAC-SHA256 over the raw bytes. What a stranger sends is only ever compared as bytes, in constant time: a
header with letters that are no ASCII is a wrong signature like any other.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from holdfast.kernel.inbox import TooOld, Unverified
from holdfast.kernel.problems import Invalid

TOLERANCE_SECONDS = 300
"""How far a timestamp may be from now, in both directions."""
_MOST_SIGNATURES = 20
_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)

IdOf: TypeAlias = Callable[[Mapping[str, str], bytes], str]
"""Where the provider's id of a message is."""


def id_in_header(name: str) -> IdOf:
    """The id is the value of a header."""

    def found(headers: Mapping[str, str], _: bytes) -> str:
        return headers.get(name.lower(), "")

    return found


def id_in_body(*path: str) -> IdOf:
    """The id is a member of the JSON body: ``id_in_body("data", "id")``."""

    def found(_: Mapping[str, str], body: bytes) -> str:
        try:
            value = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Invalid("The message is not JSON.") from None
        for member in path:
            value = value.get(member) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""

    return found


class StandardWebhooks:
    """Standard Webhooks and Svix: ``{prefix}-id``, ``-timestamp`` and ``-signature: v1,<base64> v1,<base64>``.

    Use ``secret_of`` for secrets written ``whsec_<base64>``.
    """

    def __init__(self, prefix: str = "webhook") -> None:
        """``prefix`` is ``webhook``, or ``svix`` for those who send that."""
        self._id, self._timestamp, self._signature = (f"{prefix}-{part}" for part in ("id", "timestamp", "signature"))
        self.headers: Sequence[str] = (self._id, self._timestamp, self._signature)

    def sign(self, secret: bytes, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        """The headers with which a message is sent."""
        stamp = str(int(at.timestamp()))
        signature = _standard(secret, message_id.encode(), stamp.encode(), body).decode()
        return {self._id: message_id, self._timestamp: stamp, self._signature: f"v1,{signature}"}

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> str:
        """The id of a genuine message; raises Unverified or TooOld."""
        message_id, stamp = headers.get(self._id, ""), headers.get(self._timestamp, "")
        _fresh(stamp, now)
        shown = headers.get(self._signature, "").split(" ")[:_MOST_SIGNATURES]
        given = [_raw(signature[3:]) for signature in shown if signature.startswith("v1,")]
        _match(given, [_standard(secret, _raw(message_id), _raw(stamp), body) for secret in secrets])
        return message_id


class TimedHex:
    """One header ``t=<seconds>,v1=<hex>,v1=<hex>`` over ``t.body``, as Stripe has it."""

    def __init__(self, header: str, *, id_of: IdOf) -> None:
        self._header = header.lower()
        self._id_of = id_of
        self.headers: Sequence[str] = (self._header,)

    def sign(self, secret: bytes, body: bytes, *, at: datetime) -> dict[str, str]:
        """The header with which a message is sent."""
        stamp = str(int(at.timestamp()))
        return {self._header: f"t={stamp},v1={_hex(secret, stamp.encode() + b'.' + body).decode()}"}

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> str:
        """The id of a genuine message; raises Unverified or TooOld."""
        parts = [part.partition("=") for part in headers.get(self._header, "").split(",")[: _MOST_SIGNATURES + 1]]
        stamp = next((value for key, _, value in parts if key.strip() == "t"), "")
        _fresh(stamp, now)
        given = [_raw(value) for key, _, value in parts if key.strip() == "v1"]
        _match(given, [_hex(secret, _raw(stamp) + b"." + body) for secret in secrets])
        return self._id_of(headers, body)


class PlainHex:
    """One header with the hexadecimal HMAC of the body, as Razorpay has it.

    Nothing in it says when it was signed, so a repetition is known only by its id: it is kept for ever.
    """

    def __init__(self, header: str, *, id_of: IdOf, prefix: str = "") -> None:
        """``prefix`` stands before the signature where the provider puts one, such as ``sha256=``."""
        self._header = header.lower()
        self._prefix = prefix
        self._id_of = id_of
        self.headers: Sequence[str] = (self._header,)

    def sign(self, secret: bytes, body: bytes) -> dict[str, str]:
        """The header with which a message is sent."""
        return {self._header: f"{self._prefix}{_hex(secret, body).decode()}"}

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> str:
        """The id of a genuine message; raises Unverified."""
        del now
        given = [_raw(headers.get(self._header, ""))]
        _match(given, [_raw(self._prefix) + _hex(secret, body) for secret in secrets])
        return self._id_of(headers, body)


def secret_of(text: str) -> bytes:
    """The bytes of a secret written ``whsec_<base64>``.

    Raises:
        Invalid: it is written differently, or is shorter than 24 bytes.
    """
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith("whsec_") or len(secret) < 24:
        raise Invalid("A secret is written whsec_ and then the base64 of at least 24 bytes.")
    return secret


def _fresh(stamp: str, now: datetime) -> None:
    if not _STAMP.fullmatch(stamp):
        raise Unverified("The timestamp is missing or malformed.")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE_SECONDS:
        raise TooOld(f"More than {TOLERANCE_SECONDS} seconds lie between {_moment(stamp)} and now.")


def _moment(stamp: str) -> str:
    try:
        return datetime.fromtimestamp(int(stamp), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return stamp


def _raw(text: str) -> bytes:
    # ASGI hands header bytes over as Latin-1, so this gives back the very bytes; nothing that is sent can fail here.
    return text.encode("latin-1", "backslashreplace")


def _standard(secret: bytes, message_id: bytes, stamp: bytes, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret, b".".join((message_id, stamp, body)), "sha256"))


def _hex(secret: bytes, content: bytes) -> bytes:
    return hmac.digest(secret, content, "sha256").hex().encode()


def _match(given: Sequence[bytes], expected: Sequence[bytes]) -> None:
    """Compare every pair, so that the time tells nothing of which came close."""
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise Unverified
