"""Setting up: saving ways to pay on a provider's page, and finding out whether a connection's keys work."""

from uuid import UUID

from holdfast.integrations import outcomes
from holdfast.kernel import ids
from holdfast.kernel.database import Database
from holdfast.shared.payments import asking, calls, connections, customers, methods
from holdfast.shared.payments.calls import Opens
from holdfast.shared.payments.paying import checked_return


async def set_up(opens: Opens, database: Database, customer_id: UUID, *, return_url: str) -> str:
    """The address of a page of the provider's where a customer saves a way to pay.

    Raises:
        NotFound: there is no such customer.
        NotAllowed: the actor is neither the customer nor takes payments.
        Invalid: the address to return to is none of this site's.
        connections.NotConnected: there is no provider.
        calls.ProviderAway, calls.ProviderDeclined, calls.KeysRefused, calls.NotOffered, calls.Unclear: no page.
    """
    back = checked_return(return_url, database.settings)
    async with opens() as tx:
        await methods.may(tx, customer_id)
        chosen = await connections.chosen(tx)
        connection = await connections.opened(tx, chosen.id)
        payer = await customers.payer(tx, customer_id, chosen.id)
    try:
        payer = await calls.known_payer(opens, database, connection, payer)
        provider = calls.adapter(connection, database)
        page = await calls.guarded(
            connection.provider, "setup", provider.open_setup(payer, return_url=back, key=str(ids.new()))
        )
    except outcomes.CallFailed as failed:
        raise calls.problem_of(failed) from failed
    url: str = page.url
    return url


async def refreshed_methods(opens: Opens, database: Database, customer_id: UUID) -> list[methods.Method]:
    """A customer's ways to pay, after every provider that knows them was asked.

    Raises:
        NotFound: there is no such customer.
        NotAllowed: the actor is neither the customer nor takes payments.
        calls.ProviderAway, calls.KeysRefused, calls.Unclear: a provider does not say.
    """
    async with opens() as tx:
        await methods.may(tx, customer_id)
        known = await tx.all(
            UUID, "select connection_id from payments_customer_ref where customer_id = $1 limit 20", customer_id
        )
        ways = [await connections.opened(tx, connection_id) for connection_id in known]
    try:
        for connection in ways:
            await asking.saved_methods(opens, database, connection, customer_id)
    except outcomes.CallFailed as failed:
        raise calls.problem_of(failed) from failed
    async with opens() as tx:
        return await methods.of(tx, customer_id)


async def check(opens: Opens, database: Database, connection_id: UUID) -> connections.Connection:
    """Ask a provider who we are, and note it.

    Raises:
        NotFound: there is no such connection.
        calls.KeysRefused: the provider does not accept the keys.
        calls.ProviderAway, calls.ProviderDeclined, calls.Unclear: it does not say.
    """
    async with opens() as tx:
        tx.must(connections.MANAGE)
        connection = await connections.opened(tx, connection_id)
    provider = calls.adapter(connection, database)
    try:
        account = await calls.guarded(connection.provider, "check", provider.check())
    except outcomes.CallFailed as failed:
        raise calls.problem_of(failed) from failed
    async with opens() as tx:
        return await connections.checked(tx, connection_id, account)
