"""Signals: what webhooks are about. A message is a reason to ask the provider, and nothing in it is believed (X8)."""

from uuid import UUID

import structlog

from holdfast.integrations import outcomes
from holdfast.integrations import payments as ports
from holdfast.kernel import inbox
from holdfast.kernel.database import Database
from holdfast.shared.payments import answers, asking, calls, connections, customers
from holdfast.shared.payments.calls import Opens

log = structlog.get_logger()

_PAYMENTS = ("payment", "refund", "dispute", "checkout")


async def interpret(opens: Opens, database: Database, inbox_id: UUID) -> None:
    """Ask the provider about what a message is about, and make true what it says (P26).

    A message of another mode than the connection's is ignored (P64), and so is one that nobody here understands.

    Raises:
        outcomes.CallFailed: the provider does not say; whoever runs this tries again later.
    """
    async with opens() as tx:
        message = await inbox.message(tx, inbox_id)
        ways = await connections.opened_of(tx, message.provider)
    for connection in ways:
        signal = calls.adapter(connection, database).read(message.headers, message.body)
        if signal.live is not None and signal.live != (connection.mode == "live"):
            log.warning("payments.signal_of_other_mode", name=signal.name, connection=str(connection.id))
            continue
        try:
            await _follow(opens, database, connection, signal)
        except outcomes.Gone:
            # Another connection to the same provider, such as the one before the keys were changed, may know it.
            log.info("payments.signal_of_nothing", name=signal.name, connection=str(connection.id))
            continue
        except answers.OtherMode:
            continue
        return


async def _follow(opens: Opens, database: Database, connection: ports.Connection, signal: ports.Signal) -> None:
    if signal.kind in _PAYMENTS and signal.ref is not None:
        told = await asking.about(
            opens,
            database,
            connection,
            signal.ref,
            with_refunds=signal.kind == "refund",
            with_disputes=signal.kind == "dispute",
        )
        if told is None:
            raise outcomes.Transient("The payment kept changing while the provider was asked about it.")
    elif signal.kind == "setup" and signal.ref is not None:
        async with opens() as tx:
            customer_id = await customers.of_ref(tx, connection.id, signal.ref)
        if customer_id is not None:
            await asking.saved_methods(opens, database, connection, customer_id)
