"""Mail: the port through which the platform sends mail, and its adapters.

The sandbox is the default: it keeps every mail in our own database, where development and demonstrations read it.
"""

from typing import Protocol

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to one person."""

    to: str
    subject: str
    text: str


class MailSender(Protocol):
    """Whoever takes mail from us."""

    async def send(self, mail: Mail, *, idempotency_key: str) -> str:
        """Hand a mail over; gives the provider's id of it.

        The same key is the same mail: sent again after an unclear outcome, it arrives once.
        """
