"""Numbers: what people type into the sandbox's page, and how each card behaves from then on.

Only the brand, the last four digits and the behaviour are kept; the number itself is forgotten where it is read (P63).
"""

import re
from enum import StrEnum

import msgspec

from holdfast.integrations.payments import Decline


class Behaviour(StrEnum):
    """What a card does when it is charged."""

    succeeds = "succeeds"
    declined = "declined"
    insufficient_funds = "insufficient_funds"
    expired = "expired"
    stolen = "stolen"
    needs_action = "needs_action"
    """The bank asks the payer first, on a page (3-D Secure)."""
    slow = "slow"
    """It stays on its way until somebody settles it."""
    disputed = "disputed"
    """It succeeds, and the payer complains to their bank."""
    declines_later = "declines_later"
    """It succeeds while the payer is there, and is declined while they are away."""
    silent = "silent"
    """It is charged, and the answer never comes."""
    refund_fails = "refund_fails"
    """It succeeds; what is given back does not arrive."""


class Card(msgspec.Struct, frozen=True):
    """A test card."""

    digits: str
    brand: str
    behaviour: Behaviour
    what: str
    """What it does, for whoever tries it out."""

    @property
    def number(self) -> str:
        """As it stands on a card."""
        return " ".join(self.digits[at : at + 4] for at in range(0, len(self.digits), 4))


CARDS = (
    Card("4242424242424242", "visa", Behaviour.succeeds, "Succeeds"),
    Card("5555555555554444", "mastercard", Behaviour.succeeds, "Succeeds"),
    Card("4000000000000002", "visa", Behaviour.declined, "Is declined"),
    Card("4000000000009995", "visa", Behaviour.insufficient_funds, "Has not enough money"),
    Card("4000000000000069", "visa", Behaviour.expired, "Has expired"),
    Card("4000000000009979", "visa", Behaviour.stolen, "Was stolen"),
    Card("4000002500003155", "visa", Behaviour.needs_action, "The bank asks first (3-D Secure)"),
    Card("4000000000000077", "visa", Behaviour.slow, "Stays on its way until somebody settles it"),
    Card("4000000000000259", "visa", Behaviour.disputed, "Succeeds, and is disputed"),
    Card("4000000000000341", "visa", Behaviour.declines_later, "Can be saved, and declines later"),
    Card("4000000000006975", "visa", Behaviour.silent, "Is charged, and the answer is lost"),
    Card("4000000000007126", "visa", Behaviour.refund_fails, "Succeeds; a refund fails"),
)
_BY_DIGITS = {card.digits: card for card in CARDS}

DECLINES = {
    Behaviour.declined: Decline(code="card_declined", message="The card was declined."),
    Behaviour.insufficient_funds: Decline(code="insufficient_funds", message="There is not enough money on the card."),
    Behaviour.expired: Decline(code="expired_card", message="The card has expired.", retry=False),
    Behaviour.stolen: Decline(code="stolen_card", message="The card was declined.", retry=False),
    Behaviour.declines_later: Decline(code="insufficient_funds", message="There is not enough money on the card."),
}
REFUSED_BY_PAYER = Decline(code="authentication_failed", message="The payer did not confirm the payment.")


def card(typed: str) -> Card | None:
    """The test card of a number, however it is spaced; None for any other number."""
    return _BY_DIGITS.get(re.sub(r"[\s-]", "", typed))
