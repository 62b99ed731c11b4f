"""A guest of both cafés who has an account, so that the demo also shows what a customer sees."""

from holdfast.demo import opening
from holdfast.demo.cafes import GUEST, PASSWORD, Cafe
from holdfast.demo.client import Client, Refused


async def keep_cards(address: str, opened: list[tuple[Cafe, str]]) -> None:
    """The guest registers, and keeps their card of every café in the account, unless that was done.

    Raises:
        Refused, TimeoutError: the API did not do what it should.
    """
    async with Client(address) as guest:
        await opening.enter(guest, GUEST)
        held = {item["tenant_id"] for item in (await guest.call("GET", "/api/holdings"))["items"]}
        for cafe, tenant in opened:
            if tenant not in held:
                token = await _token(address, cafe, tenant)
                await guest.call("POST", "/api/loyalty/card/holding", card=token)


async def _token(address: str, cafe: Cafe, tenant: str) -> str:
    """The owner gives the guest's card out, as they would at the counter."""
    async with Client(address) as owner:
        await owner.sign_in(cafe.people[0].email, PASSWORD)
        owner.act_in(tenant)
        try:
            member = (await owner.call("GET", "/api/loyalty/customers/lookup", phone=GUEST.phone))["id"]
        except Refused as refused:
            if refused.status != 404:
                raise
            consent = {"version": "2026-11 es", "channel": "counter"}
            wanted = {"name": GUEST.name, "phone": GUEST.phone, "consent": consent}
            member = (await owner.call("POST", "/api/loyalty/enrollments", wanted))["member"]["id"]
        return str((await owner.call("POST", f"/api/loyalty/customers/{member}/card-token"))["token"])
