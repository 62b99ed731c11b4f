"""Notices: whoever has to pay is sent the invoice, whoever paid a receipt, each once, in a language that they read."""

from collections.abc import Awaitable, Callable

import pytest

from holdfast.kernel.tx import Tx
from holdfast.shared.billing import closing, dunning_policies, notices
from holdfast.shared.billing.invoices import Invoice
from holdfast.shared.payments import customers, links, methods, payments
from tests.conftest import Drain, Open
from tests.shared.billing.conftest import Bill, pen

Saved = Callable[..., Awaitable[methods.Method]]
Pay = Callable[[Invoice], Awaitable[payments.Payment]]


async def mails(committed: Open) -> list[tuple[str, str]]:
    """What was mailed, oldest first: subjects and texts."""
    async with committed() as tx:
        subjects = await tx.all(str, "select subject from sandbox_mail where tenant_id = kernel_tenant() order by id")
        bodies = await tx.all(str, "select body from sandbox_mail where tenant_id = kernel_tenant() order by id")
    return list(zip(subjects, bodies, strict=True))


async def test_an_invoice_is_sent_with_its_link_and_followed_by_a_receipt(
    bill: Bill, pay: Pay, drain: Drain, committed: Open
) -> None:
    invoice = await bill(1250)
    await drain()
    [(subject, body)] = await mails(committed)
    assert invoice.number in subject
    assert pen(1250).format("en") in body
    async with committed() as tx:
        link = links.read(body.split("/pay/")[1].split()[0], tx.now)
    assert (link.kind, link.subject_id) == ("invoice", invoice.id)
    await pay(invoice)
    await drain()
    [_, (subject, body)] = await mails(committed)
    assert subject.startswith("Receipt")
    assert "Thank you" in body
    await drain()
    assert len(await mails(committed)) == 2


async def test_what_is_charged_by_itself_is_followed_by_a_receipt_only(
    saved: Saved, bill: Bill, drain: Drain, committed: Open
) -> None:
    await saved()
    await bill(1250, collect=True)
    await drain()
    assert [subject.split()[0] for subject, _ in await mails(committed)] == ["Receipt"]


async def test_without_a_saved_way_to_pay_the_invoice_is_sent(bill: Bill, drain: Drain, committed: Open) -> None:
    await bill(1250, collect=True)
    await drain()
    assert [subject.split()[0] for subject, _ in await mails(committed)] == ["Invoice"]


async def test_nobody_is_written_about_nothing_or_without_an_address(
    bill: Bill, committed: Open, drain: Drain, customer: customers.Customer
) -> None:
    await bill(0)
    async with committed() as tx:
        await tx.update(await tx.get(customers.Customer, customer.id, lock=True), email=None)
    invoice = await bill(1250)
    async with committed() as tx:
        await closing.settle_outside(tx, invoice.id, method="cash", reference="till")
    await drain()
    assert await mails(committed) == []


async def test_a_business_may_write_nothing(bill: Bill, pay: Pay, drain: Drain, committed: Open) -> None:
    async with committed() as tx:
        await dunning_policies.set_policy(
            tx,
            dunning_policies.Policy(retry_days=[1], grace_days=1, notices=True, outcome="keep", mails=False),
        )
    await pay(await bill(1250))
    await drain()
    assert await mails(committed) == []


async def test_what_was_paid_before_it_was_sent_is_not_asked_for(
    bill: Bill, pay: Pay, drain: Drain, committed: Open
) -> None:
    await pay(await bill(1250))
    await drain()
    assert [subject.split()[0] for subject, _ in await mails(committed)] == ["Receipt"]


@pytest.mark.parametrize(
    ("customer", "business", "expected"),
    [("es-PE", ["en"], "es"), (None, ["nl", "en"], "nl"), ("fr", ["hi"], "hi"), ("fr", ["de"], "en"), ("JA", [], "ja")],
)
async def test_a_notice_is_in_a_language_that_the_customer_reads(
    customer: str | None, business: list[str], expected: str
) -> None:
    assert notices.language_of(customer, business) == expected


@pytest.mark.parametrize("language", sorted(notices.TEXTS))
@pytest.mark.parametrize("about", ["issued", "retry", "act", "final", "paid"])
async def test_every_notice_says_all_that_it_must(tx: Tx, language: str, about: notices.About) -> None:
    subject, body = notices.text(
        language,
        about,
        business="Café {Aurora}",
        number="2026-000007",
        amount=pen(1250),
        name="Ana",
        day=tx.now.date(),
        link="https://pay.test/x",
    )
    assert "2026-000007" in subject + body
    assert pen(1250).format(language) in body
    assert "https://pay.test/x" in body
    assert body.endswith("Café {Aurora}")
    assert "Ana" in body
