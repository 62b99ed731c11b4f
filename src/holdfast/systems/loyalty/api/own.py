"""Routes of a customer's own cards, opened by the token that the enrolment ended with."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import HeaderParameter

from holdfast.kernel.http.caller import Caller
from holdfast.shared.holdings.holdings import Item
from holdfast.systems.loyalty import cards, customers

CardToken = Annotated[
    str, HeaderParameter(name="Holdfast-Card", description="The token that the enrolment ended with", max_length=300)
]


class WhichCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a code is for: to be stamped on a card, or to redeem a reward."""

    card_id: UUID | None = None
    reward_id: UUID | None = None


@get("/card", public=True, summary="A customer's own cards")
async def show_own(caller: Caller, card_token: CardToken) -> customers.Own:
    """What the holder of the token has: cards, and rewards that can be had now."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        return await customers.own(tx, card_token)


@post("/card/codes", public=True, summary="A fresh code for a customer's screen")
async def create_own_code(caller: Caller, card_token: CardToken, data: WhichCode) -> cards.Code:
    """A code to be stamped, or to redeem a reward; good for a minute."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        return await customers.own_code(tx, card_token, card_id=data.card_id, reward_id=data.reward_id)


@post("/card/live", public=True, status_code=200, summary="Let a customer's screen listen")
async def create_listening(caller: Caller, card_token: CardToken) -> customers.Listening:
    """A token for the live hub, for what happens to the holder's own cards; good for an hour."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        return await customers.listen(tx, card_token)


@post("/card/holding", signed_in=True, summary="Keep a customer's own cards in my account")
async def create_holding(caller: Caller, card_token: CardToken) -> Response[Item]:
    """The cards are in the list of everything that I hold from now on. 201, or 200 when they were there already."""
    async with caller.transaction(cards.tenant_of_token(card_token)) as tx:
        item, new = await customers.keep(tx, card_token)
    # Its link holds the token, so no cache may keep the answer.
    return Response(item, status_code=201 if new else 200, headers={"Cache-Control": "no-store"})


handlers = [show_own, create_own_code, create_listening, create_holding]
