"""The sandbox's hosted page, where somebody pays, saves a card, or answers their bank; it needs no script.

Whatever number is typed, only the test card that it stands for is looked up; no other number is taken, and none is kept
(P63).
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jinja2
import msgspec

from holdfast.integrations import payments as ports
from holdfast.integrations.outcomes import CallFailed
from holdfast.integrations.payments.sandbox import clients, numbers, state
from holdfast.integrations.payments.sandbox.dealing import Place
from holdfast.integrations.payments.sandbox.state import Kept, Object, Session
from holdfast.kernel.tx import Tx

View: TypeAlias = Literal["form", "confirm", "done", "over", "missing"]

_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Pay in the sandbox",
        "flag": "Nothing is charged here. Use a test card.",
        "card": "Pay by card",
        "save": "Save a card",
        "number": "Card number",
        "expiry": "Expires",
        "code": "Security code",
        "pay": "Pay {amount}",
        "try": "Or try one of these cards",
        "bank": "Your bank asks",
        "bank.ask": "Do you confirm this payment?",
        "approve": "Confirm",
        "refuse": "Refuse",
        "done": "That is done",
        "done.more": "You can close this page.",
        "over": "This page is closed",
        "over.more": "It has expired, or was cancelled.",
        "missing": "There is nothing here",
        "missing.more": "The link is incomplete, or belongs to something else.",
        "back": "Back to the shop",
        "unknown": "This is not a test card. No other card works here.",
    },
    "es": {
        "title": "Pagar en el entorno de pruebas",
        "flag": "Aquí no se cobra nada. Usa una tarjeta de prueba.",
        "card": "Pagar con tarjeta",
        "save": "Guardar una tarjeta",
        "number": "Número de tarjeta",
        "expiry": "Vence",
        "code": "Código de seguridad",
        "pay": "Pagar {amount}",
        "try": "O prueba una de estas tarjetas",
        "bank": "Tu banco pregunta",
        "bank.ask": "¿Confirmas este pago?",
        "approve": "Confirmar",
        "refuse": "Rechazar",
        "done": "Listo",
        "done.more": "Puedes cerrar esta página.",
        "over": "Esta página está cerrada",
        "over.more": "Venció o fue cancelada.",
        "missing": "Aquí no hay nada",
        "missing.more": "El enlace está incompleto o es de otra cosa.",
        "back": "Volver a la tienda",
        "unknown": "No es una tarjeta de prueba. Ninguna otra funciona aquí.",
    },
}
_HERE = Path(__file__).parent / "templates"
_STYLE = (_HERE / "pay.css").read_text()
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the page now."""

    view: View
    amount: str = ""
    description: str = ""
    back: str = ""
    problem: str = ""
    status: int = 200
    onward: str | None = None
    """Where the payer is sent instead of being shown anything."""


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )
    return environment.get_template("pay.html")


def render(shown: Shown, *, lang: str) -> str:
    """The page as HTML."""
    words = _TEXTS[lang]

    def t(key: str, **values: object) -> str:
        return words[key].format_map(values)

    return _template().render(
        t=t,
        lang=lang,
        style=_STYLE,
        cards=numbers.CARDS,
        problem=words["unknown"] if shown.problem == "unknown" else shown.problem,
        **{name: getattr(shown, name) for name in ("view", "amount", "description", "back")},
    )


def language(accepted: str) -> str:
    """Spanish for whoever asks for it first, English for everybody else."""
    return "es" if accepted.strip().lower().startswith("es") else "en"


async def show(tx: Tx, ref: str, *, lang: str) -> Shown:
    """What a page or a payment's question looks like at this moment."""
    found = await state.anywhere(tx, ref, lock=False)
    if found is None or found.kind not in ("session", "payment"):
        return Shown(view="missing", status=404)
    if found.kind == "payment":
        return _question(found.read(Kept), lang)
    session = found.read(Session)
    kept = await _kept(tx, found, session)
    if kept is not None and kept.payment.standing == "requires_action" and session.status == "open":
        return _question(kept, lang)
    if session.status != "open" or session.expires_at <= tx.now:
        view: View = "done" if session.status == "complete" else "over"
        return Shown(view=view, back=_back(session.return_url, kept))
    decline = None if kept is None else kept.payment.decline
    purchase = session.purchase
    return Shown(
        view="form",
        amount="" if purchase is None else purchase.amount.format(lang),
        description="" if purchase is None else purchase.description,
        back=session.return_url,
        problem="" if decline is None else decline.message,
    )


def _question(kept: Kept, lang: str) -> Shown:
    about = kept.payment
    amount = about.amount.format(lang)
    if about.standing == "requires_action":
        return Shown(view="confirm", amount=amount)
    return Shown(view="done", amount=amount, back=kept.return_url or "")


async def _kept(tx: Tx, found: Object, session: Session) -> Kept | None:
    if session.payment_ref is None:
        return None
    paid = await state.find(tx, found.connection_id, session.payment_ref)
    return None if paid is None else paid.read(Kept)


async def act(tx: Tx, ref: str, form: Mapping[str, str], *, lang: str) -> Shown:
    """Do what somebody asked for on the page; gives what is shown next, or where they are sent.

    Args:
        tx: the sandbox's transaction.
        ref: the page or payment.
        form: what was sent.
        lang: of the page.
    """
    found = await state.anywhere(tx, ref)
    if found is None:
        return Shown(view="missing", status=404)
    place = Place(tx, found.connection_id, await clients.provider(tx, found.connection_id))
    try:
        if "answer" in form:
            return await _answered(place, found, approve=form["answer"] == "approve", lang=lang)
        card = numbers.card(form.get("number", "")[:40])
        if card is None or found.kind != "session":
            return msgspec.structs.replace(await show(tx, ref, lang=lang), problem="unknown", status=422)
        return await _paid(place, found, card, lang=lang)
    except CallFailed:
        # The page is not open any more, and says so.
        return await show(tx, ref, lang=lang)


async def _answered(place: Place, found: Object, *, approve: bool, lang: str) -> Shown:
    ref = found.ref if found.kind == "payment" else found.read(Session).payment_ref
    kept = await place.confirm(ref or "", approve=approve)
    await place.finish(kept)
    page = found.ref if found.kind == "session" else kept.payment.order_ref
    if kept.payment.standing == "failed" and page is not None:
        return await show(place.tx, page, lang=lang)
    return _onward(await show(place.tx, found.ref, lang=lang), kept.return_url, kept)


async def _paid(place: Place, found: Object, card: numbers.Card, *, lang: str) -> Shown:
    session = found.read(Session)
    if session.purchase is None:
        if session.status != "open" or session.expires_at <= place.tx.now or session.customer_ref is None:
            return await show(place.tx, found.ref, lang=lang)
        method = ports.Method(
            ref=state.new_ref(place.dialect, "method"),
            kind="card",
            brand=card.brand,
            last4=card.digits[-4:],
            expires="2030-12",
        )
        await place.save(session.customer_ref, method, card.behaviour, found.ref)
        done = msgspec.structs.replace(session, status="complete")
        await state.put(place.tx, place.id, found.ref, "session", done)
        return _onward(await show(place.tx, found.ref, lang=lang), session.return_url, None)
    kept = await place.pay(found.ref, card, action_url=f"/sandbox/pay/{place.tx.tenant}/{found.ref}")
    shown = await show(place.tx, found.ref, lang=lang)
    if kept.payment.standing in ("failed", "requires_action"):
        return shown
    return _onward(shown, session.return_url, kept)


def _onward(shown: Shown, return_url: str | None, kept: Kept | None) -> Shown:
    return msgspec.structs.replace(shown, onward=_back(return_url, kept) or None)


def _back(return_url: str | None, kept: Kept | None) -> str:
    """Where the payer goes on, with the names of what was paid, as Razorpay adds them."""
    if not return_url:
        return ""
    if kept is None or not kept.payment.ref.startswith("pay_"):
        return return_url
    parts = urlsplit(return_url)
    query = [*parse_qsl(parts.query), ("razorpay_payment_id", kept.payment.ref)]
    if kept.payment.order_ref is not None:
        query.append(("razorpay_order_id", kept.payment.order_ref))
    return urlunsplit(parts._replace(query=urlencode(query)))
