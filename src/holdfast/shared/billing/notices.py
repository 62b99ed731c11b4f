"""Notices: what a customer is written about an invoice that is not paid, in their language.

A notice is decided on in the books' transaction and written when it is sent, so it says what is true by then: an
invoice that was paid meanwhile is not written about.
"""

from datetime import datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date

from holdfast.integrations.mail import Mail
from holdfast.kernel.money import Money
from holdfast.kernel.tx import Tx
from holdfast.shared.billing import dunning, invoices, months
from holdfast.shared.payments import customers, links
from holdfast.shared.tenants.tenants import Tenant

About: TypeAlias = Literal["retry", "act", "final"]


class Texts(msgspec.Struct, frozen=True):
    """What is written in a language. Each may name the business, the customer, the invoice, the day and the link."""

    subject: str
    greeting: str
    retry: str
    act: str
    final: str
    pay: str


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
    ),
    "ja": Texts(
        "{business}の請求書{number}のお支払いがまだ確認できません",
        "{name} 様",
        "請求書{number}の{amount}を請求できませんでした。{day}にもう一度お試しします。"
        "それまでにお支払い方法が使えるようになれば、お手続きは不要です。",
        "請求書{number}の{amount}がまだお支払いされていません。お支払いいただくか、別のお支払い方法をお選びください。",
        "請求書{number}の{amount}はまだお支払いされておらず、請求の試行を終了しました。ご利用が終了している場合があります。",
        "お支払いはこちら: {link}",
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
    day: datetime | None,
    timezone: str,
    link: str,
) -> tuple[str, str]:
    """The subject and the text of a notice."""
    texts = TEXTS[language]
    local = day.astimezone(ZoneInfo(timezone)).date() if day else None
    # Without a day there is nothing to wait for, whatever was decided when the notice was.
    words = {"retry": texts.retry if local else texts.act, "act": texts.act, "final": texts.final}[about]
    known = {
        "business": business,
        "number": number,
        "amount": amount.format(language),
        "name": name,
        "day": format_date(local, "long", locale=language) if local else "",
        "link": link,
    }
    parts = (texts.greeting, words, texts.pay, business)
    return texts.subject.format(**known), "\n\n".join(
        part if part is business else part.format(**known) for part in parts
    )


async def write(tx: Tx, event: dunning.NoticeWanted, *, public_url: str) -> Addressed | None:
    """The notice that is to be sent; None when the invoice is settled by now, or the customer has no address."""
    invoice = await tx.get(invoices.Invoice, event.invoice_id)
    customer = await tx.get(customers.Customer, invoice.customer_id)
    if invoice.status is not invoices.Status.open or customer.email is None:
        return None
    business: Tenant = await months.business(tx)
    next_at = await tx.find(datetime, "select next_at from billing_dunning where id = $1", event.dunning_id)
    token = await links.make(tx, kind="invoice", subject_id=invoice.id)
    language = language_of(customer.language, business.languages)
    subject, body = text(
        language,
        event.about,
        business=business.name,
        number=invoice.number,
        amount=invoice.due,
        name=links.first_name(customer.name),
        day=next_at if event.about == "retry" else None,
        timezone=business.timezone,
        link=f"{public_url.rstrip('/')}/pay/{token}",
    )
    return Addressed(mail=Mail(to=customer.email, subject=subject, text=body), language=language)
