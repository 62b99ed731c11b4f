"""Routes of a customer's own cards, opened by the token that the enrolment ended with."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import HeaderParameter

from holdfast.kernel.http.caller import Caller
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


handlers = [show_own, create_own_code]
