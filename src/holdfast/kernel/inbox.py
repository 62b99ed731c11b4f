"""The inbox: messages that outside services send us, verified, stored as they came, and interpreted later.

A webhook is answered as soon as its bytes are safe. Whoever sent it repeats it until then, so every message may come
several times and in any order; each is stored once, and a reaction to ``Received`` interprets it exactly once. What it
says about money is asked again from the provider.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol, TypeAlias
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.events import Event
from holdfast.kernel.problems import Invalid, NotFound, Problem
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

LONGEST_ID = 255
"""Characters of a provider's message id."""

Secrets: TypeAlias = Callable[[Tx], Awaitable[Sequence[bytes]]]
"""The secrets of the transaction's tenant, newest first; several while one replaces another, none to refuse all."""


class Message(Row):
    """A message as it came."""

    table: ClassVar[str] = "kernel_inbox"
    id: UUID
    provider: str
    message_id: str
    """What the provider calls it; unique for the provider and tenant."""
    headers: dict[str, str]
    """Those that the verification read, and the content type; nothing else of the request is kept."""
    body: bytes
    """The very bytes that were signed."""
    received_at: datetime


class Received(Event):
    """A message of an outside service was stored. It may be of any kind, also one that nobody here understands."""

    name: ClassVar[str] = "kernel.inbox.received"
    subject: ClassVar[str | None] = "inbox_id"
    inbox_id: UUID
    provider: str


class Receipt(msgspec.Struct, frozen=True):
    """What the sender is answered."""

    message_id: str
    duplicate: bool
    """The message was here already; nothing more will come of it."""


class Unverified(Problem):
    """The message is not signed by the service that it claims to come from, or not for this address."""

    status = 401


class TooOld(Unverified):
    """The message was signed too long ago, or in the future, so it may be a repetition by somebody else."""


class Verifier(Protocol):
    """How one provider signs. ``kernel/signatures.py`` has the common schemes."""

    @property
    def headers(self) -> Sequence[str]:
        """The lower-case names of the headers that it reads, which are kept with the message."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secrets: Sequence[bytes], now: datetime) -> str:
        """The provider's id of a genuine message.

        Raises:
            Unverified: a signature is missing, or none of the secrets made it.
            TooOld: the scheme has a timestamp, and it is too far from now.
        """


class Provider(msgspec.Struct, frozen=True):
    """An outside service that sends us messages."""

    name: str
    verifier: Verifier
    secrets: Secrets


_providers: dict[str, Provider] = {}


def provider(name: str, verifier: Verifier, *, secrets: Secrets) -> Provider:
    """Accept messages at ``/api/webhooks/{name}/{tenant}``; called once, where the provider's adapter is defined."""
    if name in _providers:
        raise ValueError(f"Two providers are named {name}.")
    _providers[name] = found = Provider(name, verifier, secrets)
    return found


async def receive(tx: Tx, name: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> Receipt:
    """Verify a message and store it once, with its event, in this transaction (W61, P65).

    Args:
        tx: in the tenant that the address names; the sender is nobody to us but for the signature.
        name: the provider's.
        headers: the request's, by lower-case name.
        body: the raw bytes, before any parsing.
        at: when it came by the real clock, which the provider's timestamps follow, not the tenant's.

    Raises:
        NotFound: there is no such provider.
        Unverified: it is not genuine, or this tenant has no secret for the provider.
        TooOld: it was signed too long ago.
        Invalid: it is genuine and has no usable id.
    """
    found = _providers.get(name)
    if found is None:
        raise NotFound(f"There is no provider {name}.")
    secrets = [secret for secret in await found.secrets(tx) if secret]
    if not secrets:
        # Without a secret nobody can be told from anybody, so nobody is believed.
        raise Unverified
    message_id = found.verifier.verify(headers, body, secrets=secrets, now=at)
    if not 0 < len(message_id) <= LONGEST_ID or not message_id.isprintable():
        raise Invalid(f"The message's id must have 1 to {LONGEST_ID} printable characters.")
    kept = {key: headers[key] for key in ("content-type", *found.verifier.headers) if key in headers}
    inbox_id = await tx.find(
        UUID,
        "insert into kernel_inbox (id, provider, message_id, headers, body, received_at) "
        "values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, provider, message_id) do nothing returning id",
        ids.new(),
        name,
        message_id,
        kept,
        body,
        at,
    )
    if inbox_id is not None:
        await tx.emit(Received(inbox_id=inbox_id, provider=name))
    return Receipt(message_id, duplicate=inbox_id is None)


async def message(tx: Tx, inbox_id: UUID) -> Message:
    """The stored message, for the reaction that interprets it.

    Raises:
        NotFound: there is none in this tenant.
    """
    return await tx.get(Message, inbox_id)
