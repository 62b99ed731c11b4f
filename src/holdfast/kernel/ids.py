"""Ids: UUIDv7, made anywhere and sorted by time; and human numbers without gaps."""

import os
import time
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from holdfast.kernel.tx import Tx

PLATFORM = UUID(int=0)
"""The tenant of what belongs to no business: sign-ins, registrations, the platform's own events."""

_lock = Lock()
_last = 0


def new() -> UUID:
    """A new UUIDv7 (RFC 9562); ids made by one process sort in the order in which they were made."""
    global _last
    with _lock:
        # The 12 bits behind the milliseconds hold the fraction of the millisecond (RFC 9562, method 3), and a
        # caller that comes within the same fraction gets the next one, so that order is never lost.
        nanoseconds = time.time_ns()
        stamp = (nanoseconds // 1_000_000 << 12) | (nanoseconds % 1_000_000 * 4096 // 1_000_000)
        _last = stamp = max(stamp, _last + 1)
    random = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return UUID(int=(stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | random)


def named(moment: datetime, name: str) -> UUID:
    """The UUIDv7 of a moment and a name: the same however often it is made, and sorted by its time like any other."""
    digest = int.from_bytes(sha256(name.encode()).digest()[:10])
    return UUID(
        int=int(moment.timestamp() * 1000) << 80
        | 0x7 << 76
        | (digest >> 64 & 0xFFF) << 64
        | 0b10 << 62
        | digest & (1 << 62) - 1
    )


async def next_number(tx: "Tx", name: str) -> int:
    """The next number of the tenant's sequence ``name``, from 1, without gaps.

    The row stays locked until the transaction ends, so a number is never skipped and never given twice; that is the
    price of a gap-free sequence, and the reason to ask for it last.
    """
    return await tx.one(
        int,
        "insert into kernel_sequence (name, value) values ($1, 1) "
        "on conflict (tenant_id, name) do update set value = kernel_sequence.value + 1 returning value",
        name,
    )
