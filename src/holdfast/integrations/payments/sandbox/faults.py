"""Faults: what becomes of the sandbox's next calls and messages, as tests and the curious want it."""

from typing import Literal, TypeAlias
from uuid import UUID

from holdfast.kernel import ids
from holdfast.kernel.tx import Tx

Fault: TypeAlias = Literal["lost_before", "lost_after", "away"]
"""The request never arrives; it is done and the answer is lost; the sandbox says that it cannot for now."""

WEBHOOK = "webhook"
"""The call that stands for messages: while there is a fault of it, they are held back."""


async def plan(tx: Tx, connection_id: UUID, call: str, *what: Fault) -> None:
    """Let the next calls of a kind go wrong, one after the other."""
    for fault in what:
        await tx.execute(
            "insert into sandbox_pay_fault (id, connection_id, call, fault) values ($1, $2, $3, $4)",
            ids.new(),
            connection_id,
            call,
            fault,
        )


async def take(tx: Tx, connection_id: UUID, call: str) -> Fault | None:
    """The fault of this call, which is used up."""
    found: Fault | None = await tx.connection.fetchval(
        "delete from sandbox_pay_fault where id = (select id from sandbox_pay_fault where connection_id = $1 "
        "and call = $2 order by id limit 1 for update skip locked) returning fault",
        connection_id,
        call,
    )
    return found


async def hold(tx: Tx, connection_id: UUID, *, held: bool) -> None:
    """Hold messages back, or let the next ones go."""
    await tx.execute("delete from sandbox_pay_fault where connection_id = $1 and call = $2", connection_id, WEBHOOK)
    if held:
        await plan(tx, connection_id, WEBHOOK, "lost_before")
