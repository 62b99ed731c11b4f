"""Rails: the way that a payout leaves by, kept from its first sending on, so that no other is asked about it."""

from typing import TypedDict
from uuid import UUID

from holdfast.integrations import payouts as ports
from holdfast.integrations.payouts.razorpayx import RazorpayX
from holdfast.integrations.payouts.sandbox import Sandbox
from holdfast.kernel.database import Database
from holdfast.kernel.tx import Tx
from holdfast.shared.payments import connections
from holdfast.shared.payouts import preferences
from holdfast.shared.payouts.payouts import Sent


class NoWay(Exception):
    """Nothing is connected that a payout could leave by; the message says what, for whoever asked for it."""


class Kept(TypedDict, total=False):
    """What a payout keeps of the way that it left by."""

    rail_account: str
    rail_connection_id: UUID


async def chosen(tx: Tx, payout: Sent) -> Kept:
    """What a payout keeps when it is first sent: the business's present account and active connection at its rail.

    Raises:
        NoWay: RazorpayX is not connected, or no account to pay from is set.
        NoSandboxHere: it is the sandbox, and this is production.
    """
    if payout.rail == "sandbox":
        preferences.keep_sandbox_out()
    if payout.rail != "razorpayx" or payout.rail_connection_id is not None:
        return {}
    account = (await preferences.settings(tx)).rail_account
    if not account:
        raise NoWay("No account at RazorpayX is set to pay from; set one, and ask for the payout again.")
    for connection in (await connections.opened_of(tx, "razorpay"))[:1]:
        try:
            # Active ones come first, and one that is switched off is refused.
            await connections.chosen(tx, connection.id)
        except connections.NotConnected:
            break
        return {"rail_account": account, "rail_connection_id": connection.id}
    raise NoWay("RazorpayX is not connected; connect it, and ask for the payout again.")


async def opened(tx: Tx, payout: Sent, database: Database) -> ports.Rail:
    """The rail that a payout left by, or leaves by with what it keeps.

    Raises:
        NoWay: it is not known by which connection it left, and none is there.
        NoSandboxHere: it is the sandbox, and this is production.
    """
    kept = await chosen(tx, payout)
    if payout.rail != "razorpayx":
        return Sandbox(tx.tenant, database)
    account = payout.rail_account or kept.get("rail_account", "")
    connection = await connections.opened(tx, payout.rail_connection_id or kept["rail_connection_id"])
    return RazorpayX(connection.credentials, account=account, base_url=connection.base_url)
