"""Routes of the counter: stamp, take a stamp back, redeem."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, post
from msgspec import Meta

from holdfast.kernel import telemetry
from holdfast.kernel.http.caller import Caller
from holdfast.systems.loyalty import rewards, stamps, voids

Code = Annotated[str, Meta(min_length=1, max_length=500)]


class Void(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a stamp is taken back."""

    reason: voids.Reason


class Redeem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A reward to be redeemed."""

    code: Code
    id: UUID | None = None
    """Made by the stamper, which sends the same again when it does not know whether the first arrived."""
    site_id: UUID | None = None


class RedeemWithoutCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A reward to be redeemed on the word of who is responsible."""

    id: UUID | None = None
    site_id: UUID | None = None


# A stamp's own id is its idempotency key, and good for ever; the header would only cost another statement.
@post("/stamps", grant=stamps.STAMP, idempotency="unused", thin=True, summary="Stamp a card")
async def create_stamp(caller: Caller, data: stamps.New) -> Response[stamps.Stamp]:
    """201 for a new stamp, 200 with the same stamp when its id was sent before.

    A device sends what waited in its queue one by one, in the order of its numbers, until each is answered.
    """
    try:
        given, new = await _stamp(caller, data)
    except (stamps.StampReused, stamps.SequenceReused, stamps.CodeUsed):
        # The same id may have been sent at the same moment, and another stamp have come between the two: by now the
        # first is there.
        given, new = await _stamp(caller, data)
    if new:
        telemetry.STAMPS_ADDED.add(caller.tenant)
    return Response(given, status_code=201 if new else 200)


async def _stamp(caller: Caller, data: stamps.New) -> tuple[stamps.Stamp, bool]:
    async with caller.transaction() as tx:
        card_id, code = await stamps.card_of(tx, data)
        return await stamps.stamp(
            tx,
            data.id,
            card_id=card_id,
            code=code,
            amount=data.amount,
            site_id=data.site_id,
            device_id=data.device_id,
            device_sequence=data.device_sequence,
            waited_seconds=data.waited_seconds,
        )


@post("/stamps/{stamp_id:uuid}/void", grant=voids.VOID, status_code=200, summary="Take a stamp back")
async def create_void(caller: Caller, stamp_id: UUID, data: Void) -> stamps.Stamp:
    """The stamp, voided. Its reward is taken back with it, if nobody had it yet."""
    async with caller.transaction() as tx:
        return await voids.void(tx, stamp_id, reason=data.reason)


@post("/redemptions", grant=rewards.REDEEM, summary="Redeem a reward by the code on a screen")
async def create_redemption(caller: Caller, data: Redeem) -> rewards.Reward:
    """The reward, redeemed: once, however many scan the code."""
    async with caller.transaction() as tx:
        return await rewards.redeem(tx, data.code, redemption_id=data.id, site_id=data.site_id)


@post("/rewards/{reward_id:uuid}/redemption", grant=rewards.REDEEM_WITHOUT_CODE, summary="Redeem a reward without code")
async def create_redemption_without_code(caller: Caller, reward_id: UUID, data: RedeemWithoutCode) -> rewards.Reward:
    """For a customer whose phone shows nothing."""
    async with caller.transaction() as tx:
        return await rewards.redeem_without_code(tx, reward_id, redemption_id=data.id, site_id=data.site_id)


handlers = [create_stamp, create_void, create_redemption, create_redemption_without_code]
