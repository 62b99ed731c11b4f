"""Check-in codes: good at the moment of the visit, and for one stamp."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from holdfast.kernel import crypto, ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx, transaction
from holdfast.systems.loyalty import cards, stamps
from tests import tablets
from tests.conftest import Open
from tests.systems.loyalty import cafe

HOUR = timedelta(hours=1)


async def scanned(
    tx: Tx,
    tablet: tablets.Tablet,
    number: int,
    code: str,
    waited: timedelta = timedelta(),
    stamp_id: UUID | None = None,
) -> tuple[stamps.Stamp, bool]:
    """A stamp by a code that a device scanned so long ago."""
    before, tx.actor = tx.actor, tablet.actor
    new = stamps.New(
        id=stamp_id or ids.new(), code=code, device_id=tablet.id, device_sequence=number,
        waited_seconds=int(waited.total_seconds()),
    )  # fmt: skip
    try:
        card_id, shown = await stamps.card_of(tx, new)
        return await stamps.stamp(
            tx, new.id, card_id=card_id, code=shown, device_id=new.device_id, device_sequence=number,
            waited_seconds=new.waited_seconds,
        )  # fmt: skip
    finally:
        tx.actor = before


async def test_a_code_must_be_good_when_it_was_scanned(tx: Tx) -> None:
    await cafe.program(tx)
    card = (await cafe.member(tx)).card
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    made = tx.now
    codes = [cards.check_in_code(tx, card.id).code for _ in range(3)]
    tx.now += 3 * HOUR
    # It expired long ago, and was good then.
    given, _ = await scanned(tx, tablet, 1, codes[0], 3 * HOUR - timedelta(seconds=30))
    assert given.stamped_at == made + timedelta(seconds=30)
    with pytest.raises(crypto.Expired):
        await scanned(tx, tablet, 2, codes[1], 3 * HOUR - timedelta(seconds=61))
    with pytest.raises(crypto.Expired):
        await scanned(tx, tablet, 2, codes[1])
    with pytest.raises(crypto.NotGenuine):
        await scanned(tx, tablet, 2, codes[1][:-1], 3 * HOUR)
    # Nobody can have scanned it before it was made, whatever the device's clock says.
    given, _ = await scanned(tx, await tablets.paired(tx, ago=24 * HOUR), 1, codes[2], 9 * HOUR)
    assert timedelta() <= made - given.stamped_at < timedelta(milliseconds=1)


async def test_a_device_that_came_back_later_cannot_use_an_old_code(tx: Tx) -> None:
    await cafe.program(tx)
    card = (await cafe.member(tx)).card
    tablet = await tablets.paired(tx, ago=24 * HOUR)
    photographed = cards.check_in_code(tx, card.id).code
    tx.now += HOUR
    await tablets.send(tx, tablet, 1, (await cafe.member(tx)).card.id)
    tx.now += HOUR
    # It says that it scanned the code two hours ago, but it was here an hour ago with a later number than that.
    with pytest.raises(crypto.Expired):
        await scanned(tx, tablet, 2, photographed, 2 * HOUR - timedelta(seconds=5))


async def test_a_code_stamps_once(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        one, other = await tablets.paired(tx, ago=HOUR), await tablets.paired(tx, ago=HOUR)
        code = cards.check_in_code(tx, card.id).code
        assert cards.check_in_code(tx, card.id).code != code
        given, new = await scanned(tx, one, 1, code)
        assert new
    for tablet, number in ((one, 2), (other, 1)):
        with pytest.raises(stamps.CodeUsed):
            async with committed() as tx:
                await scanned(tx, tablet, number, code)
    async with committed() as tx:
        assert await scanned(tx, one, 1, code, stamp_id=given.id) == (given, False)
        # The same stamp again, long after its code expired, is still the same stamp.
        tx.now += 3 * HOUR
        assert await scanned(tx, one, 1, code, stamp_id=given.id) == (given, False)
        assert await tx.one(int, "select count(*) from loyalty_stamp") == 1
        assert await tx.one(UUID, "select stamp_id from loyalty_check_in") == given.id
        await cafe.sound(tx)


async def test_at_once_a_code_stamps_once(database: Database, tenant: UUID, committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        fleet = [await tablets.paired(tx, ago=HOUR) for _ in range(8)]
        code = cards.check_in_code(tx, card.id).code

    async def scan(tablet: tablets.Tablet) -> bool:
        try:
            async with transaction(database, tenant) as tx:
                return (await scanned(tx, tablet, 1, code))[1]
        except stamps.CodeUsed:
            return False

    assert sum(await asyncio.gather(*(scan(tablet) for tablet in fleet))) == 1


async def test_without_a_device_a_code_is_good_now_and_once(committed: Open) -> None:
    async with committed() as tx:
        await cafe.program(tx)
        card = (await cafe.member(tx)).card
        shown = cards.check_in(tx, cards.check_in_code(tx, card.id).code)
        given, _ = await stamps.stamp(tx, ids.new(), card_id=card.id, code=shown)
        assert given.stamped_at == tx.now
        late = cards.check_in(tx, cards.check_in_code(tx, card.id).code)
        tx.now += timedelta(seconds=61)
        with pytest.raises(crypto.Expired):
            await stamps.stamp(tx, ids.new(), card_id=card.id, code=late)
        assert (await stamps.stamp(tx, given.id, card_id=card.id, code=shown)) == (given, False)
    with pytest.raises(stamps.CodeUsed):
        async with committed() as tx:
            await stamps.stamp(tx, ids.new(), card_id=card.id, code=shown)
