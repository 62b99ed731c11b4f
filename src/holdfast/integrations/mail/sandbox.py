"""The sandbox of the mail port: mails are kept where anybody who develops or demonstrates can read them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from holdfast.integrations.mail import Mail
from holdfast.kernel import ids, pages
from holdfast.kernel.pages import Listing, Page
from holdfast.kernel.rows import Row
from holdfast.kernel.tx import Tx

Opens = Callable[[], AbstractAsyncContextManager[Tx]]


class SandboxMail(Row):
    """A mail that a real provider would have delivered."""

    table: ClassVar[str] = "sandbox_mail"
    id: UUID
    recipient: str
    subject: str
    body: str
    at: datetime


class Sandbox:
    """A mail sender that keeps what it is given."""

    def __init__(self, opens: Opens) -> None:
        """``opens`` gives a transaction in the tenant for whom mail is sent."""
        self._opens = opens

    async def send(self, mail: Mail, *, idempotency_key: str) -> str:
        """Keep a mail, once per key."""
        async with self._opens() as tx:
            await tx.execute(
                "insert into sandbox_mail (id, idempotency_key, recipient, subject, body, at) "
                "values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, idempotency_key) do nothing",
                ids.new(),
                idempotency_key,
                mail.to,
                mail.subject,
                mail.text,
                tx.now,
            )
            kept = await tx.one(UUID, "select id from sandbox_mail where idempotency_key = $1", idempotency_key)
        return str(kept)


async def mailbox(tx: Tx, to: str, page: Page) -> Listing[SandboxMail]:
    """The mails to an address, newest first; in a transaction of the platform, whoever sent them."""
    found = await tx.all(
        SandboxMail,
        "select id, recipient, subject, body, at from sandbox_mail "
        "where recipient = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
        to.strip().lower(),
        page.after_id(),
        page.fetch,
    )
    return pages.listing(page, found, lambda mail: mail.id)
