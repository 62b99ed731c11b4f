"""The sandbox provider: an outside service that is in the box, whose messages come signed through the front door.

A sandbox is no mock. When something happens in it, it posts a body to our own webhook route, signed by the scheme of
Standard Webhooks with a secret that exists for each tenant without being stored.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from holdfast.kernel import crypto, inbox, signatures
from holdfast.kernel.tx import Tx

NAME = "sandbox"
_SCHEME = signatures.StandardWebhooks()


def _secrets(tenant: UUID) -> list[bytes]:
    # One per signing secret of the installation, the current one first, so that changing it loses no message.
    return list(crypto.ring().signing(f"inbox:{NAME}:{tenant}").values())


async def _accepted(tx: Tx) -> Sequence[bytes]:
    return _secrets(tx.tenant)


def signed(tenant: UUID, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
    """The headers with which the sandbox posts a body to ``/api/webhooks/sandbox/{tenant}``."""
    return _SCHEME.sign(_secrets(tenant)[0], body, message_id=message_id, at=at)


PROVIDER = inbox.provider(NAME, _SCHEME, secrets=_accepted)
