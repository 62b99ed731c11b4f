"""Connecting: from a business's connection to the adapter that speaks with its provider.

An adapter is kept for as long as its connection's credentials stay what they are, so that its pool of HTTP connections
is used again.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import TypedDict
from uuid import UUID

from holdfast.integrations.outcomes import Rejected
from holdfast.integrations.payments import Connection, Mode, Provider, ProviderName
from holdfast.integrations.payments.razorpay import Razorpay
from holdfast.integrations.payments.sandbox.adapter import Sandbox
from holdfast.integrations.payments.stripe import Stripe
from holdfast.kernel import signatures
from holdfast.kernel.database import Database
from holdfast.kernel.inbox import Verifier

_MOST = 500
"""Adapters that one process keeps."""
_STRIPE = signatures.TimedHex("stripe-signature", id_of=signatures.id_in_body("id"))
# Nothing in Razorpay's scheme says when a message was signed; a repetition is known by its id, which is kept for ever.
_RAZORPAY = signatures.PlainHex("x-razorpay-signature", id_of=signatures.id_in_header("x-razorpay-event-id"))

_PREFIXES: dict[str, dict[str, Mode]] = {
    "stripe": {"sk_test_": "test", "rk_test_": "test", "sk_live_": "live", "rk_live_": "live"},
    "razorpay": {"rzp_test_": "test", "rzp_live_": "live"},
}
_KEY = {"stripe": "secret_key", "razorpay": "key_id"}

# A key is sent in a header, in which other letters have no place.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,500}")

_kept: "OrderedDict[tuple[UUID, bytes], Provider]" = OrderedDict()


class Field(TypedDict):
    """A credential that a connection needs."""

    name: str
    secret: bool
    label: str
    example: str


_FIELDS: dict[str, list[Field]] = {
    "stripe": [
        {"name": "secret_key", "secret": True, "label": "Secret key", "example": "sk_test_…"},
        {"name": "webhook_secret", "secret": True, "label": "Webhook signing secret", "example": "whsec_…"},
    ],
    "razorpay": [
        {"name": "key_id", "secret": False, "label": "Key id", "example": "rzp_test_…"},
        {"name": "key_secret", "secret": True, "label": "Key secret", "example": ""},
        {"name": "webhook_secret", "secret": True, "label": "Webhook secret", "example": ""},
    ],
}


def _dialect(provider: ProviderName) -> str:
    return provider.removeprefix("sandbox-")


def adapter(connection: Connection, *, database: Database) -> Provider:
    """The adapter of a connection, the same one while its credentials stay the same.

    Args:
        connection: with its secrets opened.
        database: for the sandbox, which keeps its books in ours.
    """
    if connection.provider.startswith("sandbox-"):
        return Sandbox(connection, database)
    told = repr((connection.provider, connection.base_url, sorted(connection.credentials.items())))
    key = (connection.id, hashlib.sha256(told.encode()).digest())
    found = _kept.get(key)
    if found is None:
        found = Stripe(connection) if connection.provider == "stripe" else Razorpay(connection)
        _kept[key] = found
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    else:
        _kept.move_to_end(key)
    return found


def scheme(provider: ProviderName) -> Verifier:
    """How a provider signs its messages (W61, P65)."""
    return _RAZORPAY if _dialect(provider) == "razorpay" else _STRIPE


def mode_of(provider: ProviderName, credentials: Mapping[str, str]) -> Mode:
    """Whether keys are for tests or for money; they say so themselves (P64).

    Raises:
        Rejected: a key is missing, or is none of the provider's.
    """
    dialect = _dialect(provider)
    for field in _FIELDS[dialect]:
        if not credentials.get(field["name"]):
            raise Rejected("missing", f"The {field['label'].lower()} is missing.")
    key = credentials[_KEY[dialect]]
    if not _PLAIN.fullmatch(key):
        raise Rejected("bad_key", f"The {_FIELDS[dialect][0]['label'].lower()} has letters in it that no key has.")
    for prefix, mode in _PREFIXES[dialect].items():
        if key.startswith(prefix):
            if provider.startswith("sandbox-") and mode != "test":
                raise Rejected("live_key", "The sandbox takes test keys only.")
            return mode
    known = " or ".join(_PREFIXES[dialect])
    raise Rejected("bad_key", f"A key of this provider begins with {known}.")


def fields(provider: ProviderName) -> list[Field]:
    """The credentials that a connection to a provider has."""
    return _FIELDS[_dialect(provider)]


async def close_all() -> None:
    """Let go of every adapter; a process does it once, at its end."""
    kept = list(_kept.values())
    _kept.clear()
    for each in kept:
        await each.close()
