"""Paired devices, for tests: the tablet on a counter, without the requests that pair it."""

from datetime import timedelta
from uuid import UUID

import msgspec

from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Actor, Tx, transaction
from holdfast.shared.devices import devices
from holdfast.systems.loyalty import stamps


class Tablet(msgspec.Struct, frozen=True):
    """A device with what proves it."""

    device: devices.Device
    secret: str

    @property
    def id(self) -> UUID:
        """The device's id."""
        return self.device.id

    @property
    def actor(self) -> Actor:
        """The device, acting by itself."""
        return Actor(kind="device", id=self.id, device=self.id, grants=frozenset(self.device.grants))

    @property
    def headers(self) -> dict[str, str]:
        """What a browser on the device sends."""
        return {"Holdfast-Device": str(self.id), "Cookie": f"holdfast_device={self.secret}"}


async def paired(tx: Tx, *, name: str = "Counter", ago: timedelta = timedelta()) -> Tablet:
    """A device that was paired some time ago; ``tx`` is of somebody who may do that."""
    added = await devices.add(tx, name=name)
    device, secret = await devices.pair(tx, added.code)
    await tx.execute("update devices_device set paired_at = $2 where id = $1", device.id, tx.now - ago)
    return Tablet(device, secret)


async def tablet(database: Database, tenant: UUID, *, name: str = "Counter", ago: timedelta = timedelta()) -> Tablet:
    """As ``paired``, committed."""
    async with transaction(database, tenant) as tx:
        return await paired(tx, name=name, ago=ago)


async def send(tx: Tx, tablet: Tablet, number: int, card_id: UUID, waited: timedelta = timedelta()) -> stamps.Stamp:
    """A stamp that a device sends, numbered, after it waited for so long."""
    before, tx.actor = tx.actor, tablet.actor
    try:
        given, new = await stamps.stamp(
            tx,
            ids.new(),
            card_id=card_id,
            device_id=tablet.id,
            device_sequence=number,
            waited_seconds=int(waited.total_seconds()),
        )
    finally:
        tx.actor = before
    assert new
    return given
