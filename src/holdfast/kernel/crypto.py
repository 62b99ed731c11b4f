"""Crypto: the vault for what must be read back, signed codes and links, and secrets that are stored only as hashes.

Every key is derived from the settings: the vault's own keys (``vault_keys``, the first encrypts and all decrypt) and
the signing secret (``secret`` signs, ``previous_secrets`` are still believed), one derived key per purpose, so that a
code of one purpose never passes for another. Changing a key is: add the new one in front, run what re-encrypts, take
the old one away once nothing needs it.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from holdfast.kernel import settings as settings_
from holdfast.kernel.problems import Problem
from holdfast.kernel.settings import Settings, SettingsError

_VERSION = 1
_NONCE = 12
_TAG = 16
_STAMP = 6
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class NotGenuine(Problem):
    """This code or link is not one of ours, or it was changed on the way."""

    status = 422


class Expired(Problem):
    """This code or link has expired; ask for a new one."""


class Undecipherable(Exception):
    """A vault value cannot be read: its key is gone, or it was moved to another tenant, purpose or row of bytes."""


class Ring:
    """The keys of one process, worked out from its settings."""

    def __init__(self, settings: Settings) -> None:
        """Raises:
        SettingsError: a vault key is not ``id:base64`` of 32 bytes, or two have the same id.
        """
        self.secrets = [text.encode() for text in (settings.secret, *settings.previous_secrets)]
        self.vault = dict(map(_vault_key, settings.vault_keys))
        if len(self.vault) != len(settings.vault_keys):
            raise SettingsError("Two of the vault keys have the same id.")
        if not self.vault:
            # Development needs no keys of its own; production refuses to start without (settings).
            self.vault = {f"secret-{_fingerprint(secret).hex()}": _derive(secret, b"vault") for secret in self.secrets}

    def signing(self, purpose: str) -> dict[bytes, bytes]:
        """The signing keys of a purpose by their four-byte id, the current one first."""
        return {_fingerprint(secret): _derive(secret, b"sign:" + purpose.encode()) for secret in self.secrets}


def _vault_key(text: str) -> tuple[str, bytes]:
    name, colon, encoded = text.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not colon or not 1 <= len(name.encode()) <= 64 or len(key) != 32:
        raise SettingsError("A vault key must be written id:base64, where the base64 is of 32 bytes.")
    return name, key


@lru_cache(maxsize=4096)
def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"holdfast." + purpose).derive(secret)


@lru_cache(maxsize=4096)
def _fingerprint(secret: bytes) -> bytes:
    return _derive(secret, b"fingerprint")[:4]


_ring: Ring | None = None


def use(settings: Settings) -> Ring:
    """Work with the keys of these settings from now on; the application calls it once, at its start."""
    global _ring
    _ring = Ring(settings)
    return _ring


def ring() -> Ring:
    """The keys in use; those of the process's own settings when none were chosen."""
    return _ring or use(settings_.current())


def new_vault_key() -> str:
    """A fresh vault key as the setting ``vault_keys`` wants it; ``holdfast keys new`` prints it."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(os.urandom(32)).decode()}"


# The vault. A sealed value is version, length of the key's id, the id, the nonce, and the ciphertext with its tag.
# The key that encrypts is derived per tenant and purpose, which keeps random nonces far from their limit.


def encrypt(plain: bytes, *, tenant: UUID, purpose: str) -> bytes:
    """Seal a value so that it opens only for the same tenant and purpose (AES-256-GCM)."""
    name, key = next(iter(ring().vault.items()))
    head = bytes([_VERSION, len(name.encode())]) + name.encode()
    nonce = os.urandom(_NONCE)
    return head + nonce + _cipher(key, tenant, purpose).encrypt(nonce, plain, head + _context(tenant, purpose))


def decrypt(sealed: bytes, *, tenant: UUID, purpose: str) -> bytes:
    """Open a sealed value.

    Raises:
        Undecipherable: no key opens it, or it was sealed for another tenant or purpose, or it was changed.
    """
    name, head = _head(sealed)
    key = ring().vault.get(name)
    if key is None:
        raise Undecipherable(f"No vault key has the id {name!r}.")
    nonce, body = sealed[len(head) : len(head) + _NONCE], sealed[len(head) + _NONCE :]
    try:
        return _cipher(key, tenant, purpose).decrypt(nonce, body, head + _context(tenant, purpose))
    except (InvalidTag, ValueError):
        raise Undecipherable("The value was changed, or belongs elsewhere.") from None


def reencrypt(sealed: bytes, *, tenant: UUID, purpose: str) -> bytes:
    """The value sealed by the current key; the very same bytes when it already is.

    Raises:
        Undecipherable: as ``decrypt``.
    """
    if _head(sealed)[0] == next(iter(ring().vault)):
        return sealed
    return encrypt(decrypt(sealed, tenant=tenant, purpose=purpose), tenant=tenant, purpose=purpose)


def _head(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < 2 + _NONCE + _TAG or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _NONCE + _TAG:
        raise Undecipherable("This is not a vault value.")
    head = sealed[: 2 + sealed[1]]
    return head[2:].decode(errors="replace"), head


def _context(tenant: UUID, purpose: str) -> bytes:
    return tenant.bytes + purpose.encode()


@lru_cache(maxsize=4096)
def _cipher(key: bytes, tenant: UUID, purpose: str) -> AESGCM:
    return AESGCM(_derive(key, b"value:" + _context(tenant, purpose)))


# Signed codes and links: short-lived, carrying their payload in the open, so that nothing needs to be stored.


def sign(purpose: str, payload: bytes, expires: datetime) -> str:
    """A URL-safe code that carries ``payload`` in the open and cannot be changed or outlive ``expires`` (to the ms)."""
    name, key = next(iter(ring().signing(purpose).items()))
    body = name + (_milliseconds(expires)).to_bytes(_STAMP) + payload
    return _text(body + hmac.digest(key, body, "sha256")[:_TAG])


def verify(purpose: str, code: str, now: datetime) -> bytes:
    """The payload of a code that ``sign`` made for the same purpose.

    Raises:
        NotGenuine: it was not signed by us for this purpose, or was changed.
        Expired: it was genuine, and is over.
    """
    try:
        raw = _bytes(code)
    except ValueError:
        raise NotGenuine from None
    if len(raw) < 4 + _STAMP + _TAG or _text(raw) != code:
        raise NotGenuine
    body, tag = raw[:-_TAG], raw[-_TAG:]
    key = ring().signing(purpose).get(body[:4])
    if key is None or not hmac.compare_digest(hmac.digest(key, body, "sha256")[:_TAG], tag):
        raise NotGenuine
    if int.from_bytes(body[4 : 4 + _STAMP]) <= _milliseconds(now):
        raise Expired
    return body[4 + _STAMP :]


def _milliseconds(moment: datetime) -> int:
    return int((moment - _EARLIEST).total_seconds() * 1000)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError for what is no base64."""
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def numeric_codes(purpose: str, id: UUID, *, digits: int = 6) -> list[str]:  # noqa: A002 - it is the row's id
    """The code of a row that people type, worked out from its id: nothing is stored that could be stolen.

    The first is the one to send; the others are what an earlier signing secret would have sent, and still count.
    """
    return [
        f"{int.from_bytes(hmac.digest(key, id.bytes, 'sha256')[:8]) % 10**digits:0{digits}}"
        for key in ring().signing(f"numeric:{purpose}").values()
    ]


# Random secrets, of which only the hash is kept.


def random_token(prefix: str = "", *, carrying: bytes = b"", size: int = 32) -> str:
    """A new secret of ``size`` random bytes; ``carrying`` bytes are put in front, in the open."""
    return prefix + _text(carrying + os.urandom(size))


def carried(token: str, *, prefix: str = "", carrying: int, size: int = 32) -> bytes | None:
    """The open bytes in front of a token of that shape, believed by nobody yet; None for another shape."""
    if not token.startswith(prefix):
        return None
    try:
        raw = _bytes(token.removeprefix(prefix))
    except ValueError:
        return None
    return raw[:carrying] if len(raw) == carrying + size else None


def digest(token: str) -> bytes:
    """What is stored of a random token. A fast hash is enough: there is nothing to guess in 32 random bytes."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two secrets are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(_raw(one), _raw(other))


def _raw(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
