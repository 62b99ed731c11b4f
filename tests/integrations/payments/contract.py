"""The contract of a payment provider's adapter: what is asked of every one of them is asked through a ``Till``.

A till is an adapter with somebody beside it who does what only a payer can do at the provider. What the provider, or
the computer that stands for it, cannot do is named in ``lacks``, with the reason; the test is then skipped in the open.
"""

from typing import Protocol

import httpx2
import pytest

from holdfast.integrations import payments as ports
from holdfast.integrations.payments.sandbox import page
from holdfast.kernel.database import Database
from holdfast.kernel.tx import transaction

GOOD, DECLINES = "4242424242424242", "4000000000000341"
"""Cards that succeed, and that can be saved and then decline."""
DISPUTED = "4000000000000259"
"""A card that succeeds, and whose owner complains at once."""

UNFILTERED = "localstripe cannot list by time; shown by the shapes in test_stripe.py"
PAGELESS = "localstripe has no Checkout and no portal; shown by the shapes in test_stripe.py"
PRICELESS = "localstripe has no prices; shown by the shapes in test_stripe.py"
LACKS = {
    "find": UNFILTERED,
    "listing": UNFILTERED,
    "checkout": PAGELESS,
    "portal": PAGELESS,
    "subscription": PRICELESS,
    "keys": "localstripe does without idempotency keys; that they are sent is shown in test_stripe.py",
    "totals": "localstripe does not say how much of a payment was received",
    "bounds": "localstripe lets more be refunded than was paid",
    "account": "localstripe has no account",
}


class Till(Protocol):
    """An adapter, and a payer."""

    provider: ports.Provider
    lacks: dict[str, str]

    async def card(self, customer_ref: str, number: str) -> str:
        """The payer saves a card; gives the provider's name of it."""

    async def pay(self, checkout: ports.Checkout, number: str) -> None:
        """The payer pays on a page."""


def needs(till: Till, *what: str) -> None:
    """Skip the test where something is lacking, and say why."""
    for one in what:
        if one in till.lacks:
            pytest.skip(till.lacks[one])


class Sandboxed:
    """The sandbox, on whose page the payer types."""

    lacks: dict[str, str]

    def __init__(self, provider: ports.Provider, connection: ports.Connection, database: Database) -> None:
        self.provider = provider
        self.lacks = {}
        self._connection = connection
        self._database = database

    async def _typed(self, ref: str, number: str) -> page.Shown:
        async with transaction(self._database, self._connection.tenant) as tx:
            return await page.act(tx, ref, {"number": number}, lang="en")

    async def card(self, customer_ref: str, number: str) -> str:
        """Save a card on the page that is for it."""
        known = {method.ref for method in await self.provider.methods(customer_ref)}
        payer = ports.Payer(id=self._connection.id, ref=customer_ref)
        setup = await self.provider.open_setup(payer, return_url="/", key=f"setup {number} {customer_ref}")
        await self._typed(setup.ref, number)
        return next(method.ref for method in await self.provider.methods(customer_ref) if method.ref not in known)

    async def pay(self, checkout: ports.Checkout, number: str) -> None:
        """Pay on the page."""
        await self._typed(checkout.ref, number)


class Local:
    """Stripe's adapter at localstripe, to which the payer gives a card as a browser would."""

    def __init__(self, provider: ports.Provider, url: str) -> None:
        self.provider = provider
        self.lacks = LACKS
        self._url = url

    async def card(self, customer_ref: str, number: str) -> str:
        """Make a payment method, and attach it."""
        card = {"card[number]": number, "card[exp_month]": "5", "card[exp_year]": "2030", "card[cvc]": "123"}
        async with httpx2.AsyncClient(base_url=self._url, auth=("sk_test_browser", ""), trust_env=False) as client:
            made = await client.post("/v1/payment_methods", data={"type": "card", **card})
            ref = str(made.json()["id"])
            attached = await client.post(f"/v1/payment_methods/{ref}/attach", data={"customer": customer_ref})
        assert attached.status_code == 200, attached.text
        return ref

    async def pay(self, checkout: ports.Checkout, number: str) -> None:
        """There is no page."""
        raise NotImplementedError
