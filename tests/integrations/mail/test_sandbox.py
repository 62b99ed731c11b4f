"""The sandbox of the mail port: a mail arrives once per key, and the mailbox page finds it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from holdfast.integrations.mail import Mail, MailSender, sandbox
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.pages import Page
from holdfast.kernel.tx import Tx, transaction


@pytest.fixture
def sender(database: Database, tenant: UUID) -> MailSender:
    """A sandbox that sends for the test's tenant."""

    @asynccontextmanager
    async def opens() -> AsyncIterator[Tx]:
        async with transaction(database, tenant) as tx:
            yield tx

    return sandbox.Sandbox(opens)


def mail(to: str, subject: str = "Hello") -> Mail:
    """A mail."""
    return Mail(to=to, subject=subject, text="A text.")


async def test_the_same_key_is_the_same_mail(database: Database, sender: MailSender) -> None:
    to = f"p{ids.new().hex}@example.com"
    key = str(ids.new())
    sent = await asyncio.gather(*(sender.send(mail(to), idempotency_key=key) for _ in range(5)))
    assert len(set(sent)) == 1
    async with transaction(database, ids.PLATFORM) as tx:
        assert [found.subject for found in (await sandbox.mailbox(tx, to, Page())).items] == ["Hello"]


async def test_the_mailbox_shows_the_newest_first(database: Database, sender: MailSender) -> None:
    to = f"p{ids.new().hex}@example.com"
    for subject in ("one", "two", "three"):
        await sender.send(mail(to, subject), idempotency_key=str(ids.new()))
    async with transaction(database, ids.PLATFORM) as tx:
        first = await sandbox.mailbox(tx, to.upper(), Page(limit=2))
        rest = await sandbox.mailbox(tx, to, Page(after=first.next, limit=2))
    assert [found.subject for found in first.items + rest.items] == ["three", "two", "one"]


async def test_another_business_sees_no_mail(database: Database, sender: MailSender, other_tenant: UUID) -> None:
    to = f"p{ids.new().hex}@example.com"
    await sender.send(mail(to), idempotency_key=str(ids.new()))
    async with transaction(database, other_tenant) as tx:
        assert (await sandbox.mailbox(tx, to, Page())).items == []
