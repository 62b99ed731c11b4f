"""Notices: what a customer is written about an invoice, in their language: that it came, is late, or is paid.

A notice is decided on in the books' transaction and written when it is sent, so it says what is true by then: nobody
is asked to pay an invoice that was paid meanwhile, or one that is charged by itself.
"""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date

from holdfast.integrations.mail import Mail
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import collection, dunning, dunning_policies, invoices, months
from holdfast.shared.billing.invoices import Invoice, Status
from holdfast.shared.payments import customers, links, payments
from holdfast.shared.tenants.tenants import Tenant

About: TypeAlias = Literal["issued", "retry", "act", "final", "paid"]


class Texts(msgspec.Struct, frozen=True):
    """What is written in a language. Each may name the business, the customer, the invoice, the day and the link."""

    subject: str
    greeting: str
    retry: str
    act: str
    final: str
    pay: str
    subject_issued: str
    issued: str
    subject_paid: str
    paid: str
    see: str


TEXTS = {
    "en": Texts(
        "Invoice {number} from {business} is not paid yet",
        "Hello {name},",
        "We could not collect {amount} for invoice {number}. We will try again on {day}; there is nothing you need "
        "to do if your way to pay works by then.",
        "Invoice {number} over {amount} is still to be paid. Please pay it, or choose another way to pay.",
        "Invoice {number} over {amount} is still not paid, and we have stopped trying to collect it. What it was for "
        "may have ended.",
        "Pay here: {link}",
        "Invoice {number} from {business}",
        "Here is invoice {number} over {amount}. Please pay it by {day}.",
        "Receipt for invoice {number} from {business}",
        "Thank you. Invoice {number} over {amount} is paid.",
        "See it here: {link}",
    ),
    "es": Texts(
        "La factura {number} de {business} aún no está pagada",
        "Hola, {name}:",
        "No pudimos cobrar {amount} de la factura {number}. Lo intentaremos de nuevo el {day}; no tienes que hacer "
        "nada si tu medio de pago funciona para entonces.",
        "La factura {number} por {amount} sigue pendiente. Págala, por favor, o elige otro medio de pago.",
        "La factura {number} por {amount} sigue sin pagarse y hemos dejado de intentar cobrarla. Es posible que lo que "
        "cubría haya terminado.",
        "Paga aquí: {link}",
        "Factura {number} de {business}",
        "Esta es la factura {number} por {amount}. Págala, por favor, antes del {day}.",
        "Recibo de la factura {number} de {business}",
        "Gracias. La factura {number} por {amount} está pagada.",
        "Puedes verla aquí: {link}",
    ),
    "nl": Texts(
        "Factuur {number} van {business} is nog niet betaald",
        "Hallo {name},",
        "We konden {amount} voor factuur {number} niet afschrijven. Op {day} proberen we het opnieuw; je hoeft niets "
        "te doen als je betaalmethode dan werkt.",
        "Factuur {number} van {amount} moet nog worden betaald. Betaal hem of kies een andere betaalmethode.",
        "Factuur {number} van {amount} is nog steeds niet betaald en we proberen niet langer af te schrijven. Waarvoor "
        "hij was, kan zijn beëindigd.",
        "Betaal hier: {link}",
        "Factuur {number} van {business}",
        "Dit is factuur {number} van {amount}. Betaal hem graag uiterlijk op {day}.",
        "Betalingsbewijs voor factuur {number} van {business}",
        "Bedankt. Factuur {number} van {amount} is betaald.",
        "Bekijk hem hier: {link}",
    ),
    "hi": Texts(
        "{business} का इनवॉइस {number} अभी तक चुकाया नहीं गया है",
        "नमस्ते {name},",
        "इनवॉइस {number} के लिए {amount} की वसूली नहीं हो सकी। हम {day} को फिर कोशिश करेंगे; "
        "यदि तब तक आपका भुगतान का तरीका काम करता है, तो आपको कुछ नहीं करना है।",
        "इनवॉइस {number} का {amount} अभी बाकी है। कृपया इसे चुकाएँ या भुगतान का दूसरा तरीका चुनें।",
        "इनवॉइस {number} का {amount} अब भी बाकी है और हमने वसूली की कोशिश बंद कर दी है। "
        "जिसके लिए यह था, वह समाप्त हो चुका हो सकता है।",
        "यहाँ भुगतान करें: {link}",
        "{business} का इनवॉइस {number}",
        "यह {amount} का इनवॉइस {number} है। कृपया इसे {day} तक चुकाएँ।",
        "{business} के इनवॉइस {number} की रसीद",
        "धन्यवाद। {amount} का इनवॉइस {number} चुका दिया गया है।",
        "इसे यहाँ देखें: {link}",
    ),
    "ja": Texts(
        "{business}の請求書{number}のお支払いがまだ確認できません",
        "{name} 様",
        "請求書{number}の{amount}を請求できませんでした。{day}にもう一度お試しします。"
        "それまでにお支払い方法が使えるようになれば、お手続きは不要です。",
        "請求書{number}の{amount}がまだお支払いされていません。お支払いいただくか、別のお支払い方法をお選びください。",
        "請求書{number}の{amount}はまだお支払いされておらず、請求の試行を終了しました。ご利用が終了している場合があります。",
        "お支払いはこちら: {link}",
        "{business}からの請求書{number}",
        "請求書{number}({amount})をお送りします。{day}までにお支払いください。",
        "{business}の請求書{number}の領収のお知らせ",
        "ありがとうございます。請求書{number}の{amount}のお支払いを確認しました。",
        "こちらからご覧いただけます: {link}",
    ),
}
"""Every language of the platform."""


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is ready to be sent."""

    mail: Mail
    language: str


def language_of(customer: str | None, business: list[str]) -> str:
    """The first of the customer's language and the business's ones in which there are texts; English otherwise."""
    wanted = [tag.split("-")[0].split("_")[0].lower() for tag in [customer or "", *business]]
    return next((tag for tag in wanted if tag in TEXTS), "en")


def text(
    language: str,
    about: About,
    *,
    business: str,
    number: str,
    amount: Money,
    name: str,
    day: date | None,
    link: str,
) -> tuple[str, str]:
    """The subject and the text of a notice."""
    texts = TEXTS[language]
    if about == "retry" and day is None:
        # Without a day there is nothing to wait for, whatever was decided when the notice was.
        about = "act"
    subject = {"issued": texts.subject_issued, "paid": texts.subject_paid}.get(about, texts.subject)
    known = {
        "business": business,
        "number": number,
        "amount": amount.format(language),
        "name": name,
        "day": format_date(day, "long", locale=language) if day else "",
        "link": link,
    }
    parts = (texts.greeting, getattr(texts, about), texts.see if about == "paid" else texts.pay, business)
    return subject.format(**known), "\n\n".join(part if part is business else part.format(**known) for part in parts)


async def write(tx: Tx, event: dunning.NoticeWanted, *, public_url: str) -> Addressed | None:
    """The notice that is to be sent; None when the invoice is settled by now, or the customer has no address."""
    invoice = await tx.get(Invoice, event.invoice_id)
    if invoice.status is not Status.open:
        return None
    next_at = await tx.find(datetime, "select next_at from billing_dunning where id = $1", event.dunning_id)
    day = None
    if event.about == "retry" and next_at is not None:
        day = next_at.astimezone(ZoneInfo((await months.business(tx)).timezone)).date()
    return await _addressed(tx, invoice, event.about, amount=invoice.due, day=day, public_url=public_url)


async def announce(tx: Tx, invoice_id: UUID, *, public_url: str) -> Addressed | None:
    """What is written with a new invoice; None for one that is not to be paid, or that is charged by itself."""
    invoice = await tx.get(Invoice, invoice_id)
    if invoice.status is not Status.open or not invoice.due or not (await dunning_policies.policy(tx)).mails:
        return None
    charged = invoice.charge_on is not None and await collection.method_for(tx, invoice) is not None
    if charged or await payments.for_purpose(tx, invoices.PURPOSE, invoice.id):
        return None
    return await _addressed(tx, invoice, "issued", amount=invoice.due, day=invoice.due_on, public_url=public_url)


async def thank(tx: Tx, invoice_id: UUID, *, public_url: str) -> Addressed | None:
    """What is written when an invoice is paid; None for one that came to nothing, or that gives something back."""
    invoice = await tx.get(Invoice, invoice_id)
    if invoice.status is not Status.paid or invoice.paid.minor <= 0 or not (await dunning_policies.policy(tx)).mails:
        return None
    return await _addressed(tx, invoice, "paid", amount=invoice.total, public_url=public_url)


async def _addressed(
    tx: Tx, invoice: Invoice, about: About, *, amount: Money, day: date | None = None, public_url: str
) -> Addressed | None:
    customer = await tx.get(customers.Customer, invoice.customer_id)
    if customer.email is None:
        return None
    business: Tenant = await months.business(tx)
    token = await links.make(tx, kind="invoice", subject_id=invoice.id)
    language = language_of(customer.language, business.languages)
    subject, body = text(
        language,
        about,
        business=business.name,
        number=invoice.number,
        amount=amount,
        name=links.first_name(customer.name),
        day=day,
        link=f"{public_url.rstrip('/')}/pay/{token}",
    )
    return Addressed(mail=Mail(to=customer.email, subject=subject, text=body), language=language)
